"""Differences and effects as a picture: a row each with its interval, grey where it may be luck."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure

from bbsim.report import palette
from bbsim.report.wording import shortened

Row = tuple[str, str, float, float, float, str]
"""Words, unit, difference, low and high end of its interval, verdict."""

_REAL, _LUCK = "#0072b2", "#b8bec9"


def differences_figure(rows: Sequence[Row], against: str) -> Figure:
    """Each unit in a panel of its own, since days and dollars share no axis."""
    units = list(dict.fromkeys(unit for _, unit, *_ in rows))
    counts = [sum(row[1] == unit for row in rows) for unit in units] or [1]
    height = 0.9 + 0.34 * sum(counts) + 0.75 * len(counts)
    figure = Figure(figsize=(9.0, height), dpi=110, facecolor="white")
    figure.text(
        0.02, 1 - 0.3 / height, f"Differences from {shortened(against, 60)}, with 95 % intervals",
        fontsize=12, weight="bold", color=palette.INK, parse_math=False,
    )  # fmt: skip
    top = height - 0.55
    for unit, count in zip(units, counts, strict=False):
        mine = [row for row in rows if row[1] == unit]
        bottom = top - 0.34 * count - 0.1
        axes = figure.add_axes((0.46, bottom / height, 0.5, (top - bottom) / height))
        by = {"share": 100.0, "USD": 1e-6}.get(unit, 1.0)
        at = np.arange(count)[::-1]
        for y, (_, _, middle, low, high, verdict) in zip(at.tolist(), mine, strict=True):
            colour = _REAL if verdict == "real" else _LUCK
            ends = [value * by for value in (low, high) if math.isfinite(value)]
            if len(ends) == 2:
                axes.plot(ends, [y, y], color=colour, lw=3, solid_capstyle="butt")
            if math.isfinite(middle):
                axes.plot([middle * by], [y], "o", color=colour, ms=6)
        axes.axvline(0, color=palette.INK, lw=0.8)
        axes.set_yticks(at, [shortened(row[0], 60) for row in mine], fontsize=8, parse_math=False)
        axes.set_ylim(-0.6, count - 0.4)
        axes.set_xlabel({"share": "per cent points", "USD": "million USD"}.get(unit, unit), fontsize=8)
        axes.tick_params(colors=palette.MUTED, labelsize=8, length=0)
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        top = bottom - 0.65
    return figure


def tornado_figure(title: str, unit: str, rows: Sequence[tuple[str, float, float]]) -> Figure:
    """The tornado: the greatest effect on top, its error as a line."""
    height = 1.1 + 0.34 * max(len(rows), 1)
    figure = Figure(figsize=(8.0, height), dpi=110, facecolor="white")
    figure.text(
        0.02, 1 - 0.28 / height, title, fontsize=12, weight="bold", color=palette.INK, parse_math=False
    )
    axes = figure.add_axes((0.42, 0.55 / height, 0.54, 1 - 1.0 / height))
    at = np.arange(len(rows))[::-1]
    axes.barh(at, [effect for _, effect, _ in rows], color="#e69f00", height=0.62)
    for y, (_, effect, error) in zip(at.tolist(), rows, strict=True):
        if math.isfinite(error):
            axes.plot([effect - error, effect + error], [y, y], color=palette.INK, lw=1)
    axes.axvline(0, color=palette.INK, lw=0.8)
    axes.set_yticks(at, [shortened(name, 48) for name, *_ in rows], fontsize=8, parse_math=False)
    axes.set_xlabel(unit, fontsize=8, color=palette.MUTED)
    axes.tick_params(colors=palette.MUTED, labelsize=8, length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return figure
