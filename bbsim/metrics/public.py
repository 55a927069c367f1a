"""Public sites over time: how long each was open, on fibre and connected, who was near one, and who applied.

Like all shares of a run these are integrals: a value holds from one change to the next. People and
applications are looked at again when a site's standing changes, and on the first of each month.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.metrics.single_path import SinglePath
from bbsim.scenario import Scenario
from bbsim.sites import Applying, Moment
from bbsim.state import State

Floats = NDArray[np.float64]
NEAR = (30, 60)
"""Minutes and kilometres up to which people are told to be near a centre."""
SCALARS = (
    *(f"population_within_{n}min_share" for n in NEAR),
    *(f"population_within_{n}km_of_centre_share" for n in NEAR),
    "sites_on_fibre_share",
    "services_ready_share",
)
YEARLY = ("asked", "at_desks", "served", "from_home", "could_be_from_home")
_DAYS_PER_YEAR = 365.25
_MINUTES_PER_YEAR = _DAYS_PER_YEAR * 24 * 60


class PublicSweep:
    """Integrals and end values of public sites, by period.

    Attributes
    ----------
    integral : by scalar, (periods,) value x share of the period; `at_end` likewise, when it ends.
    yearly : by kind of applications, (periods,) how many.
    open_minutes, fibre_minutes, connected_minutes, since_connected_minutes : (periods, sites).
    at_desks, served : (periods, sites) applications.
    last : by period, the sites' standing when it ends, and who then has two ways.
    """

    def __init__(self, scenario: Scenario, country: Country, edges: NDArray[np.int64]) -> None:
        self.applying = Applying(scenario, country)
        self._country = country
        self._all_people = float(country.population.sum()) or np.nan
        self._minutes = np.diff(edges) * (24 * 60)
        periods, sites = len(edges) - 1, len(self.applying.known)
        self.integral, self.at_end = ({name: np.zeros(periods) for name in SCALARS} for _ in range(2))
        self.yearly = {name: np.zeros(periods) for name in YEARLY}
        names = ("open", "fibre", "connected", "since_connected", "at_desks", "served")
        self.of_sites = {name: np.zeros((periods, sites)) for name in names}
        self.last: list[dict[str, Any]] = []
        self._seen: tuple[Any, ...] = ()
        self._today: date | None = None
        self._moment: Moment | None = None
        self._row: dict[str, float] = {}
        self._near: tuple[Any, Any] = None, None
        self._fibre, self._others = b"", (0, -1, False)
        self._ever = np.zeros(sites, dtype=bool)
        self._held_minutes, self._period = 0, 0

    def hold(self, state: State, today: date, period: int, minutes: int) -> None:
        """The present standing held for so many minutes; `today` is the first of its month or period."""
        self._look(state, today)
        self._held_minutes += minutes
        self._period = period

    def _book(self) -> None:
        """Book what held until now: most changes of a network leave public sites as they were."""
        moment, period, minutes = self._moment, self._period, self._held_minutes
        if moment is None or not minutes:
            return
        self._held_minutes = 0
        share = minutes / float(self._minutes[period])
        for name, value in self._row.items():
            self.integral[name][period] += value * share
        years = minutes / _MINUTES_PER_YEAR
        for name in YEARLY:
            self.yearly[name][period] += _rate(moment, name) * years
        of = self.of_sites
        works = moment.open & moment.connected
        self._ever |= works
        of["open"][period] += moment.open * minutes
        of["fibre"][period] += (moment.open & moment.on_fibre) * minutes
        of["connected"][period] += works * minutes
        of["since_connected"][period] += (moment.open & self._ever) * minutes
        of["at_desks"][period] += moment.at_desks * years
        of["served"][period] += moment.at_desks * works * (moment.ready_share * years)

    def close(self, state: State, today: date, period: int, single: SinglePath) -> None:
        """A period ends; who hangs on one span is looked for only where a class is promised two ways."""
        moment = self._look(state, today)
        self._book()
        alone = np.ones(len(self._country.ids), dtype=bool)
        if any(kind.redundant for kind in self.applying.section.classes.values()):
            alone = single.alone(state)
        for name, value in self._row.items():
            self.at_end[name][period] = value
        self.last.append(
            {
                "open": moment.open,
                "on_fibre": moment.on_fibre,
                "connected": moment.connected,
                "two_ways": moment.on_fibre & ~alone[self.applying.node],
                "units": dict(state.units),
            }
        )

    def _look(self, state: State, today: date) -> Moment:
        changed = (state.sites, state.service, state.areas_opened, bool(state.satellites))
        if self._moment is not None and changed == self._seen and today == self._today:
            return self._moment
        self._seen = changed
        fibre, self._fibre = self._fibre, state.on_fibre()[self.applying.node].tobytes()
        others, self._others = self._others, (state.sites, state.areas_opened, bool(state.satellites))
        if self._moment is not None and today == self._today and self._others[1] == others[1]:
            if others == self._others and fibre == self._fibre:
                return self._moment  # what is in service has changed somewhere else
            now, before = self.applying.standing(state), self._moment
            was = before.open, before.on_fibre, before.connected
            if all(np.array_equal(a, b) for a, b in zip(now, was, strict=True)):
                return self._moment
        self._book()
        self._today = today
        self._moment = moment = self.applying.look(state, today)
        people, count = self._country.population, self.applying.count
        minutes, km = self.applying.nearest(state, moment.open & moment.connected)
        if minutes is not self._near[0] or km is not self._near[1]:  # the same arrays while nothing changes
            self._near = minutes, km
            for n in NEAR:
                near_minutes, near_km = people[minutes <= n].sum(), people[km <= n].sum()
                self._row[f"population_within_{n}min_share"] = near_minutes / self._all_people
                self._row[f"population_within_{n}km_of_centre_share"] = near_km / self._all_people
        there = count[moment.open].sum()
        on_fibre = count[moment.open & moment.on_fibre].sum()
        self._row["sites_on_fibre_share"] = on_fibre / there if there else 0.0
        self._row["services_ready_share"] = moment.ready_share
        return moment


def _rate(moment: Moment, name: str) -> float:
    value = getattr(moment, name)
    return float(value.sum()) if isinstance(value, np.ndarray) else float(value)
