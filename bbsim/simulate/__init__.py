"""The clock: from a scenario and a country to a run, one event at a time.

This is the only room with time in it. Its processes ask models and the state, and act by recording
events; what a run is can be rebuilt from those events alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bbsim import events as ev
from bbsim import models, technology
from bbsim.country import Country
from bbsim.metrics import measure
from bbsim.rng import Streams
from bbsim.run import Run
from bbsim.scenario import Scenario
from bbsim.simulate.access import Access, adoption
from bbsim.simulate.planner import Planner, grants
from bbsim.simulate.project import BACKBONE
from bbsim.simulate.world import MINUTES_PER_DAY, Models, Process, World

Progress = Callable[[float, str], None]


def simulate(
    scenario: Scenario,
    country: Country,
    *,
    seed: int | None = None,
    replication: int = 0,
    progress: Progress | None = None,
    code_folder: Path | None = None,
) -> Run:
    """Build a country's network day by day.

    Parameters
    ----------
    seed : instead of the scenario's own.
    replication : number of the repetition; each has its own luck.
    progress : called with the share of the horizon that is done and a few words, once a simulated quarter.
    code_folder : folder from which ``use: file.py:Class`` may be loaded; ``None`` refuses it.

    Returns
    -------
    Run
        the events, from which everything else is measured.

    Raises
    ------
    InputError
        if the scenario names models, technologies or places that do not exist.
    ModelError
        if a model answers something impossible.
    """
    began = time.perf_counter()
    seed = scenario.seed if seed is None else seed
    filled = _models(scenario, code_folder)
    world = World(scenario, country, filled, Streams(seed, replication))
    _stand(world)
    access = Access(world, technology.find(scenario.access.technology))
    for node in np.flatnonzero(world.state.active).tolist():
        access.place_lit(node)
    planner = Planner(world)
    processes = [grants(world, planner), planner.run(), adoption(world)]
    processes += [_opening(world, planner, o.area, o.opens) for o in scenario.openings]
    processes += [_transit(world, g.node, g.transit_gbps, g.growth_share_per_year) for g in scenario.gateways]
    processes += [_lease(world, i) for i in range(len(scenario.leases))]
    processes += [_satellite(world, i) for i in range(len(scenario.satellites))]
    for process in processes:
        world.env.process(process)
    _run(world, progress)
    run = Run(
        scenario=scenario if seed == scenario.seed else scenario.model_copy(update={"seed": seed}),
        country=country,
        seed=seed,
        replication=replication,
        events=world.events,
        seconds={"simulate": time.perf_counter() - began},
    )
    return measure(run, filled.demand, filled.traffic.routing())


def _models(scenario: Scenario, code_folder: Path | None) -> Models:
    def filled(role: str) -> object:
        use = getattr(scenario, role)
        return models.find(role, use.use, use.parameters, code_folder=code_folder)

    return Models(*(filled(role) for role in ("priority", "cost", "demand", "adoption", "traffic")))


def _run(world: World, progress: Progress | None) -> None:
    """Every event before the horizon, [start, end); a quarter at a time if anybody looks on."""
    step = 91 * MINUTES_PER_DAY if progress else world.horizon
    at = 0
    while at < world.horizon:
        at = min(at + step, world.horizon)
        world.env.run(until=at)
        if progress:
            progress(at / world.horizon, str(world.date(at // MINUTES_PER_DAY)))


# ---- what stands on the first day ---------------------------------------------------------------
def _stand(world: World) -> None:
    """Gateways, the spans and nodes that exist, homes already passed, and areas that are open."""
    scenario, country = world.scenario, world.country
    equipment = scenario.equipment
    for opening in scenario.openings:
        if opening.opens <= scenario.start:
            world.record(ev.AreaOpened(0, opening.area))
    gateways = [country.node_index[g.node] for g in scenario.gateways]
    for gateway, node in zip(scenario.gateways, gateways, strict=True):
        world.record(ev.TransitBought(0, node, gateway.transit_gbps))
    standing = scenario.existing.network == "as_in_pack"
    for span, status in enumerate(country.spans["status"]):
        if standing and status == "operational":
            world.record(ev.SpanLit(0, -1, span, equipment.corridor_gbps))
    for node, status in enumerate(country.nodes["status"]):
        stands = standing and status == "operational" and bool(country.is_place[node])
        if stands or (node in gateways and country.is_place[node]):
            city = country.kind[node] == "city"
            world.record(ev.NodeActivated(0, -1, node, equipment.city_node_gbps if city else equipment.node_gbps))
    for city, homes in sorted(scenario.existing.households_passed.items()):
        _pass_existing(world, city, homes)


def _pass_existing(world: World, city: str, homes: int) -> None:
    """Share homes over the city's operational nodes by their own homes; largest remainders get the rest."""
    country = world.country
    members = [
        i
        for i, node in enumerate(country.ids)
        if world.state.active[i] and (node == city or country.nodes["part_of"][i] == city)
    ]
    own = country.households[members]
    if not members or own.sum() == 0:
        return
    homes = min(homes, int(own.sum()))
    exact = homes * own
    share = exact // own.sum()
    rest = homes - int(share.sum())
    for i in np.lexsort((np.arange(len(members)), -(exact % own.sum())))[:rest]:
        share[i] += 1
    for node, passed in zip(members, share.tolist(), strict=True):
        if passed:
            world.record(ev.HomesPassed(0, -1, node, passed))


# ---- dated settings -------------------------------------------------------------------------------
def _opening(world: World, planner: Planner, area: str, opens) -> Process:  # type: ignore[no-untyped-def]
    day = (opens - world.scenario.start).days
    if not 0 < day < world.days:
        return
    yield world.until(day)
    world.record(ev.AreaOpened(world.now, area))
    planner.area_opened(area)


def _transit(world: World, node: str, gbps: float, growth: float) -> Process:
    """On each 1 January the gateway's capacity grows by the stated share."""
    index = world.country.node_index[node]
    for year in range(world.scenario.start.year + 1, world.scenario.end.year + 1):
        day = (world.scenario.start.replace(year=year, month=1, day=1) - world.scenario.start).days
        if growth == 0 or day >= world.days:
            return
        yield world.until(day)
        gbps *= 1.0 + growth
        world.record(ev.TransitBought(world.now, index, gbps))


def _lease(world: World, number: int) -> Process:
    """Light a rented span, and pay its rent at each anniversary while the money lasts."""
    lease = world.scenario.leases[number]
    span = world.country.span_index[lease.span]
    day = max((lease.begins - world.scenario.start).days, 0)
    cents = round(lease.usd_per_year * 100)
    while day < world.days:
        yield world.until(day)
        if cents > world.state.free[BACKBONE]:
            return
        world.record(ev.MoneyReserved(world.now, BACKBONE, -1, cents))
        world.record(ev.Spent(world.now, BACKBONE, -1, "lease", int(world.country.v[span]), cents))
        if world.state.span_gbps[span] != lease.gbps:
            world.record(ev.SpanLit(world.now, -1, span, lease.gbps))
        day += 365


def _satellite(world: World, number: int) -> Process:
    satellite = world.scenario.satellites[number]
    up = (satellite.launched - world.scenario.start).days
    down = up + round(satellite.lifetime_years * 365.25)
    if up >= world.days or down <= 0:
        return
    yield world.until(max(up, 0))
    world.record(ev.SatelliteLaunched(world.now, satellite.name, satellite.usable_gbps, satellite.line_mbps))
    if down < world.days:
        yield world.until(down)
        world.record(ev.SatelliteRetired(world.now, satellite.name))
