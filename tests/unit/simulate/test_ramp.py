"""Crews that hire and learn: closed forms against the differential equations, and against the clock."""

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.scenario import Ramp
from bbsim.simulate import simulate
from bbsim.simulate.ramp import DAYS_PER_YEAR, crews_on, days_at_work, first_day
from scipy.integrate import solve_ivp
from strategies import START, made_country, made_scenario

RAMP = Ramp(crews_at_start_share=0.1, hiring_per_year=2.0, newcomer_pace_share=0.4, learning_years=0.5)


def test_hiring_solves_its_equation():
    def growth(_, crews):
        return RAMP.hiring_per_year / DAYS_PER_YEAR * crews * (1 - crews / 60)

    days = np.linspace(0, 2000, 21)
    solved = solve_ivp(growth, (0, 2000), [6.0], t_eval=days, rtol=1e-10, atol=1e-10).y[0]
    assert [crews_on(day, 60, RAMP) for day in days] == pytest.approx(solved.tolist(), rel=1e-7)


def test_each_crew_begins_when_the_curve_passes_its_half():
    days = [first_day(crew, 60, RAMP) for crew in range(1, 61)]
    assert days.count(0) == 6
    assert days == sorted(days)
    for crew, day in enumerate(days, start=1):
        if day:
            assert crews_on(day - 1, 60, RAMP) <= crew - 0.5 <= crews_on(day, 60, RAMP)


def test_the_number_of_crews_is_an_s():
    """Growth rises to its most at half of all crews, and falls again."""
    crews = np.array([crews_on(day, 60, RAMP) for day in range(0, 2500, 25)])
    growth = np.diff(crews)
    top = int(growth.argmax())
    assert 0 < top < len(growth) - 1
    assert crews[top] <= 30 <= crews[top + 1]
    assert (np.diff(growth[: top + 1]) > 0).all()
    assert (np.diff(growth[top:]) < 0).all()


@pytest.mark.parametrize("age", [0.0, 30.0, 200.0, 4000.0])
@pytest.mark.parametrize("full", [0.5, 10.0, 73.0, 900.0])
def test_a_newcomers_days_hold_the_work_of_so_many_full_days(age, full):
    days = days_at_work(full, age, RAMP)
    at = np.linspace(age, age + days, 20_001)
    pace = 1 - 0.6 * np.exp(-at / (0.5 * DAYS_PER_YEAR))
    assert float(np.trapezoid(pace, at)) == pytest.approx(full, rel=1e-7)
    assert full <= days <= full / 0.4


def passed_by_year(ramp, crews=20, years=8):
    """Homes passed in each year in one huge place, with all the money in the world."""
    country = made_country(
        {"g": {"population": 8_000_000, "households": 2_000_000, "status": "operational"}}, {}
    )
    base = {"base": "R", "regions": ["R"], "civil": 9, "cable": 9, "splice": 9, "access": crews}
    pace = made_scenario().model_dump(mode="json")["crews"]["pace"]
    pace |= {"homes_passed_per_day": 40, "working_days_per_year": 365}
    scenario = made_scenario(
        access={"homes_per_lot": 50, "target_share": 1.0, "last_mile": {"ramp": ramp}},
        crews={"bases": [base], "pace": pace},
        end=START.replace(year=START.year + years),
    )
    run = simulate(scenario, country)
    homes = np.zeros(years)
    for event in run.events:
        if type(event) is ev.HomesPassed:
            homes[int(event.minute / 1440 // DAYS_PER_YEAR)] += event.homes
    return homes, run


def test_without_a_ramp_the_national_pace_is_constant():
    homes, _ = passed_by_year(None)
    # A lot of 50 homes takes a crew two days.
    assert homes[1:-1] == pytest.approx(np.full(6, 20 * 25 * DAYS_PER_YEAR), rel=0.01)


def test_with_a_ramp_the_nations_pace_is_the_sum_of_its_crews_each_at_its_age():
    ramp = RAMP.model_dump()
    homes, run = passed_by_year(ramp)
    # Lots of one and a quarter full days take a newcomer three whole ones: rounding up costs some pace.
    for year in range(8):
        most = least = 0.0
        for crew in range(1, 21):
            begun = first_day(crew, 20, RAMP)
            days = np.arange(year * DAYS_PER_YEAR, (year + 1) * DAYS_PER_YEAR, 1.0)
            age = np.where(days >= begun, days - begun, np.nan) if begun else np.full(len(days), 1e9)
            pace = 1 - 0.6 * np.exp(-age / (0.5 * DAYS_PER_YEAR))
            full = 50 / 40
            most += np.nansum(pace) * 40
            least += np.nansum(50 / np.ceil(full / pace))
        assert least * 0.97 <= homes[year] <= most
    hired = [e.crews for e in run.events if type(e) is ev.CrewsHired]
    assert hired == list(range(3, 21))
