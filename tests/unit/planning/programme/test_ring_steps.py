"""Rings as projects: together they are the protection, and each comes right after what it closes."""

import networkx as nx
import numpy as np
import pytest
from bbsim.geodata.sample import sample_country
from bbsim.models.cost import ByTerrain
from bbsim.planning.programme.phases import plan_programme, protect
from bbsim.planning.programme.ring_steps import exposure, rings_in_order, with_rings
from bbsim.planning.programme.situation import Situation


@pytest.fixture(scope="module", params=[1, 4])
def ringed(request):
    country = sample_country(60, seed=request.param, cities_share=0.3)
    prices = ByTerrain().prices(country)
    standing = np.array([status == "operational" for status in country.spans["status"]])
    usable = np.ones(len(country.km), dtype=bool)
    situation = Situation(country, prices, standing, usable, [country.node_index["city-000000"]])
    there = np.zeros(len(country.ids), dtype=bool)
    there[situation.sources] = True
    phases = [("cities", country.is_city & ~there), ("villages", country.is_place & ~country.is_city)]
    plan = plan_programme(situation, phases)
    protection = protect(situation, plan, phases[0][1])
    rings = rings_in_order(situation, plan, protection, phases[0][1])
    return country, situation, phases[0][1], plan, protection, rings


def test_the_rings_are_the_protection_each_span_once(ringed):
    *_, protection, rings = ringed
    spans = [span for ring in rings for span in ring.spans]
    assert sorted(spans) == sorted(protection.spans)
    assert sum(ring.cents for ring in rings) == protection.cents
    assert len(rings) > 1


def test_a_ring_comes_right_after_the_last_route_that_it_closes(ringed):
    *_, plan, _, rings = ringed
    steps = with_rings(plan, rings)
    assert [step for step in steps if step.kind == "route"] == list(plan.steps)
    at = {step.spans: i for i, step in enumerate(steps)}
    for ring in rings:
        if not ring.spans:
            continue
        here = at[ring.spans]
        while steps[here].kind == "ring":
            here -= 1
        assert steps[here] == plan.steps[ring.after]
        assert not ring.closes or ring.after == max(ring.closes)


def test_when_a_ring_is_built_both_its_ends_stand(ringed):
    country, situation, _, plan, _, rings = ringed
    there = set(situation.sources)
    for step in with_rings(plan, rings):
        ends = {int(n) for span in step.spans for n in (country.u[span], country.v[span])}
        if step.kind == "ring":
            ring = next(ring for ring in rings if ring.spans == step.spans)
            standing = {
                int(n)
                for span in np.flatnonzero(situation.standing)
                for n in (country.u[span], country.v[span])
            }
            assert set(ring.ends) <= there | standing
        there |= ends


def test_whom_a_ring_protects_no_cut_isolates_and_everybody_else_is_named(ringed):
    country, situation, wanted, plan, protection, rings = ringed
    built = {span for step in with_rings(plan, rings) for span in step.spans}
    built |= set(np.flatnonzero(situation.standing).tolist())
    graph = nx.MultiGraph((int(country.u[s]), int(country.v[s])) for s in built)
    bridges = [(a, b) for a, b in nx.bridges(nx.Graph(graph)) if graph.number_of_edges(a, b) == 1]
    graph.remove_edges_from(bridges)
    safe = nx.node_connected_component(graph, situation.sources[0])
    protected = {place for ring in rings for place in ring.protects}
    assert protected <= safe
    assert protected | set(protection.single_path) == set(np.flatnonzero(wanted).tolist())
    assert not protected & set(protection.single_path)


def test_the_single_stretches_that_are_left_belong_to_those_who_are_named(ringed):
    _, situation, wanted, plan, protection, rings = ringed
    exposed = exposure(situation, plan, rings, wanted)
    left = set(exposed.places[exposed.after_km > 0].tolist())
    assert left == set(protection.single_path)
    assert (exposed.after_km <= exposed.before_km + 1e-9).all()
