"""The cheapest mix of fibre, radio and sky by an integer programme, for what is left after reductions.

Every leaf has a flow of its own from the root; an arc with any flow is bought (the strongest of the simple
formulations, with the bound of all directed cuts). Hops carry the sum of the loads, hops in a row are
counted along each flow, and whoever relays must be served by radio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from bbsim.planning.corridors.arrays import IntVector
from bbsim.planning.mix.layers import FROM_FIBRE, FROM_RADIO, HOP, SATELLITE, Layers

EXACT_COLUMNS = 40_000
NODES = 5_000


@dataclass(frozen=True, slots=True)
class Core:
    """What is left to decide: the layers without what is settled, and what the settled part costs.

    Attributes
    ----------
    settled : arcs (of the layers before) that are in every tree worth having.
    """

    layers: Layers
    usd: float
    settled: IntVector


def core_of(layers: Layers) -> Core:
    """Settle what has no choice left: whatever is joined to the root by single arcs counts as the root.

    Exact for any tree over these layers: a leaf with one way in needs it, the node before it then has one
    way in or is the root, and so on. Ground reached for nothing is the root as well.
    """
    n = len(layers.given.wanted)
    home = _anchored(layers)
    into = layers.into
    settled: list[int] = []
    leaves = []
    for leaf in layers.leaves.tolist():
        arc = _only(layers, home, into[leaf])
        chain = []
        while arc >= 0:
            chain.append(arc)
            node = int(layers.tail[arc])
            if home[node]:
                break
            arc = _only(layers, home, into[node]) if node < n else -1
        if arc < 0:
            leaves.append(leaf)
            continue
        settled += [a for a in chain if a not in set(settled)]
        home[[int(layers.tail[a]) for a in chain]] = True
    kept = np.ones(len(layers.tail), dtype=bool)
    kept[np.isin(layers.head, np.setdiff1d(layers.leaves, leaves))] = False
    kept &= ~home[layers.head]
    tail = np.where(home[layers.tail], layers.root, layers.tail)
    open_leaf = np.isin(layers.leaves, leaves)
    rest = Layers(
        layers.given, layers.size, layers.root, layers.places[open_leaf], layers.leaves[open_leaf],
        tail[kept], layers.head[kept], layers.usd[kept], layers.kind[kept], layers.ref[kept],
        layers.gbps[kept],
    )  # fmt: skip
    fixed = np.array(sorted(settled), dtype=np.int64)
    return Core(rest, math.fsum(layers.usd[fixed].tolist()), fixed)


def _anchored(layers: Layers) -> Any:
    """(size,) the root, and the ground that is reached from it for nothing."""
    n = len(layers.given.wanted)
    home = np.zeros(layers.size, dtype=bool)
    home[layers.root] = True
    free: list[list[int]] = [[] for _ in range(layers.size)]
    for a, b, usd in zip(layers.tail.tolist(), layers.head.tolist(), layers.usd.tolist(), strict=True):
        if usd == 0.0 and a < n and b < n:
            free[a].append(b)
    queue = [layers.root]
    for node in queue:
        for other in free[node]:
            if not home[other]:
                home[other] = True
                queue.append(other)
    return home


def _only(layers: Layers, home: Any, arcs: list[int]) -> int:
    """The one arc by which a node can be entered at best; -1 if there is a choice."""
    ground = [a for a in arcs if layers.kind[a] == FROM_FIBRE and home[layers.tail[a]]]
    if ground and all(layers.usd[a] >= layers.usd[ground[0]] for a in arcs):
        return ground[0]
    one = arcs[0] if len(arcs) == 1 else -1
    return one if one >= 0 and layers.kind[one] not in (FROM_RADIO, SATELLITE) else -1


def columns_of(layers: Layers) -> int:
    """How many columns the programme would have."""
    return (len(layers.leaves) + 1) * len(layers.tail)


def cheapest_mix(layers: Layers) -> tuple[list[list[int]] | None, float]:
    """For each leaf its arcs from the leaf up to the root (None if none were found), and a bound."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    if len(layers.leaves) == 0:
        return [], 0.0
    arcs, leaves = len(layers.tail), layers.leaves.tolist()
    matrix, low, high = _rows(layers)
    columns = (len(leaves) + 1) * arcs
    roof = np.ones(columns)
    for k in range(len(leaves)):
        others = np.isin(layers.head, np.delete(layers.leaves, k))
        roof[(k + 1) * arcs : (k + 2) * arcs][others] = 0.0
    price = np.zeros(columns)
    price[:arcs] = layers.usd
    whole = np.zeros(columns, dtype=np.int64)
    whole[:arcs] = 1
    answer = milp(
        price,
        integrality=whole,
        bounds=Bounds(np.zeros(columns), roof),
        constraints=[LinearConstraint(matrix, low, high)],
        options={"node_limit": NODES, "mip_rel_gap": 0.0},
    )
    bound = -math.inf if answer.mip_dual_bound is None else float(answer.mip_dual_bound)
    if answer.x is None:
        return None, bound
    flow = np.asarray(answer.x)[arcs:].reshape(len(leaves), arcs)
    return [_walked(layers, leaf, flow[k] > 0.5) for k, leaf in enumerate(leaves)], bound


