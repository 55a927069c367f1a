"""Where the nodes of a graph file stand, also those whose position the file leaves out."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import numpy.typing as npt

from bbsim.geodata.graph_rows import RawGraph, fault, listed
from bbsim.geodata.graph_spans import Corridor

DRAWING_LEAST = 6  # nodes from which whole degrees throughout are worth a word
Point = tuple[float, float]


def fill_places(
    graph: RawGraph,
    ids: list[str],
    places: list[Point | None],
    corridors: list[Corridor],
    doubts: list[str],
) -> npt.NDArray[np.float64]:
    """Longitude and latitude of all nodes, shape (nodes, 2); what is odd about them is told.

    A node without a position is put amid its neighbours, round by round, so that published topologies
    with a few unplaced nodes can be used.

    Raises
    ------
    InputError
        if a node and all it is joined to have no position.
    """
    neighbours: dict[int, list[int]] = defaultdict(list)
    for corridor in corridors:
        neighbours[corridor.start].append(corridor.end)
        neighbours[corridor.end].append(corridor.start)
    placed = {i: place for i, place in enumerate(places) if place is not None}
    missing = sorted((i for i, place in enumerate(places) if place is None), key=lambda i: ids[i])
    left = missing
    while left:
        new = {}
        for i in left:
            around = [placed[j] for j in sorted(neighbours[i], key=lambda j: ids[j]) if j in placed]
            if around:
                new[i] = _middle(around)
        if not new:
            where = graph.nodes[left[0]].where
            raise fault("no-positions", f"'{ids[left[0]]}' has no position, nor has a neighbour", where)
        placed |= new
        left = [i for i in left if i not in placed]
    if missing:
        names = listed(ids[i] for i in missing)
        doubts.append(f"{len(missing)} nodes have no position and stand amid their neighbours: {names}.")
    _tell_shared(ids, placed, doubts)
    xy = np.array([placed[i] for i in range(len(places))], dtype=np.float64)
    if len(ids) >= DRAWING_LEAST and (xy == np.round(xy)).all():
        doubts.append("All positions are whole numbers: a drawing? They are read as degrees.")
    return xy


def _tell_shared(ids: list[str], placed: dict[int, Point], doubts: list[str]) -> None:
    at: dict[Point, list[str]] = defaultdict(list)
    for i, node in enumerate(ids):
        at[placed[i]].append(node)
    shared = sorted(sorted(nodes) for nodes in at.values() if len(nodes) > 1)
    if shared:
        names = listed(("=".join(nodes[:3]) for nodes in shared), most=4)
        doubts.append(f"{len(shared)} positions are those of several nodes: {names}.")


def _middle(points: list[Point]) -> Point:
    """The point amid some points of the globe: the direction of their mean in space."""
    lon, lat = np.radians(np.array(points, dtype=np.float64)).T
    x, y, z = (np.cos(lat) * np.cos(lon)).sum(), (np.cos(lat) * np.sin(lon)).sum(), np.sin(lat).sum()
    longitude, latitude = math.degrees(math.atan2(y, x)), math.degrees(math.atan2(z, math.hypot(x, y)))
    return (round(longitude, 7), round(latitude, 7))
