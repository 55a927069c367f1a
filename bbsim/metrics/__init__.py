"""What a run amounts to: coverage, throughput and money, weighted by time, from its events alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bbsim import models, technology
from bbsim.memory import unhurried
from bbsim.metrics import tables
from bbsim.metrics.booked import Bookings, bookings, ledger
from bbsim.metrics.columns import past_of
from bbsim.metrics.happened import events_from, events_table
from bbsim.metrics.public_tables import site_tables
from bbsim.metrics.sweep import Sweep
from bbsim.models.internet_use import mean_users_share
from bbsim.run import Columns, Run, Tables

if TYPE_CHECKING:
    from bbsim.finance import Books

__all__ = ["AT_ONCE", "events_from", "events_table", "measure"]

AT_ONCE = ("regions", "access", "nodes", "spans", "projects", "ledger")
"""Tables that belong to every run; hardly one of a thousand is asked for its events or its finance."""


@unhurried()
def measure(
    run: Run, demand: object | None = None, routing: str | None = None, at_once: Collection[str] = AT_ONCE
) -> Run:
    """Fill a run's tables from its events; returns the same run.

    Parameters
    ----------
    demand, routing : the models that the clock used; found from the scenario if not given.
    at_once : names of tables; the others are made when they are first asked for, and are the same.
    """
    began = time.perf_counter()
    scenario, country = run.scenario, run.country
    if demand is None:
        demand = models.find("demand", scenario.demand.use, scenario.demand.parameters)
    if routing is None:
        routing = models.find("traffic", scenario.traffic.use, scenario.traffic.parameters).routing()
    sweep = Sweep(scenario, country, demand, technology.of_programme(scenario), routing)
    by_kind = past_of(run)
    booked = bookings(by_kind, run.opening_cents)
    sweep.run(run.events, run.opening_cents, booked)
    books = _books(run, booked)
    periods = tables.periods(sweep, country.population.astype(float))
    if scenario.internet_use is not None:
        periods["internet_users_share"] = mean_users_share(scenario.internet_use, sweep.dates)
    sites, public_services = site_tables(sweep, by_kind, scenario, country)
    edges = sweep.edges  # by itself: who waits for the periods does not keep the whole sweep
    made: dict[str, Columns | Callable[[], Columns]] = {
        "periods": periods if books.assumed is None else lambda: _with_money(periods, books, edges),
        "regions": lambda: tables.regions(sweep, country),
        "access": lambda: tables.access(sweep, scenario, booked),
        "nodes": lambda: tables.nodes(sweep, scenario, country),
        "spans": lambda: tables.spans(sweep, country),
        "projects": lambda: tables.projects(by_kind, scenario, country),
        "sites": sites,
        "public_services": public_services,
        "ledger": lambda: ledger(booked, scenario, country),
        "finance": lambda: books.finance,
        "funding_gap": lambda: books.funding_gap,
        "events": lambda: events_table(by_kind, scenario, country),
    }
    run.tables = Tables(made, again=("events",))
    for name in at_once:
        _ = run.tables[name]
    run.seconds["measure"] = time.perf_counter() - began
    return run


def _books(run: Run, booked: Bookings) -> Books:
    from bbsim.finance import books  # a room on the same floor, which stands on this one's columns

    return books(run, booked)


def _with_money(periods: Columns, books: Books, edges: NDArray[np.int64]) -> Columns:
    """The periods with running cost and revenue, as the scenario's `finance` has them."""
    return {**periods, **{f"{kind}_usd": books.by_period(kind, edges) for kind in ("opex", "revenue")}}
