"""Plain arrays in, checked arrays out: every public function of this room takes its input through here.

A wrong array is the caller's mistake and is told as a `ValueError` that names the argument, the first
offending position and the value seen there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def node_ids(name: str, given: ArrayLike, size: int | None = None, like: str = "") -> Ints:
    """`given` as a one-dimensional array of non-negative integers."""
    array = np.asarray(given)
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions, wanted a flat array of node ids")
    if array.size == 0:
        array = array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise ValueError(f"{name} holds {array.dtype}, wanted whole numbers (node ids)")
    _same_size(name, array.size, size, like)
    ids = array.astype(np.int64, copy=False)
    if ids.size and ids.min() < 0:
        at = int(np.argmax(ids < 0))
        raise ValueError(f"{name}[{at}] is {ids[at]}, wanted a node id of 0 or more")
    return ids


def amounts(
    name: str, given: ArrayLike, size: int | None = None, like: str = "", *, infinite: bool = False
) -> Floats:
    """`given` as a one-dimensional array of floats of 0 or more; infinity only where it has a meaning."""
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} is not an array of numbers: {error}") from None
    if array.ndim != 1:
        raise ValueError(f"{name} has {array.ndim} dimensions, wanted a flat array")
    _same_size(name, array.size, size, like)
    # One pass finds NaN as well, because no comparison with NaN holds.
    good = (array >= 0.0) if infinite else ((array >= 0.0) & (array < np.inf))
    if not good.all():
        at = int(np.argmin(good))
        wanted = "0 or more" if infinite else "finite and 0 or more"
        raise ValueError(f"{name}[{at}] is {array[at]}, wanted {wanted}")
    return array


def weights(given: ArrayLike | None, demand_gbps: Floats) -> Floats | None:
    """Weights of fairness; a weight of 0 is fine only where nothing is asked for."""
    if given is None:
        return None
    weight = amounts("weight", given, demand_gbps.size, "demand_gbps")
    bad = (weight == 0.0) & (demand_gbps > 0.0)
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(
            f"weight[{at}] is 0 but demand_gbps[{at}] is {demand_gbps[at]}, wanted a weight above 0"
        )
    return weight


def _same_size(name: str, seen: int, wanted: int | None, like: str) -> None:
    if wanted is not None and seen != wanted:
        raise ValueError(f"{name} has {seen} entries but {like} has {wanted}, wanted as many")


def usable_mask(usable: ArrayLike | None, size: int) -> Bools | None:
    """Which of `size` edges can be used, checked; None for all of them."""
    if usable is None:
        return None
    mask = np.asarray(usable)
    if mask.dtype != np.bool_ or mask.shape != (size,):
        raise ValueError(f"usable is {mask.dtype} of shape {mask.shape}, wanted bool of shape ({size},)")
    return mask


@dataclass(frozen=True, slots=True)
class Ends:
    """Edges and demands on nodes numbered 0 .. nodes − 1, in the order of the caller's ids."""

    nodes: int
    u: Ints
    v: Ints
    src: Ints
    dst: Ints


def ends(u: ArrayLike, v: ArrayLike, src: ArrayLike, dst: ArrayLike) -> Ends:
    """Check the ids of edges and demands; ids far apart are renumbered densely, in the same order."""
    u, v = node_ids("u", u), np.asarray(v)
    v = node_ids("v", v, u.size, "u")
    src = node_ids("src", src)
    dst = node_ids("dst", dst, src.size, "src")
    parts = [u, v, src, dst]
    largest = max((int(part.max()) for part in parts if part.size), default=-1)
    if largest < 1024 + 4 * sum(part.size for part in parts):
        return Ends(largest + 1, u, v, src, dst)
    known, dense = np.unique(np.concatenate(parts), return_inverse=True)
    u, v, src, dst = np.split(dense.astype(np.int64), np.cumsum([part.size for part in parts])[:-1])
    return Ends(known.size, u, v, src, dst)


def distinct(ids: Ints, nodes: int) -> tuple[Ints, Ints]:
    """The distinct ids in ascending order, and the place of each id among them."""
    seen = np.zeros(nodes, dtype=np.bool_)
    seen[ids] = True
    return np.flatnonzero(seen), (np.cumsum(seen) - 1)[ids]


def spread(start: Ints, size: Ints) -> Ints:
    """Positions ``start[i] .. start[i] + size[i] − 1`` for all i, one after the other.

    >>> spread(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    total = np.cumsum(size)
    place: Ints = np.repeat(start - (total - size), size)
    place += np.arange(place.size)
    return place


def sums(places: Ints, values: Floats, count: int) -> Floats:
    """Sum of the values at each of the places 0 .. count − 1, added in the order given."""
    return np.bincount(places, weights=values, minlength=count).astype(np.float64, copy=False)
