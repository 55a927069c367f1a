"""Fair shares against answers found in other ways: linear programs, exact fractions, networkx's distances."""

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from bbsim.traffic import allocate, route, share
from scipy.optimize import linprog


def network(seed, nodes, edges, demands, *, whole=True):
    """A random multigraph with demands on it; whole numbers bring about ties, zeros and exact fits."""
    rng = np.random.default_rng(seed)
    u, v = rng.integers(0, nodes, (2, edges))
    src, dst = rng.integers(0, nodes, (2, demands))
    if whole:
        capacity, demand = rng.integers(0, 9, edges) * 1.0, rng.integers(0, 12, demands) * 1.0
        length, weight = rng.integers(0, 4, edges) * 1.0, rng.integers(1, 5, demands) * 1.0
    else:
        capacity, demand = rng.random(edges) * 8.0, rng.random(demands) * 6.0
        length, weight = rng.random(edges), rng.random(demands) + 0.05
    return u, v, length, capacity, src, dst, demand, weight


def crossing(routes, directed):
    """How much of each demand crosses each pool of capacity, as a dense matrix."""
    demands = routes.reached.size
    pools = routes.edge + routes.edges * (routes.reverse if directed else 0)
    matrix = np.zeros((routes.edges * (2 if directed else 1), demands))
    part = np.ones(routes.edge.size) if routes.part is None else routes.part
    np.add.at(matrix, (pools, np.repeat(np.arange(demands), np.diff(routes.start))), part)
    return matrix


def lexicographic_lp(matrix, capacity, demand, weight):
    """Max-min rates by a chain of linear programs.

    Each raises the common level t of the open demands as far as it goes; an open demand whose constraint
    ``rate >= weight t`` has a price cannot go further and is closed at that rate (Pióro & Medhi, Routing,
    Flow, and Capacity Design, 2004, section 8.1).
    """
    demands = demand.size
    floor, is_open = np.zeros(demands), np.ones(demands, dtype=bool)
    exact = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    while is_open.any():
        rise = np.hstack([-np.eye(demands), (weight * is_open)[:, None]])
        answer = linprog(
            np.r_[np.zeros(demands), -1.0],
            A_ub=np.vstack([np.hstack([matrix, np.zeros((len(matrix), 1))]), rise]),
            b_ub=np.r_[capacity, np.where(is_open, 0.0, -floor)],
            bounds=[(0.0, top) for top in demand] + [(0.0, None)],
            method="highs-ds",
            options=exact,
        )
        assert answer.status == 0, answer.message
        closed = is_open & (-answer.ineqlin.marginals[len(matrix) :] > 1e-9)
        assert closed.any()
        floor[closed] = weight[closed] * answer.x[-1]
        is_open &= ~closed
    return floor


@pytest.mark.parametrize("seed", range(20))
def test_equals_the_lexicographic_linear_program(seed):
    for case in range(12):
        whole, directed = case % 2 == 0, case % 3 == 0
        rng = np.random.default_rng([seed, case])
        size = rng.integers(2, 9), rng.integers(1, 15), rng.integers(1, 12)
        u, v, length, capacity, src, dst, demand, weight = network([seed, case], *size, whole=whole)
        routes = route(u, v, src, dst, length=length)
        fair = share(routes, capacity, demand, weight, directed=directed)
        matrix = crossing(routes, directed)
        pools = np.r_[capacity, capacity] if directed else capacity
        wanted = np.where(routes.reached, demand, 0.0)
        np.testing.assert_allclose(
            fair.rate_gbps, lexicographic_lp(matrix, pools, wanted, weight), rtol=0, atol=1e-9
        )
        load = matrix @ fair.rate_gbps
        np.testing.assert_allclose(fair.load_gbps.T.ravel(), load, rtol=0, atol=1e-9)


