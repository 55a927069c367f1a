"""The plan of a scenario, without simulating it: corridors near the optimum, an order, dates to expect.

`selection` decides whom to leave out if money is short, `programme` finds the corridors, `rollout` dates an
order with the scenario's own money, crews and expected durations, and the order is improved on the objective
that the planner names. Rings come right after the routes that they close.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bbsim import models
from bbsim.country import Country
from bbsim.memory import unhurried
from bbsim.models.answers import load_mbps
from bbsim.models.cost import Prices
from bbsim.planning.programme.national_mix import Mixture, mixture_of
from bbsim.planning.programme.phases import plan_programme, protect
from bbsim.planning.programme.place_links import PlaceLink, place_links
from bbsim.planning.programme.ring_steps import Exposure, Ring, exposure, rings_in_order, with_rings
from bbsim.planning.programme.rollout import NEVER, OBJECTIVES, Rollout, improve, npv_usd, roll_out
from bbsim.planning.programme.selection import Choice, LeftOut, choose, left_out
from bbsim.planning.programme.situation import Bools, Effort, Plan, Protection, Situation, Step
from bbsim.planning.programme.workload import work_of
from bbsim.scenario import Scenario
from bbsim.standing import standing


@dataclass(frozen=True, slots=True)
class Aim:
    """What a planner asks for.

    Attributes
    ----------
    effort : how hard the cheapest trees, and those of a budget, are looked for.
    objective : what the order is improved on, one of `bbsim.planning.programme.rollout.OBJECTIVES`.
    survivable : also plan rings for the places of the first phase.
    budget_usd : all routes together may cost no more; whoever does not fit is left out.
    usd_per_person : what reaching a resident is worth; whoever costs more is left out.
    by, mbps : also choose fibre, microwave or satellite for each place, so that the links carry the busy hour
        of that day, at so much a home (the demand model's load if missing).
    front : also plans for less money that none beats in price, person-years and finishing day.
    together : also choose corridors and order as one, and take that plan if its order is better.
    rounds : moves that the local search over orders tries.
    """

    effort: Effort = "standard"
    objective: str = "person_years"
    survivable: bool = False
    budget_usd: float | None = None
    usd_per_person: float | None = None
    by: date | None = None
    mbps: float | None = None
    front: bool = False
    together: bool = False
    rounds: int = 400


@dataclass(frozen=True, slots=True)
class NationalPlan:
    """What `bbsim plan` answers.

    Attributes
    ----------
    plan : corridors and routes, in the order that is meant to be built.
    steps : the same with rings among them, if rings were asked for.
    rollout : dates to expect and what they are worth, one row a step.
    without_rings : the same for the routes alone.
    horn : the same for Horn's order over the same corridors, to compare with.
    npv_usd : net present value of the order, at the scenario's worth of service.
    protection, rings, exposure : the rings as a whole and one by one, and how far the first phase's places
        hang on single spans; if asked for.
    choice, left_out : whom a budget or a value reaches, and what joining each other place would take.
    mixture, links : what serves each place, if a technology was to be chosen; the plan is that of the fibre.
    waiting : places that wait for a corridor that opens later than a dearer one that would join them.
    cheapest : the plan over the cheapest corridors and its dates, if corridors were chosen with the order.
    """

    plan: Plan
    steps: tuple[Step, ...]
    rollout: Rollout
    without_rings: Rollout
    horn: Rollout
    npv_usd: float
    protection: Protection | None = None
    rings: tuple[Ring, ...] = ()
    exposure: Exposure | None = None
    choice: Choice | None = None
    left_out: tuple[LeftOut, ...] = ()
    mixture: Mixture | None = None
    links: tuple[PlaceLink, ...] = ()
    waiting: tuple[int, ...] = ()
    cheapest: tuple[Plan, Rollout] | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """What a scenario leaves to plan: the situation, and who waits in each phase.

    Attributes
    ----------
    names, wanted : of the phases, and for each a (nodes,) mask of its places without an access node.
    waves : (spans,) and (nodes,) masks of what is open, on the first day and on each on which more opens.
    """

    scenario: Scenario
    country: Country
    situation: Situation
    names: tuple[str, ...]
    wanted: tuple[Bools, ...]
    waves: tuple[tuple[Bools, Bools], ...]

    @property
    def everybody(self) -> Bools:
        """(nodes,) every place that a phase wants."""
        return np.asarray(np.logical_or.reduce(self.wanted))

    def among(self, places: Bools) -> tuple[tuple[str, Bools], ...]:
        """The phases with these places alone."""
        return tuple((name, mask & places) for name, mask in zip(self.names, self.wanted, strict=True))


def task_of(scenario: Scenario, country: Country) -> Task:
    """What there is to plan in a scenario, at its cost model's prices of the first day."""
    prices = models.find("cost", scenario.cost.use, scenario.cost.parameters).prices(country)
    situation, to_serve = situation_of(scenario, country, prices)
    wanted = tuple(_places(country, phase.kinds, phase.regions) & to_serve for phase in scenario.phases)
    names = tuple(phase.name for phase in scenario.phases)
    return Task(scenario, country, situation, names, wanted, _waves(scenario, country))


def _waves(scenario: Scenario, country: Country) -> tuple[tuple[Bools, Bools], ...]:
    """What is open on the first day, and on each later day on which an area opens."""
    days = sorted({max(o.opens, scenario.start) for o in scenario.openings if o.opens < scenario.end})
    waves = []
    for day in sorted({scenario.start, *days}):
        areas = ["", *sorted(o.area for o in scenario.openings if o.opens <= day)]
        waves.append((np.isin(country.spans["area"], areas), np.isin(country.nodes["area"], areas)))
    return tuple(waves)


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


Told = Callable[[float, str], None]
"""Hears the share that is done, and what is being done."""


def unheard(_share: float, _words: str) -> None:
    """Tell nobody."""


@unhurried()
def national_plan(
    scenario: Scenario, country: Country, aim: Aim | None = None, *, tell: Told = unheard
) -> NationalPlan:
    """Which corridors, in which order, and by when to expect them.

    Parameters
    ----------
    aim : what is asked for; everybody, for most person-years, if missing.
    tell : hears how far the work is.

    Raises
    ------
    ValueError
        for an unknown objective.
    """
    aim = aim or Aim()
    task = task_of(scenario, country)
    tell(0.0, "looking for corridors")
    mixture = mixed(task, aim)
    plan, choice = fibre_plan(task, aim, mixture) if mixture else chosen_plan(task, aim)
    tell(0.6, "putting projects in order")
    plan, rollout, horn = in_order(task, plan, aim)
    cheapest = (plan, rollout) if aim.together else None
    if aim.together:
        plan, rollout, horn = _better(task, aim, (plan, rollout, horn))
    built = [span for step in plan.steps for span in step.spans]
    outside = left_out(task.situation, built, task.everybody & ~choice.places) if choice else ()
    tell(0.8, "closing rings" if aim.survivable else "adding up")
    ringed = _ringed(task, plan) if aim.survivable else _Ringed(plan.steps, rollout)
    steps, dated = ringed.steps, ringed.rollout
    worth = npv_usd(work_of(scenario, country, steps), dated)
    rows: tuple[PlaceLink, ...] = ()
    if mixture is not None:
        by_day = (mixture.by - scenario.start).days
        rows = place_links(mixture, task.situation, plan.steps, _routes_of(steps, dated), by_day)
    late = kept_waiting(task, plan)
    return NationalPlan(
        plan,
        steps,
        dated,
        rollout,
        horn,
        worth,
        ringed.protection,
        ringed.rings,
        ringed.exposure,
        choice,
        outside,
        mixture,
        rows,
        late,
        cheapest,
    )


@dataclass(frozen=True, slots=True)
class _Ringed:
    """The steps of a plan with its rings among them, and their dates; other words as in `NationalPlan`."""

    steps: tuple[Step, ...]
    rollout: Rollout
    protection: Protection | None = None
    rings: tuple[Ring, ...] = ()
    exposure: Exposure | None = None


def _ringed(task: Task, plan: Plan) -> _Ringed:
    """Rings for the places of the first phase, as far as the plan reaches them."""
    reached = np.zeros(len(task.country.ids), dtype=bool)
    reached[[node for step in plan.steps for node in step.nodes]] = True
    first = task.wanted[0] & reached
    protection = protect(task.situation, plan, first)
    rings = rings_in_order(task.situation, plan, protection, first)
    exposed = exposure(task.situation, plan, rings, first)
    steps = with_rings(plan, rings)
    dated = roll_out(work_of(task.scenario, task.country, steps), range(len(steps)))
    return _Ringed(steps, dated, protection, rings, exposed)


Ordered = tuple[Plan, Rollout, Rollout]


def _better(task: Task, aim: Aim, cheapest: Ordered) -> Ordered:
    """The plan whose corridors are chosen with their order, or the cheapest if its order is as good."""
    phases = task.among(task.everybody)
    plan = plan_programme(
        task.situation, phases, effort=aim.effort, waves=task.waves, bounded=False, together=True
    )
    plan = replace(plan, lower_bound_cents=cheapest[0].lower_bound_cents)
    other = in_order(task, plan, aim)
    values = []
    for each, rollout, _ in (cheapest, other):
        work = work_of(task.scenario, task.country, each.steps)
        values.append(OBJECTIVES[aim.objective](work, rollout))
    return other if values[1] > values[0] else cheapest


def kept_waiting(task: Task, plan: Plan) -> tuple[int, ...]:
    """The places of a plan that wait for a corridor, though a dearer one that would join them opens earlier.

    A plan for everybody or for a budget has none: it is made anew for what is open, opening by opening. What
    a value a person chooses, or a mix of technologies, is a set of corridors, and those are waited for.
    """
    if len(task.waves) < 2 or not plan.steps:
        return ()
    country, targets = task.country, np.array([step.target for step in plan.steps], dtype=np.int64)
    opened = [(opening.opens - task.scenario.start).days for opening in task.scenario.openings]
    days = sorted({0, *(max(day, 0) for day in opened)})[: len(task.waves)]
    first = np.full(len(country.ids), days[-1], dtype=np.int64)
    for day, (spans, nodes) in reversed(list(zip(days, task.waves, strict=True))):
        first[task.situation.only(spans).reachable() & nodes] = day
    planned = work_of(task.scenario, country, plan.steps).release_day
    return tuple(targets[planned > first[targets]].tolist())


def chosen_plan(task: Task, aim: Aim) -> tuple[Plan, Choice | None]:
    """The corridors and routes of a task, for all places or for those that money and value choose."""
    situation, everybody = task.situation, task.everybody
    if aim.budget_usd is None and aim.usd_per_person is None:
        plan = plan_programme(situation, task.among(everybody), effort=aim.effort, waves=task.waves)
        return plan, None
    choice = choose(
        situation,
        everybody,
        budget_cents=None if aim.budget_usd is None else round(aim.budget_usd * 100),
        cents_per_person=None if aim.usd_per_person is None else aim.usd_per_person * 100,
        effort=aim.effort,
    )
    if len(task.waves) > 1 and aim.budget_usd is not None and aim.usd_per_person is None:
        # Over all corridors nobody waits for one that opens late; that may cost more than the budget. With a
        # value a person the corridors are part of what is worth its price, and stay.
        plan = _plan_over(task, aim, np.ones(len(choice.spans), dtype=bool), choice.places)
        if plan.cents <= round(aim.budget_usd * 100):
            return plan, choice
    return _plan_over(task, aim, choice.spans, choice.places), choice


def mixed(task: Task, aim: Aim) -> Mixture | None:
    """What serves each place, if the aim names a day."""
    if aim.by is None:
        return None
    demand = task.scenario.demand
    mbps = aim.mbps
    if mbps is None:
        mbps = load_mbps(models.find("demand", demand.use, demand.parameters), aim.by, use=demand.use)
    return mixture_of(
        task.scenario,
        task.country,
        task.situation,
        task.everybody,
        aim.by,
        mbps,
        usd_per_person=aim.usd_per_person,
        effort=aim.effort,
    )


def fibre_plan(task: Task, aim: Aim, mixture: Mixture) -> tuple[Plan, None]:
    """The corridors and routes for those whom fibre serves, or whose masts it feeds."""
    spans = task.situation.standing.copy()
    chosen = mixture.chosen.corridors
    spans[task.situation.usable[chosen[chosen < len(task.situation.usable)]]] = True
    return _plan_over(task, aim, spans, mixture.on_fibre), None


def _plan_over(task: Task, aim: Aim, spans: Bools, places: Bools) -> Plan:
    """The plan of some places over some spans, with the bound over all spans."""
    situation, everybody = task.situation, task.everybody
    phases = task.among(places)
    plan = plan_programme(situation.only(spans), phases, effort=aim.effort, waves=task.waves, bounded=False)
    bound = situation.least_cents(places, aim.effort) if plan.steps else 0.0
    nowhere = tuple(np.flatnonzero(everybody & ~situation.reachable()).tolist())
    return replace(plan, lower_bound_cents=int(np.floor(bound)), unreachable=nowhere)


def _routes_of(steps: Sequence[Step], dated: Rollout) -> Rollout:
    """The dates of the routes alone, when rings stand among them."""
    routes = np.array([step.kind == "route" for step in steps], dtype=bool)
    return replace(dated, award_day=dated.award_day[routes], ready_day=dated.ready_day[routes])


def in_order(task: Task, plan: Plan, aim: Aim) -> Ordered:
    """The plan in a better order, its dates, and those of Horn's order that it came in."""
    work = work_of(task.scenario, task.country, plan.steps)
    horn = roll_out(work, range(len(plan.steps)))
    order, rollout = improve(work, range(len(plan.steps)), aim.objective, rounds=aim.rounds)
    plan = replace(plan, steps=tuple(plan.steps[i] for i in order))
    rollout = replace(rollout, award_day=rollout.award_day[order], ready_day=rollout.ready_day[order])
    return plan, rollout, horn


def _places(country: Country, kinds: Sequence[str], regions: Sequence[str]) -> NDArray[np.bool_]:
    return np.array(
        [
            kind in kinds and (not regions or region in regions)
            for kind, region in zip(country.kind, country.nodes["region"], strict=True)
        ],
        dtype=bool,
    )


def never(day: int) -> bool:
    """Whether a day of a rollout means that the money ran out before."""
    return day >= NEVER
