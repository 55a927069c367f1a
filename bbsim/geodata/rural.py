"""Where the people live whom no list of settlements names: made-up villages, placed by a stated rule.

The rural rest of a district is spread over places of at most 10,000 people, far from each other and from
the listed towns, near corridors but off them, low rather than high. They are synthetic and say so.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, exp

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from bbsim.geodata.measure import Point, Sheet
from bbsim.geodata.sources import Relief

LARGEST = 10_000  # people of one synthetic place
GRID_KM = 2.0  # candidates
OFF_KM = (1.5, 15.0)  # nearest and farthest from a corridor, unless nothing else is left
REACH_KM = 8.0  # weight falls to 1/e at this distance from a corridor
HIGH_M = 1800.0  # few villages lie higher


def how_many(people: int) -> int:
    """Synthetic places that `people` need."""
    return ceil(people / LARGEST)


def scatter(
    area: BaseGeometry,
    count: int,
    corridors: BaseGeometry,
    taken: Sequence[Point],
    relief: Relief,
    sheet: Sheet,
) -> list[Point]:
    """Choose `count` spots in `area` (degrees), farthest first from those taken, weighted to corridors.

    When a small area has too few candidates, their grid is made finer.
    """
    if not count:
        return []
    lines = list(getattr(corridors, "geoms", [corridors]))
    tree = STRtree([sheet.flat(line) for line in lines])
    return spread(sheet.flat(area), count, tree, [sheet.point(p) for p in taken], relief, sheet)


def spread(
    flat: BaseGeometry,
    count: int,
    tree: STRtree,
    taken: Sequence[Point],
    relief: Relief,
    sheet: Sheet,
    step: float = GRID_KM,
) -> list[Point]:
    """The same on the sheet: area, corridors and taken spots in km, candidates `step` km apart."""
    while True:
        spots = _grid(flat, step)
        if len(spots) >= 3 * count or step < 0.1:
            break
        step /= 2
    points = shapely.points(spots)
    nearest = tree.nearest(points)
    off = np.array([tree.geometries[n].distance(p) for n, p in zip(nearest, points, strict=True)])
    height = np.array([relief.at(*sheet.lonlat((float(x), float(y)))) for x, y in spots])
    good = (off >= OFF_KM[0]) & (off <= OFF_KM[1]) & (height <= HIGH_M)
    for looser in (off >= OFF_KM[0], np.ones(len(spots), dtype=bool)):
        if int(good.sum()) < 2 * count:
            good |= looser
    spots, off, height = spots[good], off[good], height[good]
    weight = np.array([exp(-d / REACH_KM) for d in off]) * np.where(height > HIGH_M / 2, 0.6, 1.0)
    return _farthest(spots, weight, count, taken, sheet)


def _grid(flat: BaseGeometry, step: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Points of a square grid inside an area, row by row from the south-west."""
    west, south, east, north = flat.bounds
    xs = np.arange(ceil(west / step), ceil(east / step)) * step
    ys = np.arange(ceil(south / step), ceil(north / step)) * step
    spots = np.array([(x, y) for y in ys for x in xs], dtype=np.float64).reshape(-1, 2)
    inside = shapely.contains(flat, shapely.points(spots))
    return np.asarray(spots[inside] if inside.any() else np.array([flat.representative_point().coords[0]]))


def _farthest(
    spots: np.ndarray[tuple[int, int], np.dtype[np.float64]],
    weight: np.ndarray[tuple[int], np.dtype[np.float64]],
    count: int,
    taken: Sequence[Point],
    sheet: Sheet,
) -> list[Point]:
    gap = np.full(len(spots), 25.0)  # with nothing taken the first choice is by weight alone
    for x, y in taken:
        gap = np.minimum(gap, np.hypot(spots[:, 0] - x, spots[:, 1] - y))
    chosen: list[Point] = []
    while len(chosen) < count:
        score = np.round(gap * weight, 9)
        k = int(np.argmax(score))
        x, y = float(spots[k, 0]), float(spots[k, 1])
        if gap[k] <= 0:  # fewer spots than places: a small deterministic step aside
            x, y = x + 0.3 * (len(chosen) % 7 + 1), y
        chosen.append(sheet.lonlat((x, y)))
        gap = np.minimum(gap, np.hypot(spots[:, 0] - x, spots[:, 1] - y))
    return chosen
