"""Who lives where in Azerbaijan in 2011: officially (where registered), and in fact.

Official district figures are fitted to the national total; listed places are fitted into their district;
Baku is split into access areas; those displaced from the closed areas are moved to where they live.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, radians, sin
from pathlib import Path

from shapely import Point as ShapelyPoint
from shapely import Polygon, box, unary_union
from shapely.geometry.base import BaseGeometry

from bbsim.geodata import tables
from bbsim.geodata.measure import KM_PER_DEGREE, Point
from bbsim.geodata.names import azerbaijani, english, slug
from bbsim.geodata.people import fitted, shared_out
from bbsim.geodata.places import Place, unique_ids
from bbsim.geodata.rural import how_many
from bbsim.geodata.sources import Settlement

BACKCAST = 0.90  # national residents 2011 over 2023 (9,111,100 / 10,127,145): GeoNames figures of the 2020s
BAKU, BAKU_DISTRICT = "baku", "Baku (city)"
CENTRE_RAION = "Sabail"  # the part of Baku that stands on the city's own node
WHOLE_CITY = "(city)"


@dataclass(frozen=True)
class Rest:
    """The rural rest of a district (or of its closed part) and how it is cut into places."""

    district: str
    area: str
    ground: BaseGeometry
    people: tuple[int, ...]
    de_jure: tuple[int, ...]


@dataclass(frozen=True)
class Census:
    """Listed places with residents, rural rests, and the ground they stand on."""

    listed: list[Place]
    rests: list[Rest]
    districts: Mapping[str, BaseGeometry]
    region_of: Mapping[str, str]
    closed: Mapping[str, BaseGeometry]
    names: Mapping[str, str]

    @classmethod
    def read(cls, source: Path, settlements: Sequence[Settlement]) -> Census:
        """Read the tables of `sources/` and count everybody once."""
        rows = tables.rows(source, "districts")
        ground = tables.polygons(source, "districts", "district")
        totals = official(rows, tables.rows(source, "totals"))
        parts = closed_parts(source, ground)
        shares = {(p.district, p.area): p.share for p in parts}
        listed = _cities(source) + _towns(source, settlements, rows, parts)
        baku = _baku(source, settlements, totals[BAKU_DISTRICT])
        units = _units(totals, shares)
        rests_de_jure = {}
        for unit, total in units.items():
            if unit[0] != BAKU_DISTRICT:
                rests_de_jure[unit] = _fit(unit, total, listed)
        listed = [p for p in listed if p.id != BAKU] + baku
        unique_ids(sorted(listed, key=lambda p: (p.kind != "city", p.id, p.geonameid or 0)), set())
        residents = _residents(source, units, parts)
        rests = []
        for unit in sorted(units):
            members = [p for p in listed if (p.district, p.area) == unit]
            weights = [float(p.de_jure) for p in members] + [float(rests_de_jure.get(unit, 0))]
            living = shared_out(residents[unit], weights)
            for place, people in zip(members, living, strict=False):
                place.people = people
            count = how_many(max(living[-1], rests_de_jure.get(unit, 0)))
            if count:
                equal = [1.0] * count
                spread = shared_out(living[-1], equal), shared_out(rests_de_jure[unit], equal)
                where = _ground(unit, ground, parts)
                rests.append(Rest(*unit, where, tuple(spread[0]), tuple(spread[1])))
        areas = sorted({p.area for p in parts})
        closed = {a: unary_union([p.ground for p in parts if p.area == a]) for a in areas}
        return cls(
            sorted(listed, key=lambda p: p.id),
            rests,
            ground,
            {r["district"]: r["region"] for r in rows},
            closed,
            {r["district"]: r["name"] for r in rows},
        )

    def villages(self, rest: Rest, spots: Sequence[Point]) -> list[Place]:
        """Places of a rural rest at the chosen spots; numbered on where a district has two parts."""
        earlier = [r for r in self.rests if r.district == rest.district and r.area < rest.area]
        first = 1 + sum(len(r.people) for r in earlier)
        short = rest.district.removesuffix(" (city)")
        found = []
        members = zip(spots, rest.people, rest.de_jure, strict=True)
        for k, (spot, people, de_jure) in enumerate(members, start=first):
            found.append(
                Place(
                    id=f"rural-{slug(short)}-{k:02d}",
                    name=f"{self.names[rest.district]} kəndləri {k}",
                    name_en=f"{short} rural {k}",
                    kind="rural_synthetic",
                    lonlat=spot,
                    district=rest.district,
                    de_jure=de_jure,
                    area=rest.area,
                    people=people,
                    note="made-up place for the rural rest of the district",
                )
            )
        return found


@dataclass(frozen=True)
class ClosedPart:
    """A district, or a part of it, outside control in 2014."""

    district: str
    area: str
    share: float
    weight: float
    ground: BaseGeometry


def official(rows: Sequence[Mapping[str, str]], totals: Sequence[Mapping[str, str]]) -> dict[str, int]:
    """District figures made to sum to the official totals; what is left over goes to districts only."""
    found = {row["district"]: int(row["population_2011"]) for row in rows}
    for total in totals:
        mine = [r["district"] for r in rows if r["total"] == total["total"]]
        left = int(total["population_2011"]) - sum(found[d] for d in mine)
        flexible = [d for d in mine if WHOLE_CITY not in d]
        extras = shared_out(left, [float(found[d]) for d in flexible])
        for district, extra in zip(flexible, extras, strict=True):
            found[district] += extra
    return found


def closed_parts(source: Path, ground: Mapping[str, BaseGeometry]) -> list[ClosedPart]:
    """The closed parts of districts: whole, cut by a latitude, or cut by the line of contact."""
    line = [(float(r["lon"]), float(r["lat"])) for r in tables.rows(source, "line_of_contact")]
    west = Polygon([*line, (44.0, line[-1][1]), (44.0, line[0][1])])
    found = []
    for row in tables.rows(source, "closed_parts"):
        whole, lat = ground[row["district"]], tables.number(row["lat"])
        edge = {"all": whole, "line": west, "south": box(44, 38, 51, lat), "north": box(44, lat, 51, 42)}
        cut = whole.intersection(edge[row["part"]])
        share, weight = float(row["share_de_jure"]), float(row["residents_weight"])
        found.append(ClosedPart(row["district"], row["area"], share, weight, cut))
    return found


def closed_area(parts: Sequence[ClosedPart], district: str, lonlat: Point) -> str:
    """The closed area of a place by its district and position, or ''."""
    spot = ShapelyPoint(lonlat)
    mine = [p for p in parts if p.district == district]
    if len(mine) == 1 and mine[0].share == 1:
        return mine[0].area
    return next((p.area for p in mine if p.ground.covers(spot)), "")


def _cities(source: Path) -> list[Place]:
    return [
        Place(
            id=r["id"],
            name=r["name"],
            name_en=r["name_en"],
            kind="city",
            lonlat=(float(r["lon"]), float(r["lat"])),
            district=r["district"],
            de_jure=int(r["population_2011"]),
            area=r["area"],
            geonameid=int(r["geonameid"]) if r["geonameid"] else None,
            note=f"population: {r['basis']}",
        )
        for r in tables.rows(source, "cities")
    ]


def _towns(
    source: Path,
    settlements: Sequence[Settlement],
    rows: Sequence[Mapping[str, str]],
    parts: Sequence[ClosedPart],
) -> list[Place]:
    """GeoNames places that are neither one of the cities nor inside Baku."""
    known = {int(r["geonameid"]) for r in tables.rows(source, "cities") if r["geonameid"]}
    known |= {int(r["geonameid"]) for r in tables.rows(source, "baku_places")}
    better = {int(r["geonameid"]): r for r in tables.rows(source, "places")}
    by_code = {code: r["district"] for r in rows for code in r["geonames_admin1"].split()}
    found = []
    for s in settlements:
        if s.geonameid in known:
            continue
        row = better.get(s.geonameid, {})
        district = row.get("district") or by_code[s.admin1]
        name = row.get("name") or azerbaijani(s.name, s.variants)
        late = s.population % 100 == 0
        people = round(s.population * BACKCAST) if late else s.population
        found.append(
            Place(
                id=slug(english(name)),
                name=name,
                name_en=english(name),
                kind="town",
                lonlat=(s.lon, s.lat),
                district=district,
                de_jure=people,
                area=closed_area(parts, district, (s.lon, s.lat)),
                geonameid=s.geonameid,
                note="population: GeoNames, undated" + (", scaled to 2011" if late else ""),
            )
        )
    return found


def _units(totals: Mapping[str, int], shares: Mapping[tuple[str, str], float]) -> dict[tuple[str, str], int]:
    """Official people by district and area; the open part is what the closed parts leave."""
    units: dict[tuple[str, str], int] = {}
    for district, total in totals.items():
        mine = sorted((area, share) for (d, area), share in shares.items() if d == district)
        open_share = max(0.0, 1.0 - sum(share for _, share in mine))
        split = shared_out(total, [open_share if open_share > 1e-9 else 0.0, *(share for _, share in mine)])
        if split[0]:
            units[district, ""] = split[0]
        units.update({(district, area): part for (area, _), part in zip(mine, split[1:], strict=True)})
    return units


def _fit(unit: tuple[str, str], total: int, listed: Sequence[Place]) -> int:
    """Fit a unit's listed places into its total; changes the places, returns the rural rest."""
    seats = [p for p in listed if p.kind == "city" and (p.district, p.area) == unit]
    towns = [p for p in listed if p.kind == "town" and (p.district, p.area) == unit]
    whole = WHOLE_CITY in unit[0]
    before = [p.de_jure for p in (*seats, *towns)]
    cities, others, rest = fitted(
        total, [p.de_jure for p in seats], [p.de_jure for p in towns], whole_city=whole
    )
    for place, old, new in zip((*seats, *towns), before, (*cities, *others), strict=True):
        place.de_jure = new
        if new != old:
            mine = whole and place.kind == "city"
            place.note += "; less its settlements" if mine else "; scaled to fit its district"
    return rest


