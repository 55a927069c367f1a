"""The map of an ensemble as data: for each place, in what share of runs it is on fibre by each time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.report.ensemble_charts import band_text
from bbsim.report.ensemble_facts import Luck
from bbsim.report.geometry import Base, people_with_parts
from bbsim.report.mapdata import KINDS, PER_DEGREE, changes_of, steps
from bbsim.report.wording import MISSING, count_text, large_text, share_text, usd_text

CLASSES: tuple[tuple[float, str, str], ...] = (
    (1.0, "#003f6b", "in every run"),
    (0.9, "#0072b2", "in 90 % of runs or more"),
    (0.5, "#7fbfe3", "in 50 to 90 %"),
    (0.1, "#f0b429", "in 10 to 50 %"),
    (1e-9, "#f7dfc0", "in less than 10 %"),
    (0.0, "#ffffff", "in no run"),
)
"""Least share of runs, colour and words of a class of places; told apart by colour-blind eyes and in grey."""

NOW = (
    ("cities_on_fibre", count_text, "cities on fibre, of {cities}"),
    ("population_on_fibre_share_at_end", share_text, "people where fibre is"),
    ("households_passed", large_text, "homes passed"),
    ("spent_usd", usd_text, "spent"),
)


def map_data(luck: Luck, base: Base) -> dict[str, Any]:
    """Everything the map's script draws."""
    return {
        "start": luck.scenario.start.isoformat(),
        "ends": luck.end_days,
        "labels": ["start", *luck.labels],
        "extent": [base.west, base.south, base.east, base.north],
        "boundary": [[steps(ring) for ring in shape.rings] for shape in base.boundary],
        "regions": [[steps(ring) for ring in shape.rings] for shape in base.regions],
        "spans": [
            steps(xy)
            for xy, medium in zip(luck.country.span_xy, luck.country.spans["medium"], strict=True)
            if medium != "leased"
        ],
        "places": _places(luck),
        "region_names": list(luck.country.regions),
        "classes": [[least, colour] for least, colour, _ in CLASSES],
        "now": _now(luck),
        "places_by_class": _by_class(luck),
    }


def shares(luck: Luck) -> NDArray[np.float64]:
    """(positions, places) share of runs in which a place is on fibre on the first day, then at each end."""
    days = luck.place_days["on_fibre"]
    limits = [1, *luck.end_days]
    return np.stack([((days >= 0) & (days < limit)).mean(axis=0) for limit in limits])


def first_position(luck: Luck) -> int:
    """The time to begin with: the first promise's, else that at which most are neither sure nor out."""
    for target in luck.scenario.targets:
        ends = [i + 1 for i, end in enumerate(luck.ends) if end >= target.by]
        if ends:
            return ends[0]
    share = shares(luck)
    return int((share * (1 - share)).sum(axis=1).argmax())


def _places(luck: Luck) -> list[list[Any]]:
    """A row a place, the largest last: position, names, kind, region, people, chances as changes, dates."""
    country, share = luck.country, shares(luck)
    region = {name: i for i, name in enumerate(country.regions)}
    people = people_with_parts(country)
    order = sorted(range(len(luck.nodes)), key=lambda i: (people[luck.nodes[i]], luck.nodes[i]))
    rows = []
    for i in order:
        node = int(luck.nodes[i])
        name, english = luck.name(node), luck.english(node)
        rows.append(
            [
                *np.rint(country.node_xy[node] * PER_DEGREE).astype(int).tolist(),
                name,
                english if english != name else "",
                KINDS.index(country.kind[node]),
                region.get(country.nodes["region"][node], -1),
                int(country.population[node]),
                # Shares are told in per mille: 0 and 1000 are exactly none and all.
                changes_of(_per_mille(share[:, i])),
                [_day(luck, luck.places[level][i]) for level in ("p10", "p50", "p90")],
                round(1000 * float(luck.places["not_yet_share"][i])),
            ]
        )
    return rows


def _per_mille(share: NDArray[np.float64]) -> NDArray[np.int64]:
    inside = np.clip(np.rint(1000 * share), 1, 999)
    return np.where(share <= 0, 0, np.where(share >= 1, 1000, inside)).astype(np.int64)


def _day(luck: Luck, value: Any) -> int:
    from bbsim.report.wording import to_date

    day = to_date(value)
    return -1 if day is None else (day - luck.scenario.start).days


def _now(luck: Luck) -> list[list[str]]:
    """A row a slider position after the first day: the median of each headline with its band."""
    bands = [(luck.band(column), text) for column, text, _ in NOW]
    rows = [
        [
            MISSING if band is None else band_text(band[0][i], band[1][i], band[2][i], text)
            for band, text in bands
        ]
        for i in range(len(luck.end_days))
    ]
    return [[""] * len(NOW), *rows]


def _by_class(luck: Luck) -> list[list[int]]:
    """(positions, classes) how many people live in the places of each class."""
    share = shares(luck)
    people = luck.country.population[luck.nodes]
    rows = []
    for row in share:
        code = np.array([next(k for k, (least, *_) in enumerate(CLASSES) if value >= least) for value in row])
        rows.append([int(people[code == k].sum()) for k in range(len(CLASSES))])
    return rows
