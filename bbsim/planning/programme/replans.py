"""Planning anew when money, hazards or openings change, and saying what that changes and why.

A plan is thrown away as a whole: the new one begins from what is awarded, at today's prices, with the money
that can still be expected. If that does not reach everybody, whom it reaches best is chosen first; a trunk
towards people who will never be paid for is not begun.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from bbsim.planning.programme.phases import plan_programme
from bbsim.planning.programme.selection import choose
from bbsim.planning.programme.situation import Bools, Effort, Plan, Situation


@dataclass(frozen=True, slots=True)
class Change:
    """What a new plan changes for one place.

    Attributes
    ----------
    place : position in the country.
    before, after : its position in the old and in the new plan; -1 where it is in none.
    cents_before, cents_after : price of its route in each; 0 where it is in none.
    why : the reason, in words.
    """

    place: int
    before: int
    after: int
    cents_before: int
    cents_after: int
    why: str


@dataclass(frozen=True, slots=True)
class Replan:
    """A new plan, and what it changes.

    Attributes
    ----------
    plan : the routes that are to be awarded from now on, in order.
    cause : what happened, as the caller said.
    left_out : places that the expected money does not reach, ascending.
    changes : the places whose turn or price is another than before, in the order of places; empty at first.
    """

    plan: Plan
    cause: str
    left_out: tuple[int, ...]
    changes: tuple[Change, ...]

    def why(self, place: int) -> str:
        """Why a place is awarded when it is: its turn, the plan's cause, and what its route is worth."""
        rank = {step.target: i for i, step in enumerate(self.plan.steps)}
        if place not in rank:
            return f"not planned ({self.cause})"
        step = self.plan.steps[rank[place]]
        worth = f"{step.people / step.cents * 1e8:,.0f} people for a million USD" if step.cents else "free"
        said = f"planned {rank[place] + 1} of {len(rank)} ({self.cause}), in phase {step.phase}: {worth}"
        changed = {change.place: change for change in self.changes}.get(place)
        return f"{said}; {changed.why}" if changed else said


def replan(
    situation: Situation,
    phases: Sequence[tuple[str, Bools]],
    *,
    cause: str,
    cents: int | None = None,
    before: Plan | None = None,
    effort: Effort = "standard",
    together: bool = False,
) -> Replan:
    """The plan from here on.

    Parameters
    ----------
    situation : what is awarded or stands (and was not lost), what may be used, at today's prices.
    phases : name and (nodes,) places that are open and not yet awarded, of each phase in order.
    cause : what happened: "area X opened", "grant cut to 30 MUSD", "span Y lost".
    cents : money for building that can still be expected, in hand and to come, not yet reserved; all places
        are planned if missing.
    before : the plan until now, to tell what changes.
    together : choose corridors and order as one, as `plan_programme` does.
    """
    wanted = np.asarray(np.logical_or.reduce([mask for _, mask in phases]))
    plan = plan_programme(situation, phases, effort=effort, together=together)
    outside = np.zeros(len(wanted), dtype=bool)
    if cents is not None and plan.cents > cents:
        choice = choose(situation, wanted, budget_cents=max(cents, 0))
        outside = wanted & situation.reachable() & ~choice.places
        some = [(name, mask & choice.places) for name, mask in phases]
        nowhere = plan.unreachable
        plan = replace(plan_programme(situation.only(choice.spans), some, effort=effort), unreachable=nowhere)
    left_out = tuple(np.flatnonzero(outside).tolist())
    changes = _changes(before, plan, wanted, outside) if before is not None else ()
    return Replan(plan, cause, left_out, changes)


def _changes(before: Plan, after: Plan, wanted: Bools, outside: Bools) -> tuple[Change, ...]:
    """What became of each place that one of the plans holds; places awarded since are no change.

    Positions are compared among the places that both plans hold, so that what was awarded since or came in
    does not count as a move of everybody behind it.
    """
    old = {step.target: (i, step.cents) for i, step in enumerate(before.steps)}
    new = {step.target: (i, step.cents) for i, step in enumerate(after.steps)}
    both = [place for place in old if place in new]
    rank_old = {place: i for i, place in enumerate(both)}
    rank_new = {place: i for i, place in enumerate(place for place in new if place in old)}
    out = []
    for place in sorted({*old, *new}):
        at, cents = old.get(place, (-1, 0))
        to, price = new.get(place, (-1, 0))
        if place in rank_old:
            why = _moved(rank_old[place] - rank_new[place], cents, price)
        elif place in new:
            why = "was not planned before"
        elif outside[place]:
            why = "the money that can be expected does not reach it"
        else:
            why = "no open corridor reaches it any more" if wanted[place] else ""
        if why:
            out.append(Change(place, at, to, cents, price, why))
    return tuple(out)


def _moved(earlier: int, cents: int, price: int) -> str:
    parts = []
    if earlier:
        turns = f"{abs(earlier)} turn{'s' if abs(earlier) > 1 else ''}"
        parts.append(f"{turns} {'earlier' if earlier > 0 else 'later'} than planned before")
    if price != cents:
        word = "cheaper" if price < cents else "dearer"
        parts.append(f"its route is {abs(price - cents) / 100:,.0f} USD {word}")
    return ", ".join(parts)
