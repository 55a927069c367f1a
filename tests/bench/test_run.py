"""How long the flagship takes, part by part; run with `pytest tests/bench -m bench -s`."""

import time

import pytest
from bbsim.metrics import measure
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
