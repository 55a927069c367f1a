"""Whom to reach: the tree that serves most under a budget, or that is worth most, with a bound on what
could be reached.

Two ways to find it, the better kept: add the branch with most prize per cost again and again, and let
prizes pay for growing circles under a price of money (Goemans & Williamson with a Lagrangian). Then
branches are torn down and grown anew. Small cases end with an integer programme, large ones with the
bound of a dual ascent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors import graphs
from bbsim.planning.corridors.arrays import (
    Corridors,
    FloatVector,
    IntVector,
    amounts,
    number,
    pieces,
    read_edges,
    settled,
)
from bbsim.planning.corridors.kernels import choose
from bbsim.planning.reach import branching
from bbsim.planning.trees import dual_ascent, key_paths, local_search
from bbsim.planning.trees.arborescence import prize_arborescence

MODULES = (graphs, dual_ascent, key_paths, local_search, branching)
# ASSUMPTIONS, measured on planar graphs: more halvings or rounds gain under 0.1 %.
HALVINGS = 18
REBUILDS = 1_600
REBUILD_STEPS = 500_000  # rounds of tearing down and growing anew, times nodes and edges
BASES = 3  # of the trees first found that are rebuilt
MANY_ROUNDS = 600  # fewer go to the best of them alone
LARGE = 3_000  # nodes beyond which each round polishes less
OVERSPEND = 0.3  # share of the budget that may be overdrawn before branches are cut back
SLACK = 0.01  # a tree this much worse is still built on, ever less
TEARS = 40  # branches torn down in a round at most
NOISE = 0.8  # spread of the disturbed prizes (of their logarithm)
BOUND_PRICES = 14
EXACT_EDGES = 260  # corridors up to which the integer programme is asked


@dataclass(frozen=True, slots=True)
class PrizeTree:
    """Whom to reach, and how.

    Attributes
    ----------
    edges : positions in the caller's `u`, ascending.
    nodes : the nodes reached (the root among them), ascending.
    cost : of the edges.
    prize : of the nodes.
    upper_bound : under a budget alone, no tree within it has more prize; with `usd_per_prize`, none has more
        ``usd_per_prize * prize - cost``.
    """

    edges: IntVector
    nodes: IntVector
    cost: float
    prize: float
    upper_bound: float


def prize_collecting(
    u: npt.ArrayLike,
    v: npt.ArrayLike,
    cost: npt.ArrayLike,
    prize: npt.ArrayLike,
    root: int,
    *,
    budget: float | None = None,
    usd_per_prize: float | None = None,
) -> PrizeTree:
    """Which places should a tree from the root reach, when it cannot or need not reach all?

    Parameters
    ----------
    u, v : ends of the corridors, node numbers from 0, shape (m,).
    cost : cost of each corridor [usd], finite and not negative, shape (m,).
    prize : what reaching each node is worth (people, homes), finite and not negative, shape (n,).
    root : the node the tree grows from.
    budget : the tree may cost no more [usd]; the most prize within it is sought.
    usd_per_prize : what one unit of prize is worth [usd]; the most ``usd_per_prize * prize - cost`` is sought
        (within the budget, if there is one too).

    Raises
    ------
    ValueError : neither `budget` nor `usd_per_prize`, vectors that do not fit together, or no such root.

    Notes
    -----
    Goemans & Williamson (1995); Johnson, Minkoff & Phillips (2000) for the growth and pruning; the
    bound is Wong's dual ascent on the graph in which giving a place up is an arc from the root at its
    prize, priced by a Lagrangian.

    Examples
    --------
    >>> tree = prize_collecting([0, 1, 0], [1, 2, 3], [1.0, 1.0, 5.0], [0, 2, 9, 10], 0, budget=4.0)
    >>> tree.edges.tolist(), tree.nodes.tolist(), tree.prize, tree.upper_bound
    ([0, 1], [0, 1, 2], 11.0, 11.0)
    """
    if budget is None and usd_per_prize is None:
        raise ValueError("give a budget, or usd_per_prize (what one unit of prize is worth), or both")
    for name, value in (("budget", budget), ("usd_per_prize", usd_per_prize)):
        if value is not None and not 0.0 <= value < math.inf:
            raise ValueError(f"{name} must be finite and not negative, got {value}")
    tails, heads, price = read_edges(u, v, cost)
    worth = amounts(prize, "prize")
    n = len(worth)
    if len(tails) and max(tails.max(), heads.max()) >= n:
        raise ValueError(
            f"u and v name node {int(max(tails.max(), heads.max()))}, but prize has only {n} entries"
        )
    if not 0 <= root < n:
        raise ValueError(f"root must be a node below {n}, got {root}")
    # Only what hangs together with the root can be reached.
    label = pieces(n, tails, heads)
    reach = label == label[root]
    special = np.where(reach, worth, 0.0)
    special[root] = math.inf
    live = np.flatnonzero(reach[tails])
    corridors = number(tails[live], heads[live], price[live], n, special)
    room = float(price.sum()) if budget is None else float(budget)
    hunt = _Hunt(corridors, np.where(reach, worth, 0.0)[corridors.name], room, usd_per_prize)
    inside, bound = hunt.best()
    edges = np.sort(live[corridors.origin[hunt.edges(inside)]])
    nodes = np.unique(np.append(np.concatenate([tails[edges], heads[edges]]), root))
    _check(tails[edges], heads[edges], nodes, root)
    total, gained = math.fsum(price[edges].tolist()), math.fsum(worth[nodes].tolist())
    reached = gained if usd_per_prize is None else usd_per_prize * gained - total
    return PrizeTree(edges, nodes, total, gained, settled(max(reached, bound), reached))


def _check(tails: IntVector, heads: IntVector, nodes: IntVector, root: int) -> None:
    a, b = np.searchsorted(nodes, tails), np.searchsorted(nodes, heads)
    whole = len(nodes) == len(tails) + 1 and pieces(len(nodes), a, b).max(initial=0) == 0
    if not whole or root not in nodes:
        raise AssertionError("the tree found is not a tree from the root; this is a fault of bbsim")


class _Hunt:
    """One problem in canonical numbers: node 0 is the root, then by prize. ``worth`` is in dollars if
    prizes have a price.

    Sought: the most ``worth - toll * cost`` with cost within ``room``; the toll is 1 if prizes have a
    price, else 0.
    """

    def __init__(
        self, corridors: Corridors, prize: FloatVector, room: float, usd_per_prize: float | None
    ) -> None:
        self.corridors, self.n, self.m = corridors, corridors.n, len(corridors.u)
        self.room = room
        self.toll = 0.0 if usd_per_prize is None else 1.0
        self.worth = prize if usd_per_prize is None else prize * usd_per_prize
        self.rounds = int(min(REBUILDS, max(3, REBUILD_STEPS // (self.n + self.m))))
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
        self.prized = engine.ints(self.worth > 0.0)
        self.dollars = engine.floats(self.worth)
        self.least = 0.0 if self.toll == 0.0 else 1.0

    # Trees ---

    def best(self) -> tuple[npt.NDArray[np.bool_], float]:
        """The nodes of the best tree found, and a bound on its value."""
        found = [self._settled(self._alone())]
        found += [self._settled(inside) for inside in self._by_moats()]
        found.sort(key=lambda member: (-member[0], member[1], member[2]))
        found = list({member[2]: member for member in found}.values())[
            : BASES if self.rounds >= MANY_ROUNDS else 1
        ]
        rebuilt = [self._rebuilt(member, self.rounds // len(found)) for member in found]
        value, _, marks = min(rebuilt, key=lambda member: (-member[0], member[1], member[2]))
        inside = np.frombuffer(marks, dtype=np.bool_).copy()
        bound = self._bound()
        if self.m <= EXACT_EDGES and value < bound * (1.0 - 1e-9):
            c = self.corridors
            proof = prize_arborescence(c.u, c.v, c.cost, self.worth, 0, self.room, self.toll)
            bound = min(bound, proof.bound)
            if proof.nodes is not None:
                exact = self._settled(self.engine.ints(proof.nodes))
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

    def _settled(self, inside: Any) -> tuple[float, float, bytes]:
        """Make a tree cheaper, bring it within the budget, spend what is left; (value, cost, marks)."""
        engine = self.engine
        spent = self._joined_cheaply(inside)
        if spent > self.room:
            size, _ = engine.span(self.graph, inside, self.prized, 0, *self.state)
            order, parent, link = self.state
            engine.cut_back(order, size, parent, link, self.graph[2], self.dollars, inside, spent - self.room)
            spent = self._joined_cheaply(inside)
        for _ in range(4):
            added = engine.add_branches(self.graph, self.dollars, inside, self.room - spent, self.least)
            if added <= 0.0:
                break
            spent = self._joined_cheaply(inside)
        marks = np.asarray(inside) > 0
        value = math.fsum(self.worth[marks].tolist()) - self.toll * spent
        return value, spent, marks.tobytes()

    def _joined_cheaply(self, inside: Any) -> float:
        """Local search with the prized nodes reached as terminals; with a toll, drop what is not worth its
        cost.
        """
        engine = self.engine
        reached = (np.asarray(inside) > 0) & (self.worth > 0.0)
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

    def _rebuilt(self, member: tuple[float, float, bytes], rounds: int) -> tuple[float, float, bytes]:
        """Tear branches down at random, grow anew under disturbed prizes, keep what is better."""
        engine = self.engine
        rng = np.random.default_rng(0)
        best = current = member
        for turn in range(rounds):
            marks = np.frombuffer(current[2], dtype=np.bool_)
            inside = engine.ints(marks)
            size, _ = engine.span(self.graph, inside, self.prized, 0, *self.state)
            if size < 2:
                break
            order, parent, link = self.state
            goal = current[1] * rng.uniform(0.05, 1.0)
            torn = 0.0
            for top in rng.permutation(size - 1)[:TEARS].tolist():
                node = int(order[1 + top])
                if torn >= goal:
                    break
                if np.asarray(inside)[node] > 0:
                    before = np.asarray(inside).copy()
                    engine.drop_branch(order, size, parent, node, inside)
                    gone = (before > 0) & (np.asarray(inside) == 0)
                    price = float(self.cost[self.edge[np.asarray(link)[gone]]].sum())
                    if torn + price > goal * 1.5:
                        inside = engine.ints(before)
                    else:
                        torn += price
            spent = float(engine.span(self.graph, inside, self.prized, 0, *self.state)[1])
            noise = engine.floats(self.worth * np.exp(rng.normal(0.0, NOISE, self.n)))
            # Sometimes more than there is money for; the least worth is then cut back.
            room = self.room * (1.0 + max(0.0, rng.uniform(-OVERSPEND, OVERSPEND)))
            engine.add_branches(self.graph, noise, inside, room - spent, self.least)
            new = self._settled(inside)
            # A little worse is accepted early on, so that the search leaves the first valley.
            slack = SLACK * (1.0 - turn / rounds) * abs(best[0])
            if new[0] >= best[0] - slack:
                current = new
            if (-new[0], new[1]) < (-best[0], best[1]):
                best = new
        return best

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
