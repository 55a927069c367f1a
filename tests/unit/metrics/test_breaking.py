"""Where a run's network breaks first, on a line of two villages worked out on paper."""

from datetime import date

import numpy as np
import pytest
from bbsim.metrics import carried
from bbsim.metrics.breaking import breaks_first
from bbsim.report.breaking import breaking
from bbsim.report.facts import Facts
from bbsim.simulate import simulate
from strategies import made_country, made_scenario

LIT = {"status": "operational"}


def line_of_two(**over):
    """g – x – a – b: 400 homes in a, 100 in b, 1 Mbit/s each, half more every year."""
    nodes = {
        "g": {"population": 0} | LIT,
        "x": {"kind": "junction"},
        "a": {"population": 1600, "households": 400} | LIT,
        "b": {"population": 400, "households": 100} | LIT,
    }
    spans = {"gx": ("g", "x", 4, LIT), "xa": ("x", "a", 6, LIT), "ab": ("a", "b", 5, LIT)}
    fields = {
        "upgrades": None,
        "existing": {
            "households_passed": {"a": 400, "b": 100},
            "households_connected": {"a": 400, "b": 100},
        },
        "adoption": {"use": "bass", "innovation": 0, "imitation": 0},
        "equipment": {"corridor_gbps": 1.0, "city_node_gbps": 50.0, "node_gbps": 50.0},
        "demand": {"use": "busy_hour_growth", "kbps_per_home": 1000, "measured": "2014-01-01"}
        | {"growth_share_per_year": 0.5},
    }
    return simulate(made_scenario(**(fields | over)), made_country(nodes, spans))


def test_the_first_to_fill_stands_first_with_the_day_and_the_people_behind_it():
    found = breaks_first(line_of_two(), date(2014, 1, 1))
    assert found["id"][:3].tolist() == ["gx", "xa", "ab"]
    assert found["kind"][:3].tolist() == ["span"] * 3
    assert found["load_gbps"][:3] == pytest.approx([0.5, 0.5, 0.1])
    assert found["people_behind"][:3].tolist() == [2000, 2000, 400]
    assert found["people_held"].sum() == 0
    # 0.5 x 1.5^years = 1 after 1.7095 years, 0.1 after 5.679.
    days = [(day - np.datetime64("2014-01-01")).astype(int) for day in found["full_on"][:3]]
    assert days == [int(np.log(2) / np.log(1.5) * 365.25), *[days[0]], int(np.log(10) / np.log(1.5) * 365.25)]
    # Sized for 0.5 x 1.5^2 / 0.7 = 1.6 Gbit/s: one port of 1 Gbit/s more at 600 USD.
    assert found["cure"][:3].tolist() == ["ports", "ports", None]
    assert found["cure_gbps"][:3].tolist() == [2.0, 2.0, 1.0]
    assert found["cure_usd"][:3].tolist() == [600.0, 600.0, 0.0]


def test_what_is_full_says_whom_it_holds():
    found = breaks_first(line_of_two(), date(2016, 12, 31))
    assert found["utilisation_share"][:2].tolist() == [1.0, 1.0]
    assert found["people_held"].sum() == 2000
    assert found["full_on"][0] == np.datetime64("2016-12-31")


def test_a_gateway_that_is_wide_enough_needs_no_cure():
    found = breaks_first(line_of_two(), "2014-01-01")
    at = found["kind"].tolist().index("gateway")
    assert found["id"][at] == "g"
    assert found["cure"][at] is None
    assert found["cure_usd"][at] == 0


def test_without_growth_nothing_fills():
    demand = {"use": "busy_hour_growth", "kbps_per_home": 1000, "measured": "2014-01-01"}
    run = line_of_two(demand=demand | {"growth_share_per_year": 0})
    assert np.isnat(breaks_first(run, "2014-06-01")["full_on"]).all()


def test_the_report_joins_what_fills_together_and_the_frame_is_the_same_list():
    run = line_of_two()
    first = breaking(Facts(run))[0]
    where, _, _, people, when, cure = first.table.rows[0]
    assert (where.text, where.note) == ("a – g", "2 spans, 10 km")
    assert (people.text, when.text, cure.text) == ("2\u202f000", "now", "more ports")
    assert "keeps 2\u202f000 people" in first.sentence
    frame = run.bottlenecks("2014-01-01")
    assert frame["id"].tolist() == breaks_first(run, "2014-01-01")["id"].tolist()
    with pytest.raises(ValueError, match="lies outside"):
        run.bottlenecks("2030-01-01")


@pytest.mark.parametrize("day", ["2014-01-01", "2016-12-31"])
def test_ways_summed_along_the_tree_say_the_same_as_ways_written_down(day, monkeypatch):
    run = line_of_two()
    written = breaks_first(run, day)
    monkeypatch.setattr(carried, "MANY_WAYS", 0)
    summed = breaks_first(run, day)
    order, other = (np.argsort(each["id"].astype(str), kind="stable") for each in (written, summed))
    for name, column in written.items():
        told = summed[name][other]
        if column.dtype == np.float64:
            np.testing.assert_allclose(told, column[order], rtol=1e-12)
        else:
            assert told.tolist() == column[order].tolist()


def test_the_list_is_there_too_when_demand_has_directions():
    demand = {"use": "by_direction", "kbps_per_home": 1000, "measured": "2014-01-01"}
    demand |= {"growth_share_per_year": 0.5, "places_share": 0, "content_share": 0.4, "upstream_share": 0.1}
    found = breaks_first(line_of_two(demand=demand), "2014-01-01")
    assert found["id"][:3].tolist() == ["gx", "xa", "ab"]
    assert found["load_gbps"][:3] == pytest.approx([0.5, 0.5, 0.1])
    assert found["people_behind"][:3].tolist() == [2000, 2000, 400]
