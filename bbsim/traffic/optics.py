"""What light a span of fibre can carry: huts, reach by modulation, regenerators, wavelengths and their price.

A span is cut into equal sections no longer than the huts allow; the noise of a section decides which
transponder mode its receiver can still read, and the band how many wavelengths there are. The equipment is
`bbsim.traffic.equipment`, the physics `bbsim.traffic.noise`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bbsim.traffic import noise
from bbsim.traffic._arrays import Floats, Ints, amounts
from bbsim.traffic.equipment import Mode, Optics, catalogue

__all__ = ["LineRate", "LineRates", "catalogue", "gsnr_db", "light_usd", "line_rate", "reach_km"]

# Lengths that differ by less than this share are the same: 160 km is two sections of 80.
_SAME = 1e-9

# Sections up to which reach is looked for: more than once around the Earth.
_LONGEST = 1_000


def gsnr_db(
    mode: Mode,
    section_km: ArrayLike,
    sections: ArrayLike = 1,
    *,
    optics: Optics | None = None,
    launch_dbm: float | None = None,
) -> Floats:
    """Signal over all noise at the receiver behind equal amplified sections, dB in 0.1 nm.

    Parameters
    ----------
    mode : what is sent, on every slot of the band.
    section_km : float, any shape; fibre between two amplifiers.
    sections : whole numbers, broadcast with `section_km`.
    optics : the equipment; `catalogue()` if not given.
    launch_dbm : power a channel into every section; the best for the section if not given, within what the
        amplifiers can do.

    Returns
    -------
    float, of the common shape. Emission of the booster and of every amplifier, interference in every section
    (incoherent sum, in amplifiers of constant output power), and the noise of transmitter, adding and
    dropping are in it; −∞ where no amplifier has the gain.

    Notes
    -----
    Valid for lossy sections (7 dB and more) of standard fibre and channels of 28 Gbaud and more; Raman tilt,
    polarisation effects and filtering are not in it, `Line.margin_db` is kept for them (it is not taken off
    here). Sources: see `bbsim.traffic.noise`.

    Examples
    --------
    >>> gsnr_db(catalogue().mode[0], 80.0, [1, 10, 40]).round(1).tolist()
    [27.3, 21.3, 15.8]
    """
    kit = optics or catalogue()
    line, fibre = kit.line, kit.line.fibre
    length = np.asarray(section_km, dtype=np.float64)
    channels = kit.wavelengths(mode)
    loss = np.maximum(length * line.loss_db_per_km, line.span_loss_at_least_db)
    emission = noise.amplifier_noise_w(fibre, loss, _noise_figure(kit, loss))
    # Interference is worked out in the signal's own band and quoted, as the emission is, in 0.1 nm.
    spectral = noise.REFERENCE_GHZ / mode.gbaud
    comb = noise.comb_interference(fibre, mode.gbaud, mode.grid_ghz, channels)
    # What pads a short section stands in front of the fibre and weakens the light in it.
    weaker = noise.linear(length * line.loss_db_per_km - loss)
    action = fibre.gamma_per_w_km**2 * noise.effective_km(fibre, length) ** 2 * comb * weaker**2
    if launch_dbm is None:
        most = min(amplifier.total_dbm for amplifier in kit.amplifier) - float(noise.db(channels))
        power = np.minimum(noise.best_launch_w(emission, action * spectral), noise.linear(most) * 1e-3)
    else:
        power = noise.linear(launch_dbm) * 1e-3
    gain = np.maximum(noise.db(power * 1e3) - line.roadm_out_dbm, 0.0)
    booster = noise.amplifier_noise_w(fibre, gain, _noise_figure(kit, gain))
    ends = noise.linear(-mode.tx_osnr_db) + noise.linear(-line.add_drop_osnr_db)
    with np.errstate(invalid="ignore"):
        each = emission / power / spectral + action * power**2
        along = noise.accumulated(booster / power / spectral, each, np.asarray(sections))
        return np.where(np.isfinite(along), -noise.db(ends + along * spectral), -np.inf)


def _noise_figure(kit: Optics, gain_db: Floats) -> Floats:
    """That of the quietest amplifier with this gain; one of less gain than the least is not asked for."""
    least = min(amplifier.gain_from_db for amplifier in kit.amplifier)
    figures = [amplifier.noise_figure_db(np.maximum(gain_db, least)) for amplifier in kit.amplifier]
    return np.asarray(np.minimum.reduce(figures))


@dataclass(frozen=True, slots=True, eq=False)
class LineRate:
    """What one fibre pair of each length carries at most, and what stands along it.

    Attributes
    ----------
    mode : int[lengths], position in `Optics.mode`; −1 where no mode gets through.
    gbps_per_wavelength : float[lengths], 0 where none does.
    wavelengths : int[lengths], as many as the band holds.
    gbps : float[lengths], both of the above multiplied: one direction of one pair, full.
    huts : int[lengths], places with an amplifier between the ends.
    regenerators : int[lengths], places where every wavelength is received and sent afresh (some of the huts).
    gsnr_db : float[lengths], signal over noise at the receivers, in 0.1 nm, before the margin.
    """

    mode: Ints
    gbps_per_wavelength: Floats
    wavelengths: Ints
    gbps: Floats
    huts: Ints
    regenerators: Ints
    gsnr_db: Floats


def line_rate(
    length_km: ArrayLike, *, year: float, optics: Optics | None = None, regenerators: int = 20
) -> LineRate:
    """The most that a pair of fibres of each length can carry with what is sold in a year.

    Parameters
    ----------
    length_km : float[lengths], 0 or more.
    year : equipment from this year or before is taken.
    optics : the equipment; `catalogue()` if not given.
    regenerators : most places of regeneration that are tried.

    Returns
    -------
    LineRate

    Raises
    ------
    ValueError
        if a length is NaN, negative or infinite.

    Notes
    -----
    Of all modes whose receivers still read the signal with the margin, the one with the highest rate a pair;
    of these the cheaper by Gbit/s, then the older. Only where none gets through, the line is cut into the
    fewest equal pieces in which one does.

    Examples
    --------
    >>> rate = line_rate([40.0, 700.0, 2500.0, 5000.0], year=2022)
    >>> [catalogue().mode[mode].name for mode in rate.mode]
    ['400G 16QAM', '300G 8QAM', '200G QPSK', '200G QPSK']
    >>> rate.gbps.tolist(), rate.huts.tolist(), rate.regenerators.tolist()
    ([21600.0, 16200.0, 10800.0, 10800.0], [0, 8, 31, 63], [0, 0, 0, 1])
    """
    kit = optics or catalogue()
    km = amounts("length_km", np.atleast_1d(np.asarray(length_km, dtype=np.float64)))
    count = km.size
    chosen, quality = np.full(count, -1, dtype=np.int64), np.full(count, -np.inf)
    pieces = np.ones(count, dtype=np.int64)
    order = _best_first(kit, year)
    open_ = np.arange(count)
    for cuts in range(1, regenerators + 2):
        part = km[open_] / cuts
        sections = _sections(kit, part)
        for place in order:
            if not open_.size:
                break
            mode = kit.mode[place]
            seen = gsnr_db(mode, part / sections, sections, optics=kit)
            through = seen - kit.line.margin_db >= mode.osnr_db
            done = open_[through]
            chosen[done], quality[done], pieces[done] = place, seen[through], cuts
            open_, part, sections = open_[~through], part[~through], sections[~through]
        if not open_.size:
            break
    per = np.array([*(mode.gbps for mode in kit.mode), 0.0])[chosen]
    many = np.array([*(kit.wavelengths(mode) for mode in kit.mode), 0], dtype=np.int64)[chosen]
    huts = pieces * _sections(kit, km / pieces) - 1
    return LineRate(chosen, per, many, per * many, huts, pieces - 1, quality)


class LineRates:
    """`line_rate` of the same lengths in any year, worked out once a year however often it is asked for.

    >>> rates = LineRates([40.0, 700.0])
    >>> rates.of(2022).gbps.tolist(), rates.among(np.array([1])).of(2022).gbps.tolist()
    ([21600.0, 16200.0], [16200.0])
    """

    def __init__(self, length_km: ArrayLike, *, optics: Optics | None = None) -> None:
        self.length_km = amounts("length_km", length_km)
        self.optics = optics or catalogue()
        # By the modes on sale, best first: most years are like the year before.
        self._known: dict[tuple[int, ...], LineRate] = {}
        self._whole: tuple[LineRates, Ints] | None = None

    def among(self, which: Ints) -> LineRates:
        """Those of some of the lengths, from what is known of all."""
        part = LineRates(self.length_km[which], optics=self.optics)
        part._whole = (self, which)
        return part

    def of(self, year: int) -> LineRate:
        """What each length carries with what is sold in a year."""
        sale = tuple(_best_first(self.optics, year))
        if sale not in self._known:
            if self._whole is None:
                self._known[sale] = line_rate(self.length_km, year=year, optics=self.optics)
            else:
                whole, which = self._whole
                rate = whole.of(year)
                self._known[sale] = LineRate(*(getattr(rate, name)[which] for name in LineRate.__slots__))
        return self._known[sale]

    def at(self, years: Ints) -> LineRate:
        """The same where each length has a year of its own."""
        columns = {name: getattr(self.of(0), name).copy() for name in LineRate.__slots__}
        for year in np.unique(years).tolist():
            mine, rate = years == year, self.of(year)
            for name, column in columns.items():
                column[mine] = getattr(rate, name)[mine]
        return LineRate(**columns)


def _sections(kit: Optics, km: Floats) -> Ints:
    return np.maximum(np.ceil(km / kit.line.hut_every_km * (1.0 - _SAME)), 1.0).astype(np.int64)


def _best_first(kit: Optics, year: float) -> list[int]:
    """Modes that can be bought, from the highest rate a pair down; the cheaper, then the older first."""

    def rank(place: int) -> tuple[float, float, int]:
        mode = kit.mode[place]
        rate = mode.gbps * kit.wavelengths(mode)
        return -rate, kit.transponder_usd(mode, year) / mode.gbps, place

    return sorted((i for i, mode in enumerate(kit.mode) if mode.from_year <= year), key=rank)


def reach_km(mode: Mode, *, optics: Optics | None = None) -> float:
    """How far a mode gets over sections of full length without regeneration, margin kept.

    A mode that does not get over one section of full length has the longest shorter one, to a metre.

    >>> [reach_km(mode) for mode in catalogue().mode]
    [4800.0, 560.0, 2720.0, 880.0, 320.0, 2400.0, 80.0]
    """
    kit = optics or catalogue()
    full, asked = kit.line.hut_every_km, mode.osnr_db + kit.line.margin_db
    most = int(np.count_nonzero(gsnr_db(mode, full, np.arange(1, _LONGEST), optics=kit) >= asked))
    if most:
        return most * full
    metres = np.arange(1, round(full * 1000) + 1)
    good = np.flatnonzero(gsnr_db(mode, metres / 1000.0, 1, optics=kit) >= asked)
    return float(metres[good[-1]] / 1000.0) if good.size else 0.0


def light_usd(
    rate: LineRate,
    wavelengths: ArrayLike,
    *,
    year: float,
    new_pair: ArrayLike = False,
    optics: Optics | None = None,
) -> Floats:
    """What lighting so many more wavelengths costs: transponders, and the line system of a pair not lit yet.

    Parameters
    ----------
    rate : from `line_rate`.
    wavelengths : int[lengths], how many more.
    year : when they are bought.
    new_pair : bool[lengths], whether terminals and amplifiers are needed as well.

    Returns
    -------
    float[lengths], USD; each wavelength has a transponder at both ends and two at each regenerator.

    Examples
    --------
    >>> light_usd(line_rate([100.0], year=2020), [3], year=2020, new_pair=[True]).tolist()
    [160000.0]
    """
    kit = optics or catalogue()
    price = np.array([*(kit.transponder_usd(mode, year) for mode in kit.mode), np.inf])[rate.mode]
    count = np.broadcast_to(np.asarray(wavelengths), rate.mode.shape)
    with np.errstate(invalid="ignore"):  # 0 of what is not to be had, taken out below
        lamps = 2.0 * (rate.regenerators + 1) * count * price
    lamps = np.where(count > 0, lamps, 0.0)
    system = 2.0 * kit.line.fixed_usd_per_end + rate.huts * kit.line.usd_per_amplifier
    return lamps + np.where(new_pair, system, 0.0)
