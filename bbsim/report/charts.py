"""Charts as data for the template: paths in a square of 1000 by 1000, axis labels in per cent of the frame.

The template stretches the square to the page's width without stretching lines or letters, so one chart fits
a telephone and a sheet of paper, and prints without any script. A reader moves one cursor through all of
them; the texts that it shows are made here, by the same functions as every other number of the report.
"""

from __future__ import annotations

import math
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bbsim.report import palette
from bbsim.report.facts import Facts
from bbsim.report.homes import crews_chart, homes_chart
from bbsim.report.limits import limit_words
from bbsim.report.scales import SIDE, Line, Scale, Tick, linear_ticks, log_ticks, year_ticks
from bbsim.report.shapes import Bar, Chart, Mark
from bbsim.report.wording import (
    day_text,
    is_missing,
    large_text,
    rate_text,
    share_text,
    usd_text,
)
from bbsim.units import format_gbps

CAUSES = ("money", "permits", "crews", "season")
HOME_CAUSES = ("money", "crews")


def charts(facts: Facts) -> list[Chart]:
    """The report's charts, in order; lines whose column is empty are left out."""
    early = (_coverage, _homes, homes_chart, crews_chart, _speed, _traffic, _hanging)
    drawn = (*early, _waiting, _waiting_homes, _money, _running, _centres)
    made = [draw(facts) for draw in drawn]
    return [chart for chart in made if chart is not None and chart.lines]


# ---- the charts -----------------------------------------------------------------------------------
def _coverage(facts: Facts) -> Chart:
    columns = {
        "cities_on_fibre_share_at_end": "cities on fibre, of those open",
        "population_on_fibre_share_at_end": "people in places on fibre",
        "households_passed_share_at_end": "homes passed",
        "population_within_25km_share_at_end": "people within 25 km of a lit node",
        "population_satellite_only_share": "people on satellite alone",
    }
    scale = _scale(facts, 0.0, 1.0)
    marks = [
        Mark(
            left=100.0 * min(max((target.by - facts.run.scenario.start).days / facts.days, 0.0), 1.0),
            bottom=100.0 * target.at_least,
            title=f"{target.name}: at least {share_text(target.at_least)} by {day_text(target.by)}",
            kept=_kept(facts, target.column, target.at_least, target.by),
        )
        for target in facts.run.scenario.targets
    ]
    ticks = [Tick(p, f"{p:.0f} %") for p in (0, 25, 50, 75, 100)]
    caption = (
        "Shares at the end of each period; people on satellite alone as the period's average. "
        "Diamonds are promises."
    )
    lines = scale.lines(facts.periods, columns, share_text, dashed=("population_within_25km_share_at_end",))
    return Chart(
        "coverage",
        "Who has fibre",
        caption,
        ticks,
        _years(facts),
        lines,
        marks=marks,
    )


def _centres(facts: Facts) -> Chart:
    title, caption = (
        "People near a public-service centre",
        "Ends of periods; open and connected centres only.",
    )
    table = facts.run.tables["public_services"]
    columns = {
        "population_within_60min_share_at_end": "people within an hour",
        "population_within_30min_share_at_end": "people within half an hour",
        "sites_connected_by_deadline_share": "sites connected by their deadline",
        "from_home_share": "applications from home",
    }
    told = len(table["period_end"]) > 0
    lines = _scale(facts, 0.0, 1.0).lines(table, columns, share_text) if told else []
    ticks = [Tick(p, f"{p:.0f} %") for p in (0, 25, 50, 75, 100)]
    return Chart("centres", title, caption, ticks, _years(facts), lines)


def _kept(facts: Facts, column: str, at_least: float, by: date) -> bool | None:
    shares = facts.periods[f"{column}_at_end"]
    then = [
        float(s)
        for end, s in zip(facts.ends, shares, strict=True)
        if (end - by).days <= 1 and not is_missing(s)
    ]
    return then[-1] >= at_least - 1e-12 if then else None


def _homes(facts: Facts) -> Chart:
    columns = {"households_passed": "homes passed", "households_connected": "homes connected"}
    most = _most(facts, columns)
    scale = _scale(facts, 0.0, most)
    caption = (
        "Passed: fibre lies at the door. Connected: the home has a line. Both at the end of each period."
    )
    if facts.run.scenario.access.last_mile is not None:
        caption += " Of the programme's own technology alone."
    ticks = linear_ticks(most, lambda v: large_text(v) if v else "0")
    return Chart(
        "homes",
        "Homes",
        caption,
        ticks,
        _years(facts),
        scale.lines(facts.periods, columns, large_text),
    )


