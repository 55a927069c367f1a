"""Bands and held-out years: what they promise, they keep on series that nobody chose."""

from dataclasses import replace

import numpy as np
import pytest
from bbsim.calibration import Series, errors_of, fit, forecast, hold_out, parameter_bands, shipped
from bbsim.calibration.bands import inside
from bbsim.errors import InputError
from bbsim.models.adoption import Logistic

WHEN = np.arange(1998.0, 2024.0)


def history(number):
    """A logistic growth with errors of a counted share: (known to 2013, all)."""
    luck = np.random.default_rng(number)
    model = Logistic(inflection_years=luck.uniform(8, 16), growth_per_year=luck.uniform(0.3, 0.7))
    share = luck.uniform(0.5, 0.95) * model.share(WHEN - 1997)
    noise = luck.normal(0, 0.03, len(WHEN)) * np.sqrt(np.maximum(share * (1 - share), 0.01))
    values = np.clip(share + noise, 0, 1)
    return Series(f"history {number}", WHEN, values, np.zeros(len(WHEN), dtype=np.int64))


@pytest.mark.slow
def test_on_made_histories_the_bands_hold_about_the_four_in_five_that_they_promise():
    held = []
    for number in range(24):
        series = history(number)
        answer = forecast(series.until(2013), WHEN[WHEN > 2013].tolist())
        held += inside(series.values[series.years > 2013], answer).tolist()
    assert 0.65 < np.mean(held) < 0.97


def test_the_bands_stand_in_order_within_the_limit_and_the_last_count():
    for key, record in shipped().items():
        answer = forecast(record.series, [2014, 2018, 2023], curves=("logistic",))
        assert (answer.low <= answer.middle).all(), key
        assert (answer.middle <= answer.high).all(), key
        assert (answer.low >= 0).all()
        assert (answer.high <= record.limit).all()
        assert (answer.curve_low <= answer.curve_high).all()


def test_the_same_question_has_the_same_answer():
    series = shipped()["geo-fixed-lines"].series
    first, again = (forecast(series, [2015, 2020]) for _ in range(2))
    assert first.low.tolist() == again.low.tolist()
    assert first.high.tolist() == again.high.tolist()
    other = forecast(series, [2015, 2020], seed=2)
    assert first.low.tolist() != other.low.tolist()


def test_a_series_without_errors_has_bands_without_width():
    series = history(3)
    exact = Logistic(inflection_years=9, growth_per_year=0.6)
    series = replace(series, values=0.8 * exact.share(WHEN - 1997)).until(2013)
    answer = forecast(series, [2014, 2020], curves=("logistic",))
    assert answer.high - answer.low == pytest.approx(0, abs=1e-3)
    assert answer.middle == pytest.approx(0.8 * exact.share(np.array([17.0, 23.0])), abs=1e-3)
    low, high = parameter_bands(answer)["growth_per_year"]
    assert low == pytest.approx(0.6, abs=1e-3)
    assert high == pytest.approx(0.6, abs=1e-3)


def test_the_first_figures_alone_say_nothing_of_how_wide_the_bands_must_be():
    young = history(4)
    young = replace(young, values=young.values * 0.05).until(2010)
    assert forecast(young, [2012]).widening.figures == 0


# ---- held-out years -------------------------------------------------------------------------------
def test_held_out_years_are_foretold_from_the_years_before_alone():
    series = shipped()["geo-internet-users"].series
    held = hold_out(series, 3, curves=("gompertz",))
    assert held.years.tolist() == [2011, 2012, 2013]
    assert held.observed.tolist() == [31.52, 36.94, 43.3]
    assert held.predicted["last value"].tolist() == [26.9] * 3
    before = fit(series.until(2010), "gompertz", since=1999)
    assert held.predicted["gompertz"].tolist() == before.at(held.years).tolist()
    spoiled = replace(series, values=np.where(series.years > 2010, 99.0, series.values))
    assert hold_out(spoiled, 3, curves=("gompertz",)).predicted["gompertz"].tolist() == (
        held.predicted["gompertz"].tolist()
    )
    assert list(held.errors()) == ["gompertz", "logistic", "last value"]


def test_a_count_that_nobody_made_before_is_not_scored():
    held = hold_out(shipped()["aze-internet-users"].series, 3)
    assert held.observed.tolist() == [50.0, 54.2, 58.7]
    both = hold_out(shipped()["aze-internet-users"].series, 1)
    assert sorted(both.observed.tolist()) == [58.7, 73.0]
    assert sorted(both.predicted["last value"].tolist()) == [54.2, 70.0]


def test_errors_are_those_of_the_textbook():
    errors = errors_of(np.array([1.0, 4.0, 6.0]), np.array([2.0, 2.0, 4.0]))
    assert (errors.figures, errors.mean_error, errors.mean_absolute_error) == (3, 1.0, pytest.approx(5 / 3))
    assert errors.rmse == pytest.approx(3**0.5)
    assert errors.mean_absolute_share == pytest.approx((0.5 + 1 + 0.5) / 3)
    assert np.isnan(errors_of(np.array([1.0]), np.array([0.0])).mean_absolute_share)


def test_more_years_than_there_are_cannot_be_held_out():
    series = shipped()["aze-fixed-lines"].series
    for years in (0, 10, 8):
        with pytest.raises(InputError):
            hold_out(series, years)
