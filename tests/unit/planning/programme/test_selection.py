"""Whom to leave out: against all sets of places on small countries; and what joining the others takes."""

import itertools
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from bbsim.geodata.sample import sample_country
from bbsim.models.cost import ByTerrain
from bbsim.planning.programme.selection import choose, left_out
from bbsim.planning.programme.situation import Situation

CENTS_EACH = 1_000.0


def situation_of(country):
    prices = ByTerrain().prices(country)
    standing = np.array([status == "operational" for status in country.spans["status"]])
    usable = np.ones(len(country.km), dtype=bool)
    return Situation(country, prices, standing, usable, [country.node_index["city-000000"]])


@pytest.fixture(scope="module", params=[2, 5, 9])
def small(request):
    country = sample_country(7, seed=request.param)
    return country, situation_of(country)


def price_of(situation, places):
    """The cheapest network over these places: the least spanning tree over any nodes that hold them."""
    country, prices = situation.country, situation.prices
    graph = nx.Graph()
    for span, (a, b) in enumerate(zip(country.u.tolist(), country.v.tolist(), strict=True)):
        graph.add_edge(a, b, weight=0 if situation.standing[span] else int(prices.span[span]))
    must = {situation.sources[0], *places}
    others = [node for node in graph if node not in must]
    best = np.inf
    for size in range(len(others) + 1):
        for extra in itertools.combinations(others, size):
            part = graph.subgraph([*must, *extra])
            if nx.is_connected(part):
                best = min(best, nx.minimum_spanning_tree(part).size("weight"))
    return best + prices.node[sorted(places)].sum()


def all_choices(situation, wanted):
    places = np.flatnonzero(wanted).tolist()
    for size in range(len(places) + 1):
        for some in itertools.combinations(places, size):
            yield price_of(situation, set(some)), int(situation.country.population[list(some)].sum())


def test_a_budget_reaches_as_many_people_as_any_choice_within_it(small):
    country, situation = small
    wanted = country.is_place & (np.arange(len(country.ids)) != situation.sources[0])
    choices = list(all_choices(situation, wanted))
    budget = int(0.5 * max(price for price, _ in choices))
    best = max(people for price, people in choices if price <= budget)
    choice = choose(situation, wanted, budget_cents=budget)
    assert choice.people == best
    assert choice.cents <= budget
    assert choice.most_people == best


def test_a_value_a_person_takes_the_set_that_is_worth_most(small):
    country, situation = small
    wanted = country.is_place & (np.arange(len(country.ids)) != situation.sources[0])
    best = max(CENTS_EACH * people - price for price, people in all_choices(situation, wanted))
    choice = choose(situation, wanted, cents_per_person=CENTS_EACH)
    assert CENTS_EACH * choice.people - choice.cents == pytest.approx(best)
    assert choice.most_cents == pytest.approx(best, abs=1.0)


@pytest.fixture(scope="module")
def larger():
    country = sample_country(40, seed=3)
    return country, situation_of(country)


def rows_left_out(country, situation, choice):
    built = np.flatnonzero(choice.spans & ~situation.standing).tolist()
    return left_out(situation, built, country.is_place & ~choice.places), built


def test_nobody_who_is_left_out_could_be_joined_with_what_is_left(larger):
    country, situation = larger
    everything = choose(situation, country.is_place, cents_per_person=1e12)
    budget = everything.cents // 2
    choice = choose(situation, country.is_place, budget_cents=budget)
    rows, _ = rows_left_out(country, situation, choice)
    assert {row.place for row in rows} == set(np.flatnonzero(country.is_place & ~choice.places).tolist())
    assert all(row.cents > budget - choice.cents for row in rows if row.people)
    assert choice.people <= choice.most_people


def test_nobody_who_is_left_out_is_worth_the_way(larger):
    country, situation = larger
    choice = choose(situation, country.is_place, cents_per_person=3_000.0)
    rows, _ = rows_left_out(country, situation, choice)
    assert rows
    assert all(row.cents > 3_000.0 * row.people for row in rows if row.people)
    assert all(row.way_cents >= 3_000.0 * row.way_people for row in rows)


def test_the_way_is_the_cheapest_from_the_network_and_its_price_adds_up(larger):
    country, situation = larger
    choice = choose(situation, country.is_place, cents_per_person=3_000.0)
    rows, built = rows_left_out(country, situation, choice)
    free = situation.standing.copy()
    free[built] = True
    graph = nx.Graph()
    for span, (a, b) in enumerate(zip(country.u.tolist(), country.v.tolist(), strict=True)):
        graph.add_edge(a, b, weight=0 if free[span] else int(situation.prices.span[span]))
    far = nx.single_source_dijkstra_path_length(graph, situation.sources[0])
    for row in rows:
        assert row.cents == far[row.place] + situation.prices.node[row.place]
        assert situation.prices.span[list(row.spans)].sum() == far[row.place]
        assert far[row.near] == 0
        assert row.way_cents >= row.cents
        assert row.km == pytest.approx(country.km[list(row.spans)].sum())


def test_money_that_is_left_joins_places_where_nobody_lived(larger):
    country, _ = larger
    empty = {key: list(column) for key, column in country.nodes.items()}
    deserted = next(i for i in range(len(country.ids) - 1, 0, -1) if country.is_place[i])
    empty["population"][deserted] = 0
    changed = replace(country, nodes=empty)
    situation = situation_of(changed)
    assert choose(situation, changed.is_place, budget_cents=10**13).places[deserted]
    assert not choose(situation, changed.is_place, cents_per_person=1e9).places[deserted]


def test_without_money_nobody_is_reached_and_without_a_question_there_is_no_answer(larger):
    country, situation = larger
    far = country.is_place & (np.arange(len(country.ids)) > 5)
    assert choose(situation, far, budget_cents=0).people == 0
    with pytest.raises(ValueError, match="budget"):
        choose(situation, far)
