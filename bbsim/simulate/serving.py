"""What goes on at public sites: queues at desks, mobile units on tour, and homes that are drawn along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.sections.sites import MobileUnit
from bbsim.simulate.desks import day_at_desks
from bbsim.simulate.sites import Office
from bbsim.simulate.world import Process, World
from bbsim.units import months_after


def queues(office: Office) -> Process:
    """On the first of each month, play a day at the desks of every centre whose applicants have changed."""
    world, played = office.world, dict[str, float]()
    day, first = 0, world.scenario.start
    while day < world.days:
        yield world.until(day)
        if office.section.applications_per_person_per_year:
            _play(office, first, played)
        first = months_after(first.replace(day=1), 1)
        day = (first - world.scenario.start).days


def _play(office: Office, today: date, played: dict[str, float]) -> None:
    world = office.world
    moment = office.applying.look(world.state, today)
    works = moment.open & moment.connected & office.applying.serves
    for i in np.flatnonzero(works & (moment.at_desks > 0)).tolist():
        known = office.applying.known[i]
        kind = office.class_of(known)
        desks = known.desks * known.count
        per_hour = float(moment.at_desks[i]) / (kind.open_days_per_year * kind.open_hours_per_day)
        before = played.get(known.site)
        same = before is not None and abs(per_hour / before - 1.0) <= office.section.queue_again_at_share
        if not desks or same:
            continue
        played[known.site] = per_hour
        luck = world.streams["desks", f"{known.site} {world.today}"]
        day = day_at_desks(per_hour, desks, kind.minutes_per_application, kind.open_hours_per_day, luck)
        waits = day.mean_minutes, day.p90_minutes
        count = len(day.waited_minutes)
        world.record(ev.DesksWatched(world.now, known.site, known.node, count, *waits, day.busy_share))


# ---- mobile units -----------------------------------------------------------------------------
def tour(world: World, unit: MobileUnit) -> Process:
    """Stop after stop: each working day counts as served if the stop has coverage on its morning."""
    stops = [world.country.node_index[stop] for stop in unit.stops]
    covered = [_coverage(world, unit, stop) for stop in stops]
    first = (unit.begins - world.scenario.start).days
    each = 365.25 / unit.open_days_per_year
    lasts = not world.scenario.dangers and not world.scenario.leases
    worked, at, days, served = 0, 0, 0, 0
    while (day := first + int(worked * each)) < world.days:
        # Where nothing can be lost, a stop that is covered today is so on every later day of the stay.
        left = unit.days_per_stop - 1 - worked % unit.days_per_stop
        if lasts and day > 0 and left and first + int((worked + left) * each) < world.days and covered[at]():
            days, served, worked = days + left, served + left, worked + left
            continue
        if day >= 0:
            yield world.until(day)
            days, served = days + 1, served + covered[at]()
        worked += 1
        if worked % unit.days_per_stop == 0:
            if days:
                world.record(ev.UnitStayed(world.now, unit.unit, stops[at], days, served))
            days, served, at = 0, 0, (at + 1) % len(stops)
    if days:
        yield world.env.timeout(0)
        world.record(ev.UnitStayed(world.now, unit.unit, stops[at], days, served))


def _coverage(world: World, unit: MobileUnit, stop: int) -> Callable[[], bool]:
    """Whether a stop has the coverage that a unit needs, asked on a day."""
    xyz, state = world.country.ecef_km, world.state
    near = np.flatnonzero(np.sqrt(((xyz - xyz[stop]) ** 2).sum(axis=1)) <= unit.reach_km)
    looked, found = -1, False

    def covered() -> bool:
        nonlocal looked, found
        if "satellite" in unit.coverage and state.satellites:
            return True
        if looked != state.service:  # else every place is as it was
            on_fibre = state.on_fibre()
            found = bool("fibre" in unit.coverage and on_fibre[stop])
            found |= bool("near_fibre" in unit.coverage and on_fibre[near].any())
            looked = state.service
        return found

    return covered


# ---- a hypothesis -----------------------------------------------------------------------------
def lifted(office: Office, target: NDArray[np.int64], passed: NDArray[np.int64]) -> NDArray[np.int64]:
    """(nodes,) homes that are to be connected, if centres lift adoption near them; never more than passed."""
    rule = office.section.adoption_lift
    opened, _, connected = office.applying.standing(office.world.state)
    near = office.applying.minutes(office.world.state, opened & connected) <= rule.within_minutes
    more = np.floor(target * (1.0 + rule.lift_share)).astype(np.int64)
    return np.where(near, np.minimum(more, passed), target)
