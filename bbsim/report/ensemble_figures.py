"""The pictures beside the page of an ensemble: bands, dates, what drives them, and the map of chances.

Each picture is drawn for itself (no pyplot, no shared state) and written without a date, so that the same
runs give the same bytes.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke
from matplotlib.ticker import PercentFormatter

from bbsim.report import palette
from bbsim.report.credits import country_credits
from bbsim.report.ensemble_drivers import all_drivers
from bbsim.report.ensemble_facts import Luck
from bbsim.report.ensemble_map import CLASSES, first_position, shares
from bbsim.report.geometry import Base, people_with_parts
from bbsim.report.wording import day_text, shortened

_SIZE = (8.0, 4.2)
_DPI = 110


def write_figures(luck: Luck, base: Base, folder: Path) -> list[Path]:
    """Write every picture into a folder, which is made if it is missing; returns the files, in order."""
    folder.mkdir(exist_ok=True)
    drawn: dict[str, Figure] = {
        "coverage": coverage(luck),
        "money": money(luck),
        "finish": finish(luck),
        "drivers": drivers(luck),
        "chances": chances(luck, base),
    }
    written = []
    for name, figure in drawn.items():
        path = folder / f"{name}.png"
        with warnings.catch_warnings():
            # A name may have letters that the font lacks; the picture then shows boxes, the page the letters.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(path, metadata={"Software": "bbsim"})
        written.append(path)
    return written


def coverage(luck: Luck) -> Figure:
    """Cities, people and homes: median and P10 to P90."""
    figure, axes = _frame(luck, "Who has fibre: median, and P10 to P90")
    columns = {
        "cities_on_fibre_share_at_end": "cities on fibre, of those open",
        "population_on_fibre_share_at_end": "people in places on fibre",
        "households_passed_share_at_end": "homes passed",
    }
    _bands(axes, luck, columns)
    if luck.scenario.targets:
        days = [_number(luck, (target.by - luck.scenario.start).days) for target in luck.scenario.targets]
        promised = [target.at_least for target in luck.scenario.targets]
        axes.plot(
            days, promised, "D", ms=6, mfc="white", mec=palette.INK, clip_on=False, zorder=5, label="promise"
        )
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    return _finished(figure, axes, luck)


def money(luck: Luck) -> Figure:
    """What came in, was spent and is in hand."""
    figure, axes = _frame(luck, "Money, million US dollars: median, and P10 to P90")
    columns = {"came_in_usd": "came in, summed", "spent_usd": "spent, summed", "cash_usd": "in hand"}
    _bands(axes, luck, columns, lambda usd: usd / 1e6)
    axes.set_ylim(bottom=0)
    return _finished(figure, axes, luck)


def finish(luck: Luck) -> Figure:
    """Share of runs in which each date has come by then; what never comes leaves the line below 1."""
    figure, axes = _frame(luck, "By when it is finished, in what share of the runs")
    for i, (what, days) in enumerate(luck.finish_days.items()):
        known = np.sort(days[days >= 0])
        x = [_number(luck, 0), *(_number(luck, int(day)) for day in known), _number(luck, luck.end_days[-1])]
        y = np.append(np.arange(len(known) + 1), len(known)) / len(days)
        never = float((days < 0).mean())
        label = what + (f" (not in {never:.0%} of runs)" if never else "")
        axes.step(x, y, where="post", color=palette.LINES[i], lw=1.8, label=label)
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    return _finished(figure, axes, luck)


def drivers(luck: Luck) -> Figure:
    """The tornado: share of the variance of the last city's date by cause, the greatest on top."""
    found = all_drivers(luck)
    rows = [row for row in (found[-1].rows if found else []) if row.width > 0.5][:12]
    figure = Figure(figsize=(_SIZE[0], max(2.4, 1.3 + 0.32 * len(rows))), dpi=_DPI, facecolor="white")
    axes = figure.add_subplot()
    title = f"What makes the date unsure: {found[-1].title.lower()}" if found else "No date varies"
    height = figure.get_figheight()
    figure.text(0.02, 1 - 0.28 / height, title, fontsize=12, color=palette.INK, weight="bold")
    if rows:
        at = np.arange(len(rows))[::-1]
        axes.barh(at, [row.width / 100 for row in rows], color="#e69f00", height=0.62)
        axes.set_yticks(at, [shortened(row.cause, 48) for row in rows], fontsize=8, parse_math=False)
        for y, row in zip(at.tolist(), rows, strict=True):
            axes.annotate(
                f"{row.share} {row.error}", (row.width / 100, y), xytext=(4, 0), textcoords="offset points",
                va="center", fontsize=8, color=palette.INK,
            )  # fmt: skip
        axes.set_xlim(0, 1.12 * max(row.width for row in rows) / 100 + 0.08)
        axes.xaxis.set_major_formatter(PercentFormatter(1.0))
        axes.set_xlabel("share of the variance of the date", fontsize=8, color=palette.MUTED)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(colors=palette.MUTED, labelsize=8, length=0)
    _foot(figure, luck)
    figure.subplots_adjust(left=0.42 if rows else 0.1, right=0.97, top=1 - 0.45 / height, bottom=0.9 / height)
    return figure


