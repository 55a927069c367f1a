"""The life of one project: survey, permits, tender, material, laying, splicing, huts, commissioning.

Each stage ends with an event that says when it began, so that a date can be explained by the stages and
waits before it. Laying is the work of several crews at once: sections are civil works first, then cable
over the whole span, then splices.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import simpy

from bbsim import events as ev
from bbsim.models.cost import Prices
from bbsim.simulate.disturbed import cause_of
from bbsim.simulate.resources import Servers
from bbsim.simulate.till import Pledge
from bbsim.simulate.world import Process, World
from bbsim.units import MINUTES_PER_DAY


@dataclass(slots=True)
class Project:
    """An awarded route, and what is left to pay on it."""

    number: int
    target: int
    spans: tuple[int, ...]
    nodes: tuple[int, ...]
    upstream: tuple[int, ...]
    """Spans of other projects at which the route begins: they must be lit before it is."""
    prices: Prices
    """Prices on the day of the award."""
    pledge: Pledge
    """What is set aside for it."""
    at_work: int = 0
    parts_waiting: dict[str, int] = field(default_factory=dict)
    waiting_since: dict[str, int] = field(default_factory=dict)
    started: bool = False


def run_project(world: World, project: Project) -> Process:
    """Take a project from its award to service."""
    stages = world.scenario.stages
    km = float(world.country.km[list(project.spans)].sum())
    offices = world.offices(list(project.spans))
    amounts = [stages.survey_days, stages.tender_days, stages.material_days, stages.splice_test_days]
    amounts += [stages.hut_days, stages.commissioning_days]
    if world.disturbed:
        world.plans[project.number] = project
    name = world.country.ids[project.target]
    survey, tender, material, splice, hut, commissioning = world.draws("project", name, amounts)

    began = world.now
    if project.spans:
        yield world.delay(survey + stages.survey_days_per_km * km)
        for span in project.spans:
            _pay(world, project, "survey", _far_end(world, span), int(project.prices.survey[span]))
        if world.disturbed:
            yield from struck(world, project, "survey", began)
        began = _stage(world, project, "survey", began)
        if offices:
            yield from _all([world.env.process(_permit(world, project, office)) for office in offices])
            if world.disturbed:
                yield from struck(world, project, "permits", began)
            began = _stage(world, project, "permits", began)
    yield world.delay(tender)
    if world.disturbed:
        yield from struck(world, project, "tender", began)
    began = _stage(world, project, "tender", began)
    yield world.delay(material)
    if world.disturbed:
        yield from struck(world, project, "material", began)
    for span in project.spans:
        _pay(world, project, "material", _far_end(world, span), int(project.prices.material[span]))
    began = _stage(world, project, "material", began)

    works = [world.env.process(_hut(world, project, node, hut)) for node in project.nodes]
    if project.spans:
        works.append(world.env.process(_lay(world, project, splice)))
    yield from _all(works)
    began = world.now
    missing = [world.lit_by[span] for span in project.upstream if span in world.lit_by]
    if missing:
        yield from _all(missing)
        if world.now > began:
            began = _stage(world, project, "upstream", began)
    yield world.delay(commissioning)
    if world.disturbed:
        yield from struck(world, project, "commissioning", began)
    _commission(world, project, began)


def _all(works: Sequence[simpy.Event]) -> Process:
    """Wait until all are done; what is done already is not waited for.

    A condition of simpy says the same, but gathers what each has to say, and wakes a step later.
    """
    for work in works:  # noqa: UP028 - what is sent back is for nobody, and a list takes nothing
        yield work


def _stage(world: World, project: Project, stage: str, began: int) -> int:
    world.record(ev.StageEnded(world.now, project.number, stage, began))
    return world.now


def _pay(world: World, project: Project, cause: str, node: int, cents: int) -> None:
    if cents:
        world.till.work_done(project.pledge, cause, node, cents)


def _far_end(world: World, span: int) -> int:
    return int(world.country.v[span])


# ---- permits ----------------------------------------------------------------------------------
def _permit(world: World, project: Project, office: str) -> Process:
    authority, desks = world.scenario.permits[office], world.desks[office]
    (days,) = world.draws(f"permit {office}", world.country.ids[project.target], [authority.days])
    world.record(ev.PermitRequested(world.now, project.number, office))
    turn = desks.request((project.number,))
    if turn is not None:
        _stall(world, project, "permits")
        yield turn
        _resume(world, project, "permits")
    yield world.delay(days)
    desks.release()
    world.files[office] -= 1
    if world.disturbed:
        yield from struck(world, project, f"permit {office}", world.now)
    world.record(ev.PermitGranted(world.now, project.number, office))


# ---- laying -----------------------------------------------------------------------------------
def _lay(world: World, project: Project, splice_days: float) -> Process:
    began = world.now
    sections: deque[tuple[int, int, int]] = deque()
    left: dict[int, int] = {}
    for span in project.spans:
        lengths = _sections(world, project, span)
        left[span] = len(lengths)
        sections.extend((span, metres, cents) for metres, cents in lengths)
    finishing: list[simpy.Event] = []
    fronts = min(world.scenario.crews.per_project, len(sections))
    lanes = [world.env.process(_front(world, project, sections, left, finishing)) for _ in range(fronts)]
    yield from _all(lanes)
    yield from _all(finishing)
    if world.disturbed:
        yield from struck(world, project, "laying", began)
    began = _stage(world, project, "laying", began)
    yield from _all([world.env.process(_splice(world, project, span, splice_days)) for span in project.spans])
    if world.disturbed:
        yield from laid_again(world, project)
        yield from struck(world, project, "splice_test", began)
    _stage(world, project, "splice_test", began)


def _sections(world: World, project: Project, span: int) -> list[tuple[int, int]]:
    """Metres and labour cents of the sections of a span; both add up exactly."""
    total_m = round(float(world.country.km[span]) * 1000)
    cents = int(project.prices.labour[span])
    count = max(1, -(-total_m // round(world.scenario.crews.pace.section_km * 1000)))
    metres = [total_m * (i + 1) // count - total_m * i // count for i in range(count)]
    money = [cents * (i + 1) // count - cents * i // count for i in range(count)]
    return list(zip(metres, money, strict=True))


def _front(
    world: World,
    project: Project,
    sections: deque[tuple[int, int, int]],
    left: dict[int, int],
    finishing: list[simpy.Event],
) -> Process:
    """One front of civil works: takes sections off the project's list until none is left.

    What the season cuts off a section is a section of its own, first on the list when the ground opens again.
    """
    while sections:
        span, metres, cents = sections.popleft()
        base = world.base_of_span(span)
        if world.disturbed:
            yield from unhalted(world, project)
        yield from _take_crew(world, project, world.crews[base]["civil"], span)
        days = world.calendar_days(world.civil_days_of(span, metres))
        window = world.seasons.open_days(world.country.terrain[span], world.today)
        if days > window and metres * window >= days:
            whole = metres, cents
            metres = metres * window // days
            cents, days = cents * metres // whole[0], window
            sections.appendleft((span, whole[0] - metres, whole[1] - cents))
            left[span] += 1
        working_days = world.civil_days_of(span, metres)
        _begin(world, project)
        yield world.delay(days)
        if world.disturbed:
            yield from stood_still(world, project, span, days)
        _give_crew(world, project, world.crews[base]["civil"])
        world.civil_days[base] -= working_days
        world.record(ev.SectionLaid(world.now, project.number, span, metres))
        _pay(world, project, "labour", _far_end(world, span), cents)
        left[span] -= 1
        if not left[span]:
            finishing.append(world.env.process(_cable(world, project, span)))


def _begin(world: World, project: Project) -> None:
    """The first crew of a project is on site."""
    if not project.started:
        project.started = True
        world.record(ev.BuildStarted(world.now, project.number))


def _cable(world: World, project: Project, span: int) -> Process:
    crews = world.crews[world.base_of_span(span)]["cable"]
    days = world.calendar_days(float(world.country.km[span]) / world.scenario.crews.pace.cable_km_per_day)
    yield from _take_crew(world, project, crews)
    yield world.delay(days)
    _give_crew(world, project, crews)
    world.record(ev.SpanLaid(world.now, project.number, span))


def _splice(world: World, project: Project, span: int, days: float) -> Process:
    crews = world.crews[world.base_of_span(span)]["splice"]
    calendar = world.calendar_days(days)
    yield from _take_crew(world, project, crews)
    yield world.delay(calendar)
    _give_crew(world, project, crews)


def _take_crew(world: World, project: Project, crews: Servers, span: int | None = None) -> Process:
    """Wait for the season (civil works only: `span` given) and for a crew, whichever of them is missing."""
    while True:
        if span is not None:
            start = world.seasons.next_open(world.country.terrain[span], world.today)
            if start > world.today:
                _stall(world, project, "season")
                yield world.until(start)
                _resume(world, project, "season")
        turn = crews.request((project.number,))
        if turn is None:
            break
        _stall(world, project, "crews")
        yield turn
        _resume(world, project, "crews")
        if span is None or world.seasons.open_days(world.country.terrain[span], world.today):
            break
        crews.release()
    project.at_work += 1
    _tell(world, project)


def _give_crew(world: World, project: Project, crews: Servers) -> None:
    project.at_work -= 1
    crews.release()
    _tell(world, project)


def _stall(world: World, project: Project, why: str) -> None:
    """One more part of the project waits."""
    project.parts_waiting[why] = project.parts_waiting.get(why, 0) + 1
    _tell(world, project)


def _resume(world: World, project: Project, why: str) -> None:
    project.parts_waiting[why] -= 1
    _tell(world, project)


def _tell(world: World, project: Project) -> None:
    """Record what the project as a whole waits for: nothing, as long as any part is being worked on."""
    since = project.waiting_since
    if project.at_work and not since:
        return
    waits = [] if project.at_work else [why for why, parts in project.parts_waiting.items() if parts]
    if not waits and not since:
        return
    for why in sorted(set(since).difference(waits)):
        world.record(ev.Delayed(world.now, project.number, why, since.pop(why)))
    for why in sorted(set(waits).difference(since)):
        since[why] = world.now
        world.record(ev.Waiting(world.now, project.number, why))


# ---- what hazards do to it ----------------------------------------------------------------------
def struck(world: World, project: Project, stage: str, began: int) -> Process:
    """At the end of a stage: the set-backs that it has met, one after the other."""
    assert world.disturbed is not None
    for hazard, days in world.disturbed.pop(project.number, stage, (world.now - began) / MINUTES_PER_DAY):
        world.record(ev.SetBack(world.now, hazard, project.number, stage, days))
        _stall(world, project, cause_of(hazard))
        yield world.delay(days)
        _resume(world, project, cause_of(hazard))


def unhalted(world: World, project: Project) -> Process:
    """Before a section: wait until the project's works may go on."""
    assert world.disturbed is not None
    while True:
        until, hazard = world.disturbed.halted.get(project.number, (0, ""))
        if until <= world.now:
            return
        _stall(world, project, cause_of(hazard))
        yield world.env.timeout(until - world.now)
        _resume(world, project, cause_of(hazard))


