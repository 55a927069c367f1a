"""A plan's projects as work to be dated: the scenario's money, crews, openings and expected durations.

Every figure is the mean of what the clock draws; `bbsim.planning.programme.rollout` makes a calendar of it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.planning.programme.rollout import Work
from bbsim.planning.programme.situation import Step
from bbsim.scenario import Scenario
from bbsim.units import months_after


def work_of(scenario: Scenario, country: Country, steps: Sequence[Step]) -> Work:
    """A plan's projects as `roll_out` wants them: the scenario's money, crews and expected durations."""
    pace = scenario.crews.pace
    bases = scenario.crews.bases
    base_of = {region: i for i, base in enumerate(bases) for region in base.regions}
    opens = {opening.area: (opening.opens - scenario.start).days for opening in scenario.openings}
    maker = {span: i for i, step in enumerate(steps) if step.kind == "route" for span in step.spans}
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
        is_city=np.array([bool(country.is_city[list(step.nodes)].any()) for step in steps], dtype=bool),
        phase=np.array([names.index(step.phase) for step in steps], dtype=np.int64),
        grant_day=grant_day,
        grant_cents=grant_cents,
        horizon_days=(scenario.end - scenario.start).days,
        usd_per_person_year=scenario.planner.usd_per_person_year,
        discount_share=scenario.planner.discount_share_per_year,
    )


def _parent(country: Country, steps: Sequence[Step], maker: dict[int, int], i: int) -> int:
    """The project that builds the span at which this one begins; -1 if it begins on what stands.

    A ring comes after the last of the routes that it closes: the nearest route before it.
    """
    step = steps[i]
    if not step.spans:
        return -1
    if step.kind == "ring":
        return max((j for j in range(i) if steps[j].kind == "route"), default=-1)
    ends = {int(country.u[step.spans[0]]), int(country.v[step.spans[0]])}
    if len(step.spans) > 1:
        ends -= {int(country.u[step.spans[1]]), int(country.v[step.spans[1]])}
    else:
        ends -= {step.target}
    makers = [maker[span] for node in ends for _, span in country.adjacent[node] if maker.get(span, i) < i]
    return max(makers, default=-1)


def _expected_days(scenario: Scenario, country: Country, steps: Sequence[Step]) -> tuple[float, float]:
    """Mean days before the first crew and after the last, of an average route."""
    stages = scenario.stages
    routes = [country.km[list(step.spans)].sum() for step in steps if step.kind == "route"]
    km = float(np.mean(routes)) if routes else 0.0
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
