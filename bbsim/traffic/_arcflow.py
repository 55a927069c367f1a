"""Linear programs with a variable for each destination and arc; the matrices are laid out once.

Rows: what leaves a node for a destination less what comes in is what the node's demands send there; what all
destinations put on an edge is at most its capacity.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from bbsim.errors import ModelError
from bbsim.traffic._arrays import Floats, Ints, distinct, sums

_EXACT = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}


class ArcFlow:
    """Flows of all demands over edges of some capacity, a commodity for each destination."""

    def __init__(
        self, nodes: int, u: Ints, v: Ints, capacity: Floats, km: Floats, src: Ints, dst: Ints, directed: bool
    ) -> None:
        from scipy.sparse import csr_matrix

        self.roots, row = distinct(dst, nodes)
        self.shape = self.roots.size, nodes
        arcs = 2 * u.size
        every = np.arange(self.roots.size)[:, None]
        tail, head = np.stack([u, v], axis=1).ravel(), np.stack([v, u], axis=1).ravel()
        column = every * arcs + np.arange(arcs)
        # The root's own row follows from the others and is left out.
        row_of = np.full(self.shape, -1, dtype=np.int64)
        keep = np.arange(nodes)[None, :] != self.roots[:, None]
        row_of[keep] = np.arange(int(keep.sum()))
        place = [row_of[every, end] for end in (tail, head)]
        entries = np.concatenate([part.ravel() for part in place])
        values = np.repeat([1.0, -1.0], column.size)
        good = entries >= 0
        size = int(keep.sum()), column.size
        at = np.tile(column.ravel(), 2)[good], entries[good]
        self.balance: Any = csr_matrix((values[good], (at[1], at[0])), shape=size)
        finite = np.isfinite(capacity)
        pool = np.arange(arcs) if directed else np.arange(arcs) // 2
        limit = np.repeat(capacity, 2) if directed else capacity
        some = np.repeat(finite, 2)
        number = np.cumsum(np.repeat(finite, 2) if directed else finite) - 1
        rows = np.tile(number[pool[some]], self.roots.size)
        self.limit = limit[np.isfinite(limit)]
        ones = np.ones(rows.size)
        self.room: Any = csr_matrix((ones, (rows, column[:, some].ravel())), shape=(self.limit.size, size[1]))
        # No loops that cost nothing: every step costs at least a millionth of the longest.
        least = 1e-6 * max(float(km.max(initial=0.0)), 1e-9)
        self.cost = np.tile(np.repeat(np.maximum(km, least), 2), self.roots.size)
        self.at = row_of[row, src]

    def concurrent(self, demand: Floats) -> tuple[float, Floats]:
        """The largest common factor, and the price of each demand: Σ price × rate ≤ factor for all flows."""
        from scipy.sparse import csr_matrix, hstack

        scale = max(float(demand.max(initial=0.0)), 1e-300)
        sent = self._sent(demand / scale)
        rows = np.flatnonzero(sent)
        own = csr_matrix((-sent[rows], (rows, np.zeros(rows.size, dtype=np.int64))), shape=(sent.size, 1))
        empty = csr_matrix((self.limit.size, 1))
        found = self._solve(
            np.r_[np.zeros(self.cost.size), -1.0],
            hstack([self.balance, own], format="csr"),
            np.zeros(sent.size),
            hstack([self.room, empty], format="csr"),
            self.limit / scale,
        )
        price = np.maximum(found.eqlin.marginals[self.at], 0.0) / scale
        return float(found.x[-1]), price

    def most(self, demand: Floats) -> Floats:
        """Rates of the largest sum, none above its demand."""
        from scipy.sparse import csr_matrix, hstack

        count = demand.size
        if not count:
            return np.zeros(0)
        own = csr_matrix((-np.ones(count), (self.at, np.arange(count))), shape=(self.balance.shape[0], count))
        found = self._solve(
            np.r_[np.zeros(self.cost.size), -np.ones(count)],
            hstack([self.balance, own], format="csr"),
            np.zeros(self.balance.shape[0]),
            hstack([self.room, csr_matrix((self.limit.size, count))], format="csr"),
            self.limit,
            np.r_[np.full(self.cost.size, np.inf), demand],
        )
        rate: Floats = np.clip(found.x[self.cost.size :], 0.0, demand)
        return rate

    def cheapest(self, rate: Floats) -> Floats:
        """Flow on each arc for each destination, (destinations, 2 edges), of the least Gbit/s × length."""
        scale = max(float(rate.max(initial=0.0)), 1e-300)
        for less in (0.0, 1e-9, 1e-8):
            # What the solver's rounding may have given too much is taken off only if there is no flow else.
            sent = self._sent(rate / scale * (1.0 - less))
            try:
                found = self._solve(self.cost, self.balance, sent, self.room, self.limit / scale)
                break
            except ModelError:
                if less == 1e-8:
                    raise
        flow = np.asarray(found.x).reshape(self.shape[0], -1) * scale
        return np.where(flow > 1e-9 * flow.max(initial=0.0), flow, 0.0)

    def _sent(self, rate: Floats) -> Floats:
        return sums(self.at, rate, self.balance.shape[0])

    def _solve(
        self, cost: Floats, equal: Any, value: Floats, below: Any, limit: Floats, top: Floats | None = None
    ) -> Any:
        from scipy.optimize import linprog

        bounds: Any = (0.0, None) if top is None else np.stack([np.zeros(top.size), top], axis=1)
        options: Any = _EXACT
        found = linprog(
            cost,
            A_ub=below,
            b_ub=limit,
            A_eq=equal,
            b_eq=value,
            bounds=bounds,
            method="highs-ds",
            options=options,
        )
        if found.status != 0:
            raise ModelError(f"optimal: HiGHS gave up: {found.message}")
        return found
