"""One valid scenario, broken in every place in some thirty ways: each is fine, or told at its place.

The mutators are those of fault-injection catalogues (delete, null, wrong type, absurd number, typo in a
key, doubled entry, …). A scenario is written out one value a line, so that the right line is known.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from dataclasses import dataclass
from datetime import date

import pytest
from bbsim.checks import check
from bbsim.errors import BbsimError
from bbsim.explain import path_text
from bbsim.reading import look, read, steps
from bbsim.uncertain import SPREADS
from bbsim.yamlfile import read_text
from made import BASE, small_country, write_folder

VALUES = {
    "M2": "null", "M3": '""', "M4": '" "', "M5": '"text"', "M6": "-1", "M7": "0", "M8": ".nan", "M9": ".inf",
    "M10": "1e308", "M11": "5e-324", "M12": "true", "M13": "[x]", "M14": "{x: x}",
    "M15": f'"{"long " * 2500}"', "M16": '"\u0259 \U0001f600 \\u202e \\e[2J"',
}  # fmt: skip


@dataclass(frozen=True)
class Raw:
    """A scalar as it stands in the file."""

    text: str


@dataclass(frozen=True)
class Mutant:
    """A broken tree, and where it is broken."""

    name: str
    tree: object
    loc: tuple
    lines_at: tuple
    """Places of the tree whose line is a right one to name."""


def as_tree(value):
    """Plain data as pairs and lists, so that keys can be doubled and shuffled."""
    if isinstance(value, dict):
        return {"pairs": [(key, as_tree(child)) for key, child in value.items()]}
    if isinstance(value, list):
        return [as_tree(child) for child in value]
    if isinstance(value, date):
        return Raw(value.isoformat())
    return Raw(json.dumps(value, ensure_ascii=False))


def written(tree):
    """The tree as YAML, one value a line, and the line of every place."""
    lines, places = [], {}

    def emit(node, loc, indent):
        pairs = isinstance(node, dict)
        children = node["pairs"] if pairs else [(number, child) for number, child in enumerate(node)]
        for key, child in children:
            here = (*loc, key)
            places.setdefault(here, []).append(len(lines) + 1)
            head = f"{indent}{json.dumps(key) if pairs else '-'}{':' if pairs else ''}"
            if isinstance(child, Raw):
                lines.append(f"{head} {child.text}")
            elif not (child["pairs"] if isinstance(child, dict) else child):
                lines.append(f"{head} {'{}' if isinstance(child, dict) else '[]'}")
            else:
                lines.append(head)
                places[here].append(len(lines) + 1)
                emit(child, here, indent + "  ")

    emit(tree, (), "")
    places[()] = [1]
    return "\n".join(lines) + "\n", places


def places_of(tree, loc=()):
    """Every place of a tree and what stands there."""
    if isinstance(tree, Raw):
        return
    for key, child in tree["pairs"] if isinstance(tree, dict) else list(enumerate(tree)):
        yield (*loc, key), child
        yield from places_of(child, (*loc, key))


def changed(tree, loc, change):
    """The tree with what holds the last part of `loc` changed: ``change(children, position)``."""
    pairs = isinstance(tree, dict)
    children = list(tree["pairs"] if pairs else tree)
    at = next(i for i, child in enumerate(children) if (child[0] if pairs else i) == loc[0])
    if len(loc) == 1:
        children = change(children, at)
    else:
        inner = changed(children[at][1] if pairs else children[at], loc[1:], change)
        children[at] = (loc[0], inner) if pairs else inner
    return {"pairs": children} if pairs else children


def with_value(tree, loc, value):
    def change(children, at):
        new = (children[at][0], value) if isinstance(children[at], tuple) else value
        return [*children[:at], new, *children[at + 1 :]]

    return changed(tree, loc, change)


def leaf_mutants(tree, loc, leaf):
    for name, text in VALUES.items():
        yield Mutant(name, with_value(tree, loc, Raw(text)), loc, (loc,))
    # A list is what an entry is missing from; nothing more exact can be named.
    gone = loc if isinstance(loc[-1], str) else loc[:-1]
    above = tuple(loc[:size] for size in range(len(loc)))
    yield Mutant("M1", changed(tree, loc, lambda c, i: c[:i] + c[i + 1 :]), gone, above)
    text = leaf.text
    if text.startswith('"'):
        yield Mutant("M17", with_value(tree, loc, Raw(f'" {text[1:-1]} "')), loc, (loc,))
    else:
        yield Mutant("M18", with_value(tree, loc, Raw(f'"{text}"')), loc, (loc,))


def key_mutants(tree, loc):
    key = loc[-1]
    typos = {key[1:], key[:-1] + key[-1] * 2, key[:1] + key[2:] if len(key) > 2 else key * 2}
    for typo in sorted(typos - {key, ""}):
        new = (*loc[:-1], typo)
        tree_ = changed(tree, loc, lambda c, i, typo=typo: [*c[:i], (typo, c[i][1]), *c[i + 1 :]])
        yield Mutant("M19", tree_, new, (new,))
    upper = (*loc[:-1], key.capitalize())
    yield Mutant(
        "M20", changed(tree, loc, lambda c, i: [*c[:i], (upper[-1], c[i][1]), *c[i + 1 :]]), upper, (upper,)
    )
    yield Mutant("M21", changed(tree, loc, lambda c, i: [*c, c[i]]), loc, (loc,))
    stranger = (*loc[:-1], "zzz")
    yield Mutant("M23", changed(tree, loc, lambda c, _: [*c, ("zzz", Raw("1"))]), stranger, (stranger,))
    if len(loc) > 1 and isinstance(loc[-2], str):
        up = (*loc[:-2], key)
        moved = changed(tree, loc, lambda c, i: c[:i] + c[i + 1 :])
        value = dict(places_of(tree))[loc]
        moved = changed(moved, loc[:-1], lambda c, _: [*c, (key, value)])
        yield Mutant("M22", moved, up, (up, loc[:-1]))


def list_mutants(tree, loc, items):
    yield Mutant("M24", with_value(tree, loc, []), loc, (loc, loc[:-1]))
    if items:
        last = (*loc, len(items))
        yield Mutant(
            "M25", with_value(tree, loc, [*items, items[-1]]), last, (last, (*last, "name"), (*last, "base"))
        )
        yield Mutant("M26", with_value(tree, loc, [*items, Raw("null")]), last, (last,))
        yield Mutant("M27", with_value(tree, loc, items[::-1]), loc, (loc,))


def mutants_of(tree):
    """Every mutant of a scenario, in a fixed order."""
    for loc, node in places_of(tree):
        if isinstance(node, Raw):
            yield from leaf_mutants(tree, loc, node)
        if isinstance(loc[-1], str):
            yield from key_mutants(tree, loc)
        if isinstance(node, list):
            yield from list_mutants(tree, loc, node)


def problems_of(file, country):
    try:
        reading = read(file)
    except BbsimError as error:
        return error.problems
    return [
        problem for problem in reading.placed(check(reading.scenario, country)) if problem.severity == "error"
    ]


def field_of(loc):
    """The schema's own field: a spread is one value."""
    at = next((i for i, part in enumerate(loc) if part in SPREADS), len(loc))
    return loc[:at]


