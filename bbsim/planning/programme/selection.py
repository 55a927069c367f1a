"""Whom to reach when money does not reach everybody, and what it would take to join each of the others.

The choice is a tree that collects prizes: people are the prize, and a place's access node is an edge of
its own behind the place, so that it is paid only where people are served. Whoever is left out is told the
price of the cheapest way from the network as chosen, and where that way begins.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bbsim.planning.programme.situation import Bools, Situation
from bbsim.planning.reach.prize import prize_collecting


@dataclass(frozen=True, slots=True)
class Choice:
    """Whom a plan reaches, of those who want to be reached.

    Attributes
    ----------
    places : (nodes,) the places chosen.
    spans : (spans,) the spans that join them, those that stand among them.
    cents, people : price of spans and access nodes, and residents reached.
    most_people : under a budget alone, no plan within it reaches more; else None.
    most_cents : with a value a person, no plan is worth more less its price; else None.
    """

    places: Bools
    spans: Bools
    cents: int
    people: int
    most_people: int | None
    most_cents: int | None


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One place that a plan leaves out, and what joining it would take.

    Attributes
    ----------
    place, people : position in the country, and its residents.
    cents : price of joining it alone: the spans that are missing, and its access node.
    spans, km : the missing spans, from the network outwards, and their length.
    near : the node of the network where they begin.
    way_cents, way_people : the same with everybody on the way served as well.
    """

    place: int
    people: int
    cents: int
    spans: tuple[int, ...]
    km: float
    near: int
    way_cents: int
    way_people: int


def choose(
    situation: Situation,
    wanted: Bools,
    *,
    budget_cents: int | None = None,
    cents_per_person: float | None = None,
    effort: str = "standard",
) -> Choice:
    """Whom to reach: as many people as a budget allows, or all who are worth their price, or both.

    Parameters
    ----------
    wanted : (nodes,) places that want to be reached; those that no corridor joins are never chosen.
    budget_cents : the plan may cost no more, access nodes included.
    cents_per_person : what reaching a resident is worth; the most worth less price is sought.
    effort : how hard `bbsim.planning.prize_collecting` tries.

    Raises
    ------
    ValueError
        without a budget and without a value.

    Notes
    -----
    `bbsim.planning.prize_collecting`, with its bound. Access nodes that stand are not wanted, so that they
    neither cost nor count.
    """
    country, prices = situation.country, situation.prices
    everybody = wanted & situation.reachable()
    degree = np.bincount(np.concatenate([situation.u, situation.v]), minlength=situation.root + 1)
    # Nobody passes a place at the end of its only corridor: its access node is paid with that corridor.
    at_end = everybody & (degree[:-1] == 1)
    own_cents = np.append(np.where(at_end, prices.node, 0), 0)
    cents = situation.cents + own_cents[situation.u] + own_cents[situation.v]
    places = np.flatnonzero(everybody & ~at_end)
    first = situation.root + 1
    own = np.arange(first, first + len(places))
    prize = np.zeros(first + len(places))
    prize[own] = country.population[places]
    prize[: situation.root] = np.where(at_end, country.population, 0)
    if cents_per_person is None:
        # Money that is left joins places without residents; all of them together are worth less than one.
        prize[own] += 0.5 / max(int(everybody.sum()), 1)
        prize[: situation.root] += np.where(at_end, 0.5 / max(int(everybody.sum()), 1), 0.0)
    tree = prize_collecting(
        np.concatenate([situation.u, places]),
        np.concatenate([situation.v, own]),
        np.concatenate([cents, prices.node[places]]).astype(np.float64),
        prize,
        situation.root,
        budget=budget_cents,
        usd_per_prize=cents_per_person,
        effort=effort,
    )
    chosen = at_end & np.isin(np.arange(situation.root), tree.nodes)
    chosen[places[tree.nodes[tree.nodes >= first] - first]] = True
    spans = situation.standing.copy()
    spans[situation.usable[tree.edges[tree.edges < len(situation.usable)]]] = True
    most = math.floor(tree.upper_bound * (1.0 + 1e-12))
    cents, people = round(tree.cost), int(country.population[chosen].sum())
    if cents_per_person is None:
        return Choice(chosen, spans, cents, people, max(most, people), None)
    return Choice(chosen, spans, cents, people, None, most)


def left_out(situation: Situation, built: Iterable[int], places: Bools) -> tuple[LeftOut, ...]:
    """What joining each of these places would take, cheapest a person first.

    Parameters
    ----------
    built : positions of the spans that a plan builds; what stands is there already.
    places : (nodes,) the places that the plan leaves out; those that nothing joins are passed over.
    """
    country, prices = situation.country, situation.prices
    free = situation.standing.copy()
    free[list(built)] = True
    reach = cheapest_ways(situation, free)
    out = []
    for place in np.flatnonzero(places & (reach.cents >= 0)).tolist():
        spans, near = reach.way(place)
        on_way = [node for node in _nodes_of(situation, spans, near) if places[node]]
        on_way = sorted({place, *on_way})
        cents = int(reach.cents[place])
        out.append(
            LeftOut(
                place=place,
                people=int(country.population[place]),
                cents=cents + int(prices.node[place]),
                spans=tuple(span for span in spans if not free[span]),
                km=math.fsum(country.km[[span for span in spans if not free[span]]].tolist()),
                near=near,
                way_cents=cents + int(prices.node[on_way].sum()),
                way_people=int(country.population[on_way].sum()),
            )
        )
    return tuple(sorted(out, key=lambda one: (one.cents / max(one.people, 1e-9), one.place)))


@dataclass(frozen=True, slots=True)
class Ways:
    """Cheapest missing ways: price (-1: none), and the last span on the way (-1: the network is here)."""

    situation: Situation
    cents: NDArray[np.int64]
    before: NDArray[np.int64]

    def way(self, place: int) -> tuple[list[int], int]:
        """The missing spans from the network to a place, and the node where they begin."""
        country, spans, at = self.situation.country, [], place
        while self.before[at] >= 0:
            span = int(self.before[at])
            spans.append(span)
            at = int(country.u[span] + country.v[span] - at)
        return spans[::-1], at


def cheapest_ways(situation: Situation, free: Bools) -> Ways:
    """Dijkstra in whole cents from everything that free spans join to a gateway."""
    country = situation.country
    price = np.where(free, 0, situation.prices.span).tolist()
    usable = np.zeros(len(country.km), dtype=bool)
    usable[situation.usable] = True
    cents = np.full(len(country.ids), -1, dtype=np.int64)
    before = np.full(len(country.ids), -1, dtype=np.int64)
    heap = [(0, node, -1) for node in situation.sources]
    heapq.heapify(heap)
    while heap:
        reach, node, by = heapq.heappop(heap)
        if cents[node] >= 0:
            continue
        cents[node] = reach
        before[node] = by if reach else -1
        for other, span in country.adjacent[node]:
            if usable[span] and cents[other] < 0:
                heapq.heappush(heap, (reach + price[span], other, span))
    return Ways(situation, cents, before)


def _nodes_of(situation: Situation, spans: Sequence[int], near: int) -> list[int]:
    """The nodes behind each of the spans of a way that begins at `near`."""
    country, at, nodes = situation.country, near, []
    for span in spans:
        at = int(country.u[span] + country.v[span] - at)
        nodes.append(at)
    return nodes