def chances(luck: Luck, base: Base) -> Figure:
    """The map of chances at the time with which the page begins."""
    position = first_position(luck)
    across = (base.east - base.west) * math.cos(math.radians(base.middle))
    tall = 9.0 * min(max((base.north - base.south) / across, 0.4), 1.6)
    height = tall + 1.25
    figure = Figure(figsize=(9.0, height), dpi=_DPI, facecolor="white")
    axes = figure.add_axes((0.0, 0.6 / height, 1.0, tall / height))
    axes.set_xlim(base.west, base.east)
    axes.set_ylim(base.south, base.north)
    axes.set_aspect(1.0 / math.cos(math.radians(base.middle)))
    axes.set_axis_off()
    _land(axes, luck, base)
    share = shares(luck)[position]
    people = people_with_parts(luck.country)[luck.nodes]
    cities = luck.country.is_city[luck.nodes]
    order = np.lexsort((np.arange(len(people)), people))
    size = 4.0 + 6.0 * cities + 34.0 * np.sqrt(people / max(int(people.max()), 1))
    colour = [next(c for least, c, _ in CLASSES if value >= least) for value in share]
    xy = luck.country.node_xy[luck.nodes]
    axes.scatter(
        xy[order, 0], xy[order, 1], s=size[order], c=[colour[i] for i in order],
        edgecolors="#5a5f69", linewidths=0.4, zorder=9,
    )  # fmt: skip
    _names(axes, luck)
    day = luck.ends[position - 1] if position else luck.scenario.start
    figure.text(
        0.02, 1 - 0.3 / height, f"On fibre by {day_text(_before(day))}: share of runs", fontsize=15,
        weight="bold", color=palette.INK,
    )  # fmt: skip
    marks = [
        Line2D([], [], marker="o", ls="", ms=6, mfc=c, mec="#5a5f69", label=words) for _, c, words in CLASSES
    ]
    figure.legend(handles=marks, loc="lower center", bbox_to_anchor=(0.5, 0.25 / height), ncols=3,
        fontsize=7.5, frameon=False,
    )  # fmt: skip
    told = " · ".join([*country_credits(luck.country), f"bbsim ensemble {luck.digest[:8]}"])
    figure.text(0.02, 0.1 / height, told, fontsize=6.5, color=palette.MUTED, parse_math=False, wrap=True)
    return figure


