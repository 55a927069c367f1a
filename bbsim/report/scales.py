"""From days and values to the square of a chart: 1000 by 1000, with ticks in per cent of the frame."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from numpy.typing import NDArray

from bbsim.report import palette
from bbsim.report.wording import is_missing

SIDE = 1000.0


@dataclass(frozen=True, slots=True)
class Tick:
    """A label on an axis, `at` per cent from the left or the bottom."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its path, and what to say about it at each period."""

    label: str
    colour: str
    path: str
    texts: list[str]
    dashed: bool = False


class Scale:
    """From days and values to the square of a chart; one point at the end of each period."""

    def __init__(
        self, end_days: Sequence[int], low: float, high: float, *, logarithmic: bool = False
    ) -> None:
        self._end_days, self.logarithmic = end_days, logarithmic
        self._low, self._high = (math.log10(low), math.log10(high)) if logarithmic else (low, high)

    def across(self, day: int) -> float:
        """Where a day stands, from the left."""
        return SIDE * day / self._end_days[-1]

    def height(self, value: float) -> float:
        """Height of a value, 0 at the bottom to 1 at the top."""
        at = math.log10(value) if self.logarithmic else value
        return min(max((at - self._low) / ((self._high - self._low) or 1.0), 0.0), 1.0)

    def line(
        self, label: str, values: NDArray[Any], colour: str, text: Callable[[Any], str], dashed: bool = False
    ) -> Line:
        """A line through the known values, one point at the end of each period; gaps stay gaps."""
        path, pen = [], "M"
        for day, value in zip(self._end_days, values, strict=True):
            if is_missing(value) or (self.logarithmic and float(value) <= 0):
                pen = "M"
                continue
            y = SIDE * (1.0 - self.height(float(value)))
            path.append(f"{pen}{self.across(day):.1f} {y:.1f}")
            pen = "L"
        return Line(label, colour, "".join(path), [text(value) for value in values], dashed)

    def lines(
        self,
        periods: Mapping[str, Any],
        columns: Mapping[str, str],
        text: Callable[[Any], str],
        dashed: Sequence[str] = (),
    ) -> list[Line]:
        """A line a column of the periods table; empty columns are left out, but keep their colour."""
        made = [
            self.line(label, periods[column], palette.LINES[i], text, column in dashed)
            for i, (column, label) in enumerate(columns.items())
        ]
        return [line for line in made if line.path]


def linear_ticks(most: float, text: Callable[[float], str]) -> list[Tick]:
    """Three to six round values from nothing to the top."""
    raw = most / 4
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 1.0
    step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw * 0.8)
    count = int(most / step + 1e-9)
    return [Tick(round(100 * i * step / most, 2), text(i * step)) for i in range(count + 1)] if most else []


def log_ticks(low: float, high: float, text: Callable[[float], str]) -> list[Tick]:
    """The powers of ten from the least to the greatest."""
    first, last = round(math.log10(low)), round(math.log10(high))
    return [Tick(round(100 * (p - first) / (last - first), 2), text(10.0**p)) for p in range(first, last + 1)]


def year_ticks(start: date, end: date) -> list[Tick]:
    """Ticks at the first days of years, at most a dozen, in round steps."""
    first = start.year if (start.month, start.day) == (1, 1) else start.year + 1
    years = [y for y in range(first, end.year + 1) if date(y, 1, 1) <= end]
    step = next((s for s in (1, 2, 5, 10, 20, 50) if len(years) / s <= 12), 100)
    shown = (
        [y for y in years if (y - years[0]) % step == 0] if step < 5 else [y for y in years if y % step == 0]
    )
    at = {y: 100 * (date(y, 1, 1) - start).days / (end - start).days for y in shown}
    return [Tick(round(place, 2), str(y)) for y, place in at.items() if place <= 98]
