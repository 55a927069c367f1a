"""Which hops a country allows: pairs of sites near enough, with a clear sight as far as heights are known.

The ground between two sites is known where other nodes of the country lie beside the line, and nowhere else;
a hop that passes here still wants a survey.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.planning.mix.sight import mast_m
from bbsim.sections.links import MicrowaveLink

NEAREST = 12
BESIDE_KM = 2.0  # how far from the line a known height still tells of it


@dataclass(frozen=True, slots=True)
class Hops:
    """Pairs of nodes that a hop may join.

    Attributes
    ----------
    a, b, km : ends, and length.
    mast : height that both masts need, metres.
    blocked : (nodes,) how many hops to a node were looked at and had no sight.
    guessed : (hops,) whether a height was missing, so that flat ground was assumed.
    """

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    km: NDArray[np.float64]
    mast: NDArray[np.float64]
    blocked: NDArray[np.int64]
    guessed: NDArray[np.bool_]


def hops_of(
    country: Country, radio: MicrowaveLink, ends: NDArray[np.bool_], sites: NDArray[np.bool_]
) -> Hops:
    """Hops that may end at any of these places.

    Parameters
    ----------
    ends : (nodes,) places that a hop may serve.
    sites : (nodes,) nodes at which a hop may begin.
    """
    pairs = _pairs(country, radio.most_km, ends, sites)
    heights = np.array([np.nan if h is None else float(h) for h in country.nodes["elevation_m"]])
    known = np.flatnonzero(np.isfinite(heights))
    tree, points = _tree(country.ecef_km[known]), country.ecef_km
    blocked = np.zeros(len(country.ids), dtype=np.int64)
    rows: list[tuple[int, int, float, float, bool]] = []
    for a, b in pairs:
        km = float(np.sqrt(((points[a] - points[b]) ** 2).sum()))
        if not 0.0 < km <= radio.most_km:
            continue
        guessed = not (np.isfinite(heights[a]) and np.isfinite(heights[b]))
        if guessed:
            mast = mast_m(km, (0.0, 0.0), radio.ghz)
        else:
            near = known[tree.query_ball_point((points[a] + points[b]) / 2, km / 2 + BESIDE_KM)]
            at, ground = _beside(points, heights, near, a, b, km)
            mast = mast_m(km, (heights[a], heights[b]), radio.ghz, at_km=at, ground_m=ground)
        if mast <= radio.mast_m:
            rows.append((a, b, km, mast, guessed))
        else:
            blocked[[a, b]] += 1
    table = np.array([row[:4] for row in rows], dtype=np.float64).reshape(-1, 4)
    return Hops(
        a=table[:, 0].astype(np.int64),
        b=table[:, 1].astype(np.int64),
        km=table[:, 2],
        mast=table[:, 3],
        blocked=blocked,
        guessed=np.array([row[4] for row in rows], dtype=bool),
    )


def _tree(points: NDArray[np.float64]) -> Any:
    from scipy.spatial import cKDTree

    return cKDTree(points.reshape(-1, 3))


def _pairs(
    country: Country, most_km: float, ends: NDArray[np.bool_], sites: NDArray[np.bool_]
) -> list[tuple[int, int]]:
    """Each place with its nearest sites, of all kinds and of cities and towns alone; lower index first."""
    large = sites & np.array([kind in ("city", "town") for kind in country.kind], dtype=bool)
    found: set[tuple[int, int]] = set()
    places = np.flatnonzero(ends)
    for group in (sites, large):
        members = np.flatnonzero(group)
        if len(members) == 0 or len(places) == 0:
            continue
        tree = _tree(country.ecef_km[members])
        count = min(NEAREST + 1, len(members))
        _, nearest = tree.query(country.ecef_km[places], k=count, distance_upper_bound=most_km + 1e-9)
        for place, row in zip(places.tolist(), np.asarray(nearest).reshape(len(places), -1), strict=True):
            others = [int(members[i]) for i in row.tolist() if i < len(members)]
            found.update((min(place, other), max(place, other)) for other in others if other != place)
    return sorted(found)


def _beside(
    points: NDArray[np.float64],
    heights: NDArray[np.float64],
    near: NDArray[np.int64],
    a: int,
    b: int,
    km: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distances from `a` and heights of the nodes that lie beside the line between two sites."""
    near = near[(near != a) & (near != b)]
    along = (points[b] - points[a]) / km
    offset = points[near] - points[a]
    at = offset @ along
    off = np.sqrt(np.maximum((offset**2).sum(axis=1) - at**2, 0.0))
    inside = (at > 0.0) & (at < km) & (off <= BESIDE_KM)
    return at[inside], heights[near[inside]]
