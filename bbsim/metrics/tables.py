"""The contract's tables, as columns: periods, regions, nodes, spans and projects.

A column of later work is there and empty (NaN in memory, null in files); nothing is made up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.built import STATUS_NAMES
from bbsim.country import Country
from bbsim.metrics.booked import Bookings
from bbsim.metrics.columns import ByKind, dates, days_of, objects, project_id, ratio
from bbsim.metrics.homes_by import single
from bbsim.metrics.sweep import SCALARS, SPEEDS_MBPS, Sweep
from bbsim.scenario import Scenario
from bbsim.units import MINUTES_PER_DAY

Columns = dict[str, Any]
COVERAGE = (
    "cities_on_fibre_share",
    "population_on_fibre_share",
    "population_within_10km_share",
    "population_within_25km_share",
    "population_within_50km_share",
    "households_passed_share",
    *(f"population_at_{mbps}mbps_share" for mbps in SPEEDS_MBPS),
)
EMPTY = (
    "internet_users_share",
    "opex_usd",
    "revenue_usd",
    "availability_share",
    "public_sites_on_fibre",
    "public_sites_on_fibre_share",
)
# Light in standard fibre: group index 1.468 at 1550 nm (Corning SMF-28 datasheet), there and back.
ROUND_TRIP_MS_PER_KM = 2 * 1.468 / 299.792458
CAUSES = ("money", "permits", "crews", "season")
HOME_CAUSES = ("money", "crews")


def periods(sweep: Sweep, people: NDArray[np.float64]) -> Columns:
    """One row a period; `people` by node weigh its availability."""
    count = len(sweep.edges) - 1
    mean = {name: sweep.integral[:, i] for i, name in enumerate(SCALARS)}
    end = {name: sweep.at_end[:, i] for i, name in enumerate(SCALARS)}
    out: Columns = {
        "period_start": dates(sweep.dates[:-1]),
        "period_end": dates(sweep.dates[1:]),
        "lit_km": np.array(sweep.stock["lit_km"]),
        "lit_spans": np.array(sweep.stock["lit_spans"], dtype=np.int64),
        "cities_on_fibre": np.array(sweep.stock["cities_on_fibre"], dtype=np.int64),
    }
    for name in COVERAGE[:5]:
        out[name], out[f"{name}_at_end"] = mean[name], end[name]
    out["households_passed"] = np.array(sweep.stock["households_passed"], dtype=np.int64)
    out["households_passed_share"] = mean["households_passed_share"]
    out["households_passed_share_at_end"] = end["households_passed_share"]
    out["households_connected"] = np.array(sweep.stock["households_connected"], dtype=np.int64)
    out["take_up_share"] = mean["take_up_share"]
    out["demand_gbps"], out["delivered_gbps"] = mean["demand_gbps"], mean["delivered_gbps"]
    out["delivered_share"] = ratio(mean["delivered_gbps"], mean["demand_gbps"])
    out["delivered_excluding_gateways_gbps"] = mean["delivered_excluding_gateways_gbps"]
    out["busy_hour_mbps_per_home"] = ratio(mean["to_homes_gbps"] * 1000.0, mean["homes_time"])
    for name in ("mean", "p10", "p50"):
        # A mean of equal rates is that rate: what rounding adds beyond nine decimals is no figure.
        column = f"achievable_mbps_per_home_{name}"
        out[column] = np.round(ratio(mean[column], mean["achievable_time"]), 9)
    for name in COVERAGE[6:]:
        out[name], out[f"{name}_at_end"] = mean[name], end[name]
    out["max_span_utilisation_share"] = mean["max_span_utilisation_share"]
    out["gateway_utilisation_share"] = mean["gateway_utilisation_share"]
    out["granted_usd"] = sweep.money.flow["granted"] / sweep.minor_per_usd
    out["reinvested_usd"] = sweep.money.flow["reinvested"] / sweep.minor_per_usd
    out["capex_usd"] = sweep.money.flow["capex"] / sweep.minor_per_usd
    out["cash_usd"] = sweep.money.cash / sweep.minor_per_usd
    waits = np.column_stack([mean[f"waiting_{cause}"] for cause in CAUSES])
    homes = np.column_stack([mean[f"homes_waiting_{cause}"] for cause in HOME_CAUSES])
    out["binding"] = _binding(waits, homes)
    for cause in CAUSES:
        out[f"waiting_for_{cause}_projects"] = mean[f"waiting_{cause}"]
    for cause in HOME_CAUSES:
        out[f"waiting_for_{cause}_homes"] = mean[f"homes_waiting_{cause}"]
    out["population_satellite_only_share"] = mean["population_satellite_only_share"]
    alone = "population_on_single_path_share"
    out[alone], out[f"{alone}_at_end"] = mean[alone], end[alone]
    for name in EMPTY:
        out[name] = np.full(count, np.nan)
    if sweep.money.flow["opex"].any():
        out["opex_usd"] = sweep.money.flow["opex"] / sweep.minor_per_usd
    if sweep.public is not None:
        alike = sweep.public.applying.count
        there = [(alike * each["open"] * each["on_fibre"]).sum() for each in sweep.public.last]
        out["public_sites_on_fibre"] = np.array(there, dtype=np.float64)
        out["public_sites_on_fibre_share"] = sweep.public.integral["sites_on_fibre_share"]
    if sweep.uptime is not None:
        out["availability_share"] = ratio(sweep.uptime.up @ people, sweep.uptime.since_first @ people)
    return out


def _binding(waits: NDArray[np.float64], homes: NDArray[np.float64]) -> NDArray[np.object_]:
    """What most places and projects waited for; where none did, what most homes waited for."""
    by_homes = np.where(homes.max(axis=1) > 0, [HOME_CAUSES[i] for i in homes.argmax(axis=1)], "none")
    by_places = np.array(CAUSES)[waits.argmax(axis=1)]
    return np.where(waits.max(axis=1) > 0, by_places, by_homes).astype(object)


def regions(sweep: Sweep, country: Country) -> Columns:
    """One row a period and region: what adds up by place."""
    names = country.regions
    count, size = len(sweep.edges) - 1, len(names)
    at = {name: i for i, name in enumerate(names)}
    of = np.array([at.get(r, size) for r in country.nodes["region"]], dtype=np.int64)
    span_of = np.array([at.get(r, size) for r in country.spans["region"]], dtype=np.int64)

    def total(rows: Sequence[NDArray[Any]] | NDArray[Any], where: NDArray[np.int64]) -> NDArray[np.float64]:
        return np.concatenate([np.bincount(where, weights=r, minlength=size + 1)[:size] for r in rows])

    people = np.tile(np.bincount(of, weights=country.population, minlength=size + 1)[:size], count).astype(
        float
    )
    lit = [(country.km * (status == 4)) for status in sweep.stock["span_status"]]
    passed, connected = total(sweep.stock["passed"], of), total(sweep.stock["connected"], of)
    demand, delivered = (total(sweep.integral_of_nodes[k], of) for k in ("demand", "delivered"))
    cities = np.concatenate(sweep.stock["region_cities"])
    return {
        "period_start": np.repeat(dates(sweep.dates[:-1]), size),
        "period_end": np.repeat(dates(sweep.dates[1:]), size),
        "region": np.tile(np.array(names, dtype=object), count),
        "lit_km": total(lit, span_of),
        "cities_on_fibre": np.concatenate(sweep.stock["region_cities_on"]).astype(np.int64),
        "cities_on_fibre_share_at_end": ratio(np.concatenate(sweep.stock["region_cities_on"]), cities),
        "population_on_fibre_share_at_end": ratio(np.concatenate(sweep.stock["region_people_on"]), people),
        "households_passed": passed.astype(np.int64),
        "households_connected": connected.astype(np.int64),
        "take_up_share_at_end": ratio(connected, passed),
        "demand_gbps": demand,
        "delivered_gbps": delivered,
        "delivered_share": ratio(delivered, demand),
        "capex_usd": sweep.money.capex_by_region.reshape(-1) / sweep.minor_per_usd,
    }


def access(sweep: Sweep, scenario: Scenario, booked: Bookings) -> Columns:
    """One row a period and technology: premises passed, connected and served, and what they cost."""
    if sweep.homes_by is not None:
        return sweep.homes_by.table(sweep.dates, booked, sweep.minor_per_usd)
    connected, on = sweep.stock["connected"], sweep.stock["on"]
    return single(
        scenario.access.technology,
        sweep.dates,
        np.array(sweep.stock["households_passed"], dtype=np.int64),
        np.array(sweep.stock["households_connected"], dtype=np.int64),
        np.array([int(homes[lit].sum()) for homes, lit in zip(connected, on, strict=True)], dtype=np.int64),
        booked,
        sweep.minor_per_usd,
    )


def nodes(sweep: Sweep, scenario: Scenario, country: Country) -> Columns:
    """One row a period and place."""
    places = np.flatnonzero(country.is_place)
    count, size = len(sweep.edges) - 1, len(places)

    def stacked(rows: Sequence[NDArray[Any]] | NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([row[places] for row in rows])

    on = stacked(sweep.stock["on"])
    minute = stacked(sweep.stock["lit_minute"])
    since = np.datetime64(scenario.start, "D") + (minute // MINUTES_PER_DAY).astype("timedelta64[D]")
    satellite = stacked(sweep.stock["satellite"])
    served = np.full(count * size, None, dtype=object)
    served[on] = "fibre"
    served[satellite] = "satellite"
    if sweep.homes_by is not None:
        off = ~on
        served[off] = stacked(sweep.homes_by.served_by)[off]
        satellite &= False  # what its homes get is among those of all lines
    demand, delivered, to_homes, homes, best, lit = (
        stacked(sweep.integral_of_nodes[name])
        for name in ("demand", "delivered", "to_homes", "homes", "achievable", "lit")
    )
    ids = objects([country.ids[i] for i in places.tolist()])
    names = objects([country.nodes["name"][i] for i in places.tolist()])
    return {
        "period_end": np.repeat(dates(sweep.dates[1:]), size),
        "node": np.tile(ids, count),
        "name": np.tile(names, count),
        "on_fibre": on,
        "lit_since": np.where(minute >= 0, since, np.datetime64("NaT", "D")),
        "served_by": served,
        "households_passed": stacked(sweep.stock["passed"]),
        "households_connected": stacked(sweep.stock["connected"]),
        "demand_gbps": demand,
        "delivered_gbps": delivered,
        "busy_hour_mbps_per_home": ratio(to_homes * 1000.0, homes),
        "achievable_mbps_per_home": np.where(satellite, stacked(sweep.beams.settle()), ratio(best, lit)),
        "latency_ms": np.where(
            satellite,
            stacked(sweep.stock["satellite_ms"]),
            stacked(sweep.stock["gateway_km"]) * ROUND_TRIP_MS_PER_KM,
        ),
        "availability_share": np.full(count * size, np.nan)
        if sweep.uptime is None
        else ratio(stacked(sweep.uptime.up), stacked(sweep.uptime.since_first)),
    }


def spans(sweep: Sweep, country: Country) -> Columns:
    """One row a period and span that is more than proposed."""
    touched = [sweep.spans_touched(period) for period in range(len(sweep.edges) - 1)]
    which = np.concatenate(touched)
    period = np.repeat(np.arange(len(touched)), [len(t) for t in touched])
    status = np.array(sweep.stock["span_status"])[period, which]
    gbps = np.array(sweep.stock["span_gbps"])[period, which]
    used = sweep.utilisation[period, which]
    return {
        "period_end": dates(sweep.dates[1:])[period],
        "span": np.array(country.span_ids, dtype=object)[which],
        "status": np.array(STATUS_NAMES, dtype=object)[status],
        "capacity_gbps": np.where(gbps > 0, gbps, np.nan),
        "load_gbps": sweep.load[period, which],
        "utilisation_share": np.where((gbps > 0) | (used > 0), used, np.nan),
    }


def projects(events: ByKind, scenario: Scenario, country: Country) -> Columns:
    """One row a project: its route, price, dates and what held it up longest."""
    plans = sorted(events.of(ev.PlanMade), key=lambda plan: plan.project)
    row = {plan.project: i for i, plan in enumerate(plans)}
    delays: list[list[ev.Delayed]] = [[] for _ in plans]
    for delay in events.of(ev.Delayed):
        delays[row[delay.project]].append(delay)
    waits = [_waited(each) for each in delays]

    def reached(kind: type[ev.Event]) -> NDArray[np.datetime64]:
        """The date of a project's last event of a kind."""
        minutes = np.full(len(plans), -1, dtype=np.int64)
        minutes[[row[number] for number in events.values(kind, "project")]] = events.numbers(kind, "minute")
        return days_of(scenario.start, minutes)

    return {
        "project": objects(project_id(plan.project) for plan in plans),
        "kind": objects([plan.kind for plan in plans]),
        "phase": objects([plan.phase for plan in plans]),
        "target": objects([country.ids[plan.target] for plan in plans]),
        "name": objects([country.nodes["name"][plan.target] for plan in plans]),
        "spans": objects([[country.span_ids[s] for s in plan.spans] for plan in plans]),
        "nodes": objects([[country.ids[n] for n in plan.nodes] for plan in plans]),
        "length_km": np.array([country.km[list(plan.spans)].sum() for plan in plans], dtype=np.float64),
        "usd": np.array([plan.cents for plan in plans], dtype=np.int64) / 100.0,
        "planned": days_of(scenario.start, np.array([plan.minute for plan in plans], dtype=np.int64)),
        "permitted": reached(ev.PermitGranted),
        "started": reached(ev.BuildStarted),
        "ready_for_service": reached(ev.ProjectReady),
        "delayed_days": np.array([days for days, _ in waits], dtype=np.int64),
        "delayed_why": objects([why for _, why in waits]),
        "people_reached": np.array([plan.people for plan in plans], dtype=np.int64),
        "why": objects([plan.why for plan in plans]),
    }


def _waited(waits: Sequence[ev.Delayed]) -> tuple[int, str | None]:
    """Whole days on which a project waited, each counted once, and what it waited for longest."""
    minutes, until = 0, -1
    by_cause: dict[str, int] = {}
    for wait in sorted(waits, key=lambda w: w.began):
        minutes += max(wait.minute - max(wait.began, until), 0)
        until = max(until, wait.minute)
        by_cause[wait.why] = by_cause.get(wait.why, 0) + wait.minute - wait.began
    if minutes < MINUTES_PER_DAY:
        return 0, None
    return minutes // MINUTES_PER_DAY, max(sorted(by_cause), key=by_cause.__getitem__)
