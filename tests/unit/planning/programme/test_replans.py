"""A new plan says what it changes: less money, lost spans, areas that open, work that was done meanwhile."""

import numpy as np
import pytest
from bbsim.geodata.sample import sample_country
from bbsim.models.cost import ByTerrain
from bbsim.planning.programme.replans import replan
from bbsim.planning.programme.situation import Situation


@pytest.fixture(scope="module")
def world():
    country = sample_country(40, seed=3)
    standing = np.array([status == "operational" for status in country.spans["status"]])
    open_spans = np.array([area == "" for area in country.spans["area"]])
    return country, ByTerrain().prices(country), standing, open_spans


def situation_of(world, *, standing=None, usable=None):
    country, prices, stands, open_spans = world
    usable = open_spans if usable is None else usable
    standing = stands if standing is None else standing
    return Situation(country, prices, standing, usable, [country.node_index["city-000000"]])


def phases_of(country, closed=False, done=()):
    here = country.is_place & (np.arange(len(country.ids)) != country.node_index["city-000000"])
    here &= country.open_from_start if not closed else True
    here[list(done)] = False
    return [("cities", here & country.is_city), ("villages", here & ~country.is_city)]


@pytest.fixture(scope="module")
def first(world):
    return replan(situation_of(world), phases_of(world[0]), cause="first day")


def test_the_first_plan_reaches_everybody_and_says_why_each_comes_when_it_comes(world, first):
    assert first.changes == ()
    assert first.left_out == ()
    places = [step.target for step in first.plan.steps]
    assert set(places) == set(np.flatnonzero(np.logical_or.reduce([m for _, m in phases_of(world[0])])))
    assert first.why(places[4]).startswith(f"planned 5 of {len(places)} (first day), in phase cities: ")
    assert "in phase villages: " in first.why(places[-1])
    assert first.why(world[0].node_index["junction-000020"]) == "not planned (first day)"


def test_as_long_as_nothing_changes_the_plan_does_not(world, first):
    again = replan(situation_of(world), phases_of(world[0]), cause="nothing", before=first.plan)
    assert again.plan == first.plan
    assert again.changes == ()


def test_work_that_was_done_is_no_change_and_the_rest_keeps_its_order(world, first):
    done = first.plan.steps[:6]
    standing = world[2].copy()
    standing[[span for step in done for span in step.spans]] = True
    later = replan(
        situation_of(world, standing=standing),
        phases_of(world[0], done=[node for step in done for node in step.nodes]),
        cause="a year later",
        before=first.plan,
    )
    assert later.plan.cents == first.plan.cents - sum(step.cents for step in done)
    assert {step.target for step in later.plan.steps} == {step.target for step in first.plan.steps[6:]}
    assert all(change.after >= 0 for change in later.changes)


def test_less_money_leaves_out_those_whom_it_does_not_reach_and_begins_nothing_for_them(world, first):
    cents = first.plan.cents // 3
    poor = replan(situation_of(world), phases_of(world[0]), cause="grant cut", cents=cents, before=first.plan)
    assert 0 < poor.plan.cents <= cents
    kept = {step.target for step in poor.plan.steps}
    assert kept | set(poor.left_out) == {step.target for step in first.plan.steps}
    told = {change.place: change.why for change in poor.changes if change.after < 0}
    assert set(told) == set(poor.left_out)
    assert set(told.values()) == {"the money that can be expected does not reach it"}
    within = people = 0
    for step in first.plan.steps:
        if within + step.cents > cents:
            break
        within, people = within + step.cents, people + step.people
    assert sum(step.people for step in poor.plan.steps) > people


def test_enough_money_is_no_change(world, first):
    rich = replan(
        situation_of(world), phases_of(world[0]), cause="gift", cents=first.plan.cents, before=first.plan
    )
    assert rich.plan == first.plan
    assert rich.changes == ()


def test_a_lost_span_makes_somebody_dearer_or_unreachable(world, first):
    lost = max(first.plan.steps, key=lambda step: len(step.spans)).spans[0]
    usable = world[3].copy()
    usable[lost] = False
    after = replan(
        situation_of(world, usable=usable), phases_of(world[0]), cause="span lost", before=first.plan
    )
    assert lost not in {span for step in after.plan.steps for span in step.spans}
    assert after.plan.spans_cents >= first.plan.lower_bound_cents
    assert any("dearer" in c.why or "no open corridor" in c.why for c in after.changes)


def test_an_area_that_opens_brings_places_in(world, first):
    everything = np.ones(len(world[3]), dtype=bool)
    opened = replan(
        situation_of(world, usable=everything),
        phases_of(world[0], closed=True),
        cause="closed opened",
        before=first.plan,
    )
    fresh = {change.place for change in opened.changes if change.before < 0}
    assert fresh == set(np.flatnonzero(world[0].is_place & ~world[0].open_from_start).tolist())
    some = next(iter(sorted(fresh)))
    assert opened.why(some).endswith("was not planned before")
