"""Corridors chosen with their order: everybody is reached all the same, and people wait less."""

import numpy as np
import pytest
from bbsim.geodata.sample import sample_country
from bbsim.models.cost import ByTerrain
from bbsim.planning.programme.phases import plan_programme
from bbsim.planning.programme.replans import replan
from bbsim.planning.programme.situation import Situation


@pytest.fixture(scope="module")
def world():
    country = sample_country(40, seed=5)
    standing = np.zeros(len(country.km), dtype=bool)
    situation = Situation(
        country, ByTerrain().prices(country), standing, ~standing, [country.node_index["city-000000"]]
    )
    return country, situation, [("all", country.is_place)]


@pytest.fixture(scope="module")
def plans(world):
    _, situation, phases = world
    return [plan_programme(situation, phases, together=together) for together in (False, True)]


def test_people_wait_less_for_the_money_and_no_less_of_it_is_spent(plans):
    cheapest, together = plans
    assert together.waiting < cheapest.waiting
    assert together.lower_bound_cents == cheapest.lower_bound_cents <= together.spans_cents


def test_everybody_is_reached_once_and_each_project_begins_where_the_network_is(world, plans):
    country, situation, _ = world
    there, reached = set(situation.sources), []
    for step in plans[1].steps:
        ends = [{int(country.u[s]), int(country.v[s])} for s in step.spans]
        assert not ends or ends[0] & there
        there |= set().union(*ends) if ends else set()
        reached += step.nodes
    assert sorted(reached) == np.flatnonzero(country.is_place).tolist()


def test_a_new_plan_is_made_in_the_same_way(world, plans):
    _, situation, phases = world
    assert replan(situation, phases, cause="the start", together=True).plan == plans[1]
