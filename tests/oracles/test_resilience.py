"""Availability against closed forms, every state of small networks, and the simulation itself."""

from itertools import product
from math import exp, factorial, log, prod, sqrt
from statistics import NormalDist, fmean, stdev

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.metrics.resilience import blocks
from bbsim.metrics.resilience.blocks import joined
from bbsim.simulate import simulate
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, made_scenario

LUCK = np.random.default_rng


def ring_two_terminal(share, n, k):
    """P09: ring of n links, terminals k links apart."""
    return 1 - (1 - share**k) * (1 - share ** (n - k))


def enumerated(links, up, root):
    """By node, how likely it is joined to the root: all states of links and nodes, one by one."""
    nodes = sorted({end for a, b, _ in links for end in (a, b)} - {root})
    chances = [share for *_, share in links] + [up.get(node, 1.0) for node in nodes]
    out = dict.fromkeys(nodes, 0.0)
    for state in product((False, True), repeat=len(chances)):
        weight = prod(c if works else 1 - c for c, works in zip(chances, state, strict=True))
        if not weight:
            continue
        alive = {root} | {node for node, works in zip(nodes, state[len(links) :], strict=True) if works}
        seen, heads = set(), [root]
        while heads:
            node = heads.pop()
            if node in seen:
                continue
            seen.add(node)
            for (a, b, _), works in zip(links, state, strict=False):
                if works and node in (a, b) and {a, b} <= alive:
                    heads.append(a + b - node)
        for node in seen - {root}:
            out[node] += weight
    return out


def test_in_series_availabilities_are_multiplied():
    chain = [(0, 1, 0.9), (1, 2, 0.8), (2, 3, 0.7)]
    found = joined(chain, {2: 0.5, 3: 0.6}, 0, LUCK(1))
    assert found[3].share == pytest.approx(0.9 * 0.8 * 0.5 * 0.7 * 0.6)
    assert found[1].share == pytest.approx(0.9)
    assert all(each.error == 0 for each in found.values())


def test_in_parallel_unavailabilities_are_multiplied():
    assert joined([(0, 1, 0.9), (0, 1, 0.8)], {}, 0, LUCK(1))[1].share == pytest.approx(1 - 0.1 * 0.2)


@pytest.mark.parametrize("n", [3, 4, 6, 9])
def test_on_a_ring_every_node_has_two_ways(n):
    ring = [(i, (i + 1) % n, 0.9) for i in range(n)]
    found = joined(ring, {}, 0, LUCK(1))
    for k in range(1, n):
        assert found[k].share == pytest.approx(ring_two_terminal(0.9, n, k))
        assert found[k].error == 0


@st.composite
def small(draw):
    """A connected network of few links with availabilities of links and nodes."""
    size = draw(st.integers(2, 5))
    share = st.sampled_from([0.3, 0.5, 0.8, 0.9, 1.0])
    links = [(draw(st.integers(0, i - 1)), i, draw(share)) for i in range(1, size)]
    for _ in range(draw(st.integers(0, 4))):
        a, b = draw(st.integers(0, size - 1)), draw(st.integers(0, size - 1))
        if a != b:
            links.append((a, b, draw(share)))
    return links, {node: draw(share) for node in range(1, size)}


@settings(max_examples=80, deadline=None)
@given(small())
def test_small_networks_have_the_share_of_all_their_states(network):
    links, up = network
    found, want = joined(links, up, 0, LUCK(3)), enumerated(links, up, 0)
    assert set(found) == {0, *want}
    for node, share in want.items():
        here = found[node]
        assert abs(here.share - share) < 1e-9 + 5 * here.error + (3e-3 if here.error else 0)


@settings(max_examples=20, deadline=None)
@given(small(), st.integers(0, 99))
def test_drawn_blocks_agree_with_all_their_states_too(network, seed):
    links, up = network
    most, blocks.MOST_LINKS = blocks.MOST_LINKS, 1
    try:
        found = joined(links, up, 0, LUCK(seed))
    finally:
        blocks.MOST_LINKS = most
    for node, share in enumerated(links, up, 0).items():
        assert abs(found[node].share - share) < 1e-9 + 5 * found[node].error + (
            3e-3 if found[node].error else 0
        )


def test_a_bridge_of_wheatstone_is_drawn_within_four_standard_errors():
    """Five links of 0.9 between two terminals: 0.97848, which no series or parallel step finds."""
    bridge = [(0, 1, 0.9), (0, 2, 0.9), (1, 2, 0.9), (1, 3, 0.9), (2, 3, 0.9)]
    found = joined(bridge, {}, 0, LUCK(5))[3]
    assert 0 < found.error < 0.01
    assert abs(found.share - 0.97848) < 4 * found.error


# ---- computed and simulated ------------------------------------------------------------------------
STANDS = {"status": "operational"}
PLACE = {"population": 9, "households": 2, **STANDS}
STILL = {"use": "busy_hour_growth", "growth_share_per_year": 0.0}
HAZARDS = {
    "cuts": {
        "use": "fibre_cuts",
        "buried_per_1000km_per_year": 60,
        "buried_repair_days": {"uniform": [1, 9]},
    },
    "nodes": {"use": "node_faults", "city_per_year": 2, "repair_days": {"uniform": [1, 5]}},
    "gateways": {"use": "gateway_faults", "per_year": 1, "days": {"triangular": [0, 2, 7]}},
}


