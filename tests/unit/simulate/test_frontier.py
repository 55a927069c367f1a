"""The frontier against scipy's Dijkstra from scratch, after every award."""

import numpy as np
import pytest
from bbsim.geodata.sample import sample_country
from bbsim.models.cost import ByTerrain
from bbsim.planning.corridors import have_numba
from bbsim.simulate import frontier as room
from bbsim.simulate.frontier import FAR, Frontier, frontier_of
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra
from strategies import made_country, networks


def from_scratch(country, price, opened, sources):
    """Cheapest missing cents by node; zeros would be no edges to scipy, so prices are raised and cut off."""
    n, unit = len(country.ids), 1e-6
    best = {}
    for span, (a, b) in enumerate(zip(country.u.tolist(), country.v.tolist(), strict=True)):
        if opened[span]:
            key = (min(a, b), max(a, b))
            best[key] = min(best.get(key, np.inf), price[span] + unit)
    ends = list(best)
    matrix = coo_matrix(
        ([best[k] for k in ends], ([k[0] for k in ends], [k[1] for k in ends])), shape=(n, n)
    ).tocsr()
    far = dijkstra(matrix, directed=False, indices=sources, min_only=True)
    return [FAR if np.isinf(d) else round(d - 0.4) for d in far]


def checked(frontier, country, prices, opened, awarded, wanted, needs, sources):
    price = np.where(awarded, 0, prices.span)
    assert frontier.cents.tolist() == from_scratch(country, price, opened, sources)
    metres = np.rint(country.km * 1000).astype(int)
    for node in range(len(country.ids)):
        if frontier.cents[node] == FAR:
            continue
        spans, places = frontier.route(node)
        at = node
        for span in reversed(spans):  # a route is a chain of missing, open spans that ends at the node
            assert opened[span]
            at = int(country.u[span] + country.v[span] - at)
        assert frontier.cents[at] == 0
        new = [s for s in spans if not awarded[s]]
        assert new == spans, "what is awarded is not built again"
        assert price[spans].sum() == frontier.cents[node]
        assert metres[new].sum() == frontier.metres[node]
        union = 0
        for span in new:
            union |= needs[span]
        assert union == frontier.needs[node]
        assert all(wanted[p] for p in places)
        if frontier.cents[node] > 0:
            assert country.population[places].sum() == frontier.people[node]
            assert prices.node[places].sum() == frontier.places_cents[node]


def begin(country, closed=()):
    prices = ByTerrain().prices(country)
    spans = len(country.span_ids)
    opened = np.array([s not in closed for s in country.span_ids])
    wanted = country.is_place.copy()
    wanted[country.node_index["g"]] = False
    needs = [1 << (i % 5) for i in range(spans)]
    sources = [country.node_index["g"]]
    frontier = Frontier(country, prices, opened, [], sources, wanted, needs)
    return frontier, prices, opened, np.zeros(spans, dtype=bool), wanted, needs, sources


@given(networks(), st.data())
def test_prices_and_sums_are_those_of_a_new_search_after_every_award(country, data):
    closed = data.draw(st.sets(st.sampled_from(list(country.span_ids)), max_size=4))
    frontier, prices, opened, awarded, wanted, needs, sources = begin(country, closed)
    opened, wanted = opened.copy(), wanted.copy()
    checked(frontier, country, prices, opened, awarded, wanted, needs, sources)
    for _ in range(6):
        reachable = [i for i in np.flatnonzero(wanted).tolist() if frontier.cents[i] < FAR]
        if reachable and data.draw(st.booleans()):
            spans, places = frontier.route(data.draw(st.sampled_from(reachable)))
            frontier.award(spans, places)
            awarded[spans] = True
            wanted[places] = False
        else:
            shut = np.flatnonzero(~opened).tolist()
            if not shut:
                continue
            span = data.draw(st.sampled_from(shut))
            frontier.open([span])
            opened[span] = True
            frontier.want(wanted)
        checked(frontier, country, prices, opened, awarded, wanted, needs, sources)


