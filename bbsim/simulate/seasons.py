"""When terrain can be worked: windows of the year, asked for in whole days since the scenario's start."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bbsim.scenario import Season

ENDLESS = 10**6


class Seasons:
    """For each terrain and day, how many days from then on are open.

    `_free[terrain][day]` counts the open days up to the next closure (0 on a closed day).
    """

    def __init__(self, seasons: Sequence[Season], start: date, days: int) -> None:
        self._open: dict[str, NDArray[np.bool_]] = {}
        for season in seasons:
            closed = _closed_days(season, start, days)
            for terrain in season.terrain:
                self._open.setdefault(terrain, np.ones(days, dtype=bool))
                self._open[terrain] &= ~closed
        self._free = {terrain: _run_lengths(is_open) for terrain, is_open in self._open.items()}

    def open_days(self, terrain: str, day: int) -> int:
        """Days from this one on until the terrain is closed; 0 on a closed day, `ENDLESS` if it never is."""
        free = self._free.get(terrain)
        return ENDLESS if free is None or day >= len(free) else int(free[day])

    def next_open(self, terrain: str, day: int) -> int:
        """The first open day, not before `day`; the horizon if there is none."""
        free = self._free.get(terrain)
        if free is None or day >= len(free) or free[day] > 0:
            return day
        opens = np.flatnonzero(free[day:] > 0)
        return day + int(opens[0]) if len(opens) else len(free)


def _closed_days(season: Season, start: date, days: int) -> NDArray[np.bool_]:
    """Whether each day lies in the closure: from the day it closes to the day before it opens again."""

    def month_day(text: str) -> int:
        return 100 * int(text[:2]) + int(text[3:])

    closes, opens = month_day(season.closes), month_day(season.opens)
    day = np.datetime64(start, "D") + np.arange(days)
    month = day.astype("datetime64[M]")
    stamp = (
        100 * (month.astype(np.int64) % 12 + 1) + (day - month.astype("datetime64[D]")).astype(np.int64) + 1
    )
    if closes <= opens:
        return np.asarray((stamp >= closes) & (stamp < opens))
    return np.asarray((stamp >= closes) | (stamp < opens))


def _run_lengths(is_open: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Open days from each day on; the last window is taken to go on beyond the horizon."""
    free = np.zeros(len(is_open), dtype=np.int64)
    run = ENDLESS
    for day in range(len(is_open) - 1, -1, -1):
        run = run + 1 if is_open[day] else 0
        free[day] = run
    return free
