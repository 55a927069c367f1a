"""Whom to reach: the tree that serves most under a budget, or that is worth most, with a bound on what
could be reached.

Two ways to find it, the better kept: add the branch with most prize per cost again and again, and let
prizes pay for growing circles under a price of money (Goemans & Williamson with a Lagrangian). Then
branches are torn down and grown anew. Small cases end with an integer programme, large ones with the
bound of a dual ascent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import (
    IntVector,
    amount,
    amounts,
    node_number,
    number,
    pieces,
    read_edges,
    settled,
)
from bbsim.planning.reach.hunt import EFFORTS, Hunt


@dataclass(frozen=True, slots=True)
class PrizeTree:
    """Whom to reach, and how.

    Attributes
    ----------
    edges : positions in the caller's `u`, ascending.
    nodes : the nodes reached (the root among them), ascending.
    cost : of the edges.
    prize : of the nodes.
    upper_bound : under a budget alone, no tree within it has more prize; with `usd_per_prize`, none has more
        ``usd_per_prize * prize - cost``.
    """

    edges: IntVector
    nodes: IntVector
    cost: float
    prize: float
    upper_bound: float


def prize_collecting(
    u: npt.ArrayLike,
    v: npt.ArrayLike,
    cost: npt.ArrayLike,
    prize: npt.ArrayLike,
    root: int,
    *,
    budget: float | None = None,
    usd_per_prize: float | None = None,
    effort: str = "standard",
) -> PrizeTree:
    """Which places should a tree from the root reach, when it cannot or need not reach all?

    Parameters
    ----------
    u, v : ends of the corridors, node numbers from 0, shape (m,).
    cost : cost of each corridor [usd], finite and not negative, shape (m,).
    prize : what reaching each node is worth (people, homes), finite and not negative, shape (n,).
    root : the node the tree grows from.
    budget : the tree may cost no more [usd]; the most prize within it is sought.
    usd_per_prize : what one unit of prize is worth [usd]; the most ``usd_per_prize * prize - cost`` is sought
        (within the budget, if there is one too).
    effort : "fast", "standard" or "thorough": how often a tree found is taken apart and made whole again.

    Raises
    ------
    ValueError : neither `budget` nor `usd_per_prize`, an unknown effort, vectors that do not fit
        together, or no such root.

    Notes
    -----
    Goemans & Williamson (1995); Johnson, Minkoff & Phillips (2000) for the growth and pruning; the
    bound is Wong's dual ascent on the graph in which giving a place up is an arc from the root at its
    prize, priced by a Lagrangian.

    Examples
    --------
    >>> tree = prize_collecting([0, 1, 0], [1, 2, 3], [1.0, 1.0, 5.0], [0, 2, 9, 10], 0, budget=4.0)
    >>> tree.edges.tolist(), tree.nodes.tolist(), tree.prize, tree.upper_bound
    ([0, 1], [0, 1, 2], 11.0, 11.0)
    """
    if budget is None and usd_per_prize is None:
        raise ValueError("give a budget, or usd_per_prize (what one unit of prize is worth), or both")
    if effort not in EFFORTS:
        raise ValueError(f"effort must be one of {', '.join(EFFORTS)}, got {effort!r}")
    budget = None if budget is None else amount(budget, "budget")
    usd_per_prize = None if usd_per_prize is None else amount(usd_per_prize, "usd_per_prize")
    tails, heads, price = read_edges(u, v, cost)
    worth = amounts(prize, "prize")
    n = len(worth)
    if len(tails) and max(tails.max(), heads.max()) >= n:
        raise ValueError(
            f"u and v name node {int(max(tails.max(), heads.max()))}, but prize has only {n} entries"
        )
    root = node_number(root, n, "root")
    # Only what hangs together with the root can be reached.
    label = pieces(n, tails, heads)
    reach = label == label[root]
    special = np.where(reach, worth, 0.0)
    special[root] = math.inf
    live = np.flatnonzero(reach[tails])
    corridors = number(tails[live], heads[live], price[live], n, special)
    room = float(price.sum()) if budget is None else float(budget)
    hunt = Hunt(corridors, np.where(reach, worth, 0.0)[corridors.name], room, usd_per_prize, EFFORTS[effort])
    inside, bound = hunt.best()
    edges = np.sort(live[corridors.origin[hunt.edges(inside)]])
    nodes = np.unique(np.append(np.concatenate([tails[edges], heads[edges]]), root))
    _check(tails[edges], heads[edges], nodes, root)
    total, gained = math.fsum(price[edges].tolist()), math.fsum(worth[nodes].tolist())
    reached = gained if usd_per_prize is None else usd_per_prize * gained - total
    return PrizeTree(edges, nodes, total, gained, settled(max(reached, bound), reached))


def _check(tails: IntVector, heads: IntVector, nodes: IntVector, root: int) -> None:
    a, b = np.searchsorted(nodes, tails), np.searchsorted(nodes, heads)
    whole = len(nodes) == len(tails) + 1 and pieces(len(nodes), a, b).max(initial=0) == 0
    if not whole or root not in nodes:
        raise AssertionError("the tree found is not a tree from the root; this is a fault of bbsim")
