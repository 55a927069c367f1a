"""The clock: from a scenario and a country to a run, one event at a time.

This is the only room with time in it. Its processes ask models and the state, and act by recording
events; what a run is can be rebuilt from those events alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import date
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np

from bbsim import events as ev
from bbsim import models, technology
from bbsim.country import Country
from bbsim.drawing import drawn
from bbsim.memory import unhurried
from bbsim.metrics import AT_ONCE, measure
from bbsim.metrics.directions import carrier_of
from bbsim.rng import Streams
from bbsim.run import Run
from bbsim.scenario import Gateway, Scenario
from bbsim.simulate import funds
from bbsim.simulate.access import Access, adoption
from bbsim.simulate.disturbed import late
from bbsim.simulate.hazards import disturb
from bbsim.simulate.last_mile import LastMile
from bbsim.simulate.planner import Planner, grants
from bbsim.simulate.sky import in_orbit
from bbsim.simulate.till import BACKBONE, OPERATOR
from bbsim.simulate.upgrades import upgrades
from bbsim.simulate.world import Models, Process, World
from bbsim.standing import standing
from bbsim.units import MINUTES_PER_DAY, months_after

Progress = Callable[[float, str], None]


@unhurried()
def simulate(
    scenario: Scenario,
    country: Country,
    *,
    seed: int | None = None,
    replication: int = 0,
    progress: Progress | None = None,
    code_folder: Path | None = None,
    tables_at_once: Collection[str] = AT_ONCE,
) -> Run:
    """Build a country's network day by day.

    Parameters
    ----------
    seed : instead of the scenario's own.
    replication : number of the repetition; each has its own luck.
    progress : called with the share of the horizon that is done and a few words, once a simulated quarter.
    code_folder : folder from which ``use: file.py:Class`` may be loaded; ``None`` refuses it.
    tables_at_once : what is measured now, and not when it is first asked for.

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
    # Loaded before the time is taken: what an import costs is no part of the work.
    import_module("scipy.sparse.csgraph")
    import_module("scipy.special")
    began = time.perf_counter()
    seed = scenario.seed if seed is None else seed
    given = drawn(scenario, Streams(seed, replication))
    scenario = given.in_force
    filled = _models(scenario, code_folder)
    hazards = [
        (name, use.use, models.find("hazard", use.use, use.parameters, code_folder=code_folder, path=path))
        for name, path, use in scenario.dangers
    ]
    world = World(scenario, country, filled, Streams(seed, replication))
    technologies = technology.of_scenario(scenario)
    line, section = technologies[scenario.access.technology], scenario.access.last_mile
    mile = None if section is None else LastMile(world, section, technologies)
    if mile is not None:
        mile.begin()
    _stand(world)
    if mile is not None:
        mile.stand()
    access = Access(world, line, mile)
    for node in np.flatnonzero(world.state.active).tolist():
        access.place_lit(node)
    planner = Planner(world)
    disturb(world, planner, hazards)
    processes = [*funds.processes(world), grants(world, planner), planner.run(), adoption(world, mile)]
    processes += [_opening(world, planner, o.area, o.opens) for o in scenario.openings]
    processes += [_joint_works(world, planner, works.begins) for works in scenario.joint_works]
    processes += [_joint_works(world, planner, works.ends) for works in scenario.joint_works]
    processes += [_transit(world, gateway) for gateway in scenario.gateways]
    processes += [_rent(world, gateway) for gateway in scenario.gateways if gateway.paid_by != "nobody"]
    processes += [_lease(world, planner, i) for i in range(len(scenario.leases))]
    processes += [in_orbit(world, satellite) for satellite in scenario.satellites]
    if scenario.sites is not None:
        processes += _public_sites(world)
    if scenario.upgrades is not None:
        carrier = carrier_of(scenario, country, line, filled.demand, filled.traffic.routing())
        processes.append(upgrades(world, carrier, scenario.upgrades))
    for process in processes:
        world.env.process(process)
    _run(world, progress)
    run = Run(
        scenario=given if seed == given.seed else given.model_copy(update={"seed": seed}),
        country=country,
        seed=seed,
        replication=replication,
        events=world.events,
        seconds={"simulate": time.perf_counter() - began},
    )
    return measure(run, filled.demand, filled.traffic.routing(), tables_at_once)


