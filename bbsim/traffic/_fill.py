"""Water filling by events, on the few links that the full demand would overload.

Each link has a level at which it is full, given what its demands have or want; freezing a demand elsewhere
can only raise it. So the levels wait in a heap as lower bounds: the least one is worked out afresh when it
comes to the top, and if it stays least, the link is full and its unsatisfied demands are frozen there.
Whatever is settled is left out of the next round, with the links that can no longer fill. Two twins do this
with the same operations in the same order: plain numpy here, compiled in `_fill_compiled`.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from bbsim.traffic._arrays import Bools, Floats, Ints, sums
from bbsim.traffic._twins import use_compiled

# Relative rounding that sums of rates are allowed: about a thousand times the error of one operation.
ROUNDING = 1e-13

# Below this many crossings the plain twin is done before numba is imported (measured: tests/bench).
WORTH_COMPILING = 100_000


# A round ends when half of its crossings are settled, unless it is too small to be worth sorting anew.
SMALL_ROUND = 256


@dataclass(frozen=True, slots=True)
class Filling:
    """What is being worked out; the arrays are changed in place."""

    rate: Floats
    limited: Ints
    frozen: Bools


@dataclass(frozen=True, slots=True)
class Crossings:
    """Which open demands cross which overloaded links.

    Crossing c is of demand ``owner[c]`` on link ``link[c]`` with the share ``part[c]`` of the demand; those
    of demand d are ``start[d]:start[d + 1]``. Links are numbered densely, `link_name` has the caller's
    numbers. `fixed` is what settled demands draw on each link, `bound` a level that it can hold for certain.
    `level` is where each demand is content, `now` the level reached so far.
    """

    owner: Ints
    link: Ints
    part: Floats
    start: Ints
    link_name: Ints
    limit: Floats
    fixed: Floats
    bound: Floats
    wanted: Floats
    weight: Floats
    level: Floats
    now: float


def fill(
    links: Ints,
    owner: Ints,
    part: Floats,
    wanted: Floats,
    weight: Floats,
    limit: Floats,
    *,
    compiled: bool | None = None,
) -> tuple[Floats, Ints]:
    """Rate of each demand and the link that limits it (−1: none).

    `links`, `owner` and `part` say which link each crossing is on, whose it is, and what share of the demand
    passes there; crossings are in ascending order of `owner`.
    """
    level = np.divide(wanted, weight, out=np.zeros(wanted.size), where=wanted > 0.0)
    state = Filling(wanted.copy(), np.full(wanted.size, -1, dtype=np.int64), np.zeros(wanted.size, np.bool_))
    if use_compiled(links.size, WORTH_COMPILING, compiled):
        from bbsim.traffic._fill_compiled import fill_compiled

        fill_compiled(links, owner, part, wanted, weight, limit, level, state)
        return state.rate, state.limited
    now, done = 0.0, False
    while not done:
        load = sums(links, part * state.rate[owner], limit.size)
        keep = np.flatnonzero((load > limit * (1.0 + ROUNDING))[links])
        links, owner, part = links[keep], owner[keep], part[keep]
        is_open = ~(state.frozen | (level <= now))[owner]
        if not is_open.any():
            break
        across = _crossings(links, owner, part, is_open, wanted, weight, limit, level, state.rate, now)
        done, now = _fill_round(across, state)
    return state.rate, state.limited


def _crossings(
    links: Ints,
    owner: Ints,
    part: Floats,
    is_open: Bools,
    wanted: Floats,
    weight: Floats,
    limit: Floats,
    level: Floats,
    rate: Floats,
    now: float,
) -> Crossings:
    used = np.zeros(limit.size, dtype=np.bool_)
    used[links] = True
    name = np.flatnonzero(used)
    link = (np.cumsum(used) - 1)[links]
    if is_open.all():
        fixed = np.zeros(name.size)
    else:
        shut = np.flatnonzero(~is_open)
        fixed = sums(link[shut], part[shut] * rate[owner[shut]], name.size)
        link, owner, part = link[is_open], owner[is_open], part[is_open]
    start = np.zeros(wanted.size + 1, dtype=np.int64)
    np.cumsum(np.bincount(owner, minlength=wanted.size), out=start[1:])
    slope = sums(link, part * weight[owner], name.size)
    room = np.maximum(limit[name] - fixed, 0.0)
    return Crossings(
        owner=owner,
        link=link,
        part=part,
        start=start,
        link_name=name,
        limit=limit[name],
        fixed=fixed,
        bound=np.divide(room, slope, out=np.full(name.size, np.inf), where=slope > 0.0),
        wanted=wanted,
        weight=weight,
        level=level,
        now=now,
    )


class _Link:
    """The demands of one link that are not frozen yet, in ascending order of the level that contents them."""

    __slots__ = ("demand", "full", "level", "pull")

    def __init__(self, across: Crossings, at: Ints) -> None:
        demand = across.owner[at]
        order = np.argsort(across.level[demand], kind="stable")
        self.demand = demand[order]
        part = across.part[at[order]]
        self.level = across.level[self.demand]
        self.pull = part * across.weight[self.demand]
        self.full = part * across.wanted[self.demand]

    def drop(self, frozen: Bools) -> None:
        free = ~frozen[self.demand]
        self.demand, self.level = self.demand[free], self.level[free]
        self.pull, self.full = self.pull[free], self.full[free]

    def when_full(self, fixed: float, limit: float, now: float) -> tuple[int, float]:
        """First demand that stays unsatisfied (−1: none), and the level at which the link is full."""
        if not self.demand.size:
            return -1, 0.0
        slope = np.cumsum(self.pull[::-1])[::-1]
        used = np.empty(self.demand.size)
        used[0] = fixed
        used[1:] = self.full[:-1]
        np.cumsum(used, out=used)
        # With all below content, raising the rest to the level of the next would overflow: it stays short.
        unmet = used + self.level * slope > limit * (1.0 + ROUNDING)
        at = int(np.argmax(unmet))
        if not unmet[at]:
            return -1, 0.0
        return at, max(float((limit - used[at]) / slope[at]), now)


def _fill_round(across: Crossings, state: Filling) -> tuple[bool, float]:
    """Fill until all is settled or most is, one link at a time.

    Returns whether all is settled (if not, most is, and the rest had better be laid out anew) and the level
    reached.
    """
    links = across.limit.size
    first = np.zeros(links + 1, dtype=np.int64)
    np.cumsum(np.bincount(across.link, minlength=links), out=first[1:])
    # A stable sort of 16-bit numbers is a radix sort, several times faster.
    by_link = np.argsort(across.link.astype(np.uint16) if links <= 65_536 else across.link, kind="stable")
    known: dict[int, _Link] = {}
    stale = np.zeros(links, dtype=np.bool_)
    fixed = across.fixed.copy()
    now, settled = across.now, 0
    enough = max(across.owner.size // 2, SMALL_ROUND)
    heap = [(bound, link) for link, bound in enumerate(across.bound.tolist())]
    heapq.heapify(heap)
    while heap:
        link = heap[0][1]
        pool = known.get(link)
        if pool is None:
            pool = known[link] = _Link(across, by_link[first[link] : first[link + 1]])
        if stale[link]:
            pool.drop(state.frozen)
            stale[link] = False
        at, level = pool.when_full(fixed[link], across.limit[link], now)
        if at < 0:
            heapq.heappop(heap)
            continue
        heapq.heapreplace(heap, (level, link))
        if heap[0] != (level, link):
            continue
        heapq.heappop(heap)
        now = level
        hit = pool.demand[at:]
        state.rate[hit] = across.weight[hit] * now
        state.limited[hit] = across.link_name[link]
        state.frozen[hit] = True
        begin = across.start[hit]
        size = across.start[hit + 1] - begin
        total = np.cumsum(size)
        entry = np.arange(total[-1]) + np.repeat(begin - (total - size), size)
        drawn = across.part[entry] * np.repeat(state.rate[hit], size)
        fixed += sums(across.link[entry], drawn, links)
        stale[across.link[entry]] = True
        settled += entry.size
        if heap and settled > enough:
            return False, now
    return True, now
