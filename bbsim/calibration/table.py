"""A CSV file as rows of cells that know their place: every fault is told by line and column, at once."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bbsim.conversion import show
from bbsim.errors import EnvironmentFault, InputError, Problem, RefusedError, did_you_mean

LARGEST_FILE_BYTES = 16 * 2**20
_CELL = re.compile(r'\s*(?:"(?P<quoted>(?:[^"]|"")*)"\s*|(?P<plain>[^",]*))(?P<end>,|$)')
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_COMMA = re.compile(r"[-+]?\d+,\d+")


@dataclass(frozen=True, slots=True)
class Cell:
    """The text between two commas, and where it begins; columns count from 1."""

    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Table:
    """A read file: names of the columns, and rows by name."""

    shown: str
    names: tuple[str, ...]
    rows: tuple[dict[str, Cell], ...]

    def need(self, name: str) -> Problem | None:
        """What is wrong if there is no such column."""
        if name in self.names:
            return None
        hint = did_you_mean(name, self.names)
        return Problem("table-columns", f"no column '{name}'", where=f"{self.shown}:1:1", hint=hint)


def read_table(path: Path, problems: list[Problem]) -> Table:
    """The cells of a CSV file; rows that cannot be taken apart are told in `problems` and left out.

    Raises
    ------
    InputError, RefusedError, EnvironmentFault
        if there is no table to look at: no file, not UTF-8, too large, no head, semicolons for commas.
    """
    lines = _text(path).split("\n")
    if not lines[0].strip():
        message = "no line with the names of the columns"
        raise InputError(Problem("table-columns", message, where=f"{path}:1:1"))
    if "," not in lines[0] and re.search(r"[;\t]", lines[0]):
        mark = ";" if ";" in lines[0] else "tabs"
        hint = "Save it as CSV with commas between the columns, and points in numbers."
        message = f"columns are separated by {mark}, wanted commas"
        raise InputError(Problem("table-columns", message, where=f"{path}:1:1", hint=hint))
    head = _cells(lines[0], f"{path}:1", problems)
    if head is None:
        raise InputError(problems)
    names = tuple(cell.text for cell in head)
    twice = [cell for at, cell in enumerate(head) if cell.text in names[:at]]
    if twice:
        raise InputError(
            [Problem("doubled", f"two columns are called '{cell.text}'", where=cell.where) for cell in twice]
        )
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        cells = _cells(line, f"{path}:{number}", problems) if line.strip() else None
        if cells is None:
            continue
        if len(cells) != len(names):
            message = f"{len(cells)} cells where the head names {len(names)} columns"
            hint = "A text with a comma in it stands in quotes."
            problems.append(Problem("table-cells", message, where=f"{path}:{number}:1", hint=hint))
            continue
        rows.append(dict(zip(names, cells, strict=True)))
    return Table(str(path), names, tuple(rows))


def number_of(
    cell: Cell, name: str, problems: list[Problem], *, most: float = math.inf, full: bool = False
) -> float | None:
    """The cell's number from 0 to `most`; None for an empty cell, and for a wrong one, which is told.

    Parameters
    ----------
    full : whether whoever gives the file can say with ``--full`` what `most` is.
    """
    text = cell.text
    if not text:
        return None
    if _COMMA.fullmatch(text):
        hint = f"Write {text.replace(',', '.')}."
        problems.append(Problem("decimal-comma", f"saw {show(text)}", where=cell.where, path=name, hint=hint))
        return None
    if text.endswith("%"):
        hint = "Leave the sign out" + (
            ", and say with --full 100 that the figures are per cent." if full else "."
        )
        problems.append(Problem("percent", f"saw {show(text)}", where=cell.where, path=name, hint=hint))
        return None
    if not _NUMBER.fullmatch(text):
        message = f"saw {show(text)}, wanted a number"
        hint = "Leave the cell empty where there is no figure."
        problems.append(Problem("table-number", message, where=cell.where, path=name, hint=hint))
        return None
    number = float(text)
    if not 0 <= number <= most or not math.isfinite(number):
        wanted = f"from 0 to {most:g}" if math.isfinite(most) else "of 0 or more"
        message = f"saw {show(text)}, wanted a number {wanted}"
        hint = (
            "Say with --full what the figure is when everybody is counted." if full and number > most else ""
        )
        problems.append(Problem("range", message, where=cell.where, path=name, hint=hint))
        return None
    return number


def year_of(cell: Cell, problems: list[Problem]) -> int | None:
    """The cell's calendar year; None for a wrong one, which is told."""
    if re.fullmatch(r"(?:1[89]|20|21)\d\d", cell.text):
        return int(cell.text)
    message = f"saw {show(cell.text)}, wanted a year like 2013"
    problems.append(Problem("table-number", message, where=cell.where, path="year"))
    return None


def refuse_twice(keys: Sequence[tuple[object, Cell]], what: str, problems: list[Problem]) -> None:
    """Tell every key that stood in a row before."""
    first: dict[object, Cell] = {}
    for key, cell in keys:
        if key in first:
            message = f"{what} {cell.text} stands twice: here and at {first[key].where}"
            problems.append(Problem("doubled", message, where=cell.where, hint="Keep one of them."))
        first.setdefault(key, cell)


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            message = f"the file is larger than {LARGEST_FILE_BYTES // 2**20} MiB, the limit"
            raise RefusedError(Problem("too-long", message, where=str(path)))
        raw = path.read_bytes()
    except FileNotFoundError:
        raise InputError(Problem("no-file", f"no such file: '{path}'", where=str(path))) from None
    except OSError as error:
        raise EnvironmentFault(Problem("unreadable", f"{error.strerror}: {path}", where=str(path))) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        message = f"byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8"
        hint = "If it was saved as Windows-1254, convert it: iconv -f WINDOWS-1254 -t UTF-8."
        raise InputError(Problem("encoding", message, where=f"{path}:{line}:{column}", hint=hint)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _cells(line: str, where: str, problems: list[Problem]) -> list[Cell] | None:
    """The cells of a line; None if a quote is left open, which is told."""
    cells, at = [], 0
    while True:
        match = _CELL.match(line, at)
        if match is None:
            hint = "A quote is opened and closed on one line, and doubled inside."
            problems.append(
                Problem("table-cells", "a quote that does not end", where=f"{where}:{at + 1}", hint=hint)
            )
            return None
        quoted = match["quoted"]
        text = match["plain"].strip() if quoted is None else quoted.replace('""', '"')
        begins = match.start("plain" if quoted is None else "quoted")
        cells.append(Cell(text, f"{where}:{begins + 1}"))
        if not match["end"]:
            return cells
        at = match.end()
