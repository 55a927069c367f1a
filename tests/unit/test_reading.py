"""Scenario files: what they may look like, how they extend each other, how --set changes them."""

from __future__ import annotations

import os
from datetime import date

import pytest
from bbsim.errors import InputError, RefusedError
from bbsim.reading import OverrideError, dump, load, read, resolve_country, steps
from bbsim.uncertain import Uncertain
from bbsim.yamlfile import read_text, scalar
from made import BASE, edited, line_of, write_folder


@pytest.fixture
def base(tmp_path):
    return write_folder(tmp_path)


def refused(path, kind=InputError, **options):
    with pytest.raises(kind) as caught:
        load(path, **options)
    return caught.value


# ---- YAML ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"), ("on", "on"), ("y", "y"), ("010", 10), ("0o10", 8), ("0x1F", 31), ("1e3", 1000.0),
        ("1.0e3", 1000.0), (".5", 0.5), ("5.", 5.0), ("10_000", 10_000), ("1_0.5", 10.5), ("-3", -3),
        ("+3", 3),
        ("22:30", "22:30"), ("true", True), ("True", True), ("~", None), ("", None), ("null", None),
        ("2025-01-01", date(2025, 1, 1)), ("2025-02-30", "2025-02-30"), ("-.inf", float("-inf")), ("=", "="),
        ("1.2.3", "1.2.3"), ("10,000", "10,000"), ("11-15", "11-15"),
    ],
)  # fmt: skip
def test_plain_scalars_are_those_of_yaml_1_2(text, value):
    assert scalar(text) == value
    assert type(scalar(text)) is type(value)


def test_quoted_scalars_stay_texts():
    assert read_text("a: '12'\nb: \"true\"\nc: !!str 3", "x").root.plain() == {
        "a": "12",
        "b": "true",
        "c": "3",
    }


@pytest.mark.parametrize(
    "raw",
    [
        BASE.encode("utf-8-sig"),
        BASE.encode("utf-16"),
        BASE.replace("\n", "\r\n").encode(),
        BASE.replace("\n", "\r").encode(),
    ],
    ids=["bom", "utf-16", "crlf", "cr"],
)
def test_the_encoding_of_the_file_makes_no_difference(base, raw):
    plain = load(base)
    base.write_bytes(raw)
    assert load(base) == plain


def test_the_order_of_keys_makes_no_difference(base):
    plain = load(base)
    blocks, block = [], []
    for line in BASE.splitlines():
        if line and not line[0].isspace() and block:
            blocks.append(block)
            block = []
        block.append(line)
    base.write_text(
        "\n".join(line for block in [*reversed(blocks), block] for line in block), encoding="utf-8"
    )
    assert load(base) == plain
    assert load(base).digest == plain.digest


def test_an_alias_is_the_value_again(base):
    base.write_text(edited("hut_days: 20", "hut_days: &d 20\n  commissioning_days: *d"), encoding="utf-8")
    assert load(base).stages.commissioning_days == Uncertain("fixed", (20.0,))


# ---- values -------------------------------------------------------------------------------------
def test_a_scenario_is_what_its_file_says(base):
    scenario = load(base)
    assert scenario.gateways[0].transit_gbps == 10
    assert scenario.budget.usd_per_year == 500_000
    assert scenario.stages.survey_days == Uncertain("triangular", (7.0, 10.0, 20.0))
    assert scenario.stages.tender_days == Uncertain("fixed", (45.0,))
    assert scenario.start == date(2014, 1, 1)
    assert scenario.cost.parameters == {"plain_usd_per_km": 15000}
    assert scenario.origin == base


def test_what_is_dumped_is_read_back(base, tmp_path):
    scenario = load(base)
    again = tmp_path / "again.yaml"
    again.write_text(dump(scenario), encoding="utf-8")
    assert load(again) == scenario
    assert load(again).digest == scenario.digest
    assert dump(load(again)) == dump(scenario)


def test_the_shipped_scenarios_are_read_and_dumped(flagship_scenario, tmp_path):
    again = tmp_path / "again.yaml"
    again.write_text(dump(flagship_scenario), encoding="utf-8")
    assert load(again) == flagship_scenario


def test_null_sets_a_key_back_to_its_default(base):
    base.write_text(edited("seed: 7", "seed: null"), encoding="utf-8")
    assert load(base).seed == 1


def test_private_notes_are_not_read(base):
    plain = load(base)
    base.write_text(f"x-note: {{any: [thing]}}\n{BASE}", encoding="utf-8")
    assert load(base) == plain


def test_a_folder_means_its_scenario(base):
    assert load(base.parent) == load(base)


