"""Improve a Steiner tree until nothing helps: put nodes in, exchange key paths and crossings, in turn."""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.graphs import lock, span, survey
from bbsim.planning.corridors.kernels import full_f, full_i
from bbsim.planning.trees.exchanges import exchange

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


def shortest_joining(
    count: int, ends: Any, key: Any, by_tree: Any, parent: Any, depth: Any, dear: Any, locked: Any, limit: int
) -> float:
    """The shortest tree over tree nodes `ends`, each joined for its ``key`` or the dearest tree edge between.

    Marks in ``by_tree`` those joined the second way; inf if a path is too long or locked.
    """
    done = full_i(MANY, 0)
    total = 0.0
    for _ in range(count):
        a = -1
        for i in range(count):
            if done[i] == 0 and (a < 0 or key[i] < key[a]):
                a = i
        done[a] = 1
        total += key[a]
        for i in range(count):
            if done[i] == 0:
                most = dearest(ends[a], ends[i], parent, depth, dear, locked, limit)
                if most < 0.0:
                    return INF
                if most < key[i]:
                    key[i] = most
                    by_tree[i] = 1
    return total


def insert(graph: Any, order: Any, size: int, parent: Any, link: Any, inside: Any, limit: int) -> int:
    """One pass over the nodes outside: put one in if its ways to the tree replace dearer tree edges.

    Changes ``inside``; returns the moves made. The gain is that of the shortest tree over the node, its
    nearest tree nodes, and the dearest edges between those.
    """
    first, other, cost, _ = graph
    n = len(first) - 1
    near, shape = survey(graph, order, size, parent)
    distance, base, before = near
    tin, _, depth, _ = shape
    dear = full_f(n, 0.0)
    for i in range(1, size):
        dear[order[i]] = cost[link[order[i]]]
    locked = full_i(n, 0)
    ways = full_i(MANY, 0)
    lengths = full_f(MANY, 0.0)
    key = full_f(MANY, INF)
    by_tree = full_i(MANY, 0)
    without = full_i(MANY, 0)
    ends = full_i(MANY, 0)
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
            ends[i] = base[other[ways[i]]]
            key[i] = lengths[i]
            by_tree[i] = 0
        new = shortest_joining(count, ends, key, by_tree, parent, depth, dear, locked, limit)
        if new == INF:
            continue
        # The same tree without x: the dearest edges alone.
        for i in range(count):
            key[i] = INF
        key[0] = 0.0
        old = shortest_joining(count, ends, key, without, parent, depth, dear, locked, limit)
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


KERNELS = (dearest, shortest_joining, insert, polish)
