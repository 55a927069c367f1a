"""The linear program that mixes trees: one row an edge, one row a source, one column a tree.

Maximise λ subject to ``Σ load/capacity × share ≤ 1`` on every edge and ``Σ share of a source's trees ≥ λ``.
Its dual prices are what asks for the next trees. Two ways to HiGHS: highspy keeps the basis from round to
round, scipy starts afresh each time.
"""

from __future__ import annotations

import importlib.util
from typing import Any, Protocol

import numpy as np

from bbsim.traffic._arrays import Floats, Ints, spread, sums


class Master(Protocol):
    """What column generation asks of its linear program."""

    def add(self, begin: Ints, edge: Ints, load: Floats) -> None:
        """Take in one tree a source."""

    def improves(self, begin: Ints, edge: Ints, load: Floats, worth: Floats) -> bool:
        """Whether any of the trees is cheaper than what its source pays; only those are taken in."""

    def solve(self) -> tuple[float, Floats, Floats]:
        """λ, the price of each edge, and what each source pays."""

    def answer(self) -> tuple[Floats, float]:
        """Load of each edge, and λ."""


class _Columns:
    """The trees taken in so far, and their sums."""

    def __init__(self, used: Ints, capacity: Floats, sources: int) -> None:
        self.used, self.capacity, self.sources = used, capacity, sources
        self.row_of = np.full(capacity.size, -1, dtype=np.int64)
        self.row_of[used] = np.arange(used.size)
        self.price = np.zeros(capacity.size)
        self.share = np.zeros(0)
        self.source = np.zeros(0, dtype=np.int64)
        self.pieces: list[tuple[Ints, Ints, Floats]] = []
        self.cheap: Ints | None = None
        self.count = 0

    def _fresh(self, begin: Ints, edge: Ints, load: Floats) -> tuple[Ints, Ints, Ints, Floats]:
        """Source, begin, edge and load of the trees to take in; the others are left out."""
        source = np.arange(self.sources) if self.cheap is None else self.cheap
        size = np.diff(begin)[source]
        entry = spread(begin[source], size)
        first = np.zeros(source.size + 1, dtype=np.int64)
        np.cumsum(size, out=first[1:])
        self.source = np.concatenate([self.source, source])
        self.pieces.append((np.repeat(self.count + np.arange(source.size), size), edge[entry], load[entry]))
        self.count += source.size
        return source, first, edge[entry], load[entry]

    def improves(self, begin: Ints, edge: Ints, load: Floats, worth: Floats) -> bool:
        spent = load * self.price[edge] / self.capacity[edge]
        cost = sums(np.repeat(np.arange(self.sources), np.diff(begin)), spent, self.sources)
        self.cheap = np.flatnonzero(cost < worth - 1e-9 * max(1.0 / self.sources, float(worth.max())))
        return self.cheap.size > 0

    def answer(self) -> tuple[Floats, float]:
        column, edge, load = (np.concatenate(part) for part in zip(*self.pieces, strict=True))
        share = np.maximum(self.share, 0.0)
        served = sums(self.source, share, self.sources)
        ratio = float(served.min())
        share = share * (ratio / served)[self.source]
        return sums(edge, load * share[column], self.capacity.size), ratio


