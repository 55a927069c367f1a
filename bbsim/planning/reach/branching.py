"""Trees that need not reach everything: grow the branch with the most prize per cost, or moats paid by
prizes.

Moats: every prize pays for a circle growing around its place; circles that meet are joined, and a
circle that has spent its prize stops (Goemans & Williamson 1995). What comes out is cut back to the
branches that are worth their cost.
"""

from __future__ import annotations

from typing import Any

from bbsim.planning.corridors.kernels import full_f, full_i, heap_new, heap_pop, heap_push, heap_size

INF = float("inf")


def add_branches(graph: Any, worth: Any, inside: Any, room: float, least: float, before: Any) -> float:
    """Add paths, each the one with the most worth per cost, while cost is within `room`; returns what was
    spent. ``before[x]`` becomes the node from which x was reached, where x was added.

    Stops when no path is worth more than `least` per cost; ties go to the lower node. One search serves
    all paths: a node is looked at again only when the tree has come nearer. ``queued`` is the
    (negative) density a node waits with, never worse than its density now, so what comes up first can
    be trusted once it is checked.
    """
    first, other, cost, _ = graph
    n = len(first) - 1
    distance = full_f(n, INF)
    gain = full_f(n, 0.0)
    queued = full_f(n, INF)
    heap = heap_new(n)
    waiting = heap_new(n)
    for x in range(n):
        if inside[x] > 0:
            distance[x] = 0.0
            heap_push(heap, 0.0, x)
    spent = 0.0
    while True:
        while heap_size(heap) > 0:
            d, x = heap_pop(heap)
            if d > distance[x]:
                continue
            if inside[x] == 0:
                gain[x] = gain[before[x]] + worth[x]
                key = INF if gain[x] <= 0.0 else (-gain[x] / d if d > 0.0 else -INF)
                if key < queued[x]:
                    queued[x] = key
                    heap_push(waiting, key, x)
            for k in range(first[x], first[x + 1]):
                y = other[k]
                reach = d + cost[k]
                if reach < distance[y] and reach <= room - spent:
                    distance[y] = reach
                    before[y] = x
                    heap_push(heap, reach, y)
        best = -1
        while heap_size(waiting) > 0 and best < 0:
            key, x = heap_pop(waiting)
            if key > queued[x]:
                continue
            queued[x] = INF
            if inside[x] > 0 or distance[x] > room - spent:
                continue
            now = INF if gain[x] <= 0.0 else (-gain[x] / distance[x] if distance[x] > 0.0 else -INF)
            if now > key:
                if now < INF:
                    queued[x] = now
                    heap_push(waiting, now, x)
            elif now == key:
                if -key <= least:
                    return spent
                best = x
        if best < 0:
            return spent
        spent += distance[best]
        x = best
        while inside[x] == 0:
            inside[x] = 1
            distance[x] = 0.0
            gain[x] = 0.0
            heap_push(heap, 0.0, x)
            x = before[x]


def keep_worthy(order: Any, size: int, parent: Any, link: Any, cost: Any, worth: Any, inside: Any) -> float:
    """Drop every branch that costs more than it is worth; returns the worth less the cost of what is left.

    ``order`` lists parents first. The best such part of a tree that holds its root, exactly.
    """
    n = len(inside)
    net = full_f(n, 0.0)
    for i in range(size):
        net[order[i]] = worth[order[i]]
    for i in range(size - 1, 0, -1):
        x = order[i]
        net[x] -= cost[link[x]]
        if net[x] > 0.0:
            net[parent[x]] += net[x]
    for i in range(1, size):
        x = order[i]
        if net[x] <= 0.0 or inside[parent[x]] == 0:
            inside[x] = 0
    return net[order[0]]  # type: ignore[no-any-return]


