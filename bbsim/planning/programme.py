"""A whole programme, planned: which corridors each phase takes, and in which order its places come.

Phase by phase the cheapest tree that joins what stands, what is planned and the phase's places is sought;
the tree is then put in the order in which one crew would make people wait least (Horn). The lower bound is
that of joining all places at once, so the gap tells what heuristics and phases together cost at most.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.models.cost import Prices
from bbsim.planning.order import sequence
from bbsim.planning.rings import ring_augmentation
from bbsim.planning.steiner import steiner_tree

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

    def least_cents(self, wanted: Bools, effort: Effort) -> float:
        """What no tree to the wanted nodes goes below; the fast search proves next to nothing."""
        return self.cheapest_tree(self.cents, wanted, "standard" if effort == "fast" else effort)[1]


def plan_programme(
    situation: Situation, phases: Sequence[tuple[str, Bools]], *, effort: Effort = "standard"
) -> Plan:
    """Which corridors, and in which order.

    Parameters
    ----------
    phases : name and (nodes,) places to be joined, in the order in which they begin.
    effort : how hard `bbsim.planning.steiner_tree` tries.
    """
    reachable = situation.reachable()
    everybody = np.logical_or.reduce([wanted for _, wanted in phases])
    cents = situation.cents.copy()
    taken = np.zeros(0, dtype=np.int64)
    steps: list[Step] = []
    waiting, spent = 0.0, 0
    bound = 0.0
    for name, wanted in phases:
        places = wanted & reachable
        if not places.any():
            continue
        edges, _ = situation.cheapest_tree(cents, places, effort)
        taken = _one_tree(situation, taken, edges)
        part = _in_order(situation, taken, name, places, {n for step in steps for n in step.nodes}, steps)
        for step in part:
            spent += step.cents
            waiting += float(step.people) * spent
        steps += part
        cents[taken] = 0
    if steps:
        bound = situation.least_cents(everybody & reachable, effort)
    spans_cents = int(sum(situation.prices.span[list(step.spans)].sum() for step in steps))
    unreachable = tuple(np.flatnonzero(everybody & ~reachable).tolist())
    return Plan(tuple(steps), spans_cents, int(np.floor(bound)), waiting, unreachable)


def protect(situation: Situation, plan: Plan, wanted: Bools) -> Protection:
    """The cheapest rings over the plan's tree, as far as it joins the wanted places.

    Only the part of the tree that leads to wanted places is protected; the rest of it closes rings for
    nothing. A place that only one corridor reaches stays on a single path, and is named.
    """
    tree = protected_tree(situation, plan, wanted)
    built = {span for step in plan.steps for span in step.spans}
    cents = situation.cents.astype(np.float64)
    cents[np.flatnonzero(np.isin(situation.usable, sorted(built)))] = 0.0
    rings = ring_augmentation(situation.u, situation.v, cents, tree)
    taken = [int(situation.usable[e]) for e in rings.edges if e < len(situation.usable)]
    added = tuple(span for span in taken if span not in built)
    alone = beyond(situation, tree, np.asarray(rings.bridges, dtype=np.int64))
    return Protection(
        spans=added,
        through=tuple(span for span in taken if span in built),
        cents=round(float(rings.cost)),
        lower_bound_cents=int(np.floor(rings.lower_bound)),
        km=float(situation.country.km[list(added)].sum()),
        single_path=tuple(np.flatnonzero(alone & wanted).tolist()),
    )


def protected_tree(situation: Situation, plan: Plan, wanted: Bools) -> NDArray[np.int64]:
    """The edges of the plan's tree, with what stands, that lead to the wanted places."""
    spans = {span for step in plan.steps for span in step.spans}
    position = {int(span): i for i, span in enumerate(situation.usable)}
    standing = [i for i, span in enumerate(situation.usable) if situation.standing[span]]
    edges = sorted({position[span] for span in spans} | set(standing) | _world_edges(situation))
    return _pruned(situation, _one_tree(situation, np.zeros(0, dtype=np.int64), np.array(edges)), wanted)


# ---- trees ------------------------------------------------------------------------------------
def _world_edges(situation: Situation) -> set[int]:
    return set(range(len(situation.usable), len(situation.u)))


