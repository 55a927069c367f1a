"""A good Steiner tree in little more than the time of one search: the shortest tree between regions, then one
round of exchanges.

Every node goes to its nearest place; the shortest tree over the places runs over the borders of these
regions (Mehlhorn 1988). Then every node goes to the first tree node on its way, and where a way over a
border is shorter than a piece of the tree that it makes superfluous, the two change places.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors import graphs
from bbsim.planning.corridors.arrays import FloatVector
from bbsim.planning.corridors.kernels import Engine
from bbsim.planning.trees import quick_tree_loops
from bbsim.planning.trees.quick_tree_scipy import Arrays

Ints = npt.NDArray[np.signedinteger[Any]]  # 32 bits are enough, and faster
MODULES = (graphs, quick_tree_loops)
WIDTH = 3.0  # of the rings in which distances grow, in mean costs; only the time depends on it


class _Compiled:
    """The searches as loops that numba compiled."""

    def __init__(self, u: Ints, v: Ints, price: FloatVector, n: int, engine: Any) -> None:
        self.loops, self.n = engine, n
        self.u, self.v, self.price = engine.ints(u), engine.ints(v), price
        self.graph = engine.arcs(self.u, self.v, price, n)
        self.width = WIDTH * float(price.mean())
        self.distance = np.full(n, np.inf)
        self.base, self.edge_by = np.full(n, -1, np.int32), np.full(n, -1, np.int32)

    def regions(self, sources: Ints) -> None:
        """Find each node's distance to the nearest source, which that is, and the last edge on the way."""
        ways = self.distance, self.base, self.edge_by
        if self.loops.spread(self.graph, sources, self.width, *ways):
            self.loops.settle(self.u, self.v, self.price, *ways)

    def narrow(self, on: Ints) -> None:
        """Let each node belong to the first marked node on its way."""
        base = np.where(on > 0, np.arange(self.n, dtype=np.int32), np.int32(-1))
        self.loops.back_to_marked(self.u, self.v, self.edge_by, base)
        distance = np.where(base < 0, 0.0, self.distance)
        self.distance, self.base = distance - distance[base], base

    def borders(self, most: float) -> tuple[Ints, FloatVector]:
        """The edges between two regions, and the length of the way over each, if it is below `most`."""
        across, weight = np.empty(len(self.u), np.int32), np.empty(len(self.u))
        count = self.loops.borders(self.u, self.v, self.price, self.distance, self.base, most, across, weight)
        return across[:count], weight[:count]

    def between(self, inside: Ints) -> Ints:
        """The edges with both ends marked."""
        found = np.empty(len(self.u), np.int32)
        return found[: self.loops.between(self.u, self.v, inside, found)]

    def forest(self, a: Ints, b: Ints, weight: FloatVector, low: Ints, high: Ints, n: int) -> Ints:
        """Positions of the edges of the shortest forest over nodes 0..n-1."""
        chosen = np.empty(n, np.int32)
        kept = self.loops.forest(a, b, weight, low, high, np.arange(n, dtype=np.int32), chosen)
        return chosen[:kept]

    def trace(self, ends: Ints, on: Ints) -> Ints:
        """Mark the ways from these nodes to the first marked ones, and list their edges."""
        taken = np.empty(self.n, np.int32)
        return taken[: self.loops.trace(self.u, self.v, ends, self.edge_by, on, taken)]

    def hang(self, a: Ints, b: Ints, cost: FloatVector, wanted: Ints) -> Any:
        """The tree of these edges and its key paths, hung from the first wanted node."""
        return self.loops.hang(a, b, cost, wanted, int(np.argmax(wanted)))

    def pruned(self, a: Ints, b: Ints, wanted: Ints) -> npt.NDArray[np.bool_]:
        """Which edges of a tree lead on to wanted nodes on both sides."""
        gone = np.zeros(len(a), np.int32)
        self.loops.prune(a, b, wanted, np.zeros(len(wanted), np.int32), gone)
        return np.asarray(gone == 0)

    def promising(self, p: Ints, q: Ints, weight: FloatVector, shape: Any) -> Ints:
        """Positions of the ways p-q that are shorter than a piece of the tree between their ends."""
        found = np.empty(len(p), np.int32)
        return found[: self.loops.promising(p, q, weight, shape, found)]


