"""Money, to the cent, at every event: added up again by a second book-keeper who knows no State."""

from collections import defaultdict
from datetime import date
from fractions import Fraction

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.simulate import simulate
from bookkeeper import audited
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, made_scenario, networks, star


@pytest.fixture(scope="module")
def books(flagship):
    return audited(flagship)


def test_the_flagships_books_balance_at_every_event(books):
    book, state = books
    assert sum(state.paid) > 0
    total = [sum(x) for x in zip(state.opening, state.granted, state.reinvested, state.moved, strict=True)]
    assert total == book.came
    assert sum(state.moved) == 0


def test_every_project_of_the_flagship_is_paid_what_it_was_awarded_for(flagship):
    awarded = {e.project: e.cents for e in flagship.events if isinstance(e, ev.PlanMade)}
    reserved, paid, ready = defaultdict(int), defaultdict(int), set()
    for event in flagship.events:
        if isinstance(event, ev.MoneyReserved) and event.project >= 0:
            reserved[event.project] += event.cents
        elif isinstance(event, ev.Spent) and event.project >= 0:
            paid[event.project] += event.cents
        elif isinstance(event, ev.ProjectReady):
            ready.add(event.project)
    assert reserved == awarded
    assert len(ready) > 600
    assert {p: paid[p] for p in ready} == {p: awarded[p] for p in ready}


