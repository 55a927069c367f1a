"""The clock: from a scenario and a country to a run, one event at a time.

This is the only room with time in it. Its processes ask models and the state, and act by recording
events; what a run is can be rebuilt from those events alone.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim import models, technology
from bbsim.country import Country
from bbsim.metrics import measure
from bbsim.metrics.carried import Carrier
from bbsim.rng import Streams
from bbsim.run import Run
from bbsim.scenario import Scenario
from bbsim.simulate.access import Access, adoption
from bbsim.simulate.planner import Planner, grants
from bbsim.simulate.project import BACKBONE
from bbsim.simulate.upgrades import upgrades
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
    line = technology.find(scenario.access.technology)
    access = Access(world, line)
    for node in np.flatnonzero(world.state.active).tolist():
        access.place_lit(node)
    planner = Planner(world)
    processes = [grants(world, planner), planner.run(), adoption(world)]
    processes += [_opening(world, planner, o.area, o.opens) for o in scenario.openings]
    processes += [_joint_works(world, planner, works.begins) for works in scenario.joint_works]
    processes += [_joint_works(world, planner, works.ends) for works in scenario.joint_works]
    processes += [_transit(world, g.node, g.transit_gbps, g.growth_share_per_year) for g in scenario.gateways]
    processes += [_lease(world, i) for i in range(len(scenario.leases))]
    processes += [_satellite(world, i) for i in range(len(scenario.satellites))]
    if scenario.upgrades is not None:
        carrier = Carrier(country, line, filled.demand.active_share, filled.traffic.routing())
        processes.append(upgrades(world, carrier, scenario.upgrades))
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
    for opening in scenario.openings:
        if opening.opens <= scenario.start:
            world.record(ev.AreaOpened(0, opening.area))
    gateways = [country.node_index[g.node] for g in scenario.gateways]
    for gateway, node in zip(scenario.gateways, gateways, strict=True):
        world.record(ev.TransitBought(0, node, gateway.transit_gbps))
    standing = scenario.existing.network == "as_in_pack"
    for span, status in enumerate(country.spans["status"]):
        if standing and status == "operational":
            world.record(ev.SpanLit(0, -1, span, world.unit_gbps(span)))
    for node, status in enumerate(country.nodes["status"]):
        stands = standing and status == "operational" and bool(country.is_place[node])
        if stands or (node in gateways and country.is_place[node]):
            world.record(ev.NodeActivated(0, -1, node, world.node_unit_gbps(node)))
    for city, homes in sorted(scenario.existing.households_passed.items()):
        _existing_homes(world, country.node_index[city], homes)
    connected = np.zeros(len(country.ids), dtype=np.int64)
    for city, homes in sorted(scenario.existing.households_connected.items()):
        parts = _parts_of(country, country.node_index[city])
        connected += _shared(homes, np.where(parts, world.state.passed, 0))
    if connected.any():
        world.record(ev.HomesConnected(0, connected))


def _parts_of(country: Country, city: int) -> NDArray[np.bool_]:
    parts = np.array([part == country.ids[city] for part in country.nodes["part_of"]], dtype=bool)
    parts[city] = True
    return parts


def _existing_homes(world: World, city: int, homes: int) -> None:
    """A city's parts, from its centre outwards, are on fibre until they hold so many homes."""
    country = world.country
    parts = _parts_of(country, city)
    km, before = _shortest_from(country, city)
    left = homes
    for node in sorted(np.flatnonzero(parts & np.isfinite(km)).tolist(), key=lambda i: (km[i], i)):
        if left <= 0:
            return
        at = node
        while before[at] >= 0:
            span = int(before[at])
            if not world.state.operational[span]:
                world.record(ev.SpanLit(0, -1, span, world.unit_gbps(span)))
            at = int(country.u[span] + country.v[span] - at)
        if not world.state.active[node]:
            world.record(ev.NodeActivated(0, -1, node, world.node_unit_gbps(node)))
        lot = min(left, int(country.households[node]))
        if lot:
            world.record(ev.HomesPassed(0, -1, node, lot))
        left -= lot


def _shortest_from(country: Country, node: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Distance along domestic corridors from a node, and the last span on the way (-1: none)."""
    km = np.full(len(country.ids), np.inf)
    before = np.full(len(country.ids), -1, dtype=np.int64)
    km[node] = 0.0
    heap = [(0.0, node)]
    while heap:
        reach, at = heapq.heappop(heap)
        if reach > km[at]:
            continue
        for other, span in country.adjacent[at]:
            leased = country.spans["medium"][span] == "leased"
            if not leased and reach + country.km[span] < km[other]:
                km[other], before[other] = reach + country.km[span], span
                heapq.heappush(heap, (float(km[other]), other))
    return km, before


def _shared(total: int, by: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole numbers in proportion to `by`, never above it; the largest remainders get the rest."""
    total = min(total, int(by.sum()))
    if total == 0:
        return np.zeros_like(by)
    share = total * by // by.sum()
    order = np.lexsort((np.arange(len(by)), -(total * by % by.sum())))
    share[order[: total - int(share.sum())]] += 1
    return np.asarray(share)


# ---- dated settings -------------------------------------------------------------------------------
def _opening(world: World, planner: Planner, area: str, opens: date) -> Process:
    day = (opens - world.scenario.start).days
    if not 0 < day < world.days:
        return
    yield world.until(day)
    world.record(ev.AreaOpened(world.now, area))
    planner.area_opened(area)


def _joint_works(world: World, planner: Planner, on: date) -> Process:
    """On the day on which another programme opens or closes its trenches, prices change."""
    day = (on - world.scenario.start).days
    if 0 < day < world.days:
        yield world.until(day)
        planner.prices_changed()


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
        if cents > world.state.free_in(BACKBONE):
            if world.state.operational[span]:
                world.record(ev.SpanDarkened(world.now, span))
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
