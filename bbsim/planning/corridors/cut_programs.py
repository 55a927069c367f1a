"""Integer programmes whose rows are found as they are broken, solved by HiGHS.

A tree or a ring has more cut inequalities than can be written down; few of them matter. So: solve, look
for broken cuts, add them, solve again; first with fractions (fast, and already a bound), then with
whole numbers. HiGHS is reached through `highspy` when the extra `opt` is installed (it resumes from the
last basis), else through scipy.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import FloatVector, IntVector

Row = tuple[IntVector, FloatVector, float, float]  # columns, coefficients, lower, upper
FEASIBLE = 1e-6
FLOW_SCALE = 1_000_000


@dataclass(frozen=True, slots=True)
class Solution:
    """What a solver said: the values, the objective, and the bound it proved (a minimum is sought).

    ``reduced`` holds what one more of each column would cost at least; of fractions only.
    """

    x: FloatVector
    objective: float
    bound: float
    reduced: FloatVector | None = None


class CutProgram:
    """Minimise ``cost @ x`` with 0 <= x <= upper over rows that grow."""

    def __init__(self, cost: FloatVector, upper: FloatVector, *, nodes: int = 20_000) -> None:
        self.cost, self.upper, self.nodes = cost, upper, nodes
        self.rows: list[Row] = []
        self._highs: Any = None
        if find_spec("highspy") is not None:
            self._highs = _highs_model(cost, upper, nodes)

    def add(self, rows: list[Row]) -> None:
        """Take more rows in."""
        if not rows:
            return
        self.rows.extend(rows)
        if self._highs is not None:
            starts = np.cumsum([0] + [len(row[0]) for row in rows[:-1]]).astype(np.int32)
            columns = np.concatenate([row[0] for row in rows]).astype(np.int32)
            values = np.concatenate([row[1] for row in rows]).astype(np.float64)
            low = np.array([row[2] for row in rows], dtype=np.float64)
            high = np.array([row[3] for row in rows], dtype=np.float64)
            self._highs.addRows(len(rows), low, high, len(columns), starts, columns, values)

    def shut(self, columns: IntVector) -> None:
        """Hold these columns at nought from now on."""
        self.upper = self.upper.copy()
        self.upper[columns] = 0.0
        if self._highs is not None and len(columns):
            zeros = np.zeros(len(columns))
            self._highs.changeColsBounds(len(columns), columns.astype(np.int32), zeros, zeros)

    def relaxed(self) -> Solution | None:
        """The best fractions, or None when nothing satisfies the rows."""
        return self._highs_solve(whole=False) if self._highs is not None else self._scipy_solve(whole=False)

    def whole(self) -> Solution | None:
        """The best whole numbers found within the node limit, with the bound proved for them."""
        return self._highs_solve(whole=True) if self._highs is not None else self._scipy_solve(whole=True)

    def _highs_solve(self, *, whole: bool) -> Solution | None:
        import highspy

        model = self._highs
        if whole:
            kinds = np.full(len(self.cost), int(highspy.HighsVarType.kInteger), dtype=np.uint8)
            model.changeColsIntegrality(len(kinds), np.arange(len(kinds), dtype=np.int32), kinds)
        model.run()
        info = model.getInfo()
        answer = model.getSolution()
        x = np.asarray(answer.col_value, dtype=np.float64)
        status = model.getModelStatus()
        if whole:
            kinds = np.full(len(self.cost), int(highspy.HighsVarType.kContinuous), dtype=np.uint8)
            model.changeColsIntegrality(len(kinds), np.arange(len(kinds), dtype=np.int32), kinds)
        if status == highspy.HighsModelStatus.kInfeasible or len(x) != len(self.cost):
            return None
        objective = float(info.objective_function_value)
        if not math.isfinite(objective):
            return None
        if whole:
            return Solution(x, objective, float(info.mip_dual_bound))
        return Solution(x, objective, objective, np.maximum(np.asarray(answer.col_dual), 0.0))

    def _scipy_solve(self, *, whole: bool) -> Solution | None:
        from scipy.optimize import Bounds, LinearConstraint, milp

        size = len(self.cost)
        if not whole:
            return self._scipy_relaxed()
        rows = []
        if self.rows:
            rows = [
                LinearConstraint(self._matrix(), [row[2] for row in self.rows], [row[3] for row in self.rows])
            ]
        answer = milp(
            self.cost,
            integrality=np.ones(size, dtype=np.int64),
            bounds=Bounds(np.zeros(size), self.upper),
            constraints=rows,
            options={"node_limit": self.nodes, "mip_rel_gap": 0.0},
        )
        if answer.x is None:
            return None
        return Solution(
            np.asarray(answer.x, dtype=np.float64), float(answer.fun), float(answer.mip_dual_bound)
        )

    def _scipy_relaxed(self) -> Solution | None:
        from scipy.optimize import linprog
        from scipy.sparse import vstack

        low = np.array([row[2] for row in self.rows])
        high = np.array([row[3] for row in self.rows])
        matrix = self._matrix()
        same = low == high
        above, below = ~same & np.isfinite(low), ~same & np.isfinite(high)
        given: Any = {"bounds": np.column_stack([np.zeros(len(self.cost)), self.upper]), "method": "highs"}
        if np.any(above | below):
            given["A_ub"] = vstack([-matrix[above], matrix[below]])
            given["b_ub"] = np.concatenate([-low[above], high[below]])
        if same.any():
            given["A_eq"], given["b_eq"] = matrix[same], low[same]
        answer: Any = linprog(self.cost, **given)
        if answer.x is None:
            return None
        value = float(answer.fun)
        reduced = np.maximum(np.asarray(answer.lower.marginals), 0.0)
        return Solution(np.asarray(answer.x, dtype=np.float64), value, value, reduced)

    def _matrix(self) -> Any:
        from scipy.sparse import csr_matrix

        pointer = np.cumsum([0] + [len(row[0]) for row in self.rows])
        columns = np.concatenate([row[0] for row in self.rows] or [np.zeros(0, dtype=np.int64)])
        values = np.concatenate([row[1] for row in self.rows] or [np.zeros(0)])
        return csr_matrix((values, columns, pointer), shape=(len(self.rows), len(self.cost)))


def _highs_model(cost: FloatVector, upper: FloatVector, nodes: int) -> Any:
    # The base class: the full one prints a banner when made, before it can be told to be silent (1.16), and
    # that would stand in the middle of `--json` output.
    from highspy._core import _Highs

    model = _Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("mip_max_nodes", nodes),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 1e-9),
    ):
        model.setOptionValue(option, value)
    size = len(cost)
    model.addVars(size, np.zeros(size), np.asarray(upper, dtype=np.float64))
    model.changeColsCost(size, np.arange(size, dtype=np.int32), np.asarray(cost, dtype=np.float64))
    return model


def solve_with_cuts(
    program: CutProgram,
    broken: Callable[[FloatVector, bool], list[Row]],
    *,
    floor: float = 0.0,
    rounds: int = 400,
    whole_rounds: int = 40,
    between: Callable[[Solution], bool] | None = None,
    whole: Callable[[], bool] | None = None,
) -> tuple[FloatVector | None, float]:
    """Values that break no row, and a bound no such values can beat; (None, bound) if the limits came first.

    `broken` finds rows violated by given values (the flag says whether they are whole numbers). `between` is
    shown the fractions of each round, may shut columns, and says whether to go on. `whole` says whether whole
    numbers are to be asked for when the fractions are not whole already.
    """
    bound = floor  # what the objective cannot fall below whatever the rows
    answer: Solution | None = None
    for _ in range(rounds):
        answer = program.relaxed()
        if answer is None:
            return None, math.inf
        bound = answer.objective
        if between is not None and not between(answer):
            return None, bound
        rows = broken(answer.x, False)
        if not rows:
            break
        program.add(rows)
    else:
        return None, bound
    assert answer is not None
    if bool(np.all(np.abs(answer.x - np.round(answer.x)) < FEASIBLE)) and not broken(
        np.round(answer.x), True
    ):
        return np.round(answer.x), bound
    for _ in range(whole_rounds if whole is None or whole() else 0):
        answer = program.whole()
        if answer is None:
            return None, bound
        bound = max(bound, answer.bound)
        x = np.round(answer.x)
        rows = broken(x, True)
        if not rows:
            return x, bound
        program.add(rows)
    return None, bound


def min_cut(
    n: int, tails: IntVector, heads: IntVector, room: FloatVector, source: int, sink: int
) -> tuple[float, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The least cut of the arcs from source to sink: its size, the nearest source side, and the nearest
    sink side.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    scaled = np.round(room * FLOW_SCALE).astype(np.int32)
    matrix: Any = csr_matrix((scaled, (tails, heads)), shape=(n, n))
    matrix.eliminate_zeros()
    answer: Any = maximum_flow(matrix, source, sink)
    spare: Any = (matrix - answer.flow).tocsr()
    spare.data = np.where(spare.data > 0, spare.data, 0)
    spare.eliminate_zeros()
    near_source = np.zeros(n, dtype=bool)
    near_source[breadth_first_order(spare, source, return_predecessors=False)] = True
    near_sink = np.zeros(n, dtype=bool)
    near_sink[breadth_first_order(spare.T.tocsr(), sink, return_predecessors=False)] = True
    return float(answer.flow_value) / FLOW_SCALE, near_source, near_sink
