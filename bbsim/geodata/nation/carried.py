"""Which corridors a country has: the world's simplified roads and railways, cut at its border.

The border is widened by a margin, so that a road that winds about a generalised line stays whole; where a
road does leave, the cut nearest the capital towards each neighbour is a border crossing, and all others
are dead ends that are pruned. Each place hangs on a corridor of its own piece of land, never across the sea.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString
from shapely import Point as ShapelyPoint

from bbsim.geodata import corridors, railways
from bbsim.geodata.measure import Plane, Point, geodesic_km
from bbsim.geodata.nation.ground import MARGIN_KM, Ground
from bbsim.geodata.nation.indicators import Code
from bbsim.geodata.network import Network
from bbsim.geodata.places import Place
from bbsim.geodata.sources import Ways, read_ways

ON_KM, NEAR_KM, SECOND_KM = 2.0, 3.0, 4.0
WORLD = (-180.0, -90.0, 180.0, 90.0)
ISLAND_KM = 2.0  # a place so far off the land is offshore
SEA, LEASED = "submarine", "leased"  # modes of links between pieces: no place hangs on them
NO_CORRIDOR = (SEA, LEASED)
MOST_RAIL = 1500  # railway edges up to which gaps of the road are looked for along them


@dataclass(frozen=True)
class _World:
    """All roads or railways of the world as arrays."""

    lonlat: NDArray[np.float64]
    u: NDArray[np.int64]
    v: NDArray[np.int64]
    km: NDArray[np.float64]


@lru_cache(maxsize=2)
def _world(mode: str) -> _World:
    ways = read_ways(mode, WORLD)
    lonlat = np.full((max(ways.nodes) + 1, 2), np.nan)
    lonlat[list(ways.nodes)] = list(ways.nodes.values())
    u, v, km = zip(*ways.edges, strict=True)
    return _World(lonlat, np.array(u), np.array(v), np.array(km))


def forget() -> None:
    """Let go of the world's roads and railways, some 100 MB."""
    _world.cache_clear()
    sys.modules.pop("scgraph_data", None)


def ways_of(ground: Ground, mode: str) -> Ways:
    """Roads or railways that touch a country's widened land."""
    world = _world(mode)
    plane: Plane = ground.sheet
    found = np.zeros(len(world.lonlat), dtype=bool)
    for part in ground.parts:
        west, south, east, north = _box(plane, part)
        lon, lat = world.lonlat[:, 0], world.lonlat[:, 1]
        across = (lon >= west) & (lon <= east) if west <= east else (lon >= west) | (lon <= east)
        found |= across & (lat >= south) & (lat <= north)
    near = np.flatnonzero(found)
    xy = np.full((len(world.lonlat), 2), np.nan)
    xy[near] = plane.points([tuple(p) for p in world.lonlat[near].tolist()])
    inside = np.zeros(len(world.lonlat), dtype=bool)
    inside[near] = shapely.contains_xy(ground.wide, xy[near, 0], xy[near, 1])
    edges = np.flatnonzero(inside[world.u] | inside[world.v])
    used = np.unique(np.concatenate([world.u[edges], world.v[edges]]))
    nodes = {int(i): (float(world.lonlat[i, 0]), float(world.lonlat[i, 1])) for i in used}
    rows = zip(world.u[edges].tolist(), world.v[edges].tolist(), world.km[edges].tolist(), strict=True)
    return Ways(mode, nodes, sorted(rows))


def _box(plane: Plane, part: shapely.Polygon) -> tuple[float, float, float, float]:
    """West, south, east and north of a part of the land with its margin; west > east across the date line."""
    lonlat = shapely.get_coordinates(plane.back(part.exterior))
    lat = lonlat[:, 1]
    pad = 0.1
    lon = np.sort(lonlat[:, 0])
    gaps = np.diff(np.append(lon, lon[0] + 360.0))
    widest = int(np.argmax(gaps))
    east, west = lon[widest] + 4 * pad, lon[(widest + 1) % len(lon)] - 4 * pad
    if gaps[widest] < 90.0:
        west, east = -180.0, 180.0
    return float(west), float(lat.min() - pad), float(east), float(lat.max() + pad)


def corridors_of(
    ground: Ground, code: Code, capital: Point, detail_km: float
) -> tuple[Network, dict[int, str]]:
    """Road and railway of a country as one network, and the neighbour behind each border crossing.

    Parameters
    ----------
    detail_km : junctions nearer than this are one.
    """
    network, cuts = _cut(ground, "road")
    crossings = _crossings(network, cuts, ground, code, capital)
    rails, _ = _cut(ground, "rail")
    for net in (network, rails):
        net.collapse_short(0.7 * detail_km)
        net.contract()
        net.drop_doubles(1.0)
    if network.edges and rails.edges:
        railways.add_rail(
            network, rails, beside_km=2.0, least_km=6.0, moved={}, gaps=len(rails.edges) <= MOST_RAIL
        )
        return network, crossings
    return (network if network.edges else rails), crossings


def _cut(ground: Ground, mode: str) -> tuple[Network, dict[int, Point]]:
    cuts: dict[int, Point] = {}
    wide = ground.sheet.land(ground.wide)
    shapely.prepare(wide)
    net = corridors.clipped(ways_of(ground, mode), wide, ground.sheet, cuts)
    return net, cuts


