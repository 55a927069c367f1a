"""What the report of an ensemble is made from: bands over its runs, never the runs themselves.

A date that did not come within the horizon is later than every day; where a level has no date, it is told as
"not before" the last day, with the share of runs in which it never came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.report.wording import day_text, month_text, to_date
from bbsim.scenario import Scenario

LEVELS = ("p10", "p50", "p90")


@dataclass(frozen=True, eq=False)
class Luck:
    """An ensemble as its report sees it.

    Attributes
    ----------
    runs : how many have an answer.
    faults : by number of a run that has none, why.
    bands, places, finish, drivers : tables of the ensemble, with ``spent_usd`` and ``came_in_usd`` (summed)
        among the bands.
    place_days : (runs, places) by the name of a date of the places: whole days, -1 for never.
    finish_days : (runs,) by the words of the finish table.
    kept_shares : of each target of the scenario, the share of runs that keep it; None if no period ends by
        then.
    median_width_days : by the words of the finish table, width of the interval that holds the median of the
        date with 90 % confidence.
    last_cities : by column of a city's date, ids of the last cities and in what share of runs each is it.
    """

    scenario: Scenario
    country: Country
    seed: int
    digest: str
    runs: int
    bands: Mapping[str, Any]
    places: Mapping[str, Any]
    finish: Mapping[str, Any]
    drivers: Mapping[str, Any]
    place_days: Mapping[str, NDArray[np.int64]]
    finish_days: Mapping[str, NDArray[np.int64]]
    kept_shares: Sequence[float | None]
    last_cities: Mapping[str, Sequence[tuple[str, float]]]
    median_width_days: Mapping[str, float]
    faults: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def ends(self) -> list[date]:
        """First day after each period."""
        return [to_date(end) or self.scenario.end for end in self.bands["period_end"]]

    @cached_property
    def end_days(self) -> list[int]:
        """Day number, from the start, of the first day after each period."""
        return [(end - self.scenario.start).days for end in self.ends]

    @cached_property
    def labels(self) -> list[str]:
        """A short name of each period: "Q2 2016", "May 2016" or "2016"."""
        every, out = self.scenario.report_every, []
        for end in self.ends:
            day = end - timedelta(days=1)
            month = {"quarter": f"Q{(day.month + 2) // 3} ", "month": f"{day:%b} ", "year": ""}[every]
            out.append(f"{month}{day.year}")
        return out

    @property
    def horizon(self) -> date:
        """The last day that is simulated."""
        return self.scenario.end - timedelta(days=1)

    @cached_property
    def nodes(self) -> NDArray[np.int64]:
        """(places,) node index of each row of the places table."""
        index = self.country.node_index
        return np.array([index[node] for node in self.places["node"]], dtype=np.int64)

    @cached_property
    def row_of(self) -> dict[int, int]:
        """By node index, the row of the places table."""
        return {int(node): row for row, node in enumerate(self.nodes)}

    def band(self, column: str) -> tuple[NDArray[np.float64], ...] | None:
        """(periods,) P10, P50 and P90 of a column; None if no run knows it."""
        if f"{column}_p50" not in self.bands:
            return None
        low, middle, high = (
            np.asarray(np.ma.filled(self.bands[f"{column}_{level}"], np.nan), np.float64) for level in LEVELS
        )
        return (low, middle, high) if np.isfinite(middle).any() else None

    def last(self, column: str) -> tuple[float, float, float] | None:
        """P10, P50 and P90 of a column in the last period."""
        band = self.band(column)
        if band is None or not np.isfinite(band[1][-1]):
            return None
        low, middle, high = (float(each[-1]) for each in band)
        return low, middle, high

    def english(self, node: int) -> str:
        """A place's English name; its own, or its id, if it has none."""
        names = self.country.nodes
        return str(names["name_en"][node] or names["name"][node] or self.country.ids[node])

    def name(self, node: int) -> str:
        """A place's own name; its id if it has none."""
        return str(self.country.nodes["name"][node] or self.country.ids[node])

    def level_text(self, day: Any, exact: bool = True) -> str:
        """A date at some level: the day (or its month), or that it comes after the horizon."""
        found = to_date(day)
        if found is None:
            return f"after {self.horizon.year}" if not exact else f"not by {day_text(self.horizon)}"
        if found <= self.scenario.start:
            return "first day"
        return day_text(found) if exact else month_text(found)


def spread_days(low: Any, high: Any) -> float:
    """Days from P10 to P90; infinite if P90 does not come, 0 if neither does."""
    begin, end = to_date(low), to_date(high)
    if begin is None:
        return 0.0
    return float((end - begin).days) if end is not None else float("inf")
