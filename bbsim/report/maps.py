"""The country on one day, as a picture: what is lit, laid, being built and planned, and who is still waiting.

Figures are matplotlib `Figure` objects without global state, so that they can be made in any thread and
look the same everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path as Outline
from matplotlib.patheffects import withStroke

from bbsim.built import STATUS_NAMES
from bbsim.report import palette
from bbsim.report.credits import credits
from bbsim.report.geometry import (
    Base,
    Shape,
    base_of,
    degrees_east,
    kilometres_east,
    people_with_parts,
    round_length,
)
from bbsim.report.wording import count_text, day_text, share_text, shortened
from bbsim.run import Run
from bbsim.sites import Applying
from bbsim.state import State

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

WIDTH_INCHES = 9.0
_DRAWN = ("proposed", "planned", "underConstruction", "inactive", "operational")
_WIDTHS = {"proposed": 0.4, "planned": 0.9, "underConstruction": 1.6, "inactive": 1.3, "operational": 1.3}
_LABELS = 14
_CENTRE = "#009e73"


def country_map(run: Run, on: date | str) -> Figure:
    """The country at the end of a day.

    Raises
    ------
    ValueError
        if the day lies outside the scenario's horizon.
    """
    state = run.at(on)  # which says in its own words what is no day
    day = date.fromisoformat(on) if isinstance(on, str) else on
    return picture(run, day, state, base_of(run.country))


def picture(run: Run, day: date, state: State, base: Base) -> Figure:
    """The country in a state that is already known, over a base map that is already read."""
    map_height = WIDTH_INCHES * shape_of(base)
    height = map_height + 1.25
    figure = Figure(figsize=(WIDTH_INCHES, height), dpi=110, facecolor="white")
    axes = figure.add_axes((0.0, 0.6 / height, 1.0, map_height / height))
    on_fibre, served = _paint(axes, run, state, base)
    _draw_labels(axes, run, on_fibre, _LABELS)
    draw_scale(axes, base)
    figure.text(0.02, 1 - 0.3 / height, day_text(day), fontsize=16, weight="bold", color=palette.INK)
    figure.text(0.02, 1 - 0.53 / height, _reached(run, on_fibre), fontsize=10.5, color=palette.INK)
    figure.text(
        0.98, 1 - 0.3 / height, title_of(run), fontsize=10, color=palette.MUTED, ha="right", parse_math=False
    )
    _foot(figure, run)
    _legend(figure, base, served, centres=run.scenario.sites is not None)
    return figure


def sheet(run: Run, days: Iterable[tuple[date, State]], base: Base) -> Figure:
    """The country on four days, side by side; each state is drawn before the next is asked for."""
    width, gap = WIDTH_INCHES / 2, 0.62
    map_height = width * shape_of(base)
    height = 2 * (map_height + gap) + 1.15
    figure = Figure(figsize=(WIDTH_INCHES, height), dpi=110, facecolor="white")
    figure.text(
        0.02,
        1 - 0.34 / height,
        title_of(run),
        fontsize=15,
        weight="bold",
        color=palette.INK,
        parse_math=False,
    )
    served: set[str] = set()
    for seat, (day, state) in enumerate(days):
        left, top = 0.5 * (seat % 2), 1 - (0.55 + (seat // 2) * (map_height + gap)) / height
        bottom = top - (gap + map_height) / height
        axes = figure.add_axes((left + 0.01, bottom, 0.48, map_height / height))
        on_fibre, waiting = _paint(axes, run, state, base, small=True)
        served |= waiting
        _draw_labels(axes, run, on_fibre, 6)
        if seat == 0:
            draw_scale(axes, base)
        figure.text(
            left + 0.02, top - 0.24 / height, day_text(day), fontsize=12, weight="bold", color=palette.INK
        )
        figure.text(
            left + 0.02, top - 0.44 / height, _reached(run, on_fibre), fontsize=8.5, color=palette.MUTED
        )
    _foot(figure, run)
    _legend(figure, base, served, centres=run.scenario.sites is not None)
    return figure


def shape_of(base: Base) -> float:
    """Height of the map over its width, as it is drawn."""
    across = (base.east - base.west) * math.cos(math.radians(base.middle))
    return min(max((base.north - base.south) / across, 0.4), 1.6)


# ---- layers -------------------------------------------------------------------------------------
def _paint(
    axes: Axes, run: Run, state: State, base: Base, *, small: bool = False
) -> tuple[NDArray[np.bool_], set[str]]:
    """Everything but names; tells which places are on fibre, and what serves the rest."""
    axes.set_xlim(base.west, base.east)
    axes.set_ylim(base.south, base.north)
    axes.set_aspect(1.0 / math.cos(math.radians(base.middle)))
    axes.set_axis_off()
    _draw_base(axes, base, state)
    _draw_spans(axes, run, state, 0.7 if small else 1.0)
    _draw_centres(axes, run, state, 0.4 if small else 1.0)
    return _draw_places(axes, run, state, 0.4 if small else 1.0)


def outline(shape: Shape) -> Outline:
    """A shape as one path, so that holes stay holes."""
    return Outline.make_compound_path(*(Outline(ring, closed=True) for ring in shape.rings))


def _draw_base(axes: Axes, base: Base, state: State) -> None:
    for shape in base.boundary:
        axes.add_patch(PathPatch(outline(shape), facecolor=palette.LAND, edgecolor="none", zorder=0))
    for shape in base.regions:
        axes.add_patch(
            PathPatch(
                outline(shape), facecolor="none", edgecolor=palette.REGION_EDGE, linewidth=0.7, zorder=1
            )
        )
    for area, shape in base.closed.items():
        if shape.rings and not state.area_open[area]:
            closed = PathPatch(
                outline(shape),
                facecolor="#e3e1dc",
                edgecolor="#b4b1aa",
                hatch="////",
                linewidth=0.0,
                zorder=1,
            )
            axes.add_patch(closed)
    for shape in base.boundary:
        axes.add_patch(
            PathPatch(outline(shape), facecolor="none", edgecolor=palette.EDGE, linewidth=0.9, zorder=2)
        )


def _draw_spans(axes: Axes, run: Run, state: State, scale: float) -> None:
    open_spans = state.open_spans()
    leased = np.array([medium == "leased" for medium in run.country.spans["medium"]], dtype=bool)
    for code, status in enumerate(STATUS_NAMES):
        shown = state.span_status == code
        if status == "proposed":
            shown = shown & open_spans & ~leased
        lines = LineCollection(
            [run.country.span_xy[i] for i in np.flatnonzero(shown).tolist()],
            colors=palette.STATUS[status],
            linewidths=_WIDTHS[status] * scale,
            linestyles="dashed" if status == "planned" else "solid",
            capstyle="butt" if status == "planned" else "round",
            zorder=3 + code,
        )
        axes.add_collection(lines, autolim=False)


def _draw_places(axes: Axes, run: Run, state: State, scale: float) -> tuple[NDArray[np.bool_], set[str]]:
    """Dots by what serves the place, larger for more people; tells which words the legend needs."""
    country = run.country
    on_fibre = state.on_fibre() & country.is_place
    waiting = country.is_place & ~on_fibre & state.open_nodes()
    size = 3.0 * scale + 26.0 * scale * np.sqrt(country.population / max(int(country.population.max()), 1))
    served = "satellite" if state.sky else ""
    for where, colour, edge in (
        (waiting, palette.SERVED[served], "#4a4a4a"),
        (on_fibre, palette.SERVED["fibre"], "white"),
    ):
        at = np.flatnonzero(where)
        at = at[np.argsort(-country.population[at], kind="stable")]
        dots: PathCollection = axes.scatter(
            country.node_xy[at, 0], country.node_xy[at, 1], s=size[at], c=colour, edgecolors=edge
        )
        dots.set_linewidth((scale * np.where(country.is_city[at], 0.6, 0.25)).tolist() or [0.3])
        dots.set_zorder(9)
    return on_fibre, {served} if waiting.any() else set()


def _draw_centres(axes: Axes, run: Run, state: State, scale: float) -> None:
    """Squares where people can apply at a public site: full if one there is connected."""
    if run.scenario.sites is None:
        return
    applying = Applying(run.scenario, run.country)
    opened, _, connected = applying.standing(state)
    there = np.unique(applying.node[opened & applying.serves])
    full = np.isin(there, applying.node[opened & applying.serves & connected])
    for at, face in ((there[full], _CENTRE), (there[~full], "white")):
        squares: PathCollection = axes.scatter(
            run.country.node_xy[at, 0],
            run.country.node_xy[at, 1],
            s=70 * scale,
            marker="s",
            c=face,
            edgecolors=_CENTRE,
        )
        squares.set_linewidth(1.2 * scale)
        squares.set_zorder(8.5)


def _draw_labels(axes: Axes, run: Run, on_fibre: NDArray[np.bool_], most: int) -> None:
    """Names of the largest cities that do not stand in each other's way."""
    country = run.country
    people = people_with_parts(country)
    cities = np.flatnonzero(country.is_city)
    largest = cities[np.argsort(-people[cities], kind="stable")]
    taken: list[tuple[float, float]] = []
    (west, east), (south, north) = axes.get_xlim(), axes.get_ylim()
    for node in largest.tolist():
        x, y = country.node_xy[node].tolist()
        at = ((x - west) / (east - west), (y - south) / (north - south))
        if any(abs(at[0] - a) < 0.11 and abs(at[1] - b) < 0.035 for a, b in taken):
            continue
        taken.append(at)
        right = at[0] > 0.88
        text = axes.annotate(
            shortened(str(country.nodes["name"][node]), 30),
            (x, y),
            xytext=(-5 if right else 5, 3),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=7.5,
            color=palette.INK if on_fibre[node] else palette.MUTED,
            parse_math=False,
            zorder=11,
        )
        text.set_path_effects([withStroke(linewidth=2.2, foreground="white")])
        if len(taken) == most:
            return


