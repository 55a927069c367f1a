"""What is built, as the state sees it: plans, works and waits of projects, light, homes, satellites.

Statuses are those of the Open Fibre Data Standard, in the order in which a span goes through them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bbsim import events as ev

if TYPE_CHECKING:
    from bbsim.state import State

PROPOSED, PLANNED, UNDER_CONSTRUCTION, INACTIVE, OPERATIONAL = range(5)
STATUS_NAMES = ("proposed", "planned", "underConstruction", "inactive", "operational")
NEVER = -1
"""The minute of what has not happened."""


def _opened(state: State, event: ev.AreaOpened) -> None:
    state.area_open[event.area] = True
    state.areas_opened += 1
    state._open = state._find_open()


def _held(state: State, event: ev.PlannerHeld) -> None:
    state.held.update(money=event.money, permits=event.permits, crews=event.crews)


def _homes_held(state: State, event: ev.HomesHeld) -> None:
    state.homes_held.update(money=event.money, crews=event.crews)


def _planned(state: State, event: ev.PlanMade) -> None:
    state.projects_planned += 1
    spans, nodes = list(event.spans), list(event.nodes)
    state.span_status[spans] = np.maximum(state.span_status[spans], PLANNED)
    state.node_status[nodes] = np.maximum(state.node_status[nodes], PLANNED)


def _waiting(state: State, event: ev.Waiting) -> None:
    state.waiting[event.why] = state.waiting.get(event.why, 0) + 1


def _delayed(state: State, event: ev.Delayed) -> None:
    state.waiting[event.why] -= 1


def _section(state: State, event: ev.SectionLaid) -> None:
    state.laid_m[event.span] += event.metres
    state.span_status[event.span] = max(state.span_status[event.span], UNDER_CONSTRUCTION)


def _laid(state: State, event: ev.SpanLaid) -> None:
    state.span_status[event.span] = INACTIVE


def _lit(state: State, event: ev.SpanLit) -> None:
    state.span_status[event.span] = OPERATIONAL
    state.span_gbps[event.span] = event.gbps
    state.light_minute[event.span] = event.minute
    state.service += 1
    state.topology += 1
    state._newly_lit.append(event.span)


def _upgraded(state: State, event: ev.SpanUpgraded) -> None:
    state.span_gbps[event.span] = event.gbps
    state.light_minute[event.span] = event.minute
    state.topology += 1


def _darkened(state: State, event: ev.SpanDarkened) -> None:
    state.span_status[event.span] = INACTIVE
    state.span_gbps[event.span] = 0.0
    state.light_minute[event.span] = NEVER
    state.service += 1
    state.topology += 1
    state.losses += 1
    state._reach = None


def _node_upgraded(state: State, event: ev.NodeUpgraded) -> None:
    state.node_gbps[event.node] = event.gbps
    state.topology += 1


def _transit(state: State, event: ev.TransitBought) -> None:
    if (state.transit_gbps[event.node] > 0) != (event.gbps > 0):
        state._reach = None
        state.service += 1
    state.transit_gbps[event.node] = event.gbps
    state.topology += 1


def _activated(state: State, event: ev.NodeActivated) -> None:
    state.node_status[event.node] = OPERATIONAL
    state.node_gbps[event.node] = event.gbps
    state.lit_minute[event.node] = event.minute
    state.service += 1
    state.topology += 1


def _ready(state: State, _event: ev.ProjectReady) -> None:
    state.projects_ready += 1


def _passed(state: State, event: ev.HomesPassed) -> None:
    state.passed[event.node] += event.homes
    state.homes_passed += event.homes
    state.homes += 1
    if state.passed_minute[event.node] == NEVER:
        state.passed_minute[event.node] = event.minute
    if state.lines is not None:
        state.lines.passed_by_programme(event.node, event.homes, event.minute)


def _connected(state: State, event: ev.HomesConnected) -> None:
    state.connected += event.homes
    state.homes_connected += int(event.homes.sum())
    state.homes += 1
    if state.lines is not None:
        state.lines.homes.connect(-1, slice(None), event.homes)


def _launched(state: State, event: ev.SatelliteLaunched) -> None:
    state.satellites[event.name] = (event.gbps, event.line_mbps)


def _retired(state: State, event: ev.SatelliteRetired) -> None:
    del state.satellites[event.name]


def _noted(_state: State, _event: ev.Event) -> None:
    """Dates of a project's life: told by the events, needed by no later question to the state."""


APPLY: dict[type[ev.Event], Any] = {
    ev.AreaOpened: _opened,
    ev.PlannerHeld: _held,
    ev.HomesHeld: _homes_held,
    ev.PlanMade: _planned,
    ev.PermitRequested: _noted,
    ev.PermitGranted: _noted,
    ev.BuildStarted: _noted,
    ev.Waiting: _waiting,
    ev.Delayed: _delayed,
    ev.StageEnded: _noted,
    ev.SectionLaid: _section,
    ev.SpanLaid: _laid,
    ev.SpanLit: _lit,
    ev.SpanUpgraded: _upgraded,
    ev.SpanDarkened: _darkened,
    ev.NodeUpgraded: _node_upgraded,
    ev.TransitBought: _transit,
    ev.NodeActivated: _activated,
    ev.ProjectReady: _ready,
    ev.HomesPassed: _passed,
    ev.HomesConnected: _connected,
    ev.SatelliteLaunched: _launched,
    ev.SatelliteRetired: _retired,
    ev.SitePlanned: _noted,
    ev.DesksWatched: _noted,
    ev.SetBack: _noted,
    ev.GrantCut: _noted,
}
NOTED = frozenset(kind for kind, act in APPLY.items() if act is _noted)
"""Kinds that change no state."""
