"""Who has two lit ways to a gateway that share no span: no single cut takes such a place off the network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country

Bools = NDArray[np.bool_]


def two_ways(country: Country, passable: Bools, ways_out: Bools) -> Bools:
    """(nodes,) whether two ways over passable spans that share no span lead to gateways.

    All gateways count as one place, which is never lost: a gateway itself has two ways. By Menger's theorem a
    place has them if and only if no bridge lies between it and the gateways; bridges are found by the lowest
    number that a depth-first search can return to (Tarjan 1974, A note on finding the bridges of a graph).

    Parameters
    ----------
    passable : (spans,) lit and whole.
    ways_out : (nodes,) gateways in order.
    """
    n = len(ways_out)
    near: list[list[tuple[int, int]]] = [[] for _ in range(n + 1)]
    root = n
    # What stands at a gateway stands at the root; two spans from one place to two gateways stay two.
    at = np.where(ways_out, root, np.arange(n))
    spans = np.flatnonzero(passable)
    ends = zip(spans.tolist(), at[country.u[spans]].tolist(), at[country.v[spans]].tolist(), strict=True)
    for span, a, b in ends:
        if a != b:
            near[a].append((b, span))
            near[b].append((a, span))
    out = np.zeros(n + 1, dtype=bool)
    out[_twice_joined(near, root)] = True
    return np.asarray(out[at])


def _twice_joined(near: list[list[tuple[int, int]]], root: int) -> list[int]:
    """Nodes with no bridge between them and the root."""
    number = [-1] * len(near)
    lowest = [0] * len(near)
    by, parent, order = {root: -1}, {root: -1}, [root]
    number[root] = lowest[root] = 0
    stack = [(root, iter(near[root]))]
    while stack:
        node, others = stack[-1]
        for other, span in others:
            if number[other] < 0:
                number[other] = lowest[other] = len(order)
                order.append(other)
                by[other], parent[other] = span, node
                stack.append((other, iter(near[other])))
                break
            if span != by[node] and number[other] < lowest[node]:
                lowest[node] = number[other]
        else:
            stack.pop()
            if stack and lowest[node] < lowest[stack[-1][0]]:
                lowest[stack[-1][0]] = lowest[node]
    good = {root}
    for node in order[1:]:  # parents come first
        if parent[node] in good and lowest[node] < number[node]:
            good.add(node)
    return sorted(good)
