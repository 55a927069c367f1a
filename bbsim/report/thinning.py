"""What one page shows of a country that is too large for a browser, and the words for what it leaves out.

The largest places, the spans that carry most, the dearest projects and the largest cities stay; nothing is
lost, as the tables and the GeoPackage beside the page hold everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.report.facts import Facts
from bbsim.report.geometry import people_with_parts
from bbsim.report.wording import count_text

Ints = NDArray[np.int64]
# Assumption: more than these make a page that opens slowly (some 5 MB), and a map on which nothing is seen.
MOST_PLACES, MOST_SPANS, MOST_PROJECTS, MOST_CITIES = 10_000, 30_000, 5_000, 2_000


@dataclass(frozen=True, eq=False)
class Thinned:
    """What is shown of a run's places, spans, projects and cities."""

    facts: Facts

    @cached_property
    def places(self) -> Ints:
        """Positions among `facts.places`, the largest last: the map draws them in this order."""
        people = people_with_parts(self.facts.run.country)[self.facts.places]
        return _last(np.lexsort((self.facts.places, people)), MOST_PLACES)

    @cached_property
    def spans(self) -> Ints:
        """Spans by index: those that carry most, then those that stand, then the longest."""
        country, table = self.facts.run.country, self.facts.run.tables["spans"]
        if len(country.span_ids) <= MOST_SPANS:
            return np.arange(len(country.span_ids))
        most, stands = np.zeros(len(country.span_ids)), np.zeros(len(country.span_ids), dtype=bool)
        if len(table["span"]):
            index = np.array([country.span_index[span] for span in table["span"]], dtype=np.int64)
            np.maximum.at(most, index, np.nan_to_num(np.asarray(table["load_gbps"], dtype=np.float64)))
            stands[index] = True  # the table has no span that is only proposed
        return np.sort(_last(np.lexsort((country.km, stands, most)), MOST_SPANS))

    @cached_property
    def projects(self) -> Ints:
        """Rows of the projects table that are routes: the dearest, in the table's order."""
        table = self.facts.run.tables["projects"]
        routes = np.flatnonzero(np.asarray(table["kind"]) == "route")
        usd = np.asarray(table["usd"], dtype=np.float64)[routes]
        return np.asarray(routes[np.sort(_last(np.lexsort((-routes, usd)), MOST_PROJECTS))])

    @cached_property
    def cities(self) -> Ints:
        """Nodes of the cities with most people, by index."""
        country = self.facts.run.country
        cities = np.flatnonzero(country.is_city)
        people = people_with_parts(country)[cities]
        return np.asarray(cities[np.sort(_last(np.lexsort((-cities, people)), MOST_CITIES))])

    @cached_property
    def words(self) -> dict[str, str]:
        """What the map, the projects and the table of cities leave out, a sentence each; empty if nothing."""
        country = self.facts.run.country
        routes = int((np.asarray(self.facts.run.tables["projects"]["kind"]) == "route").sum())
        drawn = [
            f"the {count_text(len(shown))} {what} of {count_text(count)}"
            for shown, count, what in (
                (self.places, len(self.facts.places), "largest places"),
                (self.spans, len(country.span_ids), "spans that carry most"),
            )
            if len(shown) < count
        ]
        told = {"map": f"Drawn are {' and '.join(drawn)}." if drawn else ""}
        for key, shown, count, what in (
            ("projects", self.projects, routes, "dearest projects"),
            ("cities", self.cities, int(country.is_city.sum()), "largest cities"),
        ):
            less = len(shown) < count
            told[key] = (
                f"Shown are the {count_text(len(shown))} {what} of {count_text(count)}." if less else ""
            )
        where = " All stand in the tables and in network.gpkg beside this page."
        return {key: words + where if words else "" for key, words in told.items()}


def _last(order: Any, most: int) -> Ints:
    """The last of an order, at most so many."""
    return np.asarray(order[max(len(order) - most, 0) :], dtype=np.int64)
