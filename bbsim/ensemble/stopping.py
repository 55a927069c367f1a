"""When an ensemble has run often enough: an interval that somebody chose is narrow enough."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from bbsim.ensemble.bands import spread_of_quantile
from bbsim.ensemble.kept import NOT_YET, Kept
from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.units import format_usd

LOOK_EVERY = 20
"""Runs after which it is looked."""
MEASURES = ("last_city_day", "last_open_city_day", "finished_day", "capex_usd")
"""Columns of the ``dates`` table; days, but for the last."""
_TEXT = re.compile(r"(\w+?)(?:\.p(\d{1,2}))?\s*=\s*([0-9.]+(?:[eE][-+]?\d+)?)")


@dataclass(frozen=True, slots=True)
class Until:
    """A quantile of a measure, and how narrow its interval of 90 % confidence has to be.

    >>> Until.of("last_open_city_day.p90=30")
    Until(measure='last_open_city_day', level=0.9, width=30.0)
    >>> Until.of("capex_usd=5e6").level
    0.5
    """

    measure: str
    level: float
    width: float

    @classmethod
    def of(cls, text: str) -> Until:
        """From ``MEASURE=WIDTH`` (of the median) or ``MEASURE.p90=WIDTH``.

        Raises
        ------
        InputError
            if it is none of these, or there is no such measure.
        """
        found = _TEXT.fullmatch(text.strip())
        if found is None:
            hint = "For example last_city_day=14, last_open_city_day.p90=30 or capex_usd=5e6."
            raise InputError(Problem("until", f"saw '{text}', wanted MEASURE=WIDTH", hint=hint))
        measure, level, width = found[1], int(found[2] or 50) / 100, float(found[3])
        if measure not in MEASURES:
            message = f"saw '{measure}', wanted one of {', '.join(MEASURES)}"
            raise InputError(Problem("until", message, hint=did_you_mean(measure, MEASURES)))
        if not level > 0 or not width > 0:
            raise InputError(Problem("until", f"saw '{text}', wanted p1 to p99 and a width above 0"))
        return cls(measure, level, width)

    def seen(self, run: Kept) -> float:
        """What a run says; a date that did not come is later than every day."""
        value = float(run["dates"][self.measure][0])
        return np.inf if self.measure.endswith("_day") and value == NOT_YET else value

    def spread(self, seen: Mapping[int, float], lost: Collection[int] = ()) -> float:
        """Width of the interval after the first full twenties of the runs; infinite while they are too few.

        Parameters
        ----------
        seen : by number of the replication.
        lost : numbers of replications that have no answer, and never will.
        """
        whole = 0
        while whole in seen or whole in lost:
            whole += 1
        whole -= whole % LOOK_EVERY
        known = np.array([seen[n] for n in range(whole) if n in seen], dtype=np.float64)
        return spread_of_quantile(known, self.level) if known.size else float("inf")

    def met(self, seen: Mapping[int, float], lost: Collection[int] = ()) -> bool:
        """Whether the interval is narrow enough."""
        return self.spread(seen, lost) <= self.width

    def told(self, seen: Mapping[int, float], lost: Collection[int] = ()) -> str:
        """In words, whether it was met and how wide the interval is."""
        spread, days = self.spread(seen, lost), self.measure.endswith("_day")

        def shown(width: float) -> str:
            return f"{width:g} days" if days else format_usd(width)

        what = f"{self.measure}.p{round(100 * self.level)}"
        if spread <= self.width:
            return f"Enough runs: {what} is known to {shown(spread)} (90 %), wanted {shown(self.width)}."
        wide = f"known to {shown(spread)}" if np.isfinite(spread) else "not known to any width"
        return f"Not enough runs: {what} is {wide} (90 %), wanted {shown(self.width)}."
