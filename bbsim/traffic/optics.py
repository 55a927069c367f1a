"""What light a span of fibre can carry: huts, reach by modulation, regenerators, wavelengths and their price.

How far a mode gets is looked up (`bbsim.traffic.reach`); the band decides how many wavelengths there are.
The equipment is `bbsim.traffic.equipment`, the physics `bbsim.traffic.noise`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bbsim.traffic._arrays import Floats, Ints, amounts
from bbsim.traffic.equipment import Optics, catalogue
from bbsim.traffic.reach import best_first, gsnr_db, mode_table, reach_km, sections_of

__all__ = [
    "LineRate",
    "LineRates",
    "best_first",
    "catalogue",
    "gsnr_db",
    "light_usd",
    "line_rate",
    "mode_table",
    "reach_km",
]


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
    """

    mode: Ints
    gbps_per_wavelength: Floats
    wavelengths: Ints
    gbps: Floats
    huts: Ints
    regenerators: Ints


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
    table = mode_table(best_first(kit, year), kit)
    chosen, pieces = table.of(km), np.ones(km.size, dtype=np.int64)
    open_ = np.flatnonzero(chosen < 0)
    for cuts in range(2, regenerators + 2):
        if not open_.size:
            break
        found = table.of(km[open_] / cuts)
        chosen[open_], pieces[open_] = found, np.where(found < 0, 1, cuts)
        open_ = open_[found < 0]
    per = np.array([*(mode.gbps for mode in kit.mode), 0.0])[chosen]
    many = np.array([*(kit.wavelengths(mode) for mode in kit.mode), 0], dtype=np.int64)[chosen]
    huts = pieces * sections_of(kit, km / pieces) - 1
    return LineRate(chosen, per, many, per * many, huts, pieces - 1)


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
        sale = best_first(self.optics, year)
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
