"""The shipped scenario with everything on: its parts meet, and the books still close."""

from pathlib import Path

import numpy as np
import pytest
from bbsim import events as ev
from bbsim import load, simulate
from bbsim.api import country_of
from bbsim.checks import check
from bbsim.state import BOOKED, State
from bookkeeper import audited

SCENARIO = Path(__file__).parents[2] / "scenarios" / "azerbaijan_everything.yaml"


@pytest.fixture(scope="module")
def run():
    # Five years hold the first grants, a lapse, a loan with its first interest, launches and centres.
    return simulate(load(SCENARIO, ["end=2019-01-01"]))


def test_the_whole_scenario_is_in_order():
    scenario = load(SCENARIO)
    assert [each for each in check(scenario, country_of(scenario)) if each.severity == "error"] == []


def test_every_part_of_it_happens(run):
    kinds = {type(event) for event in run.events}
    assert kinds >= {
        ev.MoneyBorrowed,
        ev.MoneyLapsed,
        ev.MoneyReinvested,
        ev.WorkAccrued,
        ev.SatelliteLaunched,
        ev.SiteConnected,
        ev.DesksWatched,
        ev.PlacesPaid,
    }


def test_its_books_close_to_the_cent_in_every_fund_and_year(run):
    audited(run)
    table = {name: column.to_numpy() for name, column in run.funds.items()}
    for name in run.scenario.fund_names:
        of = table["fund"] == name
        sums = {flow: np.cumsum(table[f"{flow}_cents"][of]) for flow in
                ("opening", "granted", "reinvested", "borrowed", "moved", "lapsed", "paid")}  # fmt: skip
        came = sum(sums[flow] for flow in ("opening", "granted", "reinvested", "borrowed", "moved"))
        left = table["reserved_cents"][of] + table["free_cents"][of]
        assert (came - sums["lapsed"] - sums["paid"] == left).all(), name
        assert (table["free_cents"][of] >= 0).all(), name


def test_homes_of_every_technology_and_sites_have_their_rows(run):
    access = run.tables["access"]
    assert {"adsl", "vdsl", "satellite", "wireless_4g", "gpon"} <= set(access["technology"])
    for stock in ("passed", "connected", "served"):
        assert (access[f"homes_{stock}"] >= 0).all()
    assert (access["homes_served"] <= access["homes_connected"]).all()
    assert set(run.programmes["programme"]) == {"ict-strategy-2003", "e-governance", "broadband"}


def test_what_only_the_books_know_changes_nothing_else(run):
    """The tables are made without these kinds, so that none of them may touch what is in service."""
    whole, without = (State(run.country, run.opening_cents) for _ in range(2))
    whole.apply_all(run.events)
    left_out = [event for event in run.events if type(event) in BOOKED]
    without.apply_all([event for event in run.events if type(event) not in BOOKED], run.events[-1].minute)
    assert len(left_out) > len(run.events) / 3
    books = {"granted", "reinvested", "borrowed", "moved", "lapsed", "reserved", "paid", "accrued", "debt"}
    for name, value in vars(whole).items():
        if name.startswith("_") or name == "country":
            continue
        same = (
            np.array_equal(value, getattr(without, name))
            if isinstance(value, np.ndarray)
            else (repr(value) == repr(getattr(without, name)))
        )
        assert same != (name in books and any(value)), name


def test_cash_is_what_the_state_holds_at_the_end_of_each_period(run):
    rate = 100.0 * run.scenario.minor_per_cent
    for row in run.periods.iloc[[3, 11, -1]].itertuples():
        state = run.at(row.period_end - np.timedelta64(1, "D"))
        assert row.cash_usd == pytest.approx((sum(state.free) + sum(state.reserved)) / rate, abs=1e-9)
