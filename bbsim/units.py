"""Quantities as people write them: a number in the documented unit, or a text that carries its unit.

The types below are the vocabulary of `bbsim.scenario`; each refuses what is out of range or absurd and
says so. The calendar at the end is the clock's: whole minutes since the scenario's first day.
"""

from __future__ import annotations

import math
import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic_core import PydanticCustomError, core_schema

from bbsim.conversion import BARE, NUMBER, convert, known_units, no_number, plain, problem, show, wanted_words

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

MINUTES_PER_DAY = 24 * 60
LARGEST = 1e15
SMALLEST = 1e-12
WORKING_DAYS_PER_YEAR = 250
_PACES = ("km/day", "home/day")
_PER_DAY = re.compile(r"(?:/|\bper\b)\s*(?:d|days?)\s*$")
_PER_LONGER = re.compile(r"(.*\S)\s*(?:/|\bper\b)\s*(week|month|quarter|year|a)\s*")
_PER_YEAR = {"week": Fraction(1461, 28), "month": Fraction(12), "quarter": Fraction(4)}


# ---- types ------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in `unit`, or a text with a unit of the same dimension; what is outside the range is refused.

    Attributes
    ----------
    unit : documented unit; ``share``, ``growth`` and ``amount`` are bare numbers.
    least, most : the range, both ends included.
    above : lower end, itself excluded.
    """

    unit: str
    least: float | None = 0.0
    above: float | None = None
    most: float = LARGEST

    def read(self, value: object) -> float:
        """The quantity in `unit`; raises `PydanticCustomError` with what was seen and wanted."""
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise problem("number", f"saw {show(value)}, wanted {wanted_words(self.unit)}")
        number = self._read_text(value) if isinstance(value, str) else _finite(value)
        if number and abs(number) < SMALLEST:
            raise problem(
                "limit", f"saw {show(value)}, which is too small to mean anything; the limit is {SMALLEST:g}"
            )
        self._check_range(number, value)
        return number

    def _read_text(self, text: str) -> float:
        if self.unit not in BARE:
            number = _finite(convert(text, self.unit))
            if self.unit in _PACES and not _PER_DAY.search(text):
                message = f"saw {show(text)}, but a pace is what is done on a working day"
                raise problem("pace", message, f"Write it in {self.unit}.")
            return number
        bare = text.strip()
        percent = re.fullmatch(rf"({NUMBER})\s*(?:%|per ?cent)", bare)
        if percent:
            share = float(Fraction(percent[1].replace("_", "")) / 100)
            raise problem("percent", f"saw {show(text)}, wanted {plain(self.unit)}", f"Write {share:g}.")
        if re.fullmatch(NUMBER, bare):
            message = f"saw the text {show(text)}, wanted {wanted_words(self.unit)}"
            raise problem("number-as-text", message, f"Write {bare} without quotes.")
        raise no_number(text, self.unit)

    def _check_range(self, number: float, value: object) -> None:
        unit = "" if self.unit in BARE else f" {self.unit}"
        seen = show(value) if isinstance(value, (str, float)) else str(number)
        hint = (
            f"{number:g} per cent is written {number / 100:g}."
            if self.unit == "share" and 1 < number <= 100
            else ""
        )
        if self.above is not None and number <= self.above:
            raise problem("range", f"saw {seen}, but it must be > {self.above:g}{unit}")
        if self.least is not None and number < self.least:
            raise problem("range", f"saw {seen}, but it must be >= {self.least:g}{unit}")
        if number > self.most:
            word = "the limit is" if self.most >= LARGEST else "it must be <="
            raise problem("range", f"saw {seen}, but {word} {self.most:g}{unit}", hint)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return self.json_schema()

    def json_schema(self) -> dict[str, Any]:
        """What an editor should know: a number, or a text with its unit."""
        number: dict[str, Any] = {"type": "number", "description": f"in {self.unit}"}
        if self.above is not None:
            number["exclusiveMinimum"] = self.above
        elif self.least is not None:
            number["minimum"] = self.least
        number["maximum"] = self.most
        if self.unit in BARE:
            return {**number, "description": plain(self.unit)}
        text = {
            "type": "string",
            "pattern": rf"^\s*{NUMBER}\s*[A-Za-z]",
            "description": f"a number and its unit, one of {known_units(self.unit)}",
        }
        return {"anyOf": [number, text]}


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number from `least` to `most`; ``true``, text and fractions are refused."""

    least: int = 0
    most: int = 10**9

    def read(self, value: object) -> int:
        """The number; raises `PydanticCustomError` with what was seen and what was wanted."""
        wanted = f"wanted a whole number from {_power(self.least)} to {_power(self.most)}"
        if isinstance(value, str):
            bare = value.strip()
            if re.fullmatch(r"[-+]?\d[\d_]*", bare):
                raise problem(
                    "number-as-text", f"saw the text {show(value)}, {wanted}", f"Write {bare} without quotes."
                )
            refused = no_number(value, "share")
            hint = str((refused.context or {}).get("hint", ""))
            raise problem("number", f"saw the text {show(value)}, {wanted}", hint)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise problem("number", f"saw {show(value)}, {wanted}")
        if isinstance(value, float) and not value.is_integer():
            raise problem("whole-number", f"saw {show(value)}, {wanted}")
        number = int(value)
        if not self.least <= number <= self.most:
            raise problem("range", f"saw {show(value)}, {wanted}")
        return number

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


