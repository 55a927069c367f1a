"""Which sites work at an instant, who is near one, and who applies where.

A site is open from its day, on fibre while its drop is built and its place is on fibre, and connected while
it is on fibre or has a terminal on a satellite that is up. A service is ready while the hub and every agency
that it needs are connected. People apply at the open centre to which they have the quickest way, or at home.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from bbsim.built import NEVER
from bbsim.country import Country
from bbsim.scenario import Scenario
from bbsim.sites.roster import promised, roster
from bbsim.sites.travel import Ways, ways
from bbsim.state import State
from bbsim.units import MINUTES_PER_DAY

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MINUTES_PER_YEAR = 365.25 * MINUTES_PER_DAY
_KEPT = 4
"""Answers of who is near which centres that are kept: those open, those connected, and what was before."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Public sites at one instant.

    Attributes
    ----------
    open, on_fibre, connected : (sites,) as the module says; a site that is not open may have its line.
    ready_share : weight of the services that are ready, over that of all; 1 if none are told.
    asked : applications a year, of all people in open areas.
    at_desks : (sites,) of them at each centre's desks.
    from_home : of them from home.
    could_be_from_home : of them for services that are ready and could be applied for from home.
    """

    open: Bools
    on_fibre: Bools
    connected: Bools
    ready_share: float
    asked: float
    at_desks: Floats
    from_home: float
    could_be_from_home: float

    @property
    def served(self) -> float:
        """Applications a year at desks of connected centres, for services that are ready."""
        return float(self.at_desks[self.open & self.connected].sum() * self.ready_share)


@dataclass(frozen=True, slots=True)
class _Served:
    """Which centres people go to.

    Attributes
    ----------
    rows : places of open centres, as positions in `ways`.
    near, to : nodes from which it is near enough, and the one of `rows` to which it is quickest.
    centres, place, pull : (sites,) open centres, the one of `rows` where each is, and all that pull there.
    """

    rows: Ints
    near: Ints
    to: Ints
    centres: Ints
    place: Ints
    pull: Floats


class Applying:
    """Looks at one state after the other, of one run in order of time."""

    def __init__(self, scenario: Scenario, country: Country) -> None:
        assert scenario.sites is not None
        self.section, self.country, self.known = scenario.sites, country, roster(scenario, country)
        self._start = scenario.start
        self.node = np.array([each.node for each in self.known], dtype=np.int64)
        self.count = np.array([each.count for each in self.known], dtype=np.int64)
        classes = [promised(each, self.section) for each in self.known]
        self.serves = np.array([kind.serves_people for kind in classes], dtype=bool)
        self.at = {each.site: i for i, each in enumerate(self.known)}
        desks = np.array([each.desks for each in self.known], dtype=np.float64)
        self._pull = np.where(desks > 0, desks, 1.0) * self.count
        stated = [np.nan if k.applications_per_year is None else k.applications_per_year for k in self.known]
        self._not_stated, self._stated = np.isnan(stated), np.nan_to_num(np.array(stated, dtype=np.float64))
        self.centres = np.unique(self.node[self.serves])
        self._people = country.population.astype(np.float64)
        self._homes = np.maximum(country.households, 1).astype(np.float64)
        weight = np.array([service.weight for service in self.section.services], dtype=np.float64)
        self._weight = weight / weight.sum() if weight.sum() > 0 else weight
        n = len(self.known)
        self._open, self._line, self._dish = (np.zeros(n, dtype=bool) for _ in range(3))
        self._told = [0, 0, 0]
        self._ways: tuple[int, Ways] | None = None
        self._rows: dict[bytes, Ints] = {}
        self._nearest: dict[tuple[str, bytes], Floats] = {}
        self._served: tuple[tuple[int, bytes], _Served | None] | None = None

    # ---- what stands --------------------------------------------------------------------------
    def standing(self, state: State) -> tuple[Bools, Bools, Bools]:
        """(sites,) open, on fibre, and connected by whatever."""
        marks = (self._open, self._line, self._dish)
        told: tuple[Mapping[str, object], ...] = (state.sites_open, state.sites_line, state.sites_dish)
        for i, known in enumerate(told):
            for name in islice(known, self._told[i], None):
                marks[i][self.at[name]] = True
            self._told[i] = len(known)
        on_fibre = self._line & state.on_fibre()[self.node]
        dish = self._dish if state.satellites else np.zeros_like(self._dish)
        return self._open.copy(), on_fibre, on_fibre | dish

    def ready(self, state: State, connected: Bools) -> list[int]:
        """For each service, the minute since which it is ready; `NEVER` if it is not ready now."""
        hub = self.section.hub
        since = 0
        if hub is not None:
            node = self.country.node_index[hub]
            if not state.on_fibre()[node]:
                return [NEVER] * len(self.section.services)
            since = int(state.lit_minute[node])
        out = []
        for service in self.section.services:
            latest = since
            for agency in service.needs:
                i = self.at[agency]
                if not (self._open[i] and connected[i]):
                    latest = NEVER
                    break
                line = state.sites_line.get(agency) or state.sites_dish[agency]
                latest = max(latest, state.sites_open[agency][0], line[0])
            out.append(latest)
        return out

    def ways(self, state: State) -> Ways:
        """Ways from every place that has a centre, or may get one, over what may be travelled now."""
        if self._ways is None or self._ways[0] != state.areas_opened:
            found = ways(self.country, self.section.travel, self.centres, state.open_spans())
            self._ways = state.areas_opened, found
            self._nearest.clear()
        return self._ways[1]

    def rows(self, which: Bools) -> Ints:
        """Positions in `ways` of the places of some sites, each once."""
        key = which.tobytes()
        if key not in self._rows:
            if len(self._rows) == _KEPT:
                self._rows.pop(next(iter(self._rows)))
            self._rows[key] = np.unique(np.searchsorted(self.centres, self.node[which & self.serves]))
        return self._rows[key]

    def nearest(self, state: State, which: Bools) -> tuple[Floats, Floats]:
        """(nodes,) minutes and kilometres to the nearest of some centres; infinity if there is none."""
        return self.minutes(state, which), self._shortest(state, which, "km")

    def minutes(self, state: State, which: Bools) -> Floats:
        """(nodes,) minutes to the nearest of some centres."""
        return self._shortest(state, which, "minutes")

    def _shortest(self, state: State, which: Bools, length: str) -> Floats:
        rows = self.rows(which)
        if not len(rows):
            return np.full(len(self._people), np.inf)
        found, key = self.ways(state), (length, rows.tobytes())
        if key not in self._nearest:
            if len(self._nearest) == 2 * _KEPT:
                self._nearest.pop(next(iter(self._nearest)))
            self._nearest[key] = getattr(found, length)[rows].min(axis=0)
        return self._nearest[key]

    # ---- who applies --------------------------------------------------------------------------
    def look(self, state: State, on: date) -> Moment:
        """Everything at once."""
        opened, on_fibre, connected = self.standing(state)
        ready = self.ready(state, connected)
        is_ready = np.array([minute != NEVER for minute in ready], dtype=bool)
        ready_share = float(self._weight[is_ready].sum()) if len(ready) else 1.0
        factor = self.country.population_factor(on)
        asked = self._people * state.open_nodes() * (factor * self.section.applications_per_person_per_year)
        home = self._home_share(state, ready, factor)
        at_desks = self._at_desks(state, opened, asked, home)
        could = sum(
            weight
            for weight, since, service in zip(
                self._weight.tolist(), ready, self.section.services, strict=True
            )
            if service.online and since != NEVER
        )
        all_asked = float(asked.sum())
        return Moment(
            opened, on_fibre, connected, ready_share, all_asked, at_desks,
            float((asked * home).sum()), float(could) * all_asked,
        )  # fmt: skip

    def _home_share(self, state: State, ready: list[int], factor: float) -> Floats:
        """(nodes,) share of applications made from home: homes with a line x nearness of a centre x habit."""
        rule = self.section.e_government
        habit = 0.0
        for service, weight, since in zip(self.section.services, self._weight.tolist(), ready, strict=True):
            if service.online and since != NEVER:
                years = (state.minute - since) / MINUTES_PER_YEAR
                habit += (
                    weight * rule.ceiling_share * (1.0 - 0.5 ** (max(years, 0.0) / rule.half_after_years))
                )
        if not habit:
            return np.zeros(len(self._people))
        lines = np.minimum(state.connected / (self._homes * factor), 1.0)
        near = self.minutes(state, self._open) <= rule.within_minutes
        return np.asarray(habit * lines * np.where(near, 1.0, rule.alone_share))

    def _at_desks(self, state: State, opened: Bools, asked: Floats, home: Floats) -> Floats:
        """(sites,) applications a year at each open centre: of those whose quickest way leads there."""
        out = np.zeros(len(self.known))
        served = self._serving(state, opened)
        if served is None:
            return out
        each, count = asked[served.near], len(served.rows)
        left = each * (1.0 - home[served.near])
        there, all_there = (np.bincount(served.to, weights=w, minlength=count) for w in (left, each))
        own = there[served.place] * self._pull[served.centres] / served.pull[served.place]
        kept = np.divide(there, all_there, out=np.ones(count), where=all_there > 0)[served.place]
        at = served.centres
        out[at] = np.where(self._not_stated[at], own, self._stated[at] * kept)
        return out

    def _serving(self, state: State, opened: Bools) -> _Served | None:
        """Who is served where while these are open; None while nobody is."""
        serving = opened & self.serves
        key = (state.areas_opened, serving.tobytes())
        if self._served is None or self._served[0] != key:
            self._served = key, self._divided(state, serving)
        return self._served[1]

    def _divided(self, state: State, serving: Bools) -> _Served | None:
        rows = self.rows(serving)
        if not len(rows):
            return None
        way = self.ways(state).minutes[rows]
        to = way.argmin(axis=0)
        near = np.flatnonzero(way[to, np.arange(way.shape[1])] <= self.section.travel.most_minutes)
        centres = np.flatnonzero(serving)
        place = np.searchsorted(rows, np.searchsorted(self.centres, self.node[centres]))
        pull = np.bincount(place, weights=self._pull[centres], minlength=len(rows)).astype(np.float64)
        return _Served(rows, near, to[near], centres, place, pull)
