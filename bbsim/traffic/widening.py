"""The cheapest way to give a span more light: ports, wavelengths, newer transponders or another pair.

Ports are grey optics, one fibre pair each, that reach without amplifiers; everything else comes from the
catalogue of `bbsim.traffic.equipment`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bbsim.traffic._arrays import Floats, Ints, amounts
from bbsim.traffic.bottlenecks import CURES, cures
from bbsim.traffic.equipment import Optics
from bbsim.traffic.optics import LineRates, light_usd

# How far a port sends without amplifiers: 80 km is the longest class of 10G and 100G port modules (ZR).
PORT_REACH_KM = 80.0

WAYS = (*CURES, "ports")
"""What can be done: nothing, wavelengths, modulation or pair as in `CURES`, or ports."""


@dataclass(frozen=True, slots=True, eq=False)
class Widening:
    """What is bought for each span.

    Attributes
    ----------
    way : int[spans], place in `WAYS`; 0 where nothing is needed or nothing helps.
    gbps : float[spans], capacity after it.
    usd : float[spans], its price; infinity where nothing helps.
    """

    way: Ints
    gbps: Floats
    usd: Floats


def cheapest_light(
    length_km: ArrayLike | LineRates,
    gbps: ArrayLike,
    wanted_gbps: ArrayLike,
    *,
    port_gbps: ArrayLike,
    port_usd_per_gbps: float,
    lit_year: ArrayLike,
    year: int,
    fibre_pairs: int,
    optics: Optics | None = None,
) -> Widening:
    """The cheapest equipment that brings each span to a capacity.

    Parameters
    ----------
    length_km, gbps, wanted_gbps : float[spans]; for the lengths also what is known of their light.
    port_gbps : what one port carries, one for all or float[spans].
    port_usd_per_gbps : price of ports at both ends.
    lit_year, year, optics : as for `bbsim.traffic.bottlenecks.cures`.
    fibre_pairs : pairs in the cable; each port and each lit pair of the catalogue takes one.

    Returns
    -------
    Widening
        Of equal prices ports, then the catalogue's order. Where no single step is enough, as many new pairs
        as it takes, or, if the cable has fewer, all that are left.

    Raises
    ------
    ValueError
        if sizes differ or a value is NaN, negative or infinite.

    Examples
    --------
    A village's spur of 10 Gbit/s, and a trunk of 100 that is longer than ports reach:

    >>> bought = cheapest_light([12.0, 120.0], [10.0, 100.0], [15.0, 150.0], port_gbps=[10.0, 100.0],
    ...                         port_usd_per_gbps=600.0, lit_year=2013, year=2014, fibre_pairs=12)
    >>> [WAYS[way] for way in bought.way], bought.gbps.tolist(), bought.usd.tolist()
    (['ports', 'wavelengths'], [20.0, 200.0], [6000.0, 60000.0])
    """
    rates = length_km if isinstance(length_km, LineRates) else LineRates(length_km, optics=optics)
    km, optics = rates.length_km, rates.optics
    now = amounts("gbps", gbps, km.size, "length_km")
    goal = amounts("wanted_gbps", wanted_gbps, km.size, "length_km")
    unit = amounts("port_gbps", np.broadcast_to(np.asarray(port_gbps, dtype=np.float64), km.shape))
    ports, port_usd = ports_for(now, goal, unit, port_usd_per_gbps)
    usd = np.where((ports <= fibre_pairs) & (km <= PORT_REACH_KM), port_usd, np.inf)
    best = rates.of(year)
    pair = best.gbps
    used = np.ceil(np.divide(now, pair, out=np.ones(km.size), where=pair > 0.0)).astype(np.int64)
    found = cures(rates, now, goal, lit_year=lit_year, year=year, spare_pairs=fibre_pairs - used)
    # Where one step is not enough, as many pairs as it takes, or as there are.
    spare = np.maximum(fibre_pairs - used, 0)
    lamps = np.ceil(np.divide(goal - now, best.gbps_per_wavelength, out=np.zeros(km.size), where=pair > 0.0))
    lamps = np.minimum(lamps, spare * best.wavelengths)
    pairs = np.ceil(np.divide(lamps, best.wavelengths, out=np.zeros(km.size), where=best.wavelengths > 0))
    system = light_usd(best, 0, year=year, new_pair=True, optics=optics)
    many_usd = light_usd(best, lamps, year=year, optics=optics) + pairs * system
    many = np.isinf(found.usd) & (lamps > 0)
    light = np.where(many, many_usd, found.usd)
    light_gbps = np.where(many, now + lamps * best.gbps_per_wavelength, found.gbps)
    kind = np.where(many, CURES.index("pair"), found.kind)
    by_port = usd <= light
    cheapest = np.where(by_port, usd, light)
    short = goal > now
    return Widening(
        way=np.where(short & np.isfinite(cheapest), np.where(by_port, WAYS.index("ports"), kind), 0),
        gbps=np.where(short, np.where(by_port & np.isfinite(usd), ports * unit, light_gbps), now),
        usd=np.where(short, cheapest, 0.0),
    )


def ports_for(
    gbps: Floats, wanted_gbps: Floats, port_gbps: NDArray[np.float64] | float, usd_per_gbps: float
) -> tuple[Floats, Floats]:
    """How many ports there are afterwards, at least one more than now, and what the new ones cost.

    >>> ports_for(np.array([10.0]), np.array([35.0]), 10.0, 600.0)
    (array([4.]), array([18000.]))
    """
    some = np.asarray(port_gbps) > 0.0  # a port of nothing is never enough
    unit = np.where(some, port_gbps, 1.0)
    count = np.maximum(np.ceil(wanted_gbps / unit - 1e-9), np.ceil(gbps / unit - 1e-9) + 1)
    return count, np.where(some, (count * unit - gbps) * usd_per_gbps, np.inf)
