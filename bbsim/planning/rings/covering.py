"""Cover the edges of a tree by links between its nodes: greedily, better, and with a price that bounds the
best.

A link covers the tree edges on the path between its ends. A tree edge is known by its lower end.
"""

from __future__ import annotations

import heapq
import math

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import FloatVector, IntVector

SWAP_NODES = 12_000  # ASSUMPTION: beyond this exchanging links gains too little for its time


class RootedTree:
    """A tree over nodes 0..n-1, hung from node 0.

    Attributes
    ----------
    parent, depth : of each node (root: -1 and 0).
    tin, tout : the nodes under x have ``tin[x] <= tin < tout[x]``.
    lower : the lower end of each edge handed in.
    """

    def __init__(self, tails: IntVector, heads: IntVector) -> None:
        self.n = len(tails) + 1
        self.root = 0
        at: list[list[int]] = [[] for _ in range(self.n)]
        for a, b in zip(tails.tolist(), heads.tolist(), strict=True):
            if max(a, b) >= self.n:
                raise ValueError(
                    "the edges in tree are not one tree: they hang together nowhere, or go in a circle"
                )
            at[a].append(b)
            at[b].append(a)
        parent, tin = [-1] * self.n, [-1] * self.n
        order: list[int] = []
        stack = [0]
        while stack:
            x = stack.pop()
            if tin[x] >= 0:
                break
            tin[x] = len(order)
            order.append(x)
            for y in sorted(at[x], reverse=True):
                if y != parent[x]:
                    parent[y] = x
                    stack.append(y)
        if len(order) < self.n or stack:
            raise ValueError("the edges in tree are not one tree: they fall into pieces, or go in a circle")
        self.parent = np.array(parent, dtype=np.int64)
        self.tin = np.array(tin, dtype=np.int64)
        self.order = np.array(order, dtype=np.int64)
        depth, weight = np.zeros(self.n, dtype=np.int64), np.ones(self.n, dtype=np.int64)
        for x in order[1:]:
            depth[x] = depth[parent[x]] + 1
        for x in reversed(order[1:]):
            weight[parent[x]] += weight[x]
        self.depth = depth
        self.tout = self.tin + weight
        self.lower = np.where(self.parent[tails] == heads, tails, heads)

    def under(self, x: int) -> npt.NDArray[np.bool_]:
        """Which nodes are x or below it."""
        return np.asarray((self.tin >= self.tin[x]) & (self.tin < self.tout[x]))

    def lca(self, a: IntVector, b: IntVector) -> IntVector:
        """The lowest node above both, for vectors of nodes, by doubling."""
        levels = max(1, int(self.depth.max()).bit_length())
        jump = [np.where(self.parent < 0, self.root, self.parent)]
        for _ in range(levels - 1):
            jump.append(jump[-1][jump[-1]])
        x = np.where(self.depth[a] >= self.depth[b], a, b)
        y = np.where(self.depth[a] >= self.depth[b], b, a)
        excess = self.depth[x] - self.depth[y]
        for level in range(levels):
            x = np.where((excess >> level) & 1, jump[level][x], x)
        for level in range(levels - 1, -1, -1):
            apart = jump[level][x] != jump[level][y]
            x, y = np.where(apart, jump[level][x], x), np.where(apart, jump[level][y], y)
        return np.asarray(np.where(x == y, x, jump[0][x]), dtype=np.int64)

    def covered(self, a: IntVector, b: IntVector, amount: FloatVector) -> FloatVector:
        """For each node, how much of `amount` lies on links that leave the part of the tree under it.

        The edge above x is covered by links with one end under x: the sum over the subtree of what
        starts there, less twice what has both ends there (counted at the lowest common node).
        """
        start = np.bincount(a, weights=amount, minlength=self.n) + np.bincount(
            b, weights=amount, minlength=self.n
        )
        start = start - 2.0 * np.bincount(self.lca(a, b), weights=amount, minlength=self.n)
        running = np.concatenate([[0.0], np.cumsum(start[self.order])])
        return np.asarray(running[self.tout] - running[self.tin])


class Cover:
    """Links with costs, and the tree edges (by lower end) that need one."""

    def __init__(
        self, tree: RootedTree, a: IntVector, b: IntVector, cost: FloatVector, needed: npt.NDArray[np.bool_]
    ) -> None:
        self.tree, self.a, self.b, self.cost, self.needed = tree, a, b, cost, needed
        self.top = tree.lca(a, b)
        self._parent: list[int] = tree.parent.tolist()
        self._paths: dict[int, list[int]] = {}

    def marked_on(self, marked: npt.NDArray[np.bool_]) -> IntVector:
        """For each link the number of marked tree edges on its path."""
        tree = self.tree
        # Marked edges above each node: a running sum over the depth-first walk, undone when a subtree is
        # left.
        change = np.zeros(tree.n + 1, dtype=np.int64)
        nodes = np.flatnonzero(marked)
        np.add.at(change, tree.tin[nodes], 1)
        np.add.at(change, tree.tout[nodes], -1)
        above = np.cumsum(change)[tree.tin]
        return np.asarray(above[self.a] + above[self.b] - 2 * above[self.top])

    def path(self, link: int) -> list[int]:
        """Lower ends of the tree edges under a link (kept: local search asks again and again)."""
        known = self._paths.get(link)
        if known is not None:
            return known
        parent, top = self._parent, int(self.top[link])
        found: list[int] = []
        for end in (int(self.a[link]), int(self.b[link])):
            x = end
            while x != top:
                found.append(x)
                x = parent[x]
        self._paths[link] = found
        return found