def _residents(
    source: Path, units: Mapping[tuple[str, str], int], parts: Sequence[ClosedPart]
) -> dict[tuple[str, str], int]:
    """People who live in each unit: residents of the closed areas there, the displaced with their hosts."""
    facts = {r["item"]: int(r["persons"]) for r in tables.rows(source, "displaced_total")}
    closed = {(p.district, p.area): p.weight for p in parts}
    shut = sorted(closed)
    living = shared_out(facts["residents_of_closed_areas"], [closed[u] for u in shut])
    staying = dict(zip(shut, living, strict=True))
    displaced = sum(units[u] for u in closed) - sum(staying.values())
    hosts = tables.rows(source, "displaced_hosts")
    arrived = shared_out(displaced, [float(r["weight"]) for r in hosts])
    guests = dict(zip((r["district"] for r in hosts), arrived, strict=True))
    return {u: staying[u] if u in staying else total + guests.get(u[0], 0) for u, total in units.items()}


def _ground(
    unit: tuple[str, str], ground: Mapping[str, BaseGeometry], parts: Sequence[ClosedPart]
) -> BaseGeometry:
    """The ground of a unit: a closed part, or what the closed parts leave of the district."""
    mine = [p for p in parts if p.district == unit[0]]
    if unit[1]:
        return next(p.ground for p in mine if p.area == unit[1])
    return ground[unit[0]].difference(unary_union([p.ground for p in mine])) if mine else ground[unit[0]]


