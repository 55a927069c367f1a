"""What brings a place its traffic besides a trench: radio hops and satellite, and what each costs to run.

The figures of the datasheets in ``data/links.toml`` hold where a scenario does not set its own.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Annotated, Any

from pydantic import Field

from bbsim.sections import Frozen, Text, sourced
from bbsim.units import Days, Gbps, Km, Quantity, Usd, Whole, Years

Positive = Annotated[float, Field(gt=0)]

_SHEETS: dict[str, dict[str, Any]] = tomllib.loads(
    files("bbsim").joinpath("data/links.toml").read_text(encoding="utf-8")
)


def _sheet(link: str, name: str) -> Any:
    """A field whose default is the datasheet's."""
    return sourced(_SHEETS[link][name], _SHEETS[link]["source"])


class Compare(Frozen):
    """Over which years running costs count."""

    years: Years = _sheet("compare", "years")
    """Years of running cost that are added to the price of building."""


class FibreLink(Frozen):
    """What fibre costs after it is built."""

    usd_per_km_per_year: Annotated[float, Quantity("USD/km")] = _sheet("fibre", "usd_per_km_per_year")
    """Upkeep of a kilometre a year."""


class Antennas(Frozen):
    """Both antennas of a hop up to some length."""

    upto_km: Km
    """Longest hop that they serve."""
    usd: Usd
    """Price of both."""


class MicrowaveLink(Frozen):
    """A radio hop between two masts."""

    name: Text = _sheet("microwave", "name")
    """What it is called."""
    ghz: Positive = _sheet("microwave", "ghz")
    """Frequency, which sets the width of the Fresnel zone."""
    hop_gbps: Gbps = _sheet("microwave", "hop_gbps")
    """What one hop carries, each direction."""
    most_km: Km = _sheet("microwave", "most_km")
    """Longest hop."""
    most_hops: Annotated[int, Whole(1, 10)] = _sheet("microwave", "most_hops")
    """Hops in a row."""
    most_links: Annotated[int, Whole(1, 100)] = _sheet("microwave", "most_links")
    """Hops that lead away from one mast."""
    mast_m: Positive = _sheet("microwave", "mast_m")
    """Height of masts; a hop that needs more is not built."""
    radio_usd: Usd = _sheet("microwave", "radio_usd")
    """Both radios of a hop."""
    antennas: Annotated[list[Antennas], Field(min_length=1)] = _sheet("microwave", "antennas")
    """What antennas cost, by the length up to which they serve."""
    survey_usd: Usd = _sheet("microwave", "survey_usd")
    """Path survey of a hop."""
    mast_usd_per_m: Usd = _sheet("microwave", "mast_usd_per_m")
    """A metre of mast."""
    power_usd: Usd = _sheet("microwave", "power_usd")
    """Power of a site."""
    site_usd_per_year: Usd = _sheet("microwave", "site_usd_per_year")
    """Upkeep and power of a site a year."""
    lead_days: Days = _sheet("microwave", "lead_days")
    """From the decision to service, while fibre waits at the other end."""

    def hop_usd(self, length_km: float) -> float:
        """Radios, antennas and survey of a hop of this length."""
        by_reach = sorted(self.antennas, key=lambda pair: (pair.upto_km, pair.usd))
        pair = next((pair for pair in by_reach if length_km <= pair.upto_km), by_reach[-1])
        return self.radio_usd + pair.usd + self.survey_usd


class SatelliteLink(Frozen):
    """A terminal that serves a whole place."""

    name: Text = _sheet("satellite", "name")
    """What it is called."""
    terminal_usd: Usd = _sheet("satellite", "terminal_usd")
    """Terminal and its power."""
    usd_per_mbps_per_month: Usd = _sheet("satellite", "usd_per_mbps_per_month")
    """Capacity."""
    usd_per_year: Usd = _sheet("satellite", "usd_per_year")
    """Upkeep."""
    lead_days: Days = _sheet("satellite", "lead_days")
    """From the decision to service."""


class Links(Frozen):
    """All that may link a place to the network."""

    compare: Compare = Compare()
    """Over which years they are compared."""
    fibre: FibreLink = FibreLink()
    """Upkeep of fibre."""
    microwave: MicrowaveLink = MicrowaveLink()
    """Radio hops."""
    satellite: SatelliteLink = SatelliteLink()
    """Terminals."""
