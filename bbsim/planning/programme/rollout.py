"""When each project of an order would be ready, and what that is worth: a plan's own quick clock.

A serial schedule in whole days with expected durations: money arrives by date and is spent in order, each
crew base works through its projects, a closed area waits for its day, a project waits for the one that
brings it light. It is there to compare orders by the thousand; `bbsim.simulate` is there to date them.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
DAYS_PER_YEAR = 365.25
NEVER = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to do; one row a project.

    Attributes
    ----------
    parent : the project that brings it light, -1 if none does; parents come from the same table.
    cents, people : price, and residents that it reaches.
    crew_days : calendar days of one civil crew.
    base : index of the crew base; `crews` and `fronts` are by base: crews, and how many fit on a project.
    release_day : first day on which it may be awarded.
    before_days, after_days : expected days from award to the first crew, and from the last to service.
    group : index of the region (for equity); `group_people` residents of each.
    is_city : whether it reaches a city.
    phase : number of the phase: it begins when the one before is awarded as far as it is open. A better order
        is sought within each stretch of one phase.
    grant_day, grant_cents : when money arrives, ascending.
    horizon_days : what is ready later counts for nothing.
    usd_per_person_year, discount_share : what a year of service is worth to a resident, and how much less a
        dollar is worth a year later; net present values rest on them.
    """

    parent: Ints
    cents: Ints
    people: Ints
    crew_days: Floats
    base: Ints
    crews: Ints
    fronts: int
    release_day: Ints
    before_days: float
    after_days: float
    group: Ints
    group_people: Floats
    is_city: NDArray[np.bool_]
    phase: Ints
    grant_day: Ints
    grant_cents: Ints
    horizon_days: int
    usd_per_person_year: float
    discount_share: float


@dataclass(frozen=True, slots=True)
class Rollout:
    """An order, dated.

    Attributes
    ----------
    award_day, ready_day : (projects,) by project, not by place in the order; `NEVER` if the money runs out.
    person_years : people times years of service until the horizon.
    worst_region_years : years of service an average resident of the worst-served region has had.
    last_city_day : when the last city is ready; `NEVER` if one never is.
    """

    award_day: Ints
    ready_day: Ints
    person_years: float
    worst_region_years: float
    last_city_day: int


def roll_out(work: Work, order: ArrayLike) -> Rollout:
    """When each project of an order would be ready.

    Parameters
    ----------
    order : every project once, parents before children.

    Raises
    ------
    ValueError
        for an order that names a project twice, leaves one out, or puts a child before its parent.
    """
    rows = [int(i) for i in np.asarray(order, dtype=np.int64)]
    n = len(work.cents)
    if sorted(rows) != list(range(n)):
        raise ValueError("order must name every project once")
    placed = [False] * n
    for i in rows:
        above = int(work.parent[i])
        if above >= 0 and not placed[above]:
            raise ValueError(f"project {i} stands before its parent {above}")
        placed[i] = True
    award, ready = _dated(work, rows)
    return _valued(work, np.array(award, dtype=np.int64), np.array(ready, dtype=np.int64))


