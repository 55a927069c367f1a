"""The numbers of one run: what a scenario leaves open is drawn by name, once a run."""

from __future__ import annotations

from collections.abc import Iterator

from bbsim.explain import marks_at, steps
from bbsim.rng import Streams
from bbsim.scenario import Scenario
from bbsim.sections.chances import Chance, put
from bbsim.units import Whole


def drawn(scenario: Scenario, streams: Streams) -> Scenario:
    """The scenario with a number in each open place; itself if there is none.

    A number belongs to its field path, so that one more spread changes no other draw, and two scenarios under
    one seed draw the same rank (common random numbers). What it may be stays beside it.

    Raises
    ------
    InputError
        if a draw lies outside what its field takes.
    """
    if not scenario.uncertain:
        return scenario
    numbers = {
        path: chance.at(
            streams.uniforms("number", path, 1)[0], streams.uniforms("factor", chance.factor, 1)[0]
        )
        for path, chance in scenario.uncertain.items()
    }
    return _with(scenario, numbers)


def extremes(scenario: Scenario, path: str, chance: Chance) -> Iterator[Scenario]:
    """The scenario with one open number nearly as low, and nearly as high, as it can get.

    Raises
    ------
    InputError
        if its field does not take that.
    """
    for share in (0.001, 0.999):
        yield _with(scenario, {path: chance.spread.quantile(share)})


def _with(scenario: Scenario, numbers: dict[str, float]) -> Scenario:
    fields = scenario.model_dump(mode="json")
    for path, number in sorted(numbers.items()):
        whole = any(isinstance(mark, Whole) for mark in _marks(path))
        put(fields, steps(path), round(number) if whole else number)
    return scenario.of(fields)


def _marks(path: str) -> tuple[object, ...]:
    return marks_at(Scenario, steps(path))
