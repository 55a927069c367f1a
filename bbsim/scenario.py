"""A scenario: everything a planner decides or assumes, as one frozen value.

The schema is the truth for the scenario file: each field carries its meaning below it, its unit in its
name, and, where it has a default, the source of that default. `bbsim.reading` turns a file into a
`Scenario`; nothing changes one afterwards, `Scenario.with_` makes another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from bbsim.conversion import problem
from bbsim.errors import InputError
from bbsim.explain import path_text, problems_of, steps
from bbsim.sections import Follows, Frozen, Hazard, Id, MonthDay, NodeKind, Slug, Terrain, Text, Use, sourced
from bbsim.sections.chances import Chance, collected, put, settled
from bbsim.sections.funds import Currency, Fund, Payment
from bbsim.sections.last_mile import Copper, Interim, LastMile, Ramp, Settlement
from bbsim.sections.links import Links
from bbsim.sections.money import Finance
from bbsim.sections.network import (
    Access,
    Equipment,
    Existing,
    Gateway,
    Lease,
    Opening,
    Upgrades,
)
from bbsim.sections.people import InternetUse
from bbsim.sections.programmes import Programme
from bbsim.sections.sites import PublicSites
from bbsim.sections.sky import Satellite
from bbsim.sections.works import (
    Authority,
    Budget,
    CrewBase,
    Crews,
    JointWorks,
    Pace,
    Phase,
    Planner,
    Season,
    Stages,
    Target,
)
from bbsim.uncertain import SPREADS
from bbsim.units import Day, Whole

PURSES = ("backbone", "access", "operator")
# This module is the door to all of a scenario's sections.
__all__ = [
    "Access",
    "Authority",
    "Budget",
    "Copper",
    "CrewBase",
    "Crews",
    "Currency",
    "Equipment",
    "Existing",
    "Finance",
    "Follows",
    "Frozen",
    "Fund",
    "Gateway",
    "Hazard",
    "Id",
    "Interim",
    "InternetUse",
    "JointWorks",
    "LastMile",
    "Lease",
    "Links",
    "MonthDay",
    "NodeKind",
    "Opening",
    "Pace",
    "Payment",
    "Phase",
    "Planner",
    "Programme",
    "PublicSites",
    "Ramp",
    "Satellite",
    "Scenario",
    "Season",
    "Settlement",
    "Slug",
    "Stages",
    "Target",
    "Terrain",
    "Text",
    "Upgrades",
    "Use",
    "merged",
    "replaces",
    "sourced",
]


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
    currency: Currency | None = None
    """What the ledger is kept in; null: US dollars."""
    funds: list[Fund] = Field(default_factory=list)
    """Sources of money with rules of their own, besides the budget's grants."""
    payment: Payment | None = None
    """When work is paid; null: when it is done."""
    programmes: list[Programme] = Field(default_factory=list)
    """Strategies that can be switched off: their funds, instruments and promises."""
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
    internet_use: InternetUse | None = None
    """People who use the Internet, mobile included, apart from lines; null: not told."""
    traffic: Use = Use(use="shortest_path")
    """Which way traffic takes."""
    caches: list[Id] = Field(default_factory=list)
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
    public_sites: PublicSites | None = None
    """Centres where people apply, schools, clinics and agencies, and their lines; null: none are told."""
    finance: Finance | None = None
    """What lines earn and cost to run; without it nothing is said of running costs, revenue or worth."""
    hazards: dict[Slug, Hazard] = Field(default_factory=dict)
    """What can go wrong, by a name of your own; each name has its own luck."""
    uncertain: dict[str, Chance] = Field(default_factory=dict)
    """Numbers that each run draws anew, by field path: a spread, and a `factor` that several share."""
    links: Links = Links()
    """What radio hops, terminals and upkeep cost and carry, where a plan chooses between them and fibre."""
    sources: dict[str, Text] = Field(default_factory=dict)
    """Where a figure of this file comes from, by field path; `assumption: …` where it has no source."""

    @model_validator(mode="before")
    @classmethod
    def _chances(cls, given: Any) -> Any:
        return collected(cls, given) if isinstance(given, dict) else given

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

    @property
    def uses(self) -> list[tuple[str, str, Use]]:
        """Every model that the scenario names: its role, the field path, and the choice itself."""
        fields = ((name, getattr(self, name)) for name in type(self).model_fields)
        roles = [(name, name, use) for name, use in fields if isinstance(use, Use)]
        return roles + [
            ("hazard", path_text(("hazards", name)), hazard) for name, hazard in self.hazards.items()
        ]

    @property
    def code_files(self) -> list[str]:
        """Files beside the scenario that hold models of its own, each once."""
        return sorted({use.use.partition(":")[0] for _, _, use in self.uses if ".py" in use.use})

    def closes(self, *, fund: str = "", instrument: str = "") -> date | None:
        """The first day on which a fund takes in nothing, or a part of the file is at an end; None: never."""
        days = [
            programme.ends
            for programme in self.programmes
            if programme.after_end == "stop"
            and programme.ends is not None
            and (fund in programme.funds or instrument in programme.instruments)
        ]
        return min(days, default=None)

    @property
    def dangers(self) -> list[tuple[str, str, Hazard]]:
        """The hazards that are not switched off: name, field path, and the choice itself."""
        return [
            (name, path_text(("hazards", name)), hazard)
            for name, hazard in self.hazards.items()
            if not hazard.off
        ]

    @property
    def fund_names(self) -> tuple[str, ...]:
        """Names of all funds, the budget's three first, that of public sites last; events tell a fund by its
        place here."""
        last = ("sites",) if self.sites is not None else ()
        return (*PURSES, *(fund.name for fund in self.funds), *last)

    @property
    def minor_per_cent(self) -> float:
        """The ledger's smallest unit for a US cent, at the reference rate."""
        return self.currency.per_usd if self.currency else 1.0

    @property
    def in_force(self) -> Scenario:
        """The scenario as it runs: without what programmes bring that are switched off."""
        off = [programme for programme in self.programmes if programme.off]
        if not off:
            return self
        funds = {name for programme in off for name in programme.funds}
        return without(self, funds, [each for programme in off for each in programme.instruments])

    @property
    def opening_minor(self) -> tuple[int, ...]:
        """Smallest units of the ledger in hand on the first day, by fund."""
        own = round(self.budget.opening_usd * 100 * self.minor_per_cent)
        named = [round(fund.opening * 100) for fund in self.in_force.funds]
        if self.sites is not None:
            named.append(round(self.sites.budget.opening_usd * 100 * self.minor_per_cent))
        return (own, 0, 0, *named)

    @property
    def sites(self) -> PublicSites | None:
        """The section on public sites, unless it is missing or switched off."""
        section = self.in_force.public_sites
        return None if section is None or section.off else section

    def at_origin(self, path: Path | None) -> Self:
        """The same scenario, as read from a file."""
        twin = self.model_copy()
        twin.__dict__["origin"] = path
        return twin

    @property
    def digest(self) -> str:
        """SHA-256 over the resolved fields, without the seed: what the run is about, not its luck."""
        fields = self.model_dump(mode="json", exclude={"seed"})
        for path in self.uncertain:  # what a run draws is luck, too
            put(fields, steps(path), None)
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
        for path in settled(overrides, fields["uncertain"]):
            if path not in overrides.get("uncertain", {}):
                del fields["uncertain"][path]
        return self.of(fields)

    def of(self, fields: dict[str, Any]) -> Scenario:
        """Another scenario, of these fields alone, that belongs to the same file.

        Raises
        ------
        InputError
            with everything that is wrong with them.
        """
        try:
            return type(self).model_validate(fields).at_origin(self.origin)
        except ValidationError as error:
            raise InputError(problems_of(error, type(self))) from None


