"""The edges of a graph file as corridors: which nodes they join, how long they are, what they are called."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from bbsim.errors import Problem
from bbsim.geodata.graph_rows import Row, as_number, folded, listed
from bbsim.geodata.measure import WGS84

SHORTEST_KM = 0.001  # between nodes at one spot
SAME_PLACE_KM = 0.05  # how near a line's end must be to a node, if no column names the node
FAR_KM = 5.0  # a line's end this far from its node is told
LONG_RATIO = 100.0  # lengths this many times the straight line are in another unit
SLACK_SHARE, SLACK_KM = 0.05, 1.0  # by which a length may be below the straight line: rounding, a sphere


@dataclass(slots=True)
class Corridor:
    """An edge between two node numbers; `length_km` is None where the file gives none."""

    row: Row
    start: int
    end: int
    id: str
    length_km: float | None


class Measured(NamedTuple):
    """Length and course (from start to end) of each corridor."""

    length_km: list[float]
    shapes: list[list[list[float]]]


def one_a_corridor(corridors: list[Corridor], nodes: list[str], doubts: list[str]) -> list[Corridor]:
    """Opposite edges of a directed graph made one: a corridor lies in the ground once."""
    forth: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, corridor in enumerate(corridors):
        forth[corridor.start, corridor.end].append(i)
    dropped: set[int] = set()
    for (a, b), there in forth.items():
        back = forth.get((b, a), [])
        if nodes[a] < nodes[b] and back:
            pairs = min(len(there), len(back))
            order = sorted(back, key=lambda i: (corridors[i].length_km or 0.0, corridors[i].id))
            dropped |= {*order[:pairs]}
    if dropped:
        doubts.append(f"{len(dropped)} pairs of opposite edges of the directed graph count as one span each.")
    return [corridor for i, corridor in enumerate(corridors) if i not in dropped]


def joined_by_place(
    rows: list[Row], places: list[tuple[float, float] | None], problems: list[Problem]
) -> list[tuple[int, int]]:
    """Which nodes lines join, by where they end; -1 and a problem if no node is within 50 m."""
    from scipy.spatial import KDTree

    known = [i for i, place in enumerate(places) if place is not None]
    tree = KDTree(_on_sphere(np.array([places[i] for i in known], dtype=np.float64)))
    out = []
    for row in rows:
        ends = []
        points = row.shape or []
        for point in (points[0], points[-1]) if len(points) >= 2 else ():
            good = isinstance(point, list) and len(point) >= 2
            good = good and all(isinstance(v, int | float) and abs(v) <= 180 for v in point[:2])
            lonlat = np.array([point[:2] if good else (0.0, 0.0)], dtype=np.float64)
            near = np.asarray(tree.query(_on_sphere(lonlat))[1], dtype=np.int64)
            node = known[int(near[0])] if good else -1
            place = places[node] if node >= 0 else None
            km = WGS84.inv(*place, *point[:2])[2] / 1000.0 if place else float("inf")
            if km > SAME_PLACE_KM:
                message = f"the line ends at {point}, {km:.1f} km from the nearest node"
                hint = "Give columns 'start' and 'end' with the nodes' ids."
                problems.append(Problem("dangling", message, where=row.where, hint=hint))
                node = -1
            ends.append(node)
        if len(ends) < 2:
            problems.append(Problem("geometry", "too few points for a line", where=row.where))
            ends = [-1, -1]
        out.append((ends[0], ends[1]))
    return out


def _on_sphere(lonlat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lon, lat = np.radians(lonlat).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def name_spans(
    corridors: list[Corridor],
    nodes: list[str],
    given: bool,
    may_be_keys: bool,
    problems: list[Problem],
    doubts: list[str],
) -> list[str]:
    """An id for every corridor: the file's, or made of its ends (and a number for parallel ones)."""
    pairs = [tuple(sorted((nodes[c.start], nodes[c.end]))) for c in corridors]
    if given and all(corridor.id for corridor in corridors):
        names = [corridor.id for corridor in corridors]
        if len(set(names)) == len(names):
            return names
        keys = set(zip(names, pairs, strict=True))
        if not (may_be_keys and len(keys) == len(names)):
            first: dict[str, str] = {}
            for corridor in corridors:
                if corridor.id in first:
                    message = f"the id '{corridor.id}' stands twice; first at {first[corridor.id]}"
                    problems.append(Problem("doubled-id", message, where=corridor.row.where, path="id"))
                first.setdefault(corridor.id, corridor.row.where)
            return names
    order = sorted(
        range(len(corridors)),
        key=lambda i: (pairs[i], corridors[i].length_km or 0.0, str(corridors[i].row.shape), corridors[i].id),
    )
    names = [""] * len(corridors)
    taken: set[str] = set()
    for i in order:
        base = "--".join(pairs[i])
        name, count = base, 1
        while name in taken:
            count += 1
            name = f"{base}--{count}"
        taken.add(name)
        names[i] = name
    doubts.append("Span ids are made of the ids of both ends.")
    return names


