"""The money of a run: dated flows, what they are worth, and what subsidy each place would need.

Everything comes from the run's events and ledger and from the scenario's `finance`; nothing is fed back into
the run. Without that section only what the ledger holds is told, and nothing is valued.
"""

from __future__ import annotations

from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.built import NEVER
from bbsim.country import Country
from bbsim.finance import space, tables
from bbsim.finance.appraisal import Appraisal, appraise
from bbsim.finance.building import connections, payments, price_factors, renewed, us_cents
from bbsim.finance.flows import CAPEX, OPEX, REVENUE, Booked, Floats, Flows, Ints
from bbsim.finance.gap import Ways, ways_at_end, worth_of_places
from bbsim.finance.running import masts, public_sites, running
from bbsim.finance.service import Service, business_months, moved_months, service
from bbsim.finance.tax import profit_tax
from bbsim.metrics.booked import PAID, RUNNING, Bookings, bookings
from bbsim.metrics.columns import ByKind, past_of
from bbsim.run import Columns, Run
from bbsim.scenario import Finance, Scenario
from bbsim.technology import of_scenario
from bbsim.units import MINUTES_PER_DAY

__all__ = ["Appraisal", "Books", "books"]


class Books:
    """The books of one run, each part made when it is first asked for."""

    def __init__(self, scenario: Scenario, country: Country, events: ByKind, booked: Bookings) -> None:
        self._scenario, self._country, self._events, self._booked = scenario, country, events, booked
        given = scenario.finance
        self.assumed = None if given is None or given.off else given
        """What lines earn and cost; None where the scenario says nothing of it."""

    def of(self, scenario: Scenario, events: ByKind) -> bool:
        """Whether these are the books of such a past."""
        return self._scenario is scenario and self._events is events

    # ---- flows --------------------------------------------------------------------------------
    @cached_property
    def flows(self) -> Flows:
        """Every cash flow with its day."""
        scenario, finance = self._scenario, self.assumed
        last = (scenario.end - scenario.start).days - 1
        parts = list(payments(self._events, self._booked, scenario, self._country))
        if finance is None:
            return Flows(tuple(parts), last, None)
        material, labour = price_factors(self._events, last + 1)
        if scenario.access.last_mile is None:  # else the ledger has them, technology by technology
            parts.append(connections(self._service, finance, material))
        parts += space.bought(self._events, scenario)
        bought = [part for part in parts if part.kind == CAPEX]
        for part in bought:
            parts += renewed(part, finance, labour if part.cause in ("survey", "labour") else material)
        parts += self._running
        flows = Flows(tuple(parts), last, self._rate(finance))
        if finance.profit_tax_share:
            tax = profit_tax(flows, finance, scenario.start, scenario.end)
            flows = Flows((*flows.parts, tax), last, flows.rate)
        return flows

    @cached_property
    def _running(self) -> list[Booked]:
        finance = self.assumed
        if finance is None:
            return []
        served, counted = self._service, finance.existing == "counted"
        sky = space.in_orbit(self._events, self._scenario, served.months, existing=counted)
        there = public_sites(self._events, self._scenario, self._country, served.months, existing=counted)
        firms = None
        if finance.of_businesses and self._scenario.access.last_mile is not None:
            firms = business_months(self._events, served.months, len(self._country.ids), existing=counted)
        out = [*running(served, finance, self._country, firms), *sky, *there]
        if self._scenario.access.last_mile is not None:
            out += masts(self._events, served.months, of_scenario(self._scenario))
        return out

    def _rate(self, finance: Finance) -> float:
        rate = finance.discount_share_per_year
        return self._scenario.planner.discount_share_per_year if rate is None else rate

    @cached_property
    def _service(self) -> Service:
        scenario, finance = self._scenario, self.assumed
        counted = finance is not None and finance.existing == "counted"
        return service(self._events, self._country, scenario.start, scenario.end, existing=counted)

    def by_period(self, kind: str, edges: Ints) -> Floats | None:
        """(periods,) dollars of ``opex`` or ``revenue`` in each period; None if nothing is said of them.

        Parameters
        ----------
        edges : (periods + 1,) first days, and the horizon.
        """
        if self.assumed is None:
            return None
        wanted, booked = {"opex": OPEX, "revenue": REVENUE}[kind], self._booked
        cents = np.zeros(int(edges[-1]), dtype=np.int64)
        for part in self._running:
            if part.kind == wanted:
                np.add.at(cents, part.day, part.cents)
        if wanted == OPEX:
            rents = (booked.kind == PAID) & booked.is_for(RUNNING)
            rent = us_cents(booked.cents[rents], self._scenario)
            np.add.at(cents, booked.minute[rents] // MINUTES_PER_DAY, rent)
        return np.asarray(np.abs(np.add.reduceat(cents, edges[:-1])) / 100.0)

    # ---- tables -------------------------------------------------------------------------------
    @property
    def finance(self) -> Columns:
        """The flows by year, fund, kind, cause and place."""
        return tables.finance(self.flows, self._scenario, self._country)

    @property
    def funding_gap(self) -> Columns:
        """What each place is worth and lacks."""
        passed, connected = (np.zeros(len(self._country.ids), dtype=np.int64) for _ in range(2))
        for lot in self._events.of(ev.HomesPassed):
            passed[lot.node] += lot.homes
        for joined in self._events.of(ev.HomesConnected):
            connected += joined.homes
        own, shared, _ = self.worth
        return tables.funding_gap(self._country, own, shared, self._served, passed, connected)

    @cached_property
    def worth(self) -> tuple[Floats, Floats, float]:
        """(nodes,) dollars of the first day: own flows and part of what is shared; and the country's own."""
        if self.assumed is None:
            nothing = np.full(len(self._country.ids), np.nan)
            return nothing, nothing, float("nan")
        return worth_of_places(self.flows, self._ways, self._country, self._served)

    @cached_property
    def _ways(self) -> Ways:
        gateways = [self._country.node_index[gateway.node] for gateway in self._scenario.gateways]
        return ways_at_end(self._events, self._country, gateways)

    @cached_property
    def _served(self) -> NDArray[np.bool_]:
        """(nodes,) places with an access node and a lit way to a gateway after the last event."""
        active = np.zeros(len(self._country.ids), dtype=bool)
        active[self._events.numbers(ev.NodeActivated, "node")] = True
        return np.asarray(active & (self._ways.before != NEVER))

    # ---- the whole ----------------------------------------------------------------------------
    @cached_property
    def appraisal(self) -> Appraisal | None:
        """What the run is worth as a whole; None without the scenario's `finance`."""
        finance = self.assumed
        if finance is None:
            return None
        lots = self._events.of(ev.HomesPassed)
        passed = sum(lot.homes for lot in lots if lot.minute > 0 or finance.existing == "counted")
        people = self._country.persons_per_household
        return appraise(
            self.flows, self._service, self._scenario.start, homes_passed=passed, people_per_home=people,
            moved=self._moved(finance),
        )  # fmt: skip

    def _moved(self, finance: Finance) -> tuple[int, float]:
        """Homes on copper of the first day that the run gave a better line, where they are left out else."""
        mile = self._scenario.access.last_mile
        if mile is None or mile.copper is None or finance.existing == "counted":
            return 0, 0.0
        places, months = len(self._country.ids), self._service.months
        homes, since = moved_months(self._events, months, places, mile.copper.technology)
        return homes, float(since.sum())


_BOOKS: WeakKeyDictionary[Run, Books] = WeakKeyDictionary()


def books(run: Run, booked: Bookings | None = None) -> Books:
    """The books of a run, from its events alone, made once as long as the run is kept.

    Parameters
    ----------
    booked : its bookings, where they are known already.

    >>> books(run).appraisal.npv_usd  # doctest: +SKIP
    -412345678.9
    """
    events, known = past_of(run), _BOOKS.get(run)
    if known is None or not known.of(run.scenario, events):
        booked = bookings(events, run.opening_cents) if booked is None else booked
        known = _BOOKS[run] = Books(run.scenario, run.country, events, booked)
    return known
