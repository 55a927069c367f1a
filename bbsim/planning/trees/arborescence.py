"""The provably cheapest tree, where the graph is small enough: directed cuts from a root.

Every set of nodes that holds a wanted node but not the root must be entered (Wong 1984). The programme
starts from the sets whose prices a dual ascent raised, which are nearly all that it needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors import graphs
from bbsim.planning.corridors.arrays import FloatVector, IntVector
from bbsim.planning.corridors.chains import Strands, join_chains
from bbsim.planning.corridors.cut_programs import (
    FEASIBLE,
    CutProgram,
    Row,
    Solution,
    min_cut,
    solve_with_cuts,
)
from bbsim.planning.corridors.kernels import engine_of
from bbsim.planning.trees import dual_ascent

WALLS = 40  # arcs of raised sets that are remembered, in multiples of all edges
SHORT = 1e-9  # of the bound: what rounding in the solver may have added to it
Guide = Callable[[FloatVector], float]


@dataclass(frozen=True, slots=True)
class Proof:
    """The best tree of an integer programme (None if the limits came first) and the bound proved."""

    edges: IntVector | None
    cost: float
    bound: float


def steiner_arborescence(
    u: IntVector, v: IntVector, cost: FloatVector, wanted: IntVector, root: int, engine: Any = None
) -> Proof:
    """The cheapest tree over all nodes marked in `wanted`, by directed cuts from `root`.

    `engine` may hold the compiled kernels of `graphs` and `dual_ascent`; the answer is the same.
    """
    terminals = np.flatnonzero(wanted > 0)
    strands = join_chains(u, v, cost, np.arange(len(u)), terminals)
    engine = engine if engine is not None else engine_of((graphs, dual_ascent), False)
    start = int(np.searchsorted(terminals, root))
    picked, bound = tree_of_strands(strands, start, engine)
    if picked is None:
        return Proof(None, math.inf, bound)
    chosen = np.unique(np.concatenate([strands.edges[i] for i in picked] or [terminals[:0]]))
    chosen = spanning_part(u, v, cost, chosen, wanted, root)
    return Proof(chosen, math.fsum(cost[chosen].tolist()), bound)


def tree_of_strands(
    strands: Strands,
    start: int,
    engine: Any,
    *,
    guide: Guide | None = None,
    whole_ways: int | None = None,
    enough: float = 0.0,
    nodes: int = 20_000,
) -> tuple[list[int] | None, float]:
    """Numbers of the strands of the cheapest tree (None if the limits came first), and a bound.

    Parameters
    ----------
    strands : the ways, of which chains are joined already.
    start : the root's number among the terminals.
    engine : with the kernels of `graphs` and `dual_ascent`.
    guide : told how far each strand is bought in fractions, answers with the cost of the best tree known;
        strands that no cheaper tree uses are then struck.
    whole_ways : whole numbers are asked for only while no more ways than this are left;
    enough : if more are left, a bound within this share of the best is enough.
    nodes : how far an integer programme may branch.
    """
    m, n, inside = len(strands.cost), strands.inside + strands.outside, strands.inside
    ways = _Ways(strands, start, engine)
    tails, heads = ways.tails, ways.heads
    # In units of a mean way: the solver's tolerances are of absolute size.
    unit = float(strands.cost.mean()) or 1.0
    program = CutProgram(np.tile(strands.cost, 2) / unit, np.where(heads == start, 0.0, 1.0), nodes=nodes)
    program.add(_degree_rows(ways.into, m, ways.marks, start))
    program.add([_entered(arcs) for arcs in ways.raised()])

    def broken(x: FloatVector, _whole: bool) -> list[Row]:
        rows: dict[bytes, Row] = {}
        room = x + 1e-7
        for target in _unsure(tails, heads, x, n, start, inside):
            flow, near_root, near_target = min_cut(n, tails, heads, room, start, target)
            if flow > 1.0 - 1e-5:
                continue
            for inner in (near_root, ~near_target):
                columns = np.flatnonzero(inner[tails] & ~inner[heads])
                rows[columns.tobytes()] = _entered(columns)
                # The next target should find another way round: these arcs count as bought.
                room[columns] = 1.0
        return list(rows.values())

    def few_enough() -> bool:
        return whole_ways is None or int(program.upper.reshape(2, m).any(axis=0).sum()) <= whole_ways

    def between(answer: Solution) -> bool:
        assert guide is not None
        assert answer.reduced is not None
        best = guide(np.maximum(answer.x[:m], answer.x[m:]))
        slack = max(0.0, best - answer.objective * unit * (1.0 - SHORT)) + SHORT * best
        lost = np.flatnonzero((ways.dearer_by(answer.reduced * unit) > slack) & (program.upper > 0.0))
        program.shut(lost)
        return slack > 3.0 * SHORT * best and (slack > enough * best or few_enough())

    led = None if guide is None else between
    x, bound = solve_with_cuts(program, broken, between=led, whole=few_enough)
    bound *= unit * (1.0 - 0.5 * SHORT)
    if x is None:
        return None, bound
    return np.flatnonzero((x[:m] > 0.5) | (x[m:] > 0.5)).tolist(), bound


def _entered(arcs: IntVector) -> Row:
    return arcs, np.ones(len(arcs)), 1.0, math.inf


class _Ways:
    """Strands as arcs in both directions: column i runs along strand i, column m + i against it."""

    def __init__(self, strands: Strands, start: int, engine: Any) -> None:
        self.engine, self.start = engine, start
        self.m, self.n = len(strands.cost), strands.inside + strands.outside
        self.tails = np.concatenate([strands.a, strands.b])
        self.heads = np.concatenate([strands.b, strands.a])
        order = np.argsort(self.heads, kind="stable")
        self.into = np.split(order, np.searchsorted(self.heads[order], np.arange(1, self.n)))
        self.marks = (np.arange(self.n) < strands.inside).astype(np.int64)
        self.wanted = engine.ints(self.marks)
        ends = engine.ints(strands.a), engine.ints(strands.b)
        self.graph = engine.neighbour_lists(*ends, engine.floats(strands.cost), self.n)
        owner = np.repeat(np.arange(self.n), np.diff(np.asarray(self.graph[0])))
        edge = np.asarray(self.graph[3]).astype(np.int64)
        self.column = np.where(owner == strands.b[edge], edge, edge + self.m)
        self.back = engine.ints(np.zeros(2 * self.m))
        engine.reverses(self.graph, self.back, self.m)

    def raised(self) -> list[IntVector]:
        """The arcs into each set whose price a dual ascent raises."""
        engine = self.engine
        left = engine.floats(np.zeros(2 * self.m))
        first = engine.ints(np.zeros(4 * (self.n + self.m)))
        arcs = engine.ints(np.zeros(WALLS * self.m))
        engine.ascend_noting(self.graph, self.wanted, self.start, left, 2**31 - 1, (first, arcs))
        starts = np.asarray(first)
        count = int(np.count_nonzero(starts))
        columns = self.column[np.asarray(arcs)[: starts[count]]]
        sets = {np.sort(part).tobytes(): np.sort(part) for part in np.split(columns, starts[1:count])}
        return [part for part in sets.values() if len(part)]

    def dearer_by(self, reduced: FloatVector) -> FloatVector:
        """How much dearer than the bound a tree is at least that uses each arc, by these reduced costs."""
        engine = self.engine
        left = engine.floats(reduced[self.column])
        out, into = engine.floats(np.zeros(self.n)), engine.floats(np.zeros(self.n))
        engine.from_root(self.graph, left, self.back, self.start, out)
        engine.to_wanted(self.graph, left, self.wanted, self.start, into)
        return np.asarray(np.asarray(out)[self.tails] + reduced + np.asarray(into)[self.heads])


def _unsure(tails: IntVector, heads: IntVector, x: FloatVector, n: int, start: int, inside: int) -> list[int]:
    """The terminals that no way of arcs bought whole joins to the root."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order

    sure = x > 1.0 - FEASIBLE
    matrix = csr_matrix((np.ones(int(sure.sum())), (tails[sure], heads[sure])), shape=(n, n))
    unsure = np.ones(n, dtype=bool)
    unsure[breadth_first_order(matrix, start, return_predecessors=False)] = False
    return np.flatnonzero(unsure[:inside]).tolist()


