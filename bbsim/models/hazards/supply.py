"""What is bought: lead times with a tail, shortages that hit everybody at once, and customs."""

from __future__ import annotations

import math
from typing import Annotated

from bbsim import events as ev
from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, sourced
from bbsim.uncertain import UncertainDays
from bbsim.units import Quantity, Share

PerYear = Annotated[float, Quantity("share", most=100.0)]
DAYS_PER_YEAR = 365.25


def gaps(clock: Clock, entity: str, per_year: float) -> list[float]:
    """Days of a Poisson process over the run: exponential gaps, each from a draw of its own number.

    A longer run has the same days and more.
    """
    days: list[float] = []
    at, number = 0.0, 0
    while per_year > 0:
        (luck,) = clock.uniforms(f"{entity} {number}")
        at -= math.log1p(-luck) * DAYS_PER_YEAR / per_year
        if at >= clock.days:
            break
        days.append(at)
        number += 1
    return days


class Procurement(Frozen):
    """Some orders come late, and now and then the market is empty: then every order waits for its end."""

    late_share: Share = sourced(0.2, "assumption: one order in five of a small buyer is put back")
    """Part of the orders that come late by themselves."""
    late_days: UncertainDays = sourced(
        {"lognormal": {"median": 30, "p90": 90}}, "assumption: a month, one in ten of them three"
    )
    """How much later."""
    shortages_per_year: PerYear = sourced(
        0.1,
        "assumption: cable or ducts are short on the world market once in ten years, as in 2000-01",
    )
    """How often the market runs empty."""
    shortage_days: UncertainDays = sourced(
        {"triangular": [60, 120, 270]},
        "assumption: lead times of half a year and more were told in such times",
    )
    """How long it stays so."""

    def happen(self, clock: Clock) -> Happening:
        """Look at each order when its tender has ended."""
        starts = gaps(clock, "shortage", self.shortages_per_year)
        times = [
            (at, at + clock.draw(f"length of shortage {number}", self.shortage_days))
            for number, at in enumerate(starts)
        ]
        ordered = clock.listen(ev.StageEnded, stage="tender")
        while True:
            order = yield ordered.next()
            place = clock.place(order.project)
            late, length = clock.uniforms(f"order {place}", 2)
            days = self.late_days.quantile(length) if late < self.late_share else 0.0
            waits = max(
                (end - clock.today for begin, end in times if begin <= clock.today < end), default=0.0
            )
            if days + waits > 0:
                clock.set_back(order.project, "material", days + waits)


class Customs(Frozen):
    """Some consignments are held at the border."""

    held_share: Share = sourced(0.15, "assumption: one consignment in seven is opened, or lacks a paper")
    """Part of the consignments that are held."""
    held_days: UncertainDays = sourced(
        {"lognormal": {"median": 14, "p90": 45}}, "assumption: two weeks, one in ten of them six"
    )
    """How long."""

    def happen(self, clock: Clock) -> Happening:
        """Look at each order when its tender has ended; it is held when it comes."""
        ordered = clock.listen(ev.StageEnded, stage="tender")
        while True:
            order = yield ordered.next()
            held, length = clock.uniforms(f"consignment {clock.place(order.project)}", 2)
            if held < self.held_share:
                clock.set_back(order.project, "material", self.held_days.quantile(length))