def _baku(source: Path, settlements: Sequence[Settlement], total: int) -> list[Place]:
    """Access areas of Baku: its settlements with their own figures, and parts of each raion's rest."""
    by_id = {s.geonameid: s for s in settlements}
    inside = tables.rows(source, "baku_places")
    raions = tables.rows(source, "baku_raions")
    people = shared_out(total, [float(r["population_2015"]) for r in raions])
    city = next(p for p in _cities(source) if p.id == BAKU)
    found: list[Place] = []
    for raion, whole in zip(raions, people, strict=True):
        mine = [(r, by_id[int(r["geonameid"])]) for r in inside if r["raion"] == raion["raion"]]
        figures = [s.population for _, s in mine]
        count = int(raion["parts"])
        if sum(figures) > whole or not count:
            figures = shared_out(whole, [float(f) for f in figures])
        for (row, s), figure in zip(mine, figures, strict=True):
            found.append(
                Place(
                    id=f"baku-{slug(english(row['name']))}",
                    name=row["name"],
                    name_en=english(row["name"]),
                    kind="access_area",
                    lonlat=(s.lon, s.lat),
                    district=BAKU_DISTRICT,
                    de_jure=figure,
                    part_of=BAKU,
                    geonameid=s.geonameid,
                    offshore=row["offshore"] == "yes",
                    note=f"{raion['raion']} raion; population: GeoNames, undated",
                )
            )
        rest = shared_out(whole - sum(figures), [1.0] * count) if count else []
        for k, (part, spot) in enumerate(zip(rest, _around(raion, count), strict=True), start=1):
            if raion["raion"] == CENTRE_RAION and k == 1:
                city.de_jure = part
                city.note = "the centre: one part of Sabail raion; the rest of Baku is in its access areas"
                found.append(city)
                continue
            found.append(
                Place(
                    id=f"baku-{raion['raion'].lower()}-{k}",
                    name=f"{raion['area_name']} {k}",
                    name_en=f"{raion['raion']} {k}",
                    kind="access_area",
                    lonlat=spot,
                    district=BAKU_DISTRICT,
                    de_jure=part,
                    part_of=BAKU,
                    note=f"made-up part of {raion['raion']} raion beside its listed settlements",
                )
            )
    return found


def _around(raion: Mapping[str, str], count: int) -> list[Point]:
    """The centre, and the rest evenly on a ring around it."""
    lon, lat, ring = float(raion["lon"]), float(raion["lat"]), float(raion["spread_km"])
    spots = [(lon, lat)]
    for k in range(1, count):
        angle = 2 * pi * k / max(count - 1, 1)
        east, north = ring * cos(angle), ring * sin(angle)
        spots.append((lon + east / (KM_PER_DEGREE * cos(radians(lat))), lat + north / KM_PER_DEGREE))
    return spots[:count]
