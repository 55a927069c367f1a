"""The command line as a person and a program meet it: words in, text or data out, one exit code."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from bbsim import cli, terminal
from bbsim.cli import main
from bbsim.cli_run import FIGURES, closed_cities, figure_lines
from bbsim.errors import ModelError, Problem
from made import edited, write_folder


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The small scenario's folder, which is also where we are."""
    write_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bbsim(*words, **options):
    return subprocess.run(
        [sys.executable, "-m", "bbsim", *words],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


# ---- words --------------------------------------------------------------------------------------
@pytest.mark.parametrize("verb", ["new", "check", "run", "report", "models", "schema"])
def test_every_verb_has_help_and_the_common_options(verb, capsys):
    assert main([verb, "--help"]) == 0
    said = capsys.readouterr().out
    assert all(option in said for option in ("--json", "--quiet", "--debug"))


def test_help_imports_nothing_heavy():
    heavy = "numpy pandas pydantic ruamel scipy networkx geopandas matplotlib simpy"
    code = (
        "import sys; from bbsim.cli import main; main(['--help']); "
        f"print([m for m in '{heavy}'.split() if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_check_imports_nothing_for_maps_and_tables():
    heavy = "pandas geopandas matplotlib simpy pyarrow"
    code = (
        "import sys; from bbsim.cli import main; main(['check', 'scenarios/azerbaijan.yaml']); "
        f"print([m for m in '{heavy}'.split() if m in sys.modules])"
    )
    root = cli.__file__.rsplit(os.sep, 2)[0]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, cwd=root
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.usefixtures("small")
def test_what_is_fine_is_said_in_one_line(capsys):
    assert main(["check", "scenario.yaml"]) == 0
    out = capsys.readouterr()
    assert out.out == "scenario.yaml: fine (Made: 4 places, 3 spans)\n"
    assert out.err == ""


@pytest.mark.usefixtures("small")
def test_quiet_says_nothing_but_problems(capsys):
    assert main(["check", ".", "--quiet"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["check", ".", "--quiet", "--set", "seed=x"]) == 2
    assert "seed" in capsys.readouterr().err


def test_json_is_all_there_is_on_stdout(small, capsys):
    assert main(["check", ".", "--json"]) == 0
    out = capsys.readouterr()
    assert json.loads(out.out) == {"exit": 0, "problems": []}
    assert "fine" in out.err
    (small / "scenario.yaml").write_text(edited("seed: 7", "sed: 7"))
    assert main(["check", ".", "--json"]) == 3
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert problem == {
        "slug": "unknown-key",
        "message": "unknown key 'sed'",
        "where": "scenario.yaml:7:1",
        "path": "sed",
        "hint": "Did you mean 'seed'?",
        "severity": "error",
    }


def test_strict_turns_warnings_into_errors_and_asks_for_sources(small, capsys):
    (small / "scenario.yaml").write_text(edited("access: 3}", "access: 0}"))
    assert main(["check", "."]) == 0
    assert "warning[no-crews]" in capsys.readouterr().err
    assert main(["check", ".", "--strict"]) == 3
    said = capsys.readouterr().err
    assert "error[no-crews]" in said
    assert "info[no-source] crews.bases[0].civil" in said
    assert "budget.usd_per_year:" not in said


def test_code_beside_a_scenario_needs_leave(small, capsys):
    (small / "scenario.yaml").write_text(edited("nearest_first", "mine.py:Mine"))
    (small / "mine.py").write_text("raise SystemExit('ran')\n")
    assert main(["check", "."]) == 5
    said = capsys.readouterr().err
    assert "priority.use" in said
    assert "--allow-code" in said
    assert "ran" not in said


def test_models_and_schema_answer_programs(capsys):
    assert main(["models", "cost", "--json"]) == 0
    (entry,) = [e for e in json.loads(capsys.readouterr().out) if e["name"] == "by_terrain"]
    assert {"plain_usd_per_km", "hut_usd"} <= {parameter["name"] for parameter in entry["parameters"]}
    assert main(["models", "cots"]) == 2
    assert "'cost'" in capsys.readouterr().err
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "bbsim scenario"


# ---- new ----------------------------------------------------------------------------------------
def test_a_new_folder_is_ready_and_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "demo", "--country", "AZE", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["scenario"] == os.path.join("demo", "scenario.yaml")
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == [
        "geodata",
        "scenario.schema.json",
        "scenario.yaml",
    ]
    assert main(["check", "demo"]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


def test_a_new_folder_never_covers_what_is_there(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("mine")
    assert main(["new", str(tmp_path), "--country", "AZE"]) == 4
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    assert main(["new", str(tmp_path / "x"), "--country", "AZR"]) == 3
    assert "'AZE'" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


# ---- run ----------------------------------------------------------------------------------------
LITTLE = ("--set", "budget.opening_usd=0")
"""So little money that the planner has to wait, as in life."""


def test_a_run_is_made_once_and_then_found_again(small, capsys):
    assert main(["run", ".", *LITTLE, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["reused"] is False
    assert set(first["figures"]) == {*FIGURES, "reinvested_usd", "built_from_income_usd"}
    assert (small / first["folder"] / "report.html").is_file()
    assert main(["run", ".", *LITTLE, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == first | {"reused": True}
    assert main(["run", ".", *LITTLE, "--json", "--seed", "8"]) == 0
    assert json.loads(capsys.readouterr().out)["folder"] != first["folder"]


def test_a_share_of_the_cities_says_how_many_more_lie_in_closed_areas(azerbaijan):
    """ "100.0%" where 66 of 78 have fibre is told as what it is."""
    cities = int(azerbaijan.is_city.sum())
    for on, share, closed in ((66, 1.0, cities - 66), (33, 0.5, cities - 66), (cities, 1.0, 0), (0, 0.0, 0)):
        told = {"cities_on_fibre": [5, on], "cities_on_fibre_share_at_end": [0.1, share]}
        assert closed_cities(told, azerbaijan) == closed
    figures = dict.fromkeys((*FIGURES, "reinvested_usd", "built_from_income_usd"), 1.0)
    first = figure_lines(figures, "2015-07-06", 12)[0]
    assert first == "  cities on fibre: 100.0% of those open (12 stay closed), the last of them on 2015-07-06"
    assert figure_lines(figures, None)[0] == "  cities on fibre: 100.0%"


def test_a_failure_is_a_hazard_of_the_run_and_its_traffic_is_told(small, capsys):
    fail = ["--fail", "gateway:g@2014-06-01T06:00..+6h"]
    assert main(["run", ".", *LITTLE, *fail, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["failures"][0]["day"] == "2014-06-01"
    assert "what_if" in (small / told["folder"] / "scenario.yaml").read_text(encoding="utf-8")
    assert main(["run", ".", *LITTLE, "--fail", "gateway:h@2014-06-01..+6h"]) == 2
    assert "Known: g." in capsys.readouterr().err


def test_another_run_is_replaced_only_by_force(small, capsys):
    assert main(["run", ".", *LITTLE, "--out", "out", "--quiet"]) == 0
    assert main(["run", ".", *LITTLE, "--out", "out", "--seed", "8"]) == 4
    assert "run small-7-" in capsys.readouterr().err
    assert main(["run", ".", *LITTLE, "--out", "out", "--seed", "8", "--force"]) == 0
    assert json.loads((small / "out" / "run.json").read_text())["seed"] == 8
    before = (small / "out" / "report.html").read_bytes()
    (small / "out" / "report.html").unlink()
    assert main(["report", "out"]) == 0
    assert (small / "out" / "report.html").read_bytes() == before


# ---- ends ---------------------------------------------------------------------------------------
def raising(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "Interrupted"),
        (MemoryError(), 4, "memory"),
        (ModuleNotFoundError("x", name="highspy"), 4, "bbsim[opt]"),
        (OSError(28, "No space left on device", "x.parquet"), 4, "No space left"),
        (PermissionError(13, "Permission denied", "out"), 4, "Permission denied: out"),
        (ModelError(Problem("model", "a model said -1 on 2015-01-01")), 1, "traceback is in"),
        (ZeroDivisionError("division by zero"), 1, "bug"),
    ],
)
def test_every_end_has_its_exit_code(error, code, said, capsys):
    assert terminal.guarded(raising(error), ["run", "x"]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback (most" not in err


def test_debug_shows_the_traceback(capsys):
    assert terminal.guarded(raising(ZeroDivisionError("x")), ["run", "--debug"]) == 1
    assert "Traceback (most" in capsys.readouterr().err


def test_the_kept_traceback_says_how_to_see_it_again(capsys):
    terminal.guarded(raising(ZeroDivisionError("x")), ["run", "a b.yaml"])
    said = capsys.readouterr().err
    path = said.split("traceback is in ")[1].split(";")[0]
    assert "bbsim run 'a b.yaml' --debug" in said
    with open(path, encoding="utf-8") as file:
        assert "ZeroDivisionError" in file.read()
    os.unlink(path)


def test_sigterm_ends_with_143():
    code = (
        "import os, sys, time; from bbsim.terminal import guarded; "
        "sys.exit(guarded(lambda: (print('on', flush=True), time.sleep(60)), []))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        started.stdout.readline()
        time.sleep(0.05)
        started.send_signal(signal.SIGTERM)
        assert started.wait(timeout=30) == 143
        assert b"Traceback" not in started.stderr.read()


def test_a_reader_that_goes_away_is_no_fault():
    code = "import sys; from bbsim.cli import main; sys.exit(main(['schema']))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        started.stdout.read(10)
        started.stdout.close()
        assert started.wait(timeout=30) == 0
        assert started.stderr.read() == b""


def test_a_name_that_steers_the_terminal_is_shown_by_its_code_point(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["check", "evil\x1b[2J\u202e.yaml"]) == 3
    said = capsys.readouterr().err
    assert "evil<U+001B>[2J<U+202E>.yaml" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_a_terminal_that_knows_few_letters_does_not_stop_the_work(small, encoding):
    (small / "scenario.yaml").write_text(
        edited("base: Yard", "base: Şəki", edited("access: 3}", "access: 0}")), "utf-8"
    )
    done = bbsim("check", ".", env={**os.environ, "PYTHONIOENCODING": encoding, "LC_ALL": "C"}, cwd=small)
    assert done.returncode == 0, done.stderr
    assert "\\u0259" in done.stderr


def test_progress_goes_to_stderr_and_once_a_minute_without_a_terminal(monkeypatch, capsys):
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    with terminal.Voice().progress("Simulating") as tell:
        for minute in range(4):
            for _ in range(10):
                tell(minute / 4, f"201{minute}")
            clock[0] += 61.0
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.splitlines() == ["Simulating: 25% 2011", "Simulating: 50% 2012", "Simulating: 75% 2013"]


def test_only_the_first_problems_are_printed(capsys):
    terminal.Voice().problems([Problem("x", f"number {n}") for n in range(30)])
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == terminal.SHOWN + 1
    assert lines[-1] == "… and 10 more."


# ---- words that are not understood, and folders that can't be --------------------------------------
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["chek", "."], "Did you mean 'check'?"),
        (["check", ".", "--fast"], "--fast"),
        (["run", ".", "--seed", "abc"], "'abc' is not a valid whole number"),
    ],
)
@pytest.mark.usefixtures("small")
def test_words_that_are_not_understood_are_told_as_data_too(words, says, capsys):
    assert main([*words, "--json"]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["exit"] == 2
    (problem,) = told["problems"]
    assert problem["slug"] == "usage"
    assert says in problem["message"]


def test_an_address_of_the_network_is_shown_as_it_was_written(capsys):
    assert main(["check", "https://example.org/x.yaml"]) == 5
    assert "'https://example.org/x.yaml': network" in capsys.readouterr().err


@pytest.mark.usefixtures("small")
def test_a_file_in_the_way_of_a_run_is_called_a_file(small, capsys):
    (small / "taken").write_text("mine")
    assert main(["run", ".", "--out", "taken"]) == 5
    assert "taken is a file" in capsys.readouterr().err
    assert (small / "taken").read_text() == "mine"


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="needs a file system that takes no folder")
@pytest.mark.usefixtures("small")
def test_a_folder_that_cannot_be_made_is_told_by_its_own_name(capsys):
    assert main(["run", ".", "--out", "/proc/foo"]) == 4
    said = capsys.readouterr().err
    assert "/proc/foo" in said
    assert "nothing can be written in /proc" in said
    assert "partial" not in said


@pytest.mark.usefixtures("small")
def test_a_file_in_the_way_of_a_new_folder_is_called_a_file(small, capsys):
    (small / "taken").write_text("mine")
    assert main(["new", "taken", "--country", "AZE"]) == 4
    assert "taken is a file" in capsys.readouterr().err


def test_a_new_scenario_names_no_file_that_is_not_beside_it(tmp_path):
    assert main(["new", str(tmp_path / "mine"), "--country", "AZE", "--quiet"]) == 0
    text = (tmp_path / "mine" / "scenario.yaml").read_text(encoding="utf-8")
    named = set(re.findall(r"[\w./-]+\.(?:yaml|json|toml)\b", text))
    assert named
    assert not [name for name in sorted(named) if not (tmp_path / "mine" / name).exists()]


def test_an_empty_folder_is_free_for_a_run(small, capsys):
    (small / "fresh").mkdir()
    assert main(["run", ".", "--out", "fresh"]) == 0
    assert (small / "fresh" / "run.json").is_file()
    capsys.readouterr()
    assert main(["run", ".", "--out", "fresh", "--seed", "8"]) == 4
    assert "folder-exists" in capsys.readouterr().err
