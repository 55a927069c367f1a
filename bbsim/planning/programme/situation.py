"""What a plan is made from and what it says: the situation, its projects and their protection.

A `Situation` is a country with what stands in it, what it costs and where the world begins; a `Plan` is
projects in order with the bound that tells how good they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.models.cost import Prices
from bbsim.planning.growth.together import tree_in_order
from bbsim.planning.trees.steiner import steiner_tree

Bools = NDArray[np.bool_]
Effort = Literal["fast", "standard", "thorough"]


@dataclass(frozen=True, slots=True)
class Step:
    """One project of a plan: a route that reaches places, or a ring that gives them a second way.

    Attributes
    ----------
    target, spans, nodes : positions in the country; the spans in the order from the network outwards.
    cents, people : price of the project and residents it reaches.
    kind : ``route`` or ``ring``; a ring reaches nobody, and its target is one of its ends.
    """

    phase: str
    target: int
    spans: tuple[int, ...]
    nodes: tuple[int, ...]
    cents: int
    people: int
    kind: Literal["route", "ring"] = "route"


@dataclass(frozen=True, slots=True)
class Plan:
    """Projects in order, and how good they are at least.

    Attributes
    ----------
    spans_cents, lower_bound_cents : price of all spans of the plan, and what no plan can go below.
    waiting : person-cents: people times the money spent until they are reached, summed; Horn's objective.
    unreachable : places that no open corridor reaches.
    """

    steps: tuple[Step, ...]
    spans_cents: int
    lower_bound_cents: int
    waiting: float
    unreachable: tuple[int, ...]

    @property
    def cents(self) -> int:
        """Price of the whole plan, access nodes included."""
        return sum(step.cents for step in self.steps)

    @property
    def gap_share(self) -> float:
        """The spans cost at most this much more than the best possible, as a share of it."""
        return self.spans_cents / self.lower_bound_cents - 1.0 if self.lower_bound_cents else 0.0


@dataclass(frozen=True, slots=True)
class Protection:
    """What it takes that no single cut isolates the places of a plan.

    Attributes
    ----------
    spans : positions of the spans to be added.
    through : spans that the plan builds anyway, for places that are not protected, and that close rings.
    cents, lower_bound_cents : their price, and what no protection can go below.
    km : their length.
    single_path : places that stay on a single path, because no corridor could protect them.
    """

    spans: tuple[int, ...]
    through: tuple[int, ...]
    cents: int
    lower_bound_cents: int
    km: float
    single_path: tuple[int, ...]


class Situation:
    """What there is to plan with: what stands, what may be used, and where the world begins.

    Parameters
    ----------
    standing : (spans,) spans that cost nothing any more.
    usable : (spans,) spans that a plan may take.
    sources : nodes from which the network grows (gateways).
    """

    def __init__(
        self, country: Country, prices: Prices, standing: Bools, usable: Bools, sources: Sequence[int]
    ) -> None:
        self.country, self.prices, self.standing = country, prices, standing
        self.usable = np.flatnonzero(usable)
        self.root = len(country.ids)
        """A made-up node behind all gateways: the world."""
        self.sources = sorted(sources)
        ends = np.array(self.sources, dtype=np.int64)
        self.u = np.concatenate([country.u[self.usable], np.full(len(ends), self.root)])
        self.v = np.concatenate([country.v[self.usable], ends])
        cents = np.where(standing, 0, prices.span)[self.usable]
        self.cents = np.concatenate([cents, np.zeros(len(ends), dtype=np.int64)])

    def only(self, spans: Bools) -> Situation:
        """The same with no other spans than these, (spans,), among the usable ones."""
        kept = np.zeros(len(spans), dtype=bool)
        kept[self.usable] = True
        return Situation(self.country, self.prices, self.standing, kept & spans, self.sources)

    def standing_with(self, spans: Bools) -> Situation:
        """The same with these spans, (spans,), standing as well."""
        usable = np.zeros(len(spans), dtype=bool)
        usable[self.usable] = True
        return Situation(self.country, self.prices, self.standing | spans, usable, self.sources)

    def reachable(self) -> Bools:
        """(nodes,) whether a usable corridor joins the node to a gateway."""
        from scipy.sparse import coo_matrix
        from scipy.sparse.csgraph import connected_components

        size = self.root + 1
        joined = coo_matrix((np.ones(len(self.u), dtype=np.int8), (self.u, self.v)), shape=(size, size))
        _, component = connected_components(joined, directed=False)
        return np.asarray(component[:-1] == component[-1])

    def cheapest_tree(
        self, cents: NDArray[np.int64], wanted: Bools, effort: Effort
    ) -> tuple[NDArray[np.int64], float]:
        """Positions of the edges that join the world and the wanted nodes, and a lower bound in cents."""
        terminals = np.concatenate([[self.root], np.flatnonzero(wanted)])
        tree = steiner_tree(self.u, self.v, cents.astype(np.float64), terminals, effort=effort)
        return np.asarray(tree.edges, dtype=np.int64), float(tree.lower_bound)

    def soonest_tree(self, cents: NDArray[np.int64], wanted: Bools, effort: Effort) -> NDArray[np.int64]:
        """The same, chosen with their order: people wait least for the money spent until they are reached.

        A place's access node is an edge of its own behind the place.
        """
        places = np.flatnonzero(wanted)
        own = self.root + 1 + np.arange(len(places))
        weight = np.zeros(self.root + 1 + len(places))
        # Where nobody lives a little waits all the same, so that every place is joined.
        weight[own] = np.maximum(self.country.population[places], 0.5 / max(len(places), 1))
        tree = tree_in_order(
            np.concatenate([self.u, places]),
            np.concatenate([self.v, own]),
            np.concatenate([cents, self.prices.node[places]]).astype(np.float64),
            weight,
            self.root,
            effort=effort,
        )
        return np.sort(tree.edges[tree.edges < len(self.u)])

    def least_cents(self, wanted: Bools, effort: Effort) -> float:
        """What no tree to the wanted nodes goes below; the fast search proves next to nothing."""
        return self.cheapest_tree(self.cents, wanted, "standard" if effort == "fast" else effort)[1]
