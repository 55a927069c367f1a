"""What a run is worth as a whole: the figures that a ministry of finance asks for, from its dated flows."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from bbsim.finance.flows import (
    CAPEX,
    HOMES,
    OPEX,
    REPLACEMENT,
    RESIDUAL,
    REVENUE,
    TAX,
    Flows,
    of_public_sites,
)
from bbsim.finance.present import (
    DAYS_PER_YEAR,
    InternalRate,
    annuity,
    internal_rate,
    levelised,
    payback_year,
)
from bbsim.finance.service import Service

MONTHS_PER_YEAR = 12
COSTS = (CAPEX, REPLACEMENT, OPEX, RESIDUAL)


@dataclass(frozen=True, slots=True)
class Appraisal:
    """A run's worth, in constant prices; present values are of the first day.

    Attributes
    ----------
    discount_share_per_year : the rate.
    npv_usd : net present value of every flow.
    capex_usd, replacement_usd, opex_usd, revenue_usd, tax_usd, residual_usd : present value of each kind;
        what goes out is negative.
    irr_share_per_year, irr_why : internal rate of return, or None and why there is none.
    payback : day from which on the money that came in covers what went out, the residual value not counted.
    usd_per_home_passed, usd_per_home_connected : payments for building, connections included, over the homes
        that the run passed, and to which it gave a line, if only a better one; not discounted. In these
        and the two that follow public sites are left out: they are no part of the network.
    usd_per_person_year : everything paid, residual value taken off, over the years that residents of these
        homes were served since; not discounted.
    levelised_usd_per_home_month : the constant price a home and month at which the network would be worth
        nothing before tax; what others pay (businesses, buyers of a satellite's capacity) is taken off.
    subsidy_usd_per_year : the equal yearly payment over the run that makes it whole; 0 if it needs none.
    """

    discount_share_per_year: float
    npv_usd: float
    capex_usd: float
    replacement_usd: float
    opex_usd: float
    revenue_usd: float
    tax_usd: float
    residual_usd: float
    irr_share_per_year: float | None
    irr_why: str
    payback: date | None
    usd_per_home_passed: float | None
    usd_per_home_connected: float | None
    usd_per_person_year: float | None
    levelised_usd_per_home_month: float | None
    subsidy_usd_per_year: float


def appraise(
    flows: Flows,
    served: Service,
    start: date,
    *,
    homes_passed: int,
    people_per_home: float,
    moved: tuple[int, float] = (0, 0.0),
) -> Appraisal:
    """The figures of one run.

    Parameters
    ----------
    homes_passed : those that the run passed.
    moved : homes that had a line on the first day, are left out of `served` and got a better one, and the
        months that they had it. They pay nothing new, but what they got is paid for.
    """
    assert flows.rate is not None
    kinds = {kind: flows.present_usd(kind) for kind in (CAPEX, REPLACEMENT, OPEX, REVENUE, TAX, RESIDUAL)}
    worth = math.fsum(kinds.values())
    rate = _internal(flows)
    lines = replace(flows, parts=tuple(part for part in flows.parts if not of_public_sites(part.cause)))
    cents = {kind: int(lines.by_day(kind).sum()) for kind in COSTS}
    home_months = served.home_months.sum(axis=0)
    months_today = math.fsum((home_months * flows.factors[served.months.last_day]).tolist())
    person_years = math.fsum([*home_months.tolist(), moved[1]]) / MONTHS_PER_YEAR * people_per_home
    others = kinds[REVENUE] - flows.present_usd(REVENUE, cause=HOMES)
    cost = -math.fsum([others, *(lines.present_usd(kind) for kind in COSTS)])
    years = (flows.last_day + 1) / DAYS_PER_YEAR
    return Appraisal(
        discount_share_per_year=flows.rate,
        npv_usd=worth,
        capex_usd=kinds[CAPEX],
        replacement_usd=kinds[REPLACEMENT],
        opex_usd=kinds[OPEX],
        revenue_usd=kinds[REVENUE],
        tax_usd=kinds[TAX],
        residual_usd=kinds[RESIDUAL],
        irr_share_per_year=rate.share_per_year,
        irr_why=rate.why,
        payback=_payback(flows, start),
        usd_per_home_passed=levelised(-cents[CAPEX] / 100.0, homes_passed),
        usd_per_home_connected=levelised(-cents[CAPEX] / 100.0, int(served.connected.sum()) + moved[0]),
        usd_per_person_year=levelised(-sum(cents.values()) / 100.0, person_years),
        levelised_usd_per_home_month=levelised(cost, months_today),
        subsidy_usd_per_year=annuity(max(-worth, 0.0), flows.rate, years),
    )


def _internal(flows: Flows) -> InternalRate:
    cents = flows.by_day()
    days = np.flatnonzero(cents)
    return internal_rate(days / DAYS_PER_YEAR, cents[days] / 100.0)


def _payback(flows: Flows, start: date) -> date | None:
    """The day from which on the running sum of what is paid and earned in cash stays at nothing or above."""
    cents = flows.by_day(CAPEX, REPLACEMENT, OPEX, REVENUE, TAX)
    days = np.flatnonzero(cents)
    found = payback_year(days.astype(np.float64), cents[days].astype(np.float64))
    return None if found is None else start + timedelta(days=round(found))
