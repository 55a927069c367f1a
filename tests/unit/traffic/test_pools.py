"""Shared pools against sums over everybody who may be busy."""

import math

import numpy as np
import pytest
from bbsim.traffic.pools import active_rate, homes_until, shared_pools
from hypothesis import given
from hypothesis import strategies as st


def by_hand(homes, capacity, line, active):
    """Sum over how many of the others are busy."""
    total = 0.0
    for busy in range(homes):
        chance = math.comb(homes - 1, busy) * active**busy * (1 - active) ** (homes - 1 - busy)
        total += chance * min(line, capacity / (busy + 1))
    return total


@given(st.integers(1, 60), st.floats(0, 500), st.floats(0.5, 200), st.floats(0, 1))
def test_a_busy_home_gets_the_mean_over_who_else_is_busy(homes, capacity, line, active):
    got = float(active_rate(homes, capacity, line, active))
    assert got == pytest.approx(by_hand(homes, capacity, line, active), rel=1e-9, abs=1e-12)


@given(st.integers(1, 2000), st.floats(0.01, 40), st.floats(1e-6, 1))
def test_narrower_than_a_line_it_is_the_closed_form(homes, capacity, active):
    expected = (
        capacity * -math.expm1(homes * math.log1p(-active)) / (homes * active)
        if active < 1
        else capacity / homes
    )
    assert float(active_rate(homes, capacity, 50.0, active)) == pytest.approx(expected, rel=1e-7)


def test_a_village_on_a_satellite_beam_slows_as_neighbours_join():
    homes = np.arange(1, 500)
    seen = active_rate(homes, 50.0, 20.0, 0.2)
    assert seen[0] == 20.0
    assert (np.diff(seen) <= 1e-12).all()
    assert (np.diff(seen[2:]) < 0).all()
    # Many neighbours: the pool over those who are busy.
    assert seen[-1] == pytest.approx(50.0 / (499 * 0.2), rel=0.02)


def test_by_drawing_lots():
    rng = np.random.default_rng(4)
    others = rng.binomial(31, 0.1, 200_000)
    drawn = np.minimum(100.0, 250.0 / (others + 1))
    error = drawn.std() / math.sqrt(drawn.size)
    assert float(active_rate(32, 250.0, 100.0, 0.1)) == pytest.approx(drawn.mean(), abs=5 * error)


def test_all_busy_and_nobody_busy():
    assert active_rate([4, 4], 100.0, 50.0, [1.0, 0.0]).tolist() == [25.0, 50.0]
    assert active_rate([1, 0], 30.0, 50.0, 0.5)[0] == 30.0
    assert np.isnan(active_rate(0, 30.0, 50.0, 0.5))
    assert active_rate(3, 0.0, 50.0, 0.5) == 0.0


def test_places_on_one_pool_share_it_and_others_do_not_feel_it():
    ask = {"line_mbps": 50.0, "mbps_per_home": 2.0, "active_share": 0.1}
    alone = shared_pools([0, 1], [30, 40], [100.0, 100.0], **ask)
    joined = shared_pools([0, 1, 0], [30, 40, 500], [100.0, 100.0], **ask)
    assert joined.active_mbps[1] == alone.active_mbps[1]
    assert joined.active_mbps[0] < alone.active_mbps[0]
    assert joined.active_mbps[0] == joined.active_mbps[2]
    assert joined.homes.tolist() == [530, 40]
    assert joined.utilisation.tolist() == [10.6, 0.8]
    assert joined.delivered_mbps.tolist() == pytest.approx([100 / 530, 2.0, 100 / 530])
    carried = (joined.delivered_mbps * [30, 40, 500])[[0, 2]].sum()
    assert carried == pytest.approx(100.0)
    empty = shared_pools([0], [0], [0.0], **ask)
    assert np.isnan(empty.active_mbps[0])
    assert empty.utilisation.tolist() == [0.0]


@given(st.floats(0.1, 30), st.floats(10, 500), st.floats(0.05, 1))
def test_as_many_homes_as_the_pool_can_take_and_no_more(mbps, capacity, active):
    most = homes_until(mbps, capacity, line_mbps=25.0, active_share=active, most=100_000)
    if most:
        assert float(active_rate(most, capacity, 25.0, active)) >= mbps
    if most < 100_000:
        assert float(active_rate(most + 1, capacity, 25.0, active)) < mbps


@pytest.mark.parametrize(
    ("given_", "told"),
    [
        ((1.5, 1.0, 1.0, 0.5), "homes holds 1.5"),
        ((1, np.nan, 1.0, 0.5), "capacity_mbps holds nan"),
        ((1, 1.0, 0.0, 0.5), "line_mbps holds 0.0"),
        ((1, 1.0, 1.0, 1.5), "active_share holds 1.5"),
    ],
)
def test_wrong_input_is_told(given_, told):
    with pytest.raises(ValueError, match=told):
        active_rate(*given_)
    with pytest.raises(ValueError, match="pool holds 3"):
        shared_pools([3], [1], [1.0], line_mbps=1.0, mbps_per_home=1.0, active_share=0.1)
