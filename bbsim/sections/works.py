"""Money, phases, permits, crews, seasons and promises: how the network is built."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bbsim.conversion import problem
from bbsim.sections import Follows, Frozen, Id, MonthDay, NodeKind, Slug, Terrain, Text, sourced
from bbsim.uncertain import UncertainDays
from bbsim.units import (
    WORKING_DAYS_PER_YEAR,
    Count,
    Day,
    Days,
    DaysPerKm,
    HomesPerDay,
    KmPerDay,
    Quantity,
    Share,
    Usd,
    UsdPerYear,
    Whole,
    per_working_day,
)


class Budget(Frozen):
    """Grants, and how they are split. Money is kept in whole cents; what is not spent carries over."""

    opening_usd: Usd = sourced(0.0, "assumption: nothing in hand")
    """In hand on the first day."""
    usd_per_year: UsdPerYear
    """Granted each year."""
    grants_per_year: Literal[1, 2, 4, 12] = 1
    """In how many equal parts a year's grant arrives."""
    first_grant: Day | None = None
    """Day of the first part; the scenario's start if missing."""
    last_grant: Day | None = None
    """No part arrives after this day; the scenario's end if missing."""
    access_share: Share = sourced(
        0.5, "assumption: half of each grant is kept for passing and connecting homes"
    )
    """Part of each grant kept for access lots; once every place is on fibre, all of it."""

    @field_validator("grants_per_year", mode="before")
    @classmethod
    def _number(cls, given: Any) -> Any:
        return str(given).lower() if isinstance(given, bool) else given  # Python takes true for 1


class Phase(Frozen):
    """One step of the programme: whom it serves. A phase begins when the one before is awarded; its places
    that an area opens later still come before those of later phases."""

    name: Slug
    """Name of the phase; projects carry it."""
    kinds: list[NodeKind] = Field(min_length=1)
    """Kinds of places that it connects."""
    regions: list[Text] = Field(default_factory=list)
    """Only these regions of the country pack; all if empty."""


class Stages(Frozen):
    """How long the steps of a project last, apart from permits and laying."""

    survey_days: UncertainDays = sourced(10, "assumption: desk study and a first walk")
    """Fixed part of the survey."""
    survey_days_per_km: DaysPerKm = sourced(0.5, "assumption: 2 km of route walked and drawn a day")
    """Part of the survey that grows with the route."""
    tender_days: UncertainDays = sourced(
        45, "assumption: open tender with the usual notice of 30 days and award"
    )
    """Tender until award."""
    material_days: UncertainDays = sourced(
        60, "assumption: cable and ducts ordered abroad, delivered and cleared"
    )
    """From the award of the tender to delivery on site."""
    splice_test_days: UncertainDays = sourced(
        2, "planningplanet: splice or termination one day a location, test one day"
    )
    """Splicing and testing, per span."""
    hut_days: UncertainDays = sourced(20, "assumption: shelter, power connection and rack")
    """Hut, power and electronics, per place."""
    commissioning_days: UncertainDays = sourced(5, "assumption: acceptance test")
    """From the last splice to the first customer."""


class Authority(Frozen):
    """A permit office: a queue before a limited number of desks."""

    follows: list[Follows] = Field(min_length=1)
    """Kinds of corridor that need this office's permit."""
    desks: Count
    """Files that are worked on at a time."""
    days: UncertainDays
    """How long one file stays on a desk."""


class CrewBase(Frozen):
    """A yard from which crews serve some regions."""

    base: Text
    """Name of the yard."""
    regions: list[Text] = Field(min_length=1)
    """Regions of the country pack that it serves."""
    civil: Count
    """Crews that trench, plough and drill."""
    cable: Count
    """Crews that pull and blow cable."""
    splice: Count
    """Crews that splice, test and install electronics."""
    access: Count
    """Crews that pass homes."""