def points_at(problem, mutant):
    """A valid change of a name that leaves a source behind: told at the source, which names the place."""
    key = steps(problem.path)[1]
    return key.startswith((path_text(mutant.loc), path_text(mutant.loc[:-1]) or "/"))


def judge(mutant, file, country):
    """'fine', or how exactly the problem is told: field, line, both, around, or missed."""
    text, places = written(mutant.tree)
    file.write_text(text, encoding="utf-8")
    problems = problems_of(file, country)
    if not problems:
        return "fine"
    mine = path_text(mutant.loc)
    exact = {mine, path_text(field_of(mutant.loc))}
    around = {path_text(mutant.loc[:size]) for size in range(1, len(mutant.loc))}
    inside = [loc for loc in places if loc[: len(mutant.loc)] == mutant.loc]
    right = {line for loc in (*mutant.lines_at, *inside) for line in places.get(loc, [])}
    told = [
        (problem.path, int(problem.where.split(":")[-2]))
        for problem in problems
        if problem.where.count(":") > 1
    ]
    # More exact than asked is exact; a region that no base serves could be added to any of them.
    told = [(mine if path.startswith((f"{mine}.", f"{mine}[")) else path, line) for path, line in told]
    exact |= (
        {"crews.bases"} if mutant.loc[:2] == ("crews", "bases") and mutant.loc[-1] == "regions" else set()
    )
    if any(problem.slug == "unknown-field" and points_at(problem, mutant) for problem in problems):
        return "both"
    if any(path in exact and line in right for path, line in told):
        return "both"
    if any(path in exact for path, _ in told):
        return "field"
    if any(line in right for _, line in told):
        return "line"
    return "around" if any(path in around for path, _ in told) else "missed"


