"""The section on public sites: centres where people apply, schools and clinics, agencies behind a hub.

A site is a class, a place and a day. What a class offers, asks of the network and costs stands once; where
its sites are is listed, follows from a rule, or is decided while the run goes on, by an expansion with money
of its own. Nothing here is about one country.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from bbsim.sections import Follows, Frozen, Id, NodeKind, Slug, Terrain, Text, sourced
from bbsim.uncertain import UncertainDays
from bbsim.units import (
    Count,
    Day,
    Days,
    Km,
    Mbps,
    PositiveShare,
    Quantity,
    Share,
    Usd,
    UsdPerYear,
    Whole,
    Years,
)

Minutes = Annotated[float, Quantity("minute", most=1e6)]
KmPerHour = Annotated[float, Quantity("km/hour", above=0.0, most=300.0)]
Times = Annotated[float, Field(ge=0, le=1e9)]
Some = Annotated[int, Whole(1, 1_000_000)]
Coverage = Literal["fibre", "near_fibre", "satellite"]

SPEED_KMH: dict[Terrain, float] = {"plain": 50.0, "hills": 40.0, "mountain": 30.0, "urban": 30.0}


class SiteClass(Frozen):
    """What all sites of a class offer, ask of the network and cost."""

    serves_people: bool = False
    """true: people travel to it and apply there; false: a school, a clinic, an office, a database."""
    desks: Count = 0
    """Desks at which applicants are served; 0: nobody queues."""
    staff: Count = 0
    """People who work there; by them its running cost is told."""
    minutes_per_application: Minutes = sourced(12.0, "assumption: no time of service is published")
    """Mean time at a desk; times are exponential."""
    open_hours_per_day: Annotated[float, Quantity("hour", above=0.0, most=24.0)] = sourced(
        8.0, "assumption: a working day"
    )
    """Hours in which applicants come; who is inside at closing time is served."""
    open_days_per_year: Annotated[int, Whole(1, 366)] = sourced(250, "assumption: a five-day week")
    """Days on which it is open."""
    mbps: Mbps = sourced(10.0, "assumption: some fifty workplaces and a camera or two")
    """What one asks for at the busy hour on the scenario's first day; it grows as the load of a home."""
    availability_share: PositiveShare = sourced(0.99, "assumption: at most four days a year without a line")
    """Service level: share of the time since it is open and connected in which its line must work."""
    redundant: bool = False
    """true: it is promised two ways to a gateway that share no span; a second drop is built and paid."""
    connect_within_days: Days = 0.0
    """Deadline: connected at most so many days after it opens."""
    open_only_connected: bool = False
    """true: it opens on the day on which it is connected, if that comes later."""
    interim: Literal["none", "satellite"] = "none"
    """satellite: it opens with a terminal on whatever satellite has room, until fibre comes."""
    ordered_days_before: Days = sourced(180.0, "assumption: the line is ordered half a year before it opens")
    """How long before its opening its line may be ordered."""
    line_days: UncertainDays = sourced(
        30.0, "assumption: order, permit within the town and material of a drop"
    )
    """From the order, money in hand and the place on fibre, to the crew's arrival."""
    line_crew_days: Annotated[float, Quantity("day", most=1000)] = sourced(
        3.0, "assumption: some hundred metres of drop, a cabinet and a test"
    )
    """Working days of one splicing crew at the place's base; for each drop."""
    line_usd: Usd = sourced(5_000.0, "assumption: 500 m of urban cable and a business terminal")
    """Price of one drop and its equipment."""
    terminal_usd: Usd = sourced(2_000.0, "assumption: a business terminal of 1.8 m with its installation")
    """Price of a satellite terminal, if it has one meanwhile."""
    usd_per_staff_per_year: UsdPerYear = sourced(
        12_000.0, "assumption: pay with contributions 7,000 USD, premises, power and lines 5,000 USD"
    )
    """Running cost while it is open, for each of its `staff`; for `finance` alone."""
    building_usd: Usd = 0.0
    """Price of opening one more of them: building, fitting out, furniture."""
    building_days: UncertainDays = sourced(365.0, "assumption: a year from the decision to the opening")
    """From the decision to open one more to its opening."""


