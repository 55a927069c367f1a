"""Bands as data for the template: the median as a line, P10 to P90 as the shade around it.

In the same square of 1000 by 1000 as the charts of a run, so that the same style and cursor serve both. The
distribution of a date is bars of the share of runs, with one of its own for the runs in which it never came.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.report import palette
from bbsim.report.ensemble_facts import Luck
from bbsim.report.scales import SIDE, Scale, Tick, linear_ticks, log_ticks, year_ticks
from bbsim.report.shapes import Bar
from bbsim.report.wording import (
    MISSING,
    day_text,
    is_missing,
    large_text,
    rate_text,
    share_text,
    to_date,
    usd_text,
)

Text = Callable[[Any], str]
_UNIT = re.compile(r"[\s\u202f]\D+$")
NEVER_WIDTH = 0.05
"""Width of the bar of runs without the date, of the whole chart."""


@dataclass(frozen=True, slots=True)
class Band:
    """One quantity: its median's path, the shade from P10 to P90, and what to say at each period."""

    label: str
    colour: str
    path: str
    shade: str
    texts: list[str]


@dataclass(frozen=True, slots=True)
class Promise:
    """A promise on the chart, and the share of runs that keep it."""

    left: float
    bottom: float
    title: str
    standing: str


@dataclass(frozen=True, slots=True)
class BandChart:
    """One chart of bands over time."""

    key: str
    title: str
    caption: str
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    bands: list[Band]
    promises: list[Promise] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Histogram:
    """How a date is distributed over the runs."""

    title: str
    caption: str
    bars: list[Bar]
    never: Bar | None
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    levels: list[tuple[float, str]]
    told: str


def band_charts(luck: Luck) -> list[BandChart]:
    """The charts over time, in order; quantities that no run knows are left out."""
    drawn = (_finished, _shares, _homes, _money, _speed, _full, _hanging, _waiting, _waiting_homes)
    made = [draw(luck) for draw in drawn]
    return [chart for chart in made if chart.bands]


# ---- over time --------------------------------------------------------------------------------------
def _finished(luck: Luck) -> BandChart:
    """In what share of the runs each date has come: a line without a band, since it is made of all runs."""
    scale, lines = Scale(luck.end_days, 0.0, 1.0), []
    for i, (what, days) in enumerate(luck.finish_days.items()):
        share = np.array([float(((days >= 0) & (days < end)).mean()) for end in luck.end_days])
        line = scale.line(what, share, palette.LINES[i], share_text)
        lines.append(Band(what, line.colour, line.path, "", line.texts))
    ticks = [Tick(p, f"{p:.0f} %") for p in (0, 25, 50, 75, 100)]
    caption = "Share of the runs in which each date has come by the end of the period."
    years = year_ticks(luck.scenario.start, luck.scenario.end)
    return BandChart("finished", "How likely it is finished by then", caption, ticks, years, lines)


def _shares(luck: Luck) -> BandChart:
    columns = {
        "cities_on_fibre_share_at_end": "cities on fibre, of those open",
        "population_on_fibre_share_at_end": "people in places on fibre",
        "households_passed_share_at_end": "homes passed",
        "population_within_25km_share_at_end": "people within 25 km of a lit node",
    }
    promises = [
        Promise(
            left=100.0 * min(max((target.by - luck.scenario.start).days / luck.end_days[-1], 0.0), 1.0),
            bottom=100.0 * target.at_least,
            title=f"{target.name}: kept in {MISSING if share is None else share_text(share)} of runs",
            standing="" if share is None else "kept" if share >= 0.9 else "broken" if share < 0.5 else "",
        )
        for target, share in zip(luck.scenario.targets, luck.kept_shares, strict=True)
    ]
    caption = "Shares at the end of each period. Diamonds are promises, green if nine runs in ten keep it."
    ticks = [Tick(p, f"{p:.0f} %") for p in (0, 25, 50, 75, 100)]
    return _chart(luck, "coverage", "Who has fibre", caption, columns, share_text, 1.0, ticks, promises)


def _homes(luck: Luck) -> BandChart:
    columns = {"households_passed": "homes passed", "households_connected": "homes connected"}
    return _chart(luck, "homes", "Homes", "At the end of each period.", columns, large_text)


def _money(luck: Luck) -> BandChart:
    columns = {
        "came_in_usd": "came in, summed",
        "spent_usd": "spent on building, summed",
        "cash_usd": "in hand",
    }
    caption = "US dollars at the scenario's reference rate, at the end of each period."
    return _chart(luck, "money", "Money", caption, columns, usd_text)


