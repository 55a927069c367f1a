"""Which scenarios a sweep runs: fields that vary, and points laid over them.

A field is named as for ``--set``; ``*`` stands for every key or item, and ``*=`` multiplies what stands
there, so that ``crews.bases[*].civil*=0.5..1.5`` changes all crews together. ``?`` stands for each key or
item by itself: ``hazards.?.off=false,true`` is one field a hazard. A point is one number in [0, 1) a field,
turned into a value by the field's levels or range.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from bbsim.errors import EnvironmentFault, InputError, Problem, did_you_mean
from bbsim.explain import problems_of
from bbsim.scenario import Scenario

DESIGNS = ("grid", "lhs", "sobol", "tornado", "morris", "saltelli")
GRID_LEVELS = 3
MORRIS_LEVELS = 4
_STEP = re.compile(r"\[(\d+|\*|\?)\]|([^.\[\]]+)")
_RANGE = re.compile(r"^\s*(\S+?)\s*\.\.\s*([^:\s]+)\s*(?::\s*(\d+))?\s*$")


@dataclass(frozen=True)
class Factor:
    """A field that varies.

    Attributes
    ----------
    path : as for ``--set``, with ``*`` for every key or item; with ``?`` it is to be `spelled_out` first.
    scaled : whether its values multiply what the scenario has.
    levels : the values it takes; or else
    low, high : the ends of its range, ``whole`` if it takes whole numbers only.
    steps : levels of a range in a grid.
    """

    path: str
    scaled: bool = False
    levels: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    steps: int = GRID_LEVELS

    @classmethod
    def of(cls, text: str) -> Factor:
        """From ``path=a,b,c``, ``path=low..high`` or ``path=low..high:levels``; ``path*=…`` multiplies.

        Raises
        ------
        InputError
            if it is none of these.

        >>> Factor.of("crews.per_project=1..4:3").values()
        (1, 3, 4)
        >>> Factor.of("budget.usd_per_year*=0.8,1.2").levels
        (0.8, 1.2)
        """
        path, equals, written = text.partition("=")
        path, scaled = path.strip(), path.rstrip().endswith("*") and not path.rstrip().endswith(".*")
        path = path[:-1].rstrip() if scaled else path
        tokens = "".join(match[0] for match in _STEP.finditer(path))
        if not equals or not path or len(tokens) < len(path) - path.count("."):
            raise _wrong(text, "wanted path=a,b,c or path=low..high")
        ends = _RANGE.match(written)
        if ends is None:
            levels = tuple(_value(each) for each in _split(written))
            if len(levels) < 2 or (scaled and not all(_is_number(level) for level in levels)):
                raise _wrong(text, "wanted two or more values, numbers if they multiply")
            return cls(path, scaled, levels)
        low, high = _value(ends[1]), _value(ends[2])
        if not (_is_number(low) and _is_number(high) and low < high):
            raise _wrong(text, "wanted a range from a lower to a higher number")
        steps = int(ends[3] or GRID_LEVELS)
        if not 2 <= steps <= 1000:
            raise _wrong(text, "wanted 2 to 1000 levels")
        whole = isinstance(low, int) and isinstance(high, int) and not scaled
        return cls(path, scaled, (), float(low), float(high), whole, steps)

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return f"{self.path}*" if self.scaled else self.path

    @property
    def ends(self) -> tuple[Any, Any]:
        """Its lowest and its highest value; the first and the last of its levels."""
        values = self.values()
        return values[0], values[-1]

    def at(self, share: float) -> Any:
        """The value at a share of its range, [0, 1]."""
        if self.levels:
            return self.levels[min(int(share * len(self.levels)), len(self.levels) - 1)]
        if self.whole:
            return int(min(self.low + np.floor(share * (self.high - self.low + 1)), self.high))
        return float(f"{self.low + share * (self.high - self.low):.9g}")

    def values(self) -> tuple[Any, ...]:
        """Its levels in a grid."""
        if self.levels:
            return self.levels
        evenly = np.linspace(self.low, self.high, self.steps).tolist()
        values = [int(np.floor(v + 0.5)) if self.whole else float(f"{v:.9g}") for v in evenly]
        return tuple(dict.fromkeys(values))


def factors_of(vary: Sequence[str | Factor]) -> list[Factor]:
    """The fields of a sweep, each a `Factor` or its text.

    Raises
    ------
    InputError
        with every text that is none.
    """
    out, wrong = [], []
    for each in vary:
        try:
            out.append(each if isinstance(each, Factor) else Factor.of(each))
        except InputError as error:
            wrong += error.problems
    if wrong:
        raise InputError(wrong)
    return out


def points(
    factors: Sequence[Factor], design: str = "grid", count: int | None = None, seed: int = 0
) -> list[tuple[Any, ...]]:
    """The points of a design: a tuple of values each, in the order of the factors.

    Parameters
    ----------
    design : ``grid`` (every combination of levels), ``lhs`` (Latin hypercube: McKay et al. 1979), ``sobol``
        (scrambled: Owen 1998), ``tornado`` (the scenario itself, then each factor alone at its lowest and its
        highest), ``morris`` (trajectories of one change at a time: Morris 1991) or ``saltelli`` (for Sobol
        indices: Saltelli 2002).
    count : of points (lhs, sobol), trajectories (morris) or base samples (saltelli).
    seed : of the design, which has nothing to do with the luck of the runs.

    Raises
    ------
    InputError
        if there is no factor, no such design, or no count where one is needed.
    EnvironmentFault
        if the design needs SALib, and it is not installed.
    """
    if not factors or len({factor.name for factor in factors}) < len(factors):
        raise InputError(Problem("design", "wanted one or more different fields to vary"))
    if design not in DESIGNS:
        message = f"saw the design '{design}', wanted one of {', '.join(DESIGNS)}"
        raise InputError(Problem("design", message))
    if design == "grid":
        return list(itertools.product(*(factor.values() for factor in factors)))
    if design == "tornado":
        return tornado_points(factors)
    if count is None or count < 1:
        raise InputError(Problem("design", f"the design '{design}' needs a number of points"))
    square = cube(len(factors), design, count, seed)
    return [tuple(f.at(float(u)) for f, u in zip(factors, row, strict=True)) for row in square]


def cube(factors: int, design: str, count: int, seed: int) -> NDArray[np.float64]:
    """(points, factors) the points of a sampled design as shares of the factors' ranges."""
    return _SAMPLERS[design](factors, count, seed)


