"""A graph in any of the formats people have is the same country, and what was filled in is told."""

from __future__ import annotations

import json
import sqlite3

import networkx as nx
import pytest
from bbsim.country import Country
from bbsim.errors import InputError
from bbsim.geodata.graphs import read_any, read_country
from pyproj import Geod

PLACES = {
    "baku": (49.892, 40.377, 2000),
    "ganja": (46.361, 40.682, 330),
    "shaki": (47.170, 41.192, 0),
    "lankaran": (48.851, 38.754, 50),
}
EDGES = [("baku", "ganja", 360.0), ("ganja", "shaki", None), ("baku", "lankaran", 265.0)]
STRAIGHT_KM = {(a, b): Geod(ellps="WGS84").inv(*PLACES[a][:2], *PLACES[b][:2])[2] / 1000 for a, b, _ in EDGES}


# ---- the same graph in every format --------------------------------------------------------------
def as_csv(folder):
    folder = folder / "graph"
    folder.mkdir()
    nodes = "".join(f"{name},{lon},{lat},{people}\n" for name, (lon, lat, people) in PLACES.items())
    (folder / "nodes.csv").write_text("id,lon,lat,population\n" + nodes)
    edges = "".join(f"{a},{b},{'' if km is None else km}\n" for a, b, km in EDGES)
    (folder / "edges.csv").write_text("source,target,length_km\n" + edges)
    return folder


def as_networkx(kind=nx.Graph):
    graph = kind()
    for name, (lon, lat, people) in PLACES.items():
        graph.add_node(name, Longitude=lon, Latitude=lat, population=people)
    for a, b, km in EDGES:
        graph.add_edge(a, b, **({} if km is None else {"length_km": km}))
    return graph


def as_graphml(folder):
    nx.write_graphml(as_networkx(), folder / "graph.graphml")
    return folder / "graph.graphml"


def as_gml(folder):
    names = list(PLACES)
    text = 'Creator "by hand"\ngraph [\n  label "graph"\n  directed 0\n'
    for name, (lon, lat, people) in PLACES.items():
        place = f"Longitude {lon} Latitude {lat} population {people}"
        text += f'  node [ id "{name}" label "{name}" {place} graphics [ x 3 y 4 ] ]\n'
    for a, b, km in EDGES:
        assert {a, b} <= set(names)
        text += f'  edge [ source "{a}" target "{b}"{"" if km is None else f" length_km {km}"} ]\n'
    (folder / "graph.gml").write_text(text + "]\n")
    return folder / "graph.gml"


def feature(kind, coordinates, **properties):
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def features():
    points = [feature("Point", [lon, lat], id=n, pop=people) for n, (lon, lat, people) in PLACES.items()]
    lines = [
        feature("LineString", [list(PLACES[a][:2]), list(PLACES[b][:2])], start=a, end=b, length_km=km)
        for a, b, km in EDGES
    ]
    return points, lines


def collection(path, found):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": found}))
    return path


def as_geojson(folder):
    points, lines = features()
    return collection(folder / "graph.geojson", lines + points)


def as_two_geojson(folder):
    folder = folder / "graph"
    folder.mkdir()
    points, lines = features()
    collection(folder / "nodes.geojson", points)
    collection(folder / "spans.geojson", lines)
    return folder


def as_node_link(folder):
    nodes = [{"id": n, "pos": [lon, lat], "population": people} for n, (lon, lat, people) in PLACES.items()]
    edges = [{"source": a, "target": b, **({} if km is None else {"dist": km})} for a, b, km in EDGES]
    (folder / "graph.json").write_text(json.dumps({"graph": {}, "nodes": nodes, "edges": edges}))
    return folder / "graph.json"


