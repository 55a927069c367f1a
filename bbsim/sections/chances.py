"""Any number of a scenario as a spread: drawn once a run, alone or together with others by a named factor.

Written in the number's own place or under `uncertain`, by field path; either way a scenario holds a plain
number there (the median), and the spread beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from pydantic import BaseModel
from pydantic_core import PydanticCustomError, core_schema

from bbsim.conversion import problem, show
from bbsim.errors import did_you_mean
from bbsim.explain import Loc, annotation_at, bare, known_keys, marks_at, path_text, steps
from bbsim.sections import Use
from bbsim.uncertain import SPREADS, Uncertain
from bbsim.units import Quantity, Whole

_BESIDE = ("factor", "correlation")
_ANY = Quantity("number", least=None)
_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Chance:
    """A number that each run draws anew.

    Attributes
    ----------
    spread : what it may be.
    factor : a name that several numbers share: in a run in which it is high, they all lean to one side.
    correlation : how much of its rank follows the factor, -1 to 1 (of normal scores: a Gaussian copula).
    """

    spread: Uncertain
    factor: str = ""
    correlation: float = 1.0

    @classmethod
    def of(cls, given: object, quantity: Quantity = _ANY) -> Chance:
        """From a mapping of one spread, with or without `factor` and `correlation`.

        Raises
        ------
        PydanticCustomError
            with what is wrong with it (a `ValueError`).
        """
        if isinstance(given, Chance):
            return given
        if isinstance(given, _Refused):
            raise given.error
        if not isinstance(given, Mapping):
            raise problem("spread", f"saw {show(given)}, wanted a mapping with one of {', '.join(SPREADS)}")
        spread = Uncertain.of({k: v for k, v in given.items() if k not in _BESIDE}, quantity)
        factor, correlation = given.get("factor", ""), given.get("correlation", 1.0)
        if not isinstance(factor, str):
            raise problem("text", f"saw {show(factor)}, wanted a name", "", ("factor",))
        number = isinstance(correlation, (int, float)) and not isinstance(correlation, bool)
        if not number or not -1 <= correlation <= 1:
            raise problem("range", f"saw {show(correlation)}, wanted -1 to 1", "", ("correlation",))
        if "correlation" in given and not factor:
            raise problem("spread", "a correlation with nothing", "Name a factor.", ("correlation",))
        return cls(spread, factor, float(correlation))

    def plain(self) -> dict[str, Any]:
        """As it is written in a scenario file."""
        written = self.spread.plain()
        out = dict(written) if isinstance(written, dict) else {"empirical": [written]}
        if self.factor:
            out |= {"factor": self.factor, "correlation": self.correlation}
        return out

    def at(self, own: float, together: float) -> float:
        """The number, from a uniform draw of its own and one of its factor."""
        if not self.factor:
            return self.spread.quantile(own)
        score = self.correlation * _score(together) + (1.0 - self.correlation**2) ** 0.5 * _score(own)
        return self.spread.quantile(_NORMAL.cdf(score))

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(cls.plain)
        return core_schema.no_info_plain_validator_function(cls.of, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "object", "description": "a spread"}  # `bbsim.schema` says which


@dataclass(frozen=True, slots=True)
class _Refused:
    """Stands for what is no spread until all fields are read, so that all that is wrong is told at once."""

    error: PydanticCustomError


def collected(model: type[BaseModel], given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a scenario with its spreads under `uncertain`, and a number in each one's place.

    What is no spread, or names no field, is refused when its entry of `uncertain` is read.
    """
    found: dict[str, tuple[Loc, Any]] = {}
    out = {k: v if k in ("uncertain", "sources") else _taken(model, v, (k,), found) for k, v in given.items()}
    named = given.get("uncertain") or {}
    if not isinstance(named, Mapping) or not (named or found):
        return out
    chances: dict[str, Any] = {}
    for path, raw in {**{path: raw for path, (_, raw) in found.items()}, **named}.items():
        at: Loc = found[path][0] if path in found and path not in named else ("uncertain", path)
        try:
            chances[path] = _read(model, path, raw, out)
        except PydanticCustomError as error:
            chances[path] = _Refused(_placed(error, at, path))
    return out | {"uncertain": dict(sorted(chances.items()))}


def _placed(error: PydanticCustomError, at: Loc, path: str) -> PydanticCustomError:
    """The same refusal with its place in the scenario, and the number that may be missing for it."""
    told = error.context or {}
    try:
        number = steps(path)
    except ValueError:
        number = at
    place = {"place": (*at, *told.get("at", ())), "stands": number}
    return PydanticCustomError(error.type, "{message}", {**told, **place})


