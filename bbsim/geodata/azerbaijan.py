"""Makes `geodata/AZE`: the flagship's own corrections, read from the sourced tables beside the pack.

Run as ``python -m bbsim.geodata.azerbaijan geodata/AZE``. Who lives where is `azerbaijan_people`; here
the places are hung on the corridors, named, classed and written.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from shapely import MultiLineString, STRtree, unary_union
from shapely import Point as ShapelyPoint
from shapely.geometry.base import BaseGeometry

from bbsim.geodata import azerbaijan_text as text
from bbsim.geodata import corridors, railways, tables
from bbsim.geodata.azerbaijan_people import Census
from bbsim.geodata.measure import Point, Sheet, geodesic_km, line_km
from bbsim.geodata.network import Edge, Network, simplify
from bbsim.geodata.pack import Pack
from bbsim.geodata.people import yearly
from bbsim.geodata.places import Place
from bbsim.geodata.rural import scatter
from bbsim.geodata.sources import Relief, Ways, read_boundary, read_relief, read_settlements, read_ways
from bbsim.geodata.terrain import terrain_of

ALPHA2, BOX, LAT0 = "AZ", (42.0, 37.0, 52.0, 43.0), 40.1
PERSONS_PER_HOUSEHOLD = 4.706
LAST_YEAR = 2035
ON_KM, SECOND_KM, NEAR_KM = 1.0, 6.0, 1.5
GAP_KM = 20.0  # widest gap of the source that is closed; Nakhchivan is twice as far
BORDER_KM = 2.0  # the boundary is generalised by about this much; roads along it are the country's own


@dataclass
class Build:
    """Everything that is known half-way: the land, the network, the places on it."""

    folder: Path
    land: BaseGeometry
    relief: Relief
    districts: Mapping[str, BaseGeometry]
    region_of: Mapping[str, str]
    closed: Mapping[str, BaseGeometry]
    network: Network
    names: dict[int, str] = field(default_factory=dict)  # node -> id of a place or border
    places: dict[str, Place] = field(default_factory=dict)

    def district_at(self, lonlat: Point) -> str:
        """The district of a point; off the drawn land, the nearest one."""
        spot = ShapelyPoint(lonlat)
        return min(self.districts, key=lambda d: (round(self.districts[d].distance(spot), 6), d))

    def area_at(self, lonlat: Point) -> str:
        """The closable area a point lies in, or ''."""
        spot = ShapelyPoint(lonlat)
        return next((a for a in sorted(self.closed, reverse=True) if self.closed[a].covers(spot)), "")


def build(folder: Path) -> Pack:
    """Read everything and make the pack in memory."""
    source = folder / "sources"
    sheet = Sheet(LAT0)
    census = Census.read(source, read_settlements(ALPHA2))
    roads, rails = read_ways("road", BOX), read_ways("rail", BOX)
    land = read_boundary(ALPHA2)
    crossings = tables.rows(source, "crossings")
    wide = _widened(land, sheet, crossings)
    network, borders = _corridors(roads, rails, wide, sheet, crossings)
    made = Build(
        folder=folder,
        land=land,
        relief=read_relief(ALPHA2),
        districts=census.districts,
        region_of=census.region_of,
        closed=census.closed,
        network=network,
        names=dict(borders),
    )
    _hang(made, census.listed, second=True)
    network.tidy(below_km=0.6, apart_km=3.0)
    corridors.bridge(network, GAP_KM)
    _hang(made, _rural(made, census), second=False)
    simplify(network, 0.15)
    node_rows, ids = _nodes(made, crossings)
    span_rows = _spans(made, ids, node_rows) + _foreign(source, made, ids, roads)
    _trunks(source, made, ids, node_rows, span_rows)
    figures = [(r["kind"], int(r["year"]), int(r["residents"])) for r in tables.rows(source, "national")]
    official = {year: people for kind, year, people in figures if kind == "official 1 January"}
    projected = {year + 0.5: people for kind, year, people in figures if kind == "WPP2012 1 July"}
    return Pack(
        name="Azerbaijan",
        iso3="AZE",
        nodes=node_rows,
        spans=span_rows,
        boundary=sheet.back(sheet.flat(land).simplify(0.25)),
        regions=_regions(made, sheet),
        population=text.population(PERSONS_PER_HOUSEHOLD),
        national=yearly(official, projected, LAST_YEAR),
        layers=text.LAYERS,
        areas=tables.rows(source, "areas"),
        doubts=text.DOUBTS,
    )


def _widened(land: BaseGeometry, sheet: Sheet, crossings: Sequence[Mapping[str, str]]) -> BaseGeometry:
    """The land with a margin for its generalised boundary, but none around crossings that have a gate."""
    spots = [(sheet.point((float(r["lon"]), float(r["lat"]))), float(r["gate_km"])) for r in crossings]
    gates = unary_union([ShapelyPoint(at).buffer(radius) for at, radius in spots])
    flat = sheet.flat(land)
    return sheet.back(flat.union(flat.buffer(BORDER_KM).difference(gates)))


def _corridors(
    roads: Ways, rails: Ways, land: BaseGeometry, sheet: Sheet, crossings: Sequence[Mapping[str, str]]
) -> tuple[Network, dict[int, str]]:
    """Road and railway inside the land as one network, and which of its nodes are border crossings."""
    known = [corridors.Crossing(r["id"], (float(r["lon"]), float(r["lat"]))) for r in crossings]
    nets, named = [], []
    for ways in (roads, rails):
        cuts: dict[int, Point] = {}
        net = corridors.clipped(ways, land, sheet, cuts)
        named.append(corridors.name_crossings(net, cuts, known, within_km=4.0))
        net.collapse_short(0.4)
        net.contract()
        net.drop_doubles(1.0)
        nets.append(net)
    moved: dict[int, int] = {}
    network = nets[0]
    railways.add_rail(network, nets[1], beside_km=2.0, least_km=6.0, moved=moved)
    borders = dict(named[0])
    for rail_node, crossing in sorted(named[1].items()):
        node = moved[rail_node]
        twin = next((n for n, c in sorted(borders.items()) if c == crossing), None)
        if twin is None:
            borders[node] = crossing
        else:
            network.merge(node, twin)
    return network, borders


def _hang(made: Build, places: Sequence[Place], *, second: bool) -> None:
    spurs = corridors.hang(
        made.network,
        [(place.id, place.lonlat) for place in places],
        on_km=ON_KM if second else -1.0,
        tolerance_km=0.5 if second else NEAR_KM,
        second_km=SECOND_KM if second else 0.0,
    )
    for place in places:
        made.names[spurs[place.id].node] = place.id
        made.places[place.id] = place


def _rural(made: Build, census: Census) -> list[Place]:
    """Synthetic places for the rural rest of every district, part by part."""
    lines = MultiLineString([e.points for _, e in sorted(made.network.edges.items())])
    found: list[Place] = []
    for rest in census.rests:
        ground = rest.ground.intersection(made.land)
        taken = [p.lonlat for p in census.listed if rest.ground.distance(ShapelyPoint(p.lonlat)) < 0.2]
        spots = scatter(ground, len(rest.people), lines, taken, made.relief, made.network.sheet)
        found += census.villages(rest, spots)
    return found


def _nodes(
    made: Build, crossings: Sequence[Mapping[str, str]]
) -> tuple[list[dict[str, Any]], dict[int, str]]:
    """Rows of nodes, and the id of every network node; junctions are numbered from north to south."""
    network, ids = made.network, dict(made.names)
    loose = sorted(
        (n for n in network.xy if n not in ids), key=lambda n: (-network.xy[n][1], network.xy[n][0], n)
    )
    ids.update({n: f"j-{k:04d}" for k, n in enumerate(loose, start=1)})
    border = {row["id"]: row for row in crossings}
    rows = []
    for node in sorted(network.xy):
        name = ids[node]
        rows.append(_node(made, name, network.xy[node], made.places.get(name), border.get(name)))
    gateways = {row["node"]: row for row in tables.rows(made.folder / "sources", "gateways")}
    for row in rows:
        if row["id"] in gateways:
            gateway = gateways[row["id"]]
            row.update(gateway=True, transit_gbps=float(gateway["transit_gbps"]))
            row["note"] = _noted(row, f"transit {gateway['status_basis']}: {gateway['source']}")
    return rows, ids


def _node(
    made: Build, name: str, at: Point, place: Place | None, border: Mapping[str, str] | None
) -> dict[str, Any]:
    district = place.district if place else made.district_at(at)
    note = place.note if place else (f"{border['neighbour']}: {border['note']}" if border else "")
    people = place.people if place else 0
    return {
        "id": name,
        "name": place.name if place else border["name"] if border else "",
        "name_en": place.name_en if place else border["name_en"] if border else "",
        "kind": place.kind if place else "border" if border else "junction",
        "population": people,
        "population_de_jure": place.de_jure if place else 0,
        "households": round(people / PERSONS_PER_HOUSEHOLD),
        "region": made.region_of[district],
        "district": district,
        "area": place.area if place else made.area_at(at),
        "part_of": place.part_of if place else "",
        "gateway": False,
        "transit_gbps": None,
        "elevation_m": float(round(made.relief.at(*at))),
        "status": "proposed",
        "status_basis": "",
        "geonameid": place.geonameid if place else None,
        "note": note,
        "geometry": at,
    }


def _spans(
    made: Build, ids: Mapping[int, str], node_rows: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    urban = [
        ((float(r["lon"]), float(r["lat"])), float(r["radius_km"]))
        for r in tables.rows(made.folder / "sources", "urban")
    ]
    area_of = {row["id"]: row["area"] for row in node_rows}
    named: dict[str, int] = {}
    rows = []
    edges = made.network.edges.values()
    for edge in sorted(edges, key=lambda e: (*sorted((ids[e.u], ids[e.v])), e.km, e.points)):
        start, end = sorted((ids[edge.u], ids[edge.v]))
        points = edge.points if ids[edge.u] == start else edge.points[::-1]
        name = f"{start}--{end}"
        named[name] = named.get(name, 0) + 1
        if named[name] > 1:
            name = f"{name}-{named[name]}"
        length_km = round(max(edge.km, geodesic_km(points[0], points[-1])), 3)
        if line_km(points) > length_km:  # redrawn where junctions were merged: never longer than the corridor
            points = [points[0], points[-1]]
        middle = _middle(points)
        sea = any(made.places[k].offshore for k in (start, end) if k in made.places)
        areas = sorted({made.area_at(middle), area_of[start], area_of[end]} - {""})
        rows.append(
            {
                "id": name,
                "start": start,
                "end": end,
                "length_km": length_km,
                "terrain": "submarine" if sea else terrain_of(points, made.relief, urban),
                "follows": "road" if edge.mode == corridors.LINK else edge.mode,
                "domestic": True,
                "region": made.region_of[made.district_at(middle)],
                "area": areas[-1] if areas else "",
                "status": "proposed",
                "status_basis": "",
                "fibre_count": None,
                "medium": "submarine" if sea else "buried",
                "note": text.SPAN_NOTES.get(edge.mode, ""),
                "geometry": points,
            }
        )
    return rows


def _middle(points: Sequence[Point]) -> Point:
    line = MultiLineString([points]).geoms[0]
    spot = line.interpolate(0.5, normalized=True)
    return (float(spot.x), float(spot.y))


def _foreign(source: Path, made: Build, ids: Mapping[int, str], roads: Ways) -> list[dict[str, Any]]:
    """Spans abroad that a scenario may lease: ways along the neighbours' roads between two crossings."""
    at = {name: node for node, name in ids.items()}
    rows = []
    for row in tables.rows(source, "foreign"):
        shut = unary_union([read_boundary(code) for code in row["not_through"].split()]).buffer(-0.005)
        abroad = Network(made.network.sheet)
        open_nodes = {i: xy for i, xy in sorted(roads.nodes.items()) if not shut.covers(ShapelyPoint(xy))}
        node_of = {i: abroad.add_node(xy) for i, xy in open_nodes.items()}
        for i, j, km in roads.edges:
            if i in node_of and j in node_of:
                a, b = open_nodes[i], open_nodes[j]
                abroad.add_edge(node_of[i], node_of[j], max(km, geodesic_km(a, b)), [a, b], "foreign")
        tree_nodes = abroad.components()[0]
        tree = STRtree([ShapelyPoint(abroad.xy[n]) for n in tree_nodes])
        here, there = made.network.xy[at[row["start"]]], made.network.xy[at[row["end"]]]
        ends = [tree_nodes[int(tree.nearest(ShapelyPoint(xy)))] for xy in (here, there)]
        points, km = _walked(corridors.shortest(abroad, ends[0], ends[1]), ends[0])
        points = [here, *points, there]
        km += geodesic_km(points[0], points[1]) + geodesic_km(points[-2], points[-1])
        carrier = Network(made.network.sheet, edges={0: Edge(0, 1, km, points, "foreign")})
        simplify(carrier, 1.0)
        rows.append(
            {
                "id": row["id"], "start": row["start"], "end": row["end"], "length_km": round(km, 3),
                "terrain": terrain_of(points, made.relief, []), "follows": "foreign", "domestic": False,
                "region": made.region_of[made.district_at(made.network.xy[at[row["end"]]])], "area": "",
                "status": "proposed", "status_basis": "assumed", "fibre_count": None, "medium": "leased",
                "note": f"{row['name']}: {row['note']}", "geometry": carrier.edges[0].points,
            }
        )  # fmt: skip
    return rows


