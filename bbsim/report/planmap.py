"""A plan as a picture: corridors coloured by the year in which they are expected, rings dashed beside them,
and whoever is left out as an empty circle with the way to the network that was too dear.
"""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from bbsim.country import Country
from bbsim.planning.mix.technologies import TECHNOLOGIES
from bbsim.planning.programme.national import NationalPlan, never
from bbsim.report import palette
from bbsim.report.geometry import (
    Base,
    base_of,
    degrees_east,
    kilometres_east,
    people_with_parts,
    round_length,
)
from bbsim.report.maps import WIDTH_INCHES
from bbsim.report.wording import shortened
from bbsim.scenario import Scenario

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STANDS = "#1b1b1b"
RING = "#d55e00"
LEFT_OUT = "#c2185b"
RADIO = "#7a4a1e"
SKY = "#7b2d8b"
LABELS = 16
_COLOURS = "viridis_r"


def plan_map(country: Country, scenario: Scenario, answer: NationalPlan) -> Figure:
    """The plan's corridors by expected year, its rings, and whom it leaves out."""
    base = base_of(country)
    figure, axes = _canvas(base)
    _land(axes, base)
    stands = [
        xy
        for xy, status in zip(country.span_xy, country.spans["status"], strict=True)
        if status == "operational" and scenario.existing.network == "as_in_pack"
    ]
    axes.add_collection(
        LineCollection(stands, colors=STANDS, linewidths=2.0, capstyle="round", zorder=3), autolim=False
    )
    handles = [Line2D([], [], color=STANDS, lw=2.0, label="stands on the first day")] if stands else []
    scale = _years(answer, scenario)
    handles += _routes(axes, country, scenario, answer, scale)
    handles += _dots(axes, country, answer)
    _names(axes, country)
    _scale_bar(axes, base)
    _around(figure, scenario, answer, scale, handles)
    return figure


def _canvas(base: Base) -> tuple[Figure, Axes]:
    squeeze = math.cos(math.radians(base.middle))
    shape = (base.north - base.south) / ((base.east - base.west) * squeeze)
    height = WIDTH_INCHES * min(max(shape, 0.4), 1.6)
    whole = height + 1.75
    figure = Figure(figsize=(WIDTH_INCHES, whole), dpi=110, facecolor="white")
    axes = figure.add_axes((0.0, 1.05 / whole, 1.0, height / whole))
    axes.set_xlim(base.west, base.east)
    axes.set_ylim(base.south, base.north)
    axes.set_aspect(1.0 / squeeze)
    axes.set_axis_off()
    return figure, axes


def _land(axes: Axes, base: Base) -> None:
    for shapes, face, edge, width in (
        (base.boundary, palette.LAND, palette.EDGE, 0.9),
        (base.regions, "none", palette.REGION_EDGE, 0.7),
    ):
        for shape in shapes:
            outline = Outline.make_compound_path(*(Outline(ring, closed=True) for ring in shape.rings))
            axes.add_patch(PathPatch(outline, facecolor=face, edgecolor=edge, linewidth=width, zorder=1))


def _year(day: int, scenario: Scenario) -> float:
    """A day of the plan as a year with its fraction."""
    on = date.fromordinal(scenario.start.toordinal() + int(day))
    return on.year + (on.timetuple().tm_yday - 1) / 365.25


def _years(answer: NationalPlan, scenario: Scenario) -> Normalize:
    days = [int(day) for day in answer.rollout.ready_day if not never(int(day))]
    years = [_year(day, scenario) for day in days] or [float(scenario.start.year)]
    return Normalize(math.floor(min(years)), max(math.ceil(max(years)), math.floor(min(years)) + 1))


def _routes(
    axes: Axes, country: Country, scenario: Scenario, answer: NationalPlan, scale: Normalize
) -> list[Line2D]:
    """Late routes first, so that early ones lie on top; rings dashed; what no money reaches in grey."""
    colours = colormaps[_COLOURS]
    dated = sorted(zip(answer.rollout.ready_day.tolist(), answer.steps, strict=True), key=lambda row: -row[0])
    handles = []
    for kind, style, width in (("route", "solid", 1.5), ("ring", (0, (3, 1.6)), 1.5)):
        lines, paint = [], []
        for day, step in dated:
            if step.kind != kind or never(day):
                continue
            lines += [country.span_xy[span] for span in step.spans]
            colour = colours(scale(_year(day, scenario))) if kind == "route" else RING
            paint += [colour] * len(step.spans)
        drawn = LineCollection(lines, colors=paint or None, linewidths=width, linestyles=[style], zorder=4)
        axes.add_collection(drawn, autolim=False)
        if kind == "ring" and lines:
            handles.append(Line2D([], [], color=RING, lw=1.5, ls="--", label="ring: a second way"))
    late = [country.span_xy[span] for day, step in dated if never(day) for span in step.spans]
    if late:
        axes.add_collection(LineCollection(late, colors="#9a9a9a", linewidths=1.0, zorder=3), autolim=False)
        handles.append(Line2D([], [], color="#9a9a9a", lw=1.0, label="planned, but the money ends before"))
    return handles


