"""The tables of an ensemble: the dates of each city, and in which regions and places they are least sure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bbsim.report.ensemble_facts import LEVELS, Luck, spread_days
from bbsim.report.tables import Cell, Table
from bbsim.report.wording import MISSING, count_text, days_text, share_text, to_date

PARTS = (
    ("awarded", "the wait for its award"),
    ("permitted", "survey and permits"),
    ("started", "tender, material and crews"),
    ("on_fibre", "building"),
)
"""Ends of the parts of a place's way to fibre, in order, and what each part is."""

CITY_HEADS = ("City", "P10", "P50", "P90", "From P10 to P90", "Never", "What moves it most", "Region")
REGION_HEADS = (
    "Region", "Places to be reached", "Median spread of a date", "Least sure place", "Its P10", "Its P90",
    "Never reached in some run", "What moves dates most",
)  # fmt: skip


def cities_table(luck: Luck) -> Table:
    """A row a city, the least sure first."""
    country = luck.country
    rows = []
    for node in np.flatnonzero(country.is_city).tolist():
        row = luck.row_of[node]
        name, english = luck.name(node), luck.english(node)
        rows.append(
            [
                Cell(name, english.casefold(), english if english != name else ""),
                *_dates(luck, row),
                _spread(luck, row),
                _never(luck, row),
                _mover(luck, np.array([row])),
                _words(str(country.nodes["region"][node])),
            ]
        )
    rows.sort(key=lambda row: (-float(row[4].key), row[3].key, row[0].key))
    return Table(CITY_HEADS, (False, False, False, False, True, True, False, False), rows)


def _dates(luck: Luck, row: int) -> list[Cell]:
    out = []
    for level in LEVELS:
        day = to_date(luck.places[level][row])
        key = luck.horizon.toordinal() + 1 if day is None else day.toordinal()
        out.append(Cell(luck.level_text(luck.places[level][row]), key))
    return out


def _spread(luck: Luck, row: int) -> Cell:
    days = spread_days(luck.places["p10"][row], luck.places["p90"][row])
    if not np.isfinite(days):
        first = to_date(luck.places["p10"][row])
        least = (luck.horizon - first).days if first is not None else 0
        return Cell(f"over {days_text(least)}", 1e6 + least)
    return Cell(days_text(days) if days else "none", days)


def _never(luck: Luck, row: int) -> Cell:
    share = float(luck.places["not_yet_share"][row])
    return Cell(f"{share_text(share)} of runs" if share else MISSING, share)


def _mover(luck: Luck, rows: NDArray[np.int64]) -> Cell:
    """The part of the way to fibre that has most to do with the spread of the dates of some places."""
    totals = np.zeros(len(PARTS))
    for row in rows.tolist():
        days = np.stack([luck.place_days[name][:, row] for name, _ in PARTS], axis=1).astype(float)
        known = days[(days >= 0).all(axis=1)]
        if len(known) < 2:
            continue
        lengths = np.diff(known, axis=1, prepend=0.0)
        apart = known[:, -1] - known[:, -1].mean()
        totals += ((lengths - lengths.mean(axis=0)) * apart[:, None]).mean(axis=0)
    whole = float(totals.sum())
    if whole <= 0:
        return Cell(MISSING, "")
    best = int(totals.argmax())
    return Cell(PARTS[best][1], PARTS[best][1], share_text(min(float(totals[best]) / whole, 1.0)))


def regions_table(luck: Luck) -> Table:
    """A row a region, the least sure first: medians over its places not on fibre on the first day."""
    country, rows = luck.country, []
    region = np.array([country.nodes["region"][node] for node in luck.nodes], dtype=object)
    spreads = np.array(
        [
            float(_spread(luck, row).key) if not _stands(luck, row) else np.nan
            for row in range(len(luck.nodes))
        ]
    )
    for name in country.regions:
        mine = np.flatnonzero((region == name) & np.isfinite(spreads))
        if not len(mine):
            continue
        middle = float(np.sort(spreads[mine])[(len(mine) - 1) // 2])
        least = int(mine[np.argmax(spreads[mine])])
        never = int((np.asarray(luck.places["not_yet_share"])[mine] > 0).sum())
        low, _, high = _dates(luck, least)
        rows.append(
            [
                _words(name),
                Cell(count_text(len(mine)), len(mine)),
                Cell(days_text(middle) if middle < 1e6 else "beyond the run", middle),
                Cell(luck.english(int(luck.nodes[least])), luck.english(int(luck.nodes[least])).casefold()),
                low,
                high,
                Cell(count_text(never) if never else MISSING, never),
                _mover(luck, mine),
            ]
        )
    rows.sort(key=lambda row: (-float(row[2].key), row[0].key))
    return Table(REGION_HEADS, (False, True, True, False, False, False, True, False), rows)


def _stands(luck: Luck, row: int) -> bool:
    """Whether a place is on fibre on the first day in every run."""
    return bool((luck.place_days["on_fibre"][:, row] == 0).all())


def least_sure(luck: Luck) -> str:
    """Which place's date is least sure, in a sentence; empty if every date is the same in all runs."""
    country = luck.country
    cities = [
        (float(_spread(luck, luck.row_of[node]).key), luck.english(node), luck.row_of[node])
        for node in np.flatnonzero(country.is_city).tolist()
        if not _stands(luck, luck.row_of[node])
    ]
    regions = regions_table(luck).rows
    if not cities or not regions or max(cities)[0] <= 0:
        return ""
    spread, name, row = max(cities, key=lambda each: (each[0], each[1]))
    low, high = (luck.level_text(luck.places[level][row]) for level in ("p10", "p90"))
    surest = min(cities, key=lambda each: (each[0], each[1]))
    text = (
        f"Of the cities that are still to be reached, {name} has the least sure date (P10 {low}, P90 {high})"
    )
    if surest[0] < spread:
        text += f", and {surest[1]} the surest ({_spread(luck, surest[2]).text} from P10 to P90)"
    first = regions[0]
    text += f". Of the regions it is {first[0].text}: half of its places have dates that are spread over"
    return f"{text} {first[2].text} or more."


def _words(text: str) -> Cell:
    return Cell(text or MISSING, text.casefold())
