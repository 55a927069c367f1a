"""What must hold for the best routing on every network: cuts, certificates, and what may not matter."""

from itertools import combinations

import numpy as np
import pytest
from bbsim.traffic import allocate, optimal
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ("u", "v", "capacity", "src", "dst", "demand")


@st.composite
def cases(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    nodes, edges, demands = int(rng.integers(2, 8)), int(rng.integers(1, 14)), int(rng.integers(1, 9))
    return {
        "u": rng.integers(0, nodes, edges),
        "v": rng.integers(0, nodes, edges),
        "capacity": rng.integers(0, 9, edges) * 1.0,
        "src": rng.integers(0, nodes, demands),
        "dst": rng.integers(0, min(nodes, 3), demands),
        "demand": rng.integers(0, 12, demands) / 2.0,
    }


def best(case, **change):
    given_ = case | change
    options = {key: given_[key] for key in given_ if key not in NAMES}
    return optimal(*(given_[name] for name in NAMES), **options)[1]


@given(cases(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_names_of_nodes_and_order_of_edges_do_not_matter(case, random):
    names = list(range(0, 80, 10))
    random.shuffle(names)
    order = list(range(case["u"].size))
    random.shuffle(order)
    new = np.array(names)
    other = {key: new[case[key]] for key in ("u", "v", "src", "dst")}
    other |= {key: other[key][order] for key in ("u", "v")} | {"capacity": case["capacity"][order]}
    before, after = best(case), best(case, **other)
    np.testing.assert_allclose(after.rate_gbps, before.rate_gbps, atol=1e-6)


@given(cases(), st.sampled_from([0.125, 1000.0, 1e-6]), st.sampled_from(["max_min", "concurrent"]))
@settings(max_examples=25, deadline=None)
def test_units_do_not_matter(case, unit, objective):
    before = best(case, objective=objective)
    scaled = {key: case[key] * unit for key in ("capacity", "demand")}
    after = best(case, objective=objective, **scaled)
    np.testing.assert_allclose(after.rate_gbps / unit, before.rate_gbps, atol=1e-6)


@given(cases())
@settings(max_examples=25, deadline=None)
def test_more_capacity_never_lowers_the_lowest_nor_the_sum(case):
    wider = {"capacity": case["capacity"] + 1.0}
    asked = case["demand"] > 0
    for objective, measure in (("max_min", np.min), ("total", np.sum)):
        if asked.any():
            before, after = (best(case, objective=objective, **change) for change in ({}, wider))
            assert measure(after.rate_gbps[asked]) >= measure(before.rate_gbps[asked]) - 1e-6


@given(cases(), st.booleans())
@settings(max_examples=30, deadline=None)
def test_one_demand_gets_the_least_cut(case, directed):
    u, v, capacity = case["u"], case["v"], case["capacity"]
    nodes = int(max(u.max(), v.max(), 1)) + 1
    source, sink = 0, nodes - 1
    others = [node for node in range(nodes) if node not in (source, sink)]
    least = np.inf
    for count in range(len(others) + 1):
        for chosen in combinations(others, count):
            inside = np.isin(np.arange(nodes), (source, *chosen))
            least = min(least, capacity[inside[u] != inside[v]].sum())
    for objective in ("max_min", "concurrent", "total"):
        alone = best(case, src=[source], dst=[sink], demand=[1000.0], objective=objective, directed=directed)
        assert alone.rate_gbps[0] == pytest.approx(least, abs=1e-6)


@given(cases())
@settings(max_examples=30, deadline=None)
def test_the_sum_is_most_and_the_lowest_is_highest_among_the_objectives_and_routings(case):
    rates = {
        objective: best(case, objective=objective).rate_gbps
        for objective in ("max_min", "concurrent", "total")
    }
    for routing in ("shortest", "ecmp"):
        rates[routing] = allocate(*(case[name] for name in NAMES), routing=routing).rate_gbps
    most = max(rate.sum() for rate in rates.values())
    assert rates["total"].sum() >= most - 1e-6
    asked = (case["demand"] > 0) & (rates["max_min"] > 0)
    if asked.any():
        for rate in rates.values():
            assert rates["max_min"][asked].min() >= rate[asked].min() - 1e-6
