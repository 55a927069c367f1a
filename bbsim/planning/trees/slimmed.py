"""A corridor graph reduced to the ways that a least-cost tree may use, and the way back.

Each way is a chain of corridors, written down as the two ways it was joined from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bbsim.planning.corridors.arrays import FloatVector, IntVector
from bbsim.planning.corridors.chains import Strands

ROUNDS = 12  # of reductions; they end by themselves after four to six


@dataclass(frozen=True, slots=True)
class Slimmed:
    """Ways between nodes 0 .. n - 1, of which the first `count` must be reached; ``u < v``, in this order.

    ``way[e]`` names the way of edge e: below ``given`` it is a corridor, else it is joined from ``parts``.
    """

    n: int
    count: int
    u: IntVector
    v: IntVector
    cost: FloatVector
    way: IntVector
    given: int
    parts: tuple[IntVector, IntVector]

    def corridors(self, edges: list[int]) -> IntVector:
        """The corridors that these ways run over, each once, ascending."""
        one, two = self.parts
        found: set[int] = set()
        todo = self.way[edges].tolist()
        while todo:
            way = todo.pop()
            if way < self.given:
                found.add(way)
            else:
                todo += [int(one[way]), int(two[way])]
        return np.array(sorted(found), dtype=np.int64)

    def strands(self) -> Strands:
        """The same as strands, in the same order."""
        edges = [self.corridors([e]) for e in range(len(self.u))]
        return Strands(self.count, self.n - self.count, self.u, self.v, self.cost, edges)


def slimmed(engine: Any, u: IntVector, v: IntVector, cost: FloatVector, n: int, count: int) -> Slimmed:
    """Reduce a graph whose first `count` nodes must be joined (they can be); no least-cost tree is lost."""
    m = len(u)
    room = np.zeros(m + 4 * n, dtype=np.int64)
    parts = engine.ints(room), engine.ints(room), engine.ints(np.zeros(1))
    wanted = engine.ints(np.arange(n) < count)
    ends = engine.ints(u), engine.ints(v)
    _, _, to, price, name, spare = engine.slim(*ends, engine.floats(cost), wanted, ROUNDS, parts)
    free = np.asarray(spare, dtype=np.int64)
    left = np.ones(m, dtype=bool)
    left[free[: free[-1]]] = False
    kept = np.flatnonzero(left)
    ends_of = np.asarray(to, dtype=np.int64).reshape(-1, 2)[kept]
    node = np.union1d(np.arange(count), ends_of)
    ends_of = np.searchsorted(node, np.sort(ends_of, axis=1))
    order = np.lexsort((ends_of[:, 1], ends_of[:, 0]))
    made = int(parts[2][0])
    return Slimmed(
        len(node),
        count,
        ends_of[order, 0],
        ends_of[order, 1],
        np.asarray(price, dtype=np.float64)[kept][order],
        np.asarray(name, dtype=np.int64)[kept][order],
        m,
        (np.asarray(parts[0][:made], dtype=np.int64), np.asarray(parts[1][:made], dtype=np.int64)),
    )
