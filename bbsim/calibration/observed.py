"""Figures of later years that somebody counted, to hold a model against: one file, everything wrong told at
once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from bbsim.calibration.series import WORDS
from bbsim.calibration.table import Cell, number_of, read_table, refuse_twice, year_of
from bbsim.conversion import show
from bbsim.errors import InputError, Problem, did_you_mean

ALIASES: Mapping[str, tuple[str, float]] = {
    "internet_users_share": ("internet_users_pct", 100.0),
    "pct_population": ("internet_users_pct", 1.0),
    "fixed_broadband_per_100": ("fixed_lines_per_100_people", 1.0),
    "per_100_people": ("fixed_lines_per_100_people", 1.0),
}
"""Other names of a figure, as publishers call it, with what makes it the same unit."""


@dataclass(frozen=True, slots=True)
class Observed:
    """One figure that was counted, and where that stands."""

    country: str
    figure: str
    on: date
    value: float
    where: str = field(default="", compare=False)


def most_of(figure: str) -> float:
    """What a figure can't exceed, by its name.

    >>> most_of("households_passed_share_at_end"), most_of("internet_users_pct"), most_of("capex_usd")
    (1.0, 100.0, inf)
    """
    if figure.removesuffix("_at_end").endswith("_share"):
        return 1.0
    return 100.0 if figure.endswith("_pct") else math.inf


def read_observed(path: Path, known: Mapping[str, Sequence[str]], country: str) -> list[Observed]:
    """The figures of a CSV file with a column ``year`` (its end is meant) or ``date``.

    Each other column is a figure by its name; or there is a column ``figure`` with the names and one
    ``value``.

    Parameters
    ----------
    known : country code -> names of the figures that can be held against something.
    country : the country of rows that name none.

    Raises
    ------
    InputError
        with everything that is wrong, as file:line:column.
    """
    problems: list[Problem] = []
    table = read_table(path, problems)
    when = "date" if "date" in table.names else "year"
    long = {"figure", "value"} <= set(table.names)
    missing = table.need(when)
    if missing:
        raise InputError([*problems, missing])
    words = {*WORDS, "date"}
    columns = [name for name in table.names if name and name not in words]
    everything = sorted({name for names in known.values() for name in names} | set(ALIASES))
    if not long:
        strange = [name for name in columns if name not in everything]
        problems += [_strange(name, str(path), everything) for name in strange]
        columns = [name for name in columns if name not in strange]
    found: list[Observed] = []
    keys: list[tuple[object, Cell]] = []
    for row in table.rows:
        on = _day(row[when], when, problems)
        of = row["country"].text if "country" in row and row["country"].text else country
        cells = [(row["figure"].text, row["value"])] if long else [(each, row[each]) for each in columns]
        for name, cell in cells:
            figure, factor = ALIASES.get(name, (name, 1.0)) if name not in known.get(of, ()) else (name, 1.0)
            value = number_of(cell, name, problems, most=most_of(figure) / factor)
            if value is None or on is None:
                continue
            if figure not in known.get(of, ()):
                problems.append(_unknown(name, of, row["figure"] if long else cell, known))
                continue
            found.append(Observed(of, figure, on, value * factor, cell.where))
            keys.append(((of, figure, on), row[when]))
    refuse_twice(keys, f"a figure of the {when}", problems)
    if not problems and not found:
        problems.append(Problem("table-columns", "no figure in the whole file", where=f"{path}:1:1"))
    if problems:
        raise InputError(problems)
    return found


def _strange(name: str, shown: str, known: Sequence[str]) -> Problem:
    """A column that is no figure of any country."""
    hint = did_you_mean(name, known)
    return Problem("unknown-figure", f"no figure '{name}'", where=f"{shown}:1:1", hint=hint)


def _unknown(name: str, country: str, cell: Cell, known: Mapping[str, Sequence[str]]) -> Problem:
    """A figure that nothing can be said about, for this country."""
    if country not in known:
        message = f"nothing is known of the country {show(country)}"
        return Problem("unknown-figure", message, where=cell.where, hint=did_you_mean(country, list(known)))
    hint = did_you_mean(name, list(known[country]))
    return Problem("unknown-figure", f"no figure '{name}' of {country}", where=cell.where, hint=hint)


def _day(cell: Cell, when: str, problems: list[Problem]) -> date | None:
    if when == "year":
        year = year_of(cell, problems)
        return None if year is None else date(year, 12, 31)
    try:
        return date.fromisoformat(cell.text)
    except ValueError:
        message = f"saw {show(cell.text)}, wanted a day as YYYY-MM-DD"
        problems.append(Problem("date", message, where=cell.where, path="date"))
        return None
