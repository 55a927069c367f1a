"""Every assumption with its source: the scenario's fields, the models' parameters and the access technology.

A figure's source is looked for in the scenario's own `sources` (for the field or for what it is part of),
then beside the schema's default. A number that has neither is shown as having none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic import BaseModel

from bbsim import models, technology
from bbsim.errors import BbsimError
from bbsim.report.wording import day_text, number_text
from bbsim.scenario import Scenario, Use
from bbsim.sections.chances import Chance
from bbsim.uncertain import Uncertain
from bbsim.units import Quantity

SOURCED, MIXED, ASSUMED, UNSOURCED, CHOICE = "source", "partly assumed", "assumption", "no source", "choice"
STANDINGS = (SOURCED, MIXED, ASSUMED, UNSOURCED, CHOICE)
_NO_SOURCE = "set by the scenario, no source given"
_ASSUMED_WORD = re.compile(r"^\s*assumption\s*[:,]?\s*", re.IGNORECASE)
_APART = ("sources", "title", "name", "targets", "phases")


@dataclass(frozen=True, slots=True)
class Assumption:
    """One line of the list: where it is set, to what, what it means, where it comes from."""

    path: str
    value: str
    meaning: str
    source: str
    standing: str


@dataclass(frozen=True, slots=True)
class Group:
    """The assumptions of one part of the scenario."""

    title: str
    rows: Sequence[Assumption]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One value; `part_of` is the list item or mapping that it may be told with, `key` its name in there."""

    path: str
    value: Any
    unit: str
    meaning: str
    default_source: str
    choice: bool = False
    part_of: str = ""
    key: str = ""


def groups(scenario: Scenario) -> list[Group]:
    """Everything that a scenario assumes, part by part."""
    out = []
    general = []
    for name, info in type(scenario).model_fields.items():
        value = getattr(scenario, name)
        if name in _APART:
            continue
        if isinstance(value, Use):
            title = f"{name.capitalize()} model: {_lowered(info.description or '').rstrip('. ')}"
            out.append(_model_group(scenario, name, name, value, title))
            continue
        if name == "hazards":
            out += [
                _model_group(scenario, "hazard", path, hazard, f"Hazard: {called}")
                for called, path, hazard in scenario.dangers
            ]
            continue
        rows = _told_together(scenario, list(_leaves_of_field(name, value, info)))
        if isinstance(value, (BaseModel, list, dict)):
            if rows:
                title = f"{name.replace('_', ' ').capitalize()}: {_lowered(info.description or '')}"
                out.append(Group(title.rstrip(". "), rows))
        else:
            general += rows
    out += _technology_groups(scenario)
    return [Group("The run", general), *out]


def counts(found: Sequence[Group]) -> dict[str, int]:
    """How many lines stand on a source, on an assumption, on nothing, or are a choice."""
    standings = [row.standing for group in found for row in group.rows]
    return {standing: standings.count(standing) for standing in STANDINGS}


# ---- models and technology ----------------------------------------------------------------------------
def _model_group(scenario: Scenario, role: str, path: str, use: Use, title: str) -> Group:
    """The model that fills a role, and its parameters."""
    try:
        model = models.find(role, use.use, use.parameters)
    except BbsimError:
        # Code beside the scenario is not run to write a report, and a plug-in may be gone since.
        model = None
    idea = (type(model).__doc__ or "").strip().split("\n")[0] if model is not None else ""
    rows = [Assumption(f"{path}.use", use.use, idea or models.ROLES[role], "", CHOICE)]
    if isinstance(model, BaseModel):
        rows += _told_together(scenario, list(_leaves(path, model)))
    else:
        rows += [
            _told(scenario, _Leaf(f"{path}.{name}", value, "", "parameter of the model", ""))
            for name, value in sorted(use.parameters.items())
        ]
    return Group(title, rows)


_FLAT = ("line_mbps", "shared_mbps", "homes_sharing", "usd_per_home_passed")
"""What counts of a technology where a scenario has no `last_mile`."""


def _technology_groups(scenario: Scenario) -> list[Group]:
    """Each technology that the scenario names, each figure with its own source where it has one."""
    groups = []
    for name, record in technology.of_scenario(scenario).items():
        told = []
        for leaf in _leaves(f"technology {name}", record):
            figure = leaf.path.split(".")[1]
            if figure in ("source", "sources", "name"):
                continue
            if scenario.access.last_mile is None and figure not in _FLAT:
                continue
            told.append(replace(leaf, default_source=record.sources.get(figure, record.source)))
        groups.append(Group(f"Access technology: {record.name}", _told_together(scenario, told)))
    return groups


# ---- the walk -----------------------------------------------------------------------------------------
def _leaves(path: str, model: BaseModel) -> Iterator[_Leaf]:
    for name, info in type(model).model_fields.items():
        yield from _leaves_of_field(f"{path}.{name}" if path else name, getattr(model, name), info)


def _leaves_of_field(path: str, value: Any, info: Any) -> Iterator[_Leaf]:
    """What a field holds, down to single values; a list of plain texts or numbers is one value."""
    leaf = _Leaf(
        path, value, _unit(info), info.description or "", _default_source(value, info), _is_choice(path, info)
    )
    if isinstance(value, BaseModel):
        for inner in _leaves(path, value):
            yield replace(inner, default_source=inner.default_source or leaf.default_source)
    elif isinstance(value, list) and value and isinstance(value[0], BaseModel):
        for number, item in enumerate(value):
            at = f"{path}[{number}]"
            for inner in _leaves(at, item):
                yield replace(
                    inner,
                    part_of=at,
                    key=inner.path.removeprefix(f"{at}.").replace("_", " "),
                    default_source=inner.default_source or leaf.default_source,
                )
    elif isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, BaseModel):
                for inner in _leaves(f"{path}.{key}", item):
                    yield replace(inner, default_source=inner.default_source or leaf.default_source)
            else:
                yield replace(
                    leaf, path=f"{path}.{key}", value=item, part_of=path, key=str(key).replace("_", " ")
                )
    elif value is not None and value != []:
        yield leaf


