"""A new folder to work in: a country's commented scenario and its pack, copied from what is installed."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from bbsim.errors import EnvironmentFault, InputError, Problem, did_you_mean
from bbsim.resources import SCENARIO_FILE, installed
from bbsim.schema import SCHEMA_FILE, scenario_schema
from bbsim.yamlfile import read_file

_MODELINE = f"# yaml-language-server: $schema={SCHEMA_FILE}\n"


def start(folder: Path, country: str) -> Path:
    """Fill a new or empty folder; it is there whole or not at all.

    Parameters
    ----------
    country : code of an installed country pack.

    Returns
    -------
    Path
        the scenario file in the folder.

    Raises
    ------
    InputError
        if no pack or no scenario of this country is installed.
    EnvironmentFault
        if the folder is not empty, or can't be written.
    """
    pack, scenario = _pack(country), _scenario(country)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        what = "is there and not empty" if folder.is_dir() else "is a file; wanted the name of a folder"
        raise EnvironmentFault(Problem("folder-exists", f"{folder} {what}", hint="Name a new one."))
    partial = folder.parent / f".{folder.name}.partial-{os.getpid()}"
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        # The pack's sources are what it was built from; a run needs only the layers.
        shutil.copytree(pack, partial / "geodata" / country, ignore=shutil.ignore_patterns("sources"))
        text = scenario.read_text(encoding="utf-8")
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


def _pack(country: str) -> Path:
    packs = installed("packs")
    known = sorted(head.parent.name for head in packs.glob("*/country.toml"))
    if country not in known:
        hint = did_you_mean(country, known)
        raise InputError(Problem("no-country", f"no country pack '{country}' is installed", hint=hint))
    return packs / country


def _scenario(country: str) -> Path:
    """The first installed scenario of a country that stands on its own."""
    for path in sorted(installed("scenarios").glob("*.yaml")):
        document = read_file(path, path.name)
        fields = document.root.plain() if document.root else None
        if isinstance(fields, dict) and fields.get("country") == country and "extends" not in fields:
            return path
    raise InputError(Problem("no-scenario", f"no scenario of '{country}' is installed"))
