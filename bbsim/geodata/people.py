"""Splitting counted people without losing one: shares, remainders, and where the displaced live.

Every split is by largest remainder, so the parts of a district always sum to the district, and the
districts to the country, to the person.
"""

from __future__ import annotations

from collections.abc import Sequence


def shared_out(total: int, weights: Sequence[float]) -> list[int]:
    """Whole parts of `total` in proportion to `weights`, summing to `total` (largest remainder).

    Ties go to the earlier part. All weights zero counts as all equal.

    >>> shared_out(10, [1, 1, 1])
    [4, 3, 3]
    """
    if not weights:
        return []
    whole = float(sum(weights))
    if whole <= 0:
        weights, whole = [1.0] * len(weights), float(len(weights))
    exact = [total * weight / whole for weight in weights]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda k: (-(exact[k] - parts[k]), k))
    for k in order[: total - sum(parts)]:
        parts[k] += 1
    return parts


def fitted(
    total: int, seats: Sequence[int], towns: Sequence[int], *, whole_city: bool
) -> tuple[list[int], list[int], int]:
    """Fit listed places into a district's official total.

    Parameters
    ----------
    seats, towns : listed figures of the district's cities, and of its smaller places.
    whole_city : the district is one city with its settlements, so the city gives way, not the towns.

    Returns
    -------
    cities, towns, remainder : the fitted figures and the rural rest, never negative.

    >>> fitted(100, [60], [50, 30], whole_city=False)
    ([60], [25, 15], 0)
    >>> fitted(100, [100], [10, 5], whole_city=True)
    ([85], [10, 5], 0)
    """
    cities, others = list(seats), list(towns)
    if whole_city and len(cities) == 1 and sum(others) < total:
        return [total - sum(others)], others, 0
    if sum(cities) > total:
        cities = shared_out(total, [float(c) for c in cities])
    if sum(cities) + sum(others) > total:
        others = shared_out(total - sum(cities), [float(o) for o in others])
    return cities, others, total - sum(cities) - sum(others)


def yearly(official: dict[int, int], projected: dict[float, int], last: int) -> dict[int, int]:
    """Residents on 1 January of each year up to `last`.

    Official figures are kept; after the last of them, growth is geometric towards and between the
    projected figures, given by decimal year (2015.5 is 1 July 2015).

    Raises
    ------
    ValueError
        if `last` lies beyond the projection: a figure is never made up.
    """
    start = max(official)
    if last > max(projected, default=start):
        raise ValueError(f"the projection ends before {last}")
    knots = {float(start): official[start], **{t: p for t, p in projected.items() if t > start}}
    times = sorted(knots)
    found = dict(official)
    for year in range(start + 1, last + 1):
        after = next(t for t in times if t >= year)
        before = max(t for t in times if t < year)
        step = (year - before) / (after - before)
        found[year] = round(knots[before] * (knots[after] / knots[before]) ** step)
    return dict(sorted(found.items()))
