"""A run's network in the formats of other tools, as it stands at the end of the run.

One function a format behind one door, `export`: each writes one file (GeoParquet two, for its one kind of
geometry a file) whose content follows from the run alone.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bbsim.geodata.geopackage import run_nodes, run_spans, write_network
from bbsim.geodata.ofds import write_ofds
from bbsim.run import Run

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx

STATUS_COLOURS = {  # KML's aabbggrr
    "operational": "ffb27200", "inactive": "ffe9b456", "underConstruction": "ff009fe6", "planned": "ff9a9a9a",
    "proposed": "ffd2d9dc",
}  # fmt: skip


def export(run: Run, form: str, folder: Path) -> list[Path]:
    """Write a run's network in one format into a folder; returns the files.

    Parameters
    ----------
    form : one of `FORMS`.
    """
    return FORMS[form](run, folder)


def run_graph(run: Run) -> nx.MultiGraph[str]:
    """The network as a networkx MultiGraph with plain values: missing ones are left out, days are texts."""
    import networkx as nx

    graph: nx.MultiGraph[str] = nx.MultiGraph(name=run.scenario.title or run.country.name)
    nodes, spans = run_nodes(run), run_spans(run)
    for row, point in zip(_plain(nodes), nodes.geometry, strict=True):
        node = row.pop("id")
        graph.add_node(node, **row, lon=float(point.x), lat=float(point.y))
    for row in _plain(spans):
        graph.add_edge(row.pop("start"), row.pop("end"), key=row["id"], **row)
    return graph


def _plain(frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    columns = [name for name in frame.columns if name != "geometry"]
    found = []
    for values in zip(*(frame[name].tolist() for name in columns), strict=True):
        row = {}
        for name, value in zip(columns, values, strict=True):
            cleaned = _clean(value)
            if cleaned is not None:
                row[name] = cleaned
        found.append(row)
    return found


def _clean(value: Any) -> Any:
    import pandas as pd

    if isinstance(value, bool | np.bool_):
        return bool(value)
    if pd.isna(value) or value == "":
        return None
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, np.generic):
        return value.item()
    return value


def _graphml(run: Run, folder: Path) -> list[Path]:
    import networkx as nx

    path = folder / "network.graphml"
    nx.write_graphml(run_graph(run), path, named_key_ids=True)
    return [path]


def _gml(run: Run, folder: Path) -> list[Path]:
    import networkx as nx

    path = folder / "network.gml"
    graph = run_graph(run)
    for _, data in graph.nodes(data=True):  # GML's keys are letters and digits; truth is 0 or 1 there
        _gml_keys(data)
    for _, _, data in graph.edges(data=True):
        _gml_keys(data)
    nx.write_gml(graph, path)
    return [path]


def _gml_keys(data: dict[str, Any]) -> None:
    for key in list(data):
        value = data.pop(key)
        if key != "id":  # the format's own word for its numbering
            data[key] = int(value) if isinstance(value, bool) else value


def _kml(run: Run, folder: Path) -> list[Path]:
    from xml.sax.saxutils import escape

    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>',
    ]
    lines.append(f"<name>{escape(run.scenario.title or run.country.name)}</name>")
    for status, colour in STATUS_COLOURS.items():
        style = f"<LineStyle><color>{colour}</color><width>3</width></LineStyle>"
        lines.append(f'<Style id="{status}">{style}</Style>')
    spans, nodes = run_spans(run), run_nodes(run)
    for status in STATUS_COLOURS:
        lines.append(f"<Folder><name>{status}</name>")
        for row, line in zip(_plain(spans), spans.geometry, strict=True):
            if row["status"] == status:
                xy = " ".join(f"{x:.6f},{y:.6f}" for x, y in line.coords)
                day = row.get("in_service")
                when = f"<TimeSpan><begin>{day}</begin></TimeSpan>" if day else ""
                told = f"{row['length_km']:.1f} km, {row['medium']}"
                lines.append(
                    f"<Placemark><name>{escape(row['id'])}</name><description>{told}</description>{when}"
                    f"<styleUrl>#{status}</styleUrl><LineString><coordinates>{xy}</coordinates></LineString>"
                    "</Placemark>"
                )
        lines.append("</Folder>")
    lines.append("<Folder><name>places</name>")
    for row, point in zip(_plain(nodes), nodes.geometry, strict=True):
        if row["kind"] not in ("junction", "border"):
            day = row.get("in_service")
            told = f"{row.get('population', 0):,} people, " + (
                f"on fibre since {day}" if day else "not on fibre"
            )
            lines.append(
                f"<Placemark><name>{escape(str(row.get('name', row['id'])))}</name>"
                f"<description>{told}</description>"
                f"<Point><coordinates>{point.x:.6f},{point.y:.6f}</coordinates></Point></Placemark>"
            )
    lines.append("</Folder></Document></kml>")
    path = folder / "network.kml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [path]


def _geoparquet(run: Run, folder: Path) -> list[Path]:
    paths = [folder / "nodes.geo.parquet", folder / "spans.geo.parquet"]
    for path, frame in zip(paths, (run_nodes(run), run_spans(run)), strict=True):
        frame.to_parquet(path, index=False)
    return paths


def _ofds(run: Run, folder: Path) -> list[Path]:
    path = folder / "network.ofds.json"
    write_ofds(run, path)
    return [path]


def _gpkg(run: Run, folder: Path) -> list[Path]:
    path = folder / "network.gpkg"
    write_network(run, path)
    return [path]


FORMS: dict[str, Callable[[Run, Path], list[Path]]] = {
    "geoparquet": _geoparquet,
    "gml": _gml,
    "gpkg": _gpkg,
    "graphml": _graphml,
    "kml": _kml,
    "ofds": _ofds,
}
