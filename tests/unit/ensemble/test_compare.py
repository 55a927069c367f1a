"""Comparisons: paired under the same luck, honest about what may be luck, and told in words."""

import json

import numpy as np
import pytest
from bbsim.cli import main
from bbsim.cli_compare import lines
from bbsim.ensemble import ensemble
from bbsim.ensemble.compare import LEVEL, _paired, _welch, compare, days_earlier, half_width
from bbsim.errors import InputError
from bbsim.simulate import simulate
from hypothesis import given
from hypothesis import strategies as st
from lucky import COUNTRY, LUCKY, scenario
from scipy import stats


def slower(days):
    return {"stages": LUCKY["stages"] | {"tender_days": days}}


@pytest.fixture(scope="module")
def base():
    return ensemble(scenario(), COUNTRY, runs=12)


def by_name(found):
    return {each.measure: each for each in found.differences}


def test_ten_days_more_of_tender_are_found_to_the_day_through_all_luck(base):
    found = by_name(compare(base, ensemble(scenario(**slower(30)), COUNTRY, runs=12)))
    late = found["last_city_day"]
    assert (late.difference, late.low, late.high) == (10, 10, 10)
    assert late.verdict == "real"
    assert (late.better_share, late.worse_share) == (0, 1)
    assert found["capex_usd"].verdict == "none"


def test_unpaired_luck_hides_what_pairs_show(base):
    other = ensemble(scenario(**slower(30)), COUNTRY, runs=12, seed=99)
    found = compare(base, other)
    late = by_name(found)["last_city_day"]
    assert not found.paired
    assert late.verdict == "may be luck"
    assert late.low < 10 < late.high


def test_the_same_ensemble_differs_in_nothing(base):
    found = compare(base, base)
    assert {each.verdict for each in found.differences} == {"none"}
    assert "The same in every run" in "\n".join(lines(found))


def test_of_two_runs_nothing_is_said_about_luck():
    one, two = (simulate(scenario(**slower(days)), COUNTRY) for days in (20, 80))
    late = by_name(compare(one, two))["last_city_day"]
    assert (late.difference, late.verdict) == (60, "one run")


def test_a_date_that_does_not_come_counts_as_later_than_every_day(base):
    days = np.sort(base.days("last_city_day"))
    end = str(
        base.scenario.start + (days[8] - days[8] + np.timedelta64(int(days[8]) + 5, "D")).astype(object)
    )
    first = ensemble(scenario(end=end), COUNTRY, runs=12)
    second = ensemble(scenario(end=end, **slower(40)), COUNTRY, runs=12)
    assert (second.days("last_city_day") < 0).sum() > (first.days("last_city_day") < 0).sum()
    late = by_name(compare(first, second))["last_city_day"]
    assert late.worse_share == (first.days("last_city_day") >= 0).mean(), (
        "where neither comes, neither is worse"
    )
    assert late.difference in (20, np.inf)
    text = "\n".join(lines(compare(first, second)))
    assert "last city on fibre" in text


def test_different_horizons_do_not_compare(base):
    with pytest.raises(InputError, match="different times"):
        compare(base, ensemble(scenario(end="2016-06-01"), COUNTRY, runs=1))


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=40))
def test_the_paired_interval_and_chance_are_students(values):
    apart = np.array(values)
    if apart.std() < 1e-6:
        return
    low, middle, high, chance = _paired(apart)
    told = stats.ttest_1samp(apart, 0)
    interval = told.confidence_interval(LEVEL)
    assert (low, high) == pytest.approx((interval.low, interval.high), rel=1e-9, abs=1e-6)
    assert chance == pytest.approx(told.pvalue, rel=1e-6, abs=1e-12)
    assert middle == pytest.approx(apart.mean())
    assert half_width(apart) == pytest.approx((interval.high - interval.low) / 2, rel=1e-9)


def test_the_interval_holds_the_truth_so_often():
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(2000):
        low, _, high, _ = _paired(rng.normal(5, 20, 15))
        held += low <= 5 <= high
    assert held / 2000 == pytest.approx(0.95, abs=4 * np.sqrt(0.95 * 0.05 / 2000))


def test_the_interval_of_a_median_holds_it_at_least_so_often_even_if_some_never_come():
    rng = np.random.default_rng(4)
    held = 0
    for _ in range(1000):
        apart = rng.normal(5, 20, 25)
        apart[apart > 40] = np.inf
        low, _, high, _ = _paired(apart)
        held += low <= 5 <= high
    assert held / 1000 > 0.95 - 4 * np.sqrt(0.95 * 0.05 / 1000)


def test_welchs_interval_is_scipys():
    rng = np.random.default_rng(5)
    one, two = rng.normal(0, 1, 12), rng.normal(1, 3, 20)
    told = stats.ttest_ind(two, one, equal_var=False)
    assert _welch(one, two)[3] == told.pvalue
    assert _welch(one, two)[0] == told.confidence_interval(0.95).low


def test_pure_luck_is_seldom_called_real():
    """Two seeds of one scenario differ by luck alone; of many such pairs few may have a real difference."""
    many = [ensemble(scenario(), COUNTRY, runs=5, seed=seed) for seed in range(20)]
    called = sum(
        any(each.verdict == "real" for each in compare(one, two).differences)
        for one, two in zip(many[::2], many[1::2], strict=True)
    )
    assert called <= 2


def test_for_whom_is_told_by_region(base):
    later = ensemble(scenario(**slower(50)), COUNTRY, runs=12)
    table = days_earlier(base, later)
    built = [i for i, verdict in enumerate(table["verdict"]) if verdict == "real"]
    assert built
    assert all(table["days_earlier"][i] < 0 for i in built)


def test_the_verb_runs_scenarios_pairs_folders_and_writes_tables(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "demo", "--country", "AZE", "--quiet"]) == 0
    short = ["--set", "end=2015-06-01"]
    assert main(["ensemble", "demo", "--runs", "2", "--out", "a", "--no-report", "--quiet", *short]) == 0
    more = [*short, "--set", "crews.per_project=4"]
    assert main(["ensemble", "demo", "--runs", "3", "--out", "b", "--no-report", "--quiet", *more]) == 0
    capsys.readouterr()
    assert main(["compare", "a", "b", "--out", "c", "--json"]) == 0
    said = capsys.readouterr()
    (data,) = json.loads(said.out)
    assert data["paired"]
    assert {each["runs"] for each in data["differences"]} == {2}
    assert "b against a, 2 runs each, run by run under the same luck." in said.err
    assert {path.name for path in (tmp_path / "c").iterdir()} == {
        "differences.parquet", "differences.png", "regions.parquet",
    }  # fmt: skip
    assert main(["compare", "a", "demo", "--runs", "2", "--quiet", "--json", *short]) == 0
    (same,) = json.loads(capsys.readouterr().out)
    assert {each["verdict"] for each in same["differences"]} == {"none"}, "the same scenario, run again"
    assert main(["compare", "a"]) == 2
    assert main(["compare", "a", "nowhere"]) == 3
