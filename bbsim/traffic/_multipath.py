"""Other ways than the one shortest: split over equal paths, split over the k shortest, or the widest one.

Where a demand is split, each of its entries carries a fixed part of it, so that sharing capacity stays a
question of rates alone.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bbsim.traffic import _shortest
from bbsim.traffic._arrays import Ends, Floats, Ints, distinct, spread, sums
from bbsim.traffic._shortest import Arcs

# Two paths count as equally long if they differ by less than this share: sums of lengths round.
EQUAL_LENGTH = 1e-12

# Entry by entry: whose it is, the arc it passes, the part of the demand that passes there.
Split = tuple[Ints, Ints, Floats]


def equal_cost(known: Ends, arcs: Arcs) -> tuple[Split, Floats]:
    """Entries when every node splits evenly over its next hops on shortest paths, and the shortest lengths.

    Parallel edges of equal length are next hops of their own, as the members of a bundle are.
    """
    roots, row = distinct(known.dst, known.nodes)
    length = np.full(row.size, np.inf)
    pieces: list[Split] = []
    for part in _shortest.blocks(arcs, roots.size):
        mine = np.flatnonzero((row >= part.start) & (row < part.stop))
        far = _shortest.distances(arcs, roots[part])
        local = row[mine] - part.start
        length[mine] = far[local, known.src[mine]]
        reached = mine[np.isfinite(length[mine])]
        first, count, hop = _next_hops(arcs, roots[part], far)
        at = (row[reached] - part.start) * arcs.nodes + known.src[reached]
        pieces.extend(_split_downhill(arcs, reached, at, first, count, hop))
    return _merged(pieces, arcs), length


def _next_hops(arcs: Arcs, roots: Ints, far: Floats) -> tuple[Ints, Ints, Ints]:
    """For each root and node the arcs that lead on along shortest paths: begin, count, places in `arcs`."""
    with np.errstate(invalid="ignore"):
        here, there = far[:, arcs.tail], far[:, arcs.head]
        tight = (there + arcs.length - here <= EQUAL_LENGTH * here) & (there < here)
    # A node at no distance from its neighbour has no shorter one to go to: it keeps its one way in the tree.
    into = _shortest.parents(arcs, roots, far)
    lone = into >= 0
    rows, places = np.nonzero(tight)
    lone[rows, arcs.tail[places]] = False
    row, node = np.nonzero(lone)
    if row.size:
        back = _reverse_place(arcs, into[row, node].astype(np.int64))
        rows, places = np.concatenate([rows, row]), np.concatenate([places, back])
        order = np.lexsort((places, rows))
        rows, places = rows[order], places[order]
    count = np.bincount(rows * arcs.nodes + arcs.tail[places], minlength=far.size)
    return np.cumsum(count) - count, count, places


def _reverse_place(arcs: Arcs, places: Ints) -> Ints:
    """Where the opposite direction of each arc stands."""
    at = np.zeros(arcs.arc.max() + 2, dtype=np.int64)
    at[arcs.arc] = np.arange(arcs.arc.size)
    opposite: Ints = at[arcs.arc[places] ^ 1]
    return opposite


def in_proportion(known: Ends, arcs: Arcs, roots: Ints, flow: Floats) -> tuple[Split, Floats]:
    """Entries when every node splits in proportion to a flow towards each root, and the shortest lengths.

    `flow` is per root and arc of the caller's numbering, without loops. A node that the flow does not pass
    sends on along the shortest path, until it meets the flow or the root.
    """
    every, row = distinct(known.dst, known.nodes)
    length = np.full(row.size, np.inf)
    carried = np.zeros((every.size, flow.shape[1]))
    carried[np.searchsorted(every, roots)] = flow
    pieces: list[Split] = []
    for number, root in enumerate(every.tolist()):
        mine = np.flatnonzero(row == number)
        one = np.array([root])
        far = _shortest.distances(arcs, one)
        length[mine] = far[0, known.src[mine]]
        through = carried[number][arcs.arc]
        out = sums(arcs.tail.astype(np.int64), through, arcs.nodes)
        into = _shortest.parents(arcs, one, far)[0]
        idle = np.flatnonzero((into >= 0) & (out == 0.0))
        if idle.size:
            through[_reverse_place(arcs, into[idle].astype(np.int64))] = 1.0
            out[idle] = 1.0
        hop = np.flatnonzero((through > 0.0) & (arcs.tail != root))
        count = np.bincount(arcs.tail[hop], minlength=arcs.nodes)
        part = through[hop] / out[arcs.tail[hop]]
        reached = mine[np.isfinite(length[mine])]
        at = known.src[reached]
        pieces.extend(_split_downhill(arcs, reached, at, np.cumsum(count) - count, count, hop, part))
    return _merged(pieces, arcs), length


def _split_downhill(
    arcs: Arcs, owner: Ints, at: Ints, first: Ints, count: Ints, hop: Ints, part: Floats | None = None
) -> list[Split]:
    """Send each demand from its place towards its root, split at every fork, evenly if no parts are given."""
    pieces: list[Split] = []
    share = np.ones(owner.size)
    while True:
        onward = count[at] > 0
        owner, at, share = owner[onward], at[onward], share[onward]
        if not owner.size:
            return pieces
        forks = count[at]
        which = spread(first[at], forks)
        place = hop[which]
        share = np.repeat(share / forks, forks) if part is None else np.repeat(share, forks) * part[which]
        owner = np.repeat(owner, forks)
        at = np.repeat(at, forks) + arcs.head[place] - arcs.tail[place]
        pieces.append((owner, place, share))
        # Parts that meet again go on as one, or their number would double with every fork.
        key = owner * np.int64(first.size) + at
        met, which = np.unique(key, return_inverse=True)
        if met.size < key.size:
            share = sums(which, share, met.size)
            owner, at = met // first.size, met % first.size


def _merged(pieces: list[Split], arcs: Arcs) -> Split:
    """All pieces in the order of demand and arc, each pair once; places become arcs."""
    if not pieces:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    owner, place, share = (np.concatenate(column) for column in zip(*pieces, strict=True))
    width = np.int64(arcs.arc.max() + 1)
    met, which = np.unique(owner * width + arcs.arc[place], return_inverse=True)
    return met // width, met % width, sums(which, share, met.size)


def k_shortest(known: Ends, arcs: Arcs, paths: int) -> tuple[Split, Floats]:
    """Entries when each demand is split evenly over its k shortest loopless paths, and the shortest lengths.

    Yen's algorithm (Management Science 17, 1971) in scipy's implementation, once for each pair of ends; of
    parallel edges only the first in the order of `Arcs` is used.
    """
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import yen

    simple = _without_parallels(arcs)
    graph = csr_matrix((simple.length, simple.head, simple.first), shape=(arcs.nodes, arcs.nodes))
    place_of = {
        (a, b): at for at, (a, b) in enumerate(zip(simple.tail.tolist(), simple.head.tolist(), strict=True))
    }
    length = np.where(known.src == known.dst, 0.0, np.inf)
    pieces: list[Split] = []
    ends, which = np.unique(known.src * np.int64(known.nodes) + known.dst, return_inverse=True)
    for number, pair in enumerate(ends.tolist()):
        source, sink = divmod(pair, known.nodes)
        if source == sink or not simple.arc.size:
            continue
        lengths, before = yen(graph, source, sink, paths, directed=True, return_predecessors=True)
        mine = np.flatnonzero(which == number)
        for at in range(lengths.size):
            walked, node = [], sink
            while node != source:
                walked.append(place_of[int(before[at, node]), node])
                node = int(before[at, node])
            place = np.tile(np.array(walked, dtype=np.int64), mine.size)
            whose = np.repeat(mine, len(walked))
            pieces.append((whose, place, np.full(whose.size, 1.0 / lengths.size)))
        if lengths.size:
            length[mine] = lengths[0]
    return _merged(pieces, simple), length


def _without_parallels(arcs: Arcs) -> Arcs:
    order = np.lexsort((np.arange(arcs.arc.size), arcs.length, arcs.head, arcs.tail))
    tail, head = arcs.tail[order], arcs.head[order]
    new = np.ones(order.size, dtype=np.bool_)
    new[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    order = order[new]
    first = np.zeros(arcs.nodes + 1, dtype=np.int32)
    np.cumsum(np.bincount(arcs.tail[order], minlength=arcs.nodes), out=first[1:])
    return replace(
        arcs,
        first=first,
        tail=arcs.tail[order],
        head=arcs.head[order],
        length=arcs.length[order],
        arc=arcs.arc[order],
    )


def widths(known: Ends, capacity_gbps: Floats, usable: Ints) -> Floats:
    """Capacity of the narrowest edge on each demand's widest path; −1 if there is no path.

    Edges are let in from the widest down; a demand's width is that of the edge which joins its ends.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    width = np.where(known.src == known.dst, np.inf, -1.0)
    apart = np.flatnonzero(width < 0.0)
    group: Ints = np.arange(known.nodes)
    for capacity in np.unique(capacity_gbps[usable])[::-1]:
        if not apart.size:
            break
        new = usable[capacity_gbps[usable] == capacity]
        a, b = group[known.u[new]], group[known.v[new]]
        size = int(group.max()) + 1
        joined = coo_matrix((np.ones(new.size), (a, b)), shape=(size, size))
        group = connected_components(joined, directed=False)[1].astype(np.int64)[group]
        met = group[known.src[apart]] == group[known.dst[apart]]
        width[apart[met]] = capacity
        apart = apart[~met]
    return width
