"""Any country by the rules: nobody counted twice, nobody left out, the sea crossed by links that say so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bbsim.country import Country
from bbsim.geodata.audit import audit
from bbsim.geodata.nation.builder import build
from bbsim.geodata.nation.options import Options
from bbsim.geodata.sources import Settlement


@pytest.fixture
def made(madeland):
    assert madeland
    return build("MDL")


@pytest.fixture
def country(made, tmp_path):
    made.pack.write(tmp_path)
    return Country.read(tmp_path)


def by_id(rows):
    return {row["id"]: row for row in rows}


def spans_with(rows, **wanted):
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def test_everybody_of_the_nation_is_somewhere_once(made):
    assert sum(row["population"] for row in made.pack.nodes) == 400_000


def test_a_part_of_a_city_is_counted_inside_it_and_a_part_of_a_part_not_at_all(made):
    nodes = by_id(made.pack.nodes)
    assert nodes["old-town"]["part_of"] == "capital-city"
    assert nodes["old-town"]["kind"] == "access_area"
    assert nodes["capital-city"]["population"] + nodes["old-town"]["population"] == 200_000
    assert "old-town-market" not in nodes
    assert any("2 listed places with 130,000 people lie in bigger ones" in line for line in made.told)


def test_listed_figures_above_the_nations_are_scaled_and_told(madeland):
    madeland[0] = replace(madeland[0], population=900_000)
    made = build("MDL")
    assert sum(row["population"] for row in made.pack.nodes) == 400_000
    assert any("are scaled by" in line for line in made.told)


def test_people_in_no_list_are_in_places_of_at_most_ten_thousand_marked_as_such(made):
    rural = spans_with(made.pack.nodes, kind="rural_synthetic")
    listed = 200_000 + 60_000 + 20_000 + 5_000 + 30_000 + 600 + 1_200
    assert sum(row["population"] for row in rural) == 400_000 - listed
    assert max(row["population"] for row in rural) <= 10_000
    assert all(row["note"] for row in rural)


def test_a_village_without_a_figure_holds_a_part_of_the_rest_where_it_is(made):
    village = by_id(made.pack.nodes)["no-figure"]
    assert village["kind"] == "rural_synthetic"
    assert 0 < village["population"] <= 10_000
    assert village["geometry"] == (10.6, 50.3)


def test_the_island_hangs_on_a_submarine_link_and_on_nothing_else(made):
    at_sea = [row for row in made.pack.spans if "isla" in (row["start"], row["end"])]
    assert [row["medium"] for row in at_sea] == ["submarine"]
    assert at_sea[0]["terrain"] == "submarine"
    assert at_sea[0]["note"].startswith("assumed submarine link")


def test_the_rig_is_told_as_offshore_and_has_a_submarine_link(made):
    assert any("off the drawn land" in line and "The Rig" in line for line in made.told)
    links = [row for row in made.pack.spans if "the-rig" in (row["start"], row["end"])]
    assert [row["medium"] for row in links] == ["submarine"]
    assert links[0]["length_km"] > 40


def test_the_exclave_hangs_on_a_leased_link_that_nobody_builds(made):
    leased = spans_with(made.pack.spans, medium="leased")
    assert len(leased) == 1
    assert (leased[0]["domestic"], leased[0]["follows"]) == (False, "foreign")
    assert leased[0]["status"] == "proposed"


def test_the_road_abroad_is_cut_at_a_border_crossing_and_leaves_no_dead_end(made, country):
    nodes = by_id(made.pack.nodes)
    assert nodes["border-nb"]["kind"] == "border"
    assert 12.0 <= nodes["border-nb"]["geometry"][0] < 12.1
    assert not [finding for finding in audit(country) if finding.check == "dangling"]


def test_land_below_the_sea_stays_land(made):
    sunken = by_id(made.pack.nodes)["sunken"]
    assert sunken["elevation_m"] < 0
    ways = [row for row in made.pack.spans if "sunken" in (row["start"], row["end"])]
    assert "plain" in {row["terrain"] for row in ways}


def test_a_figure_far_from_the_factbooks_is_doubted(made):
    assert any("Capital City" in line and "900,000" in line for line in made.doubts)


def test_the_capital_and_the_border_are_gateways_and_the_trunks_between_cities_stand(made):
    nodes = by_id(made.pack.nodes)
    assert nodes["capital-city"]["gateway"]
    assert nodes["border-nb"]["gateway"]
    assert nodes["westport"]["status"] == "operational"
    lit = spans_with(made.pack.spans, status="operational")
    assert lit
    assert {row["status_basis"] for row in lit} == {"assumed"}


def test_the_pack_reads_back_in_one_piece_and_no_check_calls_it_wrong(country):
    findings = audit(country)
    assert not [finding for finding in findings if finding.severity == "error"]
    assert not [
        finding for finding in findings if finding.check in ("components", "total", "digest", "gateway")
    ]


def test_two_builds_are_equal_to_the_byte(madeland, tmp_path):
    build("MDL").pack.write(tmp_path / "a")
    madeland.reverse()  # the order of a list is no part of it
    madeland.sort(key=lambda s: s.geonameid)
    build("MDL").pack.write(tmp_path / "b")
    for file in sorted((tmp_path / "a").iterdir()):
        assert file.read_bytes() == (tmp_path / "b" / file.name).read_bytes(), file.name


def test_fewer_places_may_be_asked_for_and_nobody_is_lost(madeland):
    assert madeland
    made = build("MDL", Options(most_places=10, persons_per_household=4.0))
    rows = [row for row in made.pack.nodes if row["population"]]
    assert sum(row["population"] for row in rows) == 400_000
    assert len(rows) <= 16
    capital = by_id(made.pack.nodes)["capital-city"]
    assert capital["households"] == round(capital["population"] / 4.0)


def test_a_country_of_one_place_without_a_road_is_built_too(madeland):
    madeland[:] = [Settlement(1, "Isla", 9.2, 50.5, 0, "")]
    made = build("MDL")
    assert sum(row["population"] for row in made.pack.nodes) == 400_000
    assert by_id(made.pack.nodes)["isla"]["gateway"]


def test_the_layers_state_their_licence_and_the_roads_are_in_their_own_file(made):
    licences = {layer.file: layer.licence for layer in made.pack.layers}
    assert licences["spans.geojson"] == "ODbL-1.0"
    assert licences["nodes.geojson"] == "CC-BY-4.0"
