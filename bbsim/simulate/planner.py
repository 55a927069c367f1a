"""The programme office: which route is awarded next, and what the others wait for.

At each meeting the candidates are put in order by the scenario's priority model. A route whose crews or
permit offices have too much before them is passed over; the first that is not takes the money, or, if the
money is short, everybody after it waits: a cheaper place further down never overtakes.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.models.answers import asked
from bbsim.planning.programme.replans import Replan
from bbsim.planning.programme.situation import Situation
from bbsim.scenario import Budget, Phase
from bbsim.sections.sites import SitesBudget
from bbsim.simulate import funds
from bbsim.simulate.disturbed import arriving
from bbsim.simulate.frontier import Frontier, frontier_of
from bbsim.simulate.project import Project, run_project
from bbsim.simulate.ranking import Ranking
from bbsim.simulate.till import ACCESS, BACKBONE
from bbsim.simulate.world import Process, World
from bbsim.units import months_after

DAYS_PER_YEAR = 366
# A change of the money to be expected by less than this share makes no new plan.
NOTICED = 0.01


class Planner:
    """Awards projects, meeting after meeting, phase after phase."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._phase = -1
        self._begun = np.zeros(len(world.country.ids), dtype=bool)
        self._phase_nodes = [self._nodes_of(phase) for phase in world.scenario.phases]
        self._not_before = _first_days(world)
        self._closes = _last_days(world)
        # The phase in which each place is first named; places that none names are never wanted.
        self._turn = np.full(len(world.country.ids), len(self._phase_nodes), dtype=np.int64)
        for number in range(len(self._phase_nodes) - 1, -1, -1):
            self._turn[self._phase_nodes[number]] = number
        self._projects = 0
        self._feed: dict[int, int] = {}
        self._held = (0, 0, 0)
        country, state = world.country, world.state
        self._buildable = np.array([medium != "leased" for medium in country.spans["medium"]], dtype=bool)
        self._awarded = state.operational.copy()
        self._planned = np.full(len(country.ids), -1, dtype=np.int64)
        self._replan: Replan | None = None
        self._expected = 0  # cents, when the plan was made
        bases = len(world.bases)
        self._office_bit = {name: 1 << (bases + i) for i, name in enumerate(world.authorities)}
        self._ranking = Ranking(world, self._turn, self._planned)
        self._frontier = self._new_frontier("the start")
        self._next_phase()

    def _new_frontier(self, cause: str) -> Frontier:
        """Cheapest routes from what is awarded, over open corridors (those of the plan, if there is one)."""
        world, state = self._world, self._world.state
        usable = state.open_spans() & (self._buildable | self._awarded)
        gateways = np.flatnonzero(state.transit_gbps > 0).tolist()
        plan = getattr(world.models.priority, "plan", None)
        if plan is not None:
            situation = Situation(world.country, world.prices, self._awarded, usable, gateways)
            to_serve = state.open_nodes() & (state.node_status == 0)
            phases = zip(world.scenario.phases, self._phase_nodes, strict=True)
            wanted = [(phase.name, nodes & to_serve) for phase, nodes in phases]
            self._expected = self._to_expect()
            with asked("priority", world.scenario.priority.use, world.date()):
                self._replan = plan(
                    situation,
                    wanted,
                    cause=cause,
                    cents=self._expected,
                    before=self._replan.plan if self._replan else None,
                )
            steps = self._replan.plan.steps
            self._planned.fill(-1)
            for position, step in enumerate(steps):
                self._planned[step.target] = position
            usable = self._awarded.copy()
            usable[[span for step in steps for span in step.spans]] = True
        needs = [self._needs(span) if self._buildable[span] else 0 for span in range(len(usable))]
        awarded = np.flatnonzero(self._awarded).tolist()
        return frontier_of(world.country, world.prices, usable, awarded, gateways, self._wanted(), needs)

    def _to_expect(self) -> int:
        """Cents for building that are in hand or still to be granted to the backbone, less rents to come."""
        world = self._world
        share = world.scenario.budget.access_share
        to_come = sum(cents - round(cents * share) for day, cents in grant_days(world) if day > world.today)
        return max(self._spare(world.days) + to_come + funds.to_come(world, BACKBONE), 0)

    def _plan_anew_if_money_changed(self) -> None:
        """A plan that the money no longer reaches, or that leaves out whom it now would, is made anew."""
        if self._replan is None:
            return
        steps = self._replan.plan.steps
        left = sum(step.cents for step in steps if self._world.state.node_status[step.target] == 0)
        now = self._to_expect()
        short = now < left and now < self._expected * (1 - NOTICED)
        # What was awarded since has taken its part of both.
        spent = sum(step.cents for step in steps) - left
        more = bool(self._replan.left_out) and now > (self._expected - spent) * (1 + NOTICED)
        if short or more:
            self._frontier = self._new_frontier("less money than planned with" if short else "more money")

    def _needs(self, span: int) -> int:
        """Which crew base and offices a span needs, as bits."""
        offices = sum(self._office_bit[name] for name in self._world.offices([span]))
        return offices | (1 << self._world.base_of_span(span))

    def run(self) -> Process:
        """Meet every so many days until nothing is left to award."""
        world = self._world
        while True:
            self._meet()
            if self._done():
                self._hold(0, 0, 0)
                self._give_money_to_access()
                return
            yield world.until(world.today + world.scenario.planner.award_every_days)

    def area_opened(self, area: str) -> None:
        """Let routes use an area's spans and serve its places from now on."""
        country = self._world.country
        if self._replan is not None:
            self._frontier = self._new_frontier(f"area {area} opened")
            return
        spans = [i for i, a in enumerate(country.spans["area"]) if a == area and self._buildable[i]]
        self._frontier.open(spans)
        self._frontier.want(self._wanted())

    def rented(self, span: int) -> None:
        """Let routes begin behind a leased span that is lit now."""
        self._awarded[span] = True
        self._frontier.open([span])
        self._frontier.award([span], [])

    def lost(self, span: int) -> None:
        """A rented span is dark for good: routes no longer begin behind it."""
        self._awarded[span] = False
        self._frontier = self._new_frontier(f"span {self._world.country.span_ids[span]} lost")

    def prices_changed(self) -> None:
        """Another programme opens or closes its trenches: routes are looked for anew."""
        self._world.prices = self._world.prices_on(self._world.date())
        self._frontier = self._new_frontier("prices changed")

    @property
    def finished(self) -> bool:
        """Whether every phase is awarded as far as it can be."""
        return self._done()

    # ---- phases -------------------------------------------------------------------------------
    def _nodes_of(self, phase: Phase) -> NDArray[np.bool_]:
        country = self._world.country
        return np.array(
            [
                kind in phase.kinds and (not phase.regions or region in phase.regions)
                for kind, region in zip(country.kind, country.nodes["region"], strict=True)
            ],
            dtype=bool,
        )

    def _wanted(self) -> NDArray[np.bool_]:
        """Places of the phases begun so far that are open and not yet awarded."""
        state = self._world.state
        return np.asarray(self._begun & state.open_nodes() & (state.node_status == 0))

    def _end_phases(self) -> None:
        """Places whose phases are all at an end are not awarded any more."""
        over = [number for number, day in self._closes.items() if day <= self._world.today]
        if not over:
            return
        for number in over:
            del self._closes[number]
            self._phase_nodes[number] = np.zeros_like(self._begun)
        self._begun = np.logical_or.reduce(
            [np.zeros_like(self._begun), *self._phase_nodes[: self._phase + 1]]
        )
        self._frontier.want(self._wanted())

    def _next_phase(self) -> None:
        """Begin phases until one has something to award, or all have begun."""
        while self._phase + 1 < len(self._phase_nodes):
            if self._not_before[self._phase + 1] > self._world.today:
                return
            self._phase += 1
            self._begun = self._begun | self._phase_nodes[self._phase]
            self._frontier.want(self._wanted())
            if self._frontier.candidate.any():
                return

    def _done(self) -> bool:
        scenario, state = self._world.scenario, self._world.state
        to_come = [o for o in scenario.openings if o.opens < scenario.end and not state.area_open[o.area]]
        leases = zip(self._world.scenario.leases, self._world.rents, strict=True)
        to_begin = [lease for lease, (_, days) in leases if days and not self._rented(lease.span)]
        last = self._phase + 1 >= len(self._phase_nodes)
        return last and not to_come and not to_begin and not self._frontier.candidate.any()

    def _rented(self, span: str) -> bool:
        return bool(self._awarded[self._world.country.span_index[span]])

    # ---- a meeting ----------------------------------------------------------------------------
    def _meet(self) -> None:
        self._end_phases()
        self._plan_anew_if_money_changed()
        ranking = self._ranking
        ranking.begin()
        while True:
            if not self._frontier.candidate.any():
                self._next_phase()
            ranking.follow(self._frontier)
            best = ranking.first(self._blocked_crews() | self._blocked_desks())
            if best is None or self._too_dear(ranking.usd[best]):
                self._hold(*self._waiting())
                return
            self._award(best, float(ranking.score[best]))

    def _too_dear(self, usd: float) -> bool:
        return bool(round(usd * 100) > self._spare(self._world.today + DAYS_PER_YEAR))

    def _waiting(self) -> tuple[int, int, int]:
        """How many candidates wait for money, for permits and for crews."""
        nodes = np.flatnonzero(self._frontier.candidate)
        needs = self._frontier.needs[nodes]
        no_crew, no_desk = ((needs & bits) != 0 for bits in (self._blocked_crews(), self._blocked_desks()))
        crews, permits = int(no_crew.sum()), int((no_desk & ~no_crew).sum())
        return len(nodes) - crews - permits, permits, crews

    def _blocked_crews(self) -> int:
        """Bits of the bases whose civil crews have too much before them."""
        world, bits = self._world, 0
        limit = world.scenario.planner.backlog_days * world.scenario.crews.pace.working_days_per_year / 365.25
        for i, base in enumerate(world.bases):
            if base.civil == 0 or world.civil_days[i] / base.civil >= limit:
                bits |= 1 << i
        return bits

    def _blocked_desks(self) -> int:
        """Bits of the offices that have too much before them."""
        world, bits = self._world, 0
        for name, bit in self._office_bit.items():
            authority = world.scenario.permits[name]
            wait = world.files[name] * authority.days.mean / authority.desks if authority.desks else np.inf
            if wait >= world.scenario.planner.permit_backlog_days:
                bits |= bit
        return bits

    def _hold(self, money: int, permits: int, crews: int) -> None:
        if (money, permits, crews) != self._held:
            self._held = (money, permits, crews)
            self._world.record(ev.PlannerHeld(self._world.now, money, permits, crews))

    def _award(self, target: int, score: float) -> None:
        world, frontier = self._world, self._frontier
        spans, places = frontier.route(target)
        nodes = [place for place in places if world.state.node_status[place] == 0]
        cents = int(world.prices.span[spans].sum() + world.prices.node[nodes].sum())
        people = int(world.country.population[nodes].sum())
        number, self._projects = self._projects, self._projects + 1
        phase = world.scenario.phases[self._turn[target]].name
        why = (
            f"{world.scenario.priority.use}: score {score:.6g} for {people} people and {cents / 100:.0f} USD"
        )
        upstream = self._upstream(spans, target)
        if self._replan is not None:
            why = self._replan.why(target)
        route, served = tuple(spans), tuple(nodes)
        plan = ev.PlanMade(world.now, number, "route", phase, target, route, served, cents, people, why)
        world.record(plan)
        pledge = world.till.reserve(BACKBONE, number, cents)
        project = Project(number, target, route, served, upstream, world.prices, pledge)
        for span in spans:
            world.lit_by[span] = world.env.event()
            self._awarded[span] = True
            world.civil_days[world.base_of_span(span)] += world.civil_days_of(
                span, world.country.km[span] * 1000
            )
        for office in world.offices(spans):
            world.files[office] += 1
        frontier.award(spans, nodes)
        world.env.process(run_project(world, project))

    def _upstream(self, spans: list[int], target: int) -> tuple[int, ...]:
        """The span that will bring light to where the route leaves the network, if it is not lit yet."""
        country = self._world.country
        root = at = self._frontier.root(spans, target)
        for span in spans:
            at = int(country.u[span] + country.v[span] - at)
            self._feed[at] = span
        feed = self._feed.get(root)
        return (feed,) if feed is not None and feed in self._world.lit_by else ()

    def _spare(self, until: int) -> int:
        """Free money for building, less the rents that fall due until then."""
        return self._world.till.free(BACKBONE) - self._world.rents_to_come(until)

    def _give_money_to_access(self) -> None:
        """What the backbone no longer needs; it needs all, if more light is paid from it."""
        world = self._world
        spare = 0 if _pays_for_light(world) else self._spare(world.days)
        cents = min(world.till.minor(spare), world.state.free_in(BACKBONE))
        if cents > 0:
            world.record(ev.MoneyMoved(world.now, BACKBONE, ACCESS, cents))
            world.money_came()


