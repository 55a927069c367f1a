"""The searches of the quick Steiner tree without numba: scipy's, over whole arrays, with the same answers.

Distances are the one set that no step can lower, whoever finds them; of several shortest ways and several
shortest forests both twins take the one that comes first by number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import FloatVector, IntVector


class Arrays:
    """The searches over one graph whose edges u-v have prices above nought."""

    def __init__(self, u: IntVector, v: IntVector, price: FloatVector, n: int, engine: Any) -> None:
        self.u, self.v, self.price, self.n, self.loops = u, v, price, n, engine
        self.matrix = self._matrix(u, v, price)
        if self.matrix.nnz < 2 * len(u):
            # Loops, or parallel corridors, whose prices were added up: only the cheapest counts.
            low, high = np.minimum(u, v), np.maximum(u, v)
            order = np.lexsort((price, high, low))
            order = order[low[order] != high[order]]
            pair = low[order] * n + high[order]
            order = order[np.concatenate([[True], pair[1:] != pair[:-1]])[: len(order)]]
            self.matrix = self._matrix(u[order], v[order], price[order])

    def _matrix(self, a: IntVector, b: IntVector, price: FloatVector) -> Any:
        from scipy.sparse import csr_matrix

        tails, heads = np.empty(2 * len(a), dtype=np.int32), np.empty(2 * len(a), dtype=np.int32)
        tails[: len(a)], tails[len(a) :] = a, b
        heads[: len(a)], heads[len(a) :] = b, a
        return csr_matrix((np.concatenate([price, price]), (tails, heads)), shape=(self.n, self.n))

    def regions(self, sources: IntVector) -> None:
        """Find each node's distance to the nearest source, which that is, and the last edge on the way."""
        from scipy.sparse.csgraph import dijkstra

        answer: Any = dijkstra(self.matrix, True, indices=sources, min_only=True, return_predecessors=True)
        near, _, base = answer
        self.distance = near
        to_v = np.flatnonzero(near[self.u] + self.price == near[self.v])
        to_u = np.flatnonzero(near[self.v] + self.price == near[self.u])
        edge, end = np.concatenate([to_v, to_u]), np.concatenate([self.v[to_v], self.u[to_u]])
        edge, end = edge[near[end] < np.inf], end[near[end] < np.inf]
        before = self.u[edge] + self.v[edge] - end
        self.before = np.arange(self.n)
        self.before[end] = before
        self.edge_by = np.full(self.n, -1)
        self.edge_by[end] = edge
        self.base = np.where(base < 0, -1, base).astype(np.int64)
        if len(edge) > np.count_nonzero(self.edge_by >= 0):
            # Of several shortest ways each node takes the one from the lowest node.
            order = np.lexsort((edge, before, end))[::-1]
            self.edge_by[end[order]], self.before[end[order]] = edge[order], before[order]
            self.base = np.where(near < np.inf, self._back_to(near == 0.0), -1)

    def _back_to(self, marked: npt.NDArray[np.bool_]) -> IntVector:
        """The first marked node on each node's way (some node where there is none)."""
        base = np.where(marked, np.arange(self.n), self.before)
        while True:
            further = base[base]
            if np.array_equal(further, base):
                return base
            base = further

    def narrow(self, on: IntVector) -> None:
        """Let each node belong to the first marked node on its way."""
        base = self._back_to(on > 0)
        reached = self.base >= 0
        self.distance = np.where(reached, self.distance, 0.0)
        self.distance, self.base = self.distance - self.distance[base], np.where(reached, base, -1)

    def borders(self, most: float) -> tuple[IntVector, FloatVector]:
        """The edges between two regions, and the length of the way over each, if it is below `most`."""
        across = np.flatnonzero(self.base[self.u] != self.base[self.v])
        ends = self.distance[self.u[across]] + self.distance[self.v[across]]
        weight = ends + self.price[across]
        short = weight < most
        return across[short], weight[short]

    def between(self, inside: IntVector) -> IntVector:
        """The edges with both ends marked."""
        marks = inside > 0
        return np.flatnonzero(marks[self.u] & marks[self.v])

    def forest(
        self, a: IntVector, b: IntVector, weight: FloatVector, low: IntVector, high: IntVector, n: int
    ) -> IntVector:
        """Positions of the edges of the shortest forest over nodes 0..n-1, first by number if equal."""
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import minimum_spanning_tree

        order = np.argsort(weight)
        count = max(len(order), 1)
        if np.any(np.diff(weight[order]) == 0.0):
            order = np.lexsort((high, low, weight))
        first, second = a[order].astype(np.int64), b[order].astype(np.int64)
        pair = np.minimum(first, second) * n + np.maximum(first, second)
        # Of edges between the same two nodes the first in order: only that can be in the forest.
        if n * n < 2**62 // count:
            pair, rank = np.divmod(np.sort(pair * count + np.arange(len(order))), count)
        else:
            rank = np.argsort(pair, kind="stable")
            pair = pair[rank]
        rank = rank[np.concatenate([[True], pair[1:] != pair[:-1]])[: len(rank)]]
        rank = rank[first[rank] != second[rank]]
        matrix = csr_matrix((1.0 + rank, (first[rank], second[rank])), shape=(n, n))
        chosen: Any = minimum_spanning_tree(matrix, overwrite=True).data
        return np.asarray(order[chosen.astype(np.int64) - 1])

    def trace(self, ends: IntVector, on: IntVector) -> IntVector:
        """Mark the ways from these nodes to the first marked ones, and list their edges."""
        taken = [ends[:0]]
        while True:
            ends = np.unique(ends[on[ends] == 0])
            if len(ends) == 0:
                return np.concatenate(taken)
            on[ends] = 1
            edges = self.edge_by[ends]
            taken.append(edges)
            ends = self.before[ends]

    def hang(self, a: IntVector, b: IntVector, cost: FloatVector, wanted: IntVector) -> Any:
        """The tree of these edges and its key paths, hung from the first wanted node."""
        from scipy.sparse import csr_matrix
        from scipy.sparse.csgraph import breadth_first_order

        n, root = len(wanted), int(np.argmax(wanted))
        ends = np.concatenate([a, b]), np.concatenate([b, a])
        tree: Any = csr_matrix((np.ones(2 * len(a)), ends), shape=(n, n))
        walk, above = breadth_first_order(tree, root)
        lengths = np.zeros(n)
        lengths[np.where(above[a] == b, a, b)] = cost
        key = (wanted > 0) | (np.diff(tree.indptr) != 2)
        order, length, crossing = walk.tolist(), lengths.tolist(), key.tolist()
        above[root] = -1
        parent = above.tolist()
        depth, top, rise, foot = [0] * n, [-1] * n, [0.0] * n, list(range(n))
        for x in order[1:]:
            p = parent[x]
            depth[x] = depth[p] + 1
            if crossing[p]:
                top[x], rise[x] = p, length[x]
            else:
                top[x], rise[x] = top[p], length[x] + rise[p]
        for x in reversed(order[1:]):
            if not crossing[parent[x]]:
                foot[parent[x]] = foot[x]
        return order, parent, depth, length, key.astype(np.int64).tolist(), top, rise, foot

    def pruned(self, a: IntVector, b: IntVector, wanted: IntVector) -> npt.NDArray[np.bool_]:
        """Which edges of a tree lead on to wanted nodes on both sides."""
        kept = np.ones(len(a), dtype=bool)
        while True:
            degree = np.bincount(a[kept], minlength=len(wanted)) + np.bincount(b[kept], minlength=len(wanted))
            leaf = (degree == 1) & (wanted == 0)
            less = kept & ~leaf[a] & ~leaf[b]
            if less.sum() == kept.sum():
                return kept
            kept = less

    def promising(self, p: IntVector, q: IntVector, weight: FloatVector, shape: Any) -> IntVector:
        """Positions of the ways p-q that are shorter than a piece of the tree between their ends."""
        goal = weight * (1.0 + 1e-9)
        top, rise, foot = (np.asarray(part) for part in shape[5:])
        ranks = _key_ranks(np.asarray(shape[0]), top, foot)
        swap = ranks[foot[p]] < ranks[foot[q]]
        p, q = np.where(swap, q, p), np.where(swap, p, q)
        alone = foot[p] == foot[q]
        found = alone & (np.abs(rise[p] - rise[q]) > goal)
        # The end whose key path lies lower climbs off it in any case.
        found |= ~alone & (rise[p] > goal)
        open_ = np.flatnonzero(~alone & ~found)
        most = _longest_above(ranks, top, rise, foot, p[open_], q[open_])
        found[open_] = most > goal[open_]
        return np.flatnonzero(found)


