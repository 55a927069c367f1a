"""Where files are: the scenario that is meant, the country pack it names, and what is installed with bbsim.

Every path that stands *inside* a scenario is relative to the scenario's folder and stays in it: a
scenario that came by mail must not be able to read anything else, nor to reach the network.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from bbsim.errors import InputError, Problem, RefusedError, did_you_mean, nearest
from bbsim.text import printable
from bbsim.yamlfile import refuse

SCENARIO_FILE = "scenario.yaml"
_CODE = re.compile(r"[A-Za-z]{2,3}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|/vsi|\\vsi")
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def installed(kind: str) -> Path:
    """The folder of the country packs (``packs``) or of the scenarios (``scenarios``) that came with bbsim.

    A wheel carries both inside the package; a checkout has them beside it.
    """
    package = Path(__file__).resolve().parent
    inside = package / kind
    return inside if inside.is_dir() else package.parent / {"packs": "geodata"}.get(kind, kind)


def scenario_file(path: Path | str) -> Path:
    """The scenario file that a path means: itself, or the ``scenario.yaml`` of a folder.

    Raises
    ------
    InputError
        if it is not there, with the nearest names that are.
    RefusedError
        if it is an address of the network.
    """
    if _URL.match(str(path)) and not Path(path).exists():
        message = f"'{printable(str(path))[:200]}': network sources are off"
        raise RefusedError(Problem("path-network", message, hint="Download it first."))
    path = Path(path)
    if path.is_file():
        return path
    if path.is_dir():
        inside = path / SCENARIO_FILE
        if inside.is_file():
            return inside
        message = f"'{path}' is a folder without {SCENARIO_FILE}"
        raise InputError(Problem("no-file", message, where=str(path), hint=_files_of(path, SCENARIO_FILE)))
    folder = path.parent
    if path.exists():
        raise InputError(Problem("no-file", f"'{path}' is no ordinary file", where=str(path)))
    message = f"no such file: '{path}' (looked in {folder.resolve()})"
    raise InputError(Problem("no-file", message, where=str(path), hint=_files_of(folder, path.name)))


def _files_of(folder: Path, wanted: str) -> str:
    """A hint with the YAML files of a folder, nearest name first."""
    if not folder.is_dir():
        return "The folder is missing."
    names = sorted(entry.name for entry in folder.iterdir() if entry.suffix.lower() in (".yaml", ".yml"))
    if not names:
        return "There is no *.yaml file there."
    close = nearest(wanted, names, count=3)
    ordered = close + [name for name in names if name not in close]
    return f"There: {', '.join(printable(name) for name in ordered[:8])}{', …' if len(ordered) > 8 else ''}."


def path_problem(
    text: str, folder: Path, *, where: str, path: str, within: Path | None = None
) -> Problem | None:
    """What forbids a path that is written in a scenario, or None.

    Parameters
    ----------
    folder : what the path is relative to.
    within : the folder that the path may not leave, by ``..`` or by a link; `folder` if missing.
    """
    shown = f"'{printable(text)[:80]}'"
    if _URL.match(text):
        message, hint = f"{shown}: network sources are off", "Download it first."
        return Problem("path-network", message, where=where, path=path, hint=hint)
    if text.startswith("/") or _DRIVE.match(text):
        message, hint = f"{shown} is an absolute path", "Write it relative to the scenario's folder."
        return Problem("path-absolute", message, where=where, path=path, hint=hint)
    if text.startswith("~") or "$" in text:
        message, hint = (
            f"{shown}: ~ and $ are not expanded",
            "Write a path relative to the scenario's folder.",
        )
        return Problem("path-variable", message, where=where, path=path, hint=hint)
    if "\\" in text:
        hint = f"Write '{printable(text)[:80]}' with /.".replace("\\", "/")
        return Problem("path-backslash", f"{shown} has a backslash", where=where, path=path, hint=hint)
    if not text.strip() or text.lstrip()[:1] in ("{", "[", "<") or "\n" in text:
        return Problem(
            "path-inline", f"saw {shown}, wanted the name of a file or folder", where=where, path=path
        )
    try:
        target = (folder / text).resolve()
    except (OSError, RuntimeError, ValueError) as error:
        return Problem("path-broken", f"{shown} is no usable path: {error}", where=where, path=path)
    if not target.is_relative_to((within or folder).resolve()):
        message = f"{shown} resolves to {target}, outside the scenario's folder"
        return Problem("path-outside", message, where=where, path=path)
    return None


def resolve_country(scenario_path: Path | str | None, country: str) -> Path:
    """The folder of the country pack, or the graph file or folder, that a scenario names.

    Parameters
    ----------
    scenario_path : the scenario's file or folder; the current folder if it came from no file.
    country : an ISO 3166 code (``geodata/AZE`` beside the scenario's folder or its parent, then what is
        installed), or a path inside the scenario's folder.

    Raises
    ------
    InputError, RefusedError
        if there is no such pack, or the path leaves the scenario's folder.
    """
    path = Path(scenario_path or ".")
    folder = path if path.is_dir() else path.parent
    home = folder.resolve()
    places = [home / "geodata", home.parent / "geodata", installed("packs")]
    if not _CODE.fullmatch(country):
        problem = path_problem(country, folder, where="", path="country")
        if problem is None and not (folder / country).exists():
            message = f"'{country}' is no country pack and no graph file: there is nothing of that name"
            problem = Problem("no-country", message, path="country", hint=_pack_of_that_name(country, places))
        if problem is not None:
            raise refuse([problem])
        return folder / country
    for place in places:
        if (place / country / "country.toml").is_file() and country in _names(place):
            return place / country
    known = sorted({name for place in places for name in _names(place)})
    message = f"no country pack '{country}'"
    raise InputError(Problem("no-country", message, path="country", hint=did_you_mean(country, known)))


def _names(place: Path) -> list[str]:
    """The packs of a folder, by their exact names (some file systems ignore case, results may not)."""
    return sorted(entry.name for entry in place.iterdir() if entry.is_dir()) if place.is_dir() else []


def _pack_of_that_name(country: str, places: list[Path]) -> str:
    """The code of the pack whose country is called so, as a hint; empty if none is."""
    codes: dict[str, str] = {}
    for place in places:
        for code in _names(place):
            try:
                told = tomllib.loads((place / code / "country.toml").read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # no pack, or one that is told when it is read
            codes.setdefault(str(told.get("name", code)), code)
    close = nearest(country, codes)
    return f"Did you mean '{codes[close[0]]}'?" if close else ""


def is_code(country: str) -> bool:
    """True if a scenario's country is a code rather than a path."""
    return _CODE.fullmatch(country) is not None
