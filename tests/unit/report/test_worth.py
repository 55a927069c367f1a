"""The report's section on worth: only where the scenario says what lines earn, in step with the tables."""

import re

import numpy as np
import pytest
from bbsim.report.facts import Facts
from bbsim.report.figures import write_figures
from bbsim.report.geometry import base_of
from bbsim.report.page import report_page
from bbsim.report.palette import CAUSES, SERVED
from bbsim.report.worth import queue, worth

FINANCE = {"usd_per_home_per_month": 14, "node_usd_per_year": {"city": 900}}


@pytest.fixture(scope="module")
def facts(make_run):
    return Facts(make_run(finance=FINANCE))


@pytest.fixture(scope="module")
def base(facts):
    return base_of(facts.run.country)


@pytest.fixture(scope="module")
def told(facts, base):
    return worth(facts, base)


def test_without_the_section_nothing_is_said_and_nothing_drawn(small_facts, tmp_path):
    base = base_of(small_facts.run.country)
    assert worth(small_facts, base) is None
    page = report_page(small_facts, base)
    assert 'id="worth"' not in page
    assert 'data-chart="running"' not in page
    assert not [path for path in write_figures(small_facts, base, tmp_path) if "gap" in path.name]


def test_the_page_has_it_and_two_pictures_lie_beside_it(facts, base, tmp_path):
    page = report_page(facts, base)
    assert 'id="worth"' in page
    assert 'data-chart="running"' in page
    names = {path.name for path in write_figures(facts, base, tmp_path)}
    assert {"funding_gap.png", "funding_gap_map.png"} <= names


def test_years_add_up_to_the_net_present_value(facts, told):
    assert told.years.foot[-1].key == pytest.approx(facts.run.appraisal.npv_usd)
    nets = [row[-2].key for row in told.years.rows]
    assert sum(nets) == pytest.approx(facts.run.finance.amount_usd.sum())
    assert [row[0].text for row in told.years.rows] == ["2014", "2015", "2016", "2017"]


def test_every_place_is_a_dot_in_the_colour_of_what_it_lacks(facts, told):
    gap = facts.run.funding_gap.funding_gap_usd
    colours = [dot.colour for dot in told.map.dots]
    assert colours.count(CAUSES["money"]) == int((gap > 0).sum()) > 0
    assert colours.count(SERVED["fibre"]) == int((gap == 0).sum())
    assert colours.count(SERVED[""]) == int(gap.isna().sum())
    radii = [dot.radius for dot in told.map.dots]
    assert radii == sorted(radii, reverse=True)
    assert all(0 <= dot.x <= 1000 and 0 <= dot.y <= told.map.height for dot in told.map.dots)


def test_the_curve_goes_from_nothing_to_all_that_is_lacking(facts, told):
    usd, share = queue(facts)
    gap = facts.run.funding_gap
    assert (usd[0], share[0]) == (0, 0)
    assert usd[-1] == pytest.approx(gap.funding_gap_usd.sum())
    assert (np.diff(usd) >= 0).all()
    assert (np.diff(share) >= 0).all()
    points = re.findall(r"[ML]([\d.]+) ([\d.]+)", told.curve.path)
    assert len(points) == len(usd)
    assert (float(points[0][0]), float(points[0][1])) == (0, 1000)
    assert float(points[-1][0]) == 1000


def test_the_neediest_come_first_with_what_it_comes_from(facts, told):
    gap = facts.run.funding_gap.sort_values("funding_gap_usd", ascending=False)
    assert told.neediest.rows[0][0].text == gap["name"].iloc[0]
    lacks = [row[3].key for row in told.neediest.rows]
    assert lacks == sorted(lacks, reverse=True)
    for row in told.neediest.rows:
        assert row[3].key == pytest.approx(-(row[5].key + row[6].key))


def test_the_sentence_says_what_is_left_out(told, make_run):
    assert "Rent of transit is not in these sums" in told.sentence
    assert "What stood on the first day" in told.sentence
    other = Facts(
        make_run(
            finance=FINANCE | {"existing": "counted"},
            gateways=[{"node": "g", "transit_gbps": 100, "paid_by": "operator"}],
        )
    )
    words = worth(other, base_of(other.run.country)).sentence
    assert "Rent of transit" not in words
    assert "are left out" not in words
    assert "What stood on the first day is counted as well: it earns from then on" in words


def test_it_is_said_that_homes_which_leave_copper_bring_nothing_new(make_run):
    mile = {"copper": {"lines_per_100_people": {"city": 9}}}
    for section, said in ((mile, True), ({}, False)):
        facts = Facts(make_run(finance=FINANCE, access={"last_mile": section}))
        sentence = worth(facts, base_of(facts.run.country)).sentence
        assert ("moves from the copper of that day costs its new line" in sentence) == said


def test_businesses_that_bring_nothing_are_told_and_those_that_pay_are_named(make_run):
    mile = {"last_mile": {"businesses_per_1000_people": 20}}
    for paid, silent, who in ((0, True, "homes"), (40, False, "homes and businesses")):
        facts = Facts(make_run(finance=FINANCE | {"usd_per_business_per_month": paid}, access=mile))
        sentence = worth(facts, base_of(facts.run.country)).sentence
        assert ("Lines of businesses cost their drops here and bring nothing" in sentence) == silent
        assert facts.who_pays == who
    without = Facts(make_run(finance=FINANCE))
    assert "businesses" not in worth(without, base_of(without.run.country)).sentence


def test_where_nothing_is_lacking_there_is_no_curve(make_run):
    money = {"opening_usd": 1e8, "usd_per_year": 0, "access_share": 0.5}
    rich = Facts(make_run(finance=FINANCE | {"usd_per_home_per_month": 5000}, budget=money))
    told = worth(rich, base_of(rich.run.country))
    assert (rich.run.funding_gap.funding_gap_usd.dropna() == 0).all()
    assert told.curve is None
    assert told.neediest.rows == []
    assert "0 of 5 places lack" in told.sentence