def cut_back(
    order: Any, size: int, parent: Any, link: Any, cost: Any, worth: Any, inside: Any, excess: float
) -> None:
    """Drop the branches with the least worth per cost until at least `excess` of cost is gone."""
    n = len(inside)
    value = full_f(n, 0.0)
    price = full_f(n, 0.0)
    while excess > 0.0:
        for i in range(size):
            x = order[i]
            value[x] = worth[x]
            price[x] = cost[link[x]] if i > 0 else 0.0
        worst = -1
        least = INF
        for i in range(size - 1, 0, -1):
            x = order[i]
            if inside[x] == 0:
                continue
            ratio = value[x] / price[x] if price[x] > 0.0 else INF
            # Of the same worth the smaller branch; a branch far above the excess is only taken for want of
            # others.
            if price[x] > 2.0 * excess:
                ratio *= price[x] / excess
            if ratio < least:
                least = ratio
                worst = x
            value[parent[x]] += value[x]
            price[parent[x]] += price[x]
        if worst < 0:
            return
        excess -= price[worst]
        drop_branch(order, size, parent, worst, inside)


def drop_branch(order: Any, size: int, parent: Any, top: int, inside: Any) -> None:
    """Take a node and all below it out."""
    inside[top] = 0
    for i in range(1, size):
        x = order[i]
        if inside[parent[x]] == 0:
            inside[x] = 0


def owner(x: int, up: Any, extra: Any) -> int:
    """The circle x is in now, by path compression; ``extra[x]`` becomes what x's circles paid before it."""
    root = x
    total = 0.0
    while up[root] != root:
        total += extra[root]
        root = up[root]
    while up[x] != root and x != root:
        step = up[x]
        below = extra[x]
        up[x] = root
        extra[x] = total
        total -= below
        x = step
    return root


def moats(graph: Any, worth: Any, root: int, joined: Any) -> float:
    """Grow circles until all have stopped; fills ``joined[edge]`` with 1 for edges paid in full; returns
    the dual sum.

    The root's circle never grows. ``extra`` is a weighted union-find: what a node's circles have paid
    in all is the sum of extras up to its circle, and what that circle has paid since it was made.
    """
    first, other, cost, edge = graph
    n = len(first) - 1
    up = full_i(n, 0)
    extra = full_f(n, 0.0)
    rank = full_i(n, 1)
    active = full_i(n, 0)
    # When the circle began to grow, and how much it had grown before that.
    since = full_f(n, 0.0)
    grown = full_f(n, 0.0)
    purse = full_f(n, 0.0)
    chain = full_i(n, -1)
    last = full_i(n, 0)
    arcs = first[n]
    # One queue for edges (by position in the lists) and stops of circles (after all positions).
    queue = heap_new(arcs + n)
    when = full_f(arcs + n, INF)
    stop_at = full_f(n, INF)
    going = 0
    now = 0.0
    total = 0.0
    for x in range(n):
        up[x] = x
        last[x] = x
        purse[x] = worth[x]
        if x != root and worth[x] > 0.0:
            active[x] = 1
            going += 1
            stop_at[x] = worth[x]
            when[arcs + x] = worth[x]
            heap_push(queue, worth[x], arcs + x)
    tail = full_i(arcs, 0)
    twin = full_i(arcs, -1)
    first_meetings(graph, active, tail, when, queue)
    reverse_arcs(first, other, edge, twin)
    circles = (up, extra, grown, since, active)
    while going > 0 and heap_size(queue) > 0:
        now, event = heap_pop(queue)
        if now > when[event]:
            continue
        when[event] = INF
        if event >= arcs:
            x = event - arcs
            if up[x] == x and active[x] > 0:
                if stop_at[x] > now:
                    # It came into money since this stop was put down.
                    when[event] = stop_at[x]
                    heap_push(queue, stop_at[x], event)
                    continue
                total += now - since[x]
                grown[x] += now - since[x]
                active[x] = 0
                purse[x] = 0.0
                going -= 1
            continue
        x = tail[event]
        y = other[event]
        a = owner(x, up, extra)
        b = owner(y, up, extra)
        if a == b:
            continue
        paid = full_paid(x, a, extra, grown, since, active, now) + full_paid(
            y, b, extra, grown, since, active, now
        )
        speed = active[a] + active[b]
        if speed == 0:
            continue
        due = now + (cost[event] - paid) / speed
        if due > now * (1.0 + 1e-12) + 1e-12:
            when[event] = due
            heap_push(queue, due, event)
            continue
        joined[edge[event]] = 1
        for c in (a, b):
            if active[c] > 0:
                total += now - since[c]
                grown[c] += now - since[c]
                purse[c] -= now - since[c]
                going -= 1
        big = a if rank[a] >= rank[b] else b
        small = b if big == a else a
        big_slept, small_slept = active[big] == 0, active[small] == 0
        runs = 0 if a == owner(root, up, extra) or b == owner(root, up, extra) else 1
        money = max(0.0, purse[a]) + max(0.0, purse[b])
        # What the members of each paid until now stays theirs; the new circle starts at nought.
        up[small] = big
        extra[small] = grown[small] - grown[big]
        rank[big] += rank[small]
        active[big] = runs
        since[big] = now
        purse[big] = money
        if runs > 0:
            going += 1
            stop_at[big] = now + money
            if stop_at[big] < when[arcs + big]:
                when[arcs + big] = stop_at[big]
                heap_push(queue, stop_at[big], arcs + big)
            # What stood still grows from now on: what it meets, it meets sooner.
            if small_slept:
                meet_sooner(graph, circles, (small, last[small]), chain, twin, now, when, queue)
            if big_slept:
                meet_sooner(graph, circles, (big, last[big]), chain, twin, now, when, queue)
        chain[last[big]] = small
        last[big] = last[small]
    return total


