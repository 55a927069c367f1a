"""What stands in homes and on masts: bought or taken from the store, renewed at the end of its life, removed.

The operator pays for drops, terminals and removals on the day, place by place and to the cent; it puts in as
much as it pays. A terminal that comes back fit is used before a new one is bought.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.lines import Lines
from bbsim.simulate.till import OPERATOR
from bbsim.simulate.world import World
from bbsim.standing import shared
from bbsim.technology import BOUGHT_SHARE, Technology, whole_cents
from bbsim.units import MINUTES_PER_DAY

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MINUTES_PER_YEAR = 365.25 * MINUTES_PER_DAY
TERMINALS, SITES = "terminals", "sites"


class Equipment:
    """Terminals and sites of all technologies."""

    def __init__(self, world: World, technologies: dict[str, Technology]) -> None:
        self._world, self._names = world, list(technologies)
        self._records = list(technologies.values())
        self._terminals: list[deque[list[int]]] = [deque() for _ in self._names]
        """By technology, [minute, number] of terminals put up, oldest first: the oldest leave first."""
        self._stood_since = np.full((len(self._names), len(world.country.ids)), -1, dtype=np.int64)
        self._oldest: list[float] = [math.inf] * len(self._names)
        """By technology, a minute before which no site that stands was put up."""

    @property
    def _lines(self) -> Lines:
        lines = self._world.state.lines
        assert lines is not None
        return lines

    # ---- terminals ----------------------------------------------------------------------------
    def join(self, technology: int, nodes: Ints, counts: Ints) -> None:
        """Premises are connected: drops, and terminals from the store first."""
        record, name = self._records[technology], self._names[technology]
        self.pay(f"connect_{name}", nodes, counts * self._cents(record.connect_usd, BOUGHT_SHARE))
        total = int(counts.sum())
        again = min(self._lines.stored.get((TERMINALS, name), 0), total)
        if again:
            self._world.record(ev.EquipmentReused(self._world.now, TERMINALS, name, again))
        self.pay(f"terminal_{name}", nodes, self._terminal_cents(record, counts, again, total))
        self._terminals[technology].append([self._world.now, total])

    def _terminal_cents(self, record: Technology, counts: Ints, again: int, total: int) -> Ints:
        """Cents by place, the first places getting the terminals from the store."""
        if not again:
            return np.asarray(counts * self._cents(record.terminal_usd))
        refit = self._cents(record.refit_usd, 0.0)
        if again == total:
            return np.asarray(counts * refit)
        before = np.cumsum(counts) - counts
        used = np.clip(again - before, 0, counts)
        return np.asarray(used * refit + (counts - used) * self._cents(record.terminal_usd))

    def leave(self, technology: int, nodes: Ints, counts: Ints) -> None:
        """Premises move on: their terminals are taken down, some of them fit for others."""
        record, name = self._records[technology], self._names[technology]
        self.pay(f"exit_{name}", nodes, counts * self._cents(record.exit_usd, 0.0))
        gone = left = int(counts.sum())
        stock = self._terminals[technology]
        while left and stock:
            taken = min(left, stock[0][1])
            stock[0][1] -= taken
            left -= taken
            if not stock[0][1]:
                stock.popleft()
        kept = int(gone * record.terminal_kept_share)
        if record.terminal_usd:
            self._world.record(ev.EquipmentRetired(self._world.now, TERMINALS, name, nodes, gone, kept))

    # ---- masts and cabinets -------------------------------------------------------------------
    def sites_from_store(self, technology: int, sites: int) -> int:
        """Cents that equipment from the store saves on so many new sites; it is taken out."""
        name = self._names[technology]
        again = min(self._lines.stored.get((SITES, name), 0), sites)
        if not again:
            return 0
        self._world.record(ev.EquipmentReused(self._world.now, SITES, name, again))
        return again * whole_cents(self._records[technology].site_equipment_usd)

    def stand(self, technology: int, node: int) -> None:
        """A site stands from now on."""
        if self._stood_since[technology, node] < 0:
            self._stood_since[technology, node] = self._world.now
            self._oldest[technology] = min(self._oldest[technology], self._world.now)

    def take_down(self, technology: int, node: int) -> None:
        """All sites of a place go, some of their equipment into the store."""
        record, name, lines = self._records[technology], self._names[technology], self._lines
        sites = int(lines.sites[technology, node])
        kept = int(sites * record.site_kept_share + 0.5)
        there = np.array([node])
        self._world.record(ev.EquipmentRetired(self._world.now, SITES, name, there, sites, kept))
        self.pay(f"exit_{name}", there, np.array([sites * self._cents(record.site_exit_usd, 0.0)]))
        self._stood_since[technology, node] = -1

    # ---- the end of a life --------------------------------------------------------------------
    def renew(self, in_use: Callable[[int], Bools]) -> None:
        """What has reached the end of its life is bought again, where it is of use."""
        for technology, record in enumerate(self._records):
            if record.terminal_years is not None:
                self._renew_terminals(technology, record, in_use)
            if record.plant_years is not None and record.homes_per_site:
                self._renew_sites(technology, record)

    def _renew_terminals(self, technology: int, record: Technology, in_use: Callable[[int], Bools]) -> None:
        """The nation's oldest, in the places by how many they have."""
        assert record.terminal_years is not None
        stock, now = self._terminals[technology], self._world.now
        old = 0
        while stock and now - stock[0][0] >= record.terminal_years * MINUTES_PER_YEAR:
            old += stock.popleft()[1]
        if not old:
            return
        on = sum(book.connected[technology] for book in (self._lines.homes, self._lines.businesses))
        counts = shared(old, np.asarray(on)) * in_use(technology)
        nodes = np.flatnonzero(counts)
        if len(nodes):
            self.pay(
                f"renew_{self._names[technology]}", nodes, counts[nodes] * self._cents(record.terminal_usd)
            )
            stock.append([now, int(counts.sum())])

    def _renew_sites(self, technology: int, record: Technology) -> None:
        assert record.plant_years is not None
        since, now = self._stood_since[technology], self._world.now
        if now - self._oldest[technology] < record.plant_years * MINUTES_PER_YEAR:
            return
        nodes = np.flatnonzero((since >= 0) & (now - since >= record.plant_years * MINUTES_PER_YEAR))
        if len(nodes):
            sites = self._lines.sites[technology, nodes]
            self.pay(
                f"renew_{self._names[technology]}", nodes, sites * self._cents(record.site_equipment_usd)
            )
            since[nodes] = now
        self._oldest[technology] = since[since >= 0].min(initial=now)

    # ---- paying -------------------------------------------------------------------------------
    def _cents(self, usd: float, bought_share: float = 1.0) -> int:
        """Whole cents of something at today's prices: what is bought of it, and what is laboured."""
        material, labour = self._world.state.price_factors
        if material == labour == 1.0:
            return whole_cents(usd)
        return whole_cents(usd * (bought_share * material + (1.0 - bought_share) * labour))

    def pay(self, cause: str, nodes: Ints, cents: Ints) -> None:
        """The operator puts in and pays so many US cents in each place."""
        if not cents.all():
            some = cents > 0
            nodes, cents = nodes[some], cents[some]
        if len(nodes):
            world = self._world
            world.record(ev.PlacesPaid(world.now, OPERATOR, cause, nodes, world.till.minors(cents)))