def tornado_points(factors: Sequence[Factor]) -> list[tuple[Any, ...]]:
    """The scenario itself (None: as it is), then each factor at its lowest and at its highest."""
    out: list[tuple[Any, ...]] = [(None,) * len(factors)]
    for i, factor in enumerate(factors):
        out += [tuple(end if j == i else None for j in range(len(factors))) for end in factor.ends]
    return out


def spelled_out(scenario: Scenario, factors: Sequence[Factor]) -> list[Factor]:
    """The fields with each ``?`` put as every key or item of the scenario, in the order of their names.

    Raises
    ------
    InputError
        if there is nothing there.
    """
    fields = scenario.model_dump(mode="json")
    return [each for factor in factors for each in _each(fields, factor)]


def _each(fields: Any, factor: Factor) -> list[Factor]:
    steps = list(_STEP.finditer(factor.path))
    at = next((i for i, step in enumerate(steps) if step[1] == "?" or step[2] == "?"), None)
    if at is None:
        return [factor]
    place = fields
    for step in steps[:at]:
        key = int(step[1]) if (step[1] or "").isdigit() else step[1] or step[2]
        if key == "*":
            raise _wrong(factor.path, "wanted no * before a ?")
        try:
            place = place[key]
        except (LookupError, TypeError):
            raise _no_field(factor) from None
    keys = [str(key) for key in _keys(place, "*", factor)]
    mark = steps[at]
    put = "[{}]" if mark[1] else "{}"
    before, after = factor.path[: mark.start()], factor.path[mark.end() :]
    return [
        each
        for key in (keys if isinstance(place, list) else sorted(keys))
        for each in _each(fields, replace(factor, path=before + put.format(key) + after))
    ]


def varied(scenario: Scenario, factors: Sequence[Factor], values: Sequence[Any]) -> Scenario:
    """The scenario at a point; a value of None leaves the field as it is.

    Raises
    ------
    InputError
        if there are no such fields, or they can't have such values; all that is wrong at once.
    """
    fields = scenario.model_dump(mode="json")
    wrong: list[Problem] = []
    for factor, value in zip(factors, values, strict=True):
        try:
            if value is not None:
                _put(fields, factor, value)
        except InputError as error:
            wrong += error.problems
    try:
        made = type(scenario).model_validate(fields).at_origin(scenario.origin)
    except ValidationError as error:
        raise InputError([*wrong, *problems_of(error, type(scenario))]) from None
    if wrong:
        raise InputError(wrong)
    return made


# ---- putting a value into place ----------------------------------------------------------------------
def _put(fields: Any, factor: Factor, value: Any) -> None:
    steps = [int(m[1]) if (m[1] or "").isdigit() else m[1] or m[2] for m in _STEP.finditer(factor.path)]
    places = [fields]
    for step in steps[:-1]:
        places = [found for place in places for found in _children(place, step, factor)]
    for place in places:
        for key in _keys(place, steps[-1], factor):
            here = place.get(key) if isinstance(place, dict) else place[key]
            place[key] = scaled(here, value, factor) if factor.scaled else value


