"""A corridor graph that can be changed, and what a search for needless corridors asks of it.

Between two nodes the bottleneck matters: the longest stretch without a place to reach, on the best way. It is
not known exactly: what is said here is never below it.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.kernels import full_f, full_i, heap_new, heap_pop, heap_push, heap_size

INF = float("inf")
NEAR = 3  # places known to each node: a fourth finds under 1 % more
STEPS = 40  # nodes looked at around a node: more find under 1 % more


def weave(u: Any, v: Any, cost: Any, n: int) -> Any:
    """The graph as rings that can be changed: (head, after, to, price, name, spare).

    Edge e is the halves 2e and 2e + 1, each in the list of the node that the other leads to; ``name`` is the
    way that an edge stands for, ``spare`` the edges that are free to be used again, their number last.
    """
    m = len(u)
    web = (
        full_i(n, -1),
        full_i(2 * m, -1),
        full_i(2 * m, -1),
        full_f(m, 0.0),
        full_i(m, 0),
        full_i(m + 1, 0),
    )
    for e in range(m - 1, -1, -1):
        web[5][m - 1 - e] = e
    web[5][m] = m
    for e in range(m):
        hook(web, u[e], v[e], cost[e], e)
    return web


def hook(web: Any, a: int, b: int, cost: float, way: int) -> None:
    """Put an edge in, or make the one that is there cheaper."""
    head, after, to, price, name, spare = web
    if a == b:
        return
    h = head[a]
    while h >= 0:
        if to[h] == b:
            if cost < price[h >> 1]:
                price[h >> 1] = cost
                name[h >> 1] = way
            return
        h = after[h]
    last = len(spare) - 1
    spare[last] -= 1
    e = spare[spare[last]]
    price[e] = cost
    name[e] = way
    to[2 * e] = b
    after[2 * e] = head[a]
    head[a] = 2 * e
    to[2 * e + 1] = a
    after[2 * e + 1] = head[b]
    head[b] = 2 * e + 1


def unhook(web: Any, e: int) -> None:
    """Take an edge out."""
    head, after, to, _, _, spare = web
    for h in (2 * e, 2 * e + 1):
        x = to[h ^ 1]
        if head[x] == h:
            head[x] = after[h]
        else:
            before = head[x]
            while after[before] != h:
                before = after[before]
            after[before] = after[h]
        after[h] = -1
    last = len(spare) - 1
    spare[spare[last]] = e
    spare[last] += 1


def look_around(web: Any, wanted: Any, x: int, limit: float, around: Any) -> int:
    """Distances from x without passing places, as far as `limit` and a few steps; returns their mark."""
    head, after, to, price, _, _ = web
    far, seen, heap, turn = around
    turn[0] += 1
    now = turn[0]
    far[x] = 0.0
    seen[x] = now
    heap_push(heap, 0.0, x)
    steps = 0
    while heap_size(heap) > 0:
        d, y = heap_pop(heap)
        if steps >= STEPS or d > far[y]:
            continue
        steps += 1
        if wanted[y] > 0 and y != x:
            continue
        h = head[y]
        while h >= 0:
            z = to[h]
            reach = d + price[h >> 1]
            if reach <= limit and (seen[z] != now or reach < far[z]):
                far[z] = reach
                seen[z] = now
                heap_push(heap, reach, z)
            h = after[h]
    return now  # type: ignore[no-any-return]


def knows(place: int, x: int, rank: int, n: int, which: Any) -> int:
    """1 if `place` is among the first `rank` that x knows."""
    for r in range(rank):
        if which[r * n + x] == place:
            return 1
    return 0


def closest(web: Any, wanted: Any, n: int, near: Any) -> None:
    """The places nearest to each node: ``near`` = (how far, which), by rank and node."""
    head, after, to, price, _, _ = web
    far, which = near
    heap = heap_new(n)
    for r in range(NEAR):
        row = r * n
        for x in range(n):
            far[row + x] = INF
            which[row + x] = -1
            if r == 0:
                if wanted[x] > 0:
                    far[x] = 0.0
                    which[x] = x
            else:
                h = head[x]
                while h >= 0:
                    for q in range(r):
                        t = which[q * n + to[h]]
                        reach = far[q * n + to[h]] + price[h >> 1]
                        if t >= 0 and reach < far[row + x] and knows(t, x, r, n, which) == 0:
                            far[row + x] = reach
                            which[row + x] = t
                    h = after[h]
            if far[row + x] < INF:
                heap_push(heap, far[row + x], x)
        while heap_size(heap) > 0:
            d, x = heap_pop(heap)
            if d > far[row + x]:
                continue
            h = head[x]
            while h >= 0:
                y = to[h]
                reach = d + price[h >> 1]
                if reach < far[row + y] and knows(which[row + x], y, r, n, which) == 0:
                    far[row + y] = reach
                    which[row + y] = which[row + x]
                    heap_push(heap, reach, y)
                h = after[h]


def kinship(web: Any, n: int, near: Any, kin: Any) -> None:
    """Join the places from the shortest way between two regions up: ``kin`` = (boss, length of way, rank).

    The bosses are not shortened, so the longest stretch between two places is found by climbing.
    """
    head, after, to, price, _, _ = web
    far, which = near
    boss, stretch, rank = kin
    ways = heap_new(len(price))
    for x in range(n):
        boss[x] = x
        stretch[x] = INF
        rank[x] = 1
        h = head[x]
        while h >= 0:
            y = to[h]
            if x < y and which[x] >= 0 and which[x] != which[y]:
                heap_push(ways, far[x] + price[h >> 1] + far[y], h >> 1)
            h = after[h]
    while heap_size(ways) > 0:
        length, e = heap_pop(ways)
        a = which[to[2 * e]]
        b = which[to[2 * e + 1]]
        while boss[a] != a:
            a = boss[a]
        while boss[b] != b:
            b = boss[b]
        if a != b:
            if rank[a] > rank[b]:
                a, b = b, a
            boss[a] = b
            stretch[a] = length
            rank[b] += rank[a]


def longest_stretch(a: int, b: int, kin: Any) -> float:
    """The longest way without a place on the best way from place a to place b."""
    boss, stretch, _ = kin
    longest = 0.0
    while a != b:
        if stretch[a] > stretch[b]:
            a, b = b, a
        longest = stretch[a]
        if longest == INF:
            return INF
        a = boss[a]
    return longest


def bottleneck(a: int, b: int, now: int, n: int, near: Any, kin: Any, around: Any) -> float:
    """The longest stretch without a place on the best known way from a (just looked around) to b."""
    far, which = near
    least = INF
    if around[1][b] == now:
        least = around[0][b]
    for r in range(NEAR):
        s = which[r * n + a]
        if s < 0 or far[r * n + a] >= least:
            break
        for q in range(NEAR):
            t = which[q * n + b]
            if t < 0 or far[q * n + b] >= least:
                break
            most = max(far[r * n + a], far[q * n + b])
            if most < least:
                least = min(least, max(most, longest_stretch(s, t, kin)))
    return least


KERNELS = (
    hook,
    unhook,
    weave,
    look_around,
    knows,
    closest,
    kinship,
    longest_stretch,
    bottleneck,
)
