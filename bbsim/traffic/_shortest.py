"""Shortest-path trees over arrays, with ties broken by node id and never by the order of the edges.

Distances come from scipy's compiled Dijkstra and do not depend on the order of edges: they are the least
solution of ``d[y] = min(d[x] + w)`` in floating point. The trees are then read off the distances by one rule
of our own, so that another version of scipy, or a shuffled list of edges, gives the same routes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.traffic._arrays import Bools, Floats, Ints
from bbsim.traffic._twins import use_compiled

Int32s = NDArray[np.int32]

# Roots are handled in blocks whose work arrays hold about this many numbers, to bound memory.
_BLOCK = 4_000_000

# Roots times arcs from which the compiled twin saves more than numba takes to start.
WORTH_COMPILING = 10_000_000


@dataclass(frozen=True)
class Arcs:
    """Both directions of every usable edge, sorted by tail; arc ``2 e`` runs u→v of edge e, ``2 e + 1`` v→u.

    Within one tail, parallel edges stand in the order length, larger capacity, position.
    """

    nodes: int
    first: Int32s
    tail: Int32s
    head: Int32s
    length: Floats
    arc: Ints

    @cached_property
    def matrix(self) -> Any:
        """The same as a scipy sparse matrix, explicit zeros and parallel arcs included."""
        from scipy.sparse import csr_matrix

        return csr_matrix((self.length, self.head, self.first), shape=(self.nodes, self.nodes))


def arcs_of(
    nodes: int, u: Ints, v: Ints, length: Floats, capacity_gbps: Floats | None, usable: Bools | None
) -> Arcs:
    """Lay the edges out by tail node; self-loops carry nothing and are left out."""
    take = u != v
    if usable is not None:
        take &= usable
    edge = np.flatnonzero(take)
    a, b = u[edge], v[edge]
    pair = np.sort(np.minimum(a, b) * np.int64(nodes) + np.maximum(a, b))
    if (pair[1:] == pair[:-1]).any():
        keys = [edge, length[edge]] if capacity_gbps is None else [edge, -capacity_gbps[edge], length[edge]]
        edge = edge[np.lexsort(keys)]
        a, b = u[edge], v[edge]
    # Both arcs of an edge side by side, so that a stable sort keeps the order of parallel edges.
    tail = np.stack([a, b], axis=1).ravel()
    # A stable sort of 16-bit numbers is a radix sort, several times faster.
    order = np.argsort(tail.astype(np.uint16) if nodes <= 65_536 else tail, kind="stable")
    first = np.zeros(nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(tail, minlength=nodes), out=first[1:])
    return Arcs(
        nodes=nodes,
        first=first,
        tail=tail[order].astype(np.int32),
        head=np.stack([b, a], axis=1).ravel()[order].astype(np.int32),
        length=np.repeat(length[edge], 2)[order],
        arc=np.stack([2 * edge, 2 * edge + 1], axis=1).ravel()[order],
    )


def distances(arcs: Arcs, roots: Ints) -> Floats:
    """Distance from each root to each node, shape (roots, nodes); infinity where there is no path."""
    if not arcs.arc.size:
        apart = np.full((roots.size, arcs.nodes), np.inf)
        apart[np.arange(roots.size), roots] = 0.0
        return apart
    from scipy.sparse.csgraph import dijkstra

    return np.asarray(dijkstra(arcs.matrix, directed=True, indices=roots), dtype=np.float64)


def parents(arcs: Arcs, roots: Ints, far: Floats) -> Int32s:
    """The place in `arcs` of the arc into each node, shape (roots, nodes); −1 at roots and where no path is.

    Of all arcs that lie on a shortest path the one from the neighbour with the lowest id is taken. Nodes at
    no distance from their neighbour (zero lengths) come after those that a longer step reaches, ring by ring.
    """
    into = np.full(far.shape, -1, dtype=np.int32)
    with np.errstate(invalid="ignore"):
        near = far[:, arcs.tail]
        tight = (near + arcs.length == far[:, arcs.head]) & np.isfinite(near)
        forward = near < far[:, arcs.head]
    _take_first(into, arcs, tight & forward)
    flat = tight & ~forward
    if not flat.any():
        return into
    row = np.arange(roots.size)
    while True:
        done = into >= 0
        done[row, roots] = True
        ring = flat & done[:, arcs.tail] & ~done[:, arcs.head]
        if not ring.any():
            return into
        _take_first(into, arcs, ring)


def _take_first(into: Int32s, arcs: Arcs, chosen: Bools) -> None:
    rows, places = np.nonzero(chosen)
    # Of a repeated index numpy keeps the last value, hence the reversal: the first arc wins.
    into[rows[::-1], arcs.head[places[::-1]]] = places[::-1]


def trees(arcs: Arcs, roots: Ints, compiled: bool | None = None) -> tuple[Floats, Int32s]:
    """`distances` and `parents`, by the compiled twin if that pays."""
    if use_compiled(roots.size * arcs.arc.size, WORTH_COMPILING, compiled):
        from bbsim.traffic._shortest_compiled import trees_compiled

        return trees_compiled(arcs, roots)
    far = distances(arcs, roots)
    return far, parents(arcs, roots, far)


def walk(arcs: Arcs, into: Int32s, row: Ints, leaf: Ints) -> tuple[NDArray[np.int32], Bools]:
    """Follow the trees `into` from each leaf to its root, all at once.

    Returns the places in `arcs` passed, shape (leaves, steps), nearest to the leaf first, and which are real:
    paths shorter than the longest are padded. Steps are found by doubling: where one is after s steps
    gives where one is after the next s.
    """
    width = into.shape[1]
    step = into.ravel()
    moving = np.flatnonzero(step >= 0)
    jump = np.arange(step.size)
    jump[moving] += arcs.tail[step[moving]] - arcs.head[step[moving]]
    at = (row * width + leaf)[:, None]
    while (step[at[:, -1]] >= 0).any():
        at = np.concatenate([at, jump[at]], axis=1)
        jump = jump[jump]
    passed = step[at]
    return passed, passed >= 0


def blocks(arcs: Arcs, roots: int) -> list[slice]:
    """Consecutive slices of the roots, each small enough for the memory of one block."""
    wide = max(1, _BLOCK // max(1, arcs.nodes + 2 * arcs.arc.size))
    return [slice(begin, min(begin + wide, roots)) for begin in range(0, roots, wide)]
