"""The tree and the order of building it, chosen together: who waits, waits least for the money spent.

The shortest tree is cheap but may lead to a rich place by a poor one's detour. So the shortest tree and one
that grows by the most weight per cost are both put in Horn's order, and the better is improved. In turn each
node is hung on its cheapest earlier neighbour (the best tree for an order) and the order is made anew (the
best for a tree); then late branches are grown again under other prices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors import graphs
from bbsim.planning.corridors.arrays import (
    FloatVector,
    IntVector,
    amounts,
    node_number,
    number,
    pieces,
    read_edges,
)
from bbsim.planning.corridors.kernels import choose
from bbsim.planning.order.one_crew import sequence
from bbsim.planning.reach import branching
from bbsim.planning.trees.steiner import Effort, steiner_tree

MODULES = (graphs, branching)
# ASSUMPTIONS, measured on planar graphs of 80 and 1,000 nodes: more rounds gain under 0.2 %.
ROUNDS = {"fast": 0, "standard": 120, "thorough": 480}
ROUND_STEPS = 120_000  # rounds of `standard` times nodes
DISCOUNTS = (0.25, 0.5, 0.75)  # off the shortest tree's corridors, for trees between it and the greedy one
NOISE = 0.4  # spread of disturbed prices and weights (of their logarithm)


@dataclass(frozen=True, slots=True)
class GrownTree:
    """A tree from the root, in the order in which it is built.

    Attributes
    ----------
    edges : positions in the caller's `u`, in building order.
    nodes : the node that each of them reaches.
    cost : of all edges.
    waiting : sum of weight times the cost spent until the node is reached.
    """

    edges: IntVector
    nodes: IntVector
    cost: float
    waiting: float


def tree_in_order(
    u: npt.ArrayLike,
    v: npt.ArrayLike,
    cost: npt.ArrayLike,
    weight: npt.ArrayLike,
    root: int,
    *,
    effort: Effort = "standard",
) -> GrownTree:
    """Which corridors should one crew build, and in which order, so that the least waiting is suffered?

    Parameters
    ----------
    u, v : ends of the corridors, node numbers from 0, shape (m,).
    cost : time or money each corridor takes, finite and not negative, shape (m,).
    weight : what waits at each node (people), finite and not negative, shape (n,); every node with some is
        joined, others may be passed through.
    root : the node that is there already.
    effort : "fast" (the better of the two trees below), "standard" or "thorough" (improved from there).

    Raises
    ------
    ValueError : vectors that do not fit together, an unknown effort, no such root, or a node with weight that
        no corridors join to it.

    Notes
    -----
    Never more waiting than Horn's order (Horn 1972) on the Steiner tree of the same effort, nor on the tree
    that grows by the branch with most weight per cost.

    Examples
    --------
    The shortest tree reaches the rich place (2) by the poor one (1); the straight way costs more, and is
    better:

    >>> tree = tree_in_order([0, 1, 0], [1, 2, 2], [4.0, 3.0, 5.0], [0, 1, 9], 0)
    >>> tree.edges.tolist(), tree.nodes.tolist(), tree.waiting
    ([2, 1], [2, 1], 53.0)
    """
    if effort not in ROUNDS:
        raise ValueError(f"effort must be one of {', '.join(ROUNDS)}, got {effort!r}")
    tails, heads, price = read_edges(u, v, cost)
    waits = amounts(weight, "weight")
    n = len(waits)
    if len(tails) and max(tails.max(), heads.max()) >= n:
        raise ValueError(
            f"u and v name node {int(max(tails.max(), heads.max()))}, but weight has only {n} entries"
        )
    start = node_number(root, n, "root")
    label = pieces(n, tails, heads)
    lost = np.flatnonzero((waits > 0.0) & (label != label[start]))
    if len(lost):
        more = f" and {len(lost) - 10} more" if len(lost) > 10 else ""
        raise ValueError(f"no corridors join root {start} to {', '.join(map(str, lost[:10].tolist()))}{more}")
    live = np.flatnonzero((label == label[start])[tails])
    special = np.where(label == label[start], waits, 0.0)
    special[start] = math.inf
    corridors = number(tails[live], heads[live], price[live], n, special)
    growth = _Growth(corridors.n, corridors.u, corridors.v, corridors.cost, waits[corridors.name])
    tree = growth.best(effort)
    edges = live[corridors.origin[tree.link[tree.order]]]
    nodes = corridors.name[tree.order]
    _check(tails[edges], heads[edges], nodes, start)
    return GrownTree(edges, nodes, math.fsum(price[edges].tolist()), tree.waiting)


def _check(tails: IntVector, heads: IntVector, nodes: IntVector, root: int) -> None:
    reached = {root}
    for tail, head, node in zip(tails.tolist(), heads.tolist(), nodes.tolist(), strict=True):
        if node in reached or node not in (tail, head) or tail + head - node not in reached:
            raise AssertionError("the tree found is not built from the root; this is a fault of bbsim")
        reached.add(node)


@dataclass(frozen=True, slots=True)
class _Tree:
    """``order``: the nodes without the root as they are built; ``parent`` and ``link`` (edge) of each node,
    -1 where it is in none.
    """

    waiting: float
    order: IntVector
    parent: IntVector
    link: IntVector


class _Growth:
    """One problem in canonical numbers: node 0 is the root, then by weight."""

    def __init__(self, n: int, u: IntVector, v: IntVector, cost: FloatVector, weight: FloatVector) -> None:
        self.n, self.u, self.v, self.cost, self.weight = n, u, v, cost, weight
        m = len(u)
        tail, head = np.concatenate([u, v]), np.concatenate([v, u])
        edge = np.tile(np.arange(m), 2)
        order = np.lexsort((edge, head, tail))
        self.first = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n))])
        self.head, self.edge = head[order], edge[order]
        self.pair = tail[order] * n + self.head
        self.engine: Any = choose(MODULES, 40 * (n + m) * (1 + ROUND_STEPS // max(n, 1)))
        self.lists = tuple(self.engine.ints(part) for part in (self.first, self.head, self.edge))

    def best(self, effort: Effort) -> _Tree:
        """The tree and order with the least waiting found."""
        if not self.weight[1:].any():
            nothing = np.full(self.n, -1, dtype=np.int64)
            return _Tree(0.0, np.zeros(0, dtype=np.int64), nothing, nothing)
        shortest = self._shortest(effort)
        found = [self.ordered(*shortest), self.grown(self.cost, self.weight, None)]
        if ROUNDS[effort]:
            bought = np.isin(np.arange(len(self.u)), shortest[1])
            lower = (self.cost * np.where(bought, 1.0 - share, 1.0) for share in DISCOUNTS)
            found += [self.grown(price, self.weight, None) for price in lower]
            found = [self.settled(tree) for tree in found]
        best = min(found, key=lambda tree: (tree.waiting, tree.link.tolist()))
        rng = np.random.default_rng(0)
        for _ in range(min(ROUNDS[effort], ROUNDS[effort] * ROUND_STEPS // (ROUNDS["standard"] * self.n))):
            new = self.settled(self._regrown(best, rng))
            best = new if new.waiting < best.waiting * (1.0 - 1e-12) else best
        return best

    def ordered(self, parent: IntVector, link: IntVector) -> _Tree:
        """The tree without what leads to nobody, in Horn's order."""
        inside = np.append(0, np.flatnonzero(link >= 0))
        at = np.full(self.n, -1, dtype=np.int64)
        at[inside] = np.arange(len(inside))
        above = np.where(inside == 0, -1, at[parent[inside]])
        price = np.where(inside == 0, 0.0, self.cost[link[inside]])
        plan = sequence(above, price, self.weight[inside])
        order = inside[plan.order]
        needed = self.weight > 0.0
        for x in order[::-1].tolist():
            if needed[x] and x:
                needed[parent[x]] = True
        order = order[needed[order] & (order > 0)]
        kept_parent, kept_link = np.full(self.n, -1, dtype=np.int64), np.full(self.n, -1, dtype=np.int64)
        kept_parent[order], kept_link[order] = parent[order], link[order]
        return _Tree(plan.objective, order, kept_parent, kept_link)

    def settled(self, tree: _Tree) -> _Tree:
        """In turn the cheapest earlier neighbour for each node and the best order, until neither helps."""
        while True:
            new = self.ordered(*self._rehung(tree))
            if new.waiting >= tree.waiting * (1.0 - 1e-12):
                return tree
            tree = new

    def _rehung(self, tree: _Tree) -> tuple[IntVector, IntVector]:
        """Each node on its cheapest corridor to what is built before it: the best tree for an order."""
        rank = np.full(self.n, self.n, dtype=np.int64)
        rank[tree.order], rank[0] = np.arange(len(tree.order)), -1
        later = np.where(rank[self.u] > rank[self.v], self.u, self.v)
        edges = np.flatnonzero((rank[self.u] < self.n) & (rank[self.v] < self.n))
        edges = edges[np.lexsort((edges, self.cost[edges], later[edges]))]
        nodes, first = np.unique(later[edges], return_index=True)
        link, parent = np.full(self.n, -1, dtype=np.int64), np.full(self.n, -1, dtype=np.int64)
        link[nodes] = edges[first]
        parent[nodes] = self.u[link[nodes]] + self.v[link[nodes]] - nodes
        return parent, link

    def _shortest(self, effort: Effort) -> tuple[IntVector, IntVector]:
        """The Steiner tree over all that waits, from the root."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import breadth_first_order

        wanted = np.append(0, np.flatnonzero(self.weight[1:] > 0.0) + 1)
        edges = steiner_tree(self.u, self.v, self.cost, wanted, effort=effort).edges
        u, v = self.u[edges], self.v[edges]
        matrix = coo_matrix((np.ones(len(edges)), (u, v)), shape=(self.n, self.n)).tocsr()
        _, parent = breadth_first_order(matrix, 0, directed=False)
        parent = np.where(parent < 0, -1, parent).astype(np.int64)
        link = np.full(self.n, -1, dtype=np.int64)
        lower = np.where(parent[u] == v, u, v)
        link[lower] = edges
        return parent, link

    def grown(self, price: FloatVector, worth: FloatVector, kept: _Tree | None) -> _Tree:
        """Branches with most worth per price, one after the other, on top of what is kept."""
        engine = self.engine
        parent = np.full(self.n, -1, dtype=np.int64) if kept is None else kept.parent.copy()
        link = np.full(self.n, -1, dtype=np.int64) if kept is None else kept.link.copy()
        before, inside = engine.ints(parent), engine.ints((link >= 0) | (np.arange(self.n) == 0))
        first, other, edge = self.lists
        graph = first, other, engine.floats(price[self.edge]), edge
        engine.add_branches(graph, engine.floats(worth), inside, math.inf, -1.0, before)
        new = np.flatnonzero((np.asarray(inside) > 0) & (link < 0))
        new = new[new > 0]
        parent[new] = np.asarray(before)[new]
        # Of parallel corridors the first is the cheapest.
        link[new] = self.edge[np.searchsorted(self.pair, parent[new] * self.n + new)]
        return self.ordered(parent, link)

    def _regrown(self, tree: _Tree, rng: np.random.Generator) -> _Tree:
        """What comes early is kept, the rest grown anew under other prices and weights."""
        early = tree.order[: int(rng.integers(0, len(tree.order)))]
        parent, link = np.full(self.n, -1, dtype=np.int64), np.full(self.n, -1, dtype=np.int64)
        parent[early], link[early] = tree.parent[early], tree.link[early]
        price = self.cost * np.exp(rng.normal(0.0, NOISE * rng.random(), len(self.u)))
        price[tree.link[tree.order]] *= rng.uniform(0.4, 1.0)
        worth = self.weight * np.exp(rng.normal(0.0, NOISE * rng.random(), self.n))
        return self.grown(price, worth, _Tree(0.0, early, parent, link))
