"""Spreads: their means and quantiles against answers from elsewhere, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
from bbsim.uncertain import Uncertain, UncertainDays
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from scipy import stats

ADAPTER = TypeAdapter(UncertainDays)
SPREADS = [
    ({"triangular": [7, 10, 20]}, stats.triang(3 / 13, loc=7, scale=13)),
    ({"triangular": [7, 7, 20]}, stats.triang(0, loc=7, scale=13)),
    ({"uniform": [5, 9]}, stats.uniform(5, 4)),
    ({"pert": [30, 45, 90]}, stats.beta(2, 4, loc=30, scale=60)),
    ({"lognormal": {"median": 30, "p90": 60}}, stats.lognorm(np.log(2) / stats.norm.ppf(0.9), scale=30)),
]


@pytest.mark.parametrize(("written", "other"), SPREADS)
def test_mean_and_quantiles_are_those_of_scipy(written, other):
    spread = Uncertain.of(written)
    assert spread.mean == pytest.approx(other.mean())
    for share in (0.0001, 0.1, 0.5, 0.9, 0.9999):
        assert spread.quantile(share) == pytest.approx(other.ppf(share))


@pytest.mark.parametrize(("written", "other"), SPREADS)
def test_draws_follow_the_spread(written, other):
    stream = np.random.Generator(np.random.PCG64DXSM(1))
    drawn = [Uncertain.of(written).draw(stream) for _ in range(2000)]
    assert stats.kstest(drawn, other.cdf).pvalue > 0.001


@pytest.mark.parametrize("written", [10, "90 days", *(spread for spread, _ in SPREADS)])
def test_what_is_written_is_written_back(written):
    value = ADAPTER.validate_python(written)
    assert ADAPTER.validate_python(ADAPTER.dump_python(value, mode="json")) == value


def test_a_fixed_number_leaves_the_stream_alone():
    stream = np.random.Generator(np.random.PCG64DXSM(1))
    before = stream.bit_generator.state
    assert Uncertain.of("3 months").draw(stream) == 91.3125
    assert stream.bit_generator.state == before


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"triangular": [10, 7, 20]}, ["least <= mode <= most"]),
        ({"triangular": [5, 5, 5]}, ["least < most"]),
        ({"triangular": [1, 2]}, ["3 numbers"]),
        ({"triangular": 7}, ["least, mode, most"]),
        ({"uniform": [9, 5]}, ["[5, 9]"]),
        ({"uniform": [-1, 5]}, [">= 0"]),
        ({"lognormal": {"median": 30, "p90": 20}}, ["median < p90"]),
        ({"lognormal": {"median": 30}}, ["p90"]),
        ({"normal": [10, 8]}, ["below zero", "lognormal"]),
        ({"triangluar": [1, 2, 3]}, ["'triangular'"]),
        ({"triangular": [1, 2, 3], "uniform": [1, 2]}, ["one of"]),
        ({}, ["one of"]),
        ({"uniform": [1, 1e300]}, ["limit"]),
        (-3, [">= 0"]),
        ("3 km", ["duration"]),
    ],
)
def test_a_bad_spread_is_refused(written, words):
    with pytest.raises(ValidationError) as caught:
        ADAPTER.validate_python(written)
    context = caught.value.errors()[0]["ctx"]
    said = f"{context['message']} {context['hint']}"
    assert [word for word in words if word not in said] == []


@given(
    st.sampled_from([spread for spread, _ in SPREADS]),
    st.floats(0, 1, exclude_max=True),
    st.floats(0, 1, exclude_max=True),
)
def test_more_bad_luck_is_never_shorter(written, one, other):
    spread = Uncertain.of(written)
    low, high = sorted((one, other))
    assert 0 <= spread.quantile(low) <= spread.quantile(high) < np.inf
