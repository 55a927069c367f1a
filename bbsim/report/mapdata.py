"""The map as data for the page: whole numbers, steps and changes, so that twenty years fit in an e-mail.

Coordinates are ten-thousandths of a degree (11 m), each after the first as the step from the one before.
The slider has one position for the first day and one for the end of each period.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.built import STATUS_NAMES
from bbsim.report.facts import Facts
from bbsim.report.geometry import Base, Shape
from bbsim.report.thinning import Thinned
from bbsim.report.timeline import span_changes
from bbsim.report.wording import count_text, is_missing, large_text, share_text, to_date, usd_text
from bbsim.scenario import Scenario

PER_DEGREE = 10_000
NOTHING, SATELLITE, FIBRE, CLOSED = range(4)
KINDS = ("city", "town", "access_area", "rural_synthetic")


def map_data(facts: Facts, base: Base) -> dict[str, Any]:
    """Everything the map's script draws."""
    country, thinned = facts.run.country, Thinned(facts)
    areas = sorted(base.closed)
    return {
        "start": facts.run.scenario.start.isoformat(),
        "ends": facts.end_days,
        "labels": ["start", *facts.labels],
        "extent": [base.west, base.south, base.east, base.north],
        "boundary": [_rings(shape) for shape in base.boundary],
        "regions": [{"name": shape.name, "rings": _rings(shape)} for shape in base.regions],
        "closed": [
            {
                "name": base.closed[area].name,
                "opens": facts.openings.get(area),
                "rings": _rings(base.closed[area]),
            }
            for area in areas
        ],
        "statuses": list(STATUS_NAMES),
        "spans": _spans(facts, areas, thinned),
        "places": _places(facts, thinned),
        "region_names": list(country.regions),
        "now": _headline(facts),
        "satellite": [
            "" if is_missing(share) or not share else share_text(share)
            for share in facts.periods["population_satellite_only_share"]
        ],
    }


# ---- shapes -----------------------------------------------------------------------------------------
def steps(xy: NDArray[np.float64]) -> list[int]:
    """A line as whole numbers: the first point, then the steps between points.

    >>> steps(np.array([[47.0, 40.0], [47.01, 40.0]]))
    [470000, 400000, 100, 0]
    """
    whole = np.rint(xy * PER_DEGREE).astype(np.int64)
    whole[1:] -= whole[:-1].copy()
    flat: list[int] = whole.ravel().tolist()
    return flat


def _rings(shape: Shape) -> list[list[int]]:
    return [steps(ring) for ring in shape.rings]


def _spans(facts: Facts, areas: list[str], thinned: Thinned) -> list[list[Any]]:
    """A row a span: line, length, area (-1: always open), leased or not, changes as day, status, day, …."""
    country = facts.run.country
    changes = span_changes(facts.run)
    index = {area: i for i, area in enumerate(areas)}
    rows = []
    for span in thinned.spans.tolist():
        flat = [number for change in changes.get(span, ()) for number in change]
        leased = int(country.spans["medium"][span] == "leased")
        area = index.get(country.spans["area"][span], -1)
        rows.append([steps(country.span_xy[span]), round(float(country.km[span]), 1), area, leased, flat])
    return rows


# ---- places -----------------------------------------------------------------------------------------
def _places(facts: Facts, thinned: Thinned) -> list[list[Any]]:
    """A row a place: position, names, kind, region, people, service, homes and rate as changes by position.

    Largest last, so that the script draws villages first and finds cities on top.
    """
    country = facts.run.country
    connected, shown = facts.by_place("households_connected"), thinned.places
    served = changes_by_column(_service(facts)[:, shown])
    passed = facts.by_place("households_passed")[:, shown]
    homes = changes_by_column(np.concatenate([passed[:1] * 0, passed]))
    rates = changes_by_column(_in_three_figures(facts.by_place("achievable_mbps_per_home")[:, shown]))
    region = {name: i for i, name in enumerate(country.regions)}
    start = facts.run.scenario.start
    rows = []
    for number, i in enumerate(shown.tolist()):
        node = int(facts.places[i])
        since = facts.on_fibre_since.get(node)
        name, english = facts.name(node), facts.english(node)
        rows.append(
            [
                *np.rint(country.node_xy[node] * PER_DEGREE).astype(int).tolist(),
                name,
                english if english != name else "",
                KINDS.index(country.kind[node]),
                region.get(country.nodes["region"][node], -1),
                int(country.population[node]),
                (since - start).days if since else -1,
                served[number],
                homes[number],
                rises_of(connected[:, i]),
                rates[number],
            ]
        )
    return rows


def _service(facts: Facts) -> NDArray[np.int64]:
    """(positions, places) what serves each place on the first day and at the end of each period."""
    on, served = facts.by_place("on_fibre").astype(bool), facts.by_place("served_by")
    opens = np.array(
        [
            facts.openings.get(area, facts.days + 1) if area else -1
            for area in (facts.run.country.nodes["area"][node] for node in facts.places)
        ]
    )
    ends = np.array(facts.end_days)
    shut = opens[None, :] >= ends[:, None]
    rows = np.where(on, FIBRE, np.where(served == "satellite", SATELLITE, np.where(shut, CLOSED, NOTHING)))
    # On the first day only what stood there is on fibre; the rest is as at the end of the first period.
    first = np.where(rows[0] == FIBRE, np.where((served == "satellite").any(), SATELLITE, NOTHING), rows[0])
    first = np.where(facts.at_start[facts.places], FIBRE, first)
    return np.concatenate([first[None, :], rows]).astype(np.int64)


