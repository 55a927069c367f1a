"""Rings against all sets of corridors, and bridges against networkx."""

import itertools

import networkx as nx
import numpy as np
import pytest
from bbsim.planning import ring_augmentation
from bbsim.planning.rings import augmentation as rings_module
from bbsim.planning.rings.augmentation import bridges


def single_ways(u, v, edges):
    """Edges (by position) whose loss splits their ends, by taking each out in turn."""
    found = set()
    for e in edges:
        graph = nx.Graph()
        graph.add_nodes_from([int(u[e]), int(v[e])])
        graph.add_edges_from((int(u[f]), int(v[f])) for f in edges if f != e)
        if not nx.has_path(graph, int(u[e]), int(v[e])):
            found.add(e)
    return found


def random_case(seed):
    """A small multigraph and a tree in it that need not reach every node."""
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(4, 8)), int(rng.integers(6, 13))
    u, v = rng.integers(0, n, m), rng.integers(0, n, m)
    cost = np.round(rng.uniform(0.0, 5.0, m), 1)
    tree, reached, size = [], {int(u[0])}, int(rng.integers(1, n))
    for _ in range(n):
        for e in range(m):
            if (int(u[e]) in reached) != (int(v[e]) in reached) and len(tree) < size:
                tree.append(e)
                reached |= {int(u[e]), int(v[e])}
    return n, u, v, cost, sorted(tree)


@pytest.mark.parametrize("seed", range(40))
def test_the_cheapest_of_all_sets_of_corridors(seed):
    _, u, v, cost, tree = random_case(seed)
    answer = ring_augmentation(u, v, cost, tree)
    m = len(u)
    unavoidable = single_ways(u, v, range(m)) & set(tree)
    assert set(answer.bridges.tolist()) == unavoidable
    free = [e for e in range(m) if e not in tree and u[e] != v[e]]
    best = min(
        cost[list(extra)].sum()
        for size in range(len(free) + 1)
        for extra in itertools.combinations(free, size)
        if single_ways(u, v, [*tree, *extra]) & set(tree) == unavoidable
    )
    assert answer.cost == pytest.approx(best)
    assert answer.lower_bound == pytest.approx(best)
    assert single_ways(u, v, [*tree, *answer.edges.tolist()]) & set(tree) == unavoidable


@pytest.mark.parametrize("seed", range(40))
def test_the_heuristic_alone_protects_all_that_can_be(seed, monkeypatch):
    monkeypatch.setattr(rings_module, "EXACT_NODES", 0)
    _, u, v, cost, tree = random_case(seed)
    answer = ring_augmentation(u, v, cost, tree)
    unavoidable = single_ways(u, v, range(len(u))) & set(tree)
    assert single_ways(u, v, [*tree, *answer.edges.tolist()]) & set(tree) == unavoidable
    monkeypatch.undo()
    best = ring_augmentation(u, v, cost, tree).cost
    assert answer.lower_bound <= best + 1e-9 <= answer.cost + 2e-9


@pytest.mark.parametrize("seed", range(20))
def test_bridges_are_those_of_networkx(seed):
    rng = np.random.default_rng(seed)
    n, m = 30, 34
    u, v = rng.integers(0, n, m), rng.integers(0, n, m)
    graph = nx.Graph()
    pairs = [tuple(sorted(pair)) for pair in zip(u.tolist(), v.tolist(), strict=True)]
    graph.add_edges_from(pair for pair in pairs if pair[0] != pair[1])
    single = {tuple(sorted(pair)) for pair in nx.bridges(graph)}
    expected = [e for e, pair in enumerate(pairs) if pair in single and pairs.count(pair) == 1]
    assert bridges(n, u, v).tolist() == expected
