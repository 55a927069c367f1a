"""What goes wrong, as the state sees it: stops of work, prices, cuts and failures, each with its way back.

Failures are counted, not switched: a span that is cut twice is mended twice before it carries light again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bbsim import events as ev
from bbsim.units import MINUTES_PER_DAY

if TYPE_CHECKING:
    from bbsim.state import State


def _stopped(state: State, event: ev.WorkStopped) -> None:
    until = event.minute + event.days * MINUTES_PER_DAY
    state.stopped[event.zone] = max(state.stopped.get(event.zone, 0), until)


def _condemned(state: State, event: ev.SectionCondemned) -> None:
    state.laid_m[event.span] -= event.metres
    state.span_status[event.span] = 2  # under construction, as before it was laid


def _prices(state: State, event: ev.PricesChanged) -> None:
    state.price_factors = (event.material_factor, event.labour_factor)


def _satellite_lost(state: State, event: ev.SatelliteLost) -> None:
    state.satellites.pop(event.name, None)


def _cut(by: int, state: State, event: Any) -> None:
    state.cuts[event.span] += by
    _look_again(state, [event.span])


def _node(by: int, state: State, event: Any) -> None:
    state.faults[event.node] += by
    _look_again(state, [span for _, span in state.country.adjacent[event.node]])


def _gateway(by: int, state: State, event: Any) -> None:
    state.transit_faults[event.node] += by
    _look_again(state, [])


def _look_again(state: State, spans: list[int]) -> None:
    """Paths have changed: what passes these spans, and who is reached, is asked anew."""
    for span in spans:
        a, b = state.country.u[span], state.country.v[span]
        state.broken[span] = bool(state.cuts[span] or state.faults[a] or state.faults[b])
    state.service += 1
    state.topology += 1
    state.losses += 1
    state.forget_reach()


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
