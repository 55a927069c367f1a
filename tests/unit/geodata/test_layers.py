"""A planner's own layers in a pack: matched to what is there, added where they lie, told, and read back."""

from __future__ import annotations

import geopandas
import pytest
from bbsim.cli import main
from bbsim.country import Country
from bbsim.errors import InputError
from bbsim.geodata.audit import audit
from bbsim.geodata.layers import merge
from bbsim.resources import installed
from shapely import LineString, Point

AZE = installed("packs") / "AZE"


@pytest.fixture
def out(tmp_path):
    return tmp_path / "pack"


def frame(rows, shapes):
    return geopandas.GeoDataFrame(rows, geometry=shapes, crs=4326)


def test_a_known_place_gets_the_new_figure_and_a_new_one_hangs_on_the_nearest_node(tmp_path, out):
    file = tmp_path / "census.csv"
    file.write_text(
        "NAME,POP2019,lon,lat\nŞəki,68400,47.17,41.19\nNew Camp,1200,47.30,41.15\n", encoding="utf-8"
    )
    told = merge(AZE, out, file, "settlements", {"name": "NAME", "population": "POP2019"})
    assert told == ["1 places of the pack have new figures; 1 are new."]
    country = Country.read(out)
    sheki, camp = country.node_index["shaki"], country.node_index["new-camp"]
    assert country.population[sheki] == 68_400
    assert country.households[sheki] == round(68_400 / 4.706)
    assert (country.kind[camp], country.population[camp]) == ("town", 1_200)
    assert country.adjacent[camp]
    assert not [f for f in audit(country) if f.severity == "error" or f.check == "digest"]


def test_a_geopackage_of_fibre_in_another_projection_makes_its_spans_stand_and_assumed_ones_go(tmp_path, out):
    before = Country.read(AZE)
    status = before.spans["status"]
    span = next(i for i, km in enumerate(before.km) if km > 20 and status[i] == "proposed")
    lines = frame({"OPERATOR": ["A railway"], "F": [48]}, [LineString(before.span_xy[span])])
    file = tmp_path / "fibre.gpkg"
    lines.to_crs(32639).to_file(file)
    told = merge(AZE, out, file, "fibre", {"owner": "OPERATOR", "fibre_count": "F"})
    after = Country.read(out)
    name = before.span_ids[span]
    i = after.span_index[name]
    assert (after.spans["status"][i], after.spans["status_basis"][i]) == ("operational", "imported")
    assert after.spans["fibre_count"][i] == 48
    assert "owner A railway" in after.spans["note"][i]
    assert after.spans["status"].count("operational") < 12
    assert "only assumed" in told[0]
    merge(AZE, tmp_path / "kept", file, "fibre", keep_assumed=True)
    kept = Country.read(tmp_path / "kept").spans["status"].count("operational")
    assert kept > before.spans["status"].count("operational")


def test_a_line_along_no_corridor_is_told(tmp_path, out):
    file = tmp_path / "sea.geojson"
    frame({"owner": ["x"]}, [LineString([(50.5, 39.0), (51.0, 39.0)])]).to_file(file)
    assert any("no corridor" in line for line in merge(AZE, out, file, "fibre"))


def test_a_corridor_joins_the_nodes_nearest_to_its_ends(tmp_path, out):
    country = Country.read(AZE)
    a, b = (country.node_xy[country.node_index[n]].tolist() for n in ("shaki", "zagatala"))
    file = tmp_path / "tunnel.shp"
    frame({"id": ["tunnel"]}, [LineString([a, b])]).to_file(file)
    merge(AZE, out, file, "corridors")
    new = Country.read(out)
    i = new.span_index["tunnel"]
    assert {new.spans["start"][i], new.spans["end"][i]} == {"shaki", "zagatala"}
    assert new.km[i] > 50


def test_all_that_is_wrong_in_a_file_is_told_at_once(tmp_path, out):
    file = tmp_path / "built.csv"
    file.write_text("span,node\nbaku--nowhere,\n,shakki\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        merge(AZE, out, file, "as-built")
    assert [p.slug for p in caught.value.problems] == ["unknown-span", "unknown-node"]
    assert "shaki" in caught.value.problems[1].hint
    assert not out.exists()


def test_unknown_columns_and_endings_are_told(tmp_path, out):
    file = tmp_path / "a.csv"
    file.write_text("span,date\nx,2015\n", encoding="utf-8")
    with pytest.raises(InputError, match="Did you mean 'date'"):
        merge(AZE, out, file, "fibre", {"date": "dat"})
    with pytest.raises(InputError, match="is not read"):
        merge(AZE, out, tmp_path / "a.dwg", "fibre")


def test_the_verb_merges_into_the_pack_itself(tmp_path, out, capsys):
    file = tmp_path / "places.geojson"
    frame({"name": ["Post 7"], "people": [300]}, [Point(48.0, 40.5)]).to_file(file)
    words = ["geodata", "import", str(file), "--into", str(AZE), "--as", "settlements", "--map"]
    assert main([*words, "population=people", "--out", str(out)]) == 0
    assert "1 are new" in capsys.readouterr().out
    again = ["geodata", "import", str(file), "--into", str(out), "--as", "settlements"]
    assert main([*again, "--map", "population=people"]) == 0
    assert "1 places of the pack have new figures; 0 are new" in capsys.readouterr().out
    assert main([*again, "--map", "population"]) == 2