def _degree_rows(into: list[IntVector], m: int, wanted: IntVector, root: int) -> list[Row]:
    """Each wanted node is entered once; another at most once, and only by way of going on (flow balance)."""
    rows: list[Row] = []
    for x, arcs in enumerate(into):
        if len(arcs) == 0 or x == root:
            continue
        once = np.ones(len(arcs))
        if wanted[x] > 0:
            rows.append((arcs, once, 1.0, 1.0))
            continue
        rows.append((arcs, once, 0.0, 1.0))
        leaving = (arcs + m) % (2 * m)
        rows.append((np.concatenate([leaving, arcs]), np.concatenate([once, -once]), 0.0, math.inf))
        for arc, back in zip(arcs.tolist(), leaving.tolist(), strict=True):
            # An arc out of x is only worth its price when x is entered from elsewhere.
            others = arcs[arcs != arc]
            columns = np.append(others, back)
            rows.append((columns, np.append(np.ones(len(others)), -1.0), 0.0, math.inf))
    return rows


def spanning_part(
    u: IntVector, v: IntVector, cost: FloatVector, chosen: IntVector, wanted: IntVector, root: int
) -> IntVector:
    """The edges of a tree among the chosen ones (zero-cost edges may close cycles), less unwanted leaves."""
    home: dict[int, int] = {}

    def find(x: int) -> int:
        while home.setdefault(x, x) != x:
            home[x] = home[home[x]]
            x = home[x]
        return x

    kept: list[int] = []
    for e in chosen[np.lexsort((chosen, cost[chosen]))].tolist():
        a, b = find(int(u[e])), find(int(v[e]))
        if a != b:
            home[a] = b
            kept.append(e)
    here = find(root)
    kept = [e for e in kept if find(int(u[e])) == here]
    while True:
        degree: dict[int, int] = {}
        for e in kept:
            for x in (int(u[e]), int(v[e])):
                degree[x] = degree.get(x, 0) + 1
        slim = [e for e in kept if all(degree[x] > 1 or wanted[x] > 0 for x in (int(u[e]), int(v[e])))]
        if len(slim) == len(kept):
            return np.array(sorted(kept), dtype=np.int64)
        kept = slim


