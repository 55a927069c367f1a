"""From the world's simplified roads and railways to the corridors of one country.

Cut cleanly at the boundary; hang every place on what passes it, by road and by rail; bridge what the source
leaves open. Where the railway goes its own way is told by `bbsim.geodata.railways`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from shapely import LineString, STRtree
from shapely import Point as ShapelyPoint
from shapely.geometry.base import BaseGeometry

from bbsim.geodata.measure import Point, Sheet, geodesic_km
from bbsim.geodata.network import Edge, Network
from bbsim.geodata.sources import Ways

DETOUR = 5.0  # a second spur is made only where the way round is longer than this many times the spur
LINK = "link"  # mode of an edge that closes a gap of the source
WINDING = 1.25  # assumed km of spur per km of straight line: minor roads are in no source used here


@dataclass(frozen=True)
class Crossing:
    """A border crossing: where corridors that leave the country are taken to meet the neighbour."""

    id: str
    lonlat: Point


@dataclass(frozen=True)
class Spur:
    """How a place hangs on the network: which node it is, and how far off the corridor it lies, km."""

    place: str
    node: int
    off_km: float


def clipped(ways: Ways, land: BaseGeometry, sheet: Sheet, cuts: dict[int, Point]) -> Network:
    """The part of a transport graph inside `land` (degrees).

    Nodes made where an edge leaves the land are added to `cuts` by id.
    """
    network = Network(sheet)
    node_of: dict[int, int] = {}
    inside = {i: bool(land.covers(ShapelyPoint(xy))) for i, xy in sorted(ways.nodes.items())}

    def node(i: int) -> int:
        if i not in node_of:
            node_of[i] = network.add_node(ways.nodes[i])
        return node_of[i]

    for i, j, km in ways.edges:
        line = LineString([ways.nodes[i], ways.nodes[j]])
        if inside[i] and inside[j] and land.covers(line):
            network.add_edge(
                node(i),
                node(j),
                max(km, geodesic_km(ways.nodes[i], ways.nodes[j])),
                [*line.coords],
                ways.mode,
            )
            continue
        whole = max(km, geodesic_km(ways.nodes[i], ways.nodes[j]))
        for piece in lines_of(line.intersection(land)):
            ends = []
            for xy, at, here in ((piece.coords[0], i, inside[i]), (piece.coords[-1], j, inside[j])):
                if here and ShapelyPoint(xy).distance(ShapelyPoint(ways.nodes[at])) < 1e-9:
                    ends.append(node(at))
                else:
                    cut = network.add_node((float(xy[0]), float(xy[1])))
                    cuts[cut] = network.xy[cut]
                    ends.append(cut)
            if ends[0] != ends[1]:
                share = piece.length / line.length
                network.add_edge(
                    ends[0], ends[1], whole * share, [network.xy[ends[0]], network.xy[ends[1]]], ways.mode
                )
    return network


def lines_of(geometry: BaseGeometry) -> list[LineString]:
    """The lines that a geometry is made of, none of them empty."""
    if isinstance(geometry, LineString):
        return [geometry] if geometry.length else []
    parts: Sequence[Any] = getattr(geometry, "geoms", [])
    return [part for part in parts if isinstance(part, LineString) and part.length]


def name_crossings(
    network: Network, cuts: dict[int, Point], crossings: Iterable[Crossing], within_km: float
) -> dict[int, str]:
    """Which cut is which named crossing; cuts that are none stay dead ends and are pruned later.

    Several cuts near one crossing (road and rail) become one node.
    """
    named: dict[int, str] = {}
    for crossing in crossings:
        near = sorted(
            (geodesic_km(cuts[c], crossing.lonlat), c) for c in cuts if c in network.xy and c not in named
        )
        hits = [c for km, c in near if km <= within_km]
        if not hits:
            continue
        named[hits[0]] = crossing.id
        network.kept.add(hits[0])
        network.ends.add(hits[0])
        for other in hits[1:]:
            if geodesic_km(network.xy[other], network.xy[hits[0]]) <= within_km:
                network.merge(other, hits[0])
    return named


def nearest(
    network: Network,
    points: Sequence[Point],
    mode: str | None = None,
    *,
    among: Sequence[int] | None = None,
    known: dict[int, LineString] | None = None,
) -> list[tuple[int, float, float]]:
    """For each point the nearest edge (of a mode, or among some): its id, share along its line, km off.

    `known` keeps the edges' lines on the sheet from one call to the next, while no line is redrawn.
    """
    ids = [i for i, edge in sorted(network.edges.items()) if mode is None or edge.mode == mode]
    ids = ids if among is None else sorted(among)
    known = {} if known is None else known
    for i in ids:
        if i not in known:
            known[i] = network.sheet.flat(LineString(network.edges[i].points))
    lines = [known[i] for i in ids]
    tree = STRtree(lines)
    found = []
    for lonlat in points:
        spot = ShapelyPoint(network.sheet.point(lonlat))
        best = int(tree.nearest(spot))
        reach = spot.distance(lines[best]) + 1e-9
        hits = sorted(int(k) for k in tree.query(spot.buffer(reach + 0.01)))
        k = min(hits or [best], key=lambda k: (round(spot.distance(lines[k]), 6), ids[k]))
        share = float(lines[k].project(spot)) / lines[k].length if lines[k].length else 0.0
        found.append((ids[k], share, float(spot.distance(lines[k]))))
    return found


def cut_all(
    network: Network, targets: Sequence[tuple[int, float, float]], *, tolerance_km: float
) -> list[int]:
    """Cut edges at all targets at once; targets within `tolerance_km` of a node or each other share it."""
    by_edge: dict[int, list[int]] = {}
    for k, target in enumerate(targets):
        by_edge.setdefault(target[0], []).append(k)
    node_of: dict[int, int] = {}
    for edge_id in sorted(by_edge):
        edge = network.edges[edge_id]
        gap = tolerance_km / edge.km if edge.km else 1.0
        cuts: list[float] = []
        which: dict[int, int] = {}
        for k in sorted(by_edge[edge_id], key=lambda k: (targets[k][1], k)):
            share = targets[k][1]
            if edge.u in network.ends:
                share = max(share, min(gap, 0.5))
            elif share <= gap and share <= 0.5:
                node_of[k] = edge.u
                continue
            if edge.v in network.ends:
                share = min(share, max(1.0 - gap, 0.5))
            elif 1.0 - share <= gap:
                node_of[k] = edge.v
                continue
            if cuts and share - cuts[-1] <= gap:
                which[k] = len(cuts) - 1
            else:
                cuts.append(share)
                which[k] = len(cuts) - 1
        if cuts:
            made = network.split(edge_id, cuts)
            node_of.update({k: made[c] for k, c in which.items()})
    return [node_of[k] for k in range(len(targets))]


def hang(
    network: Network,
    places: Sequence[tuple[str, Point]],
    *,
    on_km: float,
    tolerance_km: float,
    second_km: float = 0.0,
) -> dict[str, Spur]:
    """Hang places on the network.

    A place within `on_km` of a corridor becomes a node of it (the first one, where several share a spot);
    any other gets a spur. With `second_km`, a place also joins the nearest corridor of the other mode
    within that distance, so that a town between road and railway ties the two together.
    """
    points = [xy for _, xy in places]
    first = nearest(network, points)
    modes = [network.edges[edge].mode for edge, _, _ in first]
    jobs = [(k, target) for k, target in enumerate(first)]
    if second_km:
        for mode in ("rail", "road"):
            if any(edge.mode == mode for edge in network.edges.values()):
                other = nearest(network, points, mode)
                jobs += [(k, t) for k, t in enumerate(other) if modes[k] != mode and t[2] <= second_km]
    where = cut_all(network, [target for _, target in jobs], tolerance_km=tolerance_km)
    spurs: dict[str, Spur] = {}
    for (k, (_, _, off)), spot in zip(jobs, where, strict=True):
        name, xy = places[k]
        if name in spurs:
            node = spurs[name].node
            if node != spot and way_km(network, node, spot, DETOUR * max(off, 1.0)) is None:
                add_spur(network, node, spot, xy)
        elif off <= on_km and spot not in network.kept:
            move(network, spot, xy)
            network.kept.add(spot)
            spurs[name] = Spur(name, spot, 0.0)
        else:
            node = network.add_node(xy, keep=True)
            add_spur(network, node, spot, xy)
            spurs[name] = Spur(name, node, off)
    return spurs


def bridge(network: Network, most_km: float) -> None:
    """Close gaps of the source: join each lesser piece to its nearest corridor within `most_km`, as a link.

    Pieces farther off (an exclave, an island) stay apart.
    """
    while True:
        parts = network.components()
        best: tuple[float, int, tuple[int, float, float]] | None = None
        for part in parts[1:]:
            mine = set(part)
            others = Network(network.sheet, edges={i: e for i, e in network.edges.items() if e.u not in mine})
            targets = nearest(others, [network.xy[n] for n in part]) if others.edges else []
            for node, target in zip(part, targets, strict=False):
                if target[2] <= most_km and (best is None or (target[2], node) < best[:2]):
                    best = (target[2], node, target)
        if best is None:
            return
        _, node, target = best
        spot = cut_all(network, [target], tolerance_km=1.0)[0]
        xy = network.xy[node]
        network.add_edge(
            node, spot, max(geodesic_km(xy, network.xy[spot]) * WINDING, 0.1), [xy, network.xy[spot]], LINK
        )


def add_spur(network: Network, node: int, spot: int, xy: Point) -> None:
    """A spur from a place to a spot on a corridor, `WINDING` times the straight line."""
    km = max(geodesic_km(xy, network.xy[spot]) * WINDING, 0.1)
    network.add_edge(node, spot, km, [xy, network.xy[spot]], "spur")


def way_km(network: Network, start: int, end: int, most_km: float) -> float | None:
    """Length of the shortest way between two nodes, or None if it is longer than `most_km`."""
    best, heap = {start: 0.0}, [(0.0, start)]
    while heap:
        cost, node = heappop(heap)
        if node == end:
            return cost
        if cost > best[node]:
            continue
        for edge_id in sorted(network.at[node]):
            edge = network.edges[edge_id]
            other, total = edge.other(node), cost + edge.km
            if total <= most_km and total < best.get(other, most_km + 1.0):
                best[other] = total
                heappush(heap, (total, other))
    return None


def move(network: Network, node: int, xy: Point) -> None:
    """Put a node of a corridor where the place itself is; the corridor keeps at least its geodesic length."""
    network.xy[node] = xy
    for edge_id in sorted(network.at[node]):
        edge = network.edges[edge_id]
        if edge.u == node:
            edge.points[0] = xy
        if edge.v == node:
            edge.points[-1] = xy
        edge.km = max(edge.km, geodesic_km(edge.points[0], edge.points[-1]))


def shortest(network: Network, start: int, end: int) -> list[tuple[int, Edge]]:
    """Edges of the shortest way between two nodes, in order; empty if there is none."""
    best: dict[int, tuple[float, int, int]] = {start: (0.0, -1, -1)}
    heap = [(0.0, start)]
    done: set[int] = set()
    while heap:
        cost, node = heappop(heap)
        if node in done:
            continue
        done.add(node)
        if node == end:
            break
        for edge_id in sorted(network.at[node]):
            edge = network.edges[edge_id]
            other, total = edge.other(node), cost + edge.km
            if other not in done and (
                other not in best or (total, edge_id) < (best[other][0], best[other][1])
            ):
                best[other] = (total, edge_id, node)
                heappush(heap, (total, other))
    way: list[tuple[int, Edge]] = []
    at = end
    while at in best and best[at][1] >= 0:
        way.append((best[at][1], network.edges[best[at][1]]))
        at = best[at][2]
    return way[::-1] if way and at == start else []