def test_overrides_in_python_name_everything_wrong(base):
    with pytest.raises(InputError) as caught:
        load(base).with_(budget={"usd_per_year": "many"}, seed=-1)
    assert [problem.path for problem in caught.value.problems] == ["seed", "budget.usd_per_year"]


def test_a_changed_spread_or_model_replaces_the_old_one(base):
    better = load(base).with_(stages={"survey_days": {"uniform": [1, 2]}}, cost={"use": "by_terrain"})
    assert better.stages.survey_days == Uncertain("uniform", (1.0, 2.0))
    assert better.stages.hut_days == Uncertain("fixed", (20.0,))
    assert better.cost.parameters == {}


# ---- extends ------------------------------------------------------------------------------------
def test_an_extending_file_says_only_what_differs(base):
    over = base.parent / "over.yaml"
    over.write_text(
        "extends: scenario.yaml\nname: over\nbudget: {usd_per_year: 2 MUSD/year}\nseed: null\n"
        "stages: {survey_days: {uniform: [1, 2]}}\nphases: [{name: all, kinds: [city]}]\n"
        "cost: {use: by_terrain}\n"
    )
    scenario, plain = load(over), load(base)
    assert scenario.budget == plain.budget.model_copy(update={"usd_per_year": 2e6})
    assert scenario.seed == 1
    assert scenario.stages.survey_days == Uncertain("uniform", (1.0, 2.0))
    assert [phase.name for phase in scenario.phases] == ["all"]
    assert scenario.cost.parameters == {}
    assert scenario.gateways == plain.gateways


def test_a_problem_in_an_extended_file_names_that_file(base):
    base.write_text(edited("seed: 7", "seed: x"), encoding="utf-8")
    over = base.parent / "over.yaml"
    over.write_text("extends: scenario.yaml\nname: Over\n")
    problems = refused(over).problems
    assert [(p.path, p.where) for p in problems] == [
        ("name", f"{over}:2:7"),
        ("seed", f"{base}:{line_of('seed')}:7"),
    ]


def test_files_that_extend_each_other_are_named_in_a_circle(tmp_path):
    for name, other in [("a", "b"), ("b", "c"), ("c", "b")]:
        (tmp_path / f"{name}.yaml").write_text(f"extends: {other}.yaml\n")
    error = refused(tmp_path / "a.yaml")
    assert "b.yaml -> c.yaml -> b.yaml" in str(error)


def test_a_long_chain_is_refused(tmp_path):
    for number in range(50):
        (tmp_path / f"{number}.yaml").write_text(f"extends: {number + 1}.yaml\n")
    assert "limit" in str(refused(tmp_path / "0.yaml", RefusedError))


def test_a_base_may_stand_in_a_scenarios_folder_beside(base, tmp_path):
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "mine").mkdir()
    base.rename(tmp_path / "scenarios" / "base.yaml")
    (tmp_path / "mine" / "scenario.yaml").write_text("extends: base.yaml\nname: mine\n")
    assert load(tmp_path / "mine").name == "mine"


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("bass.yaml", InputError, ["bass.yaml", "scenario.yaml"]),
        ("/etc/passwd", RefusedError, ["absolute"]),
        ("C:\\x.yaml", RefusedError, ["absolute"]),
        ("../secret.yaml", RefusedError, ["resolves to", "outside"]),
        ("link/passwd", RefusedError, ["resolves to", "outside"]),
        ("~/x.yaml", InputError, ["not expanded"]),
        ("$HOME/x.yaml", InputError, ["not expanded"]),
        ("data\\x.yaml", InputError, ["backslash", "data/x.yaml"]),
        ("https://example.org/x.yaml", RefusedError, ["network", "Download"]),
        ("s3://bucket/x.yaml", RefusedError, ["network"]),
        ("/vsicurl/http://x", RefusedError, ["network"]),
        ('"{name: x}"', InputError, ["name of a file"]),
        ("[a.yaml, b.yaml]", InputError, ["one YAML file"]),
    ],
)
def test_a_path_stays_in_the_folder(base, text, kind, words):
    (base.parent.parent / "secret.yaml").write_text(BASE)
    os.symlink("/etc", base.parent / "link")
    over = base.parent / "over.yaml"
    over.write_text(f"extends: {text}\n")
    error = refused(over, kind)
    assert type(error) is kind
    assert [word for word in words if word not in str(error)] == []
    assert error.problems[0].where == f"{over}:1:10"