def without(scenario: Scenario, funds: Collection[str] = (), instruments: Collection[str] = ()) -> Scenario:
    """A scenario with nothing in some funds, and without some parts: ``section.name``, or a whole section.

    What is not there can't be taken out: then the scenario is equal to what it was.
    """
    nothing = {"opening": 0.0, "grants": [], "draws": [], "reinvests": None}
    left: dict[str, Any] = {
        "funds": [fund.model_copy(update=nothing) if fund.name in funds else fund for fund in scenario.funds]
    }
    for instrument in instruments:
        section, _, name = instrument.partition(".")
        field = type(scenario).model_fields.get(section)
        if field is None or (field.is_required() and not name):
            continue
        value = left.get(section, getattr(scenario, section))
        if not name:
            left[section] = field.get_default(call_default_factory=True)
        elif isinstance(value, dict):
            left[section] = {key: each for key, each in value.items() if key != name}
        elif isinstance(value, list):
            left[section] = [each for each in value if called(each) != name]
    return scenario.model_copy(update=left).at_origin(scenario.origin)


def called(item: Any) -> str:
    """What an entry of a list of a scenario is called."""
    names = (getattr(item, key, None) for key in ("name", "area", "span", "node"))
    return next((name for name in names if isinstance(name, str)), "")


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
