"""The provably cheapest tree, where the graph is small enough: directed cuts from a root.

Every set of nodes that holds a wanted node but not the root must be entered (Wong 1984). The programme
starts from the sets whose prices a dual ascent raised, which are nearly all that it needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors import graphs
from bbsim.planning.corridors.arrays import FloatVector, IntVector
from bbsim.planning.corridors.chains import Strands, join_chains
from bbsim.planning.corridors.cut_programs import FEASIBLE, CutProgram, Row, min_cut, solve_with_cuts
from bbsim.planning.corridors.kernels import engine_of
from bbsim.planning.trees import dual_ascent

WALLS = 40  # arcs of raised sets that are remembered, in multiples of all edges


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
    return tree_of_strands(u, v, cost, wanted, strands, int(np.searchsorted(terminals, root)), engine)


def tree_of_strands(
    u: IntVector,
    v: IntVector,
    cost: FloatVector,
    wanted: IntVector,
    strands: Strands,
    start: int,
    engine: Any = None,
) -> Proof:
    """The same for a graph whose chains are joined already; `start` is the root's number among terminals."""
    m, n, inside = len(strands.cost), strands.inside + strands.outside, strands.inside
    tails, heads = np.concatenate([strands.a, strands.b]), np.concatenate([strands.b, strands.a])
    program = CutProgram(np.tile(strands.cost, 2), np.where(heads == start, 0.0, 1.0))
    order = np.argsort(heads, kind="stable")
    into = np.split(order, np.searchsorted(heads[order], np.arange(1, n)))
    marks = (np.arange(n) < inside).astype(np.int64)
    program.add(_degree_rows(into, m, marks, start))
    engine = engine if engine is not None else engine_of((graphs, dual_ascent), False)
    program.add([_entered(arcs) for arcs in _raised(strands, marks, start, engine)])

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

    x, bound = solve_with_cuts(program, broken)
    if x is None:
        return Proof(None, math.inf, bound)
    picked = np.flatnonzero((x[:m] > 0.5) | (x[m:] > 0.5)).tolist()
    chosen = np.unique(np.concatenate([strands.edges[i] for i in picked] or [order[:0]]))
    chosen = _spanning_part(u, v, cost, chosen, wanted, int(np.flatnonzero(wanted > 0)[start]))
    return Proof(chosen, math.fsum(cost[chosen].tolist()), bound)


def _entered(arcs: IntVector) -> Row:
    return arcs, np.ones(len(arcs)), 1.0, math.inf


def _raised(strands: Strands, marks: IntVector, start: int, engine: Any) -> list[IntVector]:
    """The arcs into each set whose price a dual ascent raises."""
    m, n = len(strands.cost), len(marks)
    ends = engine.ints(strands.a), engine.ints(strands.b)
    graph = engine.neighbour_lists(*ends, engine.floats(strands.cost), n)
    left = engine.floats(np.zeros(2 * m))
    first, arcs = engine.ints(np.zeros(4 * (n + m))), engine.ints(np.zeros(WALLS * m))
    engine.ascend_noting(graph, engine.ints(marks), start, left, 2**31 - 1, (first, arcs))
    starts = np.asarray(first)
    count = int(np.count_nonzero(starts))
    places = np.asarray(arcs)[: starts[count]]
    owner = np.repeat(np.arange(n), np.diff(np.asarray(graph[0])))
    edge = np.asarray(graph[3])[places].astype(np.int64)
    columns = np.where(owner[places] == strands.b[edge], edge, edge + m)
    sets = {np.sort(part).tobytes(): np.sort(part) for part in np.split(columns, starts[1:count])}
    return [part for part in sets.values() if len(part)]


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


def _spanning_part(
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
