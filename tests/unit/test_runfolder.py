"""A run's folder: whole or not there, read back exactly, and suspicious of changes."""

import json
import shutil
from datetime import date

import numpy as np
import pyarrow.parquet as pq
import pytest
from bbsim import runfolder
from bbsim.errors import EnvironmentFault, InputError
from bbsim.run import TABLES, Run, table_hash
from bbsim.runfolder import describe, load, read_head, read_table, save, write_table
from bbsim.simulate import simulate
from strategies import made_scenario, star


@pytest.fixture(scope="module")
def run():
    return simulate(made_scenario(end=date(2015, 1, 1), upgrades=None), star([10, 20]))


@pytest.fixture(scope="module")
def saved(run, tmp_path_factory):
    return save(run, tmp_path_factory.mktemp("runs") / "one", command="bbsim run x", report=False)


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "copy")


def slugs(caught):
    return [p.slug for p in caught.value.problems]


def test_the_folder_holds_what_the_contract_names(saved):
    names = {p.name for p in saved.iterdir()}
    assert names >= {"run.json", "scenario.yaml", "network.gpkg", *(f"{t}.parquet" for t in TABLES)}
    assert [p.name for p in saved.parent.iterdir()] == ["one"], "nothing is left beside it"


def test_the_head_says_what_went_in_and_what_came_out(run, saved):
    head = json.loads((saved / "run.json").read_text())
    assert head["tables"] == run.table_hashes()
    assert head["digest"] == run.digest
    assert (head["scenario"], head["country"]) == (run.scenario.digest, run.country.digest)
    assert (head["seed"], head["events"], head["command"]) == (1, len(run.events), "bbsim run x")
    assert head["peak_memory_mib"] > 10
    assert set(head["seconds"]) >= {"simulate", "measure"}
    assert head["libraries"]["numpy"] == np.__version__


def test_read_back_it_is_the_same_run(run, saved):
    again = Run.load(saved)
    assert again.scenario.model_dump(mode="json") == run.scenario.model_dump(mode="json")
    assert again.digest == run.digest
    assert again.country.digest == run.country.digest
    assert again.table_hashes() == run.table_hashes()
    assert [repr(e) for e in again.events] == [repr(e) for e in run.events]
    for day in ("2014-01-01", "2014-03-20", "2014-12-31"):
        assert again.at(day).fingerprint() == run.at(day).fingerprint()


def test_a_folder_older_than_the_tables_of_money_gets_them_from_its_events(run, copy):
    head = json.loads((copy / "run.json").read_text(encoding="utf-8"))
    for name in ("finance", "funding_gap"):
        (copy / f"{name}.parquet").unlink()
        del head["tables"][name]
    (copy / "run.json").write_text(json.dumps(head), encoding="utf-8")
    assert load(copy).table_hashes() == run.table_hashes()


def test_missing_is_null_in_the_files_and_never_nan(saved):
    nulls = 0
    for name in TABLES:
        table = pq.read_table(saved / f"{name}.parquet")
        for column, values in zip(table.column_names, table.columns, strict=True):
            nulls += values.null_count
            if "float" in str(values.type) or "double" in str(values.type):
                told = values.drop_null().to_numpy()
                assert not np.isnan(told).any(), (name, column)
    assert nulls > 0


def test_another_folder_is_never_overwritten_unless_told(run, copy):
    before = (copy / "run.json").read_bytes()
    with pytest.raises(EnvironmentFault, match="run made-1-") as caught:
        save(run, copy, report=False)
    assert slugs(caught) == ["folder-exists"]
    assert (copy / "run.json").read_bytes() == before
    save(run, copy, force=True, report=False)
    assert load(copy).digest == run.digest
    assert [p.name for p in copy.parent.iterdir()] == ["copy"]


