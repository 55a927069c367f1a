"""What differs from run to run, as the scenario has it: what can go wrong, and numbers that nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from bbsim import models
from bbsim.scenario import Scenario
from bbsim.sections.chances import Chance
from bbsim.uncertain import Uncertain


@dataclass(frozen=True, slots=True)
class Danger:
    """A hazard: its name, its model, what that is in a sentence, and what the scenario says of it."""

    name: str
    use: str
    meaning: str
    told: str
    off: bool


def dangers(scenario: Scenario) -> list[Danger]:
    """The hazards of a scenario by name, those that are switched off as well."""
    meanings = {entry.name: entry.meaning for entry in models.catalogue("hazard")}
    return [
        Danger(
            name,
            hazard.use,
            meanings.get(hazard.use, "a model beside the scenario"),
            "; ".join(f"{field}: {_plain(value)}" for field, value in sorted(hazard.parameters.items())),
            hazard.off,
        )
        for name, hazard in sorted(scenario.hazards.items())
    ]


def drawn_once(scenario: Scenario) -> list[tuple[str, str]]:
    """Path and spread of every number that is drawn once a run."""
    return sorted((path, _chance(chance)) for path, chance in scenario.uncertain.items())


def varies(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Path and value of every number of a scenario that is a spread, drawn for each project or event."""
    yield from _spreads("", scenario)


def _spreads(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Uncertain):
        if not value.fixed:
            yield path, _spread(value.plain())
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _spreads(f"{path}.{name}" if path else name, getattr(value, name))
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _spreads(f"{path}.{name}", each)
    elif isinstance(value, (list, tuple)):
        for i, each in enumerate(value):
            yield from _spreads(f"{path}[{i}]", each)


def _chance(chance: Chance) -> str:
    told = _spread(chance.spread.plain())
    if chance.factor:
        told += f"; follows “{chance.factor}” ({chance.correlation:g})"
    return told


def _spread(plain: Any) -> str:
    told = plain.items() if isinstance(plain, dict) else [("", plain)]
    return "; ".join(f"{kind} {_numbers(numbers)}".strip() for kind, numbers in told)


def _plain(value: Any) -> str:
    """A parameter as it is written, in one line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(each)}" for name, each in value.items())
    return _numbers(value)


def _numbers(numbers: Any) -> str:
    if isinstance(numbers, dict):
        return ", ".join(f"{name} {_numbers(value)}" for name, value in numbers.items())
    each = numbers if isinstance(numbers, (list, tuple)) else [numbers]
    told = [f"{v:g}" if isinstance(v, (int, float)) and not isinstance(v, bool) else str(v) for v in each]
    # A file of observed values can be long.
    return ", ".join(told) if len(told) <= MOST_VALUES else f"{len(told)} values, {told[0]} … {told[-1]}"


MOST_VALUES = 12