class Pace(Frozen):
    """What one crew does on one working day."""

    civil_km_per_day: dict[Terrain, KmPerDay]
    """Route finished by one civil crew, by terrain."""
    cable_km_per_day: KmPerDay = sourced(
        4.0, "planningplanet: one or two pulls a day by a crew of 3-4, pulls of about 2 km"
    )
    """Cable pulled by one cable crew."""
    homes_passed_per_day: HomesPerDay = sourced(
        20.0, "assumption: distribution cable along some 200 m of street, a home every 10 m"
    )
    """Homes passed by one access crew."""
    working_days_per_year: Annotated[int, Whole(1, 365)] = sourced(
        WORKING_DAYS_PER_YEAR, "assumption: five-day week less public holidays"
    )
    """Working days in a year; paces are per working day, the calendar counts all."""
    section_km: Annotated[float, Quantity("km", least=0.1, most=50.0)] = sourced(
        4.0, "assumption: one cable drum; the unit in which crews are sent out"
    )
    """Longest stretch that a crew is sent to lay."""

    @model_validator(mode="before")
    @classmethod
    def _by_working_day(cls, given: Any) -> Any:
        return per_working_day(given) if isinstance(given, dict) else given


class Crews(Frozen):
    """Who builds, where, and how fast."""

    bases: list[CrewBase] = Field(min_length=1)
    """Yards and their crews; each region belongs to one."""
    pace: Pace
    """What a crew does in a day."""
    per_project: Annotated[int, Whole(1, 100)] = sourced(3, "assumption: three fronts fit on one route")
    """Most civil crews on one project at a time."""


class Planner(Frozen):
    """How the programme office awards projects."""

    award_every_days: Annotated[int, Whole(1, 366)] = sourced(
        14, "assumption: the board meets once a fortnight"
    )
    """Days between two meetings that award projects."""
    backlog_days: Days = sourced(270, "assumption: contracts are let at most nine months ahead of the crews")
    """No award while the civil crews on its way have more than this much work before them."""
    permit_backlog_days: Days = sourced(
        270, "assumption: nor while an office would need nine months to answer"
    )
    """No award while an office on its way has more than this much work before it."""
    usd_per_person_year: Usd = sourced(10.0, "assumption: no willingness to pay is published")
    """What a year of service is worth to a resident; a plan's net present value rests on it."""
    discount_share_per_year: Share = sourced(
        0.08, "assumption: within the 6-12 % a year that development banks use for infrastructure"
    )
    """How much less a dollar is worth a year later, in a plan's net present value."""


class Season(Frozen):
    """A time of year in which some terrain can't be dug: works stop there and go on when it opens."""

    name: Slug
    """Name of the season, as it appears among the causes of delay."""
    terrain: list[Terrain] = Field(min_length=1)
    """Where."""
    closes: MonthDay
    """First closed day, MM-DD."""
    opens: MonthDay
    """First open day, MM-DD; may lie in the next year."""


class JointWorks(Frozen):
    """A dated road, rail or power programme whose trenches fibre may share: dig once."""

    name: Slug
    """Name of the programme."""
    follows: list[Follows] = Field(min_length=1)
    """Kinds of corridor that it opens."""
    regions: list[Text] = Field(default_factory=list)
    """Only in these regions of the country pack; all if empty."""
    spans: list[Id] = Field(default_factory=list)
    """Only these spans; all of its kinds and regions if empty."""
    begins: Day
    """First day on which an award shares its trenches."""
    ends: Day
    """First day on which it no longer does."""
    saving_share: Share = sourced(
        0.568,
        "UN ESCAP 2018, Myanmar: 5,606 USD a km laid with a road against 12,985 laid alone, 56.8 % less",
    )
    """Part of the price of a span that is saved."""

    @field_validator("ends")
    @classmethod
    def _after(cls, day: date, info: ValidationInfo) -> date:
        if "begins" in info.data and day <= info.data["begins"]:
            raise problem(
                "horizon", f"saw {day}, but it must be later than its beginning, {info.data['begins']}"
            )
        return day


class Target(Frozen):
    """A promise that the report holds the run against."""

    name: Text
    """The promise, in a few words."""
    column: Literal[
        "cities_on_fibre_share",
        "population_on_fibre_share",
        "households_passed_share",
        "population_within_25km_share",
    ]
    """The periods' column that it is about (its value at the end of a period)."""
    at_least: Share
    """The value promised."""
    by: Day
    """The day promised."""
