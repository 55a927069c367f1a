"""The compiled twin of the water filling in `_fill`: the same operations in the same order.

Importing this module imports numba; the first call compiles, later runs load from numba's cache. No fast-math
flag is set, so that products and sums round as they do in numpy and the two twins agree bit for bit.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from bbsim.traffic._arrays import Bools, Floats, Ints
from bbsim.traffic._fill import ROUNDING, SMALL_ROUND, Filling


def _compile(function: Any) -> Any:
    return numba.njit(cache=True, error_model="numpy")(function)


def fill_compiled(
    links: Ints,
    owner: Ints,
    part: Floats,
    wanted: Floats,
    weight: Floats,
    limit: Floats,
    level: Floats,
    state: Filling,
) -> None:
    """Water filling on the crossings given (see `_fill.fill`); the answer is written into `state`."""
    by_level = np.argsort(level, kind="stable")
    links, owner, part = links.copy(), owner.copy(), part.copy()
    now, done, size = 0.0, False, links.size
    while not done:
        links, owner, part = links[:size], owner[:size], part[:size]
        size, used = _squeeze(links, owner, part, state.rate, limit)
        links, owner, part = links[:size], owner[:size], part[:size]
        is_open = ~(state.frozen | (level <= now))
        name = np.flatnonzero(used)
        dense = np.zeros(limit.size, dtype=np.int64)
        dense[name] = np.arange(name.size)
        start, first, fixed, slope = _tally(links, owner, part, dense, is_open, weight, state.rate, name.size)
        if not first[-1]:
            return
        room = np.maximum(limit[name] - fixed, 0.0)
        bound = np.divide(room, slope, out=np.full(name.size, np.inf), where=slope > 0.0)
        crossing = _grouped(links, start, dense, is_open, first, by_level)
        done, now = _fill_round(
            links,
            owner,
            part,
            start,
            first,
            crossing,
            name,
            dense,
            limit[name],
            fixed,
            bound,
            wanted,
            weight,
            level,
            now,
            state.rate,
            state.limited,
            state.frozen,
        )


@_compile
def _sift_down(key: Floats, link: Ints, count: int) -> None:
    """Restore the order of a binary heap of (key, link) whose top was changed."""
    at = 0
    k, m = key[0], link[0]
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        right = child + 1
        if right < count and (
            key[right] < key[child] or (key[right] == key[child] and link[right] < link[child])
        ):
            child = right
        if key[child] < k or (key[child] == k and link[child] < m):
            key[at], link[at] = key[child], link[child]
            at = child
        else:
            break
    key[at], link[at] = k, m


@_compile
def _squeeze(links: Ints, owner: Ints, part: Floats, rate: Floats, limit: Floats) -> tuple[int, Bools]:
    """Move the crossings of links that would overflow to the front; how many they are, and which links."""
    load = np.zeros(limit.size)
    for at in range(links.size):
        load[links[at]] += part[at] * rate[owner[at]]
    over = load > limit * (1.0 + ROUNDING)
    used = np.zeros(limit.size, dtype=np.bool_)
    kept = 0
    for at in range(links.size):
        link = links[at]
        # Written always and kept only if wanted: no branch to guess wrong.
        links[kept], owner[kept], part[kept] = link, owner[at], part[at]
        used[link] = over[link]
        kept += over[link]
    return kept, used


@_compile
def _tally(
    links: Ints,
    owner: Ints,
    part: Floats,
    dense: Ints,
    is_open: Bools,
    weight: Floats,
    rate: Floats,
    count: int,
) -> tuple[Ints, Ints, Floats, Floats]:
    """Where each demand's crossings begin, and each link's open ones; what is drawn, and pulled, on links."""
    start = np.zeros(weight.size + 1, dtype=np.int64)
    first = np.zeros(count + 1, dtype=np.int64)
    fixed = np.zeros(count)
    slope = np.zeros(count)
    for at in range(links.size):
        link, demand = dense[links[at]], owner[at]
        start[demand + 1] += 1
        if is_open[demand]:
            first[link + 1] += 1
            slope[link] += part[at] * weight[demand]
        else:
            fixed[link] += part[at] * rate[demand]
    return np.cumsum(start), np.cumsum(first), fixed, slope


@_compile
def _grouped(links: Ints, start: Ints, dense: Ints, is_open: Bools, first: Ints, by_level: Ints) -> Ints:
    """Open crossings by link, within one in the order in which their demands are content.

    Demand after demand in that order, so that no link has to be sorted.
    """
    place = first[:-1].copy()
    crossing = np.empty(first[-1], dtype=np.int64)
    for demand in by_level:
        if is_open[demand]:
            for at in range(start[demand], start[demand + 1]):
                link = dense[links[at]]
                crossing[place[link]] = at
                place[link] += 1
    return crossing


@_compile
def _when_full(
    begin: int,
    end: int,
    member: Ints,
    pull: Floats,
    full: Floats,
    level: Floats,
    slope: Floats,
    fixed: float,
    limit: float,
    now: float,
) -> tuple[int, float]:
    """As `_fill._Link.when_full`, on the members ``begin:end``; `slope` is scratch."""
    total = 0.0
    for at in range(end - 1, begin - 1, -1):
        total += pull[at]
        slope[at] = total
    used = fixed
    for at in range(begin, end):
        if used + level[member[at]] * slope[at] > limit * (1.0 + ROUNDING):
            return at, max((limit - used) / slope[at], now)
        used += full[at]
    return -1, 0.0


@_compile
def _fill_round(
    links: Ints,
    owner: Ints,
    part: Floats,
    start: Ints,
    first: Ints,
    crossing: Ints,
    link_name: Ints,
    dense: Ints,
    limit: Floats,
    fixed: Floats,
    bound: Floats,
    wanted: Floats,
    weight: Floats,
    level: Floats,
    now: float,
    rate: Floats,
    limited: Ints,
    frozen: Bools,
) -> tuple[bool, float]:
    """As `_fill._fill_round`; the members of a link are laid out when it is first looked at."""
    end = first[1:].copy()
    member = np.empty(crossing.size, dtype=np.int64)
    pull = np.empty(crossing.size)
    full = np.empty(crossing.size)
    slope = np.empty(crossing.size)
    known = np.zeros(limit.size, dtype=np.bool_)
    stale = np.zeros(limit.size, dtype=np.bool_)
    drawn = np.zeros(limit.size)
    touched = np.empty(limit.size, dtype=np.int64)
    seen = np.full(limit.size, -1, dtype=np.int64)
    # An ascending list is a heap; equal keys keep the order of their links.
    top = np.argsort(bound, kind="mergesort")
    key = bound[top]
    count, settled = limit.size, 0
    enough = max(crossing.size // 2, SMALL_ROUND)
    while count:
        link = top[0]
        a, b = first[link], end[link]
        if not known[link]:
            for at in range(a, b):
                c = crossing[at]
                member[at] = owner[c]
                pull[at] = part[c] * weight[owner[c]]
                full[at] = part[c] * wanted[owner[c]]
            known[link] = True
        if stale[link]:
            kept = a
            for at in range(a, b):
                if not frozen[member[at]]:
                    member[kept], pull[kept], full[kept] = member[at], pull[at], full[at]
                    kept += 1
            end[link] = b = kept
            stale[link] = False
        hit, height = _when_full(a, b, member, pull, full, level, slope, fixed[link], limit[link], now)
        if hit >= 0:
            key[0] = height
            _sift_down(key, top, count)
            if top[0] != link:
                continue
        key[0], top[0] = key[count - 1], top[count - 1]
        count -= 1
        _sift_down(key, top, count)
        if hit < 0:
            continue
        now = height
        reach = 0
        for at in range(hit, b):
            demand = member[at]
            rate[demand] = weight[demand] * now
            limited[demand] = link_name[link]
            frozen[demand] = True
            for entry in range(start[demand], start[demand + 1]):
                other = dense[links[entry]]
                if seen[other] != count:
                    seen[other] = count
                    stale[other] = True
                    touched[reach] = other
                    reach += 1
                drawn[other] += part[entry] * rate[demand]
                settled += 1
        # Summed first and added then, as the plain twin does.
        for at in range(reach):
            fixed[touched[at]] += drawn[touched[at]]
            drawn[touched[at]] = 0.0
        if count and settled > enough:
            return False, now
    return True, now
