"""What homes get as a distribution, held against the tables of the run, and the satellites of the page."""

from datetime import date

import pytest
from bbsim.metrics.spread import Spreads
from bbsim.report.facts import Facts
from bbsim.report.rates import QUANTILES, SPEEDS_MBPS, rates_table, sky_table
from bbsim.report.wording import MISSING
from bbsim.simulate import simulate
from strategies import made_country, made_scenario

LIT = {"status": "operational"}
STILL = {"use": "bass", "innovation": 0, "imitation": 0}
LEVEL = {
    "use": "busy_hour_growth",
    "kbps_per_home": 400,
    "measured": "2014-01-01",
    "growth_share_per_year": 0,
}
UP = {"name": "S", "launched": "2013-01-01", "usable_gbps": 0.5, "lifetime_years": 30, "line_mbps": 4}
HOMES = {"a": 900, "b": 90, "c": 10}


def still_run(**over):
    """Three places on fibre, full in different degrees, in which nothing happens."""
    place = {"population": 8000, "households": 2000, "kind": "town"} | LIT
    nodes = {"g": {"population": 0} | LIT, **dict.fromkeys(HOMES, place)}
    spans = {f"g{name}": ("g", name, 5, LIT) for name in HOMES}
    fields = {
        "existing": {"households_passed": HOMES, "households_connected": HOMES},
        "equipment": {"spur_gbps": 0.1, "corridor_gbps": 0.1}, "demand": LEVEL, "adoption": STILL,
        "end": date(2016, 1, 1), "report_every": "month",
    }  # fmt: skip
    return simulate(made_scenario(**(fields | over)), made_country(nodes, spans))


def test_the_spread_of_a_still_day_is_what_the_table_says_of_its_month():
    run = still_run()
    day = date(2015, 12, 31)
    spread, month = Spreads(run).on(day, run.at(day)), run.periods.iloc[-1]
    assert spread.homes.sum() == sum(HOMES.values())
    assert len(set(spread.mbps.tolist())) > 1, "places differ"
    for name, share in (("p10", 0.1), ("p50", 0.5)):
        assert spread.quantile(share) == pytest.approx(month[f"achievable_mbps_per_home_{name}"], rel=1e-9)
    mean = spread.mbps @ spread.homes / spread.homes.sum()
    assert mean == pytest.approx(month.achievable_mbps_per_home_mean, rel=1e-9)
    # Most homes are in the fullest place, and one in a hundred is in the emptiest.
    assert spread.quantile(0.5) == spread.mbps[0]
    assert spread.quantile(0.995) == spread.mbps[-1]
    assert spread.at_least(spread.mbps[-1]) == pytest.approx(0.01)


def test_homes_on_dishes_are_counted_with_those_on_fibre():
    rule = {"technology": "satellite", "begins": "2014-01-01", "after_days": 0}
    keen = {"use": "bass", "innovation": 0.5, "imitation": 0.5}
    country = made_country(
        {
            "g": {"population": 0} | LIT,
            "a": {"population": 8000, "households": 2000, "kind": "town"} | LIT,
            "far": {"population": 4000, "households": 1000, "kind": "town"},
        },
        {"ga": ("g", "a", 5, LIT)},
    )
    scenario = made_scenario(
        access={"last_mile": {"interim": [rule]}}, adoption=keen, satellites=[UP], end=date(2016, 1, 1),
        existing={"households_passed": {"a": 500}, "households_connected": {"a": 500}},
    )  # fmt: skip
    run = simulate(scenario, country)
    day = date(2015, 12, 31)
    state = run.at(day)
    spread = Spreads(run).on(day, state)
    dishes = int(state.lines.homes.connected[0].sum())
    assert dishes > 10
    assert spread.homes.sum() == state.lines.homes.connected.sum()
    assert spread.homes[spread.mbps <= UP["line_mbps"]].sum() == dishes


def test_the_page_has_a_row_for_the_ends_of_years_with_rates_that_rise_and_shares_that_fall():
    table = rates_table(Facts(still_run()))
    assert [row[0].text for row in table.rows] == ["31 December 2014", "31 December 2015"]
    for row in table.rows:
        assert row[1].key == 1000
        rates = [cell.key for cell in row[2 : 2 + len(QUANTILES)]]
        shares = [cell.key for cell in row[-len(SPEEDS_MBPS) :]]
        assert rates == sorted(rates)
        assert shares == sorted(shares, reverse=True)


def test_without_a_home_there_is_no_distribution_and_without_a_satellite_no_table():
    nobody = still_run(existing={})
    assert rates_table(Facts(nobody)) is None
    assert sky_table(Facts(nobody)) is None


def test_each_satellite_has_a_row_that_says_how_late_it_was_and_what_it_carries():
    late = UP | {"name": "Late", "launched": "2014-03-01", "slip_days": 100, "orbit": "geo"}
    eye = UP | {"name": "Eye", "usable_gbps": 0, "payload": "imaging", "line_mbps": 0}
    never = UP | {"name": "Never", "launched": "2030-01-01"}
    table = sky_table(Facts(still_run(satellites=[late, eye, never])))
    by_name = {row[0].text: row for row in table.rows}
    assert list(by_name) == ["Late", "Eye", "Never"]
    assert by_name["Late"][3].text == "9 June 2014"
    assert by_name["Late"][3].note == "100 days late"
    assert by_name["Late"][6].text == "500 Mbit/s"
    assert by_name["Late"][8].text == "477 ms"
    assert (by_name["Eye"][0].note, by_name["Eye"][6].text) == ("takes pictures", MISSING)
    assert by_name["Never"][3].text == MISSING
