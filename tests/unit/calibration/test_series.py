"""Series from CSV files: what is read, and everything that is wrong with one, at its line and column."""

import numpy as np
import pytest
from bbsim.calibration import read_series, shipped
from bbsim.calibration.series import find
from bbsim.errors import InputError, RefusedError

GOOD = "year,lines,source\n" + "".join(f"{year},{year - 2000},x\n" for year in range(2001, 2010))


def written(tmp_path, text, name="s.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def told(tmp_path, text, **how):
    """What is wrong with a text: slug, line and column of each problem, in order."""
    path = written(tmp_path, text)
    with pytest.raises(InputError) as caught:
        read_series(path, **how)
    return [(each.slug, each.where.removeprefix(f"{path}:")) for each in caught.value.problems]


def test_a_series_is_read_in_order_of_years_without_its_empty_cells(tmp_path):
    rows = ["year,share,note", "2005,0.5,", '2001,0.1,"one, two"', "", "2003,,", "2002,.2,", "2004,4e-1,"]
    text = "\r\n".join([*rows, "2006,0.6,x", ""])
    series = read_series(written(tmp_path, "\ufeff" + text))
    assert series.years.tolist() == [2001, 2002, 2004, 2005, 2006]
    assert series.values.tolist() == [0.1, 0.2, 0.4, 0.5, 0.6]
    assert series.name == "share"
    assert series.definitions == ("",)
    assert series.source == "s.csv, column share"


def test_everything_that_is_wrong_is_told_at_once_by_line_and_column(tmp_path):
    text = (
        GOOD
        + 'year 7,1,\n2011,"1,5",x\n2012,12 %,x\n2013,-1,x\n2014,200,x\n'
        + '2015,n/a,x\n2001,3,x\n2016,1\n2017,"3,x\n'
    )
    assert told(tmp_path, text, limit=100) == [
        ("table-number", "11:1"),
        ("decimal-comma", "12:7"),
        ("percent", "13:6"),
        ("range", "14:6"),
        ("range", "15:6"),
        ("table-number", "16:6"),
        ("doubled", "17:1"),
        ("table-cells", "18:1"),
        ("table-cells", "19:6"),
    ]


@pytest.mark.parametrize(
    ("text", "slug", "where"),
    [
        ("", "table-columns", "1:1"),
        ("year;lines\n2001;3\n", "table-columns", "1:1"),
        ("jahr,lines\n2001,3\n", "table-columns", "1:1"),
        ("year,a,b\n2001,3,4\n", "table-columns", "1:1"),
        ("year,note\n2001,x\n", "table-columns", "1:1"),
        ("year,a,a\n2001,3,4\n", "doubled", "1:8"),
        ("year,lines\n2001,.3\n", "series-short", "1:1"),
        (b"year,lines\n2001,\xfe\n", "encoding", "2:6"),
    ],
)
def test_a_file_that_is_no_table_is_told(tmp_path, text, slug, where):
    assert told(tmp_path, text) == [(slug, where)]


@pytest.mark.parametrize("values", [[0] * 7, [0.3] * 7, [0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.4]])
def test_figures_that_do_not_grow_are_told_rather_than_fitted(tmp_path, values):
    text = "year,share\n" + "".join(f"{2000 + at},{value}\n" for at, value in enumerate(values))
    assert told(tmp_path, text) == [("series-flat", "1:1")]


def test_a_count_that_grows_is_enough_though_another_lies_lower(tmp_path):
    """A new way of counting may begin below the old one's end: that is a shift."""
    shares = [0.5, 0.6, 0.7, 0.3, 0.4, 0.45]
    text = "year,share\n" + "".join(f"{2000 + at},{value}\n" for at, value in enumerate(shares))
    assert len(read_series(written(tmp_path, text), shifts=(2003,))) == 6


def test_a_sign_of_per_cent_is_told_with_the_option_that_there_is(tmp_path):
    with pytest.raises(InputError, match="--full 100"):
        read_series(written(tmp_path, GOOD + "2010,12 %,\n"), limit=10)


def test_a_column_that_is_not_there_is_told_with_the_nearest(tmp_path):
    with pytest.raises(InputError, match="Did you mean 'lines'"):
        read_series(written(tmp_path, GOOD), "line", limit=10)


def test_a_missing_and_an_enormous_file_are_told(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_series(tmp_path / "none.csv")
    with pytest.raises(RefusedError, match="16 MiB"):
        read_series(written(tmp_path, b"x" * (16 * 2**20 + 1)))


def test_a_definition_and_a_declared_shift_are_levels_of_their_own(tmp_path):
    text = (
        "year,v,definition\n"
        + "".join(f"{y},0.{y - 2000},old\n" for y in range(2001, 2008))
        + "2006,0.8,new\n"
    )
    series = read_series(written(tmp_path, text))
    assert series.definitions == ("old", "new")
    assert series.definition.tolist() == [0, 0, 0, 0, 0, 0, 1, 0]
    assert series.last == 0  # of the last year
    shifted = read_series(written(tmp_path, GOOD), limit=10, shifts=(2008,))
    assert shifted.definitions == ("", "from 2008")
    assert shifted.definition.tolist() == [0] * 7 + [1, 1]
    assert shifted.last == 1
    assert shifted.until(2007).definitions == ("",)
    assert read_series(written(tmp_path, GOOD), limit=10, until=2006).years.max() == 2006


def test_the_series_that_come_along_end_in_2013_and_have_a_source_in_every_row():
    import csv
    from importlib.resources import files

    assert list(shipped()) == [
        "aze-internet-users",
        "aze-fixed-lines",
        "geo-internet-users",
        "geo-fixed-lines",
    ]
    for key, record in shipped().items():
        assert record.series.years.max() == 2013, key
        text = files("bbsim").joinpath(f"data/series/{key}.csv").read_text(encoding="utf-8")
        assert all(row["source"] for row in csv.DictReader(text.splitlines())), key
        assert (record.series.values <= record.limit).all()
    users = shipped()["aze-internet-users"].series
    at_2013 = dict(zip(users.definition[users.years == 2013], users.values[users.years == 2013], strict=True))
    assert at_2013 == {0: 58.7, 1: 73.0}
    assert users.definitions == ("ITU estimate", "survey")


def test_an_unknown_series_is_told_with_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'aze-fixed-lines'"):
        find("aze-fixed-line")


def test_a_series_keeps_the_definitions_of_the_rows_that_are_kept():
    users = shipped()["aze-internet-users"].series
    survey = users.where(users.definition == 1)
    assert survey.definitions == ("survey",)
    assert survey.definition.tolist() == [0, 0, 0]
    assert np.array_equal(survey.years, [2011, 2012, 2013])
