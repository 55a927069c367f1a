"""From rows of a graph file to a country: what a pack states and a graph leaves out is filled by rule.

Every rule that was used is told in the country's `doubts`, and everything wrong is told at once. Rows in
another order give the same country.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from bbsim.country import Country, Layer
from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.geodata.graph_places import fill_places
from bbsim.geodata.graph_rows import (
    EDGE_NAMES,
    NODE_NAMES,
    Columns,
    RawGraph,
    Row,
    as_count,
    as_number,
    as_text,
    as_truth,
    fault,
    listed,
    shown,
)
from bbsim.geodata.graph_spans import Corridor, Measured, joined_by_place, measure, name_spans, one_a_corridor
from bbsim.packfile import NODE_FIELDS, SPAN_FIELDS, Column

PERSONS_PER_HOUSEHOLD = 4.0  # ASSUMPTION where a file has no households
_HINT_MOST = 2_000  # nodes up to which a misspelt end gets a suggestion
_READERS: dict[str, Callable[[Any, str, str, list[Problem]], Any]] = {
    "name": as_text,
    "name_en": as_text,
    "region": as_text,
    "district": as_text,
    "note": as_text,
    "population": as_count,
    "households": as_count,
    "fibre_count": as_count,
    "elevation_m": as_number,
    "gateway": as_truth,
}


def to_country(graph: RawGraph, layers: tuple[Layer, ...] = ()) -> Country:
    """The country of a graph.

    Raises
    ------
    InputError
        with every problem: doubled ids, ends that are no node, loops, bad numbers, pixels for degrees.
    """
    return _Builder(graph).country(layers)


class _Builder:
    def __init__(self, graph: RawGraph) -> None:
        self.graph = graph
        self.problems: list[Problem] = []
        self.doubts: list[str] = []
        if not graph.nodes:
            raise fault("no-nodes", "the graph has no nodes", graph.path)
        if not graph.edges:
            raise fault("no-links", "the graph has no edges; without them nothing can be built", graph.path)
        if graph.pixels:
            message = "the coordinates are pixels of a drawing, not longitude and latitude"
            hint = "bbsim.planning.instances.read_network reads the bare network."
            raise fault("pixels", message, graph.path, hint)
        self.node_columns = Columns.find(graph.nodes, NODE_NAMES)
        self.edge_columns = Columns.find(graph.edges, EDGE_NAMES)
        self.name = as_text(graph.name, str(graph.path), "", self.problems) or graph.path.stem

    def country(self, layers: tuple[Layer, ...]) -> Country:
        ids = self._ids()
        index = {node: i for i, node in enumerate(ids)}
        places = self._places()
        self._stop()
        corridors = self._corridors(index, places)
        self._stop()
        if self.graph.directed:
            corridors = one_a_corridor(corridors, ids, self.doubts)
        xy = fill_places(self.graph, ids, places, corridors, self.doubts)
        ids_given = "id" in self.edge_columns.of
        span_ids = name_spans(corridors, ids, ids_given, self.graph.keys_as_ids, self.problems, self.doubts)
        own = np.array([place is not None for place in places], dtype=bool)
        measured = measure(corridors, xy, own, self._length_column(), self.problems, self.doubts)
        nodes = self._node_table(ids, corridors)
        spans = self._span_table(ids, corridors, span_ids, measured, nodes["region"])
        self._stop()
        self._tell_unread()
        return Country.of(
            name=self.name,
            iso3=self.graph.path.stem,
            nodes=nodes,
            spans=spans,
            node_xy=xy.tolist(),
            span_xy=measured.shapes,
            reference_year=2011,  # no figure depends on it: the file has no population by year
            national={},
            persons_per_household=PERSONS_PER_HOUSEHOLD,
            layers=layers,
            doubts=tuple(self.doubts),
        )

    def _stop(self) -> None:
        if self.problems:
            raise InputError(self.problems)

    # ---- nodes --------------------------------------------------------------------------------
    def _ids(self) -> list[str]:
        column = self.node_columns.of.get("id")
        if column is None:
            present = ", ".join(self.node_columns.unread) or "none"
            message = f"the nodes have no column 'id' (columns: {present[:200]})"
            raise fault("missing", message, self.graph.nodes[0].where, "Name one column 'id'.")
        ids: list[str] = []
        first: dict[str, int] = {}
        for i, row in enumerate(self.graph.nodes):
            identity = self._identity(row, column)
            if identity and identity in first:
                other = self.graph.nodes[first[identity]].where
                message = f"the id '{identity}' stands twice; first at {other}"
                self.problems.append(Problem("doubled-id", message, where=row.at(column), path=column))
            first.setdefault(identity, i)
            ids.append(identity)
        return ids

    def _identity(self, row: Row, column: str | None) -> str:
        value = row.get(column)
        if value is None:
            path = column or ""
            self.problems.append(Problem("missing", f"'{path}' is missing", where=row.at(path), path=path))
            return ""
        return as_text(value, row.at(column or ""), column or "", self.problems)

    def _places(self) -> list[tuple[float, float] | None]:
        """Longitude and latitude of each node; None where the file has none."""
        places = [self._place(row) for row in self.graph.nodes]
        known = [place for place in places if place is not None]
        if not known and not self.problems:
            message = "no node has a position"
            hint = "Give columns 'lon' and 'lat' in degrees (WGS84)."
            raise fault("no-positions", message, self.graph.nodes[0].where, hint)
        outside = [
            i for i, place in enumerate(places) if place and (abs(place[0]) > 180 or abs(place[1]) > 90)
        ]
        if outside:
            row, place = self.graph.nodes[outside[0]], places[outside[0]]
            swapped = all(abs(lat) <= 180 and abs(lon) <= 90 for lon, lat in known)
            far = any(abs(value) > 360 for pair in known for value in pair)
            slug = "projected" if far else "out-of-range"
            what = "looks like pixels or a projected grid" if far else "is no longitude and latitude"
            hint = "Are the two swapped?" if swapped else "State longitude and latitude in degrees, WGS84."
            shown_place = f"[{place[0]:.10g}, {place[1]:.10g}]" if place else ""
            more = f" ({len(outside)} nodes)" if len(outside) > 1 else ""
            self.problems.append(Problem(slug, f"{shown_place} {what}{more}", where=row.where, hint=hint))
        return places

    def _place(self, row: Row) -> tuple[float, float] | None:
        if row.shape is not None:
            values: list[Any] = list(row.shape[:2])
            wheres = [row.where, row.where]
        else:
            columns = [self.node_columns.of.get(axis, "") for axis in ("lon", "lat")]
            values = [row.get(column) for column in columns]
            wheres = [row.at(column) for column in columns]
            if values == [None, None]:
                return None
        if len(values) < 2 or None in values:
            self.problems.append(Problem("coordinates", "wanted longitude and latitude", where=row.where))
            return None
        if row.shape is not None and any(isinstance(value, str) for value in values):
            message = f"saw the text {shown(next(v for v in values if isinstance(v, str)))} for a coordinate"
            hint = "Write numbers, without quotes."
            self.problems.append(Problem("coordinates", message, where=row.where, hint=hint))
            return None
        pair = [
            as_number(value, where, axis, self.problems)
            for value, where, axis in zip(values, wheres, ("lon", "lat"), strict=True)
        ]
        return None if pair[0] is None or pair[1] is None else (pair[0], pair[1])

    def _node_table(self, ids: list[str], corridors: list[Corridor]) -> dict[str, list[Any]]:
        rows, columns = self.graph.nodes, self.node_columns
        table: dict[str, list[Any]] = {
            name: [field.default] * len(ids) for name, field in NODE_FIELDS.items()
        }
        table["id"] = ids
        table["region"] = [self.name] * len(ids)
        for field in ("name", "population", "households", "gateway", "region", "district", "elevation_m"):
            self._fill(table, field, rows, columns)
        table["name"] = [name or identity for name, identity in zip(table["name"], ids, strict=True)]
        table["name_en"] = list(table["name"])
        self._fill(table, "name_en", rows, columns)
        self._words(table, "status", rows, columns, NODE_FIELDS["status"])
        table["population_de_jure"] = list(table["population"])
        people = table["population"]
        if "households" not in columns.of:
            table["households"] = [math.floor(count / PERSONS_PER_HOUSEHOLD + 0.5) for count in people]
            if any(people):
                self.doubts.append(f"Households are assumed: {PERSONS_PER_HOUSEHOLD:g} people each.")
        if "population" not in columns.of:
            self.doubts.append("The file has no population: 0 everywhere. Give a column 'population'.")
        marked = "population" in columns.of
        table["kind"] = ["city" if count > 0 or not marked else "junction" for count in people]
        self._words(table, "kind", rows, columns, NODE_FIELDS["kind"])
        if not marked and "kind" not in columns.of:
            self.doubts.append("With neither population nor kind, every node counts as a city.")
        self._gateway(table, corridors)
        return table

    def _gateway(self, table: dict[str, list[Any]], corridors: list[Corridor]) -> None:
        if any(table["gateway"]):
            return
        degree = [0] * len(table["id"])
        for corridor in corridors:
            degree[corridor.start] += 1
            degree[corridor.end] += 1
        people, ids = table["population"], table["id"]
        best = min(range(len(ids)), key=lambda i: (-people[i], -degree[i], ids[i]))
        table["gateway"][best] = True
        why = "the most people" if people[best] else "the most edges"
        self.doubts.append(f"No node is marked as gateway: taken is '{ids[best]}', which has {why}.")

    # ---- edges --------------------------------------------------------------------------------
    def _corridors(self, index: dict[str, int], places: list[tuple[float, float] | None]) -> list[Corridor]:
        columns = self.edge_columns.of
        if ("start" not in columns or "end" not in columns) and self.graph.edges[0].shape is None:
            present = ", ".join(self.edge_columns.unread) or "none"
            message = f"the edges have no columns 'start' and 'end' (columns: {present[:200]})"
            raise fault("missing", message, self.graph.edges[0].where)
        if "start" in columns and "end" in columns:
            ends = [self._ends(row, index) for row in self.graph.edges]
        else:
            ends = joined_by_place(self.graph.edges, places, self.problems)
        corridors = []
        for row, (a, b) in zip(self.graph.edges, ends, strict=True):
            if a < 0 or b < 0:
                continue
            if a == b:
                node = self.graph.nodes[a].get(self.node_columns.of["id"])
                message = f"the edge joins {shown(str(node))} to itself"
                self.problems.append(Problem("loop", message, where=row.where, hint="Delete the edge."))
                continue
            given = row.get(columns.get("id"))
            identity = "" if given is None else self._identity(row, columns.get("id"))
            corridors.append(Corridor(row, a, b, identity, self._length(row)))
        return corridors

    def _ends(self, row: Row, index: dict[str, int]) -> tuple[int, int]:
        found = []
        for end in ("start", "end"):
            column = self.edge_columns.of[end]
            identity = self._identity(row, column)
            node = index.get(identity, -1)
            if node < 0 and identity:
                hint = did_you_mean(identity, sorted(index)) if len(index) <= _HINT_MOST else ""
                message = f"the edge ends at '{identity}', which is no node's id"
                self.problems.append(
                    Problem("dangling", message, where=row.at(column), path=column, hint=hint)
                )
            elif node >= 0:
                self._same_kind(row, column, node)
            found.append(node)
        return found[0], found[1]

    def _same_kind(self, row: Row, column: str, node: int) -> None:
        """An id that is a number in one place and a text in the other may be two things."""
        id_column = self.node_columns.of["id"]
        other = self.graph.nodes[node]
        here, there = row.values[column], other.values[id_column]
        if isinstance(here, str) != isinstance(there, str):
            kinds = ("text", "a number") if isinstance(here, str) else ("a number", "text")
            message = f"the id {shown(str(here))} is {kinds[0]} here and {kinds[1]} at {other.where}"
            self.problems.append(Problem("id-type", message, where=row.at(column), path=column))

    def _length_column(self) -> str:
        return self.edge_columns.of.get("length_km", self.edge_columns.of.get("length_m", ""))

    def _length(self, row: Row) -> float | None:
        column = self._length_column()
        value = row.get(column) if column else None
        if value is None:
            return None
        length = as_number(value, row.at(column), column, self.problems)
        if length is not None and length < 0:
            message = f"saw the length {shown(value)}, wanted 0 or more"
            self.problems.append(Problem("range", message, where=row.at(column), path=column))
            return None
        metres = "length_km" not in self.edge_columns.of
        return length if length is None or not metres else length / 1000.0

    def _span_table(
        self,
        ids: list[str],
        corridors: list[Corridor],
        span_ids: list[str],
        measured: Measured,
        regions: list[str],
    ) -> dict[str, list[Any]]:
        rows, columns = [corridor.row for corridor in corridors], self.edge_columns
        table: dict[str, list[Any]] = {
            name: [field.default] * len(rows) for name, field in SPAN_FIELDS.items()
        }
        table["id"] = span_ids
        table["start"] = [ids[corridor.start] for corridor in corridors]
        table["end"] = [ids[corridor.end] for corridor in corridors]
        table["length_km"] = measured.length_km
        table["region"] = [regions[corridor.start] for corridor in corridors]  # where nothing is said
        for field in ("region", "fibre_count", "note"):
            self._fill(table, field, rows, columns)
        for field, default in (("terrain", "plain"), ("follows", "road"), ("status", ""), ("medium", "")):
            table[field] = [default or SPAN_FIELDS[field].default] * len(rows)
            self._words(table, field, rows, columns, SPAN_FIELDS[field])
        assumed = [
            f"{w} '{d}'" for w, d in (("terrain", "plain"), ("follows", "road")) if w not in columns.of
        ]
        if assumed:
            self.doubts.append(f"Assumed of every span: {' and '.join(assumed)}.")
        return table

    # ---- columns ------------------------------------------------------------------------------
    def _fill(self, table: dict[str, list[Any]], field: str, rows: list[Row], columns: Columns) -> None:
        """Put a column's values where the file has them."""
        column = columns.of.get(field)
        for i, row in enumerate(rows if column is not None else ()):
            value = row.get(column)
            if value is not None:
                table[field][i] = _READERS[field](value, row.at(column or ""), column or "", self.problems)

    def _words(
        self, table: dict[str, list[Any]], field: str, rows: list[Row], columns: Columns, known: Column
    ) -> None:
        """As `_fill`, for a column of fixed words; without a single known word it means something else."""
        column = columns.of.get(field)
        if column is None:
            return
        if not any(row.get(column) in known.words for row in rows):
            del columns.of[field]
            columns.unread.append(column)
            return
        for i, row in enumerate(rows):
            value = row.get(column)
            if value is not None and value not in known.words:
                hint = did_you_mean(str(value), known.words)
                message = f"saw {shown(value)}, which is none of the known words"
                self.problems.append(Problem("word", message, where=row.at(column), path=column, hint=hint))
            elif value is not None:
                table[field][i] = value

    def _tell_unread(self) -> None:
        for what, columns in (("nodes", self.node_columns), ("edges", self.edge_columns)):
            if columns.unread:
                self.doubts.append(f"Not read of the {what}: {listed(map(shown, sorted(columns.unread)))}.")
        if self.graph.skipped:
            self.doubts.append(f"Not read: {', '.join(self.graph.skipped)}.")
