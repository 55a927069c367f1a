"""What is left of a scenario when its wrong values are taken out, so that the rest can be looked at as well.

A value that fails falls back to its default, or to a stand-in where there is none; an entry of a list is
dropped. What is found in the rest is told beside what failed, unless it only follows from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from bbsim.errors import Problem, nearest
from bbsim.explain import (
    Fault,
    Loc,
    annotation_at,
    bare,
    choices_of,
    faults_of,
    known_keys,
    marks_at,
    path_text,
    steps,
)
from bbsim.scenario import Scenario
from bbsim.text import MonthDayText
from bbsim.units import CalendarDay, Quantity, Whole

ROUNDS = 12
"""Taking one value out may show the next fault (an entry that lost its key): so often at most."""
_RESTS_ON = {
    "region-without-crews": ("regions",),
    "no-authority": ("follows",),
    "kind-of-place": ("kinds",),
    "no-pace": ("civil_km_per_day",),
}
"""Rules told at a section, and the field inside its entries that they rest on."""
_WITH_ITS_NEIGHBOURS = ("season", "outside-horizon", "no-money")
"""Rules that compare fields of one section, or dates with the scenario's own."""
_PATH_IN_TEXT = re.compile(r"[a-z_]+(?:\.[a-z_]+|\[\d+\])*\[\d+\](?:\.[a-z_]+)*")


@dataclass(slots=True)
class Rest:
    """A scenario without what was wrong in it.

    Attributes
    ----------
    scenario : what is left; ``None`` if even that is no scenario.
    taken : places whose value was taken out or stands in for one, as numbered in the file.
    kept : of lists that lost entries, the numbers in the file of those that are left.
    """

    scenario: Scenario | None
    taken: set[Loc] = field(default_factory=set)
    kept: dict[Loc, list[int]] = field(default_factory=dict)

    def in_file(self, loc: Loc) -> Loc:
        """A place of the rest as it is numbered in the file."""
        out: Loc = ()
        for part in loc:
            numbers = self.kept.get(out) if isinstance(part, int) else None
            out = (*out, numbers[int(part)] if numbers and int(part) < len(numbers) else part)
        return out

    def findings(self, problems: Iterable[Problem]) -> list[Problem]:
        """What was found in the rest, at its place in the file, without what follows from the taken."""
        placed = [self._placed(problem) for problem in problems] if self.kept else list(problems)
        return [problem for problem in placed if not self._follows(problem)] if self.taken else placed

    def _placed(self, problem: Problem) -> Problem:
        return replace(
            problem,
            path=self._path(problem.path),
            message=_PATH_IN_TEXT.sub(lambda found: self._path(found[0]), problem.message),
        )

    def _path(self, text: str) -> str:
        try:
            return path_text(self.in_file(steps(text)))
        except ValueError:
            return text

    def _follows(self, problem: Problem) -> bool:
        try:
            loc = steps(problem.path)
        except ValueError:
            return False
        if any(loc[:size] in self.taken for size in range(1, len(loc) + 1)):
            return True
        if loc[0] == "sources":  # a source names a field: one that is gone, or of a list with other numbers
            return self._source_lost(str(loc[-1]))
        if problem.slug in _WITH_ITS_NEIGHBOURS:
            dates = {("start",), ("end",)} & self.taken
            return bool(dates) or any(len(at) > 1 and at[: len(loc) - 1] == loc[:-1] for at in self.taken)
        inner = _RESTS_ON.get(problem.slug)
        for at in self.taken:
            if at[: len(loc)] == loc:
                below = at[len(loc) :]
                if inner is None or len(below) == 1 or any(part in inner for part in below):
                    return True
        return False

    def _source_lost(self, name: str) -> bool:
        try:
            loc = steps(name)
        except ValueError:
            return False
        around = {loc[:size] for size in range(1, len(loc) + 1)}
        return bool(around & self.taken) or bool(around & set(self.kept))


def reduced(fields: dict[str, Any], faults: Sequence[Fault]) -> Rest:
    """The scenario that is left when the places of `faults` are taken out of the plain `fields`."""
    gone: set[Loc] = set()
    given: dict[Loc, Any] = {}
    kept: dict[Loc, list[int]] = {}
    found = list(faults)
    meant = set(_meant(fields, faults))
    for _ in range(ROUNDS):
        rest = Rest(None, gone | set(given), kept)
        for fault in found:
            _take(rest.in_file(fault.loc), fault, gone, given)
        if () in gone:
            break
        kept = {}
        left = _left(fields, (), gone, given, kept)
        try:
            return Rest(Scenario.model_validate(left), gone | set(given) | meant, kept)
        except ValidationError as error:
            found = faults_of(error, Scenario)
    return Rest(None)


def _meant(fields: dict[str, Any], faults: Sequence[Fault]) -> Iterator[Loc]:
    """The places that misspelt keys were meant for, where nothing else stands."""
    for fault in faults:
        if fault.at_key and fault.loc:
            *around, key = fault.loc
            at: Any = fields
            for part in around:
                at = at[part]
            for near in nearest(str(key), known_keys(Scenario, tuple(around))):
                if near not in at:
                    yield (*around, near)


def _take(loc: Loc, fault: Fault, gone: set[Loc], given: dict[Loc, Any]) -> None:
    """Take out what failed; what is missing gets a stand-in, and what fails again goes with its section."""
    if fault.slug == "missing-key" and loc not in given:
        value = _stand_in(annotation_at(Scenario, loc), marks_at(Scenario, loc), str(loc[-1]), len(given))
        if value is not None:
            gone.discard(loc)
            given[loc] = value
            return
    while loc in gone or loc in given:
        given.pop(loc, None)
        gone.add(loc)
        loc = loc[:-1]
    gone.add(loc)


def _left(value: Any, loc: Loc, gone: set[Loc], given: dict[Loc, Any], kept: dict[Loc, list[int]]) -> Any:
    if isinstance(value, dict):
        out = {k: _left(v, (*loc, k), gone, given, kept) for k, v in value.items() if (*loc, k) not in gone}
        return out | {str(at[-1]): stand_in for at, stand_in in given.items() if at[:-1] == loc}
    if isinstance(value, list):
        numbers = [number for number in range(len(value)) if (*loc, number) not in gone]
        if len(numbers) < len(value):
            kept[loc] = numbers
        return [_left(value[number], (*loc, number), gone, given, kept) for number in numbers]
    return value


def _stand_in(annotation: Any, marks: Sequence[Any], name: str, number: int) -> Any:
    """Any value that the schema takes there; it is never told about."""
    for mark in marks:
        if isinstance(mark, (Quantity, Whole)):
            return mark.least or 1
        if isinstance(mark, CalendarDay):
            return date(2150, 1, 1) if name in ("end", "ends") else date(1990, 1, 1)
        if isinstance(mark, MonthDayText):
            return "01-02" if name == "opens" else "01-01"
    if "day" in marks:
        return 1
    kind = bare(annotation)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {
            inner: _stand_in(info.annotation, _marks(info), inner, number)
            for inner, info in kind.model_fields.items()
            if info.is_required()
        }
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        return [_stand_in(item, get_args(item)[1:], name, number)]
    if get_origin(kind) is dict:
        return {}
    words = choices_of(kind)
    return words[0] if words else f"stand-in-{number}" if kind is str else None


def _marks(info: Any) -> tuple[Any, ...]:
    return (*info.metadata, *get_args(info.annotation)[1:])
