"""Graphs in plain text: GML, a pair of CSV tables, and the native text of SNDlib.

GML is read by hand: published files repeat node labels, which general readers refuse, while the ids that
edges refer to are sound.
"""

from __future__ import annotations

import csv
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from bbsim.errors import Problem, RefusedError
from bbsim.geodata.graph_rows import RawGraph, Row, check_counts, fault, shown
from bbsim.geodata.graph_xml import from_network
from bbsim.planning.instances.foreign_text import DEEPEST, MOST_ELEMENTS, number, read_text
from bbsim.planning.instances.sndlib import read_network

LONGEST_FIELD = 100_000
_GML_TOKEN = re.compile(
    r'(?P<blank>\s+|\#[^\n]*)|(?P<open>\[)|(?P<close>\])|"(?P<text>[^"]*)"|(?P<word>[^\s\[\]"#]+)'
)


def read_native(path: Path) -> RawGraph:
    """The graph of SNDlib's native text, which does not say whether its coordinates are pixels."""
    return from_network(read_network(path), path, "SNDlib text")


# ---- GML ----------------------------------------------------------------------------------------
class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def read_gml(path: Path) -> RawGraph:
    """The graph of a GML (graph modelling language) file; nodes are known by ``id``, labels may repeat.

    Raises
    ------
    InputError, RefusedError
        with file and line, for text that is no GML, is cut off, or holds several graphs.

    Notes
    -----
    Format after Himsolt (1997), "GML: a portable graph file format".
    """
    text = read_text(path, "GML", ascii_kin=True)
    if text.lstrip()[:1] == "<":
        message = "the content is XML; .gml means the graph modelling language here"
        raise RefusedError(Problem("disguise", message, where=f"{path}:1"))
    graphs = [entry for entry in _gml_tree(text, path) if entry.key == "graph" and entry.is_list]
    if len(graphs) != 1:
        raise fault("not-gml", f"found {len(graphs)} entries 'graph [ … ]'; wanted one", f"{path}:1")
    body = graphs[0].value
    head = {entry.key: entry.value for entry in body if not entry.is_list}
    name = head.get("label", head.get("name", head.get("Network", path.stem)))
    graph = RawGraph(path, "GML", str(name), directed=str(head.get("directed", 0)) in ("1", "1.0"))
    graph.keys_as_ids = True
    for entry in body:
        if entry.key in ("node", "edge") and entry.is_list:
            values: dict[str, Any] = {}
            for item in entry.value:  # groups (drawing data) and the second of a repeated key are left out
                if not item.is_list:
                    values.setdefault(item.key, item.value)
            (graph.nodes if entry.key == "node" else graph.edges).append(Row(f"{path}:{entry.line}", values))
    check_counts(len(graph.nodes), len(graph.edges), path)
    return graph


class _Entry(NamedTuple):
    key: str
    value: Any
    line: int
    is_list: bool


def _gml_tree(text: str, path: Path) -> list[_Entry]:
    """Keys and values, groups inside groups; built by a loop."""
    top: list[_Entry] = []
    open_lists: list[tuple[list[_Entry], int]] = [(top, 1)]
    key: _Token | None = None
    count = 0
    for token in _gml_tokens(text, path):
        where = f"{path}:{token.line}"
        count += 1
        if count > MOST_ELEMENTS:
            raise RefusedError(
                Problem("too-big", f"more than {MOST_ELEMENTS} values, the limit", where=where)
            )
        if key is None:
            if token.kind == "close" and len(open_lists) > 1:
                open_lists.pop()
            elif token.kind == "word" and re.fullmatch(r"[A-Za-z_]\w*", token.text):
                key = token
            else:
                raise fault("not-gml", f"saw {shown(token.text)}, wanted a key", where)
            continue
        if token.kind == "close":
            raise fault("not-gml", f"the key '{key.text}' has no value", where)
        if token.kind == "open":
            inside: list[_Entry] = []
            open_lists[-1][0].append(_Entry(key.text, inside, key.line, True))
            open_lists.append((inside, key.line))
            if len(open_lists) > DEEPEST:
                raise RefusedError(Problem("nesting", f"nested more than {DEEPEST} deep", where=where))
        else:
            open_lists[-1][0].append(_Entry(key.text, _gml_value(token), key.line, False))
        key = None
    if len(open_lists) > 1 or key is not None:
        begun = key.line if key is not None else open_lists[-1][1]
        message = f"the file ends inside what begins in line {begun}; is it cut off?"
        raise fault("truncated", message, f"{path}:{text.count(chr(10)) + 1}")
    return top


