"""Lines and bars stand where their figures are."""

from __future__ import annotations

import re

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.report.charts import SIDE, charts, empty_columns
from bbsim.report.facts import Facts


@pytest.fixture(scope="module")
def drawn(flagship_facts):
    return {chart.key: chart for chart in charts(flagship_facts)}


def points(path):
    return np.array([[float(x), float(y)] for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)])


def test_a_line_has_a_point_a_period_at_its_end(flagship_facts, drawn):
    line = drawn["coverage"].lines[0]
    xy = points(line.path)
    assert len(xy) == len(flagship_facts.ends) == len(line.texts)
    assert np.allclose(xy[:, 0], SIDE * np.array(flagship_facts.end_days) / flagship_facts.days, atol=0.06)


def test_a_share_stands_at_its_height(flagship_facts, drawn):
    shares = flagship_facts.periods["population_on_fibre_share_at_end"]
    line = next(line for line in drawn["coverage"].lines if line.label.startswith("people in places"))
    assert np.allclose(points(line.path)[:, 1], SIDE * (1 - shares), atol=0.06)


def test_rates_stand_on_a_logarithmic_scale(flagship_facts, drawn):
    chart = drawn["speed"]
    loads = flagship_facts.periods["busy_hour_mbps_per_home"]
    heights = 1 - points(next(line for line in chart.lines if "load" in line.label).path)[:, 1] / SIDE
    slope = np.diff(heights) / np.diff(np.log10(loads))
    decades = len(chart.y_ticks) - 1
    assert np.allclose(slope, 1 / decades, rtol=0.05)


def test_money_that_came_in_is_what_was_spent_and_what_is_left(flagship_facts):
    spent = np.cumsum(flagship_facts.periods["capex_usd"])
    left = flagship_facts.periods["cash_usd"]
    assert np.allclose(flagship_facts.came_in_usd, spent + left, atol=0.005)


def test_stacked_bars_are_as_high_as_their_counts(flagship_facts, drawn):
    periods = flagship_facts.periods
    counts = np.sum(
        [periods[f"waiting_for_{c}_projects"] for c in ("money", "permits", "crews", "season")], axis=0
    )
    total = sum(bar.height for bar in drawn["waiting"].bars)
    assert total == pytest.approx(SIDE * counts.sum() / counts.max(), rel=0.01)


def test_homes_that_wait_are_seen(flagship_facts, drawn):
    periods = flagship_facts.periods
    counts = np.sum([periods[f"waiting_for_{cause}_homes"] for cause in ("money", "crews")], axis=0)
    assert counts[-1] > 0
    total = sum(bar.height for bar in drawn["waiting_homes"].bars)
    assert total == pytest.approx(SIDE * counts.sum() / counts.max(), rel=0.01)


@pytest.mark.parametrize(("key", "what"), [("waiting", "projects"), ("waiting_homes", "homes")])
def test_the_strip_has_the_colour_of_what_binds_among_the_bars_above_it(flagship_facts, drawn, key, what):
    from bbsim.report.palette import CAUSES

    chart, periods = drawn[key], flagship_facts.periods
    causes = [
        cause for cause in ("money", "permits", "crews", "season") if f"waiting_for_{cause}_{what}" in periods
    ]
    words = chart.lines[-1].texts
    for period, bar in enumerate(chart.strip):
        waits = {cause: periods[f"waiting_for_{cause}_{what}"][period] for cause in causes}
        most = max(causes, key=waits.__getitem__)
        bound = most if waits[most] > 0 else "none"
        assert bar.colour == CAUSES[bound]
        assert words[period] == ("nothing" if bound == "none" else bound)


def test_money_in_hand_while_homes_wait_is_explained(drawn):
    assert "only when no channel is left to award" in drawn["money"].caption


def test_marks_say_whether_a_promise_was_kept(flagship_facts, drawn):
    from bbsim.report.story import promises

    assert [mark.kept for mark in drawn["coverage"].marks] == [p.kept for p in promises(flagship_facts)]


def test_ticks_lie_on_the_chart(drawn):
    for chart in drawn.values():
        for tick in [*chart.x_ticks, *chart.y_ticks]:
            assert 0 <= tick.at <= 100


def test_gaps_stay_gaps(small_facts):
    from bbsim.report.scales import Scale

    values = np.array([np.nan, 0.5, np.nan, 0.5, 0.6] + [np.nan] * (len(small_facts.ends) - 5))
    path = Scale(small_facts.end_days, 0.0, 1.0).line("x", values, "#000", str).path
    assert path.count("M") == 2
    assert len(points(path)) == 3


def test_empty_columns_are_found(flagship_facts):
    empty = dict(empty_columns(flagship_facts))
    assert "availability_share" in empty
    assert "capex_usd" not in empty


def test_each_empty_column_says_what_would_fill_it(flagship_facts, small_facts):
    """What is not asked for is not what is not modelled: all of these are modelled."""
    whys = dict(empty_columns(flagship_facts)) | dict(empty_columns(small_facts))
    assert "internet_use" in whys["internet_users_share"]
    assert "public_sites" in whys["public_sites_on_fibre"]
    assert "population_on_single_path_share" not in whys
    assert "nothing to tell" not in whys.values()


def test_crews_that_hire_are_drawn_from_those_of_the_first_day_to_all(make_run):
    ramp = {"crews_at_start_share": 0.3, "hiring_per_year": 1.0}
    yard = {"base": "R", "regions": ["R"], "civil": 9, "cable": 9, "splice": 9, "access": 5}
    facts = Facts(make_run(access={"last_mile": {"ramp": ramp}}, crews={"bases": [yard]}))
    (drawn,) = [chart for chart in charts(facts) if chart.key == "crews"]
    hired = [e for e in facts.run.events if type(e) is ev.CrewsHired]
    texts = drawn.lines[0].texts
    at_start = {e.name: e.crews - 1 for e in reversed(hired)}
    assert hired
    assert int(texts[0]) >= sum(at_start.values()) > 0
    assert int(texts[-1]) == int(texts[0]) + sum(e.minute >= facts.end_days[0] * 1440 for e in hired)
    assert "crews" not in [chart.key for chart in charts(Facts(make_run()))]