def improved_greedy(cover: Cover) -> list[int]:
    """Links that cover everything needed: cheapest per newly covered edge, spare ones dropped, some put in
    for dearer ones.
    """
    chosen = _greedy(cover)
    count = np.zeros(cover.tree.n, dtype=np.int64)
    for link in chosen:
        count[cover.path(link)] += 1
    chosen = _drop_spare(cover, chosen, count)
    best = (math.fsum(cover.cost[chosen].tolist()), sorted(chosen))
    for _ in range(8 if cover.tree.n <= SWAP_NODES else 0):
        chosen = _drop_spare(cover, _put_in(cover, chosen, count), count)
        now = (math.fsum(cover.cost[chosen].tolist()), sorted(chosen))
        if now[0] >= best[0] * (1.0 - 1e-9):
            break
        best = now
    return best[1]


def _greedy(cover: Cover) -> list[int]:
    tree = cover.tree
    parent, top, depth = tree.parent.tolist(), cover.top.tolist(), tree.depth.tolist()
    # skip[x]: the lowest node at or above x whose edge upwards is still uncovered and needed.
    skip = [x if flag else parent[x] for x, flag in enumerate(cover.needed.tolist())]
    skip[tree.root] = tree.root

    def live(x: int) -> int:
        root = x
        while skip[root] != root:
            root = skip[root]
        while skip[x] != root:
            skip[x], x = root, skip[x]
        return root

    def open_edges(link: int) -> list[int]:
        found, limit = [], depth[top[link]]
        for end in (a[link], b[link]):
            x = live(end)
            while depth[x] > limit:
                found.append(x)
                x = live(parent[x])
        return found

    a, b, cost = cover.a.tolist(), cover.b.tolist(), cover.cost.tolist()
    size = cover.marked_on(cover.needed).tolist()
    queue = [(cost[i] / size[i], i) for i in range(len(cost)) if size[i]]
    heapq.heapify(queue)
    chosen = []
    while queue:
        worth, link = heapq.heappop(queue)
        edges = open_edges(link)
        if not edges:
            continue
        now = cost[link] / len(edges)
        if now > worth * (1.0 + 1e-12):
            heapq.heappush(queue, (now, link))
            continue
        chosen.append(link)
        for x in edges:
            skip[x] = parent[x]
    return chosen


def _drop_spare(cover: Cover, chosen: list[int], count: IntVector) -> list[int]:
    """Drop links, dearest first, whose edges are all covered twice."""
    kept = []
    for link in sorted(chosen, key=lambda i: (-cover.cost[i], i)):
        edges = np.array(cover.path(link), dtype=np.int64)
        if bool(np.all((count[edges] > 1) | ~cover.needed[edges])):
            count[edges] -= 1
        else:
            kept.append(link)
    return kept


def _put_in(cover: Cover, chosen: list[int], count: IntVector) -> list[int]:
    """Put a link in when it takes over all that some dearer links alone cover, and drop those."""
    current = set(chosen)
    times, needed, price = count.tolist(), cover.needed.tolist(), cover.cost.tolist()
    # The exclusive-or of the links over an edge: where only one is left, it is that one's number.
    owner = [0] * cover.tree.n
    alone = [0] * len(price)  # needed edges that each chosen link alone covers

    def put(link: int, change: int) -> None:
        for x in cover.path(link):
            if times[x] == 1 and needed[x]:
                alone[owner[x]] -= 1
            times[x] += change
            owner[x] ^= link
            if times[x] == 1 and needed[x]:
                alone[owner[x]] += 1

    for link in chosen:
        for x in cover.path(link):
            owner[x] ^= link
    for x, once in enumerate(times):
        if once == 1 and needed[x]:
            alone[owner[x]] += 1
    for link in range(len(price)):
        if link in current:
            continue
        hits: dict[int, int] = {}
        for x in cover.path(link):
            if times[x] == 1 and needed[x]:
                hits[owner[x]] = hits.get(owner[x], 0) + 1
        spare = [i for i in hits if alone[i] == hits[i]]
        if math.fsum(price[i] for i in spare) <= price[link] * (1.0 + 1e-9):
            continue
        put(link, 1)
        current.add(link)
        for i in sorted(spare, key=lambda i: (-price[i], i)):
            if all(times[x] > 1 or not needed[x] for x in cover.path(i)):
                put(i, -1)
                current.discard(i)
    count[:] = times
    return sorted(current)


def price_bound(cover: Cover) -> float:
    """What any cover must pay: each edge in turn, lowest first, takes all that is left of its cheapest
    link.
    """
    left = cover.cost.copy()
    tree, total = cover.tree, 0.0
    tin_a, tin_b = tree.tin[cover.a], tree.tin[cover.b]
    for x in np.lexsort((np.arange(tree.n), -tree.depth)).tolist():
        if not cover.needed[x]:
            continue
        low, high = tree.tin[x], tree.tout[x]
        over = np.flatnonzero(((tin_a >= low) & (tin_a < high)) != ((tin_b >= low) & (tin_b < high)))
        price = float(left[over].min()) if len(over) else 0.0
        if price > 0.0:
            left[over] -= price
            total += price
    return total
