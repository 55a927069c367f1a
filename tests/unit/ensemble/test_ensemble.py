"""Ensembles: the same runs whoever runs them, whole after any stop, and honest about what failed."""

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from bbsim.cli import main
from bbsim.cli_ensemble import _alone
from bbsim.ensemble import NOT_YET, Replicate, ensemble, stopping
from bbsim.ensemble.executors import processes, serial
from bbsim.ensemble.store import Store
from bbsim.errors import BbsimError, EnvironmentFault, InputError, Problem, RefusedError
from bbsim.run import Run, table_hash
from bbsim.simulate import simulate
from lucky import COUNTRY, hashes, scenario, told


def test_replication_seventeen_is_the_same_in_any_company():
    few = ensemble(scenario(), COUNTRY, runs=3)
    many = ensemble(scenario(), COUNTRY, runs=9)
    assert hashes(many)[:3] == hashes(few)
    alone = simulate(scenario(), COUNTRY, replication=2)
    assert table_hash(many.runs[2]["periods"]) == table_hash(alone.tables["periods"])
    assert len({str(each["dates"]) for each in hashes(many)}) > 5, "nothing uncertain, nothing shown"


def test_processes_and_one_process_give_the_same_tables():
    one, two = ensemble(scenario(), COUNTRY, runs=5), ensemble(scenario(), COUNTRY, runs=5, workers=2)
    assert two.numbers == list(range(5))
    assert hashes(one) == hashes(two)


