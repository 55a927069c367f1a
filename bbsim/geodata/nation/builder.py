"""Makes the pack of any country: places hung on corridors, people counted once, pieces joined, all told.

Built twice, it is the same to the byte: nothing is drawn by lot, ties go to the lower id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely import MultiPoint, unary_union
from shapely.geometry.base import BaseGeometry

from bbsim.errors import InputError, Problem
from bbsim.geodata.measure import Point
from bbsim.geodata.nation import told
from bbsim.geodata.nation.carried import corridors_of, hang
from bbsim.geodata.nation.ground import Ground, read_ground
from bbsim.geodata.nation.indicators import Indicators, code_of, read_indicators
from bbsim.geodata.nation.joined import Joint, join
from bbsim.geodata.nation.options import Options
from bbsim.geodata.nation.rows import Rows
from bbsim.geodata.nation.settled import Settled, settle, share_rest
from bbsim.geodata.nation.villages import villages_of
from bbsim.geodata.network import Network, simplify
from bbsim.geodata.pack import Pack
from bbsim.geodata.places import Place, unique_ids
from bbsim.geodata.sources import read_settlements

YEARS = 25  # of growth that the pack states
Progress = Callable[[float, str], None]


@dataclass
class Made:
    """A pack and what there is to tell about how it came to be."""

    pack: Pack
    national: Indicators
    ground: Ground
    network: Network
    joints: list[Joint]
    off_km: Mapping[str, float]
    told: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


def build(country: str, options: Options | None = None, progress: Progress | None = None) -> Made:
    """Build the pack of a country in memory.

    Parameters
    ----------
    country : ISO 3166 code.

    Raises
    ------
    InputError
        for an unknown code, or a country in which no place is listed.
    EnvironmentFault
        if a data package is not installed.
    """
    options = options or Options()
    say = progress or (lambda _share, _words: None)
    code = code_of(country)
    national = read_indicators(code)
    settlements = read_settlements(code.alpha2)
    if not settlements:
        message = f"GeoNames lists no place of 500 people in {code.name}, so there is nothing to build"
        raise InputError(Problem("no-settlements", message))
    say(0.05, "reading the land")
    ground = read_ground(code, settlements)
    settled = settle(settlements, national, ground.sheet, most_places=options.most_places)
    capital = next(p for p in settled.listed if p.id == settled.capital)
    detail_km = max(0.6, sqrt(sum(p.area for p in ground.parts)) / 1500.0)
    say(0.15, "cutting roads and railways")
    network, crossings = corridors_of(ground, code, capital.lonlat, detail_km)
    say(0.4, "hanging places on them")
    node_of, off = hang(network, settled.listed, ground, listed=True)
    network.tidy(below_km=detail_km, apart_km=3.0)
    joints = join(network, ground)
    say(0.6, "placing villages")
    polygons = _regions(settled, ground)
    km = _km_by_region(network, settled, ground)
    most = share_rest(settled, national.people, km, most=options.most_places // 2)
    rural = villages_of(settled, polygons, network, ground)
    unique_ids(rural, {p.id for p in settled.listed})
    more, more_off = hang(network, rural, ground, listed=False)
    joints += join(network, ground)
    simplify(network, 0.25 * detail_km)
    say(0.85, "writing rows")
    places = {p.id: p for p in (*settled.listed, *rural)}
    rows = Rows(network, ground, settled, places, {**node_of, **more}, crossings, national, options)
    nodes, spans = rows.nodes(), rows.spans()
    rows.trunks(nodes, spans)
    off = {**off, **more_off}
    told_lines = [*settled.told, *told.corrections(settled, rural, most, joints, off, ground)]
    doubts = [*settled.doubts, *ground.doubts, *told.doubts(national, joints, spans)]
    pack = Pack(
        name=code.name,
        iso3=code.iso3,
        nodes=nodes,
        spans=spans,
        boundary=ground.sheet.land(_drawn(ground, detail_km)),
        regions={name: ground.sheet.land(polygons[name]) for name in sorted(polygons)},
        population=told.population(national, rows.persons),
        national=_years(national),
        layers=told.LAYERS,
        doubts=doubts,
    )
    say(1.0, "done")
    return Made(pack, national, ground, network, joints, off, told_lines, doubts)


def _drawn(ground: Ground, detail_km: float) -> BaseGeometry:
    """The boundary for maps: simplified, without islets that nobody would see."""
    parts = [p for p in ground.parts if p.area >= detail_km**2 or p is ground.parts[0]]
    return shapely.make_valid(unary_union(parts).simplify(0.4 * detail_km))


def _years(national: Indicators) -> dict[int, int]:
    growth = 1.0 + national.growth_share_per_year
    return {national.year + k: max(1, round(national.people * growth**k)) for k in range(YEARS + 1)}


def _km_by_region(network: Network, settled: Settled, ground: Ground) -> dict[str, float]:
    """Corridors of each region, km, by the listed place nearest to their middle."""
    edges = [e for _, e in sorted(network.edges.items()) if e.mode in ("road", "rail")]
    if not edges:
        return {}
    tree = cKDTree(ground.sheet.points([p.lonlat for p in settled.listed]))
    near = tree.query(ground.sheet.points([e.points[len(e.points) // 2] for e in edges]))[1]
    found: dict[str, float] = {}
    for edge, k in zip(edges, np.asarray(near).tolist(), strict=True):
        region = settled.listed[k].district
        found[region] = found.get(region, 0.0) + edge.km
    return found


def _regions(settled: Settled, ground: Ground) -> dict[str, BaseGeometry]:
    """The ground of each region, on the sheet: lived-in land nearest to one of its listed places."""
    xy = ground.sheet.points([p.lonlat for p in settled.listed])
    lived = sorted(set(ground.part_of(xy)[0].tolist()))
    land = shapely.make_valid(unary_union([ground.parts[k] for k in lived]).simplify(0.5))
    if len(settled.regions) == 1:
        return {next(iter(settled.regions)): land}
    chosen = _thinned(settled.listed, 4000)
    spots = ground.sheet.points([p.lonlat for p in chosen])
    cells = shapely.voronoi_polygons(MultiPoint(spots), extend_to=land.envelope)
    tree = cKDTree(spots)
    groups: dict[str, list[BaseGeometry]] = {name: [] for name in sorted(settled.regions)}
    for cell in cells.geoms:
        middle = cell.representative_point()
        groups[chosen[int(tree.query((middle.x, middle.y))[1])].district].append(cell)
    found = {}
    for name in sorted(groups):
        ground_of = shapely.make_valid(unary_union(groups[name])).intersection(land)
        found[name] = ground_of if not ground_of.is_empty else land.representative_point().buffer(1.0)
    return found


def _thinned(places: Sequence[Place], most: int) -> list[Place]:
    """The most populous places, each spot once."""
    seen: set[Point] = set()
    found = []
    for place in sorted(places, key=lambda p: (-p.people, p.id)):
        if place.lonlat not in seen:
            seen.add(place.lonlat)
            found.append(place)
    return found[:most]
