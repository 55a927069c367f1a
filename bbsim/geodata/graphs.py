"""Bring your own graph: a file of nodes and edges read as a country.

GraphML, GML, GeoJSON, GeoPackage, Open Fibre Data, pairs of CSV tables, node-link JSON and SNDlib networks
are understood.
A file's content is looked at before its name is believed; nothing else is opened, no driver chooses for
us, and no network is used. What a country pack states and a graph leaves out is filled by rules that
`Country.doubts` tells.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from bbsim.country import Country, Layer
from bbsim.errors import InputError, Problem, RefusedError, did_you_mean
from bbsim.geodata.graph_country import to_country
from bbsim.geodata.graph_geo import read_geojson_pair, read_geopackage, read_json_graph
from bbsim.geodata.graph_rows import RawGraph, fault, listed
from bbsim.geodata.graph_text import read_csv_pair, read_gml, read_native
from bbsim.geodata.graph_xml import read_xml_graph
from bbsim.planning.instances.foreign_text import check_file
from bbsim.text import printable

__all__ = ["read_any", "read_country"]

READERS = {
    ".graphml": read_xml_graph,
    ".xml": read_xml_graph,
    ".gml": read_gml,
    ".geojson": read_json_graph,
    ".json": read_json_graph,
    ".gpkg": read_geopackage,
    ".txt": read_native,
}
NODE_FILES = ("nodes", "node", "places", "cities")
EDGE_FILES = ("edges", "spans", "links", "edge")


def read_any(path: Path | str) -> Country:
    """The country of a pack folder, or of a graph file or folder.

    Raises
    ------
    InputError, RefusedError
        as `Country.read` and `read_country`.
    """
    path = Path(path)
    return Country.read(path) if (path / "country.toml").is_file() else read_country(path)


def read_country(path: Path | str) -> Country:
    """What country does this graph describe?

    Parameters
    ----------
    path : a ``.graphml``, ``.gml``, ``.geojson``, ``.json``, ``.gpkg``, ``.xml`` or ``.txt`` (SNDlib) file;
        a table ``nodes.csv`` with ``edges.csv`` beside it; or a folder with ``nodes`` and ``edges`` (or
        ``spans``) as CSV or GeoJSON.

    Returns
    -------
    Country
        Nodes need an id and a position (``lon``/``lat`` in degrees under the usual names, or geometry).
        ``population`` is optional: a node with people is a ``city``, one without a ``junction``; if the
        file has no such column, every node is a city. Edges need their ends; a missing ``length_km`` is
        the geodesic along the line. Terrain is plain and the route a road unless told; one region. The
        gateway is the marked node or the biggest one. All of it is told in `Country.doubts`.

    Raises
    ------
    InputError
        with every problem, each with file and line (or feature): doubled ids, loops, ends that are no
        node, positions that are pixels, lengths below the straight line, damaged files.
    RefusedError
        for XML with a document type, packed files, content of another kind than the name says, sizes
        beyond the limits, and links that leave the folder.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "nodes.csv").write_text("id,lon,lat,population\\na,49.8,40.4,900\\nb,46.4,40.7,300\\n")
    >>> _ = (folder / "edges.csv").write_text("source,target,length_km\\na,b,320\\n")
    >>> country = read_country(folder)
    >>> country.ids, country.km.tolist(), country.kind
    (['a', 'b'], [320.0], ['city', 'city'])
    """
    path = Path(path)
    if path.is_dir():
        files = _pair(path)
    elif path.suffix.casefold() == ".csv":
        check_file(path)
        files = _pair(path.parent)
    else:
        files = (path,)
    graph = _read(path, files)
    return to_country(graph, tuple(_layer(file, graph.form) for file in files))


def _read(path: Path, files: tuple[Path, ...]) -> RawGraph:
    if len(files) == 2:
        folder = path if path.is_dir() else path.parent
        reader = read_csv_pair if files[0].suffix.casefold() == ".csv" else read_geojson_pair
        return reader(files[0], files[1], folder.resolve().name)
    head = check_file(path, 2**40)  # each reader has its own limit of size
    suffix = path.suffix.casefold()
    by_name = READERS.get(suffix)
    if by_name is not None:
        return by_name(path)
    if head.startswith(b"SQLite format 3\0"):
        return read_geopackage(path)
    message = f"'{printable(path.name)}' has an ending that is no known graph format"
    known = f"{', '.join(sorted(READERS))}, or nodes.csv with edges.csv"
    hint = did_you_mean(suffix, sorted(READERS)) if suffix else ""
    raise fault("format", message, path, hint if "mean" in hint else f"Known: {known}.")


def _pair(folder: Path) -> tuple[Path, ...]:
    """The two files of a folder that hold nodes and edges."""
    here = sorted(entry.name for entry in folder.iterdir() if entry.suffix.casefold() in (".csv", ".geojson"))
    for suffix in (".csv", ".geojson"):
        by_stem = {Path(name).stem.casefold(): name for name in here if name.casefold().endswith(suffix)}
        found = [
            next((by_stem[stem] for stem in stems if stem in by_stem), None)
            for stems in (NODE_FILES, EDGE_FILES)
        ]
        if found[0] and found[1]:
            pair = (folder / found[0], folder / found[1])
            for file in pair:
                if not file.resolve().is_relative_to(folder.resolve()):
                    message = f"{file.name} is a link that leads out of the folder"
                    raise RefusedError(Problem("path-outside", message, where=str(file)))
            return pair
        if found[0] or found[1]:
            missing = f"edges{suffix}" if found[0] else f"nodes{suffix}"
            message = f"the folder has {found[0] or found[1]} but no {missing}"
            raise fault("no-layer", message, folder, f"There: {listed(map(printable, here))}.")
    message = "the folder is no country pack (no country.toml) and has no nodes.csv with edges.csv"
    hint = f"There: {listed(map(printable, here))}." if here else ""
    raise InputError(Problem("no-country", message, where=str(folder), hint=hint))


def _layer(file: Path, form: str) -> Layer:
    with file.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return Layer(file.name, f"Graph ({form})", "a file of the user", "not stated", digest)