class Site(Frozen):
    """One site, or several alike in one place."""

    site: Slug
    """Its id."""
    name: Text = ""
    """What people call it."""
    of: Slug
    """Its class."""
    place: Id
    """Node of the country pack in which it stands."""
    opens: Day
    """First day on which it is open; may lie before the scenario's start."""
    count: Some = 1
    """So many alike, opened and connected together."""
    connected: bool = False
    """true: it has its line on the first day, at no cost to this run; its place must be on fibre then."""
    desks: Count | None = None
    """Desks, if not those of its class."""
    applications_per_year: Times | None = None
    """Applications a year if they are known; null: by the people who have the shortest way to it."""


class SitesByRule(Frozen):
    """Sites in every place of some kinds, by its people: schools, clinics, post offices."""

    of: Slug
    """Their class."""
    kinds: list[NodeKind] = Field(min_length=1)
    """Kinds of places that have them."""
    least_people: Count = 0
    """Smaller places have none."""
    one_per_people: Some
    """One for so many people, and one more for the rest."""
    opens: Day
    """Since when they are open."""


class Agency(Frozen):
    """An authority whose database services need, as a site behind the hub."""

    agency: Slug
    """Its id, also as a site."""
    name: Text = ""
    """What people call it."""
    of: Slug
    """Its class."""
    place: Id
    """Node in which its database stands."""
    joins: Day
    """First day on which its database answers the hub, if both are connected."""
    connected: bool = False
    """As of a site."""


class Service(Frozen):
    """One service, or several that need the same agencies."""

    service: Slug
    """Its id."""
    name: Text = ""
    """What people call it."""
    needs: list[Slug] = Field(min_length=1)
    """Agencies that must all answer."""
    weight: Times = 1.0
    """Its part of all applications, over the sum of all weights."""
    online: bool = False
    """true: it could be applied for from home, once every agency that it needs answers."""


class Travel(Frozen):
    """How people come to a centre: along the country's corridors, at a speed by terrain."""

    speed_kmh: dict[Terrain, KmPerHour] = sourced(
        SPEED_KMH,
        "Malaria Journal 16 (2017) 367, table 1: 50 km/h on primary roads, 30 on secondary ones, western "
        "Kenya; that terrain stands for the class of road is an assumption",
    )
    """Speed by terrain; one that is not named keeps its default, one without a speed is not travelled."""
    follows: list[Follows] = sourced(
        ["road", "rail", "spur"],
        "assumption: people come by road; where the source's road is broken, a pack has the railway "
        "beside it; a spur stands for a side road",
    )
    """Kinds of corridors that are travelled."""
    most_minutes: Minutes = sourced(90.0, "assumption: nobody travels longer to apply")
    """People who are further from any open centre do not apply at one."""

    @field_validator("speed_kmh", mode="before")
    @classmethod
    def _on_top(cls, given: Any) -> Any:
        """What is not named keeps its default."""
        return {**SPEED_KMH, **given} if isinstance(given, dict) else given


class EGovernment(Frozen):
    """Who applies from home: take-up rises with broadband, with centres near by, and with time."""

    ceiling_share: Share = sourced(0.6, "assumption: two in five go on applying at a desk")
    """Applications from homes with a line, of services that can be applied for from home, in the end."""
    alone_share: Share = sourced(0.5, "assumption: half as many where no centre near by shows how it is done")
    """What part of it is reached by people who live beyond `within_minutes` of an open centre."""
    within_minutes: Minutes = sourced(60.0, "assumption: an hour is near")
    """Up to which way a centre is near."""
    half_after_years: Years = sourced(3.0, "assumption: habits change within a few years")
    """Years after a service goes online until half of its final take-up is reached."""


class AdoptionLift(Frozen):
    """A hypothesis: homes near a connected centre take up broadband sooner and more."""

    off: bool = True
    """true: it is not so, and nothing changes."""
    within_minutes: Minutes = sourced(30.0, "assumption: near enough to be known by everybody")
    """Up to which way."""
    lift_share: Share = sourced(0.1, "assumption: no measurement was found; a tenth more homes")
    """How many more homes connect than the adoption model says; never more than are passed."""