def _gml_tokens(text: str, path: Path) -> Iterator[_Token]:
    position, line = 0, 1
    while position < len(text):
        match = _GML_TOKEN.match(text, position)
        if match is None:  # only a quotation mark that is never closed
            raise fault("truncated", "a text begins here and does not end", f"{path}:{line}")
        kind = match.lastgroup or ""
        if kind != "blank":
            yield _Token(kind, match["text"] if kind == "text" else match[0], line)
        line += match[0].count("\n")
        position = match.end()


def _gml_value(token: _Token) -> Any:
    """A quoted text with its character references resolved, a number, or a bare word as text."""
    if token.kind == "text":
        return html.unescape(token.text)
    if re.fullmatch(r"[-+]?\d{1,18}", token.text):
        return int(token.text)
    value = number(token.text)
    return token.text if value is None else value


# ---- CSV ----------------------------------------------------------------------------------------
def read_csv_pair(nodes: Path, edges: Path, name: str) -> RawGraph:
    """The graph of two comma-separated tables with one heading line each (RFC 4180, UTF-8).

    Raises
    ------
    InputError
        with file, line and column: other delimiters, doubled headings, rows that are too long or short.
    """
    graph = RawGraph(nodes.parent, "CSV", name)
    graph.nodes, graph.edges = _table(nodes), _table(edges)
    check_counts(len(graph.nodes), len(graph.edges), graph.path)
    return graph


def _table(path: Path) -> list[Row]:
    text = read_text(path, "a comma-separated table")
    if text.lstrip()[:1] in ("<", "{"):
        what = "XML" if text.lstrip()[0] == "<" else "JSON"
        raise RefusedError(
            Problem("disguise", f"the content is {what}, whatever the name says", where=str(path))
        )
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    header: list[str] = []
    rows: list[Row] = []
    begun = 1
    try:
        for fields in reader:
            where, begun = f"{path}:{begun}", reader.line_num + 1
            if not any(cell.strip() for cell in fields):
                continue
            if not header:
                header = _header(fields, where)
                columns = {name: position for position, name in enumerate(header, start=1)}
                continue
            if len(fields) != len(header):
                commas = any(re.fullmatch(r"\s*[-+]?\d+", cell) for cell in fields)
                hint = (
                    "Is there a decimal comma? Write a point." if len(fields) > len(header) and commas else ""
                )
                message = f"saw {len(fields)} columns, the heading has {len(header)}"
                raise fault("columns", message, where, hint)
            rows.append(Row(where, dict(zip(header, fields, strict=True)), columns=columns))
    except csv.Error as error:
        cut = " (is the file cut off?)" if "unexpected end" in str(error) else ""
        raise fault("bad-csv", f"damaged table: {error}{cut}", f"{path}:{reader.line_num}") from None
    if not header:
        raise fault("empty-file", "the table has no heading", f"{path}:1")
    return rows


def _header(fields: list[str], where: str) -> list[str]:
    names = [cell.strip() for cell in fields]
    for sign, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(names) == 1 and sign in fields[0]:
            message = f"saw 1 column; the heading is separated by {called}, wanted commas"
            raise fault("delimiter", message, where, "Save the table with commas between columns.")
    seen: dict[str, int] = {}
    for position, name in enumerate(names, start=1):
        if not name:
            raise fault("header", f"column {position} has no heading", f"{where}:{position}")
        if name in seen:
            message = f"the heading '{name}' stands twice, in columns {seen[name]} and {position}"
            raise fault("doubled-header", message, f"{where}:{position}", "Rename or delete one.")
        seen[name] = position
    return names