def _keys(place: Any, step: Any, factor: Factor) -> list[Any]:
    if step == "*":
        keys = list(place) if isinstance(place, dict) else list(range(len(place or ())))
        if not keys:
            raise _no_field(factor)
        return keys
    if isinstance(place, list):
        if not isinstance(step, int) or step >= len(place):
            raise _no_field(factor, f"It is a list of {len(place)}: wanted [0], … or [*] there.")
        return [step]
    if not isinstance(place, dict) or isinstance(step, int):
        raise _no_field(factor)
    if factor.scaled and step not in place:
        raise _no_field(factor, did_you_mean(step, list(place)))
    return [step]


def _children(place: Any, step: Any, factor: Factor) -> list[Any]:
    out = []
    for key in _keys(place, step, factor):
        if isinstance(place, dict) and place.get(key) is None:
            place[key] = {}
        out.append(place[key])
    return out


def scaled(value: Any, by: float, factor: Factor) -> Any:
    """A number, or every number of a spread, times `by`; a whole number stays whole.

    Raises
    ------
    InputError
        if it is no number.
    """
    if isinstance(value, dict):
        return {key: scaled(each, by, factor) for key, each in value.items()}
    if isinstance(value, list):
        return [scaled(each, by, factor) for each in value]
    if not _is_number(value):
        raise InputError(Problem("vary", f"saw {value!r}, wanted a number to multiply", path=factor.path))
    return int(np.floor(value * by + 0.5)) if isinstance(value, int) else float(f"{value * by:.12g}")


def _no_field(factor: Factor, hint: str = "") -> InputError:
    return InputError(Problem("vary", "the scenario has nothing there", path=factor.path, hint=hint))


def _wrong(text: str, wanted: str) -> InputError:
    hint = "For example budget.usd_per_year=40e6..80e6 or crews.per_project=2,3,4."
    return InputError(Problem("vary", f"saw '{text}', {wanted}", hint=hint))


def _split(text: str) -> list[str]:
    """At the commas that stand outside brackets."""
    return [part for part in re.split(r",(?![^\[{(]*[\]})])", text) if part.strip()]


def _value(text: str) -> Any:
    """A value as in a scenario's file (YAML 1.2), e.g. 3, 40e6, true, planned or {use: planned}."""
    from ruamel.yaml import YAML

    if re.fullmatch(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+", text.strip()):
        return float(text)
    return YAML(typ="safe", pure=True).load(text.strip())


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# ---- samplers in the unit cube -----------------------------------------------------------------------
def _lhs(factors: int, count: int, seed: int) -> NDArray[np.float64]:
    from scipy.stats import qmc

    return np.asarray(qmc.LatinHypercube(d=factors, rng=np.random.default_rng(seed)).random(count))


def _sobol(factors: int, count: int, seed: int) -> NDArray[np.float64]:
    import warnings

    from scipy.stats import qmc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # balance needs a power of two; the how-to says so
        return np.asarray(qmc.Sobol(d=factors, rng=np.random.default_rng(seed)).random(count))


def unit_problem(factors: int) -> dict[str, Any]:
    """What SALib calls a problem: so many factors, each in [0, 1]."""
    return {"num_vars": factors, "names": [f"x{i}" for i in range(factors)], "bounds": [[0.0, 1.0]] * factors}


def salib(module: str) -> Any:
    """A module of SALib.

    Raises
    ------
    EnvironmentFault
        if it is not installed.
    """
    from importlib import import_module

    try:
        return import_module(f"SALib.{module}")
    except ImportError:
        hint = "pip install 'bbsim[sensitivity]', or use --design tornado."
        raise EnvironmentFault(Problem("missing-package", "SALib is not installed", hint=hint)) from None


def _morris(factors: int, count: int, seed: int) -> NDArray[np.float64]:
    sampled = salib("sample.morris").sample(unit_problem(factors), count, num_levels=MORRIS_LEVELS, seed=seed)
    return np.asarray(sampled)


def _saltelli(factors: int, count: int, seed: int) -> NDArray[np.float64]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        sampled = salib("sample.sobol").sample(
            unit_problem(factors), count, calc_second_order=False, seed=seed
        )
    return np.asarray(sampled)


_SAMPLERS: dict[str, Callable[[int, int, int], NDArray[np.float64]]] = {
    "lhs": _lhs,
    "sobol": _sobol,
    "morris": _morris,
    "saltelli": _saltelli,
}
