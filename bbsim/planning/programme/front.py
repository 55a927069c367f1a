"""What money buys: plans of which none is cheaper, serves more person-years and is finished sooner at once.

Each point is a plan that can be built: whom a share of the full price reaches best, along one tree, in an
order improved on one objective, dated with the scenario's own money and crews.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bbsim.planning.programme.national import Aim, NationalPlan, Task, Told, chosen_plan, in_order, unheard
from bbsim.planning.programme.rollout import NEVER, Rollout, pareto
from bbsim.planning.programme.situation import Plan

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
OBJECTIVES = ("person_years", "finished")
ROUNDS = 150


@dataclass(frozen=True, slots=True)
class Point:
    """One plan of the front.

    Attributes
    ----------
    budget_usd : what it was allowed to cost; None for the whole plan.
    objective : what its order was improved on.
    plan, rollout : its routes in order, and their dates, a row a route.
    """

    budget_usd: float | None
    objective: str
    plan: Plan
    rollout: Rollout

    @property
    def usd(self) -> float:
        """Price of all its routes."""
        return self.plan.cents / 100

    @property
    def people(self) -> int:
        """Residents whom it reaches."""
        return sum(step.people for step in self.plan.steps)

    @property
    def finished_day(self) -> int:
        """When the last of its routes is in service; `NEVER` if the money ends before."""
        return int(self.rollout.ready_day.max(initial=0))


def front_of(
    task: Task,
    aim: Aim,
    answer: NationalPlan,
    *,
    shares: Sequence[float] = SHARES,
    rounds: int = ROUNDS,
    tell: Told = unheard,
) -> tuple[Point, ...]:
    """The plans that no other beats in price, person-years and finishing day, cheapest first.

    Parameters
    ----------
    answer : the whole plan; it is one of the candidates.
    shares : of its price that smaller plans may cost.
    rounds : moves that the search over each plan's orders tries.
    tell : hears how far the work is.
    """
    usd = answer.plan.cents / 100
    # Nine plans of which most are beaten: a quick look at each says which are not, within some tenths of 1 %.
    quick = replace(aim, effort="standard" if aim.effort == "thorough" else "fast")
    points = [Point(aim.budget_usd, aim.objective, answer.plan, answer.without_rings)]
    for done, share in enumerate(shares):
        tell(done / len(shares), f"what {share:.0%} of the money buys")
        budget = None if share >= 1.0 else share * usd
        plan = answer.plan
        if budget is not None:
            plan, _ = chosen_plan(task, replace(quick, budget_usd=budget))
        for objective in OBJECTIVES:
            if not plan.steps:
                continue
            ordered, rollout, _ = in_order(task, plan, replace(aim, objective=objective, rounds=rounds))
            points.append(Point(budget, objective, ordered, rollout))
    built = [point for point in points if point.finished_day < NEVER]
    best = pareto([(point.usd, -point.rollout.person_years, point.finished_day) for point in built])
    return tuple(sorted((built[i] for i in best), key=_rank))


def _rank(point: Point) -> tuple[float, float, int]:
    return point.usd, -point.rollout.person_years, point.finished_day
