"""How early could a set of projects possibly be done? Bounds for schedules with scarce resources.

Each bound relaxes something: the resources (critical path), the shape of projects (work spread like
water), or all but projects that exclude each other (cliques). The largest stands.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bbsim.planning.corridors.arrays import FloatVector

HALVINGS = 14


@dataclass(frozen=True, slots=True)
class Work:
    """Projects with the longest chains before (`head`) and after (`tail`) them; `whole`: all durations are
    integers.
    """

    duration: FloatVector
    need: FloatVector
    capacity: FloatVector
    head: FloatVector
    tail: FloatVector
    whole: bool

    def critical_path(self) -> float:
        """The longest chain."""
        return float((self.head + self.duration + self.tail).max())

    def heads_and_tails(self) -> float:
        """For each resource, the work of all projects with at least some head and some tail, between the
        two.
        """
        best = 0.0
        for r in np.flatnonzero(self.capacity > 0.0).tolist():
            share = self.need[:, r] / self.capacity[r]
            best = max(best, self._between(share * self.duration))
            # Two projects that hold more than half each run one after the other, however much they hold.
            best = max(best, self._between(np.where(share > 0.5, self.duration, 0.0)))
        return best

    def _between(self, work: FloatVector) -> float:
        busy = np.flatnonzero(work > 0.0)
        if len(busy) == 0:
            return 0.0
        by_tail = busy[np.lexsort((busy, -self.tail[busy]))]
        best = 0.0
        for head in np.unique(self.head[busy]).tolist():
            late = by_tail[self.head[by_tail] >= head]
            best = max(best, head + float((self._up(np.cumsum(work[late])) + self.tail[late]).max()))
        return best

    def _up(self, work: FloatVector) -> FloatVector:
        """Rounded up where schedules need only integers; never up by an error of rounding."""
        less = work - 1e-9 * (1.0 + work)
        return np.asarray(np.ceil(less) if self.whole else less)

    def cliques(self, before: list[list[int]], after: list[list[int]]) -> float:
        """Projects no two of which can run together, by resources or by precedence; found greedily from
        each.
        """
        n = len(self.duration)
        apart = np.zeros((n, n), dtype=bool)
        for r in range(len(self.capacity)):
            apart |= self.need[:, r][:, None] + self.need[:, r][None, :] > self.capacity[r] * (1.0 + 1e-9)
        order = np.argsort(self.head, kind="stable")
        reach = np.zeros((n, n), dtype=bool)
        waiting = [len(row) for row in before]
        line = [j for j in order.tolist() if waiting[j] == 0]
        for j in line:
            for s in after[j]:
                reach[s] |= reach[j]
                reach[s, j] = True
                waiting[s] -= 1
                if waiting[s] == 0:
                    line.append(s)
        apart |= reach | reach.T
        np.fill_diagonal(apart, False)
        best = 0.0
        by_length = np.lexsort((np.arange(n), -self.duration))
        for seed in range(n):
            members = [seed]
            possible = apart[seed].copy()
            for j in by_length.tolist():
                if possible[j]:
                    members.append(j)
                    possible &= apart[j]
            total = float(self.duration[members].sum())
            best = max(best, float(self.head[members].min()) + total + float(self.tail[members].min()))
        return best * (1.0 - 1e-12) if not self.whole else best

    def windows(self, known: float) -> float:
        """The largest end for which some window of time provably holds more work than it has room, by
        halving.
        """
        low, high = known, float(self.duration.sum()) + float(self.head.max())
        if self.whole:
            low, high = float(np.ceil(low - 1e-9)), float(np.ceil(high))
            while low < high:
                middle = float((low + high) // 2)
                if self._too_tight(middle):
                    low = middle + 1.0
                else:
                    high = middle
            return low
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            if self._too_tight(middle):
                low = middle
            else:
                high = middle
        return low

    def _too_tight(self, end: float) -> bool:
        """Whether some window [a, b] must hold more work than it has room if all is done by `end`."""
        days, head = self.duration, self.head
        due = end - self.tail
        starts = np.unique(np.concatenate([head, due - days]))
        ends = np.unique(np.concatenate([due, head + days]))
        live = self.capacity > 0.0
        for a in starts.tolist():
            # Pushed left the project is in the window for so long, pushed right for so long: at least the
            # less.
            left = np.clip(head + days - a, 0.0, days)
            b = ends[ends > a]
            right = np.clip(b[:, None] - (due - days)[None, :], 0.0, days[None, :])
            inside = np.minimum(np.minimum(left[None, :], right), (b - a)[:, None])
            load = np.einsum("bj,jr->br", inside, self.need[:, live])
            if np.any(load > self.capacity[live] * (b - a)[:, None] * (1.0 + 1e-9) + 1e-9):
                return True
        return False
