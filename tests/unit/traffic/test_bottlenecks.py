"""Which span breaks first, whom that concerns, and what cures it."""

import numpy as np
import pytest
from bbsim.traffic import optics, route, share
from bbsim.traffic.bottlenecks import CURES, bottlenecks, cures, years_until_full
from hypothesis import given, settings
from hypothesis import strategies as st

# A chain 0 - 1 - 2 - 3 and a spur 1 - 4; everything comes from 0.
U, V = [0, 1, 2, 1], [1, 2, 3, 4]
CAPACITY = np.array([20.0, 6.0, 10.0, 1.0])
SRC, DST, DEMAND = [0, 0, 0, 0], [1, 2, 3, 4], np.array([2.0, 4.0, 4.0, 3.0])
PEOPLE = np.array([100.0, 40.0, 50.0, 7.0])


def solved(capacity=CAPACITY, directed=False, demand=DEMAND):
    routes = route(U, V, SRC, DST)
    return routes, share(routes, capacity, demand, directed=directed)


@pytest.mark.parametrize("directed", [False, True])
def test_a_chain_by_hand(directed):
    routes, fair = solved(directed=directed)
    found = bottlenecks(routes, fair, CAPACITY, DEMAND, PEOPLE, growth_share_per_year=0.5)
    assert found.wanted_share.tolist() == [13 / 20, 8 / 6, 0.4, 3.0]
    assert found.utilisation.tolist() == [9 / 20, 1.0, 0.3, 1.0]
    assert found.people.tolist() == [197.0, 90.0, 50.0, 7.0]
    assert found.people_held.tolist() == [0.0, 90.0, 0.0, 7.0]
    years = [np.log(20 / 13) / np.log(1.5), 0.0, np.log(2.5) / np.log(1.5), 0.0]
    assert found.years_left.tolist() == pytest.approx(years)
    assert found.order.tolist() == [1, 3, 0, 2]


@given(st.floats(1e-6, 1e3), st.floats(1e-3, 1e3), st.floats(0.01, 3.0))
def test_growth_fills_the_edge_in_just_so_many_years(load, capacity, growth):
    years = float(years_until_full([load], [capacity], growth_share_per_year=growth)[0])
    if load >= capacity:
        assert years == 0.0
    else:
        assert load * (1 + growth) ** years == pytest.approx(capacity, rel=1e-9)


def test_what_does_not_grow_never_fills():
    for growth in (0.0, -0.2):
        years = years_until_full([1.0, 5.0, 0.0], [5.0, 5.0, 5.0], growth_share_per_year=growth)
        assert years.tolist() == [np.inf, 0.0, np.inf]
    endless = years_until_full([1.0], [np.inf], growth_share_per_year=0.1)
    assert endless.tolist() == [np.inf]


def test_an_edge_of_no_capacity_is_short_of_everything():
    capacity = np.array([20.0, 6.0, 10.0, 0.0])
    routes, fair = solved(capacity)
    found = bottlenecks(routes, fair, capacity, DEMAND, PEOPLE, growth_share_per_year=0.3)
    assert (found.wanted_share[3], found.years_left[3], found.utilisation[3]) == (np.inf, 0.0, 0.0)


def test_split_demands_count_their_people_once():
    routes = route([0, 1, 0, 2], [1, 3, 2, 3], [0], [3], routing="ecmp")
    fair = share(routes, [1.0] * 4, [1.0])
    found = bottlenecks(routes, fair, [1.0] * 4, [1.0], [9.0], growth_share_per_year=0.3)
    assert found.people.tolist() == [9.0] * 4


@given(st.floats(1, 3000), st.integers(0, 90), st.floats(0.1, 30_000), st.sampled_from([2012, 2016, 2021]))
@settings(deadline=None)
def test_a_cure_reaches_what_is_wanted_at_the_least_price(km, lamps, wanted, lit_year):
    lit = optics.line_rate([km], year=lit_year)
    now = min(lamps, int(lit.wavelengths[0])) * float(lit.gbps_per_wavelength[0])
    found = cures([km], [now], [wanted], lit_year=lit_year, year=2026, spare_pairs=[1])
    if now >= wanted:
        assert (found.kind[0], found.usd[0], found.gbps[0]) == (0, 0.0, now)
    elif found.kind[0]:
        assert found.gbps[0] >= wanted * (1 - 1e-9)
        assert found.usd[0] == found.usd_by_kind[0].min() == found.usd_by_kind[0, found.kind[0] - 1]
    else:
        assert found.usd[0] == np.inf
        assert wanted > optics.line_rate([km], year=2026).gbps[0]
    none = cures([km], [now], [wanted], lit_year=lit_year, year=2026, spare_pairs=[0])
    assert none.usd_by_kind[0, 2] == np.inf
    assert none.usd[0] >= found.usd[0]


def test_kinds_of_cures():
    found = cures(
        [100.0] * 5, [100.0, 100.0, 9600.0, 9600.0, 100.0], [200.0, 300.0, 12000.0, 12000.0, 90.0],
        lit_year=[2012] * 5, year=2022, spare_pairs=[1, 1, 1, 0, 1],
    )  # fmt: skip
    assert [CURES[kind] for kind in found.kind] == ["wavelengths", "modulation", "pair", "modulation", "none"]
    # With no spare pair and a full band everything lit is replaced.
    lamp = optics.catalogue().transponder_usd(optics.catalogue().mode[4], 2022)
    assert found.usd[3] == pytest.approx(2 * 30 * lamp)
    assert found.gbps.tolist() == [200.0, 500.0, 12000.0, 12000.0, 100.0]
