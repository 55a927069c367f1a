"""Access technologies as datasheets: adding one is adding a record to ``data/technologies.toml``."""

from __future__ import annotations

import functools
import math
import tomllib
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.explain import problems_of
from bbsim.scenario import Frozen, NodeKind, Scenario, Settlement, Text
from bbsim.units import HomesPerDay, Mbps, PositiveShare, Share, Usd, UsdPerHome, UsdPerYear, Years

Feed = Literal["fibre", "hop", "sky", "own"]
BOUGHT_SHARE = 0.28
"""Of cable in a street, of a riser or a drop, what is bought and not laboured: FBA-Cartesian 2023, labour is
72-73 % of the cost of underground cable, as in the model of spans."""


class Technology(Frozen):
    """One way of bringing a line into a home."""

    name: Text
    """What it is called."""
    line_mbps: Mbps
    """Best rate of one line, downstream."""
    shared_mbps: Mbps
    """Rate of the tree or cell that homes share."""
    homes_sharing: int = Field(ge=1)
    """Homes on one tree or cell when it is full."""
    usd_per_home_passed: dict[NodeKind, UsdPerHome]
    """Cost of passing one home, by kind of place; a scenario's `last_mile` takes it apart instead."""
    source: Text
    """Where the figures come from."""

    # ---- what a scenario's `last_mile` asks for -----------------------------------------------
    feed: Feed = "fibre"
    """fibre: the place must be on fibre; hop: or within a radio hop of one that is; sky: a satellite must be
    up; own: nothing, it stands since before the first day."""
    on_copper: bool = False
    """Whether it runs over telephone lines, so that homes without one can't have it."""
    from_year: int = Field(default=0, ge=0)
    """First year in which it can be bought."""
    usd_per_m: dict[NodeKind, Annotated[float, Field(ge=0, le=10_000)]] = Field(default_factory=dict)
    """Cable along a metre of street, trench included, by kind of place."""
    duct_saving_share: Share = 0.0
    """Part of it that is saved where a duct can be used again."""
    flat_usd: Usd = 0.0
    """Riser and landing of a flat in a block that is passed."""
    homes_per_site: int = Field(default=0, ge=0)
    """Homes that one mast or cabinet passes; 0: it has none."""
    site_usd: Usd = 0.0
    """A mast or cabinet with its equipment."""
    site_equipment_usd: Usd = 0.0
    """Part of it that can be taken down and put up elsewhere."""
    homes_per_crew_day: HomesPerDay | None = None
    """Homes that a crew passes on a working day; null: as `crews.pace` says, or nothing is built."""
    connect_usd: Usd = 0.0
    """Drop and installation, at connection."""
    terminal_usd: Usd = 0.0
    """Terminal in the home, at connection."""
    exit_usd: Usd = 0.0
    """Removal when the home moves to something better."""
    refit_usd: Usd = 0.0
    """Testing and moving a terminal that is used again."""
    terminal_kept_share: Share = 0.0
    """Terminals fit for use in another home, of those removed."""
    site_usd_per_year: UsdPerYear = 0.0
    """Running a mast or cabinet: rent, power and upkeep."""
    site_exit_usd: Usd = 0.0
    """Taking down a mast's or cabinet's equipment when the last home has left it."""
    site_kept_share: Share = 0.0
    """Masts and cabinets whose equipment is put up elsewhere, of those taken down."""
    terminal_years: Years | None = None
    """Life of a terminal; null: it lasts."""
    plant_years: Years | None = None
    """Life of a site's equipment; null: it lasts."""
    take_up_share: PositiveShare = 1.0
    """Of the homes that would take a line, those that take this one: it may be dear or slow."""
    sources: dict[str, Text] = Field(default_factory=dict)
    """Where single figures come from."""

    def cents_per_home_passed(self, kind: str) -> int:
        """Whole cents of passing one home in a place of this kind."""
        return round(self.usd_per_home_passed[kind] * 100)  # type: ignore[index]

    def sites(self, homes: int) -> int:
        """Masts or cabinets that so many homes need."""
        return -(-homes // self.homes_per_site) if self.homes_per_site else 0

    def passing_usd(self, homes: int, kind: str, settlement: Settlement) -> tuple[float, int]:
        """Cost of passing so many homes of a place with nothing of it yet, and the sites in it.

        Street x price of a metre, less what ducts save, with a riser for each flat, and the sites: all from
        what has to be dug and put up.

        >>> usd, sites = find("gpon").passing_usd(1000, "rural_synthetic", Settlement(
        ...     metres_per_house=30, metres_per_block=60, flats_share=0, flats_per_block=1, ducts_share=0))
        >>> round(usd), sites
        (475500, 0)
        """
        saved = settlement.ducts_share * self.duct_saving_share
        a_metre = self.usd_per_m.get(kind, 0.0) * (1.0 - saved)  # type: ignore[call-overload]
        sites = self.sites(homes)
        cable = settlement.metres(homes) * a_metre + homes * settlement.flats_share * self.flat_usd
        return cable + sites * self.site_usd, sites

    def bought_usd(self, passing_usd: float, sites: int) -> float:
        """Part of a cost of passing that is bought: equipment of its sites, and its share of the cable.

        >>> find("wireless_4g").bought_usd(100_000.0, 1), find("gpon").bought_usd(1000.0, 0)
        (40000.0, 280.0)
        """
        return sites * self.site_equipment_usd + BOUGHT_SHARE * max(passing_usd - sites * self.site_usd, 0.0)

    @property
    def built(self) -> bool:
        """Whether crews must build anything before homes can have it."""
        return bool(self.usd_per_m or self.homes_per_site)

    def sharing(self, homes: Any, sites: Any) -> Any:
        """(...) homes on one tree or cell, float: those connected over the sites; without sites, a full tree.

        Parameters
        ----------
        homes, sites : int[...], homes connected and the sites that they share.
        """
        import numpy as np

        return np.where(sites > 0, np.maximum(homes / np.maximum(sites, 1), 1.0), float(self.homes_sharing))

    def carried_mbps(self, sharing: Any, load_mbps: float) -> Any:
        """(...) busy-hour load of a home that its line and its tree or cell carry, all asking for as much.

        It is the load of all homes together, active or not, that the tree must hold.

        >>> find("adsl").carried_mbps(300.0, 2.0).round(3).item()
        0.517
        """
        import numpy as np

        return np.minimum(min(load_mbps, self.line_mbps), self.shared_mbps / sharing)


@functools.cache
def catalogue() -> dict[str, Technology]:
    """Every technology that comes with bbsim, by its short name."""
    text = files("bbsim").joinpath("data/technologies.toml").read_text(encoding="utf-8")
    return {name: Technology.model_validate(record) for name, record in tomllib.loads(text).items()}


def find(name: str, path: str = "access.technology") -> Technology:
    """A technology by its short name.

    Raises
    ------
    InputError
        for an unknown name, with the nearest.
    """
    known = catalogue()
    if name not in known:
        hint = did_you_mean(name, list(known))
        raise InputError(Problem("unknown-technology", f"no technology '{name}'", path=path, hint=hint))
    return known[name]


def of_scenario(scenario: Scenario) -> dict[str, Technology]:
    """Every technology that a scenario names, worst first, with the figures that it sets.

    What comes from the sky is worst, then copper, then the interim technologies in the scenario's order; the
    programme's own is best.

    Raises
    ------
    InputError
        for unknown technologies and figures, and for values that can't be, all at once.
    """
    mile = scenario.access.last_mile
    if mile is None:
        return {scenario.access.technology: find(scenario.access.technology)}
    named = [
        (rule.technology, f"access.last_mile.interim[{i}].technology") for i, rule in enumerate(mile.interim)
    ]
    if mile.copper is not None:
        named.append((mile.copper.technology, "access.last_mile.copper.technology"))
    named.append((scenario.access.technology, "access.technology"))
    problems: list[Problem] = []
    found: dict[str, Technology] = {}
    for name, path in named:
        try:
            found[name] = _with_figures(find(name, path), mile.figures.get(name, {}), name)
        except InputError as error:
            problems += error.problems
    at_first = None if mile.copper is None else found.get(mile.copper.technology)
    if mile.copper is not None and at_first is not None and not at_first.on_copper:
        message = f"'{mile.copper.technology}' is carried by no telephone line"
        hint = f"Those that are: {', '.join(name for name, each in catalogue().items() if each.on_copper)}."
        path = "access.last_mile.copper.technology"
        problems.append(Problem("unknown-technology", message, path=path, hint=hint))
    for name in sorted(set(mile.figures) - {name for name, _ in named}):
        message = f"'{name}' is no technology of this scenario, so it can't have figures"
        problems.append(Problem("unknown-technology", message, path=f"access.last_mile.figures.{name}"))
    if problems:
        raise InputError(problems)
    last = scenario.access.technology
    copper = None if mile.copper is None else mile.copper.technology
    order = {"sky": 0, "own": 1}

    def rank(name: str) -> tuple[int, int]:
        group = 4 if name == last else 1 if name == copper else order.get(found[name].feed, 2)
        return group, list(found).index(name)

    return {name: found[name] for name in sorted(found, key=rank)}


def of_programme(scenario: Scenario) -> Technology:
    """The technology that a scenario's programme passes homes by, with the figures that it sets.

    Raises
    ------
    InputError
        as `of_scenario`.
    """
    return of_scenario(scenario)[scenario.access.technology]


def _with_figures(record: Technology, figures: dict[str, float], name: str) -> Technology:
    if not figures:
        return record
    path = f"access.last_mile.figures.{name}"
    numbers = [
        key for key, value in record.model_dump().items() if isinstance(value, (int, float)) or value is None
    ]
    wrong = [key for key in figures if key not in numbers]
    if wrong:
        hint = did_you_mean(wrong[0], numbers)
        message = f"the record of '{name}' has no figure '{wrong[0]}'"
        raise InputError(Problem("unknown-key", message, path=f"{path}.{wrong[0]}", hint=hint))
    try:
        return Technology.model_validate({**record.model_dump(), **figures})
    except ValidationError as error:
        raise InputError(
            [
                Problem(each.slug, each.message, path=f"{path}.{each.path}", hint=each.hint)
                for each in problems_of(error, Technology)
            ]
        ) from None


def hop_reach_km(scenario: Scenario) -> float:
    """How far a mast of a place without fibre may stand from one that has it."""
    return scenario.links.microwave.most_km


def hop_usd(scenario: Scenario, km: float) -> float:
    """A radio hop to a place without fibre: radios, antennas, survey, and a mast with power at its end."""
    sheet = scenario.links.microwave
    return sheet.hop_usd(km) + sheet.mast_m * sheet.mast_usd_per_m + sheet.power_usd


def whole_cents(usd: float) -> int:
    """Dollars as whole cents, half a cent up."""
    return math.floor(usd * 100.0 + 0.5)
