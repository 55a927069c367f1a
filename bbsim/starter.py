"""A new folder to work in: a country's commented scenario and its pack, copied, or made on the spot.

A country whose scenario is installed gets that one. Any other gets its pack, from beside the new folder or
built from the data packages, and a first scenario written from it by rules.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bbsim.errors import EnvironmentFault, InputError, Problem, did_you_mean, nearest
from bbsim.resources import SCENARIO_FILE, installed
from bbsim.schema import SCHEMA_FILE, scenario_schema
from bbsim.yamlfile import read_file

_MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"
Progress = Callable[[float, str], None]


def start(folder: Path, country: str, progress: Progress | None = None) -> Path:
    """Fill a new or empty folder; it is there whole or not at all.

    Parameters
    ----------
    country : ISO 3166 code.

    Returns
    -------
    Path
        the scenario file in the folder.

    Raises
    ------
    InputError
        if the code is no country's.
    EnvironmentFault
        if the folder is not empty or can't be written, or the data packages that would build it are missing.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is there and not empty" if folder.is_dir() else "is a file; wanted the name of a folder"
        raise EnvironmentFault(Problem("folder-exists", f"{folder} {what}", hint="Name a new one."))
    partial = folder.parent / f".{folder.name}.partial-{os.getpid()}"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        text = _filled(partial, folder.parent, country, progress)
        (partial / SCENARIO_FILE).write_text(_MODELINE + text, encoding="utf-8")
        (partial / SCHEMA_FILE).write_text(json.dumps(scenario_schema(), indent=1) + "\n", encoding="utf-8")
        if folder.exists():
            folder.rmdir()
        partial.rename(folder)
    except OSError as error:
        shown = str(error.filename or folder).replace(str(partial), str(folder))
        message = f"{shown}: {error.strerror or error}"
        raise EnvironmentFault(Problem("write", message)) from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder / SCENARIO_FILE


def _filled(partial: Path, beside: Path, country: str, progress: Progress | None) -> str:
    """Put the country's pack into the new folder; returns the scenario's text."""
    known = _packs(installed("packs"))
    scenario = _scenario(country) if country in known else None
    if scenario is not None:
        _copy(installed("packs") / country, partial, country)
        return scenario.read_text(encoding="utf-8")
    code = country.strip().upper()
    near = _packs(beside / "geodata")
    if code in near:
        _copy(beside / "geodata" / code, partial, code)
    elif code in known:
        _copy(installed("packs") / code, partial, code)
    else:
        code = _built(partial, country, known, progress)
    return _written(partial / "geodata" / code)


def _copy(pack: Path, partial: Path, country: str) -> None:
    # The pack's sources are what it was built from; a run needs only the layers.
    shutil.copytree(pack, partial / "geodata" / country, ignore=shutil.ignore_patterns("sources"))


def _built(partial: Path, country: str, known: list[str], progress: Progress | None) -> str:
    """Build the pack of a country that is nowhere at hand; returns its code."""
    from bbsim.geodata.nation.builder import build
    from bbsim.packwriter import write_pack

    try:
        made = build(country, progress=progress)
    except InputError as error:
        near = nearest(country, known)
        hint = f"Did you mean '{near[0]}'?" if near else error.problems[0].hint
        raise InputError(replace(error.problems[0], hint=hint)) from None
    except EnvironmentFault as error:
        if nearest(country, known):  # more likely mistyped than meant to be built
            message = f"no country pack '{country}' is at hand"
            raise InputError(Problem("no-country", message, hint=did_you_mean(country, known))) from None
        hint = f"{did_you_mean(country, known)} Or build it: pip install 'bbsim[geodata]'."
        message = (
            f"no country pack '{country}' is at hand, and it can't be built: {error.problems[0].message}"
        )
        raise EnvironmentFault(Problem("no-country", message, hint=hint)) from None
    code = made.pack.iso3
    write_pack(made, partial / "geodata" / code)
    return code


def _written(pack: Path) -> str:
    from bbsim.country import Country
    from bbsim.outset import Outset
    from bbsim.outset_text import scenario_text
    from bbsim.packfile import read_head

    country = Country.read(pack)
    return scenario_text(Outset(country, read_head(pack).get("population", {})))


def _packs(folder: Path) -> list[str]:
    return sorted(head.parent.name for head in folder.glob("*/country.toml"))


def _scenario(country: str) -> Path | None:
    """The first installed scenario of a country that stands on its own."""
    for path in sorted(installed("scenarios").glob("*.yaml")):
        document = read_file(path, path.name)
        fields = document.root.plain() if document.root else None
        if isinstance(fields, dict) and fields.get("country") == country and "extends" not in fields:
            return path
    return None
