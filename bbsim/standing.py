"""What stands on the first day: the answer that the clock starts from and that a plan starts from.

The pack marks trunks and cities as operational; homes that a scenario says are passed already stand in the
parts of their city nearest its centre, and so these parts, and the way to them, stand as well.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.scenario import Scenario

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Standing:
    """The first day.

    Attributes
    ----------
    spans, nodes : whether the span is lit, and the access node commissioned.
    passed, connected : (nodes,) homes.
    """

    spans: Bools
    nodes: Bools
    passed: Ints
    connected: Ints


def standing(scenario: Scenario, country: Country) -> Standing:
    """What of a country stands when a scenario begins."""
    in_pack = scenario.existing.network == "as_in_pack"
    spans = np.array([in_pack and s == "operational" for s in country.spans["status"]], dtype=bool)
    nodes = np.array([in_pack and s == "operational" for s in country.nodes["status"]], dtype=bool)
    nodes[[country.node_index[gateway.node] for gateway in scenario.gateways]] = True
    nodes &= country.is_place
    passed, connected = (np.zeros(len(country.ids), dtype=np.int64) for _ in range(2))
    for city, homes in sorted(scenario.existing.households_passed.items()):
        _pass(country, country.node_index[city], homes, spans, nodes, passed)
    for city, homes in sorted(scenario.existing.households_connected.items()):
        connected += shared(homes, np.where(_parts_of(country, country.node_index[city]), passed, 0))
    return Standing(spans, nodes, passed, connected)


def left_out(scenario: Scenario, country: Country) -> Iterator[tuple[str, str, int]]:
    """Homes of the first day that are asked for and not there: the field, the city, and how many there are.

    More homes can't be passed than a city has, nor more be connected than are passed.
    """
    passed = standing(scenario, country).passed
    for field in ("households_passed", "households_connected"):
        for city, homes in getattr(scenario.existing, field).items():
            there = int(passed[_parts_of(country, country.node_index[city])].sum())
            if homes > there:
                yield field, city, there


def _parts_of(country: Country, city: int) -> Bools:
    parts = np.array([part == country.ids[city] for part in country.nodes["part_of"]], dtype=bool)
    parts[city] = True
    return parts


def _pass(country: Country, city: int, homes: int, spans: Bools, nodes: Bools, passed: Ints) -> None:
    """Take a city's parts, from its centre outwards, as served until they hold so many homes."""
    parts = np.flatnonzero(_parts_of(country, city)).tolist()
    km, before = _shortest_from(country, city, parts)
    reachable = [node for node in parts if np.isfinite(km[node])]
    for node in sorted(reachable, key=lambda i: (km[i], i)):
        if homes <= 0:
            return
        at = node
        while before[at] >= 0:
            span = int(before[at])
            spans[span] = True
            at = int(country.u[span] + country.v[span] - at)
        nodes[node] = True
        lot = min(homes, int(country.households[node]))
        passed[node] += lot
        homes -= lot


def _shortest_from(country: Country, node: int, to: Sequence[int]) -> tuple[NDArray[np.float64], Ints]:
    """Distance along domestic corridors from a node, and the last span on the way (-1: none).

    Looked for no farther than to the last of the nodes `to`; what lies beyond may have no distance, or one
    that is too long.
    """
    missing = set(to)
    km = np.full(len(country.ids), np.inf)
    before = np.full(len(country.ids), -1, dtype=np.int64)
    km[node] = 0.0
    heap = [(0.0, node)]
    while heap:
        reach, at = heapq.heappop(heap)
        if reach > km[at]:
            continue
        missing.discard(at)
        if not missing:
            break
        for other, span in country.adjacent[at]:
            leased = country.spans["medium"][span] == "leased"
            if not leased and reach + country.km[span] < km[other]:
                km[other], before[other] = reach + country.km[span], span
                heapq.heappush(heap, (float(km[other]), other))
    return km, before


def shared(total: int, by: Ints) -> Ints:
    """Whole numbers in proportion to `by`, never above it; the largest remainders get the rest."""
    total = min(total, int(by.sum()))
    if total == 0:
        return np.zeros_like(by)
    share = total * by // by.sum()
    order = np.lexsort((np.arange(len(by)), -(total * by % by.sum())))
    share[order[: total - int(share.sum())]] += 1
    return np.asarray(share)
