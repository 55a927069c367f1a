"""Public sites in time: they open, are ordered lines, get them by crews, and expansions open more of them.

Everything is paid from a fund of its own. A line needs its place on fibre, money and a splicing crew of the
place's base; lines are paid in the order of their deadlines, and a cheaper one never overtakes.
"""

from __future__ import annotations

import heapq

import numpy as np
import simpy
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.built import NEVER
from bbsim.overhead import WITHOUT, Overhead
from bbsim.sections.sites import Expansion, SiteClass
from bbsim.simulate.planner import grant_days
from bbsim.simulate.resources import Servers
from bbsim.simulate.till import SITES, Pledge
from bbsim.simulate.world import Process, World
from bbsim.sites import Applying, Known
from bbsim.sites.roster import promised
from bbsim.sites.travel import Ways

ROUNDING_GBPS = 1e-9
"""What subtractions may lose: three of 0.02 fit on 0.06."""


class Office:
    """Who opens public sites and orders their lines."""

    def __init__(self, world: World) -> None:
        assert world.scenario.sites is not None
        self.world, self.section = world, world.scenario.sites
        self.applying = Applying(world.scenario, world.country)
        self._overhead = Overhead(world.scenario, world.country)
        self._awaited: dict[int, list[simpy.Event]] = {}
        self._short: list[tuple[int, int, int, simpy.Event]] = []
        self._asked = 0
        self._due: set[str] = set()
        self._within: tuple[Ways, float, NDArray[np.float64]] | None = None
        world.on_lit.append(self._lit)
        world.on_money.append(self._pay_who_waits)
        if any(kind.interim == "satellite" for kind in self.section.classes.values()):
            world.inboxes.setdefault(ev.SatelliteLaunched, []).append(self)

    def begin(self) -> list[Process]:
        """Tell what is connected on the first day; what is to come is answered as processes."""
        out = [self._grants()]
        for known in self.applying.known:
            if known.opens_day is None:
                continue
            if known.connected and self.world.state.on_fibre()[known.node]:
                self._connect(known, "fibre")
            else:
                out.append(self._line(known))
            out.append(self._due_on_its_day(known))
        return out + [self._expansion(expansion) for expansion in self.section.expansions]

    def class_of(self, known: Known) -> SiteClass:
        """What is promised to a site."""
        return promised(known, self.section)

    def hear(self, _event: ev.Event) -> None:
        """A satellite is up: whoever waits for one gets a terminal."""
        for known in self.applying.known:
            if known.site in self._due:
                self._give_terminal(known)
                self._open_if_due(known)

    # ---- opening ------------------------------------------------------------------------------
    def _due_on_its_day(self, known: Known) -> Process:
        day = known.opens_day or 0
        if day < self.world.days:
            if day > 0:
                yield self.world.until(day)
            self._due.add(known.site)
            self._open_if_due(known)

    def _open_if_due(self, known: Known) -> None:
        """Open it, unless it has to wait for its line."""
        world, name = self.world, known.site
        if name not in self._due or name in world.state.sites_open:
            return
        self._give_terminal(known)
        lines = world.state.sites_line.keys() | world.state.sites_dish.keys()
        if not self.class_of(known).open_only_connected or name in lines:
            world.record(ev.SiteOpened(world.now, name, known.node))

    def _give_terminal(self, known: Known) -> None:
        """A terminal meanwhile, if the class has one, a beam above it has room, and there is money for it."""
        state, kind, name = self.world.state, self.class_of(known), known.site
        if kind.interim != "satellite" or name in state.sites_line or name in state.sites_dish:
            return
        cents = round(kind.terminal_usd * 100) * known.count
        gbps = kind.mbps * known.count / 1000.0
        if gbps > self._room_gbps(known.node) + ROUNDING_GBPS or cents > self.world.till.free(SITES):
            return
        self._pay(self._reserve(cents), "site_terminal", known.node, cents)
        self._connect(known, "satellite")

    def _room_gbps(self, node: int) -> float:
        """What is left for one more site on the emptiest of the beams above a place; 0 where none is.

        Terminals look at one beam each: those that still have no line took, one after the other, the beam
        above them that had most room.
        """
        state = self.world.state
        up = self._overhead.up(state.satellites)
        if up is None:
            return 0.0
        left, above = up.gbps.copy(), up.part[WITHOUT] > 0
        for name, (_, place, used) in state.sites_dish.items():
            beams = np.flatnonzero(above[:, self._overhead.region[place]])
            if name not in state.sites_line and len(beams):
                left[beams[np.argmax(left[beams])]] -= used
        return float(left[above[:, self._overhead.region[node]]].max(initial=0.0))

    def _connect(self, known: Known, by: str) -> None:
        gbps = self.class_of(known).mbps * known.count / 1000.0
        self.world.record(ev.SiteConnected(self.world.now, known.site, known.node, gbps, by))

    # ---- lines --------------------------------------------------------------------------------
    def _line(self, known: Known, pledge: Pledge | None = None, cents: int | None = None) -> Process:
        """From the order to the connection; an expansion has set its price aside before."""
        world, kind = self.world, self.class_of(known)
        if known.opens_day is not None:
            day = known.opens_day - round(kind.ordered_days_before)
            if day >= world.days:
                return
            if day > 0:
                yield world.until(day)
        lit = self.until_lit(known.node)
        if lit is not None:
            yield lit
        if pledge is None or cents is None:
            cents, pledge = self.line_cents(known), None
            deadline = world.today if known.opens_day is None else known.opens_day + kind.connect_within_days
            money = self._money(cents, int(deadline))
            yield money
            pledge = money.value
        (days,) = world.draws("site line", known.site, [kind.line_days])
        yield world.delay(days)
        yield from self._crew(known, kind)
        self._pay(pledge, "site_line", known.node, cents)
        self._connect(known, "fibre")
        self._open_if_due(known)

    def _crew(self, known: Known, kind: SiteClass) -> Process:
        """A splicing crew of the place's base builds the drop, or both."""
        world = self.world
        crews: Servers = world.crews[world.base_of_node(known.node)]["splice"]
        turn = crews.request((-1, self.applying.at[known.site]))  # before the projects: it has a deadline
        if turn is not None:
            yield turn
        drops = known.count * (2 if kind.redundant else 1)
        yield world.delay(world.calendar_days(kind.line_crew_days * drops))
        crews.release()

    def line_cents(self, known: Known) -> int:
        """Price of a site's drops, at today's price of material."""
        kind = self.class_of(known)
        drops = known.count * (2 if kind.redundant else 1)
        return round(kind.line_usd * 100 * self.world.state.price_factors[0]) * drops

    def until_lit(self, node: int) -> simpy.Event | None:
        """The event of a place's first light; None if it is lit."""
        if self.world.state.lit_minute[node] != NEVER:
            return None
        event = self.world.env.event()
        self._awaited.setdefault(node, []).append(event)
        return event

    def _lit(self, node: int) -> None:
        for event in self._awaited.pop(node, ()):
            event.succeed()

    # ---- money --------------------------------------------------------------------------------
    def _grants(self) -> Process:
        world, fund = self.world, len(self.world.scenario.fund_names) - 1
        for day, cents in grant_days(world, self.section.budget):
            yield world.until(day)
            if cents:
                world.record(ev.BudgetGranted(world.now, fund, world.till.minor(cents)))
                world.money_came()

    def _reserve(self, cents: int) -> Pledge | None:
        return self.world.till.reserve(SITES, -1, cents) if cents else None

    def _pay(self, pledge: Pledge | None, cause: str, node: int, cents: int) -> None:
        """Pay for work that is done; what costs nothing was never set aside."""
        if pledge is not None and cents:
            self.world.till.work_done(pledge, cause, node, cents)
            self.world.till.accepted(pledge)

    def _money(self, cents: int, deadline: int) -> simpy.Event:
        """The event of a price being set aside, in the order of deadlines; its value is the pledge."""
        event = self.world.env.event()
        heapq.heappush(self._short, (deadline, self._asked, cents, event))
        self._asked += 1
        self._pay_who_waits()
        return event

    def _pay_who_waits(self) -> None:
        while self._short and self._short[0][2] <= self.world.till.free(SITES):
            _, _, cents, event = heapq.heappop(self._short)
            event.succeed(self._reserve(cents))

    # ---- expansions ---------------------------------------------------------------------------
    def _expansion(self, expansion: Expansion) -> Process:
        """Decide site after site, as money, hands and candidates allow."""
        world = self.world
        left = [known for known in self.applying.known if known.expansion == expansion.name]
        decided, building = 0, [0]
        first = (expansion.begins - world.scenario.start).days
        ends = [day for day in (expansion.ends, world.scenario.closes(instrument="public_sites")) if day]
        last = (min(ends) - world.scenario.start).days if ends else world.days
        if first > 0:
            yield world.until(first)
        near = np.zeros(len(world.country.ids), dtype=bool)
        state, looked = world.state, None
        chosen, people = None, 0
        while left and decided < expansion.most and world.today < min(last, world.days):
            while left and building[0] < expansion.at_a_time and decided < expansion.most:
                now = (state.service, state.areas_opened, state.sites, decided)
                if now != looked:  # else whoever was next is next
                    looked, (chosen, people) = now, self._next(expansion, left, near)
                if chosen is None:
                    break
                building_cents, line_cents = self._price(chosen)
                if self._short or building_cents + line_cents > world.till.free(SITES):
                    break
                left.remove(chosen)
                decided += 1
                building[0] += 1
                words = f"{people} more people within {expansion.within_minutes:g} minutes of a centre"
                why = words if expansion.order == "most_people" else f"number {decided} of {expansion.name}"
                cents = building_cents + line_cents
                world.record(ev.SitePlanned(world.now, chosen.site, chosen.node, cents, people, why))
                building_pledge, line_pledge = self._reserve(building_cents), self._reserve(line_cents)
                near |= self._near(expansion, chosen)
                world.env.process(self._build(chosen, building_pledge, building_cents, building))
                world.env.process(self._line(chosen, line_pledge, line_cents))
            yield world.until(world.today + world.scenario.planner.award_every_days)

    def _price(self, known: Known) -> tuple[int, int]:
        kind = self.class_of(known)
        cents = round(kind.building_usd * 100 * self.world.state.price_factors[1]) * known.count
        return cents, self.line_cents(known)

    def _next(
        self, expansion: Expansion, left: list[Known], decided: NDArray[np.bool_]
    ) -> tuple[Known | None, int]:
        """The next site, and how many people it brings near a centre; None if there is none now."""
        state, people = self.world.state, self.world.country.population
        opened, _, _ = self.applying.standing(state)
        taken = {int(node) for node in self.applying.node[opened & self.applying.serves]}
        may = state.on_fibre() if expansion.only_on_fibre else state.open_nodes()
        ready = [known for known in left if may[known.node] and known.node not in taken]
        if not ready:
            return None, 0
        near = decided | (self.applying.minutes(state, opened) <= expansion.within_minutes)
        more = self._more(expansion, ready, np.where(near, 0, people))
        if expansion.order == "listed":
            return ready[0], more[0]
        best = int(np.argmax(more))
        return (ready[best], more[best]) if more[best] >= expansion.least_people else (None, 0)

    def _more(self, expansion: Expansion, ready: list[Known], people: NDArray[np.int64]) -> list[int]:
        """How many of some people each site would bring near; they are whole, so that sums are exact."""
        found, key = self.applying.ways(self.world.state), expansion.within_minutes
        if self._within is None or self._within[0] is not found or self._within[1] != key:
            self._within = found, key, (found.minutes <= key).astype(np.float64)
        more = self._within[2] @ people.astype(np.float64)
        at = dict(zip(found.nodes.tolist(), more.tolist(), strict=True))
        return [int(at.get(known.node, people[known.node])) for known in ready]

    def _near(self, expansion: Expansion, known: Known) -> NDArray[np.bool_]:
        """(nodes,) whose people would be near the site."""
        found = self.applying.ways(self.world.state)
        row = int(np.searchsorted(found.nodes, known.node))
        if row < len(found.nodes) and found.nodes[row] == known.node:
            return np.asarray(found.minutes[row] <= expansion.within_minutes)
        alone = np.zeros(len(self.world.country.ids), dtype=bool)
        alone[known.node] = True
        return alone

    def _build(self, known: Known, pledge: Pledge | None, cents: int, building: list[int]) -> Process:
        world, kind = self.world, self.class_of(known)
        (days,) = world.draws("site building", known.site, [kind.building_days])
        yield world.delay(days)
        self._pay(pledge, "site_building", known.node, cents)
        building[0] -= 1
        self._due.add(known.site)
        self._open_if_due(known)