def quick_tree(n: int, u: Ints, v: Ints, cost: FloatVector, mask: Ints, engine: Engine) -> tuple[Ints, float]:
    """Positions of the edges of a tree over the nodes marked in `mask`, and a lower bound.

    Terminals that no edges join leave the tree a forest: fewer edges than there should be.
    """
    # What costs nothing is made to cost less than rounding can see: every step leads on, and ways are trees.
    least = max(float(cost.sum()) * 2.0**-51, 1e-300)
    price = np.maximum(cost, least)
    search: Any = (_Compiled if engine.compiled else Arrays)(u, v, price, n, engine)
    u, v = search.u, search.v
    places = np.flatnonzero(mask)
    search.regions(places)
    across, weight = search.borders(np.inf)
    a, b = u[across], v[across]
    base = search.base
    chosen = search.forest(base[a], base[b], weight, np.minimum(a, b), np.maximum(a, b), n)
    if len(chosen) < len(places) - 1:
        return across[chosen], 0.0
    k = len(places)
    # The dual of growing circles: half the shortest tree over the places (k: the last circle is not needed).
    bound = math.fsum(weight[chosen].tolist()) * (k / (2.0 * (k - 1)) * (1.0 - 1e-11)) - n * least
    on = mask.astype(np.int32)
    ways = search.trace(np.concatenate([a[chosen], b[chosen]]), on)
    inside = _exchanged(search, np.concatenate([across[chosen], ways]), on, mask)
    return _spanning(search, inside, mask), max(0.0, bound)


def _exchanged(search: Any, tree: Ints, on: Ints, mask: Ints) -> Ints:
    """Marks of the tree's nodes after one round of exchanges."""
    u, v, loops = search.u, search.v, search.loops
    nodes, local = _local(on)
    shape = search.hang(local[u[tree]], local[v[tree]], search.price[tree], mask[nodes])
    search.narrow(on)
    across, weight = search.borders(float(np.max(shape[6])))
    p, q = local[search.base[u[across]]], local[search.base[v[across]]]
    found = search.promising(p, q, weight, shape)
    across, weight, p, q = across[found], weight[found], p[found], q[found]
    p, q = loops.ints(np.minimum(p, q)), loops.ints(np.maximum(p, q))
    low, high = loops.ints(np.zeros(len(p), np.int32)), loops.ints(np.zeros(len(p), np.int32))
    gain = loops.floats(np.zeros(len(p)))
    loops.gains(p, q, loops.floats(weight), shape, gain, low, high)
    a, b = u[across], v[across]
    order = np.lexsort((across, np.maximum(a, b), np.minimum(a, b), -np.asarray(gain)))
    order = order[np.asarray(gain)[order] > 2e-9 * weight[order]]
    still, done = loops.ints(np.ones(len(nodes), np.int32)), loops.ints(order)
    ends = (loops.ints(np.asarray(part)[order]) for part in (p, q, low, high))
    count = loops.trade(*ends, shape, still, done)
    taken = order[np.asarray(done[:count], dtype=np.int64)]
    search.trace(np.concatenate([a[taken], b[taken]]), on)
    on[nodes[np.asarray(still) == 0]] = 0
    return on


def _spanning(search: Any, inside: Ints, mask: Ints) -> Ints:
    """The shortest tree over the marked nodes, less its unwanted leaves."""
    nodes, local = _local(inside)
    within = search.between(inside)
    a, b = local[search.u[within]], local[search.v[within]]
    chosen = search.forest(a, b, search.price[within], np.minimum(a, b), np.maximum(a, b), len(nodes))
    return np.asarray(within[chosen[search.pruned(a[chosen], b[chosen], mask[nodes])]], dtype=np.int64)


def _local(marks: Ints) -> tuple[Ints, Ints]:
    """The marked nodes, and the number of each among them."""
    nodes = np.flatnonzero(marks)
    local = np.zeros(len(marks), dtype=np.int32)
    local[nodes] = np.arange(len(nodes))
    return nodes, local
