"""A small multigraph of corridors whose edges carry their own length and their drawn line.

An edge's `km` is what its source says the corridor is long; the line is only how it is drawn. Every cut
shares the km in proportion to the drawn pieces and every join adds them; only merging two junctions that
lie within some hundred metres forgets the metres between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from shapely import LineString
from shapely.ops import substring

from bbsim.geodata.measure import Point, Sheet, geodesic_km


@dataclass
class Edge:
    """One corridor between two nodes; `points` run from `u` to `v` in degrees."""

    u: int
    v: int
    km: float
    points: list[Point]
    mode: str

    def towards(self, node: int) -> list[Point]:
        """The points, ending at `node`."""
        return self.points if self.v == node else self.points[::-1]

    def other(self, node: int) -> int:
        """The end that is not `node`."""
        return self.u if self.v == node else self.v


@dataclass
class Network:
    """Nodes by integer id, edges by integer id; ids are never used twice."""

    sheet: Sheet
    xy: dict[int, Point] = field(default_factory=dict)
    edges: dict[int, Edge] = field(default_factory=dict)
    at: dict[int, set[int]] = field(default_factory=dict)
    kept: set[int] = field(default_factory=set)  # nodes that are more than bends: places, borders
    ends: set[int] = field(default_factory=set)  # nodes on which nothing else may hang: borders
    _next_node: int = 0
    _next_edge: int = 0

    def add_node(self, lonlat: Point, *, keep: bool = False) -> int:
        """A new node; returns its id."""
        node = self._next_node
        self._next_node += 1
        self.xy[node], self.at[node] = lonlat, set()
        if keep:
            self.kept.add(node)
        return node

    def add_edge(self, u: int, v: int, km: float, points: list[Point], mode: str) -> int:
        """A new edge; returns its id."""
        edge = self._next_edge
        self._next_edge += 1
        self.edges[edge] = Edge(u, v, km, points, mode)
        self.at[u].add(edge)
        self.at[v].add(edge)
        return edge

    def drop_edge(self, edge: int) -> None:
        """Forget an edge; its ends stay."""
        gone = self.edges.pop(edge)
        self.at[gone.u].discard(edge)
        self.at[gone.v].discard(edge)

    def drop_node(self, node: int) -> None:
        """Forget a node and all its edges."""
        for edge in sorted(self.at[node]):
            self.drop_edge(edge)
        del self.at[node], self.xy[node]
        self.kept.discard(node)
        self.ends.discard(node)

    def components(self) -> list[list[int]]:
        """Nodes of each connected component, the largest first."""
        seen: set[int] = set()
        found = []
        for start in sorted(self.xy):
            if start in seen:
                continue
            seen.add(start)
            stack, part = [start], []
            while stack:
                node = stack.pop()
                part.append(node)
                for edge in sorted(self.at[node]):
                    other = self.edges[edge].other(node)
                    if other not in seen:
                        seen.add(other)
                        stack.append(other)
            found.append(sorted(part))
        return sorted(found, key=lambda part: (-len(part), part[0]))

    # ---- tidying --------------------------------------------------------------------------------
    def merge(self, gone: int, into: int) -> None:
        """Move all edges of `gone` to `into`; edges between them vanish, lines are redrawn to end there."""
        for edge_id in sorted(self.at[gone]):
            edge = self.edges[edge_id]
            other = edge.other(gone)
            points = [*edge.towards(gone)[:-1], self.xy[into]]
            self.drop_edge(edge_id)
            if other not in (into, gone):
                if len(points) == 1:
                    points = [self.xy[other], self.xy[into]]
                self.add_edge(
                    other, into, max(edge.km, geodesic_km(self.xy[other], self.xy[into])), points, edge.mode
                )
        self.kept |= {into} if gone in self.kept else set()
        self.ends |= {into} if gone in self.ends else set()
        self.drop_node(gone)

    def collapse_short(self, below_km: float) -> None:
        """Merge bends and junctions that lie nearer than `below_km` along an edge, shortest edge first."""
        heap = [(edge.km, i) for i, edge in self.edges.items() if edge.km < below_km]
        heapify(heap)
        while heap:
            _, i = heappop(heap)
            edge = self.edges.get(i)
            if edge is None or edge.u in self.ends or edge.v in self.ends:
                continue
            if edge.u in self.kept and edge.v in self.kept:  # and so they stay
                continue
            gone, into = max(edge.u, edge.v), min(edge.u, edge.v)
            if gone in self.kept:
                gone, into = into, gone
            first = self._next_edge
            self.merge(gone, into)
            for new in range(first, self._next_edge):
                if self.edges[new].km < below_km:
                    heappush(heap, (self.edges[new].km, new))

    def prune(self) -> None:
        """Drop dead ends that serve nobody, and pieces on which nobody lives."""
        for part in self.components():
            if not any(node in self.kept for node in part):
                for node in part:
                    self.drop_node(node)
        leaves = sorted(node for node in self.xy if len(self.at[node]) <= 1 and node not in self.kept)
        while leaves:
            node = leaves.pop()
            others = [self.edges[edge].other(node) for edge in self.at[node]]
            self.drop_node(node)
            leaves += [o for o in others if o in self.at and len(self.at[o]) == 1 and o not in self.kept]

    def contract(self) -> None:
        """Join the two edges at every bend (a node of two edges that is no place)."""
        for node in sorted(self.xy):
            if node in self.kept or len(self.at[node]) != 2:
                continue
            first, second = (self.edges[edge] for edge in sorted(self.at[node]))
            start, end = first.other(node), second.other(node)
            if start == end:
                continue
            points = [*first.towards(node)[:-1], *second.towards(node)[::-1]]
            mode = first.mode if first.km >= second.km else second.mode
            self.drop_node(node)
            self.add_edge(start, end, first.km + second.km, points, mode)

    def drop_doubles(self, apart_km: float) -> None:
        """Of edges between the same two nodes keep the shortest, and others only if they run apart."""
        groups: dict[tuple[int, int], list[int]] = {}
        for i in sorted(self.edges):
            edge = self.edges[i]
            if edge.u == edge.v:
                groups.setdefault((-1, -1), []).append(i)
            else:
                groups.setdefault((min(edge.u, edge.v), max(edge.u, edge.v)), []).append(i)
        for loop in groups.pop((-1, -1), []):
            self.drop_edge(loop)
        for pair in sorted(groups):
            kept: list[LineString] = []
            for i in sorted(groups[pair], key=lambda i: (self.edges[i].km, i)):
                line = self.sheet.flat(LineString(self.edges[i].points))
                if any(line.hausdorff_distance(other) < apart_km for other in kept):
                    self.drop_edge(i)
                else:
                    kept.append(line)

    def tidy(self, *, below_km: float, apart_km: float) -> None:
        """Prune, join bends, drop doubles and merge near junctions until nothing changes."""
        before = -1
        while before != len(self.edges):
            before = len(self.edges)
            self.prune()
            self.contract()
            self.drop_doubles(apart_km)
            self.collapse_short(below_km)

    # ---- cutting --------------------------------------------------------------------------------
    def split(self, edge_id: int, shares: Iterable[float]) -> list[int]:
        """Cut an edge at the given shares (0..1) of its drawn line; returns the new nodes in order."""
        edge = self.edges[edge_id]
        line = LineString(edge.points)
        cuts = sorted(shares)
        self.drop_edge(edge_id)
        nodes = [self.add_node(_plain(line.interpolate(share, normalized=True).coords[0])) for share in cuts]
        bounds = [0.0, *cuts, 1.0]
        ends = [edge.u, *nodes, edge.v]
        for k in range(len(ends) - 1):
            piece = substring(line, bounds[k], bounds[k + 1], normalized=True)
            points = [_plain(xy) for xy in piece.coords]
            points[0], points[-1] = self.xy[ends[k]], self.xy[ends[k + 1]]
            self.add_edge(ends[k], ends[k + 1], edge.km * (bounds[k + 1] - bounds[k]), points, edge.mode)
        return nodes


def _plain(xy: Iterable[float]) -> Point:
    lon, lat = xy
    return (float(lon), float(lat))


def simplify(network: Network, within_km: float) -> None:
    """Draw lines with fewer points, never more than `within_km` off; lengths stay those of the source."""
    for edge in network.edges.values():
        if len(edge.points) == 2:
            continue
        line = network.sheet.back(network.sheet.flat(LineString(edge.points)).simplify(within_km))
        points = [_plain(xy) for xy in line.coords]
        points[0], points[-1] = edge.points[0], edge.points[-1]
        edge.points = points
