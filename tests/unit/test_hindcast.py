"""The hindcast: later figures against what was foretold, never the other way round; and its page."""

import json
import re
from datetime import date
from pathlib import Path

import pytest
from bbsim.calibration import fit, forecast, shipped
from bbsim.calibration.observed import Observed
from bbsim.cli import main
from bbsim.errors import InputError
from bbsim.hindcast import BEGAN, KEPT, MIXED, RUN, foretell, known_figures, score
from bbsim.simulate import simulate
from made import write_folder
from strategies import made_scenario, star

PAGE = Path(__file__).parents[2] / "docs" / "hindcast.md"
SCENARIO = Path(__file__).parents[2] / "scenarios" / "azerbaijan.yaml"


@pytest.fixture(scope="module")
def run():
    return simulate(made_scenario(end=date(2018, 1, 1)), star([10, 20]))


@pytest.fixture(scope="module")
def lines():
    return foretell(shipped()["geo-fixed-lines"])


def test_a_later_figure_is_held_against_the_series_and_changes_nothing_of_it(run, lines):
    def of(*values):
        rows = [Observed("GEO", "fixed_lines_per_100_people", date(y, 12, 31), v) for y, v in values]
        (only,) = score(rows, run, [lines])
        return only

    near, far = of((2014, 15.0), (2016, 22.0)), of((2014, 90.0), (2016, 1.0))
    assert near.predicted == far.predicted
    assert list(near.predicted) == [MIXED, "bass", "gompertz", "logistic", KEPT]
    assert near.predicted[KEPT] == (13.5709, 13.5709)
    bass = fit(shipped()["geo-fixed-lines"].series, "bass")
    assert near.predicted["bass"] == tuple(bass.at([2014, 2016]))
    assert near.errors()[KEPT].mean_error == pytest.approx(13.5709 - 18.5)
    assert (near.inside_share, far.inside_share) == (1.0, 0.0)


def test_the_years_ahead_are_as_many_as_are_asked_for_and_the_first_ten_the_same():
    record = shipped()["aze-fixed-lines"]
    assert foretell(record).forecast.years.tolist() == list(range(2014, 2024))
    assert foretell(record, until=2026).forecast.years.max() == 2026
    assert forecast(record.series, range(2014, 2024)).low.tolist() == foretell(record).forecast.low.tolist()


def test_a_figure_of_the_run_is_that_of_the_period_in_which_it_was_counted(run):
    periods = run.tables["periods"]
    day = date(2016, 12, 31)
    at = list(periods["period_end"].astype(object)).index(date(2017, 1, 1))
    rows = [
        Observed(run.country.iso3, "households_passed", day, 5.0),
        Observed(run.country.iso3, "capex_usd", day, 5.0),
        Observed(run.country.iso3, "households_passed_share", day, 0.5),
    ]
    money, homes, share = score(rows, run, [])
    assert homes.predicted[RUN] == (periods["households_passed"][at],)
    assert homes.predicted[BEGAN] == (periods["households_passed"][0],)
    assert share.predicted[RUN] == (periods["households_passed_share_at_end"][at],)
    assert set(money.predicted) == {RUN}, "a quarter's money is no forecast of a year's"
    assert money.predicted[RUN] == (pytest.approx(periods["capex_usd"][at - 3 : at + 1].sum()),)


def test_years_that_were_fitted_and_days_outside_the_run_are_refused(run, lines):
    rows = [
        Observed("GEO", "fixed_lines_per_100_people", date(2013, 12, 31), 13.6, "f.csv:2:6"),
        Observed(run.country.iso3, "lit_km", date(2016, 1, 1), 1.0, "f.csv:4:9"),
        Observed(run.country.iso3, "lit_km", date(2018, 1, 1), 1.0, "f.csv:3:9"),
    ]
    with pytest.raises(InputError) as caught:
        score(rows, run, [lines])
    told = [(each.slug, each.where) for each in caught.value.problems]
    assert told == [("seen-figure", "f.csv:2:6"), ("seen-figure", "f.csv:3:9")]


def test_columns_without_figures_can_not_be_asked_for(run):
    names = known_figures(run)[run.country.iso3]
    assert "households_passed" in names
    assert "availability_share" not in names
    assert "binding" not in names


def test_the_verb_prints_errors_and_bands(tmp_path, monkeypatch, capsys):
    write_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "later.csv").write_text("year,country,per_100_people\n2015,AZE,19\n2016,AZE,19.5\n")
    assert main(["backtest", ".", "--observed", "later.csv", "--json"]) == 0
    (only,) = json.loads(capsys.readouterr().out)["scores"]
    assert only["figure"] == "fixed_lines_per_100_people"
    assert set(only["errors"]) == {MIXED, "bass", "gompertz", "logistic", KEPT}
    assert main(["backtest", "."]) == 2
    (tmp_path / "later.csv").write_text("year,per_100_peple\n2015,19\n")
    assert main(["backtest", ".", "--observed", "later.csv"]) == 3


# ---- the page ---------------------------------------------------------------------------------------
NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*\.?\d*(?:e[-+]\d+)?")


def test_the_page_names_every_series_and_the_shift_of_2013():
    text = PAGE.read_text(encoding="utf-8")
    for record in shipped().values():
        assert f"## {record.title}\n" in text
        assert record.note in text
    assert "odds of “survey” × 1.9" in text


@pytest.mark.slow
def test_the_page_is_what_its_command_writes(tmp_path, monkeypatch):
    """Words are the same; numbers up to what another compiler of the same curves may differ in."""
    monkeypatch.chdir(tmp_path)
    fresh = tmp_path / "hindcast.md"
    words = [str(SCENARIO), "--set", "openings=[]"]
    for other in ("azerbaijan_2013_plan.yaml", "azerbaijan_first_grant_only.yaml"):
        words += ["--beside", str(SCENARIO.with_name(other))]
    assert main(["backtest", *words, "--page", str(fresh), "--quiet"]) == 0
    now, then = (text.split("\n## ", 1)[1] for text in (fresh.read_text("utf-8"), PAGE.read_text("utf-8")))
    assert NUMBER.sub("#", now) == NUMBER.sub("#", then), "run the command at the top of docs/hindcast.md"
    for got, told in zip(NUMBER.findall(now), NUMBER.findall(then), strict=True):
        assert float(got.replace(",", "")) == pytest.approx(float(told.replace(",", "")), rel=0.02, abs=0.15)
