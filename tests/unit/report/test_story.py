"""The five figures, the sentence and the promises, against runs worked out on paper."""

from __future__ import annotations

import numpy as np
from bbsim.report.facts import Facts
from bbsim.report.story import cards, cities_of, promises, sentence
from bbsim.simulate import simulate
from strategies import made_country, made_scenario


def test_there_are_five_figures(flagship_facts):
    assert len(cards(flagship_facts)) == 5


def test_load_and_achievable_rate_are_two_figures(flagship_facts):
    speed = cards(flagship_facts)[3]
    last = flagship_facts.periods
    assert speed.figure == f"{last['achievable_mbps_per_home_mean'][-1]:.3g} Mbit/s"
    assert speed.second == f"{last['busy_hour_mbps_per_home'][-1]:.3g} Mbit/s"
    assert speed.figure != speed.second


def test_the_last_city_is_the_one_lit_last(flagship_facts):
    found = cities_of(flagship_facts)
    node, day = found.last
    since = {n: d for n, d in flagship_facts.on_fibre_since.items() if flagship_facts.run.country.is_city[n]}
    assert day == max(since.values())
    assert flagship_facts.english(node) in sentence(flagship_facts)
    assert found.total == 78


def test_last_cities_in_and_outside_closed_areas_are_told_apart(small_facts):
    found = cities_of(small_facts)
    assert small_facts.name(found.last[0]) == "c"
    assert small_facts.name(found.last_open[0]) in {"a", "b"}
    assert found.open_total == found.total - 1


def test_promises_are_kept_or_missed_by_their_day(small_facts):
    first, second = promises(small_facts)
    by_2015 = small_facts.periods["cities_on_fibre_share_at_end"][7]
    assert first.kept == (by_2015 >= 1)
    assert second.kept is False
    share = small_facts.periods["cities_on_fibre_share_at_end"][0]
    assert second.came == f"{100 * share:.0f}\u202f% of the open cities"


def test_a_promise_beyond_the_horizon_is_held_against_the_end(make_run):
    target = {"name": "x", "column": "population_on_fibre_share", "at_least": 1, "by": "2040-01-01"}
    facts = Facts(make_run(targets=[target]))
    assert promises(facts)[0].kept == (facts.periods["population_on_fibre_share_at_end"][-1] >= 1)


def test_a_promise_before_the_first_period_is_open(make_run):
    target = {"name": "x", "column": "population_on_fibre_share", "at_least": 1, "by": "2013-06-30"}
    assert promises(Facts(make_run(targets=[target])))[0].kept is None


def test_a_run_without_money_says_what_it_is():
    country = made_country(
        {"g": {"population": 10, "households": 3, "gateway": True}, "a": {"population": 30}},
        {"g-a": ("g", "a", 5)},
    )
    facts = Facts(simulate(made_scenario(budget={"opening_usd": 0, "usd_per_year": 0}), country))
    assert "1 of 2 cities" in sentence(facts)
    assert "25\u202f%" in sentence(facts)
    assert cards(facts)[4].figure == "0 USD"


def test_a_missing_number_is_a_dash_not_a_zero():
    country = made_country({"g": {"gateway": True}, "a": {}}, {"g-a": ("g", "a", 5)})
    facts = Facts(simulate(made_scenario(), country))
    assert np.isnan(facts.periods["busy_hour_mbps_per_home"][-1])
    assert cards(facts)[3].second == "–"
