"""When does each project start, if crews and machines are few and some projects wait for others?

Schedules are built from orders: serially (each project as early as it fits) or in parallel (at each
moment what fits), by priority rules; then pushed right and left again, which closes gaps; then orders
are bred and the best one kept. The bound says how early everything could possibly be done: along chains
of predecessors, and by the work each resource has.
"""

from __future__ import annotations

from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import FloatVector, IntVector, amounts
from bbsim.planning.corridors.kernels import choose
from bbsim.planning.order import profiles, schedule_bounds

MODULES = (profiles,)
# ASSUMPTIONS: the size of the family and the schedules looked at, as in the comparisons of Kolisch &
# Hartmann (2006), who stop at 1,000 and 5,000 schedules.
FAMILY = 24
SCHEDULES = 5_000
CLIQUE_PROJECTS = (
    400  # bounds over pairs and windows are left out beyond these sizes, where they take seconds
)
WINDOW_PROJECTS = 150
LARGE = 300  # projects beyond which fewer schedules are looked at, in inverse proportion


@dataclass(frozen=True, slots=True)
class Schedule:
    """When everything starts.

    Attributes
    ----------
    start : of each project, in the unit of `duration`, shape (n,).
    makespan : the end of the last one.
    lower_bound : no schedule ends earlier; never above `makespan`.
    """

    start: FloatVector
    makespan: float
    lower_bound: float


def schedule(
    duration: npt.ArrayLike,
    predecessors: SequenceOf[SequenceOf[int]],
    need: npt.ArrayLike,
    capacity: npt.ArrayLike,
) -> Schedule:
    """When should each project start, so that all are done soonest?

    Parameters
    ----------
    duration : how long each project takes, finite and not negative, shape (n,).
    predecessors : for each project those that must have ended before.
    need : what each project holds of each resource while it runs, shape (n, resources), or (n,) for one
        resource.
    capacity : what there is of each resource, shape (resources,), or a number for one.

    Raises
    ------
    ValueError : vectors that do not fit together, predecessors in a circle, or a project that needs
        more than there is.

    Notes
    -----
    The resource-constrained project scheduling problem. Schedule-generation schemes and priority rules
    after Kolisch (1996), double justification after Valls, Ballestin & Quintanilla (2005), breeding of
    orders after Hartmann (1998). The bound is the largest of the critical path; for each resource the
    work of every set of projects between the earliest head and the shortest tail in it; projects no two
    of which can run together; and windows of time with more work than room (Baptiste, Le Pape & Nuijten
    1999). More crews are not always better in such schedules (Graham 1966).

    Examples
    --------
    Two crews; 2 waits for 0, and 1 and 3 fill the second crew:

    >>> plan = schedule([3, 2, 2, 3], [[], [], [0], []], [1, 1, 1, 1], 2)
    >>> plan.makespan, plan.lower_bound
    (5.0, 5.0)
    """
    problem = _Problem.read(duration, predecessors, need, capacity)
    if problem.n == 0:
        return Schedule(np.zeros(0), 0.0, 0.0)
    bound = problem.bound()
    start, makespan = _Family(problem, bound).best()
    problem.check(start)
    return Schedule(start, makespan, min(bound, makespan))


