"""The closed list of everything that can happen.

An event is a fact with a time: whole minutes since the scenario's start. Nodes, spans, projects and funds
are integers (positions in the country, the run's projects, the scenario's funds, of which `FUNDS` come
first); money is whole cents of the ledger's currency. What is not told by an event did not happen:
`bbsim.state.State` is rebuilt from these alone.
"""

from __future__ import annotations

from dataclasses import field, fields

import numpy as np
from numpy.typing import NDArray

from bbsim.quick import record

FUNDS = ("backbone", "access", "operator")
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
class Event:
    """Something that happened at a minute."""

    minute: int


# ---- money ------------------------------------------------------------------------------------
@record
class BudgetGranted(Event):
    """Money arrives in a fund."""

    fund: int
    cents: int


@record
class MoneyReinvested(Event):
    """The operator puts money of its own into a fund."""

    fund: int
    cents: int


@record
class MoneyBorrowed(Event):
    """A loan is drawn into a fund, which owes it from now on."""

    fund: int
    cents: int


@record
class MoneyLapsed(Event):
    """Free money is given back at the year's end."""

    fund: int
    cents: int


@record
class InterestDue(Event):
    """Interest is added to what a fund owes."""

    fund: int
    cents: int


@record
class LoanServed(Event):
    """What a fund owes grows less by a payment, which its payer's `Spent` tells before."""

    fund: int
    cents: int


@record
class MoneyMoved(Event):
    """Free money goes from one fund to another."""

    from_fund: int
    to_fund: int
    cents: int


@record
class MoneyReserved(Event):
    """Free money is set aside for a project at its award."""

    fund: int
    project: int
    cents: int


@record
class WorkAccrued(Event):
    """Work is done and owed for; `Spent` tells later when it is paid. Only where a scenario pays later."""

    fund: int
    project: int
    cause: str
    node: int
    cents: int


@record
class Spent(Event):
    """Reserved money is paid: for what cause, and at which place."""

    fund: int
    project: int
    cause: str
    node: int
    cents: int


# ---- building ---------------------------------------------------------------------------------
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


# ---- access -----------------------------------------------------------------------------------
@record
class HomesPassed(Event):
    """A lot of homes is handed over. Project -1: they were passed before the start."""

    project: int
    node: int
    homes: int


@record
class HomesConnected(Event):
    """Homes connected since the last such event, for all nodes at once."""

    homes: NDArray[np.int64] = field(compare=False)


# ---- access by technology: only where a scenario has a `last_mile` ------------------------------
@record
class AccessBegun(Event):
    """Which technologies homes may be on, from worst to best; the last is the one of `HomesPassed`."""

    technologies: tuple[str, ...]


@record
class PremisesPassed(Event):
    """Homes or businesses of a place can have a technology from now on; its masts or cabinets, if any."""

    premises: str
    technology: str
    node: int
    count: int
    sites: int


@record
class PremisesConnected(Event):
    """Homes or businesses that had no line take one, all places at once: those that are named."""

    premises: str
    technology: str
    nodes: tuple[int, ...]
    counts: tuple[int, ...]


@record
class PremisesMoved(Event):
    """Homes or businesses leave a technology for a better one."""

    premises: str
    technology: str
    to_technology: str
    nodes: tuple[int, ...]
    counts: tuple[int, ...]


@record
class EquipmentRetired(Event):
    """Terminals or sites of some places are taken down; `kept` of them can be used elsewhere."""

    what: str
    technology: str
    nodes: tuple[int, ...]
    count: int
    kept: int


@record
class EquipmentReused(Event):
    """Terminals or sites from the store are used again."""

    what: str
    technology: str
    count: int


@record
class PlacesPaid(Event):
    """What the operator puts in and pays at once, for one cause, in the places that are named."""

    fund: int
    cause: str
    nodes: tuple[int, ...]
    amounts_cents: tuple[int, ...]


@record
class CrewsHired(Event):
    """Access crews begin work at a yard; `crews` are all that it has now."""

    name: str
    crews: int


@record
class SatelliteLaunched(Event):
    """A satellite's national share of capacity can be used."""

    name: str
    gbps: float
    line_mbps: float


@record
class SatelliteRetired(Event):
    """A satellite is at the end of its life."""

    name: str


# ---- public sites -------------------------------------------------------------------------------
@record
class SitePlanned(Event):
    """An expansion decides to open a site: its price with its lines, and whom it brings near a centre."""

    name: str
    node: int
    cents: int
    people: int
    why: str


@record
class SiteOpened(Event):
    """A public site is open from now on."""

    name: str
    node: int


@record
class SiteConnected(Event):
    """A public site has its line: over fibre, or meanwhile over a satellite, as `why` says."""

    name: str
    node: int
    gbps: float
    why: str


@record
class DesksWatched(Event):
    """A day at a centre's desks was played: applicants, how long they waited, how busy the desks were."""

    name: str
    node: int
    people: int
    waited_minutes: float
    waited_p90_minutes: float
    busy_share: float


@record
class UnitStayed(Event):
    """A mobile unit leaves a stop: its working days there, and those on which it had coverage."""

    name: str
    node: int
    days: int
    served_days: int


# ---- what goes wrong: while building ------------------------------------------------------------
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


# ---- what goes wrong: in operation --------------------------------------------------------------
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


KINDS: dict[str, type[Event]] = {
    kind.__name__: kind
    for kind in (
        BudgetGranted,
        MoneyReinvested,
        MoneyBorrowed,
        MoneyLapsed,
        InterestDue,
        LoanServed,
        MoneyMoved,
        MoneyReserved,
        WorkAccrued,
        Spent,
        AreaOpened,
        PlannerHeld,
        HomesHeld,
        PlanMade,
        PermitRequested,
        PermitGranted,
        BuildStarted,
        Waiting,
        Delayed,
        StageEnded,
        SectionLaid,
        SpanLaid,
        SpanLit,
        SpanUpgraded,
        SpanDarkened,
        NodeUpgraded,
        TransitBought,
        NodeActivated,
        ProjectReady,
        HomesPassed,
        HomesConnected,
        AccessBegun,
        PremisesPassed,
        PremisesConnected,
        PremisesMoved,
        EquipmentRetired,
        EquipmentReused,
        PlacesPaid,
        CrewsHired,
        SatelliteLaunched,
        SatelliteRetired,
        SitePlanned,
        SiteOpened,
        SiteConnected,
        DesksWatched,
        UnitStayed,
        SetBack,
        WorkStopped,
        SectionCondemned,
        GrantCut,
        PricesChanged,
        SatelliteLost,
        SpanCut,
        SpanRepaired,
        NodeFailed,
        NodeRepaired,
        GatewayFailed,
        GatewayRepaired,
    )
}


_NAMES = {kind: tuple(f.name for f in fields(kind)) for kind in KINDS.values()}


def names_of(kind: type[Event]) -> tuple[str, ...]:
    """The fields of a kind of event, in order, ``minute`` first."""
    return _NAMES[kind]
