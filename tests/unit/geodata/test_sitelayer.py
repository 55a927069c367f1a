"""A planner's list of public sites in a pack, and what a scenario makes of them."""

from __future__ import annotations

from datetime import date

import geopandas
import pytest
from bbsim.cli import main
from bbsim.country import Country
from bbsim.errors import InputError
from bbsim.events import SiteConnected, Spent
from bbsim.geodata.audit import audit
from bbsim.geodata.layers import merge
from bbsim.reading import load
from bbsim.resources import installed
from bbsim.runfolder import save
from bbsim.simulate import simulate
from bbsim.sites.roster import roster
from shapely import Point

AZE = installed("packs") / "AZE"
SCHOOLS = (
    "NR,SCHOOL,place,opens,count,connected,lon,lat\n"
    "1,Sheki No 1,,,1,yes,47.17,41.19\n"
    "2,Two of Ganja,ganja,2016-09-01,2,no,,\n"
    "3,Far school,,,1,,49.2,38.2\n"
)


@pytest.fixture
def pack(tmp_path):
    file = tmp_path / "schools.csv"
    file.write_text(SCHOOLS, encoding="utf-8")
    out = tmp_path / "pack"
    told = merge(AZE, out, file, "sites", {"id": "NR", "name": "SCHOOL"}, of="School")
    return out, told, file


def test_sites_stand_in_the_place_that_they_name_or_are_nearest_to(pack):
    out, told, _ = pack
    country = Country.read(out)
    assert country.sites["id"] == ["school-1", "school-2", "school-3"]
    assert country.sites["place"][:2] == ["shaki", "ganja"]
    assert country.sites["of"] == ["school"] * 3
    assert (country.sites["count"], country.sites["opens"]) == ([1, 2, 1], ["", "2016-09-01", ""])
    assert country.sites["connected"] == [True, False, False]
    assert told[0] == "3 sites are new, 0 are replaced; of the class school."
    assert told[1].startswith("1 lie far from any place of the pack: school-3 (")
    found = {finding.check: finding for finding in audit(country)}
    assert found["site-far"].items == ("school-3",)
    assert "digest" not in found
    assert country.digest != Country.read(AZE).digest
    assert "sites.geojson" in [layer.file for layer in country.layers]


def test_the_same_list_again_replaces_and_another_class_of_the_same_numbers_is_added(pack, tmp_path):
    out, _, file = pack
    first = (out / "sites.geojson").read_bytes()
    told = merge(out, out, file, "sites", {"id": "NR", "name": "SCHOOL"}, of="school")
    assert told[0].startswith("0 sites are new, 3 are replaced")
    assert (out / "sites.geojson").read_bytes() == first
    assert (out / "country.toml").read_text(encoding="utf-8").count("sites.geojson") == 1
    clinics = tmp_path / "clinics.gpkg"
    rows = {"id": [1, 2], "of": ["clinic", "clinic"], "opens": [date(2015, 1, 1), None]}
    points = [Point(46.4, 40.7), Point(49.9, 40.4)]
    geopandas.GeoDataFrame(rows, geometry=points, crs=4326).to_crs(32639).to_file(clinics)
    merge(out, out, clinics, "sites")
    country = Country.read(out)
    assert country.sites["id"] == ["clinic-1", "clinic-2", "school-1", "school-2", "school-3"]
    assert country.sites["opens"][:2] == ["2015-01-01", ""]


def test_an_empty_list_brings_nothing_and_says_so(tmp_path):
    file = tmp_path / "none.csv"
    file.write_text("id,of,place\n", encoding="utf-8")
    told = merge(AZE, tmp_path / "pack", file, "sites")
    assert told == ["0 sites are new, 0 are replaced."]
    assert not (tmp_path / "pack" / "sites.geojson").exists()


def test_namesakes_without_ids_are_told_apart_and_keep_their_ids(tmp_path):
    file, out = tmp_path / "posts.csv", tmp_path / "pack"
    file.write_text("name,place\nPost,ganja\nPost,shaki\n,baku\n", encoding="utf-8")
    merge(AZE, out, file, "sites", of="post")
    merge(out, out, file, "sites", of="post")
    country = Country.read(out)
    assert country.sites["id"] == ["post-baku", "post-post", "post-post-2"]
    assert country.sites["place"] == ["baku", "ganja", "shaki"]


