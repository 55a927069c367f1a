"""What money at different times is worth together: net present value, internal rate, payback, annuity.

Times are years from the first day, as fractions, so that flows count from their own dates. Money that comes
in is positive. Sums are exact to the last bit (`math.fsum`), whatever the order.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DAYS_PER_YEAR = 365.25
LEAST_RATE, MOST_RATE = -0.99, 10.0
"""An internal rate is looked for from a loss of 99 % to a gain of 1,000 % a year."""
# A plain sum is out by less than this part of its terms' sizes; only within it is the exact sum asked for.
DOUBTFUL = 1e-9
_STEPS = 400

Amounts = Sequence[float] | NDArray[np.float64] | NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class InternalRate:
    """The rate at which flows are worth nothing, a share a year, or why there is none."""

    share_per_year: float | None
    why: str = ""


def discount_factors(rate: float, days: int) -> NDArray[np.float64]:
    """(days + 1,) what one unit is worth on each day from the first: ``(1 + rate) ** -(day / 365.25)``.

    >>> discount_factors(0.1, 2 * 1461)[[0, 1461, 2922]].round(6).tolist()
    [1.0, 0.683013, 0.466507]
    """
    return np.array([(1.0 + rate) ** -(day / DAYS_PER_YEAR) for day in range(days + 1)])


def npv(rate: float, years: Amounts, amounts: Amounts) -> float:
    """Net present value: the sum of ``amount / (1 + rate) ** years``.

    Parameters
    ----------
    rate : share a year, above -1.
    years, amounts : of equal length.

    Source: any text on corporate finance; Brealey, Myers and Allen, Principles of Corporate Finance, ch. 2.

    >>> round(npv(0.1, [0, 1, 2], [-100, 60, 60]), 12)
    4.132231404959
    """
    pairs = zip(np.asarray(years).tolist(), np.asarray(amounts).tolist(), strict=True)
    return math.fsum(amount * (1.0 + rate) ** -at for at, amount in pairs)


def internal_rate(years: Amounts, amounts: Amounts) -> InternalRate:
    """The rate at which the net present value is nothing.

    There is none for flows that never change their sign. Flows that go out and come back more than once may
    have several; then none is told, because none of them says whether it pays.

    Source: Norstrom (1972), "A sufficient condition for a unique nonnegative internal rate of return",
    Journal of Financial and Quantitative Analysis 7: one change of sign of the running sum makes it unique.

    >>> round(internal_rate([0, 7], [-100, 300]).share_per_year, 9)  # 3 ** (1 / 7) - 1
    0.169930813
    >>> internal_rate([0, 1], [-100, -10])
    InternalRate(share_per_year=None, why='money only goes out')
    """
    at, flow = np.asarray(years, dtype=np.float64), np.asarray(amounts, dtype=np.float64)
    told = flow != 0
    at, flow = at[told], flow[told]
    if not (flow > 0).any():
        return InternalRate(None, "money only goes out" if len(flow) else "no money flows")
    if not (flow < 0).any():
        return InternalRate(None, "money only comes in")
    # In the logarithm of 1 + rate the worth is a sum of exponentials: smooth, and as easy at both ends.
    grid = np.linspace(math.log1p(LEAST_RATE), math.log1p(MOST_RATE), _STEPS + 1)
    signs = [_sign(at, flow, log_rate) for log_rate in grid.tolist()]
    exact = [i for i, sign in enumerate(signs) if sign == 0]
    turns = [i for i in range(_STEPS) if signs[i] * signs[i + 1] < 0]
    if len(exact) + len(turns) != 1:
        within = f"between {LEAST_RATE:.0%} and {MOST_RATE:,.0%} a year"
        return InternalRate(None, f"{'several rates fit' if exact or turns else 'no rate fits'} {within}")
    if exact:
        return InternalRate(math.expm1(float(grid[exact[0]])))
    low, high = grid[turns[0] : turns[0] + 2].tolist()
    return InternalRate(math.expm1(_bisected(at.tolist(), flow.tolist(), low, high)))


def payback_year(years: Amounts, amounts: Amounts) -> float | None:
    """From when on the money that came in covers what went out, to the end; None if it never does.

    >>> payback_year([0, 1, 2, 3], [-100, 60, 60, 10]), payback_year([0, 1], [-100, 60])
    (2.0, None)
    """
    at = np.asarray(years, dtype=np.float64)
    order = np.argsort(at, kind="stable")
    at, flow = at[order], np.asarray(amounts, dtype=np.float64)[order]
    last = np.append(at[1:] != at[:-1], True)[: len(at)]  # what falls on one time counts together
    at, reach = at[last], np.cumsum(flow)[last]
    short = np.flatnonzero(reach < 0)
    if not len(short):
        return float(at[0]) if len(at) else None
    return float(at[short[-1] + 1]) if short[-1] + 1 < len(at) else None


def annuity(present: float, rate: float, years: float) -> float:
    """The equal payment at the end of each year that is worth so much today.

    Source: ``present * rate / (1 - (1 + rate) ** -years)``; without interest an equal part of it.

    >>> round(annuity(1000.0, 0.08, 20), 6), annuity(1000.0, 0.0, 20)
    (101.852209, 50.0)
    """
    worth_of_one = years if rate == 0 else -math.expm1(-years * math.log1p(rate)) / rate
    return present / worth_of_one


def levelised(cost: float, service: float) -> float | None:
    """The price of one unit of service that is worth just what the service costs, both at present value.

    Source: IEA and NEA, Projected Costs of Generating Electricity: discounted cost over discounted output.

    >>> levelised(900.0, 45.0), levelised(900.0, 0.0)
    (20.0, None)
    """
    return cost / service if service > 0 else None


def _sign(at: NDArray[np.float64], flow: NDArray[np.float64], log_rate: float) -> int:
    """Whether flows are worth more than nothing, nothing, or less, at a rate."""
    # Valued at the end where the rate is negative, so that nothing grows beyond reason.
    shift = float(at.max()) if log_rate < 0 else 0.0
    values = flow * np.exp(-log_rate * (at - shift))
    total = float(values.sum())
    if abs(total) <= DOUBTFUL * float(np.abs(values).sum()):
        total = math.fsum(values.tolist())
    return int(np.sign(total))


def _bisected(at: list[float], flow: list[float], low: float, high: float) -> float:
    """Where the worth changes its sign, to the last bit."""

    def worth(log_rate: float) -> float:
        return math.fsum(amount * math.exp(-log_rate * when) for when, amount in zip(at, flow, strict=True))

    falls = worth(low) > 0
    while low < (middle := (low + high) / 2) < high:
        if (worth(middle) > 0) == falls:
            low = middle
        else:
            high = middle
    return low
