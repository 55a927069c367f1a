"""What one failure does: whom it cuts off, and what is still delivered."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import numpy as np

from bbsim import events as ev
from bbsim import models, technology
from bbsim.metrics.carried import Carrier
from bbsim.metrics.columns import objects
from bbsim.metrics.directions import carrier_of
from bbsim.metrics.outages import Outages
from bbsim.models.answers import load_mbps
from bbsim.models.hazards.what_if import Failure
from bbsim.run import Run
from bbsim.state import State, replay
from bbsim.units import MINUTES_PER_DAY, date_of


def single_failures(run: Run, on: str) -> dict[str, Any]:
    """What is left after each single failure on a day, the worst first.

    Returns
    -------
    dict
        columns of equal length, a row a lit span, a node in use, and a gateway's ways abroad: ``kind``,
        ``id``, ``start``, ``end`` (names; of a span both), ``places_off`` and ``people_off`` (on fibre before
        and not after; a failed node's own people among them), ``delivered_share`` (of what was delivered
        before) and ``single_point`` (whether anybody is off).

    Raises
    ------
    ValueError
        if the day lies outside the scenario's horizon.
    """
    state, country = run.at(on), run.country
    carrier, load = _carrier(run), _load(run, state.minute)
    outages, people = Outages(carrier), country.population
    before = outages.solve(state, load, fresh=True).delivered_gbps.sum()
    was = state.on_fibre()
    rows = []
    for kind, which in _things(state):
        now = state.minute
        down, back = _FAILS[kind]
        state.apply(down(now, "what if", which))
        off = was & ~state.on_fibre()
        left = outages.solve(state, load, fresh=False).delivered_gbps.sum()
        rows.append(
            (kind, which, int(off.sum()), int(people[off].sum()), left / before if before else np.nan)
        )
        state.apply(back(now, which, now))
    rows.sort(key=lambda row: (-row[3], row[4], row[0], row[1]))
    names = country.nodes["name"]
    ends = [
        (names[country.u[i]], names[country.v[i]]) if kind == "span" else (names[i], None)
        for kind, i, *_ in rows
    ]
    return {
        "kind": objects([row[0] for row in rows]),
        "id": objects([(country.span_ids if row[0] == "span" else country.ids)[row[1]] for row in rows]),
        "start": objects([end[0] for end in ends]),
        "end": objects([end[1] for end in ends]),
        "places_off": np.array([row[2] for row in rows], dtype=np.int64),
        "people_off": np.array([row[3] for row in rows], dtype=np.int64),
        "delivered_share": np.array([row[4] for row in rows], dtype=np.float64),
        "single_point": np.array([row[2] > 0 for row in rows], dtype=bool),
    }


def delivered_while(run: Run, text: str) -> dict[str, Any]:
    """What of the traffic was delivered while a failure of a run lasted, and on the day on which it began.

    Parameters
    ----------
    text : as after `--fail`; the run must have been made with it.

    Returns
    -------
    dict
        ``failure``, ``day``, ``delivered_share_while`` and ``delivered_share_that_day`` (of what was asked
        for, by time; None if nothing was), and ``people_off``: who lost fibre at its beginning. A failure
        outside the scenario's horizon has None but for its name, and nobody off.

    Raises
    ------
    PydanticCustomError
        if the text is none of a failure (a `ValueError`).
    """
    failure = Failure.of(text)
    if failure.outside(run.scenario):
        unknown = dict.fromkeys(("day", "delivered_share_while", "delivered_share_that_day"))
        return {"failure": failure.text, **unknown, "people_off": 0}
    start = datetime.combine(run.scenario.start, datetime.min.time())

    def minute(moment: datetime) -> int:
        return min(max(int((moment - start) / timedelta(minutes=1)), 0), run_minutes)

    run_minutes = (run.scenario.end - run.scenario.start).days * MINUTES_PER_DAY
    begin, end = minute(failure.begins), minute(failure.until)
    day = begin // MINUTES_PER_DAY * MINUTES_PER_DAY
    before, after = (replay(run.country, run.opening_cents, run.events, at) for at in (begin - 1, begin))
    off = before.on_fibre() & ~after.on_fibre()
    return {
        "failure": failure.text,
        "day": str(date_of(begin, run.scenario.start)),
        "delivered_share_while": _delivered_share(run, begin, end),
        "delivered_share_that_day": _delivered_share(run, day, day + MINUTES_PER_DAY),
        "people_off": int(run.country.population[off].sum()),
    }


def _delivered_share(run: Run, begin: int, end: int) -> float | None:
    """Delivered over asked for, weighted by time, between two minutes; None if nothing was asked for."""
    carrier = _carrier(run)
    state = replay(run.country, run.opening_cents, run.events, begin)
    delivered = asked = 0.0
    at = begin
    rest = [event for event in run.events if begin < event.minute < end]
    steps = [(minute, list(group)) for minute, group in groupby(rest, key=lambda event: event.minute)]
    for minute, happened in [*steps, (end, [])]:
        carried = carrier.solve(state, _load(run, at))
        delivered += float(carried.delivered_gbps.sum()) * (minute - at)
        asked += float(carried.demand_gbps.sum()) * (minute - at)
        state.apply_all(happened)
        at = minute
    return delivered / asked if asked else None


def _carrier(run: Run) -> Carrier:
    scenario = run.scenario
    demand = models.find("demand", scenario.demand.use, scenario.demand.parameters)
    routing = models.find("traffic", scenario.traffic.use, scenario.traffic.parameters).routing()
    return carrier_of(scenario, run.country, technology.of_programme(scenario), demand, routing)


def _load(run: Run, minute: int) -> float:
    use = run.scenario.demand
    demand = models.find("demand", use.use, use.parameters)
    return load_mbps(demand, date_of(minute, run.scenario.start), use=use.use)


_FAILS: dict[str, tuple[Any, Any]] = {
    "span": (ev.SpanCut, ev.SpanRepaired),
    "node": (ev.NodeFailed, ev.NodeRepaired),
    "gateway": (ev.GatewayFailed, ev.GatewayRepaired),
}


def _things(state: State) -> Iterator[tuple[str, int]]:
    """Everything in service that can fail alone."""
    country, lit = state.country, np.flatnonzero(state.operational)
    for span in lit.tolist():
        yield "span", span
    ends = np.zeros(len(country.ids), dtype=bool)
    ends[country.u[lit]] = ends[country.v[lit]] = True
    for node in np.flatnonzero(ends | state.active).tolist():
        yield "node", node
    for node in np.flatnonzero(state.transit_gbps > 0).tolist():
        yield "gateway", node
