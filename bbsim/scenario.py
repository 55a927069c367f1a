"""A scenario: everything a planner decides or assumes, as one frozen value.

The schema is the truth for the scenario file: each field carries its meaning below it, its unit in its
name, and, where it has a default, the source of that default. `bbsim.reading` turns a file into a
`Scenario`; nothing changes one afterwards, `Scenario.with_` makes another.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bbsim.conversion import problem
from bbsim.errors import InputError
from bbsim.explain import problems_of
from bbsim.text import Line, MonthDayText, SlugText
from bbsim.uncertain import SPREADS, UncertainDays
from bbsim.units import (
    WORKING_DAYS_PER_YEAR,
    Count,
    Day,
    Days,
    DaysPerKm,
    Gbps,
    GrowthPerYear,
    HomesPerDay,
    KmPerDay,
    Mbps,
    Quantity,
    Share,
    Usd,
    UsdPerYear,
    Whole,
    Years,
    per_working_day,
)

Slug = Annotated[str, SlugText()]
Text = Annotated[str, Line()]
MonthDay = Annotated[str, MonthDayText()]
NodeKind = Literal["city", "town", "access_area", "rural_synthetic"]
Terrain = Literal["plain", "hills", "mountain", "urban", "submarine"]
Follows = Literal["road", "rail", "spur", "foreign"]
CrewKind = Literal["civil", "cable", "splice", "access"]


class Frozen(BaseModel):
    """Base of every section: frozen, no unknown keys, meanings taken from the strings below the fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        hide_input_in_errors=True,
    )


def sourced(default: Any, source: str) -> Any:
    """A field default together with the source it rests on; the report prints both."""
    return Field(default=default, json_schema_extra={"source": source})


class Use(BaseModel):
    """A model's name, and that model's own parameters."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    use: Text
    """Name of an installed model (`bbsim models` lists them), or `file.py:Class` with --allow-code."""

    @property
    def parameters(self) -> dict[str, Any]:
        """What the scenario sets for the model, by parameter name."""
        return dict(self.model_extra or {})


class Existing(Frozen):
    """What stands on the first day."""

    network: Literal["as_in_pack", "gateways_only"] = "as_in_pack"
    """as_in_pack: spans and nodes that the country pack marks operational; gateways_only: a greenfield."""
    households_passed: dict[Slug, Count] = Field(default_factory=dict)
    """Homes already passed, by city: its parts nearest the centre are on fibre, until they hold so many."""
    households_connected: dict[Slug, Count] = Field(default_factory=dict)
    """Homes already connected, by city, of those passed."""


class Equipment(Frozen):
    """What is lit when a project is commissioned. Laid fibre has room for more."""

    corridor_gbps: Gbps = sourced(100.0, "assumption: one 100G wavelength, commercial since 2010")
    """Lit capacity of a span along a road or railway, each direction."""
    spur_gbps: Gbps = sourced(10.0, "assumption: one 10G port")
    """Lit capacity of a span from a corridor to a place off it."""
    city_node_gbps: Gbps = sourced(100.0, "assumption: one 100G uplink")
    """Uplink of a city's access node."""
    node_gbps: Gbps = sourced(10.0, "assumption: one 10G uplink of a line terminal")
    """Uplink of any other access node."""


