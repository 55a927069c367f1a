"""What must hold for fair shares on every network: the certificate of optimality, and what may not matter."""

from dataclasses import dataclass

import numpy as np
import pytest
from bbsim.traffic import achievable, allocate, route, share
from hypothesis import given, settings
from hypothesis import strategies as st


@dataclass
class Case:
    u: np.ndarray
    v: np.ndarray
    capacity: np.ndarray
    length: np.ndarray
    src: np.ndarray
    dst: np.ndarray
    demand: np.ndarray
    weight: np.ndarray
    directed: bool

    def allocate(self, **change):
        given_ = {**self.__dict__, **change}
        return allocate(
            *(given_[name] for name in ("u", "v", "capacity", "src", "dst", "demand")),
            length=given_["length"],
            weight=given_["weight"],
            directed=given_["directed"],
        )


@st.composite
def cases(draw, *, one_shortest_path=False):
    nodes, edges, demands = draw(st.integers(2, 8)), draw(st.integers(1, 14)), draw(st.integers(1, 14))

    def numbers(count, least, most):
        return np.array(draw(st.lists(st.integers(least, most), min_size=count, max_size=count)))

    # Different powers of two: no two different sets of edges are equally long.
    length = 2.0 ** np.arange(edges) if one_shortest_path else numbers(edges, 0, 4) * 1.0
    return Case(
        u=numbers(edges, 0, nodes - 1),
        v=numbers(edges, 0, nodes - 1),
        capacity=numbers(edges, 0, 12) / 2.0,
        length=length,
        src=numbers(demands, 0, nodes - 1),
        dst=numbers(demands, 0, nodes - 1),
        demand=numbers(demands, 0, 12) / 2.0,
        weight=numbers(demands, 1, 5) * 1.0,
        directed=draw(st.booleans()),
    )


def pools(routes, directed):
    """Pool of capacity of each entry: the edge, or the edge and the direction."""
    return 2 * routes.edge + routes.reverse if directed else routes.edge.astype(int)


@given(cases())
@settings(max_examples=300, deadline=None)
def test_whoever_lacks_something_has_a_full_edge_where_nobody_has_more(case):
    routes = route(case.u, case.v, case.src, case.dst, length=case.length)
    fair = share(routes, case.capacity, case.demand, case.weight, directed=case.directed)
    room = np.repeat(case.capacity, 2) if case.directed else case.capacity
    load = np.zeros(room.size)
    crossed = np.split(pools(routes, case.directed), routes.start[1:-1])
    level = fair.rate_gbps / case.weight
    highest = np.zeros(room.size)
    for d, mine in enumerate(crossed):
        np.add.at(load, mine, fair.rate_gbps[d])
        highest[mine] = np.maximum(highest[mine], level[d])
    np.testing.assert_allclose(fair.load_gbps.ravel(), load, atol=1e-12)
    assert (fair.load_gbps.ravel() <= room).all()
    assert (fair.rate_gbps >= 0).all()
    assert (fair.rate_gbps <= case.demand).all()
    for d, mine in enumerate(crossed):
        if not routes.reached[d]:
            assert (fair.rate_gbps[d], fair.bottleneck[d]) == (0.0, -1)
        elif fair.bottleneck[d] < 0:
            assert fair.rate_gbps[d] == case.demand[d]
        else:
            here = mine[(mine >> 1 if case.directed else mine) == fair.bottleneck[d]]
            assert here.size == 1
            assert load[here[0]] == pytest.approx(room[here[0]], abs=1e-12)
            assert level[d] >= highest[here[0]] - 1e-12
            assert fair.rate_gbps[d] < case.demand[d]


