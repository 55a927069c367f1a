"""The frontier of a large country: the search of `bbsim.simulate.frontier` over arrays, compiled by numba.

Only imported when numba is there. Prices are whole cents and ties go by node, so that every route is the one
that the plain twin finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.models.cost import Prices
from bbsim.simulate.frontier import FAR, Frontier

Ints = NDArray[np.int64]


class CompiledFrontier(Frontier):
    """A `Frontier` whose lists are arrays: what it says is the same."""

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
        n = len(country.ids)
        arcs = [len(near) for near in country.adjacent]
        self._first = np.concatenate([[0], np.cumsum(arcs)]).astype(np.int64)
        flat = np.array([arc for near in country.adjacent for arc in near], dtype=np.int32).reshape(-1, 2)
        self._other, self._by = np.ascontiguousarray(flat[:, 0]), np.ascontiguousarray(flat[:, 1])
        # A node stands in the heap once as a head, and once for each arc by which it came nearer.
        room = len(flat) + n + 1
        self._key, self._item = np.empty(room, dtype=np.int64), np.empty(room, dtype=np.int32)
        self._mark, self._found, self._count = np.zeros(n, dtype=bool), np.empty(n, dtype=np.int64), 0
        self._back, self._through = np.full(n, -1, dtype=np.int64), np.full(n, -1, dtype=np.int64)
        super().__init__(country, prices, open_spans, awarded_spans, sources, wanted, span_needs)

    def _keep(
        self, country: Country, prices: Prices, open_spans: Any, wanted: Any, span_needs: Sequence[int]
    ) -> None:
        self._price: Any = np.maximum(prices.span, 1)
        self._node_price: Any = prices.node.astype(np.int64)
        self._metres: Any = np.rint(country.km * 1000).astype(np.int64)
        self._residents: Any = country.population.astype(np.int64)
        self._needs: Any = np.array(span_needs, dtype=np.int64)
        self._open: Any = open_spans.copy()
        self._wanted: Any = wanted.copy()

    def open(self, spans: Iterable[int]) -> None:
        """Let routes use these spans from now on."""
        opened = list(spans)
        self._open[opened] = True
        ends = sorted({node for span in opened for node in self._ends[span]})
        self._search([node for node in ends if self.cents[node] < FAR])

    def want(self, wanted: NDArray[np.bool_]) -> None:
        """Change which places are to be served (a phase begins, an area opens): sums are made anew."""
        self._wanted = wanted.copy()
        self._start(np.flatnonzero(self.cents == 0).tolist())

    def award(self, spans: Iterable[int], places: Iterable[int]) -> None:
        """These spans are on their way, and these places no longer wait."""
        heads: set[int] = set()
        for place in places:
            self._wanted[place] = False
            self._touch(place)
            heads.add(place)
        for span in spans:
            self._make_free(span)
            heads.update(self._ends[span])
        known = [node for node in sorted(heads) if self.cents[node] < FAR]
        for node in known:
            self._begin_at(node)
        self._search(known)

    # ---- inside -------------------------------------------------------------------------------
    def _cents_to(self, node: int) -> int:
        return int(self.cents[node])

    def _step(self, node: int) -> tuple[int, int]:
        return int(self._back[node]), int(self._through[node])

    def _start(self, sources: Iterable[int]) -> None:
        self.cents.fill(FAR)
        self._mark.fill(True)
        self._found[:] = np.arange(len(self._found))
        self._count = len(self._found)
        heads = sorted(set(sources))
        for node in heads:
            self._begin_at(node)
        self._search(heads)

    def _touch(self, node: int) -> None:
        if not self._mark[node]:
            self._mark[node] = True
            self._found[self._count] = node
            self._count += 1

    def _begin_at(self, node: int) -> None:
        """Nothing is missing on the way to a node."""
        self._touch(node)
        for array in (self.cents, self.people, self.places_cents, self.metres, self.needs):
            array[node] = 0
        self._back[node] = self._through[node] = -1

    def _search(self, heads: Sequence[int]) -> None:
        """Pass on what has come nearer."""
        given: list[Any] = [self._first, self._other, self._by, self._price, self._open]
        given += [self._wanted, self._residents, self._node_price, self._metres, self._needs]
        given += [self.cents, self.people, self.places_cents, self.metres, self.needs, self.candidate]
        given += [self._back, self._through, self._key, self._item, self._mark, self._found, self._count]
        count = _spread(np.array(heads, dtype=np.int64), *given)
        self._changed.append(self._found[:count].tolist())
        self._count = 0


@njit(cache=True)
def _push(key: Any, item: Any, at: int, cents: int, node: int) -> None:
    """Put an entry behind the last, at place `at`, and let it rise; the order is by cents, then by node."""
    while at > 0:
        above = (at - 1) >> 1
        if key[above] < cents or (key[above] == cents and item[above] <= node):
            break
        key[at], item[at] = key[above], item[above]
        at = above
    key[at], item[at] = cents, node


@njit(cache=True)
def _drop(key: Any, item: Any, size: int) -> None:
    """Take the first entry out; `size` are left, of which the last stands behind them."""
    cents, node, at = key[size], item[size], 0
    while 2 * at + 1 < size:
        low = 2 * at + 1
        if low + 1 < size and (
            key[low + 1] < key[low] or (key[low + 1] == key[low] and item[low + 1] < item[low])
        ):
            low += 1
        if cents < key[low] or (cents == key[low] and node <= item[low]):
            break
        key[at], item[at] = key[low], item[low]
        at = low
    key[at], item[at] = cents, node


@njit(cache=True)
def _spread(
    heads: Any,
    first: Any,
    other: Any,
    by: Any,
    price: Any,
    is_open: Any,
    wanted: Any,
    residents: Any,
    node_price: Any,
    length: Any,
    span_needs: Any,
    cents: Any,
    people: Any,
    places: Any,
    metres: Any,
    needs: Any,
    candidate: Any,
    back: Any,
    through: Any,
    key: Any,
    item: Any,
    mark: Any,
    found: Any,
    count: int,
) -> int:
    """`Frontier._spread` and `_show`; how many nodes were written to, which stand in `found`."""
    size = 0
    for node in heads:
        _push(key, item, size, cents[node], node)
        size += 1
    while size:
        nearest, node = key[0], item[0]
        size -= 1
        _drop(key, item, size)
        if nearest > cents[node]:
            continue
        for at in range(first[node], first[node + 1]):
            near, span = other[at], by[at]
            reach = nearest + price[span]
            if reach < cents[near] and is_open[span]:
                cents[near], back[near], through[near] = reach, node, span
                more = wanted[near] and reach > 0
                people[near] = people[node] + (residents[near] if more else 0) if reach else 0
                places[near] = places[node] + (node_price[near] if more else 0) if reach else 0
                metres[near] = metres[node] + length[span] if reach else 0
                needs[near] = needs[node] | span_needs[span] if reach else 0
                if not mark[near]:
                    mark[near] = True
                    found[count] = near
                    count += 1
                _push(key, item, size, reach, near)
                size += 1
    for i in range(count):
        node = found[i]
        mark[node] = False
        candidate[node] = wanted[node] and cents[node] < FAR
    return count
