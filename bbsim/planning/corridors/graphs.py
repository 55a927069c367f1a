"""Corridor graphs as neighbour lists, and the searches every planner needs: nearest tree node, joining,
spanning.

A graph is the tuple ``(first, other, cost, edge)``: the neighbours of node ``x`` are at positions
``first[x] .. first[x + 1] - 1`` of the other three vectors, sorted by neighbour, so that nothing
depends on the order in which edges were listed.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.kernels import full_f, full_i, heap_new, heap_pop, heap_push, heap_size

INF = float("inf")


def arcs(u: Any, v: Any, cost: Any, n: int) -> Any:
    """The neighbour lists of undirected edges: first, other, cost, edge (in the order of the edges)."""
    m = len(u)
    first = full_i(n + 1, 0)
    for e in range(m):
        first[u[e]] += 1
        first[v[e]] += 1
    total = 0
    for x in range(n):
        total += first[x]
        first[x] = total
    first[n] = total
    other = full_i(2 * m, 0)
    length = full_f(2 * m, 0.0)
    edge = full_i(2 * m, 0)
    for e in range(m - 1, -1, -1):
        for x in (u[e], v[e]):
            p = first[x] - 1
            first[x] = p
            other[p] = u[e] + v[e] - x
            length[p] = cost[e]
            edge[p] = e
    return first, other, length, edge


def neighbour_lists(u: Any, v: Any, cost: Any, n: int) -> Any:
    """The same with each neighbour list sorted by neighbour."""
    start, tail, weight, number = arcs(u, v, cost, n)
    place = full_i(n, 0)
    for x in range(n):
        place[x] = start[x]
    other = full_i(len(tail), 0)
    length = full_f(len(tail), 0.0)
    edge = full_i(len(tail), 0)
    for x in range(n):
        for k in range(start[x], start[x + 1]):
            y = tail[k]
            p = place[y]
            other[p] = x
            length[p] = weight[k]
            edge[p] = number[k]
            place[y] = p + 1
    return start, other, length, edge


def grow(graph: Any, wanted: Any, count: int, start: int, via: Any) -> Any:
    """Repeated shortest paths from `start` to the nearest wanted node until all `count` are joined.

    Fills ``via`` with the node before each tree node (start: itself; -1: not in the tree) and returns
    how many were joined. One search serves all paths: nodes of a new path go back into the queue at
    distance nought. Takahashi & Matsuyama (1980).
    """
    first, other, cost, _ = graph
    n = len(first) - 1
    distance = full_f(n, INF)
    before = full_i(n, -1)
    heap = heap_new(n)
    distance[start] = 0.0
    via[start] = start
    joined = 1
    heap_push(heap, 0.0, start)
    while heap_size(heap) > 0 and joined < count:
        d, x = heap_pop(heap)
        if d > distance[x]:
            continue
        if wanted[x] > 0 and via[x] < 0:
            joined += 1
            y = x
            while via[y] < 0:
                via[y] = before[y]
                distance[y] = 0.0
                heap_push(heap, 0.0, y)
                y = before[y]
            continue
        for k in range(first[x], first[x + 1]):
            y = other[k]
            reach = d + cost[k]
            if reach < distance[y]:
                distance[y] = reach
                before[y] = x
                heap_push(heap, reach, y)
    return joined


def span(graph: Any, inside: Any, wanted: Any, start: int, order: Any, parent: Any, link: Any) -> Any:
    """The shortest tree over the nodes marked in `inside`, less its unwanted leaves.

    Fills ``order`` (parents first), ``parent`` (start: -1) and ``link`` (position in the neighbour
    lists of the node, towards its parent) and clears the pruned nodes from ``inside``. Returns (nodes
    in the tree, its cost), or (-1, 0) when the marked nodes do not hang together.
    """
    first, other, cost, _ = graph
    n = len(first) - 1
    key = full_f(n, INF)
    done = full_i(n, 0)
    children = full_i(n, 0)
    marked = 0
    for x in range(n):
        marked += inside[x]
    heap = heap_new(n)
    key[start] = 0.0
    parent[start] = -1
    link[start] = -1
    heap_push(heap, 0.0, start)
    size = 0
    while heap_size(heap) > 0:
        d, x = heap_pop(heap)
        if done[x] > 0 or d > key[x]:
            continue
        done[x] = 1
        order[size] = x
        size += 1
        for k in range(first[x], first[x + 1]):
            y = other[k]
            if inside[y] > 0 and done[y] == 0 and cost[k] < key[y]:
                key[y] = cost[k]
                parent[y] = x
                link[y] = k
                heap_push(heap, cost[k], y)
    if size < marked:
        return -1, 0.0
    for i in range(1, size):
        children[parent[order[i]]] += 1
    for i in range(size - 1, 0, -1):
        x = order[i]
        if children[x] == 0 and wanted[x] == 0:
            inside[x] = 0
            children[parent[x]] -= 1
    kept = 0
    total = 0.0
    for i in range(size):
        x = order[i]
        if inside[x] > 0:
            order[kept] = x
            kept += 1
            if i > 0:
                total += cost[link[x]]
    return kept, total


def nearest(graph: Any, order: Any, size: int, distance: Any, base: Any, before: Any) -> None:
    """For every node the nearest of ``order[:size]``: how far, which, and the position of the step towards
    it.
    """
    first, other, cost, _ = graph
    n = len(first) - 1
    for x in range(n):
        distance[x] = INF
        base[x] = -1
        before[x] = -1
    heap = heap_new(n)
    for i in range(size):
        x = order[i]
        distance[x] = 0.0
        base[x] = x
        heap_push(heap, 0.0, x)
    while heap_size(heap) > 0:
        d, x = heap_pop(heap)
        if d > distance[x]:
            continue
        for k in range(first[x], first[x + 1]):
            y = other[k]
            reach = d + cost[k]
            if reach < distance[y]:
                distance[y] = reach
                base[y] = base[x]
                before[y] = x
                heap_push(heap, reach, y)


def walk(order: Any, size: int, parent: Any, tin: Any, tout: Any, depth: Any, degree: Any) -> None:
    """Number the tree in depth-first order: interval of each subtree, depth and degree (-1, -1 outside the
    tree).
    """
    n = len(tin)
    weight = full_i(n, 0)
    place = full_i(n, 0)
    for x in range(n):
        tin[x] = -1
        tout[x] = -1
        degree[x] = 0
    for i in range(size - 1, -1, -1):
        x = order[i]
        weight[x] += 1
        if i > 0:
            weight[parent[x]] += weight[x]
            degree[x] += 1
            degree[parent[x]] += 1
    for i in range(size):
        x = order[i]
        if i == 0:
            tin[x] = 0
            depth[x] = 0
        else:
            p = parent[x]
            tin[x] = place[p]
            place[p] += weight[x]
            depth[x] = depth[p] + 1
        tout[x] = tin[x] + weight[x]
        place[x] = tin[x] + 1


def survey(graph: Any, order: Any, size: int, parent: Any) -> Any:
    """What local search asks first: each node's nearest tree node, and the shape of the tree.

    Returns ((distance, base, before), (tin, tout, depth, degree)) as `nearest` and `walk` fill them.
    """
    n = len(graph[0]) - 1
    near = (full_f(n, INF), full_i(n, -1), full_i(n, -1))
    nearest(graph, order, size, near[0], near[1], near[2])
    shape = (full_i(n, -1), full_i(n, -1), full_i(n, 0), full_i(n, 0))
    walk(order, size, parent, shape[0], shape[1], shape[2], shape[3])
    return near, shape


def borders(graph: Any, size: int, base: Any, tin: Any) -> Any:
    """Nodes of each tree node's region, and the steps that leave it, both in depth-first order of the tree
    nodes.
    """
    first, other, _, _ = graph
    n = len(first) - 1
    node_first = full_i(size + 1, 0)
    step_first = full_i(size + 1, 0)
    for x in range(n):
        if base[x] >= 0:
            i = tin[base[x]]
            node_first[i + 1] += 1
            for k in range(first[x], first[x + 1]):
                if base[other[k]] != base[x]:
                    step_first[i + 1] += 1
    for i in range(size):
        node_first[i + 1] += node_first[i]
        step_first[i + 1] += step_first[i]
    node_place = full_i(size + 1, 0)
    step_place = full_i(size + 1, 0)
    for i in range(size):
        node_place[i] = node_first[i]
        step_place[i] = step_first[i]
    nodes = full_i(node_first[size] + 1, 0)
    step_from = full_i(step_first[size] + 1, 0)
    step = full_i(step_first[size] + 1, 0)
    for x in range(n):
        if base[x] >= 0:
            i = tin[base[x]]
            nodes[node_place[i]] = x
            node_place[i] += 1
            for k in range(first[x], first[x + 1]):
                if base[other[k]] != base[x]:
                    step_from[step_place[i]] = x
                    step[step_place[i]] = k
                    step_place[i] += 1
    return node_first, nodes, step_first, step_from, step


def lock(a: int, b: int, parent: Any, depth: Any, locked: Any, value: int) -> int:
    """Look (value 0) whether the tree path from a to b has a locked edge, or lock it (value 1); returns 1
    if it had.
    """
    had = 0
    while a != b:
        if depth[a] < depth[b]:
            a, b = b, a
        had = max(had, locked[a])
        if value > 0:
            locked[a] = value
        a = parent[a]
    return had


def is_tree(tails: Any, heads: Any, wanted: Any, count: int) -> int:
    """1 if the edges hang together without a cycle and touch all `count` wanted nodes, else 0 (an
    independent check).
    """
    n = len(wanted)
    home = full_i(n, -1)
    nodes = 0
    touched = 0
    merges = 0
    for e in range(len(tails)):
        ends = (tails[e], heads[e])
        for x in ends:
            if home[x] < 0:
                home[x] = x
                nodes += 1
                touched += wanted[x]
        a = ends[0]
        while home[a] != a:
            home[a] = home[home[a]]
            a = home[a]
        b = ends[1]
        while home[b] != b:
            home[b] = home[home[b]]
            b = home[b]
        if a == b:
            return 0
        home[b] = a
        merges += 1
    return 1 if merges == nodes - 1 and touched == count else 0


KERNELS = (arcs, neighbour_lists, grow, span, nearest, walk, survey, borders, lock, is_tree)
