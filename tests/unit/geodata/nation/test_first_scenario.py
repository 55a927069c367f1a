"""A first scenario, written by rules from a pack: valid, commented, and it runs without an edit."""

from __future__ import annotations

import pytest
from bbsim import starter
from bbsim.api import load, simulate
from bbsim.cli import main
from bbsim.country import Country
from bbsim.outset import Outset


@pytest.fixture
def folder(madeland, tmp_path, monkeypatch):
    assert madeland
    monkeypatch.chdir(tmp_path)
    assert main(["new", "here", "--country", "MDL", "--quiet"]) == 0
    return tmp_path / "here"


def test_it_is_fine_without_an_edit_and_without_a_warning(folder, capsys):
    assert main(["check", str(folder)]) == 0
    assert "warning" not in capsys.readouterr().out


def test_it_suggests_the_next_three_edits_and_states_each_rule(folder):
    text = (folder / "scenario.yaml").read_text(encoding="utf-8")
    assert all(f"#   {k}. " in text for k in (1, 2, 3))
    assert "0.28 + 0.72 x (GDP per head / 13,000 USD) ^ 0.5 = 1.17" in text


def test_prices_money_and_ceiling_follow_from_the_indicators(folder):
    scenario = load(folder)
    assert scenario.cost.parameters["plain_usd_per_km"] == 19_000  # 15,850 x 1.17, two digits
    assert scenario.budget.usd_per_year == pytest.approx(6.4e6)  # 0.08 % of 8 billion
    assert scenario.adoption.parameters["ceiling_share"] == 0.8


def test_each_leased_span_has_a_lease_and_each_gateway_its_transit(folder):
    scenario = load(folder)
    country = Country.read(folder / "geodata" / "MDL")
    leased = [
        s for s, medium in zip(country.span_ids, country.spans["medium"], strict=True) if medium == "leased"
    ]
    assert [lease.span for lease in scenario.leases] == leased
    assert {g.node for g in scenario.gateways} == {
        node for node, on in zip(country.ids, country.nodes["gateway"], strict=True) if on
    }


def test_it_runs_and_brings_fibre_to_villages(folder):
    scenario = load(folder).with_(end="2028-01-01")
    run = simulate(scenario)
    first, last = (run.tables["periods"]["population_on_fibre_share_at_end"][k] for k in (0, -1))
    assert last > first


def test_the_folder_holds_the_pack_with_its_report_and_its_map(folder):
    pack = folder / "geodata" / "MDL"
    report = (pack / "README.md").read_text(encoding="utf-8")
    assert "## Corrected or added" in report
    assert "ODbL-1.0" in report
    assert (pack / "map.png").read_bytes().startswith(b"\x89PNG")


def test_a_pack_that_lies_beside_the_folder_is_taken_and_not_built_again(folder, monkeypatch):
    assert main(["geodata", "build", "MDL", "--quiet"]) == 0
    monkeypatch.setattr(starter, "_built", None)
    assert main(["new", "there", "--country", "MDL", "--quiet"]) == 0
    assert (folder.parent / "there" / "geodata" / "MDL" / "country.toml").is_file()


def test_from_the_first_day_the_light_carries_what_homes_in_city_centres_ask_for(folder):
    scenario = load(folder).with_(end="2026-07-01")
    nodes = simulate(scenario).tables["nodes"]
    asked = {
        name: (demand, delivered)
        for name, demand, delivered in zip(
            nodes["node"], nodes["demand_gbps"], nodes["delivered_gbps"], strict=True
        )
        if name in ("capital-city", "westport")
    }
    assert scenario.upgrades.transit
    assert len(asked) == 2
    assert all(demand > 0 and delivered == pytest.approx(demand) for demand, delivered in asked.values())


def test_light_follows_the_fullest_city_in_whole_wavelengths(folder):
    outset = Outset(
        Country.read(folder / "geodata" / "MDL"), {"fixed_lines": 10**9, "internet_users_share": 0.9}
    )
    corridor, city = outset.light_gbps()
    asked = max(connected for _, connected in outset.homes().values()) * outset.kbps_at_start / 1e6
    assert (corridor % 400, city % 400) == (0, 0)
    assert 1.5 * asked <= city < 1.5 * asked + 400
