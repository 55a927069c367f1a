"""Who hangs on one span: whose only way to a gateway leads over a span that has no second way around it.

The lit network is kept as a tree from the gateways, in which nodes that two ways join stand as one. A new
span gives some of them a second way, so that each span is looked at once; only when one is lost, or a gateway
comes or goes, is the tree grown again.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.state import State

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Spans behind each other, any of which cuts off the same places.

    Attributes
    ----------
    spans : outwards from the gateways.
    ends : the node towards the gateways, and the one at the other end.
    people, places : on fibre behind it.
    """

    spans: tuple[int, ...]
    ends: tuple[int, int]
    people: int
    places: int


class SinglePath:
    """The places that the loss of some one span would cut off, kept as spans come and go.

    All gateways in order count as one: a way between two of them protects whoever lies on it. A span that is
    cut at the moment is no way; nor is one with a failed end. Two spans between the same nodes are two ways.

    Notes
    -----
    Bridges of a growing graph by condensing the cycle that each new edge closes in the tree: Westbrook and
    Tarjan (1992), Maintaining bridge-connected and biconnected components on-line, Algorithmica 7, 433-464.
    Here the tree only ever grows outwards from the gateways, so that no part of it has to be turned.
    """

    def __init__(self, country: Country) -> None:
        self._country = country
        self._root = len(country.ids)
        """Stands for all gateways."""
        self._service = -1
        self._alone: Flags = np.zeros(self._root, dtype=bool)
        self._usable: Flags = np.zeros(len(country.km), dtype=bool)
        self._gateways: Flags = np.zeros(self._root, dtype=bool)
        self._top: NDArray[np.int64] = np.arange(self._root + 1)
        """Of each node the highest of those with whom two ways join it, or one that is nearer to that."""
        self._forget()

    def alone(self, state: State) -> Flags:
        """(nodes,) whether the place is on fibre and would not be without some one span."""
        if state.service != self._service:
            self._follow(state)
            self._service = state.service
            while ((above := self._top[self._top]) != self._top).any():
                self._top = above
            self._alone = np.asarray(state.on_fibre() & (self._top[:-1] != self._root))
        return self._alone

    def stretches(self, state: State) -> list[Stretch]:
        """All spans that somebody hangs on, those that cut off the same places as one; most people first."""
        alone = self.alone(state)
        people, places = np.where(alone, self._country.population, 0).tolist(), alone.astype(int).tolist()
        outwards = sorted((depth, node) for node, depth in enumerate(self._depth[:-1]) if depth > 0)
        for _, node in reversed(outwards):
            above = self._parent[node][0]
            people[above] += people[node]
            places[above] += places[node]
        whole: list[list[int]] = []
        of: dict[int, int] = {}
        for _, node in outwards:
            if self._top[node] != node or not places[node]:
                continue
            above = self._parent[node][0]
            if above in of and (people[above], places[above]) == (people[node], places[node]):
                of[node] = of[above]
                whole[of[node]].append(node)
            else:
                of[node] = len(whole)
                whole.append([node])
        found = [
            Stretch(
                tuple(self._parent[node][1] for node in nodes),
                (self._parent[nodes[0]][0], nodes[-1]),
                people[nodes[0]],
                places[nodes[0]],
            )
            for nodes in whole
        ]
        return sorted(found, key=lambda each: (-each.people, -each.places, each.spans))

    def _forget(self) -> None:
        nodes = self._root + 1
        self._top = np.arange(nodes)
        self._parent = [(-1, -1)] * nodes
        """The next node towards the gateways along the tree, and the span that leads there."""
        self._depth = [-1] * nodes
        """Spans from a gateway along the tree; -1 of who is not in it, and of what stands for gateways."""
        self._known = [False] * len(self._country.km)

    def _follow(self, state: State) -> None:
        """Take in spans that are new; begin again where one is lost, or a gateway comes or goes."""
        usable, gateways = state.passable, state.ways_out
        gone = (self._usable & ~usable).any() or not np.array_equal(gateways, self._gateways)
        new = np.flatnonzero(usable if gone else usable & ~self._usable).tolist()
        self._usable, self._gateways = usable, gateways
        if gone:
            self._forget()
            for node in np.flatnonzero(gateways).tolist():
                self._depth[node], self._top[node] = 0, self._root
        for span in new:
            for node in (int(self._country.u[span]), int(self._country.v[span])):
                if self._depth[node] >= 0 and not self._known[span]:
                    self._grow(node)

    def _grow(self, node: int) -> None:
        """Follow every span that is not known yet, outwards from a node of the tree."""
        heads, depth, known = [node], self._depth, self._known
        while heads:
            here = heads.pop()
            for other, span in self._country.adjacent[here]:
                if known[span] or not self._usable[span]:
                    continue
                known[span] = True
                if depth[other] < 0:
                    self._parent[other], depth[other] = (here, span), depth[here] + 1
                    heads.append(other)
                else:
                    self._close(here, other)

    def _close(self, a: int, b: int) -> None:
        """A second way between two nodes of the tree: all on the way between them become one."""
        a, b = self._highest(a), self._highest(b)
        while a != b:
            if self._depth[a] < self._depth[b]:
                a, b = b, a
            above = self._highest(self._parent[a][0])
            self._top[a] = above
            a = above

    def _highest(self, node: int) -> int:
        top = self._top
        while (above := int(top[node])) != node:
            top[node] = above = int(top[above])
            node = above
        return node
