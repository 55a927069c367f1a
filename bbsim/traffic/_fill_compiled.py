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
    rank = np.empty(wanted.size, dtype=np.int64)
    rank[np.argsort(level, kind="stable")] = np.arange(wanted.size)
    _fill_all(
        links.copy(),
        owner.copy(),
        part.copy(),
        wanted,
        weight,
        limit,
        level,
        rank,
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
def _loads(links: Ints, owner: Ints, part: Floats, rate: Floats, count: int) -> Floats:
    load = np.zeros(count)
    for at in range(links.size):
        load[links[at]] += part[at] * rate[owner[at]]
    return load


@_compile
def _fill_all(
    links: Ints,
    owner: Ints,
    part: Floats,
    wanted: Floats,
    weight: Floats,
    limit: Floats,
    level: Floats,
    rank: Ints,
    rate: Floats,
    limited: Ints,
    frozen: Bools,
) -> None:
    """Round after round, as `_fill.fill`: only links that would overflow, only demands that are open.

    `links`, `owner` and `part` are scratch from here on: they are squeezed in place.
    """
    now, done, size = 0.0, False, links.size
    while not done:
        load = _loads(links[:size], owner, part, rate, limit.size)
        used = np.zeros(limit.size, dtype=np.bool_)
        kept = 0
        for at in range(size):
            link, demand, share = links[at], owner[at], part[at]
            over = load[link] > limit[link] * (1.0 + ROUNDING)
            used[link] = over
            # Written always and kept only if wanted: no branch to guess wrong.
            links[kept], owner[kept], part[kept] = link, demand, share
            kept += over
        size = kept
        is_open = ~(frozen | (level <= now))
        name = np.flatnonzero(used)
        dense = np.zeros(limit.size, dtype=np.int64)
        dense[name] = np.arange(name.size)
        fixed = np.zeros(name.size)
        slope = np.zeros(name.size)
        first = np.zeros(name.size + 1, dtype=np.int64)
        start = np.zeros(wanted.size + 1, dtype=np.int64)
        opened = 0
        for at in range(size):
            link, demand = dense[links[at]], owner[at]
            start[demand + 1] += 1
            if is_open[demand]:
                slope[link] += part[at] * weight[demand]
                first[link + 1] += 1
                opened += 1
            else:
                fixed[link] += part[at] * rate[demand]
        if not opened:
            return
        start = np.cumsum(start)
        first = np.cumsum(first)
        bound = np.full(name.size, np.inf)
        for link in range(name.size):
            if slope[link] > 0.0:
                bound[link] = max(limit[name[link]] - fixed[link], 0.0) / slope[link]
        crossing = _grouped(links[:size], owner, dense, is_open, first)
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
            rank,
            now,
            rate,
            limited,
            frozen,
        )


@_compile
def _grouped(links: Ints, owner: Ints, dense: Ints, is_open: Bools, first: Ints) -> Ints:
    """Open crossings by link, within one in their own order; each link begins at `first`."""
    place = first[:-1].copy()
    crossing = np.empty(first[-1], dtype=np.int64)
    for at in range(links.size):
        if is_open[owner[at]]:
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
    rank: Ints,
    now: float,
    rate: Floats,
    limited: Ints,
    frozen: Bools,
) -> tuple[bool, float]:
    """As `_fill._fill_round`; the members of a link are put in order when it is first looked at."""
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
            mine = crossing[a:b]
            mine = mine[np.argsort(rank[owner[mine]], kind="mergesort")]
            for at in range(a, b):
                c = mine[at - a]
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
