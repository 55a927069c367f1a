"""What was in service when, month by month: homes connected, access nodes and spans, from the events alone.

A share of a month is by its minutes, so that what begins on the tenth counts from the tenth.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.country import Country
from bbsim.lines import PREMISES
from bbsim.metrics.columns import ByKind
from bbsim.units import MINUTES_PER_DAY, minutes, period_edges

HOMES, BUSINESSES = PREMISES
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Months:
    """The calendar months of a run; the first and the last may be cut.

    Attributes
    ----------
    edges : (months + 1,) their first minutes, and the horizon.
    length : (months,) minutes of the whole calendar month that each is part of.
    year : (months,) calendar year of each.
    """

    edges: Ints
    length: Ints
    year: Ints

    @classmethod
    def of(cls, start: date, end: date) -> Months:
        """Those of [start, end)."""
        days = period_edges(start, end, "month")
        edges = np.array([minutes(day, start) for day in days], dtype=np.int64)
        length = [monthrange(day.year, day.month)[1] * MINUTES_PER_DAY for day in days[:-1]]
        return cls(edges, np.array(length, dtype=np.int64), np.array([day.year for day in days[:-1]]))

    @property
    def last_day(self) -> Ints:
        """(months,) the day on which the running money of a month is booked: its last."""
        return np.asarray(self.edges[1:] // MINUTES_PER_DAY - 1)

    def months_since(self, begun: Ints, ended: Ints) -> Floats:
        """(rows, months) what part of each calendar month lies in [begun, ended), in minutes."""
        out = np.zeros((len(begun), len(self.length)))
        some = np.flatnonzero(begun < ended)  # the others are of no month
        low = np.maximum(begun[some, None], self.edges[:-1])
        high = np.minimum(ended[some, None], self.edges[1:])
        out[some] = np.maximum(high - low, 0) / self.length
        return out

    def standing(self, minute: Ints, rows: Ints, amount: Ints, count: int) -> Floats:
        """(count, months) how much stood, as months of one unit: each amount from its minute on.

        Parameters
        ----------
        minute, rows, amount : of equal length: when how much was added to which row.
        """
        month = np.searchsorted(self.edges, minute, side="right") - 1
        size = count * len(self.length)
        at = rows * len(self.length) + month
        added, lasted = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        np.add.at(added, at, amount)
        np.add.at(lasted, at, amount * (self.edges[month + 1] - minute))
        came, part = added.reshape(count, -1), lasted.reshape(count, -1)
        before = np.cumsum(came, axis=1) - came
        return np.asarray((before * np.diff(self.edges) + part) / self.length)


@dataclass(frozen=True, slots=True)
class Service:
    """Who is served, and with what.

    Attributes
    ----------
    home_months : (nodes, months) connected homes times the part of the calendar month.
    connected : (events, nodes) homes connected at each of `connected_minute`.
    node_begun, span_begun : (nodes,), (spans,) minute from which on it is in service; the horizon if never.
    """

    months: Months
    home_months: Floats
    connected_minute: Ints
    connected: Ints
    node_begun: Ints
    span_begun: Ints


def business_months(events: ByKind, months: Months, places: int, *, existing: bool) -> Floats:
    """(places, months) connected businesses times the part of the calendar month.

    Parameters
    ----------
    existing : whether those that are connected on the first day count as well.
    """
    joined = [
        event
        for event in events.of(ev.PremisesConnected)
        if event.premises == BUSINESSES and (existing or event.minute > 0)
    ]
    return _line_months(joined, months, places)


def moved_months(events: ByKind, months: Months, places: int, technology: str) -> tuple[int, Floats]:
    """Homes that left a technology, each once, and (places, months) what they stood on better lines since."""
    moved = [
        event
        for event in events.of(ev.PremisesMoved)
        if event.premises == HOMES and event.technology == technology
    ]
    return sum(int(event.counts.sum()) for event in moved), _line_months(moved, months, places)


def _line_months(
    begun: Sequence[ev.PremisesConnected | ev.PremisesMoved], months: Months, places: int
) -> Floats:
    if not begun:
        return np.zeros((places, len(months.length)))
    minute = np.repeat([event.minute for event in begun], [len(event.nodes) for event in begun])
    node, count = (np.concatenate([getattr(e, name) for e in begun]) for name in ("nodes", "counts"))
    return months.standing(minute, node, count, places)


def service(events: ByKind, country: Country, start: date, end: date, *, existing: bool) -> Service:
    """What was in service in each month of a run.

    Parameters
    ----------
    existing : whether what is there on the first day counts as well; rented spans never do.
    """
    months = Months.of(start, end)
    after = -1 if existing else 0
    joined = [(event.minute, event.homes) for event in events.of(ev.HomesConnected) if event.minute > after]
    for event in events.of(ev.PremisesConnected):  # whoever moves to a better line goes on paying
        if event.minute > after and event.premises == HOMES:
            row = np.zeros(len(country.ids), dtype=np.int64)
            row[event.nodes] = event.counts
            joined.append((event.minute, row))
    minute = np.array([at for at, _ in joined], dtype=np.int64)
    homes = np.array([row for _, row in joined], dtype=np.int64).reshape(len(joined), len(country.ids))
    when, node = np.divmod(np.flatnonzero(homes), len(country.ids))
    home_months = months.standing(minute[when], node, homes[when, node], len(country.ids))
    horizon = int(months.edges[-1])

    def in_service(kind: type[ev.Event], name: str, count: int) -> Ints:
        begun = np.full(count, horizon, dtype=np.int64)
        index, project = events.numbers(kind, name), events.numbers(kind, "project")
        at = events.numbers(kind, "minute")
        own = (project >= 0) | (existing & (at == 0))
        np.minimum.at(begun, index[own], at[own])
        return begun

    rented = np.array([medium == "leased" for medium in country.spans["medium"]], dtype=bool)
    spans = in_service(ev.SpanLit, "span", len(country.span_ids))
    spans[rented] = horizon
    return Service(
        months,
        home_months,
        minute,
        homes,
        in_service(ev.NodeActivated, "node", len(country.ids)),
        spans,
    )
