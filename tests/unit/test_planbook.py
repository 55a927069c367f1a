"""The plan verb: data for programs, words for people, a folder that is whole."""

import json
from pathlib import Path

import pytest
from bbsim.cli import main

FLAGSHIP = str(Path(__file__).parents[2] / "scenarios" / "azerbaijan.yaml")


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    out = tmp_path_factory.mktemp("plans") / "plan"
    assert main(["plan", FLAGSHIP, "--quiet", "--out", str(out)]) == 0
    return json.loads((out / "plan.json").read_text(encoding="utf-8")), out


def test_the_flagships_plan_adds_up_and_stays_near_its_bound(answer):
    data, _ = answer
    rows = data["projects"]
    assert rows[-1]["cumulative_usd"] == pytest.approx(data["usd"])
    assert sum(row["people"] for row in rows) == data["people"]
    assert data["lower_bound_usd"] <= data["spans_usd"] <= data["lower_bound_usd"] * 1.02
    assert data["person_years"] >= data["person_years_in_horn_order"]
    assert [row["phase"] for row in rows] == sorted((row["phase"] for row in rows), key="cities".__ne__)
    assert data["unreachable"] == []


def test_the_folder_holds_a_table_and_a_map_and_is_not_replaced_unasked(answer):
    _, out = answer
    assert sorted(path.name for path in out.iterdir()) == ["plan.csv", "plan.json", "plan.png"]
    assert main(["plan", FLAGSHIP, "--quiet", "--out", str(out)]) == 4


def test_joint_works_make_the_programme_cheaper():
    works = "joint_works=[{name: roads, follows: [road, rail], begins: 2014-01-01, ends: 2036-01-01}]"
    from bbsim.api import load, simulate

    alone, shared = (simulate(load(FLAGSHIP, given)) for given in ([], [works]))
    assert shared.projects["usd"].sum() < 0.85 * alone.projects["usd"].sum()
    assert len(shared.projects) > 600
