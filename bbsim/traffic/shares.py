"""How capacity is shared on given routes: weighted max-min fairness, exact, and what is left for one more.

The water level rises for all demands alike, in proportion to their weight; a demand leaves the water when it
has all it asks for, or when an edge on its way is full. What it then has can only be raised by taking from
one that has no more (Bertsekas & Gallager, Data Networks, 2nd ed., 6.5.2). The work is done only on edges
that the full demand would overload: where everything fits, one sum over the routes answers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bbsim.traffic import _fill
from bbsim.traffic._arrays import Floats, Ints, amounts, sums, weights
from bbsim.traffic.routes import Routes


@dataclass(frozen=True, slots=True, eq=False)
class Allocation:
    """Who gets how much, what each edge carries, and what limits whom.

    Attributes
    ----------
    rate_gbps : float[demands], never above the demand.
    load_gbps : float[edges], both directions together; or float[edges, 2] (u→v, v→u) if each direction has
        the capacity on its own.
    bottleneck : int[demands], position of the full edge that limits the demand (of several that fill at the
        same level, the lowest position); −1 if the demand is satisfied, and −1 if it has no path.
    """

    rate_gbps: Floats
    load_gbps: Floats
    bottleneck: Ints


def share(
    routes: Routes,
    capacity_gbps: ArrayLike,
    demand_gbps: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    directed: bool = False,
    compiled: bool | None = None,
) -> Allocation:
    """Weighted max-min fair rates on given routes.

    Parameters
    ----------
    routes : from `route`.
    capacity_gbps : float[edges], 0 and infinity allowed.
    demand_gbps : float[demands], 0 and infinity ("as much as there is") allowed.
    weight : float[demands], shares grow in proportion to it (homes, as a rule); 1 each if not given.
    directed : whether each direction of an edge has the capacity on its own (full duplex); otherwise both
        directions share it.
    compiled : use the compiled twin (needs numba) or the plain one; by default the compiled one if numba can
        be imported and there is enough work to pay for its start, unless the environment variable
        ``BBSIM_COMPILED`` is 0 or 1. Both give the same numbers, bit for bit.

    Returns
    -------
    Allocation

    Raises
    ------
    ValueError
        if sizes differ, or a value is NaN or negative, or a weight is 0 where something is asked for.

    Notes
    -----
    Sums are kept to a relative rounding of 1e-13: an edge that the demand overloads by less than that counts
    as just full, and a demand that lacks less than that as satisfied.

    Examples
    --------
    >>> from bbsim.traffic import route
    >>> routes = route([0, 1], [1, 2], src=[0, 0, 1], dst=[2, 1, 2])
    >>> fair = share(routes, capacity_gbps=[10.0, 4.0], demand_gbps=[8.0, 3.0, 1.0])
    >>> fair.rate_gbps.tolist(), fair.load_gbps.tolist(), fair.bottleneck.tolist()
    ([3.0, 3.0, 1.0], [6.0, 4.0], [1, -1, -1])
    """
    capacity = amounts("capacity_gbps", capacity_gbps, routes.edges, "the network", infinite=True)
    demand = amounts("demand_gbps", demand_gbps, routes.reached.size, "routes", infinite=True)
    shares = weights(weight, demand)
    links, owner, part = _crossings(routes, directed)
    limit = np.repeat(capacity, 2) if directed else capacity
    wanted = np.where(routes.reached, demand, 0.0)
    load = _loads(links, owner, part, wanted, limit.size)
    rate, full = wanted, np.full(demand.size, -1, dtype=np.int64)
    if (load > limit * (1.0 + _fill.ROUNDING)).any():
        whole = np.ones(links.size) if part is None else part
        heavy = np.ones(demand.size) if shares is None else shares
        rate, full = _fill.fill(links, owner, whole, wanted, heavy, limit, compiled=compiled)
        load = _loads(links, owner, part, rate, limit.size)
        if directed:
            full = np.where(full >= 0, full >> 1, full)
    # What is above the capacity here is rounding of the sum, never traffic.
    load = np.minimum(load, limit)
    return Allocation(rate, load.reshape(-1, 2) if directed else load, full)


def _crossings(routes: Routes, directed: bool) -> tuple[Ints, Ints, Floats | None]:
    """Which pool of capacity each crossing draws on, whose it is, and what part of the demand (None: all).

    There is a pool an edge, or one a direction: 2 e for u→v of edge e, 2 e + 1 for v→u.
    """
    owner, links = routes.owner, routes.edges_passed
    if directed:
        return 2 * links + routes.reverse, owner, routes.part
    if routes.part is None:
        return links, owner, None
    # Two paths of one demand may pass an edge in opposite directions; both draw on the same pool.
    met, which = np.unique(owner * np.int64(routes.edges) + links, return_inverse=True)
    return met % routes.edges, met // routes.edges, sums(which, routes.part, met.size)


def _loads(links: Ints, owner: Ints, part: Floats | None, rate: Floats, count: int) -> Floats:
    flow = rate[owner] if part is None else rate[owner] * part
    return sums(links, flow, count)


def fair_level(routes: Routes, allocation: Allocation, weight: ArrayLike | None = None) -> Floats:
    """The water level at each edge: the highest rate per unit of weight among the demands that cross it.

    On a full edge this is what a newcomer of small weight would get there, per unit of its weight, under the
    same fairness: it is squeezed in at the level of the best served, and nobody below that level loses.

    Parameters
    ----------
    routes, allocation : from `route` and `share`.
    weight : float[demands], as given to `share`.

    Returns
    -------
    float[edges], or float[edges, 2] if the allocation is by direction; 0 where nothing crosses.

    Examples
    --------
    >>> from bbsim.traffic import route
    >>> routes = route([0, 1], [1, 2], src=[0, 0], dst=[2, 1])
    >>> fair = share(routes, [10.0, 4.0], [8.0, 3.0], weight=[2.0, 1.0])
    >>> fair_level(routes, fair, weight=[2.0, 1.0]).tolist()
    [3.0, 2.0]
    """
    directed = allocation.load_gbps.ndim == 2
    rate = allocation.rate_gbps
    shares = weights(weight, rate)
    level = rate if shares is None else np.divide(rate, shares, out=np.zeros_like(rate), where=shares > 0.0)
    links, owner, _ = _crossings(routes, directed)
    highest = np.zeros(routes.edges * (2 if directed else 1))
    np.maximum.at(highest, links, level[owner])
    return highest.reshape(allocation.load_gbps.shape)


def residual(allocation: Allocation, capacity_gbps: ArrayLike) -> Floats:
    """Capacity that is left at each edge, in the shape of `allocation.load_gbps`; never below 0.

    >>> from bbsim.traffic import route
    >>> residual(share(route([0], [1], [0], [1]), [10.0], [4.0]), [10.0]).tolist()
    [6.0]
    """
    load = allocation.load_gbps
    capacity = amounts("capacity_gbps", capacity_gbps, load.shape[0], "the allocation", infinite=True)
    limit = capacity if load.ndim == 1 else capacity[:, None]
    # Not a difference where both are infinite: what is left of an endless capacity is endless.
    return np.where(np.isinf(limit), np.inf, limit - np.where(np.isinf(limit), 0.0, load))


def achievable(
    routes: Routes,
    allocation: Allocation,
    capacity_gbps: ArrayLike,
    per_unit: ArrayLike = 1.0,
    *,
    weight: ArrayLike | None = None,
    at_most_gbps: float = np.inf,
) -> Floats:
    """What one more active user behind each demand would get on the demand's way at that moment.

    On each edge of the way a newcomer gets what is left there, or the fair level times its own weight if that
    is more; on the whole way the least of these.

    Parameters
    ----------
    routes, allocation : from `route` and `share`.
    capacity_gbps : float[edges], as given to `share`.
    per_unit : weight of the newcomer, in the unit of `weight`, one for all or float[demands]. With homes as
        weights and one home in twenty active at the busy hour, an active home weighs 20.
    weight : float[demands], as given to `share`.
    at_most_gbps : what the user's own line can take: no answer is above it. Where every edge in use has so
        much left, no way has to be looked at.

    Returns
    -------
    float[demands], Gbit/s; 0 if there is no path, infinity if nothing limits it (a demand from a node to
    itself).

    Notes
    -----
    Exact in the limit of a newcomer that is small beside those who share the full edge with it; for one
    of weight ω beside users of weight W at the top level it is at most a factor 1 + ω/W too high. On split
    routes the newcomer is split like the demand.

    Examples
    --------
    >>> from bbsim.traffic import route
    >>> routes = route([0, 1], [1, 2], src=[0, 0], dst=[2, 1])
    >>> fair = share(routes, [10.0, 4.0], [8.0, 3.0], weight=[1000.0, 1000.0])
    >>> achievable(routes, fair, [10.0, 4.0], per_unit=20.0, weight=[1000.0, 1000.0]).tolist()
    [0.08, 3.0]
    """
    demands = routes.reached.size
    unit = amounts("per_unit", np.atleast_1d(per_unit))
    if unit.size != 1:
        amounts("per_unit", unit, demands, "routes")
    left = residual(allocation, capacity_gbps).ravel()
    links, owner, part = _crossings(routes, allocation.load_gbps.ndim == 2)
    if np.isfinite(at_most_gbps) and (left >= at_most_gbps)[links].all():  # a split only leaves more
        return np.where(routes.reached, at_most_gbps, 0.0)
    level = fair_level(routes, allocation, weight).ravel()
    if part is None and unit.size == 1:  # the same for all who pass: worked out once an edge
        gets = np.maximum(left, level * unit[0])[links]
    else:
        free = left[links] if part is None else left[links] / part
        gets = np.maximum(free, level[links] * (unit if unit.size == 1 else unit[owner]))
    least = np.where(routes.reached, np.inf, 0.0)
    size = np.bincount(owner, minlength=demands)
    used = size > 0
    if used.any():
        least[used] = np.minimum.reduceat(gets, (np.cumsum(size) - size)[used])
    return np.minimum(least, at_most_gbps)
