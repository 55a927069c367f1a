"""How far each transponder mode gets: signal over noise behind amplified sections, and tables of reach.

A line is cut into equal sections no longer than the huts allow. For each number of sections there is a
longest section that a mode's receiver can still read; these are worked out once for a catalogue, so that
choosing a mode for a line is looking up a length.
"""

from __future__ import annotations

import functools
from bisect import bisect_left

import numpy as np
from numpy.typing import ArrayLike

from bbsim.traffic import noise
from bbsim.traffic._arrays import Floats, Ints
from bbsim.traffic.equipment import Mode, Optics, catalogue

# Lengths that differ by less than this share are the same: 160 km is two sections of 80.
_SAME = 1e-9

# Sections up to which reach is looked for: more than once around the Earth.
_LONGEST = 1_000

# Lengths tried at once between one that is read and one that is not, and how often: to a few millimetres.
_TRIED, _ROUNDS = 64, 4


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


class ModeTable:
    """The best of some modes for a line of any length without regenerators, looked up.

    Attributes
    ----------
    upto_km : ascending; a line of at most so much, and more than the entry before, has the mode beside it.
    mode : position in `Optics.mode`, −1 where none gets through; one entry more, −1 for what is longer.

    Examples
    --------
    >>> kit = catalogue()
    >>> table = mode_table(best_first(kit, 2022), kit)
    >>> [kit.mode[table.at(km)].name for km in (40.0, 700.0, 2500.0)], table.at(5000.0)
    (['400G 16QAM', '300G 8QAM', '200G QPSK'], -1)
    """

    __slots__ = ("_edges", "_modes", "mode", "upto_km")

    def __init__(self, upto_km: tuple[float, ...], mode: tuple[int, ...]) -> None:
        self.upto_km, self.mode = upto_km, mode
        self._edges = np.array(upto_km, dtype=np.float64)
        self._modes = np.array(mode, dtype=np.int64)

    def at(self, length_km: float) -> int:
        """The mode of one line."""
        return self.mode[bisect_left(self.upto_km, length_km)]

    def of(self, length_km: Floats) -> Ints:
        """int[lengths], the mode of each line."""
        return self._modes[np.searchsorted(self._edges, length_km)]


@functools.lru_cache(maxsize=64)
def mode_table(order: tuple[int, ...], optics: Optics) -> ModeTable:
    """The table for some modes, of which an earlier one is always taken before a later one.

    Parameters
    ----------
    order : positions in `Optics.mode`, best first; see `best_first`.
    optics : the equipment.

    Returns
    -------
    ModeTable
    """
    limits = [_longest_sections(place, optics) for place in order]
    hut = optics.line.hut_every_km / (1.0 - _SAME)
    steps: list[tuple[float, int]] = []

    def add(upto_km: float, mode: int) -> None:
        if steps and steps[-1][1] == mode:
            steps[-1] = (upto_km, mode)
        else:
            steps.append((upto_km, mode))

    for sections in range(1, max((len(limit) for limit in limits), default=0) + 1):
        reached, end = (sections - 1) * hut, sections * hut
        for place, limit in zip(order, limits, strict=True):
            upto = limit[sections - 1] * sections if sections <= len(limit) else 0.0
            if upto > reached:
                add(upto, place)
                reached = upto
        if reached < end:
            add(end, -1)
    if steps and steps[-1][1] < 0:
        steps.pop()
    return ModeTable(tuple(upto for upto, _ in steps), (*(mode for _, mode in steps), -1))


@functools.lru_cache(maxsize=256)
def _longest_sections(place: int, optics: Optics) -> tuple[float, ...]:
    """By number of sections less one: the longest that a mode's receiver still reads, km; 0 if it reads none.

    Sections shorter than one that is read are read: there is less noise in them.
    """
    mode = optics.mode[place]
    full = optics.line.hut_every_km
    asked = mode.osnr_db + optics.line.margin_db

    def read(section_km: Floats, sections: Ints) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        return np.asarray(gsnr_db(mode, section_km, sections, optics=optics) >= asked)

    number = np.arange(1, _LONGEST)
    # So many sections are built only for a line that fewer of full length don't cover.
    least = full * (number - 1) / number
    good, whole = read(least, number), read(np.full(number.size, full), number)
    longest = np.where(whole, full / (1.0 - _SAME), 0.0)
    between = np.flatnonzero(good & ~whole)
    low, high = least[between], np.full(between.size, full)
    for _ in range(_ROUNDS if between.size else 0):
        tried = low[:, None] + (high - low)[:, None] * np.linspace(0.0, 1.0, _TRIED + 1)
        ok = read(tried, number[between][:, None])
        ok[:, 0], ok[:, -1] = True, False
        first_bad = ok.argmin(axis=1)
        row = np.arange(between.size)
        low, high = tried[row, first_bad - 1], tried[row, first_bad]
    longest[between] = low
    some = np.flatnonzero(longest > 0.0)
    return tuple(longest[: some[-1] + 1].tolist()) if some.size else ()


def sections_of(optics: Optics, length_km: Floats) -> Ints:
    """int[lengths], the fewest equal sections that the huts allow; one at least."""
    least = np.ceil(length_km / optics.line.hut_every_km * (1.0 - _SAME))
    return np.maximum(least, 1.0).astype(np.int64)


def best_first(optics: Optics, year: float) -> tuple[int, ...]:
    """Modes that can be bought, from the highest rate a pair down; the cheaper, then the older first."""

    def rank(place: int) -> tuple[float, float, int]:
        mode = optics.mode[place]
        rate = mode.gbps * optics.wavelengths(mode)
        return -rate, optics.transponder_usd(mode, year) / mode.gbps, place

    return tuple(sorted((i for i, mode in enumerate(optics.mode) if mode.from_year <= year), key=rank))


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
