"""P05: with money, desks and crews without end, a project's date is its critical path, worked out on paper.

The durations here are a second implementation of the stages: plain fractions, no clock.
"""

from datetime import date, timedelta
from fractions import Fraction
from math import ceil

import pytest
from bbsim import events as ev
from bbsim.simulate import simulate
from hypothesis import given, settings
from strategies import made_country, made_scenario, networks, star


def critical_path(durations, preds):
    """Longest path: P05 of the public oracles."""
    memo = {}

    def end(job):
        if job not in memo:
            memo[job] = durations[job] + max((end(p) for p in preds.get(job, ())), default=0)
        return memo[job]

    return max(end(job) for job in durations)


def calendar(working_days, per_year=365):
    """Calendar days of so many working days, whole and at least one."""
    return max(1, ceil(Fraction(working_days).limit_denominator(10**9) * Fraction(1461, 4) / per_year))


def path_days(kms, *, per_year=365, section_km=50, fronts=1, permit=None, places=1, stages=None):
    """Days from award to service of a route of spans, each in sections, laid by `fronts` crews in turn."""
    s = {"survey": 10, "per_km": 0, "tender": 20, "material": 30, "splice": 2, "hut": 1, "commissioning": 5}
    s |= stages or {}
    jobs = {"survey": ceil(s["survey"] + s["per_km"] * sum(kms)) if kms else 0}
    jobs |= {"permits": permit or 0, "tender": s["tender"], "material": s["material"]}
    preds = {"permits": ["survey"], "tender": ["permits"], "material": ["tender"]}
    free, spans = [0] * fronts, {}
    for number, km in enumerate(kms):  # sections in order, each to the front that is free first
        count = max(1, ceil(km / section_km))
        for _ in range(count):
            at = free.index(min(free))
            free[at] += calendar(Fraction(km) / count, per_year)
            spans[number] = max(spans.get(number, 0), free[at])
    for number, km in enumerate(kms):
        jobs[f"civil {number}"] = spans[number]
        jobs[f"cable {number}"] = calendar(Fraction(km) / 5, per_year)
        preds |= {f"civil {number}": ["material"], f"cable {number}": [f"civil {number}"]}
        jobs[f"splice {number}"] = calendar(s["splice"], per_year)
        preds[f"splice {number}"] = [f"cable {i}" for i in range(len(kms))]
    for place in range(places):
        jobs[f"hut {place}"] = calendar(s["hut"], per_year)
        preds[f"hut {place}"] = ["material"]
    jobs["commissioning"] = s["commissioning"]
    preds["commissioning"] = [j for j in jobs if j.startswith(("splice", "hut"))]
    return critical_path(jobs, preds)


