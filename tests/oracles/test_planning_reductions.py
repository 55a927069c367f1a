"""What is struck out of a corridor graph is in no cheaper tree: the optimum before and after is the same."""

import networkx as nx
import numpy as np
import pytest
from bbsim.planning import steiner_tree
from bbsim.planning.corridors.arrays import pieces
from bbsim.planning.corridors.kernels import engine_of
from bbsim.planning.trees.arborescence import steiner_arborescence
from bbsim.planning.trees.search import MODULES
from bbsim.planning.trees.slimmed import slimmed
from hypothesis import given, settings
from hypothesis import strategies as st


def streets(side, seed, prices):
    """The largest piece of a grid with gaps, nodes numbered from nought."""
    rng = np.random.default_rng(seed)
    node = np.arange(side * side).reshape(side, side)
    u = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    v = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    keep = rng.random(len(u)) < 0.8
    u, v = u[keep], v[keep]
    label = pieces(side * side, u, v)
    inside = label == np.argmax(np.bincount(label))
    number = np.cumsum(inside) - 1
    keep = inside[u]
    u, v = number[u[keep]], number[v[keep]]
    cost = {
        "uneven": rng.uniform(0.2, 2.0, len(u)),
        "whole": rng.integers(0, 4, len(u)).astype(float),
        "equal": np.ones(len(u)),
    }[prices]
    return int(inside.sum()), u, v, cost


def optimum(n, count, u, v, cost):
    proof = steiner_arborescence(u, v, cost, (np.arange(n) < count).astype(int), 0)
    assert proof.edges is not None
    return proof.cost


@settings(max_examples=60, deadline=None)
@given(st.integers(4, 9), st.integers(0, 999), st.sampled_from(["uneven", "whole", "equal"]), st.data())
def test_the_cheapest_tree_costs_the_same_in_the_graph_that_is_left(side, seed, prices, data):
    n, u, v, cost = streets(side, seed, prices)
    count = data.draw(st.integers(2, min(n, 12)))
    left = slimmed(engine_of(MODULES, False), u, v, cost, n, count)
    best = optimum(n, count, u, v, cost)
    assert left.count == count <= left.n <= n
    assert optimum(left.n, count, left.u, left.v, left.cost) == pytest.approx(best)
    # Each way is there, between its ends, for no more than it says.
    for e in range(len(left.u)):
        edges = left.corridors([e])
        graph = nx.Graph(zip(u[edges].tolist(), v[edges].tolist(), strict=True))
        assert nx.is_connected(graph)
        assert cost[edges].sum() <= left.cost[e] * (1 + 1e-9)


@pytest.mark.parametrize("prices", ["uneven", "whole", "equal"])
@pytest.mark.parametrize("seed", range(3))
def test_plain_and_compiled_reductions_leave_the_same(seed, prices):
    pytest.importorskip("numba")
    n, u, v, cost = streets(20, seed, prices)
    plain, compiled = (slimmed(engine_of(MODULES, way), u, v, cost, n, 15) for way in (False, True))
    for name in ("u", "v", "cost", "way"):
        assert getattr(plain, name).tolist() == getattr(compiled, name).tolist()
    assert len(plain.u) < 0.6 * len(u) or prices == "equal"


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_never_exceeds_the_optimum_on_streets(seed):
    n, u, v, cost = streets(14, seed, "uneven")
    best = optimum(n, 10, u, v, cost)
    for effort in ("standard", "thorough"):
        tree = steiner_tree(u, v, cost, np.arange(10), effort=effort)
        assert tree.lower_bound <= best * (1 + 1e-9)
        assert tree.cost >= best * (1 - 1e-9)
        assert tree.gap_share <= 0.001


@pytest.mark.parametrize("scale", [1e-9, 1e9])
def test_the_unit_of_cost_does_not_matter(scale):
    _, u, v, cost = streets(14, 0, "uneven")
    one = steiner_tree(u, v, cost, np.arange(10))
    other = steiner_tree(u, v, cost * scale, np.arange(10))
    assert other.edges.tolist() == one.edges.tolist()
    assert other.lower_bound == pytest.approx(one.lower_bound * scale, rel=1e-6)