def _one_tree(situation: Situation, first: NDArray[np.int64], then: NDArray[np.int64]) -> NDArray[np.int64]:
    """The edges of `first`, and those of `then` that close no circle: cheapest first, then by position."""
    parent = list(range(situation.root + 1))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    rest = then[np.lexsort((then, situation.cents[then]))]
    out = []
    for edge in [*first.tolist(), *rest.tolist()]:
        a, b = find(int(situation.u[edge])), find(int(situation.v[edge]))
        if a != b:
            parent[a] = b
            out.append(edge)
    return np.array(sorted(out), dtype=np.int64)


def rooted(situation: Situation, edges: NDArray[np.int64]) -> tuple[list[int], list[int], list[int]]:
    """Nodes from the world outwards, and for each node its parent and the edge to it (-1: none)."""
    adjacent: list[list[tuple[int, int]]] = [[] for _ in range(situation.root + 1)]
    for edge in edges.tolist():
        a, b = int(situation.u[edge]), int(situation.v[edge])
        adjacent[a].append((b, edge))
        adjacent[b].append((a, edge))
    parent, by = [-1] * (situation.root + 1), [-1] * (situation.root + 1)
    order = [situation.root]
    for node in order:
        for other, edge in adjacent[node]:
            if edge != by[node]:
                parent[other], by[other] = node, edge
                order.append(other)
    return order, parent, by


def _in_order(
    situation: Situation,
    edges: NDArray[np.int64],
    phase: str,
    places: Bools,
    served: set[int],
    done: Sequence[Step],
) -> list[Step]:
    """The projects of a phase in Horn's order over the tree; what earlier steps built costs nothing."""
    country, prices = situation.country, situation.prices
    order, parent, by = rooted(situation, edges)
    at = {node: i for i, node in enumerate(order)}
    built = {span for step in done for span in step.spans}

    def span_of(node: int) -> int:
        """The span that must be built to reach a node from its parent; -1 if there is nothing to build."""
        edge = by[node]
        if edge < 0 or edge >= len(situation.usable):
            return -1
        span = int(situation.usable[edge])
        return -1 if situation.standing[span] or span in built else span

    wanted = [node < situation.root and bool(places[node]) and node not in served for node in order]
    cost = [
        (float(prices.span[span_of(n)]) if span_of(n) >= 0 else 0.0) + (float(prices.node[n]) if w else 0.0)
        for n, w in zip(order, wanted, strict=True)
    ]
    weight = [float(country.population[n]) if w else 0.0 for n, w in zip(order, wanted, strict=True)]
    ranked = sequence([at[parent[n]] if parent[n] >= 0 else -1 for n in order], cost, weight)
    steps = []
    for rank in ranked.order.tolist():
        node = order[rank]
        if not wanted[rank]:
            continue
        way, place = [], node
        while place >= 0 and parent[place] >= 0:
            span = span_of(place)
            if span >= 0:
                way.append(span)
                built.add(span)
            place = parent[place]
        cents = int(prices.span[way].sum() + prices.node[node])
        steps.append(Step(phase, node, tuple(way[::-1]), (node,), cents, int(country.population[node])))
    return steps


def _pruned(situation: Situation, edges: NDArray[np.int64], wanted: Bools) -> NDArray[np.int64]:
    """The part of a tree that leads from the world to wanted nodes."""
    order, parent, by = rooted(situation, edges)
    needed = np.zeros(situation.root + 1, dtype=bool)
    needed[:-1] = wanted
    keep = []
    for node in reversed(order):
        if needed[node] and parent[node] >= 0:
            needed[parent[node]] = True
            keep.append(by[node])
    return np.array(sorted(keep), dtype=np.int64)


def beyond(situation: Situation, edges: NDArray[np.int64], bridges: NDArray[np.int64]) -> Bools:
    """(nodes,) whether a single span lies between the node and its gateway; `bridges` are edges.

    The made-up edges from the world to the gateways are no spans: who has one gateway is no bridge's matter.
    """
    order, parent, by = rooted(situation, edges)
    single = set(bridges.tolist()) - _world_edges(situation)
    cut_off = np.zeros(situation.root + 1, dtype=bool)
    for node in order[1:]:
        cut_off[node] = cut_off[parent[node]] or by[node] in single
    return cut_off[:-1]