def test_the_flagships_grants_are_the_scenarios(flagship, books):
    _, state = books
    budget = flagship.scenario.budget
    years = 10  # 2014-03-01 .. 2023-03-01, the last not after 2023-12-31
    assert sum(state.granted) == years * round(budget.usd_per_year * 100)
    days = [e.minute // 1440 for e in flagship.events if isinstance(e, ev.BudgetGranted)]
    wanted = [(date(2014 + i, 3, 1) - flagship.scenario.start).days for i in range(years)]
    assert sorted(set(days)) == wanted


def test_the_flagships_ledger_adds_up_to_its_last_state(flagship, books):
    _, state = books
    ledger = flagship.tables["ledger"]
    cash = defaultdict(int)
    for fund, cause, cents in zip(
        ledger["fund"], ledger["cause"], ledger["amount_cents"].tolist(), strict=True
    ):
        if cause != "reserved":  # setting aside moves no cash
            cash[fund] += cents
    held = [f + r for f, r in zip(state.free, state.reserved, strict=True)]
    assert [cash[name] for name in ev.FUNDS] == held
    assert round(float(flagship.tables["periods"]["cash_usd"][-1]) * 100) == sum(held)


def test_the_flagships_periods_hold_every_cent_once(flagship, books):
    _, state = books
    periods, regions = flagship.tables["periods"], flagship.tables["regions"]
    assert round(periods["granted_usd"].sum() * 100) == sum(state.granted)
    assert round(periods["capex_usd"].sum() * 100) == sum(state.paid)
    by_region = regions["capex_usd"].reshape(len(periods["capex_usd"]), -1).sum(axis=1)
    assert np.allclose(by_region, periods["capex_usd"], rtol=0, atol=0.005)
    came = np.cumsum(periods["granted_usd"] - periods["capex_usd"])
    reinvested = round(came[-1] * 100) + sum(state.reinvested) - round(periods["cash_usd"][-1] * 100)
    assert reinvested == 0


@settings(max_examples=12, deadline=None)
@given(
    networks(10),
    st.integers(1, 40_000_000),
    st.sampled_from([1, 2, 4, 12]),
    st.sampled_from([0.0, 1 / 3, 0.5, 1.0]),
    st.integers(1, 3),
    st.sampled_from(["operator", "backbone", "access"]),
    st.sampled_from([None, 0.333]),
)
def test_books_balance_in_random_countries_with_odd_cents(
    country, cents, parts, access, crews, payer, a_home
):
    base = {"base": "R", "regions": ["R"], "civil": crews, "cable": 1, "splice": crews, "access": crews}
    scenario = made_scenario(
        budget={
            "opening_usd": 0,
            "usd_per_year": cents / 100,
            "grants_per_year": parts,
            "access_share": access,
        },
        crews={"bases": [base]},
        upgrades={"usd_per_gbps": 333.33, "at_utilisation_share": 0.01, "lead_days": 30, "paid_by": payer}
        | {"operator_usd_per_home_per_year": a_home},
        equipment={"corridor_gbps": 0.01, "city_node_gbps": 0.01, "node_gbps": 0.01},
        end=date(2020, 1, 1),
    )
    run = simulate(scenario, country)
    _, state = audited(run)
    assert sum(state.granted) == 6 * cents


def test_a_year_is_granted_in_parts_that_add_up_to_the_cent():
    for parts in (1, 2, 4, 12):
        scenario = made_scenario(
            budget={"opening_usd": 0, "usd_per_year": 100.01, "grants_per_year": parts, "access_share": 1 / 3}
        )
        grants = [e for e in simulate(scenario, star([10])).events if isinstance(e, ev.BudgetGranted)]
        by_day = defaultdict(int)
        for grant in grants:
            by_day[grant.minute // 1440] += grant.cents
        assert len(by_day) == 4 * parts
        assert sum(by_day.values()) == 4 * 10001
        assert max(by_day.values()) - min(by_day.values()) <= 1
        dates = sorted(date.fromordinal(scenario.start.toordinal() + day) for day in by_day)
        assert dates[:parts] == [date(2014, 1 + i * 12 // parts, 1) for i in range(parts)]


@pytest.mark.parametrize(
    ("first", "last", "count"),
    [
        ("2014-06-15", None, 4),
        (None, "2015-01-01", 2),
        (None, "2014-12-31", 1),
        ("2015-02-28", "2015-02-28", 1),
        ("2013-07-01", None, 4),
        ("2016-02-29", None, 2),
        ("2018-01-01", None, 0),
        ("2017-12-31", None, 1),
    ],
)
def test_first_and_last_grant_are_both_days_on_which_money_may_come(first, last, count):
    budget = {"opening_usd": 0, "usd_per_year": 100, "first_grant": first, "last_grant": last}
    run = simulate(made_scenario(budget=budget), star([10]))
    grants = [e for e in run.events if isinstance(e, ev.BudgetGranted)]
    assert sum(e.cents for e in grants) == count * 10_000
    assert all(e.minute % 1440 == 0 and 0 <= e.minute < 1461 * 1440 for e in grants)


def test_once_everything_is_awarded_the_rest_goes_to_homes():
    grants = {"usd_per_year": 100, "access_share": 0.25, "first_grant": "2014-02-01"}
    scenario = made_scenario(budget={"opening_usd": 9_990} | grants)
    run = simulate(scenario, star([10]))
    granted = [(e.minute // 1440, e.fund, e.cents) for e in run.events if isinstance(e, ev.BudgetGranted)]
    assert granted[:2] == [(31, 0, 7_500), (31, 1, 2_500)]
    moved = [(e.from_fund, e.to_fund, e.cents) for e in run.events if isinstance(e, ev.MoneyMoved)]
    assert moved == [(0, 1, 999_000 + 7_500 - 1_000_000)]
    assert [(f, c) for _, f, c in granted[2:]] == [(1, 10_000)] * 3


def test_kilometres_built_from_a_constant_budget_are_what_the_money_buys():
    """P23: money carries over, whole places only: floor(budget x years / price)."""
    places, per_year, km = 60, 33_333.33, 10
    scenario = made_scenario(
        budget={"opening_usd": 0, "usd_per_year": per_year, "access_share": 0}, end=date(2024, 6, 1)
    )
    run = simulate(scenario, star([km] * places))
    awarded = sum(len(e.spans) for e in run.events if isinstance(e, ev.PlanMade)) * km
    price = 1000
    years = 11  # grants on 2014-01-01 .. 2024-01-01
    assert awarded == int(Fraction(per_year * 100).limit_denominator(1) * years // (price * 100)) // km * km
    lit = run.tables["periods"]["lit_km"][-1]
    assert lit == awarded


def test_money_that_is_short_holds_everybody_behind_the_best_and_nobody_leapfrogs():
    """The best place costs 100,000 a-year's money is 30,000: the cheap ones wait until it is awarded."""
    nodes = {"g": {"gateway": True}, "best": {"population": 100_000}, "cheap": {"population": 10}}
    country = made_country(nodes, {"s1": ("g", "best", 100), "s2": ("g", "cheap", 1)})
    scenario = made_scenario(
        budget={"opening_usd": 0, "usd_per_year": 30_000, "access_share": 0},
        priority={"use": "biggest_first"},
    )
    run = simulate(scenario, country)
    plans = [(e.minute // 1440, country.ids[e.target]) for e in run.events if isinstance(e, ev.PlanMade)]
    fourth = (date(2017, 1, 1) - scenario.start).days
    assert plans == [(fourth, "best"), (fourth, "cheap")]
    held = [(e.money, e.permits, e.crews) for e in run.events if isinstance(e, ev.PlannerHeld)]
    assert held == [(2, 0, 0), (0, 0, 0)]
    assert run.tables["periods"]["binding"].tolist()[:12] == ["money"] * 12