class MobileUnit(Frozen):
    """A bus with desks that tours places; a day counts where the stop has the coverage that it needs."""

    unit: Slug
    """Its id."""
    name: Text = ""
    """What people call it."""
    stops: list[Id] = Field(min_length=1)
    """Places in order; after the last the tour begins anew."""
    days_per_stop: Some = sourced(5, "assumption: a working week a stop")
    """Working days at each stop."""
    begins: Day
    """First day of the tour; may lie before the scenario's start."""
    open_days_per_year: Annotated[int, Whole(1, 366)] = sourced(250, "assumption: a five-day week")
    """Working days in a year."""
    coverage: list[Coverage] = Field(min_length=1)
    """Any of them is enough. fibre: the stop is on fibre; near_fibre: a place on fibre is within `reach_km`,
    so that a mast there can serve it; satellite: a satellite is up."""
    reach_km: Km = sourced(20.0, "assumption: range of a rural cell and of its radio hop to fibre")
    """How far a mast may be, in a straight line."""
    applications_per_day: Times
    """Applications on a day with coverage."""


class SitesBudget(Frozen):
    """Money for buildings and lines of public sites, in a fund of its own; what is not spent carries over."""

    opening_usd: Usd = 0.0
    """In hand on the first day."""
    usd_per_year: UsdPerYear = 0.0
    """Granted each year."""
    grants_per_year: Literal[1, 2, 4, 12] = 1
    """In how many equal parts a year's grant arrives."""
    first_grant: Day | None = None
    """Day of the first part; the scenario's start if missing."""
    last_grant: Day | None = None
    """No part arrives after this day; the scenario's end if missing."""


class Expansion(Frozen):
    """A programme that opens sites one after the other, as its money allows."""

    name: Slug
    """Its name; its sites are called after it and their place."""
    of: Slug
    """Class of the sites."""
    places: list[Id] = Field(default_factory=list)
    """Candidate places, in order; if empty, all places of `kinds`, the most populous first."""
    kinds: list[NodeKind] = Field(default_factory=lambda: ["city"])  # type: ignore[arg-type]
    """Kinds of places, where none are listed."""
    order: Literal["listed", "most_people"] = "most_people"
    """listed: as they stand; most_people: next where most people come within `within_minutes` of a centre who
    are not yet."""
    within_minutes: Minutes = sourced(60.0, "assumption: an hour is near")
    """Up to which way people count for the order."""
    least_people: Count = 1
    """With most_people: where fewer would come within reach, none is opened."""
    most: Some = 1_000_000
    """At most so many sites."""
    at_a_time: Some = sourced(2, "assumption: what one agency builds at once")
    """Sites being built at the same time."""
    begins: Day
    """First day on which a site may be decided."""
    ends: Day | None = None
    """No site is decided from this day on."""
    only_on_fibre: bool = False
    """true: only places that are on fibre already are decided."""

    @field_validator("ends")
    @classmethod
    def _after(cls, day: date | None, info: ValidationInfo) -> date | None:
        if day is not None and "begins" in info.data and day <= info.data["begins"]:
            raise ValueError(f"must be later than its beginning, {info.data['begins']}")
        return day


class PublicSites(Frozen):
    """Public sites: what there is, what opens, what it needs of the network, and who is near one."""

    off: bool = False
    """true: as if the section were not there."""
    classes: dict[Slug, SiteClass] = Field(min_length=1)
    """Classes of sites, by a name of your own."""
    sites: list[Site] = Field(default_factory=list)
    """Sites that are known."""
    of_pack: list[Slug] = Field(default_factory=list)
    """Classes of which the country pack brings sites (`bbsim geodata import --as sites`): all of these."""
    everywhere: list[SitesByRule] = Field(default_factory=list)
    """Sites that follow from a rule."""
    expansions: list[Expansion] = Field(default_factory=list)
    """Programmes that open more of them."""
    budget: SitesBudget = SitesBudget()
    """Money for all of it."""
    hub: Id | None = None
    """Node in which the agencies' databases are joined; null: they need no hub."""
    agencies: list[Agency] = Field(default_factory=list)
    """Authorities whose databases services need."""
    services: list[Service] = Field(default_factory=list)
    """What people apply for; without any, a connected centre serves everybody."""
    applications_per_person_per_year: Times = 0.0
    """What each resident applies for in a year, at a desk or from home."""
    travel: Travel = Travel()
    """How people come to a centre."""
    e_government: EGovernment = EGovernment()
    """Who applies from home."""
    mobile_units: list[MobileUnit] = Field(default_factory=list)
    """Buses that tour places without a centre."""
    adoption_lift: AdoptionLift = AdoptionLift()
    """Whether centres lift take-up of broadband near by."""
    queue_again_at_share: PositiveShare = sourced(
        0.1, "assumption: a tenth more or fewer applicants make another queue"
    )
    """A day at a centre's desks is played again when its applicants a day have changed by this share."""