def _in_three_figures(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rates as the page tells them: three figures; 0 before the first period and where none is known."""
    known, where = np.unique(np.nan_to_num(rates, nan=0.0), return_inverse=True)
    told = np.array([float(f"{rate:.3g}") for rate in known.tolist()])
    return np.concatenate([np.zeros((1, rates.shape[1])), told[where].reshape(rates.shape)])


def changes_by_column(grid: NDArray[Any]) -> list[list[Any]]:
    """`changes_of` for each column of a grid.

    >>> changes_by_column(np.array([[0.0, 2.5], [5.0, 2.5], [5.0, 7.0]]))
    [[1, 5], [0, 2.5, 2, 7]]
    """
    before = np.concatenate([np.zeros((1, grid.shape[1]), dtype=grid.dtype), grid[:-1]])
    column, position = np.nonzero((grid != before).T)
    out: list[list[Any]] = [[] for _ in range(grid.shape[1])]
    values = grid[position, column].tolist()
    for at, when, value in zip(column.tolist(), position.tolist(), values, strict=True):
        out[at] += [when, int(value) if float(value).is_integer() else value]
    return out


def changes_of(values: Any) -> list[Any]:
    """A series as position, value, position, value, … wherever it changes from the value before (first: 0).

    >>> changes_of([0, 0, 5, 5, 7])
    [2, 5, 4, 7]
    """
    out: list[Any] = []
    before: Any = 0
    for position, value in enumerate(values.tolist() if isinstance(values, np.ndarray) else values):
        if value != before:
            out += [position, int(value) if float(value).is_integer() else value]
            before = value
    return out


def rises_of(values: NDArray[Any]) -> list[int]:
    """A series that mostly grows: position of its first value above nothing, then that value and each rise.

    Positions count from 1, the end of the first period; what does not rise any more is cut off.

    >>> rises_of(np.array([0, 0, 3, 5, 5]))
    [3, 3, 2]
    """
    first = np.flatnonzero(values)
    if not len(first):
        return []
    tail = values[first[0] :].astype(np.int64)
    rises: list[int] = [int(first[0]) + 1, int(tail[0]), *np.diff(tail).tolist()]
    while len(rises) > 2 and rises[-1] == 0:
        rises.pop()
    return rises


# ---- what the time bar says -------------------------------------------------------------------------
def _headline(facts: Facts) -> list[list[str]]:
    """A row a slider position: cities, people, homes passed, lit km, spent so far."""
    country, periods = facts.run.country, facts.periods
    cities = int(country.is_city.sum())
    at_start = facts.at_start
    first = facts.first_day
    rows = [
        [
            f"{count_text(int((at_start & country.is_city).sum()))} of {count_text(cities)}",
            share_text(facts.people_share(at_start)),
            large_text(int(first.passed.sum())),
            _km_text(float(country.km[first.operational].sum())),
            usd_text(sum(first.paid) / (100.0 * facts.run.scenario.minor_per_cent)),
        ]
    ]
    spent = np.cumsum(np.nan_to_num(periods["capex_usd"]))
    rows += [
        [
            f"{count_text(int(periods['cities_on_fibre'][i]))} of {count_text(cities)}",
            share_text(periods["population_on_fibre_share_at_end"][i]),
            large_text(periods["households_passed"][i]),
            _km_text(float(periods["lit_km"][i])),
            usd_text(float(spent[i])),
        ]
        for i in range(len(facts.ends))
    ]
    return rows


def _km_text(km: float) -> str:
    return f"{count_text(km)} km"


def projects_data(facts: Facts) -> dict[str, Any]:
    """The projects as the Gantt's rows: names and days as numbers since the start (-1: not yet)."""
    table, country, start = facts.run.tables["projects"], facts.run.country, facts.run.scenario.start
    phases = _phases(facts.run.scenario, list(table["phase"]))
    regions, whys = list(country.regions), ["money", "permits", "crews", "season"]

    def day(value: Any) -> int:
        when = to_date(value)
        return -1 if when is None else (when - start).days

    rows = []
    for i in Thinned(facts).projects.tolist():
        node = country.node_index[table["target"][i]]
        region = country.nodes["region"][node]
        rows.append(
            [
                str(table["project"][i]),
                str(table["name"][i] or table["target"][i]),
                phases.index(table["phase"][i]),
                regions.index(region) if region in regions else -1,
                *(day(table[c][i]) for c in ("planned", "permitted", "started", "ready_for_service")),
                int(table["delayed_days"][i]),
                whys.index(table["delayed_why"][i]) if table["delayed_why"][i] in whys else -1,
                round(float(table["length_km"][i]), 1),
                round(float(table["usd"][i])),
                int(table["people_reached"][i]),
            ]
        )
    return {"phases": phases, "regions": regions, "whys": whys, "rows": rows, "days": facts.days}


def _phases(scenario: Scenario, found: list[Any]) -> list[str]:
    named = [phase.name for phase in scenario.phases]
    return [*named, *sorted({str(phase) for phase in found} - set(named))]
