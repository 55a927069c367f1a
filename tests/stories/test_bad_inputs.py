"""A person hands bbsim something wrong: the exit code, the place and the way out, case by case.

Ids are those of a catalogue of bad inputs: Y the text, S the values, I other files, N the network, C the
command line, O names that attack. Each id is either a case here or in `ELSEWHERE` with the reason.
"""
# ruff: noqa: E501 - a case is one line, so that the table can be read down its columns

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from bbsim.cli import main
from made import BASE, NODES, SPANS, edited, line_of, small_country, write_folder

CATALOGUE = {
    "Y": "01 02 03 05 06 07 09 10 11 13 14 15 17 18 19 21 22 23 25 26 27 29 30 31 33 34 35 37 38 39 41 42",
    "S": "01 02 03 05 06 07 09 10 11 13 14 15 17 18 19 21 22 23 25 26 27 29 30 31 33 34 35 37 38 39 41 42 43 45 "
    "46 47 49 50 51",
    "I": "01 02 03 05 06 07 09 10 11 13",
    "N": "01 02 03 05 06 07 09 10 11 13 14",
    "C": "01 02 03 05 06 07 09 10 11 13 14 15 17 18 19 21 22 23 25 26 27",
    "O": "05 06 09",
}
ELSEWHERE = {
    "S17": "no field of a scenario is a list of shares that must add to 1",
    "S37": "links stand in the country pack: tests of the pack",
    "S38": "links stand in the country pack, where parallel ones have ids of their own",
    "S45": "a scenario has no per-year table; the pack's population series is checked with the pack",
    "S46": "as S45",
    "S47": "scenarios carry no version: an unknown key 'version' is S02",
    "S49": "no key has been renamed yet",
    "N07": "demand without homes is a test of the measures, not of input",
    "N11": "lengths stand in the country pack: tests of the pack",
    "N13": "size limits of the pack: tests of the pack",
    "N14": "ids of both layers are texts by the pack's schema: tests of the pack",
    "C05": "--runs comes with the verb ensemble",
    "C07": "there is no --verbose and no --resume yet",
    "C10": "a run's folder appears in one step; two writers can't meet in it",
    "C14": "a full disk is a test of the run folder",
    "C15": "a memory limit is a test of the run folder",
    "C17": "nothing that is printed is coloured or moves the cursor unless stderr is a terminal: test_cli",
    "C21": "tables under odd time zones: test of the run's identity",
    "C22": "no result reads the clock: test of the run's identity",
    "C26": "pip refuses versions that do not fit",
}


@dataclass(frozen=True)
class Case:
    """What is handed over, and what must come back."""

    id: str
    text: str | bytes = BASE
    exit: int = 3
    says: tuple[str, ...] = ()
    line: int | None = None
    words: tuple[str, ...] = ()
    prepare: Callable[[Path], None] | None = None


def at(old: str, new: str, *says: str, exit: int = 3, line: str | int | None = "", id: str = "") -> Case:
    """A case that changes one place of the scenario; the line told must be the changed one."""
    changed = edited(old, new)
    number = line_of(line, changed) if isinstance(line, str) and line else line
    if line == "":
        number = BASE[: BASE.index(old)].count("\n") + 1
    return Case(id, changed, exit, says, number if isinstance(number, int) else None)


