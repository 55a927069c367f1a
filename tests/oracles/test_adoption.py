"""P16-P18: take-up against the differential equation it solves, and the load's growth."""

from datetime import date
from math import exp, log

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.models.adoption import Bass, Copper, Gompertz, Logistic, Market
from bbsim.models.demand import BusyHourGrowth
from bbsim.simulate import simulate
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from strategies import made_country, made_scenario


def euler(years, p, q, steps=40_000):
    """dF/dt = (p + q F)(1 - F), by Heun's rule."""
    f, h = 0.0, years / steps
    for _ in range(steps):
        a = (p + q * f) * (1 - f)
        g = f + h * a
        f += h / 2 * (a + (p + q * g) * (1 - g))
    return f


@pytest.mark.parametrize(("p", "q"), [(0.03, 0.38), (0.1, 0.0), (0.001, 0.9), (0.5, 0.5)])
@pytest.mark.parametrize("years", [0.1, 1, 5, 20])
def test_take_up_solves_its_differential_equation(p, q, years):
    got = Bass(innovation=p, imitation=q).share(np.array([years]))[0]
    assert got == pytest.approx(euler(years, p, q), abs=1e-7)


def integrated(slope, first, years):
    """F(years) of dF/dt = slope(F), F(0) = first, by an explicit method of order 8."""
    done = solve_ivp(lambda _t, f: slope(f), (0, years), [first], method="DOP853", rtol=1e-12, atol=1e-14)
    return done.y[0, -1]


@pytest.mark.parametrize(
    ("model", "slope"),
    [
        (Bass(innovation=0.03, imitation=0.38), lambda f: (0.03 + 0.38 * f) * (1 - f)),
        (Bass(innovation=1e-5, imitation=1.4), lambda f: (1e-5 + 1.4 * f) * (1 - f)),
        (Gompertz(), lambda f: 0.264 * f * np.log(1 / f)),
        (Gompertz(inflection_years=2, growth_per_year=0.9), lambda f: 0.9 * f * np.log(1 / f)),
        (Logistic(), lambda f: 0.594 * f * (1 - f)),
        (Logistic(inflection_years=12, growth_per_year=0.9), lambda f: 0.9 * f * (1 - f)),
    ],
    ids=["bass", "slow bass", "gompertz", "early gompertz", "logistic", "late logistic"],
)
@pytest.mark.parametrize("years", [0.1, 1, 5, 20])
def test_every_curve_is_the_solution_of_its_differential_equation_to_nine_digits(model, slope, years):
    first, then = model.share(np.array([0.0, years]))
    assert then == pytest.approx(integrated(slope, first, years), abs=1e-9)


def test_the_inflection_lies_at_half_and_at_one_over_e_of_the_ceiling_and_growth_is_fastest_there():
    for model, share in ((Logistic(inflection_years=7), 0.5), (Gompertz(inflection_years=7), exp(-1))):
        t = np.linspace(6, 8, 2001)
        f = model.share(t)
        assert f[1000] == pytest.approx(share)
        assert t[1:][np.argmax(np.diff(f))] == pytest.approx(7, abs=2e-3)


def test_by_default_all_curves_are_half_way_at_the_same_time():
    half = [model.share(np.array([6.55]))[0] for model in (Bass(), Gompertz(), Logistic())]
    assert half == pytest.approx([0.5] * 3, abs=2e-3)
    assert [m.share(np.array([0.0]))[0] for m in (Gompertz(), Logistic())] == pytest.approx(
        [0.02] * 2, abs=2e-4
    )


# ---- the market -----------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", [Bass, Gompertz, Logistic])
def test_a_market_that_says_nothing_changes_no_home(kind):
    passed, years = np.arange(0, 90_000, 700), np.linspace(-1, 40, 129)
    assert (kind(market=Market()).connected(passed, years) == kind().connected(passed, years)).all()


def test_the_generalised_bass_model_is_integrated_with_a_falling_price():
    """dF/dt = (p + q F)(1 - F)(1 + b P'/P), where P'/P of a price that changes by g a year is ln(1 + g)."""
    market = Market(price_change_per_year=-0.4, price_speed=-1.0)
    model = Bass(innovation=0.02, imitation=0.4, market=market)
    x = 1 - log(0.6)
    want = integrated(lambda f: (0.02 + 0.4 * f) * (1 - f) * x, 0.0, 6)
    assert model.share(np.array([6.0]))[0] == pytest.approx(want, abs=1e-9)


