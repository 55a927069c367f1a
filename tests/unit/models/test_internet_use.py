"""People who use the Internet: a curve of the calendar, in a run's tables, that no line moves."""

from datetime import date

import numpy as np
import pytest
from bbsim.calibration import fit, shipped
from bbsim.errors import InputError
from bbsim.models.internet_use import mean_users_share, users_share
from bbsim.scenario import InternetUse
from bbsim.simulate import simulate
from strategies import made_scenario, star

USE = {
    "curve": "logistic", "since": "1993-12-31", "ceiling_share": 0.66, "counted_odds": 1.9,
    "inflection_years": 16.2, "growth_per_year": 0.57,
}  # fmt: skip


def test_the_mean_of_a_period_is_the_integral_of_the_curve():
    use = InternetUse(**USE)
    edges = [date(2008, 1, 1), date(2009, 1, 1), date(2009, 4, 1)]
    for got, first, last in zip(mean_users_share(use, edges), edges, edges[1:], strict=False):
        days = [date.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1)]
        daily = users_share(use, days)
        assert got == pytest.approx((daily[1:] + daily[:-1]).mean() / 2, abs=1e-5)


def test_it_says_what_the_fit_said_at_the_end_of_every_year():
    found = fit(shipped()["aze-internet-users"].series, "gompertz")
    use = InternetUse(
        curve="gompertz", since=date(1993, 12, 31), ceiling_share=found.ceiling_first / 100,
        counted_odds=found.shifts["survey"], **found.parameters,
    )  # fmt: skip
    years = [2005, 2013, 2020]
    got = users_share(use, [date(year, 12, 31) for year in years])
    assert got == pytest.approx(found.at(years) / 100, abs=1e-4)


def test_odds_of_counting_shift_the_level_and_stay_below_everybody():
    plain = users_share(InternetUse(**USE | {"counted_odds": 1}), [date(2013, 12, 31)])[0]
    shifted = users_share(InternetUse(**USE), [date(2013, 12, 31)])[0]
    assert shifted / (1 - shifted) == pytest.approx(1.9 * plain / (1 - plain))
    most = InternetUse(**USE | {"counted_odds": 1000, "ceiling_share": 1.0})
    assert users_share(most, [date(2100, 1, 1)])[0] <= 1.0


def test_a_run_tells_it_and_changes_in_nothing_else():
    country = star([10, 20])
    without, told = (simulate(made_scenario(**more), country) for more in ({}, {"internet_use": USE}))
    users = told.tables["periods"]["internet_users_share"]
    assert np.isnan(without.tables["periods"]["internet_users_share"]).all()
    assert (np.diff(users) > 0).all()
    assert users.tolist() == mean_users_share(InternetUse(**USE), _edges(told)).tolist()
    for name, column in told.tables["periods"].items():
        if name != "internet_users_share":
            np.testing.assert_array_equal(column, without.tables["periods"][name])


def _edges(run):
    starts = run.tables["periods"]["period_start"].astype(object).tolist()
    return [*starts, run.scenario.end]


@pytest.mark.parametrize("wrong", [{"innovation": 0.1}, {"growth_per_year": None}, {"curve": "bass"}])
def test_a_curve_without_its_numbers_is_told(wrong):
    with pytest.raises(InputError, match="has the numbers"):
        made_scenario(internet_use=USE).with_(internet_use=wrong)