def _speed(luck: Luck) -> BandChart:
    columns = {
        "achievable_mbps_per_home_mean": "what an active home can get, average",
        "achievable_mbps_per_home_p10": "what the worst-off tenth can get",
        "busy_hour_mbps_per_home": "average load of a connected home",
    }
    known = [v for c in columns for v in (luck.band(c) or ())]
    values = np.concatenate(known) if known else np.ones(1)
    values = values[np.isfinite(values) & (values > 0)]
    low = 10.0 ** math.floor(math.log10(values.min())) if len(values) else 0.1
    high = 10.0 ** math.ceil(math.log10(values.max()) - 1e-9) if len(values) else 1.0
    high = max(high, low * 10.0)
    scale = Scale(luck.end_days, low, high, logarithmic=True)
    caption = "At the busy hour, averages over each period. Each step up is ten times more."
    return BandChart(
        "speed", "What a home gets", caption, log_ticks(low, high, rate_text),
        year_ticks(luck.scenario.start, luck.scenario.end), _bands(luck, scale, columns, rate_text),
    )  # fmt: skip


def _full(luck: Luck) -> BandChart:
    columns = {
        "max_span_utilisation_share": "fullest span",
        "gateway_utilisation_share": "gateways",
        "delivered_share": "load delivered",
        "availability_share": "availability",
    }
    ticks = [Tick(p, f"{p:.0f} %") for p in (0, 25, 50, 75, 100)]
    caption = "Busy-hour load over capacity, and how much of it is delivered; averages over each period."
    return _chart(luck, "traffic", "How full the network is", caption, columns, share_text, 1.0, ticks)


def _hanging(luck: Luck) -> BandChart:
    columns = {
        "population_on_fibre_share_at_end": "people in places on fibre",
        "population_on_single_path_share_at_end": "of these, cut off by the loss of some one span",
    }
    ticks = [Tick(p, f"{p:.0f} %") for p in (0, 25, 50, 75, 100)]
    caption = "Shares of all people at the end of each period; who lies between has two ways to a gateway."
    return _chart(luck, "hanging", "Who hangs on one span", caption, columns, share_text, 1.0, ticks)


def _waiting(luck: Luck) -> BandChart:
    columns = {f"waiting_for_{cause}_projects": cause for cause in ("money", "permits", "crews", "season")}
    caption = "Projects on their way and places not yet awarded, by what they wait for, on average."
    return _chart(
        luck, "waiting", "What holds the programme up: projects", caption, columns, large_text,
        colours=palette.CAUSES,
    )  # fmt: skip


def _waiting_homes(luck: Luck) -> BandChart:
    columns = {f"waiting_for_{cause}_homes": cause for cause in ("money", "crews")}
    caption = "Homes in places on fibre that are still to be passed, by what they wait for."
    return _chart(
        luck, "waiting_homes", "What holds the programme up: homes", caption, columns, large_text,
        colours=palette.CAUSES,
    )  # fmt: skip


def _chart(
    luck: Luck,
    key: str,
    title: str,
    caption: str,
    columns: Mapping[str, str],
    text: Text,
    most: float | None = None,
    ticks: list[Tick] | None = None,
    promises: list[Promise] | None = None,
    colours: Mapping[str, str] | None = None,
) -> BandChart:
    if most is None:
        tops = [np.nanmax(band[2]) for c in columns if (band := luck.band(c)) is not None]
        most = float(max(tops, default=0.0)) or 1.0
        ticks = linear_ticks(most, lambda value: text(value) if value else "0")
    bands = _bands(luck, Scale(luck.end_days, 0.0, most), columns, text, colours)
    years = year_ticks(luck.scenario.start, luck.scenario.end)
    return BandChart(key, title, caption, ticks or [], years, bands, promises or [])


def _bands(
    luck: Luck, scale: Scale, columns: Mapping[str, str], text: Text, colours: Mapping[str, str] | None = None
) -> list[Band]:
    out = []
    for i, (column, label) in enumerate(columns.items()):
        band = luck.band(column)
        if band is None:
            continue
        colour = (colours or {}).get(label, palette.LINES[i])
        middle = scale.line(label, band[1], colour, text).path
        if not middle:
            continue
        texts = [band_text(a, b, c, text) for a, b, c in zip(*band, strict=True)]
        out.append(Band(label, colour, middle, _shade(luck, scale, band[0], band[2]), texts))
    return out


def band_text(low: Any, middle: Any, high: Any, text: Text) -> str:
    """A median with its band; one figure where they read the same.

    >>> band_text(0.4, 0.5, 0.62, share_text), band_text(1.0, 1.0, 1.0, share_text)
    ('50\\u202f% (40 – 62\\u202f%)', '100\\u202f%')
    """
    if is_missing(middle):
        return MISSING
    below, at, above = text(low), text(middle), text(high)
    if below == at == above:
        return at
    unit = _UNIT.search(above)
    if unit and below.endswith(unit[0]) and len(below) > len(unit[0]):
        below = below[: -len(unit[0])]
    return f"{at} ({below} – {above})"


