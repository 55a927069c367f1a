"""One pass over the events that integrates every rate and share over time.

Sampling on reporting days lies (a cut on the day reads as a dark quarter), so values hold from one change
to the next and are weighted by how long they held. Demand grows, homes connect and traffic moves to new
light on the first of each month; a loss, or any change while something is full, is solved at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import compress, pairwise
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.built import PROPOSED
from bbsim.country import Country
from bbsim.metrics.beams import Beams
from bbsim.metrics.booked import Bookings, Sums, by_period
from bbsim.metrics.carried import Carried
from bbsim.metrics.columns import weighted_quantiles
from bbsim.metrics.directions import carrier_of
from bbsim.metrics.homes_by import HomesBy
from bbsim.metrics.nearness import RADII_KM, Nearness
from bbsim.metrics.outages import Outages, Uptime
from bbsim.metrics.public import PublicSweep
from bbsim.metrics.single_path import SinglePath
from bbsim.models.answers import load_mbps
from bbsim.scenario import Scenario
from bbsim.state import BOOKED, State
from bbsim.technology import Technology
from bbsim.units import MINUTES_PER_DAY, months_after, period_edges

Floats = NDArray[np.float64]
SPEEDS_MBPS = (10, 30, 100, 1000)
SCALARS = (
    "cities_on_fibre_share",
    "population_on_fibre_share",
    *(f"population_within_{km}km_share" for km in RADII_KM),
    "households_passed_share",
    "take_up_share",
    "demand_gbps",
    "delivered_gbps",
    "delivered_excluding_gateways_gbps",
    "demand_excluding_gateways_gbps",
    "to_homes_gbps",
    "homes_time",
    "achievable_mbps_per_home_mean",
    "achievable_mbps_per_home_p10",
    "achievable_mbps_per_home_p50",
    "achievable_time",
    *(f"population_at_{mbps}mbps_share" for mbps in SPEEDS_MBPS),
    "max_span_utilisation_share",
    "gateway_utilisation_share",
    "population_satellite_only_share",
    "population_on_single_path_share",
    "waiting_money",
    "waiting_permits",
    "waiting_crews",
    "waiting_season",
    "homes_waiting_money",
    "homes_waiting_crews",
)
_AT = {name: i for i, name in enumerate(SCALARS)}
_WAITING = tuple(enumerate(ev.CAUSES_OF_WAITING, start=_AT["waiting_money"]))
_HOMES_WAITING = _AT["homes_waiting_money"], _AT["homes_waiting_crews"]


class Sweep:
    """Integrals and end values, by period.

    Attributes
    ----------
    edges : days since the start at which periods begin; the last is the horizon.
    integral : (periods, scalars) value x share of the period, in the order of `SCALARS`.
    at_end : (periods, scalars) the value when the period ends.
    stock : by name, (periods,) or (periods, nodes | spans | regions) at period end.
    money : what was booked in each period.
    """

    def __init__(
        self, scenario: Scenario, country: Country, demand: Any, technology: Technology, routing: str
    ) -> None:
        self._scenario, self._country, self._demand = scenario, country, demand
        self.dates = period_edges(scenario.start, scenario.end, scenario.report_every)
        self.edges = np.array([(d - scenario.start).days for d in self.dates], dtype=np.int64)
        self._lengths = (np.diff(self.edges) * MINUTES_PER_DAY).tolist()
        periods, n, m = len(self.edges) - 1, len(country.ids), len(country.km)
        self.integral, self.at_end = (np.zeros((periods, len(SCALARS))) for _ in range(2))
        of_nodes = ("demand", "delivered", "to_homes", "homes", "achievable", "lit")
        self.integral_of_nodes = {name: np.zeros((periods, n)) for name in of_nodes}
        self.load, self.utilisation = (np.zeros((periods, m)) for _ in range(2))
        self.stock: dict[str, list[Any]] = {}
        self.minor_per_usd = 100.0 * scenario.minor_per_cent
        self._carrier = carrier_of(scenario, country, technology, demand, routing)
        self._outages = Outages(self._carrier)
        mixture = self._carrier.mixture
        self.homes_by = None if mixture is None else HomesBy(mixture, country)
        self.uptime = Uptime(periods, n) if scenario.dangers else None
        self.beams = Beams(scenario, country, demand.active_share, self.edges)
        self._near = Nearness(country)
        self._single, self._hung = SinglePath(country), -1
        self.public = PublicSweep(scenario, country, self.edges) if scenario.sites is not None else None
        """Public sites, if the scenario has any."""
        self._people = country.population.astype(np.float64)
        self._all_people = float(self._people.sum()) or np.nan
        gateways = [country.node_index[g.node] for g in scenario.gateways]
        names = {country.ids[g] for g in gateways}
        parts = country.nodes["part_of"]
        self._at_gateway = np.array(
            [node in names or parts[i] in names for i, node in enumerate(country.ids)]
        )
        region_at = {name: i for i, name in enumerate(country.regions)}
        self._region_of = np.array([region_at.get(r, -1) for r in country.nodes["region"]])
        self._row = np.zeros(len(SCALARS))
        self._speed_at = [_AT[f"population_at_{mbps}mbps_share"] for mbps in SPEEDS_MBPS]
        self._carried: Carried | None = None
        self._seen: tuple[Any, ...] = ()
        self._covered: tuple[int, int] = (-1, -1)
        self._asked: tuple[Any, ...] = ()
        self._dishes: tuple[int, ...] = ()
        self._full, self._losses = False, 0
        self._carried_since = 0
        self._today, self._factor, self._load_mbps = scenario.start, 1.0, 0.0
        self._best, self._connected, self._used = np.zeros(n), np.zeros(n), np.zeros(m)
        self._fast, self._many = np.zeros((len(SPEEDS_MBPS), n), dtype=bool), [0] * len(SPEEDS_MBPS)
        self._homes = np.maximum(country.households, 1)
        self._lived_in = self._homes * self._factor
        self._households = int(country.households.sum())

    def run(self, events: Sequence[ev.Event], opening_cents: Sequence[int], booked: Bookings) -> None:
        """Go through the events once."""
        edges = self.edges * MINUTES_PER_DAY
        self.money: Sums = by_period(booked, edges, self._region_of, len(self._country.regions))
        state = State(self._country, opening_cents)
        ticks = self._ticks()
        minutes = np.fromiter(map(attrgetter("minute"), events), dtype=np.int64, count=len(events))
        begins = np.flatnonzero(np.diff(np.maximum(minutes, 0), prepend=-1)).tolist()
        # The money is booked already; what only the books know is more than half of what happens.
        seen = ~np.fromiter(map(BOOKED.__contains__, map(type, events)), dtype=bool, count=len(events))
        shown, upto = list(compress(events, seen.tolist())), [0, *np.cumsum(seen).tolist()]
        groups = [
            (events[i].minute, shown[upto[i] : upto[end]], events[end - 1].minute)
            for i, end in pairwise([*begins, len(events)])
        ]
        at, period, g = 0, 0, 0
        if groups and groups[0][0] <= 0:
            state.apply_all(*groups[0][1:])
            g = 1
        for tick in ticks:
            while g < len(groups) and groups[g][0] < tick:
                minute, happened, last = groups[g]
                self._hold(state, period, at, minute)
                at = minute
                state.apply_all(happened, last)
                g += 1
            self._hold(state, period, at, tick)
            at = tick
            if tick == self.edges[period + 1] * MINUTES_PER_DAY:
                self._close(state, period)
                period += 1
            self._seen = ()

    # ---- time ---------------------------------------------------------------------------------
    def _ticks(self) -> list[int]:
        """Minutes at which a month or a period begins, and the horizon."""
        start, days = self._scenario.start, int(self.edges[-1])
        months = range(1, days // 28 + 1)
        firsts = {(months_after(start.replace(day=1), month) - start).days for month in months}
        return [d * MINUTES_PER_DAY for d in sorted(firsts | set(self.edges[1:].tolist())) if 0 < d <= days]

    def _hold(self, state: State, period: int, begin: int, end: int) -> None:
        """The present values held from `begin` to `end`."""
        if end <= begin:
            return
        self._refresh(state, period, begin)
        self.integral[period] += self._row * ((end - begin) / self._lengths[period])
        if self.public is not None:
            self.public.hold(state, self._today, period, end - begin)

    def _carry(self, period: int, until: int) -> None:
        """Book what the network has carried since it was last solved."""
        if self._carried is not None and until > self._carried_since:
            share = (until - self._carried_since) / self._lengths[period]
            nodes, carried = self.integral_of_nodes, self._carried
            nodes["demand"][period] += carried.demand_gbps * share
            nodes["delivered"][period] += carried.delivered_gbps * share
            nodes["to_homes"][period] += carried.to_homes_gbps * share
            nodes["homes"][period] += self._connected * share
            nodes["achievable"][period] += self._best * share
            nodes["lit"][period] += (self._best > 0) * share
            self.load[period] += carried.load_gbps * share
            self.utilisation[period] += self._used * share
        self._carried_since = until

    # ---- values -------------------------------------------------------------------------------
    def _refresh(self, state: State, period: int, minute: int) -> None:
        """Compute again what may have changed since the last look, and nothing else."""
        row = self._row
        waiting, held, homes_held = state.waiting, state.held, state.homes_held
        for i, cause in _WAITING:
            row[i] = waiting[cause] + held[cause]
        row[_HOMES_WAITING[0]], row[_HOMES_WAITING[1]] = homes_held["money"], homes_held["crews"]
        seen = (state.service, state.areas_opened, state.topology, state.homes, *state.satellites.items())
        if seen == self._seen:
            return
        month = not self._seen
        if month:
            self._today = self._scenario.start + timedelta(days=minute // MINUTES_PER_DAY)
            self._factor = self._country.population_factor(self._today)
            self._lived_in = self._homes * self._factor
            self._load_mbps = load_mbps(self._demand, self._today, use=self._scenario.demand.use)
            self._hanging(state, row)
        on = state.on_fibre()
        moved = (state.service, state.areas_opened) != self._covered
        if moved:
            self._coverage(state, on, row)
            self._covered = state.service, state.areas_opened
            if self.uptime is not None:
                self.uptime.note(on, minute, period)
        told = self.homes_by.mixture.dishes_changed(state) if self.beams and self.homes_by else ()
        # Where dishes are counted, places that come on fibre change nothing until their homes do.
        moved &= self.homes_by is None or not self.homes_by.mixture.has_dishes
        if self.beams and (month or moved or told != self._dishes or seen[4:] != self._seen[4:]):
            self._dishes = told
            dishes = None if self.homes_by is None else self.homes_by.mixture.dishes(state)
            self.beams.note(state, minute, period, self._factor, dishes)
            doors = (
                None if dishes is None or self.homes_by is None else self.homes_by.mixture.dish_at_best(state)
            )
            served = self.beams.people_served_share(self._load_mbps, self._factor, self._all_people, doors)
            row[_AT["population_satellite_only_share"]] = served
        # What is asked for and by whom, over which ways: a home that is only passed changes none of it.
        # Where homes have lines of several kinds, it may.
        homes_asking = state.homes_connected if state.lines is None else state.homes
        asked = (state.service, state.topology, homes_asking, *seen[4:])
        if month or (self._full and asked != self._asked) or state.losses != self._losses:
            self._carry(period, minute)
            self._throughput(state, on, row, fresh=month)
            self._losses, self._asked = state.losses, asked
        passed, connected = state.homes_passed, state.homes_connected
        homes = self._households * self._factor
        # Where people become fewer, more homes lie at fibre than are lived in.
        row[_AT["households_passed_share"]] = min(passed / homes, 1.0) if homes else np.nan
        row[_AT["take_up_share"]] = connected / passed if passed else np.nan
        self._speeds(state, row)
        self._seen = seen

    def _coverage(self, state: State, on: NDArray[np.bool_], row: Floats) -> None:
        country = self._country
        cities_open = country.is_city & state.open_nodes()
        open_cities = np.count_nonzero(cities_open) or np.nan
        row[_AT["cities_on_fibre_share"]] = np.count_nonzero(on & cities_open) / open_cities
        # Whole numbers: sums of floats of a large country are divided among threads that wait for each other.
        people = country.population
        row[_AT["population_on_fibre_share"]] = people @ on / self._all_people
        if self.beams:
            self.beams.cover(state, on)
        self._near.update(on)
        for km in RADII_KM:
            within = people @ self._near.within(km)
            row[_AT[f"population_within_{km}km_share"]] = within / self._all_people

    def _hanging(self, state: State, row: Floats) -> None:
        """Who hangs on one span, looked at on the first of each month and at the end of each period."""
        if state.service != self._hung:
            alone = self._country.population @ self._single.alone(state)
            row[_AT["population_on_single_path_share"]] = alone / self._all_people
            self._hung = state.service

    def _throughput(self, state: State, on: NDArray[np.bool_], row: Floats, *, fresh: bool) -> None:
        carried = self._outages.solve(state, self._load_mbps, fresh=fresh)
        if self.beams:
            carried = self.beams.backed_up(carried, state, on, self._load_mbps)
        self._carried = carried
        outside = on & ~self._at_gateway
        row[_AT["demand_gbps"]] = carried.demand_gbps.sum()
        row[_AT["delivered_gbps"]] = carried.delivered_gbps.sum()
        row[_AT["delivered_excluding_gateways_gbps"]] = carried.delivered_gbps[outside].sum()
        row[_AT["demand_excluding_gateways_gbps"]] = carried.demand_gbps[outside].sum()
        row[_AT["to_homes_gbps"]] = carried.to_homes_gbps.sum()
        mbps, homes = carried.achievable_mbps, state.connected.astype(np.float64)
        row[_AT["homes_time"]] = homes.sum()
        if self.homes_by is not None:
            mbps, homes = self._all_lines(state, carried, row)
        seen = ~np.isnan(mbps) & (homes > 0)
        best, weight = mbps[seen], homes[seen]
        row[_AT["achievable_time"]] = float(len(best) > 0)
        row[_AT["achievable_mbps_per_home_mean"]] = (best * weight).sum() / weight.sum() if len(best) else 0.0
        most = best.max(initial=0.0)
        alike = (best == most).all()
        low, middle = (most, most) if alike else weighted_quantiles(best, weight, (0.1, 0.5))
        row[_AT["achievable_mbps_per_home_p10"]], row[_AT["achievable_mbps_per_home_p50"]] = low, middle
        self._connected, self._used = self._carrier.lines(state), np.zeros(len(state.span_gbps))
        np.divide(carried.load_gbps, state.span_gbps, out=self._used, where=state.span_gbps > 0)
        row[_AT["max_span_utilisation_share"]] = self._used.max(initial=0.0)
        transit = state.transit_gbps.sum()
        row[_AT["gateway_utilisation_share"]] = (
            carried.transit_load_gbps.sum() / transit if transit else np.nan
        )
        here = carried.achievable_mbps if self.homes_by is None else self.homes_by.of_places
        self._best = np.where(np.isnan(here), 0.0, here)
        if self.homes_by is None:
            self._fast = self._best >= np.array(SPEEDS_MBPS)[:, None]
            self._many = [int(np.count_nonzero(fast)) for fast in self._fast]
        self._full = bool((carried.delivered_gbps < carried.demand_gbps * (1 - 1e-9)).any())

    def _all_lines(self, state: State, carried: Carried, row: Floats) -> tuple[Floats, Floats]:
        """What homes get and how many they are, of each technology and place; their load counts as well."""
        assert self.homes_by is not None
        mbps, homes = self.homes_by.look(state, carried, self._load_mbps)
        outside, gbps = self.homes_by.mixture.off_network(state, self._load_mbps)
        row[_AT["homes_time"]] = self._carrier.lines(state).sum() + outside
        row[_AT["to_homes_gbps"]] += gbps
        return mbps, homes

    def _speeds(self, state: State, row: Floats) -> None:
        """People whose home is passed and could get the rate, of all people."""
        if self.homes_by is not None:
            a_home = self._people / self._lived_in
            reached = self.homes_by.people_at(state, SPEEDS_MBPS, a_home, self._people)
            row[self._speed_at] = reached / self._all_people
            return
        # Homes grow with the people, so that a home passed is the same share of a place as of the country.
        people = self._people * np.minimum(state.passed / self._lived_in, 1.0)
        first = _AT[f"population_at_{SPEEDS_MBPS[0]}mbps_share"]
        # Who has a rate has every lower one: as many places are the same places.
        told = {0: 0.0}
        for i, many in enumerate(self._many):
            if many not in told:
                told[many] = (self._fast[i] * people).sum() / self._all_people
            row[first + i] = told[many]

    # ---- the end of a period ------------------------------------------------------------------
    def _close(self, state: State, period: int) -> None:
        until = int(self.edges[period + 1]) * MINUTES_PER_DAY
        self._refresh(state, period, until)
        self._hanging(state, self._row)
        self._carry(period, until)
        self.at_end[period] = self._row
        self.beams.keep(until, period)
        if self.public is not None:
            self.public.close(state, self._today, period, self._single)
        on = state.on_fibre()
        if self.uptime is not None:
            self.uptime.note(on, until, period)
            if period + 1 == len(self.edges) - 1 and not state.losses:
                self.uptime = None  # nothing failed, so that nothing is told
        lit = state.operational
        regions = len(self._country.regions)
        of = np.where(self._region_of >= 0, self._region_of, regions)

        def by_region(values: Floats) -> Floats:
            return np.bincount(of, weights=values, minlength=regions + 1)[:regions].astype(np.float64)

        stocks: dict[str, Any] = {
            "lit_km": float(self._country.km[lit].sum()),
            "lit_spans": int(lit.sum()),
            "cities_on_fibre": int((on & self._country.is_city & state.open_nodes()).sum()),
            "households_passed": int(state.passed.sum()),
            "households_connected": int(state.connected.sum()),
            "on": on,
            "open": state.open_nodes(),
            "passed": state.passed.copy(),
            "connected": state.connected.copy(),
            "lit_minute": state.lit_minute.copy(),
            "gateway_km": self._carrier.gateway_km(state),
            "satellite": self.beams.serves(state, on),
            "satellite_ms": self.beams.latency_ms(),
            "span_status": state.span_status.copy(),
            "span_gbps": state.span_gbps.copy(),
            "region_people_on": by_region(self._people * on),
            "region_cities_on": by_region((on & self._country.is_city & state.open_nodes()).astype(float)),
            "region_cities": by_region((self._country.is_city & state.open_nodes()).astype(float)),
        }
        for name, value in stocks.items():
            self.stock.setdefault(name, []).append(value)
        if self.homes_by is not None:
            self.homes_by.close(state)

    def spans_touched(self, period: int) -> NDArray[np.int64]:
        """Spans that are more than proposed when a period ends."""
        return np.flatnonzero(self.stock["span_status"][period] != PROPOSED)