def test_the_odds_of_ever_connecting_move_with_income_price_and_town():
    def odds(share):
        return share / (1 - share)

    ceiling = 0.4
    richer = Market(income_ratio=1.5, income_elasticity=1.2).ceiling_share(ceiling)
    assert odds(richer) / odds(ceiling) == pytest.approx(1.5**1.2)
    dearer = Market(price_ratio=1.1).ceiling_share(ceiling)
    assert odds(dearer) / odds(ceiling) == pytest.approx(1.1**-1.9)
    town = Market(urban_share=1.0, urban_share_measured=0.5).ceiling_share(ceiling)
    village = Market(urban_share=0.0, urban_share_measured=0.5).ceiling_share(ceiling)
    assert odds(town) / odds(village) == pytest.approx(2.0)
    assert village < ceiling < town
    assert (Market(income_ratio=5).ceiling_share(0.0), Market(income_ratio=5).ceiling_share(1.0)) == (0, 1)


def test_a_price_that_soars_stops_a_diffusion_but_never_turns_it_back():
    market = Market(price_change_per_year=9.0)
    assert market.pace == 0.0
    assert Bass(market=market).connected(np.array([1000]), np.array([30.0])).tolist() == [0]


# ---- copper ---------------------------------------------------------------------------------------
def test_moving_from_copper_solves_its_differential_equation():
    copper = Copper(moving_share_per_year=0.3)
    for years in (0.5, 3.0, 11.0):
        want = integrated(lambda m: -log(0.7) * (1 - m), 0.0, years)
        assert copper.moved_share(np.array([years]))[0] == pytest.approx(want, abs=1e-9)


def test_old_lines_and_new_ones_are_two_flows_that_sum_to_the_answer():
    copper = Copper(lines_per_home=0.6, moving_share_per_year=0.25)
    model = Gompertz(copper=copper, ceiling_share=0.9)
    passed, years = np.array([10_000, 0, 37, 5000]), np.array([4.0, 4.0, 2.0, -1.0])
    flows = model.flows(passed, years)
    assert (flows.moved + flows.new == model.connected(passed, years)).all()
    assert flows.moved[0] == int(10_000 * 0.6 * (1 - 0.75**4))
    assert flows.new[0] == pytest.approx(10_000 * 0.4 * 0.9 * model.share(np.array([4.0]))[0], abs=1)
    assert flows.moved[3] == 0  # nobody moves before there is fibre
    alone = Gompertz(ceiling_share=0.9)
    assert alone.flows(passed, years).moved.tolist() == [0, 0, 0, 0]


def test_on_the_day_that_copper_is_switched_off_whoever_is_left_moves():
    copper = Copper(lines_per_home=0.5, moving_share_per_year=0.1, switched_off_after_years=5)
    model = Bass(copper=copper, ceiling_share=0.0)
    homes = np.array([1000, 1000, 1000])
    assert model.connected(homes, np.array([4.99, 5.0, 9.0])).tolist() == [204, 500, 500]


MARKETS = (
    st.builds(
        Market,
        income_ratio=st.floats(0.1, 10),
        price_ratio=st.floats(0.1, 10),
        price_change_per_year=st.floats(-0.6, 0.5).map(lambda change: round(change, 6)),
    )
    | st.none()
)
COPPERS = (
    st.builds(
        Copper,
        lines_per_home=st.floats(0.01, 1),
        moving_share_per_year=st.floats(0.01, 1),
        switched_off_after_years=st.floats(0.1, 30) | st.none(),
    )
    | st.none()
)


@given(
    st.sampled_from([Bass, Gompertz, Logistic]), MARKETS, COPPERS, st.floats(0.01, 1), st.integers(0, 10**6),
    st.floats(0, 80), st.floats(0, 40),
)  # fmt: skip
def test_whatever_the_market_and_the_copper_take_up_is_whole_never_falls_and_fits(
    kind, market, copper, ceiling, passed, years, more
):
    model = kind(market=market, copper=copper, ceiling_share=ceiling)
    homes = np.array([passed, passed])
    now, then = model.connected(homes, np.array([years, years + more])).tolist()
    assert 0 <= now <= then + 1e-9 * passed
    assert then <= passed
    flows = model.flows(homes, np.array([years, years + more]))
    assert (flows.moved >= 0).all()
    assert (flows.new >= 0).all()
    assert (flows.moved + flows.new).tolist() == [now, then]


