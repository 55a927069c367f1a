"""Numbers, days and shares in a reader's words; a missing number is a dash, never a zero."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np

from bbsim.units import format_usd

MISSING = "–"
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def is_missing(value: Any) -> bool:
    """Whether a table's cell holds nothing: None, NaN or NaT."""
    if value is None:
        return True
    if isinstance(value, (np.datetime64, np.timedelta64)):
        return bool(np.isnat(value))
    return isinstance(value, (float, np.floating)) and not math.isfinite(float(value))


def share_text(share: Any) -> str:
    """A share as per cent; 100 % and 0 % are kept for all and nobody.

    >>> share_text(0.9996), share_text(1.0), share_text(0.0004), share_text(0.756), share_text(None)
    ('99.9\u202f%', '100\u202f%', '0.1\u202f%', '76\u202f%', '–')
    """
    if is_missing(share):
        return MISSING
    percent = 100.0 * float(share)
    if 99.0 < percent < 99.99999:
        return f"{min(math.floor(percent * 10) / 10, 99.9):.1f}\u202f%"
    if 0.00001 < percent < 1.0:
        return f"{max(math.ceil(percent * 10) / 10, 0.1):.1f}\u202f%"
    return f"{percent:.0f}\u202f%"


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters; a cut one ends in an ellipsis.

    >>> shortened("Broadband channels", 10)
    'Broadband…'
    """
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def count_text(count: Any) -> str:
    """A whole number with thin spaces; millions from ten thousand thousands on.

    >>> count_text(1746554), count_text(78), count_text(12_345_678)
    ('1\\u202f746\\u202f554', '78', '12.3 million')
    """
    if is_missing(count):
        return MISSING
    number = round(float(count))
    if abs(number) >= 10_000_000:
        return f"{number / 1e6:.1f} million"
    return f"{number:,}".replace(",", "\u202f")


def large_text(count: Any) -> str:
    """A number of people or homes in three figures, or a few more.

    >>> large_text(1746554), large_text(250450), large_text(950), large_text(124_903_000)
    ('1.75 million', '250\\u202f000', '950', '125 million')
    """
    if is_missing(count):
        return MISSING
    number = float(count)
    if abs(number) >= 99_995_000:
        return f"{number / 1e6:.0f} million"
    if abs(number) >= 999_500:
        return f"{number / 1e6:.2f} million"
    if abs(number) >= 1000:
        step = 10 ** max(0, math.floor(math.log10(abs(number))) - 2)
        return count_text(round(number / step) * step)
    return count_text(number)


def rate_text(mbps: Any) -> str:
    """A home's rate: Mbit/s, kbit/s below one, or bit/s below one of these.

    >>> rate_text(0.0515), rate_text(12.73), rate_text(100.0), rate_text(1e-5)
    ('52 kbit/s', '12.7 Mbit/s', '100 Mbit/s', '10 bit/s')
    """
    if is_missing(mbps):
        return MISSING
    number = float(mbps)
    if 0 < number < 0.0005:
        return f"{number * 1e6:.0f} bit/s"
    if 0 < number < 0.9995:
        return f"{number * 1000:.0f} kbit/s"
    return f"{number:.3g} Mbit/s" if number < 1000 else f"{number:.0f} Mbit/s"


def usd_text(usd: Any) -> str:
    """Money in three figures.

    >>> usd_text(57_300_000.0), usd_text(None)
    ('57.3 MUSD', '–')
    """
    return MISSING if is_missing(usd) else format_usd(float(usd))


def number_text(value: Any) -> str:
    """A number as it was set: no false digits, thin spaces above ten thousand.

    >>> number_text(0.3), number_text(15850.0), number_text(100.0), number_text(7)
    ('0.3', '15\\u202f850', '100', '7')
    """
    if is_missing(value):
        return MISSING
    number = float(value)
    if number == int(number) and abs(number) < 1e15:
        whole = int(number)
        return f"{whole:,}".replace(",", "\u202f") if abs(whole) >= 10_000 else str(whole)
    return f"{number:.6g}"


def to_date(value: Any) -> date | None:
    """A table's day as a date; None if it is missing."""
    if is_missing(value):
        return None
    if isinstance(value, date):
        return value
    found: date = np.datetime64(value, "D").astype(object)
    return found


def day_text(day: date | None) -> str:
    """A day as people say it.

    >>> day_text(date(2024, 12, 18))
    '18 December 2024'
    """
    return MISSING if day is None else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def month_text(day: date | None) -> str:
    """The month of a day.

    >>> month_text(date(2024, 12, 18))
    'December 2024'
    """
    return MISSING if day is None else f"{_MONTHS[day.month - 1]} {day.year}"


def days_text(days: float) -> str:
    """A length of time in days, months or years.

    >>> days_text(12), days_text(112), days_text(1400)
    ('12 days', '3.7 months', '3.8 years')
    """
    if days < 75:
        return f"{days:.0f} day{'' if round(days) == 1 else 's'}"
    if days < 730:
        return f"{days / 30.4369:.2g} months"
    return f"{days / 365.25:.2g} years"
