"""What comes in and goes out as long as something is in service, booked on the last day of each month.

A line that is connected on the tenth pays from the tenth: no place earns before its homes are connected.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter

import numpy as np

from bbsim import events as ev
from bbsim.country import Country
from bbsim.finance.flows import (
    BUSINESSES,
    HOMES,
    NOWHERE,
    OPERATOR,
    OPEX,
    PUBLIC,
    REVENUE,
    TAX,
    Booked,
    Floats,
    Ints,
)
from bbsim.finance.present import DAYS_PER_YEAR
from bbsim.finance.service import Months, Service
from bbsim.finance.upkeep import node_usd_per_year
from bbsim.metrics.columns import ByKind
from bbsim.scenario import Finance, Scenario
from bbsim.sites.roster import promised, roster
from bbsim.technology import Technology
from bbsim.units import MINUTES_PER_DAY

SITES = "sites"
ROWS_AT_ONCE = 20_000


def prices(first_usd_per_month: float, finance: Finance, months: Months) -> Floats:
    """(months,) what a line pays a month that pays so much at the start."""
    years = months.edges[:-1] / (MINUTES_PER_DAY * DAYS_PER_YEAR)
    growth = 1.0 + finance.price_growth_share_per_year
    return np.array([first_usd_per_month * growth**year for year in years.tolist()])


def running(
    served: Service, finance: Finance, country: Country, business_months: Floats | None = None
) -> Iterator[Booked]:
    """Revenue, the tax that is paid with it, and the running cost of lines, access nodes and spans.

    Parameters
    ----------
    business_months : (nodes, months) connected businesses times the part of the month; None if nothing is
        told of what they pay and cost.
    """
    months, nodes = served.months, np.arange(len(country.ids))
    paid = served.home_months * prices(finance.usd_per_home_per_month, finance, months) * 100.0
    yield _monthly(REVENUE, HOMES, months, nodes, paid)
    taxed = np.rint(paid)
    if business_months is not None:
        theirs = business_months * prices(finance.usd_per_business_per_month, finance, months) * 100.0
        yield _monthly(REVENUE, BUSINESSES, months, nodes, theirs)
        taxed += np.rint(theirs)
        cost = business_months * (finance.business_usd_per_month * 100.0)
        yield _monthly(OPEX, BUSINESSES, months, nodes, -cost)
    yield _monthly(TAX, "sales", months, nodes, -taxed * finance.sales_tax_share)
    yield _monthly(OPEX, HOMES, months, nodes, -served.home_months * (finance.home_usd_per_month * 100.0))
    a_node = node_usd_per_year(finance, country) * 100.0 / 12
    yield _kept_up("node", months, nodes, served.node_begun, a_node)
    a_span = country.km * finance.span_usd_per_km_per_year * 100.0 / 12
    span = np.arange(len(country.km))
    # As in the ledger, a span's money stands at its far end.
    yield _kept_up("span", months, country.v, served.span_begun, a_span, span)


def masts(events: ByKind, months: Months, technologies: Mapping[str, Technology]) -> Iterator[Booked]:
    """Running cost of masts and cabinets, by technology, from the day on which they stand until they go."""
    # Of one minute what goes up comes first: what a place takes down is all that it has.
    told: list[tuple[int, str, Ints, int]] = [
        *(
            (e.minute, e.technology, np.array([e.node]), e.sites)
            for e in events.of(ev.PremisesPassed)
            if e.sites
        ),
        *((e.minute, e.technology, e.nodes, 0) for e in events.of(ev.EquipmentRetired) if e.what == SITES),
    ]
    rows: dict[str, list[tuple[int, int, int]]] = {name: [] for name in technologies}
    stood: dict[tuple[str, int], int] = {}
    for minute, name, nodes, more in sorted(told, key=itemgetter(0)):
        for node in nodes.tolist():
            before = stood.get((name, node), 0)
            stood[name, node] = before + more if more else 0
            rows[name].append((minute, node, more or -before))
    for name, record in technologies.items():
        if record.site_usd_per_year and rows[name]:
            yield _standing(f"site_{name}", OPERATOR, months, rows[name], record.site_usd_per_year)


def public_sites(
    events: ByKind, scenario: Scenario, country: Country, months: Months, *, existing: bool
) -> Iterator[Booked]:
    """Running cost of public sites while they are open, in the fund of public sites.

    Parameters
    ----------
    existing : whether those that are open on the first day count as well.
    """
    if scenario.sites is None:
        return
    fund = len(scenario.fund_names) - 1
    by_class: dict[str, list[tuple[int, int, int]]] = {}
    known = {each.site: each for each in roster(scenario, country)}
    for opened in events.of(ev.SiteOpened):
        site = known[opened.name]
        kind = promised(site, scenario.sites)
        if kind.staff and kind.usd_per_staff_per_year and (existing or opened.minute > 0):
            by_class.setdefault(site.of, []).append((opened.minute, opened.node, kind.staff * site.count))
    for name, rows in sorted(by_class.items()):
        usd = scenario.sites.classes[name].usd_per_staff_per_year
        yield _standing(PUBLIC + name, fund, months, rows, usd)


def _standing(
    cause: str, fund: int, months: Months, rows: list[tuple[int, int, int]], usd_per_year: float
) -> Booked:
    """What stands costs so much a year, from its minute on; `rows` are minute, node, and how many more."""
    minute, node, more = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    where, row = np.unique(node, return_inverse=True)
    stood = months.standing(minute, row, more, len(where))
    return _monthly(OPEX, cause, months, where, -stood * (usd_per_year * 100.0 / 12), fund=fund)


def _kept_up(
    cause: str, months: Months, node: Ints, begun: Ints, cents_a_month: Floats, span: Ints | None = None
) -> Booked:
    """What it costs a month that something stands, from its minute on to the end."""
    parts: list[Booked] = []
    for first in range(0, max(len(node), 1), ROWS_AT_ONCE):  # rows by months of a whole country are large
        rows = slice(first, first + ROWS_AT_ONCE)
        stood = months.months_since(begun[rows], np.full(len(begun[rows]), months.edges[-1]))
        cents = -stood * cents_a_month[rows, None]
        spans = None if span is None else span[rows]
        parts.append(_monthly(OPEX, cause, months, node[rows], cents, spans))
    columns = zip(*((part.day, part.node, part.cents, part.span) for part in parts), strict=True)
    return Booked(OPEX, cause, OPERATOR, *map(np.concatenate, columns))


def _monthly(
    kind: int,
    cause: str,
    months: Months,
    node: Ints,
    cents: Floats,
    span: Ints | None = None,
    fund: int = OPERATOR,
) -> Booked:
    """Flows of rows by month, whole cents, on each month's last day."""
    whole = np.rint(cents).astype(np.int64).ravel()
    # In one row after the other: what is not nothing is found several times faster than in a square.
    some = np.flatnonzero(whole)
    row, month = np.divmod(some, len(months.length))
    spans = np.full(len(row), NOWHERE, dtype=np.int32) if span is None else span[row].astype(np.int32)
    days, nodes = months.last_day[month].astype(np.int32), node[row].astype(np.int32)
    return Booked(kind, cause, fund, days, nodes, whole[some], spans)
