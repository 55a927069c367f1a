"""What pydantic found wrong, in the words of a planner: what was seen, what was wanted, how to mend it.

Field types of this package bring their own words; the rest (unknown and missing keys, wrong shapes,
choices) is worded here from the schema itself, so that a new field is explained as soon as it exists.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from bbsim.conversion import show
from bbsim.errors import Problem, did_you_mean, nearest
from bbsim.text import printable
from bbsim.units import CalendarDay, Quantity, Whole

if TYPE_CHECKING:
    from pydantic import ValidationError

Loc = tuple[str | int, ...]
_LONGEST_PATH = 12
_STEP = re.compile(r'\.?([^.\[\]"]+)|\["([^"]*)"\]|\[(\d{1,9})\]')
_PATH = re.compile(r'(?:[^.\[\]"]+|\["[^"]*"\])(?:\.[^.\[\]"]+|\["[^"]*"\]|\[\d{1,9}\])*')
REFUSED = frozenset(
    {
        "too-long",
        "nesting",
        "digits",
        "aliases",
        "chain",
        "code",
        "path-network",
        "path-absolute",
        "path-outside",
    }
)
"""Rules whose breach is refused for safety (exit 5) rather than wrong."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem that still knows its place in the data: `loc`, and whether the key itself is meant."""

    loc: Loc
    slug: str
    message: str
    hint: str = ""
    at_key: bool = False


def path_text(loc: Loc) -> str:
    """A place in the data as people write it.

    >>> path_text(("crews", "bases", 0, "civil")), path_text(("permits", "state.roads", "desks"))
    ('crews.bases[0].civil', 'permits["state.roads"].desks')
    """
    if len(loc) > _LONGEST_PATH:
        return f"{path_text(loc[:3])}…{path_text(loc[-3:])}"
    text = ""
    for part in loc:
        if isinstance(part, int):
            text += f"[{part}]"
        elif not part or any(mark in part for mark in '.[]" '):
            text += f'["{printable(part)}"]'
        else:
            text += f".{printable(part)}" if text else printable(part)
    return text


def steps(path: str) -> Loc:
    """A field path as its parts; raises `ValueError` if it is none.

    >>> steps("crews.bases[0].civil")
    ('crews', 'bases', 0, 'civil')
    """
    if not _PATH.fullmatch(path):
        raise ValueError(path)
    found = _STEP.finditer(path)
    return tuple(int(match[3]) if match[3] is not None else match[1] or match[2] or "" for match in found)


