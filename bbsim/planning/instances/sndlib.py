"""Network-design instances of SNDlib, in XML and in the native text, as plain arrays.

Both texts say the same: nodes with coordinates, links with capacities and what more capacity costs,
demands between nodes. Coordinates may be pixels of a drawing; whoever draws maps must look first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from bbsim.errors import InputError, Problem
from bbsim.planning.corridors.arrays import FloatVector, IntVector
from bbsim.planning.instances.foreign_text import Element, number, read_raw, read_text, read_xml, text_fault

_TOKEN = re.compile(r"[()]|[^\s()]+")
_HEADER = re.compile(r"\?\s*SNDlib native format\s*;\s*type:\s*network", re.I)


@dataclass(frozen=True, slots=True, eq=False)
class NetworkInstance:
    """A network to be designed.

    Attributes
    ----------
    nodes : names, in file order; `u`, `v`, `src` and `dst` are positions here.
    xy : coordinates, shape (nodes, 2), NaN where the file gives none.
    coordinates : what they are: ``geographical`` (longitude, latitude), ``pixel``, or ``""`` (not said).
    links, u, v : names and ends of the links, shape (m,).
    capacity : what each link carries from the start, in the file's unit, shape (m,).
    modules : for each link the (capacity, cost) steps that can be added.
    setup_cost, routing_cost : of each link, shape (m,); 0 where not given.
    src, dst, demand : ends and size of each demand, shape (d,).
    routing_unit : capacity that one unit of a demand takes on a link, shape (d,).
    node_lines, link_lines : where they stand in the file.
    """

    name: str
    nodes: tuple[str, ...]
    xy: npt.NDArray[np.float64]
    coordinates: str
    links: tuple[str, ...]
    u: IntVector
    v: IntVector
    capacity: FloatVector
    modules: tuple[tuple[tuple[float, float], ...], ...]
    setup_cost: FloatVector
    routing_cost: FloatVector
    src: IntVector
    dst: IntVector
    demand: FloatVector
    routing_unit: FloatVector
    node_lines: tuple[int, ...]
    link_lines: tuple[int, ...]


class _Link(NamedTuple):
    id: str
    line: int
    source: str
    target: str
    capacity: float = 0.0
    routing_cost: float = 0.0
    setup_cost: float = 0.0
    modules: tuple[tuple[float, float], ...] = ()


class _Demand(NamedTuple):
    line: int
    source: str
    target: str
    unit: float
    value: float


@dataclass(slots=True)
class _Content:
    """What either text says, ends still by name."""

    path: Path
    name: str
    coordinates: str = ""
    nodes: list[tuple[str, int, float, float]] = field(default_factory=list)
    links: list[_Link] = field(default_factory=list)
    demands: list[_Demand] = field(default_factory=list)

    def fault(self, line: int, slug: str, message: str, hint: str = "") -> InputError:
        return InputError(Problem(slug, message, where=f"{self.path}:{line}", hint=hint))

    def amount(self, text: str, line: int, what: str) -> float:
        """A number of the file; UNLIMITED is infinite, as the format has it."""
        value = float("inf") if text == "UNLIMITED" else number(text)
        if value is None:
            raise self.fault(line, "number", f"saw '{text[:40]}' for {what}; wanted a number")
        return value


def read_network(path: Path | str) -> NetworkInstance:
    """The network of an SNDlib file, XML or native text: the content decides, not the file's name.

    Raises
    ------
    InputError
        with file and line: a damaged or truncated file, doubled ids, ends that are no node.
    RefusedError
        for XML with a document type or entities.

    Notes
    -----
    Formats after Orlowski, Wessaely, Pioro & Tomaszewski (2010), "SNDlib 1.0: survivable network design
    library". Admissible paths and hop limits are skipped. Directed and undirected files look alike: the
    problem's model, not the file, says which it is.
    """
    path = Path(path)
    raw = read_raw(path)
    is_xml = raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<" or raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    return network_from(read_xml(path, raw), path) if is_xml else _arrays(_native(path))


def network_from(root: Element, path: Path) -> NetworkInstance:
    """The network of an SNDlib document that has been read already."""
    return _arrays(_xml(root, path))


def _arrays(content: _Content) -> NetworkInstance:
    index: dict[str, int] = {}
    for position, (node, line, *_) in enumerate(content.nodes):
        fault = text_fault(node)
        if fault or not node:
            raise content.fault(line, "id", fault or "a node has no id")
        if node in index:
            first = content.nodes[index[node]][1]
            raise content.fault(line, "doubled-id", f"node '{node}' stands in line {first} already")
        index[node] = position
    seen: dict[str, int] = {}
    for link in content.links:
        if link.id in seen:
            raise content.fault(
                link.line, "doubled-id", f"link '{link.id}' stands in line {seen[link.id]} already"
            )
        seen[link.id] = link.line

    def ends(rows: Sequence[_Link] | Sequence[_Demand], kind: str) -> tuple[IntVector, IntVector]:
        for row in rows:
            for end in (row.source, row.target):
                if end not in index:
                    raise content.fault(row.line, "dangling", f"a {kind} ends at '{end}', which is no node")
        columns = [[index[row.source] for row in rows], [index[row.target] for row in rows]]
        return np.array(columns[0], dtype=np.int64), np.array(columns[1], dtype=np.int64)

    u, v = ends(content.links, "link")
    src, dst = ends(content.demands, "demand")

    def column(values: list[float]) -> FloatVector:
        return np.array(values, dtype=np.float64)

    return NetworkInstance(
        name=content.name,
        nodes=tuple(index),
        xy=np.array([node[2:] for node in content.nodes], dtype=np.float64).reshape(-1, 2),
        coordinates=content.coordinates,
        links=tuple(link.id for link in content.links),
        u=u,
        v=v,
        capacity=column([link.capacity for link in content.links]),
        modules=tuple(link.modules for link in content.links),
        setup_cost=column([link.setup_cost for link in content.links]),
        routing_cost=column([link.routing_cost for link in content.links]),
        src=src,
        dst=dst,
        demand=column([demand.value for demand in content.demands]),
        routing_unit=column([demand.unit for demand in content.demands]),
        node_lines=tuple(node[1] for node in content.nodes),
        link_lines=tuple(link.line for link in content.links),
    )


# ---- XML ----------------------------------------------------------------------------------------
def _xml(root: Element, path: Path) -> _Content:
    content = _Content(path, path.stem)
    structure = root.first("networkStructure")
    if root.tag != "network" or structure is None:
        message = f"the root is <{root.tag}>; wanted SNDlib's <network> with a <networkStructure>"
        raise content.fault(root.line, "not-sndlib", message)
    nodes = structure.first("nodes")
    content.coordinates = nodes.attributes.get("coordinatesType", "") if nodes else ""
    for node in nodes.all("node") if nodes else ():
        place = node.first("coordinates")
        x, y = (_figure(content, place, axis, float("nan")) if place else float("nan") for axis in "xy")
        content.nodes.append((node.attributes.get("id", ""), node.line, x, y))
    links = structure.first("links")
    content.links += [_xml_link(content, link) for link in links.all("link")] if links else []
    demands = root.first("demands")
    for demand in demands.all("demand") if demands else ():
        unit, value = _figure(content, demand, "routingUnit", 1.0), _figure(content, demand, "demandValue")
        ends = (_words(content, demand, "source"), _words(content, demand, "target"))
        content.demands.append(_Demand(demand.line, *ends, unit, value))
    return content


def _xml_link(content: _Content, link: Element) -> _Link:
    installed, more = link.first("preInstalledModule"), link.first("additionalModules")
    steps = [
        (_figure(content, step, "capacity"), _figure(content, step, "cost", 0.0))
        for step in (more.all("addModule") if more else ())
    ]
    return _Link(
        id=link.attributes.get("id", f"line {link.line}"),
        line=link.line,
        source=_words(content, link, "source"),
        target=_words(content, link, "target"),
        capacity=_figure(content, installed, "capacity", 0.0) if installed else 0.0,
        routing_cost=_figure(content, link, "routingCost", 0.0),
        setup_cost=_figure(content, link, "setupCost", 0.0),
        modules=tuple(steps),
    )


def _words(content: _Content, element: Element, tag: str) -> str:
    child = element.first(tag)
    if child is None or not child.text:
        raise content.fault(element.line, "missing", f"<{element.tag}> has no <{tag}>")
    return child.text


def _figure(content: _Content, element: Element, tag: str, default: float | None = None) -> float:
    child = element.first(tag)
    if child is None and default is not None:
        return default
    return content.amount(_words(content, element, tag), (child or element).line, tag)


# ---- native text --------------------------------------------------------------------------------
def _native(path: Path) -> _Content:
    content = _Content(path, path.stem)
    lines = read_text(path, "an SNDlib text", ascii_kin=True).splitlines()
    first = next((text for text in lines if text.strip()), "")
    if not _HEADER.match(first.strip()):
        message = f"saw '{first.strip()[:60]}', wanted '?SNDlib native format; type: network; version: 1.0'"
        raise content.fault(1, "not-sndlib", message)
    section = ""
    for line, text in enumerate(lines, start=1):
        words = text.strip()
        if not words or words[0] in "#?":
            continue
        start = re.fullmatch(r"([A-Z_]+)\s*\(\s*(\)?)", words)
        if not section and start:
            section = "" if start[2] else start[1]
        elif not section:
            raise content.fault(line, "section", f"saw '{words[:60]}' between sections")
        elif words == ")":
            section = ""
        else:
            _native_entry(content, section, _TOKEN.findall(words), line)
    if section:
        raise content.fault(len(lines), "truncated", f"the file ends inside {section}; is it cut off?")
    return content


def _native_entry(content: _Content, section: str, words: list[str], line: int) -> None:
    """One line of a section: an id, a group in brackets, figures, perhaps a second group."""
    if section not in ("NODES", "LINKS", "DEMANDS"):
        return
    identity, group, rest = words[0], [], words[1:]
    if rest[:1] == ["("]:
        if ")" not in rest:
            raise content.fault(line, "bracket", f"'{identity}': a bracket is not closed")
        close = rest.index(")")
        group, rest = rest[1:close], rest[close + 1 :]
    if section == "NODES":
        if group and len(group) != 2:
            raise content.fault(line, "node", f"'{identity}': wanted ( x y ), saw ( {' '.join(group)} )")
        x, y = [content.amount(word, line, "a coordinate") for word in group] or [float("nan")] * 2
        content.nodes.append((identity, line, x, y))
        return
    if len(group) != 2:
        raise content.fault(
            line, "ends", f"'{identity}': wanted ( source target ), saw ( {' '.join(group)} )"
        )
    if section == "DEMANDS":
        if len(rest) < 2:
            raise content.fault(
                line, "demand", f"'{identity}': wanted a routing unit and a size after the ends"
            )
        unit, value = (content.amount(word, line, "a demand") for word in rest[:2])
        content.demands.append(_Demand(line, group[0], group[1], unit, value))
        return
    content.links.append(_native_link(content, identity, line, (group[0], group[1]), rest))


def _native_link(
    content: _Content, identity: str, line: int, ends: tuple[str, str], rest: list[str]
) -> _Link:
    figures = rest[: rest.index("(")] if "(" in rest else rest
    steps = [word for word in rest[len(figures) :] if word not in "()"]
    if len(figures) != 4 or len(steps) % 2:
        wanted = "capacity, its cost, routing cost, setup cost, then pairs of module capacity and cost"
        raise content.fault(line, "link", f"'{identity}': wanted {wanted}")
    installed = [content.amount(word, line, "a figure of a link") for word in figures]
    modules = [content.amount(word, line, "a module") for word in steps]
    return _Link(
        id=identity,
        line=line,
        source=ends[0],
        target=ends[1],
        capacity=installed[0],
        routing_cost=installed[2],
        setup_cost=installed[3],
        modules=tuple(zip(modules[::2], modules[1::2], strict=True)),
    )
