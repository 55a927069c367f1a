"""A corridor graph without what no least-cost tree uses: corridors with a better way round, crossings that
are never needed.

Between two nodes the bottleneck matters: the longest stretch without a place to reach, on the best way.
A corridor longer than that of its ends is in no least-cost tree, and a crossing whose neighbours hang
together more cheaply without it is at most passed through, so the ways through it may replace it (Duin &
Volgenant 1989; Uchoa, Poggi de Aragao & Ribeiro 2002). A road map loses half its ways or more.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.kernels import full_f, full_i, heap_new
from bbsim.planning.trees.webs import (
    NEAR,
    bottleneck,
    closest,
    hook,
    kinship,
    look_around,
    unhook,
    weave,
)

INF = float("inf")
BARELY = 1.0 - 1e-9  # what is not clearly shorter may be rounding: it is left


def strike_long(web: Any, wanted: Any, n: int, near: Any, kin: Any, around: Any) -> int:
    """Take out corridors longer than the bottleneck between their ends; returns how many."""
    head, after, to, price, _, _ = web
    gone = 0
    for x in range(n):
        limit = -1.0
        h = head[x]
        while h >= 0:
            if to[h] > x:
                limit = max(limit, price[h >> 1])
            h = after[h]
        if limit <= 0.0:
            continue
        now = look_around(web, wanted, x, limit, around)
        h = head[x]
        while h >= 0:
            e = h >> 1
            y = to[h]
            h = after[h]
            if y > x and bottleneck(x, y, now, n, near, kin, around) < price[e] * BARELY:
                unhook(web, e)
                gone += 1
    return gone


def join_bends(web: Any, wanted: Any, n: int, parts: Any, todo: Any) -> int:
    """Take out nodes that are no places and have two ways or fewer; returns how many.

    ``parts`` = (first way, second way, number of ways so far): what each new way is joined from.
    """
    head, after, to, _, _, _ = web
    count = 0
    for x in range(n - 1, -1, -1):
        todo[count] = x
        count += 1
    gone = 0
    while count > 0:
        count -= 1
        x = todo[count]
        h = head[x]
        if wanted[x] > 0 or h < 0 or (after[h] >= 0 and after[after[h]] >= 0):
            continue
        gone += 1
        # Their ways became fewer, or merged with others: at most two nodes more for each that goes.
        todo[count] = to[h]
        count += 1
        if after[h] >= 0:
            todo[count] = to[after[h]]
            count += 1
        pass_by(web, x, parts)
    return gone


def pass_by(web: Any, x: int, parts: Any) -> None:
    """Take out a node with one or two ways; the two become one."""
    head, after, to, price, name, _ = web
    one, two, made = parts
    h = head[x]
    g = after[h]
    a = to[h]
    if g >= 0:
        b = to[g]
        cost = price[h >> 1] + price[g >> 1]
        one[made[0]] = name[h >> 1]
        two[made[0]] = name[g >> 1]
        unhook(web, h >> 1)
        unhook(web, g >> 1)
        hook(web, a, b, cost, made[0])
        made[0] += 1
    else:
        unhook(web, h >> 1)


def is_spare(price: Any, count: int, between: Any) -> int:
    """1 if any three or more of `count` neighbours hang together more cheaply than over their crossing."""
    for left_out in range(-1, count if count == 4 else 0):
        whole = 0.0
        best = full_f(4, INF)
        done = full_i(4, 0)
        size = count
        for i in range(count):
            whole += price[i] if i != left_out else 0.0
        if left_out >= 0:
            done[left_out] = 1
            size -= 1
        best[1 if left_out == 0 else 0] = 0.0
        tree = 0.0
        for _ in range(size):
            a = -1
            for i in range(count):
                if done[i] == 0 and (a < 0 or best[i] < best[a]):
                    a = i
            done[a] = 1
            tree += best[a]
            for i in range(count):
                if between[4 * a + i] < best[i]:
                    best[i] = between[4 * a + i]
        if not tree < whole * BARELY:
            return 0
    return 1


def strike_crossings(web: Any, wanted: Any, n: int, near: Any, kin: Any, around: Any, parts: Any) -> int:
    """Take out crossings of three or four ways at which no least-cost tree divides; returns how many.

    The ways through them become corridors, unless these have a better way round.
    """
    head, after, to, price, name, _ = web
    one, two, made = parts
    ends = full_i(4, 0)
    cost = full_f(4, 0.0)
    ways = full_i(4, 0)
    between = full_f(16, 0.0)
    gone = 0
    for x in range(n):
        count = 0
        h = head[x]
        if wanted[x] > 0:
            continue
        while h >= 0 and count < 5:
            if count < 4:
                ends[count] = to[h]
                cost[count] = price[h >> 1]
                ways[count] = h >> 1
            count += 1
            h = after[h]
        if count < 3 or count > 4:
            continue
        longest = 0.0
        for i in range(count):
            longest = max(longest, cost[i])
        for i in range(count - 1):
            # No way round is needed that is longer than the one over the crossing.
            now = look_around(web, wanted, ends[i], cost[i] + longest, around)
            for j in range(i + 1, count):
                between[4 * i + j] = bottleneck(ends[i], ends[j], now, n, near, kin, around)
                between[4 * j + i] = between[4 * i + j]
        if is_spare(cost, count, between) == 0:
            continue
        # No more new corridors than the crossing had: there is room for no more.
        fresh = 0
        for i in range(count):
            for j in range(i + 1, count):
                if between[4 * i + j] >= (cost[i] + cost[j]) * BARELY:
                    fresh += 1
                else:
                    between[4 * j + i] = -1.0
        if fresh > count:
            continue
        for i in range(count):
            unhook(web, ways[i])
            ways[i] = name[ways[i]]
        for i in range(count):
            for j in range(i + 1, count):
                if between[4 * j + i] >= 0.0:
                    one[made[0]] = ways[i]
                    two[made[0]] = ways[j]
                    hook(web, ends[i], ends[j], cost[i] + cost[j], made[0])
                    made[0] += 1
        gone += 1
    return gone


def slim(u: Any, v: Any, cost: Any, wanted: Any, rounds: int, parts: Any) -> Any:
    """Reduce the graph until a round finds little; returns the web that is left (see `weave`).

    ``parts`` has room for all ways: one for each edge, and four for each node that may go.
    """
    n = len(wanted)
    web = weave(u, v, cost, n)
    parts[2][0] = len(u)
    near = (full_f(NEAR * n, INF), full_i(NEAR * n, -1))
    kin = (full_i(n, 0), full_f(n, INF), full_i(n, 1))
    around = (full_f(n, INF), full_i(n, 0), heap_new(n), full_i(1, 0))
    todo = full_i(3 * n + 3, 0)
    spare = web[5]
    last = len(spare) - 1
    for _ in range(rounds):
        before = last - spare[last]
        join_bends(web, wanted, n, parts, todo)
        closest(web, wanted, n, near)
        kinship(web, n, near, kin)
        strike_long(web, wanted, n, near, kin, around)
        join_bends(web, wanted, n, parts, todo)
        strike_crossings(web, wanted, n, near, kin, around, parts)
        if last - spare[last] > 0.97 * before:
            break
    join_bends(web, wanted, n, parts, todo)
    return web


KERNELS = (strike_long, pass_by, join_bends, is_spare, strike_crossings, slim)
