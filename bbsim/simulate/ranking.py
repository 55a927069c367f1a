"""Whose route comes next, kept from one award to the next.

Each candidate's score, price and turn stand in arrays. An award touches few routes: only those are scored
again, if the priority model scores each candidate by itself, and they take their new place in a heap beside
the order that was sorted at the beginning of the meeting.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

from bbsim.models.answers import asked, numbers
from bbsim.models.priority import Candidates
from bbsim.simulate.frontier import Frontier
from bbsim.simulate.world import World

Ints = NDArray[np.int64]
# Where more than one in so many nodes has changed, sorting anew is quicker than one after the other.
MANY = 8


class Ranking:
    """The candidates by turn, then by score, then by price.

    Attributes
    ----------
    score, usd : (nodes,) of the candidates: what the priority model says, and price of the route and of the
        access nodes on it.
    """

    def __init__(self, world: World, turn: Ints, planned: Ints) -> None:
        n = len(world.country.ids)
        self._world, self._turn, self._planned = world, turn, planned
        self._alone = bool(getattr(world.models.priority, "each_alone", False))
        self.score, self.usd = np.zeros(n), np.zeros(n)
        self._frontier: Frontier | None = None
        # Those that nothing blocked when they were sorted, how far they have been gone through, and those
        # whose route has changed since.
        self._sorted: list[int] | None = None
        self._at = 0
        self._moved = np.zeros(n, dtype=bool)
        self._heap: list[tuple[int, float, float, int]] = []

    def follow(self, frontier: Frontier) -> None:
        """Score whoever's route has changed since the last look."""
        if frontier is not self._frontier:
            self._frontier, self._sorted = frontier, None
        changed = frontier.changed()
        if not len(changed):
            return
        if not self._alone:
            changed = np.flatnonzero(frontier.candidate)
        if len(changed) * MANY > len(self.score):
            self._sorted = None
        nodes = changed[frontier.candidate[changed]]
        if len(nodes):
            candidates = self._candidates(frontier, nodes)
            self.usd[nodes], self.score[nodes] = candidates.usd, self._scores(candidates)
        if self._sorted is not None:
            self._moved[changed] = True
            for key in self._keys(nodes):
                heapq.heappush(self._heap, key)

    def begin(self) -> None:
        """A meeting begins: who was blocked may be so no more."""
        self._sorted = None

    def first(self, blocked: int) -> int | None:
        """The candidate that is next among those that need nothing that is blocked (bits); None without any.

        Within a meeting more can become blocked, and nothing less.
        """
        frontier = self._frontier
        assert frontier is not None
        if self._sorted is None:
            self._sort(blocked)
            assert self._sorted is not None
        order, needs, candidate, moved = self._sorted, frontier.needs, frontier.candidate, self._moved
        while self._at < len(order):
            node = order[self._at]
            if candidate[node] and not moved[node] and not needs[node] & blocked:
                break
            self._at += 1
        while self._heap:
            _, score, usd, node = self._heap[0]
            stale = score != -self.score[node] or usd != self.usd[node]
            if candidate[node] and not stale and not needs[node] & blocked:
                break
            heapq.heappop(self._heap)
        if self._at < len(order):
            (best,) = self._keys(np.array([order[self._at]]))
            if not self._heap or best < self._heap[0]:
                return best[3]
        return self._heap[0][3] if self._heap else None

    def _sort(self, blocked: int) -> None:
        assert self._frontier is not None
        ready = np.flatnonzero(self._frontier.candidate & ((self._frontier.needs & blocked) == 0))
        order = np.lexsort((ready, self.usd[ready], -self.score[ready], self._turn[ready]))
        self._sorted, self._at = ready[order].tolist(), 0
        self._moved.fill(False)
        self._heap.clear()

    def _keys(self, nodes: Ints) -> list[tuple[int, float, float, int]]:
        """What the order goes by: what was promised first comes first, also where an area opens late."""
        columns = self._turn[nodes], -self.score[nodes], self.usd[nodes], nodes
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def _candidates(self, frontier: Frontier, nodes: Ints) -> Candidates:
        """What the routes to some places would bring and cost."""
        country, prices = self._world.country, self._world.prices
        edge = frontier.cents[nodes] == 0
        cents = frontier.cents[nodes] + np.where(edge, prices.node[nodes], frontier.places_cents[nodes])
        people = country.population[nodes]
        return Candidates(
            country=country,
            node=nodes,
            people=np.where(edge, people, frontier.people[nodes]),
            own_people=people,
            usd=cents / 100.0,
            km=frontier.metres[nodes] / 1000.0,
            planned=self._planned[nodes],
        )

    def _scores(self, candidates: Candidates) -> NDArray[np.float64]:
        world = self._world
        use, count = world.scenario.priority.use, len(candidates.node)
        with asked("priority", use, world.date()):
            answer = world.models.priority.score(candidates)
        return numbers(answer, count, role="priority", use=use, on=world.date()).astype(np.float64)
