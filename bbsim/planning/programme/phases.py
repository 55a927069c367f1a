"""A whole programme, planned: which corridors each phase takes, and in which order its places come.

Phase by phase the cheapest tree that joins what stands, what is planned and the phase's places is sought;
the tree is then put in the order in which one crew would make people wait least (Horn). The lower bound is
that of joining all places at once, so the gap tells what heuristics and phases together cost at most.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bbsim.planning.order.one_crew import sequence
from bbsim.planning.programme.situation import Bools, Effort, Plan, Protection, Situation, Step
from bbsim.planning.rings.augmentation import ring_augmentation


def plan_programme(
    situation: Situation,
    phases: Sequence[tuple[str, Bools]],
    *,
    effort: Effort = "standard",
    waves: Sequence[tuple[Bools, Bools]] = (),
    bounded: bool = True,
    together: bool = False,
) -> Plan:
    """Which corridors, and in which order.

    Parameters
    ----------
    phases : name and (nodes,) places to be joined, in the order in which they begin.
    effort : how hard `bbsim.planning.steiner_tree` tries.
    waves : (spans,) and (nodes,) masks of what is open, day after day on which more opens; all is open if
        missing. Each wave is planned over what is open by then, phase by phase, so that nobody waits for a
        corridor that opens later than one that would do; what the last wave does not hold is never planned.
    bounded : whether the lower bound is sought too (it takes as long as the tree itself); else it is 0.
    together : choose the corridors for the order, not for their price alone: people wait least.
    """
    reachable = situation.reachable()
    everybody = np.logical_or.reduce([wanted for _, wanted in phases])
    steps: list[Step] = []
    if not waves:
        steps = _steps(situation, phases, effort, together)
    served, standing = np.zeros(len(everybody), dtype=bool), situation.standing.copy()
    for spans, nodes in waves:
        now = situation.standing_with(standing).only(spans)
        part = _steps(now, [(name, wanted & nodes & ~served) for name, wanted in phases], effort, together)
        served[[node for step in part for node in step.nodes]] = True
        standing[[span for step in part for span in step.spans]] = True
        steps += part
    bound = situation.least_cents(everybody & reachable, effort) if steps and bounded else 0.0
    waiting, spent = 0.0, 0
    for step in steps:
        spent += step.cents
        waiting += float(step.people) * spent
    spans_cents = int(sum(situation.prices.span[list(step.spans)].sum() for step in steps))
    unreachable = tuple(np.flatnonzero(everybody & ~reachable).tolist())
    return Plan(tuple(steps), spans_cents, int(np.floor(bound)), waiting, unreachable)


def _steps(
    situation: Situation, phases: Sequence[tuple[str, Bools]], effort: Effort, together: bool
) -> list[Step]:
    """The projects, phase by phase, over the spans of a situation."""
    reachable = situation.reachable()
    cents = situation.cents.copy()
    taken = np.zeros(0, dtype=np.int64)
    steps: list[Step] = []
    for name, wanted in phases:
        places = wanted & reachable
        if not places.any():
            continue
        if together:
            edges = situation.soonest_tree(cents, places, effort)
        else:
            edges, _ = situation.cheapest_tree(cents, places, effort)
        taken = _one_tree(situation, taken, edges)
        steps += _in_order(situation, taken, name, places, {n for step in steps for n in step.nodes}, steps)
        cents[taken] = 0
    return steps


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

    # The span that must be built to reach a node from its parent; -1 if there is nothing to build.
    span_of = dict.fromkeys(order, -1)
    for node in order:
        if 0 <= by[node] < len(situation.usable):
            span = int(situation.usable[by[node]])
            span_of[node] = -1 if situation.standing[span] or span in built else span
    wanted = [node < situation.root and bool(places[node]) and node not in served for node in order]
    cost = [
        (float(prices.span[span_of[n]]) if span_of[n] >= 0 else 0.0) + (float(prices.node[n]) if w else 0.0)
        for n, w in zip(order, wanted, strict=True)
    ]
    weight = [float(country.population[n]) if w else 0.0 for n, w in zip(order, wanted, strict=True)]
    ranked = sequence([at[parent[n]] if parent[n] >= 0 else -1 for n in order], cost, weight)
    joined: set[int] = set()
    steps = []
    for rank in ranked.order.tolist():
        node = order[rank]
        if not wanted[rank]:
            continue
        way, place = [], node
        # From the first node that an earlier step reached nothing is missing any more.
        while parent[place] >= 0 and place not in joined:
            joined.add(place)
            if span_of[place] >= 0:
                way.append(span_of[place])
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
