"""Terrain class of a corridor from the relief along it; thresholds are assumptions, stated here.

The grid is coarse (5 arc-minutes, some 8 km), so the class speaks of the country around the corridor,
not of the slope of its trench.
"""

from __future__ import annotations

from collections.abc import Sequence

from bbsim.geodata.measure import Point, geodesic_km
from bbsim.geodata.sources import Relief

MOUNTAIN_M, MOUNTAIN_SPREAD_M = 1400.0, 1000.0
HILLS_M, HILLS_SPREAD_M = 500.0, 400.0


def terrain_of(points: Sequence[Point], relief: Relief, urban: Sequence[tuple[Point, float]]) -> str:
    """`urban`, `plain`, `hills` or `mountain` for a line of points.

    Mountain: on average above 1,400 m, or the land within some 20 km differs by 1,000 m or more and lies
    above 500 m. Hills: above 500 m, or a difference of 400 m or more above 100 m. Urban: the middle lies within a town's radius.
    """
    samples = sampled(points, 2.0)
    middle = samples[len(samples) // 2]
    if any(geodesic_km(middle, centre) <= radius for centre, radius in urban):
        return "urban"
    height = sum(relief.at(*p) for p in samples) / len(samples)
    spread = sum(relief.spread(*p) for p in samples) / len(samples)
    if height >= MOUNTAIN_M or (spread >= MOUNTAIN_SPREAD_M and height >= HILLS_M):
        return "mountain"
    if height >= HILLS_M or (spread >= HILLS_SPREAD_M and height >= 100.0):
        return "hills"
    return "plain"


def sampled(points: Sequence[Point], every_km: float) -> list[Point]:
    """Points along a line, at most `every_km` apart, the drawn ones among them."""
    found = [points[0]]
    for a, b in zip(points, points[1:], strict=False):
        steps = max(1, int(geodesic_km(a, b) / every_km) + 1)
        found += [(a[0] + (b[0] - a[0]) * k / steps, a[1] + (b[1] - a[1]) * k / steps) for k in range(1, steps + 1)]
    return found
