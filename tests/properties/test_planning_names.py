"""Neither the order of rows nor names reach a plan: whom to reach, rings, orders, calendars, a country."""

import dataclasses

import numpy as np
import pytest
from bbsim.country import Country
from bbsim.geodata.sample import sample_country
from bbsim.models.cost import ByTerrain
from bbsim.planning import prize_collecting, ring_augmentation, schedule, sequence, steiner_tree
from bbsim.planning.programme.phases import plan_programme
from bbsim.planning.programme.situation import Situation


def drawn(seed, n=60):
    """A graph without equal costs, its rows in another order and its nodes under other names."""
    rng = np.random.default_rng(seed)
    u = np.concatenate([np.arange(n), rng.integers(0, n, n)])
    v = np.concatenate([np.roll(np.arange(n), 1), rng.integers(0, n, n)])
    cost = rng.uniform(1.0, 9.0, len(u))
    rows, name = rng.permutation(len(u)), rng.permutation(n)
    turned = rng.random(len(u)) < 0.5
    a, b = name[np.where(turned, v, u)][rows], name[np.where(turned, u, v)][rows]
    return (u, v, cost), (a, b, cost[rows]), rows, name, rng


@pytest.mark.parametrize("how", [{"budget": 60.0}, {"usd_per_prize": 0.8}])
@pytest.mark.parametrize("seed", range(3))
def test_the_same_places_are_reached(seed, how):
    edges, others, rows, name, rng = drawn(seed)
    prize = rng.uniform(0.0, 9.0, len(name))
    renamed = np.empty(len(name))
    renamed[name] = prize
    first = prize_collecting(*edges, prize, 0, **how)
    second = prize_collecting(*others, renamed, int(name[0]), **how)
    assert sorted(rows[second.edges].tolist()) == first.edges.tolist()
    assert sorted(name[first.nodes].tolist()) == second.nodes.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_the_same_rings_are_closed(seed):
    edges, others, rows, name, _ = drawn(seed)
    tree = steiner_tree(*edges, np.arange(0, len(name), 2)).edges
    place = np.argsort(rows)
    first = ring_augmentation(*edges, tree)
    second = ring_augmentation(*others, place[tree])
    assert sorted(rows[second.edges].tolist()) == first.edges.tolist()
    assert sorted(rows[second.bridges].tolist()) == first.bridges.tolist()


@pytest.mark.parametrize("seed", range(4))
def test_one_crew_keeps_its_order(seed):
    rng = np.random.default_rng(seed)
    n = 80
    parent = np.array([-1, *(int(rng.integers(0, x)) for x in range(1, n))])
    cost, weight = rng.uniform(1.0, 9.0, n), rng.uniform(1.0, 9.0, n)
    name = rng.permutation(n)
    above, hours, people = np.empty(n, dtype=np.int64), np.empty(n), np.empty(n)
    above[name], hours[name], people[name] = np.where(parent < 0, -1, name[parent]), cost, weight
    first, second = sequence(parent, cost, weight), sequence(above, hours, people)
    assert second.order.tolist() == name[first.order].tolist()


@pytest.mark.parametrize("seed", range(2))
def test_a_calendar_lasts_as_long_whatever_the_projects_are_called(seed):
    rng = np.random.default_rng(seed)
    n = 12
    days = rng.uniform(1.0, 9.0, n)
    before = [sorted(rng.choice(j, min(j, 2), replace=False).tolist()) if j > 2 else [] for j in range(n)]
    need = rng.uniform(0.2, 1.0, n)
    name = rng.permutation(n)
    waits = [[] for _ in range(n)]
    for j, row in enumerate(before):
        waits[name[j]] = name[row].tolist()
    hours, held = np.empty(n), np.empty(n)
    hours[name], held[name] = days, need
    first, second = schedule(days, before, need, 1.6), schedule(hours, waits, held, 1.6)
    assert second.makespan == pytest.approx(first.makespan)
    assert second.lower_bound == pytest.approx(first.lower_bound)


def renamed(country, seed):
    """The same country with other ids for nodes and spans, and spans that run the other way."""
    rng = np.random.default_rng(seed)
    node = {old: f"n-{i:06d}" for old, i in zip(country.ids, rng.permutation(len(country.ids)), strict=True)}
    span = [f"x-{i:06d}" for i in rng.permutation(len(country.span_ids))]
    nodes = {**country.nodes, "id": [node[old] for old in country.ids]}
    spans = {
        **country.spans,
        "id": span,
        "start": [node[old] for old in country.spans["end"]],
        "end": [node[old] for old in country.spans["start"]],
    }
    given = {field.name: getattr(country, field.name) for field in dataclasses.fields(country)}
    for known in ("nodes", "spans", "node_xy", "span_xy"):
        del given[known]
    lines = [line[::-1] for line in country.span_xy]
    return Country.of(nodes=nodes, spans=spans, node_xy=country.node_xy, span_xy=lines, **given), node, span


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_plan_of_a_country_is_the_same_under_other_ids(seed, together):
    country = sample_country(50, seed=seed)
    other, node, span = renamed(country, seed)
    told = []
    for land, gateway in ((country, "city-000000"), (other, node["city-000000"])):
        standing = np.zeros(len(land.km), dtype=bool)
        situation = Situation(land, ByTerrain().prices(land), standing, ~standing, [land.node_index[gateway]])
        phases = [("cities", land.is_city), ("villages", land.is_place & ~land.is_city)]
        told.append(plan_programme(situation, phases, together=together))
    new_span = dict(zip(country.span_ids, span, strict=True))
    first = [
        (node[country.ids[step.target]], [new_span[country.span_ids[s]] for s in step.spans], step.cents)
        for step in told[0].steps
    ]
    second = [
        (other.ids[step.target], [other.span_ids[s] for s in step.spans], step.cents)
        for step in told[1].steps
    ]
    assert first == second
    assert told[0].lower_bound_cents == told[1].lower_bound_cents
