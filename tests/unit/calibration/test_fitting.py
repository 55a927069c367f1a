"""Fits: what was put in is found again, nothing nearer is left, and a shift is no growth."""

import numpy as np
import pytest
from bbsim.calibration import CURVES, Series, fit, shipped
from bbsim.errors import InputError
from bbsim.models.adoption import Bass, Gompertz, Logistic
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import curve_fit

MODELS = {
    "bass": Bass(innovation=0.01, imitation=0.5),
    "gompertz": Gompertz(inflection_years=6, growth_per_year=0.4),
    "logistic": Logistic(inflection_years=8, growth_per_year=0.6),
}


def made(model, ceiling=0.7, years=18, limit=1.0, noise=0.0):
    when = np.arange(2000.0, 2000 + years)
    wave = noise * np.cos(7 * when)
    values = limit * np.clip(ceiling * model.share(when - 1999) + wave, 0, 1)
    return Series("made", when, values, np.zeros(years, dtype=np.int64), limit=limit)


@pytest.mark.parametrize("name", list(CURVES))
@pytest.mark.parametrize("limit", [1.0, 100.0])
def test_the_parameters_that_made_a_series_are_found_again(name, limit):
    found = fit(made(MODELS[name], limit=limit), name)
    assert found.rmse < 1e-8 * limit
    assert found.ceiling == pytest.approx(0.7 * limit, rel=1e-5)
    for parameter, value in found.parameters.items():
        assert value == pytest.approx(getattr(MODELS[name], parameter), rel=1e-4), parameter


@pytest.mark.parametrize("name", list(CURVES))
def test_another_least_squares_finds_nothing_nearer(name):
    """scipy's curve_fit on the plain parameters, from the truth, with bounds."""
    series = made(MODELS[name], noise=0.02)
    found = fit(series, name)

    def figure(years, a, b, ceiling):
        return ceiling * CURVES[name].share(years - 1999, a, b)

    first = [*(getattr(MODELS[name], parameter) for parameter in CURVES[name].names), 0.7]
    best, _ = curve_fit(figure, series.years, series.values, p0=first, bounds=([1e-9, 1e-9, 0], [50, 5, 1]))
    other = np.sqrt(np.mean((figure(series.years, *best) - series.values) ** 2))
    assert found.rmse <= other * (1 + 1e-6)


@pytest.mark.parametrize("key", list(shipped()))
@pytest.mark.parametrize("name", list(CURVES))
def test_a_fit_to_history_lies_where_the_slope_of_the_squares_is_nothing(key, name):
    """Whatever number of it is moved a little, either way, the squares do not fall."""
    found = fit(shipped()[key].series, name)
    for number in range(len(found.found)):
        for step in (-1e-3, 1e-3):
            moved = found.found.copy()
            moved[number] += step
            values = found._at(moved, found.series.years, found.series.definition)
            assert np.mean((values - found.series.values) ** 2) >= found.rmse**2 * (1 - 1e-9)


def test_a_shift_is_found_as_odds_and_leaves_the_curve_alone():
    plain = made(MODELS["logistic"])
    later = plain.values[-6:]
    counted = 2.5 * later / (1 - later + 2.5 * later)
    series = Series(
        "made",
        np.concatenate([plain.years, plain.years[-6:]]),
        np.concatenate([plain.values, counted]),
        np.array([0] * 18 + [1] * 6, dtype=np.int64),
        ("estimate", "survey"),
    )
    found = fit(series, "logistic")
    assert found.shifts == {"survey": pytest.approx(2.5, rel=1e-5)}
    assert found.parameters["growth_per_year"] == pytest.approx(0.6, rel=1e-5)
    assert found.ceiling_first == pytest.approx(0.7, rel=1e-5)
    assert found.ceiling == pytest.approx(2.5 * 0.7 / (0.3 + 2.5 * 0.7), rel=1e-5)
    assert found.at([2017.0])[0] == pytest.approx(counted[-1], rel=1e-6)
    assert found.at([2017.0], 0)[0] == pytest.approx(later[-1], rel=1e-6)


def test_the_two_counts_of_azerbaijans_internet_users_are_a_constant_apart():
    """Three years were counted in both ways; their odds differ by 1.86, 1.97 and 1.90."""
    for name in CURVES:
        (odds,) = fit(shipped()["aze-internet-users"].series, name).shifts.values()
        assert 1.8 < odds < 2.0


def test_the_ceiling_stays_below_the_limit_and_the_curve_below_both():
    series = made(MODELS["gompertz"], ceiling=0.99, years=9, limit=20)
    found = fit(series, "gompertz")
    assert found.ceiling <= 20
    assert (found.at(np.arange(2000, 2100)) <= 20).all()


def test_too_few_figures_and_an_unknown_curve_are_told():
    with pytest.raises(InputError, match="3 figures of made for 3 parameters"):
        fit(made(MODELS["bass"], years=3), "bass")
    with pytest.raises(InputError, match="Did you mean 'gompertz'"):
        fit(made(MODELS["bass"]), "gomperz")


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(list(CURVES)),
    st.lists(st.floats(0, 1), min_size=6, max_size=14),
    st.integers(0, 3),
)
def test_any_series_gets_a_fit_of_numbers_that_a_model_takes(name, values, gap):
    when = 2000.0 + np.arange(len(values)) * (1 + gap)
    series = Series("any", when, np.array(values), np.zeros(len(values), dtype=np.int64))
    found = fit(series, name)
    assert np.isfinite(found.at(np.arange(1990, 2100))).all()
    kind = {"bass": Bass, "gompertz": Gompertz, "logistic": Logistic}[name]
    model = kind(ceiling_share=found.ceiling, **found.parameters)
    at = np.array([2007.0])
    assert model.ceiling_share * model.share(at - found.since) == pytest.approx(found.at(at), abs=1e-12)
