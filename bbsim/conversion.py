"""The closed table of units, and the reading of one text that carries its unit.

Exact factors (fractions, not floats), and one refusal for everything that has two readings: bits or
bytes, a comma as decimal or as thousands mark, per cent, other currencies.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from fractions import Fraction

from pydantic_core import PydanticCustomError

from bbsim.errors import nearest

DAYS_PER_YEAR = Fraction(1461, 4)  # the Julian year of 365.25 days; a month is a twelfth of it: 30.4375 days

# unit -> (dimension, size in the dimension's base unit: km, day, USD, Gbit/s, home)
UNITS: Mapping[str, tuple[str, Fraction]] = {
    "m": ("length", Fraction(1, 1000)),
    "km": ("length", Fraction(1)),
    "minute": ("time", Fraction(1, 1440)),
    "hour": ("time", Fraction(1, 24)),
    "day": ("time", Fraction(1)),
    "week": ("time", Fraction(7)),
    "month": ("time", DAYS_PER_YEAR / 12),
    "quarter": ("time", DAYS_PER_YEAR / 4),
    "year": ("time", DAYS_PER_YEAR),
    "USD": ("money", Fraction(1)),
    "kUSD": ("money", Fraction(10**3)),
    "MUSD": ("money", Fraction(10**6)),
    "BUSD": ("money", Fraction(10**9)),
    "kbit/s": ("rate", Fraction(1, 10**6)),
    "Mbit/s": ("rate", Fraction(1, 10**3)),
    "Gbit/s": ("rate", Fraction(1)),
    "Tbit/s": ("rate", Fraction(10**3)),
    "home": ("homes", Fraction(1)),
}
SPELLINGS: Mapping[str, str] = {
    "metre": "m", "metres": "m", "meter": "m", "meters": "m",
    "kilometre": "km", "kilometres": "km", "kilometer": "km", "kilometers": "km",
    "min": "minute", "minutes": "minute", "h": "hour", "hours": "hour", "d": "day", "days": "day",
    "weeks": "week", "months": "month", "quarters": "quarter", "a": "year", "years": "year",
    "thousand USD": "kUSD", "million USD": "MUSD", "mln USD": "MUSD",
    "billion USD": "BUSD", "bn USD": "BUSD", "homes": "home", "household": "home", "households": "home",
    "kbps": "kbit/s", "Mbps": "Mbit/s", "Gbps": "Gbit/s", "Tbps": "Tbit/s",
}  # fmt: skip
DIMENSION_WORDS = {
    "length": "a length",
    "time": "a duration",
    "money": "money",
    "rate": "a data rate",
    "homes": "a number of homes",
}
BARE = {"share": "a share from 0 to 1", "growth": "a share a year", "amount": "of the ledger's currency"}
"""Units that are not written: a bare number is meant."""
NUMBER = r"[-+]?(?:\d[\d_]*)(?:\.\d+)?(?:[eE][-+]?\d+)?"
_QUANTITY = re.compile(rf"\s*(?P<number>{NUMBER}|[-+]?\.\d+)\s*(?P<unit>\S.*?)?\s*")
_BITS_OR_BYTES = re.compile(r"([kKmMgGtT])([bB])(?:it|yte)?(?:ps|/s(?:ec)?)?")
_OTHER_MONEY = re.compile(
    r"(?:[kMB]|million |thousand |billion )?(AZN|EUR|GBP|TRY|GEL|RUB|KZT|JPY|CNY|CHF)\b.*"
)


def problem(
    slug: str, message: str, hint: str = "", at: tuple[str | int, ...] = (), *, at_key: bool = False
) -> PydanticCustomError:
    """A refusal that keeps its words, its hint and its place inside the field when pydantic collects it."""
    context = {"message": message, "hint": hint, "at": at, "at_key": at_key}
    return PydanticCustomError(slug, "{message}", context)


def show(value: object, *, longest: int = 60) -> str:
    """A value as a message quotes it: text in quotes, long ones cut, YAML's words for null and booleans."""
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return {math.inf: ".inf", -math.inf: "-.inf"}.get(value, ".nan" if value != value else f"{value:g}")
    if isinstance(value, Mapping):
        return f"a mapping with {len(value)} keys" if value else "an empty mapping"
    if isinstance(value, (list, tuple)):
        return f"a list of {len(value)}" if value else "an empty list"
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= longest else f"{text[: longest - 1]}…{text[-1]} ({len(text)} characters)"


# ---- reading one quantity ---------------------------------------------------------------------
def convert(text: str, unit: str) -> float:
    """A text with its unit, as a number in `unit`.

    Raises
    ------
    PydanticCustomError
        if the text is no number with a unit, or the unit is unknown, ambiguous or of another dimension.

    Examples
    --------
    >>> convert("33000 m", "km"), convert("60 million USD/year", "USD/year")
    (33.0, 60000000.0)
    >>> convert("3 months", "day")
    91.3125
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise no_number(text, unit)
    number, written = match["number"], match["unit"]
    if written is None:
        raise problem(
            "number-as-text",
            f"saw the text {show(text)}, wanted a number in {unit} or a text with its unit",
            f"Write {number} without quotes, or '{number} {plain(unit)}'.",
        )
    if written.startswith(",") or re.match(r"[.,]\d", written):
        raise no_number(text, unit)
    if written.startswith("%") or written.casefold() in ("percent", "per cent"):
        raise problem("percent", f"saw {show(text)}, wanted {plain(unit)}", "Per cent is not a unit here.")
    size = _size(written, unit, text, number)
    return float(Fraction(number.replace("_", "")) * size / _size(unit, unit, text, number))


def plain(unit: str) -> str:
    """A unit as words in a message; shares, growth and amounts of the ledger's currency have none."""
    return BARE.get(unit, unit)


