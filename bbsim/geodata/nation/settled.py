"""Who lives where in a country, as far as lists and totals tell: each person once.

GeoNames lists a city, its districts and their quarters side by side, each with its own figure, and gives
thousands of villages none. Here the parts of a city are counted inside it, figures are held against the
nation's total, and whoever is in no list is the rest of a region.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt

import numpy as np
from scipy.spatial import cKDTree

from bbsim.geodata.measure import Plane, Point
from bbsim.geodata.names import slug
from bbsim.geodata.nation.indicators import Indicators
from bbsim.geodata.people import shared_out
from bbsim.geodata.places import Place, unique_ids
from bbsim.geodata.sources import Settlement

PART_KM = 0.015  # a place is part of a bigger one nearer than this times the root of the bigger one's people
CITY = 50_000  # from so many people on a place is a city, besides the capital and each region's largest
DIVIDED = 100_000  # cities of so many people are served in parts
PARTS, PARTS_SHARE = 24, 0.8  # most parts of a city, and most of its people in them
REGIONS = 24  # most regions; smaller ones join the nearest
LARGEST = 10_000  # people of a made-up place


@dataclass
class Region:
    """A part of the country.

    Attributes
    ----------
    rest, places : its people in no list, and in how many made-up places they live.
    villages : places known by name but without a figure of their own.
    small : listed places below a city.
    """

    name: str
    rest: int = 0
    places: int = 0
    villages: list[Settlement] = field(default_factory=list)
    small: int = 0


@dataclass
class Settled:
    """Listed places with their people, and the regions with theirs."""

    listed: list[Place]
    regions: dict[str, Region]
    capital: str
    told: list[str]
    doubts: list[str]
    unknown: int


def settle(
    settlements: Sequence[Settlement], national: Indicators, sheet: Plane, *, most_places: int = 6000
) -> Settled:
    """Count everybody once.

    Parameters
    ----------
    most_places : about how many places the pack may hold, half of them listed, half made up; the smallest
        listed places beyond that join the rest of their region.
    """
    told: list[str] = []
    doubts: list[str] = []
    known = sorted((s for s in settlements if s.population > 0), key=lambda s: (-s.population, s.geonameid))
    unknown = [s for s in settlements if s.population <= 0]
    if not known:  # nothing to go by: the capital's share is all there is
        known, unknown = [_stand_in(settlements, national)], list(settlements[1:])
    whole = _wholes(known, sheet)
    heads = [s for s in known if whole[s.geonameid] == s.geonameid]
    inside = len(known) - len(heads)
    if inside:
        people = sum(s.population for s in known if whole[s.geonameid] != s.geonameid)
        told.append(
            f"{inside} listed places with {people:,} people lie in bigger ones and are counted inside them."
        )
    kept, dropped = heads[: most_places // 2], heads[most_places // 2 :]
    if dropped:
        told.append(
            f"{len(dropped)} listed places of at most {dropped[0].population:,} people are villages of their "
            f"region's rest, so that the pack stays below {most_places} places."
        )
    region_of = _regions(kept, known, unknown, sheet)
    figures = _fitted(kept, national, told)
    capital = _capital(kept, national)
    listed = _places(kept, figures, region_of, capital)
    listed += _parts(known, whole, listed, sheet)
    unique_ids(sorted(listed, key=lambda p: (p.kind != "city", p.id, p.geonameid or 0)), set())
    id_of = {str(p.geonameid): p.id for p in listed}
    for place in listed:  # a part names its city by the id that it has now
        place.part_of = id_of.get(place.part_of, "")
    regions = _grouped(dropped + unknown, heads, region_of)
    _flag(listed, national, doubts)
    return Settled(
        sorted(listed, key=lambda p: p.id),
        regions,
        next(p.id for p in listed if p.geonameid == capital),
        told,
        doubts,
        len(unknown),
    )


def _stand_in(settlements: Sequence[Settlement], national: Indicators) -> Settlement:
    first = settlements[0]
    people = max(1, round(national.people * (national.urban_share or 0.5)))
    return Settlement(first.geonameid, first.name, first.lon, first.lat, people, first.admin1, first.variants)


def _wholes(known: Sequence[Settlement], sheet: Plane) -> dict[int, int]:
    """The id of the independent place that each place lies in; its own, if it is independent."""
    xy = sheet.points([(s.lon, s.lat) for s in known])
    tree = cKDTree(xy)
    whole: dict[int, int] = {}
    for k, place in enumerate(known):  # biggest first, so that a part of a part belongs to the whole
        if place.geonameid in whole:
            continue
        whole[place.geonameid] = place.geonameid
        for j in sorted(tree.query_ball_point(xy[k], PART_KM * sqrt(place.population))):
            if j > k and known[j].admin1 == place.admin1 and known[j].geonameid not in whole:
                whole[known[j].geonameid] = place.geonameid
    return whole


def _regions(
    kept: Sequence[Settlement], known: Sequence[Settlement], unknown: Sequence[Settlement], sheet: Plane
) -> dict[str, str]:
    """Name of the region of each admin1 code: its largest place's; small ones join the nearest large one."""
    largest: dict[str, Settlement] = {}
    people: dict[str, int] = {}
    for s in kept:
        people[s.admin1] = people.get(s.admin1, 0) + s.population
        if s.admin1 and s.admin1 not in largest:
            largest[s.admin1] = s
    if not largest:
        largest = {"": kept[0]}
    order = sorted(largest, key=lambda a: (-people[a], a))
    main = order[:REGIONS]
    tree = cKDTree(sheet.points([(largest[a].lon, largest[a].lat) for a in main]))
    names: dict[str, str] = {}
    for a in main:
        name = clean(largest[a].name)
        names[a] = name if name not in names.values() else f"{name} ({a})"
    for place in (*kept, *known, *unknown):
        if place.admin1 not in names:
            seat = largest.get(place.admin1, place)
            names[place.admin1] = names[main[int(tree.query(sheet.point((seat.lon, seat.lat)))[1])]]
    return names


