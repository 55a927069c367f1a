"""What goes wrong, as the state sees it: stops of work, prices, cuts and failures, each with its way back.

Failures are counted, not switched: a span that is cut twice is mended twice before it carries light again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.built import OPERATIONAL, UNDER_CONSTRUCTION
from bbsim.units import MINUTES_PER_DAY

if TYPE_CHECKING:
    from bbsim.state import State


def _stopped(state: State, event: ev.WorkStopped) -> None:
    until = event.minute + event.days * MINUTES_PER_DAY
    state.stopped[event.zone] = max(state.stopped.get(event.zone, 0), until)


def _condemned(state: State, event: ev.SectionCondemned) -> None:
    state.laid_m[event.span] -= event.metres
    state.span_status[event.span] = UNDER_CONSTRUCTION  # as before it was laid


def _prices(state: State, event: ev.PricesChanged) -> None:
    state.price_factors = (event.material_factor, event.labour_factor)


def _satellite_lost(state: State, event: ev.SatelliteLost) -> None:
    state.satellites.pop(event.name, None)


def _cut(by: int, state: State, event: Any) -> None:
    state.cuts[event.span] += by
    _look_again(state, [event.span])


def _node(by: int, state: State, event: Any) -> None:
    state.faults[event.node] += by
    _look_again(state, [span for _, span in state.country.adjacent[event.node]], event.node)


def _gateway(by: int, state: State, event: Any) -> None:
    state.transit_faults[event.node] += by
    state.paths_change(None, [])


def _look_again(state: State, spans: list[int], node: int | None = None) -> None:
    """These spans, or what stands at their end, have failed or are mended."""
    lost: list[int] = []
    back: list[int] = []
    for span in spans:
        a, b = state.country.u[span], state.country.v[span]
        now = bool(state.cuts[span] or state.faults[a] or state.faults[b])
        if now != state.broken[span] and state.span_status[span] == OPERATIONAL:
            (lost if now else back).append(span)
        state.broken[span] = now
    state.paths_change(None if node is not None and state.transit_gbps[node] > 0 else lost, back)


def cut_off(state: State, lost: list[int], back: list[int]) -> bool:
    """Take from those reached who lies behind the one lost span; False if that can't be told from there.

    Both sides are followed in turn: they meet, and nobody is cut off, or the smaller one ends, and is.
    """
    if len(lost) != 1 or back:
        return False
    reach = state._reach
    assert reach is not None
    side = {int(state.country.u[lost[0]]): 0, int(state.country.v[lost[0]]): 1}
    ends = list(side)
    if not (reach[ends[0]] and reach[ends[1]]):
        return not reach[ends[0]] and not reach[ends[1]]
    found = [[ends[0]], [ends[1]]]
    at, turn = [0, 0], 0
    while at[turn] < len(found[turn]):
        for other, span in state.country.adjacent[found[turn][at[turn]]]:
            if state.span_status[span] != OPERATIONAL or state.broken[span]:
                continue
            there = side.get(other)
            if there is None:
                side[other] = turn
                found[turn].append(other)
            elif there != turn:
                return True
        at[turn] += 1
        turn = 1 - turn
    if state.ways_out[found[turn]].any():
        return False
    reach[found[turn]] = False
    return True


def search(state: State) -> NDArray[np.bool_]:
    """(nodes,) what a search of everything lit finds from the gateways, past whatever is broken."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, lit = len(state.node_status), np.flatnonzero(state.passable)
    ends = state.country.u[lit], state.country.v[lit]
    _, part = connected_components(coo_array((np.ones(len(lit)), ends), shape=(n, n)), directed=False)
    found = np.zeros(n, dtype=bool)
    found[part[state.ways_out]] = True
    return np.asarray(found[part])


APPLY: dict[type[ev.Event], Any] = {
    ev.WorkStopped: _stopped,
    ev.SectionCondemned: _condemned,
    ev.PricesChanged: _prices,
    ev.SatelliteLost: _satellite_lost,
    ev.SpanCut: lambda state, event: _cut(1, state, event),
    ev.SpanRepaired: lambda state, event: _cut(-1, state, event),
    ev.NodeFailed: lambda state, event: _node(1, state, event),
    ev.NodeRepaired: lambda state, event: _node(-1, state, event),
    ev.GatewayFailed: lambda state, event: _gateway(1, state, event),
    ev.GatewayRepaired: lambda state, event: _gateway(-1, state, event),
}
"""What each of these events does to a state."""
