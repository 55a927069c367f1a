"""A series to calibrate on: a figure by year, each counted by some definition, below some limit.

A figure that is counted in another way from some year on is no growth. Rows of another `definition` are of
the same curve, seen at other odds; where two definitions overlap, the data say how far they are apart.
"""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.calibration.table import Cell, Table, number_of, read_table, refuse_twice, year_of
from bbsim.errors import InputError, Problem, did_you_mean

WORDS = ("year", "definition", "source", "note", "confidence", "split", "country")
"""Columns that hold no figure."""
FEWEST = 5
"""Fewest figures that say anything about a curve of three parameters."""


@dataclass(frozen=True, slots=True)
class Series:
    """Figures by year.

    Attributes
    ----------
    years, values : (n,) in order of year, then definition; values are from 0 to `limit`.
    definition : (n,) position in `definitions` of the way in which each was counted.
    limit : what the figure can't exceed, in its own unit.
    source : where it comes from, for whoever reads a parameter fitted to it.
    """

    name: str
    years: NDArray[np.float64]
    values: NDArray[np.float64]
    definition: NDArray[np.int64]
    definitions: tuple[str, ...] = ("",)
    limit: float = 1.0
    source: str = ""

    def __len__(self) -> int:
        return len(self.years)

    @property
    def last(self) -> int:
        """The definition that counts now: that of the last year; of several, the one named last."""
        newest = self.definition[self.years == self.years.max()]
        return int(newest.max())

    def where(self, keep: NDArray[np.bool_]) -> Series:
        """The rows that are kept, with the definitions that they have."""
        used = sorted(set(self.definition[keep].tolist()))
        at = np.searchsorted(np.array(used, dtype=np.int64), self.definition[keep])
        names = tuple(self.definitions[each] for each in used)
        return replace(
            self, years=self.years[keep], values=self.values[keep], definition=at, definitions=names
        )

    def until(self, year: float) -> Series:
        """What was known by the end of a year."""
        return self.where(self.years <= year)


def read_series(
    path: Path,
    column: str | None = None,
    *,
    limit: float = 1.0,
    shifts: tuple[int, ...] = (),
    until: int | None = None,
    source: str = "",
) -> Series:
    """The series of one column of a CSV file.

    Parameters
    ----------
    path : CSV with the columns ``year``, the figure, and if wanted ``definition`` (how it was counted).
    column : name of the figure; needed if there are several.
    limit : what the figure can't exceed, in its own unit.
    shifts : years from which on it was counted in another way, where no column says so.
    until : last year to take.

    Raises
    ------
    InputError
        with everything that is wrong, as file:line:column.
    """
    problems: list[Problem] = []
    table = read_table(path, problems)
    name = _figure(table, column, problems)
    rows: list[tuple[int, str, float]] = []
    keys: list[tuple[object, Cell]] = []
    for row in table.rows if name else ():
        year = year_of(row["year"], problems)
        value = number_of(row[name], name, problems, most=limit, full=True)
        if year is None or value is None or (until is not None and year > until):
            continue
        counted = row["definition"].text if "definition" in row else ""
        counted += "".join(f" from {shift}" for shift in shifts if year >= shift)
        rows.append((year, counted.strip(), value))
        keys.append(((year, counted), row["year"]))
    refuse_twice(keys, "the year", problems)
    if not problems and len(rows) < FEWEST:
        message = f"{len(rows)} figures in the column '{name}', wanted {FEWEST} or more"
        problems.append(Problem("series-short", message, where=f"{path}:1:1"))
    if not problems and not _grows(rows):
        message = f"the figures of the column '{name}' end no higher than they begin"
        hint = "A curve of take-up only rises: there is nothing that it could be fitted to."
        problems.append(Problem("series-flat", message, where=f"{path}:1:1", hint=hint))
    if problems:
        raise InputError(sorted(problems, key=_line))
    return _made(str(name), rows, limit, source or f"{path.name}, column {name}")


def _figure(table: Table, column: str | None, problems: list[Problem]) -> str:
    """The column that is meant; empty if none can be."""
    missing = [problem for name in ("year", column) if name and (problem := table.need(name))]
    figures = [name for name in table.names if name and name not in WORDS]
    if column is None and len(figures) != 1 and not missing:
        hint = f"Say which with --column: {', '.join(figures)}." if figures else "Add one with the figures."
        message = f"{len(figures)} columns could be the figure" if figures else "no column but words"
        missing.append(Problem("table-columns", message, where=f"{table.shown}:1:1", hint=hint))
    problems += missing
    return "" if missing else column or figures[0]


def _grows(rows: list[tuple[int, str, float]]) -> bool:
    """Whether the last figure of some count is higher than its first."""
    by_count: dict[str, list[float]] = {}
    for _, counted, value in sorted(rows, key=lambda row: row[0]):
        by_count.setdefault(counted, []).append(value)
    return any(values[-1] > values[0] for values in by_count.values())


def _line(problem: Problem) -> tuple[int, int]:
    *_, line, column = ["0", "0", *problem.where.split(":")][-2:]
    return (int(line), int(column)) if line.isdigit() and column.isdigit() else (0, 0)


def _made(name: str, rows: list[tuple[int, str, float]], limit: float, source: str) -> Series:
    names = list(dict.fromkeys(counted for _, counted, _ in sorted(rows, key=lambda row: row[0])))
    ordered = sorted((year, names.index(counted), value) for year, counted, value in rows)
    return Series(
        name,
        np.array([float(year) for year, _, _ in ordered]),
        np.array([value for _, _, value in ordered]),
        np.array([counted for _, counted, _ in ordered], dtype=np.int64),
        tuple(names),
        limit,
        source,
    )


# ---- what comes with bbsim ----------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class Record:
    """A series that comes with bbsim, and what is to be known about it (``data/series/series.toml``)."""

    key: str
    country: str
    figure: str
    title: str
    limit: float
    limit_source: str
    note: str
    series: Series


@functools.cache
def shipped() -> dict[str, Record]:
    """Every series that comes with bbsim, by its short name."""
    folder = files("bbsim").joinpath("data/series")
    heads: dict[str, dict[str, Any]] = tomllib.loads(
        folder.joinpath("series.toml").read_text(encoding="utf-8")
    )
    found = {}
    for key, head in heads.items():
        with as_file(folder.joinpath(f"{key}.csv")) as path:
            series = read_series(path, head["figure"], limit=head["limit"], source=head["source"])
        found[key] = Record(
            key, head["country"], head["figure"], head["title"], head["limit"],
            head["limit_source"], head.get("note", ""), series,
        )  # fmt: skip
    return found


def find(key: str) -> Record:
    """A series that comes with bbsim.

    Raises
    ------
    InputError
        for an unknown name, with the nearest.
    """
    if key not in shipped():
        hint = did_you_mean(key, list(shipped()))
        raise InputError(Problem("unknown-series", f"no series '{key}'", hint=hint))
    return shipped()[key]
