"""Improve a Steiner tree: take a path or a crossing out and join the pieces again more cheaply.

One pass tries every key path and every unwanted key node with all its paths (see `key_paths`); moves whose
cycles share no edge are made together.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.graphs import borders, lock, survey
from bbsim.planning.corridors.kernels import full_f, full_i, heap_new
from bbsim.planning.trees.key_paths import (
    INF,
    MANY,
    chain_up,
    chains_of,
    cheapest_joining,
    joins,
    key_tree,
    refill,
    take_in,
)


def path_out(x: int, top: int, tree: Any, cost: Any, locked: Any, gone: Any, tally: Any) -> Any:
    """Note a path from x up to a key node: ``tally`` = (nodes in `gone`, cost saved, 1 if none is locked)."""
    parent, link, _, _ = tree
    count, saved, free = tally
    while x != top:
        free = min(free, 1 - locked[x])
        saved += cost[link[x]]
        x = parent[x]
        if x != top:
            gone[count] = x
            count += 1
    return count, saved, free


def take_out(v: int, kind: int, start: int, tree: Any, keys: Any, cost: Any, locked: Any, room: Any) -> Any:
    """Note what a move takes out: (nodes in `gone`, cost saved, 1 if none is locked, cuts below).

    Kind 1 is the unwanted key node v with all its paths, kind 0 the key path from v upwards. Minus one cut
    stands for too many pieces.
    """
    _, _, tin, tout = tree
    _, upper, below_first, below_next, _, _ = keys
    gone, lows, highs, tops = room
    tally = (0, 0.0, 1)
    if v != start:
        tally = path_out(v, upper[v], tree, cost, locked, gone, tally)
    below = 0
    if kind == 0:
        lows[0] = tin[v]
        highs[0] = tout[v]
        tops[0] = v
        below = 1
    else:
        gone[tally[0]] = v
        tally = (tally[0] + 1, tally[1], tally[2])
        c = below_first[v]
        while c >= 0 and below < MANY:
            lows[below] = tin[c]
            highs[below] = tout[c]
            tops[below] = c
            below += 1
            tally = path_out(c, v, tree, cost, locked, gone, tally)
            c = below_next[c]
        if c >= 0:
            below = -1
        elif v == start:
            # Nothing remains above: the last piece takes that part.
            below -= 1
    gone[tally[0]] = -1
    return tally[0], tally[1], tally[2], below


def lock_new(
    below: int, used: Any, graph: Any, pair: Any, ends: Any, tree: Any, locked: Any, put: int
) -> int:
    """Lock (or with `put` 0: look for locks on) the tree paths between the ends of the new ways."""
    _, other, _, _ = graph
    base, root, mark, turn = ends
    parent, depth = tree
    found = 0
    for j in range(below + 1):
        if used[j] >= 0:
            x = pair[1][used[j]]
            y = other[pair[2][used[j]]]
            a = root[x] if mark[x] == turn else base[x]
            b = root[y] if mark[y] == turn else base[y]
            if lock(a, b, parent, depth, locked, put) > 0:
                found = 1
    return found


def room_of(graph: Any, size: int) -> Any:
    """What one pass of exchanges writes in: refilled regions, pieces taken out, their joins."""
    n = len(graph[0]) - 1
    fresh = (full_f(n, INF), full_i(n, -1), full_i(n, -1), full_i(n, -1), full_i(n + 1, 0))
    cuts = (full_i(size + 1, -1), full_i(MANY + 1, 0), full_i(MANY + 1, 0), full_i(MANY + 1, 0))
    width = (MANY + 1) * (MANY + 1)
    pair = (full_f(width, INF), full_i(width, 0), full_i(width, 0))
    return fresh, cuts, pair, full_i(MANY + 1, -1)


def exchange(graph: Any, wanted: Any, order: Any, size: int, parent: Any, link: Any, inside: Any) -> int:
    """One pass over key paths and key nodes, from the leaves up. Changes ``inside``; returns the moves
    made.
    """
    _, other, cost, _ = graph
    n = len(graph[0]) - 1
    near, shape = survey(graph, order, size, parent)
    tin, tout, depth, degree = shape
    regions = borders(graph, size, near[1], tin)
    chains = chains_of(order, size, tin, regions)
    fresh, room, pair, used = room_of(graph, size)
    gone, lows, highs, tops = room
    heap = heap_new(n)
    out = full_i(n, -1)
    locked = full_i(n, 0)
    keys = key_tree(wanted, order, size, parent, degree)
    key, upper, below_first, below_next, children_first, children_next = keys
    tree = (parent, link, tin, tout)
    start = order[0]
    turn = 0
    moves = 0
    for i in range(size - 1, -1, -1):
        v = order[i]
        moved = 0
        for kind in range(1, -1, -1):
            if kind == 0:
                c = children_first[v]
                while c >= 0:
                    chain_up(c, parent, chains[0], chains[1], chains[2])
                    c = children_next[c]
            if moved > 0 or key[v] == 0 or (kind == 0 and v == start) or (kind == 1 and wanted[v] > 0):
                continue
            turn += 1
            count, saved, free, below = take_out(v, kind, start, tree, keys, cost, locked, room)
            if free == 0 or below < 0:
                continue
            for j in range(count):
                out[gone[j]] = turn
            changed = refill(graph, gone, near, regions, turn, tin, fresh, heap)
            joins(graph, near, chains, fresh, changed, out, turn, tin, (lows, highs, tops, below), pair)
            if cheapest_joining(below + 1, pair, used) >= saved * (1.0 - 1e-9) - 1e-12:
                continue
            ends = (near[1], fresh[1], fresh[3], turn)
            if lock_new(below, used, graph, pair, ends, (parent, depth), locked, 0) > 0:
                continue
            moves += 1
            moved = 1
            for j in range(count):
                inside[gone[j]] = 0
            if v != start:
                lock(v, upper[v], parent, depth, locked, 1)
            c = below_first[v] if kind == 1 else -1
            while c >= 0:
                lock(c, v, parent, depth, locked, 1)
                c = below_next[c]
            for j in range(below + 1):
                if used[j] >= 0:
                    take_in(pair[1][used[j]], near, fresh, turn, inside)
                    take_in(other[pair[2][used[j]]], near, fresh, turn, inside)
            lock_new(below, used, graph, pair, ends, (parent, depth), locked, 1)
    return moves


KERNELS = (path_out, take_out, lock_new, room_of, exchange)
