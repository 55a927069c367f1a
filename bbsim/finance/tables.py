"""The tables of money: flows by cause, place, year and fund, and the funding gap of each place."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.finance.flows import KINDS, NOWHERE, Floats, Flows, Ints
from bbsim.finance.gap import cheapest_first
from bbsim.metrics.columns import objects
from bbsim.run import Columns
from bbsim.scenario import Scenario


def finance(flows: Flows, scenario: Scenario, country: Country) -> Columns:
    """One row a year, kind, cause, fund and place: what was paid and earned, and its worth today."""
    years = np.array(
        [(scenario.start + timedelta(days=day)).year for day in range(flows.last_day + 1)], dtype=np.int64
    )
    first, count, size = int(years[0]), int(years[-1] - years[0]) + 1, len(country.ids) + 1
    rows: list[tuple[Any, ...]] = []
    for part in flows.parts:
        key = (years[part.day] - first) * size + np.where(part.node == NOWHERE, size - 1, part.node)
        cents = np.zeros(count * size, dtype=np.int64)
        np.add.at(cents, key, part.cents)
        worth = np.bincount(key, weights=part.cents * flows.factors[part.day], minlength=count * size)
        some = np.unique(key)
        told = np.full(len(some), part.kind), [part.cause] * len(some), np.full(len(some), part.fund)
        rows.append((some // size + first, *told, some % size, cents[some], worth[some] / 100.0))
    year, kind, cause, fund, node, cents, worth = (
        np.concatenate([np.asarray(row[i]) for row in rows]) if rows else np.zeros(0, dtype=np.int64)
        for i in range(7)
    )
    order = np.lexsort((node, fund, cause, kind, year))
    return {
        "year": year[order],
        "fund": objects(scenario.fund_names)[fund[order]],
        "kind": objects(KINDS)[kind[order]],
        "cause": objects(cause[order].tolist()),
        "place": objects([*country.ids, ""])[node[order]],
        "amount_cents": cents[order],
        "amount_usd": cents[order] / 100.0,
        "present_usd": worth[order].astype(np.float64),
    }


def funding_gap(
    country: Country, own: Floats, shared: Floats, served: NDArray[np.bool_], passed: Ints, connected: Ints
) -> Columns:
    """One row a place: what it is worth, what it lacks, and how far a subsidy reaches that comes to it.

    Parameters
    ----------
    own, shared : (nodes,) dollars of the first day; NaN where the scenario says nothing of finance.
    served : (nodes,) places on fibre at the end.
    passed, connected : (nodes,) homes at the end.
    """
    places = np.flatnonzero(country.is_place)
    worth = np.where(served, own + shared, np.nan)[places]
    gap = np.where(np.isnan(worth), np.nan, np.maximum(-worth, 0.0))
    people = country.population[places]
    known = np.flatnonzero(~np.isnan(gap))
    queue = known[cheapest_first(gap[known], people[known])]
    reach, share = (np.full(len(places), np.nan) for _ in range(2))
    reach[queue] = np.cumsum(gap[queue])
    everybody = int(country.population.sum())
    share[queue] = np.cumsum(people[queue]) / everybody if everybody else np.nan
    return {
        "place": objects(country.ids[i] for i in places.tolist()),
        "name": objects(country.nodes["name"][i] for i in places.tolist()),
        "region": objects(country.nodes["region"][i] for i in places.tolist()),
        "population": people,
        "households_passed": passed[places],
        "households_connected": connected[places],
        "own_usd": np.where(served, own, np.nan)[places],
        "shared_usd": np.where(served, shared, np.nan)[places],
        "npv_usd": worth,
        "funding_gap_usd": gap,
        "cumulative_funding_gap_usd": reach,
        "cumulative_population_share": share,
    }