def test_equals_the_linear_program_with_many_demands():
    u, v, length, capacity, src, dst, demand, weight = network(5, 14, 30, 90, whole=False)
    routes = route(u, v, src, dst, length=length)
    fair = share(routes, capacity, demand, weight)
    wanted = np.where(routes.reached, demand, 0.0)
    expected = lexicographic_lp(crossing(routes, False), capacity, wanted, weight)
    np.testing.assert_allclose(fair.rate_gbps, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("routing", ["ecmp", "ksp", "widest"])
@pytest.mark.parametrize("seed", range(15))
def test_equals_the_linear_program_on_other_routes(routing, seed):
    directed = seed % 2 == 0
    u, v, length, capacity, src, dst, demand, weight = network([11, seed], 7, 14, 12)
    routes = route(u, v, src, dst, length=length + 1.0, capacity_gbps=capacity, routing=routing)
    fair = share(routes, capacity, demand, weight, directed=directed)
    matrix = crossing(routes, directed)
    wanted = np.where(routes.reached, demand, 0.0)
    expected = lexicographic_lp(matrix, np.tile(capacity, 1 + directed), wanted, weight)
    np.testing.assert_allclose(fair.rate_gbps, expected, rtol=0, atol=1e-9)
    np.testing.assert_allclose(fair.load_gbps.T.ravel(), matrix @ fair.rate_gbps, rtol=0, atol=1e-9)


def fractions(paths, capacity, demand, weight):
    """Progressive filling, one event at a time, in exact fractions."""
    rate = [demand[d] if path == [] else Fraction(0) for d, path in enumerate(paths)]
    rising = [d for d, path in enumerate(paths) if path]
    while rising:
        events = [(demand[d] / weight[d], 0, d) for d in rising]
        for edge, room in enumerate(capacity):
            pull = sum(weight[d] for d in rising if edge in paths[d])
            if pull:
                used = sum(rate[d] for d, p in enumerate(paths) if p and edge in p and d not in rising)
                events.append(((room - used) / pull, 1, edge))
        level, full, which = min(events)
        for d in [d for d in rising if (which in paths[d] if full else d == which)]:
            rate[d] = weight[d] * level
            rising.remove(d)
    return rate


@pytest.mark.parametrize("seed", range(150))
def test_equals_progressive_filling_in_fractions(seed):
    u, v, length, capacity, src, dst, demand, weight = network([7, seed], 8, 14, 13)
    routes = route(u, v, src, dst, length=length)
    paths = [routes.of(d).tolist() if routes.reached[d] else None for d in range(demand.size)]
    numbers = [[Fraction(x) for x in array.tolist()] for array in (capacity, demand, weight)]
    exact = fractions(paths, *numbers)
    fair = share(routes, capacity, demand, weight)
    np.testing.assert_allclose(fair.rate_gbps, [float(x) for x in exact], rtol=1e-13, atol=1e-14)
    for d, edge in enumerate(fair.bottleneck.tolist()):
        assert (edge >= 0) == (paths[d] is not None and exact[d] < numbers[1][d])
        if edge >= 0:
            assert sum(exact[k] for k, path in enumerate(paths) if path and edge in path) == capacity[edge]


@pytest.mark.parametrize("seed", range(30))
def test_one_link_equals_water_filling_in_fractions(seed):
    rng = np.random.default_rng(seed)
    demand, room = rng.integers(1, 40, rng.integers(1, 9)).tolist(), int(rng.integers(1, 120))
    left, exact = Fraction(room), {}
    order = sorted(range(len(demand)), key=demand.__getitem__)
    for done, d in enumerate(order):
        exact[d] = min(Fraction(demand[d]), left / (len(demand) - done))
        left -= exact[d]
    ends = [0] * len(demand), [1] * len(demand)
    fair = allocate([0], [1], [float(room)], *ends, [float(x) for x in demand])
    assert fair.rate_gbps.tolist() == pytest.approx([float(exact[d]) for d in range(len(demand))], rel=1e-14)


@pytest.mark.parametrize("seed", range(30))
def test_series_of_pipes_carries_the_least_of_all(seed):
    rng = np.random.default_rng(seed)
    capacity = rng.random(rng.integers(1, 9))
    places, demand = np.arange(capacity.size + 1), rng.random(1)
    fair = allocate(places[:-1], places[1:], capacity, [0], [capacity.size], demand)
    assert fair.rate_gbps[0] == min(demand[0], capacity.min())


@pytest.mark.parametrize("seed", range(25))
def test_routes_are_as_short_as_networkx_says_and_hang_together(seed):
    u, v, length, _, src, dst, _, _ = network([3, seed], 30, 55, 60, whole=seed % 2 == 0)
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(30))
    graph.add_weighted_edges_from(zip(u.tolist(), v.tolist(), length.tolist(), strict=True))
    far = dict(nx.all_pairs_dijkstra_path_length(graph))
    routes = route(u, v, src, dst, length=length)
    for d, (a, b) in enumerate(zip(src.tolist(), dst.tolist(), strict=True)):
        assert routes.length[d] == pytest.approx(far[a].get(b, np.inf), rel=1e-14)
        assert routes.reached[d] == (b in far[a])
        if not routes.reached[d]:
            assert routes.of(d).size == 0
            continue
        at, entries = a, slice(routes.start[d], routes.start[d + 1])
        for edge, back in zip(routes.edge[entries].tolist(), routes.reverse[entries].tolist(), strict=True):
            assert at == (v[edge] if back else u[edge])
            at = u[edge] if back else v[edge]
        assert at == b
        assert length[routes.of(d)].sum() == pytest.approx(routes.length[d], rel=1e-14)
