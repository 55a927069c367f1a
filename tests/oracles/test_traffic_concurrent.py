"""Maximum concurrent flow against cuts and against the linear program on arcs."""

import importlib.util
from itertools import combinations

import numpy as np
import pytest
from bbsim.traffic import allocate, max_concurrent_flow
from scipy.optimize import linprog


def least_cut(nodes, u, v, capacity, source, sink):
    """Capacity of the cheapest cut, by trying all of them."""
    others = [node for node in range(nodes) if node not in (source, sink)]
    best = np.inf
    for count in range(len(others) + 1):
        for chosen in combinations(others, count):
            inside = np.isin(np.arange(nodes), (source, *chosen))
            best = min(best, capacity[inside[u] != inside[v]].sum())
    return best


def arc_program(nodes, u, v, capacity, src, dst, demand):
    """The textbook linear program: a flow for each demand on each arc."""
    edges, demands = u.size, src.size
    tail, head = np.r_[u, v], np.r_[v, u]
    balance = np.zeros((nodes, 2 * edges))
    np.add.at(balance, (tail, np.arange(2 * edges)), 1.0)
    np.add.at(balance, (head, np.arange(2 * edges)), -1.0)
    wanted = np.zeros((demands, nodes))
    np.add.at(wanted, (np.arange(demands), src), demand)
    np.add.at(wanted, (np.arange(demands), dst), -demand)
    equal = np.hstack([-wanted.reshape(-1, 1), np.kron(np.eye(demands), balance)])
    room = np.hstack([np.zeros((edges, 1)), np.tile(np.eye(edges), 2 * demands)])
    answer = linprog(
        np.r_[-1.0, np.zeros(2 * edges * demands)],
        A_ub=room,
        b_ub=capacity,
        A_eq=equal,
        b_eq=np.zeros(len(equal)),
        method="highs",
    )
    assert answer.status == 0, answer.message
    return answer.x[0]


def network(seed, nodes, edges, demands):
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, nodes, (2, edges))
    src, dst = rng.integers(0, nodes, (2, demands))
    return u, v, rng.integers(0, 9, edges) * 1.0, src, dst, rng.integers(1, 9, demands) * 0.5


@pytest.mark.parametrize("seed", range(40))
def test_one_demand_gets_the_least_cut(seed):
    u, v, capacity, *_ = network(seed, 8, 16, 1)
    ratio, load = max_concurrent_flow(u, v, capacity, [0], [7], [2.5])
    assert ratio * 2.5 == pytest.approx(least_cut(8, u, v, capacity, 0, 7), rel=1e-6)
    assert (load <= capacity).all()


@pytest.mark.parametrize("seed", range(40))
def test_many_demands_get_what_the_arc_program_gives_them(seed):
    u, v, capacity, src, dst, demand = network([1, seed], 7, 16, 6)
    other = np.where(src == dst, (dst + 1) % 7, dst)
    ratio, load = max_concurrent_flow(u, v, capacity, src, other, demand)
    assert ratio == pytest.approx(arc_program(7, u, v, capacity, src, other, demand), rel=2e-6, abs=1e-9)
    assert (load <= capacity).all()


@pytest.mark.parametrize("seed", range(10))
def test_load_is_a_flow_that_serves_everybody(seed):
    u, v, capacity, src, dst, demand = network([2, seed], 9, 20, 12)
    capacity += 1.0
    ratio, load = max_concurrent_flow(u, v, capacity, src, dst, demand)
    if 0.0 < ratio < np.inf:
        # The edges as loaded, and nothing more, carry the same.
        again, _ = max_concurrent_flow(u, v, load * (1.0 + 1e-9), src, dst, demand)
        assert again == pytest.approx(ratio, rel=1e-5)


@pytest.mark.parametrize("seed", range(10))
def test_with_and_without_highspy(seed, monkeypatch):
    pytest.importorskip("highspy")
    case = network([3, seed], 10, 25, 15)
    with_it = max_concurrent_flow(*case)[0]
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "highspy" else found(name))
    assert max_concurrent_flow(*case)[0] == pytest.approx(with_it, rel=2e-6)


@pytest.mark.parametrize("seed", range(10))
def test_never_less_than_what_shortest_paths_deliver_to_all(seed):
    u, v, capacity, src, dst, demand = network([4, seed], 9, 24, 10)
    other = np.where(src == dst, (dst + 1) % 9, dst)
    fair = allocate(u, v, capacity, src, other, demand)
    worst = (fair.rate_gbps / demand).min()
    assert max_concurrent_flow(u, v, capacity, src, other, demand)[0] >= worst * (1.0 - 1e-6)


def test_units_do_not_matter():
    u, v, capacity, src, dst, demand = network(8, 10, 30, 20)
    capacity += 1.0
    ratio, load = max_concurrent_flow(u, v, capacity, src, dst, demand)
    big, heavy = max_concurrent_flow(u, v, capacity * 1e4, src, dst, demand * 1e4)
    assert big == pytest.approx(ratio, rel=2e-6)
    assert (load <= capacity).all()
    assert (heavy <= capacity * 1e4).all()
    little, _ = max_concurrent_flow(u, v, capacity * 1e-5, src, dst, demand)
    assert little == pytest.approx(ratio * 1e-5, rel=2e-6)


def test_corners():
    ratio, load = max_concurrent_flow([0], [1], [5.0], [0, 1], [0, 0], [3.0, 0.0])
    assert ratio == np.inf
    assert load.tolist() == [0.0]
    assert max_concurrent_flow([0, 2], [1, 3], [5.0, 5.0], [0, 0], [1, 3], [1.0, 1.0])[0] == 0.0
    assert max_concurrent_flow([0], [1], [0.0], [0], [1], [1.0])[0] == 0.0
    assert max_concurrent_flow([], [], [], [], [], [])[0] == np.inf
    ratio, load = max_concurrent_flow([0, 0, 1], [1, 1, 1], [5.0, 1.0, 9.0], [1, 0], [0, 1], [1.0, 2.0])
    assert ratio == pytest.approx(2.0, rel=1e-9)
    assert load.tolist() == pytest.approx([5.0, 1.0, 0.0], rel=1e-9)
    with pytest.raises(ValueError, match=r"capacity_gbps\[0\] is inf"):
        max_concurrent_flow([0], [1], [np.inf], [0], [1], [1.0])
