"""In which order one crew builds a tree, so that the least waiting is suffered in all.

Horn (1972): the block of work with the most weight per cost goes as early as its place in the tree
allows. Blocks are merged into their parent's block, richest ratio first; what is left is the best
order, and it is exactly the best.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import IntVector, amounts


@dataclass(frozen=True, slots=True)
class Sequence:
    """The best order for one crew.

    Attributes
    ----------
    order : every node, parents before children.
    objective : sum of weight times completion (completion: sum of the costs up to and with the node).
    """

    order: IntVector
    objective: float


def sequence(parent: npt.ArrayLike, cost: npt.ArrayLike, weight: npt.ArrayLike) -> Sequence:
    """In which order should one crew build the nodes of a tree?

    Parameters
    ----------
    parent : the node that must be built before, -1 for a root (several roots are allowed), shape (n,).
    cost : time or money each node takes, finite and not negative, shape (n,).
    weight : what waits there (people, money a year), finite and not negative, shape (n,).

    Raises
    ------
    ValueError : vectors that do not fit together, a parent that is no node, or parents that go in a circle.

    Notes
    -----
    Minimises the sum of weight times completion exactly; O(n log n). W. A. Horn, "Single-machine job
    sequencing with treelike precedence ordering and linear delay penalties", SIAM J. Appl. Math. 23
    (1972). Ties go to the lower node.

    Examples
    --------
    A poor village (1) on the way to a rich one (2) is worth more than a middling one (3):

    >>> plan = sequence([-1, 0, 1, 0], [0, 2, 1, 2], [0, 1, 9, 5])
    >>> plan.order.tolist(), plan.objective
    ([0, 1, 2, 3], 54.0)
    """
    before = _parents(parent)
    n = len(before)
    hours = amounts(cost, "cost", n)
    people = amounts(weight, "weight", n)
    order = _horn(before.tolist(), hours.tolist(), people.tolist())
    if len(order) < n:
        lost = sorted(set(range(n)) - set(order))
        raise ValueError(f"the parents of {', '.join(map(str, lost[:10]))} go in a circle")
    positions = np.array(order, dtype=np.int64)
    completion = np.cumsum(hours[positions])
    return Sequence(positions, math.fsum((people[positions] * completion).tolist()))


def _parents(parent: npt.ArrayLike) -> IntVector:
    array = np.asarray(parent)
    if array.ndim != 1:
        raise ValueError(f"parent must be one-dimensional, got shape {array.shape}")
    if len(array) == 0:
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind not in "iu":
        raise ValueError(f"parent must be whole numbers, got {array.dtype}")
    if array.min() < -1 or array.max() >= len(array):
        raise ValueError(f"parent must be -1 or a node below {len(array)}")
    return np.asarray(array, dtype=np.int64)


def _horn(parent: list[int], cost: list[float], weight: list[float]) -> list[int]:
    """All nodes in the best order (those on a circle of parents are missing)."""
    n = len(parent)
    # Node n stands above all roots; block[x] leads to the first node of the block x is in.
    above = [n if p < 0 else p for p in parent]
    block = list(range(n + 1))
    last = list(range(n + 1))
    after = [-1] * (n + 1)
    block_cost, block_weight = [*cost, 0.0], [*weight, 0.0]
    queue = [(-_ratio(weight[x], cost[x]), x) for x in range(n)]
    heapq.heapify(queue)
    while queue:
        worth, x = heapq.heappop(queue)
        if block[x] != x or -worth != _ratio(block_weight[x], block_cost[x]):
            continue
        home = above[x]
        while block[home] != home:
            block[home] = block[block[home]]
            home = block[home]
        if home == x:
            continue  # a circle: its nodes never reach the root
        block[x] = home
        after[last[home]] = x
        last[home] = last[x]
        if home == n:
            continue
        block_cost[home] += block_cost[x]
        block_weight[home] += block_weight[x]
        heapq.heappush(queue, (-_ratio(block_weight[home], block_cost[home]), home))
    order = []
    x = after[n]
    while x >= 0:
        order.append(x)
        x = after[x]
    return order


def _ratio(weight: float, cost: float) -> float:
    """Weight per cost; what costs nothing never waits."""
    return weight / cost if cost > 0.0 else math.inf