def full_paid(x: int, circle: int, extra: Any, grown: Any, since: Any, active: Any, now: float) -> float:
    """What all circles around x have paid until now (after `owner` compressed x's way)."""
    paid = grown[circle]
    if x != circle:
        paid += extra[x]
    if active[circle] > 0:
        paid += now - since[circle]
    return paid  # type: ignore[no-any-return]


def reverse_arcs(first: Any, other: Any, edge: Any, twin: Any) -> None:
    """Fill ``twin[k]``: where the same edge stands in the other end's list."""
    n = len(first) - 1
    for x in range(n):
        for k in range(first[x], first[x + 1]):
            y = other[k]
            if y > x:
                for j in range(first[y], first[y + 1]):
                    if edge[j] == edge[k]:
                        twin[k] = j
                        twin[j] = k


def first_meetings(graph: Any, active: Any, tail: Any, when: Any, queue: Any) -> None:
    """Queue when the two ends of each edge will have paid it; fills ``tail[k]``, whose list holds `k`."""
    first, other, cost, _ = graph
    for x in range(len(first) - 1):
        for k in range(first[x], first[x + 1]):
            tail[k] = x
            speed = active[x] + active[other[k]]
            if x < other[k] and speed > 0:
                when[k] = cost[k] / speed
                heap_push(queue, when[k], k)


def meet_sooner(
    graph: Any, circles: Any, members: Any, chain: Any, twin: Any, now: float, when: Any, queue: Any
) -> None:
    """Queue anew the edges that lead out of a circle that grows now, from its first member to its last."""
    first, other, cost, _ = graph
    up, extra, grown, since, active = circles
    z, stop = members
    while z >= 0:
        for k in range(first[z], first[z + 1]):
            w = other[k]
            d = owner(w, up, extra)
            h = owner(z, up, extra)
            if d != h:
                rest = (
                    cost[k]
                    - full_paid(z, h, extra, grown, since, active, now)
                    - full_paid(w, d, extra, grown, since, active, now)
                )
                due = now + max(0.0, rest) / (active[h] + active[d])
                key = k if z < w else twin[k]
                if due < when[key]:
                    when[key] = due
                    heap_push(queue, due, key)
        z = -1 if z == stop else chain[z]


KERNELS = (
    add_branches,
    keep_worthy,
    drop_branch,
    cut_back,
    owner,
    full_paid,
    reverse_arcs,
    first_meetings,
    meet_sooner,
    moats,
)