def stood_still(world: World, project: Project, span: int, days: int) -> Process:
    """After a section's own days: the days on which it stood still are worked now."""
    assert world.disturbed is not None
    since, need = world.now - days * MINUTES_PER_DAY, days * MINUTES_PER_DAY
    while True:
        stood, until, hazard = world.disturbed.standstill(span, since, world.now)
        left = need - (world.now - since - stood)
        if left <= 0:
            return
        project.at_work -= 1
        _stall(world, project, cause_of(hazard))
        yield world.env.timeout(max(left, until - world.now))
        project.at_work += 1
        _resume(world, project, cause_of(hazard))


def laid_again(world: World, project: Project) -> Process:
    """After the test: what was condemned is dug once more by a civil crew, and the span is laid again."""
    assert world.disturbed is not None
    for span, metres in world.disturbed.condemned.pop(project.number, ()):
        crews = world.crews[world.base_of_span(span)]["civil"]
        days = world.calendar_days(world.civil_days_of(span, metres))
        yield from _take_crew(world, project, crews, span)
        yield world.delay(days)
        _give_crew(world, project, crews)
        world.record(ev.SectionLaid(world.now, project.number, span, metres))
        world.record(ev.SpanLaid(world.now, project.number, span))


# ---- huts and light ---------------------------------------------------------------------------
def _hut(world: World, project: Project, node: int, days: float) -> Process:
    began = world.now
    crews = world.crews[world.base_of_node(node)]["splice"]
    calendar = world.calendar_days(days)
    yield from _take_crew(world, project, crews)
    _begin(world, project)
    yield world.delay(calendar)
    _give_crew(world, project, crews)
    _pay(world, project, "node", node, int(project.prices.node[node]))
    _stage(world, project, "huts", began)


def _commission(world: World, project: Project, began: int) -> None:
    _stage(world, project, "commissioning", began)
    for span in project.spans:
        world.record(ev.SpanLit(world.now, project.number, span, world.unit_gbps(span)))
        world.lit_by.pop(span).succeed()
    for node in project.nodes:
        world.record(ev.NodeActivated(world.now, project.number, node, world.node_unit_gbps(node)))
    world.record(ev.ProjectReady(world.now, project.number))
    world.till.accepted(project.pledge)
    world.plans.pop(project.number, None)
    for node in project.nodes:
        for tell in world.on_lit:
            tell(node)
