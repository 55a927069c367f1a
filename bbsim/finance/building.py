"""What is bought: payments of the ledger, connections, and what is bought again when its life is over.

A payment is also told its span, where it was for one, so that a shared trench can be shared between places.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from bbsim import events as ev
from bbsim.country import Country
from bbsim.finance.flows import CAPEX, NOWHERE, OPERATOR, OPEX, REPLACEMENT, RESIDUAL, Booked, Floats, Ints
from bbsim.finance.present import DAYS_PER_YEAR
from bbsim.finance.service import Service
from bbsim.metrics.booked import FINANCING, PAID, RUNNING, Bookings
from bbsim.metrics.columns import ByKind
from bbsim.scenario import Finance, Scenario
from bbsim.units import MINUTES_PER_DAY

CONNECTION = "homes_connected"
NOT_RENEWED = ("upgrade",)
"""What is bought later takes the place of these."""
LASTS_AS = {
    "pass": "node",
    "connect": "homes_passed",
    "terminal": "homes_connected",
    "renew": "homes_connected",
}
"""Whose life the work of a `last_mile` has: masts and cabinets, drops, terminals. The ledger renews it."""


def payments(events: ByKind, booked: Bookings, scenario: Scenario, country: Country) -> Iterator[Booked]:
    """Every payment of the ledger, building and rents apart; what lenders are paid is left out."""
    paid = booked.kind == PAID
    spans, place = spans_paid_for(events, scenario, country), np.cumsum(paid) - 1
    causes = {booked.causes[at] for at in np.unique(booked.cause_at[paid]).tolist()}
    for cause in sorted(causes.difference(FINANCING)):
        of_cause = paid & booked.is_for({cause})
        for fund in range(len(scenario.fund_names)):
            rows = np.flatnonzero(of_cause & (booked.fund == fund))
            if not len(rows):
                continue
            span = spans[place[rows]]
            kind = OPEX if cause in RUNNING else CAPEX
            day = booked.minute[rows] // MINUTES_PER_DAY
            cents = us_cents(booked.cents[rows], scenario)
            yield Booked.of(kind, cause, fund, day, booked.node[rows], cents, span)


def us_cents(minor: Ints, scenario: Scenario) -> Ints:
    """Amounts of the ledger as US cents at the reference rate, rounded one by one."""
    rate = scenario.minor_per_cent
    return minor if rate == 1.0 else np.rint(minor / rate).astype(np.int64)


def spans_paid_for(events: ByKind, scenario: Scenario, country: Country) -> Ints:
    """For each payment, in the order of the events, the span that it was for; `NOWHERE` if it was for none.

    A section is paid (or owed for) when it is laid and an upgrade just before it is lit, so their neighbours
    among the events name the span; survey and material of a project are paid span after span, each at its far
    end. What several funds pay together stands in a row. Where work is paid later, the payments of one fund,
    project, cause and place follow in the order of the work, and what was held back follows after them.
    """
    found = _spans_beside(events, scenario, country)
    terms = scenario.payment
    if terms is None:
        told = [
            [NOWHERE] * len(e.nodes) if isinstance(e, ev.PlacesPaid) else [found[at]]
            for at, e in events.in_order(ev.Spent, ev.PlacesPaid)
        ]
        return np.array(list(chain.from_iterable(told)), dtype=np.int64)
    owed: dict[tuple[int, int, str, int], tuple[list[int], list[int]]] = {}
    out: list[int] = []
    for at, event in events.in_order(ev.Spent, ev.WorkAccrued, ev.PlacesPaid):
        if isinstance(event, ev.WorkAccrued):
            first, kept = owed.setdefault((event.fund, event.project, event.cause, event.node), ([], []))
            held = round(event.cents * terms.retention_share)
            first += [found[at]] * (event.cents > held)
            kept += [found[at]] * (held > 0)
        elif isinstance(event, ev.PlacesPaid):
            out += [NOWHERE] * len(event.nodes)
        elif isinstance(event, ev.Spent):
            queues = owed.get((event.fund, event.project, event.cause, event.node), ([], []))
            queue = next((queue for queue in queues if queue), [found[at]])
            out.append(queue.pop(0))
    return np.array(out, dtype=np.int64)


def _spans_beside(happened: ByKind, scenario: Scenario, country: Country) -> dict[int, int]:
    """Position of each payment, and of work paid later, among the events -> the span that it is for."""
    rented = {int(country.v[at]): at for at in (country.span_index[x.span] for x in scenario.leases)}
    ends: dict[tuple[int, str, int], list[int]] = {}
    out: dict[int, int] = {}
    events, far_end = happened.events, country.v.tolist()
    for at, event in happened.in_order(ev.PlanMade, ev.Spent, ev.WorkAccrued):
        if isinstance(event, ev.PlanMade):
            for span in reversed(event.spans):
                for cause in ("survey", "material"):
                    ends.setdefault((event.project, cause, far_end[span]), []).append(span)
        if not isinstance(event, (ev.Spent, ev.WorkAccrued)):
            continue
        before = events[at - 1]
        if at - 1 in out and _goes_on(before, event):
            out[at] = out[at - 1]
            continue
        found = NOWHERE
        if event.cause in ("survey", "material"):
            left = ends.get((event.project, event.cause, event.node))
            found = left.pop() if left else NOWHERE
        elif event.cause == "labour":
            found = before.span if isinstance(before, ev.SectionLaid) else NOWHERE
        elif event.cause == "upgrade":
            after = next((e for e in events[at + 1 : at + 9] if not isinstance(e, ev.Spent)), None)
            found = after.span if isinstance(after, ev.SpanUpgraded) else NOWHERE
        elif event.cause == "lease":
            found = rented.get(event.node, NOWHERE)
        out[at] = found
    return out


def _goes_on(before: ev.Event, event: ev.Spent | ev.WorkAccrued) -> bool:
    """Whether a fund pays the rest of what another pays too."""
    return (
        isinstance(before, type(event))
        and before.fund < event.fund
        and (before.project, before.cause, before.node) == (event.project, event.cause, event.node)
        and event.project >= 0
    )


def price_factors(events: ByKind, days: int) -> tuple[Floats, Floats]:
    """(days,) what material and labour cost on each day of a run over what they cost at its start."""
    material, labour = np.ones(days), np.ones(days)
    for event in events.of(ev.PricesChanged):
        since = event.minute // MINUTES_PER_DAY
        material[since:], labour[since:] = event.material_factor, event.labour_factor
    return material, labour


def connections(served: Service, finance: Finance, material: Floats) -> Booked:
    """Drops and terminals, on the day on which the homes are connected, at that day's price of material."""
    when, node = np.nonzero(served.connected)
    day = served.connected_minute[when] // MINUTES_PER_DAY
    usd = served.connected[when, node] * finance.connection_usd_per_home * material[day]
    cents = -np.rint(usd * 100).astype(np.int64)
    return Booked.of(CAPEX, CONNECTION, OPERATOR, day, node, cents)


