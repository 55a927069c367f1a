"""Where the network breaks first, whom that concerns, when it comes, and what the cheapest cure is.

For each edge: how full it is, the year in which growth fills it, the people whose way leads over it, and
what more light would cost there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bbsim.traffic import optics as light
from bbsim.traffic._arrays import Floats, Ints, amounts, sums
from bbsim.traffic.equipment import Optics
from bbsim.traffic.routes import Routes
from bbsim.traffic.shares import Allocation, share

CURES = ("none", "wavelengths", "modulation", "pair")
"""What can be done to a span: nothing, more wavelengths of its mode, newer transponders, another pair."""


@dataclass(frozen=True, slots=True, eq=False)
class Bottlenecks:
    """The state of each edge, and the edges in the order in which they ask for attention.

    Attributes
    ----------
    utilisation : float[edges], what is carried over the capacity, of the fuller direction.
    wanted_share : float[edges], what would pass if nothing were full, over the capacity; above 1 it is short.
    years_left : float[edges], until what is wanted fills the edge; 0 if it does now, infinity if it never
        does.
    people : float[edges], people whose way leads over the edge.
    people_held : float[edges], people whom this edge keeps from what they ask for.
    order : int[edges], edges that carry something: the earliest to fill first, then those with more people.
    """

    utilisation: Floats
    wanted_share: Floats
    years_left: Floats
    people: Floats
    people_held: Floats
    order: Ints


def years_until_full(
    load_gbps: ArrayLike, capacity_gbps: ArrayLike, *, growth_share_per_year: float
) -> Floats:
    """Years of compound growth until a load fills a capacity: ln(C / L) / ln(1 + g).

    0 if it is full already, infinity if nothing is carried or the load does not grow.

    >>> years_until_full([5.0, 10.0, 0.0, 2.5], [10.0, 10.0, 10.0, 10.0], growth_share_per_year=1.0).tolist()
    [1.0, 0.0, inf, 2.0]
    """
    load = amounts("load_gbps", load_gbps, infinite=True)
    capacity = amounts("capacity_gbps", capacity_gbps, load.size, "load_gbps", infinite=True)
    if not growth_share_per_year > -1.0:
        raise ValueError(f"growth_share_per_year is {growth_share_per_year}, wanted more than -1")
    full = (load >= capacity) & (load > 0.0)
    grows = (load > 0.0) & ~full & (growth_share_per_year > 0.0) & np.isfinite(capacity)
    ratio = np.divide(capacity, load, out=np.ones_like(load), where=grows)
    years = np.log(ratio) / (np.log1p(growth_share_per_year) if growth_share_per_year > 0.0 else 1.0)
    return np.where(full, 0.0, np.where(grows, years, np.inf))


def bottlenecks(
    routes: Routes,
    allocation: Allocation,
    capacity_gbps: ArrayLike,
    demand_gbps: ArrayLike,
    people: ArrayLike,
    *,
    growth_share_per_year: float,
) -> Bottlenecks:
    """How full each edge is and will be, and whom that concerns.

    Parameters
    ----------
    routes, allocation : from `route` and `share`.
    capacity_gbps : float[edges], as given to `share`.
    demand_gbps : float[demands], as given to `share`; finite.
    people : float[demands], people (or homes) behind each demand.
    growth_share_per_year : growth of every demand.

    Returns
    -------
    Bottlenecks

    Raises
    ------
    ValueError
        if sizes differ, or a value is NaN, negative or infinite where that has no meaning.

    Examples
    --------
    >>> from bbsim.traffic import route
    >>> routes = route([0, 1], [1, 2], src=[0, 0], dst=[1, 2])
    >>> fair = share(routes, [8.0, 2.0], [2.0, 2.0])
    >>> found = bottlenecks(routes, fair, [8.0, 2.0], [2.0, 2.0], [100, 50], growth_share_per_year=1.0)
    >>> found.years_left.tolist(), found.people.tolist(), found.order.tolist()
    ([1.0, 0.0], [150.0, 50.0], [1, 0])
    """
    capacity = amounts("capacity_gbps", capacity_gbps, routes.edges, "the network", infinite=True)
    demand = amounts("demand_gbps", demand_gbps, routes.reached.size, "routes")
    folk = amounts("people", people, routes.reached.size, "routes")
    directed = allocation.load_gbps.ndim == 2
    wanted = share(routes, np.full(routes.edges, np.inf), demand, directed=directed).load_gbps
    owner = routes.owner
    # A demand that is split, or meets itself, is counted once an edge.
    met = np.sort(owner * np.int64(max(routes.edges, 1)) + routes.edge)
    met = met[np.diff(met, prepend=-1) > 0]
    behind = sums(met % max(routes.edges, 1), folk[met // max(routes.edges, 1)], routes.edges)
    return ranked(allocation, capacity, wanted, behind, folk, growth_share_per_year=growth_share_per_year)


def ranked(
    allocation: Allocation,
    capacity: Floats,
    wanted: Floats,
    behind: Floats,
    folk: Floats,
    *,
    growth_share_per_year: float,
) -> Bottlenecks:
    """The same, where it is known already what would pass and whose way leads where.

    Parameters
    ----------
    wanted : float[edges] or float[edges, 2], load if nothing were full; of the shape of the allocation's.
    behind : float[edges], people whose way leads over each edge.
    folk : float[demands], people behind each demand.
    """
    edges, directed = capacity.size, allocation.load_gbps.ndim == 2
    wide = (slice(None), None) if directed else slice(None)
    held = allocation.bottleneck >= 0

    def part(load: Floats) -> Floats:
        limit = np.broadcast_to(capacity[wide], load.shape)
        short = np.where(load > 0.0, np.inf, 0.0)
        used = np.divide(load, limit, out=short, where=limit > 0.0)
        return np.asarray(used.max(axis=1) if directed else used)

    wanted_most = wanted.max(axis=1) if directed else wanted
    years = years_until_full(wanted_most, capacity, growth_share_per_year=growth_share_per_year)
    order = np.lexsort((np.arange(edges), -behind, years))
    return Bottlenecks(
        utilisation=part(allocation.load_gbps),
        wanted_share=part(wanted),
        years_left=years,
        people=behind,
        people_held=sums(allocation.bottleneck[held], folk[held], edges),
        order=order[wanted_most[order] > 0.0],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Cures:
    """What more light costs at each span.

    Attributes
    ----------
    kind : int[spans], place in `CURES`; 0 where enough is lit or nothing helps.
    usd : float[spans], price of the cheapest cure; 0 where enough is lit, infinity where nothing helps.
    gbps : float[spans], capacity after it.
    usd_by_kind : float[spans, 3], price of wavelengths, modulation and pair; infinity where it can't be done.
    """

    kind: Ints
    usd: Floats
    gbps: Floats
    usd_by_kind: Floats


def cures(
    length_km: ArrayLike | light.LineRates,
    gbps: ArrayLike,
    wanted_gbps: ArrayLike,
    *,
    lit_year: ArrayLike,
    year: int,
    spare_pairs: ArrayLike = 1,
    optics: Optics | None = None,
) -> Cures:
    """The cheapest way to bring each span to a capacity with equipment sold in a year.

    Parameters
    ----------
    length_km : float[spans], or what is known of their light already; then `optics` is that of `LineRates`.
    gbps : float[spans], what is lit now, on one pair of fibres.
    wanted_gbps : float[spans], what is wanted.
    lit_year : year of the equipment that is lit, one for all or int[spans]; it is taken to have the mode that
        `line_rate` chose then.
    year : when the cure is bought.
    spare_pairs : int[spans], fibre pairs that are dark.
    optics : the equipment; `bbsim.traffic.optics.catalogue()` if not given.

    Returns
    -------
    Cures
        Wavelengths: as many more of the lit mode as fit into the band. Modulation: today's best mode beside
        what is lit, on a flexible grid, or, where the band is too full for that, in place of all of it. Pair:
        today's best on one more pair beside what is lit. Of equal prices the first of these.

    Raises
    ------
    ValueError
        if sizes differ or a value is NaN, negative or infinite.

    Examples
    --------
    >>> found = cures([100.0] * 3, [100.0, 100.0, 9600.0], [200.0, 300.0, 12000.0], lit_year=2012, year=2022)
    >>> [CURES[kind] for kind in found.kind], found.gbps.tolist()
    (['wavelengths', 'modulation', 'pair'], [200.0, 500.0, 12000.0])
    >>> found.usd.round(-2).tolist()
    [10100.0, 12800.0, 176800.0]
    """
    rates = length_km if isinstance(length_km, light.LineRates) else light.LineRates(length_km, optics=optics)
    km, optics = rates.length_km, rates.optics
    now = amounts("gbps", gbps, km.size, "length_km")
    goal = amounts("wanted_gbps", wanted_gbps, km.size, "length_km")
    dark = np.broadcast_to(np.asarray(spare_pairs), km.shape)
    then = np.broadcast_to(np.asarray(lit_year), km.shape)
    best, lit = rates.of(year), rates.at(then)
    missing = np.maximum(goal - now, 0.0)
    with np.errstate(invalid="ignore"):
        have, more = _lamps(now, lit), _lamps(missing, lit)
        fresh, beside = _lamps(np.maximum(goal, now), best), _lamps(missing, best)
    grid = np.array([*(mode.grid_ghz for mode in optics.mode), np.inf])
    room = (best.mode >= 0) & (lit.mode >= 0)
    room &= have * grid[lit.mode] <= (best.wavelengths - beside) * grid[best.mode]
    changed = np.where(room, beside, fresh)
    price = [
        light.light_usd(lit, more, year=year, optics=optics),
        light.light_usd(best, changed, year=year, optics=optics),
        light.light_usd(best, beside, year=year, new_pair=True, optics=optics),
    ]
    can = [
        (lit.mode >= 0) & (have + more <= lit.wavelengths),
        (best.mode >= 0) & (changed <= best.wavelengths) & (best.mode != lit.mode),
        (best.mode >= 0) & (beside <= best.wavelengths) & (dark >= 1),
    ]
    options = np.stack([np.where(ok, usd, np.inf) for ok, usd in zip(can, price, strict=True)], axis=1)
    which = options.argmin(axis=1)
    usd = options.min(axis=1)
    idle = missing == 0.0
    after = np.stack(
        [
            now + more * lit.gbps_per_wavelength,
            np.where(room, now, 0.0) + changed * best.gbps_per_wavelength,
            now + beside * best.gbps_per_wavelength,
        ]
    )[which, np.arange(km.size)]
    helped = ~idle & np.isfinite(usd)
    return Cures(
        kind=np.where(helped, which + 1, 0),
        usd=np.where(idle, 0.0, usd),
        gbps=np.where(helped, after, now),
        usd_by_kind=options,
    )


def _lamps(gbps: Floats, rate: light.LineRate) -> Ints:
    """Wavelengths that carry so much; as many as there are and one more where the mode carries nothing."""
    per = rate.gbps_per_wavelength
    count = np.ceil(np.divide(gbps, per, out=np.zeros_like(gbps), where=per > 0.0) * (1.0 - 1e-12))
    return np.where(per > 0.0, count, rate.wavelengths + 1).astype(np.int64)