def _walked(way: Sequence[tuple[int, Edge]], start: int) -> tuple[list[Point], float]:
    """The points and km of a way that begins at a node."""
    points: list[Point] = []
    at = start
    for _, edge in way:
        piece = edge.towards(edge.other(at))
        points += piece if not points else piece[1:]
        at = edge.other(at)
    return points, sum(edge.km for _, edge in way)


def _trunks(
    source: Path,
    made: Build,
    ids: Mapping[int, str],
    node_rows: Sequence[dict[str, Any]],
    span_rows: Sequence[dict[str, Any]],
) -> None:
    """Mark the assumed trunks of the start, and the cities on them, as operational; changes the rows."""
    at = {name: node for node, name in ids.items()}
    lit: set[frozenset[str]] = set()
    passed: set[str] = set()
    for trunk in tables.rows(source, "trunks"):
        stops = [_stop(stop, at, made) for stop in trunk["through"].split()]
        for a, b in pairwise(stops):
            for _, edge in corridors.shortest(made.network, a, b):
                lit.add(frozenset((ids[edge.u], ids[edge.v])))
                passed |= {ids[edge.u], ids[edge.v]}
    done: set[frozenset[str]] = set()
    for span in span_rows:  # sorted by length within a pair: of doubles only the shortest is the trunk's
        pair = frozenset((span["start"], span["end"]))
        if pair in lit and pair not in done and span["domestic"]:
            done.add(pair)
            span.update(status="operational", status_basis="assumed", note=_noted(span, text.TRUNK_NOTE))
    for node in node_rows:
        if node["id"] in passed and node["kind"] == "city":
            node.update(status="operational", status_basis="assumed")