@dataclass(frozen=True, slots=True)
class PrizeProof:
    """Marks of the nodes of the best tree (None if the limits came first), and a bound on its value."""

    nodes: npt.NDArray[np.bool_] | None
    bound: float


def prize_arborescence(
    u: IntVector, v: IntVector, cost: FloatVector, worth: FloatVector, root: int, room: float, toll: float
) -> PrizeProof:
    """The tree from `root` with the most ``worth - toll * cost`` among those that cost no more than
    `room`.
    """
    m, n = len(u), len(worth)
    tails, heads = np.concatenate([u, v]), np.concatenate([v, u])
    price = np.concatenate([cost, cost])
    # Columns: arcs, then nodes reached.
    upper = np.concatenate([np.where(heads == root, 0.0, 1.0), np.ones(n)])
    program = CutProgram(np.concatenate([toll * price, -worth]), upper)
    node = 2 * m + np.arange(n)
    rows: list[Row] = [(np.arange(2 * m), price, -math.inf, room), (node[[root]], np.ones(1), 1.0, 1.0)]
    for x in range(n):
        arcs = np.flatnonzero(heads == x)
        if x != root:
            rows.append((np.append(arcs, node[x]), np.append(np.ones(len(arcs)), -1.0), 0.0, 0.0))
        for arc in arcs.tolist():
            back = (arc + m) % (2 * m)
            rows.append((np.array([arc, back, node[tails[arc]]]), np.array([1.0, 1.0, -1.0]), -math.inf, 0.0))
    program.add(rows)

    def broken(x: FloatVector, _whole: bool) -> list[Row]:
        found: dict[bytes, Row] = {}
        room_left = x[: 2 * m] + 1e-7
        for target in np.flatnonzero((x[2 * m :] > 1e-4) & (np.arange(n) != root)).tolist():
            due = x[2 * m + target]
            flow, near_root, near_target = min_cut(n, tails, heads, room_left, root, target)
            if flow > due - 1e-5:
                continue
            for inner in (near_root, ~near_target):
                columns = np.flatnonzero(inner[tails] & ~inner[heads])
                found[columns.tobytes() + bytes([target % 256])] = (
                    np.append(columns, node[target]),
                    np.append(np.ones(len(columns)), -1.0),
                    0.0,
                    math.inf,
                )
                room_left[columns] = 1.0
        return list(found.values())

    values, bound = solve_with_cuts(program, broken, floor=-math.inf)
    return PrizeProof(None if values is None else values[2 * m :] > 0.5, -bound)