def _speed(facts: Facts) -> Chart:
    columns = {
        "achievable_mbps_per_home_mean": "what an active home can get, average",
        "achievable_mbps_per_home_p10": "what the worst-off tenth can get",
        "busy_hour_mbps_per_home": "average load of a connected home",
    }
    low, high = _decades(facts, columns)
    scale = _scale(facts, low, high, logarithmic=True)
    caption = (
        "At the busy hour, averages over each period. Two different things: what one active home can get "
        "(the least of its line and its fair share of the way to the gateway), and the load of a connected "
        "home, averaged over all of them. Each step up is ten times more."
    )
    words = limit_words(facts)
    caption += f" {words}." if words else ""
    ticks = log_ticks(low, high, rate_text)
    lines = scale.lines(facts.periods, columns, rate_text, dashed=("achievable_mbps_per_home_p10",))
    return Chart(
        "speed",
        "What a home gets",
        caption,
        ticks,
        _years(facts),
        lines,
    )


def _traffic(facts: Facts) -> Chart:
    columns = {
        "max_span_utilisation_share": "fullest span",
        "gateway_utilisation_share": "gateways",
        "delivered_share": "load delivered",
    }
    scale = _scale(facts, 0.0, 1.0)
    gbps = [
        "" if is_missing(d) else f"{share_text(s)} of {format_gbps(float(d))}"
        for d, s in zip(facts.periods["demand_gbps"], facts.periods["delivered_share"], strict=True)
    ]
    lines = [
        line if line.label != "load delivered" else Line(line.label, line.colour, line.path, gbps)
        for line in scale.lines(facts.periods, columns, share_text)
    ]
    ticks = [Tick(p, f"{p:.0f} %") for p in (0, 25, 50, 75, 100)]
    caption = (
        "Busy-hour load over capacity, averages over each period: how full the fullest span and the gateways "
        "are, and how much of the load is delivered."
    )
    return Chart(
        "traffic",
        "How full the network is",
        caption,
        ticks,
        _years(facts),
        lines,
    )


def _hanging(facts: Facts) -> Chart:
    columns = {
        "population_on_fibre_share_at_end": "people in places on fibre",
        "population_on_single_path_share_at_end": "of these, cut off by the loss of some one span",
    }
    lines = _scale(facts, 0.0, 1.0).lines(facts.periods, columns, share_text)
    caption = (
        "Shares of all people at the end of each period. What lies between the two lines has two ways to a "
        "gateway; it may still hang on one node, or on one gateway's way abroad."
    )
    ticks = [Tick(p, f"{p:.0f} %") for p in (0, 25, 50, 75, 100)]
    return Chart("hanging", "Who hangs on one span", caption, ticks, _years(facts), lines)


def _money(facts: Facts) -> Chart:
    columns = {
        "came": ("came in, summed", facts.came_in_usd),
        "own": ("of it by the operator, summed", np.cumsum(_filled(facts, "reinvested_usd"))),
        "spent": ("spent, summed", np.cumsum(_filled(facts, "capex_usd"))),
        "cash": ("in hand", _filled(facts, "cash_usd")),
    }
    most = max(float(np.max(values)) for _, values in columns.values())
    scale = _scale(facts, 0.0, most)
    lines = [
        scale.line(label, values, palette.LINES[i], usd_text)
        for i, (label, values) in enumerate(columns.values())
    ]
    caption = (
        "US dollars at the scenario's reference rate, at the end of each period. What comes in: what was in "
        "hand at first, grants, and what the operator puts in of its own."
    )
    if ((_filled(facts, "waiting_for_money_homes") > 0) & (columns["cash"][1] > 0)).any():
        caption += (
            " Homes may wait for money while some is in hand: part of it is reserved for work under way, and "
            "what is granted for channels goes to homes only when no channel is left to award, in areas that "
            "open later too."
        )
    ticks = linear_ticks(most, lambda v: usd_text(v) if v else "0")
    return Chart("money", "Money", caption, ticks, _years(facts), lines)


def _running(facts: Facts) -> Chart:
    columns = {
        "revenue_usd": f"what {facts.who_pays} pay",
        "opex_usd": "running cost",
        "capex_usd": "building, homes and upgrades",
    }
    most = max(float(_filled(facts, column).max()) for column in columns)
    known = not all(is_missing(value) for value in facts.periods["revenue_usd"])
    lines = _scale(facts, 0.0, most).lines(facts.periods, columns, usd_text) if known else []
    caption = (
        "US dollars of each period, at the scenario's reference rate. What homes pay begins with their "
        "connection; drops and terminals are "
    )
    ledgered = facts.run.scenario.access.last_mile is not None
    caption += "part of building." if ledgered else "not among building here, but in what it is worth."
    ticks = linear_ticks(most, lambda v: usd_text(v) if v else "0")
    return Chart("running", "What lines bring and cost", caption, ticks, _years(facts), lines)


