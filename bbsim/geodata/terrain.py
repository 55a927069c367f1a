"""Terrain class of a corridor from the relief along it; the thresholds are assumptions, stated here.

The grid is coarse (5 arc-minutes, some 8 km), so the class speaks of the country the corridor runs
through, not of the slope of its trench: how high it lies, and how steeply the land around it falls.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from bbsim.geodata.measure import Point, geodesic_km
from bbsim.geodata.sources import Relief

HIGH_M = 1500.0  # above it, mountain whatever the slope: winters and rock
STEEP_M_PER_KM, STEEP_ABOVE_M = 35.0, 800.0  # mean fall of the land for mountain, and the least height
ROLLING_M_PER_KM, ROLLING_ABOVE_M = 12.0, 300.0  # the same for hills
URBAN_SHARE = 0.5


def terrain_of(points: Sequence[Point], relief: Relief, urban: Sequence[tuple[Point, float]]) -> str:
    """`urban`, `plain`, `hills` or `mountain` for a line of points.

    Urban: at least half of it within a built-up radius (centre, km). Mountain: on average above 1,500 m, or
    above 800 m where the land falls by 35 m a km or more. Hills: above 300 m and 12 m a km.
    """
    samples = sampled(points, 2.0)
    built = sum(any(geodesic_km(p, centre) <= radius for centre, radius in urban) for p in samples)
    if built >= URBAN_SHARE * len(samples):
        return "urban"
    height = sum(relief.at(*p) for p in samples) / len(samples)
    fall = sum(relief.fall(*p) for p in samples) / len(samples)
    if height >= HIGH_M or (height >= STEEP_ABOVE_M and fall >= STEEP_M_PER_KM):
        return "mountain"
    if height >= ROLLING_ABOVE_M and fall >= ROLLING_M_PER_KM:
        return "hills"
    return "plain"


def sampled(points: Sequence[Point], every_km: float) -> list[Point]:
    """Points along a line, at most `every_km` apart, the drawn ones among them."""
    found = [points[0]]
    for a, b in pairwise(points):
        steps = max(1, int(geodesic_km(a, b) / every_km) + 1)
        found += [
            (a[0] + (b[0] - a[0]) * k / steps, a[1] + (b[1] - a[1]) * k / steps) for k in range(1, steps + 1)
        ]
    return found
