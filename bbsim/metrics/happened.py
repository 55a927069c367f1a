"""The events as one table, and back: names outside, positions inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.country import Country
from bbsim.metrics.columns import ByKind, project_ids
from bbsim.scenario import Scenario
from bbsim.units import MINUTES_PER_DAY

_NODES, _SPANS = ("node", "target", "nodes"), ("span", "spans")
_FUNDS = ("fund", "from_fund", "to_fund")
_WHOLE = (
    "cents", "people", "metres", "homes", "began", "money", "permits", "crews", "days",
    "count", "sites", "kept", "served_days",
)  # fmt: skip
_LISTS = ("counts", "amounts_cents", "technologies")
# Columns that are there only if an event tells them: what a scenario does not use adds nothing to its table.
_LATER = (
    *(*_LISTS, "count", "sites", "kept", "premises", "technology", "to_technology", "what"),
    *("served_days", "waited_minutes", "waited_p90_minutes", "busy_share"),
)
_REAL = (
    *("gbps", "line_mbps", "material_factor", "labour_factor"),
    *("waited_minutes", "waited_p90_minutes", "busy_share"),
)
_RENAMED = {"kind": "project_kind"}
_COLUMNS = sorted(
    {_RENAMED.get(name, name) for kind in ev.KINDS.values() for name in ev.names_of(kind)} - {"minute"}
)


def events_table(events: ByKind, scenario: Scenario, country: Country) -> dict[str, Any]:
    """One row an event; the vector event of new connections is unfolded, one row a place.

    Whole numbers that a kind of event does not have are masked, real ones NaN, all else None.
    """
    happened = events.events
    vectors = events.of(ev.HomesConnected)
    length = np.ones(len(happened), dtype=np.int64)
    length[events.positions(ev.HomesConnected)] = [np.count_nonzero(event.homes) for event in vectors]
    first = np.concatenate([[0], np.cumsum(length)])
    rows = int(first[-1])
    minutes = np.fromiter(map(attrgetter("minute"), happened), dtype=np.int64, count=len(happened))
    minute = np.repeat(minutes, length)
    day = minute // MINUTES_PER_DAY
    dates = np.datetime64(scenario.start, "D") + day.astype("timedelta64[D]")
    nothing = np.full(rows, None, dtype=object)
    nothing.flags.writeable = False
    kind = nothing.copy()
    columns = {name: _Column(name, nothing, country, scenario.fund_names) for name in _COLUMNS}
    for each in events.kinds:
        at = first[events.positions(each)]
        if each is ev.HomesConnected:
            at = np.concatenate([np.arange(first[i], first[i + 1]) for i in events.positions(each).tolist()])
            columns["node"].put(at, np.concatenate([np.flatnonzero(v.homes) for v in vectors]).tolist())
            columns["homes"].put(at, np.concatenate([v.homes[v.homes > 0] for v in vectors]).tolist())
        else:
            for name in ev.names_of(each)[1:]:
                columns[_RENAMED.get(name, name)].put(at, events.values(each, name))
        kind[at] = each.__name__
    out: dict[str, Any] = {"day": day, "date": dates, "kind": kind, "minute": minute}
    told = (name for name, column in columns.items() if column.told or name not in _LATER)
    return out | {name: columns[name].done() for name in told}


class _Column:
    """One column of the table, filled kind by kind."""

    def __init__(self, name: str, nothing: NDArray[Any], country: Country, funds: Sequence[str]) -> None:
        self._name, self._nothing = name, nothing
        self._told = np.zeros(len(nothing), dtype=bool)
        self._made: NDArray[Any] | None = None
        # What is paid for no place has the position -1, and no name.
        ids = [*country.ids, None] if name in _NODES else country.span_ids if name in _SPANS else funds
        self._ids = np.array(ids, dtype=object) if name in (*_NODES, *_SPANS, *_FUNDS) else None

    @property
    def _values(self) -> NDArray[Any]:
        if self._made is None:
            rows = len(self._nothing)
            if self._name in _REAL:
                self._made = np.full(rows, np.nan)
            elif self._name == "project":
                self._made = np.full(rows, -1, dtype=np.int64)
            else:
                self._made = np.zeros(rows, dtype=np.int64) if self._name in _WHOLE else self._nothing.copy()
        return self._made

    @property
    def told(self) -> bool:
        """Whether any event has it."""
        return bool(self._told.any())

    def put(self, at: NDArray[np.int64], values: list[Any]) -> None:
        self._told[at] = True
        if self._name in _LISTS:
            for row, listed in zip(at.tolist(), values, strict=True):
                self._values[row] = listed.tolist() if isinstance(listed, np.ndarray) else list(listed)
        elif self._name in ("nodes", "spans"):
            assert self._ids is not None
            for row, positions in zip(at.tolist(), values, strict=True):
                self._values[row] = self._ids[list(positions)].tolist()
        else:
            self._values[at] = values if self._ids is None else self._ids[values]

    def done(self) -> Any:
        if self._name == "project":
            ids = project_ids(np.maximum(self._values, -1))
            ids[ids == ""] = None
            return ids
        if self._name in _WHOLE:
            return np.ma.MaskedArray(self._values, ~self._told)
        if self._made is None and self._name not in _REAL:
            return self._nothing  # the same for all that nothing tells: a long run has many of them
        return self._values


def events_from(
    table: Mapping[str, Any], country: Country, funds: Sequence[str] = ev.FUNDS
) -> list[ev.Event]:
    """The events that a table tells of, in order; `funds` are the names of the scenario's."""
    count = len(table["minute"])
    columns = {name: _positions(name, column, country, funds) for name, column in table.items()}
    out: list[ev.Event] = []
    begins = [i for i in range(count) if not _same_vector(columns, i)]
    for first, after in pairwise([*begins, count]):
        kind = ev.KINDS[columns["kind"][first]]
        minute = int(columns["minute"][first])
        if kind is ev.HomesConnected:
            homes = np.zeros(len(country.ids), dtype=np.int64)
            for i in range(first, after):
                homes[columns["node"][i]] += int(columns["homes"][i])
            out.append(ev.HomesConnected(minute, homes))
        else:
            told = [columns[_RENAMED.get(name, name)][first] for name in ev.names_of(kind)]
            for at in ev.vectors_of(kind):
                told[at] = np.array(told[at], dtype=np.int64)
            out.append(kind(*told))
    return out


def _same_vector(columns: Mapping[str, Any], i: int) -> bool:
    """Whether row i goes on with the vector event of the row before."""
    kind, minute = columns["kind"], columns["minute"]
    return i > 0 and kind[i] == kind[i - 1] == "HomesConnected" and minute[i] == minute[i - 1]


def _positions(name: str, column: Any, country: Country, funds: Sequence[str]) -> Any:
    if name in _WHOLE or name == "minute":
        return [int(value) for value in np.ma.getdata(column)]
    if name in _REAL:
        return [float(value) for value in column]
    index: Mapping[str, int] = country.node_index if name in _NODES else country.span_index
    if name in _LISTS:
        return [None if v is None else tuple(v) for v in column]
    if name in ("nodes", "spans"):
        return [None if v is None else tuple(index[k] for k in v) for v in column]
    if name in _NODES or name in _SPANS:
        return [-1 if v is None else index[v] for v in column]
    if name == "project":
        return [-1 if v is None else int(v[1:]) for v in column]
    if name in _FUNDS:
        return [None if v is None else funds.index(v) for v in column]
    return column
