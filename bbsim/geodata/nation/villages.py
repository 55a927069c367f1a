"""Places for the people in no list: villages known by name first, made-up spots near corridors for the rest.

Their people are an equal part of their region's rest; where they live is a guess, and each of them says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np
from shapely import LineString, STRtree
from shapely.geometry.base import BaseGeometry

from bbsim.geodata.measure import Plane
from bbsim.geodata.names import slug
from bbsim.geodata.nation.ground import Ground
from bbsim.geodata.nation.settled import Region, Settled, clean, identity
from bbsim.geodata.network import Network
from bbsim.geodata.people import shared_out
from bbsim.geodata.places import Place
from bbsim.geodata.rural import GRID_KM, spread
from bbsim.geodata.sources import Settlement

CANDIDATES = 12  # spots to choose from for each made-up place


def villages_of(
    settled: Settled, polygons: Mapping[str, BaseGeometry], network: Network, ground: Ground
) -> list[Place]:
    """The rural places of all regions; every person of a region's rest is in one of them."""
    lines = [ground.sheet.flat(LineString(e.points)) for _, e in sorted(network.edges.items())]
    tree = STRtree(lines)
    found: list[Place] = []
    for name in sorted(settled.regions):
        region = settled.regions[name]
        if not region.places:
            continue
        people = shared_out(region.rest, [1.0] * region.places)
        chosen = _evenly(region.villages, region.places, ground.sheet)
        found += [_known(s, name, n) for s, n in zip(chosen, people, strict=False)]
        left = region.places - len(chosen)
        if left:
            area = polygons[name]
            taken = [ground.sheet.point(p.lonlat) for p in settled.listed if p.district == name]
            taken += [ground.sheet.point((s.lon, s.lat)) for s in chosen]
            step = max(GRID_KM, sqrt(area.area / (CANDIDATES * left)))
            spots = spread(area, left, tree, taken, ground.relief, ground.sheet, step)
            made = zip(spots, people[len(chosen) :], strict=True)
            found += [_made_up(region, k, spot, n) for k, (spot, n) in enumerate(made, start=1)]
    return found


def _evenly(villages: Sequence[Settlement], most: int, sheet: Plane) -> list[Settlement]:
    """At most so many villages, spread as all of them are: each n-th along a curve that fills the plane."""
    if len(villages) <= most:
        return sorted(villages, key=lambda s: s.geonameid)
    xy = sheet.points([(s.lon, s.lat) for s in villages])
    cells = np.floor(xy - xy.min(axis=0)).astype(np.int64)
    order = sorted(range(len(villages)), key=lambda k: (_morton(cells[k]), villages[k].geonameid))
    picks = [order[int((k + 0.5) * len(order) / most)] for k in range(most)]
    return sorted((villages[k] for k in picks), key=lambda s: s.geonameid)


def _morton(cell: np.ndarray[tuple[int], np.dtype[np.int64]]) -> int:
    """The bits of two numbers by turns.

    >>> _morton(np.array([1, 1])), _morton(np.array([2, 0]))
    (3, 4)
    """
    x, y = int(cell[0]), int(cell[1])
    return sum(((x >> b & 1) | (y >> b & 1) << 1) << 2 * b for b in range(16))


def _known(s: Settlement, region: str, people: int) -> Place:
    name = clean(s.name)
    figure = f"GeoNames {s.population:,}" if s.population > 0 else "no figure"
    return Place(
        id=identity(s),
        name=name,
        name_en=name,
        kind="rural_synthetic",
        lonlat=(s.lon, s.lat),
        district=region,
        de_jure=people,
        people=people,
        geonameid=s.geonameid,
        note=f"a real village ({figure}) with an equal part of its region's rest of people",
    )


def _made_up(region: Region, number: int, spot: tuple[float, float], people: int) -> Place:
    return Place(
        id=f"rural-{slug(region.name)[:40] or 'region'}-{number:03d}",
        name=f"{region.name} rural {number}",
        name_en=f"{region.name} rural {number}",
        kind="rural_synthetic",
        lonlat=spot,
        district=region.name,
        de_jure=people,
        people=people,
        note="made-up place for the people of the region who are in no list",
    )
