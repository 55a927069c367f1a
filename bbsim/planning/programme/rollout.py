"""When each project of an order would be ready, and what that is worth: a plan's own quick clock.

A serial schedule in whole days with expected durations: money arrives by date and is spent in order, each
crew base works through its projects, a closed area waits for its day, a project waits for the one that
brings it light. It is there to compare orders by the thousand; `bbsim.simulate` is there to date them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bbsim.planning.programme.dating import Dating

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
    rows = np.asarray(order, dtype=np.int64)
    n = len(work.cents)
    rank = np.full(n, -1, dtype=np.int64)
    if len(rows) == n and not np.any((rows < 0) | (rows >= n)):
        rank[rows] = np.arange(n)
    if np.any(rank < 0):
        raise ValueError("order must name every project once")
    early = np.flatnonzero((work.parent >= 0) & (rank < rank[work.parent]))
    if len(early):
        first = int(early[np.argmin(rank[early])])
        raise ValueError(f"project {first} stands before its parent {work.parent[first]}")
    return _valued(work, *Dating(work).days_of(rows))


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
    dating = Dating(work, rounds)
    children: dict[int, list[int]] = {}
    for child, parent in enumerate(work.parent.tolist()):
        children.setdefault(parent, []).append(child)
    phases = [int(work.phase[project]) for project in best]
    starts = [i for i, phase in enumerate(phases) if i == 0 or phase != phases[i - 1]]
    stretches = zip(starts, [*starts[1:], len(phases)], strict=False)  # both are empty without projects
    bounds = [(start, end - 1) for start, end in stretches for _ in range(start, end)]
    rank = np.empty(len(best), dtype=np.int64)
    rank[best] = np.arange(len(best))
    for _ in range(rounds if len(best) > 1 else 0):
        here = int(stream.integers(len(best)))
        project = best[here]
        first, last = bounds[here]
        low = max(first, int(rank[work.parent[project]]) + 1 if work.parent[project] >= 0 else 0)
        high = min([last, *(int(rank[c]) - 1 for c in children.get(project, []))])
        there = int(stream.integers(low, high + 1))
        if there == here:
            continue
        other = best.copy()
        other.insert(there, other.pop(here))
        dated = _valued(work, *dating.days_of(np.array(other, dtype=np.int64)))
        if judge(work, dated) > value:
            best, kept, value = other, dated, judge(work, dated)
            rank[best] = np.arange(len(best))
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
