"""Rings as projects: which added spans belong together, and when in the order their time has come.

Added spans that meet outside the tree are one ring. It closes the part of the tree between its ends, and
stands in the order right after the last project of that part: earlier it would end in a field, and later the
places on it would wait for their second way without need.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bbsim.planning.programme.phases import beyond, protected_tree, rooted
from bbsim.planning.programme.situation import Bools, Plan, Protection, Situation, Step


@dataclass(frozen=True, slots=True)
class Ring:
    """One ring, in the order of a plan.

    Attributes
    ----------
    spans, ends : positions of the spans that are built for it, and of the nodes at which it meets the tree;
        no spans if routes for other places close it.
    cents, km : its price and length.
    closes : positions in the plan of the routes that lie on it; none if all the rest of it stands.
    after : position in the plan of the route that it comes right after; -1: it comes first.
    protects, people : places that no single cut isolates any more once it is there, and their residents.
    """

    spans: tuple[int, ...]
    ends: tuple[int, ...]
    cents: int
    km: float
    closes: tuple[int, ...]
    after: int
    protects: tuple[int, ...]
    people: int


def rings_in_order(
    situation: Situation, plan: Plan, protection: Protection, wanted: Bools
) -> tuple[Ring, ...]:
    """The rings of a protection, in the order in which they come.

    Parameters
    ----------
    wanted : (nodes,) the places that the protection is for.
    """
    country, prices = situation.country, situation.prices
    tree = protected_tree(situation, plan, wanted)
    order, parent, by = rooted(situation, tree)
    maker = {span: i for i, step in enumerate(plan.steps) for span in step.spans}
    last = max((i for i, step in enumerate(plan.steps) if wanted[step.target]), default=-1)
    drafts = []
    through = set(protection.through)
    for spans, ends in _pieces(situation, protection, {node for node in order if node != situation.root}):
        edges = _between(order, parent, by, ends)
        on_it = [int(situation.usable[e]) for e in edges if e < len(situation.usable)]
        on_it += [span for span in spans if span in through]
        spans = tuple(span for span in spans if span not in through)
        closes = tuple(sorted({maker[span] for span in on_it if span in maker}))
        drafts.append((closes[-1] if closes else last, spans, ends, closes, edges))
    drafts.sort(key=lambda draft: draft[:2])
    bare = tree
    alone = beyond(situation, tree, bare) & wanted
    out = []
    for after, spans, ends, closes, edges in drafts:
        bare = np.setdiff1d(bare, np.array(edges, dtype=np.int64))
        still = beyond(situation, tree, bare) & wanted
        safe = np.flatnonzero(alone & ~still)
        alone = still
        out.append(
            Ring(
                spans=spans,
                ends=ends,
                cents=int(np.where(situation.standing, 0, prices.span)[list(spans)].sum()),
                km=float(country.km[list(spans)].sum()),
                closes=closes,
                after=after,
                protects=tuple(safe.tolist()),
                people=int(country.population[safe].sum()),
            )
        )
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Exposure:
    """How far places hang on single spans; one row a place.

    Attributes
    ----------
    places : positions in the country.
    before_km, after_km : length of the spans between the place and its gateway whose loss alone cuts it off,
        without the rings and with them.
    """

    places: NDArray[np.int64]
    before_km: NDArray[np.float64]
    after_km: NDArray[np.float64]


def exposure(situation: Situation, plan: Plan, rings: tuple[Ring, ...], wanted: Bools) -> Exposure:
    """How far the wanted places hang on single spans, without these rings and with all of them."""
    tree = protected_tree(situation, plan, wanted)
    order, parent, by = rooted(situation, tree)
    covered = {edge for ring in rings for edge in _between(order, parent, by, ring.ends)}
    km = np.zeros(situation.root + 1)
    left = np.zeros(situation.root + 1)
    for node in order[1:]:
        edge, above = by[node], parent[node]
        length = float(situation.country.km[situation.usable[edge]]) if edge < len(situation.usable) else 0.0
        km[node] = km[above] + length
        left[node] = left[above] + (0.0 if edge in covered else length)
    places = np.flatnonzero(wanted & np.isin(np.arange(situation.root), order))
    return Exposure(places, km[places], left[places])


def with_rings(plan: Plan, rings: tuple[Ring, ...]) -> tuple[Step, ...]:
    """The plan's projects with its rings among them, each right after the last route that it closes."""
    steps: list[Step] = []
    for i in range(-1, len(plan.steps)):
        if i >= 0:
            steps.append(plan.steps[i])
        phase = plan.steps[max(i, 0)].phase if plan.steps else ""
        steps += [
            Step(phase, ring.ends[-1], ring.spans, (), ring.cents, 0, "ring")
            for ring in rings
            if ring.after == i and ring.spans
        ]
    return tuple(steps)


def _pieces(
    situation: Situation, protection: Protection, inside: set[int]
) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The added spans in groups that hang together outside the tree: their spans, and their ends on it."""
    country = situation.country
    at: dict[int, list[int]] = {}
    both = sorted({*protection.spans, *protection.through})
    for span in both:
        for node in (int(country.u[span]), int(country.v[span])):
            at.setdefault(node, []).append(span)
    out, seen = [], set()
    for first in both:
        if first in seen:
            continue
        seen.add(first)
        group, ends = [first], []
        for span in group:
            for node in (int(country.u[span]), int(country.v[span])):
                # A gateway leads to the world whether the tree comes by or not.
                if node in inside or node in situation.sources:
                    ends.append(node)
                    continue
                fresh = [other for other in at[node] if other not in seen]
                seen.update(fresh)
                group += fresh
        out.append((tuple(sorted(group)), tuple(sorted(set(ends)))))
    return out


def _between(order: list[int], parent: list[int], by: list[int], ends: tuple[int, ...]) -> list[int]:
    """The tree's edges between these nodes; an end outside the tree is a gateway, and counts as the world."""
    root = order[0]
    ends = tuple(sorted({end if parent[end] >= 0 else root for end in ends}))
    below: NDArray[np.int64] = np.zeros(len(parent), dtype=np.int64)
    below[list(ends)] = 1
    edges = []
    for node in reversed(order):
        if parent[node] < 0:
            continue
        if 0 < below[node] < len(ends):
            edges.append(by[node])
        below[parent[node]] += below[node]
    return sorted(edges)
