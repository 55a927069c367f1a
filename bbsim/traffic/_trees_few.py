"""`ShortestTrees.insert` and `remove` where few nodes move: node by node, with a heap.

Arrays cost by the step, however few nodes take it; here it is the nodes that cost. What is found is written
down only when all is found, so that who meets too many nodes can give up and leave all as it was. The rules
are those of the compiled twin, and so is what comes out, to the bit.
"""

from __future__ import annotations

import heapq
import math
from typing import Any

from bbsim.traffic._arrays import Bools, Floats, Ints
from bbsim.traffic._shortest import Arcs, Int32s

# From about so many nodes on, arrays are the faster way.
FEW = 150


class _Moves:
    """What moves in one tree: the new distance and the new arc of each node that gets another.

    Attributes
    ----------
    lone : whether a step was too short to be seen in the sum, so that the order of nodes is no local matter.
    """

    def __init__(self, arcs: Arcs, live: Bools, far: Floats, into: Int32s) -> None:
        self._first, self._head, self._length = arcs.first.data, arcs.head.data, arcs.length.data
        self._live, self._into = live.data, into.data
        self._far: Any = far.data  # of real numbers, which `memoryview` is not told
        self.lone = False
        self.distance: dict[int, float] = {}
        self.arc: dict[int, int] = {}
        self._heap: list[tuple[float, int]] = []

    def far(self, node: int) -> float:
        """The distance of a node, as far as is known now."""
        known = self.distance.get(node)
        return self._far[node] if known is None else known

    def lose(self, gone: list[int]) -> bool:
        """Take everybody off who hangs on one of these arcs; False if they are too many."""
        lost = [self._head[at] for at in gone if self._into[self._head[at]] == at]
        self.distance = dict.fromkeys(lost, math.inf)
        for node in lost:  # which grows while it is read
            for at in range(self._first[node], self._first[node + 1]):
                child = self._head[at]
                if self._into[child] == at and child not in self.distance:
                    self.distance[child] = math.inf
                    lost.append(child)
            if len(lost) > FEW:
                return False
        self.arc = dict.fromkeys(lost, -1)
        return True

    def offer(self, at: int, begin: float) -> None:
        """Take the arc to the node where it ends, if that is nearer or first among equals."""
        node, offer = self._head[at], begin + self._length[at]
        known = self.distance.get(node)
        if known is None:
            known = self._far[node]
        if offer < known:
            self.distance[node], self.arc[node] = offer, at
            self.lone |= offer == begin and begin > 0.0
            heapq.heappush(self._heap, (offer, node))
        elif offer == known and begin < offer and at < self.arc.get(node, self._into[node]):
            self.arc[node] = at

    def spread(self) -> bool:
        """Pass on what got nearer; False if it moves too many."""
        while self._heap:
            begin, node = heapq.heappop(self._heap)
            if begin > self.distance[node]:
                continue
            for at in range(self._first[node], self._first[node + 1]):
                if self._live[at]:
                    self.offer(at, begin)
            if len(self.distance) > FEW:
                return False
        return True

    def settle(self) -> None:
        """Write down what has been found."""
        for node, distance in self.distance.items():
            self._far[node] = distance
        for node, at in self.arc.items():
            self._into[node] = at


def insert_few(
    arcs: Arcs, _back: Ints, live: Bools, roots: Ints, far: Floats, into: Int32s, new: Ints
) -> bool | None:
    """As `insert_compiled`; None, and nothing done, if it moves too many nodes."""
    trees = [_Moves(arcs, live, far[row], into[row]) for row in range(roots.size)]
    tail = arcs.tail
    ends = list(zip(new.tolist(), tail[new].tolist(), strict=True))
    for moves in trees:
        for at, begin in ends:
            moves.offer(at, moves.far(begin))
    return _settled(trees)


def remove_few(
    arcs: Arcs, back: Ints, live: Bools, roots: Ints, far: Floats, into: Int32s, gone: Ints
) -> bool | None:
    """As `remove_compiled`; None, and nothing done, if it moves too many nodes."""
    trees = [_Moves(arcs, live, far[row], into[row]) for row in range(roots.size)]
    inward: Any = back.data
    for moves in trees:
        if not moves.lose(gone.tolist()):
            return None
        for node in list(moves.distance):
            for at in range(arcs.first[node], arcs.first[node + 1]):
                if live[at] and (begin := moves.far(int(arcs.head[at]))) < math.inf:
                    moves.offer(inward[at], begin)
    return _settled(trees)


def _settled(trees: list[_Moves]) -> bool | None:
    if not all(moves.spread() for moves in trees):
        return None
    for moves in trees:
        moves.settle()
    return any(moves.lone for moves in trees)
