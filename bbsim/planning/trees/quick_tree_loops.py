"""The inner loops of the quick Steiner tree: how far every node is, the shortest forest, and which exchanges
pay.

The first five replace scipy's searches where numba compiles them; the others serve both ways. A key path
runs between two key nodes (wanted, or of degree three and more) over nodes of degree two.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.graphs import arcs
from bbsim.planning.corridors.kernels import full_f, full_i

INF = float("inf")


def spread(graph: Any, sources: Any, width: float, distance: Any, base: Any, edge_by: Any) -> int:
    """Fill ``distance`` from the nearest source, ``base`` (which that is) and ``edge_by`` (the last edge).

    Nodes nearer than a limit are worked off in turn, the others wait; then the limit rises by `width`. The
    distances do not depend on it: they are the one set that no step can lower. Returns 1 if a node may have
    two shortest ways: `settle` chooses.
    """
    first, other, cost, edge = graph
    n = len(first) - 1
    near = full_i(n, 0)
    far = full_i(n, 0)
    queue = full_i(n, 0)  # 1: waits in `near`, 2: waits in `far`
    front = 0
    waiting = 0
    late = 0
    even = 0
    for x in sources:
        distance[x] = 0.0
        base[x] = x
        near[waiting] = x
        queue[x] = 1
        waiting += 1
    limit = width
    while waiting > 0 or late > 0:
        while waiting > 0:
            x = near[front]
            front = 0 if front + 1 == n else front + 1
            waiting -= 1
            queue[x] = 0
            d = distance[x]
            for k in range(first[x], first[x + 1]):
                y = other[k]
                reach = d + cost[k]
                if reach < distance[y]:
                    distance[y] = reach
                    base[y] = base[x]
                    edge_by[y] = edge[k]
                    if reach >= limit:
                        if queue[y] == 0:
                            queue[y] = 2
                            far[late] = y
                            late += 1
                    elif queue[y] != 1:
                        queue[y] = 1
                        place = front + waiting
                        near[place if place < n else place - n] = y
                        waiting += 1
                elif reach == distance[y]:
                    even = 1
        least = INF
        for i in range(late):
            if queue[far[i]] == 2:
                least = min(least, distance[far[i]])
        limit = least + width
        kept = 0
        for i in range(late):
            x = far[i]
            if queue[x] == 2:
                if distance[x] < limit:
                    queue[x] = 1
                    place = front + waiting
                    near[place if place < n else place - n] = x
                    waiting += 1
                else:
                    far[kept] = x
                    kept += 1
        late = kept
    return even


def settle(u: Any, v: Any, cost: Any, distance: Any, base: Any, edge_by: Any) -> None:
    """Of several shortest ways take the one whose last step comes from the lowest node, everywhere."""
    n = len(base)
    for x in range(n):
        base[x] = x if distance[x] == 0.0 else -1
        edge_by[x] = -1
    for e in range(len(u)):
        a = u[e]
        b = v[e]
        if distance[a] > distance[b]:
            a, b = b, a
        if distance[a] + cost[e] == distance[b] < INF:
            f = edge_by[b]
            if f < 0 or a < u[f] + v[f] - b:
                edge_by[b] = e
    back_to_marked(u, v, edge_by, base)


def back_to_marked(u: Any, v: Any, edge_by: Any, base: Any) -> None:
    """Where ``base`` is below nought, the first that is not on the way back (-1 if there is none)."""
    for x in range(len(base)):
        y = x
        while base[y] < 0 <= edge_by[y]:
            y = u[edge_by[y]] + v[edge_by[y]] - y
        source = base[y]
        y = x
        while base[y] < 0 <= edge_by[y]:
            base[y] = source
            y = u[edge_by[y]] + v[edge_by[y]] - y


def borders(
    u: Any, v: Any, cost: Any, distance: Any, base: Any, most: float, across: Any, weight: Any
) -> int:
    """The edges between two regions, and how long the way over each is from base to base, if below `most`."""
    count = 0
    for e in range(len(u)):
        a = u[e]
        b = v[e]
        if base[a] != base[b]:
            way = (distance[a] + distance[b]) + cost[e]
            if way < most:
                across[count] = e
                weight[count] = way
                count += 1
    return count


def between(u: Any, v: Any, inside: Any, found: Any) -> int:
    """The edges with both ends marked in `inside`."""
    count = 0
    for e in range(len(u)):
        if inside[u[e]] > 0 and inside[v[e]] > 0:
            found[count] = e
            count += 1
    return count


def root_of(up: Any, x: int) -> int:
    """The representative of x's piece; ways are halved on the way."""
    while up[x] != x:
        up[x] = up[up[x]]
        x = up[x]
    return x


