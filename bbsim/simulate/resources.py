"""Crews and permit desks: a number of servers before a heap of those who wait, earliest award first.

simpy's own priority queue sorts a list at every arrival, which is quadratic in the queue; this is a heap.
"""

from __future__ import annotations

import heapq

import simpy


class Servers:
    """Identical servers; whoever waits is called in order of (key, arrival)."""

    def __init__(self, env: simpy.Environment, count: int) -> None:
        self._env = env
        self.count = count
        self.idle = count
        self._queue: list[tuple[tuple[int, ...], int, simpy.Event]] = []
        self._arrivals = 0

    @property
    def queue(self) -> int:
        """How many wait."""
        return len(self._queue)

    def request(self, key: tuple[int, ...]) -> simpy.Event | None:
        """Take a server: ``None`` if one is yours now, else the event that will say so."""
        if self.idle:
            self.idle -= 1
            return None
        turn = self._env.event()
        heapq.heappush(self._queue, (key, self._arrivals, turn))
        self._arrivals += 1
        return turn

    def release(self) -> None:
        """Give the server back: to the first in the queue, if anybody waits."""
        if self._queue:
            heapq.heappop(self._queue)[2].succeed()
        else:
            self.idle += 1
