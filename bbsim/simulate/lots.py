"""Lots of homes and the crews that build them: cheapest home first, when the fund holds the price."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from bbsim import events as ev
from bbsim.scenario import Ramp
from bbsim.simulate.ramp import DAYS_PER_YEAR, days_at_work, first_day
from bbsim.simulate.till import ACCESS, Pledge
from bbsim.simulate.world import World
from bbsim.units import MINUTES_PER_DAY

ALL_AT_ONCE = -MINUTES_PER_DAY * 40_000
"""Minute of the first day of crews that have learnt all there is."""


class Lot(NamedTuple):
    """Homes that are handed over together, in the order in which they are built.

    `technology` is that of an interim one, empty for the programme's own. `cents` are at the prices of the
    first day; of them `bought_cents` and `laboured_cents` follow prices that change.
    """

    cents_per_home: int
    node: int
    number: int
    homes: int
    cents: int
    technology: str = ""
    sites: int = 0
    fund: int = ACCESS
    homes_per_day: float = 0.0
    bought_cents: int = 0
    laboured_cents: int = 0

    def at_prices(self, material: float, labour: float) -> Lot:
        """The same when what is bought of it costs so many times what it did, and what is laboured."""
        more = self.bought_cents * (material - 1.0) + self.laboured_cents * (labour - 1.0)
        return self._replace(cents=self.cents + round(more)) if more else self


class Yard:
    """The access crews of one base, and the lots that wait for them."""

    def __init__(
        self,
        world: World,
        base: int,
        tell: Callable[[], None],
        handed_over: Callable[[Lot, Pledge | None], None],
        *,
        ramp: Ramp | None = None,
        stale: Callable[[Lot], bool] | None = None,
    ) -> None:
        self._world, self._base, self._tell, self._handed_over = world, base, tell, handed_over
        self._ramp, self._stale = ramp, stale
        self.homes_waiting = 0
        """Homes of the programme's own technology in the queue."""
        self._idle: list[int] = []
        """First minutes of the crews that have nothing to do; the most experienced is sent first."""
        self._lots: list[Lot] = []
        crews = world.bases[base].access
        days = [0 if ramp is None else first_day(crew, crews, ramp) for crew in range(1, crews + 1)]
        self._crews = days.count(0)
        self._idle = [ALL_AT_ONCE] * self._crews
        for day in days[self._crews :]:
            if day < world.days:
                world.after(day, self._hired)
        world.on_money.append(self.dispatch)

    def add(self, lots: list[Lot]) -> None:
        """Put lots into the queue."""
        for lot in lots:
            heapq.heappush(self._lots, lot)
            self.homes_waiting += 0 if lot.technology else lot.homes
        self.dispatch()

    def dispatch(self) -> None:
        """Send out crews as long as there are crews, lots and money."""
        world = self._world
        while self._idle and self._lots:
            lot = self._lots[0].at_prices(*world.state.price_factors)  # a lot keeps those of its order
            if self._stale is not None and self._stale(lot):
                heapq.heappop(self._lots)
                continue
            if lot.fund == ACCESS and lot.cents > world.till.free(ACCESS):
                break
            heapq.heappop(self._lots)
            self.homes_waiting -= 0 if lot.technology else lot.homes
            crew = heapq.heappop(self._idle)
            pledge = world.till.reserve(ACCESS, -1, lot.cents) if lot.fund == ACCESS else None
            world.after(self._days(lot, crew), partial(self._passed, lot, crew, pledge))
        self._tell()

    @property
    def waits_for(self) -> str:
        """What the lots in the queue wait for."""
        return "money" if self._idle else "crews"

    def _days(self, lot: Lot, crew: int) -> int:
        """Calendar days that a crew needs for a lot."""
        world = self._world
        pace = world.scenario.crews.pace
        working = lot.homes / (lot.homes_per_day or pace.homes_passed_per_day)
        if self._ramp is not None:  # what is learnt is learnt by the calendar
            stretch = DAYS_PER_YEAR / pace.working_days_per_year
            age = (world.now - crew) / MINUTES_PER_DAY
            working = days_at_work(working * stretch, age, self._ramp) / stretch
        return world.calendar_days(working)

    def _passed(self, lot: Lot, crew: int, pledge: Pledge | None) -> None:
        self._handed_over(lot, pledge)
        heapq.heappush(self._idle, crew)
        self.dispatch()

    def _hired(self) -> None:
        world = self._world
        self._crews += 1
        world.record(ev.CrewsHired(world.now, world.bases[self._base].base, self._crews))
        heapq.heappush(self._idle, world.now)
        self.dispatch()