@given(cases(one_shortest_path=True), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_names_of_nodes_do_not_matter(case, random):
    names = list(range(0, 80, 10))
    random.shuffle(names)
    new = np.array(names)
    before = case.allocate()
    after = case.allocate(u=new[case.u], v=new[case.v], src=new[case.src], dst=new[case.dst])
    np.testing.assert_allclose(after.rate_gbps, before.rate_gbps, rtol=1e-12)
    np.testing.assert_allclose(after.load_gbps, before.load_gbps, rtol=1e-12)


@given(cases(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_of_edges_does_not_matter(case, random):
    order = list(range(case.u.size))
    random.shuffle(order)
    before = case.allocate()
    after = case.allocate(
        u=case.u[order], v=case.v[order], capacity=case.capacity[order], length=case.length[order]
    )
    np.testing.assert_allclose(after.rate_gbps, before.rate_gbps, rtol=1e-12)

    def loads(of, fair):
        parallel = np.minimum(of.u, of.v), np.maximum(of.u, of.v), of.length, of.capacity
        total = {}
        for at, key in enumerate(zip(*(part.tolist() for part in parallel), strict=True)):
            total[key] = total.get(key, 0.0) + fair.load_gbps[at].sum()
        return total

    shuffled = Case(
        **{**case.__dict__, **{k: getattr(case, k)[order] for k in ("u", "v", "capacity", "length")}}
    )
    assert loads(shuffled, after) == pytest.approx(loads(case, before), rel=1e-12)


@given(cases(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_order_of_demands_does_not_matter(case, random):
    order = list(range(case.src.size))
    random.shuffle(order)
    before = case.allocate()
    names = ("src", "dst", "demand", "weight")
    after = case.allocate(**{name: getattr(case, name)[order] for name in names})
    np.testing.assert_allclose(after.rate_gbps, before.rate_gbps[order], rtol=1e-12)


@given(cases(), st.sampled_from([0.25, 8.0, 1000.0, 1e-6]))
@settings(deadline=None)
def test_units_do_not_matter(case, factor):
    before = case.allocate()
    after = case.allocate(
        capacity=case.capacity * factor,
        demand=case.demand * factor,
        length=case.length * 4.0,
        weight=case.weight * 7.0,
    )
    np.testing.assert_allclose(after.rate_gbps, before.rate_gbps * factor, rtol=1e-12)
    np.testing.assert_allclose(after.load_gbps, before.load_gbps * factor, rtol=1e-12)


@given(cases())
@settings(deadline=None)
def test_a_demand_of_weight_two_is_two_demands_of_weight_one(case):
    together = case.allocate(weight=2.0 * case.weight)
    names = ("src", "dst", "weight")
    twice = {name: np.repeat(getattr(case, name), 2) for name in names}
    apart = case.allocate(demand=np.repeat(case.demand, 2) / 2.0, **twice)
    np.testing.assert_allclose(together.rate_gbps, apart.rate_gbps.reshape(-1, 2).sum(axis=1), rtol=1e-12)


@given(cases(), st.integers(0, 13))
@settings(max_examples=200, deadline=None)
def test_a_small_newcomer_gets_what_was_called_achievable(case, which):
    tiny, d = 1e-7, which % case.src.size
    routes = route(case.u, case.v, case.src, case.dst, length=case.length, capacity_gbps=case.capacity)
    fair = share(routes, case.capacity, case.demand, case.weight, directed=case.directed)
    promised = achievable(routes, fair, case.capacity, per_unit=tiny, weight=case.weight)[d]
    joined = case.allocate(
        src=np.r_[case.src, case.src[d]],
        dst=np.r_[case.dst, case.dst[d]],
        demand=np.r_[case.demand, np.inf],
        weight=np.r_[case.weight, tiny],
    )
    assert joined.rate_gbps[-1] == pytest.approx(promised, rel=1e-5)


@pytest.mark.parametrize("routing", ["shortest", "ecmp"])
@given(case=cases(), line=st.sampled_from([0.0, 0.01, 0.5, 3.0, 50.0]), plenty=st.booleans())
@settings(max_examples=100, deadline=None)
def test_a_newcomers_line_limits_what_it_gets_and_nothing_else(routing, case, line, plenty):
    capacity = case.capacity + (100.0 if plenty else 0.0)
    routes = route(case.u, case.v, case.src, case.dst, length=case.length, routing=routing)
    fair = share(routes, capacity, case.demand, case.weight, directed=case.directed)
    all_of_it = achievable(routes, fair, capacity, 2.0, weight=case.weight)
    limited = achievable(routes, fair, capacity, 2.0, weight=case.weight, at_most_gbps=line)
    assert limited.tolist() == np.minimum(all_of_it, line).tolist()


@given(st.integers(0, 2**32), st.booleans(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_compiled_shares_are_equal_bit_for_bit(seed, directed, whole):
    pytest.importorskip("numba")
    rng = np.random.default_rng(seed)
    nodes, edges, demands = rng.integers(2, 40), rng.integers(1, 90), rng.integers(1, 900)
    capacity, demand, weight = rng.random(edges) * 40, rng.random(demands), rng.random(demands) + 0.01
    if whole:
        capacity, demand, weight = np.round(capacity), np.ceil(demand * 3), np.ceil(weight * 3)
    ends = rng.integers(0, nodes, (2, edges)), rng.integers(0, nodes, (2, demands))
    routes = route(*ends[0], *ends[1], routing=["shortest", "ecmp"][seed % 2])
    plain = share(routes, capacity, demand, weight, directed=directed, compiled=False)
    fast = share(routes, capacity, demand, weight, directed=directed, compiled=True)
    assert plain.rate_gbps.tobytes() == fast.rate_gbps.tobytes()
    assert plain.load_gbps.tobytes() == fast.load_gbps.tobytes()
    assert plain.bottleneck.tobytes() == fast.bottleneck.tobytes()


@given(st.integers(0, 2**32), st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_compiled_routes_are_equal_bit_for_bit(seed, kind):
    pytest.importorskip("numba")
    rng = np.random.default_rng(seed)
    nodes, edges, demands = rng.integers(1, 40), rng.integers(0, 90), rng.integers(1, 60)
    u, v = rng.integers(0, nodes, (2, edges))
    src, dst = rng.integers(0, nodes + 2, (2, demands))
    length = [
        rng.random(edges),
        rng.integers(0, 3, edges) * 0.1,
        np.zeros(edges),
        rng.random(edges) * 10.0 ** rng.integers(-20, 3, edges),
    ][kind]
    plain = route(u, v, src, dst, length=length, compiled=False)
    fast = route(u, v, src, dst, length=length, compiled=True)
    for name in ("start", "edge", "reverse", "reached", "length"):
        assert getattr(plain, name).tobytes() == getattr(fast, name).tobytes()
