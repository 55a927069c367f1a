"""The rows of a country's pack: nodes and spans as everybody reads them, and what is taken to stand."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from shapely import LineString

from bbsim.geodata import corridors
from bbsim.geodata.measure import Point, geodesic_km, line_km
from bbsim.geodata.nation.carried import LEASED, SEA
from bbsim.geodata.nation.ground import Ground
from bbsim.geodata.nation.indicators import Indicators
from bbsim.geodata.nation.options import Options
from bbsim.geodata.nation.settled import Settled
from bbsim.geodata.network import Edge, Network
from bbsim.geodata.places import Place
from bbsim.geodata.terrain import terrain_of

URBAN_KM, URBAN_FROM = 0.006, 20_000  # a built-up radius: this times the root of the people, from so many on
COAST_KM = 15.0  # a city so near the sea may hold a landing point
APART_KM = 30.0  # a second gateway stands at least so far from the first

NOTES = {
    "spur": "length assumed: straight line times 1.25",
    corridors.LINK: "assumed link across a gap of the source: straight line times 1.25",
    SEA: "assumed submarine link: straight line times 1.1",
    LEASED: "leased link between parts of the country that no own way joins: straight line",
}
TRUNK_NOTE = "assumed trunk: shortest way from the capital to a city; routes are not in the data"


@dataclass
class Rows:
    """Everything that the rows are made from."""

    network: Network
    ground: Ground
    settled: Settled
    places: Mapping[str, Place]
    node_of: Mapping[str, int]
    crossings: Mapping[int, str]
    national: Indicators
    options: Options
    ids: dict[int, str] = field(default_factory=dict)
    in_parts: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name every node: places and crossings by their own ids, junctions from north to south."""
        self.ids = {node: name for name, node in self.node_of.items()}
        for node, alpha2 in self.crossings.items():
            if node in self.network.xy:
                self.ids[node] = f"border-{alpha2.lower()}"
        xy = self.network.xy
        loose = sorted((n for n in xy if n not in self.ids), key=lambda n: (-xy[n][1], xy[n][0], n))
        width = max(4, len(str(len(loose))))
        self.ids.update({n: f"j-{k:0{width}d}" for k, n in enumerate(loose, start=1)})
        listed = self.settled.listed
        for part in listed:
            if part.part_of:
                self.in_parts[part.part_of] = self.in_parts.get(part.part_of, 0) + part.people
        self._listed_tree = cKDTree(self.ground.sheet.points([p.lonlat for p in listed]))
        self._towns = [p for p in listed if self._people_with_parts(p) >= URBAN_FROM]
        towns = self.ground.sheet.points([p.lonlat for p in self._towns])
        self._town_tree = cKDTree(towns) if len(towns) else None

    @property
    def persons(self) -> float:
        """Persons a household."""
        return self.options.persons_per_household or self.national.persons_per_household

    def _people_with_parts(self, place: Place) -> int:
        return place.people + self.in_parts.get(place.id, 0)

    def region_at(self, lonlat: Point) -> str:
        """The region of the nearest listed place."""
        return self.settled.listed[int(self._listed_tree.query(self.ground.sheet.point(lonlat))[1])].district

    # ---- nodes ----------------------------------------------------------------------------------
    def nodes(self) -> list[dict[str, Any]]:
        """Rows of nodes; gateways are the capital, the largest other city by the sea, the nearest border."""
        rows = [self._node(node, self.ids[node]) for node in sorted(self.network.xy)]
        gateways = self._gateways()
        for row in rows:
            if row["id"] in gateways:
                why = gateways[row["id"]]
                row["gateway"] = True
                row["note"] = f"{row['note']}; {why}" if row["note"] else why
        return rows

    def _node(self, node: int, name: str) -> dict[str, Any]:
        at = self.network.xy[node]
        place = self.places.get(name)
        neighbour = self.crossings.get(node, "")
        title = place.name if place else f"Border with {neighbour}" if neighbour else ""
        people = place.people if place else 0
        return {
            "id": name,
            "name": title,
            "name_en": title,
            "kind": place.kind if place else "border" if neighbour else "junction",
            "population": people,
            "population_de_jure": people,
            "households": round(people / self.persons),
            "region": place.district if place else self.region_at(at),
            "district": place.district if place else "",
            "area": "",
            "part_of": place.part_of if place else "",
            "gateway": False,
            "transit_gbps": None,
            "elevation_m": float(round(self.ground.relief.at(*at))),
            "status": "proposed",
            "status_basis": "",
            "geonameid": place.geonameid if place else None,
            "note": place.note if place else "where a road leaves the country" if neighbour else "",
            "geometry": at,
        }

    def _gateways(self) -> dict[str, str]:
        """Id of each gateway, and why it is one: an assumption by a stated rule."""
        capital = self.places[self.settled.capital]
        found = {capital.id: "gateway assumed: the capital"}
        cities = sorted(
            (p for p in self.settled.listed if p.kind == "city"),
            key=lambda p: (-self._people_with_parts(p), p.id),
        )
        borders = list(self.ground.neighbours.values())
        for city in cities[:40]:
            spot = LineString([self.ground.sheet.point(city.lonlat)] * 2).centroid
            inland = self.ground.flat.boundary.distance(spot) > COAST_KM
            abroad = any(land.distance(spot) < COAST_KM for land in borders)
            apart = geodesic_km(city.lonlat, capital.lonlat) >= APART_KM
            if apart and not inland and not abroad:
                found[city.id] = "gateway assumed: a landing point at the largest city by the sea"
                break
        start = self.node_of[capital.id]
        km, _ = shortest_tree(self.network, start, (LEASED, SEA))
        reached = sorted((km[n], self.ids[n]) for n in self.crossings if n in km)
        if reached:
            found[reached[0][1]] = "gateway assumed: the border crossing nearest the capital"
        return found

    # ---- spans ----------------------------------------------------------------------------------
    def spans(self) -> list[dict[str, Any]]:
        """Rows of spans, by the ids of their ends."""
        named: dict[str, int] = {}
        ids, rows = self.ids, []
        edges = self.network.edges.values()
        for edge in sorted(edges, key=lambda e: (*sorted((ids[e.u], ids[e.v])), e.km, e.points)):
            start, end = sorted((ids[edge.u], ids[edge.v]))
            points = edge.points if ids[edge.u] == start else edge.points[::-1]
            name = f"{start}--{end}"
            named[name] = named.get(name, 0) + 1
            if named[name] > 1:
                name = f"{name}-{named[name]}"
            rows.append(self._span(edge, name, start, end, points))
        return rows

    def _span(self, edge: Edge, name: str, start: str, end: str, points: list[Point]) -> dict[str, Any]:
        length_km = _length_km(edge)
        if line_km(points) > length_km:  # redrawn where junctions were merged: never longer than the corridor
            points = [points[0], points[-1]]
        follows = {corridors.LINK: "road", SEA: "spur", LEASED: "foreign"}.get(edge.mode, edge.mode)
        terrain = "submarine" if edge.mode == SEA else "plain"
        if edge.mode not in (SEA, LEASED):
            terrain = terrain_of(points, self.ground.relief, self._built_up(points, length_km))
        return {
            "id": name,
            "start": start,
            "end": end,
            "length_km": length_km,
            "terrain": terrain,
            "follows": follows,
            "domestic": edge.mode != LEASED,
            "region": self.region_at(points[len(points) // 2]),
            "area": "",
            "status": "proposed",
            "status_basis": "",
            "fibre_count": None,
            "medium": {SEA: "submarine", LEASED: "leased"}.get(edge.mode, "buried"),
            "note": NOTES.get(edge.mode, ""),
            "geometry": points,
        }

    def _built_up(self, points: Sequence[Point], km: float) -> list[tuple[Point, float]]:
        """Towns whose built-up ground a line may cross: centre and radius, km."""
        if self._town_tree is None:
            return []
        ends = self.ground.sheet.points([points[0], points[-1]])
        near = self._town_tree.query_ball_point(ends.mean(axis=0), 0.6 * km + 25.0)
        towns = [self._towns[k] for k in sorted(near)]
        return [(p.lonlat, URBAN_KM * sqrt(self._people_with_parts(p))) for p in towns]

    # ---- what stands ----------------------------------------------------------------------------
    def trunks(self, nodes: Sequence[dict[str, Any]], spans: Sequence[dict[str, Any]]) -> None:
        """Mark the assumed trunks and the cities on them as operational; changes the rows."""
        start = self.node_of[self.settled.capital]
        _, before = shortest_tree(self.network, start)
        ends = [self.node_of[p.id] for p in self.settled.listed if p.kind == "city"]
        index = {node: k for k, node in enumerate(sorted(self.network.xy))}
        ends += [n for n in self.crossings if nodes[index[n]]["gateway"]] if self.crossings else []
        lit: set[tuple[str, str, float]] = set()
        passed = {start}
        for end in ends:
            at = end
            if at not in before:
                continue
            while at != start:
                edge = self.network.edges[before[at]]
                pair = sorted((self.ids[edge.u], self.ids[edge.v]))
                lit.add(
                    (pair[0], pair[1], round(max(edge.km, geodesic_km(edge.points[0], edge.points[-1])), 3))
                )
                passed.add(at)
                at = edge.other(at)
        for span in spans:
            key = (span["start"], span["end"], span["length_km"])
            if key in lit:
                lit.discard(key)
                note = f"{span['note']}; {TRUNK_NOTE}" if span["note"] else TRUNK_NOTE
                span.update(status="operational", status_basis="assumed", note=note)
        for node, row in zip(sorted(self.network.xy), nodes, strict=True):
            if node in passed and row["kind"] == "city":
                row.update(status="operational", status_basis="assumed")


def _length_km(edge: Edge) -> float:
    """Length of a corridor as it stands in the pack: the source's, at least the straight line."""
    return round(max(edge.km, geodesic_km(edge.points[0], edge.points[-1]), 0.001), 3)


def shortest_tree(
    network: Network, start: int, without: Sequence[str] = (LEASED,)
) -> tuple[dict[int, float], dict[int, int]]:
    """Distance from a node to all it reaches `without` some modes, and the last edge on the way there."""
    km, before = {start: 0.0}, {}
    heap = [(0.0, start)]
    done: set[int] = set()
    while heap:
        cost, node = heapq.heappop(heap)
        if node in done:
            continue
        done.add(node)
        for edge_id in sorted(network.at[node]):
            edge = network.edges[edge_id]
            if edge.mode in without:
                continue
            other, total = edge.other(node), cost + edge.km
            if total < km.get(other, np.inf):
                km[other], before[other] = total, edge_id
                heapq.heappush(heap, (total, other))
    return km, before
