"""Two pictures of the funding gap: how far a subsidy reaches, and where it is lacking."""

from __future__ import annotations

import math

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline
from matplotlib.ticker import FuncFormatter, PercentFormatter

from bbsim.report import palette
from bbsim.report.facts import Facts
from bbsim.report.geometry import Base
from bbsim.report.maps import WIDTH_INCHES, credits_line, title_of
from bbsim.report.wording import usd_text
from bbsim.report.worth import gap_colour, queue

_LARGEST_POINTS = 240.0


def gap_curve(facts: Facts) -> Figure:
    """Share of people in places that are whole, against the subsidy spent."""
    usd, share = queue(facts)
    figure = Figure(figsize=(8.0, 4.2), dpi=110, facecolor="white")
    axes = figure.add_subplot()
    axes.plot(usd, share, color=palette.CAUSES["money"], lw=1.8)
    axes.set_title("How far a subsidy reaches", loc="left", fontsize=12, color=palette.INK, weight="bold")
    axes.set_xlim(0, max(float(usd[-1]), 1.0))
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: usd_text(value) if value else "0"))
    axes.set_xlabel("subsidy on the first day, summed", color=palette.MUTED, fontsize=8)
    axes.set_ylabel("people in places that are whole", color=palette.MUTED, fontsize=8)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(palette.RULE)
    axes.tick_params(colors=palette.MUTED, labelsize=8, length=0)
    axes.grid(axis="y", color=palette.RULE, lw=0.7)
    figure.subplots_adjust(left=0.1, right=0.94, top=0.9, bottom=0.2)
    told = f"{title_of(facts.run)} · bbsim run {facts.run.digest[:8]}"
    _foot(figure, told)
    return figure


def gap_map(facts: Facts, base: Base) -> Figure:
    """The places by what they lack."""
    squeeze = math.cos(math.radians(base.middle))
    shape = min(max((base.north - base.south) / ((base.east - base.west) * squeeze), 0.4), 1.6)
    map_height = WIDTH_INCHES * shape
    height = map_height + 1.1
    figure = Figure(figsize=(WIDTH_INCHES, height), dpi=110, facecolor="white")
    axes = figure.add_axes((0.0, 0.6 / height, 1.0, map_height / height))
    axes.set_xlim(base.west, base.east)
    axes.set_ylim(base.south, base.north)
    axes.set_aspect(1.0 / squeeze)
    axes.set_axis_off()
    for shapes, face, edge in (
        (base.boundary, palette.LAND, palette.EDGE),
        (base.regions, "none", palette.REGION_EDGE),
    ):
        for each in shapes:
            outline = Outline.make_compound_path(*(Outline(ring, closed=True) for ring in each.rings))
            axes.add_patch(PathPatch(outline, facecolor=face, edgecolor=edge, linewidth=0.8, zorder=1))
    table, country = facts.run.tables["funding_gap"], facts.run.country
    nodes = np.array([country.node_index[place] for place in table["place"]], dtype=np.int64)
    gap = table["funding_gap_usd"]
    size = 8.0 + _LARGEST_POINTS * np.nan_to_num(gap) / (float(np.nanmax(gap, initial=0.0)) or 1.0)
    order = np.argsort(-size, kind="stable")
    axes.scatter(
        country.node_xy[nodes[order], 0], country.node_xy[nodes[order], 1], s=size[order],
        c=[gap_colour(value) for value in gap[order].tolist()], edgecolors="#4a4a4a", linewidths=0.3,
        alpha=0.8, zorder=5,
    )  # fmt: skip
    figure.text(
        0.02, 1 - 0.34 / height, "What each place lacks", fontsize=15, weight="bold", color=palette.INK
    )
    words = {math.nan: "not on fibre", 0.0: "lacks nothing", 1.0: "lacks, larger for more"}
    handles = [
        Line2D([], [], marker="o", ls="", ms=6, mfc=gap_colour(value), mec="#4a4a4a", label=word)
        for value, word in words.items()
    ]
    figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.25 / height), ncols=3, fontsize=8,
        frameon=False,
    )  # fmt: skip
    _foot(figure, credits_line(facts.run))
    return figure


def _foot(figure: Figure, told: str) -> None:
    at = 0.08 / figure.get_figheight()
    figure.text(0.02, at, told, fontsize=6.5, color=palette.MUTED, parse_math=False, wrap=True)
