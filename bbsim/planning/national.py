"""The plan of a scenario, without simulating it: corridors near the optimum, an order, dates to expect.

`programme` finds the corridors, `rollout` dates an order with the scenario's own money, crews and
expected durations, and the order is improved on the objective that the planner names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bbsim import models
from bbsim.country import Country
from bbsim.models.cost import Prices
from bbsim.planning.programme import Effort, Plan, Protection, Situation, Step, plan_programme, protect
from bbsim.planning.rollout import NEVER, Rollout, Work, improve, npv_usd, roll_out
from bbsim.scenario import Scenario
from bbsim.standing import standing
from bbsim.units import months_after


@dataclass(frozen=True, slots=True)
class NationalPlan:
    """What `bbsim plan` answers.

    Attributes
    ----------
    plan : corridors and projects, in the order that is meant to be built.
    rollout : dates to expect and what they are worth, one row a step of the plan.
    horn : the same for Horn's order over the same corridors, to compare with.
    npv_usd : net present value of the order, at the stated worth of service.
    protection : rings over it, if asked for.
    """

    plan: Plan
    rollout: Rollout
    horn: Rollout
    npv_usd: float
    protection: Protection | None


def situation_of(scenario: Scenario, country: Country, prices: Prices) -> tuple[Situation, NDArray[np.bool_]]:
    """What stands on the first day, what will be usable at some time, and which places have no access node.

    Spans and places of areas that the scenario never opens are left out.
    """
    stands = standing(scenario, country)
    sources = [country.node_index[gateway.node] for gateway in scenario.gateways]
    opens = {"", *(opening.area for opening in scenario.openings if opening.opens < scenario.end)}
    usable = np.array(
        [
            a in opens and m != "leased"
            for a, m in zip(country.spans["area"], country.spans["medium"], strict=True)
        ],
        dtype=bool,
    )
    to_serve = np.array([area in opens for area in country.nodes["area"]], dtype=bool) & ~stands.nodes
    return Situation(country, prices, stands.spans, usable, sources), to_serve


def national_plan(
    scenario: Scenario,
    country: Country,
    *,
    effort: Effort = "standard",
    objective: str = "person_years",
    survivable: bool = False,
    rounds: int = 400,
) -> NationalPlan:
    """Which corridors, in which order, and by when to expect them.

    Parameters
    ----------
    effort : how hard the cheapest trees are looked for.
    objective : what the order is improved on, one of `bbsim.planning.rollout.OBJECTIVES`.
    survivable : also plan rings for the places of the first phase.
    rounds : moves that the local search over orders tries.

    Raises
    ------
    ValueError
        for an unknown objective.
    """
    prices = models.find("cost", scenario.cost.use, scenario.cost.parameters).prices(country)
    situation, to_serve = situation_of(scenario, country, prices)
    wanted = [_places(country, phase.kinds, phase.regions) & to_serve for phase in scenario.phases]
    names = [phase.name for phase in scenario.phases]
    plan = plan_programme(situation, list(zip(names, wanted, strict=True)), effort=effort)
    work = work_of(scenario, country, plan.steps)
    horn = roll_out(work, range(len(plan.steps)))
    order, rollout = improve(work, range(len(plan.steps)), objective, rounds=rounds)
    plan = replace(plan, steps=tuple(plan.steps[i] for i in order))
    rollout = replace(rollout, award_day=rollout.award_day[order], ready_day=rollout.ready_day[order])
    protection = protect(situation, plan, wanted[0]) if survivable else None
    ordered = work_of(scenario, country, plan.steps)
    return NationalPlan(plan, rollout, horn, npv_usd(ordered, rollout), protection)


def _places(country: Country, kinds: Sequence[str], regions: Sequence[str]) -> NDArray[np.bool_]:
    return np.array(
        [
            kind in kinds and (not regions or region in regions)
            for kind, region in zip(country.kind, country.nodes["region"], strict=True)
        ],
        dtype=bool,
    )


def work_of(scenario: Scenario, country: Country, steps: Sequence[Step]) -> Work:
    """A plan's projects as `roll_out` wants them: the scenario's money, crews and expected durations."""
    pace = scenario.crews.pace
    bases = scenario.crews.bases
    base_of = {region: i for i, base in enumerate(bases) for region in base.regions}
    opens = {opening.area: (opening.opens - scenario.start).days for opening in scenario.openings}
    maker = {span: i for i, step in enumerate(steps) for span in step.spans}
    regions = country.regions
    per_day = np.array([pace.civil_km_per_day.get(t, 0.0) for t in country.terrain])  # type: ignore[call-overload]
    days = np.divide(country.km, per_day, out=np.zeros(len(country.km)), where=per_day > 0)
    days *= 365.25 / pace.working_days_per_year

    def release(step: Step) -> int:
        areas = [country.nodes["area"][step.target], *(country.spans["area"][s] for s in step.spans)]
        return max([0, *(opens[area] for area in areas if area)])

    parent = [_parent(country, steps, maker, i) for i in range(len(steps))]
    released: list[int] = []
    for step, above in zip(steps, parent, strict=True):
        released.append(max(release(step), released[above] if above >= 0 else 0))
    names = [phase.name for phase in scenario.phases]
    before, after = _expected_days(scenario, country, steps)
    grant_day, grant_cents = _grants(scenario)
    region_of = np.array([regions.index(country.nodes["region"][s.target]) for s in steps], dtype=np.int64)
    people = np.array([regions.index(r) if r else -1 for r in country.nodes["region"]], dtype=np.int64)
    inside = people >= 0
    residents = np.bincount(people[inside], weights=country.population[inside], minlength=len(regions))
    return Work(
        parent=np.array(parent, dtype=np.int64),
        cents=np.array([step.cents for step in steps], dtype=np.int64),
        people=np.array([step.people for step in steps], dtype=np.int64),
        crew_days=np.array([days[list(step.spans)].sum() for step in steps]),
        base=np.array([base_of[country.nodes["region"][step.target]] for step in steps], dtype=np.int64),
        crews=np.array([base.civil for base in bases], dtype=np.int64),
        fronts=scenario.crews.per_project,
        release_day=np.array(released, dtype=np.int64),
        before_days=before,
        after_days=after,
        group=region_of,
        group_people=residents.astype(np.float64),
        is_city=np.array([country.is_city[step.target] for step in steps], dtype=bool),
        phase=np.array([names.index(step.phase) for step in steps], dtype=np.int64),
        grant_day=grant_day,
        grant_cents=grant_cents,
        horizon_days=(scenario.end - scenario.start).days,
        usd_per_person_year=scenario.planner.usd_per_person_year,
        discount_share=scenario.planner.discount_share_per_year,
    )


def _parent(country: Country, steps: Sequence[Step], maker: dict[int, int], i: int) -> int:
    """The project that builds the span at which this one begins; -1 if it begins on what stands."""
    step = steps[i]
    if not step.spans:
        return -1
    ends = {int(country.u[step.spans[0]]), int(country.v[step.spans[0]])}
    if len(step.spans) > 1:
        ends -= {int(country.u[step.spans[1]]), int(country.v[step.spans[1]])}
    else:
        ends -= {step.target}
    makers = [maker[span] for node in ends for _, span in country.adjacent[node] if maker.get(span, i) < i]
    return max(makers, default=-1)


def _expected_days(scenario: Scenario, country: Country, steps: Sequence[Step]) -> tuple[float, float]:
    """Mean days before the first crew and after the last, of an average project."""
    stages = scenario.stages
    km = float(np.mean([country.km[list(step.spans)].sum() for step in steps])) if steps else 0.0
    permits = max((authority.days.mean for authority in scenario.permits.values()), default=0.0)
    before = stages.survey_days.mean + stages.survey_days_per_km * km + permits
    before += stages.tender_days.mean + stages.material_days.mean
    return before, stages.splice_test_days.mean + stages.commissioning_days.mean


def _grants(scenario: Scenario) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Days and cents of what is granted for building, the opening money first."""
    budget = scenario.budget
    first, last = budget.first_grant or scenario.start, budget.last_grant or scenario.end
    days, cents = [0], [round(budget.opening_usd * 100)]
    part = budget.usd_per_year * (1.0 - budget.access_share) * 100 / budget.grants_per_year
    count = 0
    while (on := months_after(first, count * 12 // budget.grants_per_year)) <= min(last, scenario.end):
        days.append(max((on - scenario.start).days, 0))
        cents.append(round(part))
        count += 1
    return np.array(days, dtype=np.int64), np.array(cents, dtype=np.int64)


def never(day: int) -> bool:
    """Whether a day of a rollout means that the money ran out before."""
    return day >= NEVER
