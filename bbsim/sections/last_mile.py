"""The last mile in full: which technology a place takes while it waits for its own, and how crews grow.

A scenario without this section passes homes by one technology at a flat price. With it a place may take one
technology after another, from worst to best, and every home is on exactly one of them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from bbsim.sections import Frozen, NodeKind, Slug, Text, sourced
from bbsim.units import Count, Day, Days, PositiveShare, Share, Whole, Years

Metres = Annotated[float, Field(gt=0.0, le=10_000.0)]
Rate = Annotated[float, Field(gt=0.0, le=20.0)]
Figure = Annotated[float, Field(ge=0.0, le=1e9)]


class Settlement(Frozen):
    """How homes stand in a kind of place: what a cable along its streets has to pass."""

    metres_per_house: Metres
    """Street that one house takes up, metres."""
    metres_per_block: Metres
    """Street that one block of flats takes up, metres."""
    flats_share: Share
    """Share of the homes that are flats in blocks."""
    flats_per_block: Annotated[int, Whole(1, 1000)]
    """Flats in a block."""
    ducts_share: Share
    """Share of the streets whose ducts can be used again."""

    def metres(self, homes: float) -> float:
        """Street that so many homes take up.

        >>> city = Settlement(metres_per_house=15, metres_per_block=60, flats_share=0.7, flats_per_block=60,
        ...                   ducts_share=0.5)
        >>> round(city.metres(1000))
        5200
        """
        flats = homes * self.flats_share
        return (homes - flats) * self.metres_per_house + flats / self.flats_per_block * self.metres_per_block


SETTLEMENTS: dict[NodeKind, Settlement] = {
    "city": Settlement(
        metres_per_house=15, metres_per_block=60, flats_share=0.7, flats_per_block=60, ducts_share=0.5
    ),
    "access_area": Settlement(
        metres_per_house=15, metres_per_block=60, flats_share=0.7, flats_per_block=60, ducts_share=0.5
    ),
    "town": Settlement(
        metres_per_house=20, metres_per_block=60, flats_share=0.15, flats_per_block=30, ducts_share=0.2
    ),
    "rural_synthetic": Settlement(
        metres_per_house=30, metres_per_block=60, flats_share=0.0, flats_per_block=1, ducts_share=0.0
    ),
}


class Interim(Frozen):
    """A technology that places take until a better one is there."""

    technology: Slug
    """Record of the technology catalogue."""
    kinds: list[NodeKind] = Field(default=["town", "rural_synthetic"], min_length=1)
    """Kinds of places that may take it."""
    regions: list[Text] = Field(default_factory=list)
    """Only in these regions of the country pack; all if empty."""
    above_m: float | None = None
    """Only in places at least so high above the sea, metres; null: wherever they lie."""
    begins: Day
    """First day on which a place may take it, if the record is not later."""
    after_days: Days = sourced(
        365.0, "assumption: a year without anything better is what people are asked to bear"
    )
    """How long a place must have been able to take it, with nothing better in sight, before it does."""
    if_planned: bool = False
    """true: also where the way of the better technology is awarded already and will be there soon."""
    target_share: Share = sourced(0.9, "assumption: some homes lie in a shadow or too far out")
    """Share of a place's homes that it is brought to."""
    take_up_share: PositiveShare | None = None
    """Of the homes that would take a line, those that take this one; null: as the record says."""


class Copper(Frozen):
    """The telephone lines that stand on the first day and carry some broadband."""

    technology: Slug = "adsl"
    """Record of the technology catalogue."""
    lines_per_100_people: dict[NodeKind, Annotated[float, Field(ge=0.0, le=100.0)]]
    """Broadband lines in use on the first day, by kind of place; those that are on fibre already are taken
    off it, and a place has no more lines than homes."""
    moving_share_per_year: PositiveShare = sourced(
        0.2, "assumption: one in five of those still on copper, every year"
    )
    """Of the homes still on copper where something better is at the door, those that move in a year; 1: all
    of them on the day on which it is there."""


class Ramp(Frozen):
    """How access crews grow: they hire from the first day on, and newcomers learn."""

    crews_at_start_share: PositiveShare = sourced(
        0.2, "assumption: a fifth of the crews of the full programme stands on its first day"
    )
    """Crews on the first day, of those that `crews.bases` name."""
    hiring_per_year: Rate = sourced(
        1.5, "assumption: each crew could train one and a half others in a year as long as jobs are free"
    )
    """Growth of the crews where most jobs are still free, a year: dC/dt = r C (1 - C/K)."""
    newcomer_pace_share: PositiveShare = sourced(0.5, "assumption: a new crew does half of what it will do")
    """Pace of a crew on its first day, of its full pace."""
    learning_years: Years = sourced(0.5, "assumption: two thirds of the rest are learnt in half a year")
    """Time in which 63 % of what is missing is learnt: pace = 1 - (1 - newcomer) exp(-t / learning)."""


class LastMile(Frozen):
    """Homes and businesses by technology, from the copper of the first day to the programme's own fibre."""

    interim: list[Interim] = Field(default_factory=list)
    """What places take until `access.technology` is at the door, from worst to best."""
    copper: Copper | None = None
    """Lines of the first day; null: none."""
    settlements: dict[NodeKind, Settlement] = sourced(
        SETTLEMENTS,
        "assumption: blocks of five floors and four stairs in cities, houses with yards elsewhere; ducts of "
        "the telephone network in half of the cities' streets; no count was found",
    )
    """How homes stand, by kind of place; a kind that is not named keeps its default."""
    businesses_per_1000_people: Annotated[float, Field(ge=0, le=1000)] = sourced(
        10.0, "assumption: one small firm or shop in a hundred people that wants a line of its own (5-20)"
    )
    """Businesses that are passed and connected beside the homes, and counted apart."""
    business_take_up_share: PositiveShare = sourced(
        1.0, "assumption: a business takes a line as readily as a home (0.7-1)"
    )
    """Businesses that take a line, of those that would if they were homes."""
    business_load_homes: Annotated[float, Field(ge=0.0, le=1000.0)] = sourced(
        1.0,
        "the load of a line is measured over all fixed lines, those of businesses among them "
        "(`demand.kbps_per_home`); that theirs is as large as a home's is an assumption",
    )
    """What the line of a business asks of the network at the busy hour, in loads of a home. Businesses that
    the demand model tells of as well come on top."""
    interim_paid_by: Literal["access", "operator"] = "access"
    """Who pays for masts and cabinets of interim technologies: the access fund, which passes the fewer homes
    by its own, or the operator. Drops, terminals and their removal are the operator's."""
    ramp: Ramp | None = None
    """How crews hire and learn; null: all are there, at full pace, from the first day."""
    figures: dict[Slug, dict[Slug, Figure]] = Field(default_factory=dict)
    """Figures of the technology catalogue that are other here, by technology and name; each may be a
    spread."""
    least_homes: Count = sourced(20, "assumption: nobody raises a mast or a cabinet for fewer")
    """Places with fewer homes to bring it to get no mast and no cabinet."""

    @field_validator("settlements", mode="before")
    @classmethod
    def _on_top(cls, given: Any) -> Any:
        """What is not named keeps its default."""
        return {**SETTLEMENTS, **given} if isinstance(given, dict) else given
