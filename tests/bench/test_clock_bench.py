"""What the clock itself takes: `pytest tests/bench/test_clock_bench.py -m bench -s`.

The models are stubs that answer at once, nothing is upgraded and nothing is measured, so that what is left
is the clock: office, projects, crews, desks, money and the state. Beside it stand the same works as one would
write them in simpy alone (`bare_simpy.py`), and, as the least that simpy can take, a replay of the minutes of
the events without any question. Seconds are the processor's, the least of three, one after the other.
"""

import sys
import time
from dataclasses import replace
from math import log

import numpy as np
import pytest
import simpy
from bare_simpy import Bare, same_works
from bbsim import events as ev
from bbsim.country import Country
from bbsim.geodata.sample import sample_country
from bbsim.outset import Outset
from bbsim.outset_text import scenario_text
from bbsim.reading import load
from bbsim.simulate import simulate

pytestmark = pytest.mark.bench
ROOM = sys.modules["bbsim.simulate"]  # `bbsim.simulate` is also the verb


class Told:
    """Answers of every role, known beforehand: places by number, prices, half of all homes, no load."""

    each_alone = True
    active_share = 0.1

    def __init__(self, prices):
        self._prices = prices

    def score(self, candidates):
        return -candidates.node.astype(np.float64)

    def prices(self, _country):
        return self._prices

    def connected(self, passed, _years):
        return passed // 2

    def mbps_per_home(self, _on):
        return 0.0

    def routing(self):
        return "shortest"


def clock_seconds(scenario, country, monkeypatch, times=3):
    """Least processor time of the clock alone, and the run's events."""
    scenario = scenario.with_(upgrades=None)
    found = ROOM._models(scenario, None)
    told = Told(found.cost.prices(country))
    stubs = replace(found, **dict.fromkeys(("priority", "cost", "demand", "adoption", "traffic"), told))
    taken, run = [], ROOM._run

    def timed(world, progress):
        began = time.process_time()
        run(world, progress)
        taken.append(time.process_time() - began)

    with monkeypatch.context() as patched:
        patched.setattr(ROOM, "_models", lambda *_: stubs)
        patched.setattr(ROOM, "_run", timed)
        patched.setattr(ROOM, "measure", lambda run, *_: run)
        for _ in range(times):
            made = simulate(scenario, country)
    return min(taken), made


def replayed(events):
    """The minutes of the events in simpy: a process a project, and one for all that belong to none."""
    env, seen = simpy.Environment(), []
    waits = {}
    for event in events:
        waits.setdefault(getattr(event, "project", -1), []).append(event.minute)

    def project(number, minutes):
        for minute in minutes:
            yield env.timeout(minute - env.now)
            seen.append((env.now, number))

    for number, minutes in waits.items():
        env.process(project(number, minutes))
    env.run()
    return seen


def least(go, times=3):
    """Least processor time of a few goes, and what came of the last."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        seen = go()
        taken.append(time.process_time() - began)
    return min(taken), seen


def made_up(places, folder):
    pack = folder / "geodata" / "XXX"
    pack.mkdir(parents=True)
    sample_country(places).write(pack)
    country = Country.read(pack)
    (folder / "scenario.yaml").write_text(scenario_text(Outset(country, {})))
    return load(folder / "scenario.yaml"), country


def test_a_runs_events_beside_bare_simpy(flagship_scenario, azerbaijan, tmp_path, monkeypatch, capsys):
    cases = {"flagship": (flagship_scenario, azerbaijan), "1,000 places": made_up(1000, tmp_path)}
    for name, (scenario, country) in cases.items():
        ours, run = clock_seconds(scenario, country, monkeypatch)
        prices = ROOM._models(scenario, None).cost.prices(country)
        bare, seen = least(Bare(run, prices).go)
        assert len(run.events) > 10_000
        assert same_works(run, seen)
        replay, again = least(lambda events=run.events: replayed(events))
        assert len(again) == len(run.events)
        with capsys.disabled():
            print(
                f"\n{name}: {len(run.events):,} events in {ours:.3f} s, "
                f"{1e6 * ours / len(run.events):.1f} us each; the same works in simpy alone {bare:.3f} s "
                f"({len(seen):,} events), {ours / bare:.1f}x; the bare minutes {replay:.3f} s, "
                f"{ours / replay:.1f}x"
            )


def test_ten_times_the_projects(tmp_path, monkeypatch, capsys):
    told = []
    for places in (300, 3000):
        seconds, run = clock_seconds(*made_up(places, tmp_path / str(places)), monkeypatch)
        projects = sum(isinstance(event, ev.PlanMade) for event in run.events)
        told.append((projects, seconds))
        with capsys.disabled():
            print(
                f"\n{places:,} places: {projects:,} projects, {len(run.events):,} events in {seconds:.3f} s"
            )
    many, longer = (large / small for small, large in zip(*told, strict=True))
    with capsys.disabled():
        ten = 10 ** (log(longer) / log(many))
        print(f"{many:.1f} times the projects take {longer:.1f} times as long: {ten:.1f} for ten times")
    assert many > 8
