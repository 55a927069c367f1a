"""The Open Fibre Data Standard: a run's network written in it, and any network of it read as a graph.

The words are the standard's own (version 0.4): nodes, spans, phases, status, readyForServiceDate. What a span
is at the end of the run is its status; what was planned and not begun says so.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from bbsim.geodata.geopackage import run_nodes, run_spans
from bbsim.geodata.graph_rows import RawGraph, Row, fault, shown
from bbsim.run import Run

SCHEMA = "https://standard.ofds.info/en/0__4__0/network-schema.json"
CRS = {
    "name": "urn:ogc:def:crs:OGC::CRS84",
    "uri": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
}
DIGITS = 6
OUTSIDE = {"id": "none", "name": "Not in a phase"}


def network_package(run: Run) -> dict[str, Any]:
    """A run's network as a network package of the standard.

    Statuses are those at the end of the run, ``readyForServiceDate`` the first day of light: what stands from
    the start has none. Capacities are Gbit/s, lengths km. The network's id follows from the run's digest, so
    that the same run gives the same package.
    """
    return {"networks": [_network(run)]}


def write_ofds(run: Run, path: Path) -> None:
    """Write `network_package` as JSON, one node or span a line."""
    network = network_package(run)["networks"][0]
    parts = []
    for key, value in network.items():
        if key in ("nodes", "spans"):
            rows = ",\n".join(_json(row) for row in value)
            parts.append(f"{_json(key)}:[\n{rows}\n]")
        else:
            parts.append(f"{_json(key)}:{_json(value)}")
    inside = ",\n".join(parts)
    text = f'{{"networks":[{{\n{inside}\n}}]}}\n'
    path.write_text(text, encoding="utf-8")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _network(run: Run) -> dict[str, Any]:
    scenario, country = run.scenario, run.country
    phase_of_span, phase_of_node = _phases(run)
    phases = [{"id": phase.name, "name": phase.name} for phase in scenario.phases]
    used = {*phase_of_span.values(), *phase_of_node.values()}
    phases += [
        {"id": name, "name": name} for name in sorted(used - {phase.name for phase in scenario.phases})
    ]
    title = scenario.title or country.name
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"bbsim:{run.digest}")),
        "name": title,
        "nodes": _nodes(run, phase_of_node),
        "spans": _spans(run, phase_of_span),
        "phases": phases,
        "publisher": {"name": f"bbsim run {run.digest[:8]}"},
        "collectionDate": scenario.end.isoformat(),
        "crs": CRS,
        "accuracyDetails": "A simulated network: statuses and dates are forecasts. "
        + " ".join(f"{layer.title}: {layer.licence}." for layer in country.layers),
        "language": "en",
        "links": [{"href": SCHEMA, "rel": "describedby"}],
    }


def _phases(run: Run) -> tuple[dict[str, str], dict[str, str]]:
    """The phase of the first project that takes each span and each node."""
    spans: dict[str, str] = {}
    nodes: dict[str, str] = {}
    table = run.tables["projects"]
    for phase, some, places in zip(table["phase"], table["spans"], table["nodes"], strict=True):
        for span in some:
            spans.setdefault(str(span), str(phase))
        for node in places:
            nodes.setdefault(str(node), str(phase))
    return {k: v for k, v in spans.items() if v}, {k: v for k, v in nodes.items() if v}


def _nodes(run: Run, phase_of: Mapping[str, str]) -> list[dict[str, Any]]:
    frame = run_nodes(run)
    at_work = _at_work(run)
    rows = []
    for row in frame.itertuples():
        node = str(row.id)
        status = "operational" if row.on_fibre else at_work.get(node, "proposed")
        found: dict[str, Any] = {"id": node}
        if row.name:
            found["name"] = str(row.name)
        if node in phase_of:
            found["phase"] = {"id": phase_of[node], "name": phase_of[node]}
        found["status"] = status
        point = row.geometry
        found["location"] = {"type": "Point", "coordinates": [round(point.x, DIGITS), round(point.y, DIGITS)]}
        if row.region:
            found["address"] = {"region": str(row.region)}
        found["accessPoint"] = bool(run.country.is_place[run.country.node_index[node]])
        rows.append(found)
    return rows


def _at_work(run: Run) -> dict[str, str]:
    """What is planned or being built at each node that is not yet served."""
    table = run.tables["projects"]
    found: dict[str, str] = {}
    for started, nodes in zip(table["started"], table["nodes"], strict=True):
        for node in nodes:
            found.setdefault(str(node), "planned" if _day(started) is None else "underConstruction")
    return found


def _spans(run: Run, phase_of: Mapping[str, str]) -> list[dict[str, Any]]:
    rows = []
    for row in run_spans(run).itertuples():
        span = str(row.id)
        found: dict[str, Any] = {"id": span}
        if span in phase_of:
            found["phase"] = {"id": phase_of[span], "name": phase_of[span]}
        found["status"] = str(row.status)
        ready = _day(row.in_service)
        if ready is not None:
            found["readyForServiceDate"] = ready.isoformat()
        found["start"], found["end"] = str(row.start), str(row.end)
        found["directed"] = False
        line = [[round(x, DIGITS), round(y, DIGITS)] for x, y in row.geometry.coords]
        found["route"] = {"type": "LineString", "coordinates": line}
        found["transmissionMedium"] = ["fibre"]
        if row.medium in ("buried", "aerial"):
            found["deployment"] = ["aboveGround" if row.medium == "aerial" else "belowGround"]
        else:
            found["cableType"] = str(row.medium)
        count = getattr(row, "fibre_count", None)
        if isinstance(count, int) and count > 0:
            found["fibreCount"] = count
        found["fibreLength"] = round(float(row.length_km), 3)
        if row.capacity_gbps == row.capacity_gbps and row.capacity_gbps > 0:  # not missing
            found["capacity"] = round(float(row.capacity_gbps), 3)
        rows.append(found)
    return rows


def _day(value: Any) -> date | None:
    """A date, or None for whatever a table says where there is none."""
    import pandas as pd

    if value is None or pd.isna(value):
        return None
    return pd.Timestamp(value).date()


# ---- reading ------------------------------------------------------------------------------------
def is_ofds(content: Any) -> bool:
    """Whether JSON content is a network of the standard, alone or in a package."""
    return isinstance(content, dict) and (
        isinstance(content.get("networks"), list)
        or (isinstance(content.get("nodes"), list) and isinstance(content.get("spans"), list))
    )


def graph_of(content: Mapping[str, Any], path: Path) -> RawGraph:
    """The graph of a network package, or of one network; ids of several networks get the network's number.

    What stands (`operational`) stands at the start; all else is possible, with its status in the note.
    """
    networks = content.get("networks", [content])
    graph = RawGraph(path, "Open Fibre Data Standard", path.stem)
    many = len(networks) > 1
    for number, network in enumerate(networks, start=1):
        if not isinstance(network, dict):
            raise fault("not-a-graph", f"network {number}: saw {shown(network)}, wanted an object", path)
        if not many and network.get("name"):
            graph.name = str(network["name"])
        prefix = f"n{number}-" if many else ""
        where = f"{path}: network {number}, " if many else f"{path}: "
        for kind, rows in (("nodes", graph.nodes), ("spans", graph.edges)):
            for count, entry in enumerate(network.get(kind) or [], start=1):
                at = f"{where}{kind[:-1]} {count}"
                if not isinstance(entry, dict):
                    raise fault("not-a-graph", f"saw {shown(entry)}, wanted an object", at)
                rows.append(_row(entry, at, prefix, node=kind == "nodes"))
    graph.skipped.append("organisations, contracts, wayleaves and other parts of the standard")
    return graph


def _row(entry: Mapping[str, Any], where: str, prefix: str, *, node: bool) -> Row:
    status = str(entry.get("status", ""))
    values: dict[str, Any] = {"id": f"{prefix}{entry.get('id', '')}", "name": entry.get("name")}
    values["status"] = "operational" if status == "operational" else "proposed"
    if node:
        address = entry.get("address")
        if isinstance(address, dict) and address.get("region"):
            values["region"] = address["region"]
        if entry.get("internationalConnections"):
            values["gateway"] = True
        return Row(where, values, _points(entry.get("location")))
    for end in ("start", "end"):
        name = entry.get(end)
        name = name.get("id") if isinstance(name, dict) else name  # 0.1 and 0.2 wrote an object
        if name:
            values[end] = f"{prefix}{name}"
    if isinstance(entry.get("fibreLength"), int | float):
        values["length_km"] = entry["fibreLength"]
    if isinstance(entry.get("fibreCount"), int):
        values["fibre_count"] = entry["fibreCount"]
    if "aboveGround" in (entry.get("deployment") or []):
        values["medium"] = "aerial"
    owner = entry.get("transmissionMediumOwner")
    told = [status if status not in ("", "operational") else ""]
    told.append(f"owner {owner.get('name') or owner.get('id')}" if isinstance(owner, dict) else "")
    told.append(f"ready {entry['readyForServiceDate']}" if entry.get("readyForServiceDate") else "")
    values["note"] = "; ".join(part for part in told if part)
    return Row(where, values, _points(entry.get("route")))


def _points(geometry: Any) -> list[Any] | None:
    shape = geometry.get("coordinates") if isinstance(geometry, dict) else None
    return shape if isinstance(shape, list) else None