class Upgrades(Frozen):
    """When more capacity is lit on fibre that is there, with what, and who pays."""

    trigger: Literal["forecast", "sustained"] = "forecast"
    """forecast: what will be short when an order of the next look would be lit; sustained: what is short now
    and has been for `sustained_months`."""
    at_utilisation_share: Share = sourced(
        0.7, "assumption: common planning rule, upgrade before 70 % at the busy hour"
    )
    """Capacity is added where the busy-hour load passes this share; 1: never before it is full."""
    sustained_months: Annotated[int, Whole(0, 120)] = sourced(6, "assumption: two busy seasons in a row")
    """For how long it has to have passed it, if the trigger is sustained."""
    review_every_months: Annotated[int, Whole(1, 60)] = sourced(
        6, "assumption: network planning twice a year"
    )
    """Months between two looks at the load."""
    lead_days: Days = sourced(180, "assumption: order, delivery and installation of line cards")
    """From the decision to light."""
    sized_for_years: Annotated[float, Quantity("year", most=50)] = sourced(
        2.0, "assumption: an order is meant to last for two planning years"
    )
    """An order is sized for the load so many years after it is lit."""
    equipment: Literal["catalogue", "per_gbps"] = "catalogue"
    """catalogue: on spans, the cheapest of ports, wavelengths, newer transponders and another fibre pair, by
    length and year (`data/optics.toml`); per_gbps: everywhere `usd_per_gbps`."""
    fibre_pairs: Annotated[int, Whole(1, 1000)] = sourced(12, "assumption: a cable of 24 fibres")
    """Pairs of fibres in a cable; each port takes one, a pair of the catalogue carries many wavelengths."""
    usd_per_gbps: Usd = sourced(
        600.0, "glassfiber planner: wavelength equipment up to 30k USD a node; two ends of 100 Gbit/s"
    )
    """Price of one Gbit/s more by ports, both ends, in the year of the scenario's start."""
    price_growth_share_per_year: GrowthPerYear = sourced(
        -0.2, "assumption: optics get a fifth cheaper a bit each year"
    )
    """Change of that price, compound."""
    paid_by: Literal["operator", "backbone", "access"] = "operator"
    """The fund that pays: the operator's own, or one of the programme's. What it cannot pay has to wait; the
    cures of the worst served homes come first."""
    operator_usd_per_home_per_year: Usd | None = None
    """What the operator puts in for each connected home; null: as much as upgrades cost."""

    def port_usd_per_gbps(self, years: float) -> float:
        """Price of one Gbit/s more by ports, so many years after the start."""
        return float(self.usd_per_gbps * (1.0 + self.price_growth_share_per_year) ** years)


class Gateway(Frozen):
    """Where national traffic leaves for the world."""

    node: Slug
    """Node id in the country pack."""
    transit_gbps: Gbps
    """International capacity on the first day."""
    growth_share_per_year: GrowthPerYear = sourced(
        0.0, "assumption: no transit is added unless the scenario says so"
    )
    """How much transit is added every year, as a share of what there was; bought on each 1 January."""


class Opening(Frozen):
    """When an area of the country pack becomes open to work and to service."""

    area: Slug
    """Area id in the country pack."""
    opens: Day
    """First day on which surveyors may enter."""


class Lease(Frozen):
    """Capacity rented on a foreign or submarine span that the country does not build."""

    span: Slug
    """Span id in the country pack; it is lit without being built."""
    begins: Day
    """First day of the lease."""
    gbps: Gbps
    """Capacity rented, each direction."""
    usd_per_year: UsdPerYear
    """Rent; taken from the budget at each anniversary."""


class JointWorks(Frozen):
    """A dated road, rail or power programme whose trenches fibre may share: dig once."""

    name: Slug
    """Name of the programme."""
    follows: list[Follows] = Field(min_length=1)
    """Kinds of corridor that it opens."""
    regions: list[Text] = Field(default_factory=list)
    """Only in these regions of the country pack; all if empty."""
    spans: list[Slug] = Field(default_factory=list)
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
    """One step of the programme: whom it serves. A phase begins when the one before is awarded."""

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
    """A time of year in which some terrain can't be worked."""

    name: Slug
    """Name of the season, as it appears among the causes of delay."""
    terrain: list[Terrain] = Field(min_length=1)
    """Where."""
    closes: MonthDay
    """First closed day, MM-DD."""
    opens: MonthDay
    """First open day, MM-DD; may lie in the next year."""


class Access(Frozen):
    """How homes are passed once their place is on fibre."""

    technology: Slug = "gpon"
    """Record in the technology catalogue: cost, pace and line rate."""
    homes_per_lot: Annotated[int, Whole(1, 100_000)] = sourced(
        1000, "assumption: one primary split area; the unit in which homes are handed over"
    )
    """Homes that are handed over together."""
    target_share: Share = sourced(0.95, "assumption: the last twentieth is left to wireless and satellite")
    """Homes of each place that the programme means to pass."""


class Satellite(Frozen):
    """A communications satellite as a finite national pool."""

    name: Text
    """Name of the satellite."""
    launched: Day
    """Day of launch; may lie before the scenario's start."""
    usable_gbps: Gbps
    """Capacity kept for national use."""
    lifetime_years: Years
    """After so many years it is gone."""
    line_mbps: Mbps
    """Best rate of one terminal."""
    homes_share: Share = sourced(
        0.01, "assumption: one home in a hundred off fibre has a terminal; no count was found"
    )
    """Homes off fibre, in open areas, that have a terminal and share the pool with each other."""


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


