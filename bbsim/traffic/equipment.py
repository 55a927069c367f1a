"""Optical equipment as datasheets: fibre, amplifiers, line system and transponder modes, dates and prices.

Adding equipment is adding a record to ``data/optics.toml``; `bbsim.traffic.optics` says what it can do.
"""

from __future__ import annotations

import functools
import tomllib
from importlib.resources import files
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field, model_validator

from bbsim.scenario import Frozen, Text
from bbsim.traffic import noise
from bbsim.traffic._arrays import Floats
from bbsim.units import Gbps, Km, Share, Usd

# Gains and counts that differ by less than this are the same.
_SAME = 1e-9


class Line(Frozen):
    """The fibre and the line system on it."""

    loss_db_per_km: float = Field(gt=0)
    """Loss of the fibre."""
    dispersion_ps_per_nm_km: float = Field(gt=0)
    """Chromatic dispersion."""
    effective_area_um2: float = Field(gt=0)
    """Area in which the light runs."""
    nonlinear_index_m2_per_w: float = Field(gt=0)
    """Nonlinear refractive index of silica."""
    wavelength_nm: float = Field(gt=0)
    """Where in the spectrum the other figures are meant."""
    band_from_thz: float = Field(gt=0)
    """Lower end of the band that amplifiers carry."""
    band_to_thz: float = Field(gt=0)
    """Upper end of the band."""
    hut_every_km: Km = Field(gt=0)
    """Longest section between two amplifiers."""
    span_loss_at_least_db: float = Field(ge=0)
    """Shorter sections are padded to this loss, which amplifiers need."""
    roadm_out_dbm: float
    """Power a channel at which the terminal hands over to its booster."""
    add_drop_osnr_db: float
    """Noise of adding and dropping a channel, together, in 0.1 nm."""
    margin_db: float = Field(ge=0)
    """What is kept in hand for ageing, repair splices and unequal channels."""
    fixed_usd_per_end: Usd
    """Terminal of a fibre pair without transponders."""
    usd_per_amplifier: Usd
    """Amplifier in a hut, both directions."""
    source: Text
    """Where the figures come from."""

    @property
    def fibre(self) -> noise.Fibre:
        """The fibre as the noise model takes it."""
        return noise.Fibre(
            self.loss_db_per_km, self.dispersion_ps_per_nm_km, self.effective_area_um2,
            self.nonlinear_index_m2_per_w, self.wavelength_nm,
        )  # fmt: skip


class Amplifier(Frozen):
    """One type of amplifier, whose noise figure falls as its gain rises."""

    name: Text
    """What it is called."""
    gain_from_db: float
    """Least gain."""
    gain_to_db: float
    """Greatest gain."""
    noise_figure_from_db: float
    """Noise figure at the greatest gain."""
    noise_figure_to_db: float
    """Noise figure at the least gain."""
    total_dbm: float
    """Greatest power of all channels together."""
    source: Text
    """Where the figures come from."""

    def noise_figure_db(self, gain_db: ArrayLike) -> Floats:
        """Noise figure at some gain; infinite where the gain is out of range.

        Two stages with an attenuator between them that takes away what gain is too much: F = a + b / G²
        (Friis' formula; the gain of the first stage falls with the square of the whole), through both ends.
        """
        gain = np.asarray(gain_db, dtype=np.float64)
        low, high = noise.linear(-2.0 * self.gain_from_db), noise.linear(-2.0 * self.gain_to_db)
        best, worst = noise.linear(self.noise_figure_from_db), noise.linear(self.noise_figure_to_db)
        slope = (worst - best) / (low - high)
        figure = best + slope * (noise.linear(-2.0 * gain) - high)
        within = (gain >= self.gain_from_db - _SAME) & (gain <= self.gain_to_db + _SAME)
        return np.where(within, noise.db(np.where(within, figure, 1.0)), np.inf)


class Mode(Frozen):
    """One way in which a transponder sends."""

    name: Text
    """Rate and modulation."""
    gbps: Gbps
    """Client rate of one wavelength."""
    gbaud: float = Field(gt=0)
    """Symbol rate."""
    grid_ghz: float = Field(gt=0)
    """Width of its slot in the band."""
    osnr_db: float
    """Signal over noise in 0.1 nm that the receiver needs."""
    tx_osnr_db: float
    """Noise of the transmitter, the same way."""
    from_year: int
    """First year in which it can be bought."""
    usd: Usd
    """Price of one transponder in `usd_year`."""
    usd_year: int
    """Year of the price."""
    source: Text
    """Where the figures come from."""


class Prices(Frozen):
    """How prices of transponders move."""

    fall_share_per_year: Share
    """Fall of a price each year."""
    fall_for_years: float = Field(ge=0)
    """Years from a price's own over which it keeps falling (and, before it, rising)."""
    source: Text
    """Where the figures come from."""


class Optics(Frozen):
    """All optical equipment that can be bought."""

    line: Line
    """Fibre and line system."""
    amplifier: tuple[Amplifier, ...] = Field(min_length=1)
    """Types of amplifier; at each gain the one with the least noise is taken."""
    mode: tuple[Mode, ...] = Field(min_length=1)
    """Modes of transponders."""
    prices: Prices
    """How prices move."""

    @model_validator(mode="after")
    def _band_holds_a_channel(self) -> Self:
        if any(self.wavelengths(mode) < 1 for mode in self.mode):
            raise ValueError("the band is narrower than the slot of a mode")
        return self

    def wavelengths(self, mode: Mode) -> int:
        """How many wavelengths of a mode fit into the band."""
        return int((self.line.band_to_thz - self.line.band_from_thz) * 1e3 / mode.grid_ghz + _SAME)

    def transponder_usd(self, mode: Mode, year: float) -> float:
        """Price of one transponder in a year."""
        ago = min(max(year - mode.usd_year, -self.prices.fall_for_years), self.prices.fall_for_years)
        return float(mode.usd * (1.0 - self.prices.fall_share_per_year) ** ago)


@functools.cache
def catalogue() -> Optics:
    """The equipment that comes with bbsim.

    >>> [mode.name for mode in catalogue().mode][:2]
    ['100G QPSK', '200G 16QAM']
    """
    text = files("bbsim").joinpath("data/optics.toml").read_text(encoding="utf-8")
    return Optics.model_validate(tomllib.loads(text))
