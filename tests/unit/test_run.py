"""A run is a value: its instants, its tables, its identity."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from bbsim.run import TABLES, Tables, frame, table_hash
from bbsim.simulate import simulate
from hypothesis import given
from hypothesis import strategies as st
from strategies import made_scenario, star


@pytest.fixture(scope="module")
def run():
    return simulate(made_scenario(end=date(2015, 1, 1)), star([10, 20]))


def test_every_table_is_there_as_columns_and_as_a_frame(run):
    assert tuple(run.tables) == TABLES
    for name in TABLES:
        table = run.events_table if name == "events" else getattr(run, name)
        assert isinstance(table, pd.DataFrame)
        assert len(table) == len(next(iter(run.tables[name].values())))
        assert list(table.columns) == list(run.tables[name])


def test_a_day_means_its_end_and_may_be_text_or_date(run):
    ready = run.projects["ready_for_service"][0].date()
    assert run.at(ready).projects_ready == 1
    assert run.at(date.fromordinal(ready.toordinal() - 1)).projects_ready == 0
    assert run.at(str(ready)).fingerprint() == run.at(ready).fingerprint()


@pytest.mark.parametrize("day", ["2013-12-31", "2015-01-01"])
def test_days_outside_are_refused(run, day):
    with pytest.raises(ValueError, match=r"outside \[2014-01-01, 2015-01-01\)"):
        run.at(day)


def test_a_runs_identity_is_scenario_country_seed_and_replication(run):
    other = [
        simulate(run.scenario, run.country, seed=2),
        simulate(run.scenario, run.country, replication=1),
        simulate(run.scenario.with_(title="x"), run.country),
        simulate(run.scenario, star([10, 21])),
    ]
    assert len({run.digest, *(r.digest for r in other)}) == 5
    assert simulate(run.scenario, run.country).digest == run.digest
    assert run.default_name == f"made-1-{run.digest[:8]}"


@given(
    st.lists(st.floats(allow_infinity=False), max_size=5),
    st.lists(st.floats(allow_infinity=False), max_size=5),
)
def test_hashes_are_equal_if_and_only_if_values_are(a, b):
    def same(x, y):
        return len(x) == len(y) and all(p == q or (p != p and q != q) for p, q in zip(x, y, strict=True))

    assert (table_hash({"x": np.array(a, float)}) == table_hash({"x": np.array(b, float)})) == same(a, b)


def test_a_hash_knows_names_kinds_order_and_what_is_missing():
    columns = [
        {"a": np.array([1, 2])},
        {"b": np.array([1, 2])},
        {"a": np.array([2, 1])},
        {"a": np.array([1.0, 2.0])},
        {"a": np.array(["1", "2"], dtype=object)},
        {"a": np.array([None, "2"], dtype=object)},
        {"a": np.array(["", "2"], dtype=object)},
        {"a": np.array(["None", "2"], dtype=object)},
        {"a": np.ma.MaskedArray([1, 2], [True, False])},
        {"a": np.ma.MaskedArray([0, 2], [False, False])},
        {"a": np.array([1, 2]), "b": np.array([1, 2])},
        {"b": np.array([1, 2]), "a": np.array([1, 2])},
        {"a": np.array([["x"], None], dtype=object)},
    ]
    assert len({table_hash(c) for c in columns}) == len(columns)
    assert table_hash({"a": np.array([0.0, np.nan])}) == table_hash({"a": np.array([-0.0, -np.nan])})
    masked = [np.ma.MaskedArray([v, 2], [True, False]) for v in (5, 7)]
    assert table_hash({"a": masked[0]}) == table_hash({"a": masked[1]}), "what is missing has no value"


def test_frames_show_what_is_missing_as_missing():
    table = frame({"n": np.ma.MaskedArray([1, 2], [True, False]), "x": np.array([np.nan, 1.0])})
    assert table["n"].isna().tolist() == [True, False]
    assert table["x"].isna().tolist() == [True, False]


def test_a_table_that_is_let_go_of_is_made_again_when_it_is_asked_for():
    made = []
    made_by = {"events": lambda: made.append(1) or {"minute": np.array([1])}, "kept": {"a": np.array([2])}}
    tables = Tables(made_by, again=["events"])
    first = tables["events"]
    for name in ("events", "kept"):
        tables.forget(name)
    assert tables["events"]["minute"].tolist() == first["minute"].tolist()
    assert (len(made), tables["kept"]["a"].tolist()) == (2, [2])
