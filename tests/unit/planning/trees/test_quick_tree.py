"""The quick tree: its two ways agree, and it is never dearer than the tree it starts from."""

import networkx as nx
import numpy as np
import pytest
from bbsim.planning import steiner_tree
from bbsim.planning.corridors import kernels
from bbsim.planning.trees import quick_tree
from networkx.algorithms.approximation import steiner_tree as networkx_steiner_tree
from scipy.spatial import Delaunay


def land(n, seed, costs):
    rng = np.random.default_rng(seed)
    points = rng.random((n, 2))
    corners = Delaunay(points).simplices
    pairs = np.unique(np.sort(np.vstack([corners[:, :2], corners[:, 1:], corners[:, ::2]]), axis=1), axis=0)
    u, v = pairs.T
    straight = np.hypot(*(points[u] - points[v]).T)
    cost = {
        "uneven": straight * rng.uniform(1.0, 1.3, len(u)),
        "whole": rng.integers(0, 4, len(u)).astype(float),
        "equal": np.ones(len(u)),
        "free": np.zeros(len(u)),
        "far apart": 10.0 ** rng.integers(-12, 13, len(u)),
    }[costs]
    return u, v, cost, rng


def two_ways(n, u, v, cost, mask):
    pytest.importorskip("numba")
    engines = [kernels.engine_of(quick_tree.MODULES, compiled) for compiled in (False, True)]
    return [quick_tree.quick_tree(n, u, v, cost, mask, engine) for engine in engines]


@pytest.mark.parametrize("costs", ["uneven", "whole", "equal", "free", "far apart"])
@pytest.mark.parametrize("seed", range(4))
def test_arrays_and_compiled_loops_find_the_same_tree(seed, costs):
    n = 400
    u, v, cost, rng = land(n, seed, costs)
    # Corridors in any direction and order, some twice, some from a node to itself; two pieces.
    more = rng.integers(0, len(u), 60)
    u, v = (
        np.concatenate([u, v[more], np.arange(9), [n]]),
        np.concatenate([v, u[more], np.arange(9), [n + 1]]),
    )
    cost = np.concatenate([cost, cost[more] * rng.integers(1, 3, 60), np.zeros(9), [1.0]])
    rows = rng.permutation(len(u))
    mask = np.zeros(n + 2, dtype=np.int64)
    mask[rng.choice(n, 40, replace=False)] = 1
    (plain, plain_bound), (compiled, bound) = two_ways(n + 2, u[rows], v[rows], cost[rows], mask)
    assert sorted(plain.tolist()) == sorted(compiled.tolist())
    assert plain_bound == bound <= cost[rows][plain].sum()


def test_places_in_two_pieces_leave_a_forest():
    u, v, cost = np.array([0, 1, 3]), np.array([1, 2, 4]), np.ones(3)
    mask = np.array([1, 0, 1, 1, 1])
    for edges, bound in two_ways(5, u, v, cost, mask):
        assert (len(edges), bound) == (2, 0.0)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("places", [5, 40, 200])
def test_never_dearer_than_the_tree_between_regions(seed, places):
    n = 400
    u, v, cost, rng = land(n, seed, "uneven")
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(u.tolist(), v.tolist(), cost.tolist(), strict=True))
    terminals = rng.choice(n, places, replace=False)
    theirs = networkx_steiner_tree(graph, terminals.tolist(), method="mehlhorn").size("weight")
    assert steiner_tree(u, v, cost, terminals, effort="fast").cost <= theirs * (1.0 + 1e-9)


def test_a_way_over_a_border_replaces_a_longer_piece_of_the_tree():
    # Three places around junction 3: the regions join 0-3-1 and 0-4-2; the way 3-2 is shorter than 0-4-2.
    u, v = [0, 3, 0, 4, 3], [3, 1, 4, 2, 2]
    cost = [1.0, 1.0, 0.9, 0.9, 1.5]
    assert steiner_tree(u, v, cost, [0, 1, 2], effort="fast").edges.tolist() == [0, 1, 4]
