"""A place of a pack: who lives there, officially and in fact, and what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from bbsim.geodata.measure import Point
from bbsim.geodata.names import slug


@dataclass
class Place:
    """One populated node to be; `people` live there, `de_jure` are officially counted there."""

    id: str
    name: str
    name_en: str
    kind: str
    lonlat: Point
    district: str
    de_jure: int
    area: str = ""
    people: int = 0
    part_of: str = ""
    geonameid: int | None = None
    offshore: bool = False
    note: str = ""


def unique_ids(places: Iterable[Place], used: set[str]) -> None:
    """Give doubled ids their district as a suffix, then a number; changes the places."""
    for place in places:
        if place.id in used:
            place.id = f"{place.id}-{slug(place.district)}"
        base, n = place.id, 2
        while place.id in used:
            place.id = f"{base}-{n}"
            n += 1
        used.add(place.id)
