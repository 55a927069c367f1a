"""From a tree to a network that no single cut can split: the cheapest corridors to add.

Every tree edge must get a second way round. A corridor between two tree nodes gives one to all edges on
the tree path between its ends, so this is a covering problem; ways through nodes outside the tree are
broken cuts found on demand. What no corridor can protect is named, not hidden.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import (
    FloatVector,
    IntVector,
    compact,
    read_edges,
    settled,
    whole_numbers,
)
from bbsim.planning.corridors.chains import Strands, join_chains
from bbsim.planning.corridors.cut_programs import FEASIBLE, CutProgram, Row, min_cut, solve_with_cuts
from bbsim.planning.rings.covering import Cover, RootedTree, improved_greedy, price_bound

# Beyond these sizes the heuristic stands, with the bound of its prices. ASSUMPTION: some ten seconds at these
# sizes on planar graphs; half a second on a country's roads.
EXACT_NODES = 6_000
EXACT_OUTSIDE = 300
TOGETHER = 300  # broken rows taken into the programme at a time


@dataclass(frozen=True, slots=True)
class Augmentation:
    """What to add to a tree.

    Attributes
    ----------
    edges : positions in the caller's `u` to be added, ascending.
    cost : their sum, in the unit of `cost`.
    lower_bound : no set of edges that protects as much costs less.
    bridges : positions of the tree's edges that stay a single way whatever is added.
    """

    edges: IntVector
    cost: float
    lower_bound: float
    bridges: IntVector


def ring_augmentation(
    u: npt.ArrayLike, v: npt.ArrayLike, cost: npt.ArrayLike, tree: npt.ArrayLike
) -> Augmentation:
    """Which corridors must be added so that no single cut splits the tree's nodes?

    Parameters
    ----------
    u, v : ends of the corridors, node numbers from 0, shape (m,); parallel corridors count as separate ways.
    cost : cost of each corridor, finite and not negative, shape (m,).
    tree : positions of the corridors that are built already and form one tree.

    Raises
    ------
    ValueError : vectors that do not fit together, or edges in `tree` that are not one tree.

    Notes
    -----
    The tree augmentation problem (Frederickson & JaJa 1981) as a covering programme with rows found on
    demand.

    Examples
    --------
    A chain 0-1-2 with a spur to 3: one corridor closes the ring, nothing can protect the spur.

    >>> ring_augmentation([0, 1, 2, 1], [1, 2, 0, 3], [1.0, 1.0, 1.5, 1.0], [0, 1, 3])
    Augmentation(edges=array([2]), cost=1.5, lower_bound=1.5, bridges=array([3]))
    """
    tails, heads, price = read_edges(u, v, cost)
    chosen = np.unique(whole_numbers(tree, "tree"))
    if len(chosen) and chosen[-1] >= len(tails):
        raise ValueError(f"tree names edge {int(chosen[-1])}, but there are only {len(tails)}")
    if len(chosen) == 0:
        none = np.zeros(0, dtype=np.int64)
        return Augmentation(none, 0.0, 0.0, none)
    tails, heads, _, name = compact(tails, heads, chosen[:0])
    n = len(name)
    nodes = np.unique(np.concatenate([tails[chosen], heads[chosen]]))
    single = chosen[np.isin(chosen, bridges(n, tails, heads))]
    free = np.ones(len(tails), dtype=bool)
    free[chosen] = False
    strands = join_chains(tails[free], heads[free], price[free], np.flatnonzero(free), nodes)
    rooted = RootedTree(np.searchsorted(nodes, tails[chosen]), np.searchsorted(nodes, heads[chosen]))
    picked, bound = _solve(rooted, strands, np.isin(chosen, single))
    edges = np.unique(np.concatenate([strands.edges[i] for i in picked] or [chosen[:0]]))
    both = np.concatenate([chosen, edges])
    exposed = both[bridges(n, tails[both], heads[both])]
    if not np.array_equal(chosen[np.isin(chosen, exposed)], single):
        raise AssertionError(
            "the ring found leaves a single way that could be doubled; this is a fault of bbsim"
        )
    total = math.fsum(price[edges].tolist())
    return Augmentation(edges, total, max(0.0, settled(min(total, bound), total)), single)


def bridges(n: int, tails: IntVector, heads: IntVector) -> IntVector:
    """Positions of the edges whose loss alone splits the graph (Tarjan 1974), ascending; parallel edges are
    none.
    """
    m = len(tails)
    order = np.argsort(np.concatenate([tails, heads]), kind="stable")
    first = np.searchsorted(np.concatenate([tails, heads])[order], np.arange(n + 1)).tolist()
    other = np.concatenate([heads, tails])[order].tolist()
    edge = (order % m).tolist() if m else []
    place, seen, low = list(first), [-1] * n, [0] * n
    found: list[int] = []
    clock = 0
    for start in range(n):
        if seen[start] >= 0:
            continue
        seen[start] = low[start] = clock
        clock += 1
        stack = [(start, -1)]
        while stack:
            x, by = stack[-1]
            if place[x] < first[x + 1]:
                k = place[x]
                place[x] += 1
                y = other[k]
                if edge[k] == by:
                    continue
                if seen[y] >= 0:
                    low[x] = min(low[x], seen[y])
                else:
                    seen[y] = low[y] = clock
                    clock += 1
                    stack.append((y, edge[k]))
            else:
                stack.pop()
                if stack:
                    up = stack[-1][0]
                    low[up] = min(low[up], low[x])
                    if low[x] > seen[up]:
                        found.append(by)
    return np.array(sorted(found), dtype=np.int64)


def _solve(rooted: RootedTree, strands: Strands, lost: npt.NDArray[np.bool_]) -> tuple[list[int], float]:
    """Numbers of the strands to add, and a bound. ``lost`` marks tree edges that nothing can protect."""
    needed = np.ones(rooted.n, dtype=bool)
    needed[rooted.lower[lost]] = False
    needed[rooted.root] = False
    if not needed.any():
        return [], 0.0
    links, routes = _links(strands)
    cover = Cover(rooted, links[0], links[1], links[2], needed)
    greedy = improved_greedy(cover)
    picked = sorted({s for link in greedy for s in routes[link]})
    small = rooted.n <= EXACT_NODES and strands.outside <= EXACT_OUTSIDE
    if not small:
        bound = price_bound(cover) if strands.outside == 0 else 0.0
        return picked, bound
    program = CutProgram(strands.cost, np.ones(len(strands.cost)))
    rows = _Rows(rooted, strands, needed)
    program.add(rows.first())
    x, bound = solve_with_cuts(program, rows.broken)
    if x is not None:
        exact = _without_spare(rooted, strands, needed, np.flatnonzero(x > 0.5).tolist())
        if strands.cost[exact].sum() < strands.cost[picked].sum():
            picked = exact
    return picked, bound


def _without_spare(
    rooted: RootedTree, strands: Strands, needed: npt.NDArray[np.bool_], picked: list[int]
) -> list[int]:
    """The same without strands that protect nothing: to a programme a free one is as good taken as left."""
    below = np.flatnonzero(np.arange(rooted.n) != rooted.root)
    kept = np.zeros(len(strands.cost), dtype=bool)
    kept[picked] = True

    def protected() -> bool:
        taken = np.flatnonzero(kept)
        tails = np.concatenate([below, strands.a[taken]])
        heads = np.concatenate([rooted.parent[below], strands.b[taken]])
        alone = bridges(strands.inside + strands.outside, tails, heads)
        return not needed[below[alone[alone < len(below)]]].any()

    # A block of which nothing is missed goes at once; else its halves are tried, down to single strands.
    blocks = [[i for i in picked if strands.cost[i] == 0.0]]
    while blocks:
        block = blocks.pop()
        kept[block] = False
        if not block or protected():
            continue
        kept[block] = True
        if len(block) > 1:
            blocks += [block[: len(block) // 2], block[len(block) // 2 :]]
    return np.flatnonzero(kept).tolist()


def _links(strands: Strands) -> tuple[tuple[IntVector, IntVector, FloatVector], list[list[int]]]:
    """Ways between two tree nodes: each strand, with the nearest way from its outer ends to the tree."""
    if strands.outside == 0:
        return (strands.a, strands.b, strands.cost), [[i] for i in range(len(strands.cost))]
    total = strands.inside + strands.outside
    near: list[tuple[float, int]] = [(0.0, x) if x < strands.inside else (math.inf, -1) for x in range(total)]
    step: list[tuple[int, int]] = [(-1, -1)] * total
    at: list[list[tuple[int, float, int]]] = [[] for _ in range(total)]
    rows = list(zip(strands.a.tolist(), strands.b.tolist(), strands.cost.tolist(), strict=True))
    for i, (a, b, price) in enumerate(rows):
        at[a].append((b, price, i))
        at[b].append((a, price, i))
    queue = [(0.0, x, x) for x in range(strands.inside)]
    while queue:
        d, base, x = heapq.heappop(queue)
        if (d, base) > near[x]:
            continue
        for y, price, i in at[x]:
            if (d + price, base) < near[y]:
                near[y] = (d + price, base)
                step[y] = (x, i)
                heapq.heappush(queue, (d + price, base, y))
    a_list, b_list, costs, routes = [], [], [], []
    for i, (a, b, price) in enumerate(rows):
        if near[a][1] == near[b][1] or near[a][1] < 0 or near[b][1] < 0:
            continue
        route = [i]
        for end in (a, b):
            x = end
            while x >= strands.inside:
                x, i_step = step[x]
                route.append(i_step)
        a_list.append(near[a][1])
        b_list.append(near[b][1])
        costs.append(near[a][0] + price + near[b][0])
        routes.append(route)
    links = (np.array(a_list, dtype=np.int64), np.array(b_list, dtype=np.int64), np.array(costs))
    return links, routes


class _Rows:
    """Finds tree edges whose second way is missing, as rows of the covering programme."""

    def __init__(self, rooted: RootedTree, strands: Strands, needed: npt.NDArray[np.bool_]) -> None:
        self.rooted, self.strands, self.needed = rooted, strands, needed
        self.known: set[bytes] = set()
        self.apart = self._apart() if strands.outside else []

    def _row(self, side: npt.NDArray[np.bool_]) -> Row | None:
        columns = np.flatnonzero(side[self.strands.a] != side[self.strands.b])
        key = columns.tobytes()
        if key in self.known:
            return None
        self.known.add(key)
        return columns, np.ones(len(columns)), 1.0, math.inf

    def _below(self, x: int) -> npt.NDArray[np.bool_]:
        """The side of the tree under x, over all nodes; nodes outside count with the upper side."""
        side = np.zeros(self.strands.inside + self.strands.outside, dtype=bool)
        side[: self.rooted.n] = self.rooted.under(x)
        return side

    def first(self) -> list[Row]:
        """The rows of the tree's leaves."""
        rooted = self.rooted
        leaves = np.flatnonzero((rooted.tout - rooted.tin == 1) & self.needed).tolist()
        return [row for row in (self._row(self._below(x)) for x in leaves) if row is not None]

    def broken(self, x: FloatVector, _whole: bool) -> list[Row]:
        """Rows that the values break, the worst first, at most `TOGETHER`."""
        if self.strands.outside:
            return self._broken_by_flow(x)
        have = self.rooted.covered(self.strands.a, self.strands.b, x)
        short = np.flatnonzero(self.needed & (have < 1.0 - 1e-6))
        short = short[np.lexsort((short, have[short]))]
        rows: list[Row] = []
        room = x.copy()
        for node in short.tolist():
            side = self._below(node)
            columns = np.flatnonzero(side[self.strands.a] != side[self.strands.b])
            if room[columns].sum() >= 1.0 - 1e-6 and len(rows) > 20:
                continue  # a row taken in this round will probably mend this one too
            row = self._row(side)
            if row is not None:
                rows.append(row)
                room[columns] += (1.0 - room[columns].sum()) / len(columns) if len(columns) else 0.0
            if len(rows) >= TOGETHER:
                break
        return rows

    def _apart(self) -> list[int]:
        """The needed tree edges, one of each set that all strands treat alike."""
        ends = np.concatenate([self.strands.a, self.strands.b])
        ends = np.unique(ends[ends < self.strands.inside])
        seen: dict[bytes, int] = {}
        for node in np.flatnonzero(self.needed).tolist():
            side = self.rooted.under(node)[ends]
            seen.setdefault((side ^ side[0]).tobytes(), node)
        return list(seen.values())

    def _single(self, x: FloatVector) -> list[int]:
        """Of those the ones that the strands taken whole leave a single way."""
        s, rooted = self.strands, self.rooted
        lower = np.flatnonzero(np.arange(rooted.n) != rooted.root)
        taken = np.flatnonzero(x > 1.0 - FEASIBLE)
        tails = np.concatenate([lower, s.a[taken]])
        heads = np.concatenate([rooted.parent[lower], s.b[taken]])
        found = bridges(s.inside + s.outside, tails, heads)
        alone = set(lower[found[found < len(lower)]].tolist())
        return [node for node in self.apart if node in alone]

    def _broken_by_flow(self, x: FloatVector) -> list[Row]:
        s = self.strands
        rows: list[Row] = []
        inner, outer = s.inside, s.outside
        place = np.arange(inner + outer)
        room = x.copy()
        for node in self._single(x):
            # Both sides of the tree edge shrink to one node each; nodes outside stay.
            place[:inner] = np.where(self.rooted.under(node), 0, 1)
            place[inner:] = np.arange(2, 2 + outer)
            a, b = place[s.a], place[s.b]
            across = np.flatnonzero((a != b) & (room > 0.0))
            if room[across[a[across] + b[across] == 1]].sum() >= 1.0 - 1e-5:
                continue
            tails = np.concatenate([a[across], b[across]])
            heads = np.concatenate([b[across], a[across]])
            flow, near, far = min_cut(2 + outer, tails, heads, np.tile(room[across], 2), 0, 1)
            if flow > 1.0 - 1e-5:
                continue
            for cut in (near, ~far):
                row = self._row(cut[place])
                if row is not None:
                    rows.append(row)
                    # The next tree edge should find another cut: this one will be mended.
                    room[row[0]] += (1.0 - flow) / len(row[0])
        return rows
