"""A run watched while it happens: what its live state was, and what models said of it."""

from __future__ import annotations

from dataclasses import dataclass, field

EVERY_DAYS = 97
"""Days between two looks at the live state's answers: a prime, so that no rhythm of the year is met."""


@dataclass
class Watched:
    """A run and what was seen in its live state: a fingerprint and the money for every day with an event."""

    run: object = None
    fingerprint: dict = field(default_factory=dict)
    answers: dict = field(default_factory=dict)


def watch(scenario, country, **options):
    """Simulate, and note the live state at the end of every day on which something happened."""
    from bbsim.simulate import simulate
    from bbsim.simulate.world import World

    seen = Watched()
    record = World.record

    def noting(world, event):
        day = world.state.minute // 1440
        if event.minute // 1440 > day:
            seen.fingerprint[day] = world.state.fingerprint()
            if day // EVERY_DAYS != event.minute // 1440 // EVERY_DAYS:
                seen.answers[day] = answers(world.models, world.state)
        record(world, event)

    World.record = noting
    try:
        seen.run = simulate(scenario, country, **options)
    finally:
        World.record = record
    return seen


def answers(models, state):
    """What models and questions say about a state, as plain values."""
    import numpy as np
    from bbsim import technology
    from bbsim.metrics.carried import Carrier

    years = np.where(state.passed_minute < 0, 0.0, (state.minute - state.passed_minute) / (365.25 * 1440))
    carried = Carrier(state.country, technology.find("gpon"), 0.1, models.traffic.routing()).solve(state, 0.5)
    return {
        "connected": models.adoption.connected(state.passed, years).tolist(),
        "on_fibre": state.on_fibre().tolist(),
        "open": [o.tolist() for o in (state.open_nodes(), state.open_spans())],
        "delivered": carried.delivered_gbps.tolist(),
        "load": carried.load_gbps.tolist(),
        "free": state.free,
    }
