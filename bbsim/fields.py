"""The fields of one scenario by their paths: which there are, which are figures, where each comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, get_origin

from pydantic import BaseModel

from bbsim.explain import Loc, path_text
from bbsim.scenario import Scenario, Use
from bbsim.uncertain import Uncertain


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:
    """What stands directly under a section, a mapping or a list."""
    if isinstance(value, Use):
        yield "use", value.use
        yield from value.parameters.items()
    elif isinstance(value, BaseModel):
        yield from ((name, getattr(value, name)) for name in type(value).model_fields)
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, (list, tuple)):
        yield from enumerate(value)


def _walk(value: Any, loc: Loc) -> Iterator[tuple[Loc, Any]]:
    for part, child in _children(value):
        yield (*loc, part), child
        yield from _walk(child, (*loc, part))


def field_paths(scenario: Scenario) -> list[str]:
    """Every field path of a scenario, sections included."""
    return [path_text(loc) for loc, _ in _walk(scenario, ()) if loc[0] != "sources"]


def unknown_fields(scenario: Scenario, paths: Iterable[str]) -> list[str]:
    """Those paths that name no field of this scenario, set or not; a model's parameters count by name."""
    known = set(field_paths(scenario))

    def is_parameter(path: str) -> bool:
        return any(
            path.startswith(f"{place}.") and path[len(place) + 1 :] in _parameters(role, use.use)
            for role, place, use in scenario.uses
        )

    return [path for path in paths if path not in known and not is_parameter(path)]


def _parameters(role: str, use: str) -> list[str]:
    from bbsim import models

    entries = [entry for entry in models.catalogue(role) if entry.name == use]
    return [parameter.name for entry in entries for parameter in entry.parameters]


def figures(scenario: Scenario) -> list[str]:
    """Paths of the figures that the scenario itself sets: amounts, durations, spreads and counts.

    Dates, the seed and what is left at its default (whose source stands in the schema) are not among them.
    """
    found = []
    for name in type(scenario).model_fields:
        if name in scenario.model_fields_set and name not in ("seed", "sources"):
            found += [path_text(loc) for loc in _figures(getattr(scenario, name), (name,))]
    return found


def _figures(value: Any, loc: Loc) -> Iterator[Loc]:
    if isinstance(value, Uncertain) or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        yield loc
        return
    for part, child in _children(value):
        section = isinstance(value, BaseModel) and not isinstance(value, Use)
        if section and (part not in value.model_fields_set or _as_sourced(value, str(part), child)):
            continue
        yield from _figures(child, (*loc, part))


def _as_sourced(section: BaseModel, name: str, value: Any) -> bool:
    """Whether a field needs no source of its own: a choice, or a default that the schema sources."""
    info = type(section).model_fields[name]
    if get_origin(info.annotation) is Literal:
        return True  # a choice among words or numbers of the schema is no figure
    extra = info.json_schema_extra
    if not isinstance(extra, dict) or "source" not in extra:
        return False
    default = Uncertain.of(info.default) if isinstance(value, Uncertain) else info.default
    return bool(default == value)


def source_of(scenario: Scenario, path: str) -> str:
    """What the scenario gives as the source of a field: its own entry, or that of a section around it.

    Examples
    --------
    >>> from bbsim.reading import load
    >>> source_of(load("scenarios/azerbaijan.yaml"), "crews.bases[0].civil")[:10]  # doctest: +SKIP
    'assumption'
    """
    around = path
    while around:
        if around in scenario.sources:
            return scenario.sources[around]
        around = around[: max(around.rfind("."), around.rfind("["), 0)]
    return ""
