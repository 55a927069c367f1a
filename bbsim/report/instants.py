"""What the page asks of single days of a run, found in one pass over its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.metrics.breaking import breaks_first
from bbsim.metrics.single_path import SinglePath, Stretch
from bbsim.metrics.spread import Spread, Spreads
from bbsim.report.timeline import states_at
from bbsim.run import Run
from bbsim.sites import Applying
from bbsim.state import State

MOST_DAYS = 8
# So many spans are looked at for the few rows that are shown.
SEARCHED = 400


@dataclass(frozen=True, slots=True)
class Hung:
    """People on fibre, those of them that one span would take off it, and on which stretches most hang."""

    on_fibre: int
    alone: int
    stretches: list[Stretch]


@dataclass(frozen=True, slots=True)
class Ways:
    """Places of open centres, and (nodes,) minutes to the nearest connected one; infinity without a way."""

    centres: NDArray[np.int64]
    minutes: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Instants:
    """By day: how the rates of homes are spread, and what breaks first.

    Attributes
    ----------
    spreads : of `spread_days`.
    breaking : of `breaking_days`, the columns of `breaks_first`.
    hung : of the last day alone.
    ways : likewise, where the scenario has public sites.
    """

    spreads: dict[date, Spread] = field(default_factory=dict)
    breaking: dict[date, dict[str, Any]] = field(default_factory=dict)
    hung: list[Hung] = field(default_factory=list)
    ways: list[Ways] = field(default_factory=list)


def instants(run: Run) -> Instants:
    """Look at each of these days while the history is gone through once."""
    found, spreads = Instants(), Spreads(run)
    spread, breaking = spread_days(run), breaking_days(run)
    for day, state in states_at(run, sorted({*spread, *breaking})):
        if day in spread:
            found.spreads[day] = spreads.on(day, state)
        if day in breaking:
            found.breaking[day] = breaks_first(run, day, most=SEARCHED, state=state)
        if day == breaking[-1]:
            single, people = SinglePath(run.country), run.country.population
            alone, on_fibre = (int(people[who].sum()) for who in (single.alone(state), state.on_fibre()))
            found.hung.append(Hung(on_fibre, alone, single.stretches(state) if alone else []))
            if run.scenario.sites is not None:
                found.ways.append(_ways(run, state))
    return found


def _ways(run: Run, state: State) -> Ways:
    applying = Applying(run.scenario, run.country)
    opened, _, connected = applying.standing(state)
    return Ways(
        np.unique(applying.node[opened & applying.serves]), applying.minutes(state, opened & connected)
    )


def spread_days(run: Run) -> list[date]:
    """Ends of years, evenly chosen, and the last day."""
    first, horizon = run.scenario.start.year, run.scenario.end - timedelta(days=1)
    step = -(-(horizon.year - first + 1) // MOST_DAYS)
    ends = [date(year, 12, 31) for year in range(horizon.year, first - 1, -step)]
    return sorted({min(day, horizon) for day in ends})


def breaking_days(run: Run) -> list[date]:
    """The day in the middle of a run, and its last."""
    days = (run.scenario.end - run.scenario.start).days
    return [run.scenario.start + timedelta(days=after) for after in (days // 2, days - 1)]
