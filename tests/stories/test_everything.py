"""The shipped scenario with everything on: its parts meet, and the books still close."""

from pathlib import Path

import numpy as np
import pytest
from bbsim import events as ev
from bbsim import load, simulate
from bbsim.api import country_of
from bbsim.checks import check
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