class Scenario(Frozen):
    """Everything that a run depends on, besides the country and the seed."""

    name: Slug
    """Short name; run folders are called after it."""
    title: Text = ""
    """One line for the head of the report."""
    country: Text
    """ISO 3166 code of a country pack, or the path of one beside this file."""
    start: Day
    """First day."""
    end: Day
    """First day that is not simulated."""
    seed: Annotated[int, Whole(0, 2**128 - 1)] = 1
    """Seed of every random stream."""
    report_every: Literal["month", "quarter", "year"] = "quarter"
    """Length of a reporting period."""
    existing: Existing = Existing()
    """What stands on the first day."""
    gateways: list[Gateway] = Field(min_length=1)
    """Ways out to the world."""
    openings: list[Opening] = Field(default_factory=list)
    """When closed areas open; an area that is not named stays closed."""
    leases: list[Lease] = Field(default_factory=list)
    """Foreign capacity that is rented, not built."""
    joint_works: list[JointWorks] = Field(default_factory=list)
    """Programmes whose trenches fibre may share."""
    budget: Budget
    """Grants."""
    phases: list[Phase] = Field(min_length=1)
    """The programme, in order."""
    targets: list[Target] = Field(default_factory=list)
    """Promises to hold the run against."""
    priority: Use = Use(use="people_per_dollar")
    """Which place comes next."""
    cost: Use = Use(use="by_terrain")
    """What building costs."""
    demand: Use = Use(use="busy_hour_growth")
    """What a connected home asks for at the busy hour."""
    adoption: Use = Use(use="bass")
    """How homes that are passed become homes connected."""
    traffic: Use = Use(use="shortest_path")
    """Which way traffic takes."""
    caches: list[Slug] = Field(default_factory=list)
    """Nodes that serve content kept in the country, for demand by direction; none: the gateways do."""
    stages: Stages = Stages()
    """How long the steps of a project last."""
    permits: dict[Slug, Authority] = Field(default_factory=dict)
    """Permit offices by name."""
    planner: Planner = Planner()
    """How projects are awarded."""
    crews: Crews
    """Who builds, where, and how fast."""
    seasons: list[Season] = Field(default_factory=list)
    """When terrain can't be worked."""
    equipment: Equipment = Equipment()
    """What is lit when a project is commissioned, and on what stands at the start."""
    upgrades: Upgrades | None = Upgrades()
    """When more capacity is lit; null: never."""
    access: Access = Access()
    """How homes are passed."""
    satellites: list[Satellite] = Field(default_factory=list)
    """What is in the sky."""
    sources: dict[str, Text] = Field(default_factory=dict)
    """Where a figure of this file comes from, by field path; `assumption: …` where it has no source."""

    @field_validator("start", "end")
    @classmethod
    def _horizon(cls, day: date, info: ValidationInfo) -> date:
        last = 2100 if info.field_name == "start" else 2150
        if not 1990 <= day.year <= last:
            raise problem("range", f"saw {day}, wanted a day in 1990..{last}")
        if info.field_name == "end" and "start" in info.data and day <= info.data["start"]:
            raise problem(
                "horizon", f"saw {day}, but the end must be later than the start, {info.data['start']}"
            )
        return day

    @cached_property
    def origin(self) -> Path | None:
        """The file that the scenario was read from, if any: where its country pack is looked for.

        No part of the value: equal scenarios may come from different files.
        """
        return None

    def at_origin(self, path: Path | None) -> Self:
        """The same scenario, as read from a file."""
        twin = self.model_copy()
        twin.__dict__["origin"] = path
        return twin

    @property
    def digest(self) -> str:
        """SHA-256 over the resolved fields, without the seed: what the run is about, not its luck."""
        fields = self.model_dump(mode="json", exclude={"seed"})
        text = json.dumps(fields, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def with_(self, **overrides: Any) -> Scenario:
        """Another scenario, with these fields replaced; dictionaries replace only the keys they name.

        Raises
        ------
        InputError
            with everything that is wrong with the new values.

        >>> better = scenario.with_(budget={"usd_per_year": 60e6})  # doctest: +SKIP
        """
        fields = merged(self.model_dump(mode="json"), overrides)
        try:
            return type(self).model_validate(fields).at_origin(self.origin)
        except ValidationError as error:
            raise InputError(problems_of(error, type(self))) from None


def replaces(value: Any) -> bool:
    """True for a mapping that replaces another as a whole: a model's choice, or a spread."""
    return isinstance(value, dict) and ("use" in value or any(spread in value for spread in SPREADS))


def merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """`base` with the keys that `over` names; mappings are merged key by key, everything else is replaced."""
    out = dict(base)
    for key, value in over.items():
        both = isinstance(value, dict) and isinstance(out.get(key), dict) and not replaces(value)
        out[key] = merged(out[key], value) if both else value
    return out