def put(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text(text)


def ring(folder: Path) -> None:
    put("a.yaml", "extends: b.yaml\n")(folder)
    put("b.yaml", "extends: a.yaml\n")(folder)


def chain(folder: Path) -> None:
    for number in range(1000):
        put(f"{number}.yaml", f"extends: {number + 1}.yaml\n")(folder)


def link(folder: Path) -> None:
    os.symlink("/etc", folder / "data")


ten_errors = BASE
for _old, _new in [
    ("seed: 7", "seed: -1"),
    ("report_every: year", "report_every: yaer"),
    ("0.25}", "35%}"),
    ("0.35", "0,35"),
    ("1 MUSD", "1 MEUR"),
    ("kinds: [city]", "kinds: []"),
    ("hut_days: 20", "hut_days: many"),
    ("desks: 2", "desk: 2"),
    ("civil: 2,", "civil: 2.5,"),
    ('closes: "11-15"', 'closes: "13-15"'),
]:
    ten_errors = edited(_old, _new, ten_errors)

CASES = [
    # ---- Y: the text ----------------------------------------------------------------------------
    Case("Y01", says=("nope.yaml", "looked in", "scenario.yaml"), words=("nope.yaml",)),
    Case(
        "Y02",
        says=("is a folder", "other.yaml"),
        words=("sub",),
        prepare=lambda f: [(f / "sub").mkdir(), (f / "sub" / "other.yaml").touch()],
    ),
    Case("Y03", "", says=("empty", "bbsim new"), line=1),
    Case("Y03", "# only a comment\n", says=("empty",), line=1),
    Case("Y05", "hello", says=("expected a mapping", "text"), line=1),
    Case("Y06", "- a\n- b\n", says=("expected a mapping", "list"), line=1),
    Case("Y07", f"{BASE}---\na: 1\n", says=("second document", "extends"), line=BASE.count("\n") + 1),
    Case(
        "Y09",
        f"a:\n  b:\n    c:\n      d: 1\n      d: 2\n{BASE}",
        says=("a.b.c.d", "twice", "scenario.yaml:4:7"),
        line=5,
    ),
    at("  opening_usd", "\topening_usd", "tab", "spaces", id="Y10"),
    at("  opening_usd: 1", "   opening_usd: 1", "indentation", id="Y11", line="  usd_per_year"),
    Case("Y13", f"{BASE}x-a: [1, 2\n", says=("not closed",)),
    at("desks: 2", "desks: *too", "too", "no anchor", id="Y14"),
    Case(
        "Y14", f"x-a: &two 2\n{edited('desks: 2', 'desks: *too')}", says=("'two'",), line=line_of("desks") + 1
    ),
    Case("Y15", f"x-a: &a {{b: *a}}\n{BASE}", 5, ("refers to itself",), 1),
    Case("Y17", BASE + "".join(f"x-{n}: {'word ' * 90}\n" for n in range(300)), 0),
    Case("Y18", f"x-a: {'[' * 3000}{']' * 3000}\n", 5, ("nest", "limit"), 1),
    Case("Y19", edited("title: Two towns", f"title: {'x' * 10_000_000}"), 5, ("title", "limit"), 3),
    Case("Y19", edited("title: Two towns", f"title: {'x' * 20_000}"), 5, ("title", "limit"), 3),
    Case(
        "Y19", f"x-a: &a [{'1, ' * 999}1]\nx-b: &b [{'*a, ' * 99}*a]\nx-c: [*b, *b]\n{BASE}", 5, ("limit",), 2
    ),
    at("title: Two", "title: !include Two", "!include", "extends", id="Y21"),
    at("title: Two", "title: !!binary Two", "!!binary", "tag", id="Y22"),
    Case("Y22", f"x-a: !!set {{x}}\nx-b: !!omap [a: 1]\n{BASE}", says=("!!set", "!!omap"), line=1),
    at("Two towns", '"Two\0towns"', "U+0000", id="Y23"),
    Case(
        "Y25",
        edited("Two towns", "Şəki").replace("ə", "e").encode("cp1254"),
        says=("UTF-8", "byte", "iconv"),
        line=3,
    ),
    Case("Y26", edited("Two towns", "Şəki").encode("utf-16"), 0),
    Case("Y27", BASE.encode("utf-8-sig"), 0),
    Case("Y29", BASE.replace("\n", "\r").encode(), 0),
    at("title: Two towns and a gateway", "title: NO", exit=0, id="Y30"),
    at("country: made", "country: NO", "'NO'", "country", id="Y30"),
    at("seed: 7", "seed: 010", exit=0, id="Y31"),
    at("15000", "1e3", exit=0, id="Y33"),
    at(
        "usd_per_year: 0.5 MUSD/year",
        "usd_per_year: 10,000",
        "budget.usd_per_year",
        "'10,000'",
        "10000 or 10_000",
        id="Y34",
    ),
    at("0.35", "0,35", "budget.access_share", "'0,35'", "0.35", id="Y35"),
    at("0.25", "0,25", "decimal", id="Y35"),
    at("seed: 7", f"seed: {'9' * 5000}", "seed", "digits", exit=5, id="Y37"),
    at("seed: 7", "seed: =", "seed", id="Y38"),
    Case("Y39", f"{BASE}? {{a: 1}}\n: 2\n", says=("key must be a text",), line=BASE.count("\n") + 1),
    at("Two towns", "Two # towns", exit=0, id="Y41"),
    Case(
        "Y42",
        f"x-a: &a {{desks: 1}}\n{edited('    desks: 2', '    <<: *a')}",
        says=("merge", "extends"),
        line=line_of("desks") + 1,
    ),
    # ---- S: the values --------------------------------------------------------------------------
    at(
        "opening_usd",
        "openning_usd",
        "budget.openning_usd",
        "unknown key",
        "Did you mean 'opening_usd'?",
        id="S01",
    ),
    at("usd_per_year: 0.5", "usd_per_yaer: 0.5", "Did you mean 'usd_per_year'?", id="S01"),
    Case(
        "S02",
        f"{BASE}extra: {{}}\n",
        says=("extra", "unknown key", "budget", "x-extra"),
        line=BASE.count("\n") + 1,
    ),
    Case("S02", f"{BASE}usd_per_year: 3\n", says=("It belongs in 'budget'",), line=BASE.count("\n") + 1),
    at(
        "  usd_per_year: 0.5 MUSD/year\n",
        "",
        "budget.usd_per_year",
        "missing",
        "USD/year",
        "For example",
        id="S03",
        line="budget:",
    ),
    at("node: g, ", "", "gateways[0].node", "missing", id="S03"),
    at("hut_days: 20", "hut_days: many", "stages.hut_days", "'many'", "number", id="S05"),
    at("title: Two towns and a gateway", "title: 42", "title", "42", '"42"', id="S06"),
    at("title: Two towns and a gateway", "title: 2014-01-01", "title", "quotes", id="S06"),
    at("seed: 7", "seed: [1]", "seed", "list", id="S07"),
    at("seed: 7", "seed: {a: 1}", "seed", "mapping", id="S07"),
    at("kinds: [city]", "kinds: city", "phases[0].kinds", "list", id="S07"),
    at("seed: 7", "seed: true", "seed", "true", id="S09"),
    at("hut_days: 20", "hut_days: true", "stages.hut_days", "true", id="S09"),
    at("report_every: year", "report_every: true", "report_every", "true", id="S09"),
    at("15000", "-15000", "cost.plain_usd_per_km", "-15000", ">= 0", id="S10"),
    at("10 Gbit/s", "-10 Gbit/s", "gateways[0].transit_gbps", ">= 0", "-10 Gbit/s", id="S10"),
    at("hut_days: 20", "hut_days: -1", "stages.hut_days", ">= 0", id="S10"),
    at("plain: 0.5", "plain: 0", "crews.pace.civil_km_per_day.plain", "> 0", id="S11"),
    at("lifetime_years: 15", "lifetime_years: 0", "satellites[0].lifetime_years", "> 0", id="S11"),
    at("10 Gbit/s", ".inf", "finite", "Leave the key out", id="S13"),
    at("10 Gbit/s", "-.inf", "finite", id="S13"),
    at("10 Gbit/s", "1e999", "finite", id="S13"),
    at("1 MUSD", "1e308", "budget.opening_usd", "limit", id="S14"),
    at("plain: 0.5", "plain: 5e-324", "crews.pace.civil_km_per_day.plain", "limit", id="S15"),
    at("0.35", "35%", "budget.access_share", "35%", "0.35", id="S18"),
    at("10 Gbit/s", "12 parsecs", "gateways[0].transit_gbps", "parsecs", "Mbit/s", id="S19"),
    at("10 Gbit/s", "10 Gb/s", "bits", "10 Gbit/s", "80 Gbit/s", id="S21"),
    at("10 Gbit/s", "10 mbps", "bits", "10 Mbit/s", "80 Mbit/s", id="S21"),
    at("1 MUSD", "1 M", "million", id="S21"),
    at("1 MUSD", "1 MAZN", "AZN", "US dollars", "no exchange rate", id="S22"),
    at("civil: 2,", "civil: 2.5,", "crews.bases[0].civil", "2.5", "whole number", id="S23"),
    at("end: 2018-01-01", "end: 2014-01-01", "end", "later than the start", id="S25"),
    at("start: 2014-01-01", "start: 20024", "start", "1990", id="S26"),
    at("start: 2014-01-01", "start: 1066-01-01", "start", "1990", id="S26"),
    at("start: 2014-01-01", "start: -50", "start", "1990", id="S26"),
    at("start: 2014-01-01", "start: 24", "start", "2024", id="S27"),
    at("start: 2014-01-01", "start: 2025-01-01T00:00:00+04:00", "start", "Write 2025-01-01", id="S29"),
    at(
        "report_every: year",
        "report_every: yaer",
        "report_every",
        "month, quarter, year",
        "Did you mean 'year'?",
        id="S30",
    ),
    at("nearest_first", "nearest_fist", "priority.use", "Did you mean 'nearest_first'?", id="S30"),
    at("technology: gpon", "technology: gpom", "access.technology", "Did you mean 'gpon'?", id="S30"),
    at("report_every: year", "report_every: Year", "Did you mean 'year'?", id="S31"),
    at("kinds: [city]", "kinds: [City]", "phases[0].kinds[0]", "Did you mean 'city'?", id="S31"),
    Case(
        "S33",
        "x-a:\n  \u015e\u0259ki: 1\n  S\u0327\u0259ki: 2\n" + BASE,
        says=("look the same", "scenario.yaml:2:3"),
        line=3,
    ),
    at("name: towns", "name: cities", "phases[1].name", "phases[0].name", id="S34"),
    Case(
        "S34",
        BASE.replace(
            "  - {name: All",
            "  - {name: 'all  CITIES', column: cities_on_fibre_share, at_least: 0.5, by: 2015-12-31}\n  - {name: All",
        ),
        says=("targets[1].name", "looks the same", "targets[0].name"),
        line=line_of("targets") + 2,
    ),
    at("node: g,", "node: bb,", "gateways[0].node", "bb", "Did you mean 'b'?", id="S35"),
    at("regions: [North]", "regions: [Nrth]", "phases[1].regions[0]", "Did you mean 'North'?", id="S35"),
    at("area: closed", "area: close", "openings[0].area", "Did you mean 'closed'?", id="S35"),
    at(
        "households_passed: {g: 10}",
        "households_passed: {gg: 10}",
        "existing.households_passed.gg",
        "Did you mean 'g'?",
        id="S35",
    ),
    at(
        "budget.usd_per_year:",
        "budget.usd_per_yaer:",
        "no field",
        "Did you mean 'budget.usd_per_year'?",
        id="S35",
    ),
    at("kinds: [city]", "kinds: []", "phases[0].kinds", "at least one", id="S39"),
    at(
        "{triangular: [7, 10, 20]}",
        "{triangular: [7, 30, 20]}",
        "stages.survey_days",
        "least <= mode <= most",
        id="S41",
    ),
    at("p90: 60", "p90: 3", "permits.roads.days", "median", id="S41"),
    at("[7, 10, 20]", "[7, x, 20]", "stages.survey_days.triangular[1]", "'x'", id="S41"),
    at(
        "{triangular: [7, 10, 20]}",
        "{normal: [10, 8]}",
        "stages.survey_days",
        "below zero",
        "lognormal",
        id="S42",
    ),
    at("[7, 10, 20]", "[-7, 10, 20]", "stages.survey_days.triangular[0]", ">= 0", id="S42"),
    *(
        at("seed: 7", f"seed: {seed}", "seed", "whole number", "2^128-1", id="S43")
        for seed in ("-1", "1.5", "abc", str(2**200))
    ),
    Case(
        "S50",
        ten_errors,
        says=(
            "seed",
            "report_every",
            "gateways[0].growth_share_per_year",
            "access_share",
            "opening_usd",
            "phases[0].kinds",
            "hut_days",
            "desk:",
            "civil",
            "closes",
        ),
        line=line_of("seed"),
    ),
    Case(
        "S51",
        BASE.replace("openings:\n", "openings:\n" + "  - {area: closed, opens: soon}\n" * 500),
        says=("980 more",),
        line=line_of("openings:") + 1,
    ),
    # ---- I: other files -------------------------------------------------------------------------
    Case("I01", "extends: scenarios.yml\n", says=("scenarios.yml", "looked in", "scenario.yaml"), line=1),
    Case("I02", "extends: a.yaml\n", says=("a.yaml -> b.yaml -> a.yaml",), prepare=ring),
    Case("I03", "extends: 0.yaml\n", 5, ("limit",), prepare=chain),
    Case("I05", "extends: /etc/passwd\n", 5, ("absolute",), 1),
    Case("I05", "extends: 'C:\\x.yaml'\n", 5, ("absolute",), 1),
    at("country: made", "country: /etc", "absolute", exit=5, id="I05"),
    at("country: made", "country: data\\made", "backslash", "data/made", id="I06"),
    Case(
        "I07", edited("country: made", "country: data/made"), 5, ("resolves to", "outside"), 4, prepare=link
    ),
    at("country: made", "country: ../made", "resolves to", "outside", exit=5, id="I07"),
    at("country: made", "country: ~/made", "not expanded", id="I09"),
    at("country: made", "country: $HOME/made", "not expanded", id="I09"),
    *(
        at("country: made", f"country: {url}", "network", "Download", exit=5, id="I10")
        for url in ("http://example.org/x", "s3://bucket/x", "/vsicurl/http://x", "/vsizip/x.zip")
    ),
    at("country: made", """country: '{"type": "FeatureCollection"}'""", "name of a file", id="I11"),
    Case("I13", exit=2, says=("crews", "'many'"), words=("scenario.yaml", "--set", "crews=many")),
    Case("I13", exit=2, says=("'budget'",), words=("scenario.yaml", "--set", "budgte.usd_per_year=3")),
    Case("I13", exit=2, says=("node",), words=("scenario.yaml", "--set", "gateways[0].node=bb")),
    # ---- N: the network -------------------------------------------------------------------------
    Case(
        "N03",
        edited("  - {node: g, transit_gbps: 10 Gbit/s, growth_share_per_year: 0.25}", "  []"),
        says=("gateways", "at least one"),
        line=line_of("gateways:") + 1,
    ),
    at("civil: 2,", "civil: 0,", "warning", "no civil crew", exit=0, id="N09"),
    at("desks: 2", "desks: 0", "warning", "no desk", exit=0, id="N09"),
    at("10 Gbit/s", "0", "warning", "no capacity", exit=0, id="N10"),
    # ---- O: names that attack -------------------------------------------------------------------
    at("title: Two towns and a gateway", 'title: "Two \\e[2J towns"', "title", "U+001B", id="O05"),
    at("Two towns", "Two \u202etowns", "title", "U+202E", id="O05"),
    at("Two towns", "Two \u200btowns", "title", "U+200B", id="O05"),
    at("title: Two towns and a gateway", 'title: "Two\\ntowns"', "title", "line break", id="O06"),
    at("base: Yard", f"base: {'Y' * 100_000}", "crews.bases[0].base", "limit", exit=5, id="O09"),
    # ---- C: the command line --------------------------------------------------------------------
    Case("C06", exit=2, says=("--seed",), words=("run", "scenario.yaml", "--seed", "-1")),
    Case("C06", exit=2, says=("--seed",), words=("run", "scenario.yaml", "--seed", "many")),
    Case("C06", exit=2, says=("--seed",), words=("run", "scenario.yaml", "--seed", str(2**200))),
    Case("C03", exit=2, says=("--sead", "--seed"), words=("run", "scenario.yaml", "--sead", "3")),
    Case(
        "C11",
        exit=4,
        says=("locked", "ermission"),
        words=("run", "scenario.yaml", "--out", "locked/file/out"),
        prepare=put("locked", "a file where a folder should be"),
    ),
    Case("C13", exit=4, says=("made", "input"), words=("run", "scenario.yaml", "--out", "made/out")),
    Case(
        "C13",
        exit=4,
        says=("scenario.yaml", "input"),
        words=("run", "scenario.yaml", "--out", ".", "--force"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[f"{case.id}-{number}" for number, case in enumerate(CASES)])
def test_what_is_wrong_is_told(case, tmp_path, monkeypatch, capsys):
    text = case.text if isinstance(case.text, str) else None
    write_folder(tmp_path, text if text is not None else BASE)
    if text is None:
        (tmp_path / "scenario.yaml").write_bytes(case.text)
    if case.prepare:
        case.prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    words = case.words if case.words[:1] == ("run",) else ("check", *(case.words or ("scenario.yaml",)))
    code = main(words)
    said = capsys.readouterr().err
    assert code == case.exit, said
    assert [word for word in case.says if word not in said] == [], said
    assert "Traceback" not in said
    if case.line is not None and case.exit:
        assert f"scenario.yaml:{case.line}:" in said, said
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    if case.exit in (3, 5):
        first = said.splitlines()[0]
        assert re.search(r"(error|warning)\[[a-z0-9-]+\]", first), first


def test_every_id_of_the_catalogue_is_a_case_or_has_a_reason():
    known = {f"{area}{number}" for area, numbers in CATALOGUE.items() for number in numbers.split()}
    cased = {case.id for case in CASES} | set(OTHER_TESTS)
    assert known - cased - set(ELSEWHERE) == set()
    assert set(ELSEWHERE) & cased == set()


OTHER_TESTS = {
    "N01": "test_a_country_without_people_or_places",
    "N02": "test_a_country_without_people_or_places",
    "N05": "test_a_country_without_people_or_places",
    "N06": "test_a_country_without_people_or_places",
    "C01": "test_words_that_are_no_command",
    "C02": "test_words_that_are_no_command",
    "C09": "test_a_folder_that_holds_something_else_is_kept",
    "C18": "test_an_environment_that_is_hostile",
    "C19": "test_an_environment_that_is_hostile",
    "C23": "test_an_environment_that_is_hostile",
    "C25": "test_a_missing_package_is_named",
    "C27": "test_an_environment_that_is_hostile",
}


def test_problems_come_in_file_order_and_all_at_once(tmp_path, capsys):
    file = write_folder(tmp_path, ten_errors)
    assert main(["check", str(file), "--json"]) == 3
    problems = json.loads(capsys.readouterr().out)["problems"]
    lines = [int(problem["where"].split(":")[-2]) for problem in problems]
    assert lines == sorted(lines)
    assert len({problem["path"] for problem in problems}) >= 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "say what to do"),
        (["rum"], "Did you mean 'run'?"),
        (["check"], "SCENARIO"),
        (["--sead"], "--sead"),
    ],
)
def test_words_that_are_no_command(words, said, capsys):
    assert main(words) == 2
    out = capsys.readouterr()
    assert said in out.err
    assert "Usage: bbsim" in out.err
    assert out.out == ""


