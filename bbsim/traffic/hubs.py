"""Shares of demands between a few hubs and everybody else, without writing down the way of each demand.

All ways of a hub lie on its tree, so that loads are sums over branches, found by doubling the step. Edges
that would not be full even if everybody got all are no bottleneck for anybody; only those who pass one of the
others take part in the sharing, and of their ways only these edges are written down.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bbsim.traffic import _fill
from bbsim.traffic._arrays import Bools, Floats, Ints, sums
from bbsim.traffic.routes import Routes, bundle
from bbsim.traffic.shares import Allocation
from bbsim.traffic.trees import ShortestTrees


@dataclass(frozen=True, slots=True, eq=False)
class Along:
    """Where demands go: along the tree of a hub, and over edges besides, at either end of the way.

    Attributes
    ----------
    row : int[demands], the tree: its row in the `Forest`.
    leaf : int[demands], the node at the other end.
    down : bool[demands], whether traffic runs from the hub to the leaf.
    first, last : int[demands], the pool that traffic passes before and after the tree; −1 for none. Pools are
        numbered as in `Routes` by direction: 2 e for u→v of edge e, 2 e + 1 for v→u.
    """

    row: Ints
    leaf: Ints
    down: Bools
    first: Ints
    last: Ints

    def part(self, which: Ints | Bools) -> Along:
        """The same for some of the demands."""
        return Along(*(getattr(self, name)[which] for name in Along.__slots__))


class Forest:
    """Trees of one network, one below the other, and what can be asked of all their branches at once.

    Parameters
    ----------
    trees : all over the same edges and nodes; their roots' rows follow each other in this order.
    edges : how many edges count; those of higher numbers, which lead out of roots, limit nothing.

    Examples
    --------
    >>> trees = ShortestTrees([0, 1], [1, 2], roots=[0])
    >>> forest = Forest([trees], edges=2)
    >>> none = np.array([-1, -1])
    >>> along = Along(np.array([0, 0]), np.array([1, 2]), np.array([True, True]), none, none)
    >>> fair = forest.share(along, [8.0, 2.0], [4.0, 6.0])
    >>> fair.rate_gbps.tolist(), fair.load_gbps.tolist(), fair.bottleneck.tolist()
    ([4.0, 2.0], [[6.0, 0.0], [2.0, 0.0]], [-1, 1])
    """

    def __init__(self, trees: list[ShortestTrees], edges: int) -> None:
        self._edges, self._nodes = edges, trees[0].nodes
        arc = np.concatenate([tree.into.ravel() for tree in trees])
        self._far = np.concatenate([tree.far.ravel() for tree in trees])
        # A place is a node of a tree with an arc into it. Roots and nodes without a way are none: what would
        # hang on them hangs on a place behind all others.
        self._node = ((arc >= 0) & (arc < 2 * edges)).nonzero()[0]
        self._end = self._node.size
        self._place = np.full(arc.size + 1, self._end)
        self._place[self._node] = np.arange(self._end)
        self._arc = arc[self._node]
        self._from = trees[0].tails[self._arc]
        if arc.size > self._nodes:
            self._from += self._node - self._node % self._nodes
        self._above = np.append(self._place[self._from], self._end)
        # From which places one gets how far up by 1, 2, 4, 8 … steps.
        self._jumps: list[tuple[Ints, Ints]] = []
        below, step = np.arange(self._end), self._above
        while (on := ((high := step.take(below)) < self._end).nonzero()[0]).size:
            below, high = below.take(on), high.take(on)
            self._jumps.append((below, high))
            step = step.take(step)

    def _at(self, along: Along) -> Ints:
        """The place where each way begins, or the end if nothing is passed on the tree."""
        at: Ints = self._place[along.row * self._nodes + along.leaf]
        return at

    def length(self, along: Along) -> Floats:
        """float[demands], length of each way; infinity if there is none."""
        far: Floats = self._far[along.row * self._nodes + along.leaf]
        return far

    def top(self, along: Along) -> Ints:
        """int[demands], the node at which each way ends at the hub's side; −1 where there is no way."""
        last = np.where(self._above < self._end, self._above, np.arange(self._end + 1))
        while not np.array_equal(further := last[last], last):
            last = further
        at = last[self._at(along)]
        found = along.leaf.copy()
        found[at < self._end] = self._from[at[at < self._end]] % self._nodes
        return np.where(np.isfinite(self.length(along)), found, -1)

    def load(self, along: Along, gbps: Floats) -> Floats:
        """float[edges, 2], what each direction of each edge carries of such rates."""
        pools = 2 * self._edges
        place = self._at(along)
        carried = np.zeros(pools)
        for down, mine in _sides(along.down):
            below = sums(place[mine], gbps[mine], self._end + 1)
            for low, high in self._jumps:
                below += sums(high, below[low], self._end + 1)
            carried += sums(self._arc ^ int(not down), below[:-1], pools)
        for end in (along.first, along.last):
            some = np.flatnonzero(end >= 0)
            if some.size:
                carried += sums(end[some], gbps[some], pools)
        return carried.reshape(-1, 2)

    def share(
        self, along: Along, capacity_gbps: ArrayLike, demand_gbps: ArrayLike, weight: ArrayLike | None = None
    ) -> Allocation:
        """Weighted max-min fair rates: what `bbsim.traffic.share` says of the same ways, by direction.

        Parameters
        ----------
        along : where the demands go.
        capacity_gbps : float[edges], of each direction; 0 and infinity allowed.
        demand_gbps, weight : float[demands]; weights of 1 if not given.

        Returns
        -------
        Allocation
        """
        limit = _each_way(capacity_gbps)
        asked = np.asarray(demand_gbps, dtype=np.float64)
        wanted = np.where(np.isfinite(self.length(along)), asked, 0.0)
        load = self.load(along, wanted)
        full = np.full(wanted.size, -1, dtype=np.int64)
        tight = np.flatnonzero(load.ravel() > limit * (1.0 + _fill.ROUNDING))
        if not tight.size:
            return Allocation(wanted, np.minimum(load, limit.reshape(-1, 2)), full)
        some = np.flatnonzero(wanted > 0.0)
        owner, pool = self._passed(along.part(some), tight)
        held, who = np.unique(owner, return_inverse=True)
        held = some[held]
        heavy = np.ones(held.size) if weight is None else np.asarray(weight, dtype=np.float64)[held]
        at = np.searchsorted(tight, pool)
        rates, by = _fill.fill(at, who, np.ones(at.size), wanted[held], heavy, limit[tight])
        rate = wanted.copy()
        rate[held] = rates
        full[held] = np.where(by >= 0, tight[by] >> 1, -1)
        return Allocation(rate, np.minimum(self.load(along, rate), limit.reshape(-1, 2)), full)

    def meets(self, along: Along, edges: Bools) -> Bools:
        """bool[demands], whose way leads over one of some edges (bool[edges])."""
        met = np.append(edges[self._arc >> 1], False)
        for low, high in self._jumps:
            met[low] |= met[high]
        out = met[self._at(along)]
        for end in (along.first, along.last):
            out |= (end >= 0) & edges[np.maximum(end, 0) >> 1]
        return np.asarray(out & np.isfinite(self.length(along)))

    def _passed(self, along: Along, pools: Ints) -> tuple[Ints, Ints]:
        """Which of some pools each demand passes: demand and pool of each meeting, by demand."""
        chosen = np.zeros(2 * self._edges, dtype=np.bool_)
        chosen[pools] = True
        place = self._at(along)
        pieces: list[tuple[Ints, Ints]] = []
        for down, mine in _sides(along.down):
            owner = np.arange(place.size)[mine]
            arc = self._arc ^ int(not down)
            marked = np.append(chosen[arc], True)
            # The nearest place upwards whose arc is chosen, or the end.
            upward = np.where(marked, np.arange(marked.size), self._above)
            while not np.array_equal(further := upward[upward], upward):
                upward = further
            at = upward[place[owner]]
            while (on := at < self._end).any():
                owner, at = owner[on], at[on]
                pieces.append((owner, arc[at]))
                at = upward[self._above[at]]
        for end in (along.first, along.last):
            owner = np.flatnonzero(end >= 0)
            owner = owner[chosen[end[owner]]]
            pieces.append((owner, end[owner]))
        whose, pool = (np.concatenate(column) for column in zip(*pieces, strict=True))
        order = np.argsort(whose, kind="stable")
        return whose[order], pool[order]

    def achievable(
        self,
        along: Along,
        which: Ints,
        allocation: Allocation,
        capacity_gbps: ArrayLike,
        per_unit: float,
        weight: Floats,
        at_most_gbps: float = np.inf,
    ) -> Floats:
        """float[which], as of `bbsim.traffic.achievable`, for some of the demands; they all run downwards."""
        limit = _each_way(capacity_gbps)
        left = limit - np.minimum(allocation.load_gbps.ravel(), limit)
        endless = np.isinf(limit)
        if endless.any():
            left[endless] = np.inf
        if self._plenty(along, which, left, at_most_gbps):
            return np.where(np.isfinite(self.length(along)[which]), at_most_gbps, 0.0)
        gets = np.maximum(left, self._level(along, allocation, weight) * per_unit)
        asking = along.part(which)
        # Rows stand one below the other: those behind the last that is asked for are left out.
        asked = np.searchsorted(self._node, (int(asking.row.max(initial=-1)) + 1) * self._nodes)
        least = np.full(self._end + 1, np.inf)
        least[:asked] = gets[self._arc[:asked]]
        for low, high in self._jumps:
            some = np.searchsorted(low, asked)
            least[low[:some]] = np.minimum(least[low[:some]], least[high[:some]])
        out = least[self._at(asking)]
        for end in (asking.first, asking.last):
            out = np.where(end >= 0, np.minimum(out, gets[end]), out)
        return np.minimum(np.where(np.isfinite(self.length(asking)), out, 0.0), at_most_gbps)

    def _plenty(self, along: Along, which: Ints, left: Floats, gbps: float) -> bool:
        """Whether every pool has so much left, so that no way has to be looked at."""
        if not np.isfinite(gbps) or not (left[self._arc] >= gbps).all():
            return False
        ends = np.concatenate([along.first[which], along.last[which]])
        return bool((left[ends[ends >= 0]] >= gbps).all())

    def _level(self, along: Along, allocation: Allocation, weight: Floats) -> Floats:
        """The highest rate for its weight among those who pass each pool; see `fair_level`."""
        rate = allocation.rate_gbps
        level = np.divide(rate, weight, out=np.zeros_like(rate), where=weight > 0.0)
        highest = np.zeros(2 * self._edges)
        if (allocation.bottleneck < 0).all() and (top := level.max(initial=0.0)) == level[level > 0].min(
            initial=top
        ):  # all have the same
            return np.where(allocation.load_gbps.ravel() > 0.0, top, 0.0)
        place = self._at(along)
        for down, mine in _sides(along.down):
            best = np.zeros(self._end + 1)
            np.maximum.at(best, place[mine], level[mine])
            for low, high in self._jumps:
                np.maximum.at(best, high, best[low])
            np.maximum.at(highest, self._arc ^ int(not down), best[:-1])
        for end in (along.first, along.last):
            some = end >= 0
            np.maximum.at(highest, end[some], level[some])
        return highest

    def routes(self, along: Along) -> Routes:
        """The ways written down after all, for whoever wants to see each edge of each demand."""
        far = self.length(along)
        owner, arc = self._passed(
            Along(along.row, along.leaf, along.down, *(np.full(far.size, -1),) * 2),
            np.arange(2 * self._edges),
        )
        # What a tree is climbed by stands from the leaf up; downwards it is passed the other way round.
        size = np.bincount(owner, minlength=far.size)
        begin = np.cumsum(size) - size
        rank = np.arange(arc.size) - begin[owner]
        turned = np.where(along.down[owner], size[owner] - 1 - rank, rank)
        before, after = (along.first >= 0) & np.isfinite(far), (along.last >= 0) & np.isfinite(far)
        whole = size + before + after
        start = np.cumsum(whole) - whole
        out = np.zeros(int(whole.sum()), dtype=np.int64)
        out[start[owner] + before[owner] + turned] = arc
        out[start[before]] = along.first[before]
        out[(start + whole - 1)[after]] = along.last[after]
        return bundle(far, whole, out, self._edges)


def _each_way(capacity_gbps: ArrayLike) -> Floats:
    """float[2 edges], the capacity of both directions, as `np.repeat` has it, but column by column."""
    one_way = np.asarray(capacity_gbps, dtype=np.float64)
    both = np.empty((one_way.size, 2))
    both[:, 0] = both[:, 1] = one_way
    return both.ravel()


def _sides(down: Bools) -> list[tuple[bool, Bools | slice]]:
    """Both ways in which traffic runs, and the demands of each: all, where there is but one."""
    if down.all() or not down.any():
        return [(bool(down.all()), slice(None))] if down.size else []
    return [(True, down), (False, ~down)]