def _names(axes: Axes, luck: Luck) -> None:
    """The largest cities, as far as their names do not stand in each other's way."""
    country = luck.country
    people, cities = people_with_parts(country), np.flatnonzero(country.is_city)
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    taken: list[tuple[float, float]] = []
    for node in cities[np.argsort(-people[cities], kind="stable")].tolist():
        x, y = country.node_xy[node].tolist()
        at = ((x - west) / (east - west), (y - south) / (north - south))
        if len(taken) >= 16 or any(abs(at[0] - a) < 0.11 and abs(at[1] - b) < 0.035 for a, b in taken):
            continue
        taken.append(at)
        right = at[0] > 0.88
        text = axes.annotate(
            shortened(luck.name(node), 30), (x, y), xytext=(-5 if right else 5, 3),
            textcoords="offset points", ha="right" if right else "left", fontsize=7.5, color=palette.INK,
            parse_math=False, zorder=11,
        )  # fmt: skip
        text.set_path_effects([withStroke(linewidth=2.2, foreground="white")])


def _before(day: Any) -> Any:
    from datetime import timedelta

    return day - timedelta(days=1)


def _land(axes: Axes, luck: Luck, base: Base) -> None:
    for shape in base.boundary:
        path = Outline.make_compound_path(*(Outline(ring, closed=True) for ring in shape.rings))
        axes.add_patch(
            PathPatch(path, facecolor=palette.LAND, edgecolor=palette.EDGE, linewidth=0.9, zorder=0)
        )
    for shape in base.regions:
        path = Outline.make_compound_path(*(Outline(ring, closed=True) for ring in shape.rings))
        axes.add_patch(
            PathPatch(path, facecolor="none", edgecolor=palette.REGION_EDGE, linewidth=0.7, zorder=1)
        )
    country = luck.country
    own = [xy for xy, kind in zip(country.span_xy, country.spans["medium"], strict=True) if kind != "leased"]
    lines = LineCollection(own, colors=palette.STATUS["proposed"], linewidths=0.6, zorder=2)
    axes.add_collection(lines, autolim=False)


# ---- frames -----------------------------------------------------------------------------------------
def _number(luck: Luck, day: int) -> float:
    """A day as matplotlib's number (since 1970)."""
    return float((np.datetime64(luck.scenario.start, "D") + day).astype(np.int64))


def _frame(luck: Luck, title: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=_SIZE, dpi=_DPI, facecolor="white")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=12, color=palette.INK, weight="bold", parse_math=False)
    axes.xaxis_date()
    axes.set_xlim(_number(luck, 0), _number(luck, luck.end_days[-1]))
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(palette.RULE)
    axes.tick_params(colors=palette.MUTED, labelsize=8, length=0)
    axes.grid(axis="y", color=palette.RULE, lw=0.7)
    axes.set_axisbelow(True)
    return figure, axes


def _bands(
    axes: Axes, luck: Luck, columns: Mapping[str, str], scaled: Callable[[Any], Any] = lambda value: value
) -> None:
    x = [_number(luck, day) for day in luck.end_days]
    for i, (column, label) in enumerate(columns.items()):
        band = luck.band(column)
        if band is None:
            continue
        low, middle, high = (scaled(values) for values in band)
        axes.fill_between(x, low, high, color=palette.LINES[i], alpha=0.25, lw=0)
        axes.plot(x, middle, color=palette.LINES[i], lw=1.8, label=label)


def _finished(figure: Figure, axes: Axes, luck: Luck) -> Figure:
    height = figure.get_figheight()
    figure.subplots_adjust(left=0.1, right=0.97, top=1 - 0.42 / height, bottom=0.98 / height)
    legend = axes.legend(
        loc="upper left", bbox_to_anchor=(0.0, -0.3 / (height - 1.4)), ncols=3, fontsize=8, frameon=False
    )
    for text in legend.get_texts():
        text.set_color(palette.INK)
    _foot(figure, luck)
    return figure


def _foot(figure: Figure, luck: Luck) -> None:
    name = shortened(luck.scenario.title or luck.country.name, 70)
    told = f"{name} · {luck.runs} runs · bbsim ensemble {luck.digest[:8]}"
    figure.text(
        0.02, 0.08 / figure.get_figheight(), told, fontsize=6.5, color=palette.MUTED, parse_math=False
    )
