"""When terrain can be worked, against a calendar walked day by day."""

from datetime import date, timedelta

import pytest
from bbsim.scenario import Season
from bbsim.simulate.seasons import ENDLESS, Seasons
from hypothesis import given
from hypothesis import strategies as st

START = date(2014, 1, 1)
WINTER = Season(name="winter", terrain=["mountain"], closes="11-15", opens="04-01")


def day(text):
    return (date.fromisoformat(text) - START).days


def test_a_winter_crosses_the_new_year():
    seasons = Seasons([WINTER], START, 3 * 365)
    assert seasons.next_open("mountain", day("2014-01-01")) == day("2014-04-01")
    assert seasons.next_open("mountain", day("2014-12-31")) == day("2015-04-01")
    assert seasons.next_open("mountain", day("2014-06-01")) == day("2014-06-01")


def test_days_are_counted_to_the_closure():
    seasons = Seasons([WINTER], START, 3 * 365)
    assert seasons.open_days("mountain", day("2014-11-15") - 10) == 10
    assert seasons.open_days("mountain", day("2014-11-15")) == 0
    assert seasons.open_days("mountain", day("2015-04-01")) == day("2015-11-15") - day("2015-04-01")


def test_other_terrain_knows_no_winter():
    seasons = Seasons([WINTER], START, 365)
    assert seasons.next_open("plain", 3) == 3
    assert seasons.open_days("plain", 3) == ENDLESS


def test_a_closure_within_one_year_and_two_closures_on_one_terrain():
    wet = Season(name="wet", terrain=["mountain", "hills"], closes="05-01", opens="06-01")
    seasons = Seasons([WINTER, wet], START, 2 * 365)
    assert seasons.next_open("hills", day("2014-05-01")) == day("2014-06-01")
    assert seasons.next_open("hills", day("2014-04-30")) == day("2014-04-30")
    assert seasons.next_open("mountain", day("2014-01-01")) == day("2014-04-01")
    assert seasons.open_days("mountain", day("2014-04-01")) == 30
    assert seasons.open_days("mountain", day("2014-06-01")) == day("2014-11-15") - day("2014-06-01")


def test_terrain_that_is_always_closed_opens_at_the_horizon():
    spring = Season(name="mud", terrain=["mountain"], closes="01-01", opens="07-01")
    autumn = Season(name="snow", terrain=["mountain"], closes="07-01", opens="01-01")
    assert Seasons([spring, autumn], START, 365).next_open("mountain", 7) == 365


@pytest.mark.parametrize("closes", ["02-28", "02-27", "03-01"])
def test_leap_days_belong_to_the_season_around_them(closes):
    seasons = Seasons(
        [Season(name="s", terrain=["plain"], closes=closes, opens="03-02")], date(2016, 1, 1), 366
    )
    leap = (date(2016, 2, 29) - date(2016, 1, 1)).days
    assert (seasons.next_open("plain", leap) == leap) == (closes == "03-01")


@given(
    st.dates(date(2014, 1, 1), date(2016, 12, 31)),
    st.dates(date(2014, 1, 1), date(2014, 12, 31)),
    st.dates(date(2014, 1, 1), date(2014, 12, 31)),
)
def test_windows_are_those_of_a_walk_through_the_calendar(begin, closes, opens):
    if closes == opens:
        return
    season = Season(name="s", terrain=["hills"], closes=f"{closes:%m-%d}", opens=f"{opens:%m-%d}")
    days = 6 * 366
    seasons = Seasons([season], START, days)

    def is_closed(on):
        stamp = f"{on:%m-%d}"
        inside = season.closes <= stamp < season.opens
        return inside if season.closes < season.opens else stamp >= season.closes or stamp < season.opens

    first = (begin - START).days
    wanted = next(d for d in range(first, days) if not is_closed(START + timedelta(days=d)))
    assert seasons.next_open("hills", first) == wanted
    shut = next(d for d in range(wanted, days) if is_closed(START + timedelta(days=d)))
    assert seasons.open_days("hills", wanted) == shut - wanted
