"""Queues against Erlang, ways and bridges against networkx, lifts and take-up against their own formulas."""

from __future__ import annotations

import math
from datetime import date
from types import SimpleNamespace

import networkx as nx
import numpy as np
import pytest
import simpy
from bbsim.metrics.single_path import SinglePath
from bbsim.scenario import Scenario
from bbsim.sections.sites import Travel
from bbsim.simulate.desks import day_at_desks
from bbsim.sites import ways
from bbsim.sites.travel import span_minutes
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, made_fields


# ---- desks --------------------------------------------------------------------------------------
def erlang_wait(arrivals_per_minute, desks, minutes_each):
    """Mean wait of M/M/c in the long run (Erlang 1917), from the sum of its states."""
    load = arrivals_per_minute * minutes_each
    states = [load**k / math.factorial(k) for k in range(desks)]
    last = load**desks / math.factorial(desks) * desks / (desks - load)
    return last / (sum(states) + last) * minutes_each / (desks - load)


@pytest.mark.parametrize(
    ("per_hour", "desks", "minutes_each"), [(5, 1, 9), (20, 3, 8), (62, 8, 7), (150, 32, 12)]
)
def test_over_long_days_the_mean_wait_is_erlangs(per_hour, desks, minutes_each):
    hours, waits = 150, []
    for seed in range(16):
        day = day_at_desks(per_hour, desks, minutes_each, hours, np.random.default_rng(seed))
        waits.append(day.waited_minutes[len(day.waited_minutes) // 10 :].mean())  # the hall fills first
    error = np.std(waits, ddof=1) / math.sqrt(len(waits))
    wanted = erlang_wait(per_hour / 60, desks, minutes_each)
    assert abs(np.mean(waits) - wanted) < 4 * error
    assert error < wanted / 5, "or anything would pass"


def played_by_simpy(came, served, desks):
    """Waits of the same applicants, each a process that asks for a desk and keeps it for its time."""
    env, waited = simpy.Environment(), [math.nan] * len(came)
    hall = simpy.Resource(env, desks)

    def applicant(number):
        yield env.timeout(came[number])
        with hall.request() as turn:
            yield turn
            waited[number] = env.now - came[number]
            yield env.timeout(served[number])

    for number in range(len(came)):
        env.process(applicant(number))
    env.run()
    return waited


def test_who_comes_first_is_served_first_as_simpy_plays_it_applicant_by_applicant():
    for seed, (desks, per_hour, minutes) in enumerate([(4, 60, 5), (1, 9, 7), (30, 150, 12), (3, 80, 6)] * 4):
        day = day_at_desks(per_hour, desks, minutes, 8, np.random.default_rng(seed))
        luck = np.random.default_rng(seed)
        came = np.sort(luck.uniform(0, 480, luck.poisson(per_hour / 60.0 * 480.0)))
        served = luck.exponential(minutes, len(came))
        assert day.waited_minutes.tolist() == played_by_simpy(came.tolist(), served.tolist(), desks)
        assert day.busy_share == pytest.approx(served.sum() / (desks * 480))


def test_nobody_waits_where_nobody_comes():
    day = day_at_desks(0, 4, 5, 8, np.random.default_rng(1))
    assert (len(day.waited_minutes), day.mean_minutes, day.p90_minutes, day.busy_share) == (0, 0, 0, 0)


# ---- ways ---------------------------------------------------------------------------------------
TERRAINS, FOLLOWS = ("plain", "hills", "mountain", "urban", "submarine"), ("road", "rail", "spur", "foreign")


@st.composite
def countries(draw):
    n = draw(st.integers(2, 9))
    pairs = [(a, b) for a in range(n) for b in range(a)]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=3 * n))
    spans = {
        f"s{i:02d}": (
            f"n{a}", f"n{b}", draw(st.integers(0, 60)) / 2,
            {"terrain": draw(st.sampled_from(TERRAINS)), "follows": draw(st.sampled_from(FOLLOWS))},
        )
        for i, (a, b) in enumerate(chosen)
    }  # fmt: skip
    return made_country({f"n{i}": {"population": 10} for i in range(n)}, spans)


@given(countries(), st.data())
@settings(max_examples=150, deadline=None)
def test_ways_are_those_of_networkx(country, data):
    travel = Travel(follows=data.draw(st.lists(st.sampled_from(FOLLOWS), min_size=1, unique=True)))
    open_spans = np.array(
        data.draw(st.lists(st.booleans(), min_size=len(country.km), max_size=len(country.km)))
    )
    nodes = np.arange(0, len(country.ids), 2)
    found = ways(country, travel, nodes, open_spans)
    usable, minutes = span_minutes(country, travel)
    for told, length in ((found.minutes, minutes), (found.km, country.km)):
        graph = nx.MultiGraph()
        graph.add_nodes_from(range(len(country.ids)))
        for span in np.flatnonzero(usable & open_spans).tolist():
            graph.add_edge(int(country.u[span]), int(country.v[span]), weight=float(length[span]))
        for row, node in enumerate(nodes.tolist()):
            far = nx.single_source_dijkstra_path_length(graph, node)
            wanted = [far.get(i, math.inf) for i in range(len(country.ids))]
            np.testing.assert_allclose(told[row], wanted, rtol=1e-12, atol=1e-9)


def test_minutes_are_kilometres_over_the_speed_of_the_terrain():
    country = made_country({"a": {}, "b": {}}, {"ab": ("a", "b", 20, {"terrain": "mountain"})})
    found = ways(country, Travel(speed_kmh={"mountain": 40}), np.array([0]), np.ones(1, dtype=bool))
    assert (found.minutes[0, 1], found.km[0, 1]) == (30.0, 20.0)


@given(countries(), st.data())
@settings(max_examples=200, deadline=None)
def test_two_ways_are_two_disjoint_paths_to_gateways(country, data):
    n, spans = len(country.ids), len(country.km)
    passable = np.array(data.draw(st.lists(st.booleans(), min_size=spans, max_size=spans)))
    out = np.zeros(n, dtype=bool)
    out[data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=3))] = True
    graph = nx.Graph()
    graph.add_nodes_from([*range(n), "world"])
    for node in np.flatnonzero(out).tolist():
        graph.add_edge(node, "world", capacity=99)
    for span in np.flatnonzero(passable).tolist():
        a, b = int(country.u[span]), int(country.v[span])
        before = graph.edges[a, b]["capacity"] if graph.has_edge(a, b) else 0
        graph.add_edge(a, b, capacity=before + 1)
    flow = np.array([nx.maximum_flow_value(graph, node, "world") for node in range(n)])
    lit = SimpleNamespace(service=1, passable=passable, ways_out=out, on_fibre=lambda: flow > 0)
    alone = SinglePath(country).alone(lit)
    assert ((flow > 0) & ~alone).tolist() == (flow >= 2).tolist()


def test_a_scenario_of_another_country_needs_nothing_of_azerbaijan():
    fields = made_fields(public_sites={"classes": {"clinic": {}}, "everywhere": [
        {"of": "clinic", "kinds": ["town"], "one_per_people": 10, "opens": date(2000, 1, 1)}
    ]})  # fmt: skip
    assert Scenario.model_validate(fields).sites is not None