def _dated(work: Work, order: Sequence[int]) -> tuple[list[int], list[int]]:
    """Award and ready days.

    As on the clock what was promised first comes first, also where an area opens late: who is closed steps
    aside, and comes on the day of the opening, before all who wait in the same phase or a later one. A
    project whose light comes from one that waits takes that one with it.
    """
    award, ready, done = [NEVER] * len(order), [NEVER] * len(order), [False] * len(order)
    money, days = np.cumsum(work.grant_cents).tolist(), work.grant_day.tolist()
    parent, cents, base = work.parent.tolist(), work.cents.tolist(), work.base.tolist()
    crew_days, crews = work.crew_days.tolist(), work.crews.tolist()
    free = [0.0] * len(crews)
    spent, grant, last = 0, 0, 0
    turns = _Turns(work, order)
    while (i := turns.next(last)) >= 0:
        last = max(last, turns.opened)
        way = [i] if not done[i] else []
        while way and parent[way[-1]] >= 0 and not done[parent[way[-1]]]:
            way.append(parent[way[-1]])
        for j in reversed(way):
            done[j] = True
            if crews[base[j]] == 0 or (parent[j] >= 0 and award[parent[j]] == NEVER):
                continue
            while grant < len(money) and money[grant] < spent + cents[j]:
                grant += 1
            if grant == len(money):
                # The money of all grants is gone; nobody overtakes, so who comes after waits for ever.
                return award, ready
            spent += cents[j]
            last = max(last, days[grant])
            award[j] = last
            start, here = last + work.before_days, crews[base[j]]
            free[base[j]] = max(free[base[j]], start) + crew_days[j] / here
            end = max(free[base[j]], start + crew_days[j] / min(here, work.fronts)) + work.after_days
            ready[j] = max(math.ceil(end), ready[parent[j]] if parent[j] >= 0 else 0)
    return award, ready


class _Turns:
    """Who comes next: the earliest phase first, in it who opened late, then the order.

    Attributes
    ----------
    opened : the last day that had to be waited for, because nobody else was left.
    """

    def __init__(self, work: Work, order: Sequence[int]) -> None:
        release, phase = work.release_day.tolist(), work.phase.tolist()
        rows = [(phase[i], release[i] <= 0, rank, i) for rank, i in enumerate(order)]
        self.opened = 0
        self._open = sorted(row for row in rows if row[1])[::-1]
        self._late: list[tuple[int, bool, int, int]] = []
        self._closed = sorted(((release[row[3]], row) for row in rows if not row[1]), reverse=True)

    def next(self, day: int) -> int:
        """The project whose turn it is on a day; -1 if none is left."""
        if not (self._open or self._late) and self._closed:
            self.opened = day = max(day, self._closed[-1][0])
        while self._closed and self._closed[-1][0] <= day:
            heapq.heappush(self._late, self._closed.pop()[1])
        if self._late and (not self._open or self._late[0] < self._open[-1]):
            return heapq.heappop(self._late)[3]
        return self._open.pop()[3] if self._open else -1


def _valued(work: Work, award: Ints, ready: Ints) -> Rollout:
    years = np.maximum(work.horizon_days - ready, 0) / DAYS_PER_YEAR
    served = work.people * years
    by_group = np.bincount(work.group, weights=served, minlength=len(work.group_people))
    peopled = work.group_people > 0
    worst = float((by_group[peopled] / work.group_people[peopled]).min()) if peopled.any() else 0.0
    last_city = int(ready[work.is_city].max()) if work.is_city.any() else 0
    return Rollout(award, ready, float(served.sum()), worst, last_city)


# ---- objectives -------------------------------------------------------------------------------
def _person_years(_work: Work, rollout: Rollout) -> float:
    return rollout.person_years


def _last_city(work: Work, rollout: Rollout) -> float:
    """Earliest last city; among orders equal in that, most person-years."""
    return -float(min(rollout.last_city_day, 10 * work.horizon_days)) + rollout.person_years * 1e-12


def _finished(work: Work, rollout: Rollout) -> float:
    """Earliest end of everything; among orders equal in that, most person-years."""
    end = float(min(int(rollout.ready_day.max(initial=0)), 10 * work.horizon_days))
    return -end + rollout.person_years * 1e-12


def _equity(_work: Work, rollout: Rollout) -> float:
    """Worst-served region first; among orders equal in that, most person-years."""
    return rollout.worst_region_years + rollout.person_years * 1e-12


def _npv(work: Work, rollout: Rollout) -> float:
    return npv_usd(work, rollout)


