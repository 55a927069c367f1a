"""Bands over runs: quantiles that are values of runs, and dates that may never come."""

from datetime import date

import numpy as np
import pytest
from bbsim.ensemble import bands
from bbsim.ensemble.kept import NOT_YET
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

START = date(2014, 1, 1)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=40), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_quantile_is_the_least_value_that_so_many_runs_do_not_exceed(values, level):
    got = bands.quantile(np.array(values, dtype=float)[:, None], level)[0]
    reached = [v for v in sorted(values) if sum(w <= v for w in values) >= level * len(values) - 1e-9]
    assert got == reached[0]


def test_a_column_that_a_run_does_not_know_has_no_band():
    assert np.isnan(bands.quantile(np.array([[1.0, 2.0], [np.nan, 3.0]]), 0.5)).tolist() == [True, False]


def test_what_is_not_done_counts_as_later_than_every_day():
    days = np.array([[10], [20], [30], [NOT_YET], [NOT_YET]])
    told = bands.of_days(days, START)
    assert told["p10"].tolist() == [date(2014, 1, 11)]
    assert told["p50"].tolist() == [date(2014, 1, 31)]
    assert np.isnat(told["p90"]).all()
    assert told["not_yet_share"].tolist() == [0.4]
    assert bands.by_then(days, START, date(2014, 1, 21)).tolist() == [0.4]
    assert bands.by_then(days, START, date(2014, 1, 20)).tolist() == [0.2]


@pytest.mark.parametrize("count", [5, 20, 100])
def test_the_interval_of_the_median_covers_it_so_often(count):
    """The confidence of the order statistics that are taken, by the binomial: at least what is asked for."""
    days = np.arange(count) * 10
    width = bands.spread_of_median(days)
    low = round((count - 1 - width / 10) / 2)
    covered = 1 - 2 * binom.cdf(low, count, 0.5)
    assert covered >= 0.9
    if low + 1 < count // 2:
        assert 1 - 2 * binom.cdf(low + 1, count, 0.5) < 0.9, "no narrower pair would do"


@pytest.mark.parametrize("level", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("count", [40, 200])
def test_the_interval_of_any_quantile_covers_it_so_often(count, level):
    """Drawn: of 2,000 ensembles of a known distribution, nine in ten hold it (4 standard errors)."""
    luck = np.random.default_rng(7).random((2000, count))
    order = np.sort(luck, axis=1)
    low = int(binom.ppf(0.05, count, level)) - 1
    high = int(binom.ppf(0.95, count, level))
    held = ((order[:, low] <= level) & (level <= order[:, high])).mean()
    assert held > 0.9 - 4 * np.sqrt(0.09 / 2000)
    assert bands.spread_of_quantile(luck[0], level) == order[0, high] - order[0, low]


def test_too_few_runs_or_runs_without_an_end_say_nothing_about_the_median():
    assert bands.spread_of_median(np.array([5])) == np.inf
    assert bands.spread_of_median(np.array([NOT_YET] * 40)) == np.inf


def test_bands_of_periods_hold_every_number_at_every_level():
    runs = [
        {
            "period_start": np.array(["2014-01-01"], dtype="datetime64[D]"),
            "period_end": np.array(["2014-04-01"], dtype="datetime64[D]"),
            "x_share": np.array([value]),
            "unknown": np.array([np.nan]),
            "word": np.array(["a"], dtype=object),
        }
        for value in (0.1, 0.3, 0.2)
    ]
    stacked = {name: np.array([run[name] for run in runs], dtype=float) for name in ("x_share", "unknown")}
    got = bands.of_periods(runs[0], stacked.__getitem__)
    bands_of_x = [f"x_share_{level}" for level in ("p10", "p50", "p90", "mean")]
    assert sorted(got) == sorted(["period_end", "period_start", *bands_of_x])
    assert [got[name][0] for name in bands_of_x] == pytest.approx([0.1, 0.2, 0.3, 0.2])
