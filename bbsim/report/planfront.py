"""What money buys, as a picture: person-years over price, the colour telling when each plan is finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bbsim.report import palette
from bbsim.report.wording import shortened

APART = 0.13  # of the picture's width: labels nearer than this stand in each other's way


def front_figure(points: Sequence[Mapping[str, Any]], title: str) -> Figure:
    """The front's plans; `points` are the rows of ``front`` in plan.json, cheapest first."""
    figure = Figure(figsize=(9.0, 5.4), dpi=110, facecolor="white")
    axes = figure.add_axes((0.09, 0.12, 0.76, 0.72))
    usd = np.array([row["usd"] for row in points]) / 1e6
    years = np.array([row["person_years"] for row in points]) / 1e6
    finished = np.array([_year(row["finished"]) for row in points])
    scale = Normalize(np.floor(finished.min()), max(np.ceil(finished.max()), np.floor(finished.min()) + 1))
    top = [i for i in range(len(points)) if years[i] >= years[: i + 1].max()]
    axes.plot(usd[top], years[top], color=palette.RULE, lw=1.5, zorder=1)
    axes.scatter(usd, years, c=finished, cmap="viridis_r", norm=scale, s=70, edgecolors="white", zorder=3)
    last = -np.inf
    for i in top:
        if usd[i] - last < APART * usd.max():
            continue
        last = usd[i]
        axes.annotate(
            f"{points[i]['people'] / 1e6:.2g} M people", (usd[i], years[i]), xytext=(6, -12),
            textcoords="offset points", fontsize=8, color=palette.INK, zorder=4,
        )  # fmt: skip
    axes.set_xlabel("price of the plan, million USD", color=palette.INK)
    axes.set_ylabel("million person-years of service", color=palette.INK)
    axes.set_xlim(0, usd.max() * 1.14)
    axes.set_ylim(0, years.max() * 1.08)
    axes.grid(color=palette.RULE, lw=0.6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    bar = figure.colorbar(
        ScalarMappable(scale, colormaps["viridis_r"]), cax=figure.add_axes((0.88, 0.12, 0.02, 0.72))
    )
    bar.ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    bar.ax.yaxis.set_major_formatter("{x:.0f}")
    bar.set_label("all of it in service, 1 January of", color=palette.INK, fontsize=8)
    figure.text(
        0.02, 0.935, shortened(title, 90), fontsize=14, weight="bold", color=palette.INK, parse_math=False
    )
    figure.text(
        0.02, 0.885, "Each point is a plan; none beats it in price, service and date at once.",
        fontsize=9.5, color=palette.MUTED,
    )  # fmt: skip
    return figure


def _year(day: str) -> float:
    on = date.fromisoformat(day)
    return on.year + (on.timetuple().tm_yday - 1) / 365.25
