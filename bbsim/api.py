"""The calls of a notebook: load a scenario, simulate it. The command line makes the same calls."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from bbsim.checks import check
from bbsim.country import Country
from bbsim.errors import InputError, Problem
from bbsim.reading import load as read_scenario
from bbsim.reading import resolve_country
from bbsim.run import Run
from bbsim.scenario import Scenario
from bbsim.simulate import simulate as run_clock


def load(path: Path | str, overrides: Sequence[str] = ()) -> Scenario:
    """Read a scenario file, or the ``scenario.yaml`` of a folder.

    Parameters
    ----------
    overrides : ``path=value`` texts, as for ``--set``.

    Raises
    ------
    InputError, RefusedError
        with every problem at once.
    """
    return read_scenario(Path(path), overrides=overrides)


def country_of(scenario: Scenario) -> Country:
    """The country pack that a scenario names, looked for beside the file that it was read from.

    Raises
    ------
    InputError
        if there is no such pack, or something is wrong with it.
    """
    from bbsim.geodata.graphs import read_any  # reads shapes: only who names a country pays for it

    return read_any(resolve_country(scenario.origin, scenario.country))


def simulate(
    scenario: Scenario,
    country: Country | None = None,
    *,
    seed: int | None = None,
    replication: int = 0,
    allow_code: bool = False,
    progress: Callable[[float, str], None] | None = None,
) -> Run:
    """Run a scenario from its first day to its last.

    Parameters
    ----------
    country : instead of the pack that the scenario names.
    seed : instead of the scenario's own.
    allow_code : whether ``use: file.py:Class`` in the scenario may run code that lies beside it.

    Raises
    ------
    InputError
        if scenario and country do not fit together; every problem at once.
    """
    country = country or country_of(scenario)
    problems = [problem for problem in check(scenario, country) if problem.severity == "error"]
    if problems:
        raise InputError(problems)
    folder = _code_folder(scenario) if allow_code else None
    run = run_clock(
        scenario, country, seed=seed, replication=replication, progress=progress, code_folder=folder
    )
    if folder is not None:
        run.code = code_digest(scenario, folder)
    return run


def _code_folder(scenario: Scenario) -> Path:
    if scenario.origin is None:
        message = "the scenario was not read from a file, so there is no folder to take code from"
        raise InputError(Problem("no-code", message))
    return scenario.origin.parent


def code_digest(scenario: Scenario, folder: Path) -> str:
    """SHA-256 of the model files that the scenario names."""
    if not scenario.code_files:
        return ""
    return hashlib.sha256(b"".join((folder / name).read_bytes() for name in scenario.code_files)).hexdigest()