def _fitted(kept: Sequence[Settlement], national: Indicators, told: list[str]) -> list[int]:
    """The figures of listed places; scaled down if they are more than the nation."""
    figures = [s.population for s in kept]
    listed = sum(figures)
    if listed > national.people:
        told.append(
            f"Listed places have {listed:,} people, the nation {national.people:,}: they are scaled by "
            f"{national.people / listed:.3f}."
        )
        figures = shared_out(national.people, [float(f) for f in figures])
    return figures


def _capital(kept: Sequence[Settlement], national: Indicators) -> int:
    """GeoNames id of the capital: the largest place of its name, or the largest of all."""
    wanted = national.code.capital.casefold()
    for place in kept:
        if wanted and wanted in {place.name.casefold(), *(v.casefold() for v in place.variants)}:
            return place.geonameid
    return kept[0].geonameid


def _places(
    kept: Sequence[Settlement], figures: Sequence[int], region_of: dict[str, str], capital: int
) -> list[Place]:
    seats: set[str] = set()
    found = []
    for s, people in zip(kept, figures, strict=True):
        region = region_of[s.admin1]
        city = s.geonameid == capital or region not in seats or people >= CITY
        seats.add(region)
        found.append(_place(s, "city" if city else "town", region, people, "population: GeoNames, undated"))
    return found


def _place(s: Settlement, kind: str, region: str, people: int, note: str) -> Place:
    name = clean(s.name)
    return Place(
        id=identity(s),
        name=name,
        name_en=name,
        kind=kind,
        lonlat=(s.lon, s.lat),
        district=region,
        de_jure=people,
        people=people,
        geonameid=s.geonameid,
        note=note,
    )


def clean(name: str) -> str:
    """A name without characters that no map can show."""
    plain = "".join(c for c in name if unicodedata.category(c)[0] != "C").strip()
    return unicodedata.normalize("NFC", plain) or "?"


