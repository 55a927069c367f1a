"""The cheapest light, against every way to buy it, tried one after the other."""

import itertools

import numpy as np
import pytest
from bbsim.traffic.equipment import catalogue
from bbsim.traffic.optics import light_usd, line_rate
from bbsim.traffic.widening import WAYS, cheapest_light
from hypothesis import given
from hypothesis import strategies as st


def one(km, now, goal, *, port=10.0, usd=600.0, lit=2013, year=2014, pairs=12):
    bought = cheapest_light(
        [km],
        [now],
        [goal],
        port_gbps=[port],
        port_usd_per_gbps=usd,
        lit_year=lit,
        year=year,
        fibre_pairs=pairs,
    )
    return WAYS[int(bought.way[0])], float(bought.gbps[0]), float(bought.usd[0])


@given(
    st.floats(1, 300), st.sampled_from([10.0, 100.0, 400.0]), st.floats(1, 40_000), st.integers(2014, 2030),
    st.integers(1, 12),
)  # fmt: skip
def test_what_is_bought_is_enough_and_no_dearer_than_today_s_best_on_new_pairs(km, now, goal, year, pairs):
    way, gbps, usd = one(km, now, goal, year=year, pairs=pairs)
    best = line_rate([km], year=year)
    if goal <= now:
        assert (way, gbps, usd) == ("none", now, 0.0)
        return
    assert usd > 0
    enough = gbps >= goal * (1 - 1e-9)
    room = (pairs - 1) * float(best.gbps[0])
    assert enough or room < goal - now, "only a full cable gives less than is wanted"
    lamps = int(np.ceil((goal - now) / best.gbps_per_wavelength[0] * (1 - 1e-12)))
    used = -(-lamps // int(best.wavelengths[0]))
    if enough and used <= pairs - 1:
        system = light_usd(best, 0, year=year, new_pair=True)[0]
        new = light_usd(best, lamps, year=year)[0] + used * system
        assert usd <= new * (1 + 1e-9)


def test_a_port_is_taken_while_it_is_cheaper_and_reaches():
    transponder = catalogue().transponder_usd(catalogue().mode[0], 2014)
    for ports in itertools.count(2):
        way, gbps, usd = one(20.0, 10.0, 10.0 * ports)
        if way != "ports":
            break
        assert (gbps, usd) == (10.0 * ports, (ports - 1) * 6000)
    # Ten ports more cost what two transponders do; then light on its own wavelengths is cheaper.
    assert (ports - 1) * 6000 > 2 * transponder
    assert one(81.0, 10.0, 20.0)[0] == "wavelengths"


def test_more_than_a_pair_can_carry_takes_several_and_never_more_than_there_are():
    pair = float(line_rate([40.0], year=2030).gbps[0])
    way, gbps, usd = one(40.0, 100.0, 100.0 + 2.5 * pair, year=2030)
    assert way == "pair"
    assert gbps == pytest.approx(100.0 + 2.5 * pair, rel=0.02)
    way, gbps, less = one(40.0, 100.0, 100.0 + 2.5 * pair, year=2030, pairs=2)
    assert way == "pair"
    assert gbps == pytest.approx(100.0 + pair)
    assert less < usd
    assert one(40.0, 100.0, 100.0 + 2.5 * pair, year=2030, pairs=1)[2] > 0


def test_where_no_light_gets_through_nothing_is_bought():
    assert one(1e6, 100.0, 200.0, pairs=1) == ("none", 100.0, np.inf)