def renewed(bought: Booked, finance: Finance, factor: Floats) -> Iterator[Booked]:
    """What is paid for again within the run, life after life, and what of the last is left at its end.

    Parameters
    ----------
    factor : (days,) its price over that of the start; of a later life what it costs then is paid.
    """
    last_day = len(factor) - 1
    years = life_years(bought.cause, finance)
    if years is None:
        return
    life = years * DAYS_PER_YEAR
    lives, cost = np.zeros(len(bought.day), dtype=np.int64), bought.cents.copy()
    if bought.cause not in NOT_RENEWED and bought.cause in finance.lifetime_years:
        number = 1
        while len(again := np.flatnonzero(bought.day + np.rint(number * life) <= last_day)):
            lives[again] = number
            day = bought.day[again] + round(number * life)
            now = np.rint(bought.cents[again] * (factor[day] / factor[bought.day[again]])).astype(np.int64)
            cost[again] = now
            yield Booked.of(
                REPLACEMENT, bought.cause, OPERATOR, day, bought.node[again], now, bought.span[again]
            )
            number += 1
    if finance.residual == "straight_line":
        begun = bought.day + np.rint(lives * life)
        left = np.maximum(1.0 - (last_day + 1 - begun) / life, 0.0)
        cents = np.rint(-cost * left).astype(np.int64)
        day = np.full(len(cents), last_day, dtype=np.int64)
        yield Booked.of(RESIDUAL, bought.cause, bought.fund, day, bought.node, cents, bought.span)


def life_years(cause: str, finance: Finance) -> float | None:
    """How long what was paid for lasts; None where it does not."""
    lives: Mapping[str, float] = finance.lifetime_years  # type: ignore[assignment]
    return lives.get(cause, lives.get(LASTS_AS.get(cause.partition("_")[0], ""), None))


def written_off(bought: Sequence[Booked], finance: Finance, year_edges: Ints) -> Floats:
    """(years,) cents by which what was bought loses value in each year, in equal parts over its life.

    Parameters
    ----------
    year_edges : (years + 1,) first days of the years, and the day after the last.
    """
    out = np.zeros(len(year_edges) - 1)
    for part in bought:
        life = (life_years(part.cause, finance) or 0.0) * DAYS_PER_YEAR
        days, where = np.unique(part.day, return_inverse=True)
        cents = np.zeros(len(days), dtype=np.int64)
        np.add.at(cents, where, -part.cents)
        # What does not last is written off on its day.
        ends = days + max(life, 1.0)
        low = np.maximum(days[:, None], year_edges[:-1])
        high = np.minimum(ends[:, None], year_edges[1:])
        out += (cents[:, None] * np.maximum(high - low, 0.0) / max(life, 1.0)).sum(axis=0)
    return out
