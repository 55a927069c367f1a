"""`bbsim calibrate` as a person and a program meet it: a fit, its errors, and a file to extend."""

import json

import pytest
from bbsim.cli import main
from bbsim.models import find
from bbsim.reading import load, read
from made import write_folder

SHARES = "year,homes_share\n" + "".join(
    f"{year},{share}\n"
    for year, share in enumerate((0.02, 0.05, 0.1, 0.18, 0.3, 0.43, 0.55, 0.63, 0.68), 2001)
)


@pytest.fixture(autouse=True)
def small(tmp_path, monkeypatch):
    """The small scenario's folder with a series, which is also where we are."""
    write_folder(tmp_path)
    (tmp_path / "homes.csv").write_text(SHARES, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def answer(capsys, *words):
    assert main(["calibrate", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("model", ["bass", "gompertz", "logistic"])
def test_the_file_that_it_writes_is_extended_by_a_scenario_and_run(small, capsys, model):
    told = answer(capsys, "homes.csv", "--model", model, "--extends", "scenario.yaml", "--out", "fitted.yaml")
    (small / "mine.yaml").write_text("extends: fitted.yaml\nname: mine\n", encoding="utf-8")
    scenario = load("mine.yaml")
    assert scenario.adoption.use == model
    assert scenario.adoption.parameters == {k: v for k, v in told["adoption"].items() if k != "use"}
    assert find("adoption", model, scenario.adoption.parameters)
    assert main(["check", "mine.yaml", "--quiet"]) == 0
    for name in scenario.adoption.parameters:
        assert "homes.csv, column homes_share" in scenario.sources[f"adoption.{name}"]
    read("mine.yaml")


def test_it_tells_the_fit_the_held_out_years_and_the_years_ahead(capsys):
    told = answer(capsys, "homes.csv", "--model", "logistic", "--ahead", "2")
    assert told["rmse"] < 0.02
    assert list(told["held_out"]) == ["logistic", "last value", "years"]
    assert told["held_out"]["years"] == [2007, 2008, 2009]
    assert told["held_out"]["logistic"]["rmse"] < told["held_out"]["last value"]["rmse"]
    assert [row["year"] for row in told["forecast"]] == [2010, 2011]
    assert all(row["p10"] <= row["p50"] <= row["p90"] for row in told["forecast"])
    low, high = told["parameter_bands"]["ceiling"]
    assert low <= told["parameters"]["ceiling"] <= high
    assert main(["calibrate", "homes.csv", "--model", "logistic", "--ahead", "2"]) == 0
    text = capsys.readouterr().out
    assert "last value" in text
    assert "P90" in text
    assert "adoption:\n  use: logistic\n" in text


def test_bad_rows_are_told_at_once_by_line_and_column_and_nothing_is_written(small, capsys):
    (small / "homes.csv").write_text(SHARES + "2010,1.5\n2009,0.7\n20x1,0.7\n", encoding="utf-8")
    assert main(["calibrate", "homes.csv", "--out", "fitted.yaml"]) == 3
    told = capsys.readouterr().err.splitlines()
    assert [line.split(" error")[0] for line in told] == [
        "homes.csv:11:6:", "homes.csv:12:1:", "homes.csv:13:1:",
    ]  # fmt: skip
    assert not (small / "fitted.yaml").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["aze-fixed-lines", "--column", "x"],
        ["aze-internet-users"],
        ["homes.csv", "--since", "2001"],
        ["homes.csv", "--model", "verhulst"],
    ],
)
def test_words_that_do_not_go_together_are_refused(words):
    assert main(["calibrate", *words]) == 2


def test_a_short_series_is_fitted_when_nothing_is_held_out(small, capsys):
    (small / "homes.csv").write_text("\n".join(SHARES.split("\n")[:6]) + "\n", encoding="utf-8")
    assert main(["calibrate", "homes.csv"]) == 3
    assert "--hold-out 0" in capsys.readouterr().err
    assert main(["calibrate", "homes.csv", "--hold-out", "0", "--quiet"]) == 0


def test_an_unknown_series_and_a_file_in_the_way_are_told(small, capsys):
    assert main(["calibrate", "aze-fixed-line"]) == 3
    assert "Did you mean 'aze-fixed-lines'" in capsys.readouterr().err
    (small / "fitted.yaml").write_text("x: 1\n")
    assert main(["calibrate", "homes.csv", "--out", "fitted.yaml"]) == 4
    assert main(["calibrate", "homes.csv", "--out", "none/fitted.yaml"]) == 4
    assert (small / "fitted.yaml").read_text() == "x: 1\n"
    assert main(["calibrate", "homes.csv", "--out", "fitted.yaml", "--force", "--quiet"]) == 0
    assert "ceiling_share" in (small / "fitted.yaml").read_text()


def test_people_who_use_the_internet_are_a_section_of_their_own(capsys):
    fitted = ["aze-internet-users", "--model", "logistic", "--as", "internet_use", "--hold-out", "0"]
    told = answer(capsys, *fitted, "--extends", "scenario.yaml", "--out", "users.yaml", "--ahead", "0")
    scenario = load("users.yaml")
    assert told["internet_use"]["counted_odds"] == pytest.approx(1.9, abs=0.1)
    assert scenario.internet_use.counted_odds == told["internet_use"]["counted_odds"]
    assert scenario.adoption.use == "bass"
    assert told["held_out"] is None
    assert told["forecast"] == []
    assert main(["check", "users.yaml", "--quiet"]) == 0
