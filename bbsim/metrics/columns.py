"""What the tables' columns are made of: events by kind, names of projects, dates, ratios without a value."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from operator import attrgetter
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.run import Run
from bbsim.units import MINUTES_PER_DAY

E = TypeVar("E", bound=ev.Event)


class ByKind:
    """A run's events, with the positions of each kind found once for all who ask."""

    def __init__(self, events: Sequence[ev.Event]) -> None:
        self.events = events
        number: defaultdict[type[ev.Event], int] = defaultdict(lambda: len(number))
        code = np.fromiter(map(number.__getitem__, map(type, events)), dtype=np.uint8, count=len(events))
        number.default_factory = None
        order, first = np.argsort(code, kind="stable"), np.cumsum(np.bincount(code, minlength=len(number)))
        self.kinds: dict[type[ev.Event], NDArray[np.int64]] = {
            kind: order[end - many : end]
            for kind, end, many in zip(
                number, first.tolist(), np.diff(first, prepend=0).tolist(), strict=True
            )
        }
        self._of: dict[type[ev.Event], list[ev.Event]] = {}
        self._of_projects: dict[type[ev.Event], dict[int, list[ev.Event]]] = {}

    def of(self, kind: type[E]) -> list[E]:
        """All events of a kind, in order."""
        if kind not in self._of:
            self._of[kind] = list(map(self.events.__getitem__, self.positions(kind).tolist()))
        return cast(list[E], self._of[kind])

    def of_project(self, kind: type[E], project: int) -> list[E]:
        """All events of a kind that a project tells of, in order."""
        if kind not in self._of_projects:
            found: dict[int, list[ev.Event]] = {}
            for number, event in zip(self.values(kind, "project"), self.of(kind), strict=True):
                found.setdefault(number, []).append(event)
            self._of_projects[kind] = found
        return cast(list[E], self._of_projects[kind].get(project, []))

    def in_order(self, *kinds: type[ev.Event]) -> Iterator[tuple[int, ev.Event]]:
        """Position and event, for all events of some kinds, in the order in which they happened."""
        at = np.sort(np.concatenate([self.positions(kind) for kind in kinds])).tolist()
        return zip(at, map(self.events.__getitem__, at), strict=True)

    def positions(self, kind: type[ev.Event]) -> NDArray[np.int64]:
        """Where they stand among all events."""
        return self.kinds.get(kind, _NONE)

    def values(self, kind: type[ev.Event], name: str) -> list[Any]:
        """One field of each event of a kind."""
        return list(map(attrgetter(name), self.of(kind)))

    def numbers(self, kind: type[ev.Event], name: str) -> NDArray[np.int64]:
        """One whole-number field of each event of a kind."""
        of = self.of(kind)
        return np.fromiter(map(attrgetter(name), of), dtype=np.int64, count=len(of))


_NONE = np.zeros(0, dtype=np.int64)
_PASTS: WeakKeyDictionary[Run, ByKind] = WeakKeyDictionary()


def past_of(run: Run) -> ByKind:
    """A run's events by kind, found once as long as the run is kept."""
    known = _PASTS.get(run)
    if known is None or known.events is not run.events:
        known = _PASTS[run] = ByKind(run.events)
    return known


def project_id(number: int) -> str:
    """The public id of a project."""
    return f"P{number:05d}" if number >= 0 else ""


def project_ids(numbers: NDArray[np.int64]) -> NDArray[np.object_]:
    """Their public ids; nothing (an empty text) for -1."""
    last = int(numbers.max(initial=-1))
    return objects([*(project_id(number) for number in range(last + 1)), ""])[numbers]


def ratio(top: NDArray[np.float64], bottom: NDArray[np.float64]) -> NDArray[np.float64]:
    """Top over bottom, NaN where the bottom is not positive."""
    out = np.full(np.shape(top), np.nan)
    np.divide(top, bottom, out=out, where=np.asarray(bottom) > 0)
    return out


def objects(values: Iterable[Any]) -> NDArray[np.object_]:
    """One entry a value, also if the values are lists."""
    return np.fromiter(values, dtype=object)


def dates(days: Iterable[date]) -> NDArray[np.datetime64]:
    """Calendar dates as a column."""
    return np.array(list(days), dtype="datetime64[D]")


def days_of(start: date, minutes: NDArray[np.int64]) -> NDArray[np.datetime64]:
    """The calendar date of each minute; no date for a minute below 0."""
    days = np.datetime64(start, "D") + (minutes // MINUTES_PER_DAY).astype("timedelta64[D]")
    return np.where(minutes >= 0, days, np.datetime64("NaT", "D"))


def weighted_quantile(values: NDArray[np.float64], weights: NDArray[np.float64], q: float) -> float:
    """The least value at or below which a share `q` of the weight lies."""
    return weighted_quantiles(values, weights, (q,))[0]


def weighted_quantiles(
    values: NDArray[np.float64], weights: NDArray[np.float64], shares: Sequence[float]
) -> list[float]:
    """The same for each of some shares."""
    order = np.argsort(values, kind="stable")
    reach = np.cumsum(weights[order])
    at = np.searchsorted(reach, np.array(shares) * reach[-1])
    return [float(value) for value in values[order[at]]]
