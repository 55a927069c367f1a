"""How far people have to a centre: the shortest way along corridors, in minutes and in kilometres.

People start at their place's node, so that inside a place the way is nothing. Corridors in closed areas are
not travelled; where there is no way, the distance is infinite.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.sections.sites import Travel

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ways:
    """The quickest and the shortest ways from some nodes to all (Dijkstra's algorithm), found when asked.

    The two need not be the same way.

    Attributes
    ----------
    nodes : (centres,) where they begin.
    """

    nodes: Ints
    _country: Country
    _usable: NDArray[np.bool_]
    _span_minutes: Floats

    @cached_property
    def minutes(self) -> Floats:
        """(centres, nodes) length of the quickest; infinity if there is none."""
        return self._along(self._span_minutes)

    @cached_property
    def km(self) -> Floats:
        """(centres, nodes) length of the shortest; infinity if there is none."""
        return self._along(self._country.km)

    def _along(self, length: Floats) -> Floats:
        from scipy.sparse.csgraph import dijkstra

        if not len(self.nodes):
            return np.zeros((0, len(self._country.ids)))
        return np.asarray(dijkstra(_graph(self._country, self._usable, length), indices=self.nodes))


def ways(country: Country, travel: Travel, nodes: Ints, open_spans: NDArray[np.bool_]) -> Ways:
    """The ways from some nodes to every node.

    Parameters
    ----------
    nodes : positions of the centres' places, each once.
    open_spans : (spans,) which corridors may be travelled.
    """
    usable, minutes = span_minutes(country, travel)
    return Ways(np.asarray(nodes, dtype=np.int64), country, usable & open_spans, minutes)


def span_minutes(country: Country, travel: Travel) -> tuple[NDArray[np.bool_], Floats]:
    """(spans,) whether people travel along it, and minutes from its one end to the other."""
    speed: dict[Any, float] = dict(travel.speed_kmh)
    kmh = np.array([speed.get(terrain, 0.0) for terrain in country.terrain])
    along = np.array([follows in travel.follows for follows in country.follows], dtype=bool)
    usable = along & (kmh > 0)
    return usable, np.where(usable, country.km * 60.0 / np.where(kmh > 0, kmh, 1.0), np.inf)


def _graph(country: Country, usable: NDArray[np.bool_], length: Floats) -> csr_array:
    """One edge between two nodes, told from both: the shortest of those that join them.

    A sparse matrix takes an edge of no length for none, so such a one has the least length there is.
    """
    from scipy.sparse import csr_array

    n = len(country.ids)
    spans = np.flatnonzero(usable)
    low, high = (pick(country.u[spans], country.v[spans]) for pick in (np.minimum, np.maximum))
    order = np.lexsort((length[spans], high, low))
    low, high, spans = low[order], high[order], spans[order]
    first = np.ones(len(spans), dtype=bool)
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    weight = np.maximum(length[spans[first]], np.finfo(np.float64).tiny)
    low, high = low[first], high[first]
    ends = np.concatenate([low, high]), np.concatenate([high, low])
    return csr_array((np.concatenate([weight, weight]), ends), shape=(n, n))