def test_all_that_is_wrong_is_told_at_once_and_nothing_is_written(tmp_path, capsys):
    file, out = tmp_path / "bad.csv", tmp_path / "pack"
    file.write_text(
        "id,of,place,opens,count,connected,lon,lat\n"
        "a,,ganja,,,,,\n"
        "b,school,gania,,,,,\n"
        "c,school,ganja,soon,0.5,perhaps,,\n"
        "d,school,,,,,,\n"
        "e,school,,,,,2.3,48.8\n"
        "f,school,ganja,,,,,\n"
        "f,school,ganja,,,,,\n",
        encoding="utf-8",
    )
    assert main(["geodata", "import", str(file), "--into", str(AZE), "--out", str(out), "--as", "sites"]) == 3
    said = capsys.readouterr().err
    for row, words in (
        (1, "the site has no class"), (2, "no place 'gania'"), (3, "saw 'soon' for opens"),
        (3, "for count, wanted a whole number from 1"), (3, "saw 'perhaps' for connected"),
        (4, "neither a position nor a place"), (5, "km from the nearest place"),
        (7, "stands twice in the file"),
    ):  # fmt: skip
        assert any(f"row {row}:" in line and words in line for line in said.splitlines()), (row, words)
    assert "ganja" in said
    assert not out.exists()
    assert main(["geodata", "import", str(file), "--into", str(AZE), "--as", "fibre", "--class", "x"]) == 2


def test_a_site_of_the_pack_in_no_place_is_refused_when_the_pack_is_read(pack):
    out, _, _ = pack
    text = (out / "sites.geojson").read_text(encoding="utf-8")
    bad = text.replace('"place":"ganja"', '"place":"ganjaa"').replace("2016-09-01", "2016-9-1")
    (out / "sites.geojson").write_text(bad, encoding="utf-8")
    with pytest.raises(InputError) as error:
        Country.read(out)
    assert {problem.slug for problem in error.value.problems} == {"unknown-place", "type"}
    assert "ganja" in str(error.value)


def test_a_country_with_sites_is_written_and_read_back(pack, tmp_path):
    from dataclasses import replace

    country = replace(Country.read(pack[0]), folder=None)
    country.write(tmp_path / "again")
    again = Country.read(tmp_path / "again")
    assert again.sites == country.sites
    assert again.digest == country.digest


def scenario_file(tmp_path, more="", of="[school]"):
    file = tmp_path / "scenario.yaml"
    file.write_text(
        "extends: azerbaijan.yaml\nname: schools\ncountry: ./pack\nend: 2016-12-31\n"
        "public_sites:\n"
        "  budget: {opening_usd: 100000}\n"
        "  classes: {school: {mbps: 50, line_usd: 8000}}\n"
        f"  of_pack: {of}\n{more}",
        encoding="utf-8",
    )
    return file


def test_a_scenario_takes_them_class_by_class_and_connects_them(pack, tmp_path, capsys):
    file = scenario_file(tmp_path)
    scenario, country = load(file), Country.read(pack[0])
    known = {each.site: each for each in roster(scenario, country)}
    assert set(known) == {"school-1", "school-2", "school-3"}
    assert (known["school-2"].count, known["school-2"].of) == (2, "school")
    assert known["school-2"].opens_day == (date(2016, 9, 1) - scenario.start).days
    assert (known["school-1"].opens_day, known["school-1"].connected) == (0, True)
    run = simulate(scenario, country)
    connected = {e.name: e.gbps for e in run.events if isinstance(e, SiteConnected)}
    assert connected["school-2"] == pytest.approx(0.1)
    spent = sum(e.cents for e in run.events if isinstance(e, Spent) and e.cause == "site_line")
    assert spent == 800_000 * sum(known[name].count for name in connected)
    page = (save(run, tmp_path / "run") / "report.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="services"') :]
    on = sum(known[name].count for name in connected)
    assert f"a line leads to {on} of 4 of the class school." in section
    assert "Where sites are connected on the last day" in section
    assert "connected centre" not in section[: section.index("</section>")]
    assert main(["check", str(file)]) == 0
    assert "1 sites of the pack are said to be connected in places without fibre: school-1" in str(
        capsys.readouterr()
    )


@pytest.mark.usefixtures("pack")
def test_what_a_scenario_wants_of_the_pack_and_is_not_there_is_told(tmp_path, capsys):
    more = "  sites: [{site: school-2, of: school, place: ganja, opens: 2016-01-01}]\n"
    file = scenario_file(tmp_path, more, of="[school, schools]")
    assert main(["check", str(file)]) == 3
    said = capsys.readouterr().err
    assert "brings no site of the class 'schools'" in said
    assert "'schools', which is no class of sites" in said
    assert "'school-2' is already in the country pack" in said
