"""What brings a place its traffic besides a trench, as datasheets: ``data/links.toml``."""

from __future__ import annotations

import functools
import tomllib
from importlib.resources import files
from typing import Annotated

from pydantic import Field

from bbsim.scenario import Frozen, Text
from bbsim.units import Days, Gbps, Km, Quantity, Usd, Whole, Years

Positive = Annotated[float, Field(gt=0)]


class Compare(Frozen):
    """Over which years running costs count."""

    years: Years
    """Years of running cost that are added to the price of building."""
    source: Text
    """Where the figure comes from."""


class FibreLink(Frozen):
    """What fibre costs after it is built."""

    usd_per_km_per_year: Annotated[float, Quantity("USD/km")]
    """Upkeep of a kilometre a year."""
    source: Text
    """Where the figure comes from."""


class MicrowaveLink(Frozen):
    """A radio hop between two masts."""

    name: Text
    """What it is called."""
    ghz: Positive
    """Frequency, which sets the width of the Fresnel zone."""
    hop_gbps: Gbps
    """What one hop carries, each direction."""
    most_km: Km
    """Longest hop."""
    most_hops: Annotated[int, Whole(1, 10)]
    """Hops in a row."""
    most_links: Annotated[int, Whole(1, 100)]
    """Hops that lead away from one mast."""
    mast_m: Positive
    """Height of masts; a hop that needs more is not built."""
    radio_usd: Usd
    """Both radios of a hop."""
    antenna_usd: list[tuple[Km, Usd]]
    """Both antennas of a hop, by the length up to which they serve, ascending."""
    survey_usd: Usd
    """Path survey of a hop."""
    mast_usd_per_m: Usd
    """A metre of mast."""
    power_usd: Usd
    """Power of a site."""
    site_usd_per_year: Usd
    """Upkeep and power of a site a year."""
    lead_days: Days
    """From the decision to service, while fibre waits at the other end."""
    source: Text
    """Where the figures come from."""

    def hop_usd(self, length_km: float) -> float:
        """Radios, antennas and survey of a hop of this length."""
        antenna = next((usd for km, usd in self.antenna_usd if length_km <= km), self.antenna_usd[-1][1])
        return self.radio_usd + antenna + self.survey_usd


class SatelliteLink(Frozen):
    """A terminal that serves a whole place."""

    name: Text
    """What it is called."""
    terminal_usd: Usd
    """Terminal and its power."""
    usd_per_mbps_per_month: Usd
    """Capacity."""
    usd_per_year: Usd
    """Upkeep."""
    lead_days: Days
    """From the decision to service."""
    source: Text
    """Where the figures come from."""


class Links(Frozen):
    """All that may link a place to the network."""

    compare: Compare
    """Over which years they are compared."""
    fibre: FibreLink
    """Upkeep of fibre."""
    microwave: MicrowaveLink
    """Radio hops."""
    satellite: SatelliteLink
    """Terminals."""


@functools.cache
def links() -> Links:
    """The datasheets that come with bbsim."""
    text = files("bbsim").joinpath("data/links.toml").read_text(encoding="utf-8")
    return Links.model_validate(tomllib.loads(text))