def _noted(row: Mapping[str, Any], more: str) -> str:
    return f"{row['note']}; {more}" if row["note"] else more


def _stop(stop: str, at: Mapping[str, int], made: Build) -> int:
    """A trunk's stop: an id, or `@lon:lat` for the nearest junction on a road."""
    if not stop.startswith("@"):
        return at[stop]
    lon, _, lat = stop[1:].partition(":")
    spot = (float(lon), float(lat))
    roads = {n for e in made.network.edges.values() if e.mode != "spur" for n in (e.u, e.v)}
    return min(sorted(roads), key=lambda n: (geodesic_km(made.network.xy[n], spot), n))


def _regions(made: Build, sheet: Sheet) -> dict[str, BaseGeometry]:
    """Economic regions: districts dissolved, slivers closed, simplified for maps."""
    found = {}
    for region in sorted(set(made.region_of.values())):
        parts = [sheet.flat(g) for d, g in sorted(made.districts.items()) if made.region_of[d] == region]
        whole = unary_union(parts).buffer(0.6, join_style="mitre").buffer(-0.6, join_style="mitre")
        found[region] = sheet.back(whole.simplify(0.4))
    return found


def main(arguments: Sequence[str]) -> int:
    """Build the pack into the folder named first."""
    folder = Path(arguments[0]) if arguments else Path("geodata/AZE")
    digest = build(folder).write(folder)
    print(f"{folder}: {digest}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