def _dots(axes: Axes, country: Country, answer: NationalPlan) -> list[Line2D]:
    """Hops and terminals, and places left out, by size, each with the way that would join it."""
    handles = _links(axes, country, answer)
    if not answer.left_out:
        return handles
    ways = [country.span_xy[span] for one in answer.left_out for span in one.spans]
    axes.add_collection(
        LineCollection(ways, colors=LEFT_OUT, linewidths=0.6, linestyles="dotted", alpha=0.8, zorder=2),
        autolim=False,
    )
    at = [one.place for one in answer.left_out]
    people = np.array([one.people for one in answer.left_out], dtype=np.float64)
    size = 6.0 + 30.0 * np.sqrt(people / max(float(people.max()), 1.0))
    dots = axes.scatter(
        country.node_xy[at, 0], country.node_xy[at, 1], s=size, facecolors="white", edgecolors=LEFT_OUT
    )
    dots.set_linewidth(0.9)
    dots.set_zorder(6)
    mark = Line2D([], [], marker="o", ls=":", color=LEFT_OUT, mfc="white", ms=5, lw=0.8)
    mark.set_label("left out, and its way to the network")
    return [*handles, mark]


def _links(axes: Axes, country: Country, answer: NationalPlan) -> list[Line2D]:
    handles = []
    hops = [link for link in answer.links if link.technology == "microwave"]
    if hops:
        lines = [country.node_xy[[link.feed, link.place]] for link in hops]
        axes.add_collection(LineCollection(lines, colors=RADIO, linewidths=0.8, zorder=5), autolim=False)
        at = [link.place for link in hops]
        axes.scatter(country.node_xy[at, 0], country.node_xy[at, 1], s=9, color=RADIO, linewidths=0, zorder=6)
        handles.append(Line2D([], [], color=RADIO, lw=0.8, marker="o", ms=3, label="microwave hop"))
    for technology, marker, colour, label in (
        ("satellite", "D", SKY, "satellite terminal"),
        ("none", "o", LEFT_OUT, "left out"),
    ):
        at = [link.place for link in answer.links if link.technology == technology]
        if at:
            axes.scatter(
                country.node_xy[at, 0], country.node_xy[at, 1], s=18, marker=marker, facecolors="white",
                edgecolors=colour, linewidths=1.0, zorder=7,
            )  # fmt: skip
            handles.append(Line2D([], [], color=colour, ls="", marker=marker, mfc="white", ms=5, label=label))
    return handles


def _names(axes: Axes, country: Country) -> None:
    """The largest cities, as far as their names do not stand in each other's way."""
    people = people_with_parts(country)
    cities = np.flatnonzero(country.is_city)
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    taken: list[tuple[float, float]] = []
    for node in cities[np.argsort(-people[cities], kind="stable")].tolist():
        x, y = country.node_xy[node].tolist()
        at = ((x - west) / (east - west), (y - south) / (north - south))
        if len(taken) >= LABELS or any(abs(at[0] - a) < 0.11 and abs(at[1] - b) < 0.04 for a, b in taken):
            continue
        taken.append(at)
        right = at[0] > 0.88
        text = axes.annotate(
            shortened(str(country.nodes["name"][node]), 30), (x, y), xytext=(-5 if right else 5, 3),
            textcoords="offset points", ha="right" if right else "left", fontsize=7.5, color=palette.INK,
            parse_math=False, zorder=11,
        )  # fmt: skip
        text.set_path_effects([withStroke(linewidth=2.2, foreground="white")])


def _scale_bar(axes: Axes, base: Base) -> None:
    latitude = base.south + 0.035 * (base.north - base.south)
    km = round_length(kilometres_east(base.west, latitude, base.east - base.west) * 0.22)
    left = base.west + 0.02 * (base.east - base.west)
    right = left + degrees_east(left, latitude, km)
    axes.plot([left, right], [latitude] * 2, color=palette.INK, lw=2.0, solid_capstyle="butt", zorder=12)
    axes.annotate(
        f"{km} km", ((left + right) / 2, latitude), xytext=(0, 4), textcoords="offset points", ha="center",
        fontsize=8, color=palette.INK, zorder=12,
    )  # fmt: skip


def _around(
    figure: Figure, scenario: Scenario, answer: NationalPlan, scale: Normalize, handles: list[Any]
) -> None:
    height = figure.get_figheight()
    figure.text(
        0.02, 1 - 0.32 / height, shortened(scenario.title or scenario.name, 90), fontsize=14, weight="bold",
        color=palette.INK, parse_math=False,
    )  # fmt: skip
    figure.text(0.02, 1 - 0.55 / height, _told(answer), fontsize=9.5, color=palette.MUTED, parse_math=False)
    if answer.steps:
        bar = figure.colorbar(
            ScalarMappable(scale, colormaps[_COLOURS]),
            cax=figure.add_axes((0.3, 0.82 / height, 0.4, 0.1 / height)),
            orientation="horizontal",
        )
        first, last = int(scale.vmin or 0), int(scale.vmax or 1)
        bar.set_ticks(list(range(first, last + 1, max(1, (last - first + 7) // 8))))
        bar.ax.tick_params(labelsize=8, colors=palette.INK)
        bar.ax.xaxis.set_major_formatter("{x:.0f}")
        bar.set_label("expected in service, 1 January of", fontsize=8, color=palette.INK)
    figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.08 / height), ncols=max(len(handles), 1),
        fontsize=8, frameon=False,
    )  # fmt: skip


def _told(answer: NationalPlan) -> str:
    if answer.links:
        counts = {name: sum(link.technology == name for link in answer.links) for name in TECHNOLOGIES[1:]}
        told = "; ".join(f"{name} for {count} places" for name, count in counts.items() if count)
        return told.replace("none for", "nothing for")
    routes = sum(step.kind == "route" for step in answer.steps)
    people = sum(step.people for step in answer.steps)
    told = f"{routes} projects reach {people:,} people"
    if answer.choice is not None:
        outside = sum(one.people for one in answer.left_out)
        told += f"; {outside:,} in {len(answer.left_out)} places are left out"
    if answer.rings:
        told += f"; {len(answer.rings)} rings"
    return told
