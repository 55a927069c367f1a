"""Every setting is listed once, with its value, its unit and the source that it rests on."""

from __future__ import annotations

import re
from pathlib import Path

import bbsim
import pytest
from bbsim.report import assumptions
from bbsim.report.assumptions import ASSUMED, CHOICE, MIXED, SOURCED, UNSOURCED, counts, groups


def rows_of(scenario):
    return {row.path: row for group in groups(scenario) for row in group.rows}


@pytest.fixture(scope="module")
def rows(flagship_scenario):
    return rows_of(flagship_scenario)


def leaves(value, path=""):
    """Every single value of a dumped scenario, lists of plain values as one."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for number, item in enumerate(value):
            yield from leaves(item, f"{path}[{number}]")
    elif value is not None and value != []:
        yield path


def test_no_setting_is_left_out(flagship_scenario, rows):
    apart = {"sources", "title", "name", "targets", "phases"}
    fields = {k: v for k, v in flagship_scenario.model_dump().items() if k not in apart}
    for path in leaves(fields):
        path = re.sub(r"\.(kind|parameters)$", "", path)
        parents = [path[:i] for i, mark in enumerate(path) if mark in ".["]
        assert path in rows or any(parent in rows for parent in parents), path


def test_the_scenarios_own_word_comes_before_the_defaults(flagship_scenario, rows):
    assert rows["demand.kbps_per_home"].source == flagship_scenario.sources["demand.kbps_per_home"]
    assert rows["demand.kbps_per_home"].value == "29.8 kbit/s"
    assert rows["demand.kbps_per_home"].standing == SOURCED


def test_a_word_on_the_whole_holds_for_its_parts(rows):
    assert "32 civil crews" in rows["crews.bases[0]"].source
    assert "civil 8" in rows["crews.bases[0]"].value
    assert rows["crews.bases[0]"].standing == ASSUMED


def test_a_default_brings_its_own_source(rows):
    assert "FBA-Cartesian" in rows["cost.material_share"].source
    assert "planningplanet" in rows["stages.splice_test_days"].source
    assert rows["stages.splice_test_days"].value == "2 days"


def test_a_changed_value_loses_the_defaults_source(flagship_scenario):
    changed = rows_of(flagship_scenario.with_(stages={"splice_test_days": 9}))["stages.splice_test_days"]
    assert changed.standing == UNSOURCED
    assert "no source given" in changed.source


def test_a_model_parameter_that_is_changed_loses_it_too(flagship_scenario):
    changed = flagship_scenario.with_(cost={"use": "by_terrain", "material_share": 0.5})
    assert rows_of(changed)["cost.material_share"].standing == UNSOURCED


@pytest.mark.parametrize(
    ("source", "standing"),
    [
        ("assumption: a guess", ASSUMED),
        ("Assumption, by people", ASSUMED),
        ("census of 2009; the split is an assumption", MIXED),
        ("census of 2009", SOURCED),
    ],
)
def test_an_assumption_is_called_one(flagship_scenario, source, standing):
    changed = flagship_scenario.model_copy(update={"sources": {"crews.per_project": source}})
    row = rows_of(changed)["crews.per_project"]
    assert row.standing == standing
    assert not row.source.lower().startswith("assumption")


def test_spreads_are_told_in_words(rows):
    assert rows["stages.survey_days"].value == "least 7, usual 10, most 20 days (triangular)"


def test_seed_and_model_names_are_choices(rows):
    assert rows["seed"].standing == CHOICE
    assert rows["priority.use"].standing == CHOICE
    assert rows["priority.use"].meaning


def test_the_access_technology_is_listed(rows):
    row = rows["technology gpon.line_mbps"]
    assert row.value == "100 Mbit/s"
    assert "G.984" in row.source


def test_every_line_has_a_meaning_or_a_telling_value(rows):
    assert not [row.path for row in rows.values() if not row.meaning and ";" not in row.value]


def test_counts_add_up(flagship_scenario):
    found = groups(flagship_scenario)
    assert sum(counts(found).values()) == sum(len(group.rows) for group in found)


def test_code_beside_the_scenario_is_named_and_not_run(flagship_scenario, tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("raise SystemExit('ran')\n")
    monkeypatch.chdir(tmp_path)
    use = type(flagship_scenario.priority)(use="mine.py:Mine", weight=3)
    rows = rows_of(flagship_scenario.model_copy(update={"priority": use}))
    assert rows["priority.use"].value == "mine.py:Mine"
    assert rows["priority.weight"].value == "3"


def test_paths_are_found_up_the_tree():
    sources = {"crews.bases": "a", "gateways[0].transit_gbps": "b", "permits.x.days": "c"}
    find = assumptions._scenario_source
    assert find(sources, "crews.bases[3].civil") == "a"
    assert find(sources, "gateways[0].transit_gbps") == "b"
    assert find(sources, "gateways[1].transit_gbps") == ""
    assert find(sources, "permits.x.desks") == ""


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parents[3] / "scenarios").glob("*.yaml")), ids=lambda path: path.stem
)
def test_no_shipped_scenario_holds_a_figure_without_a_source(file):
    told = groups(bbsim.load(file))
    assert [row.path for group in told for row in group.rows if row.standing == UNSOURCED] == []
    assert counts(told)[SOURCED] > 30
