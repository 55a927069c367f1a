"""Shares along trees of hubs are the shares on the same ways written down, whatever network and demand."""

import numpy as np
import pytest
from bbsim.traffic import ShortestTrees, achievable, route, share
from bbsim.traffic.hubs import Along, Forest
from hypothesis import given, settings
from hypothesis import strategies as st


@st.composite
def hub_demands(draw):
    """A network with an edge of its own at each leaf, hubs, and demands between them and everybody."""
    nodes = draw(st.integers(2, 9))
    ends = st.integers(0, nodes - 1)
    edges = draw(st.lists(st.tuples(ends, ends), min_size=1, max_size=16))
    u, v = (np.array(side) for side in zip(*edges, strict=True))
    size = u.size
    length = np.array(draw(st.lists(st.integers(1, 5), min_size=size, max_size=size)), dtype=float)
    # No two ways are equally long: of such, the tree of the one end and that of the other may take either.
    length += 0.5 ** np.arange(1, size + 1)
    level = st.sampled_from([0.0, 0.5, 1.0, 2.0, 8.0, np.inf])
    capacity = np.array(draw(st.lists(level, min_size=size + nodes, max_size=size + nodes)))
    hubs = sorted(draw(st.sets(ends, min_size=1, max_size=4)))
    asked = draw(
        st.lists(
            st.tuples(st.sampled_from(hubs), ends, st.booleans(), st.sampled_from([0.0, 0.3, 1.0, 3.0])),
            min_size=1, max_size=25,
        )
    )  # fmt: skip
    usable = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    return u, v, length, usable, capacity, np.array(hubs), asked, nodes


@settings(deadline=None, max_examples=300)
@given(hub_demands())
def test_shares_along_trees_are_those_on_written_ways(drawn):
    u, v, length, usable, capacity, hubs, asked, nodes = drawn
    size = u.size
    hub, leaf, down, gbps = (np.array(column) for column in zip(*asked, strict=True))
    row = np.searchsorted(hubs, hub)
    # Behind each node hangs a home, over an edge of its own, where demands begin or end.
    homes = np.arange(nodes) + nodes
    tails, heads = np.r_[u, np.arange(nodes)], np.r_[v, homes]
    trees = ShortestTrees(
        tails, heads, hubs, length=np.r_[length, np.ones(nodes)], usable=np.r_[usable, np.zeros(nodes, bool)]
    )
    pool = 2 * (size + leaf)
    along = Along(row, leaf, down, np.where(down, -1, pool + 1), np.where(down, pool, -1))
    forest = Forest([trees], edges=tails.size)
    # A weight is never 0 where something is asked for.
    weight = np.where(gbps > 0, gbps, 1.0)
    mine = forest.share(along, capacity, gbps, weight)

    src, dst = np.where(down, hub, homes[leaf]), np.where(down, homes[leaf], hub)
    far = np.r_[length, np.full(nodes, 100.0)]
    routes = route(tails, heads, src, dst, length=far, usable=np.r_[usable, np.ones(nodes, bool)])
    theirs = share(routes, capacity, gbps, weight, directed=True)
    assert mine.rate_gbps == pytest.approx(theirs.rate_gbps, abs=1e-12)
    assert mine.load_gbps == pytest.approx(theirs.load_gbps, abs=1e-12)
    assert ((mine.bottleneck >= 0) == (theirs.bottleneck >= 0)).all()
    assert np.isfinite(forest.length(along)).tolist() == routes.reached.tolist()

    written = forest.routes(along)
    for demand in np.flatnonzero(routes.reached):
        assert written.of(demand).tolist() == routes.of(demand).tolist()
    again = share(written, capacity, gbps, weight, directed=True)
    assert again.rate_gbps == pytest.approx(mine.rate_gbps, abs=1e-12)

    downwards = np.flatnonzero(down)
    one = forest.achievable(along, downwards, mine, capacity, 0.1, weight)
    other = achievable(routes, theirs, capacity, 0.1, weight=weight)[downwards]
    assert one == pytest.approx(other, abs=1e-12)


def test_a_way_ends_at_the_node_below_what_only_leads_out_of_a_root():
    # 0 is content, reached from 1 and 3 over edges that limit nothing; 1 - 2 - 3 - 4 is the network.
    trees = ShortestTrees([1, 2, 3, 0, 0], [2, 3, 4, 1, 3], [0], length=[2.0, 1.0, 1.0, 0.0, 0.0])
    forest = Forest([trees], edges=3)
    leaf = np.array([1, 2, 3, 4])
    none = np.full(4, -1)
    along = Along(np.zeros(4, dtype=int), leaf, np.ones(4, dtype=bool), none, none)
    assert forest.top(along).tolist() == [1, 3, 3, 3]
    assert forest.load(along, np.ones(4)).sum(axis=1).tolist() == [0.0, 1.0, 1.0]
