"""The funding gap: what subsidy would make each place whole, and how far a subsidy reaches.

Rule for what places share. A span is shared by the places on fibre at the end whose shortest lit way to a
gateway passes it, each by its homes (a place without homes counts as one); the rent of transit by those
whose way ends at that gateway. What lies on nobody's way, tax on profit, and public sites, which serve more
than their place and earn nothing, belong to the country. So the worth of all places and of the country's part
is the worth of the whole.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.built import NEVER
from bbsim.country import Country
from bbsim.finance.flows import NOWHERE, Floats, Flows, Ints, of_public_sites
from bbsim.metrics.columns import ByKind

GATEWAY_CAUSE = "transit"


@dataclass(frozen=True, slots=True)
class Ways:
    """The shortest lit way of every node to a gateway.

    Attributes
    ----------
    order : nodes that have one, nearest first.
    before : (nodes,) the next node on the way, itself at a gateway, `NEVER` without a way.
    span : (nodes,) the span to it, `NOWHERE` at a gateway.
    """

    order: Sequence[int]
    before: Ints
    span: Ints


def ways_at_end(events: ByKind, country: Country, gateways: Sequence[int]) -> Ways:
    """Ways over the spans that are lit after the last event, whether or not one is cut on that day."""
    lit = [False] * len(country.km)
    for _, event in events.in_order(ev.SpanLit, ev.SpanDarkened):
        if isinstance(event, (ev.SpanLit, ev.SpanDarkened)):
            lit[event.span] = isinstance(event, ev.SpanLit)
    # Lists: they are read and written one entry at a time.
    km, length = [math.inf] * len(country.ids), country.km.tolist()
    before, by = [NEVER] * len(country.ids), [NEVER] * len(country.ids)
    heap = [(0.0, node) for node in sorted(gateways)]
    for node in gateways:
        km[node], before[node] = 0.0, node
    order, done = [], [False] * len(country.ids)
    while heap:
        _, at = heapq.heappop(heap)
        if done[at]:
            continue
        done[at] = True
        order.append(at)
        for other, span in country.adjacent[at]:
            reach = km[at] + length[span]
            if lit[span] and reach < km[other]:
                km[other], before[other], by[other] = reach, at, span
                heapq.heappush(heap, (reach, other))
    return Ways(order, np.array(before, dtype=np.int64), np.array(by, dtype=np.int64))


def worth_of_places(
    flows: Flows, ways: Ways, country: Country, served: NDArray[np.bool_]
) -> tuple[Floats, Floats, float]:
    """What each place is worth today: its own flows, and its part of what is shared; and the country's rest.

    Parameters
    ----------
    served : (nodes,) places on fibre at the end; each has a way.

    Returns
    -------
    own, shared : (nodes,) dollars of the first day; nothing where nobody is served.
    rest : dollars that belong to no place.
    """
    count, homes = len(country.ids), country.households
    own, spans, transit = np.zeros(count), np.zeros(len(country.km)), np.zeros(count)
    rest: list[float] = []
    for part in flows.parts:
        worth = part.cents * flows.factors[part.day] / 100.0
        if of_public_sites(part.cause):
            rest += worth.tolist()
            continue
        of_span, nowhere = part.span != NOWHERE, part.node == NOWHERE
        np.add.at(spans, part.span[of_span], worth[of_span])
        rest += worth[nowhere & ~of_span].tolist()
        here = ~of_span & ~nowhere
        np.add.at(transit if part.cause == GATEWAY_CAUSE else own, part.node[here], worth[here])
    weight = np.where(served, np.maximum(homes, 1), 0).astype(np.float64)
    behind = weight.copy()
    for node in reversed(ways.order):
        if ways.span[node] != NOWHERE:
            behind[ways.before[node]] += behind[node]
    a_home, taken = np.zeros(count), np.zeros(len(spans), dtype=bool)
    for node in ways.order:
        span = int(ways.span[node])
        if not behind[node]:
            continue
        if span == NOWHERE:
            a_home[node] = transit[node] / behind[node]
            transit[node] = 0.0
        else:
            a_home[node] = a_home[ways.before[node]] + spans[span] / behind[node]
            taken[span] = True
    rest += [*spans[~taken].tolist(), *transit.tolist(), *own[~served].tolist()]
    return np.where(served, own, 0.0), a_home * weight, math.fsum(rest)


def cheapest_first(gap: Floats, people: Ints) -> Ints:
    """Positions in the order in which a subsidy reaches most: least gap a person first, then by position."""
    a_person = gap / np.maximum(people, 1)
    return np.lexsort((np.arange(len(gap)), a_person))
