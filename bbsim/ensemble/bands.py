"""Bands over the runs of an ensemble: quantiles of every column, and of dates that may not come.

A date beyond the horizon is "not yet", never dropped: it counts as later than every day.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.ensemble.kept import NOT_YET

LEVELS = (0.1, 0.5, 0.9)
Columns = dict[str, Any]


def level_name(level: float) -> str:
    """``p10`` for 0.1."""
    return f"p{100 * level:g}"


def quantile(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """The least value that at least a share `level` of the runs does not exceed, by column.

    A value that was there in some run, so that a share of 0.1 is not made out of runs with 0 and 1. NaN
    where a run has none.

    >>> quantile(np.array([[1.0], [2.0], [3.0], [4.0]]), 0.5).tolist()
    [2.0]
    """
    known = np.sort(values, axis=0)  # NaN comes last
    at = max(int(np.ceil(level * len(values) - 1e-9)) - 1, 0)
    out = known[at]
    return np.where(np.isnan(values).any(axis=0), np.nan, out)


def of_periods(first: Mapping[str, Any], column: Callable[[str], NDArray[np.float64]]) -> Columns:
    """One row a period: P10, P50, P90 and mean of every number of the periods table.

    Parameters
    ----------
    first : the table of one run.
    column : gives (runs, periods) one column of all of them.
    """
    out: Columns = {name: first[name] for name in ("period_start", "period_end")}
    for name, told in first.items():
        if np.asarray(told).dtype.kind not in "if":
            continue
        values = column(name)
        if not np.isfinite(values).any():
            continue
        for level in LEVELS:
            out[f"{name}_{level_name(level)}"] = quantile(values, level)
        out[f"{name}_mean"] = values.mean(axis=0)
    return out


def of_days(days: NDArray[np.int64], start: date) -> Columns:
    """By column of `days`, shape (runs, things): dates at each level, and the share of runs with none.

    A level at which there is none is NaT.
    """
    never = days == NOT_YET
    late = np.where(never, np.inf, days.astype(np.float64))
    out: Columns = {}
    for level in LEVELS:
        day = quantile(late, level)
        told = np.datetime64(start, "D") + np.where(np.isfinite(day), day, 0).astype("timedelta64[D]")
        out[level_name(level)] = np.where(np.isfinite(day), told, np.datetime64("NaT", "D"))
    out["not_yet_share"] = never.mean(axis=0)
    return out


def by_then(days: NDArray[np.int64], start: date, on: date) -> NDArray[np.float64]:
    """Share of runs in which each thing has happened before the end of a day."""
    limit = (on - start) // timedelta(days=1)
    return np.asarray(((days != NOT_YET) & (days <= limit)).mean(axis=0))


def spread_of_median(days: NDArray[np.int64], confidence: float = 0.9) -> float:
    """Width in days of the interval that holds the median of the date with this confidence."""
    late = np.where(days == NOT_YET, np.inf, days.astype(np.float64))
    return spread_of_quantile(late, 0.5, confidence)


def spread_of_quantile(values: NDArray[np.float64], level: float, confidence: float = 0.9) -> float:
    """Width of the interval that holds a quantile with this confidence; infinite while runs are too few.

    Order statistics, whatever the distribution (e.g. Conover, Practical Nonparametric Statistics, 3.2): from
    the binomial of how many runs fall below the quantile.

    >>> spread_of_quantile(np.arange(20.0), 0.5), spread_of_quantile(np.arange(20.0), 0.9)
    (9.0, inf)
    """
    from scipy.stats import binom

    count, outside = len(values), (1 - confidence) / 2
    low = int(binom.ppf(outside, count, level)) - 1
    high = int(binom.ppf(1 - outside, count, level))
    ordered = np.sort(values)
    if low < 0 or high >= count or not np.isfinite(ordered[high]):
        return float("inf")
    return float(ordered[high] - ordered[low])