class _Highspy(_Columns):
    def __init__(self, used: Ints, capacity: Floats, sources: int) -> None:
        import highspy

        super().__init__(used, capacity, sources)
        self.optimal = highspy.HighsModelStatus.kOptimal
        # The base class: the full one prints a banner when made, before it can be told to be silent (1.16).
        from highspy._core import _Highs

        self.highs: Any = _Highs()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("presolve", "off"),
            # Primal simplex: new trees leave the last answer feasible (1.7 times faster at 300 nodes).
            ("simplex_strategy", 4),
            # The rows are shares of capacity already: scaling them anew doubles the time at 300 nodes.
            ("simplex_scale_strategy", 0),
            ("primal_feasibility_tolerance", 1e-9),
            ("dual_feasibility_tolerance", 1e-9),
        ):
            self.highs.setOptionValue(option, value)
        endless = highspy.kHighsInf
        self.endless = endless
        none, empty = np.zeros(0, dtype=np.int32), np.zeros(0)
        rows = used.size + sources
        upper = np.r_[np.ones(used.size), np.zeros(sources)]
        self.highs.addRows(rows, np.full(rows, -endless), upper, 0, np.zeros(rows, np.int32), none, empty)
        ratio_rows = np.arange(used.size, rows, dtype=np.int32)
        one = np.ones(1)
        self.highs.addCols(
            1, -one, 0 * one, endless * one, sources, np.zeros(1, np.int32), ratio_rows, np.ones(sources)
        )

    def add(self, begin: Ints, edge: Ints, load: Floats) -> None:
        source, first, edge, load = self._fresh(begin, edge, load)
        size = np.diff(first)
        # Each tree's entries, then minus one in the row of its source.
        at = spread(first[:-1] + np.arange(source.size), size)
        last = first[1:] + np.arange(source.size)
        index = np.empty(edge.size + source.size, dtype=np.int32)
        value = np.empty(index.size)
        index[at], value[at] = self.row_of[edge], load / self.capacity[edge]
        index[last], value[last] = self.used.size + source, -1.0
        count = source.size
        starts = (first[:-1] + np.arange(count)).astype(np.int32)
        zero, top = np.zeros(count), np.full(count, self.endless)
        self.highs.addCols(count, zero, zero, top, index.size, starts, index, value)

    def solve(self) -> tuple[float, Floats, Floats]:
        self.highs.run()
        if self.highs.getModelStatus() != self.optimal:
            raise RuntimeError(str(self.highs.getModelStatus()))
        solution = self.highs.getSolution()
        value = np.array(solution.col_value)
        dual = -np.array(solution.row_dual)
        self.share = value[1:]
        self.price = np.zeros(self.capacity.size)
        self.price[self.used] = np.maximum(dual[: self.used.size], 0.0)
        return float(value[0]), self.price, np.maximum(dual[self.used.size :], 0.0)


class _Linprog(_Columns):
    def add(self, begin: Ints, edge: Ints, load: Floats) -> None:
        self._fresh(begin, edge, load)

    def solve(self) -> tuple[float, Floats, Floats]:
        from scipy.optimize import linprog
        from scipy.sparse import csr_matrix

        column, edge, load = (np.concatenate(part) for part in zip(*self.pieces, strict=True))
        count, edges = self.source.size, self.used.size
        row = np.concatenate([self.row_of[edge], edges + self.source, edges + np.arange(self.sources)])
        at = np.concatenate([column + 1, 1 + np.arange(count), np.zeros(self.sources, dtype=np.int64)])
        value = np.concatenate([load / self.capacity[edge], -np.ones(count), np.ones(self.sources)])
        shape = (edges + self.sources, count + 1)
        matrix: Any = csr_matrix((value, (row, at)), shape=shape)
        found = linprog(
            np.r_[-1.0, np.zeros(count)],
            A_ub=matrix,
            b_ub=np.r_[np.ones(edges), np.zeros(self.sources)],
            method="highs-ds",
            options={"primal_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9},
        )
        if found.status != 0:
            raise RuntimeError(found.message)
        dual, best = -found.ineqlin.marginals, np.asarray(found.x)
        self.share = best[1:]
        self.price = np.zeros(self.capacity.size)
        self.price[self.used] = np.maximum(dual[:edges], 0.0)
        return float(best[0]), self.price, np.maximum(dual[edges:], 0.0)


def master_program(used: Ints, capacity: Floats, sources: int) -> Master:
    """The program with no trees yet, by the better of the two ways that is installed."""
    kind = _Linprog if importlib.util.find_spec("highspy") is None else _Highspy
    return kind(used, capacity, sources)
