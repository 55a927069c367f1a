"""The events as one table, and back: names outside, positions inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.country import Country
from bbsim.scenario import Scenario

MINUTES_PER_DAY = 1440
_NODES, _SPANS = ("node", "target", "nodes"), ("span", "spans")
_FUNDS = ("fund", "from_fund", "to_fund")
_WHOLE = ("project", "cents", "people", "metres", "homes", "began", "money", "permits", "crews")
_REAL = ("gbps", "line_mbps")
_RENAMED = {"kind": "project_kind"}


def events_table(events: Sequence[ev.Event], scenario: Scenario, country: Country) -> dict[str, Any]:
    """One row an event; the vector event of new connections is unfolded, one row a place.

    Whole numbers that a kind of event does not have are masked, real ones NaN, all else None.
    """
    names = sorted({_RENAMED.get(n, n) for kind in ev.KINDS.values() for n in ev.names_of(kind)} - {"minute"})
    raw: dict[str, list[Any]] = {name: [] for name in ("minute", "kind", *names)}
    for event in events:
        if isinstance(event, ev.HomesConnected):
            for node in np.flatnonzero(event.homes).tolist():
                _append(raw, event, {"node": node, "homes": int(event.homes[node])})
        else:
            values = {_RENAMED.get(n, n): getattr(event, n) for n in ev.names_of(type(event))}
            _append(raw, event, values)
    minute = np.array(raw.pop("minute"), dtype=np.int64)
    kind = _objects(raw.pop("kind"))
    day = minute // MINUTES_PER_DAY
    dates = np.datetime64(scenario.start, "D") + day.astype("timedelta64[D]")
    out: dict[str, Any] = {"day": day, "date": dates, "kind": kind, "minute": minute}
    for name, values in raw.items():
        out[name] = _column(name, values, country)
    return out


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


def _append(raw: dict[str, list[Any]], event: ev.Event, values: dict[str, Any]) -> None:
    values["minute"], values["kind"] = event.minute, type(event).__name__
    for name, column in raw.items():
        column.append(values.get(name))


def _column(name: str, values: list[Any], country: Country) -> Any:
    if name in _REAL:
        return np.array([np.nan if v is None else v for v in values], dtype=np.float64)
    if name in _WHOLE:
        mask = np.array([v is None for v in values], dtype=bool)
        return np.ma.MaskedArray(np.array([0 if v is None else v for v in values], dtype=np.int64), mask)
    ids: Sequence[str] = country.ids if name in _NODES else country.span_ids if name in _SPANS else ev.FUNDS
    if name in (*_NODES, *_SPANS, *_FUNDS):
        plural = name in ("nodes", "spans")
        return _objects(
            [None if v is None else [ids[k] for k in v] if plural else ids[v] for v in values]
        )
    return _objects(values)


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
    if name in _FUNDS:
        return [None if v is None else ev.FUNDS.index(v) for v in column]
    return column


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    out = np.empty(len(values), dtype=object)
    for i, value in enumerate(values):
        out[i] = value
    return out
