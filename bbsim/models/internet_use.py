"""People who use the Internet, by whatever line or phone: a curve of the calendar, apart from take-up of
lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bbsim.models.adoption import curves
from bbsim.sections.people import InternetUse

_CURVES = {"bass": curves.bass, "gompertz": curves.gompertz, "logistic": curves.logistic}


def users_share(use: InternetUse, days: Sequence[date]) -> NDArray[np.float64]:
    """(days,) share of the people who use the Internet on each day, as it is counted now.

    The curve's share s, times its ceiling, at other odds: k s / (1 - s + k s) for odds that count k times.

    >>> use = InternetUse(curve="logistic", since=date(2000, 1, 1), ceiling_share=0.8, inflection_years=10,
    ...                   growth_per_year=0.5)
    >>> users_share(use, [date(2010, 1, 1)]).round(3).tolist()
    [0.4]
    """
    years = np.array([(day - use.since).days for day in days], dtype=np.float64) / 365.25
    share = use.ceiling_share * _CURVES[use.curve](years, *use.numbers)
    if use.counted_odds == 1.0:
        return np.asarray(share)
    return np.asarray(use.counted_odds * share / (1.0 - share + use.counted_odds * share))


def mean_users_share(use: InternetUse, edges: Sequence[date]) -> NDArray[np.float64]:
    """(periods,) mean over each period between two edges, by Simpson's rule: exact enough for a smooth curve.

    >>> use = InternetUse(curve="logistic", since=date(2000, 1, 1), ceiling_share=0.8, inflection_years=10,
    ...                   growth_per_year=0.5)
    >>> mean_users_share(use, [date(2009, 1, 1), date(2011, 1, 1)]).round(2).tolist()
    [0.4]
    """
    middles = [first + timedelta(days=(last - first).days / 2) for first, last in pairwise(edges)]
    ends, middle = users_share(use, edges), users_share(use, middles)
    return np.asarray((ends[:-1] + 4.0 * middle + ends[1:]) / 6.0)
