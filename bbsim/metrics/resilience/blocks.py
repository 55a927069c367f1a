"""How likely a node is joined to a root when links and nodes fail by themselves, independently of each other.

The network is divided at its cut nodes: what lies in series is multiplied. A block that series and parallel
steps reduce to one link is exact; of any other block the states with at most one failure are exact (one
failure cuts nobody off there), and those with more are drawn at random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

Link = tuple[int, int, float]
"""Two nodes, and the share of time in which the link is up."""
# Larger blocks are not reduced for each of their nodes: they hardly ever reduce, and looking is quadratic.
MOST_LINKS = 60
SAMPLES = 4000


@dataclass(frozen=True, slots=True)
class Joined:
    """How likely a node is joined to the root: the share of time, and the standard error if it was drawn."""

    share: float
    error: float = 0.0


def joined(
    links: Sequence[Link], up: Mapping[int, float], root: int, luck: np.random.Generator
) -> dict[int, Joined]:
    """For each node that has a way to the root, the share of time in which it is up and joined to it.

    Parameters
    ----------
    links : may join the same two nodes more than once.
    up : by node, the share of time in which it is up; 1 where it is missing.
    luck : used only where a block does not reduce.

    Notes
    -----
    Series and parallel reduction, factoring at cut nodes: Colbourn (1987), The Combinatorics of Network
    Reliability, chapter 1. The standard error is that of first order through the chain of blocks.

    Examples
    --------
    >>> ring = [(0, 1, 0.9), (1, 2, 0.9), (2, 0, 0.9)]
    >>> round(joined(ring, {}, 0, np.random.default_rng(1))[1].share, 6)
    0.981
    """
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    graph.add_node(root)
    for a, b, share in links:
        before = graph.edges[a, b]["up"] if graph.has_edge(a, b) else 0.0
        graph.add_edge(a, b, up=1.0 - (1.0 - before) * (1.0 - share))
    blocks = [
        sorted(tuple(sorted(edge)) for edge in block) for block in nx.biconnected_component_edges(graph)
    ]
    of: dict[int, list[int]] = {}
    for number, block in enumerate(blocks):
        for node in sorted({end for edge in block for end in edge}):
            of.setdefault(node, []).append(number)
    out = {root: Joined(1.0)}
    done, heads = [False] * len(blocks), [root]
    while heads:
        entry = heads.pop()
        for number in of.get(entry, ()):
            if done[number]:
                continue
            done[number] = True
            within = _within([(a, b, graph.edges[a, b]["up"]) for a, b in blocks[number]], up, entry, luck)
            for node, here in within.items():
                before_it = out[entry]
                error = np.hypot(before_it.error * here.share, here.error * before_it.share)
                out[node] = Joined(before_it.share * here.share, float(error))
                heads.append(node)
    return out


def _within(
    links: list[Link], up: Mapping[int, float], entry: int, luck: np.random.Generator
) -> dict[int, Joined]:
    """The nodes of one block but its entry, which is taken to be up."""
    nodes = sorted({end for a, b, _ in links for end in (a, b)} - {entry})
    if len(links) == 1:
        return {nodes[0]: Joined(links[0][2] * up.get(nodes[0], 1.0))}
    out: dict[int, Joined] = {}
    if len(links) <= MOST_LINKS:
        for node in nodes:
            share = _reduced(links, up, entry, node)
            if share is not None:
                out[node] = Joined(share * up.get(node, 1.0))
    if len(out) < len(nodes):
        drawn = _drawn(links, up, entry, nodes, luck)
        out |= {node: drawn[node] for node in nodes if node not in out}
    return out


def _reduced(links: list[Link], up: Mapping[int, float], entry: int, target: int) -> float | None:
    """How likely two nodes are joined, by series and parallel steps alone; None if they do not suffice."""
    near: dict[int, dict[int, float]] = {}
    for a, b, share in links:
        near.setdefault(a, {})[b] = share
        near.setdefault(b, {})[a] = share
    todo = sorted(near)
    while todo:
        node = todo.pop()
        if node in (entry, target) or node not in near or len(near[node]) > 2:
            continue
        ends = near.pop(node)
        for end in ends:
            del near[end][node]
        if len(ends) == 2:
            (a, one), (b, other) = ends.items()
            share = one * up.get(node, 1.0) * other
            near[a][b] = near[b][a] = 1.0 - (1.0 - near[a].get(b, 0.0)) * (1.0 - share)
        todo += ends
    return near[entry][target] if len(near) == 2 else None


def _drawn(
    links: list[Link], up: Mapping[int, float], entry: int, nodes: list[int], luck: np.random.Generator
) -> dict[int, Joined]:
    """States with at most one failure exactly; the rest by its weight and `SAMPLES` draws of such states."""
    place = {entry: 0} | {node: i for i, node in enumerate(nodes, start=1)}
    fails = np.array([1.0 - share for _, _, share in links] + [1.0 - up.get(node, 1.0) for node in nodes])
    none = float(np.prod(1.0 - fails))
    only = none * fails / np.maximum(1.0 - fails, 1e-300)
    more = max(1.0 - none - float(only.sum()), 0.0)
    down = _two_or_more(fails, luck)
    alive = ~down[:, len(links) :]
    reached = _reached(links, place, ~down[:, : len(links)], alive)
    share = (reached & alive).mean(axis=0)
    error = more * np.sqrt(share * (1.0 - share) / SAMPLES)
    alone = none + only.sum() - only[len(links) :]
    return {node: Joined(float(alone[i] + more * share[i]), float(error[i])) for i, node in enumerate(nodes)}


def _two_or_more(fails: np.ndarray, luck: np.random.Generator) -> np.ndarray:
    """(samples, elements) which elements are down, given that two or more are."""
    count = len(fails)
    # tail[i, k]: how likely at least k of the elements from i on are down.
    tail = np.zeros((count + 1, 3))
    tail[:, 0] = 1.0
    for i in range(count - 1, -1, -1):
        tail[i, 1:] = fails[i] * tail[i + 1, :2] + (1.0 - fails[i]) * tail[i + 1, 1:]
    down = np.zeros((SAMPLES, count), dtype=bool)
    lacking = np.full(SAMPLES, 2)
    for i in range(count):
        whole = tail[i, lacking]
        chance = fails[i] * tail[i + 1, np.maximum(lacking - 1, 0)] / np.where(whole > 0, whole, 1.0)
        down[:, i] = luck.random(SAMPLES) < chance
        lacking = np.maximum(lacking - down[:, i], 0)
    return down


def _reached(links: list[Link], place: Mapping[int, int], works: np.ndarray, alive: np.ndarray) -> np.ndarray:
    """(samples, nodes) whether each node has a way to the entry over links and nodes that work."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = len(place)
    a = np.array([place[link[0]] for link in links])
    b = np.array([place[link[1]] for link in links])
    whole = np.column_stack([np.ones(SAMPLES, dtype=bool), alive])
    sample, link = np.nonzero(works & whole[:, a] & whole[:, b])
    ends = sample * size + a[link], sample * size + b[link]
    matrix = coo_array((np.ones(len(link)), ends), shape=(SAMPLES * size, SAMPLES * size))
    part = connected_components(matrix, directed=False)[1].reshape(SAMPLES, size)
    return np.asarray(part[:, 1:] == part[:, :1])