def draw_scale(axes: Axes, base: Base) -> None:
    """A bar of a round geodesic length, at the latitude where it stands."""
    latitude = base.south + 0.035 * (base.north - base.south)
    whole = kilometres_east(base.west, latitude, base.east - base.west)
    km = round_length(whole * 0.22)
    left = base.west + 0.02 * (base.east - base.west)
    right = left + degrees_east(left, latitude, km)
    axes.plot(
        [left, right], [latitude, latitude], color=palette.INK, lw=2.0, solid_capstyle="butt", zorder=12
    )
    axes.annotate(
        f"{km} km", ((left + right) / 2, latitude), xytext=(0, 4), textcoords="offset points", ha="center",
        fontsize=8, color=palette.INK, zorder=12,
    )  # fmt: skip


# ---- around the map -----------------------------------------------------------------------------
def _reached(run: Run, on_fibre: NDArray[np.bool_]) -> str:
    people, cities = run.country.population, run.country.is_city
    share = float(people[on_fibre].sum()) / max(int(people.sum()), 1)
    reached = int((on_fibre & cities).sum())
    cities_words = f"{count_text(reached)} of {count_text(int(cities.sum()))} cities on fibre"
    return f"{cities_words}; {share_text(share)} of people live where fibre is"


def title_of(run: Run) -> str:
    """The scenario's title, or the country's name, cut to what fits over a picture."""
    return shortened(run.scenario.title or run.country.name, 70)