@pytest.mark.parametrize(
    ("nodes", "spans", "code", "said"),
    [
        ({}, {}, 3, "no cities"),
        ({"g": NODES["g"]}, {}, 0, "fine"),
        (
            {name: {**row, "population": 0, "households": 0} for name, row in NODES.items()},
            SPANS,
            0,
            "nobody lives",
        ),
    ],
    ids=["N01", "N06", "N05"],
)
def test_a_country_without_people_or_places(nodes, spans, code, said, tmp_path, capsys):
    text = edited("    regions: [North]\n", "")
    text = edited(
        "regions: [North, South]", "regions: [South, North]" if "b" in nodes else "regions: [South]", text
    )
    if "c" not in nodes:
        text = edited("openings:\n  - {area: closed, opens: 2016-01-01}\n", "", text)
    if nodes:
        file = write_folder(tmp_path, text, small_country(nodes, spans))
    else:
        file = write_folder(tmp_path, text)
        for layer in ("nodes", "spans"):
            (tmp_path / "made" / f"{layer}.geojson").write_text(
                '{"type": "FeatureCollection", "features": []}'
            )
    assert main(["check", str(file)]) == code
    out = capsys.readouterr()
    assert said in out.err + out.out


def test_a_folder_that_holds_something_else_is_kept(tmp_path, monkeypatch, capsys):
    write_folder(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("mine")
    monkeypatch.chdir(tmp_path)
    for force in ([], ["--force"]):
        assert main(["run", "scenario.yaml", "--out", "out", *force]) == 5
        told = capsys.readouterr().err
        assert "error[foreign-folder]" in told
        assert "--force" not in told
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_a_missing_package_is_named(tmp_path, monkeypatch, capsys):
    file = write_folder(tmp_path)
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    for name in [
        name for name in sys.modules if name in ("bbsim.yamlfile", "bbsim.reading", "bbsim.resources")
    ]:
        monkeypatch.delitem(sys.modules, name)
    assert main(["check", str(file)]) == 4
    assert "pip install" in capsys.readouterr().err


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "tr_TR.UTF-8", "PYTHONOPTIMIZE": "2"},
        {"TMPDIR": "/nowhere", "HOME": "", "TERM": "dumb", "NO_COLOR": "1", "COLUMNS": "1", "TZ": ":bad"},
    ],
    ids=["C18", "C19-C27", "C23"],
)
def test_an_environment_that_is_hostile(environment, tmp_path):
    text = edited("name: All cities", "name: Şəki \U0001f600", edited("seed: 7", "sead: 7"))
    file = write_folder(tmp_path, text)
    done = subprocess.run(
        [sys.executable, "-m", "bbsim", "check", str(file)],
        env={**os.environ, **environment},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert b"Did you mean 'seed'?" in done.stderr
    assert b"\x1b" not in done.stderr