def _key_ranks(order: IntVector, top: IntVector, foot: IntVector) -> IntVector:
    """How many key nodes stand above each key node (nought for others)."""
    ranks = [0] * len(order)
    above = top.tolist()
    ends = foot.tolist()
    for x in order.tolist()[1:]:
        if ends[x] == x:
            ranks[x] = ranks[above[x]] + 1
    return np.array(ranks, dtype=np.int64)


def _longest_above(
    ranks: IntVector, top: IntVector, rise: FloatVector, foot: IntVector, p: IntVector, q: IntVector
) -> npt.NDArray[np.float64]:
    """The longest key path between p and q, less the first of p (it is the lower one), by doubling."""
    levels = max(1, int(ranks.max(initial=0)).bit_length())
    jump, most = [np.where(top < 0, np.arange(len(top)), top)], [rise]
    for _ in range(levels - 1):
        most.append(np.maximum(most[-1], most[-1][jump[-1]]))
        jump.append(jump[-1][jump[-1]])
    x, y = top[p], foot[q]
    longest = np.zeros(len(p))
    excess = np.maximum(ranks[x] - ranks[y], 0)
    for level in range(levels):
        climb = (excess >> level) & 1 > 0
        longest = np.where(climb, np.maximum(longest, most[level][x]), longest)
        x = np.where(climb, jump[level][x], x)
    # Either q lies on the key path above x, or both climb on from here.
    under = x == y
    longest = np.maximum(longest, np.where(under, rise[y] - rise[q], rise[q]))
    climb = ~under & (ranks[x] == ranks[y])
    longest = np.where(climb, np.maximum(longest, rise[x]), longest)
    x = np.where(climb, jump[0][x], x)
    y = np.where(under, x, jump[0][y])
    for level in range(levels - 1, -1, -1):
        apart = jump[level][x] != jump[level][y]
        further = np.maximum(most[level][x], most[level][y])
        longest = np.where(apart, np.maximum(longest, further), longest)
        x, y = np.where(apart, jump[level][x], x), np.where(apart, jump[level][y], y)
    return np.where(x != y, np.maximum(longest, np.maximum(rise[x], rise[y])), longest)