def _crossings(
    network: Network, cuts: Mapping[int, Point], ground: Ground, code: Code, capital: Point
) -> dict[int, str]:
    """For each neighbour the cut nearest the capital, among those on the network's larger pieces."""
    parts = network.components()
    large = {n for part in parts if len(part) >= min(20, 0.1 * len(network.xy)) for n in part}
    names = [alpha2 for alpha2 in code.neighbours if alpha2 in ground.neighbours]
    shapes = [ground.neighbours[alpha2] for alpha2 in names]
    near: dict[str, list[tuple[float, int]]] = {}
    for node in sorted(cuts):
        if node not in large or not shapes:
            continue
        spot = ShapelyPoint(ground.sheet.point(cuts[node]))
        gaps = [float(shape.distance(spot)) for shape in shapes]
        k = min(range(len(gaps)), key=lambda k: (round(gaps[k], 6), k))
        if gaps[k] < 2 * MARGIN_KM:
            near.setdefault(names[k], []).append((round(geodesic_km(cuts[node], capital), 6), node))
    found = {}
    for alpha2 in sorted(near):
        node = min(near[alpha2])[1]
        found[node] = alpha2
        network.kept.add(node)
        network.ends.add(node)
    return found


# ---- places on corridors ------------------------------------------------------------------------
def hang(
    network: Network, places: Sequence[Place], ground: Ground, *, listed: bool
) -> tuple[dict[str, int], dict[str, float]]:
    """Hang places on corridors of their own piece of land.

    Parameters
    ----------
    listed : a listed place within `ON_KM` of a corridor becomes a node of it, and joins the other mode nearby
        as well; others get a spur of their own.

    Returns
    -------
    node : the network's node of each place.
    off_km : how far off its corridor each place lies; infinite where its land has none.
    """
    ids = [i for i in sorted(network.edges) if network.edges[i].mode not in NO_CORRIDOR]
    middles = [_middle(network.edges[i].points) for i in ids]
    edge_part = dict(zip(ids, ground.part_of(ground.sheet.points(middles))[0].tolist(), strict=True))
    part, off_land = ground.part_of(ground.sheet.points([p.lonlat for p in places]))
    node_of: dict[str, int] = {}
    off_of: dict[str, float] = {}
    jobs: list[tuple[int, tuple[int, float, float]]] = []
    for land in sorted(set(part.tolist())):
        mine = [k for k in range(len(places)) if part[k] == land and off_land[k] <= ISLAND_KM]
        among = [i for i in ids if edge_part[i] == land]
        if not mine or not among:
            continue
        jobs += _targets(network, places, mine, among, listed)
    hung = {k for k, _ in jobs}
    alone = [k for k in range(len(places)) if k not in hung]
    if alone and ids:  # on an islet that the corridors of the next piece of land reach by a bridge
        close = corridors.nearest(network, [places[k].lonlat for k in alone])
        jobs += [(k, target) for k, target in zip(alone, close, strict=True) if target[2] <= NEAR_KM]
        hung = {k for k, _ in jobs}
    where = corridors.cut_all(
        network, [t for _, t in jobs], tolerance_km=0.5 if listed else NEAR_KM
    )  # cutting comes after all looking: it renames edges
    for (k, (_, _, off)), spot in zip(jobs, where, strict=True):
        name, xy = places[k].id, places[k].lonlat
        if name in node_of:
            node = node_of[name]
            if (
                node != spot
                and corridors.way_km(network, node, spot, corridors.DETOUR * max(off, 1.0)) is None
            ):
                corridors.add_spur(network, node, spot, xy)
        elif listed and off <= ON_KM and spot not in network.kept:
            corridors.move(network, spot, xy)
            network.kept.add(spot)
            node_of[name], off_of[name] = spot, off
        else:
            node = network.add_node(xy, keep=True)
            corridors.add_spur(network, node, spot, xy)
            node_of[name], off_of[name] = node, off
    for k, place in enumerate(places):
        if k not in hung:
            node_of[place.id], off_of[place.id] = network.add_node(place.lonlat, keep=True), float("inf")
    return node_of, off_of


def _targets(
    network: Network, places: Sequence[Place], mine: Sequence[int], among: Sequence[int], listed: bool
) -> list[tuple[int, tuple[int, float, float]]]:
    """The nearest corridor of each place, and for listed ones the nearest of the other mode."""
    points = [places[k].lonlat for k in mine]
    first = corridors.nearest(network, points, among=among)
    jobs = list(zip(mine, first, strict=True))
    if not listed:
        return jobs
    modes = [network.edges[target[0]].mode for target in first]
    for mode in ("rail", "road"):
        same = [i for i in among if network.edges[i].mode == mode]
        if same:
            other = corridors.nearest(network, points, among=same)
            jobs += [
                (k, t) for k, m, t in zip(mine, modes, other, strict=True) if m != mode and t[2] <= SECOND_KM
            ]
    return jobs


def _middle(points: Sequence[Point]) -> Point:
    spot = LineString(points).interpolate(0.5, normalized=True)
    return (float(spot.x), float(spot.y))
