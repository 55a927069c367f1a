"""Everything that is wrong with a scenario at once: what fails does not hide the rest."""

from __future__ import annotations

import json

import pytest
from bbsim.cli import main
from made import edited, write_folder


@pytest.fixture
def told(tmp_path, monkeypatch, capsys):
    """Check a scenario's text; the slugs and paths of its errors in the order told."""
    write_folder(tmp_path)
    monkeypatch.chdir(tmp_path)

    def tell(text, *words):
        (tmp_path / "scenario.yaml").write_text(text, encoding="utf-8")
        assert main(["check", ".", "--json", *words]) in (2, 3)
        problems = json.loads(capsys.readouterr().out)["problems"]
        return [(each["slug"], each["path"], each["where"]) for each in problems]

    return tell


def test_a_number_out_of_range_hides_no_unknown_name(told):
    text = edited("seed: 7", "seed: 7\ncaches: [gg]").replace("nearest_first", "nearest_frst")
    text = text.replace("start: 2014", "start: 1814")
    found = told(text, "--set", "gateways[0].node=gg", "--set", "seed=x")
    slugs = [slug for slug, *_ in found]
    assert sorted(slugs) == ["number", "range", "unknown-cache", "unknown-model", "unknown-node"]
    in_file = [int(where.split(":")[1]) for _, _, where in found if not where.startswith("--set")]
    assert in_file == sorted(in_file)
    assert [where.startswith("--set") for *_, where in found] == [False, False, False, True, True]


def test_entries_after_one_that_was_dropped_keep_their_numbers(told):
    words = (
        "gateways=[5, {node: g, transit_gbps: 1}, {node: gg, transit_gbps: 1}, {node: g, transit_gbps: 1}]"
    )
    found = [(slug, path) for slug, path, _ in told(edited("seed: 7", "seed: 7"), "--set", words)]
    assert ("unknown-node", "gateways[2].node") in found
    assert ("doubled", "gateways[3].node") in found
    assert len(found) == 3


def test_a_missing_date_hides_no_unknown_span(told):
    words = ["--set", "budget={}", "--set", "end=null"]
    lease = "leases=[{span: g-c, begins: 2015-01-01, gbps: 1, usd_per_year: 1}]"
    found = [(slug, path) for slug, path, _ in told(edited("seed: 7", "seed: 7"), *words, "--set", lease)]
    assert sorted(found) == [
        ("missing-key", "budget.usd_per_year"),
        ("missing-key", "end"),
        ("unknown-span", "leases[0].span"),
    ]
