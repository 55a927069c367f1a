"""A planner's own layers brought into a country pack: settlements, corridors, fibre, work as built, sites.

A file's columns are mapped to ours by name; rows are matched to what the pack has, and what matches nothing
is added where it lies. The pack that comes out reads like any other, its layers with new digests and the
file's name among their sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from scipy.spatial import cKDTree
from shapely import LineString, STRtree

from bbsim.country import Country
from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.geodata.corridors import WINDING
from bbsim.geodata.layerfile import Given, read_rows, write_layers
from bbsim.geodata.measure import Plane, geodesic_km, line_km
from bbsim.geodata.names import slug
from bbsim.geodata.sitelayer import SiteLayer
from bbsim.packfile import NODE_FIELDS, SPAN_FIELDS

SAME_KM = 3.0  # a settlement of the same name so near is the same one
WITHIN_KM = 2.0  # a span is that of a fibre line where it runs so near to it: both are generalised
SHARE = 0.7  # so much of a span must run there
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "settlements": ("id", "name", "population", "households", "kind", "region", "lon", "lat"),
    "corridors": ("id", "start", "end", "length_km", "terrain", "follows", "medium", "note"),
    "fibre": ("span", "owner", "lease", "date", "fibre_count", "status"),
    "as-built": ("span", "node", "ready_for_service", "households_passed"),
    "sites": ("id", "name", "of", "place", "opens", "count", "connected", "note", "lon", "lat"),
}


@dataclass
class Draft:
    """A pack's rows while layers are merged into them; `told` is what was done."""

    nodes: dict[str, dict[str, Any]]
    spans: dict[str, dict[str, Any]]
    sheet: Plane
    persons: float
    sites: dict[str, dict[str, Any]]
    told: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def merge(
    pack: Path,
    out: Path,
    file: Path,
    what: str,
    mapping: Mapping[str, str] | None = None,
    *,
    keep_assumed: bool = False,
    of: str | None = None,
) -> list[str]:
    """Merge a file into a pack and write the result; returns what was done, in sentences.

    Parameters
    ----------
    what : one of `COLUMNS`.
    mapping : our column -> the file's, where they differ.
    keep_assumed : trunks that the pack only assumes stand beside the fibre that is brought in.
    of : class of all sites whose row names none.

    Raises
    ------
    InputError
        with everything that can't be used in the file.
    """
    country = Country.read(pack)
    rows = read_rows(file, mapping or {}, COLUMNS[what])
    draft = _draft(country)
    kinds: dict[str, Callable[[Draft, Sequence[Given]], None]] = {
        "settlements": _settlements,
        "corridors": _corridors,
        "fibre": _fibre,
        "as-built": _as_built,
        "sites": partial(_sites, of=of),
    }
    if what in ("fibre", "as-built") and not keep_assumed:
        _drop_assumed(draft)
    kinds[what](draft, rows)
    if draft.problems:
        raise InputError(draft.problems)
    write_layers(draft.nodes, draft.spans, draft.sites, pack, out, f"{file.name} ({what})")
    return draft.told


def _draft(country: Country) -> Draft:
    def rows(table: Mapping[str, Sequence[Any]], shapes: Sequence[Any]) -> dict[str, dict[str, Any]]:
        found = {}
        for i, identity in enumerate(table["id"]):
            row = {key: column[i] for key, column in table.items()}
            found[identity] = {**row, "geometry": np.asarray(shapes[i]).tolist()}
        return found

    middle = country.node_xy.mean(axis=0)
    sheet = Plane(round(float(middle[1]), 2), round(float(middle[0]), 2))
    spans = rows(country.spans, country.span_xy)
    nodes, sites = rows(country.nodes, list(country.node_xy)), rows(country.sites, list(country.site_xy))
    return Draft(nodes, spans, sheet, country.persons_per_household, sites)


def _new(fields: Mapping[str, Any], **values: Any) -> dict[str, Any]:
    return {name: column.default for name, column in fields.items()} | values


# ---- settlements ------------------------------------------------------------------------------
def _settlements(draft: Draft, rows: Sequence[Given]) -> None:
    """Figures of known places are replaced; new places get a spur to the nearest corridor."""
    by_name: dict[str, list[str]] = {}
    for identity, node in draft.nodes.items():
        for name in (node["name"], node["name_en"]):
            if name:
                by_name.setdefault(str(name).casefold(), []).append(identity)
    changed, added = 0, []
    for row in rows:
        at = _point(draft, row)
        people = _count(draft, row, "population")
        known = _known_place(draft, row, at, by_name)
        values: dict[str, Any] = {}
        if people is not None:
            homes = _count(draft, row, "households")
            values = {"population": people, "population_de_jure": people}
            values["households"] = round(people / draft.persons) if homes is None else homes
        if row.get("kind"):
            values["kind"] = str(row.get("kind"))
        if known is not None:
            draft.nodes[known].update(values, note=_noted(draft.nodes[known], "figures of the planner's"))
            changed += 1
        elif at is not None:
            added.append(_added(draft, row, at, values))
    draft.told.append(f"{changed} places of the pack have new figures; {len(added)} are new.")


