"""Why not earlier: the chain of stages, waits and other projects that decided the date of a place.

Read backwards from the day a place came on fibre: each link is what was going on just then, and a project
that had to wait for the light of another hands the question on to that other.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from operator import attrgetter

from bbsim import events as ev
from bbsim.metrics.columns import ByKind, past_of, project_id
from bbsim.run import Run
from bbsim.units import MINUTES_PER_DAY, date_of

_PARALLEL = ("huts", "upstream")
"""Stages that run beside others."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain: from when to when, which project (empty before its award), what, and why.

    `waits` has the days of the link that were waited, by cause; the words of `why` tell the same.
    """

    begin: date
    end: date
    project: str
    what: str
    why: str
    waits: tuple[tuple[str, int], ...] = ()


def last_city(run: Run) -> int | None:
    """Index of the city that came on fibre last, or ``None`` if no city was connected in the run."""
    when = {e.node: e.minute for e in past_of(run).of(ev.NodeActivated) if e.project >= 0}
    cities = [node for node in when if run.country.is_city[node]]
    return max(cities, key=lambda node: (when[node], node)) if cities else None


def chain_of_last_city(run: Run) -> list[Link]:
    """The chain behind the date of the last city; empty if no city was built."""
    node = last_city(run)
    return [] if node is None else chain_of(run, node)


def chain_of(run: Run, node: int) -> list[Link]:
    """The chain behind the date of a place, earliest link first; empty if no project served it."""
    past = past_of(run)
    last = next((e for e in past.of(ev.NodeActivated) if e.node == node), None)
    if last is None or last.project < 0:
        return []
    links: list[Link] = []
    number, until = last.project, last.minute
    while True:
        links += _project_links(run, past, number, until)
        handed_on = _handed_on(run, past, number)
        if handed_on is None:
            break
        number, until = handed_on
        links = [link for link in links if link.begin >= date_of(until, run.scenario.start)]
    links += _before_award(run, past, _plan(past, number))
    return sorted(links, key=lambda link: (link.begin, link.end))


def _plan(past: ByKind, number: int) -> ev.PlanMade:
    return past.of_project(ev.PlanMade, number)[0]


def _project_links(run: Run, past: ByKind, number: int, until: int) -> list[Link]:
    """The stages of one project up to a minute, with the waits inside each.

    Huts are built beside the laying: they are a link only from where the laying ended, if they took longer.
    """
    ended = past.of_project(ev.StageEnded, number)
    delays = past.of_project(ev.Delayed, number)
    stages = [e for e in ended if e.began < e.minute <= until]
    serial = [e for e in stages if e.stage not in _PARALLEL]
    works = max((e.minute for e in serial if e.stage != "commissioning"), default=0)
    slowest = max((e for e in stages if e.stage == "huts"), key=lambda e: e.minute, default=None)
    if slowest is not None and slowest.minute > works:
        serial.append(replace(slowest, began=works))
    links = []
    for event in serial:
        waits = tuple((why, days) for why, days in sorted(_waits(delays, event).items()) if days)
        told = ", ".join(f"{days} days waiting for {why}" for why, days in waits)
        start = run.scenario.start
        begin, end = date_of(event.began, start), date_of(event.minute, start)
        links.append(Link(begin, end, project_id(event.project), event.stage, told or "no wait", waits))
    return links


def _waits(delays: Sequence[ev.Delayed], stage: ev.StageEnded) -> dict[str, int]:
    """Days that the project waited inside a stage, by cause."""
    days: dict[str, int] = {}
    for wait in delays:
        if wait.began < stage.minute and wait.minute > stage.began:
            inside = min(wait.minute, stage.minute) - max(wait.began, stage.began)
            days[wait.why] = days.get(wait.why, 0) + inside // MINUTES_PER_DAY
    return days


def _handed_on(run: Run, past: ByKind, number: int) -> tuple[int, int] | None:
    """The project whose light this one had to wait for, and the minute in which it came."""
    waited = [e for e in past.of_project(ev.StageEnded, number) if e.stage == "upstream"]
    if not waited:
        return None
    minute = waited[-1].minute
    plan, country = _plan(past, number), run.country
    ends = {int(x) for s in plan.spans for x in (country.u[s], country.v[s])} | {plan.target}
    first, last = (side(run.events, minute, key=attrgetter("minute")) for side in (bisect_left, bisect_right))
    lit = [
        e.project
        for e in run.events[first:last]
        if isinstance(e, ev.SpanLit)
        and e.project not in (-1, number)
        and ends & {int(country.u[e.span]), int(country.v[e.span])}
    ]
    return (min(lit), minute) if lit else None


def _before_award(run: Run, past: ByKind, plan: ev.PlanMade) -> list[Link]:
    """What the place waited for before its project was awarded."""
    start, country = run.scenario.start, run.country
    on_the_way = {country.nodes["area"][plan.target], *(country.spans["area"][span] for span in plan.spans)}
    opened = [e for e in past.of(ev.AreaOpened) if e.area in on_the_way]
    links, begin = [], 0
    for event in opened:
        what = "place" if event.area == country.nodes["area"][plan.target] else "way to it"
        why = f"the {what} lies in the area '{event.area}', which was not open"
        links.append(Link(date_of(begin, start), date_of(event.minute, start), "", "closed", why))
        begin = event.minute
    waits = tuple(sorted(_days_bound(past, begin, plan.minute).items()))
    told = ", ".join(f"{count} days in which {cause} held places back" for cause, count in waits)
    until = date_of(plan.minute, start)
    links.append(Link(date_of(begin, start), until, "", "waiting for award", told or "its turn", waits))
    return [link for link in links if link.end > link.begin]


def _days_bound(past: ByKind, begin: int, end: int) -> dict[str, int]:
    """Days between two minutes in which most places waited for a cause, by cause."""
    held = [e for e in past.of(ev.PlannerHeld) if e.minute < end]
    if not held:
        return {}
    days: dict[str, int] = {}
    for event, until in zip(held, [*(e.minute for e in held[1:]), end], strict=True):
        counts = {"money": event.money, "permits": event.permits, "crews": event.crews}
        cause = max(sorted(counts), key=counts.__getitem__)
        inside = min(until, end) - max(event.minute, begin)
        if counts[cause] and inside > 0:
            days[cause] = days.get(cause, 0) + inside // MINUTES_PER_DAY
    return days