def _power(number: int) -> str:
    return "2^128-1" if number == 2**128 - 1 else str(number)


def _finite(value: float) -> float:
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        hint = "Leave the key out if there is no limit." if number == math.inf else ""
        raise problem("finite", f"saw {show(value)}, wanted a finite number", hint)
    if abs(number) > LARGEST:
        raise problem("limit", f"saw {show(value)}; the limit is {LARGEST:g}")
    return number


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day as YYYY-MM-DD; times, time zones, bare years and two-digit years are refused."""

    def read(self, value: object) -> date:
        """The day; raises `PydanticCustomError` with what was seen and what was wanted."""
        wanted = "wanted a day as YYYY-MM-DD"
        if isinstance(value, datetime):
            zone = " and a time zone" if value.tzinfo else ""
            raise problem(
                "date",
                f"saw {value.isoformat()}, which has a time of day{zone}; {wanted}",
                f"Write {value.date()}.",
            )
        if isinstance(value, date):
            return value
        if isinstance(value, str):
            if re.fullmatch(r"\d{4}-\d\d-\d\d", value.strip()):
                try:
                    return date.fromisoformat(value.strip())
                except ValueError:
                    raise problem(
                        "date", f"saw {show(value)}, which is not in the calendar; {wanted}"
                    ) from None
            begins = re.match(r"(\d{4}-\d\d-\d\d)[Tt ]", value)
            raise problem("date", f"saw {show(value)}; {wanted}", f"Write {begins[1]}." if begins else "")
        if isinstance(value, int) and not isinstance(value, bool):
            year = 2000 + value if 0 <= value < 100 else value
            hint = f"Did you mean {year}-01-01?" if 1990 <= year <= 2150 else "Years lie in 1990..2150."
            raise problem("date", f"saw {value}; {wanted}", hint)
        raise problem("date", f"saw {show(value)}; {wanted}")

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        text = core_schema.plain_serializer_function_ser_schema(date.isoformat, when_used="json")
        return core_schema.no_info_plain_validator_function(self.read, serialization=text)

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


Day = Annotated[date, CalendarDay()]
Count = Annotated[int, Whole()]
Share = Annotated[float, Quantity("share", most=1.0)]
PositiveShare = Annotated[float, Quantity("share", above=0.0, most=1.0)]
GrowthPerYear = Annotated[float, Quantity("growth", least=None, above=-1.0, most=10.0)]
Km = Annotated[float, Quantity("km")]
Days = Annotated[float, Quantity("day", most=36_525)]
Years = Annotated[float, Quantity("year", above=0.0, most=200)]
DaysPerKm = Annotated[float, Quantity("day/km", most=36_525)]
KmPerDay = Annotated[float, Quantity("km/day", above=0.0)]
HomesPerDay = Annotated[float, Quantity("home/day", above=0.0)]
Kbps = Annotated[float, Quantity("kbit/s")]
Mbps = Annotated[float, Quantity("Mbit/s")]
Gbps = Annotated[float, Quantity("Gbit/s")]
Usd = Annotated[float, Quantity("USD")]
Amount = Annotated[float, Quantity("amount")]
UsdPerYear = Annotated[float, Quantity("USD/year")]
UsdPerMonth = Annotated[float, Quantity("USD/month")]
UsdPerKmYear = Annotated[float, Quantity("USD/km/year")]
UsdPerKm = Annotated[float, Quantity("USD/km")]
UsdPerHome = Annotated[float, Quantity("USD/home")]


# ---- paces ------------------------------------------------------------------------------------
def per_working_day(paces: Mapping[str, Any]) -> dict[str, Any]:
    """A mapping of paces in which "25 km/month" and the like are turned into numbers a working day.

    A month is a twelfth of the working days of a year (``working_days_per_year`` of the same mapping), not
    30.4 days: a crew does not work on Sundays. What can't be read is left as it is, for its own error.

    Examples
    --------
    >>> per_working_day({"cable_km_per_day": "25 km/month", "working_days_per_year": 300})["cable_km_per_day"]
    1.0
    """
    days = paces.get("working_days_per_year", WORKING_DAYS_PER_YEAR)
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= 365:
        return dict(paces)

    def read(key: str, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {inner: read(key, pace) for inner, pace in value.items()}
        match = _PER_LONGER.fullmatch(value) if isinstance(value, str) else None
        if match is None or not key.endswith("_per_day"):
            return value
        try:
            amount = convert(match[1], "home" if key.startswith("homes") else "km")
        except PydanticCustomError:
            return value
        return float(Fraction(amount) * _PER_YEAR.get(match[2], Fraction(1)) / days)

    return {key: read(key, value) for key, value in paces.items()}


# ---- calendar ---------------------------------------------------------------------------------
def minutes(day: date, start: date) -> int:
    """Whole minutes from the beginning of `start` to the beginning of `day`."""
    return (day - start).days * MINUTES_PER_DAY


def day_of(minute: int) -> int:
    """Number of the day, the first being 0, that a minute lies in."""
    return minute // MINUTES_PER_DAY


def date_of(minute: int, start: date) -> date:
    """Date that a minute lies in."""
    return start + timedelta(days=day_of(minute))


def months_after(day: date, months: int) -> date:
    """The same day of a later month; the month's last day if it is shorter.

    >>> months_after(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    year, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + year, month + 1
    return day.replace(year=year, month=month, day=min(day.day, monthrange(year, month)[1]))


def period_edges(start: date, end: date, every: Literal["month", "quarter", "year"]) -> list[date]:
    """First days of the calendar months, quarters or years of [start, end), and `end` itself.

    Examples
    --------
    >>> [str(edge) for edge in period_edges(date(2014, 2, 10), date(2014, 8, 1), "quarter")]
    ['2014-02-10', '2014-04-01', '2014-07-01', '2014-08-01']
    """
    step = {"month": 1, "quarter": 3, "year": 12}[every]
    month = (start.year * 12 + start.month - 1) // step * step + step
    edges = [start]
    while (edge := date(month // 12, month % 12 + 1, 1)) < end:
        edges.append(edge)
        month += step
    return [*edges, end]


# ---- for people -------------------------------------------------------------------------------
def format_usd(usd: float) -> str:
    """Money in at most three figures.

    Examples
    --------
    >>> format_usd(57_300_000), format_usd(1_234_000_000), format_usd(950)
    ('57.3 MUSD', '1.23 billion USD', '950 USD')
    """
    return _scaled(usd, [(1e9, "billion USD"), (1e6, "MUSD"), (1e3, "kUSD"), (1.0, "USD")])


def format_gbps(gbps: float) -> str:
    """A data rate in at most three figures.

    Examples
    --------
    >>> format_gbps(0.4), format_gbps(1250), format_gbps(2.98e-5)
    ('400 Mbit/s', '1.25 Tbit/s', '29.8 kbit/s')
    """
    return _scaled(gbps, [(1e3, "Tbit/s"), (1.0, "Gbit/s"), (1e-3, "Mbit/s"), (1e-6, "kbit/s")])


def _scaled(value: float, scales: list[tuple[float, str]]) -> str:
    size, word = next(((s, w) for s, w in scales if abs(value) >= 0.9995 * s), scales[-1])
    if value == 0:
        size, word = scales[-1] if scales[-1][0] == 1.0 else scales[1]
    number = value / size
    digits = max(0, 2 - math.floor(math.log10(abs(number)))) if number else 0
    text = f"{number:,.{min(digits, 2)}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} {word}"
