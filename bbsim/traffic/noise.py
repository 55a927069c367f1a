"""How much of a signal is left after an amplified line: noise of the amplifiers and of the fibre itself.

The incoherent Gaussian-noise model in closed form (Poggiolini et al., "A detailed analytical derivation of
the GN model", arXiv:1209.0394, eqs. 120 and 123), with every section of fibre followed by an amplifier that
makes up for its loss. No constant is fitted: what goes in are physical constants and datasheet figures.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bbsim.traffic._arrays import Floats

PLANCK_J_S = 6.62607015e-34
LIGHT_M_PER_S = 299_792_458.0

REFERENCE_GHZ = 12.5
"""Bandwidth in which OSNR is quoted: 0.1 nm at 1550 nm."""

# Weights of a channel's own and of its neighbours' interference (eq. 120; two polarisations).
_OWN, _OTHERS = 16.0 / 27.0, 32.0 / 27.0


@dataclass(frozen=True, slots=True)
class Fibre:
    """What the fibre is: loss, dispersion, and how strongly light acts on light in it."""

    loss_db_per_km: float
    dispersion_ps_per_nm_km: float
    effective_area_um2: float
    nonlinear_index_m2_per_w: float
    wavelength_nm: float

    @property
    def alpha_per_km(self) -> float:
        """Power loss, 1/km."""
        return self.loss_db_per_km * math.log(10.0) / 10.0

    @property
    def beta2_s2_per_km(self) -> float:
        """Group-velocity dispersion |β2| = D λ² / (2 π c), s²/km."""
        metres = self.wavelength_nm * 1e-9
        # ps/(nm km) = 1e-3 s/(m km)
        return self.dispersion_ps_per_nm_km * 1e-3 * metres**2 / (2.0 * math.pi * LIGHT_M_PER_S)

    @property
    def gamma_per_w_km(self) -> float:
        """Nonlinear coefficient γ = 2 π n2 / (λ A), 1/(W km)."""
        area = self.effective_area_um2 * 1e-12
        return 2.0 * math.pi * self.nonlinear_index_m2_per_w / (self.wavelength_nm * 1e-9 * area) * 1e3

    @property
    def frequency_hz(self) -> float:
        """Frequency of the light."""
        return LIGHT_M_PER_S / (self.wavelength_nm * 1e-9)


def db(linear: ArrayLike) -> Floats:
    """A ratio in decibels; −∞ for 0."""
    with np.errstate(divide="ignore"):
        return np.asarray(10.0 * np.log10(np.asarray(linear, dtype=np.float64)))


def linear(decibels: ArrayLike) -> Floats:
    """Decibels as a ratio."""
    return np.asarray(10.0 ** (np.asarray(decibels, dtype=np.float64) / 10.0))


@functools.cache
def comb_interference(fibre: Fibre, gbaud: float, grid_ghz: float, channels: int) -> float:
    """What a full band of equal channels does to the one in the middle, before power and fibre: Σ w ψ / B².

    The sum of eq. 123 over all channels, without the effective length, over the square of the symbol rate:
    times γ² L_eff² and the square of the power it is interference over signal, in the signal's own band.
    The channel in the middle has it worst.
    """
    asymptotic_km = 1.0 / fibre.alpha_per_km
    width = gbaud * 1e9
    scale = math.pi**2 * asymptotic_km * fibre.beta2_s2_per_km * width
    total = 0.0
    for place in range(channels):
        offset = (place - channels // 2) * grid_ghz * 1e9
        spread = (math.asinh(scale * (offset + width / 2)) - math.asinh(scale * (offset - width / 2))) / 2
        total += (_OWN if offset == 0.0 else _OTHERS) * spread
    return total / (2.0 * math.pi * fibre.beta2_s2_per_km * asymptotic_km) / width**2


def effective_km(fibre: Fibre, section_km: ArrayLike) -> Floats:
    """Length over which the power is high enough to act: (1 − exp(−α L)) / α.

    >>> standard = Fibre(0.2, 16.7, 83.0, 2.6e-20, 1550.0)
    >>> effective_km(standard, [0.0, 80.0]).round(2).tolist()
    [0.0, 21.17]
    """
    return np.asarray(-np.expm1(-fibre.alpha_per_km * np.asarray(section_km)) / fibre.alpha_per_km)


def amplifier_noise_w(fibre: Fibre, gain_db: ArrayLike, noise_figure_db: ArrayLike) -> Floats:
    """Spontaneous emission behind an amplifier, W in 0.1 nm, both polarisations: (F G − 1) h ν B."""
    both = linear(np.asarray(gain_db, dtype=np.float64) + np.asarray(noise_figure_db, dtype=np.float64))
    quantum = PLANCK_J_S * fibre.frequency_hz * REFERENCE_GHZ * 1e9
    return np.asarray(np.maximum(both - 1.0, 0.0) * quantum)


def best_launch_w(emission_w: ArrayLike, interference_per_w2: ArrayLike) -> Floats:
    """Power a channel at which a section's noise is least against the signal: (P_ase / 2 η)^(1/3).

    There the interference is half the emission (Poggiolini et al., "The GN-model of fiber non-linear
    propagation and its applications", J. Lightwave Technol. 32, 2014).
    """
    with np.errstate(divide="ignore"):
        return np.cbrt(np.asarray(emission_w) / (2.0 * np.asarray(interference_per_w2)))


def accumulated(first: ArrayLike, each: ArrayLike, sections: ArrayLike) -> Floats:
    """Noise over signal behind equal sections, when amplifiers keep signal and noise together constant.

    Every amplifier takes from the signal what noise it adds: 1 + N = (1 + first) (1 + each)^sections, the
    generalised droop formula (Bononi et al., Opt. Express 28, 2020); the plain sum where noise is low.

    >>> accumulated(0.0, 0.01, [1, 100]).round(4).tolist()
    [0.01, 1.7048]
    """
    return np.asarray(np.expm1(np.log1p(first) + np.asarray(sections) * np.log1p(each)))