def served(run):
    """Day of light by place id, of places that a project served."""
    ids = run.country.ids
    lit = (e for e in run.events if isinstance(e, ev.NodeActivated) and e.project >= 0)
    return {ids[e.node]: e.minute // 1440 for e in lit}


@pytest.mark.parametrize("km", [0.4, 1, 7.3, 10, 49.9, 50, 50.1, 130])
@pytest.mark.parametrize("per_year", [250, 365])
def test_one_span_takes_its_stages_one_after_the_other(km, per_year):
    pace = {"working_days_per_year": per_year}
    run = simulate(made_scenario(crews={"pace": pace}), star([km]))
    assert served(run) == {"a": path_days([km], per_year=per_year)}


def test_a_survey_grows_with_the_route_and_ends_on_a_whole_day():
    run = simulate(made_scenario(stages={"survey_days_per_km": 0.5}), star([33]))
    assert served(run) == {"a": path_days([33], stages={"per_km": 0.5})}


@pytest.mark.parametrize("fronts", [1, 2, 3, 10])
def test_several_fronts_share_a_routes_sections(fronts):
    chain = made_country(
        {"g": {}, "x": {"kind": "junction"}, "a": {"population": 9}},
        {"1": ("g", "x", 13), "2": ("x", "a", 31)},
    )
    scenario = made_scenario(crews={"per_project": fronts, "pace": {"section_km": 4}})
    assert served(simulate(scenario, chain)) == {"a": path_days([13, 31], section_km=4, fronts=fronts)}


def test_offices_are_asked_side_by_side_so_that_the_slowest_decides():
    chain = made_country(
        {"g": {}, "x": {"kind": "junction"}, "a": {"population": 9}},
        {"1": ("g", "x", 5, {"follows": "road"}), "2": ("x", "a", 5, {"follows": "rail"})},
    )
    permits = {
        "roads": {"follows": ["road"], "desks": 9, "days": 30},
        "railway": {"follows": ["rail"], "desks": 9, "days": 75.5},
        "sea": {"follows": ["foreign"], "desks": 9, "days": 900},
    }
    run = simulate(made_scenario(permits=permits), chain)
    assert served(run) == {"a": path_days([5, 5], permit=76)}


def test_a_hut_that_takes_longer_than_the_laying_decides():
    run = simulate(made_scenario(stages={"hut_days": 400}), star([10]))
    assert served(run) == {"a": path_days([10], stages={"hut": 400})}


def test_a_place_on_the_network_needs_neither_survey_nor_permit():
    country = made_country(
        {"g": {}, "m": {"kind": "town", "population": 3}, "e": {"population": 5, "status": "operational"}},
        {"1": ("g", "m", 9, {"status": "operational"}), "2": ("m", "e", 9, {"status": "operational"})},
    )
    permits = {"roads": {"follows": ["road"], "desks": 9, "days": 30}}
    run = simulate(made_scenario(permits=permits), country)
    assert served(run) == {"m": 20 + 30 + calendar(1) + 5}


def test_a_branch_waits_for_the_light_of_the_trunk_it_hangs_on_and_for_nothing_else():
    """trunk 200 km to t; b hangs on its junction; c hangs on the gateway and does not care."""
    nodes = {
        "g": {},
        "t": {"population": 90_000},
        "x": {"kind": "junction"},
        "b": {"population": 100},
        "c": {"population": 100},
    }
    spans = {"1": ("g", "x", 200), "2": ("x", "t", 1), "3": ("x", "b", 1), "4": ("g", "c", 1)}
    run = simulate(made_scenario(priority={"use": "biggest_first"}), made_country(nodes, spans))
    trunk = path_days([200, 1])
    assert served(run) == {"t": trunk, "b": trunk + 5, "c": path_days([1])}
    project = {run.country.ids[e.target]: e.project for e in run.events if isinstance(e, ev.PlanMade)}
    upstream = [e for e in run.events if isinstance(e, ev.StageEnded) and e.stage == "upstream"]
    assert [(e.project, e.minute // 1440) for e in upstream] == [(project["b"], trunk)]
    assert upstream[0].began // 1440 == path_days([1]) - 5


def test_light_comes_down_a_chain_of_projects_one_by_one():
    nodes = {"g": {}, "a": {"population": 30}, "b": {"population": 20}, "c": {"population": 10}}
    spans = {"1": ("g", "a", 100), "2": ("a", "b", 10), "3": ("b", "c", 50)}
    run = simulate(made_scenario(priority={"use": "biggest_first"}), made_country(nodes, spans))
    first = path_days([100])
    assert served(run) == {"a": first, "b": first + 5, "c": first + 10}


@settings(max_examples=25, deadline=None)
@given(networks(9))
def test_in_random_countries_each_place_is_lit_by_its_own_path_or_after_its_upstream(country):
    """No wait of any kind is told, and each project is ready when its own works and its upstream are."""
    scenario = made_scenario(end=date(2016, 6, 1), priority={"use": "biggest_first"})
    run = simulate(scenario, country)
    assert not [e for e in run.events if isinstance(e, ev.Waiting)]
    day = served(run)
    lit, fed = {country.node_index["g"]: 0}, {}
    for plan in (e for e in run.events if isinstance(e, ev.PlanMade)):
        at = plan.target
        for span in reversed(plan.spans):
            at = int(country.u[span] + country.v[span] - at)
        own = path_days([float(country.km[s]) for s in plan.spans], places=len(plan.nodes))
        wanted = max(own, lit.get(at, fed.get(at, 0)) + 5) if (at in fed or at in lit) else own
        for node in plan.nodes:
            assert day[country.ids[node]] == wanted, country.ids[node]
            lit[node] = wanted
        for span in plan.spans:
            at = int(country.u[span] + country.v[span] - at)
            fed[at] = lit[at] = wanted
    assert set(day) == {country.ids[i] for i in range(len(country.ids)) if country.is_place[i]} - {"g"}


def test_the_projects_table_tells_the_same_dates():
    permits = {"roads": {"follows": ["road"], "desks": 9, "days": 30}}
    run = simulate(made_scenario(permits=permits), star([10]))
    row = {k: v[0] for k, v in run.tables["projects"].items()}
    start = date(2014, 1, 1)
    assert row["planned"] == start
    assert row["permitted"] == start + timedelta(days=40)
    assert row["started"] == start + timedelta(days=90)
    assert row["ready_for_service"] == start + timedelta(days=path_days([10], permit=30))
    assert (row["delayed_days"], row["delayed_why"], row["people_reached"], row["usd"]) == (
        0,
        None,
        1000,
        10_000,
    )
