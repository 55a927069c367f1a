"""P16-P18: take-up against the differential equation it solves, and the load's growth."""

from datetime import date
from math import exp, log

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.models.adoption import Bass
from bbsim.models.demand import BusyHourGrowth
from bbsim.simulate import simulate
from hypothesis import given
from hypothesis import strategies as st
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
