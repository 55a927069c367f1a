"""A technology for each place of a scenario: fibre, a microwave hop or the satellite, whichever is cheapest.

What a place asks of its link is its homes' busy hour on a day that the planner names. Prices are those of
building, and of running for the years of the datasheets, discounted; whom fibre reaches later than that day
is told what would bridge the time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.planning.corridors.arrays import pieces
from bbsim.planning.mix.hops import Hops, hops_of
from bbsim.planning.mix.layers import Possibilities
from bbsim.planning.mix.technologies import TECHNOLOGIES, Technologies, choose_technologies
from bbsim.planning.programme.situation import Bools, Situation
from bbsim.planning.trees.steiner import steiner_tree
from bbsim.scenario import Links, Scenario

FIBRE, SKY, NONE = (TECHNOLOGIES.index(name) for name in ("fibre", "satellite", "none"))
NOBODY = 1e11  # what it costs to leave somebody out who must not be: above any programme's money


@dataclass(frozen=True, slots=True)
class Mixture:
    """What serves each place, and what the choice was made from.

    Attributes
    ----------
    chosen : technology, feed, corridors and hops, with the bound.
    given : everything that was possible, with its prices.
    hops : the hops with a clear sight, and where there was none.
    by, mbps_per_home, pool_gbps, satellite_mbps : the day, a home's load, the sky's pool and its best line.
    years_worth : what a dollar a year over the datasheets' years is worth at the beginning.
    all_fibre_usd : what the same places would cost on fibre alone; None if fibre can't reach them all.
    sheets : what hops, terminals and upkeep cost and carry.
    """

    chosen: Technologies
    given: Possibilities
    hops: Hops
    by: date
    mbps_per_home: float
    pool_gbps: float
    satellite_mbps: float
    years_worth: float
    all_fibre_usd: float | None
    sheets: Links

    @property
    def on_fibre(self) -> Bools:
        """(nodes,) places that fibre serves, and places that send hops to others: fibre leads there too."""
        serves = self.chosen.technology[:-1] == 1
        feeds = self.chosen.feed[self.chosen.feed >= 0]
        serves[feeds[self.chosen.technology[feeds] != 2]] = True
        return np.asarray(serves & self.given.wanted[:-1])


def mixture_of(
    scenario: Scenario,
    country: Country,
    situation: Situation,
    wanted: Bools,
    by: date,
    mbps: float,
    *,
    usd_per_person: float | None = None,
    effort: str = "standard",
) -> Mixture:
    """The cheapest technology for each place, all together.

    Parameters
    ----------
    wanted : (nodes,) places without an access node; those that nothing can serve are left aside.
    by : the day whose busy hour the links must carry.
    mbps : load of a home at the busy hour.
    usd_per_person : what reaching a resident is worth; whoever costs more is left out.
    """
    sheet = scenario.links
    rate = math.log1p(scenario.planner.discount_share_per_year)
    years = sheet.compare.years
    worth = (1.0 - math.exp(-rate * years)) / rate if rate else years
    factor = country.population_factor(by) * scenario.access.target_share
    load = np.asarray(country.households * factor * mbps / 1000.0, dtype=np.float64)
    pool, line = sky_of(scenario, by)
    reach = situation.reachable()
    served = country.is_place & ~wanted & reach
    hops = hops_of(country, sheet.microwave, wanted, (wanted & reach) | served | _standing_nodes(situation))
    sky = pool if line >= mbps else 0.0
    joined = pieces(
        situation.root + 1, np.concatenate([situation.u, hops.a]), np.concatenate([situation.v, hops.b])
    )
    wanted = wanted & ((joined[:-1] == joined[-1]) | (load <= sky) & (sky > 0.0))
    given = _possible(country, situation, sheet, wanted, load, hops, worth, sky)
    if usd_per_person is not None:
        given.leave_usd[:-1] = np.minimum(country.population * usd_per_person, NOBODY)
    chosen = _served_where_masts_are(given, choose_technologies(given, effort=effort))
    all_fibre_usd = _all_fibre_usd(given, wanted, reach)
    return Mixture(chosen, given, hops, by, mbps, pool, line, worth, all_fibre_usd, sheet)


def _served_where_masts_are(given: Possibilities, mix: Technologies) -> Technologies:
    """The same mix with fibre for each place that fibre reaches anyway, to feed a mast for others."""
    feeds = np.unique(mix.feed[mix.feed >= 0])
    aside = feeds[np.isin(mix.technology[feeds], (SKY, NONE))]
    if len(aside) == 0:
        return mix
    sky = mix.technology[aside] == SKY
    before = np.where(sky, given.satellite_usd[aside], given.leave_usd[aside])
    technology = mix.technology.copy()
    technology[aside] = FIBRE
    usd = mix.usd + math.fsum((given.node_usd[aside] - before).tolist())
    return replace(mix, technology=technology, usd=usd)


def _all_fibre_usd(given: Possibilities, wanted: Bools, reach: Bools) -> float | None:
    """Price of the cheapest fibre tree to all wanted places, their nodes and its upkeep."""
    if (wanted & ~reach).any() or not wanted.any():
        return None
    ends = np.concatenate([[given.root], np.flatnonzero(wanted)])
    tree = steiner_tree(given.u, given.v, given.fibre_usd, ends)
    return float(tree.cost) + math.fsum(given.node_usd[:-1][wanted].tolist())


def sky_of(scenario: Scenario, on: date) -> tuple[float, float]:
    """Capacity of the satellites that are up on a day, Gbit/s, and the best line of any, Mbit/s.

    One that is still to come is as late as its slip is on average.
    """
    up = []
    for satellite in scenario.satellites:
        ahead = satellite.launched > scenario.start
        launched = satellite.launched + timedelta(days=round(satellite.slip_days.mean) if ahead else 0)
        age = (on - launched).days
        lives = satellite.successor_years is not None or age < satellite.lifetime_years * 365.25
        if satellite.usable_gbps and age >= 0 and lives:
            up.append(satellite)
    return math.fsum(each.usable_gbps for each in up), max((each.line_mbps for each in up), default=0.0)


def _standing_nodes(situation: Situation) -> Bools:
    """(nodes,) nodes at which standing fibre can be tapped."""
    nodes = np.zeros(situation.root, dtype=bool)
    standing = np.flatnonzero(situation.standing)
    nodes[situation.country.u[standing]] = nodes[situation.country.v[standing]] = True
    return nodes & situation.only(situation.standing).reachable()


def _possible(
    country: Country,
    situation: Situation,
    sheet: Links,
    wanted: Bools,
    load_gbps: NDArray[np.float64],
    hops: Hops,
    worth: float,
    pool_gbps: float,
) -> Possibilities:
    """The scenario's places, corridors and hops as `choose_technologies` wants them; the world comes last."""
    radio, sky = sheet.microwave, sheet.satellite
    upkeep = sheet.fibre.usd_per_km_per_year * worth * country.km[situation.usable]
    corridor = situation.cents[: len(situation.usable)] / 100.0
    corridor = np.where(situation.standing[situation.usable], 0.0, corridor + upkeep)
    site = radio.mast_m * radio.mast_usd_per_m + radio.power_usd + worth * radio.site_usd_per_year
    capacity = 12.0 * sky.usd_per_mbps_per_month * 1000.0 * load_gbps
    satellite = sky.terminal_usd + worth * (capacity + sky.usd_per_year)
    node = situation.prices.node / 100.0

    def with_world(values: NDArray[np.float64], world: float) -> NDArray[np.float64]:
        return np.append(np.where(wanted, values, 0.0), world)

    return Possibilities(
        u=situation.u,
        v=situation.v,
        fibre_usd=np.concatenate([corridor, np.zeros(len(situation.u) - len(corridor))]),
        root=situation.root,
        wanted=np.append(wanted, False),
        node_usd=with_world(node, 0.0),
        load_gbps=with_world(load_gbps, 0.0),
        satellite_usd=np.append(satellite + node, np.inf)
        if pool_gbps
        else np.full(situation.root + 1, np.inf),
        leave_usd=np.append(np.where(wanted, NOBODY, 0.0), np.inf),
        may_fibre=np.ones(situation.root + 1, dtype=bool),
        site_usd=np.full(situation.root + 1, site),
        hop_a=hops.a,
        hop_b=hops.b,
        hop_usd=np.array([radio.hop_usd(km) for km in hops.km.tolist()]),
        hop_gbps=np.full(len(hops.a), radio.hop_gbps),
        most_hops=radio.most_hops,
        most_links=radio.most_links,
        pool_gbps=pool_gbps,
    )
