"""A corridor graph without what decides nothing: dead ends, bends, and the dearer of parallel ways.

A node that need not be reached and has only one way is a dead end; one with two ways is a bend, and both
ways are used or neither. What is left of a
country's roads is a fifth to a third.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bbsim.planning.corridors.arrays import FloatVector, IntVector

Way = tuple[float, tuple[int, ...]]  # its cost, and the corridors it runs over


@dataclass(frozen=True, slots=True)
class Strands:
    """Ways between nodes that matter: single corridors, or chains of them over bends; cheapest first.

    Ends are numbers of the given nodes (below ``inside``), or of junctions outside them (from there on).
    """

    inside: int
    outside: int
    a: IntVector
    b: IntVector
    cost: FloatVector
    edges: list[IntVector]


def join_chains(
    tails: IntVector, heads: IntVector, price: FloatVector, names: IntVector, nodes: IntVector
) -> Strands:
    """The ways between `nodes` (ascending) and the junctions left outside; `names` number the corridors."""
    kept = set(nodes.tolist())
    at: dict[int, dict[int, Way]] = {x: {} for x in kept}

    def put(a: int, b: int, way: Way) -> None:
        if a != b:
            way = min(way, at.setdefault(a, {}).get(b, way))
            at[a][b] = at.setdefault(b, {})[a] = way

    rows = zip(tails.tolist(), heads.tolist(), price.tolist(), names.tolist(), strict=True)
    for a, b, cost, name in rows:
        put(a, b, (cost, (name,)))
    loose = [x for x in sorted(at) if x not in kept and len(at[x]) <= 2]
    while loose:
        x = loose.pop()
        if len(at[x]) > 2:
            continue
        ends = sorted(at[x])
        ways = [at[x].pop(y) for y in ends]
        for y in ends:
            del at[y][x]
        if len(ends) == 2:
            put(ends[0], ends[1], (ways[0][0] + ways[1][0], ways[0][1] + ways[1][1]))
        loose.extend(y for y in ends if y not in kept and len(at[y]) <= 2)
    outer = [x for x in sorted(at) if x not in kept and at[x]]
    place = {x: i for i, x in enumerate([*nodes.tolist(), *outer])}
    found = sorted(
        (way[0], (min(place[x], place[y]), max(place[x], place[y])), way[1])
        for x, ways_of in at.items()
        for y, way in ways_of.items()
        if x < y
    )
    ends_of = np.array([pair for _, pair, _ in found], dtype=np.int64).reshape(-1, 2)
    return Strands(
        len(nodes),
        len(outer),
        ends_of[:, 0],
        ends_of[:, 1],
        np.array([cost for cost, _, _ in found], dtype=np.float64),
        [np.array(names_of, dtype=np.int64) for _, _, names_of in found],
    )
