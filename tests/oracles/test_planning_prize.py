"""Budgets and values against all sets of places on small graphs."""

import itertools

import networkx as nx
import numpy as np
import pytest
from bbsim.planning import prize_collecting
from bbsim.planning.reach import hunt as prize_module


def case(seed, n=9):
    rng = np.random.default_rng(seed)
    ring = np.arange(n)
    u = np.concatenate([ring, rng.integers(0, n, n)])
    v = np.concatenate([np.roll(ring, -1), rng.integers(0, n, n)])
    cost = rng.integers(0 if seed % 3 == 0 else 1, 9, len(u)).astype(float)
    prize = np.where(rng.random(n) < 0.3, 0.0, rng.integers(1, 20, n).astype(float))
    return u, v, cost, prize


def all_trees(u, v, cost, n, root):
    """(cost, nodes) of the least tree over every connected set of nodes that holds the root."""
    graph = nx.Graph()
    for a, b, price in zip(u.tolist(), v.tolist(), cost.tolist(), strict=True):
        if a != b and (not graph.has_edge(a, b) or graph[a][b]["weight"] > price):
            graph.add_edge(a, b, weight=price)
    others = [x for x in range(n) if x != root]
    for size in range(n):
        for extra in itertools.combinations(others, size):
            part = graph.subgraph([root, *extra])
            if nx.is_connected(part):
                yield nx.minimum_spanning_tree(part).size("weight"), [root, *extra]


@pytest.mark.parametrize("seed", range(8))
def test_the_most_prize_within_a_budget(seed):
    u, v, cost, prize = case(seed)
    budget = 0.35 * cost.sum() / 2
    best = max(prize[nodes].sum() for price, nodes in all_trees(u, v, cost, 9, 0) if price <= budget)
    tree = prize_collecting(u, v, cost, prize, 0, budget=budget)
    assert tree.prize == pytest.approx(best)
    assert tree.upper_bound == pytest.approx(best)
    assert tree.cost <= budget


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("budget", [None, 9.0])
def test_the_most_value_less_cost(seed, budget):
    u, v, cost, prize = case(seed)
    room = np.inf if budget is None else budget
    best = max(
        0.4 * prize[nodes].sum() - price for price, nodes in all_trees(u, v, cost, 9, 0) if price <= room
    )
    tree = prize_collecting(u, v, cost, prize, 0, usd_per_prize=0.4, budget=budget)
    assert 0.4 * tree.prize - tree.cost == pytest.approx(best)
    assert tree.upper_bound == pytest.approx(best)


@pytest.mark.parametrize("seed", range(8))
def test_without_the_programme_answers_stay_between_nothing_and_the_bound(seed, monkeypatch):
    monkeypatch.setattr(prize_module, "EXACT_EDGES", 0)
    u, v, cost, prize = case(seed)
    budget = 0.35 * cost.sum() / 2
    best = max(prize[nodes].sum() for price, nodes in all_trees(u, v, cost, 9, 0) if price <= budget)
    tree = prize_collecting(u, v, cost, prize, 0, budget=budget)
    assert tree.prize <= best * (1 + 1e-9)
    assert tree.prize >= 0.9 * best
    assert tree.upper_bound >= best * (1 - 1e-9)
