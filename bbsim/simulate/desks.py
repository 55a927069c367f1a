"""A day at the desks of a centre, applicant by applicant.

Applicants come by chance at a steady mean, wait in one queue in order of arrival, and take a desk for a time
that is exponential. Whoever is inside at closing time is served. Over a long day the mean wait is that of
Erlang's formula for M/M/c.

In such a hall the next in the queue takes the desk that is free first (Kiefer and Wolfowitz 1955, On the
theory of queues with many servers), so that a heap of the minutes at which desks fall free plays the day: the
same, to the last bit, as simpy plays it with a process for each applicant, which a test does.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapreplace

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Day:
    """What a day was like.

    Attributes
    ----------
    waited_minutes : (applicants,) until each got a desk, in order of arrival.
    busy_share : desk time used while the doors were open, over all of it; above 1 if service went on after
        closing.
    """

    waited_minutes: NDArray[np.float64]
    busy_share: float

    @property
    def mean_minutes(self) -> float:
        """Mean wait; 0 if nobody came."""
        return float(self.waited_minutes.mean()) if len(self.waited_minutes) else 0.0

    @property
    def p90_minutes(self) -> float:
        """What nine in ten did not exceed; 0 if nobody came."""
        return float(np.quantile(self.waited_minutes, 0.9)) if len(self.waited_minutes) else 0.0


def day_at_desks(
    applicants_per_hour: float, desks: int, minutes_each: float, open_hours: float, luck: np.random.Generator
) -> Day:
    """Play one day, from an empty hall to the last applicant.

    Parameters
    ----------
    applicants_per_hour : mean of a Poisson stream while the doors are open.
    minutes_each : mean time at a desk.

    Examples
    --------
    >>> day = day_at_desks(30, 4, 6, 8, np.random.default_rng(1))
    >>> len(day.waited_minutes) > 200, day.mean_minutes < 5
    (True, True)
    """
    came = _arrivals(applicants_per_hour / 60.0, open_hours * 60.0, luck)
    served = luck.exponential(minutes_each, len(came))
    free, waited = [0.0] * desks, []
    for minute, each in zip(came.tolist(), served.tolist(), strict=True):
        begins = max(minute, free[0])
        waited.append(begins - minute)
        heapreplace(free, begins + each)
    return Day(np.array(waited), float(served.sum() / (desks * open_hours * 60.0)))


def _arrivals(per_minute: float, minutes: float, luck: np.random.Generator) -> NDArray[np.float64]:
    """Minutes at which applicants come: a Poisson number of them, each at any time."""
    return np.sort(luck.uniform(0.0, minutes, luck.poisson(per_minute * minutes)))
