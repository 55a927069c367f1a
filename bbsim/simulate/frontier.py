"""The cheapest missing route from the network as awarded so far to every place, kept as awards are made.

A decrease-only shortest-path forest in whole cents: awarding a route can only bring places nearer, so an
award touches the part of the country that comes nearer and nothing else. Along with its price each node
carries what its route would reach and which crews and offices it would need.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.models.cost import Prices
from bbsim.planning.corridors import have_numba

FAR: int = np.iinfo(np.int64).max
NOTHING = (0, 0, 0, 0)


# From so many nodes on the compiled twin saves more than numba takes to start (measured, 0.4 s).
COMPILED_FROM = 4_000


def frontier_of(country: Country, *given: Any) -> Frontier:
    """A `Frontier` of what is given, compiled where the country is large and numba is there."""
    if len(country.ids) < COMPILED_FROM or not have_numba():
        return Frontier(country, *given)
    from bbsim.simulate._frontier_compiled import CompiledFrontier

    return CompiledFrontier(country, *given)


class Frontier:
    """Cheapest missing routes, by node.

    Attributes
    ----------
    cents : (nodes,) price of the spans that are missing on the way to the node, `FAR` if there is no way.
    people, places_cents, metres, needs : (nodes,) summed along that way: residents of unserved places of
        the phase, price of their access nodes, length, and the union of `span_needs`. The part of the
        way that is there already adds nothing.
    candidate : (nodes,) whether the place is wanted and can be reached.
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
        self._keep(country, prices, open_spans, wanted, span_needs)
        for span in awarded_spans:
            self._make_free(span)
        n = len(country.ids)
        self._cents: list[int] = [FAR] * n
        # Along the way: people, price of places, metres, needs.
        self._along: list[tuple[int, int, int, int]] = [NOTHING] * n
        self._before: list[tuple[int, int]] = [(-1, -1)] * n
        self._touched: set[int] = set()
        self.cents, self.people, self.places_cents, self.metres, self.needs = (
            np.zeros(n, dtype=np.int64) for _ in range(5)
        )
        self.candidate = np.zeros(n, dtype=bool)
        self._changed: list[list[int]] = []
        self._start(sources)

    def _keep(
        self,
        country: Country,
        prices: Prices,
        open_spans: NDArray[np.bool_],
        wanted: NDArray[np.bool_],
        span_needs: Sequence[int],
    ) -> None:
        # A missing span that costs nothing is still missing: 0 means that it is there.
        self._price: list[int] = np.maximum(prices.span, 1).tolist()
        self._node_price: list[int] = prices.node.tolist()
        self._metres: list[int] = np.rint(country.km * 1000).astype(np.int64).tolist()
        self._residents: list[int] = country.population.tolist()
        self._needs = list(span_needs)
        self._open = open_spans.tolist()
        self._wanted = wanted.tolist()

    def open(self, spans: Iterable[int]) -> None:
        """Let routes use these spans from now on."""
        touched: set[int] = set()
        for span in spans:
            self._open[span] = True
            touched.add(span)
        heads = [
            node
            for node in range(len(self._adjacent))
            if self._cents[node] < FAR and any(span in touched for _, span in self._adjacent[node])
        ]
        self._spread([(self._cents[node], node) for node in heads])

    def want(self, wanted: NDArray[np.bool_]) -> None:
        """Change which places are to be served (a phase begins, an area opens): sums are made anew."""
        self._wanted = wanted.tolist()
        self._start([node for node, cents in enumerate(self._cents) if cents == 0])

    def route(self, node: int) -> tuple[list[int], list[int]]:
        """The missing spans on the way to a node, network side first, and the unserved places on it."""
        spans: list[int] = []
        places: list[int] = []
        at = node
        while True:
            if self._wanted[at] and (at == node or self._cents_to(at) > 0):
                places.append(at)
            if self._cents_to(at) == 0:
                break
            at, span = self._step(at)
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
            self._touched.add(place)
            heads.add(place)
        for span in spans:
            self._make_free(span)
            heads.update(self._ends[span])
        for node in heads:
            if self._cents[node] < FAR:
                self._set(node, 0, -1, -1)
        self._spread([(0, node) for node in sorted(heads) if self._cents[node] == 0])

    def changed(self) -> NDArray[np.int64]:
        """The nodes whose entries of the arrays were written since this was last asked, each once."""
        out = np.unique(np.array([node for some in self._changed for node in some], dtype=np.int64))
        self._changed.clear()
        return out

    def own(self, node: int) -> tuple[int, int]:
        """What a place at the network's edge adds on its own: residents, price of its access node."""
        return self._residents[node], self._node_price[node]

    # ---- inside -------------------------------------------------------------------------------
    def _cents_to(self, node: int) -> int:
        return self._cents[node]

    def _step(self, node: int) -> tuple[int, int]:
        """The node before one on its way, and the span between them."""
        return self._before[node]

    def _make_free(self, span: int) -> None:
        self._price[span] = 0
        self._metres[span] = 0
        self._needs[span] = 0

    def _start(self, sources: Iterable[int]) -> None:
        count = len(self._cents)
        self._cents = [FAR] * count
        self._touched.update(range(count))
        heap = []
        for node in sorted(set(sources)):
            self._set(node, 0, -1, -1)
            heap.append((0, node))
        self._spread(heap)

    def _set(self, node: int, cents: int, before: int, span: int) -> None:
        self._cents[node] = cents
        self._before[node] = (before, span)
        self._touched.add(node)
        if cents == 0:
            self._along[node] = NOTHING
            return
        people, places, metres, needs = self._along[before]
        if self._wanted[node]:
            own, price = self.own(node)
            people, places = people + own, places + price
        self._along[node] = people, places, metres + self._metres[span], needs | self._needs[span]

    def _spread(self, heap: list[tuple[int, int]]) -> None:
        """Pass on what has come nearer, and bring the arrays up to date."""
        known, price, is_open = self._cents, self._price, self._open
        heapq.heapify(heap)
        while heap:
            cents, node = heapq.heappop(heap)
            if cents > known[node]:
                continue
            for other, span in self._adjacent[node]:
                reach = cents + price[span]
                if reach < known[other] and is_open[span]:
                    self._set(other, reach, node, span)
                    heapq.heappush(heap, (reach, other))
        self._show()

    def _show(self) -> None:
        """Write into the arrays what has changed in the lists, which are faster one entry at a time."""
        at = list(self._touched)
        if not at:
            return
        self._changed.append(at)
        self._touched.clear()
        self.cents[at] = [self._cents[node] for node in at]
        along = np.array([self._along[node] for node in at], dtype=np.int64).reshape(-1, 4)
        for column, array in enumerate((self.people, self.places_cents, self.metres, self.needs)):
            array[at] = along[:, column]
        self.candidate[at] = [self._wanted[node] and self._cents[node] < FAR for node in at]
