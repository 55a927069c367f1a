"""Worth over time against exact fractions and answers known beforehand."""

import math
from fractions import Fraction

import numpy as np
import numpy_financial as npf
import pytest
from bbsim.finance.present import annuity, discount_factors, internal_rate, levelised, npv, payback_year
from hypothesis import given
from hypothesis import strategies as st

RATES = st.floats(0.0, 0.5)
FLOWS = st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=40)


def exact_npv(rate, flows):
    rate = Fraction(rate)
    return float(sum(Fraction(flow) / (1 + rate) ** i for i, flow in enumerate(flows)))


@given(RATES, FLOWS)
def test_worth_of_yearly_flows_is_the_exact_sum(rate, flows):
    found = npv(rate, range(len(flows)), flows)
    assert found == pytest.approx(
        exact_npv(rate, flows), rel=1e-12, abs=1e-9 * max(map(abs, flows), default=1)
    )


def test_worth_of_dated_flows_counts_from_their_own_days():
    days = [0, 100, 366, 1461]
    flows = [-500.0, 70.0, 300.0, 400.0]
    by_hand = sum(flow / 1.1 ** (day / 365.25) for day, flow in zip(days, flows, strict=True))
    assert npv(0.1, [day / 365.25 for day in days], flows) == pytest.approx(by_hand, abs=1e-9)
    factors = discount_factors(0.1, 1461)
    assert math.fsum(flow * factors[day] for day, flow in zip(days, flows, strict=True)) == pytest.approx(
        by_hand, abs=1e-9
    )


@given(RATES, st.integers(1, 60), st.floats(1.0, 1e9))
def test_an_annuity_is_worth_what_it_stands_for(rate, years, present):
    payment = annuity(present, rate, years)
    assert npv(rate, range(1, years + 1), [payment] * years) == pytest.approx(present, rel=1e-9)


@given(st.floats(-0.9, 3.0), st.integers(1, 30), st.floats(1.0, 1e9))
def test_the_internal_rate_of_one_outlay_and_one_return_is_the_root(rate, years, outlay):
    back = outlay * (1 + rate) ** years
    if back > 0 and math.isfinite(back):
        assert internal_rate([0, years], [-outlay, back]).share_per_year == pytest.approx(rate, abs=1e-9)


@given(
    st.lists(st.integers(1, 10**7), min_size=1, max_size=5),
    st.lists(st.integers(1, 10**7), min_size=1, max_size=25),
)
def test_at_the_internal_rate_nothing_is_won_or_lost(out, back):
    flows = [-amount for amount in out] + back
    found = internal_rate(range(len(flows)), flows)
    if found.share_per_year is None:
        assert found.why.startswith("no rate fits")
    else:
        # One change of sign: there is one rate, and worth falls through nothing there.
        rate, small = found.share_per_year, 1e-9
        scale = sum(map(abs, flows)) * max((1 + rate) ** -len(flows), 1.0)
        assert exact_npv(rate, flows) == pytest.approx(0, abs=1e-9 * scale)
        assert exact_npv(rate - small, flows) > 0 > exact_npv(rate + small, flows)


@pytest.mark.parametrize(
    ("flows", "why"),
    [
        ([], "no money flows"),
        ([0, 0], "no money flows"),
        ([-100, -1], "money only goes out"),
        ([100, 0, 5], "money only comes in"),
        ([-100, 230, -132], "several rates fit between -99% and 1,000% a year"),  # 10 % and 20 %
        ([-100, 0, 100_000_000], "no rate fits between -99% and 1,000% a year"),
    ],
)
def test_where_there_is_no_internal_rate_it_is_said_why(flows, why):
    found = internal_rate(range(len(flows)), flows)
    assert (found.share_per_year, found.why) == (None, why)


def test_payback_is_when_the_sum_stays_up():
    assert payback_year([0, 1, 2, 3], [-100, 60, 40, 0]) == 2
    assert payback_year([0, 1, 2, 3, 4], [-100, 150, -80, 20, 40]) == 4  # short again in year 2
    assert payback_year([0, 1, 1, 2], [-100, 150, -80, 10]) is None
    assert payback_year([1, 0], [100, -100]) == 1  # in any order
    assert payback_year([0, 1], [5, 5]) == 0
    assert payback_year([], []) is None


def test_service_that_nobody_has_has_no_price():
    assert levelised(100.0, 0.0) is None
    assert levelised(100.0, 8.0) == 12.5


def test_factors_begin_with_one_and_fall_by_the_rate_each_year():
    factors = discount_factors(0.08, 3 * 1461)
    assert factors[0] == 1
    assert np.allclose(factors[1461:] / factors[:-1461], 1.08**-4, rtol=1e-12)
    assert (discount_factors(0.0, 10) == 1).all()


@pytest.mark.parametrize(
    ("rate", "flows"),
    [
        (0.08, [-573e6, *[61.25e6] * 19]),
        (0.12, [-103e6, -150e6, -150e6, -150e6, 20e6, *[95e6] * 12]),
        (0.0, [-1.0, 0.0, 0.4, 0.9]),
        (0.2, [-800e6, 0, 0, *[37e6] * 30]),
    ],
)
def test_npv_annuity_and_internal_rate_are_those_of_numpy_financial(rate, flows):
    years, scale = range(len(flows)), max(map(abs, flows))
    assert npv(rate, years, flows) / scale == pytest.approx(npf.npv(rate, flows) / scale, abs=1e-9)
    assert internal_rate(years, flows).share_per_year == pytest.approx(npf.irr(flows), abs=1e-9)
    assert annuity(scale, rate, 20) == pytest.approx(-npf.pmt(rate, 20, scale), rel=1e-9)