def test_a_scenario_takes_a_curve_with_its_market_and_its_copper():
    country = made_country({"g": {"households": 10_000, "population": 1}}, {})
    use = {"use": "gompertz", "market": {"price_ratio": 0.8}, "copper": {"switched_off_after_years": 2}}
    run = simulate(made_scenario(adoption=use, end=date(2018, 1, 1)), country)
    at_end = run.tables["nodes"]["households_connected"][-1]
    passed = run.tables["nodes"]["households_passed"][-1]
    assert at_end >= int(passed * 0.85) > 0


def test_without_imitation_it_is_an_exponential_and_without_innovation_nobody_begins():
    assert Bass(innovation=0.1, imitation=0).share(np.array([5.0]))[0] == pytest.approx(1 - exp(-0.5))
    assert Bass(innovation=0, imitation=0.5).share(np.array([0.0, 5.0, 500.0])).tolist() == [0, 0, 0]


def test_growth_is_fastest_at_the_textbook_time():
    p, q = 0.03, 0.38
    peak = log(q / p) / (p + q)
    t = np.linspace(peak - 2, peak + 2, 4001)
    share = Bass(innovation=p, imitation=q).share(t)
    assert t[1:][np.argmax(np.diff(share))] == pytest.approx(peak, abs=2e-3)


SHARES = st.floats(0.001, 1) | st.just(0.0)


@given(SHARES, SHARES, SHARES, st.integers(0, 10**7), st.floats(0, 200), st.floats(0, 50))
def test_homes_connected_are_whole_grow_and_stay_below_the_ceiling(p, q, ceiling, passed, years, more):
    model = Bass(innovation=p, imitation=q, ceiling_share=ceiling)
    homes = np.array([passed, passed])
    now, then = model.connected(homes, np.array([years, years + more])).tolist()
    assert isinstance(now, int)
    assert 0 <= now <= then + 1e-9 * passed
    assert then <= passed * ceiling + 1e-6


def test_the_load_of_a_home_grows_by_the_same_share_every_year():
    model = BusyHourGrowth(kbps_per_home=29.8, measured=date(2011, 12, 31), growth_share_per_year=0.3)
    assert model.mbps_per_home(date(2011, 12, 31)) == pytest.approx(0.0298)
    days = (date(2021, 12, 31) - date(2011, 12, 31)).days
    assert model.mbps_per_home(date(2021, 12, 31)) == pytest.approx(0.0298 * 1.3 ** (days / 365.25))
    assert model.mbps_per_home(date(2010, 12, 31)) < 0.0298
    half = BusyHourGrowth(growth_share_per_year=-0.5).mbps_per_home(date(2012, 12, 30))
    assert half == pytest.approx(0.0298 / 2, rel=1e-3)


def test_in_a_run_each_place_takes_up_from_its_own_first_day_of_service():
    nodes = {"g": {"households": 10_000, "population": 1}, "a": {"households": 10_000, "population": 1}}
    country = made_country(nodes, {"s": ("g", "a", 300)})
    run = simulate(
        made_scenario(access={"homes_per_lot": 10_000, "target_share": 1}, end=date(2022, 1, 1)), country
    )
    first = {e.node: e.minute // 1440 for e in run.events if isinstance(e, ev.HomesPassed)}
    assert first[0] > 300
    model, nodes = Bass(), run.tables["nodes"]
    for i in range(len(nodes["node"])):
        node = country.node_index[nodes["node"][i]]
        end = (nodes["period_end"][i].astype(object) - date(2014, 1, 1)).days
        month = (nodes["period_end"][i].astype("datetime64[M]") - 1).astype("datetime64[D]").astype(object)
        at = (month - date(2014, 1, 1)).days
        if first[node] >= end:
            assert nodes["households_connected"][i] == 0
        else:
            years = max(at - first[node], 0) / 365.25
            wanted = model.connected(np.array([10_000]), np.array([years]))[0]
            assert nodes["households_connected"][i] == wanted
