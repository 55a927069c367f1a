"""Look for the cheapest tree over the ways of a reduced graph: starts, a bound, recombinations, a proof."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors import graphs
from bbsim.planning.corridors.arrays import FloatVector, IntVector
from bbsim.planning.trees import dual_ascent, exchanges, key_paths, local_search, reductions, webs
from bbsim.planning.trees.arborescence import spanning_part, tree_of_strands
from bbsim.planning.trees.slimmed import Slimmed, slimmed

MODULES = (graphs, dual_ascent, key_paths, exchanges, local_search, webs, reductions)
# ASSUMPTIONS, all measured on planar graphs of 80 to 100,000 nodes: the starts of `standard` cost together
# less than two runs of networkx's tree; trees grown under prices raised by up to NOISE differ
# enough that the best of eight is half as far from the optimum as with true prices (0.14 against 0.52 % at
# 1,000 nodes and 50 places).
STANDARD_STARTS = 24
THOROUGH_STARTS = 64
STARTS_NODES = 4_500  # nodes and terminals that the starts of `standard` may visit together
NOISE = 0.8
LARGE = 12_000  # nodes beyond which `standard` starts only twice
PASSES = 60  # of local search; it ends by itself after five to ten
WALK_LIMIT = 400  # tree edges looked at between two neighbours of a node to be put in
# Limits of the programmes: an integer one is asked for while no more than `whole_ways` are left, else the gap
# `enough` ends the search.
STANDARD: dict[str, Any] = {"whole_ways": 400, "enough": 0.001, "nodes": 20}
THOROUGH: dict[str, Any] = {"whole_ways": 1_500}


class Search:
    """One problem in the numbering of its ways, in one engine's vectors."""

    def __init__(self, ways: Slimmed, engine: Any) -> None:
        self.engine = engine
        self.n, self.m, self.count = ways.n, len(ways.u), ways.count
        self.u, self.v, self.cost = ways.u, ways.v, ways.cost
        self.mask = (np.arange(self.n) < self.count).astype(np.int64)
        self.wanted = engine.ints(self.mask)
        self.keep = np.ones(self.m, dtype=bool)
        self.graph = self._graph(self.keep)
        zeros = np.zeros(self.n, dtype=np.int64)
        self.state = (engine.ints(zeros), engine.ints(zeros), engine.ints(zeros))
        self.best: tuple[float, list[int]] = (math.inf, [])
        self.elite: dict[tuple[int, ...], float] = {}

    def _graph(self, keep: npt.NDArray[np.bool_]) -> Any:
        """Neighbour lists of some of the edges, numbered as in the whole."""
        if keep.all():
            return self._lists(self.u, self.v, self.cost, None)
        chosen = np.flatnonzero(keep)
        return self._lists(self.u[chosen], self.v[chosen], self.cost[chosen], chosen)

    def _lists(self, u: IntVector, v: IntVector, cost: FloatVector, number: IntVector | None) -> Any:
        engine = self.engine
        if engine.compiled:
            first, other, length, edge = engine.neighbour_lists(engine.ints(u), engine.ints(v), cost, self.n)
            return first, other, length, edge if number is None else engine.ints(number[edge])
        edge = np.arange(len(u))
        tail, head, both = np.concatenate([u, v]), np.concatenate([v, u]), np.concatenate([edge, edge])
        order = np.argsort(tail * np.int64(self.n) + head, kind="stable")
        first = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=self.n))])
        both = both[order]
        return (
            engine.ints(first),
            engine.ints(head[order]),
            engine.floats(cost[both]),
            engine.ints(both if number is None else number[both]),
        )

    # Trees ---

    def _grown(self, graph: Any, start: int) -> Any:
        """The marks of the nodes of repeated shortest paths from `start`."""
        via = self.engine.ints(np.full(self.n, -1))
        self.engine.grow(graph, self.wanted, self.count, start, via)
        return self.engine.ints(np.asarray(via) >= 0)

    def _edges(self, size: int) -> IntVector:
        order, _, link = (np.asarray(part) for part in self.state)
        return np.asarray(np.asarray(self.graph[3])[link[order[1:size]]], dtype=np.int64)

    def _consider(self, inside: Any, start: int) -> float:
        """Polish the tree marked in `inside` and remember it."""
        size, total = self.engine.polish(
            self.graph, self.wanted, start, inside, self.state, PASSES, WALK_LIMIT
        )
        edges = np.sort(self._edges(size))
        self.elite[tuple(edges.tolist())] = total
        self.best = min(self.best, (total, edges.tolist()))
        return float(total)

    # Efforts ---

    def standard(self, most_ways: int) -> tuple[list[int], float]:
        """Several starts, a bound, and one recombination; a proof if no more than so many ways are left."""
        self._starts(
            min(STANDARD_STARTS, max(2 if self.n > LARGE else 4, STARTS_NODES // (self.n + self.count)))
        )
        bound = self._bound_and_prune(0)
        self._recombine(1, 1)
        bound = self._proved(bound, most_ways, STANDARD)
        return self.best[1], bound

    def thorough(self, most_ways: int) -> tuple[list[int], float]:
        """Many starts, recombinations on an ever smaller graph, and a proof where the rest is small."""
        bound = 0.0
        self._starts(min(THOROUGH_STARTS, max(6, 13 * STARTS_NODES // (self.n + self.count))))
        for root in self._spread(4):
            bound = max(bound, self._bound_and_prune(root))
            self._recombine(3, 4)
        bound = self._proved(bound, most_ways, THOROUGH)
        return self.best[1], bound

    def _proved(self, bound: float, most_ways: int, limits: dict[str, Any]) -> float:
        """The bound after a programme on what is left of the graph, if that is small enough.

        It asks for fractions, which lead to better trees, and for whole numbers if few ways are left then.
        """
        if bound >= self.best[0] * (1.0 - 1e-9):
            return bound
        chosen = np.flatnonzero(self.keep)
        left = slimmed(self.engine, self.u[chosen], self.v[chosen], self.cost[chosen], self.n, self.count)
        if len(left.u) > most_ways:
            return bound
        inner = Search(left, self.engine)
        inner.best = (self.best[0], [])

        def guide(share: FloatVector) -> float:
            inner._led_by(share)
            return inner.best[0]

        picked, least = tree_of_strands(left.strands(), 0, self.engine, guide=guide, **limits)
        for ways in (inner.best[1], picked):
            if ways:
                edges = chosen[left.corridors(ways)]
                edges = spanning_part(self.u, self.v, self.cost, edges, self.mask, 0)
                self.best = min(self.best, (math.fsum(self.cost[edges].tolist()), edges.tolist()))
        # What was struck out cannot be cheaper than the best tree known when it was struck out.
        return max(bound, min(self.best[0], rounded(least)))

    def _led_by(self, share: FloatVector) -> None:
        """A tree that prefers the ways bought for the most part."""
        first, other, cost, edge = self.graph
        lower = np.asarray(cost) * (1.0 - 0.999 * np.minimum(share, 1.0))[np.asarray(edge)]
        self._consider(self._grown((first, other, self.engine.floats(lower), edge), 0), 0)

    def _spread(self, how_many: int) -> list[int]:
        """Terminals (they are nodes 0 .. count - 1) evenly through the canonical order."""
        return sorted({i * self.count // how_many for i in range(min(how_many, self.count))})

    def _starts(self, how_many: int) -> None:
        """Trees from different terminals, all but the first grown under prices raised at random."""
        first, other, cost, edge = self.graph
        for i in range(how_many):
            start = i * self.count // how_many
            raised = cost
            if i > 0:
                noise = np.random.default_rng(i).random(self.m)
                raised = self.engine.floats(np.asarray(cost) * (1.0 + NOISE * noise[np.asarray(edge)]))
            self._consider(self._grown((first, other, raised, edge), start), start)

    def _bound_and_prune(self, root: int) -> float:
        """Dual ascent from `root`, a tree from what it saturates, and corridors struck out by reduced
        cost.
        """
        engine = self.engine
        arcs = len(self.graph[1])
        left = engine.floats(np.empty(arcs))
        bound = rounded(engine.ascend(self.graph, self.wanted, root, left, 2**31 - 1))
        free = np.zeros(self.m, dtype=bool)
        free[np.asarray(self.graph[3])[np.asarray(left) <= 0.0]] = True
        self._consider(self._grown(self._graph(free), root), root)
        back = engine.ints(np.zeros(arcs))
        engine.reverses(self.graph, back, self.m)
        out, into = engine.floats(np.zeros(self.n)), engine.floats(np.zeros(self.n))
        engine.from_root(self.graph, left, back, root, out)
        engine.to_wanted(self.graph, left, self.wanted, root, into)
        keep = engine.ints(self.keep)
        slack = (self.best[0] - bound) * (1.0 + 1e-9) + 1e-9 * self.best[0]
        engine.price_out(self.graph, left, back, out, into, slack, keep)
        self.keep = np.asarray(keep) > 0
        self.graph = self._graph(self.keep)
        self.elite = {edges: total for edges, total in self.elite.items() if self.keep[list(edges)].all()}
        return min(bound, self.best[0])

    def _recombine(self, rounds: int, roots: int) -> None:
        """Trees from what the best trees so far have together: good parts of different trees meet."""
        engine = self.engine
        for _ in range(rounds):
            before = self.best[0]
            ranked = sorted((total, edges) for edges, total in self.elite.items())[:8]
            if len(ranked) < 2:
                return
            union = np.zeros(self.m, dtype=bool)
            for _, edges in ranked:
                union[list(edges)] = True
            graph = self._graph(union)
            for root in self._spread(roots):
                left = engine.floats(np.empty(len(graph[1])))
                engine.ascend(graph, self.wanted, root, left, 2**31 - 1)
                free = np.zeros(self.m, dtype=bool)
                free[np.asarray(graph[3])[np.asarray(left) <= 0.0]] = True
                self._consider(self._grown(self._graph(free), root), root)
            if self.best[0] >= before:
                return


def rounded(bound: float) -> float:
    """A little less, so that rounding in a long sum never puts the bound above the best cost."""
    return bound * (1.0 - 1e-11)
