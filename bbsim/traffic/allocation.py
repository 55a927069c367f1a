"""Routes and fair shares in one call, over plain arrays."""

from __future__ import annotations

from numpy.typing import ArrayLike

from bbsim.traffic.routes import route
from bbsim.traffic.shares import Allocation, share


def allocate(
    u: ArrayLike,
    v: ArrayLike,
    capacity_gbps: ArrayLike,
    src: ArrayLike,
    dst: ArrayLike,
    demand_gbps: ArrayLike,
    *,
    length: ArrayLike | None = None,
    weight: ArrayLike | None = None,
    routing: str = "shortest",
    directed: bool = False,
    paths: int = 3,
    compiled: bool | None = None,
) -> Allocation:
    """What each demand gets when all share the network by weighted max-min fairness.

    Parameters
    ----------
    u, v : int[edges], ends of each edge; edges carry both ways, parallel edges and self-loops are allowed.
    capacity_gbps : float[edges]; an edge of capacity 0 is still a way, on which nothing gets through.
    src, dst : int[demands], ends of each demand.
    demand_gbps : float[demands], 0 and infinity ("as much as there is") allowed.
    length : float[edges], what "short" is measured in; 1 for every edge if not given.
    weight : float[demands], shares grow in proportion to it; 1 each if not given.
    routing : ``shortest``, ``ecmp``, ``widest``, ``ksp`` or ``optimal``, see `route`; a scenario's words
        ``shortest_path``, ``equal_cost`` and ``k_shortest`` mean the same.
    directed : whether each direction of an edge has the capacity on its own (full duplex); otherwise both
        directions share it.
    paths : how many paths ``ksp`` splits over.
    compiled : see `share`.

    Returns
    -------
    Allocation
        with `load_gbps` of shape (edges,), or (edges, 2) if `directed`: u→v, then v→u. A demand from a node
        to itself is served in full and loads nothing; one with no path gets rate 0 and bottleneck −1.

    Raises
    ------
    ValueError
        if arrays differ in size, hold NaN or negative values, or the routing is not known.

    Examples
    --------
    Two villages behind one 10 Gbit/s span, the second with a 2 Gbit/s spur of its own:

    >>> fair = allocate([0, 1], [1, 2], [10.0, 2.0], src=[1, 2], dst=[0, 0], demand_gbps=[9.0, 5.0])
    >>> fair.rate_gbps.tolist(), fair.load_gbps.tolist(), fair.bottleneck.tolist()
    ([8.0, 2.0], [10.0, 2.0], [0, 1])
    """
    routes = route(
        u,
        v,
        src,
        dst,
        length=length,
        capacity_gbps=capacity_gbps,
        routing=routing,
        paths=paths,
        demand_gbps=demand_gbps if routing == "optimal" else None,
        weight=weight,
        directed=directed,
        compiled=compiled,
    )
    return share(routes, capacity_gbps, demand_gbps, weight, directed=directed, compiled=compiled)
