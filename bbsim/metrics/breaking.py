"""Where the network breaks first on a day of a run: how full, filled when, whom it concerns, what cures it.

One row a span, an access node's uplink or a gateway's transit that carries something: first what holds
somebody back, then the earliest to fill; of those that fill on the same day the one with more people.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import models, technology
from bbsim.metrics.columns import objects
from bbsim.metrics.directions import carrier_of
from bbsim.models.answers import load_mbps
from bbsim.run import Run
from bbsim.scenario import Upgrades
from bbsim.state import State, lit_year
from bbsim.traffic.bottlenecks import Bottlenecks
from bbsim.traffic.widening import WAYS, Widening, cheapest_light, ports_for

DAYS_PER_YEAR = 365.25
# A date further away than this says no more than "not for a long time".
FAR_YEARS = 50.0


def breaks_first(run: Run, on: date | str, *, most: int | None = None) -> dict[str, Any]:
    """What asks for more capacity at the end of a day, the most pressing first.

    Parameters
    ----------
    on : a day within the run.
    most : so many rows at most.

    Returns
    -------
    dict
        columns of equal length: ``kind`` (span, uplink or gateway), ``id`` of the span or node, ``start`` and
        ``end`` (of a span; names), ``length_km``, ``capacity_gbps``, ``load_gbps`` (carried),
        ``utilisation_share``, ``wanted_share`` (what would pass if nothing were full, over the capacity),
        ``people_behind`` (residents of places whose way leads over it),
        ``people_held`` (of these, whom it keeps from what they ask for), ``full_on`` (day on which growth of
        the load a home fills it, if nothing is done and no home joins; none within 50 years: no date),
        ``cure`` (ports, wavelengths, modulation or pair; none for a gateway, whose transit has no price
        here), ``cure_gbps`` (capacity after it) and ``cure_usd`` in that year.

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
    state, scenario, country = run.at(day), run.scenario, run.country
    demand = models.find("demand", scenario.demand.use, scenario.demand.parameters)
    routing = models.find("traffic", scenario.traffic.use, scenario.traffic.parameters).routing()
    carrier = carrier_of(scenario, country, technology.find(scenario.access.technology), demand, routing)
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
        "cure": _told(np.array([None, *WAYS[1:]], dtype=object)[bought.way], kind != 2),
        "cure_gbps": np.where(kind == 2, np.nan, bought.gbps),
        "cure_usd": np.where((kind == 2) | ~np.isfinite(bought.usd), np.nan, bought.usd),
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
    """The cheapest cure of each: light for spans, ports for uplinks (and, not shown, for gateways)."""
    scenario, country = run.scenario, run.country
    rule = scenario.upgrades or Upgrades()
    wanted = found.wanted_share[: len(capacity)] * capacity * (1.0 + growth) ** rule.sized_for_years
    goal = np.where(capacity > 0, wanted, 0.0)[order] / rule.at_utilisation_share
    now, spans = capacity[order], len(country.span_ids)
    dollars = rule.port_usd_per_gbps((day - scenario.start).days / DAYS_PER_YEAR)
    units = scenario.equipment
    unit = np.full(len(capacity), units.node_gbps)
    places = np.flatnonzero(country.is_place)
    unit[:spans] = [
        units.spur_gbps if follows == "spur" else units.corridor_gbps for follows in country.follows
    ]
    unit[spans : spans + len(places)] = np.where(
        country.is_city[places], units.city_node_gbps, units.node_gbps
    )
    of_span = order < spans
    way, gbps, usd = np.zeros(len(order), dtype=np.int64), now.copy(), np.zeros(len(order))
    count, price = ports_for(now, goal, unit[order], dollars)
    short = goal > now
    way[short], usd[short] = WAYS.index("ports"), price[short]
    gbps[short] = (count * unit[order])[short]
    if rule.equipment == "catalogue" and of_span.any():
        at = order[of_span]
        bought = cheapest_light(
            country.km[at], now[of_span], goal[of_span], port_gbps=unit[at], port_usd_per_gbps=dollars,
            lit_year=lit_year(scenario.start, state.light_minute[at]), year=day.year,
            fibre_pairs=rule.fibre_pairs,
        )  # fmt: skip
        way[of_span], gbps[of_span], usd[of_span] = bought.way, bought.gbps, bought.usd
    return Widening(way, gbps, usd)


def _told(values: NDArray[np.object_], where: NDArray[np.bool_]) -> NDArray[np.object_]:
    """The values where they have a meaning, None elsewhere."""
    out = np.full(len(values), None, dtype=object)
    out[where] = values[where]
    return out


def _dates(day: date, years: NDArray[np.float64]) -> NDArray[np.datetime64]:
    days = np.where(years <= FAR_YEARS, np.floor(np.minimum(years, FAR_YEARS) * DAYS_PER_YEAR), 0)
    told = np.datetime64(day, "D") + days.astype(np.int64).astype("timedelta64[D]")
    return np.where(years <= FAR_YEARS, told, np.datetime64("NaT", "D"))
