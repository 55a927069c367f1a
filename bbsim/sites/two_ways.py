"""Who has two lit ways to a gateway that share no span: no single cut takes such a place off the network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country

Bools = NDArray[np.bool_]


def two_ways(country: Country, passable: Bools, ways_out: Bools) -> Bools:
    """(nodes,) whether two ways over passable spans that share no span lead to gateways.

    All gateways count as one place, which is never lost: a gateway itself has two ways. By Menger's theorem a
    place has them if and only if no bridge lies between it and the gateways; bridges are the edges of a
    spanning tree round which no other edge leads (Tarjan 1974, A note on finding the bridges of a graph).

    Parameters
    ----------
    passable : (spans,) lit and whole.
    ways_out : (nodes,) gateways in order.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order

    n = root = len(ways_out)
    # What stands at a gateway stands at the root; two spans from one place to two gateways stay two.
    at = np.where(ways_out, root, np.arange(n))
    spans = np.flatnonzero(passable)
    a, b = at[country.u[spans]], at[country.v[spans]]
    a, b = a[a != b], b[a != b]
    joined = coo_array(
        (np.ones(2 * len(a)), (np.append(a, b), np.append(b, a))), shape=(n + 1, n + 1)
    ).tocsr()
    order, parent = breadth_first_order(joined, root)
    parent[root] = root
    out = np.zeros(n + 1, dtype=bool)
    out[_twice_joined(order.tolist(), parent.tolist(), np.column_stack([a, b]))] = True
    return np.asarray(out[at])


def _twice_joined(order: list[int], parent: list[int], ends: NDArray[np.int64]) -> list[int]:
    """Nodes with no bridge between them and the root, of a tree from the root whose parents come first.

    Each edge that is none of the tree joins all on its way round to where its ends meet: what is joined is
    one node from then on (`top`), so that every edge of the tree is passed once.
    """
    depth, top = dict.fromkeys(order, 0), list(range(len(parent)))
    for node in order[1:]:
        depth[node] = depth[parent[node]] + 1

    def above(node: int) -> int:
        while top[node] != node:
            top[node] = top[top[node]]
            node = top[node]
        return node

    up = np.array(parent)
    child = np.where(
        up[ends[:, 0]] == ends[:, 1], ends[:, 0], np.where(up[ends[:, 1]] == ends[:, 0], ends[:, 1], -1)
    )
    first = np.zeros(len(child), dtype=bool)
    first[np.unique(child, return_index=True)[1]] = True
    for a, b in ends[~first | (child < 0)].tolist():
        if a not in depth:
            continue
        a, b = above(a), above(b)
        while a != b:
            lower = a if depth[a] >= depth[b] else b
            top[lower] = above(parent[lower])
            a, b = above(a), above(b)
    good = above(order[0])
    return [node for node in order if above(node) == good]
