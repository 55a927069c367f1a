"""Homes and businesses: passed, connected and moved by technology; and the satellites above them."""

from __future__ import annotations

from dataclasses import field

import numpy as np
from numpy.typing import NDArray

from bbsim.events.fact import Event
from bbsim.quick import record

__all__ = [
    "AccessBegun",
    "CrewsHired",
    "EquipmentRetired",
    "EquipmentReused",
    "HomesConnected",
    "HomesPassed",
    "PlacesPaid",
    "PremisesConnected",
    "PremisesMoved",
    "PremisesPassed",
    "SatelliteLaunched",
    "SatelliteRetired",
]


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


# ---- access by technology: only where a scenario has a `last_mile` --------------------------------
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
    nodes: NDArray[np.int64] = field(compare=False)
    counts: NDArray[np.int64] = field(compare=False)


@record
class PremisesMoved(Event):
    """Homes or businesses leave a technology for a better one."""

    premises: str
    technology: str
    to_technology: str
    nodes: NDArray[np.int64] = field(compare=False)
    counts: NDArray[np.int64] = field(compare=False)


@record
class EquipmentRetired(Event):
    """Terminals or sites of some places are taken down; `kept` of them can be used elsewhere."""

    what: str
    technology: str
    nodes: NDArray[np.int64] = field(compare=False)
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
    nodes: NDArray[np.int64] = field(compare=False)
    amounts_cents: NDArray[np.int64] = field(compare=False)


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