@pytest.mark.parametrize("step", ["rename", "write_text", "fsync"])
def test_a_write_that_fails_leaves_nothing_and_the_old_run_in_place(run, tmp_path, monkeypatch, step):
    import os
    from pathlib import Path

    target = tmp_path / "run"

    def broken(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os if step == "fsync" else Path, step, broken)
    with pytest.raises(EnvironmentFault, match="No space left"):
        save(run, target, report=False)
    monkeypatch.undo()
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_an_old_run_is_replaced_keeps_the_old_one(run, copy, monkeypatch):
    from pathlib import Path

    rename, calls = Path.rename, []

    def second_fails(self, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(5, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", second_fails)
    with pytest.raises(EnvironmentFault):
        save(run, copy, force=True, report=False)
    monkeypatch.undo()
    assert load(copy).digest == run.digest


def test_an_edited_table_is_told(copy):
    table = read_table(copy / "periods.parquet")
    table["lit_km"] = table["lit_km"] + 1
    write_table(table, copy / "periods.parquet")
    with pytest.raises(InputError, match="checksum") as caught:
        load(copy)
    assert slugs(caught) == ["edited-table"]
    assert load(copy, verify=False).tables["periods"]["lit_km"][0] >= 1


def test_missing_and_damaged_tables_are_told_at_once(copy):
    (copy / "nodes.parquet").unlink()
    (copy / "spans.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(InputError) as caught:
        load(copy)
    assert sorted(slugs(caught)) == ["damaged-table", "missing-table"]


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("", "bad-json"),
        ("[]", "run-format"),
        ('{"format": 99}', "run-format"),
        ('{"format": 1, "tables": 3}', "run-format"),
    ],
)
def test_a_head_that_is_none_is_told(copy, text, slug):
    (copy / "run.json").write_text(text)
    with pytest.raises(InputError) as caught:
        read_head(copy)
    assert slugs(caught) == [slug]
    assert describe(copy) == ""


def test_a_folder_without_a_run_is_no_run(tmp_path):
    with pytest.raises(InputError, match=r"no run\.json"):
        load(tmp_path)


def test_a_head_without_its_seed_is_told_and_no_traceback(copy):
    head = json.loads((copy / "run.json").read_text())
    del head["seed"]
    (copy / "run.json").write_text(json.dumps(head))
    with pytest.raises(InputError):
        load(copy)


def test_a_scenario_or_country_that_was_changed_in_the_folder_is_told(copy):
    text = (copy / "scenario.yaml").read_text()
    (copy / "scenario.yaml").write_text(text.replace("title: ''", "title: 'Another'"))
    assert (copy / "scenario.yaml").read_text() != text
    with pytest.raises(InputError, match=r"scenario\.yaml"):
        load(copy)


def test_every_kind_of_column_survives_a_file(tmp_path):
    columns = {
        "whole": np.array([1, 2]),
        "some": np.ma.MaskedArray([1, 2], [True, False]),
        "real": np.array([np.nan, 0.1]),
        "text": np.array(["Şəki", None], dtype=object),
        "none": np.array([None, None], dtype=object),
        "yes": np.array([True, False]),
        "day": np.array(["2014-01-01", "NaT"], dtype="datetime64[D]"),
    }
    lists = np.empty(2, dtype=object)
    lists[0], lists[1] = ["a", "b"], None
    columns["lists"] = lists
    empty = np.empty(2, dtype=object)
    empty[0], empty[1] = [], None
    columns["empty lists"] = empty
    write_table(columns, tmp_path / "t.parquet")
    again = read_table(tmp_path / "t.parquet")
    assert table_hash(again) == table_hash(columns)
    for name, column in columns.items():
        assert table_hash({name: again[name]}) == table_hash({name: column}), name


def test_a_table_without_rows_survives_a_file(tmp_path):
    columns = {
        "a": np.array([], dtype=np.int64),
        "t": np.array([], dtype=object),
        "d": np.array([], "datetime64[D]"),
    }
    write_table(columns, tmp_path / "t.parquet")
    assert table_hash(read_table(tmp_path / "t.parquet")) == table_hash(columns)


def test_a_long_table_is_written_in_blocks_and_read_back_the_same(tmp_path, monkeypatch):
    columns = {
        "whole": np.ma.MaskedArray(np.arange(8), np.arange(8) % 3 == 0),
        "real": np.where(np.arange(8) % 2, np.nan, 0.5),
        "name": np.array([None, None, None, "a", "b", None, "c", "d"], dtype=object),
        "day": np.arange("2020-01-01", "2020-01-09", dtype="datetime64[D]"),
        "lists": np.fromiter([None, None, None, [1], [2, 3], None, [], [4]], dtype=object),
    }
    monkeypatch.setattr(runfolder, "ROWS_AT_ONCE", 3)
    write_table(columns, tmp_path / "t.parquet")
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 3
    assert table_hash(read_table(tmp_path / "t.parquet")) == table_hash(columns)
