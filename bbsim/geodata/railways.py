"""Railways beside roads: the road is the corridor, and the railway where it goes its own way.

Where the road turns out to be broken, the stretch of railway beside it is used after all.
"""

from __future__ import annotations

from collections.abc import Sequence

from shapely import LineString, STRtree, unary_union
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from bbsim.geodata.corridors import cut_all, lines_of, nearest, way_km
from bbsim.geodata.measure import Point, Sheet, geodesic_km
from bbsim.geodata.network import Network

STEP_KM, GAP_DETOUR = 6.0, 2.0  # a road beside the railway is broken where its way round is longer than this


def add_rail(
    network: Network,
    rail: Network,
    *,
    beside_km: float,
    least_km: float,
    moved: dict[int, int],
    gaps: bool = True,
) -> None:
    """Add the railway where it runs more than `beside_km` from the road for at least `least_km`.

    Its loose ends are joined to the road. `moved` gets the new id of each rail node that was taken over.
    With `gaps`, a stretch beside a broken road is used after all, which takes long in a large country.
    """
    sheet = network.sheet
    roads = [sheet.flat(LineString(edge.points)) for _, edge in sorted(network.edges.items())]
    strip = unary_union(roads).buffer(beside_km, quad_segs=4) if gaps else _Strips(roads, beside_km)
    joints: list[tuple[int, Point]] = []
    hidden: list[tuple[list[Point], float]] = []
    node_of = moved

    def node(i: int) -> int:
        if i not in node_of:
            node_of[i] = network.add_node(rail.xy[i], keep=i in rail.kept)
            network.ends |= {node_of[i]} if i in rail.ends else set()
        return node_of[i]

    for _, edge in sorted(rail.edges.items()):
        line = sheet.flat(LineString(edge.points))
        pieces = [
            p
            for p in lines_of(line.difference(strip.near(line) if isinstance(strip, _Strips) else strip))
            if p.length >= least_km or p.length == line.length
        ]
        hidden += _hidden(line, pieces, edge.km, sheet)
        for piece in pieces:
            ends = []
            for xy, at in ((piece.coords[0], edge.u), (piece.coords[-1], edge.v)):
                own = sheet.point(rail.xy[at])
                if abs(xy[0] - own[0]) + abs(xy[1] - own[1]) < 1e-6:
                    ends.append(node(at))
                else:
                    ends.append(network.add_node(sheet.lonlat((float(xy[0]), float(xy[1])))))
                    joints.append((ends[-1], network.xy[ends[-1]]))
            points = [
                network.xy[ends[0]],
                *(sheet.lonlat(xy) for xy in list(piece.coords)[1:-1]),
                network.xy[ends[1]],
            ]
            network.add_edge(ends[0], ends[1], edge.km * piece.length / line.length, points, "rail")
    beside_road = [i for i in sorted(rail.kept) if i not in node_of]  # e.g. a border on both
    joints += [(node(i), rail.xy[i]) for i in beside_road]
    for i, new in sorted(node_of.items()):  # a junction whose other branches run beside the road
        if len(network.at[new]) == 1 and len(rail.at[i]) > 1:
            joints.append((new, rail.xy[i]))
    _join(network, joints, "road")
    if gaps:
        _close_gaps(network, hidden)


class _Strips:
    """The ground beside many roads, made piece by piece where it is asked for."""

    def __init__(self, roads: Sequence[BaseGeometry], km: float) -> None:
        self._roads, self._km, self._tree = roads, km, STRtree(list(roads))

    def near(self, line: BaseGeometry) -> BaseGeometry:
        """The ground beside the roads around a line."""
        hits = sorted(int(k) for k in self._tree.query(line, predicate="dwithin", distance=self._km + 0.5))
        return unary_union([self._roads[k].buffer(self._km, quad_segs=4) for k in hits])


def _hidden(
    line: LineString, shown: Sequence[LineString], km: float, sheet: Sheet
) -> list[tuple[list[Point], float]]:
    """The stretches of a railway that the road stands for, about `STEP_KM` each: points and km."""
    rest = line.difference(unary_union([piece.buffer(0.01) for piece in shown])) if shown else line
    found = []
    for part in lines_of(rest):
        steps = max(1, round(part.length / STEP_KM))
        for k in range(steps):
            piece = substring(part, k / steps, (k + 1) / steps, normalized=True)
            points = [sheet.lonlat((float(x), float(y))) for x, y in piece.coords]
            found.append((points, km * piece.length / line.length))
    return found


def _close_gaps(network: Network, stretches: Sequence[tuple[list[Point], float]]) -> None:
    """Use a stretch of railway after all where the road beside it turns out to be broken."""
    lines: dict[int, LineString] = {}
    for points, km in stretches:
        if km < 0.5:
            continue
        targets = nearest(network, [points[0], points[-1]], known=lines)
        ends = cut_all(network, targets, tolerance_km=0.3)
        if ends[0] == ends[1] or way_km(network, ends[0], ends[1], GAP_DETOUR * km + 6.0) is not None:
            continue
        line = [network.xy[ends[0]], *points, network.xy[ends[1]]]
        whole = km + geodesic_km(line[0], line[1]) + geodesic_km(line[-2], line[-1])
        network.add_edge(ends[0], ends[1], whole, line, "rail")


def _join(network: Network, joints: Sequence[tuple[int, Point]], mode: str) -> None:
    """Join loose nodes to the nearest point of a corridor of the given mode."""
    targets = nearest(network, [xy for _, xy in joints], mode)
    where = cut_all(network, targets, tolerance_km=0.5)
    for (node, xy), to in zip(joints, where, strict=True):
        if node != to:
            network.add_edge(
                node, to, max(geodesic_km(xy, network.xy[to]), 0.05), [xy, network.xy[to]], "rail"
            )
