"""Building the network: plans, permits, stages and waits of projects, and what is laid and lit."""

from __future__ import annotations

from bbsim.events.fact import Event
from bbsim.quick import record

__all__ = [
    "CAUSES_OF_WAITING",
    "STAGES",
    "AreaOpened",
    "BuildStarted",
    "Delayed",
    "HomesHeld",
    "NodeActivated",
    "NodeUpgraded",
    "PermitGranted",
    "PermitRequested",
    "PlanMade",
    "PlannerHeld",
    "ProjectReady",
    "SectionLaid",
    "SpanDarkened",
    "SpanLaid",
    "SpanLit",
    "SpanUpgraded",
    "StageEnded",
    "TransitBought",
    "Waiting",
]

CAUSES_OF_WAITING = ("money", "permits", "crews", "season")
STAGES = (
    "survey",
    "permits",
    "tender",
    "material",
    "laying",
    "splice_test",
    "huts",
    "upstream",
    "commissioning",
)


@record
class AreaOpened(Event):
    """Surveyors may enter an area, and its places may be served."""

    area: str


@record
class PlannerHeld(Event):
    """How many places wait to be awarded, by what they wait for; recorded when it changes."""

    money: int
    permits: int
    crews: int


@record
class HomesHeld(Event):
    """How many homes in places on fibre wait to be passed, by what for; recorded when it changes."""

    money: int
    crews: int


@record
class PlanMade(Event):
    """A project is awarded: a route of spans, and the places that it serves."""

    project: int
    kind: str
    phase: str
    target: int
    spans: tuple[int, ...]
    nodes: tuple[int, ...]
    cents: int
    people: int
    why: str


@record
class PermitRequested(Event):
    """A project files with an authority."""

    project: int
    authority: str


@record
class PermitGranted(Event):
    """An authority agrees."""

    project: int
    authority: str


@record
class BuildStarted(Event):
    """The first crew is on site."""

    project: int


@record
class Waiting(Event):
    """A project begins to wait: for permits (a free desk), crews or the season, or because of a hazard.

    A hazard is told by its name in the scenario; one that is called like another cause as ``NAME (hazard)``.
    """

    project: int
    why: str


@record
class Delayed(Event):
    """A wait of a project is over; `began` is the minute in which it began."""

    project: int
    why: str
    began: int


@record
class StageEnded(Event):
    """A stage of a project's life is over; `began` is the minute in which it began."""

    project: int
    stage: str
    began: int


@record
class SectionLaid(Event):
    """A crew has finished a section of a span."""

    project: int
    span: int
    metres: int


@record
class SpanLaid(Event):
    """The whole span holds cable: status inactive."""

    project: int
    span: int


@record
class SpanLit(Event):
    """The span carries light: status operational. Project -1: it stood at the start, or is leased."""

    project: int
    span: int
    gbps: float


@record
class SpanUpgraded(Event):
    """More capacity is lit on a span."""

    span: int
    gbps: float


@record
class SpanDarkened(Event):
    """A leased span is given back: it carries nothing."""

    span: int


@record
class NodeUpgraded(Event):
    """A place's access node has a faster uplink."""

    node: int
    gbps: float


@record
class TransitBought(Event):
    """A gateway's international capacity is now this."""

    node: int
    gbps: float


@record
class NodeActivated(Event):
    """A place's access node is commissioned. Project -1: it stood at the start."""

    project: int
    node: int
    gbps: float


@record
class ProjectReady(Event):
    """A project is ready for service."""

    project: int