def settled(overrides: Mapping[str, Any], uncertain: Mapping[str, Any]) -> list[str]:
    """The paths of spreads that overrides put a value in the place of: a number that is said is not drawn."""
    out = []
    for path in uncertain:
        at: Any = overrides
        for part in steps(path):
            inside = isinstance(at, Mapping) and part in at
            listed = isinstance(at, list) and isinstance(part, int) and part < len(at)
            if not (inside or listed):
                break
            at = at[part]
        else:
            out.append(path)
    return out


def _read(model: type[BaseModel], path: str, raw: Any, fields: dict[str, Any]) -> Chance:
    """One spread; puts its median where the scenario says nothing."""
    try:
        loc = steps(str(path))
    except ValueError:
        loc = ()
    if not loc or str(loc[0]) not in model.model_fields:
        hint = did_you_mean(str(loc[0]) if loc else str(path), list(model.model_fields))
        raise problem("unknown-field", f"'{path}' is no field of a scenario", hint)
    marks = marks_at(model, loc)
    quantity = next((mark for mark in marks if isinstance(mark, Quantity)), None)
    whole = any(isinstance(mark, Whole) for mark in marks)
    if quantity is None and "day" in marks:
        quantity = Quantity("day", most=36_525)
    known = quantity or whole or _in_model(model, loc)
    if not known:
        hint = did_you_mean(str(loc[-1]), known_keys(model, loc[:-1]))
        raise problem("unknown-field", f"'{path}' is no number that can be drawn", hint)
    chance = Chance.of(raw, quantity or _ANY)
    middle = chance.spread.quantile(0.5)
    put(fields, loc, round(middle) if whole else middle, only_if_missing=True)
    return chance


def put(fields: Any, loc: Loc, value: Any, *, only_if_missing: bool = False) -> None:
    """Set a value in plain fields; mappings on the way are made, entries of lists must be there."""
    at = fields
    for number, part in enumerate(loc[:-1]):
        if isinstance(at, dict) and (part not in at or at[part] is None):
            at[part] = {}
        elif not isinstance(at, dict) and not (
            isinstance(at, list) and isinstance(part, int) and part < len(at)
        ):
            raise problem("unknown-field", f"nothing stands at '{path_text(loc[: number + 1])}'")
        inner = at[part]
        # What was handed in is not changed: the way to the number is copied.
        at[part] = (
            dict(inner) if isinstance(inner, Mapping) else list(inner) if isinstance(inner, list) else inner
        )
        at = at[part]
    last: Any = loc[-1]
    missing = isinstance(at, dict) and at.get(last) is None
    if isinstance(at, dict) or (isinstance(at, list) and isinstance(last, int) and last < len(at)):
        if missing or not only_if_missing:
            at[last] = value
    else:
        raise problem("unknown-field", f"nothing stands at '{path_text(loc)}'")


def _taken(model: type[BaseModel], value: Any, loc: Loc, found: dict[str, tuple[Loc, Any]]) -> Any:
    """A value without the spreads in it that stand where a number is wanted; these are noted."""
    if isinstance(value, Mapping):
        if _is_spread(value) and _takes_a_number(model, loc):
            found[path_text(loc)] = (loc, value)
            return None
        return {k: _taken(model, v, (*loc, k), found) for k, v in value.items()}
    if isinstance(value, list):
        return [_taken(model, v, (*loc, i), found) for i, v in enumerate(value)]
    return value


def _is_spread(value: Mapping[Any, Any]) -> bool:
    keys = [key for key in value if key not in _BESIDE]
    return len(keys) == 1 and keys[0] in SPREADS


def _takes_a_number(model: type[BaseModel], loc: Loc) -> bool:
    if any(isinstance(mark, (Quantity, Whole)) for mark in marks_at(model, loc)):
        return True
    # A hazard's own spreads are drawn by the hazard, again and again.
    return loc[0] != "hazards" and _in_model(model, loc)


def _in_model(model: type[BaseModel], loc: Loc) -> bool:
    """Whether a place is a parameter of a model."""
    for size in range(1, len(loc)):
        kind = bare(annotation_at(model, loc[:size]))
        if isinstance(kind, type) and issubclass(kind, Use):
            return True
    return False


def _score(share: float) -> float:
    return _NORMAL.inv_cdf(min(max(share, 2.0**-54), 1.0 - 2.0**-53))
