"""A year has passed: the forecast begins anew from what was built, and tells what has moved."""

from __future__ import annotations

import json

import pytest
from bbsim.cli import main
from bbsim.cli_restart import _anniversary
from bbsim.run import Run
from bbsim.starter import start

LESS = ("--set", "end=2019-01-01")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("restart") / "aze"
    start(folder, "AZE")
    assert main(["run", str(folder), "--out", str(folder.parent / "old"), "--quiet", *LESS]) == 0
    return folder.parent


@pytest.fixture(scope="module")
def built(folder):
    """What a slow first year built: the first project's route and place, half a year late."""
    first = Run.load(folder / "old").tables["projects"]
    spans, nodes = list(first["spans"][0]), list(first["nodes"][0])
    rows = [f"{span},,2015-03-31," for span in spans] + [f",{node},2015-03-31,10" for node in nodes]
    file = folder / "built.csv"
    text = "\n".join(["span,node,ready_for_service,households_passed", *rows]) + "\n"
    file.write_text(text, encoding="utf-8")
    return file, spans, nodes


def test_the_new_forecast_begins_after_the_last_work_with_what_stands(folder, built, capsys):
    file, spans, nodes = built
    words = ["run", str(folder / "aze"), "--out", str(folder / "new"), "--start-from", str(file), *LESS]
    assert main([*words, "--was", str(folder / "old"), "--json"]) == 0
    said = capsys.readouterr()
    answer = json.loads(said.out)
    run = Run.load(folder / "new")
    assert run.scenario.start.isoformat() == "2015-04-01"
    state = run.at("2015-04-01")
    for span in spans:
        assert state.operational[run.country.span_index[span]]
    assert {row["node"] for row in answer["moved"]} >= set(nodes)
    assert "places come later" in said.err


def test_a_day_or_a_span_that_is_none_is_told(folder, capsys):
    file = folder / "wrong.csv"
    file.write_text("span,node,ready_for_service\n,baku,31.12.2015\n", encoding="utf-8")
    assert main(["run", str(folder / "aze"), "--start-from", str(file)]) == 3
    assert "wanted e.g. 2015-06-30" in capsys.readouterr().err


def test_work_after_the_scenarios_end_is_no_start(folder, capsys):
    file = folder / "late.csv"
    file.write_text("span,node,ready_for_service\n,baku,2040-01-01\n", encoding="utf-8")
    assert main(["run", str(folder / "aze"), "--start-from", str(file)]) == 3
    assert "ends on" in capsys.readouterr().err


def test_grants_go_on_at_their_day_of_the_year():
    from datetime import date

    assert _anniversary(date(2014, 3, 1), date(2015, 4, 1)) == date(2016, 3, 1)
    assert _anniversary(date(2014, 6, 30), date(2015, 4, 1)) == date(2015, 6, 30)
