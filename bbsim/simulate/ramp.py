"""How crews hire and learn: the days on which they begin, and how long a newcomer takes for a lot.

Crews train those who join them, and there is room as long as jobs are free, so that their number follows a
logistic curve; what a crew does in a day comes up to its full pace as an exponential. Both are closed forms.
"""

from __future__ import annotations

import math

from bbsim.scenario import Ramp

DAYS_PER_YEAR = 365.25


def crews_on(day: float, most: float, ramp: Ramp) -> float:
    """Crews at work on a day: dC/dt = r C (1 - C/K), C(0) = s K (Verhulst, 1838).

    >>> round(crews_on(0, 100, Ramp(crews_at_start_share=0.2)), 6), round(crews_on(10_000, 100, Ramp()), 6)
    (20.0, 100.0)
    """
    start = ramp.crews_at_start_share
    odds = (1.0 - start) / start * math.exp(-min(ramp.hiring_per_year * day / DAYS_PER_YEAR, 700.0))
    return most / (1.0 + odds)


def first_day(crew: int, most: int, ramp: Ramp) -> int:
    """Day on which the n-th crew of `most` begins, the first being 1: when the curve passes n - 1/2.

    0 for those who are there from the start, at full pace.

    >>> [first_day(crew, 5, Ramp(crews_at_start_share=0.3, hiring_per_year=1.0)) for crew in (1, 2, 3, 4, 5)]
    [0, 0, 310, 619, 1113]
    """
    share = (crew - 0.5) / most
    start = ramp.crews_at_start_share
    if share <= start:
        return 0
    years = math.log(share / (1.0 - share) * (1.0 - start) / start) / ramp.hiring_per_year
    return math.ceil(years * DAYS_PER_YEAR - 1e-9)


def crews_at_start(most: int, ramp: Ramp) -> int:
    """Crews of `most` that stand on the first day.

    >>> crews_at_start(5, Ramp(crews_at_start_share=0.3))
    2
    """
    return sum(first_day(crew, most, ramp) == 0 for crew in range(1, most + 1))


def days_at_work(full_days: float, age_days: float, ramp: Ramp) -> float:
    """Days that a crew of an age needs for what takes so many at full pace.

    Its pace after t days is 1 - g exp(-t / T); the work of d days from an age of a on is
    d - g T (exp(-a / T) - exp(-(a + d) / T)), which is solved for d by Newton's rule: it is convex, so that
    the rule never overshoots from above.

    >>> round(days_at_work(50, 10_000, Ramp()), 6)
    50.0
    """
    missing, slow = 1.0 - ramp.newcomer_pace_share, ramp.learning_years * DAYS_PER_YEAR
    begun = missing * math.exp(-age_days / slow)
    days = full_days / (1.0 - begun)  # at the pace of the first day: never too little
    for _ in range(60):
        left = begun * math.exp(-days / slow)
        step = (days - slow * (begun - left) - full_days) / (1.0 - left)
        days -= step
        if abs(step) < 1e-12 * max(days, 1.0):
            break
    return days
