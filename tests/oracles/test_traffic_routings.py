"""Other ways than the one shortest, against networkx and against splitting by hand."""

from collections import defaultdict
from itertools import islice

import networkx as nx
import numpy as np
import pytest
from bbsim.traffic import route


def network(seed, *, nodes=12, edges=24, demands=30):
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, nodes, (2, edges))
    src, dst = rng.integers(0, nodes, (2, demands))
    return u, v, rng.integers(1, 4, edges) * 0.1, rng.integers(0, 5, edges) * 1.0, src, dst


def split_by_hand(u, v, length, source, sink):
    """Part of the traffic on each (edge, reverse) if every node splits evenly over its next hops."""
    weighted = nx.Graph()
    weighted.add_nodes_from([source, sink])
    for a, b, w in zip(u.tolist(), v.tolist(), length.tolist(), strict=True):
        if a != b and w < weighted.get_edge_data(a, b, {"weight": np.inf})["weight"]:
            weighted.add_edge(a, b, weight=w)
    far = nx.single_source_dijkstra_path_length(weighted, sink)
    if source not in far:
        return None
    arriving, flow = defaultdict(float), {}
    arriving[source] = 1.0
    for node in sorted(far, key=far.get, reverse=True):
        if node == sink or not arriving[node]:
            continue
        hops = []
        for edge, (a, b) in enumerate(zip(u.tolist(), v.tolist(), strict=True)):
            for back, (x, y) in enumerate(((a, b), (b, a))):
                if x == node and y in far and far[y] < far[x] and abs(far[y] + length[edge] - far[x]) < 1e-9:
                    hops.append((edge, bool(back), y))
        for edge, back, y in hops:
            flow[edge, back] = arriving[node] / len(hops)
            arriving[y] += arriving[node] / len(hops)
    return flow


@pytest.mark.parametrize("seed", range(40))
def test_equal_cost_paths_split_evenly_at_every_node(seed):
    u, v, length, _, src, dst = network(seed)
    routes = route(u, v, src, dst, length=length, routing="ecmp")
    for d, (source, sink) in enumerate(zip(src.tolist(), dst.tolist(), strict=True)):
        expected = split_by_hand(u, v, length, source, sink)
        assert routes.reached[d] == (expected is not None)
        entries = slice(routes.start[d], routes.start[d + 1])
        keys = zip(routes.edge[entries].tolist(), routes.reverse[entries].tolist(), strict=True)
        got = dict(zip(keys, routes.part[entries].tolist(), strict=True))
        assert got == pytest.approx(expected or {}, rel=1e-12)


@pytest.mark.parametrize("seed", range(40))
def test_widest_path_is_as_wide_as_the_maximum_spanning_tree_allows_and_shortest_of_these(seed):
    u, v, length, capacity, src, dst = network(seed)
    routes = route(u, v, src, dst, length=length, capacity_gbps=capacity, routing="widest")
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(12))
    graph.add_weighted_edges_from(zip(u.tolist(), v.tolist(), capacity.tolist(), strict=True))
    tree = nx.maximum_spanning_tree(graph)
    for d, (source, sink) in enumerate(zip(src.tolist(), dst.tolist(), strict=True)):
        assert routes.reached[d] == nx.has_path(tree, source, sink)
        if not routes.reached[d] or source == sink:
            continue
        steps = nx.utils.pairwise(nx.shortest_path(tree, source, sink))
        width = min(max(w["weight"] for w in tree[a][b].values()) for a, b in steps)
        assert capacity[routes.of(d)].min() == width
        wide = nx.Graph()
        for edge in np.lexsort((-length,)):
            if capacity[edge] >= width:
                wide.add_edge(int(u[edge]), int(v[edge]), weight=length[edge])
        shortest = nx.shortest_path_length(wide, source, sink, weight="weight")
        assert routes.length[d] == pytest.approx(shortest, rel=1e-12)
        assert length[routes.of(d)].sum() == pytest.approx(shortest, rel=1e-12)


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("paths", [1, 3])
def test_k_shortest_paths_are_as_long_in_all_as_networkx_says(seed, paths):
    u, v, length, _, src, dst = network(seed, nodes=8, edges=14, demands=15)
    routes = route(u, v, src, dst, length=length, routing="ksp", paths=paths)
    graph = nx.Graph()
    graph.add_nodes_from(range(8))
    for edge in np.lexsort((-length,)):
        graph.add_edge(int(u[edge]), int(v[edge]), weight=length[edge])
    for d, (source, sink) in enumerate(zip(src.tolist(), dst.tolist(), strict=True)):
        assert routes.reached[d] == nx.has_path(graph, source, sink)
        if not routes.reached[d] or source == sink:
            continue
        best = list(islice(nx.shortest_simple_paths(graph, source, sink, weight="weight"), paths))
        lengths = [nx.path_weight(graph, path, "weight") for path in best]
        entries = slice(routes.start[d], routes.start[d + 1])
        mean = (length[routes.edge[entries]] * routes.part[entries]).sum()
        assert mean == pytest.approx(np.mean(lengths), rel=1e-12)
        assert routes.length[d] == pytest.approx(lengths[0], rel=1e-12)


@pytest.mark.parametrize("routing", ["ecmp", "widest", "ksp"])
def test_what_leaves_a_node_is_what_enters_it(routing):
    u, v, length, capacity, src, dst = network(99, nodes=20, edges=50, demands=40)
    routes = route(u, v, src, dst, length=length, capacity_gbps=capacity, routing=routing)
    part = np.ones(routes.edge.size) if routes.part is None else routes.part
    owner = np.repeat(np.arange(src.size), np.diff(routes.start))
    tail = np.where(routes.reverse, v[routes.edge], u[routes.edge])
    head = np.where(routes.reverse, u[routes.edge], v[routes.edge])
    net = np.zeros((src.size, 20))
    np.add.at(net, (owner, tail), part)
    np.add.at(net, (owner, head), -part)
    ends = np.zeros_like(net)
    served = routes.reached & (src != dst)
    ends[served, src[served]] += 1.0
    ends[served, dst[served]] -= 1.0
    np.testing.assert_allclose(net, ends, atol=1e-12)


@pytest.mark.parametrize("seed", range(10))
def test_a_few_hubs_that_send_to_everybody_and_hear_from_everybody(seed):
    """Roots are then the hubs, at either end; paths are as short as networkx's, and hang together."""
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, 60, (2, 110))
    length = rng.integers(1, 9, 110) * 1.0
    hub, place = np.repeat([3, 7, 11], 60), np.tile(np.arange(60), 3)
    order = rng.permutation(360)
    src, dst = np.r_[hub, place][order], np.r_[place, hub][order]
    routes = route(u, v, src, dst, length=length)
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(60))
    graph.add_weighted_edges_from(zip(u.tolist(), v.tolist(), length.tolist(), strict=True))
    far = dict(nx.all_pairs_dijkstra_path_length(graph))
    for d, (a, b) in enumerate(zip(src.tolist(), dst.tolist(), strict=True)):
        assert routes.length[d] == far[a].get(b, np.inf)
        assert routes.reached[d] == (b in far[a])
        at, entries = a, slice(routes.start[d], routes.start[d + 1])
        for edge, back in zip(routes.edge[entries].tolist(), routes.reverse[entries].tolist(), strict=True):
            assert at == (v[edge] if back else u[edge])
            at = u[edge] if back else v[edge]
        assert at == b or not routes.reached[d]
    plain, fast = (route(u, v, src, dst, length=length, compiled=way) for way in (False, None))
    assert plain.edge.tolist() == fast.edge.tolist()
