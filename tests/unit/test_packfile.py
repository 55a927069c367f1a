"""Reading a layer: one geometry, known properties, every fault named by file, feature and id."""

import json
import math

import pytest
from bbsim.errors import InputError, RefusedError
from bbsim.packfile import NODE_FIELDS, SPAN_FIELDS, read_features, write_features

GOOD = {"id": "a", "kind": "city", "population": 5}
LINE = {"id": "s", "start": "a", "end": "b", "length_km": 1.5, "terrain": "plain", "follows": "road"}


def feature(properties, coordinates=(45.0, 40.0), kind="Point"):
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def layer(tmp_path, *features, raw=None, name="nodes.geojson"):
    path = tmp_path / name
    if raw is not None:
        path.write_bytes(raw)
    else:
        path.write_text(
            json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8"
        )
    return path


def problems(tmp_path, *features, geometry="Point", fields=NODE_FIELDS):
    found = []
    read_features(layer(tmp_path, *features), geometry, fields, found)
    return found


def test_a_good_feature_is_read_with_its_defaults(tmp_path):
    found = []
    columns, shapes = read_features(layer(tmp_path, feature(GOOD)), "Point", NODE_FIELDS, found)
    assert found == []
    assert shapes == [[45.0, 40.0]]
    assert columns["population"] == [5]
    assert columns["status"] == ["proposed"]
    assert columns["transit_gbps"] == [None]
    assert columns["gateway"] == [False]


def test_written_and_read_back_a_layer_is_the_same(tmp_path):
    rows = [
        {"id": f"n{i}", "kind": "city", "name": n} for i, n in enumerate(['Şəki "İ"', "a\\b", "$x^$ <b>"])
    ]
    columns = {k: [r[k] for r in rows] for k in rows[0]}
    path = tmp_path / "nodes.geojson"
    write_features(path, "Point", columns, [[1.0, 2.0], [-179.999999, 89.5], [0.1 + 0.2, -0.0]])
    found = []
    again, shapes = read_features(path, "Point", NODE_FIELDS, found)
    assert found == []
    assert [again["name"], again["id"]] == [columns["name"], columns["id"]]
    assert shapes == [[1.0, 2.0], [-179.999999, 89.5], [0.1 + 0.2, 0.0]]


@pytest.mark.parametrize(
    ("change", "slug", "word"),
    [
        ({"id": None}, "missing", "'id'"),
        ({"id": 5}, "type", "text"),
        ({"kind": "citty"}, "word", "city"),
        ({"population": -1}, "range", "at least 0"),
        ({"population": 1.5}, "type", "whole number"),
        ({"population": True}, "type", "whole number"),
        ({"population": "5"}, "type", "'5'"),
        ({"gateway": 1}, "type", "true or false"),
        ({"transit_gbps": -0.1}, "range", "at least 0"),
        ({"transit_gbps": math.inf}, "range", "finite"),
        ({"elevation_m": math.nan}, "range", "finite"),
        ({"name": "a\u202eb"}, "range", "U+202E"),
        ({"name": "a\x00b"}, "range", "U+0000"),
        ({"name": "x" * 10_001}, "range", "10001"),
        ({"status": "lit"}, "word", "known words"),
    ],
)
def test_a_wrong_property_is_named_with_what_was_wanted(tmp_path, change, slug, word):
    found = problems(tmp_path, feature(GOOD), feature(GOOD | {"id": "b"} | change))
    assert [p.slug for p in found] == [slug]
    assert word in str(found[0])
    assert "feature 2" in found[0].where
    assert found[0].path == next(iter(change))


@pytest.mark.parametrize(
    ("coordinates", "slug"),
    [
        (["45", "40"], "coordinates"),
        ([math.nan, 40], "coordinates"),
        ([45], "coordinates"),
        (None, "coordinates"),
        ([4980000, 4500000], "projected"),
        ([45, 95], "out-of-range"),
        ([200, 40], "out-of-range"),
        ([True, 40], "coordinates"),
        ([[45, 40]], "coordinates"),
    ],
)
def test_coordinates_that_are_none_are_told(tmp_path, coordinates, slug):
    assert [p.slug for p in problems(tmp_path, feature(GOOD, coordinates))] == [slug]


def test_another_geometry_none_and_too_few_points_are_told(tmp_path):
    found = problems(
        tmp_path,
        feature(LINE, [[1, 2]], "LineString"),
        feature(LINE, [1, 2]),
        feature(LINE, [], "LineString"),
        feature(LINE) | {"geometry": None},
        "no feature",
        feature(LINE, [[1, 2], [1, "x"]], "LineString"),
        geometry="LineString",
        fields=SPAN_FIELDS,
    )
    slugs = [p.slug for p in found if p.slug != "missing"]
    assert slugs == ["geometry", "geometry-type", "geometry", "null-geometry", "null-geometry", "coordinates"]


@pytest.mark.parametrize("length", [0, -1, "9 km", None])
def test_a_span_has_a_length_above_zero(tmp_path, length):
    line = feature(LINE | {"length_km": length}, [[1, 2], [3, 4]], "LineString")
    assert len(problems(tmp_path, line, geometry="LineString", fields=SPAN_FIELDS)) == 1


@pytest.mark.parametrize(
    ("raw", "error", "slug"),
    [
        (b"", InputError, "empty-file"),
        (b"{", InputError, "bad-json"),
        (b"[]", InputError, "not-geojson"),
        (b"\x89PNG\r\n", InputError, "not-utf8"),
        (b"<OGRVRTDataSource/>", RefusedError, "disguise"),
        (b'{"features": 3}', InputError, "not-geojson"),
        (b'{"features":' + b"[" * 100_000, RefusedError, "nesting"),
        ("{}".encode("utf-16"), InputError, "not-utf8"),
    ],
)
def test_a_file_that_is_something_else_is_told(tmp_path, raw, error, slug):
    with pytest.raises(error) as caught:
        read_features(layer(tmp_path, raw=raw), "Point", NODE_FIELDS, [])
    assert caught.value.problems[0].slug == slug


def test_a_byte_order_mark_is_forgiven_and_an_empty_collection_is_empty(tmp_path):
    found = []
    columns, shapes = read_features(
        layer(tmp_path, raw=b'\xef\xbb\xbf{"type":"FeatureCollection","features":[]}'),
        "Point",
        NODE_FIELDS,
        found,
    )
    assert (shapes, found, columns["id"]) == ([], [], [])
