"""Graphs in XML: GraphML, and the network-design instances of SNDlib."""

from __future__ import annotations

from pathlib import Path

from bbsim.errors import Problem, RefusedError
from bbsim.geodata.graph_rows import RawGraph, Row, check_counts, fault
from bbsim.planning.instances.foreign_text import Element, read_xml
from bbsim.planning.instances.sndlib import NetworkInstance, network_from


def read_xml_graph(path: Path) -> RawGraph:
    """The graph of an XML file; its root decides the format.

    Raises
    ------
    InputError, RefusedError
        for damaged XML, another kind of XML, a document type or entities.
    """
    root = read_xml(path)
    if root.tag == "graphml":
        return _graphml(root, path)
    if root.tag == "network":
        return from_network(network_from(root, path), path, "SNDlib XML")
    where = f"{path}:{root.line}"
    if root.tag == "OGRVRTDataSource":
        raise RefusedError(Problem("disguise", "a GDAL virtual layer, which names other files", where=where))
    kind = {
        "FeatureCollection": " (Geography Markup Language)",
        "kml": " (KML)",
        "gexf": " (GEXF)",
        "osm": " (OpenStreetMap)",
    }.get(root.tag, "")
    message = f"the root is <{root.tag[:60]}>{kind}; wanted <graphml> or SNDlib's <network>"
    raise fault("content", message, where, "Convert it to GraphML, GeoJSON or a pair of CSV files.")


def from_network(network: NetworkInstance, path: Path, form: str) -> RawGraph:
    """The graph of an SNDlib network; capacities and demands are left to the planning functions."""
    graph = RawGraph(path, form, network.name, pixels=network.coordinates == "pixel")
    for i, node in enumerate(network.nodes):
        x, y = network.xy[i].tolist()
        place = [x, y] if x == x and y == y else None
        graph.nodes.append(Row(f"{path}:{network.node_lines[i]}", {"id": node}, place))
    for i, link in enumerate(network.links):
        ends = {"source": network.nodes[network.u[i]], "target": network.nodes[network.v[i]]}
        graph.edges.append(Row(f"{path}:{network.link_lines[i]}", {"id": link, **ends}))
    if len(network.demand):
        graph.skipped.append(f"{len(network.demand)} demands")
    return graph


# ---- GraphML ------------------------------------------------------------------------------------
def _graphml(root: Element, path: Path) -> RawGraph:
    graphs = list(root.all("graph"))
    if len(graphs) != 1:
        raise fault("graphs", f"the file has {len(graphs)} graphs; wanted one", f"{path}:{root.line}")
    names: dict[str, str] = {}
    defaults: dict[str, dict[str, str]] = {"node": {}, "edge": {}}
    for key in root.all("key"):
        name = key.attributes.get("attr.name", key.attributes.get("id", ""))
        names[key.attributes.get("id", "")] = name
        default = key.first("default")
        if default is not None:
            for kind in ("node", "edge"):
                if key.attributes.get("for", "all") in (kind, "all"):
                    defaults[kind][name] = default.text
    body = graphs[0]
    graph = RawGraph(
        path,
        "GraphML",
        path.stem,
        directed=body.attributes.get("edgedefault") == "directed",
        keys_as_ids=True,
    )
    for element in body.children:
        where = f"{path}:{element.line}"
        if element.tag == "hyperedge" or element.first("graph") is not None:
            what = "a hyperedge" if element.tag == "hyperedge" else "a graph inside a node"
            raise fault("nested", f"{what} is not understood; wanted plain nodes and edges", where)
        if element.tag in ("node", "edge"):
            values = {**defaults[element.tag], **_data(element, names)}
            for attribute in ("id", "source", "target"):
                if attribute in element.attributes:
                    values[attribute] = element.attributes[attribute]
            (graph.nodes if element.tag == "node" else graph.edges).append(Row(where, values))
    check_counts(len(graph.nodes), len(graph.edges), path)
    return graph


def _data(element: Element, names: dict[str, str]) -> dict[str, str]:
    """Values of an element's keys, by attribute name; drawing data (with elements inside) is left out."""
    found: dict[str, str] = {}
    for data in element.all("data"):
        key = data.attributes.get("key", "")
        if not data.children:
            found[names.get(key, key)] = data.text
    return found