def problems_of(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """The problems of a validation, in the schema's order, without places in a file."""
    faults = faults_of(error, model)
    return [
        Problem(fault.slug, fault.message, path=path_text(fault.loc), hint=fault.hint) for fault in faults
    ]


def faults_of(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """The same with their places in the data.

    A key that is missing only because it is misspelt beside its place is reported once, as the unknown key.
    """
    found = error.errors(include_url=False)
    keys: list[Loc] = [_clean(item["loc"]) for item in found]
    missing = [loc for loc, item in zip(keys, found, strict=True) if item["type"] == "missing"]
    strangers = [loc for loc, item in zip(keys, found, strict=True) if item["type"] == "extra_forbidden"]
    misspelt = {
        (*loc[:-1], close)
        for loc in strangers
        for close in nearest(str(loc[-1]), [str(m[-1]) for m in missing if m[:-1] == loc[:-1]])
    }
    # Where a refused spread stands there is no number; that is told once, as the spread.
    refused = {item["ctx"]["stands"] for item in found if "stands" in item.get("ctx", {})}
    faults = []
    for loc, item in zip(keys, found, strict=True):
        if (item["type"] == "missing" and loc in misspelt) or (loc in refused and loc[0] != "uncertain"):
            continue
        faults.append(_fault(loc, dict(item), model))
    return faults


def _clean(loc: Sequence[str | int]) -> Loc:
    return tuple(part for part in loc if part != "[key]")


def _fault(loc: Loc, item: dict[str, Any], model: type[BaseModel]) -> Fault:
    kind, context, seen = item["type"], item.get("ctx", {}), item.get("input")
    at_key = "[key]" in item["loc"]
    if "message" in context:
        place = context.get("place", (*loc, *context.get("at", ())))
        at_key = at_key or bool(context.get("at_key"))
        return Fault(place, kind, context["message"], context.get("hint", ""), at_key)
    if kind == "extra_forbidden":
        return _unknown_key(loc, model)
    if kind == "missing":
        # A mapping that takes any key (a model's parameters) does not find its own misspelt ones.
        strange = (
            [str(key) for key in seen if key not in known_keys(model, loc[:-1])]
            if isinstance(seen, dict)
            else []
        )
        beside = nearest(str(loc[-1]), strange)
        if beside:
            return Fault((*loc[:-1], beside[0]), "unknown-key", f"unknown key '{beside[0]}'", *_meant(loc))
        return Fault(loc, "missing-key", f"missing; wanted {describe(model, loc)}", example(model, loc))
    wanted = describe(model, loc)
    if kind == "literal_error":
        known = [str(choice) for choice in choices_of(annotation_at(model, loc, key=at_key))]
        message = f"saw {show(seen)}, wanted one of {', '.join(known)}"
        close = nearest(str(seen), known) if isinstance(seen, str) else []
        return Fault(loc, "choice", message, f"Did you mean '{close[0]}'?" if close else "", at_key)
    if kind == "too_short":
        return Fault(loc, "empty", f"saw {show(seen)}, wanted at least one entry")
    if kind in ("model_type", "model_attributes_type", "dict_type", "list_type"):
        hint = "Put it in a list: begin its line with '- '." if kind == "list_type" and seen else ""
        return Fault(loc, "shape", f"saw {show(seen)}, wanted {wanted}", hint, at_key)
    return Fault(loc, "value", f"saw {show(seen)}: {item['msg']}", "", at_key)


def _meant(loc: Loc) -> tuple[str, bool]:
    return f"Did you mean '{loc[-1]}'?", True


def _unknown_key(loc: Loc, model: type[BaseModel]) -> Fault:
    name = str(loc[-1])
    known = known_keys(model, loc[:-1])
    close = nearest(name, known)
    homes = [place for place in places_of(model, name) if place[:-1] != loc[:-1]]
    shown = printable(name)[:60]
    if name.isdigit():
        hint = "If a decimal fraction was meant, its mark is a point."
    elif close:
        hint = f"Did you mean '{close[0]}'?"
    elif homes:
        hint = f"It belongs in '{path_text(homes[0][:-1])}'." if homes[0][:-1] else "It belongs at the top."
    else:
        hint = did_you_mean(name, known, listed=40)
        hint += f" A private note begins with x-: 'x-{shown}'." if len(loc) == 1 else ""
    return Fault(loc, "unknown-key", f"unknown key '{shown}'", hint, at_key=True)


# ---- the schema, asked -------------------------------------------------------------------------
def bare(annotation: Any) -> Any:
    """An annotation without its metadata and without an optional None."""
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation = get_args(annotation)[0]
        elif origin in (Union, types.UnionType):
            some = [arg for arg in get_args(annotation) if arg is not type(None)]
            if len(some) != 1:
                return annotation
            annotation = some[0]
        else:
            return annotation


def marks_at(model: type[BaseModel], loc: Loc) -> tuple[Any, ...]:
    """The metadata of the type at a place: pydantic keeps a field's own apart from its annotation."""
    holder = bare(annotation_at(model, loc[:-1])) if loc else model
    field = holder.model_fields.get(str(loc[-1])) if loc and _is_model(holder) else None
    annotation = field.annotation if field else annotation_at(model, loc)
    marks = list(field.metadata) if field else []
    for each in [annotation, *get_args(annotation)]:
        if get_origin(each) is Annotated:
            marks += get_args(each)[1:]
    return tuple(marks)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def annotation_at(model: type[BaseModel], loc: Loc, *, key: bool = False) -> Any:
    """The type that the schema wants at a place (of the key itself with `key`), or None."""
    at: Any = model
    for number, part in enumerate(loc):
        at = bare(at)
        if _is_model(at):
            field = at.model_fields.get(str(part))
            at = field.annotation if field else None
        elif get_origin(at) is dict:
            at = get_args(at)[0 if key and number == len(loc) - 1 else 1]
        elif get_origin(at) is list:
            at = get_args(at)[0]
        else:
            return None
    return at


def known_keys(model: type[BaseModel], loc: Loc) -> list[str]:
    """The keys that may stand in the mapping at a place."""
    at = bare(annotation_at(model, loc))
    if _is_model(at):
        return list(at.model_fields)
    if get_origin(at) is dict:
        return [str(choice) for choice in choices_of(get_args(at)[0])]
    return []


def places_of(model: type[BaseModel], name: str) -> list[Loc]:
    """Every place of the schema with a field of this name, nearest the top first; lists as item 0."""
    return sorted((loc for loc in _walk(model, ()) if loc[-1] == name), key=lambda loc: (len(loc), str(loc)))


def _walk(annotation: Any, loc: Loc) -> Iterator[Loc]:
    at = bare(annotation)
    if _is_model(at):
        for name, field in at.model_fields.items():
            yield (*loc, name)
            yield from _walk(field.annotation, (*loc, name))
    elif get_origin(at) is list:
        yield from _walk(get_args(at)[0], (*loc, 0))


def choices_of(annotation: Any) -> tuple[Any, ...]:
    """The words that a type allows; none if it is no choice."""
    at = bare(annotation)
    return get_args(at) if get_origin(at) is Literal else ()


def describe(model: type[BaseModel], loc: Loc) -> str:
    """What the schema wants at a place, in words."""
    marks = marks_at(model, loc)
    for mark in marks:
        if isinstance(mark, Quantity):
            plain = mark.unit in ("share", "growth")
            return "a share (0.35)" if plain else f"a number in {mark.unit} or a text with its unit"
        if isinstance(mark, Whole):
            return "a whole number"
        if isinstance(mark, CalendarDay):
            return "a day as YYYY-MM-DD"
    if "day" in marks:
        return "a number of days or a spread"
    at = bare(annotation_at(model, loc))
    if _is_model(at):
        return f"a mapping with {', '.join(at.model_fields)}"
    if get_origin(at) is dict:
        choices = choices_of(get_args(at)[0])
        return f"a mapping with keys of {', '.join(map(str, choices))}" if choices else "a mapping"
    if get_origin(at) is list:
        inner = bare(get_args(at)[0])
        return f"a list of mappings with {', '.join(inner.model_fields)}" if _is_model(inner) else "a list"
    choices = choices_of(at)
    if choices:
        return f"one of {', '.join(map(str, choices))}"
    return _PLAIN.get(at, "a text")


_PLAIN: Mapping[Any, str] = {bool: "true or false", int: "a whole number", float: "a number"}


_EXAMPLES: Mapping[str, str] = {
    "km": "33 km", "day": "90 days", "year": "15 years", "day/km": "0.5", "km/day": "0.8", "home/day": "20",
    "kbit/s": "29.8", "Mbit/s": "400 Mbit/s", "Gbit/s": "10 Gbit/s", "USD": "5 MUSD",
    "USD/year": "60 MUSD/year", "USD/km": "16000", "USD/home": "150", "share": "0.35", "growth": "0.3",
}  # fmt: skip


def example(model: type[BaseModel], loc: Loc) -> str:
    """A hint with one value that the schema takes at a place."""
    name = str(loc[-1])
    for mark in marks_at(model, loc):
        if isinstance(mark, Quantity):
            return f"For example '{name}: {_EXAMPLES.get(mark.unit, '1')}'."
        if isinstance(mark, Whole):
            return f"For example '{name}: {mark.least or 1}'."
        if isinstance(mark, CalendarDay):
            return f"For example '{name}: 2014-01-01'."
    choices = choices_of(annotation_at(model, loc))
    return f"For example '{name}: {choices[0]}'." if choices else ""
