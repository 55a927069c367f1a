"""The compiled twins of the primitives: arrays, and a 4-ary heap that knows where each node sits.

Only imported when numba is there. Order of pops is by (distance, node), as in the plain twin.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(inline="always")
def full_i(n: int, value: int) -> Any:
    """`n` whole numbers, all `value`."""
    return np.full(n, value, np.int32)


@njit(inline="always")
def full_f(n: int, value: float) -> Any:
    """`n` floating-point numbers, all `value`."""
    return np.full(n, value, np.float64)


@njit
def heap_new(n: int) -> Any:
    """An empty queue: keys, nodes, place of each node (-1: not in), and the size."""
    return np.empty(n, np.float64), np.empty(n, np.int32), np.full(n, -1, np.int32), np.zeros(1, np.int32)


@njit(inline="always")
def heap_size(heap: Any) -> int:
    """Nodes waiting."""
    return int(heap[3][0])


@njit
def heap_push(heap: Any, distance: float, node: int) -> None:
    """Put a node in, or bring it forward."""
    keys, nodes, place, size = heap
    i = place[node]
    if i < 0:
        i = size[0]
        size[0] = i + 1
    while i > 0:
        p = (i - 1) >> 2
        if keys[p] > distance or (keys[p] == distance and nodes[p] > node):
            keys[i] = keys[p]
            nodes[i] = nodes[p]
            place[nodes[i]] = i
            i = p
        else:
            break
    keys[i] = distance
    nodes[i] = node
    place[node] = i


@njit
def heap_pop(heap: Any) -> tuple[float, int]:
    """Take the least (distance, node) out."""
    keys, nodes, place, size = heap
    top_key = keys[0]
    top = nodes[0]
    place[top] = -1
    n = size[0] - 1
    size[0] = n
    if n > 0:
        key = keys[n]
        node = nodes[n]
        i = 0
        while 4 * i + 1 < n:
            best = 4 * i + 1
            for j in range(4 * i + 2, min(4 * i + 5, n)):
                if keys[j] < keys[best] or (keys[j] == keys[best] and nodes[j] < nodes[best]):
                    best = j
            if keys[best] < key or (keys[best] == key and nodes[best] < node):
                keys[i] = keys[best]
                nodes[i] = nodes[best]
                place[nodes[i]] = i
                i = best
            else:
                break
        keys[i] = key
        nodes[i] = node
        place[node] = i
    return top_key, top