def _split(unit: str) -> list[str]:
    """Numerator and denominators of a compound unit; `Gbit/s` is one unit, not a quotient."""
    text = re.sub(r"\s+", " ", unit.strip()).replace(" per ", "/")
    parts = [part.strip() for part in text.split("/")]
    merged: list[str] = []
    for part in parts:
        if part in ("s", "sec") and merged and f"{merged[-1]}/s" in UNITS:
            merged[-1] = f"{merged[-1]}/s"
        else:
            merged.append(part)
    return merged


def _dimensions(parts: list[str]) -> list[str]:
    return [UNITS[SPELLINGS.get(part, part)][0] for part in parts]


def _size(written: str, wanted: str, text: str, number: str) -> Fraction:
    """How many base units one `written` unit is, once it is known to measure what `wanted` measures."""
    parts = _split(written)
    if _BITS_OR_BYTES.fullmatch(written) and not all(SPELLINGS.get(p, p) in UNITS for p in parts):
        raise _bits_or_bytes(written, text, number)
    for part in parts:
        if SPELLINGS.get(part, part) not in UNITS:
            raise _unknown(part, wanted, text)
    target = _split(wanted)
    if _dimensions(parts) != _dimensions(target):
        saw = " per ".join(DIMENSION_WORDS[d] for d in _dimensions(parts))
        want = " per ".join(DIMENSION_WORDS[d] for d in _dimensions(target))
        raise problem(
            "unit-dimension",
            f"saw {show(text)}, which is {saw}; wanted {want}",
            f"Known: {known_units(wanted)}.",
        )
    sizes = [UNITS[SPELLINGS.get(part, part)][1] for part in parts]
    size = sizes[0]
    for divisor in sizes[1:]:
        size /= divisor
    return size


def known_units(unit: str) -> str:
    """The units that measure what `unit` measures, in order of size."""
    target = _split(unit)
    first = [name for name, (dimension, _) in UNITS.items() if dimension == _dimensions(target)[0]]
    rest = "".join(f"/{part}" for part in target[1:])
    return ", ".join(f"{name}{rest}" for name in first)


def _unknown(part: str, wanted: str, text: str) -> PydanticCustomError:
    if _OTHER_MONEY.fullmatch(part):
        return problem(
            "currency",
            f"saw {show(text)}; money in a scenario is in US dollars, and no exchange rate is given",
            f"Convert it and write {known_units(wanted)}.",
        )
    if part == "M":
        hint = "'M' reads as metre (m) or as million; write the unit in full."
    elif part in ("mUSD", "m USD", "M USD", "MM USD"):
        hint = "'m' reads as million or as a thousandth; write MUSD or million USD."
    else:
        close = nearest(part, [*UNITS, *SPELLINGS])
        hint = f"Did you mean '{close[0]}'? " if close else ""
        hint += f"Known: {known_units(wanted)}."
    return problem("unit-unknown", f"saw {show(text)}: '{part[:40]}' is no unit known here", hint)


def _bits_or_bytes(written: str, text: str, number: str) -> PydanticCustomError:
    prefix = written[0].lower() if written[0] in "kK" else written[0].upper()
    octets = f"{8 * float(number.replace('_', '')):g}"
    hint = f"Write '{number} {prefix}bit/s' if bits are meant, '{octets} {prefix}bit/s' if bytes."
    return problem(
        "unit-ambiguous", f"saw {show(text)}: '{written}' reads as bits or as bytes (8 bits) a second", hint
    )


def no_number(text: str, unit: str) -> PydanticCustomError:
    """The refusal of a text that is no number, with the reading it may have been meant to have."""
    bare = text.strip()
    thousands = re.match(r"([-+]?\d{1,3}(?:,\d{3})+)(?![\d,])(\.\d+)?(.*)", bare)
    decimal = re.match(r"([-+]?\d+),(\d+)(?![\d,])(.*)", bare)
    if thousands and not re.match(r"[-+]?0,", bare):
        whole, fraction, rest = thousands[1], thousands[2] or "", thousands[3]
        hint = f"Write {whole.replace(',', '')}{fraction}{rest} or {whole.replace(',', '_')}{fraction}{rest}."
    elif decimal:
        hint = f"Write {decimal[1]}.{decimal[2]}{decimal[3]}; the decimal mark is a point."
    elif re.fullmatch(rf"(?:{NUMBER})?\s*%.*|{NUMBER}\s*%", bare):
        hint = "Per cent is not a unit here."
    else:
        hint = ""
    return problem("number", f"saw the text {show(text)}, wanted {wanted_words(unit)}", hint)


def wanted_words(unit: str) -> str:
    """What a field in `unit` accepts, in words."""
    return f"a number ({plain(unit)})" if unit in BARE else f"a number in {unit} or a text with its unit"