def _public_sites(world: World) -> list[Process]:
    from bbsim.simulate.serving import lifted, queues, tour
    from bbsim.simulate.sites import Office

    office = Office(world)
    if not office.section.adoption_lift.off:
        world.drawn_along = partial(lifted, office)
    return [*office.begin(), queues(office), *(tour(world, unit) for unit in office.section.mobile_units)]


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
    for opening in scenario.openings:
        if opening.opens <= scenario.start:
            world.record(ev.AreaOpened(0, opening.area))
    for gateway in scenario.gateways:
        world.record(ev.TransitBought(0, country.node_index[gateway.node], gateway.transit_gbps))
    stands = standing(scenario, country)
    for span in np.flatnonzero(stands.spans).tolist():
        world.record(ev.SpanLit(0, -1, span, world.unit_gbps(span)))
    for node in np.flatnonzero(stands.nodes).tolist():
        world.record(ev.NodeActivated(0, -1, node, world.node_unit_gbps(node)))
    for node in np.flatnonzero(stands.passed).tolist():
        world.record(ev.HomesPassed(0, -1, node, int(stands.passed[node])))
    if stands.connected.any():
        world.record(ev.HomesConnected(0, stands.connected))


# ---- dated settings -------------------------------------------------------------------------------
def _opening(world: World, planner: Planner, area: str, opens: date) -> Process:
    day = (opens - world.scenario.start).days
    if not 0 < day < world.days:
        return
    yield world.until(day)
    if world.disturbed:
        yield from late(world, f"opening {area}")
    world.record(ev.AreaOpened(world.now, area))
    planner.area_opened(area)


def _joint_works(world: World, planner: Planner, on: date) -> Process:
    """On the day on which another programme opens or closes its trenches, prices change."""
    day = (on - world.scenario.start).days
    if 0 < day < world.days:
        yield world.until(day)
        planner.prices_changed()


def _transit(world: World, gateway: Gateway) -> Process:
    """On each 1 January the gateway's capacity grows by the stated share."""
    index, growth = world.country.node_index[gateway.node], gateway.growth_share_per_year
    for year in range(world.scenario.start.year + 1, world.scenario.end.year + 1):
        day = (world.scenario.start.replace(year=year, month=1, day=1) - world.scenario.start).days
        if growth == 0 or day >= world.days:
            return
        yield world.until(day)
        gbps = float(world.state.transit_gbps[index]) * (1.0 + growth)
        world.record(ev.TransitBought(world.now, index, gbps))


def _rent(world: World, gateway: Gateway) -> Process:
    """Pay for transit on the first day and on the first of every month, until the next; the operator does."""
    start, index = world.scenario.start, world.country.node_index[gateway.node]
    today = start
    while (today - start).days < world.days:
        yield world.until((today - start).days)
        first = today.replace(day=1)
        following = months_after(first, 1)
        months = (following - today).days / (following - first).days
        price = gateway.usd_per_gbps_per_month(world.today / 365.25)
        cents = round(float(world.state.transit_gbps[index]) * price * months * 100)
        if cents:
            world.till.bring(OPERATOR, cents)
            world.till.pay(world.till.reserve(OPERATOR, -1, cents), "transit", index, cents)
        today = following


def _lease(world: World, planner: Planner, number: int) -> Process:
    """Light a rented span, and pay its rent at each anniversary while the money lasts."""
    lease = world.scenario.leases[number]
    span = world.country.span_index[lease.span]
    cents, days = world.rents[number]
    while days:
        yield world.until(days[0])
        if cents > world.till.free(BACKBONE):
            days.clear()
            if world.state.operational[span]:
                world.record(ev.SpanDarkened(world.now, span))
                planner.lost(span)
            return
        days.pop(0)
        world.till.pay(world.till.reserve(BACKBONE, -1, cents), "lease", int(world.country.v[span]), cents)
        if world.state.span_gbps[span] != lease.gbps:
            world.record(ev.SpanLit(world.now, -1, span, lease.gbps))
            planner.rented(span)
