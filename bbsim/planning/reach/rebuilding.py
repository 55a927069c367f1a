"""Leave a valley: take a tree of prizes apart in one of three ways, make it whole again, keep what is better.

Branches are torn down and others grown; the tree leans towards a neighbourhood it leaves out; or it holds on
to the places worth most alone, and the way between them may run elsewhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bbsim.planning.corridors.arrays import FloatVector, IntVector

if TYPE_CHECKING:
    from bbsim.planning.reach.hunt import Hunt

Member = tuple[float, float, bytes]  # value, cost, marks of the nodes
# ASSUMPTIONS, measured on planar graphs of 80 nodes.
OVERSPEND = 0.6  # share of the budget that may be overdrawn before branches are cut back
SLACK = 0.03  # a tree this much worse is still built on, ever less
TEARS = 40  # branches torn down in a round at most
LEAN_PLACES = 12  # places a neighbourhood holds at most
NOISE = 0.8  # spread of the disturbed prizes (of their logarithm)


def rebuilt(hunt: Hunt, member: Member, rounds: int) -> Member:
    """The best tree met in so many rounds from one."""
    rng = np.random.default_rng(0)
    best = current = member
    for turn in range(rounds):
        new = MOVES[turn % len(MOVES)](hunt, current, rng)
        if new is None:
            break
        # A little worse is accepted early on, so that the search leaves the first valley.
        slack = SLACK * (1.0 - turn / rounds) * abs(best[0])
        if new[0] >= best[0] - slack:
            current = new
        if (-new[0], new[1]) < (-best[0], best[1]):
            best = new
    return best


def _torn(hunt: Hunt, member: Member, rng: np.random.Generator) -> Member | None:
    """Branches torn down at random, and others grown under disturbed prizes; None if there is no branch."""
    engine = hunt.engine
    inside = engine.ints(_marks(member))
    size, _ = engine.span(hunt.graph, inside, hunt.prized, 0, *hunt.state)
    if size < 2:
        return None
    order, parent, link = hunt.state
    goal = member[1] * rng.uniform(0.05, 1.0)
    torn = 0.0
    for top in rng.permutation(size - 1)[:TEARS].tolist():
        node = int(order[1 + top])
        if torn >= goal:
            break
        if np.asarray(inside)[node] > 0:
            before = np.asarray(inside).copy()
            engine.drop_branch(order, size, parent, node, inside)
            gone = (before > 0) & (np.asarray(inside) == 0)
            price = float(hunt.cost[hunt.edge[np.asarray(link)[gone]]].sum())
            if torn + price > goal * 1.5:
                inside = engine.ints(before)
            else:
                torn += price
    spent = float(engine.span(hunt.graph, inside, hunt.prized, 0, *hunt.state)[1])
    noise = engine.floats(hunt.worth * np.exp(rng.normal(0.0, NOISE, hunt.n)))
    # Sometimes more than there is money for; the least worth is then cut back.
    room = hunt.room * (1.0 + max(0.0, rng.uniform(-OVERSPEND, OVERSPEND)))
    engine.add_branches(hunt.graph, noise, inside, room - spent, hunt.least, hunt.before)
    return hunt.settled(inside)


def _thinned(hunt: Hunt, member: Member, rng: np.random.Generator) -> Member:
    """Hold on to the places worth most, more or less; the way between them may run elsewhere."""
    marks = _marks(member)
    inside = hunt.engine.ints(marks)
    there = np.flatnonzero(marks)
    told = hunt.worth[there] * np.exp(rng.normal(0.0, NOISE, len(there)))
    held = np.zeros(hunt.n, dtype=bool)
    held[there[told >= np.quantile(told, rng.uniform(0.1, 0.9))]] = True
    hunt.joined_cheaply(inside, held)
    return hunt.settled(inside)


def _leaned(hunt: Hunt, member: Member, rng: np.random.Generator) -> Member:
    """Grow towards a neighbourhood that is left out as if it were worth more, and cut back elsewhere."""
    engine = hunt.engine
    marks = _marks(member)
    inside = engine.ints(marks)
    outside = np.flatnonzero(~marks & (hunt.worth > 0.0))
    if len(outside):
        weight = np.cumsum(hunt.worth[outside])
        centre = int(outside[np.searchsorted(weight, rng.uniform(0.0, weight[-1]))])
        lean = np.ones(hunt.n)
        lean[_around(hunt, centre, int(rng.integers(1, 1 + LEAN_PLACES)))] = math.exp(rng.uniform(1.0, 5.0))
        _grow_leaning(hunt, inside, hunt.worth * lean)
    return hunt.settled(inside)


def _around(hunt: Hunt, centre: int, count: int) -> IntVector:
    """The prized nodes nearest to one."""
    engine = hunt.engine
    far, base, before = (engine.floats(np.zeros(hunt.n)), *(engine.ints(np.zeros(hunt.n)) for _ in "ab"))
    engine.nearest(hunt.graph, engine.ints([centre]), 1, far, base, before)
    near = np.lexsort((np.arange(hunt.n), np.asarray(far)))
    return near[hunt.worth[near] > 0.0][:count]


def _grow_leaning(hunt: Hunt, inside: Any, worth: FloatVector) -> None:
    """Overdraw for what these prizes say, join it cheaply, and cut back what they say least of."""
    engine = hunt.engine
    leaning = engine.floats(worth)
    spent = float(engine.span(hunt.graph, inside, hunt.prized, 0, *hunt.state)[1])
    room = hunt.room * (1.0 + OVERSPEND)
    engine.add_branches(hunt.graph, leaning, inside, room - spent, hunt.least, hunt.before)
    spent = hunt.joined_cheaply(inside)
    if spent > hunt.room:
        size, _ = engine.span(hunt.graph, inside, hunt.prized, 0, *hunt.state)
        order, parent, link = hunt.state
        engine.cut_back(order, size, parent, link, hunt.graph[2], leaning, inside, spent - hunt.room)


def _marks(member: Member) -> npt.NDArray[np.bool_]:
    return np.frombuffer(member[2], dtype=np.bool_)


MOVES = (_torn, _leaned, _thinned)
