"""What is kept of one run of an ensemble: its periods, when each place came on fibre, and its dates and sums.

Everything else can be had again by running the replication alone: it is the same run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bbsim.run import Run
from bbsim.state import NEVER
from bbsim.units import MINUTES_PER_DAY

NOT_YET = -1
"""Day of what has not happened before the horizon."""

Kept = Mapping[str, Mapping[str, Any]]
TABLES = ("periods", "places", "dates")


def kept(run: Run) -> Kept:
    """Three tables of a run.

    ``periods`` is the run's own. ``places``: ``node`` and ``on_fibre_day``, whole days from the start to the
    first light of each place, `NOT_YET` if there is none. ``dates``, one row: ``replication``,
    ``last_city_day`` (the open cities' last; `NOT_YET` if one has none), ``finished_day`` (of the last
    project, likewise), ``capex_usd`` and ``projects``.
    """
    country, scenario = run.country, run.scenario
    end = run.at(scenario.end.fromordinal(scenario.end.toordinal() - 1))
    day = np.where(end.lit_minute == NEVER, NOT_YET, end.lit_minute // MINUTES_PER_DAY)
    places = np.flatnonzero(country.is_place)
    cities = np.flatnonzero(country.is_city & end.open_nodes())
    ready = run.tables["projects"]["ready_for_service"]
    done = (ready - np.datetime64(scenario.start, "D")).astype("timedelta64[D]").astype(np.int64)
    return {
        "periods": dict(run.tables["periods"]),
        "places": {
            "node": np.array([country.ids[i] for i in places.tolist()], dtype=object),
            "on_fibre_day": day[places].astype(np.int64),
        },
        "dates": {
            "replication": np.array([run.replication], dtype=np.int64),
            "last_city_day": np.array([_last(day[cities])], dtype=np.int64),
            "finished_day": np.array([NOT_YET if np.isnat(ready).any() else _last(done)], dtype=np.int64),
            "capex_usd": np.array([float(run.tables["periods"]["capex_usd"].sum())]),
            "projects": np.array([len(ready)], dtype=np.int64),
        },
    }


def _last(days: np.ndarray[Any, Any]) -> int:
    """The last of some days; `NOT_YET` if one of them has not come, 0 if there are none."""
    return NOT_YET if (days == NOT_YET).any() else int(days.max(initial=0))
