"""What a hazard may ask of the clock, and the few things it may do: everything it does is an event.

The clock itself is `bbsim.simulate.hazards.HazardClock`; this is its face, without simpy.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import date
from typing import Any, Protocol

from bbsim.country import Country
from bbsim.events import Event
from bbsim.scenario import Scenario
from bbsim.state import State
from bbsim.uncertain import Uncertain

Happening = Generator[Any, Any, None]
"""What ``happen`` is: it yields what the clock gave it to wait for."""


class Inbox(Protocol):
    """Events of one kind, kept until they are read."""

    def next(self) -> Any:
        """To be yielded: the next event that was not read yet."""


class Clock(Protocol):
    """A hazard's view of a run.

    Attributes
    ----------
    name : what the scenario calls the hazard; it stands in the events and in the names of its draws.
    scenario, country : what the run is about.
    state : what is now; reading is free, writing is not possible but by the verbs.
    days : length of the run.
    """

    name: str
    scenario: Scenario
    country: Country
    state: State
    days: int

    # ---- time and luck ------------------------------------------------------------------------
    @property
    def now(self) -> int:
        """Whole minutes since the start."""

    @property
    def today(self) -> int:
        """Whole days since the start."""

    def date(self, day: int | None = None) -> date:
        """The date of a day, today if not given."""

    def delay(self, days: float) -> Any:
        """To be yielded: so many days from now, whole minutes, rounded up."""

    def until(self, day: float) -> Any:
        """To be yielded: a later day."""

    def listen(self, kind: type[Event], **fields: Any) -> Inbox:
        """From now on, every event of a kind whose fields have these values."""

    def start(self, happening: Happening) -> None:
        """Let something else go on beside this."""

    def uniforms(self, entity: str, count: int = 1) -> list[float]:
        """So many numbers in [0, 1) that belong to this hazard and an entity, the same at every asking."""

    def draw(self, entity: str, amount: Uncertain) -> float:
        """One draw of an amount; it belongs to this hazard and an entity."""

    # ---- questions ----------------------------------------------------------------------------
    def route(self, project: int) -> tuple[int, ...]:
        """The spans of a project."""

    def place(self, project: int) -> str:
        """Node id of the place that a project is meant for: the name of its luck."""

    @property
    def projects(self) -> Sequence[int]:
        """Projects awarded and not ready yet."""

    @property
    def grants(self) -> Sequence[tuple[int, int]]:
        """Day and cents of every grant that the scenario promises."""

    # ---- verbs: while building ----------------------------------------------------------------
    def set_back(self, project: int, stage: str, days: float) -> None:
        """Let a stage of a project take so many days more; ``permit NAME`` is one office's answer.

        With project -1: ``opening AREA``, ``launch SATELLITE`` or ``grant NUMBER`` come so much later.
        """

    def stretch(self, project: int, factor: float) -> None:
        """Let each stage of a project that is still to end last so many times as long."""

    def stop_work(self, zone: str, spans: Sequence[int], days: int) -> None:
        """Nobody works on these spans for so many days; crews on site stand still."""

    def halt(self, project: int, days: float) -> None:
        """Nobody begins another section of a project for so many days; its crews work elsewhere."""

    def condemn(self, project: int, span: int, metres: int) -> None:
        """Some metres of a span are laid once more before it is accepted, at the contractor's cost."""

    def cut_grant(self, number: int, share: float) -> None:
        """Of a grant to come, a share never arrives."""

    def change_prices(self, material: float, labour: float) -> None:
        """What is awarded from now on costs so many times what it did; contracts keep their prices."""

    def lose_satellite(self, name: str) -> None:
        """A satellite is lost: in orbit, or at its launch if it is not there yet."""

    # ---- verbs: in operation ------------------------------------------------------------------
    def cut(self, span: int) -> None:
        """Nothing passes a span until it is mended."""

    def mend(self, span: int, began: int, days: float) -> Happening:
        """To be yielded from: the region's next free splice crew mends a cut, before any building."""

    def restore_span(self, span: int, began: int) -> None:
        """A cut of a span is over, without a crew of ours."""

    def fail(self, node: int) -> None:
        """A node fails, with everything that passes it."""

    def restore(self, node: int, began: int) -> None:
        """A failure of a node is over."""

    def fail_gateway(self, node: int) -> None:
        """A gateway loses its ways abroad."""

    def restore_gateway(self, node: int, began: int) -> None:
        """A gateway's ways abroad are back."""