def _default_source(value: Any, info: Any) -> str:
    """The source of a field's default, if the field has that value."""
    if info.is_required() or not isinstance(info.json_schema_extra, dict):
        return ""
    default = info.get_default(call_default_factory=True)
    if isinstance(value, Uncertain) and default is not None:
        default = Uncertain.of(default)
    if isinstance(value, BaseModel) and isinstance(default, dict):
        default = type(value).model_validate(default)
    if isinstance(value, list) and value and isinstance(value[0], BaseModel):
        default = [type(value[0]).model_validate(each) for each in default or ()]
    return str(info.json_schema_extra.get("source", "")) if value == default else ""


def _is_choice(path: str, info: Any) -> bool:
    """Whether a field is decided, not measured: one of a few words, or the seed."""
    return path == "seed" or get_origin(info.annotation) is Literal


def _unit(info: Any) -> str:
    """The documented unit of a field, or of a mapping's values."""
    marks = list(info.metadata)
    for each in (info.annotation, *get_args(info.annotation)):
        if get_origin(each) is Annotated:
            marks += get_args(each)[1:]
    unit = next((mark.unit for mark in marks if isinstance(mark, Quantity)), "")
    if not unit and any(mark == "day" for mark in marks):
        unit = "day"
    return unit


# ---- words --------------------------------------------------------------------------------------------
def _told_together(scenario: Scenario, leaves: Sequence[_Leaf]) -> list[Assumption]:
    """A line a value; the values of one list item or mapping share a line if they share their source."""
    rows: list[Assumption] = []
    for part, many in groupby(leaves, key=lambda leaf: leaf.part_of):
        group = list(many)
        told = [_told(scenario, leaf) for leaf in group]
        if not part or len({row.source for row in told}) > 1:
            rows += told
            continue
        value = "; ".join(f"{leaf.key} {row.value}" for leaf, row in zip(group, told, strict=True))
        meanings = list(dict.fromkeys(row.meaning for row in told))
        meaning = meanings[0] if len(meanings) == 1 else ""
        rows.append(Assumption(part, value, meaning, told[0].source, told[0].standing))
    return rows


def _told(scenario: Scenario, leaf: _Leaf) -> Assumption:
    source = _scenario_source(scenario.sources, leaf.path) or leaf.default_source
    text = _value_text(leaf.value, leaf.unit)
    if source:
        standing = _standing(source)
        told = _ASSUMED_WORD.sub("", source) if standing == ASSUMED else source
        return Assumption(leaf.path, text, leaf.meaning, told, standing)
    plain_choice = isinstance(leaf.value, (bool, str, date)) or _is_text_list(leaf.value)
    if leaf.choice or plain_choice:
        return Assumption(leaf.path, text, leaf.meaning, "", CHOICE)
    return Assumption(leaf.path, text, leaf.meaning, _NO_SOURCE, UNSOURCED)


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _scenario_source(sources: Mapping[str, str], path: str) -> str:
    """The scenario's word on a field: its own, or that on what it is part of (`crews.bases`)."""
    at = path
    while at:
        if at in sources:
            return sources[at]
        cut = max(at.rfind("."), at.rfind("["))
        at = at[:cut] if cut > 0 else ""
    return ""


def _standing(source: str) -> str:
    text = source.lower()
    if text.startswith("assumption"):
        return ASSUMED
    return MIXED if "assum" in text or "prior" in text.split() or "priors" in text.split() else SOURCED


def _lowered(text: str) -> str:
    """A sentence's first letter made small, unless it begins an abbreviation."""
    return text[:1].lower() + text[1:] if len(text) > 1 and text[1].islower() else text


def _value_text(value: Any, unit: str) -> str:
    """A value as a planner writes it, with its unit."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return day_text(value)
    if isinstance(value, Uncertain):
        return _spread_text(value, unit or "day")
    if isinstance(value, Chance):
        with_it = f", with '{value.factor}' ({number_text(value.correlation)})" if value.factor else ""
        return f"{_spread_text(value.spread, unit)}{with_it}, drawn once a run"
    if isinstance(value, (int, float)):
        return _with_unit(number_text(value), unit)
    if isinstance(value, list):
        return ", ".join(_value_text(item, unit) for item in value)
    return str(value)


def _with_unit(number: str, unit: str) -> str:
    words = {"share": "", "growth": "a year", "day": "day" if number == "1" else "days", "year": "years"}
    return f"{number} {words.get(unit, unit)}".strip()


def _spread_text(spread: Uncertain, unit: str) -> str:
    numbers = [number_text(value) for value in spread.parameters]
    if spread.kind == "fixed":
        return _with_unit(numbers[0], unit)
    if spread.kind == "empirical":
        return f"{len(numbers)} observed values from {numbers[0]} to {_with_unit(numbers[-1], unit)}"
    names = {
        "triangular": ("least", "usual", "most"),
        "pert": ("least", "usual", "most"),
        "uniform": ("least", "most"),
        "lognormal": ("median", "nine in ten below"),
    }[spread.kind]
    told = ", ".join(f"{name} {number}" for name, number in zip(names, numbers, strict=True))
    return f"{told} {_with_unit('', unit).strip()} ({spread.kind})"
