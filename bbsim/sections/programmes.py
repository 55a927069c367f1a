"""Programmes: strategies with dates, money, instruments and targets, that can be switched off."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bbsim.conversion import problem
from bbsim.sections import Frozen, Slug, Text, sourced
from bbsim.units import Amount, Day, Quantity, Share, Whole


class Goal(Frozen):
    """A promise of a programme."""

    name: Text
    """The promise, in a few words."""
    column: Literal[
        "cities_on_fibre_share",
        "population_on_fibre_share",
        "population_within_25km_share",
        "households_passed_share",
        "take_up_share",
        "internet_users_share",
        "population_at_10mbps_share",
        "population_at_30mbps_share",
        "population_at_100mbps_share",
        "public_sites_on_fibre_share",
    ]
    """The periods' column that it is about: its value at the end of a period, where it has one."""
    at_least: Share
    """The value promised."""
    by: Day
    """The day promised."""


class Stated(Frozen):
    """What a strategy says of the whole sector; the report shows what the run implies beside it."""

    grew_times: Annotated[float, Quantity("amount", above=0.0, most=1e6)] | None = None
    """How many times as large the sector became."""
    over_years: Annotated[int, Whole(1, 100)] | None = None
    """In how many years."""
    volume: Amount | None = None
    """The sector's income in a year, in the ledger's currency."""
    investment: Amount | None = None
    """Investment in the sector in a year, in the ledger's currency."""


class Programme(Frozen):
    """A strategy as it was written: what it brings, by when, with what money and by what means."""

    name: Slug
    """Short name."""
    title: Text = ""
    """Its own title."""
    begins: Day
    """First day. Phases among its instruments are not awarded before it."""
    ends: Day | None = None
    """First day after it, as promised; what happens then says `after_end`."""
    after_end: Literal["go_on", "stop"] = sourced(
        "go_on", "assumption: programmes are late and are not closed on their day"
    )
    """go_on: work goes on after it as long as money comes. stop: from that day on none of its phases is
    awarded (what is awarded is finished), its expansions of public sites decide on nothing more, nothing that
    was promised for that day or later comes into its funds, and what is free in them is given back."""
    off: bool = False
    """true: its funds stay empty and its instruments are not there; it is still told of in the report."""
    money: Amount | None = None
    """What it promised to spend, in the ledger's currency: held against what its funds gave and paid."""
    funds: list[Slug] = Field(default_factory=list)
    """Funds that it brings."""
    instruments: list[Text] = Field(default_factory=list)
    """What it does, as parts of this file: `phases.cities`, `satellites.Azerspace-1`, or a whole section."""
    targets: list[Goal] = Field(default_factory=list)
    """What it promised."""
    stated: Stated | None = None
    """What it says of the sector."""

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.ends is not None and self.ends <= self.begins:
            message = f"saw {self.ends}, but it begins on {self.begins}"
            raise problem("horizon", message, "Move one of them.", ("ends",))
        return self
