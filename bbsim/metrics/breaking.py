"""Where the network breaks first on a day of a run: how full, filled when, whom it concerns, what cures it.

One row a span, an access node's uplink or a gateway's transit that carries something: first what holds
somebody back, then the earliest to fill; of those that fill on the same day the one with more people.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import models, technology
from bbsim.metrics.columns import objects
from bbsim.metrics.directions import carrier_of
from bbsim.models.answers import load_mbps
from bbsim.run import Run
from bbsim.scenario import Scenario, Upgrades
from bbsim.state import State, lit_year
from bbsim.traffic.bottlenecks import Bottlenecks
from bbsim.traffic.optics import LineRates
from bbsim.traffic.widening import SPAN, WAYS, Widening, terms_of, widen

DAYS_PER_YEAR = 365.25
# A date further away than this says no more than "not for a long time".
FAR_YEARS = 50.0


def breaks_first(
    run: Run, on: date | str, *, most: int | None = None, state: State | None = None
) -> dict[str, Any]:
    """What asks for more capacity at the end of a day, the most pressing first.

    Parameters
    ----------
    on : a day within the run.
    most : so many rows at most.
    state : the state at the end of that day, if it is at hand.

    Returns
    -------
    dict
        columns of equal length: ``kind`` (span, uplink or gateway), ``id`` of the span or node, ``start`` and
        ``end`` (of a span; names), ``length_km``, ``capacity_gbps``, ``load_gbps`` (carried),
        ``utilisation_share``, ``wanted_share`` (what would pass if nothing were full, over the capacity),
        ``people_behind`` (residents of places whose way leads over it),
        ``people_held`` (of these, whom it keeps from what they ask for), ``full_on`` (day on which growth of
        the load a home fills it, if nothing is done and no home joins; none within 50 years: no date),
        ``cure`` (ports, wavelengths, modulation or pair; transit for a gateway), ``cure_gbps`` (capacity
        after it), ``cure_usd`` in that year (of transit a year's rent) and ``owner`` (who sells a gateway's
        transit).

    Raises
    ------
    ValueError
        if the day lies outside the scenario's horizon.

    Notes
    -----
    A cure is sized as the scenario's upgrades are (their defaults, if it has none): for the load
    `sized_for_years` later at `at_utilisation_share`. Dates from `bbsim.traffic.bottlenecks`.
    """
    day = date.fromisoformat(on) if isinstance(on, str) else on
    scenario, country = run.scenario, run.country
    state = run.at(day) if state is None else state
    demand = models.find("demand", scenario.demand.use, scenario.demand.parameters)
    routing = models.find("traffic", scenario.traffic.use, scenario.traffic.parameters).routing()
    carrier = carrier_of(scenario, country, technology.of_programme(scenario), demand, routing)
    now, later = (load_mbps(demand, day + timedelta(days=days), use=scenario.demand.use) for days in (0, 365))
    growth = (later / now) ** (DAYS_PER_YEAR / 365.0) - 1.0 if now > 0 else 0.0
    people = country.population.astype(np.float64) * country.population_factor(day)
    found = carrier.breaking(state, now, people, growth)
    places, spans = np.flatnonzero(country.is_place), len(country.span_ids)
    parts = spans + len(places) + len(country.ids)
    order = found.order[found.order < parts]
    # What holds somebody back comes before what is only asked for too much of behind it.
    order = order[np.argsort(found.people_held[order] == 0, kind="stable")][:most]
    capacity = np.concatenate([state.span_gbps, state.node_gbps[places], state.transit_gbps])
    node = np.concatenate([np.zeros(spans, dtype=np.int64), places, np.arange(len(country.ids))])
    kind = np.repeat([0, 1, 2], [spans, len(places), len(country.ids)])[order]
    bought = _cured(run, state, found, order, capacity, growth, day)
    names = country.nodes["name"]
    a, b = (objects([names[i] for i in end.tolist()]) for end in (country.u, country.v))
    of_span = kind == 0
    which = np.where(of_span, order, 0)
    return {
        "kind": np.array(["span", "uplink", "gateway"], dtype=object)[kind],
        "id": np.where(of_span, objects(country.span_ids)[which], objects(country.ids)[node[order]]),
        "start": np.where(of_span, a[which], objects(names)[node[order]]),
        "end": _told(b[which], of_span),
        "length_km": np.where(of_span, country.km[which], np.nan),
        "capacity_gbps": capacity[order],
        "load_gbps": found.utilisation[order] * capacity[order],
        "utilisation_share": found.utilisation[order],
        "wanted_share": found.wanted_share[order],
        "people_behind": np.rint(found.people[order]).astype(np.int64),
        "people_held": np.rint(found.people_held[order]).astype(np.int64),
        "full_on": _dates(day, found.years_left[order]),
        "cure": np.array([None, *WAYS[1:]], dtype=object)[bought.way],
        "cure_gbps": bought.gbps,
        "cure_usd": np.where(np.isfinite(bought.usd), bought.usd, np.nan),
        "owner": _told(_owners(scenario, country.ids)[node[order]], kind == 2),
    }


def _cured(
    run: Run,
    state: State,
    found: Bottlenecks,
    order: NDArray[np.int64],
    capacity: NDArray[np.float64],
    growth: float,
    day: date,
) -> Widening:
    """The cheapest cure of each: light for spans, ports for uplinks, transit for gateways."""
    scenario, country = run.scenario, run.country
    rule = scenario.upgrades or Upgrades()
    years = (day - scenario.start).days / DAYS_PER_YEAR
    wanted = found.wanted_share[: len(capacity)] * capacity * (1.0 + growth) ** rule.sized_for_years
    places = np.flatnonzero(country.is_place)
    n, spans = len(country.ids), len(country.span_ids)
    kind = np.repeat([0, 1, 2], [spans, len(places), n])
    step, rent = np.full(n, 1.0), np.full(n, np.inf)
    for gateway in scenario.gateways:
        at = country.node_index[gateway.node]
        step[at], rent[at] = gateway.step_gbps, gateway.usd_per_gbps_per_month(years)
    uplinks = np.array(scenario.equipment.nodes_gbps(country.is_city))[places]
    unit = np.concatenate([scenario.equipment.spans_gbps(country.follows), uplinks, step])
    priced = np.concatenate([np.full(spans + len(places), np.inf), rent])
    at = order[kind[order] == SPAN]
    return widen(
        kind[order], capacity[order], np.where(capacity > 0, wanted, 0.0)[order], unit[order],
        terms_of(rule, day.year, years), spans=LineRates(country.km[at]),
        lit_year=lit_year(scenario.start, state.light_minute[at]), transit_usd_per_gbps=priced[order],
    )  # fmt: skip


def _owners(scenario: Scenario, ids: Sequence[str]) -> NDArray[np.object_]:
    """Who sells the transit at each node; None where nobody is named."""
    named = {gateway.node: gateway.owner or None for gateway in scenario.gateways}
    return objects([named.get(node) for node in ids])


def _told(values: NDArray[np.object_], where: NDArray[np.bool_]) -> NDArray[np.object_]:
    """The values where they have a meaning, None elsewhere."""
    out = np.full(len(values), None, dtype=object)
    out[where] = values[where]
    return out


def _dates(day: date, years: NDArray[np.float64]) -> NDArray[np.datetime64]:
    days = np.where(years <= FAR_YEARS, np.floor(np.minimum(years, FAR_YEARS) * DAYS_PER_YEAR), 0)
    told = np.datetime64(day, "D") + days.astype(np.int64).astype("timedelta64[D]")
    return np.where(years <= FAR_YEARS, told, np.datetime64("NaT", "D"))
