"""A run in the formats of other tools: each is read back to the same network."""

from __future__ import annotations

import importlib.util
import json
import uuid
from datetime import date

import geopandas
import numpy as np
import pyogrio
import pytest
from bbsim.cli import main
from bbsim.geodata.exports import FORMS, export
from bbsim.geodata.graphs import read_any
from bbsim.geodata.ofds import network_package, write_ofds
from made import write_folder


@pytest.fixture(scope="module")
def run(flagship):
    return flagship


@pytest.fixture(scope="module")
def network(run):
    return network_package(run)["networks"][0]


@pytest.fixture(scope="module")
def files(run, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    return {form: export(run, form, folder) for form in FORMS}


# ---- Open Fibre Data ----------------------------------------------------------------------------
def test_each_span_and_node_is_there_with_its_ends_and_its_line(run, network):
    assert [span["id"] for span in network["spans"]] == list(run.country.span_ids)
    nodes = {node["id"]: node for node in network["nodes"]}
    for span in network["spans"]:
        line = span["route"]["coordinates"]
        for end, point in (("start", line[0]), ("end", line[-1])):
            assert nodes[span[end]]["location"]["coordinates"] == pytest.approx(point, abs=1e-4)


def test_status_and_date_of_service_are_those_of_the_run(run, network):
    table = run.tables["spans"]
    end = table["period_end"] == table["period_end"][-1]
    status = dict(zip(table["span"][end], table["status"][end], strict=True))
    for span in network["spans"]:
        assert span["status"] == status.get(span["id"], "proposed")
        if "readyForServiceDate" in span:
            assert run.scenario.start <= date.fromisoformat(span["readyForServiceDate"]) < run.scenario.end
            assert span["status"] == "operational"
    assert any("readyForServiceDate" in span for span in network["spans"])


def test_the_phase_of_a_span_is_that_of_its_project_and_is_listed(run, network):
    listed = {phase["id"] for phase in network["phases"]}
    phases = {span["id"]: span["phase"]["id"] for span in network["spans"] if "phase" in span}
    assert phases
    assert set(phases.values()) <= listed
    first = run.tables["projects"]
    for spans, phase in zip(first["spans"][:1], first["phase"][:1], strict=True):
        assert {phases[span] for span in spans} <= {phase}


def test_the_id_is_a_uuid_of_the_run_and_the_same_run_gives_the_same_bytes(run, network, tmp_path):
    assert str(uuid.UUID(network["id"])) == network["id"]
    write_ofds(run, tmp_path / "a.json")
    write_ofds(run, tmp_path / "b.json")
    text = (tmp_path / "a.json").read_bytes()
    assert text == (tmp_path / "b.json").read_bytes()
    assert json.loads(text)["networks"][0] == network


@pytest.mark.skipif(importlib.util.find_spec("libcoveofds") is None, reason="needs the validator libcoveofds")
def test_it_is_valid_under_the_published_schema(run):
    from libcoveofds.jsonschemavalidate import JSONSchemaValidator
    from libcoveofds.python_validate import PythonValidate
    from libcoveofds.schema import OFDSSchema

    package = network_package(run)
    assert JSONSchemaValidator(OFDSSchema()).validate(package) == []
    assert PythonValidate(OFDSSchema()).validate(package) == []


def test_no_value_is_empty_where_the_standard_wants_one(network):
    """The standard forbids empty texts, lists and objects; this holds without its validator, too."""

    def walk(value, path):
        assert value not in ("", [], {}), path
        items = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, inside in items:
            walk(inside, f"{path}.{key}")

    walk(network, "network")


def test_a_network_of_the_standard_is_read_as_a_country(tmp_path):
    content = {
        "networks": [
            {
                "id": "x",
                "name": "Given",
                "nodes": [
                    {"id": "1", "name": "One", "location": {"type": "Point", "coordinates": [49.0, 40.0]},
                     "internationalConnections": [{"country": "GE"}]},
                    {"id": "2", "name": "Two", "location": {"type": "Point", "coordinates": [49.5, 40.0]}},
                ],
                "spans": [
                    {"id": "s", "start": "1", "end": {"id": "2"}, "status": "underConstruction",
                     "transmissionMediumOwner": {"id": "o", "name": "A railway"}, "fibreLength": 50.0,
                     "deployment": ["aboveGround"], "readyForServiceDate": "2027-05-01"},
                ],
            }
        ]
    }  # fmt: skip
    path = tmp_path / "given.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    country = read_any(path)
    assert (country.name, country.ids, country.km.tolist()) == ("Given", ["1", "2"], [50.0])
    assert country.nodes["gateway"] == [True, False]
    assert country.spans["medium"] == ["aerial"]
    assert country.spans["note"] == ["underConstruction; owner A railway; ready 2027-05-01"]


# ---- all formats --------------------------------------------------------------------------------
@pytest.mark.parametrize("form", ["gml", "gpkg", "graphml", "ofds"])
def test_what_is_written_is_read_back_with_the_same_kilometres(run, files, form):
    country = read_any(files[form][0])
    assert len(country.ids) == len(run.country.ids)
    assert sorted(country.km) == pytest.approx(sorted(run.country.km), abs=1e-3)


def test_geoparquet_says_its_system_and_keeps_the_columns(run, files):
    nodes, spans = (geopandas.read_parquet(path) for path in files["geoparquet"])
    assert nodes.crs.to_epsg() == spans.crs.to_epsg() == 4326
    assert spans["length_km"].tolist() == pytest.approx(run.country.km.tolist())


def test_kml_has_a_folder_a_status_and_all_spans(run, files):
    path = files["kml"][0]
    layers = pyogrio.list_layers(path)[:, 0].tolist()
    assert layers[0] == "operational"
    count = sum(pyogrio.read_info(path, layer=name)["features"] for name in layers)
    assert count == len(run.country.span_ids) + int(np.sum(run.country.is_place))


def test_the_verb_writes_what_is_asked_for_and_covers_nothing(tmp_path, monkeypatch, capsys):
    write_folder(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main(["run", ".", "--out", "done", "--quiet"]) == 0
    capsys.readouterr()
    assert main(["export", "done", "--to", "ofds,kml", "--json"]) == 0
    files = json.loads(capsys.readouterr().out)["files"]
    assert [path.rpartition("/")[2] for path in files] == ["network.ofds.json", "network.kml"]
    assert main(["export", "done", "--to", "kml"]) == 4
    assert main(["export", "done", "--to", "kml", "--force"]) == 0
    assert main(["export", "done", "--to", "dxf", "--force"]) == 2
