"""The cheapest way to widen what is too narrow: light on a span, ports at an uplink, transit at a gateway.

Ports are grey optics, one fibre pair each, that reach without amplifiers; other light comes from the
catalogue of `bbsim.traffic.equipment`: wavelengths, newer transponders or another pair. Transit is rented.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bbsim.scenario import Upgrades
from bbsim.traffic._arrays import Floats, Ints, amounts
from bbsim.traffic.bottlenecks import CURES, cures
from bbsim.traffic.equipment import Optics
from bbsim.traffic.optics import LineRates, light_usd

# How far a port sends without amplifiers: 80 km is the longest class of 10G and 100G port modules (ZR).
PORT_REACH_KM = 80.0

WAYS = (*CURES, "ports", "transit")
"""What can be done: nothing, wavelengths, modulation or pair as in `CURES`, ports, or transit."""

SPAN, UPLINK, GATEWAY = 0, 1, 2
"""What can be too narrow: a span, the uplink of an access node, the transit of a gateway."""

MONTHS = 12


@dataclass(frozen=True, slots=True, eq=False)
class Widening:
    """What is bought for each span, uplink or gateway.

    Attributes
    ----------
    way : int[edges], place in `WAYS`; 0 where nothing is needed or nothing helps.
    gbps : float[edges], capacity after it.
    usd : float[edges], its price, for transit a year's rent; infinity where nothing helps.
    """

    way: Ints
    gbps: Floats
    usd: Floats


@dataclass(frozen=True, slots=True)
class Terms:
    """What is for sale on a day, and how much of it is bought at once.

    Attributes
    ----------
    year : equipment of this year or before.
    at_utilisation_share : what is bought is not used beyond this share.
    port_usd_per_gbps : price of ports at both ends.
    port_reach_km : how far a port sends without amplifiers.
    fibre_pairs : pairs in a cable.
    catalogue : whether spans choose from the catalogue; else they have ports, however long they are.
    """

    year: int
    at_utilisation_share: float
    port_usd_per_gbps: float
    port_reach_km: float
    fibre_pairs: int
    catalogue: bool


def terms_of(rule: Upgrades, year: int, years: float) -> Terms:
    """The terms of a scenario's upgrades in a year, so many years after its start."""
    return Terms(
        year=year,
        at_utilisation_share=rule.at_utilisation_share,
        port_usd_per_gbps=rule.port_usd_per_gbps(years),
        port_reach_km=rule.port_reach_km,
        fibre_pairs=rule.fibre_pairs,
        catalogue=rule.equipment == "catalogue",
    )


def widen(
    kind: Ints,
    gbps: Floats,
    wanted_gbps: Floats,
    port_gbps: Floats,
    terms: Terms,
    *,
    spans: LineRates,
    lit_year: ArrayLike,
    transit_usd_per_gbps: ArrayLike = np.inf,
) -> Widening:
    """The cheapest cure of each span, uplink and gateway: the one way to size and to price it.

    Parameters
    ----------
    kind : int[edges], `SPAN`, `UPLINK` or `GATEWAY`.
    gbps, wanted_gbps : float[edges], capacity now, and the load that it is meant to carry.
    port_gbps : float[edges], what one port carries, or in what steps transit is sold.
    terms : what is for sale.
    spans : lengths of the spans among the edges, and what is known of their light.
    lit_year : of the light of these spans, one for all or int[spans].
    transit_usd_per_gbps : a month's rent of transit, one for all or float[edges].

    Returns
    -------
    Widening

    Examples
    --------
    An uplink of 10 Gbit/s that is asked for 14, and transit of 200 that is asked for 190:

    >>> terms = Terms(2014, 0.7, 600.0, 80.0, 12, catalogue=True)
    >>> bought = widen(np.array([UPLINK, GATEWAY]), np.array([10.0, 200.0]), np.array([14.0, 190.0]),
    ...                np.array([10.0, 10.0]), terms, spans=LineRates([]), lit_year=2014,
    ...                transit_usd_per_gbps=16_000.0)
    >>> [WAYS[way] for way in bought.way], bought.gbps.tolist(), bought.usd.tolist()
    (['ports', 'transit'], [20.0, 280.0], [6000.0, 15360000.0])
    """
    goal = wanted_gbps / terms.at_utilisation_share
    short = goal > gbps
    rented = kind == GATEWAY
    usd_per_gbps = np.where(rented, MONTHS * np.asarray(transit_usd_per_gbps), terms.port_usd_per_gbps)
    count, price = ports_for(gbps, goal, port_gbps, usd_per_gbps)
    way = np.where(short, np.where(rented, WAYS.index("transit"), WAYS.index("ports")), 0)
    after, usd = np.where(short, count * port_gbps, gbps), np.where(short, price, 0.0)
    way[short & ~np.isfinite(usd)] = 0
    of_span = kind == SPAN
    if terms.catalogue and of_span.any():
        light = cheapest_light(
            spans, gbps[of_span], goal[of_span], port_gbps=port_gbps[of_span],
            port_usd_per_gbps=terms.port_usd_per_gbps, port_reach_km=terms.port_reach_km,
            lit_year=lit_year, year=terms.year, fibre_pairs=terms.fibre_pairs,
        )  # fmt: skip
        way[of_span], after[of_span], usd[of_span] = light.way, light.gbps, light.usd
    return Widening(way, after, usd)


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
    port_reach_km: float = PORT_REACH_KM,
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
    port_reach_km : how far a port sends without amplifiers.

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
    usd = np.where((ports <= fibre_pairs) & (km <= port_reach_km), port_usd, np.inf)
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
    gbps: Floats,
    wanted_gbps: Floats,
    port_gbps: NDArray[np.float64] | float,
    usd_per_gbps: NDArray[np.float64] | float,
) -> tuple[Floats, Floats]:
    """How many ports there are afterwards, at least one more than now, and what the new ones cost.

    >>> ports_for(np.array([10.0]), np.array([35.0]), 10.0, 600.0)
    (array([4.]), array([18000.]))
    """
    some = np.asarray(port_gbps) > 0.0  # a port of nothing is never enough
    unit = np.where(some, port_gbps, 1.0)
    count = np.maximum(np.ceil(wanted_gbps / unit - 1e-9), np.ceil(gbps / unit - 1e-9) + 1)
    return count, np.where(some, (count * unit - gbps) * usd_per_gbps, np.inf)