def forest(a: Any, b: Any, weight: Any, low: Any, high: Any, up: Any, chosen: Any) -> int:
    """Positions of the edges of the shortest forest, by rounds of nearest neighbours (Boruvka); returns how
    many.

    Edges are ordered by weight, then `low`, `high` and position, so the forest is one and only.
    """
    count = len(a)
    best = full_i(len(up), -1)
    live = full_i(count + 1, 0)
    pieces = full_i(len(up), 0)
    for e in range(count):
        live[e] = e
    kept = 0
    while count > 0:
        left = 0
        touched = 0
        for i in range(count):
            e = live[i]
            x = root_of(up, a[e])
            y = root_of(up, b[e])
            if x == y:
                continue
            live[left] = e
            left += 1
            for z in (x, y):
                f = best[z]
                if f < 0:
                    pieces[touched] = z
                    touched += 1
                    best[z] = e
                elif weight[e] < weight[f] or (
                    weight[e] == weight[f]
                    and (low[e] < low[f] or (low[e] == low[f] and (high[e], e) < (high[f], f)))
                ):
                    best[z] = e
        for i in range(touched):
            e = best[pieces[i]]
            best[pieces[i]] = -1
            x = root_of(up, a[e])
            y = root_of(up, b[e])
            if x != y:
                up[x] = y
                chosen[kept] = e
                kept += 1
        count = left
    return kept


def promising(p: Any, q: Any, weight: Any, shape: Any, found: Any) -> int:
    """Which ways between two tree nodes are shorter than some key path, or part of one, between them.

    ``shape`` is what `hang` fills.
    """
    _, _, depth, _, _, top, rise, foot = shape
    count = 0
    for i in range(len(p)):
        x = p[i]
        y = q[i]
        goal = weight[i] * (1.0 + 1e-9)
        while x != y:
            if foot[x] == foot[y]:
                if abs(rise[x] - rise[y]) > goal:
                    found[count] = i
                    count += 1
                break
            above_x = -1 if top[x] < 0 else depth[top[x]]
            above_y = -1 if top[y] < 0 else depth[top[y]]
            if above_x < above_y:
                x, y = y, x
            if rise[x] > goal:
                found[count] = i
                count += 1
                break
            x = top[x]
    return count


def trace(u: Any, v: Any, ends: Any, edge_by: Any, on: Any, taken: Any) -> int:
    """Follow the ways from `ends` until something marked in ``on``; mark them and list their edges."""
    count = 0
    for end in ends:
        x = end
        while on[x] == 0:
            on[x] = 1
            e = edge_by[x]
            taken[count] = e
            count += 1
            x = u[e] + v[e] - x
    return count