def test_what_is_kept_is_what_the_run_says():
    done = ensemble(scenario(), COUNTRY, runs=2)
    run = simulate(scenario(), COUNTRY, replication=1)
    lit = run.at("2017-12-31").lit_minute
    kept = dict(zip(done.runs[1]["places"]["node"], done.runs[1]["places"]["on_fibre_day"], strict=True))
    for i, node in enumerate(COUNTRY.ids):
        if COUNTRY.is_place[i]:
            assert kept[node] == (NOT_YET if lit[i] < 0 else lit[i] // 1440)
    ready = run.projects.ready_for_service
    last = (ready.max().date() - run.scenario.start).days
    assert done.days("finished_day")[1] == (NOT_YET if ready.isna().any() else last)
    assert done.dates.capex_usd[1] == run.periods.capex_usd.sum()


def test_an_interrupted_ensemble_goes_on_where_it_stopped(tmp_path):
    whole = ensemble(scenario(), COUNTRY, runs=6, out=tmp_path / "whole")
    ensemble(scenario(), COUNTRY, runs=4, out=tmp_path / "parts")
    shutil.rmtree(tmp_path / "parts" / "replications" / "000001")
    (tmp_path / "parts" / "replications" / ".000005.partial-99").mkdir()  # as a killed process leaves it
    ran = []
    parts = ensemble(
        scenario(), COUNTRY, runs=6, out=tmp_path / "parts", progress=lambda _, words: ran.append(words)
    )
    assert len(ran) == 3, "only what is missing runs again"
    assert hashes(parts) == hashes(whole)
    for name in ("bands", "places", "finish", "dates"):
        same = [(tmp_path / folder / f"{name}.parquet").read_bytes() for folder in ("whole", "parts")]
        assert same[0] == same[1]
    assert not list((tmp_path / "parts" / "replications").glob(".*"))


def test_the_folder_of_another_ensemble_is_not_touched(tmp_path):
    ensemble(scenario(), COUNTRY, runs=1, out=tmp_path / "e")
    with pytest.raises(EnvironmentFault, match="another scenario"):
        ensemble(scenario(seed=5), COUNTRY, runs=1, out=tmp_path / "e")
    ensemble(scenario(seed=5), COUNTRY, runs=1, out=tmp_path / "e", force=True)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(RefusedError):
        ensemble(scenario(), COUNTRY, runs=1, out=tmp_path / "mine", force=True)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"


def test_it_stops_when_the_date_is_sure_enough(monkeypatch):
    monkeypatch.setattr(stopping, "LOOK_EVERY", 10)
    sure = ensemble(scenario(), COUNTRY, runs=60, until_days=1e6)
    assert len(sure.numbers) == 10
    never = ensemble(scenario(), COUNTRY, runs=30, until_days=1e-6)
    assert len(never.numbers) == 30


def test_it_says_how_sure_it_is_and_runs_without_answer_hold_it_up_no_longer():
    stop = stopping.Until.of("last_city_day=14")
    seen = {n: float(n) for n in range(60) if n not in (0, 7)}
    assert not stop.met(seen), "the first twenty are not whole"
    assert stop.spread(seen, (0, 7)) == 13
    assert stop.met(seen, (0, 7))
    assert (
        stop.told(seen, (0, 7))
        == "Enough runs: last_city_day.p50 is known to 13 days (90 %), wanted 14 days."
    )
    assert stop.told(seen).startswith("Not enough runs: last_city_day.p50 is not known to any width")
    money = stopping.Until.of("capex_usd.p50=1")
    assert "known to 13 USD (90 %), wanted 1 USD" in money.told(seen, (0, 7))


def test_it_stops_when_whatever_was_chosen_is_sure_enough(monkeypatch):
    monkeypatch.setattr(stopping, "LOOK_EVERY", 10)
    assert len(ensemble(scenario(), COUNTRY, runs=60, until="capex_usd=1e12").numbers) == 10
    # Of ten runs the ninth tenth has no upper end yet: 29 are the fewest of which it has.
    assert len(ensemble(scenario(), COUNTRY, runs=60, until="last_open_city_day.p90=1e6").numbers) == 30
    with pytest.raises(InputError, match="wanted one of"):
        ensemble(scenario(), COUNTRY, runs=1, until="last_town_day=3")
    for text in ("last_city_day", "last_city_day.p0=3", "last_city_day=0", "last_city_day=3 weeks"):
        with pytest.raises(InputError):
            stopping.Until.of(text)
    with pytest.raises(InputError, match="both"):
        ensemble(scenario(), COUNTRY, runs=1, until="last_city_day=3", until_days=3)


def test_going_on_with_nothing_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "demo", "--country", "AZE", "--quiet"]) == 0
    words = ["ensemble", "demo", "--runs", "1", "--set", "end=2014-07-01", "--out", "e", "--no-report"]
    assert main([*words, "--resume"]) == 3
    assert "nothing-to-resume" in capsys.readouterr().err
    assert not (tmp_path / "e").exists()
    assert main(words) == 0
    assert main([*words, "--resume"]) == 0


@pytest.mark.parametrize(("runs", "workers"), [(0, 1), (1, 0)])
def test_nothing_to_run_is_an_error(runs, workers):
    with pytest.raises(InputError, match="wanted 1 or more"):
        ensemble(scenario(), COUNTRY, runs=runs, workers=workers)


# ---- what goes wrong ----------------------------------------------------------------------------------
@dataclass(frozen=True)
class Poisoned:
    """A job in which some replications fail, and one kills its worker."""

    wrong: int = -1
    raises: int = -1
    kills: int = -1

    def __call__(self, number: int) -> int:
        if number == self.wrong:
            raise InputError(Problem("made", "it is wrong"))
        if number == self.raises:
            raise ZeroDivisionError("made")
        if number == self.kills:
            os.kill(os.getpid(), signal.SIGKILL)
        return number * number


def test_a_poisoned_replication_is_named_and_the_rest_finish():
    faults, fine = told(serial(Poisoned(wrong=2, raises=3), range(5)))
    assert sorted(fine) == [0, 1, 4]
    assert "it is wrong" in faults[2].message
    assert faults[3].message == "ZeroDivisionError: made"
    assert "ZeroDivisionError" in faults[3].trace