def as_geopackage(folder, crs="EPSG:4326", layers=("nodes", "spans")):
    import geopandas as gpd
    from shapely import LineString, Point

    columns = {"id": list(PLACES), "population": [people for *_, people in PLACES.values()]}
    points = [Point(lon, lat) for lon, lat, _ in PLACES.values()]
    ends = {"start": [a for a, *_ in EDGES], "end": [b for _, b, _ in EDGES]}
    lengths = {"length_km": [km for *_, km in EDGES]}
    lines = [LineString([PLACES[a][:2], PLACES[b][:2]]) for a, b, _ in EDGES]
    path = folder / "graph.gpkg"
    for layer, data, shapes in zip(layers, (columns, ends | lengths), (points, lines), strict=True):
        frame = gpd.GeoDataFrame(data, geometry=shapes, crs="EPSG:4326").to_crs(crs)
        frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio")
    return path


FORMATS = [
    as_csv, as_graphml, as_gml, as_geojson, as_two_geojson, as_node_link, as_geopackage,
]  # fmt: skip


@pytest.fixture(params=FORMATS, ids=lambda make: make.__name__.removeprefix("as_"))
def country(request, tmp_path):
    return read_country(request.param(tmp_path))


def spans_of(country):
    ends = zip(country.spans["start"], country.spans["end"], country.km.tolist(), strict=True)
    return {tuple(sorted((a, b))): km for a, b, km in ends}


def test_nodes_people_and_places_are_those_of_the_file(country):
    assert list(country.ids) == sorted(PLACES)
    assert country.population.tolist() == [PLACES[name][2] for name in country.ids]
    assert country.node_xy.tolist() == [list(PLACES[name][:2]) for name in country.ids]


def test_lengths_are_the_given_ones_else_geodesic(country):
    found = spans_of(country)
    for a, b, km in EDGES:
        wanted = STRAIGHT_KM[a, b] if km is None else km
        assert found[tuple(sorted((a, b)))] == pytest.approx(wanted, abs=1e-5)


def test_people_make_cities_and_the_biggest_is_the_gateway(country):
    assert dict(zip(country.ids, country.kind, strict=True)) == {
        "baku": "city", "ganja": "city", "lankaran": "city", "shaki": "junction",
    }  # fmt: skip
    assert [n for n, gate in zip(country.ids, country.nodes["gateway"], strict=True) if gate] == ["baku"]
    assert country.regions == ["graph"]


def test_what_was_filled_in_is_told(country):
    told = " ".join(country.doubts)
    assert "1 of 3 lengths" in told
    assert "'baku', which has the most people" in told
    assert "terrain 'plain'" in told


def test_it_is_written_as_a_pack_and_read_back_the_same(country, tmp_path):
    country.write(tmp_path / "pack")
    again = read_any(tmp_path / "pack")
    assert again.digest == country.digest
    assert [a.tolist() for a in again.span_xy] == [b.tolist() for b in country.span_xy]


def test_it_can_be_planned(country):
    from bbsim.planning import steiner_tree

    ends = [country.node_index["shaki"], country.node_index["lankaran"]]
    assert steiner_tree(country.u, country.v, country.km, ends).cost == pytest.approx(country.km.sum())


# ---- GraphML and GML -----------------------------------------------------------------------------
def test_parallel_edges_are_kept_though_networkx_numbers_them_by_pair(tmp_path):
    graph = as_networkx(nx.MultiGraph)
    graph.add_edge("baku", "ganja", length_km=400.0)
    nx.write_graphml(graph, tmp_path / "g.graphml")
    country = read_country(tmp_path / "g.graphml")
    ids = dict(zip(country.span_ids, country.km.tolist(), strict=True))
    assert len(ids) == 4
    assert ids["baku--ganja"] == 360.0
    assert ids["baku--ganja--2"] == 400.0


def test_both_directions_of_a_directed_graph_are_one_corridor(tmp_path):
    graph = as_networkx().to_directed()
    nx.write_graphml(graph, tmp_path / "g.graphml")
    country = read_country(tmp_path / "g.graphml")
    assert len(country.span_ids) == 3
    assert any("opposite" in doubt for doubt in country.doubts)


