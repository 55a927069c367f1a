"""The two tables of public sites: one row a site and period, and one row a period for the whole country."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.country import Country
from bbsim.metrics.columns import ByKind, dates, objects, ratio
from bbsim.metrics.public import NEAR, PublicSweep
from bbsim.metrics.sweep import Sweep
from bbsim.scenario import Scenario
from bbsim.sites.roster import promised
from bbsim.units import MINUTES_PER_DAY

Columns = dict[str, Any]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
_DAY, _TEXT, _WHOLE, _REAL, _YES = "datetime64[D]", object, np.int64, np.float64, np.bool_
_LATER = 10**9
"""A day that does not come."""
SITES: Mapping[str, Any] = {
    **dict.fromkeys(("period_end",), _DAY),
    **dict.fromkeys(("site", "name", "class", "place", "region"), _TEXT),
    **dict.fromkeys(("count",), _WHOLE),
    **dict.fromkeys(("opened", "connected", "fibre_since", "deadline"), _DAY),
    **dict.fromkeys(("deadline_met", "via"), _TEXT),
    **dict.fromkeys(("on_fibre", "two_ways", "two_ways_promised"), _YES),
    **dict.fromkeys(("availability_share", "availability_promised_share"), _REAL),
    **dict.fromkeys(("applications", "applications_served"), _REAL),
    **dict.fromkeys(("desks",), _WHOLE),
    **dict.fromkeys(("waited_minutes", "waited_p90_minutes", "busy_share"), _REAL),
}
"""Columns of the table of sites, and what they are made of."""
_NEAR = [f"population_within_{n}{unit}_share" for unit in ("min", "km_of_centre") for n in NEAR]
NATIONAL: Mapping[str, Any] = {
    **dict.fromkeys(("period_start", "period_end"), _DAY),
    **dict.fromkeys(("sites_open", "sites_on_fibre", "sites_connected"), _WHOLE),
    **dict.fromkeys(("sites_due", "sites_connected_by_deadline"), _WHOLE),
    "sites_connected_by_deadline_share": _REAL,
    **dict.fromkeys(("sites_promised_two_ways", "sites_with_two_ways"), _WHOLE),
    **dict.fromkeys([f"{name}{end}" for name in _NEAR for end in ("", "_at_end")], _REAL),
    **dict.fromkeys(("services_ready_share", "service_availability_share"), _REAL),
    **dict.fromkeys(("applications", "applications_at_desks", "applications_served"), _REAL),
    **dict.fromkeys(("applications_from_home", "applications_that_could_be_from_home"), _REAL),
    **dict.fromkeys(("from_home_share", "could_be_from_home_share", "waited_minutes"), _REAL),
    **dict.fromkeys(("mobile_days", "mobile_days_served"), _WHOLE),
    "mobile_applications": _REAL,
    "sites_usd": _REAL,
}
"""Columns of the national table."""


def site_tables(
    sweep: Sweep, events: ByKind, scenario: Scenario, country: Country
) -> tuple[Columns, Columns]:
    """The tables `sites` and `public_services`; without rows where the scenario has no public sites."""
    if sweep.public is None or scenario.sites is None:
        return without_rows("sites"), without_rows("public_services")
    facts = _Facts(sweep, sweep.public, events, scenario, country)
    return facts.sites(), facts.national()


def without_rows(name: str) -> Columns:
    """One of the two tables as it is where there are no public sites."""
    return {name: np.zeros(0, dtype=kind) for name, kind in {"sites": SITES}.get(name, NATIONAL).items()}


class _Facts:
    """Dates and standings of all sites, by period, from which both tables are made."""

    def __init__(
        self, sweep: Sweep, public: PublicSweep, events: ByKind, scenario: Scenario, country: Country
    ) -> None:
        self._sweep, self._public, self._scenario, self._country = sweep, public, scenario, country
        self._events = events
        self._known = public.applying.known
        self._at = public.applying.at
        self._classes = [promised(known, public.applying.section) for known in self._known]
        self._ends = sweep.edges[1:]
        self._open, self._on_fibre, self._connected, self._two = (
            np.array([last[name] for last in public.last]).reshape(len(self._ends), len(self._known))
            for name in ("open", "on_fibre", "connected", "two_ways")
        )
        self._opened_day = self._days(ev.SiteOpened)
        self._fibre_day = self._days(ev.SiteConnected, "fibre")
        connected = np.minimum(self._fibre_day, self._days(ev.SiteConnected, "satellite"))
        # What stands on the first day, with its line, stood so since it opened.
        stands = np.array([known.connected for known in self._known], dtype=bool) & (connected == 0)
        stood = np.minimum(self._opened_day, 0)
        self._connected_day = np.where(stands, stood, connected)
        self._fibre_day = np.where(stands, stood, self._fibre_day)
        within = np.array([kind.connect_within_days for kind in self._classes], dtype=np.float64)
        self._deadline_day = np.minimum(self._opened_day + within, _LATER).astype(np.int64)
        met = self._connected_day <= self._deadline_day
        end = self._ends[:, None]
        self._met = met & (self._connected_day < end) & self._open
        self._missed = ~self._met & (self._deadline_day + 1 <= end) & self._open
        self._count = public.applying.count

    def _days(self, kind: type[ev.SiteOpened | ev.SiteConnected], why: str | None = None) -> Ints:
        """(sites,) day of the event of each site; far in the future if it had none."""
        days = np.full(len(self._known), _LATER, dtype=np.int64)
        for event in self._events.of(kind):
            if why is None or getattr(event, "why", None) == why:
                i = self._at[event.name]
                day = event.minute // MINUTES_PER_DAY
                stood = self._known[i].opens_day
                days[i] = stood if why is None and day == 0 and stood is not None else day
        return days

    def sites(self) -> Columns:
        """One row a site that is open when a period ends."""
        period, site = np.nonzero(self._open)
        known, country, of = self._known, self._country, self._public.of_sites
        node = self._public.applying.node

        def text(values: list[Any]) -> NDArray[np.object_]:
            return objects(values)[site]

        via = np.where(self._on_fibre, "fibre", np.where(self._connected, "satellite", None))  # type: ignore[call-overload]
        met = np.where(self._met, "yes", np.where(self._missed, "no", None))  # type: ignore[call-overload]
        up = ratio(of["connected"], of["since_connected"])
        watched = self._watched()
        columns: Columns = {
            "period_end": dates(self._sweep.dates[1:])[period],
            "site": text([each.site for each in known]),
            "name": text([each.name for each in known]),
            "class": text([each.of for each in known]),
            "place": text([country.ids[each.node] for each in known]),
            "region": objects([country.nodes["region"][i] for i in node.tolist()])[site],
            "count": self._count[site],
            "opened": self._date(self._opened_day, period, site),
            "connected": self._date(self._connected_day, period, site),
            "fibre_since": self._date(self._fibre_day, period, site),
            "deadline": self._date(self._deadline_day, None, site),
            "deadline_met": met[period, site].astype(object),
            "via": via[period, site].astype(object),
            "on_fibre": self._on_fibre[period, site],
            "two_ways": self._two[period, site],
            "two_ways_promised": np.array([kind.redundant for kind in self._classes], dtype=bool)[site],
            "availability_share": up[period, site],
            "availability_promised_share": np.array([k.availability_share for k in self._classes])[site],
            "applications": of["at_desks"][period, site],
            "applications_served": of["served"][period, site],
            "desks": np.array([each.desks * each.count for each in known], dtype=np.int64)[site],
            **{name: values[period, site] for name, values in watched.items()},
        }
        return columns

    def _date(self, day: Ints, period: Ints | None, site: Ints) -> NDArray[np.datetime64]:
        """Days as dates; none for what has not come when the period ends."""
        days = day[site]
        comes = days < (_LATER if period is None else self._ends[period])
        start = np.datetime64(self._scenario.start, "D")
        told = start + np.where(comes, days, 0).astype("timedelta64[D]")
        return np.where(comes, told, np.datetime64("NaT", "D"))

    def _watched(self) -> dict[str, Floats]:
        """(periods, sites) of the last day that was played at each centre's desks."""
        names = ("waited_minutes", "waited_p90_minutes", "busy_share")
        out = {name: np.full(self._open.shape, np.nan) for name in names}
        for event in self._events.of(ev.DesksWatched):
            period = int(np.searchsorted(self._ends * MINUTES_PER_DAY, event.minute, side="right"))
            for name in names:
                out[name][period:, self._at[event.name]] = getattr(event, name)
        return out

    def national(self) -> Columns:
        """One row a period."""
        public, count = self._public, self._count
        mean, end, yearly = public.integral, public.at_end, public.yearly
        two = np.array([kind.redundant for kind in self._classes], dtype=bool)
        waited, served = self._watched()["waited_minutes"], public.of_sites["served"]
        weight = np.where(np.isnan(waited), 0.0, served)
        days, days_served, mobile = self._mobile()
        due = self._met | self._missed
        by_deadline = (self._met * count).sum(axis=1)
        columns: Columns = {
            "period_start": dates(self._sweep.dates[:-1]),
            "period_end": dates(self._sweep.dates[1:]),
            "sites_open": (self._open * count).sum(axis=1),
            "sites_on_fibre": (self._open * self._on_fibre * count).sum(axis=1),
            "sites_connected": (self._open * self._connected * count).sum(axis=1),
            "sites_due": (due * count).sum(axis=1),
            "sites_connected_by_deadline": by_deadline,
            "sites_connected_by_deadline_share": ratio(by_deadline, (due * count).sum(axis=1)),
            "sites_promised_two_ways": (self._open * two * count).sum(axis=1),
            "sites_with_two_ways": (self._open * two * self._two * count).sum(axis=1),
        }
        for name in _NEAR:
            columns[name], columns[f"{name}_at_end"] = mean[name], end[name]
        columns |= {
            "services_ready_share": mean["services_ready_share"],
            "service_availability_share": ratio(yearly["served"], yearly["at_desks"]),
            "applications": yearly["asked"],
            "applications_at_desks": yearly["at_desks"],
            "applications_served": yearly["served"],
            "applications_from_home": yearly["from_home"],
            "applications_that_could_be_from_home": yearly["could_be_from_home"],
            "from_home_share": ratio(yearly["from_home"], yearly["asked"]),
            "could_be_from_home_share": ratio(yearly["could_be_from_home"], yearly["asked"]),
            "waited_minutes": ratio((weight * np.nan_to_num(waited)).sum(axis=1), weight.sum(axis=1)),
            "mobile_days": days,
            "mobile_days_served": days_served,
            "mobile_applications": mobile,
            "sites_usd": self._spent() / self._sweep.minor_per_usd,
        }
        return columns

    def _mobile(self) -> tuple[Ints, Ints, Floats]:
        """By period: working days of all units, those with coverage, and applications taken on them."""
        units = self._public.applying.section.mobile_units
        shape = len(self._ends), len(units)
        so_far = np.zeros((2, *shape), dtype=np.int64)
        for period, last in enumerate(self._public.last):
            for i, unit in enumerate(units):
                so_far[:, period, i] = last["units"].get(unit.unit, (0, 0))
        days, served = np.diff(so_far, axis=1, prepend=0)
        a_day = np.array([unit.applications_per_day for unit in units], dtype=np.float64)
        return days.sum(axis=1), served.sum(axis=1), served @ a_day

    def _spent(self) -> Ints:
        """(periods,) smallest units of the ledger paid from the fund of public sites."""
        fund = self._scenario.fund_names.index("sites")
        out = np.zeros(len(self._ends), dtype=np.int64)
        for event in self._events.of(ev.Spent):
            if event.fund == fund:
                out[np.searchsorted(self._ends * MINUTES_PER_DAY, event.minute, side="right")] += event.cents
        return out
