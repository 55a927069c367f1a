"""When terrain can be worked, against a calendar walked day by day."""

from datetime import date, timedelta

import pytest
from bbsim.scenario import Season
from bbsim.simulate.seasons import Seasons
from hypothesis import given
from hypothesis import strategies as st

START = date(2014, 1, 1)
WINTER = Season(name="winter", terrain=["mountain"], closes="11-15", opens="04-01")


def day(text):
    return (date.fromisoformat(text) - START).days


def test_a_winter_crosses_the_new_year():
    seasons = Seasons([WINTER], START, 3 * 365)
    assert seasons.next_start("mountain", day("2014-01-01"), 10) == day("2014-04-01")
    assert seasons.next_start("mountain", day("2014-12-31"), 10) == day("2015-04-01")
    assert seasons.next_start("mountain", day("2014-06-01"), 10) == day("2014-06-01")


def test_work_that_would_run_into_the_winter_waits_for_spring():
    seasons = Seasons([WINTER], START, 3 * 365)
    last = day("2014-11-15") - 10
    assert seasons.next_start("mountain", last, 10) == last
    assert seasons.next_start("mountain", last + 1, 10) == day("2015-04-01")
    assert seasons.next_start("mountain", last + 1, 9) == last + 1


def test_other_terrain_knows_no_winter():
    seasons = Seasons([WINTER], START, 365)
    assert seasons.next_start("plain", 3, 400) == 3


def test_a_closure_within_one_year_and_two_closures_on_one_terrain():
    wet = Season(name="wet", terrain=["mountain", "hills"], closes="05-01", opens="06-01")
    seasons = Seasons([WINTER, wet], START, 2 * 365)
    assert seasons.next_start("hills", day("2014-05-01"), 1) == day("2014-06-01")
    assert seasons.next_start("hills", day("2014-04-30"), 1) == day("2014-04-30")
    assert seasons.next_start("mountain", day("2014-01-01"), 31) == day("2014-06-01")
    assert seasons.next_start("mountain", day("2014-01-01"), 30) == day("2014-04-01")


def test_work_longer_than_any_window_begins_when_the_next_window_opens():
    seasons = Seasons([WINTER], START, 3 * 365)
    assert seasons.next_start("mountain", day("2014-01-10"), 300) == day("2014-04-01")


@pytest.mark.parametrize("closes", ["02-28", "02-27", "03-01"])
def test_leap_days_belong_to_the_season_around_them(closes):
    seasons = Seasons(
        [Season(name="s", terrain=["plain"], closes=closes, opens="03-02")], date(2016, 1, 1), 366
    )
    leap = (date(2016, 2, 29) - date(2016, 1, 1)).days
    assert (seasons.next_start("plain", leap, 1) == leap) == (closes == "03-01")


@given(
    st.dates(date(2014, 1, 1), date(2016, 12, 31)),
    st.dates(date(2014, 1, 1), date(2014, 12, 31)),
    st.dates(date(2014, 1, 1), date(2014, 12, 31)),
    st.integers(1, 120),
)
def test_the_first_start_is_found_as_by_walking_through_the_calendar(begin, closes, opens, duration):
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
    longest = run = 0
    for d in range(2 * 366):
        run = 0 if is_closed(START + timedelta(days=d)) else run + 1
        longest = max(longest, run)
    if longest < duration:
        return
    wanted = next(
        d
        for d in range(first, days)
        if not any(is_closed(START + timedelta(days=d + i)) for i in range(duration))
    )
    assert seasons.next_start("hills", first, duration) == wanted
