"""A scenario against its country: every rule fires where it must, and only there."""

from __future__ import annotations

from pathlib import Path

import pytest
from bbsim.checks import RULES, check
from bbsim.reading import load, look
from made import NODES, SPANS, small_country, write_folder

SHIPPED = sorted((Path(__file__).parents[2] / "scenarios").glob("*.yaml"))
SITES = "public_sites={classes: {c: {}}, sites: [{site: a, of: %s, place: %s, opens: 2013-01-01%s}]}"
CASES = {
    "unknown-node": ("gateways[0].node=bb", "gateways[0].node", "error"),
    "unknown-city": ("existing.households_passed={gg: 1}", "existing.households_passed.gg", "error"),
    "unknown-area": ("openings[0].area=closd", "openings[0].area", "error"),
    "homes-left-out": (
        "existing.households_passed={g: 10} && existing.households_connected={g: 11}",
        "existing.households_connected.g",
        "warning",
    ),
    "unknown-cache": ("caches=[bb]", "caches[0]", "error"),
    "unknown-flow": (
        "demand={use: measured, flows: [{source: abroat, target: g, gbps: 1}]}",
        "demand.flows[0].source",
        "error",
    ),
    "unknown-span": (
        "leases=[{span: g-c, begins: 2015-01-01, gbps: 1, usd_per_year: 1}]", "leases[0].span", "error",
    ),
    "unknown-site-name": (SITES % ("c", "bb", ""), "public_sites.sites[0].place", "error"),
    "site-twice": (
        SITES % ("c", "g", "}, {site: a, of: c, place: b, opens: 2020-01-01"),
        "public_sites.sites[1].site",
        "error",
    ),
    "site-unlit": (SITES % ("c", "b", ", connected: true"), "public_sites.sites[0].connected", "warning"),
    "unknown-region": ("phases[1].regions=[Nort]", "phases[1].regions[0]", "error"),
    "copper-twice": (
        "access.last_mile={copper: {lines_per_100_people: {city: 9}}} && adoption={use: bass, copper: {}}",
        "adoption.copper",
        "error",
    ),
    "unknown-technology": ("access.technology=gpom", "access.technology", "error"),
    "unknown-field": ('sources={"stages.hut_dais": x}', 'sources["stages.hut_dais"]', "error"),
    "doubled": (
        "gateways=[{node: g, transit_gbps: 1}, {node: g, transit_gbps: 2}]", "gateways[1].node", "error",
    ),
    "region-twice": ("crews.bases[0].regions=[North, South, North]", "crews.bases[0].regions[2]", "error"),
    "region-without-crews": ("crews.bases[0].regions=[South]", "crews.bases", "error"),
    "no-crews": ("crews.bases[0].splice=0", "crews.bases[0].splice", "warning"),
    "no-pace": ("crews.pace.civil_km_per_day={plain: 1}", "crews.pace.civil_km_per_day.mountain", "error"),
    "no-authority": ("permits={}", "permits", "warning"),
    "no-desks": ("permits.roads.desks=0", "permits.roads.desks", "warning"),
    "season": ("seasons[0].opens=11-15", "seasons[0].opens", "warning"),
    "kind-of-place": ("phases[0].kinds=[city, access_area]", "phases[0].kinds[1]", "warning"),
    "no-capacity": ("equipment.spur_gbps=0", "equipment.spur_gbps", "warning"),
    "unknown-fund": (
        "programmes=[{name: p, begins: 2014-01-01, funds: [oil]}]", "programmes[0].funds[0]", "error",
    ),
    "unknown-instrument": (
        "programmes=[{name: p, begins: 2014-01-01, instruments: [phases.citys]}]",
        "programmes[0].instruments[0]",
        "error",
    ),
    "no-income": (
        "funds=[{name: own, pays_for: [access], reinvests: {share: 0.1}}]", "funds[0].reinvests", "error",
    ),
    "rates-apart": (
        "hazards={fall: {use: devaluation, on: 2015-02-21, per_usd_before: 0.785, per_usd: 1.05}, "
        "again: {use: devaluation, on: 2015-12-21, per_usd_before: 1.2, per_usd: 1.55}}",
        "hazards.again.per_usd_before",
        "error",
    ),
    "no-money": ("budget.last_grant=2013-01-01", "budget.last_grant", "error"),
    "outside-horizon": ("targets[0].by=2030-01-01", "targets[0].by", "warning"),
    "unknown-key": ("cost.plain_usd=3", "cost.plain_usd", "error"),
    "unknown-model": ("demand.use=busy", "demand.use", "error"),
}  # fmt: skip


@pytest.fixture(scope="module")
def country():
    return small_country()


@pytest.fixture
def base(tmp_path):
    return write_folder(tmp_path)


def test_a_scenario_that_fits_has_no_problem(base, country):
    assert check(load(base), country) == []


@pytest.mark.parametrize("slug", sorted(CASES))
def test_each_rule_names_its_field(slug, base, country):
    words, path, severity = CASES[slug]
    found = check(load(base, overrides=words.split(" && ")), country)
    assert (slug, path, severity) in [(problem.slug, problem.path, problem.severity) for problem in found]


