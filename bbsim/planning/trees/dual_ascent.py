"""Lower bounds for Steiner trees: raise the price of cutting a place off until every place has a free way
to the root.

The directed cut programme asks that every set holding a place but not the root is entered by an arc.
Wong's ascent (1984) raises the dual price of one such set at a time; the sum of the prices bounds every
tree from below, and what is left of the arcs' costs (the reduced costs) tells which corridors cannot be
in any better tree.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.kernels import full_i, heap_new, heap_pop, heap_push, heap_size

INF = float("inf")


def ascend(graph: Any, wanted: Any, root: int, left: Any, patience: int) -> float:
    """The bound after raising at most `patience` sets; fills ``left`` as `ascend_noting` does."""
    return ascend_noting(graph, wanted, root, left, patience, (full_i(1, 0), full_i(1, 0)))


def ascend_noting(graph: Any, wanted: Any, root: int, left: Any, patience: int, walls: Any) -> float:
    """The bound. Fills ``left[k]``, what is left of the cost of the arc from ``other[k]`` to the node that
    lists it.

    The smallest set is always raised first, or nearly. ``walls`` = (first, arcs) takes the sets raised, as
    long as there is room: the arcs into set i are at ``first[i] .. first[i + 1] - 1``.
    """
    first, _, cost, _ = graph
    n = len(first) - 1
    for k in range(first[n]):
        left[k] = cost[k]
    active = full_i(n, 0)
    marks = (active, full_i(n, -1), full_i(n, 0), full_i(first[n] + 1, 0))
    heap = heap_new(n)
    for x in range(n):
        if wanted[x] > 0 and x != root:
            active[x] = 1
            heap_push(heap, 1.0 * (first[x + 1] - first[x]), x)
    bound = 0.0
    turn = 0
    wall = 0
    while heap_size(heap) > 0 and turn < patience:
        _, t = heap_pop(heap)
        turn += 1
        gained, cuts, wall = raise_set(graph, left, root, t, turn, marks, heap, walls, wall)
        bound += gained
        if cuts > 0:
            heap_push(heap, 1.0 * cuts, t)
        else:
            active[t] = 0
    return bound


def raise_set(
    graph: Any, left: Any, root: int, t: int, turn: int, marks: Any, heap: Any, walls: Any, wall: int
) -> Any:
    """Raise the set of all that has a free way to t, until it meets another or others are smaller.

    Returns the price raised, the arcs of its border (nought if it is done), and the number of walls.
    """
    _, other, _, _ = graph
    active, stamp, members, cut = marks
    stamp[t] = turn
    members[0] = t
    size = 1
    scanned = 0
    cuts = 0
    bound = 0.0
    while True:
        size, cuts = widen(graph, left, root, turn, marks, scanned, size, cuts)
        if size < 0:
            return bound, 0, wall
        scanned = size
        kept = 0
        least = INF
        for i in range(cuts):
            k = cut[i]
            if stamp[other[k]] != turn:
                cut[kept] = k
                kept += 1
                least = min(least, left[k])
        cuts = kept
        # Strictly smallest first would look at the same arcs three times as often for the same bound.
        if cuts == 0 or (heap_size(heap) > 0 and cuts > 1.5 * heap_first(heap)):
            return bound, cuts, wall
        bound += least
        wall = remember(cut, cuts, walls, wall)
        met = False
        for i in range(cuts):
            k = cut[i]
            left[k] -= least
            y = other[k]
            if left[k] <= 0.0 and stamp[y] != turn:
                if y == root or active[y] > 0:
                    met = True
                else:
                    stamp[y] = turn
                    members[size] = y
                    size += 1
        if met:
            return bound, 0, wall


def widen(graph: Any, left: Any, root: int, turn: int, marks: Any, scanned: int, size: int, cuts: int) -> Any:
    """Take in what has a free way to the set; (members, border arcs), or (-1, 0) if it meets another set."""
    first, other, _, _ = graph
    active, stamp, members, cut = marks
    while scanned < size:
        x = members[scanned]
        scanned += 1
        for k in range(first[x], first[x + 1]):
            y = other[k]
            if stamp[y] == turn:
                continue
            if left[k] > 0.0:
                cut[cuts] = k
                cuts += 1
            elif y == root or active[y] > 0:
                return -1, 0
            else:
                stamp[y] = turn
                members[size] = y
                size += 1
    return size, cuts


def remember(cut: Any, cuts: int, walls: Any, wall: int) -> int:
    """Note the arcs of a set raised, if there is room; returns how many sets are noted."""
    starts, arcs = walls
    if wall + 1 >= len(starts) or starts[wall] + cuts > len(arcs):
        return wall
    place = starts[wall]
    for i in range(cuts):
        arcs[place + i] = cut[i]
    starts[wall + 1] = place + cuts
    return wall + 1


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


KERNELS = (
    heap_first,
    remember,
    widen,
    raise_set,
    ascend_noting,
    ascend,
    from_root,
    to_wanted,
    reverses,
    price_out,
)
