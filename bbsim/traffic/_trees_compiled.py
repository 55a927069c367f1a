"""The compiled twins of `ShortestTrees.insert` and `remove`: tree by tree, with a heap.

Distances are a unique least solution and parents follow from them by rule, so what comes out is what the
plain twin makes, to the bit.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bbsim.traffic._arrays import Bools, Floats, Ints
from bbsim.traffic._shortest import Arcs, Int32s
from bbsim.traffic._shortest_compiled import pop, rise


def _compile(function: Any) -> Any:
    return numba.njit(cache=True, error_model="numpy")(function)


def insert_compiled(
    arcs: Arcs, _back: Ints, live: Bools, roots: Ints, far: Floats, into: Int32s, new: Ints
) -> bool:
    """Take the arcs at the places `new`, live already, into the trees; whether some order is not local."""
    return bool(_insert(arcs.first, arcs.tail, arcs.head, arcs.length, live, roots, far, into, new))


def remove_compiled(
    arcs: Arcs, back: Ints, live: Bools, roots: Ints, far: Floats, into: Int32s, gone: Ints
) -> bool:
    """Do without the arcs at the places `gone`, dead already; whether some order is not local."""
    return bool(_remove(arcs.first, arcs.head, arcs.length, back, live, roots, far, into, gone))


@_compile
def _spread(
    first: Int32s,
    head: Int32s,
    length: Floats,
    live: Bools,
    d: Floats,
    p: Int32s,
    key: Floats,
    item: Int32s,
    count: int,
) -> bool:
    """Dijkstra from the nodes in the heap, with parents; whether a step was too short to be seen in the sum.

    Not so at the root itself: nothing lies before it, and the caller knows which edges there have no length.

    Whoever gets nearer has a parent that got nearer, or the arc by which all began: arcs from nodes that
    stayed where they were offer no less than before. So it is enough to look at ties on the way.
    """
    lone = False
    while count:
        k, node = key[0], item[0]
        count -= 1
        pop(key, item, count)
        if k > d[node]:
            continue
        for at in range(first[node], first[node + 1]):
            if not live[at]:
                continue
            y = head[at]
            offer = k + length[at]
            if offer < d[y]:
                d[y] = offer
                p[y] = at
                lone |= offer == k and k > 0.0
                rise(key, item, count, offer, y)
                count += 1
            elif offer == d[y] and at < p[y] and k < offer:
                p[y] = at
    return lone


@_compile
def _insert(
    first: Int32s,
    tail: Int32s,
    head: Int32s,
    length: Floats,
    live: Bools,
    roots: Ints,
    far: Floats,
    into: Int32s,
    new: Ints,
) -> bool:
    # A node stands in the heap for every time it got nearer: at the start, and once an arc at most.
    key = np.empty(head.size + new.size + 1)
    item = np.empty(key.size, dtype=np.int32)
    lone = False
    for row in range(roots.size):
        d, p, count = far[row], into[row], 0
        for at in new:
            y, k = head[at], d[tail[at]]
            offer = k + length[at]
            if offer < d[y]:
                d[y] = offer
                p[y] = at
                lone |= offer == k and k > 0.0
                rise(key, item, count, offer, y)
                count += 1
            elif offer == d[y] and at < p[y] and k < offer:
                p[y] = at
        if count:
            lone |= _spread(first, head, length, live, d, p, key, item, count)
    return lone


@_compile
def _remove(
    first: Int32s,
    head: Int32s,
    length: Floats,
    back: Ints,
    live: Bools,
    roots: Ints,
    far: Floats,
    into: Int32s,
    gone: Ints,
) -> bool:
    nodes = far.shape[1]
    # A node stands in the heap for every time it got nearer: at the start, and once an arc at most.
    key = np.empty(nodes + head.size + 1)
    item = np.empty(key.size, dtype=np.int32)
    lost = np.empty(nodes, dtype=np.int32)
    lone = False
    for row in range(roots.size):
        d, p, much, done, count = far[row], into[row], 0, 0, 0
        for at in gone:
            if p[head[at]] == at:
                d[head[at]] = np.inf
                lost[much] = head[at]
                much += 1
        while done < much:
            node = lost[done]
            done += 1
            for at in range(first[node], first[node + 1]):
                y = head[at]
                # A child that hung on a removed arc itself is on the list already.
                if p[y] == at and d[y] < np.inf:
                    d[y] = np.inf
                    lost[much] = y
                    much += 1
        for number in range(much):
            p[lost[number]] = -1
        for number in range(much):
            y = lost[number]
            nearest, by = np.inf, -1
            for at in range(first[y], first[y + 1]):
                if live[at]:
                    k = d[head[at]]
                    offer, inward = k + length[at], back[at]
                    if offer < nearest or (offer == nearest and inward < by):
                        nearest, by = offer, inward
                        lone |= offer == k and 0.0 < k < np.inf
            if nearest < np.inf:
                d[y], p[y] = nearest, by
                rise(key, item, count, nearest, y)
                count += 1
        # The others hang on nodes that stayed, and what has come to lie further away makes no new tie.
        lone |= _spread(first, head, length, live, d, p, key, item, count)
    return lone
