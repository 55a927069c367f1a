"""Demand matrices and the answer after an event, timed in the same run; see `test_traffic_bench`.

``pytest tests/bench/test_demand_bench.py -m bench -s``.
"""

import time

import numpy as np
import pytest
from bbsim.traffic import ShortestTrees, demand_matrix, optimal, route, share
from scipy.spatial import Delaunay

pytestmark = pytest.mark.bench


def country(nodes, edges, seed=0):
    """Points with most of their nearest neighbours joined, and a chain through all of them."""
    rng = np.random.default_rng(seed)
    at = rng.random((nodes, 2)) * 600.0
    corners = Delaunay(at).simplices
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    length = np.hypot(*(at[pairs[:, 0]] - at[pairs[:, 1]]).T)
    take = np.sort(np.argsort(length * rng.random(length.size), kind="stable")[:edges])
    chain = np.argsort(at[:, 0], kind="stable")
    u = np.concatenate([pairs[take, 0], chain[:-1]])
    v = np.concatenate([pairs[take, 1], chain[1:]])
    return at, u, v, np.hypot(*(at[u] - at[v]).T), rng


def median(function, runs):
    took = []
    for number in range(runs):
        start = time.perf_counter()
        function(number)
        took.append(1e3 * (time.perf_counter() - start))
    return float(np.median(took))


def test_gravity_between_all_pairs_of_300_places():
    at, u, v, length, rng = country(300, 600)
    km = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    load, place = rng.random(300) * 3.0, np.arange(300)
    edges = np.r_[u, [0, 1, 2]], np.r_[v, [300] * 3]
    far, capacity = np.r_[length, [1.0] * 3], np.r_[np.full(u.size, 2.0), [200.0] * 3]
    took = {}

    def everything(_):
        start = time.perf_counter()
        asked = demand_matrix(place, load, world=300, km=km, places_share=0.5, upstream_share=0.1)
        took["matrix"] = time.perf_counter() - start
        routes = route(*edges, asked.src, asked.dst, length=far, compiled=True)
        took["routes"] = time.perf_counter() - start - took["matrix"]
        fair = share(routes, capacity, asked.gbps, directed=True, compiled=True)
        took["asked"], took["given"] = asked.gbps.sum(), fair.rate_gbps.sum()
        took["demands"], took["limited"] = asked.gbps.size, (fair.bottleneck >= 0).mean()

    everything(0)
    whole = median(everything, 5)
    assert took["asked"] == pytest.approx(1.1 * load.sum(), rel=1e-9)
    print(
        f"\n{took['demands']} directed demands of 300 places: {whole:.0f} ms, of which matrix"
        f" {1e3 * took['matrix']:.0f}, routes {1e3 * took['routes']:.0f}; {took['limited']:.0%} limited"
    )


def test_the_answer_after_an_event():
    """A span is cut or comes back: trees follow, routes are read off, capacity is shared."""
    medians = {}
    for nodes in (300, 970, 1_000, 3_000, 10_000):
        _, u, v, length, rng = country(nodes, nodes // 2)
        places = rng.choice(nodes, 4 * nodes // 5, replace=False)
        world, count = nodes, places.size
        ends = np.r_[u, places[:3]], np.r_[v, [world] * 3]
        trees = ShortestTrees(*ends, [world], length=np.r_[length, [1e-6] * 3], compiled=True)
        demand, dst = rng.random(count), np.full(count, world)
        capacity = np.r_[np.full(u.size, 0.1 * count), np.full(3, 1e6)]
        changing = rng.permutation(u.size)[:100]
        last = {}

        def event(number, trees=trees, changing=changing):
            (trees.insert if number % 2 else trees.remove)([changing[number // 2 % 100]])

        def answer(number, trees=trees, places=places, dst=dst, demand=demand, capacity=capacity, last=last):
            event(number)
            routes = trees.route(places, dst)
            last["fair"] = share(routes, capacity, demand, compiled=True)

        answer(0)
        answer(1)
        medians[nodes] = median(answer, 200)
        afresh = route(*ends, places, dst, length=np.r_[length, [1e-6] * 3], usable=trees.usable)
        again = share(afresh, capacity, demand, compiled=True)
        assert again.rate_gbps.tobytes() == last["fair"].rate_gbps.tobytes()
        limited = (last["fair"].bottleneck >= 0).mean()
        print(
            f"\n{nodes} nodes, {ends[0].size} edges, {limited:.0%} limited: {medians[nodes]:.2f} ms", end=""
        )
    for one, other in ((970, 3_000), (3_000, 10_000)):
        power = np.log(medians[other] / medians[one]) / np.log(other / one)
        print(f"\n  grows with the power {power:.2f} of the size from {one} to {other}", end="")
    print()


def test_the_fairest_routing_by_linear_program():
    for nodes in (200, 970):
        _, u, v, length, rng = country(nodes, nodes // 2)
        places = rng.choice(nodes, 4 * nodes // 5, replace=False)
        demand, capacity = rng.random(places.size), rng.random(u.size) * nodes / 10
        dst = np.zeros(places.size, dtype=int)
        start = time.perf_counter()
        _, best = optimal(u, v, capacity, places, dst, demand, length=length)
        took = time.perf_counter() - start
        plain = share(route(u, v, places, dst, length=length), capacity, demand)
        assert best.rate_gbps[demand > 0].min() >= plain.rate_gbps.min() - 1e-9
        print(
            f"\n{nodes} nodes: {1e3 * took:.0f} ms; delivers {best.rate_gbps.sum() / demand.sum():.0%},"
            f" shortest paths {plain.rate_gbps.sum() / demand.sum():.0%}"
        )