def identity(s: Settlement) -> str:
    """A short ascii id from a place's name, or from its number where the name has no ascii letters."""
    return slug(clean(s.name))[:40].strip("-") or f"place-{s.geonameid}"


def _parts(
    known: Sequence[Settlement], whole: dict[int, int], listed: Sequence[Place], sheet: Plane
) -> list[Place]:
    """Parts of large cities as access areas; what they hold is taken off their city. Changes the cities."""
    by_id = {p.geonameid: p for p in listed}
    groups: dict[int, list[Settlement]] = {}
    for s in known:
        if whole[s.geonameid] != s.geonameid:
            groups.setdefault(whole[s.geonameid], []).append(s)
    found = []
    for head in sorted(groups):
        city = by_id.get(head)
        if city is None or city.people < DIVIDED:
            continue
        chosen: list[Settlement] = []
        spots: list[Point] = [sheet.point(city.lonlat)]
        reach = [0.5]
        for s in groups[head]:
            at = sheet.point((s.lon, s.lat))
            gaps = [np.hypot(at[0] - x, at[1] - y) - r for (x, y), r in zip(spots, reach, strict=True)]
            if min(gaps) > 0 and len(chosen) < PARTS:
                chosen.append(s)
                spots.append(at)
                reach.append(PART_KM * sqrt(s.population))
        most = int(PARTS_SHARE * city.people)
        figures = [s.population for s in chosen]
        if sum(figures) > most:
            figures = shared_out(most, [float(f) for f in figures])
        for s, people in zip(chosen, figures, strict=True):
            part = _place(
                s, "access_area", city.district, people, "a part of its city; population: GeoNames, undated"
            )
            part.part_of = str(head)
            found.append(part)
        city.people -= sum(figures)
        city.de_jure = city.people
        if figures:
            city.note += "; less its parts"
    return found


def _grouped(
    villages: Sequence[Settlement], heads: Sequence[Settlement], region_of: dict[str, str]
) -> dict[str, Region]:
    """The regions with their villages, and how many places below a city each lists."""
    regions = {name: Region(name) for name in sorted(set(region_of.values()))}
    for s in (*heads, *(v for v in villages if v.population <= 0)):
        regions[region_of[s.admin1]].small += s.population < CITY
    for s in villages:
        regions[region_of[s.admin1]].villages.append(s)
    return regions


def share_rest(settled: Settled, people: int, km: Mapping[str, float], *, most: int) -> int:
    """Share the people in no list among the regions; returns the most that one made-up place then holds.

    A region's weight is the root of its small listed places times its corridors' length: lists alone favour
    regions that are listed well, roads alone empty ones that are crossed.

    Parameters
    ----------
    people : of the whole nation.
    km : corridors by region.
    most : places that may be made up.
    """
    regions = [settled.regions[name] for name in sorted(settled.regions)]
    rest = people - sum(p.people for p in settled.listed)
    weights = [sqrt(r.small * max(km.get(r.name, 0.0), 1.0)) for r in regions]
    for region, part in zip(regions, shared_out(rest, weights), strict=True):
        region.rest = part
    largest = LARGEST
    while sum(ceil(r.rest / largest) for r in regions) > most:
        largest = round(largest * 1.25)
    for region in regions:
        region.places = ceil(region.rest / largest)
    return largest


def _flag(listed: Sequence[Place], national: Indicators, doubts: list[str]) -> None:
    """Doubt figures that are more than twice, or less than half, the Factbook's for the same urban area."""
    for name, people in national.urban_areas:
        hits = [p for p in listed if p.kind == "city" and p.name.casefold() == name.casefold()]
        whole = hits[0].people + sum(p.people for p in listed if p.part_of == hits[0].id) if hits else 0
        if hits and not 0.5 <= whole / people <= 2.0:
            doubts.append(
                f"{hits[0].name}: GeoNames {whole:,}, the Factbook's urban area {people:,}; a figure may be "
                "that of a district or of a wider area."
            )
