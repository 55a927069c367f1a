"""The closed list of everything that can happen.

An event is a fact with a time: whole minutes since the scenario's start. Nodes, spans, projects and funds
are integers (positions in the country, the run's projects, the scenario's funds, of which `FUNDS` come
first); money is whole cents of the ledger's currency. What is not told by an event did not happen:
`bbsim.state.State` is rebuilt from these alone. Each module of this room holds the kinds of one question.
"""

from __future__ import annotations

from dataclasses import fields

from bbsim.events import access, building, money, sites, trouble
from bbsim.events.access import *  # noqa: F403 - every kind of event is to be had here
from bbsim.events.building import *  # noqa: F403 - the same
from bbsim.events.fact import Event as Event
from bbsim.events.money import *  # noqa: F403 - the same
from bbsim.events.sites import *  # noqa: F403 - the same
from bbsim.events.trouble import *  # noqa: F403 - the same

KINDS: dict[str, type[Event]] = {
    name: kind
    for module in (money, building, access, sites, trouble)
    for name in module.__all__
    if isinstance(kind := getattr(module, name), type)
}
"""By name, every kind of event."""

_NAMES = {kind: tuple(f.name for f in fields(kind)) for kind in KINDS.values()}


def names_of(kind: type[Event]) -> tuple[str, ...]:
    """The fields of a kind of event, in order, ``minute`` first."""
    return _NAMES[kind]


_VECTORS = {kind: tuple(i for i, f in enumerate(fields(kind)) if not f.compare) for kind in KINDS.values()}


def vectors_of(kind: type[Event]) -> tuple[int, ...]:
    """Positions, among the fields of a kind of event, of those that are whole arrays."""
    return _VECTORS[kind]
