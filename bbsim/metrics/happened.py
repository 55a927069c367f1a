"""The events as one table, and back: names outside, positions inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.country import Country
from bbsim.metrics.tables import project_id
from bbsim.scenario import Scenario

MINUTES_PER_DAY = 1440
_NODES, _SPANS = ("node", "target", "nodes"), ("span", "spans")
_FUNDS = ("fund", "from_fund", "to_fund")
_WHOLE = ("cents", "people", "metres", "homes", "began", "money", "permits", "crews")
_REAL = ("gbps", "line_mbps")
_RENAMED = {"kind": "project_kind"}
_COLUMNS = sorted(
    {_RENAMED.get(name, name) for kind in ev.KINDS.values() for name in ev.names_of(kind)} - {"minute"}
)


def events_table(events: Sequence[ev.Event], scenario: Scenario, country: Country) -> dict[str, Any]:
    """One row an event; the vector event of new connections is unfolded, one row a place.

    Whole numbers that a kind of event does not have are masked, real ones NaN, all else None.
    """
    length = np.array([_rows(event) for event in events], dtype=np.int64)
    first = np.concatenate([[0], np.cumsum(length)])
    rows = int(first[-1])
    minute = np.repeat(np.array([event.minute for event in events], dtype=np.int64), length)
    day = minute // MINUTES_PER_DAY
    dates = np.datetime64(scenario.start, "D") + day.astype("timedelta64[D]")
    kind = np.full(rows, None, dtype=object)
    columns = {name: _Column(name, rows, country) for name in _COLUMNS}
    by_kind: dict[type[ev.Event], list[int]] = {}
    for i, event in enumerate(events):
        by_kind.setdefault(type(event), []).append(i)
    for each, positions in by_kind.items():
        at = first[positions]
        if each is ev.HomesConnected:
            homes = [cast(ev.HomesConnected, events[i]).homes for i in positions]
            at = np.concatenate([np.arange(first[i], first[i + 1]) for i in positions])
            columns["node"].put(at, np.concatenate([np.flatnonzero(h) for h in homes]).tolist())
            columns["homes"].put(at, np.concatenate([h[h > 0] for h in homes]).tolist())
        else:
            for name in ev.names_of(each)[1:]:
                values = [getattr(events[i], name) for i in positions]
                columns[_RENAMED.get(name, name)].put(at, values)
        kind[at] = each.__name__
    out: dict[str, Any] = {"day": day, "date": dates, "kind": kind, "minute": minute}
    return out | {name: column.done() for name, column in columns.items()}


def _rows(event: ev.Event) -> int:
    return int(np.count_nonzero(event.homes)) if isinstance(event, ev.HomesConnected) else 1


class _Column:
    """One column of the table, filled kind by kind."""

    def __init__(self, name: str, rows: int, country: Country) -> None:
        self._name = name
        self._told = np.zeros(rows, dtype=bool)
        if name in _REAL:
            self._values: NDArray[Any] = np.full(rows, np.nan)
        else:
            self._values = (
                np.zeros(rows, dtype=np.int64) if name in _WHOLE else np.full(rows, None, dtype=object)
            )
        ids = country.ids if name in _NODES else country.span_ids if name in _SPANS else ev.FUNDS
        self._ids = np.array(ids, dtype=object) if name in (*_NODES, *_SPANS, *_FUNDS) else None

    def put(self, at: NDArray[np.int64], values: list[Any]) -> None:
        self._told[at] = True
        if self._name in ("nodes", "spans"):
            assert self._ids is not None
            for row, positions in zip(at.tolist(), values, strict=True):
                self._values[row] = self._ids[list(positions)].tolist()
        else:
            self._values[at] = values if self._ids is None else self._ids[values]

    def done(self) -> Any:
        if self._name == "project":
            return _objects([None if v is None or v < 0 else project_id(v) for v in self._values])
        return np.ma.MaskedArray(self._values, ~self._told) if self._name in _WHOLE else self._values


def events_from(table: Mapping[str, Any], country: Country) -> list[ev.Event]:
    """The events that a table tells of, in order."""
    count = len(table["minute"])
    columns = {name: _positions(name, column, country) for name, column in table.items()}
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
            fields = ev.names_of(kind)
            out.append(kind(*(columns[_RENAMED.get(name, name)][first] for name in fields)))
    return out


def _same_vector(columns: Mapping[str, Any], i: int) -> bool:
    """Whether row i goes on with the vector event of the row before."""
    kind, minute = columns["kind"], columns["minute"]
    return i > 0 and kind[i] == kind[i - 1] == "HomesConnected" and minute[i] == minute[i - 1]


def _positions(name: str, column: Any, country: Country) -> Any:
    if name in _WHOLE or name == "minute":
        return [int(value) for value in np.ma.getdata(column)]
    if name in _REAL:
        return [float(value) for value in column]
    index: Mapping[str, int] = country.node_index if name in _NODES else country.span_index
    if name in ("nodes", "spans"):
        return [None if v is None else tuple(index[k] for k in v) for v in column]
    if name in _NODES or name in _SPANS:
        return [None if v is None else index[v] for v in column]
    if name == "project":
        return [-1 if v is None else int(v[1:]) for v in column]
    if name in _FUNDS:
        return [None if v is None else ev.FUNDS.index(v) for v in column]
    return column


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    out = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        out[i] = value
    return out
