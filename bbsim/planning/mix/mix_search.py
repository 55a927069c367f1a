"""A cheap mix of fibre, radio and sky: begin with everybody on fibre, tear parts down, join them anew.

A place is joined by the cheapest way from what is there that carries its load; a place relays others only
while a hop serves it. Parts torn down are everything behind one node, from the twigs inwards, then everything
around a place drawn at random; whatever does not come back cheaper is put back as it was.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence

import numpy as np

from bbsim.planning.corridors.arrays import IntVector
from bbsim.planning.mix.layers import FIBRE, FROM_FIBRE, FROM_RADIO, HOP, MAST, SATELLITE, Layers

KBPS_PER_GBPS = 1_000_000
LARGEST = 60  # places behind one node that are torn down together
SWEEPS = 3  # times that all nodes are gone through


class Mix:
    """A tree in the layers, kept as one parent arc a node and a count of the leaves behind it."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.into = layers.into
        self.tail, self.head = layers.tail.tolist(), layers.head.tolist()
        self.usd, self.kind = layers.usd.tolist(), layers.kind.tolist()
        roof = np.where(np.isfinite(layers.gbps), layers.gbps, 1e9)
        self.room = np.floor(roof * KBPS_PER_GBPS + 1e-6).astype(np.int64).tolist()
        asked = np.ceil(layers.given.load_gbps * KBPS_PER_GBPS - 1e-6).astype(np.int64)
        self.load = dict(zip(layers.leaves.tolist(), asked[layers.places].tolist(), strict=True))
        self.pool = math.floor(min(layers.given.pool_gbps, 1e9) * KBPS_PER_GBPS + 1e-6)
        self.by = [-1] * layers.size
        self.behind = [0] * layers.size
        self.next: list[dict[int, None]] = [{} for _ in range(layers.size)]
        self.total = 0.0

    # ---- what is there ------------------------------------------------------------------------
    def path(self, node: int) -> list[int]:
        """The arcs from a node up to the root."""
        arcs = []
        while node != self.layers.root:
            arcs.append(self.by[node])
            node = self.tail[self.by[node]]
        return arcs

    def put(self, leaf: int, path: Sequence[int]) -> None:
        """Join a leaf by a path that leads from it up to the root."""
        load = self.load[leaf]
        for arc in path:
            node = self.head[arc]
            if self.behind[node] == 0:
                self.by[node] = arc
                self.next[self.tail[arc]][node] = None
                self.total += self.usd[arc]
            self.behind[node] += 1
            if self.kind[arc] == HOP:
                self.room[arc] -= load
            elif self.kind[arc] == SATELLITE:
                self.pool -= load

    def take(self, leaf: int) -> list[int]:
        """Take a leaf out, with all that leads to nobody else; its path is returned."""
        path, load = self.path(leaf), self.load[leaf]
        for arc in path:
            node = self.head[arc]
            self.behind[node] -= 1
            if self.behind[node] == 0:
                self.by[node] = -1
                del self.next[self.tail[arc]][node]
                self.total -= self.usd[arc]
            if self.kind[arc] == HOP:
                self.room[arc] += load
            elif self.kind[arc] == SATELLITE:
                self.pool += load
        return path

    def join(self, leaf: int) -> bool:
        """Join a leaf by the cheapest way that carries it; False if there is none."""
        path = self._way(leaf)
        if path is None:
            return False
        self.put(leaf, path)
        return True

    def _way(self, leaf: int) -> list[int] | None:
        load, own = self.load[leaf], -1
        far: dict[int, float] = {leaf: 0.0}
        onward: dict[int, int] = {}
        done: set[int] = set()
        heap = [(0.0, leaf)]
        while heap:
            usd, node = heapq.heappop(heap)
            if node in done:
                continue
            done.add(node)
            if node == self.layers.root or self.behind[node] > 0:
                path = self._whole(node, leaf, onward)
                if self._carries(path, load):
                    return path
                continue
            for arc in self.into[node]:
                kind, before = self.kind[arc], self.tail[arc]
                if kind == FROM_RADIO:
                    own = before
                # Its own mast brings nothing that its fibre does not; another's radio must be there already.
                if (kind == MAST and node == own) or (kind == HOP and (node != own or self.room[arc] < load)):
                    continue
                if kind == SATELLITE and self.pool < load:
                    continue
                reach = usd + self.usd[arc]
                if reach < far.get(before, math.inf):
                    far[before] = reach
                    onward[before] = arc
                    heapq.heappush(heap, (reach, before))
        return None

    def _whole(self, node: int, leaf: int, onward: dict[int, int]) -> list[int]:
        """From the leaf up to the root: the new arcs, then those that are there."""
        fresh, at = [], node
        while at != leaf:
            fresh.append(onward[at])
            at = self.head[onward[at]]
        return fresh[::-1] + self.path(node)

    def _carries(self, path: list[int], load: int) -> bool:
        hops = [arc for arc in path if self.kind[arc] == HOP]
        fresh = [self.tail[arc] for arc in hops if self.behind[self.head[arc]] == 0]
        given = self.layers.given
        return (
            len(hops) <= given.most_hops
            and all(self.room[arc] >= load for arc in hops)
            and all(self._links(node) < given.most_links for node in fresh)
        )

    def _links(self, node: int) -> int:
        """Hops that lead away from a node."""
        return sum(self.kind[self.by[other]] == HOP for other in self.next[node])

    # ---- better -------------------------------------------------------------------------------
    def start(self, edges: IntVector) -> list[int]:
        """Join everybody whom these corridors reach by fibre, then the others; those that nothing joins."""
        reach = self._along(set(edges.tolist()))
        rest = []
        for leaf in self.layers.leaves.tolist():
            arc = next((a for a in self.into[leaf] if self.kind[a] == FROM_FIBRE), -1)
            if arc < 0 or (self.tail[arc] not in reach and self.tail[arc] != self.layers.root):
                rest.append(leaf)
                continue
            path, at = [arc], self.tail[arc]
            while at != self.layers.root:
                path.append(reach[at])
                at = self.tail[reach[at]]
            self.put(leaf, path)
        return [leaf for leaf in rest if not self.join(leaf)]

    def _along(self, edges: set[int]) -> dict[int, int]:
        """The arc by which each node on the ground is reached from the root, over these corridors."""
        out: list[list[int]] = [[] for _ in range(self.layers.size)]
        for arc, node in enumerate(self.tail):
            if self.kind[arc] == FIBRE and int(self.layers.ref[arc]) in edges:
                out[node].append(arc)
        reach: dict[int, int] = {}
        queue = [self.layers.root]
        for node in queue:
            for arc in out[node]:
                if self.head[arc] not in reach and self.head[arc] != self.layers.root:
                    reach[self.head[arc]] = arc
                    queue.append(self.head[arc])
        return reach

    def improve(self, rounds: int) -> None:
        """Tear down and join anew: behind every node, then around places drawn so many times."""
        rng = np.random.default_rng(0)
        for _ in range(SWEEPS):
            before = self.total
            for node in self._by_size():
                if 0 < self.behind[node] <= LARGEST:
                    self._again(self._leaves_behind(node), rng)
            if self.total >= before * (1.0 - 1e-12):
                break
        leaves = self.layers.leaves.tolist()
        for _ in range(rounds if leaves else 0):
            node = leaves[int(rng.integers(len(leaves)))]
            for arc in self.path(node)[: int(rng.integers(1, 12))]:
                node = self.head[arc]
                if self.behind[node] > LARGEST:
                    break
            self._again(self._leaves_behind(node), rng)

    def _by_size(self) -> list[int]:
        there = [node for node in range(self.layers.size) if self.behind[node] > 0]
        return sorted(there, key=lambda node: (self.behind[node], node))

    def _leaves_behind(self, node: int) -> list[int]:
        queue = [node]
        for each in queue:
            queue += self.next[each]
        return sorted(leaf for leaf in queue if leaf in self.load)

    def _again(self, leaves: list[int], rng: np.random.Generator) -> None:
        """Take these leaves out and join them in another order; put them back if that is no cheaper."""
        before = self.total
        # Whoever relays others goes with them.
        for leaf in list(leaves):
            arc = self.by[leaf]
            if self.kind[arc] == FROM_RADIO and self.behind[self.tail[arc]] > 1:
                leaves = sorted({*leaves, *self._leaves_behind(self.tail[arc])})
        old = [(leaf, self.take(leaf)) for leaf in leaves]
        done = []
        for i in rng.permutation(len(leaves)).tolist():
            if self.total >= before or not self.join(leaves[i]):
                break
            done.append(leaves[i])
        if len(done) == len(leaves) and self.total < before - 1e-9 * max(before, 1.0):
            return
        for leaf in done:
            self.take(leaf)
        for leaf, path in old:
            self.put(leaf, path)
        self.total = before
