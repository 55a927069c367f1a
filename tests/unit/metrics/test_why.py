"""Why not earlier: the chain is without gaps from the first day to the day of light."""

import itertools
from datetime import date, timedelta

import pytest
from bbsim import events as ev
from bbsim.metrics.why import chain_of, chain_of_last_city, last_city
from bbsim.simulate import simulate
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, made_scenario, networks, star

START = date(2014, 1, 1)


def days(number):
    return START + timedelta(days=number)


def lit_on(run, node):
    found = [e for e in run.events if isinstance(e, ev.NodeActivated) and e.node == node and e.project >= 0]
    return run.scenario.start + timedelta(days=found[0].minute // 1440) if found else None


def without_gaps(run, node):
    links, lit = chain_of(run, node), lit_on(run, node)
    if lit is None:
        assert links == []
        return 0
    assert links[0].begin == run.scenario.start
    assert links[-1].end == lit
    for one, other in itertools.pairwise(links):
        assert one.end == other.begin, (run.country.ids[node], links)
    assert all(link.begin < link.end for link in links)
    return len(links)


def test_a_hand_made_chain_told_link_by_link():
    """The money for a comes on 1 July; one crew that is still busy with b; the railway takes 90 days."""
    nodes = {"g": {}, "a": {"population": 5}, "b": {"population": 50}}
    country = made_country(nodes, {"1": ("g", "a", 10, {"follows": "rail"}), "2": ("g", "b", 200)})
    scenario = made_scenario(
        priority={"use": "biggest_first"},
        permits={"railway": {"follows": ["rail"], "desks": 1, "days": 90}},
        budget={
            "opening_usd": 200_000,
            "usd_per_year": 20_000,
            "first_grant": "2014-07-01",
            "access_share": 0,
        },
        crews={"bases": [{"base": "R", "regions": ["R"], "civil": 1, "cable": 9, "splice": 9, "access": 9}]},
    )
    run = simulate(scenario, country)
    award = (date(2014, 7, 1) - START).days
    civil = 60 + 4 * 51  # four sections of 50 km, one day more each for the calendar
    begin = award + 10 + 90 + 50
    laid = max(civil, begin) + 11 + 3
    told = [(link.begin, link.end, link.project, link.what) for link in chain_of_last_city(run)]
    assert told == [
        (START, days(award), "", "waiting for award"),
        (days(award), days(award + 10), "P00001", "survey"),
        (days(award + 10), days(award + 100), "P00001", "permits"),
        (days(award + 100), days(award + 120), "P00001", "tender"),
        (days(award + 120), days(award + 150), "P00001", "material"),
        (days(begin), days(laid), "P00001", "laying"),
        (days(laid), days(laid + 3), "P00001", "splice_test"),
        (days(laid + 3), days(laid + 8), "P00001", "commissioning"),
    ]
    assert "money" in chain_of_last_city(run)[0].why
    assert f"{award} days" in chain_of_last_city(run)[0].why
    assert run.country.ids[last_city(run)] == "a"


def test_a_wait_inside_a_stage_is_told_with_its_days():
    scenario = made_scenario(
        crews={"bases": [{"base": "R", "regions": ["R"], "civil": 1, "cable": 9, "splice": 9, "access": 9}]},
        permits={"roads": {"follows": ["road"], "desks": 1, "days": 7}},
    )
    run = simulate(scenario, star([40, 41]))
    why = {link.what: link.why for link in chain_of_last_city(run)}
    assert why["permits"] == "7 days waiting for permits"
    assert why["laying"] == "32 days waiting for crews"  # 41 days of the other's, 7 later, and 2 of the hut
    assert why["survey"] == "no wait"


def test_a_project_that_waits_for_anothers_light_hands_the_question_on():
    nodes = {"g": {}, "t": {"population": 900}, "x": {"kind": "junction"}, "b": {"population": 10}}
    spans = {"1": ("g", "x", 200), "2": ("x", "t", 1), "3": ("x", "b", 1)}
    run = simulate(made_scenario(priority={"use": "biggest_first"}), made_country(nodes, spans))
    b = run.country.node_index["b"]
    links = chain_of(run, b)
    assert [link.project for link in links] == ["P00000"] * 6 + ["P00001"]
    assert links[-1].what == "commissioning"
    assert without_gaps(run, b) == 7


def test_a_closed_area_is_a_link_of_its_own():
    country = made_country({"g": {}, "a": {"population": 5, "area": "x"}}, {"1": ("g", "a", 10)})
    run = simulate(made_scenario(openings=[{"area": "x", "opens": "2015-02-03"}]), country)
    first = chain_of_last_city(run)[0]
    assert (first.begin, first.end, first.what) == (START, date(2015, 2, 3), "closed")
    assert "'x'" in first.why


@pytest.mark.parametrize("hut", [1, 400])
def test_a_hut_that_decides_the_date_is_a_link(hut):
    run = simulate(made_scenario(stages={"hut_days": hut}), star([10]))
    without_gaps(run, run.country.node_index["a"])
    whats = [link.what for link in chain_of_last_city(run)]
    assert ("huts" in whats) == (hut == 400)


def test_a_place_on_an_awarded_corridor_has_a_chain_too():
    nodes = {"g": {}, "mid": {"kind": "town", "population": 5}, "end": {"population": 5}}
    country = made_country(nodes, {"1": ("g", "mid", 5), "2": ("mid", "end", 5)})
    phases = [{"name": "cities", "kinds": ["city"]}, {"name": "towns", "kinds": ["town"]}]
    for hut in (1, 200):
        run = simulate(made_scenario(phases=phases, stages={"hut_days": hut}), country)
        assert without_gaps(run, country.node_index["mid"]) > 3


def test_what_stood_at_the_start_or_never_came_has_no_chain():
    country = made_country({"g": {}, "a": {"population": 5}}, {"1": ("g", "a", 3000)})
    run = simulate(made_scenario(end=date(2014, 3, 1)), country)
    assert chain_of_last_city(run) == []
    assert [chain_of(run, n) for n in range(2)] == [[], []]


@settings(max_examples=30, deadline=None)
@given(networks(9), st.sampled_from([1, 30, 300]), st.integers(1, 3), st.sampled_from([0, 20, 3000]))
def test_no_chain_of_any_place_has_a_gap(country, hut, crews, thousand_usd):
    base = {"base": "R", "regions": ["R"], "civil": crews, "cable": 1, "splice": crews, "access": 1}
    scenario = made_scenario(
        stages={"hut_days": hut},
        crews={"bases": [base], "per_project": 2, "pace": {"section_km": 2}},
        budget={"opening_usd": 5_000, "usd_per_year": thousand_usd * 1000},
        permits={"roads": {"follows": ["road"], "desks": 1, "days": 20}},
        end=date(2020, 1, 1),
        priority={"use": "biggest_first"},
        planner={"award_every_days": 14},
    )
    run = simulate(scenario, country)
    for node in range(len(country.ids)):
        without_gaps(run, node)


def test_no_chain_of_any_city_of_the_flagship_has_a_gap(flagship):
    country = flagship.country
    counts = [without_gaps(flagship, n) for n in range(len(country.ids)) if country.is_city[n]]
    assert sum(c > 0 for c in counts) > 50
    last = max(lit_on(flagship, n) or START for n in range(len(country.ids)) if country.is_city[n])
    assert chain_of_last_city(flagship)[-1].end == last