def _walked(layers: Layers, leaf: int, used: Any) -> list[int]:
    path, node = [], leaf
    while node != layers.root:
        arc = next(a for a in layers.into[node] if used[a])
        path.append(arc)
        node = int(layers.tail[arc])
    return path


def _rows(layers: Layers) -> tuple[Any, Any, Any]:
    """The programme's matrix and the limits of its rows; columns: arcs, then each leaf's flow on each arc."""
    from scipy.sparse import coo_matrix

    arcs, leaves, given = len(layers.tail), layers.leaves.tolist(), layers.given
    load = given.load_gbps[layers.places]
    entries: list[tuple[Any, Any, Any]] = []
    low: list[float] = []
    high: list[float] = []

    def row(columns: Any, values: Any, least: float, most: float) -> None:
        entries.append(
            (np.full(len(columns), len(low)), np.asarray(columns), np.asarray(values, dtype=float))
        )
        low.append(least)
        high.append(most)

    into = layers.into
    out: list[list[int]] = [[] for _ in range(layers.size)]
    for arc, node in enumerate(layers.tail.tolist()):
        out[node].append(arc)
    flows = [(k + 1) * arcs for k in range(len(leaves))]
    for node in range(layers.size):
        if node == layers.root or not into[node]:
            continue
        row(into[node], np.ones(len(into[node])), 0.0, 1.0)
        for k, leaf in enumerate(leaves):
            due = 1.0 if node == leaf else 0.0
            columns = [flows[k] + a for a in [*into[node], *out[node]]]
            row(columns, [1.0] * len(into[node]) + [-1.0] * len(out[node]), due, due)
    for node in {int(n) for n in layers.tail} - {layers.root} - {int(n) for n in layers.head}:
        for k in range(len(leaves)):  # nothing leads there: nothing leads on
            row([flows[k] + a for a in out[node]], np.ones(len(out[node])), 0.0, 0.0)
    hops = np.flatnonzero(layers.kind == HOP)
    for k in range(len(leaves)):
        for a in range(arcs):
            row([flows[k] + a, a], [1.0, -1.0], -math.inf, 0.0)
        if len(hops):
            row(flows[k] + hops, np.ones(len(hops)), 0.0, float(given.most_hops))
    _hop_rows(layers, hops.tolist(), flows, load, row)
    sky = np.flatnonzero(layers.kind == SATELLITE)
    if len(sky) and math.isfinite(given.pool_gbps):
        row(sky, given.load_gbps[layers.ref[sky]], 0.0, given.pool_gbps)
    at, column, value = (np.concatenate([entry[i] for entry in entries]) for i in range(3))
    shape = (len(low), (len(leaves) + 1) * arcs)
    matrix: Any = coo_matrix((value, (at, column)), shape=shape)
    return matrix.tocsr(), np.array(low), np.array(high)


def _hop_rows(layers: Layers, hops: list[int], flows: list[int], load: Any, row: Any) -> None:
    """A mast holds so many hops, a hop carries what it can, and whoever is reached by one is served by it."""
    served = {int(layers.tail[a]): a for a in np.flatnonzero(layers.kind == FROM_RADIO).tolist()}
    for node in sorted({int(layers.tail[a]) for a in hops}):
        away = [a for a in hops if layers.tail[a] == node]
        row(away, np.ones(len(away)), 0.0, float(layers.given.most_links))
    for a in hops:
        row([*(flow + a for flow in flows), a], [*load, -layers.gbps[a]], -math.inf, 0.0)
        own = served.get(int(layers.head[a]))
        row([a] if own is None else [a, own], [1.0] if own is None else [1.0, -1.0], -math.inf, 0.0)
