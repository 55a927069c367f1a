"""Joining what corridors leave apart: by land where land is, else by links that say what they are.

Pieces of one country hang together by the shortest tree of links between their nodes. A link over the
country's own land is an assumed corridor; one over the sea a submarine cable, if the sea is not too wide; one
through a neighbour, or too far, is leased, and no programme builds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import Delaunay, QhullError
from shapely import LineString

from bbsim.geodata.corridors import LINK, WINDING, cut_all, nearest
from bbsim.geodata.measure import geodesic_km
from bbsim.geodata.nation.carried import LEASED, NO_CORRIDOR, SEA
from bbsim.geodata.nation.ground import Ground
from bbsim.geodata.network import Network

SEA_SLACK = 1.1  # assumed km of cable per km of straight line on the sea bed
SEA_KM = 1500.0  # wider seas are crossed by leased capacity: another's cable, or a satellite
LAND_SHARE = 0.6  # a link so much of which lies on the country's own land is a corridor
ABROAD_SHARE = 0.4  # a link so much of which lies on neighbours' land is leased
WATER_KM = 4.0  # ... and which crosses no more water than that
NEARER = 0.8  # a link ends on a corridor rather than at its node, if that is so much nearer
DEAR = 3.0  # a link that is not over own land counts so many times its length


@dataclass(frozen=True, slots=True)
class Joint:
    """One link between two pieces: which edge, what it is, and its straight length, km."""

    edge: int
    mode: str
    km: float
    abroad: str = ""


def join(network: Network, ground: Ground) -> list[Joint]:
    """Join all pieces of a network with the cheapest tree of links; returns the links made."""
    nodes = np.array(sorted(network.xy), dtype=np.int64)
    piece = _pieces(network, nodes)
    if piece.max(initial=0) == 0:
        return []
    xy = ground.sheet.points([network.xy[n] for n in nodes.tolist()])
    pairs = _neighbours(xy, piece)
    near = [(float(np.hypot(*(xy[a] - xy[b]))), a, b) for a, b in pairs.tolist()]
    told = []
    for km, a, b in near:
        mode, abroad = _mode(LineString([xy[a], xy[b]]), km, ground)
        told.append((round(km * (1.0 if mode == LINK else DEAR), 6), a, b, mode, abroad))
    root = list(range(int(piece.max()) + 1))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    made = []
    for _, a, b, mode, abroad in sorted(told):
        one, other = find(int(piece[a])), find(int(piece[b]))
        if one == other:
            continue
        root[max(one, other)] = min(one, other)
        u, v = _shortened(network, int(nodes[a]), int(nodes[b]))
        straight = geodesic_km(network.xy[u], network.xy[v])
        slack = {LINK: WINDING, SEA: SEA_SLACK, LEASED: 1.0}[mode]
        edge = network.add_edge(u, v, max(straight * slack, 0.1), [network.xy[u], network.xy[v]], mode)
        network.kept |= {u, v}
        made.append(Joint(edge, mode, straight, abroad))
    return made


def _shortened(network: Network, u: int, v: int) -> tuple[int, int]:
    """The ends of a link, moved along the corridors that begin at them to where they come nearest."""
    for _ in range(2):
        own = [i for i in sorted(network.at[v]) if network.edges[i].mode not in NO_CORRIDOR]
        if own:
            target = nearest(network, [network.xy[u]], among=own)[0]
            gap = float(np.hypot(*(_on(network, u) - _on(network, v))))
            if target[2] < NEARER * gap:
                v = cut_all(network, [target], tolerance_km=0.3)[0]
        u, v = v, u
    return u, v


def _on(network: Network, node: int) -> NDArray[np.float64]:
    return np.array(network.sheet.point(network.xy[node]))


def _pieces(network: Network, nodes: NDArray[np.int64]) -> NDArray[np.int64]:
    """The piece that each node belongs to, numbered from the largest."""
    piece_of: Mapping[int, int] = {n: k for k, part in enumerate(network.components()) for n in part}
    return np.array([piece_of[n] for n in nodes.tolist()], dtype=np.int64)


def _neighbours(xy: NDArray[np.float64], piece: NDArray[np.int64]) -> NDArray[np.int64]:
    """Pairs of nodes of different pieces that a Delaunay triangulation joins: it holds a shortest tree."""
    try:
        triangles = Delaunay(xy, qhull_options="QJ Pp").simplices
        pairs = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]])
    except (QhullError, ValueError):  # too few nodes, or all in a line
        order = np.lexsort((np.arange(len(xy)), xy[:, 1], xy[:, 0]))
        pairs = np.column_stack([order[:-1], order[1:]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    return np.asarray(pairs[piece[pairs[:, 0]] != piece[pairs[:, 1]]], dtype=np.int64)


def _mode(line: LineString, km: float, ground: Ground) -> tuple[str, str]:
    """What a straight link is, and through which neighbour it goes, if it does."""
    if km < 0.5:
        return LINK, ""
    own = float(shapely.intersection(line, ground.flat).length) / line.length
    shares = {
        alpha2: float(shapely.intersection(line, land).length) / line.length
        for alpha2, land in ground.neighbours.items()
    }
    water_km = max(0.0, 1.0 - own - sum(shares.values())) * km
    if own >= LAND_SHARE and water_km <= WATER_KM:
        return LINK, ""
    if sum(shares.values()) >= ABROAD_SHARE:
        return LEASED, max(sorted(shares), key=lambda alpha2: shares[alpha2])
    return (SEA, "") if km <= SEA_KM else (LEASED, "")
