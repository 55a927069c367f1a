"""Funds with rules: whose money it is, what lapses, comes back, is borrowed, held back, paid later."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from fractions import Fraction

import numpy_financial as npf
import pytest
from bbsim import events as ev
from bbsim.checks import check
from bbsim.finance import books
from bbsim.metrics.happened import events_from
from bbsim.scenario import PURSES
from bbsim.simulate import simulate
from bookkeeper import audited
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_scenario, networks, star

NOTHING = {"opening_usd": 0, "usd_per_year": 0}
EARNS = {"usd_per_home_per_month": 12, "sales_tax_share": 0.25}


def day(run, event):
    return date.fromordinal(run.scenario.start.toordinal() + event.minute // 1440)


def told(run, kind, fund=None):
    """(date, cents) of each event of a kind, of one fund if it is named."""
    at = None if fund is None else run.scenario.fund_names.index(fund)
    return [
        (day(run, e), e.cents) for e in run.events if isinstance(e, kind) and (at is None or e.fund == at)
    ]


def test_the_budgets_purses_are_those_of_the_events():
    assert PURSES == ev.FUNDS


# ---- grants -------------------------------------------------------------------------------------
def test_a_fund_pays_for_what_it_names_after_the_budgets_own_money_and_in_the_order_of_the_file():
    funds = [
        {"name": "first", "pays_for": ["backbone"], "opening": 4_000},
        {"name": "homes", "pays_for": ["access"], "opening": 1_000_000},
        {"name": "second", "pays_for": ["backbone", "access"], "opening": 1_000_000},
    ]
    run = simulate(made_scenario(budget=NOTHING | {"opening_usd": 3_000}, funds=funds), star([10]))
    audited(run)
    (award,) = [e for e in run.events if isinstance(e, ev.PlanMade)]
    assert award.cents == 1_000_000
    reserved = [(e.fund, e.cents) for e in run.events if isinstance(e, ev.MoneyReserved) and e.project == 0]
    assert reserved == [(0, 300_000), (3, 400_000), (5, 300_000)]
    paid = Counter()
    for event in run.events:
        if isinstance(event, ev.Spent):
            paid[run.scenario.fund_names[event.fund], event.project >= 0] += event.cents
    assert paid["backbone", True] + paid["first", True] + paid["second", True] == award.cents
    assert paid["homes", True] == 0
    assert paid["homes", False] > 0


def test_what_comes_on_the_first_day_is_there_when_the_office_first_meets():
    fund = {"name": "oil", "pays_for": ["backbone"], "grants": [{"on": "2014-01-01", "amount": 1e6}]}
    run = simulate(made_scenario(budget=NOTHING, funds=[fund]), star([10]))
    assert [day(run, e) for e in run.events if isinstance(e, ev.PlanMade)] == [date(2014, 1, 1)]


def test_what_a_fund_does_not_pay_for_waits():
    funds = [{"name": "homes", "pays_for": ["access"], "opening": 1e9}]
    run = simulate(made_scenario(budget=NOTHING, funds=funds), star([10]))
    assert not [e for e in run.events if isinstance(e, ev.PlanMade)]
    assert run.tables["periods"]["binding"][0] == "money"


def test_grants_come_each_year_on_their_day_and_slip_by_the_days_drawn():
    grants = [{"on": "2014-03-01", "amount": 100.01, "years": 3}, {"on": "2014-05-31", "amount": 7}]
    fund = {"name": "oil", "pays_for": ["backbone"], "grants": grants}
    on_time = simulate(made_scenario(budget=NOTHING, funds=[fund]), star([10]))
    assert sorted(told(on_time, ev.BudgetGranted, "oil")) == [
        (date(2014, 3, 1), 10_001), (date(2014, 5, 31), 700), (date(2015, 3, 1), 10_001),
        (date(2016, 3, 1), 10_001),
    ]  # fmt: skip
    late = simulate(made_scenario(budget=NOTHING, funds=[fund | {"slip_days": 40}]), star([10]))
    assert told(late, ev.BudgetGranted, "oil")[0] == (date(2014, 4, 10), 10_001)
    luck = [fund | {"slip_days": {"triangular": [0, 30, 90]}}]
    slips = simulate(made_scenario(budget=NOTHING, funds=luck), star([10]))
    days = [
        (when - date(when.year, 3, 1)).days for when, cents in told(slips, ev.BudgetGranted) if cents > 700
    ]
    assert len(set(days)) > 1
    assert all(0 <= each <= 90 for each in days)


def test_free_money_lapses_at_the_years_end_and_what_is_reserved_does_not():
    grants = [{"on": "2014-01-01", "amount": 6_000, "years": 4}]
    base = {"name": "state", "pays_for": ["backbone"], "grants": grants}
    keeps = simulate(made_scenario(budget=NOTHING, funds=[base]), star([10]))
    loses = simulate(made_scenario(budget=NOTHING, funds=[base | {"unspent": "lapses"}]), star([10]))
    for run in (keeps, loses):
        audited(run)
    assert told(keeps, ev.MoneyLapsed) == []
    assert len([e for e in keeps.events if isinstance(e, ev.PlanMade)]) == 1, "two years pay for it"
    assert told(loses, ev.MoneyLapsed) == [(date(y, 12, 31), 600_000) for y in (2014, 2015, 2016, 2017)]
    enough = base | {"unspent": "lapses", "grants": [{"on": "2014-01-01", "amount": 10_500}]}
    built = simulate(made_scenario(budget=NOTHING, funds=[enough]), star([10]))
    assert told(built, ev.MoneyLapsed) == [(date(2014, 12, 31), 50_000)]
    assert [e for e in built.events if isinstance(e, ev.ProjectReady)]


# ---- the operator's own -------------------------------------------------------------------------
def test_a_share_of_what_homes_pay_comes_back_month_after_month_and_builds():
    fund = {"name": "own", "pays_for": ["backbone"], "reinvests": {"share": 0.1}}
    given = {"households_connected": {"g": 100}, "households_passed": {"g": 100}, "network": "gateways_only"}
    scenario = made_scenario(budget=NOTHING, funds=[fund], finance=EARNS, existing=given)
    run = simulate(scenario, star([1]))
    audited(run)
    came = told(run, ev.MoneyReinvested, "own")
    assert came[:2] == [(date(2014, 2, 1), 9_000), (date(2014, 3, 1), 9_000)]  # 100 x 12 x 0.75 x 0.1
    assert [e for e in run.events if isinstance(e, ev.PlanMade)], "it builds in the end"
    new_only = fund | {"reinvests": {"share": 0.1, "existing_homes": False}}
    assert told(simulate(scenario.with_(funds=[new_only]), star([1])), ev.MoneyReinvested, "own") == []


def test_what_comes_back_is_the_stated_share_of_the_revenue_that_is_told():
    fund = {"name": "own", "pays_for": ["access"], "reinvests": {"share": 0.25}}
    scenario = made_scenario(funds=[fund], finance=EARNS | {"existing": "counted"})
    run = simulate(scenario, star([3, 4, 5], people=4000))
    revenue, tax = (
        run.tables["finance"]["amount_cents"][
            (run.tables["finance"]["kind"] == kind) & (run.tables["finance"]["cause"] == cause)
        ].sum()
        for kind, cause in (("revenue", "homes"), ("tax", "sales"))
    )
    came = sum(cents for _, cents in told(run, ev.MoneyReinvested, "own"))
    last_month = run.tables["periods"]["households_connected"][-1] * 12 * 0.75 * 25
    assert came + last_month == pytest.approx(0.25 * (revenue + tax), abs=50)


# ---- loans --------------------------------------------------------------------------------------
def borrowed(**terms):
    loan = {"interest_share_per_year": 0.06, "years": 2, "instalments_per_year": 4} | terms
    fund = {
        "name": "bank", "pays_for": ["backbone"], "loan": loan,
        "draws": [{"on": "2014-02-01", "amount": 100_000}],
    }  # fmt: skip
    return made_scenario(budget=NOTHING, funds=[fund])


def test_a_loan_is_paid_back_in_equal_instalments_to_the_cent():
    run = simulate(borrowed(), star([10]))
    _, state = audited(run)
    paid = told(run, ev.LoanServed)
    equal = round(-100 * npf.pmt(0.015, 8, 100_000))
    assert [when for when, _ in paid] == [
        date(2014 + (1 + 3 * i) // 12, (1 + 3 * i) % 12 + 1, 1) for i in range(1, 9)
    ]
    assert [cents for _, cents in paid[:-1]] == [equal] * 7
    assert abs(paid[-1][1] - equal) <= 8
    debt, interest = Fraction(10_000_000), []
    for _, cents in paid:
        interest.append(round(debt * Fraction(15, 1000)))
        debt += interest[-1] - cents
    assert debt == 0 == sum(state.debt)
    assert [cents for _, cents in told(run, ev.InterestDue)] == interest
    spent = [e for e in run.events if isinstance(e, ev.Spent) and e.cause in ("interest", "repayment")]
    assert sum(e.cents for e in spent if e.cause == "repayment") == 10_000_000
    assert {e.fund for e in spent} == {ev.FUNDS.index("operator")}


def test_years_of_grace_pay_interest_alone():
    run = simulate(borrowed(grace_years=1, years=3), star([10]))
    paid = [cents for _, cents in told(run, ev.LoanServed)]
    assert paid[:4] == [150_000] * 4
    assert paid[4:-1] == [round(-100 * npf.pmt(0.015, 8, 100_000))] * 7


def test_a_payer_without_money_stays_in_debt_with_interest_until_it_has_some():
    fields = borrowed(paid_by="state").model_dump(mode="json")["funds"]
    fields.append(
        {"name": "state", "pays_for": ["operator"], "grants": [{"on": "2015-08-15", "amount": 1e6}]}
    )
    run = simulate(made_scenario(budget=NOTHING, funds=fields), star([10]))
    _, state = audited(run)
    paid = told(run, ev.LoanServed)
    assert paid[0][0] == date(2015, 11, 1), "the first instalment after money came"
    nothing_before = 10_000_000
    for _ in range(6):
        nothing_before += round(nothing_before * 0.015)
    equal = round(-100 * npf.pmt(0.015, 8, 100_000))
    assert paid[0][1] == 7 * equal
    assert sum(state.debt) == 0


# ---- payment ------------------------------------------------------------------------------------
def test_work_is_owed_when_done_paid_later_and_a_part_held_back_until_defects_are_over():
    terms = {"pays_after_days": 30, "retention_share": 0.05, "defects_days": 365}
    now, later = (simulate(made_scenario(**more), star([10])) for more in ({}, {"payment": terms}))
    audited(later)
    ready = next(day(later, e) for e in later.events if isinstance(e, ev.ProjectReady))
    done = [(day(now, e), e.cause, e.cents) for e in now.events if isinstance(e, ev.Spent) and e.project == 0]
    owed = [
        (day(later, e), e.cause, e.cents)
        for e in later.events
        if isinstance(e, ev.WorkAccrued) and e.project == 0
    ]
    assert owed == done
    paid = defaultdict(int)
    for event in later.events:
        if isinstance(event, ev.Spent) and event.project == 0:
            paid[day(later, event)] += event.cents
    end = ready.toordinal() + 365
    for when, _, cents in owed:
        paid[date.fromordinal(when.toordinal() + 30)] -= cents - round(cents * 0.05)
    assert {when.toordinal(): cents for when, cents in paid.items() if cents} == {
        end: sum(round(cents * 0.05) for _, _, cents in owed)
    }


def test_later_payments_are_told_the_span_that_they_are_for():
    terms = {"pays_after_days": 10, "retention_share": 0.1, "defects_days": 100}
    funds = [{"name": "oil", "pays_for": ["backbone"], "opening": 25_000}]
    country = star([20, 10, 5])
    sums = []
    for more in ({}, {"payment": terms}):
        scenario = made_scenario(budget={"opening_usd": 10_000, "usd_per_year": 0}, funds=funds, **more)
        run = simulate(scenario, country)
        by_span = Counter()
        for part in books(run).flows.parts:
            for span, cents in zip(part.span.tolist(), part.cents.tolist(), strict=True):
                by_span[span] += cents
        sums.append({span: cents for span, cents in by_span.items() if span >= 0})
    assert sums[0] == sums[1] == {0: -2_000_000, 1: -1_000_000, 2: -500_000}


# ---- the ledger's currency ----------------------------------------------------------------------
def test_the_books_are_kept_in_the_ledgers_currency_and_dollars_are_a_view():
    currency = {"code": "AZN", "per_usd": 0.785}
    funds = [
        {"name": "oil", "pays_for": ["backbone"], "grants": [{"on": "2014-02-01", "amount": 103_000.01}]}
    ]
    base = made_scenario(budget=NOTHING | {"opening_usd": 1_000}, funds=funds)
    run = simulate(base.with_(currency=currency), star([10, 7]))
    _, state = audited(run)
    assert state.opening[0] == 78_500
    assert told(run, ev.BudgetGranted, "oil") == [(date(2014, 2, 1), 10_300_001)]
    ledger = run.ledger
    assert ledger.amount_usd.to_numpy() == pytest.approx(ledger.amount_cents.to_numpy() / 78.5)
    awarded = [e.cents for e in run.events if isinstance(e, ev.PlanMade)]
    assert awarded == [1_000_000, 700_000] or awarded == [700_000, 1_000_000]
    reserved = [e.cents for e in run.events if isinstance(e, ev.MoneyReserved) and e.project >= 0]
    assert sum(reserved) == 1_334_500
    assert run.periods.capex_usd.sum() * 78.5 == pytest.approx(sum(state.paid))
    flows = -sum(int(part.cents.sum()) for part in books(run).flows.parts)
    assert flows == pytest.approx(sum(state.paid) / 0.785, abs=30)


def test_a_devaluation_takes_the_imported_share_out_of_a_grant_in_the_currency():
    """A quarter dearer abroad, eight tenths of the material imported: 0.3 of the price rises by a fifth."""
    hazards = {
        "fall": {
            "use": "devaluation", "on": "2014-01-02", "per_usd_before": 0.8, "per_usd": 1.0,
            "imported_share": 0.8, "labour_share": 0,
        }
    }  # fmt: skip
    funds = [{"name": "oil", "pays_for": ["backbone"], "grants": [{"on": "2014-02-01", "amount": 8_480}]}]
    scenario = made_scenario(
        budget=NOTHING, funds=funds, currency={"code": "AZN", "per_usd": 0.8}, hazards=hazards
    )
    run = simulate(scenario, star([10]))
    reserved = [e.cents for e in run.events if isinstance(e, ev.MoneyReserved) and e.project >= 0]
    assert reserved == [848_000]  # 0.8 x 10,000 USD x (1 + 0.3 x 0.25 x 0.8)


# ---- programmes ---------------------------------------------------------------------------------
def programme(**more):
    return {"name": "broadband", "begins": "2014-01-01", "funds": ["oil"]} | more


def test_a_programme_that_is_off_takes_its_money_and_instruments_with_it():
    funds = [{"name": "oil", "pays_for": ["backbone"], "opening": 50_000}]
    phases = [{"name": "cities", "kinds": ["city"]}, {"name": "towns", "kinds": ["town"]}]
    base = made_scenario(budget=NOTHING, funds=funds, phases=phases, programmes=[programme()])
    country = star([10])
    assert [e for e in simulate(base, country).events if isinstance(e, ev.PlanMade)]
    off = base.with_(programmes=[programme(off=True)])
    run = simulate(off, country)
    assert run.opening_cents == (0, 0, 0, 0)
    assert run.scenario.programmes[0].off
    assert not [e for e in run.events if isinstance(e, ev.PlanMade | ev.BudgetGranted)]
    rich = base.with_(
        budget={"opening_usd": 1e6}, programmes=[programme(off=True, instruments=["phases.cities"])]
    )
    assert not [e for e in simulate(rich, country).events if isinstance(e, ev.PlanMade)]


def test_a_programmes_phase_is_not_awarded_before_it_begins():
    later = programme(funds=[], begins="2015-06-01", instruments=["phases.all"])
    run = simulate(made_scenario(programmes=[later]), star([10]))
    (award,) = [day(run, e) for e in run.events if isinstance(e, ev.PlanMade)]
    assert date(2015, 6, 1) <= award < date(2015, 6, 15)


def test_names_that_are_not_there_are_told():
    fund = {
        "name": "oil", "pays_for": ["backbone"], "reinvests": {"share": 0.1},
        "loan": {"interest_share_per_year": 0.1, "years": 1, "grace_years": 2, "paid_by": "oli"},
    }  # fmt: skip
    wrong = programme(funds=["oul"], instruments=["phases.citys", "nowhere", "stages"])
    problems = check(made_scenario(funds=[fund], programmes=[wrong]), star([10]))
    found = {(p.path, p.slug) for p in problems}
    assert {
        ("funds[0].loan.paid_by", "unknown-fund"),
        ("funds[0].reinvests", "no-income"),
        ("funds[0].loan.grace_years", "no-income"),
        ("programmes[0].funds[0]", "unknown-fund"),
        ("programmes[0].instruments[0]", "unknown-instrument"),
        ("programmes[0].instruments[1]", "unknown-instrument"),
    } <= found
    assert (
        "programmes[0].instruments[2]",
        "unknown-instrument",
    ) not in found or made_scenario().upgrades is None


# ---- all of it at once --------------------------------------------------------------------------
@settings(max_examples=15, deadline=None)
@given(
    networks(9),
    st.integers(1, 9_000_000),
    st.sampled_from([None, {"pays_after_days": 45, "retention_share": 1 / 30, "defects_days": 200}]),
    st.sampled_from([None, {"code": "AZN", "per_usd": 0.7851}, {"code": "GEL", "per_usd": 1.66}]),
    st.sampled_from(["carries_over", "lapses"]),
    st.sampled_from(["operator", "own", "state"]),
)
def test_every_cent_of_every_fund_is_where_a_second_book_keeper_has_it(
    country, cents, payment, currency, unspent, payer
):
    loan = {"interest_share_per_year": 0.0777, "years": 2, "grace_years": 0.5, "paid_by": payer}
    funds = [
        {"name": "state", "pays_for": ["backbone", "operator"], "unspent": unspent, "opening": 1.01,
         "grants": [{"on": "2014-01-01", "amount": cents / 100, "years": 4}], "slip_days": 33},
        {"name": "bank", "pays_for": ["access", "backbone"], "loan": loan,
         "draws": [{"on": "2014-07-01", "amount": 333.33, "years": 2}]},
        {"name": "own", "pays_for": ["access"], "reinvests": {"share": 0.3}, "unspent": "carries_over"},
    ]  # fmt: skip
    scenario = made_scenario(
        budget={"opening_usd": 100, "usd_per_year": cents / 300, "access_share": 1 / 3},
        currency=currency, payment=payment, funds=funds, finance=EARNS,
        upgrades={"usd_per_gbps": 333.33, "at_utilisation_share": 0.01, "lead_days": 30, "paid_by": "access"},
        equipment={"corridor_gbps": 0.01, "city_node_gbps": 0.01, "node_gbps": 0.01},
    )  # fmt: skip
    run = simulate(scenario, country)
    _, state = audited(run)
    assert state.debt[scenario.fund_names.index("bank")] >= 0
    again = events_from(run.tables["events"], country, scenario.fund_names)
    assert [repr(e) for e in again] == [repr(e) for e in run.events]


# ---- a programme's end --------------------------------------------------------------------------
ENDS = {"name": "broadband", "begins": "2014-01-01", "ends": "2015-03-01", "funds": ["oil"]}


def closed(after_end, **programme):
    """Two places, the second too dear until a grant that comes after the programme's last day."""
    fund = {
        "name": "oil", "pays_for": ["backbone"],
        "grants": [
            {"on": "2014-01-01", "amount": 15_000}, {"on": "2015-06-01", "amount": 50_000, "years": 2},
        ],
    }  # fmt: skip
    told = ENDS | {"instruments": ["phases.all"], "after_end": after_end} | programme
    phases = [{"name": "all", "kinds": ["city"]}]
    fields = {"programmes": [told], "funds": [fund], "phases": phases, "budget": NOTHING}
    return simulate(made_scenario(end=date(2018, 1, 1), **fields), star([10, 20]))


