"""Satellites: launched, late or lost, at the end of their lives, and followed by successors.

A successor is ordered in time to be there when the life ends; after a loss it is ordered on that day, and the
country waits for it.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import simpy

from bbsim import events as ev
from bbsim.sections.sky import Satellite
from bbsim.simulate.disturbed import late
from bbsim.simulate.world import Process, World

DAYS_PER_YEAR = 365.25


def in_orbit(world: World, satellite: Satellite) -> Process:
    """One satellite after the other under the same name, to the end of the run."""
    life = round(satellite.lifetime_years * DAYS_PER_YEAR)
    planned = (satellite.launched - world.scenario.start).days
    follows = satellite.successor_years is not None
    while planned + life <= 0 and follows:
        planned += life
    number = 0
    while planned < world.days and planned + life > 0:
        lost = yield from _one(world, satellite, planned, life, number)
        if satellite.successor_years is None:
            return
        number += 1
        planned = world.today + (round(satellite.successor_years * DAYS_PER_YEAR) if lost else 0)


def _one(
    world: World, satellite: Satellite, planned: int, life: int, number: int
) -> Generator[simpy.Event, Any, bool]:
    """Launch and life of one; true if it was lost, at its launch or before its time."""
    name = satellite.name
    yield world.until(max(planned, 0))
    if planned > 0:
        (slip,) = world.draws("launch", f"{name} {number}" if number else name, [satellite.slip_days])
        if slip:
            yield world.delay(slip)
        if world.disturbed and not number:
            yield from late(world, f"launch {name}")
    launched = world.today if planned > 0 else planned
    if world.disturbed and not satellite.constellation and (hazard := world.disturbed.lost.pop(name, None)):
        world.record(ev.SatelliteLost(world.now, hazard, name))
        return True
    world.record(ev.SatelliteLaunched(world.now, name, satellite.usable_gbps, satellite.line_mbps))
    world.losses_in_orbit[name] = gone = world.env.event()
    yield simpy.AnyOf(world.env, [world.until(launched + life), gone])
    if name not in world.state.satellites:
        return True
    world.record(ev.SatelliteRetired(world.now, name))
    return False
