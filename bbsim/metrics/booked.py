"""Money as it was booked: grants in, reservations, transfers and payments, one entry a booking."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.country import Country
from bbsim.metrics.columns import ByKind, days_of, objects, project_ids
from bbsim.scenario import Scenario

OPENING, GRANT, REINVESTED, MOVED, RESERVED, PAID, BORROWED, LAPSED = range(8)
# Payments that keep what there is, and those to lenders; all others build.
RUNNING = ("lease", "transit")
FINANCING = ("interest", "repayment")
# What the ledger calls these; a payment is called by its own cause.
_NAMES = ("opening", "grant", "reinvested", "moved", "reserved", "", "borrowed", "lapsed")


@dataclass(frozen=True, slots=True)
class Bookings:
    """Columns of equal length, in the order of the events.

    Attributes
    ----------
    minute, fund, kind : when, position in the scenario's `fund_names`, and one of this module's kinds.
    cents : of the ledger's currency; what comes into the fund is positive; a reservation too, which moves
        money inside it.
    node, project : positions, -1 where a booking has none.
    cause_at, causes : what was paid for, as a position in the list of all that was; the kind's name where
        nothing was.
    """

    minute: NDArray[np.int64]
    fund: NDArray[np.int64]
    kind: NDArray[np.int64]
    cents: NDArray[np.int64]
    node: NDArray[np.int64]
    project: NDArray[np.int64]
    cause_at: NDArray[np.int64]
    causes: tuple[str, ...]

    @property
    def cause(self) -> NDArray[np.object_]:
        """What was paid for, as text."""
        return objects(self.causes)[self.cause_at]

    def is_for(self, causes: Collection[str]) -> NDArray[np.bool_]:
        """Whether a booking has one of some causes."""
        return np.array([name in causes for name in self.causes], dtype=bool)[self.cause_at]


def bookings(events: ByKind, opening_cents: Sequence[int]) -> Bookings:
    """All that was booked, opening balances first."""
    parts: list[tuple[NDArray[np.int64], ...]] = []
    causes: list[NDArray[np.int64]] = []
    number: defaultdict[str, int] = defaultdict()
    number.default_factory = number.__len__  # what is new gets the next number

    def add(of: type[ev.Event], kind: int, *, fund: str = "fund", sign: int = 1) -> None:
        at, cents = events.positions(of), events.numbers(of, "cents")
        node, project = (
            events.numbers(of, name) if name in ev.names_of(of) else np.full(len(at), -1)
            for name in ("node", "project")
        )
        minute, whose = events.numbers(of, "minute"), events.numbers(of, fund)
        parts.append((at, minute, whose, np.full(len(at), kind), sign * cents, node, project))
        if of is ev.Spent:
            causes.append(_numbered(events.values(of, "cause"), number))
        else:
            causes.append(np.full(len(at), number[_NAMES[kind]]))

    opened = np.array([(-1, 0, fund, OPENING, cents, -1, -1) for fund, cents in enumerate(opening_cents)])
    opened = opened[opened[:, 4] != 0]
    parts.append(tuple(opened.T))
    causes.append(np.full(len(opened), number[_NAMES[OPENING]]))
    add(ev.BudgetGranted, GRANT)
    add(ev.MoneyReinvested, REINVESTED)
    add(ev.MoneyMoved, MOVED, fund="from_fund", sign=-1)
    add(ev.MoneyMoved, MOVED, fund="to_fund")
    add(ev.MoneyReserved, RESERVED)
    add(ev.Spent, PAID, sign=-1)
    add(ev.MoneyBorrowed, BORROWED)
    add(ev.MoneyLapsed, LAPSED, sign=-1)
    for part, named in _paid_by_place(events, number):
        parts.append(part)
        causes.append(named)
    at, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(at, kind="stable")
    minute, fund, kind, cents, node, project = (column[order] for column in columns)
    return Bookings(minute, fund, kind, cents, node, project, np.concatenate(causes)[order], tuple(number))


def _numbered(causes: list[str], number: defaultdict[str, int]) -> NDArray[np.int64]:
    """Each as a number of its own; new ones are taken in."""
    return np.fromiter(map(number.__getitem__, causes), dtype=np.int64, count=len(causes))


def _paid_by_place(
    events: ByKind, number: defaultdict[str, int]
) -> Iterator[tuple[tuple[NDArray[np.int64], ...], NDArray[np.int64]]]:
    """What the operator puts in and pays at once, place by place: both sides of each payment."""
    paid = events.of(ev.PlacesPaid)
    if not paid:
        return
    length = np.array([len(event.nodes) for event in paid])
    node, cents = (np.concatenate(events.values(ev.PlacesPaid, name)) for name in ("nodes", "amounts_cents"))
    at, minute, fund = (
        events.positions(ev.PlacesPaid),
        events.numbers(ev.PlacesPaid, "minute"),
        events.numbers(ev.PlacesPaid, "fund"),
    )
    many, whole = len(paid), np.full(len(paid), -1)
    total = np.add.reduceat(cents, np.cumsum(length) - length)
    yield (
        at, minute, fund, np.full(many, REINVESTED), total, whole, whole,
    ), np.full(many, number[_NAMES[REINVESTED]])  # fmt: skip
    each = [np.repeat(column, length) for column in (at, minute, fund)]
    causes = np.repeat(_numbered(events.values(ev.PlacesPaid, "cause"), number), length)
    yield (*each, np.full(len(node), PAID), -cents, node, np.full(len(node), -1)), causes


@dataclass(frozen=True, slots=True)
class Sums:
    """What was booked, by period, in cents.

    Attributes
    ----------
    flow : by name, (periods,) money that came in, and that was paid for building and for running.
    capex_by_region : (periods, regions) of it what was paid for building in places of a region.
    cash : (periods,) what all funds hold when it ends, reserved or free.
    """

    flow: dict[str, NDArray[np.int64]]
    capex_by_region: NDArray[np.int64]
    cash: NDArray[np.int64]


def by_period(booked: Bookings, edges: NDArray[np.int64], region_of: NDArray[np.int64], regions: int) -> Sums:
    """Sums over periods.

    Parameters
    ----------
    edges : (periods + 1,) first minutes of the periods, and the horizon.
    region_of : (nodes,) number of a place's region, -1 without one.
    """
    periods = len(edges) - 1
    after = np.searchsorted(edges, booked.minute, side="right") - 1
    period = np.minimum(np.maximum(after, 0), periods - 1)

    def summed(which: NDArray[np.bool_], sign: int = 1) -> NDArray[np.int64]:
        out = np.zeros(periods, dtype=np.int64)
        np.add.at(out, period[which], sign * booked.cents[which])
        return out

    running = booked.is_for(RUNNING)
    paid = (booked.kind == PAID) & ~(running | booked.is_for(FINANCING))
    flow = {
        "granted": summed(booked.kind == GRANT),
        "reinvested": summed(booked.kind == REINVESTED),
        "capex": summed(paid, -1),
        "opex": summed((booked.kind == PAID) & running, -1),
    }
    region = region_of[booked.node]
    paid &= region >= 0
    capex = np.zeros((periods, regions), dtype=np.int64)
    np.add.at(capex, (period[paid], region[paid]), -booked.cents[paid])
    return Sums(flow, capex, np.cumsum(summed((booked.kind != RESERVED) & (after < periods))))


def ledger(booked: Bookings, scenario: Scenario, country: Country) -> dict[str, Any]:
    """The contract's table of bookings, in names; dollars at the reference rate."""
    ids = objects([*country.ids, ""])
    return {
        "date": days_of(scenario.start, booked.minute),
        "fund": objects(scenario.fund_names)[booked.fund],
        "cause": booked.cause,
        "place": ids[booked.node],
        "project": project_ids(booked.project),
        "amount_cents": booked.cents,
        "amount_usd": booked.cents / (100.0 * scenario.minor_per_cent),
    }
