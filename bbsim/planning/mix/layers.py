"""Fibre, radio and sky as one directed graph, so that the cheapest mix is a cheapest tree in it.

Every node stands on the ground floor (fibre reaches it); places stand on the radio floor as well (a hop
reaches them), and each place that wants service is a leaf above both, which satellite, or the price of
leaving it out, enters straight from the root. Fibre arcs join the ground floor, a mast leads from the ground
to the radio floor, hops join the radio floor, and nothing leads down: there is no fibre behind a hop.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors import graphs
from bbsim.planning.corridors.arrays import FloatVector, IntVector
from bbsim.planning.corridors.kernels import choose
from bbsim.planning.trees import dual_ascent

MODULES = (graphs, dual_ascent)
FIBRE, MAST, HOP, FROM_FIBRE, FROM_RADIO, SATELLITE, LEFT_OUT = range(7)
Bools = npt.NDArray[np.bool_]


def _none() -> Any:
    return np.zeros(0)


@dataclass(frozen=True, slots=True)
class Possibilities:
    """What may serve whom, and at what price; all USD over the same years.

    Attributes
    ----------
    u, v, fibre_usd : corridors, and the price of fibre on each; what stands costs nothing, shape (m,).
    root : the node where the world begins.
    wanted : which nodes are places that want service, shape (n,).
    node_usd : price of a place's access node, on fibre or at the end of a hop, shape (n,).
    load_gbps : what each place asks of its link, shape (n,).
    hop_a, hop_b, hop_usd, hop_gbps : hops with a clear sight, either way; radios and what they carry, shape
        (h,). A hop may begin at any node on fibre or at a place that a hop serves; it ends at a wanted place.
    site_usd : mast and power at a node, once for all its hops, shape (n,).
    most_hops, most_links : hops in a row, and hops that lead away from one node, at most.
    satellite_usd : price of serving a place from the sky, inf if that can't be, shape (n,).
    pool_gbps : what the sky carries in all.
    leave_usd : what leaving a place out costs, inf if nobody may be left out, shape (n,).
    may_fibre : places that fibre may serve, and where hops may begin on fibre; it may pass the others, shape
        (n,).
    """

    u: IntVector
    v: IntVector
    fibre_usd: FloatVector
    root: int
    wanted: Bools
    node_usd: FloatVector
    load_gbps: FloatVector
    satellite_usd: FloatVector
    leave_usd: FloatVector
    may_fibre: Bools
    site_usd: FloatVector
    hop_a: IntVector = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    hop_b: IntVector = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    hop_usd: FloatVector = field(default_factory=_none)
    hop_gbps: FloatVector = field(default_factory=_none)
    most_hops: int = 3
    most_links: int = 8
    pool_gbps: float = math.inf

    def __post_init__(self) -> None:
        n = len(self.wanted)
        for name in ("node_usd", "load_gbps", "satellite_usd", "leave_usd", "may_fibre", "site_usd"):
            if len(getattr(self, name)) != n:
                raise ValueError(f"{name} must have {n} entries, got {len(getattr(self, name))}")
        for names in (("u", "v", "fibre_usd"), ("hop_a", "hop_b", "hop_usd", "hop_gbps")):
            if len({len(getattr(self, name)) for name in names}) > 1:
                raise ValueError(f"{', '.join(names)} must have the same length")
        for name in ("fibre_usd", "node_usd", "load_gbps", "hop_usd", "hop_gbps", "site_usd"):
            values = np.asarray(getattr(self, name))
            if len(values) and not (values.min() >= 0.0 and values.max() < math.inf):
                raise ValueError(f"{name} must be finite and not negative")
        for name in ("satellite_usd", "leave_usd"):
            if not (np.asarray(getattr(self, name)) >= 0.0).all():
                raise ValueError(f"{name} must not be negative")
        if not 0 <= self.root < n or self.wanted[self.root]:
            raise ValueError("root must be a node that wants nothing")


@dataclass(frozen=True, eq=False)
class Layers:
    """The directed graph; nodes are floors times nodes, then leaves.

    Attributes
    ----------
    size, root : number of nodes, and the root.
    leaves : node of each place's leaf, shape (k,); `places` the place of each.
    tail, head, usd, kind, ref : of the arcs; `ref` is the corridor, the hop, or the place it is about.
    gbps : what a hop carries; inf for other arcs.
    """

    given: Possibilities
    size: int
    root: int
    places: IntVector
    leaves: IntVector
    tail: IntVector
    head: IntVector
    usd: FloatVector
    kind: IntVector
    ref: IntVector
    gbps: FloatVector

    @classmethod
    def of(cls, given: Possibilities) -> Layers:
        """The graph of what is possible."""
        n = len(given.wanted)
        places = np.flatnonzero(given.wanted)
        leaf = np.full(n, -1, dtype=np.int64)
        leaf[places] = 2 * n + np.arange(len(places))
        m, h = np.arange(len(given.u)), np.arange(len(given.hop_a))
        sends = np.unique(np.concatenate([given.hop_a, given.hop_b]).astype(np.int64))
        masts = sends[~given.wanted[sends] | given.may_fibre[sends]]
        parts: list[tuple[Any, Any, Any, int, Any]] = [
            (given.u, given.v, given.fibre_usd, FIBRE, m),
            (given.v, given.u, given.fibre_usd, FIBRE, m),
            (masts, n + masts, given.site_usd[masts], MAST, masts),
        ]
        for a, b in ((given.hop_a, given.hop_b), (given.hop_b, given.hop_a)):
            enough = given.hop_gbps >= given.load_gbps[b] if len(b) else h.astype(bool)
            ends = np.flatnonzero(given.wanted[b] & enough) if len(b) else h
            far = b[ends].astype(np.int64)
            parts.append((n + a[ends], n + far, given.hop_usd[ends] + given.site_usd[far], HOP, ends))
        own = places[given.may_fibre[places]]
        parts.append((own, leaf[own], given.node_usd[own], FROM_FIBRE, own))
        heard = np.intersect1d(places, sends)
        parts.append((n + heard, leaf[heard], given.node_usd[heard], FROM_RADIO, heard))
        for price, kind in ((given.satellite_usd, SATELLITE), (given.leave_usd, LEFT_OUT)):
            able = places[np.isfinite(price[places])]
            if kind == SATELLITE:
                able = able[given.load_gbps[able] <= given.pool_gbps]
            parts.append((np.full(len(able), given.root), leaf[able], price[able], kind, able))
        tail, head, usd, ref = (np.concatenate([np.asarray(part[i]) for part in parts]) for i in (0, 1, 2, 4))
        kinds = np.concatenate([np.full(len(part[0]), part[3]) for part in parts])
        gbps = np.where(kinds == HOP, 0.0, math.inf)
        gbps[kinds == HOP] = given.hop_gbps[ref[kinds == HOP].astype(np.int64)]
        return cls(
            given, 2 * n + len(places), given.root, places, leaf[places], tail.astype(np.int64),
            head.astype(np.int64), usd.astype(np.float64), kinds, ref.astype(np.int64), gbps,
        )  # fmt: skip

    def kept(self, arcs: Bools) -> Layers:
        """The same graph with these arcs alone."""
        return Layers(
            self.given, self.size, self.root, self.places, self.leaves, self.tail[arcs], self.head[arcs],
            self.usd[arcs], self.kind[arcs], self.ref[arcs], self.gbps[arcs],
        )  # fmt: skip

    @cached_property
    def into(self) -> list[list[int]]:
        """The arcs that enter each node."""
        out: list[list[int]] = [[] for _ in range(self.size)]
        for arc, node in enumerate(self.head.tolist()):
            out[node].append(arc)
        return out

    def bound(self) -> tuple[float, FloatVector]:
        """No tree from the root to all leaves costs less; and what is left of each arc's price."""
        order = np.lexsort((self.tail, self.head))
        first = np.concatenate([[0], np.cumsum(np.bincount(self.head, minlength=self.size))])
        engine: Any = choose(MODULES, 400 * len(order))
        graph = (
            engine.ints(first),
            engine.ints(self.tail[order]),
            engine.floats(self.usd[order]),
            engine.ints(np.zeros(len(order))),
        )
        wanted = np.zeros(self.size, dtype=np.int64)
        wanted[self.leaves] = 1
        left = engine.floats(np.zeros(len(order)))
        value = float(engine.ascend(graph, engine.ints(wanted), self.root, left, 2**31 - 1))
        rest = np.empty(len(order))
        rest[order] = np.asarray(left)
        return value * (1.0 - 1e-11), rest

    def useful(self, usd: float, bound: float, rest: FloatVector) -> Bools:
        """(arcs,) which arcs may be in a tree that costs less than `usd`.

        An arc through which even the cheapest way to some leaf, at what is left of the prices, brings the
        bound above `usd` is in none (reduced-cost fixing; Polzin & Daneshmand 2001).
        """
        down = _distances(self.size, self.tail, self.head, rest, [self.root])
        up = _distances(self.size, self.head, self.tail, rest, self.leaves.tolist())
        slack = usd - bound + 1e-9 * max(usd, 1.0)
        return np.asarray(down[self.tail] + rest + up[self.head] <= slack)


def _distances(
    size: int, tail: IntVector, head: IntVector, usd: FloatVector, sources: list[int]
) -> FloatVector:
    """Shortest distances along the arcs from any of the sources."""
    order = np.argsort(tail, kind="stable")
    first = np.searchsorted(tail[order], np.arange(size + 1)).tolist()
    to, price = head[order].tolist(), usd[order].tolist()
    far = [math.inf] * size
    heap = [(0.0, node) for node in sources]
    for node in sources:
        far[node] = 0.0
    while heap:
        reach, node = heapq.heappop(heap)
        if reach > far[node]:
            continue
        for k in range(first[node], first[node + 1]):
            if reach + price[k] < far[to[k]]:
                far[to[k]] = reach + price[k]
                heapq.heappush(heap, (far[to[k]], to[k]))
    return np.array(far)
