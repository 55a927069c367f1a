"""Observed values from a CSV beside the scenario: ``empirical: {file: days.csv, column: days}``.

They are read once and stand in the scenario from then on, so that its digest tells them and a saved run
needs no file.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from bbsim.conversion import show
from bbsim.errors import Problem, did_you_mean
from bbsim.explain import Loc, path_text
from bbsim.resources import path_problem

MOST_VALUES = 100_000


def with_values(fields: dict[str, Any], folder: Path, problems: list[Problem]) -> dict[str, Any]:
    """The plain fields with values where files were named; what is wrong is noted, at its place."""
    return {key: _filled(value, (key,), folder, problems) for key, value in fields.items()}


def _filled(value: Any, loc: Loc, folder: Path, problems: list[Problem]) -> Any:
    if isinstance(value, list):
        return [_filled(each, (*loc, number), folder, problems) for number, each in enumerate(value)]
    if not isinstance(value, dict):
        return value
    named = value.get("empirical")
    if isinstance(named, dict):
        at = path_text((*loc, "empirical"))
        values = _values(named, folder, at, problems)
        # One value stands in for what could not be read, so that the rest can be looked at.
        return {**value, "empirical": values or [1]}
    return {key: _filled(each, (*loc, key), folder, problems) for key, each in value.items()}


def _values(named: dict[str, Any], folder: Path, at: str, problems: list[Problem]) -> list[Any]:
    file, column = named.get("file"), named.get("column")
    if not isinstance(file, str) or not isinstance(column, str) or set(named) != {"file", "column"}:
        message = f"saw {show(named)}, wanted empirical: {{file: NAME.csv, column: NAME}}"
        problems.append(Problem("spread", message, path=at))
        return []
    wrong = path_problem(file, folder, where="", path=at)
    if wrong is not None:
        problems.append(wrong)
        return []
    try:
        with (folder / file).open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            if column not in (rows.fieldnames or []):
                hint = did_you_mean(column, list(rows.fieldnames or []))
                problems.append(
                    Problem("empirical", f"'{file}' has no column '{column}'", path=at, hint=hint)
                )
                return []
            found = [row[column] for row in rows if (row[column] or "").strip()]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        problems.append(Problem("empirical", f"'{file}' can't be read: {error}", path=at))
        return []
    if not 0 < len(found) <= MOST_VALUES:
        message = f"'{file}' has {len(found)} values in '{column}', wanted 1 to {MOST_VALUES}"
        problems.append(Problem("empirical", message, path=at))
        return []
    return [_number(text) for text in found]


def _number(text: str) -> float | str:
    """A plain number as one; anything else as it is, for the field to read or to refuse."""
    try:
        return float(text)
    except ValueError:
        return text
