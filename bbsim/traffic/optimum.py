"""The best that any routing could do: shares by linear program when traffic may be split at will.

Where shortest paths leave capacity idle, an operator can engineer traffic around what is full. Three aims:
the fairest rates (max-min over all routings), the same share for everybody (concurrent flow), and the most
in all. Demands to one destination are one commodity: traffic to a few gateways is a small program.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bbsim.errors import did_you_mean
from bbsim.traffic import _multipath, _shortest
from bbsim.traffic._arcflow import ArcFlow
from bbsim.traffic._arrays import Bools, Ends, Floats, amounts, distinct, ends, sums, usable_mask, weights
from bbsim.traffic.routes import Routes, bundle, route
from bbsim.traffic.shares import Allocation, share

OBJECTIVES = ("max_min", "concurrent", "total")

# A flow or a lack below this share of the largest is the solver's rounding.
_ROUNDING = 1e-9

# Newton steps of one level, after which something is wrong; a handful is usual.
_STEPS = 200


def optimal(
    u: ArrayLike,
    v: ArrayLike,
    capacity_gbps: ArrayLike,
    src: ArrayLike,
    dst: ArrayLike,
    demand_gbps: ArrayLike,
    *,
    objective: str = "max_min",
    weight: ArrayLike | None = None,
    length: ArrayLike | None = None,
    usable: ArrayLike | None = None,
    directed: bool = False,
) -> tuple[Routes, Allocation]:
    """Routes and rates when every demand may be split over any paths, optimal for the objective.

    Parameters
    ----------
    u, v : int[edges], ends of each edge.
    capacity_gbps : float[edges], 0 and infinity allowed.
    src, dst : int[demands], ends of each demand.
    demand_gbps : float[demands], finite.
    objective :
        ``max_min``: no demand's rate (by weight) can be raised without lowering that of one that has no more;
        ``concurrent``: all demands that have a way get the same share of what they ask for, as large as
        possible, at most all;
        ``total``: the most Gbit/s in all, whoever gets them.
    weight : float[demands], for ``max_min``; 1 each if not given.
    length : float[edges], of all optimal routings one with the least Gbit/s × length is taken; 1 if not
        given.
    usable : bool[edges], edges in service; all if not given.
    directed : whether each direction of an edge has the capacity on its own.

    Returns
    -------
    routes : split routes; a demand that gets nothing has the shortest way, and all have it if everything
        fits on shortest paths.
    allocation : rates, loads and bottlenecks as `share` tells them. With ``max_min`` it is what `share` gives
        on those routes; otherwise the bottleneck is the first full edge on the demand's way.

    Raises
    ------
    ValueError
        if arrays differ in size, hold NaN, negative or infinite values, or the objective is not known.
    ModelError
        if the linear program cannot be solved.

    Notes
    -----
    Max-min over routings as in Pióro & Medhi, Routing, Flow, and Capacity Design (2004), section 8.1; each
    level is found from above by Newton's method on cuts: a concurrent flow that falls short names a cut, and
    the cut a lower level. Solved by HiGHS through scipy.

    Examples
    --------
    A ring of four, one Gbit/s each: two demands from one corner to the opposite one share both ways round.

    >>> routes, fair = optimal([0, 1, 2, 3], [1, 2, 3, 0], [1.0] * 4, [0, 0], [2, 2], [5.0, 0.5])
    >>> fair.rate_gbps.round(6).tolist(), fair.load_gbps.round(6).tolist()
    ([1.5, 0.5], [1.0, 1.0, 1.0, 1.0])
    """
    if objective not in OBJECTIVES:
        raise ValueError(
            f"objective is '{objective}', which is not known. {did_you_mean(str(objective), OBJECTIVES)}"
        )
    known = ends(u, v, src, dst)
    size = known.u.size
    capacity = amounts("capacity_gbps", capacity_gbps, size, "u", infinite=True)
    demand = amounts("demand_gbps", demand_gbps, known.src.size, "src")
    heavy = weights(weight, demand)
    km = np.ones(size) if length is None else amounts("length", length, size, "u")
    can = usable_mask(usable, size)
    # Where shortest paths carry everything nothing can be better, whatever the objective.
    plain = route(u, v, src, dst, length=km, capacity_gbps=capacity, usable=can)
    served = share(plain, capacity, demand, heavy, directed=directed)
    if (served.bottleneck < 0).all():
        return plain, served
    problem = _Problem(known, capacity, demand, km, can, directed)
    if objective == "max_min":
        rate = problem.fairest(np.ones(demand.size) if heavy is None else heavy)
    elif objective == "concurrent":
        rate = problem.alike()
    else:
        rate = problem.most()
    routes = problem.routes(rate)
    if objective == "max_min":
        return routes, share(routes, capacity, demand, heavy, directed=directed)
    return routes, problem.told(routes, rate)


class _Problem:
    """The network and what is asked of it; demands with no capacity on any way stay out of the program."""

    def __init__(
        self, known: Ends, capacity: Floats, demand: Floats, km: Floats, usable: Bools | None, directed: bool
    ) -> None:
        self.known, self.capacity, self.demand, self.km = known, capacity, demand, km
        self.usable, self.directed = usable, directed
        can = (known.u != known.v) & (self.capacity > 0.0)
        if self.usable is not None:
            can &= self.usable
        arcs = _shortest.arcs_of(known.nodes, known.u, known.v, self.km, None, can)
        roots, row = distinct(known.dst, known.nodes)
        far = _shortest.distances(arcs, roots)
        asked = (self.demand > 0.0) & (known.src != known.dst)
        self.served = np.flatnonzero(asked & np.isfinite(far[row, known.src]))
        self.flow = ArcFlow(
            known.nodes, known.u[can], known.v[can], self.capacity[can], self.km[can],
            known.src[self.served], known.dst[self.served], self.directed,
        )  # fmt: skip
        self._edge = np.flatnonzero(can)

    def fairest(self, weight: Floats) -> Floats:
        """Max-min rates: from level to level, each found from above."""
        wanted, heavy = self.demand[self.served], weight[self.served]
        rate, is_open = wanted.copy(), np.ones(wanted.size, dtype=np.bool_)
        while is_open.any():
            level, held = self._level(rate, wanted, heavy, is_open)
            content = is_open & (heavy * level >= wanted * (1.0 - _ROUNDING))
            stuck = is_open & held & ~content
            if not stuck.any():
                # Whoever is left lacks no more than the solver's rounding.
                break
            rate[stuck] = heavy[stuck] * level
            is_open &= ~(content | stuck)
        return self._all(rate)

    def _level(self, rate: Floats, wanted: Floats, heavy: Floats, is_open: Bools) -> tuple[float, Bools]:
        """The highest level that all open demands can have, or what they want if less; and whom it stops."""
        level = float((wanted[is_open] / heavy[is_open]).max())
        held = np.zeros(wanted.size, dtype=np.bool_)
        for _ in range(_STEPS):
            target = np.where(is_open, np.minimum(wanted, heavy * level), rate)
            ratio, price = self.flow.concurrent(target)
            if ratio >= 1.0 - _ROUNDING:
                return level, held
            # Σ price × rate ≤ ratio for every flow there is: a cut, which the level has to respect.
            held = price * heavy > _ROUNDING * float((price * heavy).max())
            fixed = float((price * rate)[~is_open].sum())
            lower = _cut_level(ratio - fixed, price[is_open], wanted[is_open], heavy[is_open])
            if lower >= level * (1.0 - 1e-12):
                return level, held
            level = lower
        return level, held

    def alike(self) -> Floats:
        """The same share for all."""
        if not self.served.size:
            return self._all(np.zeros(0))
        wanted = self.demand[self.served]
        ratio, _ = self.flow.concurrent(wanted)
        return self._all(min(ratio, 1.0) * wanted)

    def most(self) -> Floats:
        """The largest sum."""
        return self._all(self.flow.most(self.demand[self.served]))

    def _all(self, rate: Floats) -> Floats:
        everyone = np.where(self.known.src == self.known.dst, self.demand, 0.0)
        everyone[self.served] = rate
        return everyone

    def routes(self, rate: Floats) -> Routes:
        """The shortest routing that carries these rates, as parts of each demand."""
        known = self.known
        arcs = _shortest.arcs_of(known.nodes, known.u, known.v, self.km, self.capacity, self.usable)
        carried = np.zeros((self.flow.roots.size, 2 * self.capacity.size))
        columns = (2 * self._edge[:, None] + [0, 1]).ravel()
        if self.served.size:
            carried[:, columns] = self.flow.cheapest(rate[self.served])
        split, far = _multipath.in_proportion(known, arcs, self.flow.roots, carried)
        owner, arc, part = split
        return bundle(far, np.bincount(owner, minlength=far.size), arc, self.capacity.size, part)

    def told(self, routes: Routes, rate: Floats) -> Allocation:
        """Loads of rates that are not water-filled, and the first full edge on each way."""
        owner = routes.owner
        drawn = rate[owner] * (np.ones(owner.size) if routes.part is None else routes.part)
        edges = routes.edges
        pool = 2 * routes.edge.astype(np.int64) + routes.reverse if self.directed else routes.edge
        limit = np.repeat(self.capacity, 2) if self.directed else self.capacity
        load = sums(pool.astype(np.int64), drawn, limit.size)
        full = (load >= limit * (1.0 - 1e-7))[pool]
        stop = np.full(rate.size, -1, dtype=np.int64)
        lacking = rate < self.demand * (1.0 - 1e-7)
        at = np.flatnonzero(full & lacking[owner])[::-1]
        stop[owner[at]] = routes.edge[at]
        load = np.minimum(load, limit)
        return Allocation(rate, load.reshape(edges, 2) if self.directed else load, stop)


def _cut_level(room: float, price: Floats, wanted: Floats, heavy: Floats) -> float:
    """The level t at which Σ price × min(wanted, heavy t) is the room of a cut."""
    order = np.argsort(wanted / heavy, kind="stable")
    price, wanted, heavy = price[order], wanted[order], heavy[order]
    content = np.concatenate([[0.0], np.cumsum(price * wanted)])
    pull = np.concatenate([np.cumsum((price * heavy)[::-1])[::-1], [0.0]])
    ends_at = wanted / heavy
    used = content[:-1] + pull[:-1] * ends_at
    at = int(np.searchsorted(used, room))
    if at == ends_at.size:
        return float(ends_at[-1])
    return max((room - float(content[at])) / float(pull[at]), 0.0) if pull[at] > 0.0 else float(ends_at[at])