def test_a_programme_that_goes_on_after_its_end_gives_and_builds_as_if_it_had_none():
    on = closed("go_on")
    audited(on)
    assert [when for when, _ in told(on, ev.BudgetGranted, "oil")] == [
        date(2014, 1, 1), date(2015, 6, 1), date(2016, 6, 1)
    ]  # fmt: skip
    assert len([e for e in on.events if isinstance(e, ev.PlanMade)]) == 2
    assert not told(on, ev.MoneyLapsed)
    endless = closed("stop", ends=None)
    assert on.table_hashes() == endless.table_hashes()


def test_a_programme_that_stops_takes_in_and_awards_nothing_more_and_gives_back_what_is_free():
    run = closed("stop")
    _, state = audited(run)
    assert [when for when, _ in told(run, ev.BudgetGranted, "oil")] == [date(2014, 1, 1)]
    (award,) = [e for e in run.events if isinstance(e, ev.PlanMade)]
    assert told(run, ev.MoneyLapsed) == [(date(2015, 3, 1), 1_500_000 - award.cents)]
    assert [e for e in run.events if isinstance(e, ev.ProjectReady)], "what is awarded is finished"
    assert state.free == [0, 0, 0, 0]


def test_phases_of_a_programme_that_stops_are_not_awarded_though_there_is_money():
    rich = {"name": "own", "pays_for": ["backbone"], "grants": [{"on": "2015-06-01", "amount": 1e6}]}
    poor = {"name": "oil", "pays_for": ["backbone"], "opening": 15_000}
    phases = [{"name": "all", "kinds": ["city"]}]
    for after_end, awards in (("stop", 1), ("go_on", 2)):
        programme = ENDS | {"instruments": ["phases.all"], "after_end": after_end}
        fields = {"programmes": [programme], "funds": [poor, rich], "phases": phases, "budget": NOTHING}
        run = simulate(made_scenario(end=date(2018, 1, 1), **fields), star([10, 20]))
        assert len([e for e in run.events if isinstance(e, ev.PlanMade)]) == awards


# ---- of gross or of net income --------------------------------------------------------------------
def test_of_net_income_what_is_in_service_costs_to_run_is_taken_off_first():
    costs = {"home_usd_per_month": 2, "span_usd_per_km_per_year": 120, "node_usd_per_year": {"city": 600}}
    finance = EARNS | costs | {"existing": "counted"}
    fund = {"name": "own", "pays_for": ["access"], "reinvests": {"share": 0.5, "of": "net"}}
    run = simulate(made_scenario(funds=[fund], finance=finance, end=date(2017, 1, 1)), star([10, 20]))
    audited(run)
    put_in = dict(told(run, ev.MoneyReinvested, "own"))
    some = 0
    for when in (date(year, month, 1) for year in (2014, 2015, 2016) for month in range(2, 13)):
        state = run.at(when - timedelta(days=1))
        income = state.homes_connected * 12 * 0.75
        km = float(run.country.km[state.operational].sum())
        cost = state.homes_connected * 2 + int(state.active.sum()) * 600 / 12 + km * 120 / 12
        assert put_in.get(when, 0) == max(round((income - cost) * 0.5 * 100), 0)
        some += put_in.get(when, 0) > 0
    assert 0 < some < 33, "or one of the two cases was never met"
