"""What does not fit in the models and spreads of a scenario, and which figures have no source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bbsim.errors import BbsimError, Problem
from bbsim.explain import path_text
from bbsim.scenario import Scenario

if TYPE_CHECKING:
    from pathlib import Path

    from bbsim.country import Country


def of_models(scenario: Scenario, country: Country, code_folder: Path | None) -> Iterator[Problem]:
    """Models that are not there, or do not take their parameters."""
    from bbsim import models

    for role, path, use in scenario.uses:
        if ".py" in use.use and code_folder is None:
            continue
        try:
            model = models.find(role, use.use, use.parameters, code_folder=code_folder, path=path)
            if use.use == "what_if":
                path = f"{path}.what"
                model.what.place(scenario, country)
                if model.what.outside(scenario):
                    horizon = f"{scenario.start} to {scenario.end}"
                    message = f"'{model.what.text}' lies outside {horizon}: it never happens"
                    yield Problem("outside-horizon", message, path=path, severity="warning")
        except BbsimError as error:
            yield from (replace(problem, path=problem.path or path) for problem in error.problems)


def of_spreads(scenario: Scenario) -> Iterator[Problem]:
    """Spreads that reach beyond what their field takes."""
    from bbsim import models
    from bbsim.drawing import extremes

    for path, chance in scenario.uncertain.items():
        try:
            for end in extremes(scenario, path, chance):
                for role, place, use in end.uses:
                    if path.startswith(f"{place}.") and ".py" not in use.use:
                        models.find(role, use.use, use.parameters, path=place)
        except BbsimError as error:
            message = (
                f"the spread of '{path}' reaches what its field does not take: {error.problems[0].message}"
            )
            yield Problem("spread-range", message, path=path_text(("uncertain", path)))


def without_source(scenario: Scenario) -> Iterator[Problem]:
    """Figures that have no source."""
    from bbsim.fields import figures, source_of

    for path in figures(scenario):
        if not source_of(scenario, path):
            message = "a figure without a source"
            hint = f'Say where it comes from: sources: {{"{path}": "assumption: …"}}.'
            yield Problem("no-source", message, path=path, hint=hint, severity="info")
