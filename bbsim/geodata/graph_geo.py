"""Graphs from maps: GeoJSON, node-link JSON and GeoPackage.

A GeoPackage is a SQLite database and is read as one, read-only and without its views: no driver looks
into the file and decides that it is something else.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bbsim.errors import InputError, Problem, RefusedError
from bbsim.geodata.graph_rows import MOST_EDGES, RawGraph, Row, check_counts, fault, folded, listed, shown
from bbsim.geodata.ofds import graph_of, is_ofds
from bbsim.planning.instances.foreign_text import check_file, read_text

LARGEST_DATABASE_BYTES = 512 * 2**20
_STEPS = 1_000_000  # of SQLite's machine between two looks
_MOST_LOOKS = 2_000
NODE_LAYERS = ("nodes", "node", "places", "cities", "points")
EDGE_LAYERS = ("spans", "edges", "links", "lines", "corridors")


# ---- JSON ---------------------------------------------------------------------------------------
def read_json_graph(path: Path) -> RawGraph:
    """The graph of one JSON file: GeoJSON points and lines, Open Fibre Data, or node-link data."""
    content = _json(path)
    if isinstance(content, dict) and content.get("type") == "FeatureCollection":
        graph = RawGraph(path, "GeoJSON", str(content.get("name") or path.stem))
        for row, kind in _features(content, path):
            (graph.nodes if kind == "Point" else graph.edges).append(row)
    elif is_ofds(content):
        graph = graph_of(content, path)
    elif isinstance(content, dict) and isinstance(content.get("nodes"), list):
        graph = _node_link(content, path)
    else:
        message = "wanted a GeoJSON FeatureCollection, or an object with 'nodes' and 'edges' (or 'links')"
        raise fault("not-a-graph", message, path)
    check_counts(len(graph.nodes), len(graph.edges), path)
    return graph


def read_geojson_pair(nodes: Path, edges: Path, name: str) -> RawGraph:
    """The graph of two GeoJSON files, points in the one and lines in the other."""
    graph = RawGraph(nodes.parent, "GeoJSON", name)
    for path, wanted, rows in ((nodes, "Point", graph.nodes), (edges, "LineString", graph.edges)):
        content = _json(path)
        if not isinstance(content, dict) or content.get("type") != "FeatureCollection":
            raise fault("not-geojson", "wanted a GeoJSON FeatureCollection", path)
        for row, kind in _features(content, path):
            if kind != wanted:
                raise fault("geometry-type", f"saw {kind}, wanted {wanted}", row.where)
            rows.append(row)
    check_counts(len(graph.nodes), len(graph.edges), graph.path)
    return graph


def _json(path: Path) -> Any:
    text = read_text(path, "JSON")
    if text.lstrip()[:1] == "<":
        message = "the content is XML, whatever the name says; wanted JSON"
        raise RefusedError(Problem("disguise", message, where=f"{path}:1"))
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{path}:{error.lineno}:{error.colno}"
        cut = " (is the file cut off?)" if error.pos >= len(text.rstrip()) else ""
        raise fault("bad-json", f"damaged JSON: {error.msg}{cut}", where) from None
    except RecursionError:
        raise RefusedError(Problem("nesting", "nested too deeply", where=str(path))) from None
    except ValueError:  # a whole number of thousands of digits
        raise RefusedError(Problem("digits", "holds a number of too many digits", where=str(path))) from None


def _features(content: dict[str, Any], path: Path) -> Iterator[tuple[Row, str]]:
    features = content.get("features")
    if not isinstance(features, list):
        raise fault("not-geojson", "wanted a list 'features'", path)
    crs = content.get("crs")
    name = str(crs.get("properties", {}).get("name", "")) if isinstance(crs, dict) else ""
    if name and not name.upper().endswith(("CRS84", ":4326")):
        message = f"the coordinates are {shown(name)}; GeoJSON means longitude and latitude (RFC 7946)"
        raise fault("projected", message, path, "Save it again in EPSG:4326.")
    for count, feature in enumerate(features, start=1):
        inside = feature if isinstance(feature, dict) else {}
        values = inside.get("properties")
        values = dict(values) if isinstance(values, dict) else {}
        if "id" not in {folded(column) for column in values} and isinstance(inside.get("id"), str | int):
            values["id"] = inside["id"]
        where = f"{path}: feature {count} ({shown(values.get('id', 'no id'))})"
        geometry = inside.get("geometry")
        if not isinstance(geometry, dict):
            raise fault("null-geometry", "no geometry; wanted a Point or a LineString", where)
        kind, shape = geometry.get("type"), geometry.get("coordinates")
        if kind == "MultiLineString" and isinstance(shape, list) and len(shape) == 1:
            kind, shape = "LineString", shape[0]
        if kind not in ("Point", "LineString"):
            raise fault("geometry-type", f"saw {shown(kind)}, wanted a Point or a LineString", where)
        if not isinstance(shape, list):
            raise fault("geometry", "the coordinates are missing", where)
        yield Row(where, values, shape), kind


def _node_link(content: dict[str, Any], path: Path) -> RawGraph:
    """Node-link data as networkx and collections of topologies write it; ``pos`` is [longitude, latitude]."""
    edges = content.get("edges", content.get("links"))
    if not isinstance(edges, list):
        raise fault("not-a-graph", "there are 'nodes' but no list 'edges' or 'links'", path)
    about = content.get("graph")
    name = about.get("name") if isinstance(about, dict) else None
    graph = RawGraph(path, "node-link JSON", str(name or path.stem))
    graph.directed = content.get("directed") is True
    for kind, entries, rows in (("node", content["nodes"], graph.nodes), ("edge", edges, graph.edges)):
        for count, entry in enumerate(entries, start=1):
            where = f"{path}: {kind} {count}"
            if not isinstance(entry, dict):
                raise fault("not-a-graph", f"saw {shown(entry)}, wanted an object", where)
            values = dict(entry)
            place = values.pop("pos", None) if kind == "node" else None
            rows.append(Row(where, values, place if isinstance(place, list) else None))
    return graph


# ---- GeoPackage ---------------------------------------------------------------------------------
def read_geopackage(path: Path) -> RawGraph:
    """The graph of a GeoPackage: a layer of points and one of lines (or a plain table of edges).

    Layers are found by name (``nodes``; ``spans`` or ``edges``), else by being the only one of their kind.
    Coordinates of another reference system are brought to longitude and latitude.

    Raises
    ------
    InputError, RefusedError
        for a damaged file, layers that are missing or ambiguous, geometry of another kind.
    """
    head = check_file(path, LARGEST_DATABASE_BYTES)
    if not head.startswith(b"SQLite format 3\0"):
        xml = head.lstrip()[:1] == b"<"
        problem = Problem("disguise" if xml else "content", "the content is no GeoPackage", where=str(path))
        raise RefusedError(problem) if xml else InputError(problem)
    address = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    looks = iter(range(_MOST_LOOKS))
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            database.set_progress_handler(lambda: int(next(looks, None) is None), _STEPS)
            return _layers(database, path)
    except (sqlite3.Error, UnicodeDecodeError) as error:  # SQLite may quote bytes of the file
        if "interrupted" in str(error):
            raise RefusedError(Problem("too-big", "reading takes too long", where=str(path))) from None
        raise fault("damaged", "the GeoPackage is damaged or cut off", path) from None


def _layers(database: sqlite3.Connection, path: Path) -> RawGraph:
    tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "gpkg_contents" not in tables:
        raise fault("content", "this SQLite database is no GeoPackage: it has no gpkg_contents", path)
    shapes: dict[str, tuple[str, str, int]] = {}
    if "gpkg_geometry_columns" in tables:
        query = "SELECT table_name, column_name, geometry_type_name, srs_id FROM gpkg_geometry_columns"
        shapes = {row[0]: (row[1], str(row[2]).upper(), row[3]) for row in database.execute(query)}
    named = [row[0] for row in database.execute("SELECT table_name FROM gpkg_contents ORDER BY table_name")]
    layers = [
        name for name in named if name in tables and not name.startswith(("gpkg_", "sqlite_", "rtree_"))
    ]
    points = [name for name in layers if name in shapes and shapes[name][1] == "POINT"]
    lines = [name for name in layers if name in shapes and "LINESTRING" in shapes[name][1]]
    plain = [name for name in layers if name not in shapes and name.casefold() in EDGE_LAYERS]
    nodes = _choose(points, NODE_LAYERS, "a layer of points 'nodes'", layers, path)
    edges = _choose(lines or plain, EDGE_LAYERS, "a layer of lines 'spans' or 'edges'", layers, path)
    graph = RawGraph(path, "GeoPackage", path.stem)
    graph.nodes = _read_layer(database, nodes, shapes.get(nodes), path)
    graph.edges = _read_layer(database, edges, shapes.get(edges), path)
    left = [name for name in layers if name not in (nodes, edges, "layer_styles")]
    graph.skipped += [f"layer {name}" for name in left]
    check_counts(len(graph.nodes), len(graph.edges), path)
    return graph


def _choose(layers: Sequence[str], wanted: Sequence[str], what: str, every: Sequence[str], path: Path) -> str:
    by_name = [name for known in wanted for name in layers if name.casefold() == known]
    if by_name or len(layers) == 1:
        return by_name[0] if by_name else layers[0]
    message = f"wanted {what}; the file has {listed(map(shown, every)) or 'no layer'}"
    raise fault("no-layer", message, path, "Name the layers 'nodes' and 'spans'.")


def _read_layer(
    database: sqlite3.Connection, layer: str, shape: tuple[str, str, int] | None, path: Path
) -> list[Row]:
    quoted = '"' + layer.replace('"', '""') + '"'
    cursor = database.execute(f"SELECT * FROM {quoted} ORDER BY rowid LIMIT {MOST_EDGES + 1}")
    names = [column[0] for column in cursor.description]
    to_degrees = _to_degrees(database, shape[2], f"{path}: layer {layer}") if shape else None
    rows = []
    for count, values in enumerate(cursor, start=1):
        row = dict(zip(names, values, strict=True))
        where = f"{path}: {layer}: feature {row.get('fid', count)}"
        place = _coordinates(row.pop(shape[0], None), to_degrees, where) if shape else None
        plain = {name: value for name, value in row.items() if not isinstance(value, bytes)}
        rows.append(Row(where, plain, place))
    return rows


def _coordinates(blob: Any, to_degrees: Any, where: str) -> list[Any]:
    """A point's or a line's coordinates from the bytes of a geometry column."""
    from shapely import GEOSException, from_wkb, transform

    if blob is None:
        raise fault("null-geometry", "no geometry", where)
    try:
        geometry = from_wkb(_wkb(blob))
    except (GEOSException, ValueError):
        raise fault("geometry", "the geometry is damaged", where) from None
    if geometry.geom_type == "MultiLineString" and len(geometry.geoms) == 1:
        geometry = geometry.geoms[0]
    if geometry.geom_type not in ("Point", "LineString") or geometry.is_empty:
        seen = f"an empty {geometry.geom_type}" if geometry.is_empty else geometry.geom_type
        raise fault("geometry-type", f"saw {seen}, wanted points or lines", where)
    if to_degrees is not None:
        geometry = transform(geometry, to_degrees)
    points = [[float(x), float(y)] for x, y, *_ in geometry.coords]
    return points[0] if geometry.geom_type == "Point" else points


def _wkb(blob: Any) -> bytes:
    """The well-known binary inside a GeoPackage geometry (OGC 12-128r19, clause 2.1.3)."""
    if not isinstance(blob, bytes) or blob[:2] != b"GP" or len(blob) < 8:
        raise ValueError("no GeoPackage geometry")
    envelope = (blob[3] >> 1) & 0b111
    if envelope > 4:
        raise ValueError("unknown envelope")
    return blob[8 + (0, 32, 48, 48, 64)[envelope] :]


def _to_degrees(database: sqlite3.Connection, system: int, where: str) -> Any:
    """What turns coordinates of a reference system into longitude and latitude; None if they are such."""
    if system == 4326:
        return None
    import numpy as np
    from pyproj import CRS, Transformer
    from pyproj.exceptions import ProjError

    query = "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys"
    found = database.execute(f"{query} WHERE srs_id = ?", (system,)).fetchone()
    if found is None or system in (-1, 0):
        raise fault("no-crs", "the layer has no reference system", where, "Save it in EPSG:4326.")
    organization, code, definition = found
    try:
        known = str(organization).upper() == "EPSG"
        crs = CRS.from_epsg(int(code)) if known else CRS.from_wkt(str(definition))
        transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except (ProjError, ValueError, TypeError):
        message = f"the reference system {shown(organization)} {shown(code)} is not known"
        raise fault("no-crs", message, where, "Save it in EPSG:4326.") from None
    return lambda xy: np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))
