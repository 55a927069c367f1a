"""A person brings a graph that is broken: the exit code, the place and the way out, case by case.

Ids are those of a catalogue of bad inputs: G geodata, N the network; `-` where the catalogue has none.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from bbsim.errors import BbsimError, InputError
from bbsim.geodata.graphs import read_any

NODES = "id,name,lon,lat,population\na,Alpha,49.8,40.4,900\nb,Beta,46.4,40.7,300\nc,Gamma,47.0,41.2,0\n"
EDGES = "id,source,target,length_km\ne1,a,b,320\ne2,b,c,90\n"
GML = """graph [
  node [ id 1 label "A" Longitude 24.75 Latitude 59.43 ]
  node [ id 2 label "B" Longitude 26.72 Latitude 58.38 ]
  edge [ source 1 target 2 ]
]
"""
GRAPHML = """<?xml version="1.0" encoding="utf-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns">
 <key id="x" for="node" attr.name="lon"/><key id="y" for="node" attr.name="lat"/>
 <graph edgedefault="undirected">
  <node id="a"><data key="x">24.75</data><data key="y">59.43</data></node>
  <node id="b"><data key="x">26.72</data><data key="y">58.38</data></node>
  <edge source="a" target="b"/>
 </graph>
</graphml>
"""
GEOJSON = """{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"id":"a"},"geometry":{"type":"Point","coordinates":[49.8,40.4]}},
{"type":"Feature","properties":{"id":"b"},"geometry":{"type":"Point","coordinates":[46.4,40.7]}},
{"type":"Feature","properties":{"start":"a","end":"b"},
 "geometry":{"type":"LineString","coordinates":[[49.8,40.4],[46.4,40.7]]}}
]}
"""
LINKED = """{"nodes":[{"id":"a","pos":[49.8,40.4]},{"id":"b","pos":[46.4,40.7]}],
"edges":[{"source":"a","target":"b","dist":320}]}
"""
VRT = """<OGRVRTDataSource><OGRVRTLayer name="nodes">
<SrcDataSource relativeToVRT="1">secret.geojson</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>
"""
BOMB = '<?xml version="1.0"?>\n<!DOCTYPE graphml [\n<!ENTITY a "ha">\n' + "".join(
    f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">\n' for i in range(9)
)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@dataclass(frozen=True)
class Case:
    """Files, what is opened, and what must come back."""

    id: str
    files: dict[str, str | bytes]
    exit: int
    where: str
    says: tuple[str, ...]
    opened: str = ""

    def __str__(self) -> str:
        return f"{self.id}-{self.says[0][:30]}"


def csv(id, old, new, exit, where, *says, edges=False):
    """A case in which one place of one of the two tables is changed."""
    text = EDGES if edges else NODES
    assert text.count(old) == 1 or old == text
    changed = text.replace(old, new)
    files = {"nodes.csv": NODES, "edges.csv": EDGES, "edges.csv" if edges else "nodes.csv": changed}
    return Case(id, files, exit, where, says)


def one(id, name, text, exit, where, *says):
    """A case of a single file."""
    return Case(id, {name: text}, exit, where, says, opened=name)


def changed(text, old, new):
    assert text.count(old) == 1
    return text.replace(old, new)


CASES = [
    # ---- nothing, or something else, in the file
    *(one("G01", f"g.{end}", "", 3, f"g.{end}", "empty")
      for end in ("graphml", "gml", "geojson", "json", "gpkg", "xml", "txt")),
    csv("G01", NODES, "", 3, "nodes.csv", "empty"),
    csv("G01", NODES, " \n\n", 3, "nodes.csv:1", "no heading"),
    *(one("G02", f"g.{end}", PNG, 3, f"g.{end}", "PNG")
      for end in ("graphml", "gml", "geojson", "json", "xml", "txt")),
    one("G02", "g.gpkg", PNG, 3, "g.gpkg", "no GeoPackage"),
    csv("G02", NODES, "{}", 5, "nodes.csv", "JSON"),
    one("G02", "g.graphml", GML, 3, "g.graphml:1:1", "XML"),
    one("G02", "g.gml", GRAPHML, 5, "g.gml:1", "XML"),
    one("G02", "g.gml", GEOJSON, 3, "g.gml:1", "wanted"),
    one("G02", "g.geojson", GML, 3, "g.geojson:1:1", "JSON"),
    one("G02", "g.json", '{"type": "Topology"}', 3, "g.json", "FeatureCollection", "nodes"),
    one("G02", "g.xml", "<kml/>", 3, "g.xml:1", "KML", "graphml"),
    one("G02", "g.txt", "hello\n", 3, "g.txt:1", "SNDlib native format"),
    one("G02", "g.shp", b"\x00\x00\x27\x0a", 3, "g.shp", "no known graph format", ".gpkg"),
    one("G03", "g.geojson", VRT, 5, "g.geojson", "XML"),
    one("G03", "g.gpkg", VRT, 5, "g.gpkg", "no GeoPackage"),
    one("G03", "g.xml", VRT, 5, "g.xml:1", "names other files"),
    one("G03", "g.graphml", VRT, 5, "g.graphml:1", "names other files"),
    csv("G03", NODES, VRT, 5, "nodes.csv", "XML"),
    one("G35", "g.geojson", b"PK\x03\x04" + bytes(50), 5, "g.geojson", "packed (ZIP)", "Unpack"),
    one("G35", "g.gpkg", b"\x1f\x8b\x08" + bytes(50), 5, "g.gpkg", "packed (gzip)", "Unpack"),
    # ---- damaged
    one("G05", "g.geojson", GEOJSON[:-15], 3, "g.geojson:", "cut off"),
    one("G05", "g.graphml", GRAPHML[:-15], 3, "g.graphml:", "cut off"),
    one("G05", "g.gml", GML[:-5], 3, "g.gml:", "cut off"),
    one("G05", "g.gml", GML[: GML.index("A") + 1], 3, "g.gml:2", "does not end"),
    csv("G05", "b,Beta", 'b,"Beta', 3, "nodes.csv:", "cut off"),
    one("G06", "g.gpkg", b"SQLite format 3\0" + bytes(2000), 3, "g.gpkg", "damaged"),
    one("-", "g.geojson", b"\xff\xfe" + GEOJSON.encode("utf-16-le"), 3, "g.geojson", "UTF-8"),
    csv("-", "Alpha", "Al\0pha", 3, "nodes.csv:2", "NUL"),
    # ---- traps in XML and nesting
    one("G37", "g.graphml", BOMB + "]>\n<graphml>&j;</graphml>", 5, "g.graphml:2", "entity bomb", "Delete"),
    one("G37", "g.xml", BOMB + "]>\n<network>&j;</network>", 5, "g.xml:2", "entity"),
    one("G37", "g.graphml", '<!DOCTYPE graphml SYSTEM "file:///etc/passwd">\n' + GRAPHML[39:], 5,
        "g.graphml:1", "document type"),
    one("-", "g.graphml", "<a>" * 500, 5, "g.graphml:1", "nested"),
    one("-", "g.gml", "a [ " * 500, 5, "g.gml:1", "nested"),
    one("-", "g.json", "[" * 100_000, 5, "g.json", "nested"),
    one("-", "g.json", changed(LINKED, "320", "3" * 5000), 5, "g.json", "digits"),
    # ---- tables
    csv("G38", NODES, NODES.replace(",", ";"), 3, "nodes.csv:1", "saw 1 column", "semicolons", "commas"),
    csv("G38", EDGES, EDGES.replace(",", "\t"), 3, "edges.csv:1", "tabs", edges=True),
    csv("G41", "a,Alpha,49.8,40.4", 'a,Alpha,"49,8","40,4"', 3, "nodes.csv:2:3", "49,8", "Write 49.8"),
    csv("G41", "a,Alpha,49.8,40.4", "a,Alpha,49,8,40,4", 3, "nodes.csv:2", "7 columns", "decimal comma"),
    csv("G41", "e1,a,b,320", 'e1,a,b,"320,5"', 3, "edges.csv:2:4", "Write 320.5", edges=True),
    csv("G43", "id,name,lon", "id,pop,pop,lon", 3, "nodes.csv:1:3", "'pop'", "twice"),
    csv("-", "id,name,lon", "id,,lon", 3, "nodes.csv:1:2", "no heading"),
    csv("-", "b,Beta,46.4,40.7,300", "b,Beta,46.4", 3, "nodes.csv:3", "saw 3 columns", "5"),
    csv("-", "id,source,target", "id,here,there", 3, "edges.csv:2", "start", "here", edges=True),
    csv("-", "id,name", "number,title2", 3, "nodes.csv:2", "'id'", "number"),
    Case("-", {"nodes.csv": NODES}, 3, "", ("no edges.csv",)),
    Case("-", {"edges.geojson": GEOJSON}, 3, "", ("no nodes.geojson",)),
    Case("-", {"readme.csv": "a\n"}, 3, "", ("country.toml", "readme.csv")),
    # ---- values
    csv("G30", "900", "many", 3, "nodes.csv:2:5", "population", "'many'", "number"),
    csv("G30", "900", '"1,234,567"', 3, "nodes.csv:2:5", "Write 1234567"),
    csv("G31", "900", "-5", 3, "nodes.csv:2:5", "-5", "0 or more"),
    csv("G31", "900", "9.5", 3, "nodes.csv:2:5", "9.5", "whole"),
    csv("G14", "49.8", "nan", 3, "nodes.csv:2:3", "lon", "'nan'"),
    csv("-", "49.8", "1e999", 3, "nodes.csv:2:3", "number"),
    csv("-", "49.8", "", 3, "nodes.csv:2", "longitude and latitude"),
    csv("-", "Alpha", "Al\u202epha", 3, "nodes.csv:2:2", "U+202E"),
    csv("-", "e1,a,b,320", "e1,a,b,-1", 3, "edges.csv:2:4", "0 or more", edges=True),
    csv("N11", "e1,a,b,320", "e1,a,b,0", 3, "edges.csv:2:4", "289.9 km", "unit", edges=True),
    csv("N11", "e1,a,b,320", "e1,a,b,40", 3, "edges.csv:2:4", "289.9 km", "unit", edges=True),
    csv("N11", EDGES, EDGES.replace("320", "320000").replace("90", "90000"), 3, "edges.csv:2:4", "length_m",
        edges=True),
    one("G13", "g.geojson", changed(GEOJSON, "[49.8,40.4]}},", '["49.8","40.4"]}},'), 3,
        "g.geojson: feature 1 ('a')", "text '49.8'", "quotes"),
    one("G14", "g.geojson", changed(GEOJSON, "[49.8,40.4]}},", "[NaN,40.4]}},"), 3,
        "g.geojson: feature 1 ('a')", "finite"),
    one("G11", "g.geojson", changed(GEOJSON, '{"type":"Point","coordinates":[49.8,40.4]}', "null"), 3,
        "g.geojson: feature 1 ('a')", "no geometry"),
    one("G22", "g.geojson", changed(GEOJSON, '"LineString"', '"Polygon"'), 3, "feature 3", "Polygon"),
    one("G23", "g.geojson", changed(GEOJSON, '"LineString"', '"GeometryCollection"'), 3, "feature 3", "Coll"),
    one("G17", "g.geojson", changed(GEOJSON, "[49.8,40.4]}},", "[4980000,4040000]}},"), 3,
        "g.geojson: feature 1 ('a')", "projected", "WGS84"),
    one("G17", "g.geojson", changed(GEOJSON, '"features"', '"crs":{"type":"name","properties":'
        '{"name":"urn:ogc:def:crs:EPSG::3857"}},"features"'), 3, "g.geojson", "3857", "EPSG:4326"),
    csv("G15", "49.8,40.4", "49.8,95", 3, "nodes.csv:2", "95", "no longitude and latitude"),
    Case("G18", {"nodes.csv": "id,lon,lat\na,40.4,149.8\nb,40.7,146.4\n", "edges.csv": "u,v\na,b\n"}, 3,
         "nodes.csv:2", ("swapped?",)),
    one("-", "g.gml", changed(changed(GML, "24.75", "380"), "26.72", "910"), 3, "g.gml:2", "pixels", "2 n"),
    # ---- the graph itself
    csv("N01", NODES, NODES.splitlines()[0] + "\n", 3, "", "no nodes"),
    csv("N02", EDGES, EDGES.splitlines()[0] + "\n", 3, "", "no edges", edges=True),
    one("N01", "g.gml", "graph [ ]", 3, "g.gml", "no nodes"),
    one("N02", "g.graphml", changed(GRAPHML, '<edge source="a" target="b"/>', ""), 3, "g.graphml", "no edg"),
    csv("-", "b,Beta", "a,Beta", 3, "nodes.csv:3:1", "'a'", "twice", "nodes.csv:2"),
    csv("-", "e2,b,c", "e1,b,c", 3, "edges.csv:3", "'e1'", "twice", "edges.csv:2", edges=True),
    csv("-", "e1,a,b", "e1,a,a", 3, "edges.csv:2", "'a' to itself", edges=True),
    csv("-", "e1,a,b", "e1,a,bb", 3, "edges.csv:2:3", "'bb'", "Did you mean 'b'?", edges=True),
    one("-", "g.gml", changed(GML, "node [ id 2", "node [ id 1"), 3, "g.gml:3", "'1'", "g.gml:2"),
    one("-", "g.gml", changed(GML, "target 2", "target 1"), 3, "g.gml:4", "itself"),
    one("-", "g.gml", GML + GML, 3, "g.gml:1", "2 entries"),
    one("-", "g.graphml", changed(GRAPHML, 'target="b"', 'target="x"'), 3, "g.graphml:7", "'x'"),
    one("-", "g.graphml", GRAPHML.replace('attr.name="lon"', 'attr.name="far"').replace(
        'attr.name="lat"', 'attr.name="up"'), 3, "g.graphml:5", "no node has a position", "'lon'"),
    one("-", "g.graphml", changed(GRAPHML, "<edge ", "<hyperedge/><edge "), 3, "g.graphml:7", "hyperedge"),
    one("N14", "g.json", changed(LINKED, '{"id":"a"', '{"id":1').replace('"source":"a"', '"source":"1"'), 3,
        "g.json: edge 1", "text here", "a number at", "g.json: node 1"),
]  # fmt: skip


def written(case, folder):
    for name, content in case.files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder / case.opened if case.opened else folder


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_broken_is_told_with_its_place_and_a_way_out(case, tmp_path):
    before = {}
    path = written(case, tmp_path)
    for file in tmp_path.iterdir():
        before[file] = file.read_bytes()
    with pytest.raises(BbsimError) as caught:
        read_any(path)
    assert caught.value.exit_code == case.exit, str(caught.value)
    problem = caught.value.problems[0]
    assert case.where in problem.where
    assert str(tmp_path) in problem.where
    for words in case.says:
        assert words in str(caught.value)
    assert len(str(problem)) < 700
    assert "\n" not in str(problem)
    assert {file: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_unbroken_files_are_read(tmp_path):
    for text, name in ((GML, "g.gml"), (GRAPHML, "g.graphml"), (GEOJSON, "g.geojson"), (LINKED, "g.json")):
        (tmp_path / name).write_text(text)
        assert len(read_any(tmp_path / name).ids) == 2
    (tmp_path / "nodes.csv").write_text(NODES)
    (tmp_path / "edges.csv").write_text(EDGES)
    assert len(read_any(tmp_path).ids) == 3


def test_all_problems_are_told_at_once_in_file_order(tmp_path):
    nodes = NODES.replace("49.8", "here").replace("900", "many").replace("41.2", "41,2")
    written(
        Case("-", {"nodes.csv": nodes.replace("41,2", '"41,2"'), "edges.csv": EDGES}, 3, "", ()), tmp_path
    )
    with pytest.raises(InputError) as caught:
        read_any(tmp_path)
    assert [p.where.rpartition("/")[2] for p in caught.value.problems] == ["nodes.csv:2:3", "nodes.csv:4:4"]


def test_a_disguised_file_gives_nothing_of_the_file_it_names(tmp_path):
    (tmp_path / "secret.geojson").write_text(GEOJSON.replace('"id":"a"', '"id":"canary"'))
    (tmp_path / "g.geojson").write_text(VRT)
    with pytest.raises(BbsimError) as caught:
        read_any(tmp_path / "g.geojson")
    assert "canary" not in str(caught.value)


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "edges.csv").write_text(EDGES)
    (inside / "nodes.csv").write_text(NODES)
    (inside / "edges.csv").symlink_to(tmp_path / "edges.csv")
    with pytest.raises(BbsimError, match="out of the folder") as caught:
        read_any(inside)
    assert caught.value.exit_code == 5


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "g.gml")
    with pytest.raises(InputError, match="no ordinary file"):
        read_any(tmp_path / "g.gml")


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_any(tmp_path / "g.gml")


def test_files_and_graphs_beyond_the_limits_are_refused(tmp_path, monkeypatch):
    from bbsim.geodata import graph_rows

    with (tmp_path / "g.json").open("wb") as file:
        file.truncate(65 * 2**20)
    with pytest.raises(BbsimError, match="64") as caught:
        read_any(tmp_path / "g.json")
    assert caught.value.exit_code == 5
    monkeypatch.setattr(graph_rows, "MOST_NODES", 1)
    (tmp_path / "h.json").write_text(LINKED)
    with pytest.raises(BbsimError, match=r"2 nodes; the limit is 1 \(about .* GiB") as caught:
        read_any(tmp_path / "h.json")
    assert caught.value.exit_code == 5


def geopackage(folder):
    """A sound GeoPackage of two nodes and a span."""
    import geopandas as gpd
    from shapely import LineString, Point

    path, spots = folder / "g.gpkg", [Point(49.8, 40.4), Point(46.4, 40.7)]
    nodes = gpd.GeoDataFrame({"id": ["a", "b"]}, geometry=spots, crs="EPSG:4326")
    nodes.to_file(path, layer="nodes", driver="GPKG", engine="pyogrio")
    span = gpd.GeoDataFrame({"start": ["a"], "end": ["b"]}, geometry=[LineString(spots)], crs="EPSG:4326")
    span.to_file(path, layer="spans", driver="GPKG", engine="pyogrio")
    return path


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("UPDATE nodes SET geom = NULL WHERE id = 'b'", "no geometry"),
        ("UPDATE nodes SET geom = X'4750' WHERE id = 'b'", "damaged"),
        ("UPDATE nodes SET geom = X'47500001E61000000101' WHERE id = 'b'", "damaged"),
        ("DELETE FROM gpkg_contents WHERE table_name = 'spans'", "'spans' or 'edges'"),
        ("UPDATE gpkg_geometry_columns SET srs_id = -1", "no reference system"),
        ("UPDATE spans SET start = 'x'", "'x', which is no node"),
        ("DELETE FROM spans", "no edges"),
        ("DROP TABLE gpkg_contents", "gpkg_contents"),
    ],
)
def test_a_broken_geopackage_is_told_without_its_sql(tmp_path, statement, says):
    path = geopackage(tmp_path)
    database = sqlite3.connect(path)
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        database.execute(f'DROP TRIGGER "{trigger}"')
    database.execute(statement)
    database.commit()
    database.close()
    with pytest.raises(InputError) as caught:
        read_any(path)
    assert says in str(caught.value)
    assert "SELECT" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_geopackage_is_told(tmp_path, share):
    path = geopackage(tmp_path)
    raw = path.read_bytes()
    path.write_bytes(raw[: int(len(raw) * share)])
    with pytest.raises(InputError) as caught:
        read_any(path)
    assert "SELECT" not in str(caught.value)


@pytest.mark.parametrize("name", ["g.gml", "g.graphml", "g.geojson", "g.json", "g.gpkg", "nodes.csv"])
def test_flipped_and_cut_bytes_end_in_an_answer_or_an_error_of_ours(tmp_path, name):
    texts = {"g.gml": GML, "g.graphml": GRAPHML, "g.geojson": GEOJSON, "g.json": LINKED, "nodes.csv": NODES}
    (tmp_path / "edges.csv").write_text(EDGES)
    raw = geopackage(tmp_path).read_bytes() if name == "g.gpkg" else texts[name].encode()
    rng = random.Random(name)
    codes = []
    for attempt in range(150):
        broken = bytearray(raw)
        for _ in range(1 + attempt % (40 if name == "g.gpkg" else 3)):
            broken[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        if attempt % 5 == 0:
            del broken[rng.randrange(len(raw)) :]
        (tmp_path / name).write_bytes(broken)
        try:
            read_any(tmp_path / name)
        except BbsimError as error:
            codes.append(error.exit_code)
    assert {*codes} <= {3, 5}
    assert len(codes) > 10


def test_reading_opens_no_socket_and_loads_no_driver(tmp_path):
    path = geopackage(tmp_path)
    code = (
        "import socket, sys\n"
        "def refuse(*_, **__): raise SystemExit('a socket was opened')\n"
        "socket.socket.connect = refuse\n"
        "from bbsim.geodata.graphs import read_any\n"
        f"print(len(read_any({str(path)!r}).ids), 'pyogrio' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["2", "False"]
