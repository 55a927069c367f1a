"""What goes wrong while building and in operation, and what comes back."""

from __future__ import annotations

from bbsim.events.fact import Event
from bbsim.quick import record

__all__ = [
    "GatewayFailed",
    "GatewayRepaired",
    "GrantCut",
    "NodeFailed",
    "NodeRepaired",
    "PricesChanged",
    "SatelliteLost",
    "SectionCondemned",
    "SetBack",
    "SpanCut",
    "SpanRepaired",
    "WorkStopped",
]


@record
class SetBack(Event):
    """A hazard makes something take longer: a project's stage, or (project -1) a grant, opening or launch."""

    hazard: str
    project: int
    stage: str
    days: int


@record
class WorkStopped(Event):
    """A hazard stops work in a zone for so many days: part of a region, or one project's route."""

    hazard: str
    zone: str
    days: int


@record
class SectionCondemned(Event):
    """What was laid fails its test and is laid once more."""

    hazard: str
    project: int
    span: int
    metres: int


@record
class GrantCut(Event):
    """A part of a grant never comes."""

    hazard: str
    cents: int


@record
class PricesChanged(Event):
    """Awards cost more or less from now on: prices over those of the start, material and labour."""

    hazard: str
    material_factor: float
    labour_factor: float


@record
class SatelliteLost(Event):
    """A satellite fails, at its launch or in orbit."""

    hazard: str
    name: str


# ---- what goes wrong: in operation ----------------------------------------------------------------
@record
class SpanCut(Event):
    """A span in service is cut: nothing passes until it is repaired."""

    hazard: str
    span: int


@record
class SpanRepaired(Event):
    """One cut of a span is mended; `began` is the minute in which it was cut."""

    span: int
    began: int


@record
class NodeFailed(Event):
    """A node fails, with everything that passes it."""

    hazard: str
    node: int


@record
class NodeRepaired(Event):
    """One failure of a node is over; `began` is the minute in which it began."""

    node: int
    began: int


@record
class GatewayFailed(Event):
    """A gateway loses its ways abroad; what passes it inside the country goes on."""

    hazard: str
    node: int


@record
class GatewayRepaired(Event):
    """A gateway's ways abroad are back; `began` is the minute in which they were lost."""

    node: int
    began: int
