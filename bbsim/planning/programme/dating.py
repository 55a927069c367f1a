"""The loops of a plan's quick clock: orders are compared by the thousand, so this is where the time goes.

Money is counted in whole cents and days in whole days, both exact as floating-point numbers; -1 is never.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from bbsim.planning.corridors.kernels import choose, full_f, full_i, heap_new, heap_pop, heap_push, heap_size

if TYPE_CHECKING:
    from bbsim.planning.programme.rollout import Ints, Work


def date(waiting: Any, jobs: Any, money: Any, crews: Any, days: Any, award: Any, ready: Any) -> int:
    """Fill ``award`` and ``ready``; returns how many projects had their turn.

    ``waiting`` = (open projects in order, closed ones by opening day, rank of each project, day on which it
    opens, its phase), ``jobs`` = (parent, cents, base, crew days), ``money`` = (day of each grant, all money
    until then), ``crews`` = (of each base, fronts), ``days`` = (before the first crew, after the last).

    As on the clock what was promised first comes first, also where an area opens late: who is closed steps
    aside, and comes on the day of the opening, before all who wait in the same phase or a later one. A
    project whose light comes from one that waits takes that one with it.
    """
    parent, cents, base, crew_days = jobs
    opened, closed, rank, release, phase = waiting
    n = len(parent)
    done = full_i(n, 0)
    way = full_i(n + 1, 0)
    free = full_f(len(crews[0]), 0.0)
    late = heap_new(n)
    nexts = full_i(3, 0)  # place among the open ones, place among the closed ones, grant
    clock = full_f(2, 0.0)  # cents spent, the last day
    for turn in range(n):
        i = next_project(opened, closed, rank, release, phase, nexts, clock, late)
        size = 0
        if done[i] == 0:
            way[0] = i
            size = 1
            while parent[way[size - 1]] >= 0 and done[parent[way[size - 1]]] == 0:
                way[size] = parent[way[size - 1]]
                size += 1
        for k in range(size - 1, -1, -1):
            j = way[k]
            done[j] = 1
            here = crews[0][base[j]]
            if here == 0 or (parent[j] >= 0 and award[parent[j]] < 0.0):
                continue
            while nexts[2] < len(money[0]) and money[1][nexts[2]] < clock[0] + cents[j]:
                nexts[2] += 1
            if nexts[2] == len(money[0]):
                # The money of all grants is gone; nobody overtakes, so who comes after waits for ever.
                return turn
            clock[0] += cents[j]
            clock[1] = max(clock[1], money[0][nexts[2]])
            award[j] = clock[1]
            start = clock[1] + days[0]
            free[base[j]] = max(free[base[j]], start) + crew_days[j] / here
            end = max(free[base[j]], start + crew_days[j] / min(here, crews[1])) + days[1]
            ready[j] = 1.0 * math.ceil(end)
            if parent[j] >= 0:
                ready[j] = max(ready[j], ready[parent[j]])
    return n


def next_project(
    opened: Any, closed: Any, rank: Any, release: Any, phase: Any, nexts: Any, clock: Any, late: Any
) -> int:
    """Whose turn it is: the earliest phase first, in it who opened late, then the order.

    When nobody else is left, the day of the next opening is waited for.
    """
    n = len(rank)
    if nexts[0] == len(opened) and heap_size(late) == 0:
        clock[1] = max(clock[1], release[closed[nexts[1]]])
    while nexts[1] < len(closed) and release[closed[nexts[1]]] <= clock[1]:
        x = closed[nexts[1]]
        heap_push(late, 1.0 * phase[x] * n + rank[x], x)
        nexts[1] += 1
    if heap_size(late) > 0:
        key, x = heap_pop(late)
        if nexts[0] == len(opened) or phase[x] <= phase[opened[nexts[0]]]:
            return x
        heap_push(late, key, x)
    nexts[0] += 1
    return opened[nexts[0] - 1]  # type: ignore[no-any-return]


KERNELS = (next_project, date)


class Dating:
    """The quick clock over one table of work, for many orders."""

    def __init__(self, work: Work, orders: int = 1) -> None:
        import sys

        n = len(work.cents)
        self.never = np.iinfo(np.int64).max // 4
        engine: Any = choose((sys.modules[__name__],), 12 * n * orders)
        self.engine, self.n = engine, n
        self.release, self.phase = work.release_day, work.phase
        self.of_release, self.of_phase = engine.floats(work.release_day), engine.ints(work.phase)
        self.jobs = (
            engine.ints(work.parent),
            engine.floats(work.cents),
            engine.ints(work.base),
            engine.floats(work.crew_days),
        )
        self.money = engine.floats(work.grant_day), engine.floats(np.cumsum(work.grant_cents))
        self.crews = engine.ints(work.crews), work.fronts
        self.days = float(work.before_days), float(work.after_days)

    def days_of(self, order: Ints) -> tuple[Ints, Ints]:
        """Award and ready days of each project; parents must stand before children."""
        engine, n = self.engine, self.n
        rank = np.empty(n, dtype=np.int64)
        rank[order] = np.arange(n)
        late = self.release[order] > 0
        opened, closed = order[~late], order[late]
        opened = opened[np.argsort(self.phase[opened], kind="stable")]
        closed = closed[np.lexsort((rank[closed], self.phase[closed], self.release[closed]))]
        award, ready = engine.floats(np.full(n, -1.0)), engine.floats(np.full(n, -1.0))
        waiting = engine.ints(opened), engine.ints(closed), engine.ints(rank), self.of_release, self.of_phase
        engine.date(waiting, self.jobs, self.money, self.crews, self.days, award, ready)
        return self._whole(award), self._whole(ready)

    def _whole(self, days: Any) -> Ints:
        known = np.asarray(days)
        # The day that is never is too large for a floating-point number.
        whole = known.astype(np.int64)
        whole[known < 0.0] = self.never
        return whole