def _known_place(
    draft: Draft, row: Given, at: tuple[float, float] | None, by_name: Mapping[str, Sequence[str]]
) -> str | None:
    identity = str(row.get("id", ""))
    if identity in draft.nodes:
        return identity
    near = by_name.get(str(row.get("name", "")).casefold(), ())
    if at is None:
        return near[0] if len(near) == 1 else None
    gaps = sorted((geodesic_km(at, tuple(draft.nodes[n]["geometry"])), n) for n in near)
    return gaps[0][1] if gaps and gaps[0][0] <= SAME_KM else None


def _added(draft: Draft, row: Given, at: tuple[float, float], values: Mapping[str, Any]) -> str:
    name = str(row.get("name", "new place"))
    identity = _free(draft.nodes, slug(str(row.get("id", "")) or name) or "place")
    to = _nearest_node(draft, at)
    near = draft.nodes[to]
    region = row.get("region", near["region"])
    draft.nodes[identity] = _new(
        NODE_FIELDS, id=identity, name=name, name_en=name, kind="town", region=region,
        district=near["district"], area=near["area"], note="a place of the planner's", geometry=list(at),
    ) | dict(values)  # fmt: skip
    straight = geodesic_km(at, tuple(near["geometry"]))
    span = _free(draft.spans, f"{identity}--{to}")
    draft.spans[span] = _new(
        SPAN_FIELDS, id=span, start=identity, end=to, length_km=round(max(straight * WINDING, 0.1), 3),
        terrain="plain", follows="spur", region=near["region"], area=near["area"],
        note="length assumed: straight line times 1.25", geometry=[list(at), near["geometry"]],
    )  # fmt: skip
    return identity


# ---- corridors --------------------------------------------------------------------------------
def _corridors(draft: Draft, rows: Sequence[Given]) -> None:
    """New corridors between the nodes nearest to their ends, or those that they name."""
    added = 0
    for row in rows:
        if not isinstance(row.shape, LineString):
            draft.problems.append(Problem("geometry-type", "a corridor wants a line", where=row.where))
            continue
        line = [(float(x), float(y)) for x, y, *_ in row.shape.coords]
        ends = [
            str(row.get(end)) if str(row.get(end)) in draft.nodes else _nearest_node(draft, at)
            for end, at in (("start", line[0]), ("end", line[-1]))
        ]
        if ends[0] == ends[1]:
            message = "both ends are nearest to one node of the pack"
            draft.problems.append(Problem("loop", message, where=row.where))
            continue
        line = [tuple(draft.nodes[ends[0]]["geometry"]), *line, tuple(draft.nodes[ends[1]]["geometry"])]
        km = float(row.get("length_km", 0.0))
        span = _free(draft.spans, slug(str(row.get("id", ""))) or f"{ends[0]}--{ends[1]}")
        draft.spans[span] = _new(
            SPAN_FIELDS, id=span, start=ends[0], end=ends[1], length_km=round(max(km, line_km(line)), 3),
            terrain=row.get("terrain", "plain"), follows=row.get("follows", "road"),
            medium=row.get("medium", "buried"), region=draft.nodes[ends[0]]["region"],
            note=str(row.get("note", "a corridor of the planner's")), geometry=[list(p) for p in line],
        )  # fmt: skip
        added += 1
    draft.told.append(f"{added} corridors are new.")


# ---- what stands ------------------------------------------------------------------------------
def _drop_assumed(draft: Draft) -> None:
    dropped = 0
    for rows in (draft.nodes, draft.spans):
        for row in rows.values():
            if row["status"] == "operational" and row["status_basis"] == "assumed":
                row.update(status="proposed", status_basis="")
                dropped += rows is draft.spans
    if dropped:
        draft.told.append(f"{dropped} spans that were only assumed to stand no longer do.")


