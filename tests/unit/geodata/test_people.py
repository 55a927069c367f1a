import pytest
from bbsim.geodata.people import fitted, shared_out, yearly
from hypothesis import given
from hypothesis import strategies as st


@given(st.integers(0, 10**7), st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_shares_always_sum_to_the_whole_and_differ_by_less_than_one_person(total: int, weights: list[float]):
    parts = shared_out(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    if whole > 1e-6:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - total * weight / whole) < 1.0 + 1e-6


def test_nobody_is_shared_among_no_one():
    assert shared_out(0, []) == []


@given(
    st.integers(1, 10**6),
    st.lists(st.integers(1, 10**6), max_size=5),
    st.lists(st.integers(1, 10**5), max_size=9),
)
def test_places_and_the_rural_rest_always_fill_their_district(total: int, seats: list[int], towns: list[int]):
    cities, others, rest = fitted(total, seats, towns, whole_city=False)
    assert rest >= 0
    assert min([*cities, *others], default=0) >= 0
    assert sum(cities) + sum(others) + rest == total


def test_a_city_with_settlements_gives_way_to_them():
    assert fitted(314_800, [314_800], [26_910, 16_650], whole_city=True) == ([271_240], [26_910, 16_650], 0)


def test_official_years_stay_and_growth_meets_the_projection_at_mid_year():
    series = yearly({2012: 100, 2013: 110}, {2015.5: 1210, 2020.5: 1210}, 2020)
    assert list(series) == list(range(2012, 2021))
    assert (series[2012], series[2013]) == (100, 110)
    assert series[2016] == series[2020] == 1210
    # 110 grows elevenfold in two and a half years: one year is the 0.4th power
    assert series[2014] == round(110 * 11**0.4)


def test_a_year_beyond_the_projection_is_refused_rather_than_made_up():
    with pytest.raises(ValueError, match="before 2030"):
        yearly({2013: 110}, {2015.5: 120}, 2030)
