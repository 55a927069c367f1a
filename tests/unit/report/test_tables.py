"""Cities, regions and money: what the tables of the page show is what the run's tables hold."""

from __future__ import annotations

import re

import numpy as np
import pytest
from bbsim.report.chains import chains
from bbsim.report.facts import Facts
from bbsim.report.tables import cities_table, money, regions_table, without_residents
from bbsim.report.wording import MISSING
from bbsim.simulate import simulate
from strategies import made_country, made_scenario


def number(text):
    return float(re.sub(r"[^\d.]", "", text).rstrip(".") or 0)


def column(table, head):
    at = list(table.heads).index(head)
    return [row[at] for row in table.rows]


def test_a_town_without_residents_has_no_rate_and_is_explained(flagship_facts):
    table = cities_table(flagship_facts)
    empty = [row for row in table.rows if row[3].key == 0]
    assert empty
    assert {cell.text for row in empty for cell in (row[6], row[7])} == {MISSING}
    said = without_residents(flagship_facts)
    assert "nobody moves or returns" in said
    assert all((row[0].note or row[0].text) in said for row in empty)


def test_a_country_with_people_everywhere_needs_no_such_sentence(small_facts):
    assert without_residents(small_facts) == ""


def test_there_is_a_row_a_city(flagship_facts):
    table = cities_table(flagship_facts)
    assert len(table.rows) == 78
    assert all(len(row) == len(table.heads) == len(table.numeric) for row in table.rows)


def test_cities_stand_in_the_order_in_which_they_come_on_fibre(flagship_facts):
    keys = [cell.key for cell in column(cities_table(flagship_facts), "On fibre since")]
    assert keys == sorted(keys)


def test_a_city_is_told_with_its_parts(flagship_facts):
    table = cities_table(flagship_facts)
    baku = next(row for row in table.rows if row[0].note == "Baku")
    country = flagship_facts.run.country
    mine = [i for i, whole in enumerate(country.nodes["part_of"]) if whole == "baku"] + [
        country.node_index["baku"]
    ]
    assert baku[3].key == country.population[mine].sum()
    rows = np.isin(flagship_facts.places, mine)
    assert baku[4].key == flagship_facts.by_place("households_passed")[-1][rows].sum()


def test_rates_of_a_city_are_averages_over_its_homes():
    nodes = {
        "g": {"population": 4000, "households": 1000, "gateway": True},
        "p": {"population": 2000, "households": 500, "kind": "access_area", "part_of": "g"},
    }
    run = simulate(made_scenario(), made_country(nodes, {"g-p": ("g", "p", 5)}))
    row = cities_table(Facts(run)).rows[0]
    last = {
        name: Facts(run).by_place(name)[-1] for name in ("households_connected", "achievable_mbps_per_home")
    }
    homes = last["households_connected"]
    assert row[6].key == pytest.approx((last["achievable_mbps_per_home"] * homes).sum() / homes.sum())
    assert row[1].note == "its centre; 2 of its 2 parts by the end"


def test_a_city_that_stays_closed_says_so():
    nodes = {"g": {"gateway": True}, "x": {"population": 5, "area": "shut"}}
    facts = Facts(simulate(made_scenario(), made_country(nodes, {"g-x": ("g", "x", 5, {"area": "shut"})})))
    closed = next(row for row in cities_table(facts).rows if row[0].text == "x")
    assert (closed[1].text, closed[1].note) == ("not yet", "area stays closed")


def test_regions_add_up_to_the_country(flagship_facts):
    table = regions_table(flagship_facts)
    assert sum(cell.key for cell in column(table, "Residents")) == flagship_facts.run.country.population.sum()
    passed = flagship_facts.periods["households_passed"][-1]
    assert sum(cell.key for cell in column(table, "Homes passed")) == passed


def test_money_adds_up_to_the_cent(flagship_facts):
    told = money(flagship_facts)
    *came, spent, left = (round(100 * number(part)) for part in re.split("[+=−]", told.identity))
    assert sum(came) - spent == left
    assert left == round(100 * flagship_facts.periods["cash_usd"][-1])
    state = flagship_facts.run.at(flagship_facts.horizon)
    assert spent == sum(state.paid)


def test_what_lenders_get_and_what_is_given_back_is_not_spent(make_run):
    funds = [
        {"name": "bank", "pays_for": ["backbone"], "draws": [{"on": "2014-02-01", "amount": 90_000}],
         "loan": {"interest_share_per_year": 0.08, "years": 2}},
        {"name": "oil", "pays_for": ["backbone"], "unspent": "lapses",
         "grants": [{"on": "2014-11-01", "amount": 9e6}]},
    ]  # fmt: skip
    facts = Facts(make_run(funds=funds))
    words = re.fullmatch(
        r"(.+) − ([\d.\s]+) spent − ([\d.\s]+) to lenders − ([\d.\s]+) given back = ([\d.\s]+) in hand, .*",
        money(facts).identity,
    )
    assert words, money(facts).identity
    came = sum(number(part) for part in words[1].split(" + "))
    spent, lenders, back, left = (number(part) for part in words.groups()[1:])
    assert came - spent - lenders - back == pytest.approx(left, abs=0.001)
    ledger = facts.run.ledger.groupby("cause").amount_usd.sum()
    assert back == pytest.approx(-ledger["lapsed"]) != 0
    assert lenders == pytest.approx(-ledger["interest"] - ledger["repayment"]) != 0


def test_each_year_ends_with_what_is_in_hand(flagship_facts):
    ends = dict(zip(flagship_facts.ends, flagship_facts.periods["cash_usd"], strict=True))
    for row in money(flagship_facts).table.rows:
        year = int(row[0].key)
        cash = next(usd for end, usd in ends.items() if end.year == year + 1 and end.month == 1)
        assert row[-1].key == pytest.approx(cash, abs=0.005)


def test_the_chain_of_a_city_ends_when_it_came_on_fibre(flagship_facts):
    for chain in chains(flagship_facts):
        assert chain.steps[-1].end == chain.since
        assert chain.steps[0].left == 0
        assert chain.steps[-1].left + chain.steps[-1].width == pytest.approx(100, abs=0.05)


def test_areas_are_called_by_name(flagship_facts):
    words = " ".join(step.why for chain in chains(flagship_facts) for step in chain.steps)
    assert "outside-control" not in words
    assert "Outside government control" in words
