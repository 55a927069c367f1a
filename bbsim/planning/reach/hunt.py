"""One prize-collecting problem: its trees by two heuristics, made cheaper and brought within the budget, and
its bound.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors import graphs
from bbsim.planning.corridors.arrays import Corridors, FloatVector, IntVector, pieces
from bbsim.planning.corridors.kernels import choose
from bbsim.planning.reach import branching
from bbsim.planning.reach.rebuilding import Member, rebuilt
from bbsim.planning.trees import dual_ascent, exchanges, key_paths, local_search
from bbsim.planning.trees.arborescence import prize_arborescence

MODULES = (graphs, dual_ascent, key_paths, exchanges, local_search, branching)
# ASSUMPTIONS, measured on planar graphs: more halvings or rounds gain under 0.1 %.
HALVINGS = 18
REBUILDS = 1_600
EFFORTS = {"fast": 0.1, "standard": 1.0, "thorough": 4.0}  # of the rounds of `standard`
REBUILD_STEPS = 500_000  # rounds of tearing down and growing anew, times nodes and edges
BASES = 3  # of the trees first found that are rebuilt
MANY_ROUNDS = 600  # fewer go to the best of them alone
LARGE = 3_000  # nodes beyond which each round polishes less
BOUND_PRICES = 14
EXACT_EDGES = 260  # corridors up to which the integer programme is asked


class Hunt:
    """One problem in canonical numbers: node 0 is the root, then by prize. ``worth`` is in dollars if
    prizes have a price.

    Sought: the most ``worth - toll * cost`` with cost within ``room``; the toll is 1 if prizes have a
    price, else 0.
    """

    def __init__(
        self,
        corridors: Corridors,
        prize: FloatVector,
        room: float,
        usd_per_prize: float | None,
        share: float = 1.0,
    ) -> None:
        self.corridors, self.n, self.m = corridors, corridors.n, len(corridors.u)
        self.room = room
        self.toll = 0.0 if usd_per_prize is None else 1.0
        self.worth = prize if usd_per_prize is None else prize * usd_per_prize
        self.rounds = max(3, int(share * min(REBUILDS, REBUILD_STEPS // (self.n + self.m))))
        engine: Any = choose(MODULES, 60 * self.rounds * (self.n + self.m))
        self.engine = engine
        self.cost = corridors.cost
        tail = np.concatenate([corridors.u, corridors.v])
        head = np.concatenate([corridors.v, corridors.u])
        edge = np.tile(np.arange(self.m), 2)
        order = np.lexsort((edge, head, tail))
        self.first = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=self.n))])
        self.other, self.edge = head[order], edge[order]
        self.graph = (
            engine.ints(self.first),
            engine.ints(self.other),
            engine.floats(self.cost[self.edge]),
            engine.ints(self.edge),
        )
        zeros = np.zeros(self.n, dtype=np.int64)
        self.state = (engine.ints(zeros), engine.ints(zeros), engine.ints(zeros))
        self.before = engine.ints(zeros)
        self.prized = engine.ints(self.worth > 0.0)
        self.dollars = engine.floats(self.worth)
        self.least = 0.0 if self.toll == 0.0 else 1.0

    # Trees ---

    def best(self) -> tuple[npt.NDArray[np.bool_], float]:
        """The nodes of the best tree found, and a bound on its value."""
        found = [self.settled(self._alone())]
        found += [self.settled(inside) for inside in self._by_moats()]
        found.sort(key=lambda member: (-member[0], member[1], member[2]))
        found = list({member[2]: member for member in found}.values())[
            : BASES if self.rounds >= MANY_ROUNDS else 1
        ]
        better = [rebuilt(self, member, self.rounds // len(found)) for member in found]
        value, _, marks = min(better, key=lambda member: (-member[0], member[1], member[2]))
        inside = np.frombuffer(marks, dtype=np.bool_).copy()
        bound = self._bound()
        if self.m <= EXACT_EDGES and value < bound * (1.0 - 1e-9):
            c = self.corridors
            proof = prize_arborescence(c.u, c.v, c.cost, self.worth, 0, self.room, self.toll)
            bound = min(bound, proof.bound)
            if proof.nodes is not None:
                exact = self.settled(self.engine.ints(proof.nodes))
                if exact[0] > value:
                    inside = np.frombuffer(exact[2], dtype=np.bool_).copy()
        return inside, bound * (1.0 + 1e-11)

    def edges(self, inside: npt.NDArray[np.bool_]) -> IntVector:
        """The edges of the shortest tree over these nodes."""
        marks = self.engine.ints(inside)
        size, _ = self.engine.span(self.graph, marks, marks, 0, *self.state)
        order, link = np.asarray(self.state[0]), np.asarray(self.state[2])
        return np.asarray(self.edge[link[order[1:size]]], dtype=np.int64)

    def _alone(self) -> Any:
        return self.engine.ints(np.arange(self.n) == 0)

    def settled(self, inside: Any) -> Member:
        """Make a tree cheaper, bring it within the budget, spend what is left; (value, cost, marks)."""
        engine = self.engine
        spent = self.joined_cheaply(inside)
        if spent > self.room:
            size, _ = engine.span(self.graph, inside, self.prized, 0, *self.state)
            order, parent, link = self.state
            engine.cut_back(order, size, parent, link, self.graph[2], self.dollars, inside, spent - self.room)
            spent = self.joined_cheaply(inside)
        for _ in range(4):
            added = engine.add_branches(
                self.graph, self.dollars, inside, self.room - spent, self.least, self.before
            )
            if added <= 0.0:
                break
            spent = self.joined_cheaply(inside)
        marks = np.asarray(inside) > 0
        value = math.fsum(self.worth[marks].tolist()) - self.toll * spent
        return value, spent, marks.tobytes()

    def joined_cheaply(self, inside: Any, held: npt.NDArray[np.bool_] | None = None) -> float:
        """Local search with the prized nodes reached, or those `held`, as terminals; with a toll, drop what
        is not worth its cost.
        """
        engine = self.engine
        reached = (np.asarray(inside) > 0) & (self.worth > 0.0) if held is None else held
        reached[0] = True
        wanted = engine.ints(reached)
        passes = 6 if self.n <= LARGE else 2
        size, total = engine.polish(self.graph, wanted, 0, inside, self.state, passes, 60)
        if self.toll > 0.0:
            order, parent, link = self.state
            engine.keep_worthy(order, size, parent, link, self.graph[2], self.dollars, inside)
            _, total = engine.span(self.graph, inside, self.prized, 0, *self.state)
        return float(total)

    def _by_moats(self) -> list[Any]:
        """The trees of growing circles: one if prizes have a price, else those around the price that spends
        the budget.
        """
        if self.toll > 0.0:
            return [self._moat_tree(1.0)[0]]
        total = float(self.worth[1:].sum())
        if total <= 0.0:
            return []
        low, high = (
            0.0,
            4.0 * max(float(self.cost.sum()), 1e-12) / max(float(self.worth[self.worth > 0.0].min()), 1e-12),
        )
        trees: list[tuple[float, Any]] = []
        middle = float(self.cost.sum()) / total
        for _ in range(HALVINGS):
            inside, spent = self._moat_tree(middle)
            trees.append((spent, inside))
            if spent <= self.room:
                low = middle
            else:
                high = middle
            middle = math.sqrt(low * high) if low > 0.0 else middle / 4.0
        trees.sort(key=lambda tree: tree[0])
        within = [tree[1] for tree in trees if tree[0] <= self.room]
        beyond = [tree[1] for tree in trees if tree[0] > self.room]
        return within[-2:] + beyond[:2]

    def _moat_tree(self, price: float) -> tuple[Any, float]:
        """Circles paid with prizes times price, cut back to the branches that are worth it."""
        engine = self.engine
        worth = engine.floats(self.worth * price)
        joined = engine.ints(np.zeros(self.m))
        engine.moats(self.graph, worth, 0, joined)
        paid = np.flatnonzero(np.asarray(joined) > 0)
        label = pieces(self.n, self.corridors.u[paid], self.corridors.v[paid])
        inside = engine.ints(label == label[0])
        size, _ = engine.span(self.graph, inside, self.prized, 0, *self.state)
        order, parent, link = self.state
        engine.keep_worthy(order, size, parent, link, self.graph[2], worth, inside)
        _, total = engine.span(self.graph, inside, self.prized, 0, *self.state)
        return inside, float(total)

    # Bounds ---

    def _bound(self) -> float:
        """No tree within the budget is worth more: the best of several prices of money.

        For any extra price t >= 0 of a dollar, ``worth - toll * cost <= W - (toll + t) * D + t *
        room``, with W all worth there is and D a lower bound on cost plus worth given up, valued at 1 /
        (toll + t) dollars.
        """
        everything = math.fsum(self.worth.tolist())
        best = everything
        if self.toll > 0.0:
            best = min(best, everything - self._lost(1.0))
        spare = float(self.cost.sum())
        if self.room >= spare or everything <= self.worth[0]:
            return max(best, float(self.worth[0]))
        scale = everything / max(spare, 1e-300)
        tried: dict[float, float] = {}

        def at(log_price: float) -> float:
            if log_price not in tried:
                price = scale * math.exp(log_price)
                whole = self.toll + price
                tried[log_price] = everything - whole * self._lost(1.0 / whole) + price * self.room
            return tried[log_price]

        low, high = -5.0, 7.0
        golden = 0.5 * (math.sqrt(5.0) - 1.0)
        for _ in range(BOUND_PRICES):
            a, b = high - golden * (high - low), low + golden * (high - low)
            if at(a) <= at(b):
                high = b
            else:
                low = a
        return max(float(self.worth[0]), min([best, *tried.values()]))

    def _lost(self, scale: float) -> float:
        """A lower bound on the cost of a tree plus `scale` times the worth it gives up, by dual ascent."""
        engine = self.engine
        prized = np.flatnonzero(self.worth[1:] > 0.0) + 1
        k, n = len(prized), self.n
        never = 4.0 * (float(self.cost.sum()) + scale * float(self.worth.sum()) + 1.0)
        # Node n + i stands for "place i is served or given up": entered from the place free, from the root
        # at its worth.
        extra = np.arange(n, n + k)
        tail = np.concatenate(
            [np.repeat(np.arange(n), np.diff(self.first)), extra, extra, prized, np.zeros(k, dtype=np.int64)]
        )
        head = np.concatenate([self.other, prized, np.zeros(k, dtype=np.int64), extra, extra])
        price = np.concatenate(
            [self.cost[self.edge], np.zeros(k), scale * self.worth[prized], np.full(2 * k, never)]
        )
        order = np.lexsort((head, tail))
        first = np.concatenate([[0], np.cumsum(np.bincount(tail, minlength=n + k))])
        graph = (
            engine.ints(first),
            engine.ints(head[order]),
            engine.floats(price[order]),
            engine.ints(np.zeros(len(order))),
        )
        wanted = engine.ints(np.arange(n + k) >= n)
        left = engine.floats(np.zeros(len(order)))
        return float(engine.ascend(graph, wanted, 0, left, 2**31 - 1)) * (1.0 - 1e-11)