def hang(a: Any, b: Any, cost: Any, wanted: Any, root: int) -> Any:
    """The tree of the edges a-b hung from `root`: order, parent, depth, length up, and its key paths.

    Returns (order, parent, depth, length, key, top, rise, foot): ``top`` is the key node above, ``rise`` how
    far it is, ``foot`` the lower end of the key path.
    """
    n = len(a) + 1
    first, other, weight, _ = arcs(a, b, cost, n)
    order = full_i(n, root)
    parent = full_i(n, -1)
    depth = full_i(n, 0)
    length = full_f(n, 0.0)
    key = full_i(n, 1)
    top = full_i(n, -1)
    rise = full_f(n, 0.0)
    foot = full_i(n, -1)
    size = 1
    for i in range(n):
        x = order[i]
        if wanted[x] == 0 and first[x + 1] - first[x] == 2 and x != root:
            key[x] = 0
        for k in range(first[x], first[x + 1]):
            y = other[k]
            if y != parent[x]:
                parent[y] = x
                depth[y] = depth[x] + 1
                length[y] = weight[k]
                top[y] = x if key[x] > 0 else top[x]
                rise[y] = weight[k] if key[x] > 0 else weight[k] + rise[x]
                order[size] = y
                size += 1
    for i in range(n - 1, -1, -1):
        x = order[i]
        if key[x] > 0:
            foot[x] = x
        if i > 0 and key[parent[x]] == 0:
            foot[parent[x]] = foot[x]
    return order, parent, depth, length, key, top, rise, foot


def longest(x: int, y: int, shape: Any) -> Any:
    """The longest piece of a key path on the tree path from x to y: its length, lower and upper end."""
    _, parent, depth, length, key, _, _, _ = shape
    best = 0.0
    low = x
    high = x
    start_x = x
    start_y = y
    sum_x = 0.0
    sum_y = 0.0
    while x != y:
        if depth[x] >= depth[y]:
            sum_x += length[x]
            x = parent[x]
            if key[x] > 0 or x == y:
                if sum_x > best:
                    best = sum_x
                    low = start_x
                    high = x
                start_x = x
                sum_x = 0.0
        else:
            sum_y += length[y]
            y = parent[y]
            if key[y] > 0 or x == y:
                if sum_y > best:
                    best = sum_y
                    low = start_y
                    high = y
                start_y = y
                sum_y = 0.0
    return best, low, high


def gains(p: Any, q: Any, weight: Any, shape: Any, gain: Any, low: Any, high: Any) -> None:
    """What each way would save, and the ends of the piece that it would replace."""
    for i in range(len(p)):
        most, low[i], high[i] = longest(p[i], q[i], shape)
        gain[i] = most - weight[i]


def trade(p: Any, q: Any, low: Any, high: Any, shape: Any, inside: Any, done: Any) -> int:
    """Take the pieces of key paths out, way after way, that these replace; returns how many.

    A way whose cycle shares an edge with an earlier one is left. Clears ``inside``; fills ``done``.
    """
    _, parent, depth, _, _, _, _, _ = shape
    locked = full_i(len(parent), 0)
    count = 0
    for i in range(len(p)):
        for turn in range(2):
            x = p[i]
            y = q[i]
            free = 1
            while x != y and free > 0:
                if depth[x] < depth[y]:
                    x, y = y, x
                if turn == 0 and locked[x] > 0:
                    free = 0
                locked[x] = max(locked[x], turn)
                x = parent[x]
            if free == 0:
                break
        if free > 0:
            x = parent[low[i]]
            while x != high[i]:
                inside[x] = 0
                x = parent[x]
            done[count] = i
            count += 1
    return count


def prune(a: Any, b: Any, wanted: Any, degree: Any, gone: Any) -> int:
    """Mark the edges of a forest that lead only to unwanted leaves; returns how many."""
    m = len(a)
    n = len(degree)
    across = full_i(n, 0)  # exclusive or of the edges at each node: at a leaf it is the one left
    for e in range(m):
        for x in (a[e], b[e]):
            degree[x] += 1
            across[x] ^= e
    count = 0
    for x in range(n):
        y = x
        while degree[y] == 1 and wanted[y] == 0:
            e = across[y]
            degree[y] = 0
            gone[e] = 1
            count += 1
            y = a[e] + b[e] - y
            across[y] ^= e
            degree[y] -= 1
    return count


KERNELS = (
    spread,
    back_to_marked,
    settle,
    borders,
    between,
    root_of,
    forest,
    promising,
    trace,
    hang,
    longest,
    gains,
    trade,
    prune,
)
