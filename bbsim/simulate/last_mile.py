"""The last mile in full: interim technologies, migration to better ones, businesses, and what each costs.

A place takes an interim technology when it has waited for a better one; its homes move on the day on which
the better one is in service in their lot. What is taken down goes into a store, and is used first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.built import NEVER, PLANNED
from bbsim.feeds import Feeds
from bbsim.lines import PREMISES, Lines
from bbsim.scenario import LastMile as Section
from bbsim.simulate.equipment import Equipment
from bbsim.simulate.lots import Lot
from bbsim.simulate.till import ACCESS, OPERATOR, Pledge
from bbsim.simulate.world import World
from bbsim.technology import Technology, hop_usd, whole_cents
from bbsim.units import MINUTES_PER_DAY

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Wanted = Callable[[Ints, NDArray[np.float64]], Ints]
MINUTES_PER_YEAR = 365.25 * MINUTES_PER_DAY
HOMES, BUSINESSES = PREMISES


class LastMile:
    """What happens between the place and the home, beside the programme's own lots."""

    def __init__(self, world: World, section: Section, technologies: dict[str, Technology]) -> None:
        self._world, self.section = world, section
        self._records = list(technologies.values())
        self._names = list(technologies)
        self.queue: Callable[[int, list[Lot]], None] = lambda _node, _lots: None
        """Puts lots into the yard of a place."""
        country, rules = world.country, section.interim
        self._feeds = Feeds(country, world.scenario, technologies)
        self._businesses = np.rint(country.population * (section.businesses_per_1000_people / 1000.0)).astype(
            np.int64
        )
        self._may = np.zeros((len(rules), len(country.ids)), dtype=bool)
        for number in range(len(rules)):
            self._may[number] = self._allowed(number)
        self._able_since = np.full(self._may.shape, NEVER, dtype=np.int64)
        self._taken = np.zeros(self._may.shape, dtype=bool)
        self._equipment = Equipment(world, technologies)
        copper = section.copper
        self._leaving_share = [
            copper.moving_share_per_year if copper is not None and copper.technology == name else 1.0
            for name in self._names
        ]
        """By technology, share of those who are due that leave in a year; 1: at once."""

    def _allowed(self, number: int) -> Bools:
        """(nodes,) whether a rule is about the place, whatever the day."""
        rule, country = self.section.interim[number], self._world.country
        kinds = np.isin(np.array(country.kind, dtype=object), rule.kinds)
        if rule.regions:
            kinds &= np.isin(np.array(country.nodes["region"], dtype=object), rule.regions)
        if rule.above_m is not None:
            height = [-np.inf if h is None else float(h) for h in country.nodes["elevation_m"]]
            kinds &= np.array(height) >= rule.above_m
        return kinds & country.is_place

    @property
    def _lines(self) -> Lines:
        lines = self._world.state.lines
        assert lines is not None
        return lines

    # ---- the first day ------------------------------------------------------------------------
    def begin(self) -> None:
        """Tell the technologies; must stand before anything is passed."""
        self._world.record(ev.AccessBegun(0, tuple(self._names)))

    def stand(self) -> None:
        """Businesses of homes passed already, and the copper lines of the first day, in open places."""
        world, state = self._world, self._world.state
        for node in np.flatnonzero(state.passed).tolist():
            self._pass_businesses(len(self._names) - 1, node, int(state.passed[node]))
        copper = self.section.copper
        if copper is None:
            return
        at = self._names.index(copper.technology)
        per_100 = [copper.lines_per_100_people.get(kind, 0.0) for kind in world.country.kind]  # type: ignore[call-overload]
        lines = np.floor(world.country.population * np.array(per_100) / 100.0).astype(np.int64)
        room = world.country.households - state.passed
        lines = np.clip(np.minimum(lines - state.connected, room), 0, None)
        lines[~(state.open_nodes() & world.country.is_place)] = 0
        nodes = np.flatnonzero(lines)
        for node in nodes.tolist():
            world.record(ev.PremisesPassed(0, HOMES, copper.technology, node, int(lines[node]), 0))
            self._pass_businesses(at, node, int(lines[node]))
        self._connect(HOMES, at, lines)
        self._connect(BUSINESSES, at, self._lines.businesses.best[at])

    # ---- lots ---------------------------------------------------------------------------------
    def price(self, technology: Technology, node: int, homes: int) -> tuple[int, int, int]:
        """Cents of passing so many homes of a place, those of them that are bought, and the sites.

        At the prices of the first day.
        """
        kind = self._world.country.kind[node]
        usd, sites = technology.passing_usd(homes, kind, self.section.settlements[kind])  # type: ignore[index]
        return whole_cents(usd), whole_cents(technology.bought_usd(usd, sites)), sites

    def stale(self, lot: Lot) -> bool:
        """Whether a lot of an interim technology comes too late: something better is there."""
        if not lot.technology:
            return False
        better = self._not_worse(self._lines.at[lot.technology])[1:]
        passed = self._lines.homes.passed[:, lot.node].tolist()
        return any(passed[at] for at in better)

    def programme_passed(self, lot: Lot) -> None:
        """A lot of the programme's own technology was handed over."""
        best = len(self._names) - 1
        self._pass_businesses(best, lot.node, lot.homes)
        self._move_now(best, lot.node)

    def handed_over(self, lot: Lot, pledge: Pledge | None) -> None:
        """Masts or cabinets of an interim technology stand: pay for them, and let homes move."""
        world, cause = self._world, f"pass_{lot.technology}"
        at = self._names.index(lot.technology)
        world.record(ev.PremisesPassed(world.now, HOMES, lot.technology, lot.node, lot.homes, lot.sites))
        if pledge is not None:
            world.till.work_done(pledge, cause, lot.node, lot.cents)
            world.till.accepted(pledge)
        else:
            self._equipment.pay(cause, np.array([lot.node]), np.array([lot.cents]))
        self._equipment.stand(at, lot.node)
        self._pass_businesses(at, lot.node, lot.homes)
        self._move_now(at, lot.node)

    def _pass_businesses(self, technology: int, node: int, homes: int) -> None:
        """Businesses stand among the homes: a lot passes their share of them."""
        world = self._world
        before = int(self._lines.homes.passed[technology, node]) - homes
        of = max(int(world.country.households[node]), 1)
        there = int(self._businesses[node])
        count = min(there * (before + homes) // of, there) - min(there * before // of, there)
        if count:
            name = self._names[technology]
            world.record(ev.PremisesPassed(world.now, BUSINESSES, name, node, count, 0))

    # ---- moving -------------------------------------------------------------------------------
    def _move_now(self, target: int, node: int) -> None:
        """Those who need not think about it move on the day."""
        lines = self._lines
        for premises in PREMISES:
            book = lines.book(premises)
            if not book.due_in[target, node]:
                continue
            for source, count in enumerate(book.due[:target, target, node].tolist()):
                if count and self._leaving_share[source] >= 1.0:
                    self._move(premises, source, target, np.array([node]), np.array([count]))
        for source, sites in enumerate(lines.sites[:target, node].tolist()):
            if sites:
                self._leave_sites(source, node)

    def _move_slowly(self) -> None:
        """A month's share of those who are due and take their time; somebody always goes."""
        for premises in PREMISES:
            due = self._lines.book(premises).due
            for source, share in enumerate(self._leaving_share[:-1]):
                if share >= 1.0:
                    continue
                for target in range(source + 1, len(self._names)):
                    nodes = np.flatnonzero(due[source, target])
                    if not len(nodes):
                        continue
                    count = due[source, target, nodes]
                    gone = count - np.floor(count * (1.0 - share) ** (1.0 / 12.0)).astype(np.int64)
                    some = gone > 0
                    if some.any():
                        self._move(premises, source, target, nodes[some], gone[some])

    def _move(self, premises: str, source: int, target: int, nodes: Ints, counts: Ints) -> None:
        world, names = self._world, self._names
        world.record(ev.PremisesMoved(world.now, premises, names[source], names[target], nodes, counts))
        self._equipment.leave(source, nodes, counts)
        self._equipment.join(target, nodes, counts)

    def _leave_sites(self, technology: int, node: int) -> None:
        """Where nobody is best served by a mast or cabinet any more, and nobody is on it, it goes."""
        books = (self._lines.homes, self._lines.businesses)
        if not any(book.best[technology, node] or book.connected[technology, node] for book in books):
            self._equipment.take_down(technology, node)

    # ---- the first of the month ---------------------------------------------------------------
    def first_of_month(self, wanted: Wanted) -> None:
        """Places take what they have waited for, lines move, homes connect, and old equipment is renewed."""
        self._move_slowly()
        self._take_interim(self._world.date())
        self._connect_all(wanted)
        self._equipment.renew(lambda at: self._feeds.fed(self._world.state, at))

    def _take_interim(self, today: date) -> None:
        """Places that could have had an interim technology for long enough take it."""
        world, state = self._world, self._world.state
        for number, rule in enumerate(self.section.interim):
            at = self._names.index(rule.technology)
            record = self._records[at]
            if today < rule.begins or today.year < record.from_year:
                continue
            left = self._may[number] & ~self._taken[number] & state.open_nodes()
            if not left.any():
                continue
            able = left & self._feeds.offered(state, at)
            for better in self._not_worse(at):
                able &= self._lines.homes.passed[better] == 0
            if not rule.if_planned and record.feed != "fibre":
                able &= state.node_status < PLANNED
            since = self._able_since[number]
            since[~able] = NEVER
            since[able & (since == NEVER)] = world.now
            ripe = able & (world.now - since >= rule.after_days * MINUTES_PER_DAY)
            for node in np.flatnonzero(ripe).tolist():
                self._taken[number, node] = True
                self._take(at, node, self._homes_to_bring(number, node))

    def _not_worse(self, technology: int) -> list[int]:
        """As good or better, but for the copper of the first day, which few homes may have."""
        copper = "" if self.section.copper is None else self.section.copper.technology
        return [at for at in range(technology, len(self._names)) if self._names[at] != copper]

    def _homes_to_bring(self, number: int, node: int) -> int:
        world, rule = self._world, self.section.interim[number]
        factor = world.country.population_factor(world.date())
        homes = int(world.country.households[node] * rule.target_share * factor)
        copper, at, book = self.section.copper, self._names.index(rule.technology), self._lines.homes
        homes -= int(book.best[at:, node].sum())
        if self._records[at].on_copper:
            there = 0 if copper is None else self._names.index(copper.technology)
            homes = min(homes, 0 if copper is None else int(book.connected[there, node]))
        return homes

    def _take(self, at: int, node: int, homes: int) -> None:
        """Offer a technology at once, or queue the lots in which it is built."""
        record, name = self._records[at], self._names[at]
        if homes <= 0 or (record.built and homes < self.section.least_homes):
            return
        if not record.built:
            self.handed_over(Lot(0, node, 0, homes, 0, name, 0, OPERATOR), None)
            return
        size = record.homes_per_site or self._world.scenario.access.homes_per_lot
        fund = ACCESS if self.section.interim_paid_by == "access" else OPERATOR
        lots = []
        for number in range(-(-homes // size)):
            lot = min(size, homes - number * size)
            cents, bought, sites = self.price(record, node, lot)
            laboured, saved = cents - bought, self._equipment.sites_from_store(at, sites)
            bought = max(bought - saved, 0) + (self._hop_cents(record, node) if number == 0 else 0)
            cents = bought + laboured
            pace = record.homes_per_crew_day or 0.0
            lots.append(
                Lot(cents // lot, node, number, lot, cents, name, sites, fund, pace, bought, laboured)
            )
        self.queue(node, lots)

    def _hop_cents(self, record: Technology, node: int) -> int:
        km = self._feeds.hop_km(self._world.state, node) if record.feed == "hop" else 0.0
        return whole_cents(hop_usd(self._world.scenario, km)) if km else 0

    # ---- connecting ---------------------------------------------------------------------------
    def _connect_all(self, wanted: Wanted) -> None:
        """Homes and businesses that have no line take one, each of what is best at its door."""
        world, lines = self._world, self._lines
        copper = "" if self.section.copper is None else self.section.copper.technology
        for at, name in enumerate(self._names):
            if name == copper or not lines.homes.best[at].any():
                continue
            on = self._feeds.offered(world.state, at)
            years = np.where(lines.since[at] == NEVER, 0.0, (world.now - lines.since[at]) / MINUTES_PER_YEAR)
            for premises in PREMISES:
                if (on & (lines.book(premises).room(at) > 0)).any():
                    more = self._newcomers(premises, at, wanted, years)
                    self._connect(premises, at, np.where(on, more, 0))

    def _newcomers(self, premises: str, at: int, wanted: Wanted, years: NDArray[np.float64]) -> Ints:
        """(nodes,) premises without a line that take one: what the model says of those that had none.

        Whoever came with a line of a worse kind, or still has one, moves by another rule and is not asked.
        """
        book = self._lines.book(premises)
        stay = book.staying(at)
        came = np.minimum(book.moved_in[at], stay)
        target = wanted(book.best[at] - book.due_in[at] - came, years)
        share = self._share(at, premises)
        if share < 1.0:
            target = np.floor(target * share).astype(np.int64)
        return np.asarray(np.maximum(target - (stay - came), 0))

    def _share(self, technology: int, premises: str) -> float:
        """Of those who would take a line, who take this one."""
        named = [rule for rule in self.section.interim if rule.technology == self._names[technology]]
        own = named[0].take_up_share if named else None
        share = self._records[technology].take_up_share if own is None else own
        return share * (self.section.business_take_up_share if premises == BUSINESSES else 1.0)

    def _connect(self, premises: str, technology: int, more: Ints) -> None:
        world, name = self._world, self._names[technology]
        nodes = np.flatnonzero(more)
        if not len(nodes):
            return
        if premises == HOMES and technology == len(self._names) - 1:
            world.record(ev.HomesConnected(world.now, more))
        else:
            world.record(ev.PremisesConnected(world.now, premises, name, nodes, more[nodes]))
        if world.now or technology == len(self._names) - 1:
            self._equipment.join(technology, nodes, more[nodes])
