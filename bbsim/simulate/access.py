"""Homes: passed in dated lots by access crews, and connected as the adoption model says.

Lots are handed to crews cheapest home first, and only when the access fund holds their price.
"""

from __future__ import annotations

import heapq

import numpy as np

from bbsim import events as ev
from bbsim.models.answers import numbers
from bbsim.simulate.world import MINUTES_PER_DAY, Process, World
from bbsim.state import NEVER
from bbsim.technology import Technology

ACCESS = ev.FUNDS.index("access")
MINUTES_PER_YEAR = 365.25 * MINUTES_PER_DAY


class AccessYard:
    """The access crews of one base, and the lots that wait for them."""

    def __init__(self, world: World, base: int, technology: Technology) -> None:
        self._world, self._technology = world, technology
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
        self.dispatch()

    def dispatch(self) -> None:
        """Send out crews as long as there are crews, lots and money."""
        world = self._world
        while self._idle and self._lots:
            cents_per_home, node, _, homes = self._lots[0]
            cents = cents_per_home * homes
            if cents > world.state.free_in(ACCESS):
                return
            heapq.heappop(self._lots)
            self._idle -= 1
            world.record(ev.MoneyReserved(world.now, ACCESS, -1, cents))
            world.env.process(self._pass(node, homes, cents))

    def _pass(self, node: int, homes: int, cents: int) -> Process:
        world = self._world
        yield world.delay(world.calendar_days(homes / world.scenario.crews.pace.homes_passed_per_day))
        world.record(ev.HomesPassed(world.now, -1, node, homes))
        world.record(ev.Spent(world.now, ACCESS, -1, "homes_passed", node, cents))
        self._idle += 1
        self.dispatch()


class Access:
    """All yards; a place's homes come into its yard's queue when its access node is commissioned."""

    def __init__(self, world: World, technology: Technology) -> None:
        self._world = world
        self._yards = [AccessYard(world, base, technology) for base in range(len(world.bases))]
        world.on_lit.append(self.place_lit)

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
        answer = world.models.adoption.connected(state.passed, years)
        use = world.scenario.adoption.use
        target = numbers(answer, len(state.passed), role="adoption", use=use, on=world.date())
        target = np.minimum(target.astype(np.int64), state.passed)
        more = np.where(state.on_fibre(), np.maximum(target - state.connected, 0), 0)
        if more.any():
            world.record(ev.HomesConnected(world.now, more))