@dataclass(frozen=True, slots=True)
class _Problem:
    """Checked vectors; ``order`` is a topological order, ``head`` and ``tail`` the longest chains before
    and after.
    """

    n: int
    duration: FloatVector
    before: list[list[int]]
    after: list[list[int]]
    need: FloatVector
    capacity: FloatVector
    head: FloatVector
    tail: FloatVector

    @classmethod
    def read(
        cls,
        duration: npt.ArrayLike,
        predecessors: SequenceOf[SequenceOf[int]],
        need: npt.ArrayLike,
        capacity: npt.ArrayLike,
    ) -> _Problem:
        days = amounts(duration, "duration")
        n = len(days)
        if len(predecessors) != n:
            raise ValueError(f"predecessors must have {n} entries, got {len(predecessors)}")
        there = amounts(np.atleast_1d(np.asarray(capacity)), "capacity")
        given = np.asarray(need)
        shape = (n, len(there)) if given.shape == (n,) and (len(there) == 1 or n == 0) else given.shape
        if shape != (n, len(there)):
            raise ValueError(f"need must have shape ({n}, {len(there)}), got {given.shape}")
        held = amounts(given.ravel(), "need").reshape(shape)
        over = np.flatnonzero((held > there).any(axis=1))
        if len(over):
            raise ValueError(f"project {int(over[0])} needs more than the capacity {there.tolist()}")
        before = [sorted(set(_rows_of(row, j))) for j, row in enumerate(predecessors)]
        after: list[list[int]] = [[] for _ in range(n)]
        for j, row in enumerate(before):
            for p in row:
                if not 0 <= p < n:
                    raise ValueError(f"project {j} waits for {p}, which is no project")
                after[p].append(j)
        order = _topological(before, after)
        head, tail = np.zeros(n), np.zeros(n)
        for j in order:
            head[j] = max((head[p] + days[p] for p in before[j]), default=0.0)
        for j in reversed(order):
            tail[j] = max((tail[s] + days[s] for s in after[j]), default=0.0)
        return cls(n, days, before, after, held, there, head, tail)

    def bound(self) -> float:
        """The largest of the critical path, the work by head and tail, cliques, and windows (see
        `schedule_bounds`).
        """
        whole = bool(np.all(self.duration == np.round(self.duration)))
        work = schedule_bounds.Work(self.duration, self.need, self.capacity, self.head, self.tail, whole)
        best = max(work.critical_path(), work.heads_and_tails())
        if self.n <= CLIQUE_PROJECTS:
            best = max(best, work.cliques(self.before, self.after))
        if self.n <= WINDOW_PROJECTS:
            best = max(best, work.windows(best))
        return best

    def check(self, start: FloatVector) -> None:
        """Refuse a schedule that breaks a precedence or holds more than there is."""
        end = start + self.duration
        late = any(
            start[j] < end[p] - 1e-9 * (1.0 + end[p]) for j, row in enumerate(self.before) for p in row
        )
        moments = np.unique(start)
        for t in moments.tolist():
            running = (start <= t) & (t < end - 1e-9 * (1.0 + end))
            late |= bool(np.any(self.need[running].sum(axis=0) > self.capacity * (1.0 + 1e-9)))
        if late or start.min() < 0.0:
            raise AssertionError("the schedule found breaks its own rules; this is a fault of bbsim")


def _rows_of(row: SequenceOf[int], project: int) -> list[int]:
    """The projects that one waits for, as whole numbers."""
    try:
        given = np.asarray(row)
    except ValueError:  # rows within the row
        given = np.zeros((0, 0))
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise ValueError(f"the predecessors of project {project} must be whole numbers, got {row!r}")
    return [int(p) for p in given.tolist()]


def _topological(before: list[list[int]], after: list[list[int]]) -> list[int]:
    waiting = [len(row) for row in before]
    order = [j for j, count in enumerate(waiting) if count == 0]
    for j in order:
        for s in after[j]:
            waiting[s] -= 1
            if waiting[s] == 0:
                order.append(s)
    if len(order) < len(before):
        lost = [j for j, count in enumerate(waiting) if count > 0]
        raise ValueError(f"the predecessors of {', '.join(map(str, lost[:10]))} go in a circle")
    return order


