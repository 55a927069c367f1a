"""Homes by technology: a chart of who is on what, and a table of each technology's life and its price."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim import technology
from bbsim.metrics.columns import past_of
from bbsim.report import palette
from bbsim.report.facts import Facts
from bbsim.report.scales import SIDE, Line, Scale, Tick, linear_ticks, year_ticks
from bbsim.report.shapes import Bar, Chart
from bbsim.report.tables import Cell, Table
from bbsim.report.wording import MISSING, count_text, is_missing, large_text, rate_text, usd_text
from bbsim.simulate.ramp import crews_at_start
from bbsim.units import MINUTES_PER_DAY

WORK = ("pass", "connect", "terminal", "exit", "renew")
HEADS = (
    "Technology", "Most homes on it", "Passed in all", "Connected at the end", "Served at the end",
    "Came from a worse one", "Still to move", "Businesses connected", "An active home gets", "Paid for it",
)  # fmt: skip


def homes_chart(facts: Facts) -> Chart | None:
    """Homes connected at the end of each period, stacked by technology; None where there is only one."""
    grid = _grid(facts, "homes_connected")
    if grid is None:
        return None
    names, counts = _names(facts), grid.astype(np.float64)
    most = float(counts.sum(axis=1).max()) or 1.0
    bars = []
    for period, (left, right) in enumerate(pairwise([0, *facts.end_days])):
        x, width = SIDE * left / facts.days, SIDE * (right - left) / facts.days
        floor = 0.0
        for at in range(len(names) - 1, -1, -1):  # the best lies below, on even ground
            height = SIDE * float(counts[period, at]) / most
            if height > 0:
                x0, y0, w, h = (round(v, 1) for v in (x, SIDE - floor - height, width * 0.94, height))
                bars.append(Bar(x0, y0, w, h, colour(at, len(names))))
            floor += height
    lines = [
        Line(names[at], colour(at, len(names)), "", [large_text(value) for value in counts[:, at].tolist()])
        for at in range(len(names) - 1, -1, -1)
        if counts[:, at].any()
    ]
    caption = (
        "Homes that are connected at the end of each period, each on one technology: it moves to the next "
        "when that is at its door."
    )
    ticks: list[Tick] = linear_ticks(most, lambda v: large_text(v) if v else "0")
    years = year_ticks(facts.run.scenario.start, facts.run.scenario.end)
    return Chart("technologies", "What homes are connected by", caption, ticks, years, lines, bars)


def crews_chart(facts: Facts) -> Chart | None:
    """Access crews at work at the end of each period; None where all are there from the first day."""
    scenario = facts.run.scenario
    mile = scenario.access.last_mile
    if mile is None or mile.ramp is None:
        return None
    hired: dict[str, list[tuple[int, int]]] = {base.base: [] for base in scenario.crews.bases}
    for event in past_of(facts.run).of(ev.CrewsHired):
        hired[event.name].append((event.minute // MINUTES_PER_DAY, event.crews))
    crews, full = np.zeros(len(facts.end_days)), 0
    for base in scenario.crews.bases:
        told, full = hired[base.base], full + base.access
        begun = told[0][1] - 1 if told else crews_at_start(base.access, mile.ramp)
        at_work = np.array([begun, *(count for _, count in told)])
        crews += at_work[np.searchsorted([day for day, _ in told], facts.end_days, side="left")]
    most = float(max(full, 1))
    line = Scale(facts.end_days, 0.0, most).line("access crews", crews, palette.LINES[0], large_text)
    caption = (
        f"Crews that pass homes, at the end of each period, of {count_text(full)} when all are hired. "
        "Newcomers learn, so that their pace rises later than their number."
    )
    ticks = linear_ticks(most, lambda v: large_text(v) if v else "0")
    years = year_ticks(scenario.start, scenario.end)
    return Chart("crews", "Crews that pass homes", caption, ticks, years, [line])


def homes_table(facts: Facts) -> Table | None:
    """A row a technology, worst first; None where there is only one."""
    connected = _grid(facts, "homes_connected")
    if connected is None:
        return None
    columns = {
        name: _column(facts, name)
        for name in (
            "homes_passed",
            "homes_served",
            "homes_moved_in",
            "homes_due_to_move",
            "businesses_connected",
        )
    }
    mbps, money = (
        _column(facts, "achievable_mbps_per_home_at_end"),
        [_column(facts, f"{w}_usd") for w in WORK],
    )
    rows = []
    for at, name in enumerate(_names(facts)):
        paid = float(sum(each[:, at].sum() for each in money))
        peak = int(connected[:, at].argmax())
        rate = mbps[-1, at]
        rows.append(
            [
                Cell(name, float(at)),
                Cell(count_text(int(connected[peak, at])), float(connected[peak, at]), facts.labels[peak]),
                *(
                    Cell(count_text(int(value)), float(value))
                    for value in (
                        columns["homes_passed"][-1, at],
                        connected[-1, at],
                        columns["homes_served"][-1, at],
                        columns["homes_moved_in"][:, at].sum(),
                        columns["homes_due_to_move"][-1, at],
                        columns["businesses_connected"][-1, at],
                    )
                ),
                Cell(
                    MISSING if is_missing(rate) else rate_text(rate),
                    -1.0 if is_missing(rate) else float(rate),
                ),
                Cell(usd_text(paid) if paid else MISSING, paid),
            ]
        )
    return Table(HEADS, (False, *[True] * (len(HEADS) - 1)), rows)


def colour(at: int, count: int) -> str:
    """Colour of a technology: the programme's own has that of fibre."""
    return palette.LINES[(count - 1 - at) % len(palette.LINES)]


def _names(facts: Facts) -> list[str]:
    return [record.name for record in technology.of_scenario(facts.run.scenario).values()]


def _grid(facts: Facts, column: str) -> NDArray[Any] | None:
    """(periods, technologies) a column of the table; None where there is only one technology."""
    if facts.run.scenario.access.last_mile is None or len(_names(facts)) < 2:
        return None
    return _column(facts, column)


def _column(facts: Facts, column: str) -> NDArray[Any]:
    plain: NDArray[Any] = np.ma.getdata(facts.run.tables["access"][column])
    return plain.reshape(len(facts.ends), -1)