def test_graphml_defaults_hold_where_a_node_says_nothing(tmp_path):
    (tmp_path / "g.graphml").write_text(
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        '<key id="x" for="node" attr.name="lon"/><key id="y" for="node" attr.name="lat"/>'
        '<key id="p" for="node" attr.name="population"><default>7</default></key>'
        '<graph edgedefault="undirected">'
        '<node id="a"><data key="x">49</data><data key="y">40</data></node>'
        '<node id="b"><data key="x">49.5</data><data key="y">40</data><data key="p">8</data></node>'
        '<edge source="a" target="b"/></graph></graphml>'
    )
    assert read_country(tmp_path / "g.graphml").population.tolist() == [7, 8]


GML = """graph [
  directed 0
  node [ id 0 label "None" Longitude 24.75 Latitude 59.43 ]
  node [ id 1 label "None" Longitude 26.72 Latitude 58.38 ]
  node [ id 2 label "P&#228;rnu" ]
  edge [ source 0 target 1 LinkSpeed "10" ]
  edge [ source 0 target 2 ]
  edge [ source 2 target 1 ]
]
"""


def test_gml_with_repeated_labels_is_read_by_ids(tmp_path):
    with pytest.raises(nx.NetworkXError, match="duplicated"):
        nx.parse_gml(GML)
    (tmp_path / "zoo.gml").write_text(GML)
    country = read_country(tmp_path / "zoo.gml")
    assert list(country.ids) == ["0", "1", "2"]
    assert country.nodes["name"] == ["None", "None", "Pärnu"]


def test_a_node_without_a_position_stands_amid_its_neighbours_and_is_named(tmp_path):
    (tmp_path / "zoo.gml").write_text(GML)
    country = read_country(tmp_path / "zoo.gml")
    geod = Geod(ellps="WGS84")
    a, b = (geod.inv(*country.node_xy[2], *country.node_xy[i])[2] for i in (0, 1))
    assert a == pytest.approx(b, rel=0.01)
    assert any("no position" in doubt and "2" in doubt for doubt in country.doubts)


def test_gml_written_by_networkx_comes_back(tmp_path):
    graph = nx.relabel_nodes(as_networkx(), {name: f"{name} ə «x»" for name in PLACES})
    nx.write_gml(graph, tmp_path / "g.gml")
    country = read_country(tmp_path / "g.gml")
    assert sorted(country.nodes["name"]) == sorted(f"{name} ə «x»" for name in PLACES)
    assert len(country.span_ids) == 3


# ---- GeoJSON and GeoPackage ----------------------------------------------------------------------
def test_a_drawn_line_is_measured_along_its_course_and_runs_from_start_to_end(tmp_path):
    points, _ = features()
    course = [list(PLACES["ganja"][:2]), [48.0, 41.5], list(PLACES["baku"][:2])]
    lines = [feature("LineString", course, start="baku", end="ganja")]
    country = read_country(collection(tmp_path / "g.geojson", points[:2] + lines))
    lon, lat = zip(*course, strict=True)
    assert country.km[0] == pytest.approx(Geod(ellps="WGS84").line_length(lon, lat) / 1000, abs=1e-5)
    assert country.span_xy[0].tolist() == course[::-1]


def test_lines_without_names_of_ends_join_the_nodes_they_end_at(tmp_path):
    points, lines = features()
    for line in lines:
        line["properties"] = {}
    country = read_country(collection(tmp_path / "g.geojson", points + lines))
    assert sorted(spans_of(country)) == sorted(tuple(sorted((a, b))) for a, b, _ in EDGES)


def test_a_line_that_ends_far_from_its_node_is_told(tmp_path):
    points, lines = features()
    lines[0]["geometry"]["coordinates"][0] = [49.2, 40.2]
    country = read_country(collection(tmp_path / "g.geojson", points + lines))
    assert any("more than 5 km from their nodes" in doubt for doubt in country.doubts)


def test_a_geopackage_in_metres_is_brought_to_degrees(tmp_path):
    country = read_country(as_geopackage(tmp_path, crs="EPSG:32639"))
    for name, (x, y) in zip(country.ids, country.node_xy.tolist(), strict=True):
        assert (x, y) == pytest.approx(PLACES[name][:2], abs=1e-8)


def test_geopackage_layers_of_other_names_are_found_by_their_kind(tmp_path):
    assert len(read_country(as_geopackage(tmp_path, layers=("stations", "tracks"))).ids) == 4


