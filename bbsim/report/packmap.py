"""A country pack to look at: its land, corridors by what they follow, places by what they are, and links.

A pack is judged by eye first: towns off the network, spurs into the sea and roads that end nowhere are seen
at once and hardly told in numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.patheffects import withStroke

from bbsim.report import palette
from bbsim.report.credits import country_credits
from bbsim.report.geometry import Base, base_of, people_with_parts
from bbsim.report.maps import WIDTH_INCHES, draw_scale, outline, shape_of
from bbsim.report.wording import shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from bbsim.country import Country

_LINES = {
    "trunk": ("#0072b2", 1.5, "assumed to stand"),
    "road": ("#8a8474", 0.6, "road"),
    "rail": ("#5b3a29", 0.6, "railway"),
    "spur": ("#c9c3b3", 0.35, "spur to a place"),
    "link": ("#e69f00", 1.1, "assumed link over land"),
    "sea": ("#cc79a7", 1.2, "submarine link"),
    "leased": ("#d55e00", 1.2, "leased link"),
}
_PLACES = {
    "city": ("#0072b2", 16.0, "city"),
    "access_area": ("#56b4e9", 5.0, "part of a city"),
    "town": ("#009e73", 5.0, "town"),
    "rural_synthetic": ("#b5ada0", 1.2, "rural place"),
    "border": ("#d55e00", 30.0, "border crossing"),
}


def pack_map(country: Country) -> Figure:
    """A picture of a country pack as it stands in its folder."""
    base = base_of(country)
    map_height = WIDTH_INCHES * shape_of(base)
    height = map_height + 1.0
    figure = Figure(figsize=(WIDTH_INCHES, height), dpi=130, facecolor="white")
    axes = figure.add_axes((0.0, 0.55 / height, 1.0, map_height / height))
    axes.set_xlim(base.west, base.east)
    axes.set_ylim(base.south, base.north)
    axes.set_aspect(1.0 / np.cos(np.radians(base.middle)))
    axes.set_axis_off()
    _ground(axes, base)
    drawn = _lines(axes, country)
    shown = _places(axes, country)
    _names(axes, country)
    draw_scale(axes, base)
    people = int(country.population.sum())
    words = f"{country.name}: {int(country.is_place.sum()):,} places, {people:,} people, "
    words += f"{country.km.sum():,.0f} km of corridors"
    figure.text(0.02, 1 - 0.3 / height, words, fontsize=12, weight="bold", color=palette.INK)
    _legend(figure, drawn, shown)
    credit = " · ".join(country_credits(country))
    figure.text(0.02, 0.07 / height, credit, fontsize=6, color=palette.MUTED, parse_math=False)
    return figure


def _ground(axes: Axes, base: Base) -> None:
    for shape in base.boundary:
        axes.add_patch(
            PathPatch(outline(shape), facecolor=palette.LAND, edgecolor=palette.EDGE, lw=0.4, zorder=0)
        )
    for shape in base.regions:
        axes.add_patch(
            PathPatch(outline(shape), facecolor="none", edgecolor=palette.REGION_EDGE, lw=0.6, zorder=1)
        )


def _class(country: Country, span: int) -> str:
    medium, note = country.spans["medium"][span], country.spans["note"][span]
    if medium in ("leased", "submarine"):
        return {"leased": "leased", "submarine": "sea"}[medium]
    if country.spans["status"][span] == "operational":
        return "trunk"
    if note.startswith("assumed link"):
        return "link"
    follows = country.follows[span]
    return follows if follows in _LINES else "road"


def _lines(axes: Axes, country: Country) -> list[str]:
    classes = np.array([_class(country, span) for span in range(len(country.span_ids))])
    drawn = []
    for order, (name, (colour, width, _)) in enumerate(reversed(list(_LINES.items()))):
        mine = np.flatnonzero(classes == name).tolist()
        lines = [xy for xy in (country.span_xy[i] for i in mine) if np.ptp(xy[:, 0]) < 180]
        if mine:
            drawn.append(name)
        front = 20 if name in ("link", "sea", "leased") else order
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, zorder=3 + front))
    return drawn


def _places(axes: Axes, country: Country) -> list[str]:
    shown = []
    for order, (kind, (colour, size, _)) in enumerate(reversed(list(_PLACES.items()))):
        at = np.flatnonzero(np.array([k == kind for k in country.kind], dtype=bool))
        if not len(at):
            continue
        shown.append(kind)
        marker = "^" if kind == "border" else "o"
        axes.scatter(
            country.node_xy[at, 0], country.node_xy[at, 1], s=size, c=colour, marker=marker,
            edgecolors="white", linewidths=0.2, zorder=30 + order,
        )  # fmt: skip
    gates = np.flatnonzero(np.array(country.nodes["gateway"], dtype=bool))
    axes.scatter(
        country.node_xy[gates, 0], country.node_xy[gates, 1], s=70, marker="*", c="#f0e442",
        edgecolors=palette.INK, linewidths=0.6, zorder=40,
    )  # fmt: skip
    return shown


def _names(axes: Axes, country: Country, most: int = 24) -> None:
    people = people_with_parts(country)
    cities = np.flatnonzero(country.is_city)
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    taken: list[tuple[float, float]] = []
    for node in cities[np.argsort(-people[cities], kind="stable")].tolist():
        x, y = country.node_xy[node].tolist()
        at = ((x - west) / (east - west), (y - south) / (north - south))
        if len(taken) == most or any(abs(at[0] - a) < 0.09 and abs(at[1] - b) < 0.03 for a, b in taken):
            continue
        taken.append(at)
        beside, away = ("right", -4) if at[0] > 0.9 else ("left", 4)  # never over the edge of the paper
        text = axes.annotate(
            shortened(str(country.nodes["name"][node]), 24), (x, y), xytext=(away, 3), ha=beside,
            textcoords="offset points", fontsize=7, color=palette.INK, parse_math=False, zorder=41,
        )  # fmt: skip
        text.set_path_effects([withStroke(linewidth=2.0, foreground="white")])


def _legend(figure: Figure, drawn: list[str], shown: list[str]) -> None:
    lines = [
        Line2D([], [], color=colour, lw=max(width, 1.0), label=words)
        for name, (colour, width, words) in _LINES.items()
        if name in drawn
    ]
    marks = [
        Line2D([], [], marker="^" if kind == "border" else "o", ls="", ms=5, mfc=colour, mec="white",
               label=words)
        for kind, (colour, _, words) in _PLACES.items()
        if kind in shown
    ]  # fmt: skip
    star = Line2D([], [], marker="*", ls="", ms=9, mfc="#f0e442", mec=palette.INK, label="gateway")
    figure.legend(
        handles=[*lines, *marks, star], loc="lower center", ncols=7, fontsize=7, frameon=False,
        bbox_to_anchor=(0.5, 0.13 / figure.get_figheight()), handlelength=1.5, columnspacing=1.1,
    )  # fmt: skip
