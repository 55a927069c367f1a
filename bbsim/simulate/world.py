"""What the clock's processes share: the state, the record of events, the resources and the calendar.

Nothing else writes: `World.record` applies an event to the state and appends it to the past.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import numpy as np
import simpy
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.country import Country
from bbsim.errors import InputError, ModelError, Problem
from bbsim.models import answers
from bbsim.models.cost import Prices
from bbsim.models.joint import saving_share
from bbsim.rng import Streams
from bbsim.scenario import Lease, Scenario
from bbsim.simulate.clock import Clock
from bbsim.simulate.disturbed import Disturbed
from bbsim.simulate.resources import Servers
from bbsim.simulate.seasons import Seasons
from bbsim.simulate.till import Till
from bbsim.state import State
from bbsim.uncertain import Uncertain
from bbsim.units import MINUTES_PER_DAY, months_after

Process = Generator[simpy.Event, Any, None]


class Awarded(Protocol):
    """What hazards may know of a project."""

    target: int
    spans: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Models:
    """The models of a run, one a role."""

    priority: Any
    cost: Any
    demand: Any
    adoption: Any
    traffic: Any


class World:
    """The clock's own view of a run.

    Attributes
    ----------
    crews : by base, then by kind of crew.
    desks : by authority.
    prices : of spans that are awarded today; a project keeps those of its award.
    base_of_region : index of the base that serves a region.
    civil_days : by base, working days that civil crews still have before them in awarded projects.
    files : by authority, permits that awarded projects still need.
    """

    def __init__(self, scenario: Scenario, country: Country, models: Models, streams: Streams) -> None:
        self.scenario, self.country, self.models, self.streams = scenario, country, models, streams
        self.env = Clock()
        self.state = State(country, scenario.opening_minor)
        self.events: list[ev.Event] = []
        self._apply, self._keep = self.state.apply, self.events.append
        self.till = Till(self)
        with answers.asked("cost", scenario.cost.use, scenario.start):
            prices = models.cost.prices(country)
        self.full_prices: Prices = answers.prices(
            prices, len(country.span_ids), len(country.ids), use=scenario.cost.use, on=scenario.start
        )
        self.first_prices = self.full_prices
        self.prices = self.prices_on(scenario.start)
        self.days = (scenario.end - scenario.start).days
        self.horizon = self.days * MINUTES_PER_DAY
        self.seasons = Seasons(scenario.seasons, scenario.start, self.days)
        self.bases = scenario.crews.bases
        self.base_of_region = {region: i for i, base in enumerate(self.bases) for region in base.regions}
        self._base_of_span, self._base_of_node = (
            [self.base_of_region.get(region, len(self.bases)) for region in table["region"]]
            for table in (country.spans, country.nodes)
        )
        paces = {str(terrain): km for terrain, km in scenario.crews.pace.civil_km_per_day.items()}
        self._pace_of_span = [paces.get(terrain) for terrain in country.terrain]
        self._working_days_per_year = scenario.crews.pace.working_days_per_year
        self.crews = [
            {kind: Servers(self.env, getattr(base, kind)) for kind in ("civil", "cable", "splice")}
            for base in self.bases
        ]
        self.authorities = sorted(scenario.permits)
        self.desks = {name: Servers(self.env, scenario.permits[name].desks) for name in self.authorities}
        self.civil_days = [0.0] * len(self.bases)
        self.files = dict.fromkeys(self.authorities, 0)
        self.lit_by: dict[int, simpy.Event] = {}
        """For a span that a project will light: the event of its commissioning."""
        self.rents = [(round(lease.usd_per_year * 100), self._rent_days(lease)) for lease in scenario.leases]
        """By lease: the rent, and the days on which it is still to be paid."""
        self.on_lit: list[Callable[[int], None]] = []
        """Called with a node when its access node is commissioned."""
        self.on_money: list[Callable[[], None]] = []
        """Called when free money appears."""
        self.drawn_along: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.int64]] | None = None
        """Homes to be connected and homes passed -> homes to be connected, if public sites lift adoption."""
        self.disturbed: Disturbed | None = None
        """What hazards have in store; none without hazards."""
        self.inboxes: dict[type[ev.Event], list[Any]] = {}
        """By kind of event, the hazards that listen for it."""
        self.losses_in_orbit: dict[str, simpy.Event] = {}
        """By name of a satellite that is up: the event of its loss."""
        self.plans: dict[int, Awarded] = {}
        """Projects awarded and not ready yet, by number; kept for hazards."""

    # ---- the record ---------------------------------------------------------------------------
    @property
    def now(self) -> int:
        """Whole minutes since the scenario's start."""
        return self.env._now  # type: ignore[return-value]  # as `Clock.minute`, which would be asked once more

    @property
    def today(self) -> int:
        """Whole days since the scenario's start."""
        return self.env.minute // MINUTES_PER_DAY

    def date(self, day: int | None = None) -> datetime.date:
        """The calendar date of a day, today if not given."""
        return self.scenario.start + timedelta(days=self.today if day is None else day)

    def record(self, event: ev.Event) -> None:
        """Make an event part of the past. The only way in which the clock acts."""
        self._apply(event)
        self._keep(event)
        if self.inboxes:
            for inbox in self.inboxes.get(type(event), ()):
                inbox.hear(event)

    # ---- time ---------------------------------------------------------------------------------
    def delay(self, days: float) -> simpy.Event:
        """Whole days from now, rounded up; the one checked door for durations.

        Raises
        ------
        ModelError
            for a duration that is not finite or negative: simpy would take NaN and lose the order of time.
        """
        if not math.isfinite(days) or days < 0:
            raise ModelError(Problem("duration", f"a duration of {days} days on {self.date()}"))
        return self.env.timeout(math.ceil(days - 1e-9) * MINUTES_PER_DAY)

    def after(self, days: float, act: Callable[[], None]) -> None:
        """Act once, so many days from now: for what does nothing but wait, a process would be too much."""
        callbacks = self.delay(days).callbacks
        assert callbacks is not None
        callbacks.append(lambda _: act())

    def until(self, day: int) -> simpy.Event:
        """The beginning of a later day."""
        return self.env.timeout(max(int(day) * MINUTES_PER_DAY - self.now, 0))

    def calendar_days(self, working_days: float) -> int:
        """Calendar days that so many working days take, whole and at least one."""
        return max(1, math.ceil(working_days * 365.25 / self._working_days_per_year - 1e-9))

    def _rent_days(self, lease: Lease) -> list[int]:
        """The lease's first day and its anniversaries, before the horizon."""
        start = self.scenario.start
        first = max(lease.begins, start)
        years = range(self.scenario.end.year - first.year + 1)
        days = [(months_after(first, 12 * year) - start).days for year in years]
        return [day for day in days if day < self.days]

    def rents_to_come(self, until: int) -> int:
        """Cents of rent that fall due from today to before a day: no award and no transfer may take them."""
        return sum(cents * sum(day < until for day in days) for cents, days in self.rents)

    # ---- equipment ----------------------------------------------------------------------------
    def unit_gbps(self, span: int) -> float:
        """What one more port lights on a span."""
        equipment = self.scenario.equipment
        return equipment.spur_gbps if self.country.follows[span] == "spur" else equipment.corridor_gbps

    def node_unit_gbps(self, node: int) -> float:
        """What one more uplink gives an access node."""
        equipment = self.scenario.equipment
        return equipment.city_node_gbps if self.country.is_city[node] else equipment.node_gbps

    def prices_on(self, on: datetime.date) -> Prices:
        """What spans cost that are awarded on a day: less where another programme has its trenches open."""
        open_now = [works for works in self.scenario.joint_works if works.begins <= on < works.ends]
        if not open_now:
            return self.full_prices
        return self.full_prices.saving(saving_share(self.country, open_now))

    # ---- look-ups -----------------------------------------------------------------------------
    def base_of_span(self, span: int) -> int:
        """Index of the crew base that serves a span."""
        return self._base_of_span[span]

    def base_of_node(self, node: int) -> int:
        """Index of the crew base that serves a node."""
        return self._base_of_node[node]

    def offices(self, spans: list[int]) -> list[str]:
        """The authorities whose permit a route needs, by name."""
        follows = {self.country.follows[span] for span in spans}
        return [name for name in self.authorities if follows & set(self.scenario.permits[name].follows)]

    def civil_days_of(self, span: int, metres: float) -> float:
        """Working days of one civil crew for so many metres of a span."""
        pace = self._pace_of_span[span]
        if pace is None:
            terrain = self.country.terrain[span]
            raise InputError(
                Problem("no-pace", f"no pace for terrain '{terrain}'", path="crews.pace.civil_km_per_day")
            )
        return float(metres / 1000.0 / pace)

    def draws(self, purpose: str, entity: str, amounts: list[Uncertain]) -> list[float]:
        """One draw of each amount, from a stream of its own; the n-th amount always uses the n-th uniform."""
        if all(amount.fixed for amount in amounts):
            return [amount.mean for amount in amounts]
        uniforms = self.streams.uniforms(purpose, entity, len(amounts))
        return [amount.quantile(u) for amount, u in zip(amounts, uniforms, strict=True)]

    def money_came(self) -> None:
        """Tell those who wait for money."""
        for tell in self.on_money:
            tell()
