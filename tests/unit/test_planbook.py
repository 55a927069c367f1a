"""The plan verb: data for programs, words for people, a folder that is whole, and words that are refused."""

import csv
import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from bbsim.cli import main

FLAGSHIP = str(Path(__file__).parents[2] / "scenarios" / "azerbaijan.yaml")


def planned(out, *words):
    assert main(["plan", FLAGSHIP, "--quiet", "--effort", "fast", *words, "--out", str(out)]) == 0
    return json.loads((out / "plan.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("plans")


@pytest.fixture(scope="module")
def answer(folder):
    out = folder / "plan"
    assert main(["plan", FLAGSHIP, "--quiet", "--out", str(out)]) == 0
    return json.loads((out / "plan.json").read_text(encoding="utf-8")), out


def test_the_flagships_plan_adds_up_and_stays_near_its_bound(answer):
    data, _ = answer
    rows = data["projects"]
    assert rows[-1]["cumulative_usd"] == pytest.approx(data["usd"])
    assert sum(row["people"] for row in rows) == data["people"]
    assert data["lower_bound_usd"] <= data["spans_usd"] <= data["lower_bound_usd"] * 1.02
    assert data["person_years"] >= data["person_years_in_horn_order"]
    for begin, end in pairwise(["2014", "2021", "2024", "2036"]):  # areas open in 2021 and 2024
        phases = [row["phase"] for row in rows if begin <= row["award"] < end]
        assert phases
        assert phases == sorted(phases, key="cities".__ne__)
    assert data["unreachable"] == []
    assert data["last_city"] <= data["finished"]


def test_the_folder_holds_a_table_and_a_map_and_is_not_replaced_unasked(answer):
    _, out = answer
    assert sorted(path.name for path in out.iterdir()) == ["plan.csv", "plan.json", "plan.png"]
    assert main(["plan", FLAGSHIP, "--quiet", "--out", str(out)]) == 4


@pytest.fixture(scope="module")
def poor(folder):
    return planned(folder / "poor", "--budget", "40MUSD", "--survivable"), folder / "poor"


def test_a_budget_tells_everybody_who_is_left_out_and_what_joining_would_take(poor, answer):
    data, out = poor
    routes = [row for row in data["projects"] if row["kind"] == "route"]
    spent = sum(row["usd"] for row in routes)
    assert spent <= 40e6
    assert data["people"] <= data["people_at_most"] < answer[0]["people"]
    reached = {row["place"] for row in routes}
    left = {row["place"] for row in data["left_out"]}
    assert reached | left == {row["place"] for row in answer[0]["projects"]}
    assert not reached & left
    assert all(row["usd"] > 40e6 - spent for row in data["left_out"])
    each = [row["usd_per_person"] for row in data["left_out"] if row["people"]]
    assert each == sorted(each)
    with (out / "left_out.csv").open(encoding="utf-8") as handle:
        table = list(csv.DictReader(handle))
    assert [row["place"] for row in table] == [row["place"] for row in data["left_out"]]
    assert all(row["near_name"] and row["why"] for row in table)


def test_rings_stand_in_the_order_and_say_what_they_close(poor):
    data, _ = poor
    rows, rings = data["projects"], data["rings"]
    at = {row["project"]: row for row in rows}
    assert rings["steps"]
    assert sum(step["usd"] for step in rings["steps"]) == pytest.approx(rings["usd"])
    for step in rings["steps"]:
        row = at[step["project"]]
        assert row["kind"] == "ring"
        assert set(row["spans"]) == set(step["spans"])
        assert all(number < step["project"] for number in step["closes"])
        between = range(max(step["closes"], default=0) + 1, step["project"])
        assert not step["closes"] or all(at[i]["kind"] == "ring" for i in between)
    alone = {row["place"] for row in rings["exposure"] if row["single_path_km"] > 0}
    assert alone == set(rings["single_path"])
    assert rings["person_years_lost"] > 0


def test_a_value_a_person_leaves_out_whoever_costs_more(folder):
    data = planned(folder / "value", "--usd-per-person", "20")
    assert data["worth_usd"] <= data["worth_at_most_usd"] <= data["worth_usd"] * 1.01
    assert all(row["usd"] > row["value_usd"] for row in data["left_out"] if row["people"])
    assert all(row["usd_beyond_value"] == row["usd"] - row["value_usd"] for row in data["left_out"])


def test_each_place_is_told_its_technology_and_why(folder):
    data = planned(folder / "mix", "--by", "2017-12-31")
    rows = data["technologies"]
    assert {row["technology"] for row in rows} == {"fibre", "microwave", "satellite"}
    assert sum(row["usd"] for row in rows) == pytest.approx(data["technologies_usd"])
    assert data["technologies_lower_bound_usd"] <= data["technologies_usd"] < data["all_fibre_usd"]
    assert all(row["why"] and (row["from"] is not None) == (row["technology"] == "microwave") for row in rows)
    late = [row for row in rows if not row["on_time"]]
    assert all(row["bridge"] is None for row in rows if row["on_time"])
    assert late
    assert (folder / "mix" / "technologies.csv").is_file()


def test_the_front_is_made_of_plans_of_which_none_beats_another(folder):
    data = planned(folder / "front", "--front", "--budget", "5MUSD")
    front = data["front"]
    assert len(front) > 5
    marks = [(row["usd"], -row["person_years"], row["finished"]) for row in front]
    assert marks == sorted(marks)
    for one in marks:
        assert not any(
            all(a <= b for a, b in zip(other, one, strict=True)) and other != one for other in marks
        )
    people = {row["place"]: row["people"] for row in data["projects"]}
    for row in front:
        assert len(row["order"]) == len(set(row["order"])) == len(row["ready"]) == row["places"]
        assert max(row["ready"]) == row["finished"]
        assert row["budget_usd"] is None or row["usd"] <= row["budget_usd"]
        assert sum(people.get(place, 0) for place in row["order"]) <= row["people"]
    assert {"front.csv", "front.png"} <= {path.name for path in (folder / "front").iterdir()}


def test_the_page_about_plans_names_every_column_in_order(answer, poor, folder):
    page = (Path(__file__).parents[2] / "docs" / "plan.md").read_text(encoding="utf-8")
    made = {"plan": answer[1], "left_out": poor[1], "technologies": folder / "mix", "front": folder / "front"}
    for name, place in made.items():
        section = page.split(f"### {name}.csv")[1].split("###")[0]
        told = re.findall(r"^\| `(\w+)`", section, re.M)
        with (place / f"{name}.csv").open(encoding="utf-8") as handle:
            assert told == next(csv.reader(handle)), name


def test_no_money_is_an_answer_too(folder, capsys):
    data = planned(folder / "nothing", "--budget", "0")
    assert data["projects"] == []
    assert data["people"] == 0
    assert data["last_city"] is None
    assert len(data["left_out"]) > 700
    capsys.readouterr()
    assert main(["plan", FLAGSHIP, "--budget", "0", "--effort", "fast"]) == 0
    assert "builds nothing" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--budget", "-5"], "must be >= 0 USD"),
        (["--budget", "60MEUR"], "US dollars"),
        (["--budget", "sixty"], "wanted a number in USD"),
        (["--budget", "1e999"], "finite"),
        (["--usd-per-person", "10 km"], "wanted money"),
        (["--objective", "fame"], "fame"),
        (["--by", "2017"], "YYYY-MM-DD"),
        (["--by", "2099-01-01"], "lies outside"),
        (["--mbps", "2"], "--by"),
        (["--by", "2017-12-31", "--mbps", "0"], "must be > 0"),
        (["--by", "2017-12-31", "--budget", "1MUSD"], "don't go together"),
        (["--by", "2017-12-31", "--front"], "don't go together"),
    ],
)
def test_words_that_make_no_plan_are_refused(words, told, capsys):
    assert main(["plan", FLAGSHIP, *words]) == 2
    assert told in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told_before_any_work(capsys, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["plan", FLAGSHIP, "--out", str(tmp_path / "file" / "plan")]) == 4
    said = capsys.readouterr()
    assert "error[permission]" in said.err
    assert "nothing can be written in" in said.err
    assert said.out == ""


def test_joint_works_make_the_programme_cheaper():
    works = "joint_works=[{name: roads, follows: [road, rail], begins: 2014-01-01, ends: 2036-01-01}]"
    from bbsim.api import load, simulate

    alone, shared = (simulate(load(FLAGSHIP, given)) for given in ([], [works]))
    assert shared.projects["usd"].sum() < 0.85 * alone.projects["usd"].sum()
    assert len(shared.projects) > 600
