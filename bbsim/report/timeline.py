"""What changed where, and when: a run's history as short lists of changes instead of a copy a period.

A span changes its status a handful of times in twenty years, so a list of (day, status) is what a page can
carry and a slider can look up. It is read from the same events as everything else.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from operator import attrgetter

from bbsim import events as ev
from bbsim.built import INACTIVE, OPERATIONAL, PLANNED, PROPOSED, UNDER_CONSTRUCTION
from bbsim.metrics.columns import past_of
from bbsim.run import Run
from bbsim.state import State
from bbsim.units import MINUTES_PER_DAY, day_of

Change = tuple[int, int]
"""Day number since the start, and the status code (`bbsim.built.STATUS_NAMES`) from that day on."""


def span_changes(run: Run) -> dict[int, list[Change]]:
    """For each span that ever is more than proposed, its changes of status in order of time."""
    changes: dict[int, list[Change]] = {}

    def change(span: int, minute: int, status: int, *, fall: bool = False) -> None:
        mine = changes.setdefault(span, [])
        before = mine[-1][1] if mine else PROPOSED
        if status > before or fall:
            day = day_of(minute)
            if mine and mine[-1][0] == day:
                mine.pop()
            mine.append((day, status))

    kinds = (ev.PlanMade, ev.SectionLaid, ev.SpanLaid, ev.SpanLit, ev.SpanDarkened)
    for _, event in past_of(run).in_order(*kinds):
        match event:
            case ev.PlanMade():
                for span in event.spans:
                    change(span, event.minute, PLANNED)
            case ev.SectionLaid():
                change(event.span, event.minute, UNDER_CONSTRUCTION)
            case ev.SpanLaid():
                change(event.span, event.minute, INACTIVE)
            case ev.SpanLit():
                change(event.span, event.minute, OPERATIONAL)
            case ev.SpanDarkened():
                change(event.span, event.minute, INACTIVE, fall=True)
    return changes


def opening_days(run: Run) -> dict[str, int]:
    """Day number on which each closable area opened; areas that stay closed are not in it."""
    return {event.area: day_of(event.minute) for event in past_of(run).of(ev.AreaOpened)}


def states_at(run: Run, days: Sequence[date]) -> Iterator[tuple[date, State]]:
    """The state at the end of each day, in order of time; one pass over the events for all of them.

    The state is one and the same object, moved on between two days: look at it before you ask for the next.
    """
    state, done = State(run.country, run.opening_cents), 0
    for day in sorted(days):
        until = ((day - run.scenario.start) + timedelta(days=1)).days * MINUTES_PER_DAY - 1
        after = bisect_right(run.events, until, lo=done, key=attrgetter("minute"))
        state.apply_all(islice(run.events, done, after))
        done = after
        yield day, state
