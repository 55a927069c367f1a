"""Hazards at work: each gets a clock of its own name, by whose verbs alone it acts.

See `bbsim.models.hazards.verbs` for what each question and verb means.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from bbsim import events as ev
from bbsim.built import OPERATIONAL, PLANNED, UNDER_CONSTRUCTION
from bbsim.errors import ModelError, Problem
from bbsim.models.answers import asked
from bbsim.simulate.disturbed import Disturbed
from bbsim.simulate.planner import grant_days
from bbsim.simulate.world import Process, World
from bbsim.uncertain import Uncertain
from bbsim.units import MINUTES_PER_DAY

if TYPE_CHECKING:
    from bbsim.simulate.planner import Planner

FIRST_IN_QUEUE = (-1,)
"""Repairs come before the works of any project."""


class Inbox:
    """Events of one kind, kept until they are read, in the order in which they happened."""

    def __init__(self, env: simpy.Environment, fields: dict[str, Any]) -> None:
        self._env, self._fields = env, fields
        self._kept: deque[ev.Event] = deque()
        self._waiting: simpy.Event | None = None

    def hear(self, event: ev.Event) -> None:
        """Keep an event that is meant, or hand it to the reader who waits."""
        if any(getattr(event, name) != value for name, value in self._fields.items()):
            return
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.succeed(event)
        else:
            self._kept.append(event)

    def next(self) -> simpy.Event:
        """To be yielded: the next event that was not read yet."""
        turn = self._env.event()
        if self._kept:
            turn.succeed(self._kept.popleft())
        else:
            self._waiting = turn
        return turn


class HazardClock:
    """One hazard's view of a run."""

    def __init__(self, world: World, planner: Planner, name: str) -> None:
        assert world.disturbed is not None
        self._world, self._planner, self._memory = world, planner, world.disturbed
        self.name, self.scenario, self.country = name, world.scenario, world.country
        self.state, self.days = world.state, world.days

    # ---- time and luck ------------------------------------------------------------------------
    @property
    def now(self) -> int:
        """Whole minutes since the start."""
        return self._world.now

    @property
    def today(self) -> int:
        """Whole days since the start."""
        return self._world.today

    def date(self, day: int | None = None) -> date:
        """The date of a day, today if not given."""
        return self._world.date(day)

    def delay(self, days: float) -> simpy.Event:
        """So many days from now, whole minutes, rounded up."""
        return self._world.env.timeout(math.ceil(self._checked(days) * MINUTES_PER_DAY - 1e-6))

    def until(self, day: float) -> simpy.Event:
        """The beginning of a later day, or so far into it."""
        minute = math.ceil(self._checked(day) * MINUTES_PER_DAY - 1e-6)
        return self._world.env.timeout(max(minute - self.now, 0))

    def listen(self, kind: type[ev.Event], **fields: Any) -> Inbox:
        """From now on, every event of a kind whose fields have these values."""
        inbox = Inbox(self._world.env, fields)
        self._world.inboxes.setdefault(kind, []).append(inbox)
        return inbox

    def start(self, happening: Process) -> None:
        """Let something else go on beside this."""
        self._world.env.process(happening)

    def uniforms(self, entity: str, count: int = 1) -> list[float]:
        """So many numbers in [0, 1) that belong to this hazard and an entity."""
        return self._world.streams.uniforms(f"hazard {self.name}", entity, count)

    def draw(self, entity: str, amount: Uncertain) -> float:
        """One draw of an amount; it belongs to this hazard and an entity."""
        return amount.parameters[0] if amount.fixed else amount.quantile(self.uniforms(entity)[0])

    # ---- questions ----------------------------------------------------------------------------
    def route(self, project: int) -> tuple[int, ...]:
        """The spans of a project."""
        return self._world.plans[project].spans

    def place(self, project: int) -> str:
        """Node id of the place that a project is meant for."""
        return self.country.ids[self._world.plans[project].target]

    @property
    def projects(self) -> Sequence[int]:
        """Projects awarded and not ready yet, in the order of their award."""
        return list(self._world.plans)

    @property
    def grants(self) -> Sequence[tuple[int, int]]:
        """Day and cents of every grant that the scenario promises."""
        return grant_days(self._world)

    # ---- verbs: while building ----------------------------------------------------------------
    def set_back(self, project: int, stage: str, days: float) -> None:
        """Let a stage, or an opening, launch or grant, take so many days more."""
        self._memory.set_backs.setdefault((project, stage), []).append((self.name, self._checked(days)))

    def stretch(self, project: int, factor: float) -> None:
        """Let each stage of a project that is still to end last so many times as long."""
        self._memory.stretched.setdefault(project, []).append((self.name, self._checked(factor)))

    def stop_work(self, zone: str, spans: Sequence[int], days: int) -> None:
        """Nobody works on these spans for so many days; where nobody would, nothing happens."""
        status = self.state.span_status[np.asarray(spans, dtype=np.int64)]
        if days < 1 or not ((status == PLANNED) | (status == UNDER_CONSTRUCTION)).any():
            return
        self._memory.stop(zone, spans, (self.now, self.now + days * MINUTES_PER_DAY, self.name))
        self._world.record(ev.WorkStopped(self.now, self.name, zone, days))

    def halt(self, project: int, days: float) -> None:
        """Nobody begins another section of a project for so many days."""
        whole = math.ceil(self._checked(days) - 1e-9)
        if project not in self._world.plans or whole < 1:
            return
        until = self.now + whole * MINUTES_PER_DAY
        if until > self._memory.halted.get(project, (0, ""))[0]:
            self._memory.halted[project] = (until, self.name)
        self._world.record(ev.WorkStopped(self.now, self.name, f"route to {self.place(project)}", whole))

    def condemn(self, project: int, span: int, metres: int) -> None:
        """Some metres of a span that is laid and not lit are laid once more."""
        metres = min(metres, int(self.state.laid_m[span]))
        if metres < 1 or self.state.span_status[span] >= OPERATIONAL or project not in self._world.plans:
            return
        self._memory.condemned.setdefault(project, []).append((span, metres))
        self._world.record(ev.SectionCondemned(self.now, self.name, project, span, metres))

    def cut_grant(self, number: int, share: float) -> None:
        """Of a grant to come, a share never arrives."""
        share = min(self._checked(share), 1.0)
        self._memory.grants_cut.setdefault(number, []).append((self.name, share))

    def change_prices(self, material: float, labour: float) -> None:
        """What is awarded from now on costs so many times what it did."""
        before = self.state.price_factors
        factors = before[0] * self._checked(material), before[1] * self._checked(labour)
        self._world.record(ev.PricesChanged(self.now, self.name, *factors))
        self._world.full_prices = self._world.first_prices.times(*factors)
        self._planner.prices_changed()

    def lose_satellite(self, name: str) -> None:
        """A satellite is lost: in orbit, or at its launch if it is not there yet."""
        if name not in self.state.satellites:
            self._memory.lost[name] = self.name
            return
        self._world.record(ev.SatelliteLost(self.now, self.name, name))
        self._world.losses_in_orbit[name].succeed()

    # ---- verbs: in operation ------------------------------------------------------------------
    def cut(self, span: int) -> None:
        """Nothing passes a span until it is mended."""
        self._world.record(ev.SpanCut(self.now, self.name, span))

    def mend(self, span: int, began: int, days: float) -> Process:
        """The region's next free splice crew mends a cut, before any building."""
        base = self._world.base_of_span(span)
        crews = self._world.crews[base]["splice"] if base < len(self._world.crews) else None
        turn = crews.request(FIRST_IN_QUEUE) if crews else None
        if turn is not None:
            yield turn
        yield self.delay(days)
        if crews:
            crews.release()
        self.restore_span(span, began)

    def restore_span(self, span: int, began: int) -> None:
        """A cut of a span is over, without a crew of ours."""
        self._world.record(ev.SpanRepaired(self.now, span, began))

    def fail(self, node: int) -> None:
        """A node fails, with everything that passes it."""
        self._world.record(ev.NodeFailed(self.now, self.name, node))

    def restore(self, node: int, began: int) -> None:
        """A failure of a node is over."""
        self._world.record(ev.NodeRepaired(self.now, node, began))

    def fail_gateway(self, node: int) -> None:
        """A gateway loses its ways abroad."""
        self._world.record(ev.GatewayFailed(self.now, self.name, node))

    def restore_gateway(self, node: int, began: int) -> None:
        """A gateway's ways abroad are back."""
        self._world.record(ev.GatewayRepaired(self.now, node, began))

    def _checked(self, amount: float) -> float:
        if not math.isfinite(amount) or amount < 0:
            message = f"the hazard '{self.name}' gave an amount of {amount} on {self.date()}"
            raise ModelError(Problem("duration", message))
        return float(amount)


def disturb(world: World, planner: Planner, hazards: Sequence[tuple[str, str, Any]]) -> None:
    """Let hazards loose, sorted by name: each its name in the scenario, the model in use, and itself."""
    if not hazards:
        return
    world.disturbed = Disturbed()
    for name, use, hazard in sorted(hazards, key=lambda each: each[0]):
        world.env.process(_guarded(world, use, hazard.happen(HazardClock(world, planner, name))))


def _guarded(world: World, use: str, happening: Process) -> Process:
    """Whatever a hazard raises is told as its own, with the simulated day."""
    value: Any = None
    while True:
        with asked("hazard", use, world.date()):
            try:
                waiting = happening.send(value)
            except StopIteration:
                return
        value = yield waiting