class _Family:
    """Orders of the projects, bred; in the vectors of one engine."""

    def __init__(self, problem: _Problem, bound: float) -> None:
        self.p, self.bound = problem, bound
        n, r = problem.n, len(problem.capacity)
        edges = sum(len(row) for row in problem.before)
        self.looks = SCHEDULES if n <= LARGE else max(100, SCHEDULES * LARGE * LARGE // (n * n))
        engine = choose(MODULES, self.looks * (6 * n * (r + 4) + edges))
        self.engine: Any = engine
        self.data = (
            engine.floats(problem.duration),
            engine.ints(np.cumsum([0] + [len(row) for row in problem.before])),
            engine.ints([p for row in problem.before for p in row] or [0]),
            engine.floats(problem.need.ravel() if r else np.zeros(n)),  # one resource that nobody holds
            engine.floats(problem.capacity if r else np.zeros(1)),
        )
        self.mirror = (
            self.data[0],
            engine.ints(np.cumsum([0] + [len(row) for row in problem.after])),
            engine.ints([s for row in problem.after for s in row] or [0]),
            self.data[3],
            self.data[4],
        )
        self.looked = 0

    def best(self) -> tuple[FloatVector, float]:
        """The best schedule met."""
        members = self._by_rules()
        members.sort(key=lambda member: (member[0], member[1]))
        rng = np.random.default_rng(0)
        while members[0][0] > self.bound * (1.0 + 1e-12) and self.looked < self.looks:
            parents = members[:FAMILY]
            pick = rng.permutation(len(parents)).tolist()
            for a, b in zip(pick[::2], pick[1::2] or pick[:1], strict=False):
                for mother, father in ((a, b), (b, a)):
                    child = self._bred(parents[mother][1], parents[father][1], rng)
                    members.append(self._justified(self._serial(child)))
            unique = {member[1]: member for member in sorted(members, key=lambda m: (-m[0], m[1]))}
            members = sorted(unique.values(), key=lambda member: (member[0], member[1]))[:FAMILY]
        return np.asarray(members[0][2], dtype=np.float64), float(members[0][0])

    def _by_rules(self) -> list[tuple[float, tuple[int, ...], FloatVector]]:
        """One member a priority rule and scheme."""
        p = self.p
        counts = np.array([len(row) for row in p.after], dtype=np.float64)
        followers = _followers(p)
        rank = p.duration + np.array([p.duration[row].sum() for row in p.after])
        share = (p.need / np.where(p.capacity > 0.0, p.capacity, 1.0)).max(axis=1, initial=0.0)
        rules = [
            p.tail * -1.0,  # latest finish first (LFT)
            -(p.tail + p.duration),  # latest start first (LST)
            -followers,  # most followers in all (MTS)
            -rank,  # greatest rank positional weight (GRPW)
            -(p.tail + p.duration) * (1.0 + share),  # weighted by what it holds
            p.head - 1e-6 * counts,  # earliest start first
            p.duration,  # shortest first (SPT)
        ]
        members = []
        for rule in rules:
            priority = self.engine.floats(rule)
            parallel = self.engine.parallel_schedule(self.data, priority)
            members.append(self._justified(parallel))
            order = self.engine.feasible_order(self.data, priority)
            members.append(self._justified(self._serial(order)))
            if members[-1][0] <= self.bound * (1.0 + 1e-12):
                break
        return members

    def _serial(self, order: Any) -> Any:
        return self.engine.serial_schedule(self.data, order)

    def _justified(self, start: Any) -> tuple[float, tuple[int, ...], FloatVector]:
        """Push everything right, then left again: never later, mostly earlier."""
        days = self.p.duration
        begun = np.asarray(start, dtype=np.float64)
        for _ in range(3):
            end = begun + days
            makespan = float(end.max())
            order = np.lexsort((np.arange(self.p.n), -begun, -end))
            back = self.engine.serial_schedule(self.mirror, self.engine.ints(order))
            mirrored = np.asarray(back, dtype=np.float64)
            latest = float((mirrored + days).max()) - mirrored - days
            order = np.lexsort((np.arange(self.p.n), latest + days, latest))
            again = np.asarray(self._serial(self.engine.ints(order)), dtype=np.float64)
            self.looked += 2
            if float((again + days).max()) >= makespan * (1.0 - 1e-12):
                break
            begun = again
        if float((again + days).max()) < float((begun + days).max()):
            begun = again
        order = np.lexsort((np.arange(self.p.n), begun + days, begun))
        return float((begun + days).max()), tuple(self._topologically(order)), begun

    def _topologically(self, order: IntVector) -> list[int]:
        """The same order, with projects of no duration behind what they wait for."""
        rank = np.empty(self.p.n)
        rank[order] = np.arange(self.p.n)
        return list(self.engine.feasible_order(self.data, self.engine.floats(rank)))

    def _bred(self, mother: tuple[int, ...], father: tuple[int, ...], rng: np.random.Generator) -> Any:
        """Two-point crossover of orders, then a few projects moved to another place their predecessors
        allow.
        """
        n = self.p.n
        first, second = sorted(rng.integers(0, n + 1, 2).tolist())
        child = list(mother[:first])
        taken = set(child)
        for j in father:
            if len(child) >= second:
                break
            if j not in taken:
                child.append(j)
                taken.add(j)
        child += [j for j in mother if j not in taken]
        rank = np.empty(n)
        rank[child] = np.arange(n)
        moved = rng.random(n) < max(0.05, 1.0 / n)
        rank[moved] += rng.normal(0.0, 0.2 * n, int(moved.sum()))
        return self.engine.feasible_order(self.data, self.engine.floats(rank))


def _followers(p: _Problem) -> FloatVector:
    """How many projects each has after it, directly and indirectly."""
    reach = [0] * p.n
    for j in reversed(_topological(p.before, p.after)):
        for s in p.after[j]:
            reach[j] |= reach[s] | (1 << s)
    return np.array([bits.bit_count() for bits in reach], dtype=np.float64)
