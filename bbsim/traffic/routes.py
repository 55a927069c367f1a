"""Which way each demand goes: paths over plain arrays, kept apart from how much flows on them.

Routes depend on the topology alone, so a simulator finds them when a span is lit or cut and shares capacity
on them as often as demand changes. All demands that have an end in common are answered by one shortest-path
tree; the ends with fewer distinct nodes (gateways, as a rule) are the roots.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bbsim.errors import did_you_mean
from bbsim.traffic import _multipath, _shortest
from bbsim.traffic._arrays import Bools, Ends, Floats, Ints, amounts, distinct, ends, spread, usable_mask
from bbsim.traffic._twins import use_compiled

# Demands from which tracing their paths in compiled code saves more than numba takes to start.
WORTH_TRACING = 100_000

# Roots of which fewer would be no gain.
_FEW = 16

ROUTINGS = ("shortest", "ecmp", "widest", "ksp", "optimal")
# What the models of the role are called in a scenario is understood here as well.
ALSO = {"shortest_path": "shortest", "equal_cost": "ecmp", "k_shortest": "ksp"}


@dataclass(frozen=True, eq=False)
class Routes:
    """The paths of all demands, one after the other.

    Demand d uses the entries ``start[d]:start[d + 1]`` of `edge`, `reverse` and `part`.

    Attributes
    ----------
    start : int[demands + 1], where the entries of each demand begin.
    edge : int[entries], position of the edge; on a single path in the order from source to destination.
    reverse : bool[entries], true where the edge is passed from its v to its u.
    part : float[entries], share of the demand that passes there, or None if all of it does everywhere.
    reached : bool[demands], whether there is a path at all (a demand from a node to itself has one, empty).
    length : float[demands], length of the path (of the shortest one if there are several), infinity if none.
    edges : how many edges the network has.
    """

    start: Ints
    edge: NDArray[np.int32]
    reverse: Bools
    part: Floats | None
    reached: Bools
    length: Floats
    edges: int

    @cached_property
    def owner(self) -> Ints:
        """int[entries], whose each entry is."""
        return np.repeat(np.arange(self.reached.size), np.diff(self.start))

    @cached_property
    def edges_passed(self) -> Ints:
        """int[entries], `edge` as wide as an index is."""
        return self.edge.astype(np.int64)

    def of(self, demand: int) -> Ints:
        """Edge positions that one demand uses."""
        return self.edge[self.start[demand] : self.start[demand + 1]].astype(np.int64)


def route(
    u: ArrayLike,
    v: ArrayLike,
    src: ArrayLike,
    dst: ArrayLike,
    *,
    length: ArrayLike | None = None,
    capacity_gbps: ArrayLike | None = None,
    usable: ArrayLike | None = None,
    routing: str = "shortest",
    paths: int = 3,
    demand_gbps: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    directed: bool = False,
    compiled: bool | None = None,
) -> Routes:
    """Which edges each demand uses.

    Parameters
    ----------
    u, v : int[edges], ends of each edge; edges carry both ways, parallel edges and self-loops are allowed.
    src, dst : int[demands], ends of each demand; node ids of the same numbering, known to an edge or not.
    length : float[edges], what "short" is measured in, 0 allowed; 1 for every edge if not given.
    capacity_gbps : float[edges], prefers the wider of two equally long parallel edges; ``widest`` and
        ``optimal`` need it.
    usable : bool[edges], edges that can be used now (lit and uncut); all if not given.
    routing :
        ``shortest``: the one shortest path;
        ``ecmp``: every node splits evenly over its next hops on shortest paths to the destination;
        ``widest``: the path whose narrowest edge is widest, of these the shortest;
        ``ksp``: an even split over the `paths` shortest loopless paths (fewer if there are fewer); ``ksp:4``
        is the same over four;
        ``optimal``: the split on which max-min shares are the fairest of all routings, see `optimal`. It
        depends on demand and capacity, so it has to be found again when they change.
    paths : how many paths ``ksp`` splits over.
    demand_gbps, weight, directed : as for `share`; ``optimal`` needs the demand, the others need none of it.
    compiled : see `share`; for ``shortest`` and ``widest``.

    Returns
    -------
    Routes

    Raises
    ------
    ValueError
        if arrays differ in size, hold NaN, negative or infinite values, the routing is not known, `paths` is
        less than 1, or ``widest`` or ``optimal`` are asked for without what they need.

    Notes
    -----
    Trees have their roots at all sources, at all destinations or, if these are far fewer, at each demand's
    busier end. Ties never depend on the order of edges: among equally short paths, each node's step towards
    the root of its tree goes to the neighbour with the lowest id; among parallel edges to the shortest, then
    the widest, then the first. Distances by Dijkstra (Numerische Mathematik 1, 1959) in scipy's
    implementation.

    Examples
    --------
    >>> routes = route([0, 1, 0], [1, 2, 2], src=[2, 2, 1], dst=[0, 1, 7], length=[1.0, 1.0, 5.0])
    >>> [routes.of(demand).tolist() for demand in range(3)]
    [[1, 0], [1], []]
    >>> routes.reached.tolist(), routes.length.tolist()
    ([True, True, False], [2.0, 1.0, inf])
    """
    routing, many = ALSO.get(str(routing), str(routing)), ""
    if routing.startswith("ksp:"):
        routing, _, many = routing.partition(":")
        paths = int(many) if many.isdecimal() else 0
    if routing not in ROUTINGS:
        raise ValueError(
            f"routing is '{routing}', which is not known. {did_you_mean(str(routing), ROUTINGS)}"
        )
    if routing == "optimal":
        if capacity_gbps is None or demand_gbps is None:
            raise ValueError("routing 'optimal' needs capacity_gbps and demand_gbps")
        from bbsim.traffic.optimum import optimal

        return optimal(
            u,
            v,
            capacity_gbps,
            src,
            dst,
            demand_gbps,
            length=length,
            weight=weight,
            usable=usable,
            directed=directed,
        )[0]
    known = ends(u, v, src, dst)
    size = known.u.size
    reach = np.ones(size) if length is None else amounts("length", length, size, "u")
    wide = (
        None if capacity_gbps is None else amounts("capacity_gbps", capacity_gbps, size, "u", infinite=True)
    )
    can = usable_mask(usable, size)
    if routing == "widest":
        return _widest(known, reach, wide, can, compiled)
    arcs = _shortest.arcs_of(known.nodes, known.u, known.v, reach, wide, can)
    if routing == "shortest":
        return _single_paths(known, arcs, compiled)
    if routing == "ecmp":
        return _split_paths(known, *_multipath.equal_cost(known, arcs))
    if not isinstance(paths, (int, np.integer)) or isinstance(paths, bool) or paths < 1:
        raise ValueError(f"paths is {paths!r}, wanted a whole number of 1 or more")
    return _split_paths(known, *_multipath.k_shortest(known, arcs, paths))


def _rooted(known: Ends) -> tuple[Ints, Ints, Ints, bool]:
    """Roots (sorted ids), place of the root and leaf of each demand, and whether the roots are sources."""
    at_dst, to_dst = distinct(known.dst, known.nodes)
    at_src, to_src = distinct(known.src, known.nodes)
    if at_src.size < at_dst.size:
        return at_src, to_src, known.dst, True
    return at_dst, to_dst, known.src, False


def _hub_at_dst(known: Ends) -> Bools | None:
    """For each demand whether its busier end is its destination, if roots at busier ends are far fewer.

    Where a few hubs send to everybody and everybody sends to them, neither all sources nor all destinations
    are few; but every demand has a hub at one end.
    """
    fewest = min(distinct(known.dst, known.nodes)[0].size, distinct(known.src, known.nodes)[0].size)
    if fewest < _FEW:
        return None
    degree = np.bincount(np.concatenate([known.src, known.dst]), minlength=known.nodes)
    ends_at, begins_at = degree[known.dst], degree[known.src]
    at_dst = (ends_at > begins_at) | ((ends_at == begins_at) & (known.dst < known.src))
    hubs = distinct(np.where(at_dst, known.dst, known.src), known.nodes)[0].size
    return at_dst if 4 * hubs <= fewest and at_dst.any() and not at_dst.all() else None


def _single_paths(known: Ends, arcs: _shortest.Arcs, compiled: bool | None) -> Routes:
    """One shortest path for each demand."""
    at_dst = _hub_at_dst(known)
    if at_dst is None:
        return _one_sided(known, arcs, compiled)
    size = np.zeros(known.src.size, dtype=np.int64)
    far = np.full(size.size, np.inf)
    pieces: list[tuple[Ints, Ints]] = []
    for side in (at_dst, ~at_dst):
        mine = np.flatnonzero(side)
        routes = _one_sided(replace(known, src=known.src[mine], dst=known.dst[mine]), arcs, compiled)
        far[mine], size[mine] = routes.length, np.diff(routes.start)
        pieces.append((mine, 2 * routes.edge.astype(np.int64) + routes.reverse))
    return bundle(far, size, _in_order(pieces, size), known.u.size)


def _one_sided(known: Ends, arcs: _shortest.Arcs, compiled: bool | None) -> Routes:
    """The same from trees whose roots are all sources, or all destinations: whichever are fewer."""
    roots, row, leaf, from_root = _rooted(known)
    parts = _shortest.blocks(arcs, roots.size)
    if len(parts) == 1:
        far, into = _shortest.trees(arcs, roots, compiled)
        return bundle(*along(arcs, far, into, row, leaf, from_root, compiled), known.u.size)
    size = np.zeros(leaf.size, dtype=np.int64)
    length = np.full(leaf.size, np.inf)
    pieces: list[tuple[Ints, Ints]] = []
    for part in parts:
        mine = np.flatnonzero((row >= part.start) & (row < part.stop))
        far, into = _shortest.trees(arcs, roots[part], compiled)
        found = along(arcs, far, into, row[mine] - part.start, leaf[mine], from_root, compiled)
        length[mine], size[mine] = found[:2]
        pieces.append((mine, found[2]))
    return bundle(length, size, _in_order(pieces, size), known.u.size)


def along(
    arcs: _shortest.Arcs,
    far: Floats,
    into: _shortest.Int32s,
    row: Ints,
    leaf: Ints,
    from_root: bool,
    compiled: bool | None,
) -> tuple[Floats, Ints, Ints]:
    """Length, number of arcs and the arcs of each path between a leaf and the root of its row."""
    if use_compiled(leaf.size, WORTH_TRACING, compiled):
        from bbsim.traffic._shortest_compiled import trace_compiled

        return far[row, leaf], *trace_compiled(arcs, into, row, leaf, from_root)
    passed, real = _shortest.walk(arcs, into, row, leaf)
    if from_root:
        passed, real = passed[:, ::-1], real[:, ::-1]
    # Demand by demand, and within one in the order of the path. Trees point away from the root; towards it
    # the arc is passed the other way round.
    arc = arcs.arc[passed[real]]
    return far[row, leaf], np.count_nonzero(real, axis=1), arc if from_root else arc ^ 1


def routes_on_trees(
    arcs: _shortest.Arcs,
    far: Floats,
    into: _shortest.Int32s,
    row: Ints,
    leaf: Ints,
    from_root: bool,
    edges: int,
    compiled: bool | None = None,
) -> Routes:
    """Routes between leaves and roots on trees that are there already."""
    return bundle(*along(arcs, far, into, row, leaf, from_root, compiled), edges)


def bundle(length: Floats, size: Ints, arc: Ints, edges: int, part: Floats | None = None) -> Routes:
    """Routes from the length and number of arcs of each demand and the arcs one after the other."""
    start = np.zeros(size.size + 1, dtype=np.int64)
    np.cumsum(size, out=start[1:])
    return Routes(
        start=start,
        edge=(arc >> 1).astype(np.int32),
        reverse=(arc & 1).astype(np.bool_),
        part=part,
        reached=np.isfinite(length),
        length=length,
        edges=edges,
    )


def _in_order(pieces: list[tuple[Ints, Ints]], size: Ints) -> Ints:
    """Arcs found piece by piece, put in the order of the demands."""
    start = np.cumsum(size) - size
    arc = np.zeros(size.sum(), dtype=np.int64)
    for mine, found in pieces:
        arc[spread(start[mine], size[mine])] = found
    return arc


def _split_paths(known: Ends, split: _multipath.Split, length: Floats) -> Routes:
    owner, arc, part = split
    return bundle(length, np.bincount(owner, minlength=length.size), arc, known.u.size, part)


def _widest(
    known: Ends,
    length: Floats,
    capacity_gbps: Floats | None,
    usable: Bools | None,
    compiled: bool | None,
) -> Routes:
    """Demand by demand of the same width: the shortest path over edges that are at least so wide."""
    if capacity_gbps is None:
        raise ValueError("routing 'widest' needs capacity_gbps")
    can = known.u != known.v if usable is None else usable & (known.u != known.v)
    width = _multipath.widths(known, capacity_gbps, np.flatnonzero(can))
    size = np.zeros(width.size, dtype=np.int64)
    far = np.full(width.size, np.inf)
    pieces: list[tuple[Ints, Ints]] = []
    for least in np.unique(width[width >= 0.0]):
        mine = np.flatnonzero(width == least)
        wide = can & (capacity_gbps >= least)
        arcs = _shortest.arcs_of(known.nodes, known.u, known.v, length, capacity_gbps, wide)
        routes = _single_paths(replace(known, src=known.src[mine], dst=known.dst[mine]), arcs, compiled)
        far[mine], size[mine] = routes.length, np.diff(routes.start)
        pieces.append((mine, 2 * routes.edge.astype(np.int64) + routes.reverse))
    return bundle(far, size, _in_order(pieces, size), known.u.size)