def _waiting(facts: Facts) -> Chart:
    """How many projects and places waited for what."""
    caption = (
        "Projects on their way and places not yet awarded, by what they wait for, on average over each "
        "period; the strip below has the colour of the cause that held most of them back, grey for none."
    )
    counts = {cause: _filled(facts, f"waiting_for_{cause}_projects") for cause in CAUSES}
    return _stacked(facts, "waiting", "What holds the programme up: projects", caption, counts)


def _waiting_homes(facts: Facts) -> Chart:
    """How many homes in places on fibre waited to be passed, and for what."""
    caption = (
        "Homes in places on fibre that are still to be passed, by what they wait for, on average over each "
        "period; the strip below has the colour of the cause that held most of them back, grey for none."
    )
    counts = {cause: _filled(facts, f"waiting_for_{cause}_homes") for cause in HOME_CAUSES}
    return _stacked(facts, "waiting_homes", "What holds the programme up: homes", caption, counts)


def _stacked(
    facts: Facts, key: str, title: str, caption: str, by_cause: dict[str, NDArray[np.float64]]
) -> Chart:
    """Counts by cause as stacked bars, and the cause that held most back as a strip below them."""
    counts = np.array(list(by_cause.values()))
    most = float(counts.sum(axis=0).max())
    causes = np.array(list(by_cause))
    binding = np.where(counts.max(axis=0) > 0, causes[counts.argmax(axis=0)], "none").tolist()
    bars, strip = [], []
    for period, (left, right) in enumerate(pairwise([0, *facts.end_days])):
        x, width = SIDE * left / facts.days, SIDE * (right - left) / facts.days
        floor = 0.0
        for i, cause in enumerate(by_cause):
            height = SIDE * float(counts[i, period]) / most if most else 0.0
            if height > 0:
                bars.append(_bar(x, SIDE - floor - height, width * 0.86, height, palette.CAUSES[cause]))
            floor += height
        strip.append(_bar(x, 0.0, width, SIDE, palette.CAUSES[binding[period]]))
    lines = [
        Line(cause, palette.CAUSES[cause], "", [large_text(value) for value in values.tolist()])
        for cause, values in by_cause.items()
    ]
    lines.append(Line("what binds", palette.INK, "", ["nothing" if b == "none" else b for b in binding]))
    ticks = linear_ticks(most, lambda v: large_text(v) if v else "0") if most else [Tick(0, "0")]
    return Chart(
        key,
        title,
        caption,
        ticks,
        _years(facts),
        lines,
        bars,
        strip,
    )


# ---- scales ---------------------------------------------------------------------------------------
def _scale(facts: Facts, low: float, high: float, *, logarithmic: bool = False) -> Scale:
    return Scale(facts.end_days, low, high, logarithmic=logarithmic)


def _years(facts: Facts) -> list[Tick]:
    return year_ticks(facts.run.scenario.start, facts.run.scenario.end)


def _bar(x: float, y: float, width: float, height: float, colour: str) -> Bar:
    return Bar(round(x, 1), round(y, 1), round(width, 1), round(height, 1), colour)


def _filled(facts: Facts, column: str) -> NDArray[np.float64]:
    return np.nan_to_num(np.ma.getdata(facts.periods[column]).astype(np.float64))


def _most(facts: Facts, columns: dict[str, str]) -> float:
    return max(float(np.nanmax(np.ma.getdata(facts.periods[c]).astype(np.float64))) for c in columns) or 1.0


_NOT_ASKED = {
    "internet_users_share": "the scenario has no internet_use",
    "availability_share": "nothing can fail in this scenario",
    "public_sites_on_fibre": "the scenario has no public_sites",
    "public_sites_on_fibre_share": "the scenario has no public_sites",
    "opex_usd": "no rent is paid and the scenario has no finance",
    "revenue_usd": "the scenario has no finance",
}


def _decades(facts: Facts, columns: dict[str, str]) -> tuple[float, float]:
    """Powers of ten around every positive value of some columns."""
    values = np.concatenate([np.ma.getdata(facts.periods[c]).astype(np.float64) for c in columns])
    known = values[np.isfinite(values) & (values > 0)]
    if not len(known):
        return 0.1, 1.0
    low, high = math.floor(math.log10(known.min())), math.ceil(math.log10(known.max()) - 1e-9)
    return 10.0**low, 10.0 ** max(high, low + 1)


def empty_columns(facts: Facts) -> list[tuple[str, str]]:
    """Columns of the periods table that hold nothing in this run, and why."""
    return [
        (name, _NOT_ASKED.get(name, "nothing to tell"))
        for name, column in facts.periods.items()
        if np.asarray(np.ma.getdata(column)).dtype.kind == "f" and all(is_missing(value) for value in column)
    ]
