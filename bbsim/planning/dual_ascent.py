"""Lower bounds for Steiner trees: raise the price of cutting a place off until every place has a free way
to the root.

The directed cut programme asks that every set holding a place but not the root is entered by an arc.
Wong's ascent (1984) raises the dual price of one such set at a time; the sum of the prices bounds every
tree from below, and what is left of the arcs' costs (the reduced costs) tells which corridors cannot be
in any better tree.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning._compiled import full_i, heap_new, heap_pop, heap_push, heap_size

INF = float("inf")


def ascend(graph: Any, wanted: Any, root: int, left: Any, patience: int) -> float:
    """The bound. Fills ``left[k]``, what is left of the cost of the arc from ``other[k]`` to the node that
    lists it.

    Stops after looking at `patience` arcs (a bound it is at every moment); the least set is always
    raised first.
    """
    first, other, cost, _ = graph
    n = len(first) - 1
    for k in range(first[n]):
        left[k] = cost[k]
    active = full_i(n, 0)
    stamp = full_i(n, -1)
    members = full_i(n, 0)
    cut = full_i(first[n] + 1, 0)
    heap = heap_new(n)
    for x in range(n):
        if wanted[x] > 0 and x != root:
            active[x] = 1
            heap_push(heap, 1.0 * (first[x + 1] - first[x]), x)
    bound = 0.0
    looked = 0
    turn = 0
    while heap_size(heap) > 0 and looked < patience:
        _, t = heap_pop(heap)
        turn += 1
        stamp[t] = turn
        members[0] = t
        size = 1
        scanned = 0
        cuts = 0
        while True:
            # The set: everything with a free way to t. Its border: the arcs that would have to be paid next.
            free = True
            while scanned < size and free:
                x = members[scanned]
                scanned += 1
                looked += first[x + 1] - first[x]
                for k in range(first[x], first[x + 1]):
                    y = other[k]
                    if stamp[y] == turn:
                        continue
                    if left[k] > 0.0:
                        cut[cuts] = k
                        cuts += 1
                    elif y == root or active[y] > 0:
                        free = False
                        break
                    else:
                        stamp[y] = turn
                        members[size] = y
                        size += 1
            if not free:
                active[t] = 0
                break
            kept = 0
            least = INF
            for i in range(cuts):
                k = cut[i]
                if stamp[other[k]] != turn:
                    cut[kept] = k
                    kept += 1
                    least = min(least, left[k])
            cuts = kept
            looked += cuts
            if cuts == 0:
                active[t] = 0
                break
            if heap_size(heap) > 0:
                # Strictly least first would look at the same arcs three times as often for the same bound.
                waiting = heap_first(heap)
                if cuts > 1.5 * waiting:
                    heap_push(heap, 1.0 * cuts, t)
                    break
            bound += least
            for i in range(cuts):
                k = cut[i]
                left[k] -= least
                y = other[k]
                if left[k] <= 0.0 and stamp[y] != turn:
                    if y == root or active[y] > 0:
                        free = False
                    else:
                        stamp[y] = turn
                        members[size] = y
                        size += 1
            if not free:
                active[t] = 0
                break
    return bound


def from_root(graph: Any, left: Any, back: Any, root: int, distance: Any) -> None:
    """What is left to pay on the way from the root to each node (``back[k]``: the place of arc k's
    reverse).
    """
    first, other, _, _ = graph
    n = len(first) - 1
    for x in range(n):
        distance[x] = INF
    heap = heap_new(n)
    distance[root] = 0.0
    heap_push(heap, 0.0, root)
    while heap_size(heap) > 0:
        d, x = heap_pop(heap)
        if d > distance[x]:
            continue
        for k in range(first[x], first[x + 1]):
            y = other[k]
            reach = d + left[back[k]]
            if reach < distance[y]:
                distance[y] = reach
                heap_push(heap, reach, y)


def to_wanted(graph: Any, left: Any, wanted: Any, root: int, distance: Any) -> None:
    """What is left to pay on the way from each node to the nearest wanted node other than the root."""
    first, other, _, _ = graph
    n = len(first) - 1
    heap = heap_new(n)
    for x in range(n):
        distance[x] = INF
        if wanted[x] > 0 and x != root:
            distance[x] = 0.0
            heap_push(heap, 0.0, x)
    while heap_size(heap) > 0:
        d, x = heap_pop(heap)
        if d > distance[x]:
            continue
        for k in range(first[x], first[x + 1]):
            y = other[k]
            reach = d + left[k]
            if reach < distance[y]:
                distance[y] = reach
                heap_push(heap, reach, y)


def reverses(graph: Any, back: Any, m: int) -> None:
    """Fill ``back[k]``: where the same edge stands in the other end's list (edges are numbered below `m`)."""
    _, _, _, edge = graph
    seen = full_i(m, -1)
    for k in range(len(edge)):
        e = edge[k]
        if seen[e] < 0:
            seen[e] = k
        else:
            back[k] = seen[e]
            back[seen[e]] = k


def price_out(graph: Any, left: Any, back: Any, out: Any, into: Any, slack: float, keep: Any) -> int:
    """Mark in ``keep[edge]`` the edges that a tree within `slack` of the bound may use; return how many."""
    first, other, _, edge = graph
    n = len(first) - 1
    kept = 0
    for x in range(n):
        for k in range(first[x], first[x + 1]):
            y = other[k]
            if y > x and keep[edge[k]] > 0:
                towards = out[y] + left[k] + into[x]
                away = out[x] + left[back[k]] + into[y]
                if min(towards, away) > slack:
                    keep[edge[k]] = 0
                else:
                    kept += 1
    return kept


def heap_first(heap: Any) -> float:
    """The least key waiting (nothing is ever stale in the queue of an ascent)."""
    key, node = heap_pop(heap)
    heap_push(heap, key, node)
    return key


KERNELS = (heap_first, ascend, from_root, to_wanted, reverses, price_out)
