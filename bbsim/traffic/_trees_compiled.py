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
from bbsim.traffic._shortest_compiled import _pop, _rise


def _compile(function: Any) -> Any:
    return numba.njit(cache=True, error_model="numpy")(function)


def insert_compiled(
    arcs: Arcs, back: Ints, live: Bools, roots: Ints, far: Floats, into: Int32s, new: Ints
) -> bool:
    """Take the arcs at the places `new`, live already, into the trees; whether some order is not local."""
    return bool(_insert(arcs.first, arcs.tail, arcs.head, arcs.length, back, live, roots, far, into, new))


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
    key: Floats,
    item: Int32s,
    place: Int32s,
    count: int,
    moved: Int32s,
) -> int:
    """Dijkstra from the nodes in the heap; those that it settles are noted in `moved`, and counted."""
    much = 0
    while count:
        k, node = key[0], item[0]
        _pop(key, item, place, count)
        place[node] = -1
        count -= 1
        moved[much] = node
        much += 1
        for at in range(first[node], first[node + 1]):
            y = head[at]
            offer = k + length[at]
            if live[at] and offer < d[y]:
                d[y] = offer
                where = place[y]
                if where < 0:
                    where = count
                    count += 1
                _rise(key, item, place, where, offer, y)
    return much


@_compile
def _hang(
    first: Int32s,
    head: Int32s,
    length: Floats,
    back: Ints,
    live: Bools,
    d: Floats,
    p: Int32s,
    root: int,
    y: int,
) -> bool:
    """Choose the arc into a node anew; whether there is none though the node is reached."""
    least = -1
    for at in range(first[y], first[y + 1]):
        x, inward = head[at], back[at]
        if live[at] and d[x] < d[y] and d[x] + length[at] == d[y] and (least < 0 or inward < least):
            least = inward
    p[y] = least
    return least < 0 and y != root and d[y] < np.inf


@_compile
def _insert(
    first: Int32s,
    tail: Int32s,
    head: Int32s,
    length: Floats,
    back: Ints,
    live: Bools,
    roots: Ints,
    far: Floats,
    into: Int32s,
    new: Ints,
) -> bool:
    nodes = far.shape[1]
    key = np.empty(nodes + 1)
    item = np.empty(nodes + 1, dtype=np.int32)
    place = np.full(nodes, -1, dtype=np.int32)
    moved = np.empty(nodes, dtype=np.int32)
    lone = False
    for row in range(roots.size):
        d, p, count = far[row], into[row], 0
        for at in new:
            y, offer = head[at], d[tail[at]] + length[at]
            if offer < d[y]:
                d[y] = offer
                where = place[y]
                if where < 0:
                    where = count
                    count += 1
                _rise(key, item, place, where, offer, y)
        much = _spread(first, head, length, live, d, key, item, place, count, moved)
        for number in range(much):
            node = moved[number]
            lone |= _hang(first, head, length, back, live, d, p, roots[row], node)
            for at in range(first[node], first[node + 1]):
                # Who has not moved keeps the parent, unless the new way is as short and comes before it.
                y = head[at]
                if live[at] and at < p[y] and d[node] < d[y] and d[node] + length[at] == d[y]:
                    p[y] = at
        for at in new:
            lone |= _hang(first, head, length, back, live, d, p, roots[row], head[at])
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
    key = np.empty(nodes + 1)
    item = np.empty(nodes + 1, dtype=np.int32)
    place = np.full(nodes, -1, dtype=np.int32)
    lost = np.empty(nodes, dtype=np.int32)
    settled = np.empty(nodes, dtype=np.int32)
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
            y = lost[number]
            offer = np.inf
            for at in range(first[y], first[y + 1]):
                if live[at]:
                    offer = min(offer, d[head[at]] + length[at])
            if offer < np.inf:
                d[y] = offer
                _rise(key, item, place, count, offer, y)
                count += 1
        _spread(first, head, length, live, d, key, item, place, count, settled)
        # The others hang on nodes that stayed, and what has come to lie further away makes no new tie.
        for number in range(much):
            lone |= _hang(first, head, length, back, live, d, p, roots[row], lost[number])
    return lone
