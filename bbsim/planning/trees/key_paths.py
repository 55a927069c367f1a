"""The pieces of a Steiner tree from which paths were taken out, and the cheapest ways to join them again.

A key path runs between two key nodes (wanted, or of degree three and more) over nodes of degree two. After
Uchoa & Werneck (2012), with chains of border steps in place of mergeable heaps.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.kernels import full_f, full_i, heap_pop, heap_push, heap_size

INF = float("inf")
MANY = 12  # pieces a crossing may fall into


def piece(z: int, out: Any, turn: int, tin: Any, lows: Any, highs: Any, below: int) -> int:
    """The piece a tree node falls into: below one of the cuts, above them (`below`), or taken out (-1)."""
    if out[z] == turn:
        return -1
    for i in range(below):
        if lows[i] <= tin[z] < highs[i]:
            return i
    return below


def refill(graph: Any, gone: Any, near: Any, regions: Any, turn: int, tin: Any, fresh: Any, heap: Any) -> int:
    """Give the regions of the nodes taken out to the nearest remaining tree nodes; return how many nodes
    changed.

    ``fresh`` = (their distance, base, step before, mark = turn, list of them); the standing answers are
    in ``near``.
    """
    first, other, cost, _ = graph
    distance, base, _ = near
    node_first, nodes, _, _, _ = regions
    far, root, back, mark, changed = fresh
    count = 0
    for i in range(len(gone)):
        z = gone[i]
        if z < 0:
            break
        for j in range(node_first[tin[z]], node_first[tin[z] + 1]):
            x = nodes[j]
            mark[x] = turn
            far[x] = INF
            root[x] = -1
            changed[count] = x
            count += 1
    for i in range(count):
        x = changed[i]
        for k in range(first[x], first[x + 1]):
            y = other[k]
            if mark[y] != turn and base[y] >= 0 and distance[y] + cost[k] < far[x]:
                far[x] = distance[y] + cost[k]
                root[x] = base[y]
                back[x] = y
        if far[x] < INF:
            heap_push(heap, far[x], x)
    while heap_size(heap) > 0:
        d, x = heap_pop(heap)
        if d > far[x]:
            continue
        for k in range(first[x], first[x + 1]):
            y = other[k]
            if mark[y] == turn and d + cost[k] < far[y]:
                far[y] = d + cost[k]
                root[y] = root[x]
                back[y] = x
                heap_push(heap, far[y], y)
    return count


def joins(
    graph: Any,
    near: Any,
    chains: Any,
    fresh: Any,
    count: int,
    out: Any,
    turn: int,
    tin: Any,
    cuts: Any,
    pair: Any,
) -> None:
    """The shortest way between each two pieces: its length, and the step (from node, position) over which
    it goes.

    A step with both ends below the same cut can never leave any larger subtree: it is dropped from the chain.
    """
    first, other, cost, _ = graph
    distance, base, _ = near
    head, tail, after, step_from, step = chains
    far, root, _, mark, changed = fresh
    lows, highs, tops, below = cuts
    length, source, over = pair
    width = below + 1
    for i in range(width * width):
        length[i] = INF
    for i in range(below):
        top = tops[i]
        last = -1
        j = head[top]
        while j >= 0:
            x = step_from[j]
            y = other[step[j]]
            end = j == tail[top]
            where = piece(base[y], out, turn, tin, lows, highs, below)
            if where == i:
                if last < 0:
                    head[top] = -1 if end else after[j]
                else:
                    after[last] = after[j]
                if end:
                    tail[top] = last
            else:
                last = j
                if where >= 0 and mark[y] != turn:
                    whole = distance[x] + cost[step[j]] + distance[y]
                    if whole < length[i * width + where]:
                        length[i * width + where] = whole
                        source[i * width + where] = x
                        over[i * width + where] = step[j]
            j = -1 if end else after[j]
    for j in range(count):
        x = changed[j]
        if root[x] < 0:
            continue
        i = piece(root[x], out, turn, tin, lows, highs, below)
        for k in range(first[x], first[x + 1]):
            y = other[k]
            there = root[y] if mark[y] == turn else base[y]
            if there < 0:
                continue
            where = piece(there, out, turn, tin, lows, highs, below)
            if where == i:
                continue
            whole = far[x] + cost[k] + (far[y] if mark[y] == turn else distance[y])
            if whole < length[i * width + where]:
                length[i * width + where] = whole
                source[i * width + where] = x
                over[i * width + where] = k


def chain_up(x: int, parent: Any, head: Any, tail: Any, after: Any) -> None:
    """Hang the chain of steps of x's subtree onto its parent's."""
    p = parent[x]
    if head[x] >= 0:
        if head[p] < 0:
            head[p] = head[x]
        else:
            after[tail[p]] = head[x]
        tail[p] = tail[x]


def cheapest_joining(width: int, pair: Any, used: Any) -> float:
    """The shortest tree over the pieces; ``used[i]`` is the entry of ``pair`` by which piece i joined."""
    length, _, _ = pair
    best = full_f(width, INF)
    best[0] = 0.0
    done = full_i(width, 0)
    total = 0.0
    for i in range(width):
        used[i] = -1
    for _ in range(width):
        a = -1
        for i in range(width):
            if done[i] == 0 and (a < 0 or best[i] < best[a]):
                a = i
        if best[a] == INF:
            return INF
        done[a] = 1
        total += best[a]
        for i in range(width):
            if done[i] == 0:
                for entry in (a * width + i, i * width + a):
                    if length[entry] < best[i]:
                        best[i] = length[entry]
                        used[i] = entry
    return total


def chains_of(order: Any, size: int, tin: Any, regions: Any) -> Any:
    """The steps that leave each tree node's region as a chain: head, tail and the next, then what `borders`
    says of the steps.
    """
    _, _, step_first, step_from, step = regions
    head = full_i(len(tin), -1)
    tail = full_i(len(tin), -1)
    after = full_i(len(step), -1)
    for i in range(size):
        x = order[i]
        if step_first[tin[x]] < step_first[tin[x] + 1]:
            head[x] = step_first[tin[x]]
            tail[x] = step_first[tin[x] + 1] - 1
            for j in range(head[x], tail[x]):
                after[j] = j + 1
    return head, tail, after, step_from, step


def key_tree(wanted: Any, order: Any, size: int, parent: Any, degree: Any) -> Any:
    """Key nodes (marks, the one above), those under each as linked lists, and all children likewise.

    A key path is known by its lower end.
    """
    n = len(parent)
    below_first = full_i(n, -1)
    below_next = full_i(n, -1)
    upper = full_i(n, -1)
    children_first = full_i(n, -1)
    children_next = full_i(n, -1)
    key = full_i(n, 0)
    start = order[0]
    for i in range(size):
        x = order[i]
        if wanted[x] > 0 or degree[x] != 2 or x == start:
            key[x] = 1
        if x != start:
            p = parent[x]
            children_next[x] = children_first[p]
            children_first[p] = x
            upper[x] = p if key[p] > 0 else upper[p]
            if key[x] > 0:
                below_next[x] = below_first[upper[x]]
                below_first[upper[x]] = x
    return key, upper, below_first, below_next, children_first, children_next


def take_in(end: int, near: Any, fresh: Any, turn: int, inside: Any) -> None:
    """Mark the nodes on the way from `end` to its nearest remaining tree node, that one too."""
    _, base, before = near
    far, root, back, mark, _ = fresh
    z = end
    while True:
        inside[z] = 1
        if mark[z] == turn:
            if far[z] == 0.0 and root[z] == z:
                break
            z = back[z]
        elif base[z] == z:
            break
        else:
            z = before[z]


KERNELS = (piece, refill, joins, chain_up, cheapest_joining, chains_of, key_tree, take_in)
