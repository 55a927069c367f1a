"""What hazards have in store for the clock's processes: set-backs, stops of work, rework, cuts of grants.

The processes ask here at the end of each stage and before each section; a run without hazards has no such
memory, and asks nothing.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bbsim import events as ev
from bbsim.units import MINUTES_PER_DAY

if TYPE_CHECKING:
    from bbsim.simulate.world import Process, World

Spell = tuple[int, int, str]
"""From minute, to minute, by which hazard."""


@dataclass(slots=True)
class Disturbed:
    """The memory of everything that was disturbed and is not over."""

    set_backs: dict[tuple[int, str], list[tuple[str, float]]] = field(default_factory=dict)
    """By project and stage: hazards and days that are to strike."""
    stretched: dict[int, list[tuple[str, float]]] = field(default_factory=dict)
    """By project: hazards and how many times as long its stages last."""
    halted: dict[int, tuple[int, str]] = field(default_factory=dict)
    """By project: until which minute no section is begun, and by which hazard."""
    condemned: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """By project: spans and metres to be laid once more."""
    grants_cut: dict[int, list[tuple[str, float]]] = field(default_factory=dict)
    """By number of the grant: hazards and shares that never arrive."""
    lost: dict[str, str] = field(default_factory=dict)
    """By satellite: the hazard that loses it."""
    _zones_of: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    _spells: dict[str, list[Spell]] = field(default_factory=dict)

    def pop(self, project: int, stage: str, lasted_days: float) -> list[tuple[str, int]]:
        """Hazards and whole days by which a stage that lasted so long is set back now."""
        struck = self.set_backs.pop((project, stage), [])
        more = [(hazard, lasted_days * (factor - 1.0)) for hazard, factor in self.stretched.get(project, ())]
        whole = [(hazard, math.ceil(days - 1e-9)) for hazard, days in [*struck, *more]]
        return [(hazard, days) for hazard, days in whole if days > 0]

    # ---- stops of work ------------------------------------------------------------------------
    def stop(self, zone: str, spans: Sequence[int], spell: Spell) -> None:
        """Remember a spell in which nobody works in a zone."""
        if zone not in self._spells:
            self._spells[zone] = []
            for span in spans:
                self._zones_of[span].append(zone)
        # Sections last weeks: what ended a year ago meets none of those at work.
        self._spells[zone] = [old for old in self._spells[zone] if old[1] > spell[0] - 366 * MINUTES_PER_DAY]
        self._spells[zone].append(spell)

    def standstill(self, span: int, since: int, now: int) -> tuple[int, int, str]:
        """Minutes between `since` and `now` in which a span stood still; until when it does; by which hazard.

        Spells of several zones that overlap count once.
        """
        spells = sorted(
            spell for zone in self._zones_of.get(span, ()) for spell in self._spells[zone] if spell[1] > since
        )
        stood, reach, until, by = 0, since, now, ""
        for begin, end, hazard in spells:
            if begin > now:
                break
            upto = min(end, now)
            stood += max(upto - max(begin, reach), 0)
            reach = max(reach, upto)
            until, by = max(until, end), hazard
        return stood, until, by


def cause_of(hazard: str) -> str:
    """What a project waits for while a hazard holds it up; never mistaken for a desk, crew or season.

    >>> cause_of("weather"), cause_of("permits")
    ('weather', 'permits (hazard)')
    """
    return f"{hazard} (hazard)" if hazard in ev.CAUSES_OF_WAITING else hazard


def late(world: World, what: str) -> Process:
    """What comes later than the scenario says: an opening, a launch or a grant, as often as it is put off."""
    assert world.disturbed is not None
    while struck := world.disturbed.pop(-1, what, 0.0):
        for hazard, days in struck:
            world.record(ev.SetBack(world.now, hazard, -1, what, days))
            yield world.delay(days)


def arriving(world: World, number: int, cents: int) -> Any:
    """A grant as it comes, late or less: the cents that are left of it are returned."""
    assert world.disturbed is not None
    yield from late(world, f"grant {number}")
    for hazard, share in world.disturbed.grants_cut.pop(number, ()):
        less = round(cents * share)
        if less:
            world.record(ev.GrantCut(world.now, hazard, less))
            cents -= less
    return cents
