"""What public sites and mobile units do to the state: they open, get their lines, and stay at stops."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bbsim import events as ev

if TYPE_CHECKING:
    from bbsim.state import State


def _opened(state: State, event: ev.SiteOpened) -> None:
    state.sites_open[event.name] = event.minute, event.node
    state.sites += 1


def _connected(state: State, event: ev.SiteConnected) -> None:
    by_fibre = event.why == "fibre"
    lines = state.sites_line if by_fibre else state.sites_dish
    lines[event.name] = event.minute, event.node, event.gbps
    if by_fibre:
        state.site_gbps[event.node] += event.gbps
    state.sites += 1


def _stayed(state: State, event: ev.UnitStayed) -> None:
    days, served = state.units.get(event.name, (0, 0))
    state.units[event.name] = days + event.days, served + event.served_days


APPLY: dict[type[ev.Event], Any] = {
    ev.SiteOpened: _opened,
    ev.SiteConnected: _connected,
    ev.UnitStayed: _stayed,
}
"""What each of these events does to a state; the others of public sites are only noted."""
