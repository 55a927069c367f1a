"""How long the flagship takes, part by part; run with `pytest tests/bench -m bench -s`."""

import time
from datetime import date

import numpy as np
import pytest
from bbsim import models, technology
from bbsim.events import SpanCut, SpanRepaired
from bbsim.metrics import measure
from bbsim.metrics.carried import Carrier
from bbsim.simulate import simulate
from bbsim.state import replay

pytestmark = pytest.mark.bench


def best(work, times=3):
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def test_the_flagship(flagship_scenario, azerbaijan, capsys):
    runs = [simulate(flagship_scenario, azerbaijan) for _ in range(3)]
    run = runs[-1]
    parts = {k: min(r.seconds[k] for r in runs) for k in ("simulate", "measure")}
    parts["measure again"] = best(lambda: measure(run))
    parts["replay to the end"] = best(lambda: replay(azerbaijan, run.opening_cents, run.events, 10**9))
    parts["run.at the middle"] = best(lambda: run.at("2024-06-30"))
    parts["hash every table"] = best(run.table_hashes)
    with capsys.disabled():
        print(f"\nflagship, {len(run.events)} events, best of 3, seconds:")
        for name, seconds in parts.items():
            print(f"  {name:20s} {seconds:8.3f}")
    assert len(run.events) > 10_000


def test_the_answer_after_an_event_on_the_flagship(flagship_scenario, azerbaijan, capsys):
    """A span is cut, and comes back: who is on fibre, the tree, and what everybody gets; processor time."""
    run = simulate(flagship_scenario, azerbaijan)
    demand = models.find("demand", flagship_scenario.demand.use, flagship_scenario.demand.parameters)
    line = technology.find(flagship_scenario.access.technology)
    for day in (date(2018, 12, 31), date(2030, 12, 31)):
        state, load = run.at(day), demand.mbps_per_home(day)
        carrier = Carrier(azerbaijan, line, demand.active_share)
        whole = carrier.solve(state, load)
        lit, took = np.flatnonzero(state.operational), []
        for span in np.random.default_rng(1).choice(lit, 150).tolist():
            for event in (SpanCut(state.minute, "x", span), SpanRepaired(state.minute, span, state.minute)):
                state.apply(event)
                began = time.thread_time()
                state.on_fibre()
                carried = carrier.solve(state, load)
                took.append(1e3 * (time.thread_time() - began))
        with capsys.disabled():
            middle, mean = np.median(took), np.mean(took)
            print(f"\n{day}, {len(lit)} spans lit: {middle:.2f} ms after an event, mean {mean:.2f}")
        assert carried.load_gbps == pytest.approx(whole.load_gbps)


def test_demand_by_direction_beside_the_plain_demand(flagship_scenario, azerbaijan, capsys):
    """One in turn with the other, processor time of all that a run takes, the best of three."""
    told = flagship_scenario.with_(demand={"use": "by_direction"})
    took = {"plain": [], "by direction": []}
    for _ in range(3):
        for name, scenario in (("plain", flagship_scenario), ("by direction", told)):
            began = time.process_time()
            run = simulate(scenario, azerbaijan)
            took[name].append(time.process_time() - began)
    plain, by = (min(seconds) for seconds in took.values())
    with capsys.disabled():
        print(f"\nflagship: {plain:.2f} s, with demand by direction {by:.2f} s ({by / plain:.1f}x)")
    assert run.periods.delivered_gbps.max() > 0


def test_what_routing_loses_on_the_flagship_by_year(flagship_scenario, azerbaijan, capsys):
    """Shortest paths, equal-cost splits and the best routing there is, if no light is ever added."""
    scenario = flagship_scenario.with_(upgrades=None)
    run = simulate(scenario, azerbaijan)
    demand = models.find("demand", scenario.demand.use, scenario.demand.parameters)
    line = technology.find(scenario.access.technology)
    rows = []
    for year in range(2014, 2036):
        day = date(year, 12, 31)
        state, load = run.at(day), demand.mbps_per_home(day)
        carried = [
            Carrier(azerbaijan, line, demand.active_share, routing).solve(state, load)
            for routing in ("shortest", "ecmp", "optimal")
        ]
        rows.append((year, [c.delivered_gbps.sum() / c.demand_gbps.sum() for c in carried]))
    with capsys.disabled():
        print("\nshare of the busy-hour load delivered without upgrades: shortest, equal-cost, optimal")
        for year, shares in rows:
            print(f"  {year}  " + "  ".join(f"{share:7.2%}" for share in shares))
    assert all(best >= shortest - 1e-9 for _, (shortest, _, best) in rows)