def _mix(work: Work, rollout: Rollout) -> float:
    """Person-years, the worst region and the last city, each as a share of what the horizon allows."""
    most = float(work.people.sum()) * work.horizon_days / DAYS_PER_YEAR
    city = 1.0 - min(rollout.last_city_day, work.horizon_days) / work.horizon_days
    share = rollout.person_years / most if most else 0.0
    return (share + rollout.worst_region_years / (work.horizon_days / DAYS_PER_YEAR) + city) / 3.0


OBJECTIVES: dict[str, Callable[[Work, Rollout], float]] = {
    "person_years": _person_years,
    "npv": _npv,
    "equity": _equity,
    "last_city": _last_city,
    "finished": _finished,
    "mix": _mix,
}
"""What an order may be judged by; more is better."""


def npv_usd(work: Work, rollout: Rollout) -> float:
    """Net present value of an order, USD: what service is worth to people less what building costs.

    Both are discounted to the first day, service day by day, money at the award; the scenario's planner says
    what a year of service is worth, and the rate.
    """
    built = rollout.award_day < NEVER
    rate = np.log1p(work.discount_share)
    cost = (work.cents[built] / 100.0 * np.exp(-rate * rollout.award_day[built] / DAYS_PER_YEAR)).sum()
    begin = np.minimum(rollout.ready_day, work.horizon_days) / DAYS_PER_YEAR
    end = work.horizon_days / DAYS_PER_YEAR
    years = (np.exp(-rate * begin) - np.exp(-rate * end)) / rate if rate else end - begin
    worth = work.usd_per_person_year * years
    return float((work.people * worth).sum() - cost)


def improve(
    work: Work, order: Sequence[int], objective: str = "person_years", *, rounds: int = 400, seed: int = 1
) -> tuple[list[int], Rollout]:
    """A better order by local search: a project moves to another place, as far as its relations allow.

    Parameters
    ----------
    objective : one of `OBJECTIVES`.
    rounds : moves that are tried; each costs one `roll_out`.

    Raises
    ------
    ValueError
        for an unknown objective.
    """
    if objective not in OBJECTIVES:
        raise ValueError(f"objective is '{objective}', wanted one of {', '.join(OBJECTIVES)}")
    judge = OBJECTIVES[objective]
    stream = np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence([seed, len(order)])))
    best = [int(i) for i in order]
    kept = roll_out(work, best)
    value = judge(work, kept)
    children: dict[int, list[int]] = {}
    for child, parent in enumerate(work.parent.tolist()):
        children.setdefault(parent, []).append(child)
    phases = [int(work.phase[project]) for project in best]
    starts = [i for i, phase in enumerate(phases) if i == 0 or phase != phases[i - 1]]
    stretches = zip(starts, [*starts[1:], len(phases)], strict=False)  # both are empty without projects
    bounds = [(start, end - 1) for start, end in stretches for _ in range(start, end)]
    for _ in range(rounds if len(best) > 1 else 0):
        here = int(stream.integers(len(best)))
        project = best[here]
        rank = {p: i for i, p in enumerate(best)}
        first, last = bounds[here]
        low = max(first, rank[int(work.parent[project])] + 1 if work.parent[project] >= 0 else 0)
        high = min([last, *(rank[c] - 1 for c in children.get(project, []))])
        there = int(stream.integers(low, high + 1))
        if there == here:
            continue
        other = best.copy()
        other.insert(there, other.pop(here))
        dated = roll_out(work, other)
        if judge(work, dated) > value:
            best, kept, value = other, dated, judge(work, dated)
    return best, kept


def pareto(points: Sequence[Sequence[float]]) -> list[int]:
    """Positions of the points that no other beats: less is better in every coordinate.

    >>> pareto([(1, 5), (2, 2), (3, 3), (5, 1)])
    [0, 1, 3]
    """
    table = np.asarray(points, dtype=np.float64)
    keep = []
    for i, row in enumerate(table):
        as_good = (table <= row).all(axis=1)
        better = as_good & (table < row).any(axis=1)
        first_equal = not (table[:i] == row).all(axis=1).any()
        if not better.any() and first_equal:
            keep.append(i)
    return keep
