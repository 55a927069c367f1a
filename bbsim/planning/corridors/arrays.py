"""Read corridor arrays once: check them, number nodes and edges canonically, keep the way back to the
caller's edges.

A plan must not change when rows are shuffled or nodes get other numbers. So nodes are ranked by what they are
(wanted or not, their cheapest corridors) and only then by number, and edges by those ranks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

IntVector = npt.NDArray[np.int64]
FloatVector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Corridors:
    """Undirected edges between nodes 0..n-1; ``origin[e]`` is the caller's position of edge e, ``name[x]``
    of node x.
    """

    n: int
    u: IntVector
    v: IntVector
    cost: FloatVector
    origin: IntVector
    name: IntVector


def whole_numbers(values: npt.ArrayLike, what: str) -> IntVector:
    """A vector of node or edge numbers (0 and up), or a ValueError naming `what`."""
    array = np.asarray(values)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1:
        raise ValueError(f"{what} must be one-dimensional, got shape {array.shape}")
    if array.dtype.kind not in "iu":
        raise ValueError(f"{what} must be whole numbers, got {array.dtype}")
    if array.min() < 0:
        raise ValueError(f"{what} must not be negative, got {int(array.min())}")
    return np.asarray(array, dtype=np.int64)


def node_number(value: int, n: int, what: str) -> int:
    """One node below `n`, or a ValueError naming `what`."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{what} must be a whole number, got {value!r}")
    if not 0 <= value < n:
        raise ValueError(f"{what} must be a node below {n}, got {value}")
    return int(value)


def amount(value: float, what: str) -> float:
    """A finite number, not below nought, or a ValueError naming `what`."""
    return float(amounts([value], what)[0])


def amounts(values: npt.ArrayLike, what: str, length: int | None = None) -> FloatVector:
    """A vector of finite numbers, none below nought, or a ValueError naming `what`."""
    try:
        given = np.asarray(values)
        array = given.astype(np.float64, copy=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{what} must be numbers: {error}") from None
    if given.dtype.kind in "SUmM":  # "7" would become 7
        raise ValueError(f"{what} must be numbers, got {given.dtype}")
    if array.ndim != 1:
        raise ValueError(f"{what} must be one-dimensional, got shape {array.shape}")
    if length is not None and len(array) != length:
        raise ValueError(f"{what} must have {length} entries, got {len(array)}")
    if len(array):
        low, high = float(array.min()), float(array.max())
        if not (low >= 0.0 and high < np.inf):  # also refuses NaN, which compares false
            raise ValueError(f"{what} must be finite and not negative, got {low if low < 0.0 else high}")
    return array


def read_edges(
    u: npt.ArrayLike, v: npt.ArrayLike, cost: npt.ArrayLike
) -> tuple[IntVector, IntVector, FloatVector]:
    """The three edge vectors, checked."""
    tails = whole_numbers(u, "u")
    heads = whole_numbers(v, "v")
    if len(tails) != len(heads):
        raise ValueError(f"u and v must have the same length, got {len(tails)} and {len(heads)}")
    return tails, heads, amounts(cost, "cost", len(tails))


def compact(
    tails: IntVector, heads: IntVector, others: IntVector
) -> tuple[IntVector, IntVector, IntVector, IntVector]:
    """Ends of edges and other nodes as numbers without large holes, and the name that each number had.

    Nodes may be called as in their source (numbers of ten digits), and cost no more memory for that.
    """
    most = max((int(part.max(initial=0)) for part in (tails, heads, others)), default=0)
    if most < 8 * (2 * len(tails) + len(others)):
        return tails, heads, others, np.arange(most + 1)
    name = np.unique(np.concatenate([tails, heads, others]))
    return *(np.searchsorted(name, part) for part in (tails, heads, others)), name  # type: ignore[return-value]


def number(
    tails: IntVector, heads: IntVector, cost: FloatVector, n: int, special: FloatVector | None = None
) -> Corridors:
    """Canonical numbering; `special` (a number a node, e.g. 1 for wanted) comes first in the ranking,
    largest first.
    """
    loops = tails == heads
    position = np.flatnonzero(~loops) if loops.any() else np.arange(len(tails), dtype=np.int64)
    a, b, c = tails[position], heads[position], cost[position]
    least, second = _two_cheapest(a, b, c, n)
    head = np.zeros(n) if special is None else -special
    name = np.lexsort((np.arange(n), second, least, head)).astype(np.int64)
    rank = np.empty(n, dtype=np.int64)
    rank[name] = np.arange(n)
    low, high = np.minimum(rank[a], rank[b]), np.maximum(rank[a], rank[b])
    order = np.lexsort((position, c, high, low))
    # Of parallel corridors only the cheapest can be in a least-cost plan of single edges; callers that need
    # all of them (rings) number for themselves.
    return Corridors(n, low[order], high[order], c[order], position[order], name)


def _two_cheapest(a: IntVector, b: IntVector, c: FloatVector, n: int) -> tuple[FloatVector, FloatVector]:
    """The costs of the cheapest and second cheapest edge at each node (inf where there is none)."""
    node = np.concatenate([a, b])
    price = np.concatenate([c, c])
    order = np.lexsort((price, node))
    node, price = node[order], price[order]
    start = np.searchsorted(node, np.arange(n + 1))
    degree = np.diff(start)
    padded = np.append(price, [np.inf, np.inf])
    least = np.where(degree > 0, padded[np.minimum(start[:-1], len(price))], np.inf)
    second = np.where(degree > 1, padded[np.minimum(start[:-1] + 1, len(price))], np.inf)
    return least, second


def settled(bound: float, value: float) -> float:
    """The bound, or the value itself if they differ by less than one part in a billion: that is rounding."""
    return value if abs(bound - value) <= 1e-9 * abs(value) else bound


def pieces(n: int, tails: IntVector, heads: IntVector) -> IntVector:
    """The connected piece each node is in, numbered by first appearance."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    matrix = coo_matrix((np.ones(len(tails), dtype=np.int8), (tails, heads)), shape=(n, n))
    label: Any = connected_components(matrix, directed=False)[1]
    return np.asarray(label, dtype=np.int64)
