"""The page about the scenario file, written from the schema: what each field takes, means and rests on.

`python docs/refresh.py` writes docs/scenario.md; a test says when that is stale.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from bbsim.explain import Loc, describe
from bbsim.models import ROLES, catalogue
from bbsim.scenario import Scenario, Use
from pydantic import BaseModel
from pydantic.fields import FieldInfo

PAGE = Path(__file__).resolve().parent / "scenario.md"
HEAD = """# The scenario file

<!-- Written by `python docs/refresh.py` from the schema and the installed models; do not edit. -->

A scenario is one YAML file (1.2: `NO` is a text, a doubled key is refused). `bbsim check FILE` tells
everything that is wrong with one, at once; `bbsim schema` prints the same schema for an editor;
`bbsim new DIR --country AZE` writes a commented one to begin with.

- A **quantity** is a number in the field's unit, or a text with its own: `57.3 MUSD/year`, `10 Gbit/s`.
- A **share** is a bare number from 0 to 1; `%` is refused. **Growth** is a share a year, possibly negative.
- **Any number may be a spread**: `{triangular: [least, mode, most]}`, `{uniform: [least, most]}`,
  `{pert: [least, mode, most]}`, `{lognormal: {median: 60, p90: 120}}`, `{empirical: [1, 2, 5]}`, or
  `{empirical: {file: days.csv, column: days}}` from a CSV beside the file. A duration marked *or a spread* is
  drawn for each project, all else once a run, by its field path; in its place, or under
  `uncertain: {"budget.usd_per_year": {…}}`. With `factor: economy` (and `correlation: -0.5`) numbers lean
  together.
- `extends: other.yaml` puts this file on top of another, key by key; `null` sets a key back to its default.
- `--set path=value` on the command line overrides one field: `--set budget.usd_per_year=60e6`.
- A key that begins with `x-` is a private note. `sources:` says where a figure comes from, by field path.

*Required* means that there is no default. A default's source stands beside it, or the word assumption.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD, _section("The file itself", Scenario, ())]
    parts += [_section(_title(loc), model, loc) for loc, model in _sections(Scenario, ())]
    how = "A role is filled with `role: {use: name, parameter: value, …}`; see [extending](extending.md)."
    parts.append(f"## Models\n\n{how}\n")
    parts += [_role(role) for role in ROLES]
    return "\n".join(parts)


def _inner(annotation: Any) -> tuple[Any, tuple[str | int, ...]]:
    """The section behind an optional, a list or a mapping, and the step into it."""
    origin, given = get_origin(annotation), get_args(annotation)
    if origin is list:
        return given[0], (0,)
    if origin is dict:
        return given[1], ("NAME",)
    some = [arg for arg in given if isinstance(arg, type) and issubclass(arg, BaseModel)]
    return (some[0] if some else annotation), ()


def _sections(model: type[BaseModel], loc: Loc) -> list[tuple[Loc, type[BaseModel]]]:
    found: list[tuple[Loc, type[BaseModel]]] = []
    for name, info in model.model_fields.items():
        inner, step = _inner(info.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel) and inner is not Use:
            at = (*loc, name, *step)
            found += [(at, inner), *_sections(inner, at)]
    return found


def _title(loc: Loc) -> str:
    text = ""
    for part in loc:
        text += "[…]" if part == 0 else f".{part}" if text else str(part)
    return f"`{text}`"


def _section(title: str, model: type[BaseModel], loc: Loc) -> str:
    rows = [_row(name, info, (*loc, name)) for name, info in model.model_fields.items()]
    head = "| field | takes | default | meaning | source of the default |\n|---|---|---|---|---|"
    return "\n".join([f"## {title}\n", _first_line(model), "", head, *rows, ""])


def _row(name: str, info: FieldInfo, loc: Loc) -> str:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    cells = [
        f"`{name}`",
        _takes(info, loc),
        _default(info),
        info.description or "",
        str(extra.get("source", "")),
    ]
    return f"| {' | '.join(_cell(cell) for cell in cells)} |"


def _takes(info: FieldInfo, loc: Loc) -> str:
    if info.annotation is Use:
        return "a model's name and its parameters"
    inner, step = _inner(info.annotation)
    words = describe(Scenario, loc).replace(" or a text with its unit", "").removesuffix(" (0.35)")
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        return "a list of sections" if step == (0,) else "sections by name" if step else "a section"
    if step == (0,):
        choices = get_args(inner) if get_origin(inner) is Literal else ()
        return f"a list of {', '.join(choices)}" if choices else "a list of texts"
    if step == ("NAME",):
        keys = ", ".join(
            get_args(get_args(info.annotation)[0])[:9] if "Literal" in str(info.annotation) else ()
        )
        value = describe(Scenario, (*loc, "NAME")).replace(" or a text with its unit", "")
        return f"{value}, by {keys or 'name'}"
    return words


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "*required*"
    value = info.get_default(call_default_factory=True)
    if isinstance(value, Use):
        return f"`{value.use}`"
    if isinstance(value, BaseModel):
        return "its defaults"
    if value is None or value in ({}, [], ""):
        return "none"
    return f"`{_plain(value)}`"


def _plain(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,g}".replace(",", "_")
    return value.isoformat() if isinstance(value, date) else str(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().split("\n")[0]


def _role(role: str) -> str:
    out = [f"### `{role}`: {ROLES[role]}\n"]
    for entry in catalogue(role):
        if entry.package != "bbsim":
            continue
        out.append(f"**`{entry.name}`**: {entry.meaning}\n")
        if entry.parameters:
            out += ["| parameter | default | meaning | source |", "|---|---|---|---|"]
            for each in entry.parameters:
                default = "*required*" if each.default == "required" else f"`{_plain(each.default)}`"
                cells = [f"`{each.name}`", default, each.meaning, each.source]
                out.append(f"| {' | '.join(_cell(cell) for cell in cells)} |")
            out.append("")
    return "\n".join(out)