@pytest.mark.skipif(not have_numba(), reason="numba is not installed")
def test_the_compiled_twin_finds_the_same_routes_and_sums_after_every_award():
    from bbsim.simulate._frontier_compiled import CompiledFrontier

    country = sample_country(60)
    spans = len(country.span_ids)
    prices, wanted = ByTerrain().prices(country), np.asarray(country.is_place).copy()
    opened = np.arange(spans) % 7 != 3
    needs = [1 << (i % 5) for i in range(spans)]
    twins = [kind(country, prices, opened, [1], [0], wanted, needs) for kind in (Frontier, CompiledFrontier)]

    def alike():
        plain, quick = twins
        near = plain.cents < FAR
        for name in ("cents", "people", "places_cents", "metres", "needs"):
            assert getattr(plain, name)[near].tolist() == getattr(quick, name)[near].tolist(), name
        assert plain.cents.tolist() == quick.cents.tolist()
        assert plain.candidate.tolist() == quick.candidate.tolist()
        assert [plain.route(node) for node in np.flatnonzero(near).tolist()] == [
            quick.route(node) for node in np.flatnonzero(near).tolist()
        ]
        assert plain.changed().tolist() == quick.changed().tolist()

    alike()
    stream = np.random.default_rng(1)
    for turn in range(40):
        target = int(stream.choice(np.flatnonzero(twins[0].candidate)))
        route = twins[0].route(target)
        for twin in twins:
            twin.award(*route)
            if turn % 10 == 9:
                twin.open([turn, turn + 1, 3])
            if turn % 20 == 19:
                twin.want(twin.candidate.copy())
        alike()


def test_a_large_country_gets_the_compiled_twin_where_numba_is(monkeypatch):
    given = (made_country({"g": {}, "a": {}}, {"s": ("g", "a", 1)}),)
    given += (ByTerrain().prices(given[0]), np.array([True]), [], [0], np.array([True, True]), [1])
    assert type(frontier_of(*given)) is Frontier
    monkeypatch.setattr(room, "COMPILED_FROM", 2)
    assert (type(frontier_of(*given)) is not Frontier) == have_numba()


def test_a_place_at_the_networks_edge_adds_itself_alone():
    country = made_country({"g": {}, "a": {"population": 7}}, {"s": ("g", "a", 1)})
    frontier, prices, *_ = begin(country)
    a = country.node_index["a"]
    frontier.award([0], [])
    assert (frontier.cents[a], frontier.people[a]) == (0, 0)
    assert frontier.route(a) == ([], [a])
    assert frontier.own(a) == (7, prices.node[a])


def test_equal_prices_are_decided_by_the_lower_node_and_not_by_the_order_of_the_file():
    nodes = {"g": {}, "m1": {}, "m2": {}, "t": {}}
    spans = {"a": ("g", "m1", 5), "b": ("g", "m2", 5), "c": ("m1", "t", 5), "d": ("m2", "t", 5)}
    one = made_country(nodes, spans)
    two = made_country(dict(reversed(nodes.items())), dict(reversed(spans.items())))
    routes = [begin(c)[0].route(c.node_index["t"]) for c in (one, two)]
    assert routes[0] == routes[1]
    assert [one.span_ids[s] for s in routes[0][0]] == ["a", "c"]


@pytest.mark.parametrize("km", [0.00001, 0.0001])
def test_a_span_that_costs_nothing_is_built_all_the_same(km):
    country = made_country({"g": {}, "a": {"population": 7}}, {"s": ("g", "a", km)})
    wanted = np.array([True, False])
    prices = ByTerrain(plain_usd_per_km=1).prices(country)
    assert prices.span.tolist() == [0]
    frontier = Frontier(country, prices, np.array([True]), [], [country.node_index["g"]], wanted, [1])
    assert frontier.route(country.node_index["a"])[0] == [0]
