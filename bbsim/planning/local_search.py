"""Improve a Steiner tree until nothing helps: put nodes in, exchange key paths and crossings, in turn."""

from __future__ import annotations

from typing import Any

from bbsim.planning._compiled import full_f, full_i
from bbsim.planning.graphs import nearest, span
from bbsim.planning.key_paths import exchange, lock, walk

INF = float("inf")
MANY = 12  # neighbours a node may be put in between


def dearest(a: int, b: int, parent: Any, depth: Any, dear: Any, locked: Any, limit: int) -> float:
    """The dearest edge on the tree path from a to b; -1 if the path is longer than `limit` or has a locked
    edge.
    """
    most = 0.0
    for _ in range(limit):
        if a == b:
            return most
        if depth[a] < depth[b]:
            a, b = b, a
        if locked[a] > 0:
            return -1.0
        most = max(most, dear[a])
        a = parent[a]
    return most if a == b else -1.0


def insert(graph: Any, order: Any, size: int, parent: Any, link: Any, inside: Any, limit: int) -> int:
    """One pass over the nodes outside: put one in if its ways to the tree replace dearer tree edges.

    Changes ``inside``; returns the moves made. The gain is that of the shortest tree over the node, its
    nearest tree nodes, and the dearest edges between those.
    """
    first, other, cost, _ = graph
    n = len(first) - 1
    distance = full_f(n, INF)
    base = full_i(n, -1)
    before = full_i(n, -1)
    nearest(graph, order, size, distance, base, before)
    tin = full_i(n, -1)
    tout = full_i(n, -1)
    depth = full_i(n, 0)
    degree = full_i(n, 0)
    walk(order, size, parent, tin, tout, depth, degree)
    dear = full_f(n, 0.0)
    for i in range(1, size):
        dear[order[i]] = cost[link[order[i]]]
    locked = full_i(n, 0)
    ways = full_i(MANY, 0)
    lengths = full_f(MANY, 0.0)
    key = full_f(MANY, INF)
    done = full_i(MANY, 0)
    by_tree = full_i(MANY, 0)
    moves = 0
    for x in range(n):
        if tin[x] >= 0 or base[x] < 0:
            continue
        count = 0
        for k in range(first[x], first[x + 1]):
            y = other[k]
            whole = cost[k] + distance[y]
            same = -1
            for i in range(count):
                if base[other[ways[i]]] == base[y]:
                    same = i
            if same >= 0:
                if whole < lengths[same]:
                    lengths[same] = whole
                    ways[same] = k
            elif count < MANY:
                ways[count] = k
                lengths[count] = whole
                count += 1
        if count < 3:
            continue
        # Shortest tree over x and its ways' ends: an end joins straight, or keeps its dearest tree edge.
        for i in range(count):
            key[i] = lengths[i]
            done[i] = 0
            by_tree[i] = 0
        new = 0.0
        for _ in range(count):
            a = -1
            for i in range(count):
                if done[i] == 0 and (a < 0 or key[i] < key[a]):
                    a = i
            done[a] = 1
            new += key[a]
            for i in range(count):
                if done[i] == 0:
                    most = dearest(
                        base[other[ways[a]]], base[other[ways[i]]], parent, depth, dear, locked, limit
                    )
                    if most < 0.0:
                        new = INF
                    elif most < key[i]:
                        key[i] = most
                        by_tree[i] = 1
        if new == INF:
            continue
        # The same tree without x: the dearest edges alone.
        old = 0.0
        for i in range(count):
            key[i] = INF
            done[i] = 0
        key[0] = 0.0
        for _ in range(count):
            a = -1
            for i in range(count):
                if done[i] == 0 and (a < 0 or key[i] < key[a]):
                    a = i
            done[a] = 1
            old += key[a]
            for i in range(count):
                if done[i] == 0:
                    most = dearest(
                        base[other[ways[a]]], base[other[ways[i]]], parent, depth, dear, locked, limit
                    )
                    key[i] = min(key[i], most)
        if new >= old * (1.0 - 1e-9) - 1e-12:
            continue
        moves += 1
        inside[x] = 1
        start = base[other[ways[0]]]
        for i in range(count):
            lock(start, base[other[ways[i]]], parent, depth, locked, 1)
            if by_tree[i] == 0:
                z = other[ways[i]]
                while inside[z] == 0:
                    inside[z] = 1
                    z = before[z]
    return moves


def polish(graph: Any, wanted: Any, start: int, inside: Any, state: Any, passes: int, limit: int) -> Any:
    """Both kinds of passes in turn until neither finds a move; returns (nodes, cost) with ``state`` and
    ``inside`` set.

    ``state`` = (order, parent, link) as `span` fills them. The best tree met is the one kept.
    """
    order, parent, link = state
    n = len(inside)
    best = full_i(n, 0)
    size, total = span(graph, inside, wanted, start, order, parent, link)
    for _ in range(passes):
        for x in range(n):
            best[x] = inside[x]
        before = total
        exchange(graph, wanted, order, size, parent, link, inside)
        size, total = span(graph, inside, wanted, start, order, parent, link)
        if size > 0:
            insert(graph, order, size, parent, link, inside, limit)
            size, total = span(graph, inside, wanted, start, order, parent, link)
        if size < 0 or total >= before * (1.0 - 1e-12):
            if size < 0 or total > before:
                for x in range(n):
                    inside[x] = best[x]
                size, total = span(graph, inside, wanted, start, order, parent, link)
            break
    return size, total


KERNELS = (dearest, insert, polish)
