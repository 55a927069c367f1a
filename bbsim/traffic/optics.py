"""What light a span of fibre can carry: huts, reach by modulation, regenerators, wavelengths and their price.

How far a mode gets is looked up (`bbsim.traffic.reach`); the band decides how many wavelengths there are.
The equipment is `bbsim.traffic.equipment`, the physics `bbsim.traffic.noise`.
"""

from __future__ import annotations

from copy import copy
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
        self._sales: dict[tuple[int, ...], int] = {}
        self._rates: list[LineRate] = []
        self._sale_of: dict[int, int] = {}
        self._whole, self._which = self, np.arange(self.length_km.size)

    def among(self, which: Ints) -> LineRates:
        """Those of some of the lengths, from what is known of all."""
        part = copy(self)
        part.length_km, part._which = self.length_km[which], self._which[which]
        return part

    def of(self, year: int) -> LineRate:
        """What each length carries with what is sold in a year."""
        rate = self._rates[self._sale(year)]
        if self is self._whole:
            return rate
        return LineRate(*(getattr(rate, name)[self._which] for name in LineRate.__slots__))

    def at(self, years: Ints) -> LineRate:
        """The same where each length has a year of its own."""
        each, back = np.unique(years, return_inverse=True)
        sale = np.array([self._sale(year) for year in each.tolist()], dtype=np.int64)[back]
        rates = ([getattr(rate, name) for rate in self._rates] for name in LineRate.__slots__)
        return LineRate(*(np.stack(column)[sale, self._which] for column in rates))

    def _sale(self, year: int) -> int:
        """Place among `_rates` of what is sold in a year, worked out for all lengths at the first asking."""
        place = self._sale_of.get(year)
        if place is None:
            sale = best_first(self.optics, year)
            place = self._sales.setdefault(sale, len(self._rates))
            if place == len(self._rates):
                self._rates.append(line_rate(self._whole.length_km, year=year, optics=self.optics))
            self._sale_of[year] = place
        return place


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
