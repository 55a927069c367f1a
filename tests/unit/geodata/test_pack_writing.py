"""A pack is written the same way every time and says what it holds."""

import hashlib
import json
import tomllib

from bbsim.geodata.pack import NODE_KEYS, SPAN_KEYS, LayerText, Pack, polygon
from bbsim.packfile import NODE_FIELDS, SPAN_FIELDS
from shapely import MultiPolygon, Polygon, box
from shapely.geometry import shape


def small() -> Pack:
    node = dict.fromkeys(NODE_KEYS, "") | {"population": 1, "gateway": False, "transit_gbps": None}
    span = dict.fromkeys(SPAN_KEYS, "") | {"length_km": 1.5, "domestic": True}
    names = ("nodes", "spans", "boundary", "regions")
    return Pack(
        name="Nowhere «ə»",
        iso3="XXX",
        nodes=[
            node | {"id": "b", "geometry": (49.123456789, 40.0)},
            node | {"id": "a", "geometry": (50.0, 40.0)},
        ],
        spans=[
            span | {"id": "a--b", "start": "a", "end": "b", "geometry": [(50.0, 40.0), (49.123456789, 40.0)]}
        ],
        boundary=MultiPolygon([box(49, 39, 51, 41)]),
        regions={"south": box(49, 39, 51, 40), "north": box(49, 40, 51, 41)},
        population={"reference": 2011, "source": 'said "so"'},
        national={2012: 3, 2011: 2},
        layers=[LayerText(f"{n}.geojson", n, "s", "l", "a") for n in names],
        areas=[{"id": "x", "name": "X", "meaning": "closed"}],
        doubts=['a doubt with \\ and "'],
    )


def test_the_columns_written_are_the_columns_read():
    assert set(NODE_KEYS) == set(NODE_FIELDS)
    assert set(SPAN_KEYS) == set(SPAN_FIELDS)


def test_writing_twice_gives_the_same_bytes_and_true_hashes(tmp_path):
    digests = [small().write(tmp_path / name) for name in ("one", "two")]
    assert digests[0] == digests[1]
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    head = tomllib.loads((tmp_path / "one" / "country.toml").read_text(encoding="utf-8"))
    for layer in head["layers"]:
        data = (tmp_path / "one" / layer["file"]).read_bytes()
        assert layer["sha256"] == hashlib.sha256(data).hexdigest()
        assert layer["features"] == len(json.loads(data)["features"])
    assert head["name"] == "Nowhere «ə»"
    assert head["doubts"] == ['a doubt with \\ and "']
    assert head["population"]["national"] == {"2011": 2, "2012": 3}
    assert head["areas"] == [{"id": "x", "name": "X", "meaning": "closed"}]


def test_features_are_sorted_rounded_and_one_a_line(tmp_path):
    small().write(tmp_path)
    lines = (tmp_path / "nodes.geojson").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4
    first, second = (json.loads(line.rstrip(",")) for line in lines[1:3])
    assert (first["properties"]["id"], second["properties"]["id"]) == ("a", "b")
    assert second["geometry"]["coordinates"] == [49.12346, 40.0]
    assert list(first["properties"]) == list(NODE_KEYS)


def test_a_boundary_that_crosses_itself_is_written_as_the_land_that_it_encloses():
    written = polygon(Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    assert len(written["coordinates"]) == 2
    assert shape(written).is_valid
