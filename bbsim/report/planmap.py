"""A plan as a picture: corridors coloured by their place in the order, rings dashed over them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.report import palette
from bbsim.report.geometry import base_of
from bbsim.report.maps import WIDTH_INCHES
from bbsim.scenario import Scenario


def plan_map(
    country: Country, scenario: Scenario, rank: NDArray[np.int64], rings: Sequence[int], projects: int
) -> Figure:
    """The plan's corridors, early ones dark, late ones light.

    Parameters
    ----------
    rank : (spans,) position of the project that builds the span; -1 for spans that are not in the plan.
    rings : spans that protect it.
    """
    base = base_of(country)
    squeeze = math.cos(math.radians(base.middle))
    height = WIDTH_INCHES * min(
        max((base.north - base.south) / ((base.east - base.west) * squeeze), 0.4), 1.6
    )
    figure = Figure(figsize=(WIDTH_INCHES, height + 1.1), dpi=110, facecolor="white")
    axes = figure.add_axes((0.0, 0.5 / (height + 1.1), 1.0, height / (height + 1.1)))
    axes.set_xlim(base.west, base.east)
    axes.set_ylim(base.south, base.north)
    axes.set_aspect(1.0 / squeeze)
    axes.set_axis_off()
    for shape in (*base.boundary, *base.regions):
        for ring in shape.rings:
            axes.plot(*np.asarray(ring).T, color=palette.EDGE, linewidth=0.6, zorder=1)
    standing = [
        xy
        for xy, status in zip(country.span_xy, country.spans["status"], strict=True)
        if status == "operational"
    ]
    axes.add_collection(LineCollection(standing, colors="#1b1b1b", linewidths=2.2, zorder=2), autolim=False)
    planned = np.flatnonzero(rank >= 0)
    order = planned[np.argsort(-rank[planned], kind="stable")].tolist()
    colours = colormaps["viridis"]
    scale = Normalize(0, max(projects - 1, 1))
    lines = LineCollection([country.span_xy[i] for i in order], linewidths=1.5, zorder=3)
    lines.set_color([colours(scale(rank[i])) for i in order])
    axes.add_collection(lines, autolim=False)
    dashed = LineCollection(
        [country.span_xy[i] for i in rings], colors="#d55e00", linewidths=1.2, linestyles="dashed", zorder=4
    )
    axes.add_collection(dashed, autolim=False)
    figure.text(0.02, 0.965, scenario.title or scenario.name, fontsize=14, weight="bold", parse_math=False)
    told = "black: stands; coloured: planned, in the order of the bar" + ("; dashed: rings" if rings else "")
    figure.text(0.02, 0.935, told, fontsize=9, color="#444444")
    bar = figure.colorbar(
        ScalarMappable(scale, colours), cax=figure.add_axes((0.3, 0.05, 0.4, 0.015)), orientation="horizontal"
    )
    bar.set_label("position in the plan", fontsize=8)
    return figure
