"""Public sites: planned, opened and connected; a day at their desks, and mobile units on tour."""

from __future__ import annotations

from bbsim.events.fact import Event
from bbsim.quick import record

__all__ = [
    "DesksWatched",
    "SiteConnected",
    "SiteOpened",
    "SitePlanned",
    "UnitStayed",
]


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
