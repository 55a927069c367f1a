"""Homes: passed in dated lots by access crews, and connected as the adoption model says.

Lots are handed to crews cheapest home first, and only when the access fund holds their price. Where the
scenario has a `last_mile`, interim technologies and businesses come beside (`bbsim.simulate.last_mile`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.built import NEVER
from bbsim.models.answers import asked, numbers, whole_homes
from bbsim.simulate.last_mile import LastMile
from bbsim.simulate.lots import Lot, Yard
from bbsim.simulate.till import Pledge
from bbsim.simulate.world import Process, World
from bbsim.technology import Technology
from bbsim.units import MINUTES_PER_DAY

MINUTES_PER_YEAR = 365.25 * MINUTES_PER_DAY


class Access:
    """All yards; a place's homes come into its yard's queue when its access node is commissioned."""

    def __init__(self, world: World, technology: Technology, mile: LastMile | None = None) -> None:
        self._world, self._technology, self._mile = world, technology, mile
        self._yards: list[Yard] = []
        ramp, stale = (None, None) if mile is None else (mile.section.ramp, mile.stale)
        self._yards += [
            Yard(world, base, self._tell, self._handed_over, ramp=ramp, stale=stale)
            for base in range(len(world.bases))
        ]
        world.on_lit.append(self.place_lit)
        if mile is not None:
            mile.queue = self._queue

    def _tell(self) -> None:
        """Record how many homes wait for what, if that has changed."""
        waiting = {"money": 0, "crews": 0}
        for yard in self._yards:
            waiting[yard.waits_for] += yard.homes_waiting
        if waiting != self._world.state.homes_held:
            self._world.record(ev.HomesHeld(self._world.now, waiting["money"], waiting["crews"]))

    def place_lit(self, node: int) -> None:
        """Queue the homes of a place that are still to be passed."""
        world = self._world
        share = world.scenario.access.target_share * world.country.population_factor(world.date())
        homes = int(world.country.households[node] * share) - int(world.state.passed[node])
        if homes > 0:
            self._queue(node, self._lots(node, homes))

    def _queue(self, node: int, lots: list[Lot]) -> None:
        self._yards[self._world.base_of_node(node)].add(lots)

    def _lots(self, node: int, homes: int) -> list[Lot]:
        """The homes of a place cut into lots."""
        size = self._world.scenario.access.homes_per_lot
        out = []
        for number in range(-(-homes // size)):
            lot = min(size, homes - number * size)
            if self._mile is None:
                a_home = self._technology.cents_per_home_passed(self._world.country.kind[node])
                out.append(Lot(a_home, node, number, lot, a_home * lot))
            else:
                cents, bought, _ = self._mile.price(self._technology, node, lot)
                laboured = cents - bought
                out.append(
                    Lot(cents // lot, node, number, lot, cents, bought_cents=bought, laboured_cents=laboured)
                )
        return out

    def _handed_over(self, lot: Lot, pledge: Pledge | None) -> None:
        world = self._world
        if lot.technology:
            assert self._mile is not None
            self._mile.handed_over(lot, pledge)
            return
        assert pledge is not None
        world.record(ev.HomesPassed(world.now, -1, lot.node, lot.homes))
        world.till.work_done(pledge, "homes_passed", lot.node, lot.cents)
        world.till.accepted(pledge)
        if self._mile is not None:
            self._mile.programme_passed(lot)


def adoption(world: World, mile: LastMile | None = None) -> Process:
    """On the first of each month, connect as many homes as the model says, all places at once."""
    state = world.state
    day = 0
    while True:
        date = world.date(day)
        day = (
            date.replace(year=date.year + date.month // 12, month=date.month % 12 + 1, day=1) - world.date(0)
        ).days
        if day >= world.days:
            return
        yield world.until(day)
        if mile is not None:
            mile.first_of_month(lambda passed, years: wanted(world, passed, years))
            continue
        years = np.where(
            state.passed_minute == NEVER, 0.0, (world.now - state.passed_minute) / MINUTES_PER_YEAR
        )
        target = wanted(world, state.passed, years)
        if world.drawn_along is not None:
            target = world.drawn_along(target, state.passed)
        more = np.where(state.on_fibre(), np.maximum(target - state.connected, 0), 0)
        if more.any():
            world.record(ev.HomesConnected(world.now, more))


def wanted(world: World, passed: NDArray[np.int64], years: NDArray[np.float64]) -> NDArray[np.int64]:
    """Homes that are to be connected, of so many that were passed so many years ago: the model's answer."""
    use = world.scenario.adoption.use
    with asked("adoption", use, world.date()):
        answer = world.models.adoption.connected(passed, years)
    target = numbers(answer, len(passed), role="adoption", use=use, on=world.date())
    return whole_homes(target, passed, use=use, on=world.date())
