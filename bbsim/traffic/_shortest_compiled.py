"""The compiled twins of `_shortest`: Dijkstra, trees read off by the same rule, and paths traced.

Distances are the least solution of ``d[y] = min(d[x] + w)``, which does not depend on how it is found, so
they are those of the plain twin to the bit; parents follow from them by the rule of `_shortest.parents`.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bbsim.traffic._arrays import Floats, Ints
from bbsim.traffic._shortest import Arcs, Int32s


def _compile(function: Any) -> Any:
    return numba.njit(cache=True, error_model="numpy")(function)


def trees_compiled(arcs: Arcs, roots: Ints) -> tuple[Floats, Int32s]:
    """`_shortest.distances` and `_shortest.parents` in one."""
    far = np.full((roots.size, arcs.nodes), np.inf)
    into = np.full((roots.size, arcs.nodes), -1, dtype=np.int32)
    _grow(arcs.first, arcs.tail, arcs.head, arcs.length, roots, far, into)
    return far, into


def trace_compiled(arcs: Arcs, into: Int32s, row: Ints, leaf: Ints, from_root: bool) -> tuple[Ints, Ints]:
    """Number of arcs of each path and the arcs, as `routes.along` gives them."""
    size = _hops(arcs.tail, into, row, leaf)
    return size, _trace(arcs.tail, arcs.arc, into, row, leaf, size, from_root)


@_compile
def rise(key: Floats, item: Int32s, at: int, k: float, node: int) -> None:
    """Put a node with key k into the heap (four below each) at its end `at` or as far above as it belongs."""
    while at > 0:
        above = (at - 1) >> 2
        if key[above] <= k:
            break
        key[at], item[at] = key[above], item[above]
        at = above
    key[at], item[at] = k, node


@_compile
def pop(key: Floats, item: Int32s, count: int) -> None:
    """Take the least away; the last goes to where it then belongs, and `count` remain."""
    k, node, at = key[count], item[count], 0
    while True:
        child = 4 * at + 1
        if child >= count:
            break
        least, low = child, key[child]
        for other in range(child + 1, min(child + 4, count)):
            if key[other] < low:
                least, low = other, key[other]
        if low >= k:
            break
        key[at], item[at] = low, item[least]
        at = least
    key[at], item[at] = k, node


@_compile
def _grow(
    first: Int32s, tail: Int32s, head: Int32s, length: Floats, roots: Ints, far: Floats, into: Int32s
) -> None:
    """Whole trees. A node that gets nearer is put into the heap again; what it had there before is passed by.

    The heap knows no places of nodes: that is quicker than keeping them.
    """
    key = np.empty(head.size + 1)
    item = np.empty(head.size + 1, dtype=np.int32)
    for row in range(roots.size):
        d, p, root = far[row], into[row], roots[row]
        d[root] = 0.0
        key[0], item[0] = 0.0, root
        count, flat = 1, False
        while count:
            k, node = key[0], item[0]
            count -= 1
            pop(key, item, count)
            if k > d[node]:
                continue
            for at in range(first[node], first[node + 1]):
                y = head[at]
                offer = k + length[at]
                if offer < d[y]:
                    d[y] = offer
                    p[y] = at
                    flat |= offer == k
                    rise(key, item, count, offer, y)
                    count += 1
                elif offer == d[y] and at < p[y] and k < offer:
                    # Of several arcs on shortest paths the first remains.
                    p[y] = at
        if flat:
            _hang_afresh(first, tail, head, length, root, d, p)


@_compile
def _hang_afresh(
    first: Int32s, tail: Int32s, head: Int32s, length: Floats, root: int, d: Floats, p: Int32s
) -> None:
    """Parents where some nodes are at no distance from their neighbours: these last, ring by ring."""
    p[:] = -1
    for x in range(d.size - 1, -1, -1):
        k = d[x]
        for at in range(first[x + 1] - 1, first[x] - 1, -1):
            if k + length[at] == d[head[at]] and k < d[head[at]]:
                p[head[at]] = at
    done = p >= 0
    done[root] = True
    more = True
    while more:
        more = False
        for at in range(head.size):
            x, y = tail[at], head[at]
            if done[x] and p[y] < 0 and y != root and d[x] < np.inf and d[x] + length[at] == d[y]:
                p[y] = at
                more = True
        done = p >= 0
        done[root] = True


@_compile
def _hops(tail: Int32s, into: Int32s, row: Ints, leaf: Ints) -> Ints:
    size = np.zeros(leaf.size, dtype=np.int64)
    for demand in range(leaf.size):
        up, node = into[row[demand]], leaf[demand]
        while up[node] >= 0:
            node = tail[up[node]]
            size[demand] += 1
    return size


@_compile
def _trace(tail: Int32s, arc: Ints, into: Int32s, row: Ints, leaf: Ints, size: Ints, from_root: bool) -> Ints:
    passed = np.empty(size.sum(), dtype=np.int64)
    begin = 0
    for demand in range(leaf.size):
        up, node = into[row[demand]], leaf[demand]
        for step in range(size[demand]):
            place = up[node]
            node = tail[place]
            if from_root:
                passed[begin + size[demand] - 1 - step] = arc[place]
            else:
                passed[begin + step] = arc[place] ^ 1
        begin += size[demand]
    return passed
