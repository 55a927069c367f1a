"""Steiner trees against two independent answers: every set of junctions, and a directed-cut programme."""

import itertools

import networkx as nx
import numpy as np
import pytest
from bbsim.planning import steiner_tree
from bbsim.planning.trees.arborescence import steiner_arborescence

EFFORTS = ("fast", "standard", "thorough")


def random_corridors(seed, n, m, *, whole=False, zero=0.15):
    rng = np.random.default_rng(seed)
    ring = np.arange(n)
    u = np.concatenate([ring, rng.integers(0, n, m)])
    v = np.concatenate([np.roll(ring, -1), rng.integers(0, n, m)])
    cost = rng.integers(1, 9, len(u)).astype(float) if whole else rng.uniform(1.0, 10.0, len(u))
    cost[rng.random(len(u)) < zero] = 0.0
    return u, v, cost


def best_by_trying_all(u, v, cost, terminals, n):
    """The least spanning tree over the terminals with each possible set of junctions."""
    graph = nx.Graph()
    for a, b, price in zip(u.tolist(), v.tolist(), cost.tolist(), strict=True):
        if a != b and (not graph.has_edge(a, b) or graph[a][b]["weight"] > price):
            graph.add_edge(a, b, weight=price)
    others = [x for x in range(n) if x not in terminals]
    best = np.inf
    for size in range(len(others) + 1):
        for extra in itertools.combinations(others, size):
            part = graph.subgraph([*terminals, *extra])
            if len(part) == size + len(terminals) and nx.is_connected(part):
                best = min(best, nx.minimum_spanning_tree(part).size("weight"))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_costs_lie_between_the_optimum_and_the_bound_below_it_on_tiny_graphs(seed):
    n = 9
    u, v, cost = random_corridors(seed, n, 10, whole=seed % 2 == 0)
    terminals = np.random.default_rng(seed).choice(n, 4, replace=False)
    best = best_by_trying_all(u, v, cost, set(terminals.tolist()), n)
    for effort in EFFORTS:
        tree = steiner_tree(u, v, cost, terminals, effort=effort)
        assert tree.lower_bound <= best * (1 + 1e-9)
        assert tree.cost >= best * (1 - 1e-9)
    assert tree.cost == pytest.approx(best)
    assert tree.lower_bound == pytest.approx(best)


@pytest.mark.parametrize("seed", range(4))
def test_the_directed_cut_programme_finds_the_optimum(seed):
    n = 9
    u, v, cost = random_corridors(seed, n, 10)
    keep = u != v
    u, v, cost = u[keep], v[keep], cost[keep]
    terminals = np.random.default_rng(seed).choice(n, 4, replace=False)
    wanted = np.isin(np.arange(n), terminals).astype(int)
    proof = steiner_arborescence(u, v, cost, wanted, int(terminals[0]))
    best = best_by_trying_all(u, v, cost, set(terminals.tolist()), n)
    assert proof.cost == pytest.approx(best)
    assert proof.bound == pytest.approx(best)


@pytest.mark.parametrize("seed", range(3))
def test_middling_graphs_against_the_directed_cut_programme(seed):
    n = 40
    u, v, cost = random_corridors(seed, n, 70)
    keep = u != v
    u, v, cost = u[keep], v[keep], cost[keep]
    terminals = np.random.default_rng(seed).choice(n, 9, replace=False)
    wanted = np.isin(np.arange(n), terminals).astype(int)
    best = steiner_arborescence(u, v, cost, wanted, int(terminals[0])).cost
    costs = []
    for effort in EFFORTS:
        tree = steiner_tree(u, v, cost, terminals, effort=effort)
        assert tree.lower_bound <= best * (1 + 1e-9)
        costs.append(tree.cost)
        assert tree.cost >= best * (1 - 1e-9)
    assert costs[1] <= best * 1.02
    assert costs[2] == pytest.approx(best)


def test_a_highspy_free_house_gets_the_same_optimum(monkeypatch):
    from bbsim.planning.corridors import cut_programs

    u, v, cost = random_corridors(5, 12, 14)
    keep = u != v
    wanted = np.isin(np.arange(12), [0, 3, 6, 9]).astype(int)
    with_highspy = steiner_arborescence(u[keep], v[keep], cost[keep], wanted, 0)
    monkeypatch.setattr(cut_programs, "find_spec", lambda _: None)
    without = steiner_arborescence(u[keep], v[keep], cost[keep], wanted, 0)
    assert without.cost == pytest.approx(with_highspy.cost)


@pytest.mark.parametrize("seed", range(6))
def test_bends_dead_ends_and_parallels_do_not_change_the_proof(seed):
    from bbsim.planning.corridors.chains import join_chains

    n = 9
    u, v, cost = random_corridors(seed, n, 8, zero=0.1)
    # Each corridor falls into two pieces, and a dead end hangs on every third bend.
    bend = n + np.arange(len(u))
    end = n + len(u) + np.arange(len(u[::3]))
    tails = np.concatenate([u, bend, bend[::3]])
    heads = np.concatenate([bend, v, end])
    price = np.concatenate([0.25 * cost, 0.75 * cost, np.ones(len(end))])
    terminals = np.random.default_rng(seed).choice(n, 4, replace=False)
    wanted = np.isin(np.arange(n + len(u) + len(end)), terminals).astype(int)
    proof = steiner_arborescence(tails, heads, price, wanted, int(terminals[0]))
    best = best_by_trying_all(u, v, cost, set(terminals.tolist()), n)
    assert proof.cost == pytest.approx(best)
    assert proof.bound == pytest.approx(best)
    left = join_chains(tails, heads, price, np.arange(len(tails)), np.flatnonzero(wanted))
    assert len(left.cost) <= len(u)