def _shade(luck: Luck, scale: Scale, low: NDArray[np.float64], high: NDArray[np.float64]) -> str:
    """The outline from P10 to P90; periods in which either is missing are left out."""
    known = [
        (scale.across(day), SIDE * (1 - scale.height(float(a))), SIDE * (1 - scale.height(float(b))))
        for day, a, b in zip(luck.end_days, _positive(scale, low), _positive(scale, high), strict=True)
        if not (is_missing(a) or is_missing(b))
    ]
    if len(known) < 2:
        return ""
    there = "L".join(f"{x:.1f} {y:.1f}" for x, y, _ in known)
    back = "L".join(f"{x:.1f} {y:.1f}" for x, _, y in reversed(known))
    return f"M{there}L{back}Z"


def _positive(scale: Scale, values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values > 0, values, np.nan) if scale.logarithmic else values


# ---- dates ------------------------------------------------------------------------------------------
def histograms(luck: Luck) -> list[Histogram]:
    """The distribution of each date of the whole run that is not the same in all runs."""
    out = []
    for row, what in enumerate(luck.finish["what"].tolist()):
        days = luck.finish_days[what]
        if len(np.unique(days)) > 1:
            out.append(_histogram(luck, row, what, days))
    return out


def _histogram(luck: Luck, row: int, what: str, days: NDArray[np.int64]) -> Histogram:
    known = np.sort(days[days >= 0])
    start, runs = luck.scenario.start, len(days)
    edges = bin_edges(start, int(known[0]) if len(known) else 0, int(known[-1]) if len(known) else 1)
    at = np.array([(edge - start).days for edge in edges])
    share = np.histogram(known, at)[0] / runs
    never = float((days < 0).mean())
    room = 1.0 - (NEVER_WIDTH * 1.8 if never else 0.0)
    left, right = int(at[0]), int(at[-1])

    def across(day: float) -> float:
        return room * (day - left) / (right - left)

    top = max(float(share.max(initial=0.0)), never, 0.05)
    bars = [
        Bar(
            round(SIDE * across(a) + 1, 1), round(SIDE * (1 - s / top), 1),
            round(SIDE * (across(b) - across(a)) - 2, 1), round(SIDE * s / top, 1), palette.LINES[0],
        )
        for a, b, s in zip(at[:-1], at[1:], share, strict=True)
    ]  # fmt: skip
    bar = None
    if never:
        left_edge, height = SIDE * (1 - NEVER_WIDTH), SIDE * never / top
        bar = Bar(left_edge, SIDE - height, SIDE * NEVER_WIDTH, height, "#b34700")
    levels = []
    for level in ("p10", "p50", "p90"):
        day = to_date(luck.finish[level][row])
        if day is not None:
            levels.append((round(100 * across((day - start).days), 2), f"{level.upper()} {day_text(day)}"))
    step = max(1, -(-len(edges) // 5))
    ticks = [Tick(round(100 * across((e - start).days), 2), _edge_text(e, edges)) for e in edges[::step]]
    y_ticks = linear_ticks(top, lambda value: share_text(value) if value else "0")
    told = "; ".join(words for _, words in levels)
    told += f"; not finished in {share_text(never)} of runs" if never else ""
    caption = "Share of the runs by date; the dashed marks are P10, P50 and P90."
    title = what[0].upper() + what[1:]
    return Histogram(title, caption, bars, bar, y_ticks, [t for t in ticks if t.at <= 94], levels, told)


def _edge_text(edge: date, edges: list[date]) -> str:
    """The first day of a bin, as exact as the bins are wide."""
    if (edges[1] - edges[0]).days < 28:
        return f"{edge.day} {edge:%b %Y}"
    return str(edge.year) if all(each.month == 1 for each in edges) else f"{edge:%b %Y}"


def bin_edges(start: date, first: int, last: int) -> list[date]:
    """First days of months, quarters or years around some days, so that there are at most 30 bins.

    >>> [str(day) for day in bin_edges(date(2014, 1, 1), 40, 70)]
    ['2014-02-01', '2014-02-08', '2014-02-15', '2014-02-22', '2014-03-01', '2014-03-08', '2014-03-15']
    """
    begin, end = start + timedelta(days=first), start + timedelta(days=last)
    if (end - begin).days <= 120:
        edges = [begin.replace(day=1)]
        while edges[-1] <= end:
            edges.append(edges[-1] + timedelta(days=7))
        kept = [edge for edge in edges if edge > begin - timedelta(days=14)]
        return kept if len(kept) > 1 else edges
    months = next((m for m in (1, 3, 12, 60) if (end - begin).days / (30.44 * m) <= 30), 120)
    number = (begin.year * 12 + begin.month - 1) // months * months
    edges = []
    while not edges or edges[-1] <= end:
        edges.append(date(number // 12, number % 12 + 1, 1))
        number += months
    return edges
