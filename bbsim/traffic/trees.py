"""Shortest-path trees that follow a network as its edges come into service and go.

A span that is lit can only shorten distances, so the news spreads outwards from its ends and stops where it
no longer helps. A span that is cut matters only to the branches that hung on it; these are cleared and grown
again from the rest. The trees are the same, to the bit, as those worked out afresh.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bbsim.traffic import _shortest
from bbsim.traffic._arrays import Bools, Floats, Ints, amounts, node_ids, spread, usable_mask
from bbsim.traffic._trees_few import FEW, insert_few, remove_few
from bbsim.traffic._twins import use_compiled
from bbsim.traffic.routes import Routes, routes_on_trees

# Roots times arcs from which a few hundred changes pay for numba's start.
WORTH_COMPILING = 300_000


class ShortestTrees:
    """Shortest paths from every node to each of a few roots (gateways, hubs), kept up to date.

    Parameters
    ----------
    u, v : int[edges], ends of every edge that is or may come into service.
    roots : int[roots], where the trees begin; each once.
    length : float[edges], 0 allowed; 1 for every edge if not given.
    capacity_gbps : float[edges], prefers the wider of two equally long parallel edges.
    usable : bool[edges], edges in service at the start; all if not given.
    nodes : how many nodes there are, if more than the edges and roots tell; ids are used as places in arrays,
        so they should be dense.
    compiled : see `share`.

    Raises
    ------
    ValueError
        if arrays differ in size, hold NaN, negative or infinite values, or a root is given twice.

    Notes
    -----
    An insertion relaxes from the new edge's ends; a removal clears the subtrees below the edge and relaxes
    into them from their surroundings (after Ramalingam & Reps, J. Algorithms 21, 1996, here on all trees at
    once). Ties are broken as in `route`.

    Examples
    --------
    >>> trees = ShortestTrees([0, 1, 0], [1, 2, 2], roots=[0], length=[1.0, 1.0, 5.0])
    >>> trees.far.tolist()
    [[0.0, 1.0, 2.0]]
    >>> trees.remove([1])
    >>> trees.far.tolist()
    [[0.0, 1.0, 5.0]]
    >>> trees.insert([1])
    >>> trees.route([2], [0]).of(0).tolist()
    [1, 0]
    """

    def __init__(
        self,
        u: ArrayLike,
        v: ArrayLike,
        roots: ArrayLike,
        *,
        length: ArrayLike | None = None,
        capacity_gbps: ArrayLike | None = None,
        usable: ArrayLike | None = None,
        nodes: int = 0,
        compiled: bool | None = None,
    ) -> None:
        tail = node_ids("u", u)
        head = node_ids("v", v, tail.size, "u")
        self.roots = node_ids("roots", roots)
        if np.unique(self.roots).size < self.roots.size:
            raise ValueError("roots holds a node twice, wanted each once")
        size = tail.size
        reach = np.ones(size) if length is None else amounts("length", length, size, "u")
        wide = capacity_gbps
        if wide is not None:
            wide = amounts("capacity_gbps", wide, size, "u", infinite=True)
        can = usable_mask(usable, size)
        known = max((int(ids.max()) + 1 for ids in (tail, head, self.roots) if ids.size), default=0)
        self.nodes, self.edges = max(known, nodes), size
        self._ends = tail, head, reach, wide
        self._arcs = _shortest.arcs_of(self.nodes, tail, head, reach, wide, None)
        self._first = self._arcs.first[:-1].astype(np.int64)
        self._degree = np.diff(self._arcs.first).astype(np.int64)
        # What an arc adds to a place of a tree: from its tail to its head.
        self._step = self._arcs.head.astype(np.int64) - self._arcs.tail
        self._usable = np.ones(size, dtype=np.bool_) if can is None else can.copy()
        places = np.full(2 * size, -1, dtype=np.int64)
        places[self._arcs.arc] = np.arange(self._arcs.arc.size)
        self._place = places
        self._names = np.append(self._arcs.arc, -1)
        self._both_ends = np.stack((tail, head), axis=1).ravel()
        self._both_ends.flags.writeable = False
        self._back = places[self._arcs.arc ^ 1]
        self._live = self._usable[self._arcs.arc >> 1]
        self._flat = self._unordered(tail, head, reach)
        self._compiled = use_compiled(self.roots.size * self._arcs.arc.size, WORTH_COMPILING, compiled)
        self._far, self._into = self.afresh()
        self._row_of = np.full(self.nodes, -1, dtype=np.int64)
        self._row_of[self.roots] = np.arange(self.roots.size)

    @property
    def far(self) -> Floats:
        """float[roots, nodes], distance of each node from each root; infinity where there is no path."""
        return _read_only(self._far)

    @property
    def into(self) -> NDArray[np.int64]:
        """int[roots, nodes], the arc by which the tree comes into each node, or −1.

        Arc 2 e comes from u to v of edge e, arc 2 e + 1 from v to u.
        """
        return self._names[self._into]

    @property
    def tails(self) -> Ints:
        """int[2 edges], where each arc begins, in the numbering of `into`."""
        return self._both_ends

    @property
    def usable(self) -> Bools:
        """bool[edges], which edges are in service."""
        view = self._usable.view()
        view.flags.writeable = False
        return view

    def afresh(self) -> tuple[Floats, _shortest.Int32s]:
        """Distances and trees worked out from nothing for the edges in service now, changing nothing."""
        tail, head, reach, wide = self._ends
        arcs = _shortest.arcs_of(self.nodes, tail, head, reach, wide, self._usable)
        far = np.empty((self.roots.size, self.nodes))
        into = np.empty(far.shape, dtype=np.int32)
        for part in _shortest.blocks(arcs, self.roots.size):
            far[part], found = _shortest.trees(arcs, self.roots[part])
            into[part] = np.where(found >= 0, self._place[arcs.arc[found]], -1) if arcs.arc.size else found
        return far, into

    def insert(self, edges: ArrayLike) -> None:
        """Put edges into service; those that are already are left alone."""
        new = self._changed(edges, to=True)
        if new.size:
            self._put_in(new)

    def remove(self, edges: ArrayLike) -> None:
        """Take edges out of service; those that are not in service are left alone."""
        gone = self._changed(edges, to=False)
        if gone.size:
            self._take_out(gone)

    def follow(self, usable: ArrayLike) -> None:
        """Bring into service, and take out of it, what differs from these (bool[edges])."""
        wanted = usable_mask(usable, self.edges)
        assert wanted is not None
        changed = (self._usable != wanted).nonzero()[0]
        comes = wanted[changed]
        for edges, change in ((changed[~comes], self._take_out), (changed[comes], self._put_in)):
            if edges.size:
                change(edges)

    def _put_in(self, new: Ints) -> None:
        self._usable[new] = True
        place = self._places(new)
        self._live[place] = True
        if self._compiled:
            from bbsim.traffic._trees_compiled import insert_compiled

            self._settle(insert_compiled(*self._state(), place))
            return
        if self.roots.size * new.size <= FEW and (lone := insert_few(*self._state(), place)) is not None:
            self._settle(lone)
            return
        rows = np.arange(self.roots.size)[:, None] * self.nodes
        moved = self._relax(*self._offers((rows + self._arcs.tail[place]).ravel(), np.tile(place, len(rows))))
        heads = (rows + self._arcs.head[place]).ravel()
        self._hang(np.concatenate([moved, self._neighbours(moved), heads]))

    def _take_out(self, gone: Ints) -> None:
        self._usable[gone] = False
        place = self._places(gone)
        self._live[place] = False
        if self._compiled:
            from bbsim.traffic._trees_compiled import remove_compiled

            self._settle(remove_compiled(*self._state(), place))
            return
        if self.roots.size * gone.size <= FEW and (lone := remove_few(*self._state(), place)) is not None:
            self._settle(lone)
            return
        rows = np.arange(self.roots.size)[:, None] * self.nodes
        heads = (rows + self._arcs.head[place]).ravel()
        into = self._into.ravel()
        lost = self._below(heads[into[heads] == np.tile(place, self.roots.size)])
        if not lost.size:
            return
        self._far.ravel()[lost] = np.inf
        at, out = self._out(lost)
        inward = self._back[out]
        self._relax(*self._offers(at + self._step[out], inward))
        # The others hang on nodes that stayed, and what has come to lie further away makes no new tie.
        self._hang(lost)

    def route(self, src: ArrayLike, dst: ArrayLike) -> Routes:
        """Routes of demands that all end at roots, or all begin at roots; see `route` for what they hold.

        Raises
        ------
        ValueError
            if neither end of all demands is a root, or an end is not a node.
        """
        source = node_ids("src", src)
        sink = node_ids("dst", dst, source.size, "src")
        for name, ids in (("src", source), ("dst", sink)):
            if ids.size and ids.max() >= self.nodes:
                raise ValueError(f"{name} holds node {ids.max()}, but there are {self.nodes} nodes")
        from_root = bool((self._row_of[sink] < 0).any())
        root, leaf = (source, sink) if from_root else (sink, source)
        row = self._row_of[root]
        if (row < 0).any():
            raise ValueError("demands neither all begin nor all end at roots")
        # Compiled trees have numba loaded; tracing in it is then the faster way for a handful of demands too.
        swift = True if self._compiled else None
        return routes_on_trees(self._arcs, self._far, self._into, row, leaf, from_root, self.edges, swift)

    def _changed(self, edges: ArrayLike, *, to: bool) -> Ints:
        named = node_ids("edges", edges)
        if named.size and named.max() >= self.edges:
            raise ValueError(f"edges holds {named.max()}, but there are {self.edges} edges")
        wanted = np.zeros(self.edges, dtype=np.bool_)
        wanted[named] = True
        return np.flatnonzero(wanted & (self._usable != to))

    def _out(self, at: Ints) -> tuple[Ints, Ints]:
        """All arcs in service out of some places of some trees: the place again for each arc, and the arc."""
        node = at % self.nodes
        size = self._degree[node]
        out = spread(self._first[node], size)
        live = self._live[out]
        return np.repeat(at, size)[live], out[live]

    def _offers(self, at: Ints, out: Ints) -> tuple[Ints, Floats]:
        """Where the arcs `out` from the places `at` lead, and the distance that they offer there."""
        return at + self._step[out], self._far.ravel()[at] + self._arcs.length[out]

    def _relax(self, target: Ints, offer: Floats) -> Ints:
        """Take offers that are better, and pass them on until none is; the places that moved."""
        far, moved = self._far.ravel(), []
        while True:
            better = offer < far[target]
            target = target[better]
            if not target.size:
                break
            np.minimum.at(far, target, offer[better])
            front = _each_once(target)
            moved.append(front)
            target, offer = self._offers(*self._out(front))
        return _each_once(np.concatenate(moved)) if moved else np.zeros(0, dtype=np.int64)

    def _below(self, at: Ints) -> Ints:
        """These places and all that hang on them."""
        into, found = self._into.ravel(), [at]
        while at.size:
            node = at % self.nodes
            size = self._degree[node]
            out = spread(self._first[node], size)
            child = np.repeat(at, size) + self._step[out]
            at = child[into[child] == out]
            found.append(at)
        return _each_once(np.concatenate(found))

    def _neighbours(self, at: Ints) -> Ints:
        whence, out = self._out(at)
        return whence + self._step[out]

    def _hang(self, at: Ints) -> None:
        """Choose the arc into each of these places anew: the first that lies on a shortest path."""
        far, into = self._far.ravel(), self._into.ravel()
        at = _each_once(at)
        whence, out = self._out(at)
        inward = self._back[out]
        near = far[whence + self._step[out]]
        # A step from the root comes first even if it has no length: nothing lies before the root.
        at_root = self._arcs.head[out] == self.roots[whence // self.nodes]
        good = (near + self._arcs.length[inward] == far[whence]) & ((near < far[whence]) | at_root)
        into[at] = -1
        whence, inward = whence[good], inward[good]
        # Of a repeated index numpy keeps the last value, hence the order: the lowest arc last.
        order = np.argsort(-inward, kind="stable")
        into[whence[order]] = inward[order]
        row = at // self.nodes
        lone = (into[at] < 0) & np.isfinite(far[at]) & (at % self.nodes != self.roots[row])
        self._settle(bool(lone.any()))

    def _unordered(self, tail: Ints, head: Ints, length: Floats) -> Ints:
        """Edges of no length for which it is not plain who comes first.

        Around a single root it is plain, as long as one such edge leads to each neighbour.
        """
        flat = np.flatnonzero(length == 0.0)
        if self.roots.size == 1:
            root = self.roots[0]
            others = np.where(tail[flat] == root, head[flat], tail[flat])
            if ((tail[flat] == root) | (head[flat] == root)).all() and np.unique(others).size == flat.size:
                return flat[:0]
        return flat

    def _settle(self, lone: bool) -> None:
        """Where edges of no length are in service, the order of nodes in a tree is not a local matter."""
        if lone or self._usable[self._flat].any():
            self._into = self.afresh()[1]

    def _places(self, edges: Ints) -> Ints:
        """Where both directions of these edges stand among the arcs; self-loops stand nowhere."""
        place = np.concatenate([self._place[2 * edges], self._place[2 * edges + 1]])
        return place[place >= 0]

    def _state(self) -> tuple[_shortest.Arcs, Ints, Bools, Ints, Floats, _shortest.Int32s]:
        return self._arcs, self._back, self._live, self.roots, self._far, self._into


def _each_once(places: Ints) -> Ints:
    """The distinct places, rising: `np.unique`, without what it costs for a handful of them."""
    rising = np.sort(places)
    keep = np.ones(rising.size, dtype=np.bool_)
    np.not_equal(rising[1:], rising[:-1], out=keep[1:])
    return rising[keep]


def _read_only(array: Floats) -> Floats:
    view = array.view()
    view.flags.writeable = False
    return view
