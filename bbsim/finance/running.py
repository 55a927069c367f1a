"""What comes in and goes out as long as something is in service, booked on the last day of each month.

A line that is connected on the tenth pays from the tenth: no place earns before its homes are connected.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bbsim.country import PLACE_KINDS, Country
from bbsim.finance.flows import NOWHERE, OPERATOR, OPEX, REVENUE, TAX, Booked, Floats, Ints
from bbsim.finance.present import DAYS_PER_YEAR
from bbsim.finance.service import Months, Service
from bbsim.scenario import Finance
from bbsim.units import MINUTES_PER_DAY


def prices(finance: Finance, months: Months) -> Floats:
    """(months,) what a connected home pays a month."""
    years = months.edges[:-1] / (MINUTES_PER_DAY * DAYS_PER_YEAR)
    growth = 1.0 + finance.price_growth_share_per_year
    return np.array([finance.usd_per_home_per_month * growth**year for year in years.tolist()])


def running(served: Service, finance: Finance, country: Country) -> Iterator[Booked]:
    """Revenue, the tax that is paid with it, and the running cost of homes, access nodes and spans."""
    months, nodes = served.months, np.arange(len(country.ids))
    paid = served.home_months * prices(finance, months) * 100.0
    yield _monthly(REVENUE, "homes", months, nodes, paid)
    yield _monthly(TAX, "sales", months, nodes, -np.rint(paid) * finance.sales_tax_share)
    yield _monthly(OPEX, "homes", months, nodes, -served.home_months * (finance.home_usd_per_month * 100.0))
    by_kind = finance.node_usd_per_year
    a_node = np.array([by_kind[kind] if kind in PLACE_KINDS else 0.0 for kind in country.kind])  # type: ignore[index]
    yield _monthly(OPEX, "node", months, nodes, -served.node_months * (a_node * 100.0 / 12)[:, None])
    a_span = country.km * finance.span_usd_per_km_per_year * 100.0 / 12
    span = np.arange(len(country.km))
    # As in the ledger, a span's money stands at its far end.
    yield _monthly(OPEX, "span", months, country.v, -served.span_months * a_span[:, None], span)


def _monthly(
    kind: int, cause: str, months: Months, node: Ints, cents: Floats, span: Ints | None = None
) -> Booked:
    """Flows of rows by month, whole cents, on each month's last day."""
    whole = np.rint(cents).astype(np.int64)
    row, month = np.nonzero(whole)
    spans = np.full(len(row), NOWHERE, dtype=np.int64) if span is None else span[row]
    return Booked(kind, cause, OPERATOR, months.last_day[month], node[row], whole[row, month], spans)
