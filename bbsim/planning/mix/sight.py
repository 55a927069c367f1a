"""Whether two masts see each other: the earth's bulge, the first Fresnel zone, and what stands between.

Radio bends a little round the earth, which a globe four thirds as large with straight rays describes; a
hop is clear when six tenths of the first Fresnel zone are free along it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import FloatVector

EARTH_KM = 6371.0
EARTH_FACTOR = 4.0 / 3.0
FRESNEL_SHARE = 0.6


def bulge_m(near_km: npt.ArrayLike, far_km: npt.ArrayLike, *, factor: float = EARTH_FACTOR) -> FloatVector:
    """How far the earth rises above the chord, metres, so many km from either end.

    Notes
    -----
    ``d1 * d2 / (2 * k * R)`` with k = 4/3 (ITU-R P.530-18, section 2.2.2.1; P.452).

    >>> round(float(bulge_m(15.0, 15.0)), 1)
    13.2
    """
    near, far = np.asarray(near_km, dtype=np.float64), np.asarray(far_km, dtype=np.float64)
    return np.asarray(1000.0 * near * far / (2.0 * factor * EARTH_KM))


def fresnel_m(near_km: npt.ArrayLike, far_km: npt.ArrayLike, ghz: float) -> FloatVector:
    """Radius of the first Fresnel zone, metres, so many km from either end.

    Notes
    -----
    ``17.3 * sqrt(d1 * d2 / (f * d))`` (ITU-R P.530-18, equation 3); nought at the ends.

    >>> round(float(fresnel_m(15.0, 15.0, 7.0)), 1)
    17.9
    """
    near, far = np.asarray(near_km, dtype=np.float64), np.asarray(far_km, dtype=np.float64)
    whole = np.maximum(near + far, 1e-9)
    return np.asarray(17.3 * np.sqrt(near * far / (ghz * whole)))


def mast_m(
    length_km: float,
    ends_m: tuple[float, float],
    ghz: float,
    *,
    at_km: npt.ArrayLike = (),
    ground_m: npt.ArrayLike = (),
    factor: float = EARTH_FACTOR,
    clear_share: float = FRESNEL_SHARE,
) -> float:
    """How high two equal masts must be to see each other over a hop, metres; 0 if the ground is enough.

    Parameters
    ----------
    length_km : of the hop.
    ends_m : ground heights at the two ends.
    ghz : frequency.
    at_km, ground_m : ground heights known in between, at these distances from the first end. Between them the
        ground is taken to run straight from one known height to the next.
    factor, clear_share : of the earth's radius, and of the first Fresnel zone that must be free.

    Raises
    ------
    ValueError
        for a length or frequency that is not above nought, or points outside the hop.

    Examples
    --------
    Flat ground, 30 km, 7 GHz: 13.2 m of earth and 0.6 of 17.9 m of Fresnel zone in the middle.

    >>> round(mast_m(30.0, (0.0, 0.0), 7.0), 1)
    24.0
    """
    if not (length_km > 0.0 and ghz > 0.0):
        raise ValueError(f"length_km and ghz must be above nought, got {length_km} and {ghz}")
    inner = np.asarray(at_km, dtype=np.float64)
    if len(inner) and not (inner.min() >= 0.0 and inner.max() <= length_km):
        raise ValueError("at_km must lie between the ends of the hop")
    order = np.argsort(inner, kind="stable")
    knots = np.concatenate([[0.0], inner[order], [length_km]])
    heights = np.concatenate([[ends_m[0]], np.asarray(ground_m, dtype=np.float64)[order], [ends_m[1]]])
    # A hundred points along the hop, and every known one: bulge and zone are smooth between them.
    along = np.unique(np.concatenate([np.linspace(0.0, length_km, 101), knots]))
    ground = np.interp(along, knots, heights)
    rest = length_km - along
    ray = ends_m[0] + (ends_m[1] - ends_m[0]) * along / length_km
    needed = ground + bulge_m(along, rest, factor=factor) + clear_share * fresnel_m(along, rest, ghz) - ray
    return float(max(needed.max(), 0.0))
