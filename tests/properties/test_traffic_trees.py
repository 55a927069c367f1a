"""Trees that follow the network must be those worked out afresh, to the bit, after every change."""

import numpy as np
import pytest
from bbsim.traffic import ShortestTrees, route, share
from hypothesis import given, settings
from hypothesis import strategies as st


def same_as_afresh(trees):
    fresh = ShortestTrees(*trees._ends[:2], trees.roots, length=trees._ends[2], usable=trees.usable)
    assert trees.far[:, : fresh.nodes].tobytes() == fresh.far.tobytes()
    assert (trees.into[:, : fresh.nodes] == fresh.into).all()


@st.composite
def histories(draw):
    seed, nodes = draw(st.integers(0, 2**32)), draw(st.integers(2, 30))
    rng = np.random.default_rng(seed)
    edges = int(rng.integers(1, 3 * nodes))
    lengths = [rng.random(edges), rng.integers(1, 4, edges) * 0.1, rng.integers(0, 3, edges) * 1.0]
    length = lengths[draw(st.integers(0, 2))]
    u, v = rng.integers(0, nodes, (2, edges))
    roots = rng.choice(nodes, min(nodes, int(rng.integers(1, 5))), replace=False)
    moves = [(bool(rng.integers(2)), rng.integers(0, edges, rng.integers(1, 4))) for _ in range(12)]
    return nodes, u, v, length, roots, rng.random(edges) < 0.5, moves


@pytest.fixture(scope="module", params=["arrays", "few", "giving up", "compiled"])
def compiled(request):
    """Each way to follow a change: whole arrays, node by node, giving up when they are many, compiled."""
    if request.param == "compiled":
        pytest.importorskip("numba")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bbsim.traffic.trees.FEW", 0 if request.param == "arrays" else 1_000)
        patch.setattr("bbsim.traffic._trees_few.FEW", 2 if request.param == "giving up" else 1_000)
        yield request.param == "compiled"


@given(history=histories())
@settings(max_examples=200, deadline=None)
def test_after_any_history_the_trees_are_those_worked_out_afresh(compiled, history):
    nodes, u, v, length, roots, usable, moves = history
    trees = ShortestTrees(u, v, roots, length=length, usable=usable, nodes=nodes, compiled=compiled)
    same_as_afresh(trees)
    for put, edges in moves:
        (trees.insert if put else trees.remove)(edges)
        same_as_afresh(trees)


@given(history=histories(), seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_trees_that_follow_a_mask_are_those_worked_out_afresh(compiled, history, seed):
    nodes, u, v, length, roots, usable, moves = history
    trees = ShortestTrees(u, v, roots, length=length, usable=usable, nodes=nodes, compiled=compiled)
    rng = np.random.default_rng(seed)
    for _ in moves:
        usable = usable ^ (rng.random(u.size) < 0.2)
        trees.follow(usable)
        assert (trees.usable == usable).all()
        same_as_afresh(trees)


@given(history=histories(), exits=st.integers(1, 6))
@settings(max_examples=150, deadline=None)
def test_exits_of_no_length_at_a_single_root_need_no_work_from_the_beginning(compiled, history, exits):
    nodes, u, v, length, _, usable, moves = history
    out = np.arange(min(exits, nodes))
    u, v = np.append(u, np.full(out.size, nodes)), np.append(v, out)
    length, usable = np.append(length + 0.1, np.zeros(out.size)), np.append(usable, out % 2 == 0)
    trees = ShortestTrees(u, v, [nodes], length=length, usable=usable, compiled=compiled)
    worked_out, again = trees.afresh, []
    trees.afresh = lambda: again.append(1) or worked_out()
    for put, edges in moves:
        (trees.insert if put else trees.remove)(np.append(edges, u.size - 1 - edges % exits))
        same_as_afresh(trees)
    assert not again


@given(history=histories())
@settings(max_examples=60, deadline=None)
def test_a_network_built_edge_by_edge_and_cut_down_again(compiled, history):
    nodes, u, v, length, roots, _, _ = history
    none = np.zeros(u.size, dtype=bool)
    trees = ShortestTrees(u, v, roots, length=length, usable=none, nodes=nodes, compiled=compiled)
    start = trees.far.copy()
    for edge in range(u.size):
        trees.insert([edge])
    same_as_afresh(trees)
    for edge in np.random.default_rng(1).permutation(u.size):
        trees.remove([edge])
        same_as_afresh(trees)
    assert (trees.far == start).all()


@given(histories(), st.booleans())
@settings(max_examples=100, deadline=None)
def test_routes_from_the_trees_are_those_of_route(history, down):
    nodes, u, v, length, roots, usable, moves = history
    trees = ShortestTrees(u, v, roots, length=length, usable=usable, nodes=nodes)
    for put, edges in moves:
        (trees.insert if put else trees.remove)(edges)
    # More leaves than roots, so that both take the roots as the roots of their trees.
    leaf = np.arange(nodes)
    root = roots[leaf % roots.size]
    src, dst = (root, leaf) if down else (leaf, root)
    if np.unique(root).size < nodes:
        routes = route(u, v, src, dst, length=length, usable=trees.usable)
        mine = trees.route(src, dst)
        for name in ("start", "edge", "reverse", "length", "reached"):
            assert (getattr(routes, name) == getattr(mine, name)).all()
        assert share(mine, np.ones(u.size), np.ones(nodes)).rate_gbps.shape == (nodes,)


def test_wrong_use_is_told():
    trees = ShortestTrees([0, 1], [1, 2], [0])
    with pytest.raises(ValueError, match="edges holds 2, but there are 2 edges"):
        trees.insert([2])
    with pytest.raises(ValueError, match="neither all begin nor all end at roots"):
        trees.route([1], [2])
    with pytest.raises(ValueError, match="src holds node 9"):
        trees.route([9], [0])
    with pytest.raises(ValueError, match="roots holds a node twice"):
        ShortestTrees([0], [1], [0, 0])
    with pytest.raises(ValueError, match="read-only"):
        trees.far[0, 0] = 1.0
