"""How far all demands could grow together if routes were free: maximum concurrent flow.

Demands are gathered by source, and a column of the linear program is a whole tree that serves all of one
source. Trees are made as they are needed: each round asks for the cheapest tree of every source at the
current prices of edges, until no tree is cheaper than those in use. The same prices bound the answer from
above, so the gap to the optimum is known at every round (Shahrokhi & Matula, J. ACM 37, 1990, for the dual).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from bbsim.errors import ModelError
from bbsim.traffic import _shortest
from bbsim.traffic._arrays import Ends, Floats, Ints, amounts, distinct, ends, sums
from bbsim.traffic._master import master_program

# Rounds after which the search is given up; networks of 300 nodes need a few dozen.
_ROUNDS = 2_000


@dataclass(frozen=True, slots=True)
class _Trees:
    """One tree a source: what each puts on each edge, as columns of a sparse matrix."""

    begin: Ints
    edge: Ints
    load: Floats
    cost: Floats


def max_concurrent_flow(
    u: ArrayLike,
    v: ArrayLike,
    capacity_gbps: ArrayLike,
    src: ArrayLike,
    dst: ArrayLike,
    demand_gbps: ArrayLike,
    *,
    gap: float = 1e-6,
) -> tuple[float, Floats]:
    """The largest ratio such that ratio × demand can be carried for all demands at once, split at will.

    Parameters
    ----------
    u, v : int[edges], ends of each edge; both directions share the capacity.
    capacity_gbps : float[edges], finite.
    src, dst : int[demands], ends of each demand; a demand from a node to itself needs nothing.
    demand_gbps : float[demands], finite.
    gap : stop when the answer is proven to be within this share of the optimum.

    Returns
    -------
    ratio : 0 if some demand has no path of any capacity, infinity if nothing is asked for.
    load_gbps : float[edges], what the edges carry at that ratio; never above the capacity.

    Raises
    ------
    ValueError
        if arrays differ in size or hold NaN, negative or infinite values.
    ModelError
        if the linear program cannot be solved.

    Notes
    -----
    The answer itself is feasible; the optimum is at most ``1 + gap`` times as large. Solved by HiGHS, through
    highspy if it is installed (warm starts), through scipy otherwise.

    Examples
    --------
    A ring of four: three Gbit/s go one way round and three the other.

    >>> ratio, load = max_concurrent_flow([0, 1, 2, 3], [1, 2, 3, 0], [3.0] * 4, [0], [2], [1.0])
    >>> round(ratio, 6), load.round(6).tolist()
    (6.0, [3.0, 3.0, 3.0, 3.0])
    """
    known = ends(u, v, src, dst)
    capacity = amounts("capacity_gbps", capacity_gbps, known.u.size, "u")
    demand = amounts("demand_gbps", demand_gbps, known.src.size, "src")
    idle = np.zeros(capacity.size)
    asked = (demand > 0.0) & (known.src != known.dst)
    if not asked.any():
        return np.inf, idle
    flow = _Flow(known, capacity, asked, demand)
    if not np.isfinite(flow.distance(np.ones(capacity.size))[flow.need > 0.0]).all():
        return 0.0, idle
    return flow.solve(gap)


class _Flow:
    """The problem in units in which the first guess at the ratio is one, and its rounds."""

    def __init__(self, known: Ends, capacity: Floats, asked: Any, demand: Floats) -> None:
        # Capacity is shared by both directions, so either end of a demand may play the source.
        src, dst = known.src[asked], known.dst[asked]
        if distinct(dst, known.nodes)[0].size < distinct(src, known.nodes)[0].size:
            src, dst = dst, src
        self.roots, row = distinct(src, known.nodes)
        self.capacity = capacity
        self.known, self.usable = known, capacity > 0.0
        size = self.roots.size * known.nodes
        self.need = sums(row * known.nodes + dst, demand[asked], size).reshape(-1, known.nodes)

    def _arcs(self, price: Floats) -> _shortest.Arcs:
        """The network with lengths such that filling an edge to its capacity costs its price."""
        length = np.divide(price, self.capacity, out=np.zeros(price.size), where=self.usable)
        known = self.known
        return _shortest.arcs_of(known.nodes, known.u, known.v, length, None, self.usable)

    def distance(self, price: Floats) -> Floats:
        return _shortest.distances(self._arcs(price), self.roots)

    def cheapest(self, price: Floats) -> _Trees:
        """The cheapest tree of every source at these prices."""
        arcs = self._arcs(price)
        pieces, cost = [], np.zeros(self.roots.size)
        for part in _shortest.blocks(arcs, self.roots.size):
            far, into = _shortest.trees(arcs, self.roots[part])
            need = self.need[part]
            # Not a plain product: what is out of reach is infinitely far, and asks for nothing.
            cost[part] = np.where(need > 0.0, need * np.where(need > 0.0, far, 0.0), 0.0).sum(axis=1)
            row, edge, load = _carried(arcs, into, need)
            pieces.append((row + part.start, edge, load))
        row, edge, load = (np.concatenate(column) for column in zip(*pieces, strict=True))
        begin = np.zeros(self.roots.size + 1, dtype=np.int64)
        np.cumsum(np.bincount(row, minlength=self.roots.size), out=begin[1:])
        return _Trees(begin, edge, load, cost)

    def solve(self, gap: float) -> tuple[float, Floats]:
        edges = self.capacity.size
        used = np.flatnonzero(self.usable)
        price = np.where(self.usable, 1.0, 0.0)
        trees = self.cheapest(price)
        load = sums(trees.edge, trees.load, edges)
        unit = 1.0 / (load[used] / self.capacity[used]).max()
        program = master_program(used, self.capacity / unit, self.roots.size)
        bound, best_price, smooth = np.inf, price, 0.5
        ratio, answer = 0.0, load
        for _ in range(_ROUNDS):
            program.add(trees.begin, trees.edge, trees.load)
            try:
                _, master_price, worth = program.solve()
            except RuntimeError as error:
                raise ModelError(f"max_concurrent_flow: HiGHS gave up: {error}") from None
            ratio, answer = self._feasible(program, unit)
            for lean in (smooth, 0.0):
                # Prices between the master's and those of the best bound swing less from round to round;
                # a grain on every edge keeps edges that cost nothing from making loops.
                price = lean * best_price + (1.0 - lean) * master_price
                price[used] += 0.1 * gap * price[used].sum() / used.size
                price /= price.sum()
                trees = self.cheapest(price)
                total = float(trees.cost.cumsum()[-1])
                if 1.0 / total < bound:
                    bound, best_price = 1.0 / total, price
                if bound <= ratio * (1.0 + gap):
                    return ratio, answer
                if program.improves(trees.begin, trees.edge, trees.load, worth):
                    break
            else:
                # No tree is cheaper than those in use, to the rounding of the linear program.
                return ratio, answer
        left = bound / ratio - 1.0
        raise ModelError(f"max_concurrent_flow: after {_ROUNDS} rounds the gap is still {left:.2g}")

    def _feasible(self, program: Any, unit: float) -> tuple[float, Floats]:
        """The program's answer with its rounding taken out: every source served alike, no edge overfull."""
        load, ratio = program.answer()
        worst = (load[self.usable] * unit / self.capacity[self.usable]).max()
        return float(ratio * unit / worst), np.minimum(load * unit / worst, self.capacity)


def _carried(arcs: _shortest.Arcs, into: _shortest.Int32s, need: Floats) -> tuple[Ints, Ints, Floats]:
    """What each tree puts on each edge: row of the tree, edge, load. A node's need passes all above it."""
    step = into.ravel()
    below = np.flatnonzero(step >= 0)
    up = np.arange(step.size)
    up[below] += arcs.tail[step[below]] - arcs.head[step[below]]
    depth = (step >= 0).astype(np.int64)
    jump = up
    while True:
        further = depth[jump]
        if not further.any():
            break
        depth = depth + further
        jump = jump[jump]
    order = np.argsort(depth, kind="stable")
    first = np.cumsum(np.bincount(depth))
    total = need.ravel().copy()
    for level in range(first.size - 1, 0, -1):
        ring = order[first[level - 1] : first[level]]
        np.add.at(total, up[ring], total[ring])
    loaded = below[total[below] > 0.0]
    return loaded // into.shape[1], arcs.arc[step[loaded]] >> 1, total[loaded]
