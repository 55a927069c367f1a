"""The cheapest missing route from the network as awarded so far to every place, kept as awards are made.

A decrease-only shortest-path forest in whole cents: awarding a route can only bring places nearer, so an
award touches the part of the country that comes nearer and nothing else. Along with its price each node
carries what its route would reach and which crews and offices it would need.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.models.cost import Prices

FAR = np.iinfo(np.int64).max


class Frontier:
    """Cheapest missing routes, by node.

    Attributes
    ----------
    cents : (nodes,) price of the spans that are missing on the way to the node, `FAR` if there is no way.
    people, places_cents, metres, needs : (nodes,) summed along that way: residents of unserved places of
        the phase, price of their access nodes, length, and the union of `span_needs`. The part of the
        way that is there already adds nothing.
    """

    def __init__(
        self,
        country: Country,
        prices: Prices,
        open_spans: NDArray[np.bool_],
        awarded_spans: Iterable[int],
        sources: Iterable[int],
        wanted: NDArray[np.bool_],
        span_needs: Sequence[int],
    ) -> None:
        self._adjacent = country.adjacent
        self._ends = list(zip(country.u.tolist(), country.v.tolist(), strict=True))
        # A missing span that costs nothing is still missing: 0 means that it is there.
        self._price: list[int] = np.maximum(prices.span, 1).tolist()
        self._node_price: list[int] = prices.node.tolist()
        self._metres: list[int] = np.rint(country.km * 1000).astype(np.int64).tolist()
        self._residents: list[int] = country.population.tolist()
        self._needs = list(span_needs)
        self._open = open_spans.tolist()
        self._wanted = wanted.tolist()
        for span in awarded_spans:
            self._make_free(span)
        n = len(country.ids)
        self.cents = np.full(n, FAR, dtype=np.int64)
        self.people, self.places_cents, self.metres, self.needs = (
            np.zeros(n, dtype=np.int64) for _ in range(4)
        )
        self._before: list[tuple[int, int]] = [(-1, -1)] * n
        self._start(sources)

    def open(self, spans: Iterable[int]) -> None:
        """Let routes use these spans from now on."""
        touched: set[int] = set()
        for span in spans:
            self._open[span] = True
            touched.add(span)
        heads = [
            node
            for node in range(len(self._adjacent))
            if self.cents[node] < FAR and any(span in touched for _, span in self._adjacent[node])
        ]
        self._spread([(int(self.cents[node]), node) for node in heads])

    def want(self, wanted: NDArray[np.bool_]) -> None:
        """Change which places are to be served (a phase begins, an area opens): sums are made anew."""
        self._wanted = wanted.tolist()
        self._start(np.flatnonzero(self.cents == 0).tolist())

    def route(self, node: int) -> tuple[list[int], list[int]]:
        """The missing spans on the way to a node, network side first, and the unserved places on it."""
        spans: list[int] = []
        places: list[int] = []
        at = node
        while True:
            if self._wanted[at] and (at == node or self.cents[at] > 0):
                places.append(at)
            if self.cents[at] == 0:
                break
            at, span = self._before[at]
            spans.append(span)
        return spans[::-1], places[::-1]

    def root(self, spans: Sequence[int], target: int) -> int:
        """The node at which a route leaves the network."""
        at = target
        for span in reversed(spans):
            a, b = self._ends[span]
            at = b if at == a else a
        return at

    def award(self, spans: Iterable[int], places: Iterable[int]) -> None:
        """These spans are on their way, and these places no longer wait."""
        heads: set[int] = set()
        for place in places:
            self._wanted[place] = False
            heads.add(place)
        for span in spans:
            self._make_free(span)
            heads.update(self._ends[span])
        for node in heads:
            if self.cents[node] < FAR:
                self._set(node, 0, -1, -1)
        self._spread([(0, node) for node in sorted(heads) if self.cents[node] == 0])

    def own(self, node: int) -> tuple[int, int]:
        """What a place at the network's edge adds on its own: residents, price of its access node."""
        return self._residents[node], self._node_price[node]

    # ---- inside -------------------------------------------------------------------------------
    def _make_free(self, span: int) -> None:
        self._price[span] = 0
        self._metres[span] = 0
        self._needs[span] = 0

    def _start(self, sources: Iterable[int]) -> None:
        self.cents.fill(FAR)
        heap = []
        for node in sorted(set(sources)):
            self._set(node, 0, -1, -1)
            heap.append((0, node))
        self._spread(heap)

    def _set(self, node: int, cents: int, before: int, span: int) -> None:
        self.cents[node] = cents
        self._before[node] = (before, span)
        if cents == 0:
            self.people[node] = self.places_cents[node] = self.metres[node] = self.needs[node] = 0
            return
        own, price = self.own(node) if self._wanted[node] else (0, 0)
        self.people[node] = self.people[before] + own
        self.places_cents[node] = self.places_cents[before] + price
        self.metres[node] = self.metres[before] + self._metres[span]
        self.needs[node] = self.needs[before] | self._needs[span]

    def _spread(self, heap: list[tuple[int, int]]) -> None:
        heapq.heapify(heap)
        while heap:
            cents, node = heapq.heappop(heap)
            if cents > self.cents[node]:
                continue
            for other, span in self._adjacent[node]:
                if not self._open[span]:
                    continue
                reach = cents + self._price[span]
                if reach < self.cents[other]:
                    self._set(other, reach, node, span)
                    heapq.heappush(heap, (reach, other))