def test_a_replication_that_kills_its_worker_is_the_only_one_lost():
    faults, fine = told(processes(Poisoned(kills=4), range(9), 2))
    assert sorted(faults) == [4]
    assert fine == {n: n * n for n in range(9) if n != 4}


def test_a_script_that_would_run_itself_again_in_each_worker_is_told_so(tmp_path):
    script = tmp_path / "mine.py"
    script.write_text(
        "from bbsim.ensemble.executors import processes\nprint(list(processes(abs, range(4), 2)))\n"
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, timeout=120)
    assert done.returncode != 0
    assert '__name__ == "__main__"' in done.stderr.splitlines()[-1]


def test_a_fault_is_told_with_the_command_that_shows_it_and_exit_six(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "demo", "--country", "AZE", "--quiet"]) == 0
    real = Replicate.__call__

    def sick(self, number):
        if number == 1:
            raise ValueError("no luck")
        return real(self, number)

    monkeypatch.setattr(Replicate, "__call__", sick)
    words = ["ensemble", "demo", "--runs", "2", "--out", "e", "--json", "--set", "end=2015-01-01"]
    assert main(words) == 6
    said = capsys.readouterr()
    data = json.loads(said.out)
    assert data["runs"] == 1
    assert data["faults"] == [{"replication": 1, "error": "ValueError: no luck"}]
    assert "bbsim run demo --set end=2015-01-01 --replication 1" in said.err
    assert json.loads(Path("e/faults.json").read_text())[0]["replication"] == 1
    monkeypatch.setattr(Replicate, "__call__", real)
    assert main([*words[:-2], "--set", "end=2015-01-01"]) == 0, "the missing one alone is run again"
    assert json.loads(capsys.readouterr().out)["runs"] == 2


def test_the_command_that_shows_a_fault_has_every_word_that_changes_a_run():
    assert _alone("my demo", True, 7, ("a=1", "name=two words")) == (
        "bbsim run 'my demo' --set a=1 --set 'name=two words' --seed 7 --allow-code --replication"
    )


def test_if_nothing_has_an_answer_the_first_reason_is_told(monkeypatch):
    def sick(_self, _number):
        raise InputError(Problem("made", "no luck at all"))

    monkeypatch.setattr(Replicate, "__call__", sick)
    with pytest.raises(BbsimError, match="no luck at all"):
        ensemble(scenario(), COUNTRY, runs=3)


def test_a_torn_replication_is_told(tmp_path):
    ensemble(scenario(), COUNTRY, runs=2, out=tmp_path / "e")
    (tmp_path / "e" / "replications" / "000001" / "periods.parquet").write_bytes(b"PAR1 torn")
    probe = Run(scenario(), COUNTRY, 1, events=())
    with pytest.raises(InputError, match="replication 1 can't be read"):
        Store(tmp_path / "e", probe).get(1)


def test_on_dask_the_same_tables_come_out():
    pytest.importorskip("distributed")
    one, cluster = ensemble(scenario(), COUNTRY, runs=4), ensemble(scenario(), COUNTRY, runs=4, dask="local")
    assert hashes(one) == hashes(cluster)


def test_a_scheduler_that_does_not_answer_is_told():
    pytest.importorskip("distributed")
    with pytest.raises(EnvironmentFault, match="no dask scheduler"):
        ensemble(scenario(), COUNTRY, runs=1, dask="tcp://127.0.0.1:9")


def test_without_dask_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(EnvironmentFault, match="not installed"):
        ensemble(scenario(), COUNTRY, runs=1, dask="local")


def test_the_bands_of_places_say_how_many_runs_had_light_by_then():
    done = ensemble(scenario(), COUNTRY, runs=8)
    places = done.tables()["places"]
    share = places["by_2016_share"]
    day = (np.datetime64("2015-12-31") - np.datetime64("2014-01-01")).astype(int)
    days = done.days_of_places
    assert share.tolist() == ((days >= 0) & (days <= day)).mean(axis=0).tolist()
    assert done.periods.replication.nunique() == 8
