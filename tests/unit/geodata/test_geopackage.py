"""The GeoPackage of a run: what is in it, and that it is the same every time."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from contextlib import closing
from xml.etree import ElementTree

import numpy as np
import pyogrio
import pytest
from bbsim.geodata.geopackage import write_network
from bbsim.simulate import simulate
from strategies import made_country, made_scenario


@pytest.fixture(scope="module")
def file(flagship, tmp_path_factory):
    path = tmp_path_factory.mktemp("gpkg") / "network.gpkg"
    write_network(flagship, path)
    return path


@pytest.fixture(scope="module")
def layers(file):
    return {name: pyogrio.read_dataframe(file, layer=name) for name in ("nodes", "spans", "projects")}


def query(path, text):
    with closing(sqlite3.connect(path)) as database:
        return database.execute(text).fetchall()


def kinds(path, layer):
    return {row[1]: row[2] for row in query(path, f"pragma table_info({layer})")}


def test_there_are_three_layers_in_degrees(layers, flagship):
    assert len(layers["nodes"]) == len(flagship.country.ids)
    assert len(layers["spans"]) == len(flagship.country.span_ids)
    assert len(layers["projects"]) == len(flagship.tables["projects"]["project"])
    assert {frame.crs.to_epsg() for frame in layers.values()} == {4326}


def test_it_is_of_the_version_that_old_readers_take(file):
    assert query(file, "pragma application_id") == [(int.from_bytes(b"GPKG", "big"),)]
    assert query(file, "pragma user_version") == [(10200,)]
    assert query(file, "pragma integrity_check") == [("ok",)]


def test_days_are_dates(file):
    for layer in ("nodes", "spans", "projects"):
        assert kinds(file, layer)["in_service"] == "DATE"


def test_places_are_in_service_since_they_are_lit(layers, flagship):
    last = len(flagship.tables["nodes"]["node"]) // len(flagship.tables["periods"]["period_end"])
    table = {name: column[-last:] for name, column in flagship.tables["nodes"].items()}
    frame = layers["nodes"].set_index("id").loc[list(table["node"])]
    since = frame["in_service"].to_numpy().astype("datetime64[D]")
    assert np.array_equal(since, table["lit_since"].astype("datetime64[D]"), equal_nan=True)
    assert np.array_equal(frame["on_fibre"].to_numpy(), table["on_fibre"])
    assert np.array_equal(frame["households_passed"].to_numpy(), table["households_passed"])


def test_spans_have_the_status_of_the_last_day(layers, flagship):
    from bbsim.built import STATUS_NAMES

    state = flagship.at("2035-12-31")
    assert layers["spans"]["status"].tolist() == [STATUS_NAMES[code] for code in state.span_status]


def test_a_span_is_planned_before_it_is_laid_before_it_is_lit(layers):
    frame = layers["spans"].dropna(subset=["planned", "laid", "in_service"])
    assert len(frame) > 900
    assert (frame["planned"] <= frame["laid"]).all()
    assert (frame["laid"] <= frame["in_service"]).all()


def test_a_projects_line_holds_its_whole_route(layers, flagship):
    from shapely import linestrings

    country, table = flagship.country, flagship.tables["projects"]
    for line, spans in zip(layers["projects"].geometry, table["spans"], strict=True):
        lengths = [linestrings(country.span_xy[country.span_index[span]]).length for span in spans]
        assert (line.length if line is not None else 0.0) == pytest.approx(sum(lengths), rel=1e-9)


def test_the_same_run_gives_the_same_bytes_a_second_later(flagship, file, tmp_path):
    time.sleep(1.1)
    again = tmp_path / "again.gpkg"
    write_network(flagship, again)
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(file.read_bytes()).digest()
    assert [path.name for path in tmp_path.iterdir()] == ["again.gpkg"]


def test_an_older_file_is_replaced(flagship, file, tmp_path):
    path = tmp_path / "network.gpkg"
    path.write_bytes(b"something else")
    write_network(flagship, path)
    assert path.read_bytes() == file.read_bytes()


def test_each_layer_has_a_style_for_every_word_of_its_column(file, layers):
    styles = query(file, "select f_table_name, f_geometry_column, styleQML, useAsDefault from layer_styles")
    assert {row[0] for row in styles} == set(layers)
    for layer, geometry, text, default in styles:
        style = ElementTree.fromstring(text)
        assert default == 1
        assert geometry in kinds(file, layer)
        renderer = style.find("renderer-v2")
        styled = {category.get("value") for category in renderer.find("categories")}
        assert set(layers[layer][renderer.get("attr")].fillna("")) <= styled
        symbols = {symbol.get("name") for symbol in renderer.find("symbols")}
        assert {category.get("symbol") for category in renderer.find("categories")} == symbols
        assert style.find("temporal").get("startField") == "in_service"


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE nodes; --", "<b>&\"'", "北京", "\u202eabc", "a/b", "x" * 5000]
)
def test_any_name_comes_back_as_it_was(name, tmp_path):
    nodes = {
        "g": {"population": 40, "households": 10, "gateway": True, "name": name},
        "a": {"name": name, "population": 9},
    }
    run = simulate(made_scenario(), made_country(nodes, {"g-a": ("g", "a", 5, {"note": name})}))
    write_network(run, tmp_path / "n.gpkg")
    assert set(pyogrio.read_dataframe(tmp_path / "n.gpkg", layer="nodes")["name"]) == {name}
    assert set(pyogrio.read_dataframe(tmp_path / "n.gpkg", layer="spans")["note"]) == {name}


def test_a_run_without_a_project_has_the_same_columns(file, tmp_path):
    country = made_country(
        {"g": {"population": 4, "gateway": True}, "a": {"population": 9}}, {"g-a": ("g", "a", 5)}
    )
    run = simulate(made_scenario(budget={"opening_usd": 0}), country)
    write_network(run, tmp_path / "n.gpkg")
    for layer in ("nodes", "spans", "projects"):
        assert kinds(tmp_path / "n.gpkg", layer).keys() == kinds(file, layer).keys()
        assert kinds(tmp_path / "n.gpkg", layer)["in_service"] == "DATE"
    assert len(pyogrio.read_dataframe(tmp_path / "n.gpkg", layer="projects")) == 0


def test_public_sites_are_a_layer_of_their_own_with_their_days(tmp_path):
    nodes = {"g": {"population": 4000, "status": "operational", "at": (45.0, 40.0)}}
    nodes["a"] = {"population": 4000, "kind": "town", "at": (45.5, 40.0)}
    country = made_country(nodes, {"ga": ("g", "a", 30)})
    kind = {"serves_people": True, "desks": 4, "line_days": 10}
    listed = [
        {"site": "early", "of": "centre", "place": "g", "opens": "2013-05-01", "connected": True},
        {"site": "late", "name": "The late one", "of": "centre", "place": "a", "opens": "2014-03-01"},
        {"site": "never", "of": "centre", "place": "a", "opens": "2090-01-01"},
    ]
    sites = {"classes": {"centre": kind}, "sites": listed, "budget": {"opening_usd": 1e6}}
    run = simulate(made_scenario(public_sites=sites), country)
    write_network(run, tmp_path / "network.gpkg")
    layer = pyogrio.read_dataframe(tmp_path / "network.gpkg", layer="sites").set_index("site")
    assert layer.index.tolist() == ["early", "late"]
    assert layer.crs.to_epsg() == 4326
    assert [(p.x, p.y) for p in layer.geometry] == [(45.0, 40.0), (45.5, 40.0)]
    assert layer.line.tolist() == ["fibre", "fibre"]
    late = layer.loc["late"]
    assert (late["name"], late["class"], late.place) == ("The late one", "centre", "a")
    opened = next(e for e in run.events if type(e).__name__ == "SiteOpened" and e.name == "late")
    joined = next(e for e in run.events if type(e).__name__ == "SiteConnected" and e.name == "late")
    for column, event in (("opened", opened), ("connected", joined)):
        day = np.datetime64(run.scenario.start) + event.minute // 1440
        assert np.datetime64(late[column], "D") == day
    assert ("sites",) in query(tmp_path / "network.gpkg", "select f_table_name from layer_styles")
