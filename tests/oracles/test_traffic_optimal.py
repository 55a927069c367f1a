"""Optimal routings against programs over listed paths, cuts, and the other ways that the room has."""

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from bbsim.errors import ModelError
from bbsim.traffic import _arcflow, allocate, max_concurrent_flow, optimal, share
from scipy.optimize import linprog


def network(seed, *, nodes=7, edges=11, demands=6, to=3):
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, nodes, (2, edges))
    src, dst = rng.integers(0, nodes, demands), rng.integers(0, to, demands)
    capacity = rng.integers(0, 9, edges) * 1.0
    return u, v, capacity, src, dst, rng.integers(0, 12, demands) / 2.0, rng.integers(1, 4, demands) * 1.0


def listed_paths(u, v, src, dst, directed):
    """For each demand the pools of capacity that each of its loopless paths uses."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(int(max(u.max(), v.max(), src.max(), dst.max())) + 1))
    graph.add_edges_from(
        (a, b, e) for e, (a, b) in enumerate(zip(u.tolist(), v.tolist(), strict=True)) if a != b
    )
    every = []
    for a, b in zip(src.tolist(), dst.tolist(), strict=True):
        found = nx.all_simple_edge_paths(graph, a, b) if a != b else []
        every.append([[2 * e + (u[e] != x) if directed else e for x, _, e in path] for path in found])
    return every


def on_paths(paths, limit):
    """Load of each pool, and rate of each demand, as matrices over all paths."""
    count = sum(map(len, paths))
    load, rate = np.zeros((limit.size, count)), np.zeros((len(paths), count))
    at = 0
    for d, mine in enumerate(paths):
        for path in mine:
            load[path, at], rate[d, at] = 1.0, 1.0
            at += 1
    return load, rate


def solved(*program):
    cost, above, top = program
    answer = linprog(cost, A_ub=above, b_ub=top, bounds=(0.0, None), method="highs-ds")
    assert answer.status == 0, answer.message
    return answer


def fairest(paths, limit, demand, weight):
    """Max-min by the textbook: raise all open demands, then close whoever can go no further alone."""
    load, rate = on_paths(paths, limit)
    count = load.shape[1]
    final, is_open = np.zeros(demand.size), np.array([bool(p) for p in paths]) & (demand > 0.0)
    while is_open.any():
        rise = np.hstack([-rate, (weight * is_open)[:, None]])
        above = np.vstack(
            [np.hstack([load, np.zeros((limit.size, 1))]), rise, np.hstack([rate, 0 * rise[:, :1]])]
        )
        floor = np.where(is_open, 0.0, -final)
        level = solved(np.r_[np.zeros(count), -1.0], above, np.r_[limit, floor, demand]).x[-1]
        floor = np.where(is_open, -weight * level, -final) + 1e-9
        closed = []
        for d in np.flatnonzero(is_open):
            most = -solved(-rate[d], np.vstack([load, -rate, rate]), np.r_[limit, floor, demand]).fun
            if most <= weight[d] * level + 1e-6:
                closed.append(d)
        assert closed
        final[closed] = weight[closed] * level
        is_open[closed] = False
    return final


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(40))
def test_fairest_rates_are_those_of_the_textbook_over_all_paths(seed, directed):
    u, v, capacity, src, dst, demand, weight = network(seed)
    limit = np.repeat(capacity, 2) if directed else capacity
    paths = listed_paths(u, v, src, dst, directed)
    expected = np.where(src == dst, demand, fairest(paths, limit, demand, weight))
    routes, fair = optimal(u, v, capacity, src, dst, demand, weight=weight, directed=directed)
    np.testing.assert_allclose(fair.rate_gbps, expected, atol=1e-6)
    again = share(routes, capacity, demand, weight, directed=directed)
    assert again.rate_gbps.tobytes() == fair.rate_gbps.tobytes()


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize("seed", range(25))
def test_the_largest_sum_is_that_over_all_paths(seed, directed):
    u, v, capacity, src, dst, demand, _ = network([1, seed])
    limit = np.repeat(capacity, 2) if directed else capacity
    load, rate = on_paths(listed_paths(u, v, src, dst, directed), limit)
    asked = np.where(src == dst, 0.0, demand)
    best = -solved(-rate.sum(axis=0), np.vstack([load, rate]), np.r_[limit, asked]).fun if load.size else 0.0
    _, most = optimal(u, v, capacity, src, dst, demand, objective="total", directed=directed)
    assert most.rate_gbps[src != dst].sum() == pytest.approx(best, abs=1e-6)
    assert (most.load_gbps <= (capacity[:, None] if directed else capacity)).all()
    assert (most.rate_gbps <= demand).all()


@pytest.mark.parametrize("seed", range(25))
def test_the_same_share_is_the_maximum_concurrent_flow(seed):
    u, v, capacity, src, dst, demand, _ = network([2, seed])
    capacity += 1.0
    _, alike = optimal(u, v, capacity, src, dst, demand, objective="concurrent")
    way = allocate(u, v, np.full(u.size, np.inf), src, dst, np.ones(src.size)).rate_gbps > 0
    ratio, _ = max_concurrent_flow(u, v, capacity, src[way], dst[way], demand[way])
    served = way & (src != dst)
    expected = np.where(served, min(ratio, 1.0) * demand, np.where(src == dst, demand, 0.0))
    np.testing.assert_allclose(alike.rate_gbps, expected, rtol=3e-6, atol=1e-9)


@pytest.mark.parametrize("objective", ["max_min", "concurrent", "total"])
@pytest.mark.parametrize("seed", range(12))
def test_routes_are_flows_that_begin_and_end_where_they_should(seed, objective):
    u, v, capacity, src, dst, demand, _ = network([3, seed], nodes=9, edges=16, demands=12)
    routes, got = optimal(u, v, capacity, src, dst, demand, objective=objective)
    owner = np.repeat(np.arange(src.size), np.diff(routes.start))
    part = np.ones(owner.size) if routes.part is None else routes.part
    tail = np.where(routes.reverse, v[routes.edge], u[routes.edge])
    head = np.where(routes.reverse, u[routes.edge], v[routes.edge])
    net = np.zeros((src.size, 9))
    np.add.at(net, (owner, tail), part)
    np.add.at(net, (owner, head), -part)
    ends, served = np.zeros_like(net), routes.reached & (src != dst)
    ends[served, src[served]] += 1.0
    ends[served, dst[served]] -= 1.0
    np.testing.assert_allclose(net, ends, atol=1e-9)
    load = np.bincount(routes.edge, got.rate_gbps[owner] * part, u.size)
    np.testing.assert_allclose(load, got.load_gbps, atol=1e-6)


@pytest.mark.parametrize("seed", range(20))
def test_no_routing_gives_the_worst_served_more(seed):
    u, v, capacity, src, dst, demand, _ = network([4, seed], nodes=10, edges=20, demands=10)
    _, best = optimal(u, v, capacity, src, dst, demand)
    for routing in ("shortest", "ecmp", "widest"):
        other = allocate(u, v, capacity, src, dst, demand, routing=routing).rate_gbps
        mine, theirs = np.sort(best.rate_gbps).tolist(), np.sort(other).tolist()
        # Lexicographically: at the first place where they differ ours has more.
        first = next(
            (pair for pair in zip(mine, theirs, strict=True) if abs(pair[0] - pair[1]) > 1e-6), (0, 0)
        )
        assert first[0] >= first[1]


def test_of_all_best_routings_the_shortest_is_taken():
    # Straight on, or round by two edges that are just as wide; only what does not fit goes round.
    for wanted, round_about in ((2.0, 0.0), (5.0, 1.0)):
        _, fair = optimal([0, 0, 2], [1, 2, 1], [4.0] * 3, [0], [1], [wanted])
        assert fair.rate_gbps.tolist() == pytest.approx([wanted])
        assert fair.load_gbps.tolist() == pytest.approx(
            [wanted - round_about, round_about, round_about], abs=1e-6
        )


def test_nothing_asked_and_nothing_reached():
    for objective in ("max_min", "concurrent", "total"):
        routes, none = optimal([0], [1], [4.0], [], [], [], objective=objective)
        assert none.rate_gbps.size == 0
        routes, none = optimal(
            [0, 1], [1, 2], [4.0, 0.0], [0, 0, 0], [7, 2, 1], [1.0, 1.0, 0.0], objective=objective
        )
        assert none.rate_gbps.tolist() == [0.0, 0.0, 0.0]
        assert routes.reached.tolist() == [False, True, True]


def test_a_line_of_places_is_shared_as_by_hand():
    places = np.arange(6)
    pairs = np.array(list(pairwise(places)))
    _, fair = optimal(*pairs.T, np.full(5, 10.0), places[1:], np.zeros(5, dtype=int), np.full(5, 9.0))
    assert fair.rate_gbps.tolist() == pytest.approx([2.0] * 5)
    assert fair.bottleneck.tolist() == [0] * 5


def test_wrong_use_is_told(monkeypatch):
    with pytest.raises(ValueError, match=r"objective is 'maxmin'.*max_min"):
        optimal([0], [1], [1.0], [0], [1], [1.0], objective="maxmin")
    with pytest.raises(ValueError, match=r"demand_gbps\[0\] is inf"):
        optimal([0], [1], [1.0], [0], [1], [np.inf])
    monkeypatch.setattr(_arcflow, "_EXACT", {"maxiter": 0, "presolve": False})
    with pytest.raises(ModelError, match="HiGHS gave up"):
        optimal([0, 0, 1], [1, 2, 2], [1.0, 2.0, 3.0], [0, 1], [2, 0], [5.0, 3.0])