def _foot(figure: Figure, run: Run) -> None:
    text, height = credits_line(run), figure.get_figheight()
    figure.text(0.02, 0.1 / height, text, fontsize=6.5, color=palette.MUTED, parse_math=False, wrap=True)


def credits_line(run: Run) -> str:
    """Whom the picture owes its shapes to, and which run it shows."""
    return " · ".join([*credits(run), f"bbsim run {run.digest[:8]}"])


def _legend(figure: Figure, base: Base, waiting: set[str], *, centres: bool) -> None:
    lines = [
        Line2D(
            [], [], color=palette.STATUS[status], lw=max(_WIDTHS[status], 1.2),
            label=palette.STATUS_WORDS[status], linestyle="dashed" if status == "planned" else "solid",
        )
        for status in reversed(_DRAWN)
    ]  # fmt: skip
    words = {"satellite": "satellite at best", "": "nothing yet"}
    dots = [("fibre", "on fibre", "white"), *((s, words[s], "#4a4a4a") for s in sorted(waiting))]
    marks = [
        Line2D([], [], marker="o", ls="", ms=6, mfc=palette.SERVED[served], mec=edge, label=label)
        for served, label, edge in dots
    ]
    area = [Patch(facecolor="#e3e1dc", edgecolor="#b4b1aa", hatch="////", label="closed area")]
    if centres:
        marks.append(Line2D([], [], marker="s", ls="", ms=7, mfc=_CENTRE, mec=_CENTRE, label="centre"))
    handles = [*lines, *marks, *(area if base.closed else [])]
    legend = figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.25 / figure.get_figheight()),
        ncols=len(handles), fontsize=7.5, frameon=False, handlelength=1.6, columnspacing=1.3,
        handletextpad=0.5,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_color(palette.INK)
