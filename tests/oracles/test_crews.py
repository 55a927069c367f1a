"""P01 and P02: makespans with few crews, and queues before servers, against closed forms."""

from datetime import date
from math import ceil, factorial, isclose
from statistics import fmean, stdev

import numpy as np
import pytest
import simpy
from bbsim import events as ev
from bbsim.simulate import simulate
from bbsim.simulate.resources import Servers
from strategies import made_country, made_scenario, star


def makespan_equal_jobs(n, crews, d):
    return -(-n // crews) * d if n else 0


def erlang_c(c, a):
    s = sum(a**k / factorial(k) for k in range(c))
    t = a**c / factorial(c) * c / (c - a)
    return t / (s + t)


def mean_wait(lam, mu, c):
    return erlang_c(c, lam / mu) / (c * mu - lam)


def queue(c, customers, arrive, serve):
    """Mean wait before `c` servers; times are handed in."""
    env = simpy.Environment()
    servers, waits = Servers(env, c), []

    def customer(service):
        came = env.now
        turn = servers.request((0,))
        if turn is not None:
            yield turn
        waits.append(env.now - came)
        yield env.timeout(service)
        servers.release()

    def source():
        for _ in range(customers):
            yield env.timeout(arrive())
            env.process(customer(serve()))

    env.process(source())
    env.run()
    assert len(waits) == customers
    return fmean(waits[customers // 10 :])


@pytest.mark.parametrize(("lam", "mu", "c"), [(2.0, 1.0, 3), (0.8, 1.0, 1), (7.0, 1.0, 9)])
def test_servers_are_an_m_m_c_queue_within_four_standard_errors(lam, mu, c):
    means = []
    for seed in range(12):
        rng = np.random.default_rng([seed, c])
        means.append(
            queue(c, 4000, lambda r=rng: r.exponential(1 / lam), lambda r=rng: r.exponential(1 / mu))
        )
    error = stdev(means) / len(means) ** 0.5
    assert abs(fmean(means) - mean_wait(lam, mu, c)) < 4 * error
    assert error < 0.25 * mean_wait(lam, mu, c), "a wide band proves nothing"


def test_deterministic_service_waits_half_as_long_as_exponential():
    """Pollaczek-Khinchine, P04: M/D/1 at rho 0.5 waits 0.5."""
    means = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        means.append(queue(1, 4000, lambda r=rng: r.exponential(2.0), lambda: 1.0))
    error = stdev(means) / len(means) ** 0.5
    assert abs(fmean(means) - 0.5) < 4 * error


CIVIL_DAYS = ceil(40 * 365.25 / 365)
"""Calendar days of a section of 40 km at 1 km a working day."""


def last_section(run):
    days = [e.minute // 1440 for e in run.events if isinstance(e, ev.SectionLaid)]
    return max(days) - 60  # survey, tender, material


@pytest.mark.parametrize(("jobs", "crews"), [(7, 3), (6, 3), (1, 5), (8, 1), (5, 5)])
def test_equal_jobs_take_as_many_rounds_as_there_are_crews_short(jobs, crews):
    bases = [{"base": "R", "regions": ["R"], "civil": crews, "cable": 99, "splice": 99, "access": 9}]
    run = simulate(made_scenario(crews={"bases": bases}, end=date(2020, 1, 1)), star([40] * jobs))
    assert last_section(run) == makespan_equal_jobs(jobs, crews, CIVIL_DAYS)
    at_work, most = 0, 0
    ends = [e.minute // 1440 for e in run.events if isinstance(e, ev.SectionLaid)]
    for _, step in sorted([(day - CIVIL_DAYS, 1) for day in ends] + [(day, -1) for day in ends]):
        at_work += step
        most = max(most, at_work)
    assert most == min(jobs, crews)


@pytest.mark.parametrize(("kind", "duration"), [("cable", ceil(8 * 365.25 / 365)), ("splice", 3)])
def test_a_single_cable_or_splice_crew_takes_one_span_after_the_other(kind, duration):
    base = {"base": "R", "regions": ["R"], "civil": 99, "cable": 99, "splice": 99, "access": 9} | {kind: 1}
    run = simulate(made_scenario(crews={"bases": [base]}, stages={"hut_days": 0}), star([40] * 4))
    plenty = simulate(made_scenario(stages={"hut_days": 0}), star([40] * 4))
    ready = [
        sorted(e.minute // 1440 for e in r.events if isinstance(e, ev.ProjectReady)) for r in (run, plenty)
    ]
    assert len(set(ready[1])) == 1
    if kind == "cable":
        assert [day - ready[1][0] for day in ready[0]] == [duration * i for i in range(4)]
    else:  # the huts, a day each, were done by the same crew while the civil works went on
        assert [b - a for a, b in zip(ready[0], ready[0][1:], strict=False)] == [duration] * 3


def test_crews_serve_the_earliest_award_first():
    bases = [{"base": "R", "regions": ["R"], "civil": 1, "cable": 99, "splice": 99, "access": 9}]
    run = simulate(made_scenario(crews={"bases": bases}, end=date(2020, 1, 1)), star([40, 41, 42, 43]))
    order = [e.project for e in run.events if isinstance(e, ev.SectionLaid)]
    assert order == [0, 1, 2, 3]
    waits = [(e.project, (e.minute - e.began) // 1440) for e in run.events if isinstance(e, ev.Delayed)]
    days = [ceil(km * 365.25 / 365) for km in (40, 41, 42)]
    hut = 2  # while the hut is built the project does not wait
    assert waits == [(1, days[0] - hut), (2, sum(days[:2]) - hut), (3, sum(days) - hut)]
    table = run.tables["projects"]
    assert table["delayed_days"].tolist() == [0, *(w for _, w in waits)]
    assert table["delayed_why"].tolist() == [None, "crews", "crews", "crews"]


def test_crews_stay_in_the_regions_of_their_base():
    nodes = {"g": {}} | {f"n{i}": {"population": 9, "region": "N"} for i in range(3)}
    nodes |= {f"s{i}": {"population": 9, "region": "S"} for i in range(3)}
    spans = {n: ("g", n, 40, {"region": nodes[n].get("region", "R")}) for n in nodes if n != "g"}
    bases = [
        {"base": "north", "regions": ["N", "R"], "civil": 1, "cable": 9, "splice": 9, "access": 9},
        {"base": "south", "regions": ["S"], "civil": 3, "cable": 9, "splice": 9, "access": 9},
    ]
    run = simulate(made_scenario(crews={"bases": bases}), made_country(nodes, spans))
    done = {}
    for event in run.events:
        if isinstance(event, ev.SectionLaid):
            done[run.country.span_ids[event.span]] = event.minute // 1440 - 60
    assert [done[f"s{i}"] for i in range(3)] == [CIVIL_DAYS] * 3
    assert sorted(done[f"n{i}"] for i in range(3)) == [CIVIL_DAYS * i for i in (1, 2, 3)]


def test_permit_desks_are_servers_too():
    permits = {"roads": {"follows": ["road"], "desks": 2, "days": 30}}
    run = simulate(made_scenario(permits=permits), star([10] * 5))
    granted = [e.minute // 1440 - 10 for e in run.events if isinstance(e, ev.PermitGranted)]
    assert granted == [30, 30, 60, 60, 90]
    assert max(granted) == makespan_equal_jobs(5, 2, 30)
    waits = sorted((e.minute - e.began) // 1440 for e in run.events if isinstance(e, ev.Delayed))
    assert waits == [30, 30, 60]


def test_homes_are_passed_by_as_many_access_crews_as_there_are():
    """Ten lots of 100 homes at 100 homes a day, three crews: four rounds of two days."""
    base = {"base": "R", "regions": ["R"], "civil": 9, "cable": 9, "splice": 9, "access": 3}
    country = made_country({"g": {"population": 4000, "households": 1000}, "a": {}}, {"s": ("g", "a", 1)})
    scenario = made_scenario(crews={"bases": [base]}, access={"homes_per_lot": 100, "target_share": 1.0})
    lots = [e for e in simulate(scenario, country).events if isinstance(e, ev.HomesPassed)]
    assert [e.homes for e in lots] == [100] * 10
    day = ceil(365.25 / 365)
    assert max(e.minute // 1440 for e in lots) == makespan_equal_jobs(10, 3, day)
    assert isclose(sum(e.homes for e in lots), 1000)
