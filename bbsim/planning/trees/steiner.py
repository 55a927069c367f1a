"""The least-cost network joining given places over a corridor graph, with a bound that says how near the
best it is.

Junctions are free to use. `fast` joins the regions around the places and exchanges once. The others first
strike corridors that no least-cost tree uses; `standard` then starts from several places, recombines the
trees found and improves each by local search, `thorough` from many; what a bound leaves over, if it is small
enough, ends with a programme of cuts. Every tree is checked before it is handed out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import (
    Corridors,
    IntVector,
    compact,
    number,
    pieces,
    read_edges,
    settled,
    whole_numbers,
)
from bbsim.planning.corridors.kernels import choose
from bbsim.planning.trees import quick_tree
from bbsim.planning.trees.arborescence import spanning_part
from bbsim.planning.trees.search import MODULES, Search
from bbsim.planning.trees.slimmed import slimmed

Effort = Literal["fast", "standard", "thorough"]
# ASSUMPTIONS, measured: programmes over so many ways (after all reductions) take some tenths of a second, on
# graphs as sparse as roads some seconds; those of `thorough` some seconds on any.
SPARSE = 2.0  # corridors a node
QUICK_WAYS = 250
ROAD_WAYS = 2_500
EXACT_WAYS = 2_500


@dataclass(frozen=True, slots=True)
class SteinerTree:
    """A tree joining all terminals.

    Attributes
    ----------
    edges : positions in the caller's `u`, ascending.
    cost : their sum, in the unit of `cost`.
    lower_bound : no tree joining the terminals costs less; never above `cost`.
    """

    edges: IntVector
    cost: float
    lower_bound: float

    @property
    def gap_share(self) -> float:
        """At most this share above the best possible (0: proven best)."""
        return (
            0.0
            if self.cost <= self.lower_bound
            else (self.cost - self.lower_bound) / max(self.lower_bound, 1e-300)
        )


def steiner_tree(
    u: npt.ArrayLike,
    v: npt.ArrayLike,
    cost: npt.ArrayLike,
    terminals: npt.ArrayLike,
    *,
    effort: Effort = "standard",
) -> SteinerTree:
    """Which corridors join all terminals at least cost?

    Parameters
    ----------
    u, v : ends of the corridors, node numbers from 0, shape (m,).
    cost : cost of each corridor in any unit, finite and not negative, shape (m,); 0 is kept (re-used fibre).
    terminals : nodes to be joined; repetitions are forgiven.
    effort : "fast", "standard" or "thorough".

    Raises
    ------
    ValueError : vectors that do not fit together, an unknown effort, no terminal, or terminals that no
        path joins.

    Notes
    -----
    Mehlhorn (1988) and one round of exchanges for `fast`; Takahashi & Matsuyama (1980) for the other trees;
    Wong (1984) for their bound (that of `fast` is half a spanning tree), raised by directed cuts (Koch &
    Martin 1998); Duin & Volgenant (1989) for what is struck; Uchoa & Werneck (2012) for the local search.

    Examples
    --------
    A junction in the middle of three places is worth using:

    >>> tree = steiner_tree([0, 1, 2, 0, 1], [3, 3, 3, 1, 2], [1.0, 1.0, 1.0, 1.9, 1.9], [0, 1, 2])
    >>> tree.edges.tolist(), tree.cost, tree.lower_bound
    ([0, 1, 2], 3.0, 3.0)
    """
    if effort not in ("fast", "standard", "thorough"):
        raise ValueError(f"effort must be fast, standard or thorough, got {effort!r}")
    tails, heads, price = read_edges(u, v, cost)
    wanted = whole_numbers(terminals, "terminals")
    if len(wanted) == 0:
        raise ValueError("terminals must name at least one node")
    tails, heads, wanted, name = compact(tails, heads, wanted)
    n = len(name)
    mask = np.zeros(n, dtype=np.int64)
    mask[wanted] = 1
    count = int(mask.sum())
    if count == 1:
        return SteinerTree(np.zeros(0, dtype=np.int64), 0.0, 0.0)
    if effort == "fast":
        engine = choose(quick_tree.MODULES, 12 * (n + len(tails)))
        chosen, bound = quick_tree.quick_tree(n, tails, heads, price, mask, engine)
        if len(chosen) < count - 1:
            _require_joined(name[mask > 0], pieces(n, tails, heads)[mask > 0])
    else:
        corridors = number(tails, heads, price, n, mask.astype(np.float64))
        _require_joined(name[corridors.name[:count]], pieces(n, corridors.u, corridors.v)[:count])
        engine = choose(MODULES, 2000 * (n + len(tails)))
        edges, bound = _searched(corridors, count, effort, engine)
        chosen = corridors.origin[edges]
    chosen = np.sort(chosen)
    total = math.fsum(price[chosen].tolist())
    if not _joins(engine, tails[chosen], heads[chosen], mask, count):
        raise AssertionError("the tree found is not a tree over all terminals; this is a fault of bbsim")
    return SteinerTree(chosen, total, max(0.0, settled(min(total, bound), total)))


def _searched(corridors: Corridors, count: int, effort: Effort, engine: Any) -> tuple[IntVector, float]:
    """The best tree found over the first `count` nodes and a bound; `standard` or `thorough`."""
    u, v, cost = corridors.u, corridors.v, corridors.cost
    left = slimmed(engine, u, v, cost, corridors.n, count)
    search = Search(left, engine)
    sparse = len(u) < SPARSE * corridors.n
    if effort == "standard":
        ways, bound = search.standard(ROAD_WAYS if sparse else QUICK_WAYS)
    else:
        ways, bound = search.thorough(EXACT_WAYS)
    wanted = (np.arange(corridors.n) < count).astype(np.int64)
    return spanning_part(u, v, cost, left.corridors(ways), wanted, 0), bound


def _require_joined(terminals: IntVector, label: IntVector) -> None:
    """`label` is the piece that each terminal is in."""
    start = int(np.argmin(terminals))
    lost = terminals[label != label[start]]
    if len(lost):
        shown = ", ".join(str(x) for x in np.sort(lost)[:10].tolist())
        more = f" and {len(lost) - 10} more" if len(lost) > 10 else ""
        raise ValueError(f"no corridors join terminal {terminals[start]} to {shown}{more}")


def _joins(engine: Any, tails: IntVector, heads: IntVector, mask: IntVector, count: int) -> bool:
    """Whether the edges are one tree over all marked nodes: an independent check of what is handed out."""
    if engine.compiled:
        return bool(engine.is_tree(engine.ints(tails), engine.ints(heads), engine.ints(mask), count))
    nodes = np.unique(np.concatenate([tails, heads]))
    label = pieces(len(nodes), np.searchsorted(nodes, tails), np.searchsorted(nodes, heads))
    one = len(nodes) == len(tails) + 1 and label.max(initial=0) == 0
    return bool(one and mask[nodes].sum() == count)