def measure(
    corridors: list[Corridor],
    xy: npt.NDArray[np.float64],
    own: npt.NDArray[np.bool_],
    column: str,
    problems: list[Problem],
    doubts: list[str],
) -> Measured:
    """Lengths as given, else along the line, else straight (geodesic); and the lines, from start to end.

    Parameters
    ----------
    own : (nodes,) whether a node's position stands in the file; lengths to others are not checked.
    column : the column that gives lengths, for messages.
    """
    a = np.array([corridor.start for corridor in corridors], dtype=np.int64)
    b = np.array([corridor.end for corridor in corridors], dtype=np.int64)
    straight = _apart(xy[a], xy[b])
    shapes = [
        _line(corridor, problems) or [xy[corridor.start].tolist(), xy[corridor.end].tolist()]
        for corridor in corridors
    ]
    shapes = _turned(shapes, xy, a, b, [corridor.row.where for corridor in corridors], doubts)
    _check_lengths(corridors, straight, own[a] & own[b], column, problems)
    out, at_one_spot, computed = [], 0, 0
    for corridor, shape, apart in zip(corridors, shapes, straight.tolist(), strict=True):
        length = corridor.length_km
        if length is None:
            computed += 1
            length = apart
            if len(shape) > 2:
                lon, lat = zip(*shape, strict=True)
                length = float(WGS84.line_length(lon, lat)) / 1000.0
            length = round(length, 6)
        if length < SHORTEST_KM:  # published graphs give 0 between nodes of one town
            at_one_spot += 1
            length = max(round(apart, 6), SHORTEST_KM)
        out.append(length)
    if computed:
        doubts.append(
            f"{computed} of {len(out)} lengths are not in the file: geodesic, along the line if drawn."
        )
    if at_one_spot:
        doubts.append(f"{at_one_spot} spans have no length (nodes at one spot) and count as 1 m or straight.")
    if computed < len(out) and folded(column) in ("length", "dist", "distance"):
        doubts.append(f"The column '{column}' states no unit and is read as km.")
    return Measured(out, shapes)


def _apart(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Geodesic distance between pairs of points, km."""
    return np.asarray(WGS84.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])[2], dtype=np.float64) / 1000.0


def _line(corridor: Corridor, problems: list[Problem]) -> list[list[float]]:
    """The checked points of an edge's own geometry; empty if it has none."""
    row, found = corridor.row, list[Problem]()
    points: list[list[float]] = []
    for point in row.shape or ():
        pair: list[Any] = point[:2] if isinstance(point, list) else []
        values = [as_number(value, row.where, "coordinates", found) for value in pair]
        lon, lat = values if len(values) == 2 else (None, None)
        if isinstance(lon, float) and isinstance(lat, float) and abs(lon) <= 180 and abs(lat) <= 90:
            points.append([lon, lat])
        else:
            problems.append(Problem("out-of-range", f"{point} is no longitude and latitude", where=row.where))
            return []
    return points if len(points) >= 2 else []


def _turned(
    shapes: list[list[list[float]]],
    xy: npt.NDArray[np.float64],
    a: npt.NDArray[np.int64],
    b: npt.NDArray[np.int64],
    wheres: list[str],
    doubts: list[str],
) -> list[list[list[float]]]:
    """Lines that run from start to end; those that end far from their nodes are told."""
    first = np.array([shape[0] for shape in shapes])
    last = np.array([shape[-1] for shape in shapes])
    forward = np.maximum(_apart(first, xy[a]), _apart(last, xy[b]))
    backward = np.maximum(_apart(first, xy[b]), _apart(last, xy[a]))
    far = np.flatnonzero(np.minimum(forward, backward) > FAR_KM).tolist()
    if far:
        names = listed((wheres[i].rpartition("/")[2] for i in far), most=3)
        doubts.append(f"{len(far)} lines end more than {FAR_KM:g} km from their nodes: {names}.")
    return [
        shape[::-1] if turn else shape
        for shape, turn in zip(shapes, (backward < forward).tolist(), strict=True)
    ]


def _check_lengths(
    corridors: list[Corridor],
    straight: npt.NDArray[np.float64],
    checked: npt.NDArray[np.bool_],
    column: str,
    problems: list[Problem],
) -> None:
    """No corridor is shorter than the straight line, and lengths in metres are not kilometres."""
    given = [
        (c, float(s))
        for c, s, ok in zip(corridors, straight, checked, strict=True)
        if ok and c.length_km is not None
    ]
    ratios = sorted((c.length_km or 0.0) / s for c, s in given if s > 0.1)
    if ratios and ratios[len(ratios) // 2] > LONG_RATIO:
        message = (
            f"the lengths in '{column}' are {ratios[len(ratios) // 2]:.0f} times the straight line (median)"
        )
        hint = "If they are metres, call the column length_m."
        problems.append(
            Problem("length-unit", message, where=given[0][0].row.at(column), path=column, hint=hint)
        )
        return
    for corridor, apart in given:
        length = corridor.length_km or 0.0
        if length < apart * (1 - SLACK_SHARE) - SLACK_KM:
            message = f"the length {length:g} km is less than the straight line, {apart:.1f} km"
            where = corridor.row.at(column)
            problems.append(
                Problem("length-short", message, where=where, path=column, hint="Is the unit km?")
            )
