"""Later figures from a CSV file: by year or date, wide or long, by any name; faults at their place."""

from datetime import date

import pytest
from bbsim.calibration.observed import Observed, read_observed
from bbsim.errors import InputError

KNOWN = {"AZE": ["internet_users_pct", "fixed_lines_per_100_people", "lit_km"], "GEO": ["internet_users_pct"]}


def read(tmp_path, text):
    path = tmp_path / "later.csv"
    path.write_text(text, encoding="utf-8")
    return read_observed(path, KNOWN, "AZE")


def told(tmp_path, text):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text)
    return [(each.slug, each.where.rpartition("later.csv:")[2]) for each in caught.value.problems]


def test_a_column_a_figure_of_the_end_of_the_year(tmp_path):
    got = read(tmp_path, "year,country,internet_users_pct,lit_km,source\n2015,,71.5,1200,x\n2016,GEO,50,,y\n")
    assert got == [
        Observed("AZE", "internet_users_pct", date(2015, 12, 31), 71.5),
        Observed("AZE", "lit_km", date(2015, 12, 31), 1200.0),
        Observed("GEO", "internet_users_pct", date(2016, 12, 31), 50.0),
    ]


def test_a_row_a_figure_of_a_day_and_the_names_of_publishers(tmp_path):
    got = read(
        tmp_path, "date,figure,value\n2015-06-30,internet_users_share,0.5\n2016-01-01,per_100_people,18\n"
    )
    assert got == [
        Observed("AZE", "internet_users_pct", date(2015, 6, 30), 50.0),
        Observed("AZE", "fixed_lines_per_100_people", date(2016, 1, 1), 18.0),
    ]


def test_faults_are_told_at_once_at_their_place(tmp_path):
    text = "year,country,lit_km,sunshine\n2015,GEO,5,1\n2016,XYZ,5,1\n2017,,five,1\n2018,,6,1\n2018,,7,1\n"
    assert told(tmp_path, text) == [
        ("unknown-figure", "1:1"),
        ("unknown-figure", "2:10"),
        ("unknown-figure", "3:10"),
        ("table-number", "4:7"),
        ("doubled", "6:1"),
    ]
    assert told(tmp_path, "date,lit_km\n2015-02-30,5\n") == [("date", "2:1")]
    assert told(tmp_path, "jahr,lit_km\n2015,5\n") == [("table-columns", "1:1")]
    assert told(tmp_path, "year,lit_km\n2015,\n") == [("table-columns", "1:1")]


def test_a_share_above_one_and_per_cent_above_a_hundred_are_told(tmp_path):
    """By whatever name: a share of 70 would be held against the run as seven thousand per cent."""
    assert told(tmp_path, "year,internet_users_share\n2015,0.7\n2016,70\n") == [("range", "3:6")]
    assert told(tmp_path, "year,pct_population,lit_km\n2015,170,5000\n") == [("range", "2:6")]
    with pytest.raises(InputError) as caught:
        read(tmp_path, "year,internet_users_pct\n2015,70 %\n2016,170\n")
    assert [each.hint for each in caught.value.problems] == ["Leave the sign out.", ""], (
        "there is no --full here"
    )


def test_a_figure_with_a_slip_of_the_pen_is_told_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match="Did you mean 'lit_km'"):
        read(tmp_path, "year,lit_kms\n2015,5\n")
