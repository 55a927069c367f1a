"""What every verb does first with a scenario: tell everything that is wrong with it, or hand it on.

A value that fails does not hide what else is wrong: the rest of the scenario is held against its country all
the same (`bbsim.reduced`), and everything is told together, line by line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bbsim.errors import InputError, Problem

if TYPE_CHECKING:
    from pathlib import Path

    from bbsim.country import Country
    from bbsim.reading import Reading
    from bbsim.reduced import Rest


def checked(
    path: Path | str, overrides: Sequence[str], strict: bool, allow_code: bool
) -> tuple[Reading, Country, list[Problem]]:
    """A scenario and its country that fit together, with the warnings.

    Raises
    ------
    InputError, RefusedError
        with everything that is wrong, in file order.
    """
    from bbsim.reading import look, raised

    seen = look(path, overrides=overrides)
    if seen.reading is None or ("country",) in seen.rest.taken:
        raise raised(seen.problems)
    try:
        country = _country(seen.reading)
    except InputError as error:
        found = seen.in_order(seen.reading.placed(error.problems))
        raise (raised(found) if seen.problems else type(error)(found)) from None
    notes = seen.in_order(_findings(seen.reading, country, seen.rest, strict, allow_code))
    if any(note.severity == "error" for note in notes):
        raise raised(notes)
    return seen.reading, country, notes


def _country(reading: Reading) -> Country:
    from bbsim.geodata.graphs import read_any
    from bbsim.resources import resolve_country

    return read_any(resolve_country(reading.path, reading.scenario.country))


def _findings(
    reading: Reading, country: Country, rest: Rest, strict: bool, allow_code: bool
) -> list[Problem]:
    """What the checks find in the scenario, at its places in the file."""
    from bbsim.checks import check

    folder = reading.folder if allow_code else None
    found = check(reading.scenario, country, strict=strict, code_folder=folder)
    found += [] if allow_code else _code_refused(reading)
    return reading.placed(rest.findings(found))


def _code_refused(reading: Reading) -> list[Problem]:
    """Models that are files beside the scenario, which nobody allowed to run."""
    hint = "Add --allow-code if you trust it."
    used = [(f"{path}.use", str(use.use)) for _, path, use in reading.scenario.uses]
    return [
        Problem("code", f"'{use}' would run code that came with the scenario", path=path, hint=hint)
        for path, use in used
        if ".py" in use
    ]