# ---- --set --------------------------------------------------------------------------------------
def test_set_overrides_one_field(base):
    words = [
        "budget.usd_per_year=2 MUSD/year",
        "crews.bases[0].civil=5",
        "seed=",
        "cost.mountain_usd_per_km=9",
    ]
    scenario = load(base, overrides=[*words, "phases[1].kinds=[town, city]", 'permits["roads"].desks=4'])
    assert scenario.budget.usd_per_year == 2e6
    assert scenario.crews.bases[0].civil == 5
    assert scenario.seed == 1
    assert scenario.phases[1].kinds == ["town", "city"]
    assert scenario.cost.parameters == {"plain_usd_per_km": 15000, "mountain_usd_per_km": 9}
    assert scenario.permits["roads"].desks == 4


def test_set_may_name_a_section_that_the_file_leaves_out(base):
    scenario = load(base, overrides=["demand.kbps_per_home=50", "planner.award_every_days=30"])
    assert scenario.demand.use == "busy_hour_growth"
    assert scenario.demand.parameters == {"kbps_per_home": 50}
    assert scenario.planner.award_every_days == 30


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("crews=many", "a mapping"),
        ("budgt.usd_per_year=3", "'budget'"),
        ("budget.usd_pr_year=3", "'usd_per_year'"),
        ("crews.bases[9].civil=3", "1 entries"),
        ("crews.bases.civil=3", "crews.bases[0].civil"),
        ("seed.x=3", "'seed' is 7"),
        ("seed=many", "whole number"),
        ("seed", "path=value"),
        ("=3", "path=value"),
        (".seed=3", "path=value"),
        ("seed=[1", "not closed"),
        ("permits.road.desks=4", "'permits' has no 'road'; did you mean 'roads'?"),
    ],
)
def test_a_wrong_set_is_a_wrong_command_line(base, words, said):
    error = refused(base, OverrideError, overrides=[words])
    assert error.exit_code == 2
    assert said in str(error)
    assert error.problems[0].where == f"--set {words}"


def test_a_wrong_file_counts_more_than_a_wrong_set(base):
    base.write_text(edited("seed: 7", "sed: 7"), encoding="utf-8")
    error = refused(base, overrides=["crews=many"])
    assert error.exit_code == 3
    assert [problem.path for problem in error.problems] == ["sed", "crews"]


def test_a_field_path_is_read_and_written_alike():
    from bbsim.explain import path_text

    for loc in [("a",), ("a", 0, "b"), ("permits", "x.y", "desks"), ("a", "b c")]:
        assert steps(path_text(loc)) == loc
    for wrong in ["", "[0]", "a..b", "a[x]", "a.", "a[0"]:
        with pytest.raises(ValueError, match=r".*"):
            steps(wrong)


# ---- countries ----------------------------------------------------------------------------------
def test_a_code_is_looked_for_beside_then_above_then_where_bbsim_is(tmp_path):
    mine = tmp_path / "a" / "mine"
    mine.mkdir(parents=True)
    installed = resolve_country(mine, "AZE")
    assert (installed / "country.toml").is_file()
    for folder in (tmp_path / "a" / "geodata" / "AZE", mine / "geodata" / "AZE"):
        folder.mkdir(parents=True)
        (folder / "country.toml").write_text("")
        assert resolve_country(mine, "AZE") == folder


@pytest.mark.parametrize("code", ["AZ", "aze", "NO"])
def test_an_unknown_code_is_told_the_known_ones(tmp_path, code):
    with pytest.raises(InputError, match="AZE"):
        resolve_country(tmp_path, code)


def test_places_are_kept(base):
    reading = read(base, overrides=["seed=3"])
    line = BASE.splitlines()[line_of("base: Yard") - 1]
    assert (
        reading.where("crews.bases[0].civil") == f"{base}:{line_of('base: Yard')}:{line.index('civil: ') + 8}"
    )
    assert reading.where("crews.bases[0].nothing") == f"{base}:{line_of('base: Yard')}:7"
    assert reading.where("seed") == "--set seed=3"


@pytest.mark.parametrize(
    ("name", "hint"), [("Azerbaijan", "'AZE'"), ("azerbijan", "'AZE'"), ("Atlantis", "")]
)
def test_a_country_by_its_name_is_told_the_code_of_its_pack(name, hint, tmp_path):
    with pytest.raises(InputError) as told:
        resolve_country(tmp_path, name)
    assert hint in told.value.problems[0].hint
    assert bool(told.value.problems[0].hint) == bool(hint)


@pytest.mark.parametrize("path", ["crews.bases.1.civil", "crews.bases.civil"])
def test_a_list_without_its_number_is_told_as_it_is_written(path, tmp_path):
    base = write_folder(tmp_path)
    with pytest.raises(OverrideError) as told:
        load(base, overrides=[f"{path}=2"])
    asked = path.replace(".1.", "[1].").replace("bases.", "bases[0].")
    assert f"say which one: {asked}" in str(told.value)
