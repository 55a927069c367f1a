"""What makes a date late, and what makes it unsure.

The date of a run is the sum of the days of its causes. So its variance over the runs is the sum of the
covariances of each cause with it: a share for every cause, with no model fitted and nothing left over.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.ensemble.bands import LEVELS, level_name, quantile

Columns = dict[str, Any]


def drivers(date: str, runs: NDArray[np.int64], causes: NDArray[Any], days: NDArray[np.int64]) -> Columns:
    """One row a cause of one date, the greatest share of its variance first.

    Parameters
    ----------
    runs, causes, days : which run, which cause, how many days; a row each. Runs without the date have none.

    Returns
    -------
    columns
        ``date``, ``cause``, ``runs`` in which it occurs, ``days_mean``, ``days_p10``, ``days_p50``,
        ``days_p90``, ``variance_share`` (covariance with the date over the date's variance; the shares sum to
        1, one below 0 makes up for others), ``variance_share_error`` (jackknife standard error), and
        ``spread_days_without``: P10 to P90 of the date if the cause always took its mean.

    Notes
    -----
    The covariance decomposition of a sum, e.g. Sobol' and Kucherenko 2009 (ANCOVA); jackknife: Efron 1982.

    >>> table = drivers("x", np.array([0, 0, 1, 1]), np.array(["a", "b"] * 2), np.array([5, 10, 5, 30]))
    >>> table["cause"].tolist(), table["variance_share"].tolist()
    (['b', 'a'], [1.0, 0.0])
    """
    names, column = np.unique(causes.astype(str), return_inverse=True)
    numbers, row = np.unique(runs, return_inverse=True)
    table = np.zeros((len(numbers), len(names)))
    np.add.at(table, (row, column), days.astype(np.float64))
    total = table.sum(axis=1)
    share, error = _shares(table, total)
    order = np.lexsort((names, -np.nan_to_num(share)))
    levels = {level: quantile(table, level) if len(table) else np.zeros(0) for level in LEVELS}
    without = [spread_days(total - table[:, i] + table[:, i].mean()) for i in order.tolist()]
    return {
        "date": np.array([date] * len(names), dtype=object),
        "cause": names[order].astype(object),
        "runs": (table > 0).sum(axis=0)[order],
        "days_mean": table.mean(axis=0)[order] if len(table) else np.zeros(0),
        **{f"days_{level_name(level)}": values[order] for level, values in levels.items()},
        "variance_share": share[order],
        "variance_share_error": error[order],
        "spread_days_without": np.array(without),
    }


def spread_days(days: NDArray[np.float64]) -> float:
    """From P10 to P90 of some known days."""
    low, high = (quantile(days[:, None], level)[0] for level in (0.1, 0.9))
    return float(high - low)


def _shares(
    table: NDArray[np.float64], total: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of the variance by cause and its standard error; NaN if the date is the same in every run."""
    count = len(table)
    none = np.full(table.shape[1], np.nan)
    if count < 2:
        return none, none
    off, apart = table - table.mean(axis=0), total - total.mean()
    variance = float((apart**2).sum())
    if variance <= 0:
        return none, none
    share = (off * apart[:, None]).sum(axis=0) / variance
    if count < 3:
        return share, none
    # Without run k: sums of products lose n/(n-1) times what the run adds.
    scale = count / (count - 1)
    top = share * variance - scale * off * apart[:, None]
    bottom = variance - scale * apart**2
    with np.errstate(divide="ignore", invalid="ignore"):
        left_out = np.where(bottom[:, None] > 1e-9 * variance, top / bottom[:, None], share)
    spread = ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
    return share, np.sqrt((count - 1) / count * spread)