def scored(mutants, file, country, capsys, title):
    tally, worst = Counter(), []
    for mutant in mutants:
        verdict = judge(mutant, file, country)
        tally[verdict] += 1
        if verdict not in ("fine", "both"):
            worst.append((mutant.name, path_text(mutant.loc), verdict))
    refused = sum(tally.values()) - tally["fine"]
    field, line = tally["both"] + tally["field"], tally["both"] + tally["line"]
    with capsys.disabled():
        print(
            f"\n{title}: {sum(tally.values())} mutants, {tally['fine']} fine, {refused} refused: "
            f"exact field {field / refused:.1%}, right line {line / refused:.1%}"
        )
    return worst


def test_every_mutant_of_the_small_scenario_is_told_at_its_place(tmp_path, capsys):
    file, country = write_folder(tmp_path), small_country()
    tree = as_tree(read_text(BASE, "base").root.plain())
    file.write_text(written(tree)[0], encoding="utf-8")
    assert problems_of(file, country) == []
    mutants = list(mutants_of(tree))
    worst = scored(mutants, file, country, capsys, "small scenario")
    assert not worst, "\n".join(map(str, worst))


def test_what_failed_has_no_consequences_among_the_rest(tmp_path):
    file, country = write_folder(tmp_path), small_country()
    followed, looked_at = [], 0
    for mutant in mutants_of(as_tree(read_text(BASE, "base").root.plain())):
        file.write_text(written(mutant.tree)[0], encoding="utf-8")
        try:
            seen = look(file)
        except BbsimError:
            continue
        if seen.problems:
            assert seen.reading is not None, (mutant.name, mutant.loc)
            looked_at += 1
            more = seen.rest.findings(check(seen.reading.scenario, country))
            followed += [(mutant.name, path_text(mutant.loc), str(problem)) for problem in more]
    # What moved to another section (M22) is missed in its own: nobody can know that it is the same.
    followed = [told for told in followed if told[0] != "M22"]
    assert looked_at > 1000
    assert not followed, "\n".join(map(str, followed))


@pytest.mark.parametrize(
    "share", [pytest.param(0.04, id="some"), pytest.param(1.0, id="all", marks=pytest.mark.slow)]
)
def test_every_mutant_of_the_flagship_is_told_at_its_place(
    share, tmp_path, azerbaijan, flagship_scenario, capsys
):
    tree = as_tree(read_text(flagship_scenario.origin.read_text(encoding="utf-8"), "flagship").root.plain())
    mutants = list(mutants_of(tree))
    some = random.Random(1).sample(mutants, math.ceil(share * len(mutants)))
    worst = scored(some, tmp_path / "scenario.yaml", azerbaijan, capsys, "flagship scenario")
    assert not worst, "\n".join(map(str, worst))


@pytest.mark.parametrize("name", ["openings", "phases", "targets"])
def test_ten_thousand_entries_are_told_or_run(name, tmp_path):
    tree = as_tree(read_text(BASE, "base").root.plain())
    items = dict(places_of(tree))[(name,)]
    file = write_folder(tmp_path, written(with_value(tree, (name,), items[:1] * 10_000))[0])
    problems = problems_of(file, small_country())
    assert len(problems) >= 9_999
    assert all(problem.path.startswith(name) for problem in problems)


def test_a_file_cut_or_flipped_anywhere_never_breaks_the_reader(tmp_path):
    file, country, raw = write_folder(tmp_path), small_country(), BASE.encode()
    picks = random.Random(2)
    broken = [raw[: picks.randrange(len(raw))] for _ in range(150)]
    for _ in range(150):
        flipped = bytearray(raw)
        flipped[picks.randrange(len(raw))] ^= 1 << picks.randrange(8)
        broken.append(bytes(flipped))
    for content in broken:
        file.write_bytes(content)
        for problem in problems_of(file, country):
            assert problem.message
            assert "scenario.yaml" in problem.where or "extends" in problem.path
