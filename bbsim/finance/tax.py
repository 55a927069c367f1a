"""Tax on profit: all operators of the country as one taxpayer, year by year, losses carried forward."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np

from bbsim.finance.building import written_off
from bbsim.finance.flows import (
    CAPEX,
    NOWHERE,
    OPERATOR,
    OPEX,
    REPLACEMENT,
    REVENUE,
    TAX,
    Booked,
    Floats,
    Flows,
    Ints,
    of_public_sites,
)
from bbsim.scenario import Finance
from bbsim.units import period_edges


def profit_tax(flows: Flows, finance: Finance, start: date, end: date) -> Booked:
    """The tax of each calendar year, paid on its last day.

    Profit is revenue less tax on sales, running costs and what is written off; a year's loss lowers the
    profits of those that follow, as long as it lasts. Public sites pay no tax: neither what they cost to run
    nor their buildings and lines lower anybody's profit.
    """
    edges = np.array([(day - start).days for day in period_edges(start, end, "year")], dtype=np.int64)
    theirs = replace(flows, parts=tuple(part for part in flows.parts if not of_public_sites(part.cause)))
    earned = np.add.reduceat(theirs.by_day(REVENUE, TAX, OPEX), edges[:-1])
    bought = [part for part in theirs.parts if part.kind in (CAPEX, REPLACEMENT)]
    tax = taxed(earned - written_off(bought, finance, edges), finance.profit_tax_share)
    nowhere = np.full(len(tax), NOWHERE, dtype=np.int64)
    return Booked.of(TAX, "profit", OPERATOR, edges[1:] - 1, nowhere, -tax)


def taxed(profit_cents: Floats, share: float) -> Ints:
    """(years,) whole cents of tax on each year's profit.

    >>> taxed(np.array([-100.0, 60.0, 60.0, 50.0]), 0.2).tolist()
    [0, 0, 4, 10]
    """
    out, loss = [], 0.0
    for profit in profit_cents.tolist():
        base = profit - loss
        loss = max(-base, 0.0)
        out.append(round(max(base, 0.0) * share))
    return np.array(out, dtype=np.int64)
