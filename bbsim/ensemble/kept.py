"""What is kept of one run of an ensemble: its periods, its dates and those of each place, and what made them.

Everything else can be had again by running the replication alone: it is the same run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.ensemble.causes import causes_of
from bbsim.metrics.columns import past_of, project_id
from bbsim.metrics.why import chain_of
from bbsim.run import Run
from bbsim.units import MINUTES_PER_DAY

NOT_YET = -1
"""Day of what has not happened before the horizon."""

Kept = Mapping[str, Mapping[str, Any]]
TABLES = ("periods", "places", "dates", "causes")
CITY_DATES = ("last_city_day", "last_open_city_day")
"""The dates of which it is kept what made them."""


def kept(run: Run) -> Kept:
    """Four tables of a run.

    ``periods`` is the run's own. ``places``: ``node``, ``on_fibre_day`` (whole days from the start to the
    first light of the place, `NOT_YET` if there is none) and of the project that brought it ``awarded_day``,
    ``permitted_day``, ``started_day``. ``dates``, one row: ``replication``, ``last_city_day`` (the open
    cities' last; `NOT_YET` if one has none) and which it is, ``last_open_city_day`` (of the cities that
    nothing ever closed), ``finished_day`` (of the last project, likewise), ``capex_usd`` and ``projects``.
    ``causes``: for each of the two cities' dates the days of every cause behind it; they sum to the date.
    """
    country, past = run.country, past_of(run)
    light = {event.node: event for event in past.of(ev.NodeActivated)}
    opened = {"", *(event.area for event in past.of(ev.AreaOpened))}
    day = np.full(len(country.ids), NOT_YET, dtype=np.int64)
    for node, lit in light.items():
        day[node] = lit.minute // MINUTES_PER_DAY
    is_open = np.array([area in opened for area in country.nodes["area"]], dtype=bool)
    dates: dict[str, Any] = {"replication": np.array([run.replication], dtype=np.int64)}
    causes: dict[str, list[Any]] = {"date": [], "cause": [], "days": []}
    for name, cities in zip(
        CITY_DATES, (country.is_city & is_open, country.is_city & country.open_from_start), strict=True
    ):
        last = _last(day, np.flatnonzero(cities))
        dates[name] = np.array([NOT_YET if last is None else day[last]], dtype=np.int64)
        text = "" if last is None else country.ids[last]
        dates[name.replace("_day", "")] = np.array([text], dtype=object)
        if last is not None and day[last] > 0:
            for cause, days in causes_of(chain_of(run, last), run.scenario.start, int(day[last])).items():
                causes["date"].append(name)
                causes["cause"].append(cause)
                causes["days"].append(days)
    projects = run.tables["projects"]
    ready = _days(run, projects["ready_for_service"])
    dates["finished_day"] = np.array(
        [NOT_YET if (ready == NOT_YET).any() else ready.max(initial=0)], dtype=np.int64
    )
    dates["capex_usd"] = np.array([float(run.tables["periods"]["capex_usd"].sum())])
    dates["projects"] = np.array([len(ready)], dtype=np.int64)
    return {
        "periods": dict(run.tables["periods"]),
        "places": _places(run, day, light),
        "dates": dates,
        "causes": {
            "date": np.array(causes["date"], dtype=object),
            "cause": np.array(causes["cause"], dtype=object),
            "days": np.array(causes["days"], dtype=np.int64),
        },
    }


def _last(day: NDArray[np.int64], nodes: NDArray[np.int64]) -> int | None:
    """The node that comes last, the first one that never comes if there is any; None of no nodes."""
    if not len(nodes):
        return None
    never = nodes[day[nodes] == NOT_YET]
    return int(never[0] if len(never) else nodes[np.argmax(day[nodes])])


def _days(run: Run, column: Any) -> NDArray[np.int64]:
    """Dates of a table as whole days from the start; `NOT_YET` where there is none."""
    since = (column - np.datetime64(run.scenario.start, "D")).astype("timedelta64[D]").astype(np.int64)
    return np.where(np.isnat(column), NOT_YET, since).astype(np.int64)


def _places(run: Run, day: NDArray[np.int64], light: Mapping[int, ev.NodeActivated]) -> dict[str, Any]:
    country, projects = run.country, run.tables["projects"]
    places = np.flatnonzero(country.is_place)
    row = {identity: at for at, identity in enumerate(projects["project"].tolist())}
    brought = np.array(
        [row.get(project_id(light[i].project), -1) if i in light else -1 for i in places.tolist()],
        dtype=np.int64,
    )
    table = {
        "node": np.array([country.ids[i] for i in places.tolist()], dtype=object),
        "on_fibre_day": day[places],
    }
    for name, column in (("awarded", "planned"), ("permitted", "permitted"), ("started", "started")):
        days = np.append(_days(run, projects[column]), NOT_YET)
        table[f"{name}_day"] = days[brought]
    return table