def _fibre(draft: Draft, rows: Sequence[Given]) -> None:
    """Spans that fibre lines run along, or that are named, stand; cities on them are on fibre."""
    ids = sorted(draft.spans)
    lines = [draft.sheet.flat(LineString(draft.spans[i]["geometry"])) for i in ids]
    tree = STRtree(lines)
    stands: set[str] = set()
    lost: list[str] = []
    for row in rows:
        named = str(row.get("span", ""))
        if named in draft.spans:
            found = [named]
        elif row.shape is None or row.shape.is_empty:
            draft.problems.append(_no_span(draft, named, row.where))
            continue
        else:
            strip = draft.sheet.flat(row.shape).buffer(WITHIN_KM, quad_segs=4)
            hits = sorted(int(k) for k in tree.query(strip))
            found = [ids[k] for k in hits if lines[k].intersection(strip).length >= SHARE * lines[k].length]
        if not found:
            lost.append(row.where.rpartition(": ")[2])
        told = [f"{key} {row.get(key)}" for key in ("owner", "lease", "date") if row.get(key) is not None]
        for span in found:
            _stand(draft, span, "; ".join(["existing fibre", *told]))
            if row.get("fibre_count") is not None:
                draft.spans[span]["fibre_count"] = int(row.get("fibre_count"))
        stands.update(found)
    km = sum(float(draft.spans[s]["length_km"]) for s in sorted(stands))
    draft.told.append(f"{len(stands)} spans, {km:,.0f} km, stand as existing fibre.")
    if lost:
        draft.told.append(f"{len(lost)} lines lie along no corridor of the pack: {', '.join(lost[:8])}.")


def _stand(draft: Draft, span: str, why: str) -> None:
    row = draft.spans[span]
    row.update(status="operational", status_basis="imported", note=_noted(row, why))
    for end in (row["start"], row["end"]):
        if draft.nodes[end]["kind"] == "city":
            draft.nodes[end].update(status="operational", status_basis="imported")


def _as_built(draft: Draft, rows: Sequence[Given]) -> None:
    """Spans and places that were finished stand, with their day."""
    spans = nodes = 0
    for row in rows:
        day = str(row.get("ready_for_service", ""))[:10]
        span, node = str(row.get("span", "")), str(row.get("node", ""))
        if span:
            if span not in draft.spans:
                draft.problems.append(_no_span(draft, span, row.where))
                continue
            _stand(draft, span, f"as built, ready {day}")
            spans += 1
        if node:
            if node not in draft.nodes:
                hint = did_you_mean(node, sorted(draft.nodes))
                draft.problems.append(
                    Problem("unknown-node", f"no node '{node}'", where=row.where, hint=hint)
                )
                continue
            draft.nodes[node].update(status="operational", status_basis="imported")
            nodes += 1
    draft.told.append(f"As built: {spans} spans and {nodes} places stand.")


def _sites(draft: Draft, rows: Sequence[Given], of: str | None) -> None:
    layer = SiteLayer(draft.nodes, draft.sheet, draft.sites)
    layer.bring(rows, of)
    draft.sites = layer.sites
    draft.told += layer.told
    draft.problems += layer.problems


def _no_span(draft: Draft, name: str, where: str) -> Problem:
    hint = did_you_mean(name, sorted(draft.spans)) if name else "Name a span, or give a line."
    return Problem("unknown-span", f"no span '{name}'", where=where, hint=hint)


# ---- small things -----------------------------------------------------------------------------
def _point(draft: Draft, row: Given) -> tuple[float, float] | None:
    if row.shape is not None and not row.shape.is_empty:
        spot = row.shape.representative_point() if row.shape.geom_type != "Point" else row.shape
        return (round(float(spot.x), 5), round(float(spot.y), 5))
    if row.get("id") is None and row.get("name") is None:
        draft.problems.append(Problem("null-geometry", "neither a position nor a name", where=row.where))
    return None


def _count(draft: Draft, row: Given, name: str) -> int | None:
    value = row.get(name)
    if value is None:
        return None
    try:
        number = round(float(value))
    except (TypeError, ValueError):
        number = -1
    if number < 0:
        message = f"saw {value!r} for {name}, wanted a whole number"
        draft.problems.append(Problem("type", message, where=row.where))
        return None
    return number


def _nearest_node(draft: Draft, at: tuple[float, float]) -> str:
    ids = sorted(n for n, row in draft.nodes.items() if row["kind"] != "border")
    tree = cKDTree(draft.sheet.points([tuple(draft.nodes[n]["geometry"]) for n in ids]))
    return ids[int(tree.query(draft.sheet.point(at))[1])]


def _free(rows: Mapping[str, Any], wanted: str) -> str:
    name, n = wanted, 2
    while name in rows:
        name, n = f"{wanted}-{n}", n + 1
    return name


def _noted(row: Mapping[str, Any], more: str) -> str:
    return f"{row['note']}; {more}" if row["note"] else more
