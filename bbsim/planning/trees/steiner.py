"""The least-cost network joining given places over a corridor graph, with a bound that says how near the
best it is.

Junctions are free to use. `fast` joins the regions around the places and exchanges once; `standard` starts
from several places, recombines the trees found, and improves each by local search; `thorough` starts from
many, strikes corridors that no better tree can use, and ends small cases with a proof. Every tree is checked
before it is handed out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors import graphs
from bbsim.planning.corridors.arrays import (
    Corridors,
    FloatVector,
    IntVector,
    number,
    pieces,
    read_edges,
    settled,
    whole_numbers,
)
from bbsim.planning.corridors.chains import join_chains
from bbsim.planning.corridors.kernels import Engine, choose
from bbsim.planning.trees import dual_ascent, key_paths, local_search, quick_tree
from bbsim.planning.trees.arborescence import tree_of_strands

Effort = Literal["fast", "standard", "thorough"]
MODULES = (graphs, dual_ascent, key_paths, local_search)
# ASSUMPTIONS, all measured on planar graphs of 80 to 100,000 nodes: the starts of `standard` cost together
# about as much as three runs of networkx's tree; trees grown under prices raised by up to NOISE differ
# enough that the best of eight is half as far from the optimum as with true prices (0.14 against 0.52 % at
# 1,000 nodes and 50 places).
STANDARD_STARTS = 24
THOROUGH_STARTS = 64
STARTS_NODES = 8_000  # nodes and terminals that the starts of `standard` may visit together
NOISE = 0.8
LARGE = 12_000  # nodes beyond which `standard` starts only twice
PASSES = 60  # of local search; it ends by itself after five to ten
WALK_LIMIT = 400  # tree edges looked at between two neighbours of a node to be put in
QUICK_WAYS = 700  # ways left, chains joined, for which `standard` proves its tree: some tenths of a second
ROAD_WAYS = 1_200  # the same on a road map, most of whose nodes are bends: programmes of its shape are easy
EXACT_WAYS = 1_500  # the same for `thorough`: some seconds


@dataclass(frozen=True, slots=True)
class SteinerTree:
    """A tree joining all terminals.

    Attributes
    ----------
    edges : positions in the caller's `u`, ascending.
    cost : their sum, in the unit of `cost`.
    lower_bound : no tree joining the terminals costs less; never above `cost`.
    """

    edges: IntVector
    cost: float
    lower_bound: float

    @property
    def gap_share(self) -> float:
        """At most this share above the best possible (0: proven best)."""
        return (
            0.0
            if self.cost <= self.lower_bound
            else (self.cost - self.lower_bound) / max(self.lower_bound, 1e-300)
        )


def steiner_tree(
    u: npt.ArrayLike,
    v: npt.ArrayLike,
    cost: npt.ArrayLike,
    terminals: npt.ArrayLike,
    *,
    effort: Effort = "standard",
) -> SteinerTree:
    """Which corridors join all terminals at least cost?

    Parameters
    ----------
    u, v : ends of the corridors, node numbers from 0, shape (m,).
    cost : cost of each corridor in any unit, finite and not negative, shape (m,); 0 is kept (re-used fibre).
    terminals : nodes to be joined; repetitions are forgiven.
    effort : "fast", "standard" or "thorough".

    Raises
    ------
    ValueError : vectors that do not fit together, an unknown effort, no terminal, or terminals that no
        path joins.

    Notes
    -----
    Mehlhorn (1988) and one round of exchanges for `fast`; Takahashi & Matsuyama (1980) for the other trees;
    Wong (1984) for their bound (that of `fast` is half a spanning tree); Uchoa & Werneck (2012) for the local
    search.

    Examples
    --------
    A junction in the middle of three places is worth using:

    >>> tree = steiner_tree([0, 1, 2, 0, 1], [3, 3, 3, 1, 2], [1.0, 1.0, 1.0, 1.9, 1.9], [0, 1, 2])
    >>> tree.edges.tolist(), tree.cost, tree.lower_bound
    ([0, 1, 2], 3.0, 3.0)
    """
    if effort not in ("fast", "standard", "thorough"):
        raise ValueError(f"effort must be fast, standard or thorough, got {effort!r}")
    tails, heads, price = read_edges(u, v, cost)
    wanted = whole_numbers(terminals, "terminals")
    if len(wanted) == 0:
        raise ValueError("terminals must name at least one node")
    n = 1 + int(max(wanted.max(), tails.max(initial=0), heads.max(initial=0)))
    mask = np.zeros(n, dtype=np.int64)
    mask[wanted] = 1
    count = int(mask.sum())
    if count == 1:
        return SteinerTree(np.zeros(0, dtype=np.int64), 0.0, 0.0)
    if effort == "fast":
        engine = choose(quick_tree.MODULES, 12 * (n + len(tails)))
        chosen, bound = quick_tree.quick_tree(n, tails, heads, price, mask, engine)
        if len(chosen) < count - 1:
            _require_joined(np.flatnonzero(mask), pieces(n, tails, heads)[mask > 0])
    else:
        corridors = number(tails, heads, price, n, mask.astype(np.float64))
        _require_joined(corridors.name[:count], pieces(n, corridors.u, corridors.v)[:count])
        engine = choose(MODULES, 2000 * (n + len(tails)))
        search = _Search(corridors, (np.arange(n) < count).astype(np.int64), count, engine)
        edges, bound = search.standard() if effort == "standard" else search.thorough()
        chosen = corridors.origin[edges]
    chosen = np.sort(chosen)
    total = math.fsum(price[chosen].tolist())
    if not _joins(engine, tails[chosen], heads[chosen], mask, count):
        raise AssertionError("the tree found is not a tree over all terminals; this is a fault of bbsim")
    return SteinerTree(chosen, total, max(0.0, settled(min(total, bound), total)))


def _require_joined(terminals: IntVector, label: IntVector) -> None:
    """`label` is the piece that each terminal is in."""
    start = int(np.argmin(terminals))
    lost = terminals[label != label[start]]
    if len(lost):
        shown = ", ".join(str(x) for x in np.sort(lost)[:10].tolist())
        more = f" and {len(lost) - 10} more" if len(lost) > 10 else ""
        raise ValueError(f"no corridors join terminal {terminals[start]} to {shown}{more}")


def _joins(engine: Any, tails: IntVector, heads: IntVector, mask: IntVector, count: int) -> bool:
    """Whether the edges are one tree over all marked nodes: an independent check of what is handed out."""
    if engine.compiled:
        return bool(engine.is_tree(engine.ints(tails), engine.ints(heads), engine.ints(mask), count))
    nodes = np.unique(np.concatenate([tails, heads]))
    label = pieces(len(nodes), np.searchsorted(nodes, tails), np.searchsorted(nodes, heads))
    one = len(nodes) == len(tails) + 1 and label.max(initial=0) == 0
    return bool(one and mask[nodes].sum() == count)


class _Search:
    """One problem in the numbering of its corridors, in one engine's vectors."""

    def __init__(self, corridors: Corridors, wanted: IntVector, count: int, engine: Engine) -> None:
        self.engine: Any = engine
        self.n, self.m, self.count = corridors.n, len(corridors.u), count
        self.u, self.v, self.cost = corridors.u, corridors.v, corridors.cost
        self.mask = wanted
        self.wanted = engine.ints(wanted)
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

    def standard(self) -> tuple[IntVector, float]:
        """Several starts, a bound, and one recombination."""
        self._starts(
            min(STANDARD_STARTS, max(2 if self.n > LARGE else 4, STARTS_NODES // (self.n + self.count)))
        )
        bound = self._bound_and_prune(0)
        self._recombine(1, 1)
        degree = np.bincount(np.concatenate([self.u, self.v]), minlength=self.n)
        roads = np.count_nonzero(degree > 2) < np.count_nonzero(degree == 2)
        bound = self._proved(bound, ROAD_WAYS if roads else QUICK_WAYS)
        return np.asarray(self.best[1], dtype=np.int64), bound

    def thorough(self) -> tuple[IntVector, float]:
        """Many starts, recombinations on an ever smaller graph, and a proof where the rest is small."""
        bound = 0.0
        self._starts(min(THOROUGH_STARTS, max(6, 10 * STARTS_NODES // (self.n + self.count))))
        for root in self._spread(4):
            bound = max(bound, self._bound_and_prune(root))
            self._recombine(3, 4)
        bound = self._proved(bound, EXACT_WAYS)
        return np.asarray(self.best[1], dtype=np.int64), bound

    def _proved(self, bound: float, most_ways: int) -> float:
        """The bound after the integer programme on what is left of the graph, if that is small enough."""
        chosen = np.flatnonzero(self.keep)
        u, v, cost = self.u[chosen], self.v[chosen], self.cost[chosen]
        degree = np.bincount(np.concatenate([u, v]), minlength=self.n)
        bends = int(np.count_nonzero((degree > 0) & (degree <= 2) & (self.mask == 0)))
        if len(chosen) - bends > 1.8 * most_ways or bound >= self.best[0] * (1.0 - 1e-9):
            return bound
        strands = join_chains(u, v, cost, np.arange(len(chosen)), np.arange(self.count))
        if len(strands.cost) > most_ways:
            return bound
        proof = tree_of_strands(u, v, cost, self.mask, strands, 0, self.engine)
        if proof.edges is not None and proof.cost < self.best[0] * (1.0 - 1e-9):
            self.best = (proof.cost, chosen[proof.edges].tolist())
        # What was struck out cannot be cheaper than the best tree known when it was struck out.
        return max(bound, min(self.best[0], _rounded(proof.bound)))

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
        bound = _rounded(engine.ascend(self.graph, self.wanted, root, left, 2**31 - 1))
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


def _rounded(bound: float) -> float:
    """A little less, so that rounding in a long sum never puts the bound above the best cost."""
    return bound * (1.0 - 1e-11)