def test_what_is_computed_is_what_happens_in_the_run_within_four_standard_errors():
    """A ring of three with a spur, and a chain, for 20 runs of 25 years; bridges, ring and nodes all fail."""
    nodes = {"g": {"population": 9, "households": 2, "gateway": True}}
    nodes |= dict.fromkeys("abcde", PLACE)
    spans = {"ga": ("g", "a", 100), "ab": ("a", "b", 150), "bg": ("b", "g", 80), "bc": ("b", "c", 60),
             "gd": ("g", "d", 90), "de": ("d", "e", 40)}  # fmt: skip
    country = made_country(nodes, {k: (*v, STANDS) for k, v in spans.items()})
    scenario = made_scenario(hazards=HAZARDS, end="2039-01-01", report_every="year", demand=STILL)
    seen = {name: [] for name in "gabcde"}
    for seed in range(20):
        run = simulate(scenario, country, seed=seed)
        table = run.nodes.groupby("node")["availability_share"].mean()
        for name, shares in seen.items():
            shares.append(float(table[name]))
    computed = run.availability("2030-06-30").set_index("node")["availability_share"]
    for name, shares in seen.items():
        error = stdev(shares) / sqrt(len(shares))
        assert abs(fmean(shares) - computed[name]) < 4 * error, name
        assert error < 0.15 * (1 - computed[name]), "a wide band proves nothing"
    assert computed["e"] < computed["d"]
    assert computed["c"] < computed["b"]
    periods = run.periods["availability_share"].mean()
    assert periods == pytest.approx(fmean(run.nodes["availability_share"]), abs=1e-9)


def test_one_crew_that_repairs_is_a_queue_of_pollaczek_and_khinchine():
    """P04: from the cut to light is the wait of M/G/1 and the repair itself."""
    names = [f"p{i:02d}" for i in range(20)]
    nodes = {"g": {"gateway": True}} | dict.fromkeys(names, PLACE)
    country = made_country(nodes, {name: ("g", name, 100, STANDS) for name in names})
    base = {"base": "R", "regions": ["R"], "civil": 1, "cable": 1, "splice": 1, "access": 1}
    median, p90, per_year = 1.0, 3.0, 60.0
    cuts = {"use": "fibre_cuts", "buried_per_1000km_per_year": per_year / 2,
            "buried_repair_days": {"lognormal": {"median": median, "p90": p90}}}  # fmt: skip
    scenario = made_scenario(
        hazards={"cuts": cuts}, end="2034-01-01", demand=STILL, crews={"bases": [base]}, report_every="year"
    )
    means = []
    for seed in range(12):
        run = simulate(scenario, country, seed=seed)
        done = [e for e in run.events if isinstance(e, ev.SpanRepaired)]
        means.append(fmean((e.minute - e.began) / 1440 for e in done))
    sigma = log(p90 / median) / NormalDist().inv_cdf(0.9)
    es, es2 = median * exp(sigma**2 / 2), median**2 * exp(2 * sigma**2)
    lam = per_year / 365.25
    want = lam * es2 / (2 * (1 - lam * es)) + es
    error = stdev(means) / sqrt(len(means))
    assert abs(fmean(means) - want) < 4 * error
    assert error < 0.1 * want


@pytest.mark.parametrize(("crews", "per_year"), [(2, 100.0), pytest.param(4, 200.0, marks=pytest.mark.slow)])
def test_several_crews_that_repair_are_a_queue_of_erlang(crews, per_year):
    """Poisson cuts, exponential repairs of five days: the wait of Erlang's C, and the repair itself."""
    names = [f"p{i:02d}" for i in range(20)]
    nodes = {"g": {"gateway": True}} | dict.fromkeys(names, PLACE)
    country = made_country(nodes, {name: ("g", name, 100, STANDS) for name in names})
    base = {"base": "R", "regions": ["R"], "civil": 1, "cable": 1, "splice": crews, "access": 1}
    exponential = [-5 * log(1 - (k + 0.5) / 500) for k in range(500)]
    cuts = {"use": "fibre_cuts", "buried_per_1000km_per_year": per_year / 2,
            "buried_repair_days": {"empirical": exponential}}  # fmt: skip
    scenario = made_scenario(
        hazards={"cuts": cuts}, end="2022-01-01", demand=STILL, crews={"bases": [base]}, report_every="year"
    )
    means, counts = [], []
    for seed in range(8):
        run = simulate(scenario, country, seed=seed)
        done = [e for e in run.events if isinstance(e, ev.SpanRepaired)]
        means.append(fmean((e.minute - e.began) / 1440 for e in done))
        counts.append(sum(isinstance(e, ev.SpanCut) for e in run.events))
    load = per_year / 365.25 * 5
    before = sum(load**k / factorial(k) for k in range(crews))
    last = load**crews / factorial(crews) * crews / (crews - load)
    want = 5 * (last / (before + last) / (crews - load) + 1)
    error = stdev(means) / sqrt(len(means))
    assert abs(fmean(means) - want) < 4 * error
    assert error < 0.1 * want
    years = 8
    assert abs(fmean(counts) - per_year * years) < 4 * sqrt(per_year * years / len(counts)), "Poisson"