def test_a_geopackage_needs_no_ending(tmp_path):
    path = as_geopackage(tmp_path).rename(tmp_path / "graph.db")
    assert len(read_country(path).ids) == 4


def test_views_of_a_geopackage_are_not_run(tmp_path):
    path = as_geopackage(tmp_path)
    with sqlite3.connect(path) as database:
        database.execute("CREATE VIEW aaa AS SELECT writefile('x', 'y') AS id")
        database.execute("INSERT INTO gpkg_contents (table_name, data_type) VALUES ('aaa', 'features')")
    database.close()
    assert len(read_country(path).ids) == 4


# ---- node-link -----------------------------------------------------------------------------------
def test_node_link_data_of_networkx_is_read_with_its_links(tmp_path):
    data = nx.node_link_data(as_networkx(nx.MultiGraph), edges="links")
    (tmp_path / "g.json").write_text(json.dumps(data))
    assert len(read_country(tmp_path / "g.json").span_ids) == 3


def test_whole_numbers_are_ids_as_well(tmp_path):
    nodes = [{"id": i, "pos": [49 + i, 40], "name": f"Place {i}"} for i in range(3)]
    text = json.dumps({"nodes": nodes, "edges": [{"source": i, "target": i + 1} for i in range(2)]})
    (tmp_path / "g.json").write_text(text)
    country = read_country(tmp_path / "g.json")
    assert list(country.ids) == ["0", "1", "2"]
    assert country.nodes["name"][2] == "Place 2"


# ---- SNDlib --------------------------------------------------------------------------------------
SNDLIB = """<?xml version="1.0" encoding="ISO-8859-1"?>
<network xmlns="http://sndlib.zib.de/network" version="1.0">
 <networkStructure>
  <nodes coordinatesType="geographical">
   <node id="Aachen"><coordinates><x>6.04</x><y>50.76</y></coordinates></node>
   <node id="Berlin"><coordinates><x>13.48</x><y>52.52</y></coordinates></node>
  </nodes>
  <links><link id="L1"><source>Aachen</source><target>Berlin</target></link></links>
 </networkStructure>
 <demands><demand id="D1">
  <source>Aachen</source><target>Berlin</target><demandValue>5</demandValue>
 </demand></demands>
</network>
"""
NATIVE = """?SNDlib native format; type: network; version: 1.0
NODES (
  Aachen ( 6.04 50.76 )
  Berlin ( 13.48 52.52 )
)
LINKS (
  L1 ( Aachen Berlin ) 0.00 0.00 0.00 0.00 ( 40.00 1.00 )
)
DEMANDS (
)
"""


@pytest.mark.parametrize(("name", "text"), [("net.xml", SNDLIB), ("net.txt", NATIVE)])
def test_an_sndlib_network_is_a_country_without_people(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    country = read_country(tmp_path / name)
    assert (list(country.ids), list(country.span_ids)) == (["Aachen", "Berlin"], ["L1"])
    assert country.kind == ["city", "city"]
    assert any("no population" in doubt for doubt in country.doubts)


def test_an_sndlib_drawing_in_pixels_is_refused_with_a_way_out(tmp_path):
    (tmp_path / "net.xml").write_text(SNDLIB.replace("geographical", "pixel"))
    with pytest.raises(InputError, match=r"pixels.*read_network"):
        read_country(tmp_path / "net.xml")


def test_demands_are_left_out_and_that_is_told(tmp_path):
    (tmp_path / "net.xml").write_text(SNDLIB)
    assert any("1 demands" in doubt for doubt in read_country(tmp_path / "net.xml").doubts)


# ---- read_any ------------------------------------------------------------------------------------
def test_a_pack_folder_is_read_as_a_pack(tmp_path):
    read_country(as_csv(tmp_path)).write(tmp_path / "pack")
    assert read_any(tmp_path / "pack").digest == Country.read(tmp_path / "pack").digest


def test_a_table_finds_its_pair(tmp_path):
    folder = as_csv(tmp_path)
    assert read_any(folder / "nodes.csv").digest == read_any(folder).digest
