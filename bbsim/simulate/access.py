"""Homes: passed in dated lots by access crews, and connected as the adoption model says.

Lots are handed to crews cheapest home first, and only when the access fund holds their price.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial

import numpy as np

from bbsim import events as ev
from bbsim.models.answers import asked, numbers, whole_homes
from bbsim.simulate.till import ACCESS, Pledge
from bbsim.simulate.world import Process, World
from bbsim.state import NEVER
from bbsim.technology import Technology
from bbsim.units import MINUTES_PER_DAY

MINUTES_PER_YEAR = 365.25 * MINUTES_PER_DAY


class AccessYard:
    """The access crews of one base, and the lots that wait for them."""

    def __init__(self, world: World, base: int, technology: Technology, tell: Callable[[], None]) -> None:
        self._world, self._technology, self._tell = world, technology, tell
        self.homes_waiting = 0
        self._idle = world.bases[base].access
        self._lots: list[tuple[int, int, int, int]] = []
        world.on_money.append(self.dispatch)

    def add(self, node: int, homes: int) -> None:
        """Cut the homes of a place into lots and put them into the queue."""
        size = self._world.scenario.access.homes_per_lot
        cents = self._technology.cents_per_home_passed(self._world.country.kind[node])
        for number in range(-(-homes // size)):
            lot = min(size, homes - number * size)
            heapq.heappush(self._lots, (cents, node, number, lot))
            self.homes_waiting += lot
        self.dispatch()

    def dispatch(self) -> None:
        """Send out crews as long as there are crews, lots and money."""
        world = self._world
        while self._idle and self._lots:
            cents_per_home, node, _, homes = self._lots[0]
            cents = cents_per_home * homes
            if cents > world.till.free(ACCESS):
                break
            heapq.heappop(self._lots)
            self.homes_waiting -= homes
            self._idle -= 1
            pledge = world.till.reserve(ACCESS, -1, cents)
            days = world.calendar_days(homes / world.scenario.crews.pace.homes_passed_per_day)
            world.after(days, partial(self._passed, node, homes, cents, pledge))
        self._tell()

    @property
    def waits_for(self) -> str:
        """What the lots in the queue wait for."""
        return "money" if self._idle else "crews"

    def _passed(self, node: int, homes: int, cents: int, pledge: Pledge) -> None:
        world = self._world
        world.record(ev.HomesPassed(world.now, -1, node, homes))
        world.till.work_done(pledge, "homes_passed", node, cents)
        world.till.accepted(pledge)
        self._idle += 1
        self.dispatch()


class Access:
    """All yards; a place's homes come into its yard's queue when its access node is commissioned."""

    def __init__(self, world: World, technology: Technology) -> None:
        self._world = world
        self._yards: list[AccessYard] = []
        self._yards += [AccessYard(world, base, technology, self._tell) for base in range(len(world.bases))]
        world.on_lit.append(self.place_lit)

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
            self._yards[world.base_of_node(node)].add(node, homes)


def adoption(world: World) -> Process:
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
        years = np.where(
            state.passed_minute == NEVER, 0.0, (world.now - state.passed_minute) / MINUTES_PER_YEAR
        )
        use = world.scenario.adoption.use
        with asked("adoption", use, world.date()):
            answer = world.models.adoption.connected(state.passed, years)
        target = numbers(answer, len(state.passed), role="adoption", use=use, on=world.date())
        target = whole_homes(target, state.passed, use=use, on=world.date())
        more = np.where(state.on_fibre(), np.maximum(target - state.connected, 0), 0)
        if more.any():
            world.record(ev.HomesConnected(world.now, more))
