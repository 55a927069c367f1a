"""Capacity that neighbours share and nobody else: a satellite beam, a microwave hop, the tree of a PON.

What a home sees depends on who else is busy at that moment. Homes are busy independently of each other with
the same probability; those that are busy share the pool evenly, each up to its line's own rate.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bbsim.traffic._arrays import Floats, Ints, amounts, node_ids, sums


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What homes on pools get at the busy hour.

    Attributes
    ----------
    active_mbps : float[places], mean of what a home sees while it is busy; NaN where no home is.
    delivered_mbps : float[places], mean load of a home that is carried: what it asks for, or the pool divided
        by its homes.
    all_active_mbps : float[places], what a home gets if every home of the pool is busy at once.
    utilisation : float[pools], load asked for over capacity; above 1 the pool is too small.
    homes : int[pools], homes on each pool.
    """

    active_mbps: Floats
    delivered_mbps: Floats
    all_active_mbps: Floats
    utilisation: Floats
    homes: Ints


def active_rate(
    homes: ArrayLike, capacity_mbps: ArrayLike, line_mbps: ArrayLike, active_share: ArrayLike
) -> Floats:
    """Mean rate that a busy home sees among its neighbours, Mbit/s.

    Parameters
    ----------
    homes : whole numbers of 1 or more: homes on the pool, the one that asks among them.
    capacity_mbps : of the pool.
    line_mbps : the most that one line carries, above 0.
    active_share : probability that a home is busy, 0..1. All four are broadcast with each other.

    Returns
    -------
    float, of the common shape; NaN where there is no home.

    Raises
    ------
    ValueError
        if a value is NaN, out of its range, or a count is not whole.

    Notes
    -----
    With K of the n − 1 others busy (binomially), the home gets min(line, capacity / (K + 1)). As
    C(n−1, k) / (k + 1) = C(n, k + 1) / n the mean is

        line × P(B(n−1, a) ≤ m − 1) + capacity / (n a) × P(B(n, a) ≥ m + 1),   m = floor(capacity / line),

    exact; for a pool narrower than one line it is capacity × (1 − (1 − a)^n) / (n a).

    Examples
    --------
    A satellite beam of 50 Mbit/s with lines of 20, one home in five busy:

    >>> active_rate([1, 10, 100, 1000], 50.0, 20.0, 0.2).round(2).tolist()
    [20.0, 16.78, 2.5, 0.25]
    """
    from scipy.special import bdtr, bdtrc

    count, capacity, line, active = (
        np.asarray(given, dtype=np.float64) for given in (homes, capacity_mbps, line_mbps, active_share)
    )
    for name, values, good in (
        ("homes", count, (count >= 0) & (count == np.floor(count)) & np.isfinite(count)),
        ("capacity_mbps", capacity, (capacity >= 0) & np.isfinite(capacity)),
        ("line_mbps", line, (line > 0) & np.isfinite(line)),
        ("active_share", active, (active >= 0) & (active <= 1)),
    ):
        if not good.all():
            raise ValueError(f"{name} holds {values[~good].flat[0]}, which is out of range")
    some = np.maximum(count, 1.0)
    whole = some.astype(np.int64)
    # A capacity of exactly so many lines serves so many, whatever the rounding of the division.
    fit = np.minimum(np.floor(capacity / line * (1.0 + 1e-12)), some)
    alone = np.where(fit >= 1.0, bdtr(np.maximum(fit - 1.0, 0.0), whole - 1, active), 0.0)
    crowd = np.where(fit >= some, 0.0, bdtrc(np.minimum(fit, some - 1.0), whole, active))
    # Hardly anybody else is busy: the home is alone.
    rare = active <= 1e-12
    each = np.where(rare, fit < 1.0, crowd / np.where(rare, 1.0, some * active))
    return np.where(count > 0, line * alone + capacity * each, np.nan)


def shared_pools(
    pool: ArrayLike,
    homes: ArrayLike,
    capacity_mbps: ArrayLike,
    *,
    line_mbps: float,
    mbps_per_home: float,
    active_share: float,
) -> Shared:
    """What homes in places get from the pools that the places share.

    Parameters
    ----------
    pool : int[places], which pool serves each place.
    homes : int[places], homes connected there; several places may be on one beam.
    capacity_mbps : float[pools].
    line_mbps : the most that one line carries.
    mbps_per_home : mean load that a connected home asks for at the busy hour.
    active_share : share of homes that are busy at once.

    Returns
    -------
    Shared

    Raises
    ------
    ValueError
        if sizes differ, a place names a pool that is not there, or a value is out of its range.

    Examples
    --------
    Two villages on one beam, a third on another:

    >>> village = {"line_mbps": 50.0, "mbps_per_home": 2.0, "active_share": 0.1}
    >>> seen = shared_pools([0, 0, 1], [30, 70, 40], [100.0, 100.0], **village)
    >>> seen.active_mbps.round(1).tolist(), seen.delivered_mbps.tolist(), seen.utilisation.tolist()
    ([10.0, 10.0, 23.8], [1.0, 1.0, 2.0], [2.0, 0.8])
    """
    which = node_ids("pool", pool)
    count = node_ids("homes", homes, which.size, "pool")
    capacity = amounts("capacity_mbps", capacity_mbps)
    load = float(amounts("mbps_per_home", [mbps_per_home])[0])
    if which.size and which.max() >= capacity.size:
        raise ValueError(f"pool holds {which.max()}, but capacity_mbps has {capacity.size} entries")
    total = sums(which, count.astype(np.float64), capacity.size)
    some = np.maximum(total, 1.0)
    rate = active_rate(total, capacity, line_mbps, active_share)
    asked = total * load
    usage = np.divide(asked, capacity, out=np.where(asked > 0.0, np.inf, 0.0), where=capacity > 0.0)
    return Shared(
        active_mbps=np.where(count > 0, rate[which], np.nan),
        delivered_mbps=np.minimum(load, capacity / some)[which],
        all_active_mbps=np.minimum(line_mbps, capacity / some)[which],
        utilisation=usage,
        homes=total.astype(np.int64),
    )


def homes_until(
    mbps: float, capacity_mbps: float, *, line_mbps: float, active_share: float, most: int = 10_000_000
) -> int:
    """How many homes a pool can take before a busy one sees less than so many Mbit/s on average.

    >>> homes_until(10.0, 50.0, line_mbps=20.0, active_share=0.2)
    24
    """

    def enough(homes: int) -> bool:
        return float(active_rate(homes, capacity_mbps, line_mbps, active_share)) >= mbps

    if most < 1 or not enough(1):
        return 0
    if enough(most):
        return most
    low, high = 1, most
    # The mean rate falls with every home that joins.
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if enough(middle) else (low, middle)
    return low