def _first_days(world: World) -> list[int]:
    """By phase, the day before which none of its projects is awarded: its programme has not begun."""
    scenario = world.scenario
    begins = {
        instrument: (programme.begins - scenario.start).days
        for programme in scenario.programmes
        for instrument in programme.instruments
    }
    return [begins.get(f"phases.{phase.name}", 0) for phase in scenario.phases]


def _last_days(world: World) -> dict[int, int]:
    """Phases that end before their work is done: the day from which none of their projects is awarded."""
    scenario = world.scenario
    days = [scenario.closes(instrument=f"phases.{phase.name}") for phase in scenario.phases]
    return {number: (day - scenario.start).days for number, day in enumerate(days) if day is not None}


def _pays_for_light(world: World) -> bool:
    """Whether more light is paid from the backbone's fund."""
    upgrades = world.scenario.upgrades
    return upgrades is not None and upgrades.paid_by == "backbone"


def grant_days(world: World, budget: Budget | SitesBudget | None = None) -> list[tuple[int, int]]:
    """Every grant of the horizon: its day and its cents, equal parts of a year that add up to the cent."""
    budget = budget or world.scenario.budget
    out: list[tuple[int, int]] = []
    first = budget.first_grant or world.scenario.start
    last = budget.last_grant or world.scenario.end
    yearly = round(budget.usd_per_year * 100)
    for count in itertools.count():
        day = (months_after(first, count * 12 // budget.grants_per_year) - world.scenario.start).days
        if day >= world.days or world.date(day) > last:
            return out
        part = count % budget.grants_per_year
        cents = yearly * (part + 1) // budget.grants_per_year - yearly * part // budget.grants_per_year
        if day >= 0:
            out.append((day, cents))
    return out


def grants(world: World, planner: Planner) -> Process:
    """Money arrives, split between the funds."""
    for number, (day, promised) in enumerate(grant_days(world)):
        yield world.until(day)
        cents = (yield from arriving(world, number, promised)) if world.disturbed else promised
        access = round(cents * world.scenario.budget.access_share)
        if planner.finished and not _pays_for_light(world):
            lacking = world.rents_to_come(world.days) - world.till.free(BACKBONE)
            access = cents - min(max(lacking, 0), cents)
        for fund, share in ((BACKBONE, cents - access), (ACCESS, access)):
            if share:
                world.record(ev.BudgetGranted(world.now, fund, world.till.minor(share)))
        world.money_came()
