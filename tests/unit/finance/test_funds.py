"""Sources and uses by fund and year, and promises of programmes: held against the state and the ledger."""

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.finance.funds import built_from_income_usd
from bbsim.simulate import simulate
from pydantic import ValidationError
from strategies import made_scenario, star

LENDERS = ("interest", "repayment")
EARNS = {"usd_per_home_per_month": 12, "existing": "counted"}
FUNDS = [
    {
        "name": "state",
        "pays_for": ["backbone"],
        "unspent": "lapses",
        "grants": [{"on": "2014-02-01", "amount": 15_000, "years": 3}],
    },
    {
        "name": "bank",
        "pays_for": ["backbone", "access"],
        "loan": {"interest_share_per_year": 0.08, "years": 2},
        "draws": [{"on": "2014-03-01", "amount": 200_000}],
    },
    {"name": "own", "pays_for": ["access"], "reinvests": {"share": 0.5}},
]
PROMISES = [
    {"name": "all", "column": "households_passed_share", "at_least": 0.5, "by": "2017-12-31"},
    {"name": "soon", "column": "cities_on_fibre_share", "at_least": 1.0, "by": "2014-03-31"},
    {"name": "before", "column": "take_up_share", "at_least": 0.1, "by": "2013-06-30"},
]
PLAN = {
    "name": "plan",
    "begins": "2014-01-01",
    "money": 65_000,
    "funds": ["state", "bank"],
    "targets": PROMISES,
}


@pytest.fixture(scope="module")
def run():
    programmes = [
        PLAN,
        {"name": "other", "begins": "2003-01-01", "ends": "2013-01-01", "off": True},
    ]
    scenario = made_scenario(
        budget={"opening_usd": 0, "usd_per_year": 0},
        currency={"code": "AZN", "per_usd": 0.785},
        payment={"pays_after_days": 30, "retention_share": 0.1, "defects_days": 500},
        funds=FUNDS,
        programmes=programmes,
        finance=EARNS,
    )
    return simulate(scenario, star([10, 6]))


def test_each_years_row_is_the_state_of_its_last_day(run):
    table = run.funds
    for year, rows in table.groupby("year"):
        state = run.at(f"{year}-12-31")
        assert rows["fund"].tolist() == list(run.scenario.fund_names)
        assert rows["reserved_cents"].tolist() == state.reserved
        assert rows["free_cents"].tolist() == state.free
        assert rows["debt_cents"].tolist() == state.debt
        told = table[table["year"] <= year].groupby("fund", sort=False)
        for name in ("granted", "reinvested", "borrowed", "lapsed", "paid"):
            assert told[f"{name}_cents"].sum().tolist() == getattr(state, name), name


def test_the_identity_holds_in_every_row(run):
    table = run.funds.copy()
    grown = table.drop(columns=["fund"]).groupby(table["fund"]).cumsum(numeric_only=True)
    came = sum(grown[f"{n}_cents"] for n in ("opening", "granted", "reinvested", "borrowed", "moved"))
    left = grown["paid_cents"] + table["reserved_cents"] + table["free_cents"]
    assert (came - grown["lapsed_cents"] == left).all()
    uses = grown["built_cents"] + grown["run_cents"] + grown["served_cents"]
    assert (uses == grown["paid_cents"]).all()


def test_commitment_comes_before_work_and_work_before_payment(run):
    years = run.funds.drop(columns="fund").groupby("year").sum().cumsum()
    assert (years["committed_cents"] >= years["accrued_cents"]).all()
    assert (years["accrued_cents"] >= years["paid_cents"]).all()
    assert (years["accrued_cents"] > years["paid_cents"]).any(), "something is held back"
    accrued = sum(e.cents for e in run.events if isinstance(e, ev.WorkAccrued))
    lenders = sum(e.cents for e in run.events if isinstance(e, ev.Spent) and e.cause in LENDERS)
    assert years["accrued_cents"].iloc[-1] == accrued + lenders
    assert years["served_cents"].iloc[-1] == lenders > 0


def test_lenders_are_no_part_of_what_is_built(run):
    paid = sum(e.cents for e in run.events if isinstance(e, ev.Spent) and e.cause not in LENDERS)
    assert run.periods["capex_usd"].sum() == pytest.approx(paid / 78.5)
    assert not set(run.finance["cause"]) & set(LENDERS)


def test_promises_are_judged_by_the_last_period_that_ends_by_their_day(run):
    table = run.programmes
    assert table["programme"].tolist() == ["plan"] * 3 + ["other"]
    first = table.iloc[0]
    assert first["given"] * 100 == sum(
        e.cents for e in run.events if isinstance(e, ev.BudgetGranted | ev.MoneyBorrowed)
    )
    assert first["was"] == run.periods["households_passed_share_at_end"].iloc[-1]
    assert first["kept_on"] is not None
    assert table["was"].iloc[1] == run.periods["cities_on_fibre_share_at_end"].iloc[0]
    assert np.isnan(table["was"].iloc[2])
    assert table["off"].tolist() == [False, False, False, True]


def test_what_was_built_of_income_is_no_more_than_was_built_nor_than_came_in():
    """What a fund puts back and has not spent built nothing; it is no part of what was spent on building."""
    own = {"name": "own", "pays_for": ["access"], "reinvests": {"share": 0.9}}
    scenario = made_scenario(
        budget={"opening_usd": 100_000, "usd_per_year": 0, "access_share": 0.0},
        currency={"code": "AZN", "per_usd": 0.785},
        funds=[own],
        finance=EARNS | {"usd_per_home_per_month": 60},
        existing={"households_connected": {"g": 100}, "households_passed": {"g": 100}},
    )
    run = simulate(scenario, star([2, 2], people=4000))
    table = run.funds.groupby("fund").sum(numeric_only=True)
    of_income = sum(min(row.reinvested_cents, row.built_cents) for row in table.itertuples())
    told = built_from_income_usd(run.tables["ledger"])
    assert told == pytest.approx(of_income / 100 / 0.785, abs=1)
    own = table.loc["own"]
    assert own.reinvested_cents > own.built_cents > 0, "more came in than was built"
    assert 0 < told < run.periods.reinvested_usd.sum()
    assert told <= run.periods.capex_usd.sum()


@pytest.mark.parametrize("name", ["backbone", "access", "operator", "sites"])
def test_a_fund_has_a_name_of_its_own(name):
    with pytest.raises(ValidationError, match="is there already"):
        made_scenario(funds=[{"name": name, "pays_for": ["access"]}])


def test_a_programme_ends_after_it_begins():
    for ends in ("2013-12-31", "2014-01-01"):
        with pytest.raises(ValidationError, match="but it begins on 2014-01-01"):
            made_scenario(programmes=[{"name": "p", "begins": "2014-01-01", "ends": ends}])
    made_scenario(programmes=[{"name": "p", "begins": "2014-01-01", "ends": "2014-01-02"}])