def test_a_misspelt_region_of_a_base_is_told_once(base, country):
    (problem,) = check(load(base, overrides=["crews.bases[0].regions=[Nort, South]"]), country)
    assert (problem.slug, problem.path) == ("unknown-region", "crews.bases[0].regions[0]")


def test_a_fall_from_another_rate_than_the_ledgers_is_told_where_it_is_written(base, country):
    """With no fall before it, the rate in force is that of `currency`; round figures are the same rate."""
    told = base.read_text(encoding="utf-8") + (
        "currency: {code: AZN, per_usd: 0.785}\n"
        "hazards:\n  fall:\n    use: devaluation\n    on: 2015-02-21\n"
        "    per_usd_before: RATE\n    per_usd: 1.05\n"
    )
    line = told[: told.index("RATE")].count("\n") + 1
    for rate, apart in (("0.9", True), ("0.70", True), ("0.78", False)):
        base.write_text(told.replace("RATE", rate), encoding="utf-8")
        reading = look(base).reading
        found = reading.placed(check(reading.scenario, country))
        assert [each.slug for each in found] == ["rates-apart"] * apart
        assert [each.path for each in found] == ["hazards.fall.per_usd_before"] * apart
        assert all("currency.per_usd has it at 0.785" in each.message for each in found)
        assert [each.where for each in found] == [f"{base}:{line}:21"] * apart
    base.write_text(told.replace("RATE", "0.9").replace("on:", "off: true\n    on:"), encoding="utf-8")
    assert check(load(base), country) == []


def test_businesses_that_pay_where_there_are_none_are_warned_of(base, country):
    paid = "finance={usd_per_home_per_month: 10, usd_per_business_per_month: 40}"
    (problem,) = check(load(base, overrides=[paid]), country)
    assert (problem.slug, problem.path, problem.severity) == (
        "no-income", "finance.usd_per_business_per_month", "warning",
    )  # fmt: skip
    mile = "access.last_mile={businesses_per_1000_people: 10}"
    assert check(load(base, overrides=[paid, mile]), country) == []


def test_every_rule_has_a_case():
    assert set(RULES) - set(CASES) == {"no-people", "beyond-figures"}


def test_an_area_that_opens_after_the_end_is_warned_of(base, country):
    (problem,) = check(load(base, overrides=["openings[0].opens=2051-01-01"]), country)
    assert (problem.slug, problem.path, problem.severity) == (
        "outside-horizon", "openings[0].opens", "warning",
    )  # fmt: skip


def test_an_end_beyond_the_figures_of_population_is_warned_of(flagship_scenario, azerbaijan):
    last = max(azerbaijan.national)
    until = flagship_scenario.with_(end=f"{last + 1}-01-01")
    assert not [each for each in check(until, azerbaijan) if each.path == "end"]
    beyond = flagship_scenario.with_(end=f"{last + 1}-01-02")
    assert [each.slug for each in check(beyond, azerbaijan) if each.path == "end"] == ["beyond-figures"]


def test_a_country_without_people_is_warned_of(base):
    nodes = {name: {**row, "population": 0} for name, row in NODES.items()}
    (problem,) = check(load(base), small_country(nodes, SPANS))
    assert (problem.slug, problem.severity) == ("no-people", "warning")


def test_what_stands_needs_no_pace_and_no_permit(base):
    spans = {name: (*row[:3], {**row[3], "status": "operational"}) for name, row in SPANS.items()}
    scenario = load(base, overrides=["permits={}", "crews.pace.civil_km_per_day={hills: 1}"])
    assert check(scenario, small_country(NODES, spans)) == []


def test_a_source_may_stand_for_a_section_or_a_parameter(base, country):
    words = (
        'sources={crews: x, "gateways[0]": x, demand.kbps_per_home: x, cost.plain_usd_per_km: x, budget: x}'
    )
    scenario = load(base, overrides=[words])
    assert check(scenario, country) == []
    paths = [problem.path for problem in check(scenario, country, strict=True)]
    assert "permits.roads.days" in paths
    assert not any(path.startswith(("crews", "gateways", "cost", "budget")) for path in paths)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda path: path.stem)
def test_each_shipped_scenario_fits_its_country(file, azerbaijan):
    assert check(load(file), azerbaijan) == []


def test_homes_that_a_city_does_not_have_are_told(flagship_scenario, azerbaijan):
    """Its parts are counted with it; silence would leave the rest out unseen."""
    part_of = azerbaijan.nodes["part_of"]
    baku = [name == "baku" or part == "baku" for name, part in zip(azerbaijan.ids, part_of, strict=True)]
    there = int(azerbaijan.households[baku].sum())
    for homes in (there, there + 1):
        asked = flagship_scenario.with_(existing={"households_passed": {"baku": homes}})
        told = [(each.slug, each.path, each.message) for each in check(asked, azerbaijan)]
        assert told == [
            (
                "homes-left-out", "existing.households_passed.baku",
                f"saw {homes}, but {there} homes are there: the rest is left out",
            )
        ][: homes - there]  # fmt: skip


def test_homes_of_a_city_that_is_not_there_are_told_once(base, country):
    (problem,) = check(load(base, overrides=["existing.households_connected={gg: 1}"]), country)
    assert problem.slug == "unknown-city"
