"""The pictures beside the page: the country on a few days, coverage, money, speed and the projects.

Each picture is drawn for itself (no pyplot, no shared state) and written without a date, so that the same run
gives the same bytes.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from bbsim.report import palette
from bbsim.report.facts import Facts
from bbsim.report.geometry import Base
from bbsim.report.maps import picture, sheet, title_of
from bbsim.report.timeline import states_at
from bbsim.report.wording import is_missing, rate_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_SIZE = (8.0, 4.2)
_DPI = 110
_METADATA = {"Software": "bbsim"}
_AFTER_YEARS = (2, 4, 8)
_STEPS = (
    ("planned", "permitted", palette.STATUS["planned"], "survey and permits"),
    ("permitted", "started", palette.TENDER, "tender, material, crews"),
    ("started", "ready_for_service", palette.STATUS["operational"], "building"),
)


def write_figures(facts: Facts, base: Base, folder: Path) -> list[Path]:
    """Write every picture into a folder, which is made if it is missing; returns the files, in order."""
    folder.mkdir(exist_ok=True)
    written = []
    for day, state in states_at(facts.run, map_days(facts)):
        written.append(_save(picture(facts.run, day, state, base), folder / f"map_{day}.png"))
    four = states_at(facts.run, sheet_days(facts))
    written.append(_save(sheet(facts.run, four, base), folder / "build_out.png"))
    for name, draw in (("coverage", coverage), ("money", money), ("speed", speed), ("gantt", gantt)):
        written.append(_save(draw(facts), folder / f"{name}.png"))
    return written


def map_days(facts: Facts) -> list[date]:
    """The days that get a map: the first, after two, four and eight years, and the last."""
    start = facts.run.scenario.start
    later = [start + timedelta(days=round(years * 365.25) - 1) for years in _AFTER_YEARS]
    return sorted({start, *(day for day in later if day < facts.horizon), facts.horizon})


def sheet_days(facts: Facts) -> list[date]:
    """The four days of the small maps: the first, the last, and two between while most is being built."""
    built = [day for day in facts.on_fibre_since.values() if day > facts.run.scenario.start]
    busy = (max(built) - facts.run.scenario.start).days if built else facts.days
    between = [facts.run.scenario.start + timedelta(days=round(busy * share)) for share in (0.12, 0.4)]
    ends = [date(day.year, 12, 31) for day in between if date(day.year, 12, 31) < facts.horizon]
    return sorted({facts.run.scenario.start, *ends, facts.horizon})


def _save(figure: Figure, path: Path) -> Path:
    with warnings.catch_warnings():
        # A name may have letters that the font lacks; the picture then shows boxes, and the page the letters.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(path, metadata=_METADATA)
    return path


# ---- over time ------------------------------------------------------------------------------------
def coverage(facts: Facts) -> Figure:
    """Shares of cities, people and homes at the end of each period, and the promises."""
    figure, axes = _frame(facts, "Who has fibre")
    columns = {
        "cities_on_fibre_share_at_end": "cities on fibre, of those open",
        "population_on_fibre_share_at_end": "people in places on fibre",
        "households_passed_share_at_end": "homes passed",
        "population_within_25km_share_at_end": "people within 25 km of a lit node",
    }
    _lines(axes, facts, columns, dashed=("population_within_25km_share_at_end",))
    targets = facts.run.scenario.targets
    if targets:
        days = _day_numbers([target.by for target in targets])
        promised = [target.at_least for target in targets]
        axes.plot(
            days, promised, "D", ms=6, mfc="white", mec=palette.INK, clip_on=False, zorder=5, label="promise"
        )
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    return _finished(figure, axes, facts)


def money(facts: Facts) -> Figure:
    """What came in and was spent so far, and what is in hand."""
    figure, axes = _frame(facts, "Money, million US dollars")
    series = {
        "came in, summed": facts.came_in_usd,
        "spent, summed": np.cumsum(_plain(facts.periods["capex_usd"])),
        "in hand": _plain(facts.periods["cash_usd"]),
    }
    for i, (label, values) in enumerate(series.items()):
        axes.plot(_day_numbers(facts.ends), values / 1e6, color=palette.LINES[i], lw=1.8, label=label)
    axes.set_ylim(bottom=0)
    return _finished(figure, axes, facts)


def speed(facts: Facts) -> Figure:
    """What an active home can get at the busy hour, and the average load of a connected one."""
    figure, axes = _frame(facts, "A home at the busy hour, averages over each period")
    columns = {
        "achievable_mbps_per_home_mean": "an active home can get",
        "achievable_mbps_per_home_p10": "the worst-served tenth",
        "busy_hour_mbps_per_home": "average load of a home",
    }
    _lines(axes, facts, columns, dashed=("achievable_mbps_per_home_p10",))
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda mbps, _: rate_text(mbps)))
    return _finished(figure, axes, facts)


# ---- projects -------------------------------------------------------------------------------------
def gantt(facts: Facts) -> Figure:
    """Every project from award to light, by phase and region, earliest award first.

    The phases share the height, so that the cities are not lost among the villages.
    """
    table, country = facts.run.tables["projects"], facts.run.country
    phases = [phase.name for phase in facts.run.scenario.phases]

    def group(i: int) -> tuple[str, str]:
        return str(table["phase"][i]), str(country.nodes["region"][country.node_index[table["target"][i]]])

    def rank(i: int) -> tuple[int, str, Any, int]:
        phase, region = group(i)
        return phases.index(phase), region, table["planned"][i], i

    order = sorted((i for i, kind in enumerate(table["kind"]) if kind == "route"), key=rank)
    figure, axes = _frame(facts, f"{len(order)} projects, from award to light", height=7.6)
    groups = [group(i) for i in order]
    tall = _row_heights([phase for phase, _ in groups])
    tops = np.concatenate([[0.0], np.cumsum(tall)])
    _bars(axes, facts, order, (tops[:-1] + tops[1:]) / 2, tall)
    edges = [row for row in range(len(order)) if row == 0 or groups[row] != groups[row - 1]]
    for first, after in pairwise([*edges, len(order)]):
        axes.axhline(tops[first], color=palette.RULE, lw=0.6)
        if tops[after] - tops[first] >= tops[-1] / 60:
            axes.text(
                1.005, (tops[first] + tops[after]) / 2, ": ".join(groups[first]),
                transform=axes.get_yaxis_transform(), fontsize=6.5, va="center", color=palette.MUTED,
                parse_math=False,
            )  # fmt: skip
    axes.set_ylim(tops[-1], -1)
    axes.set_yticks([])
    return _finished(figure, axes, facts, right=0.76, left=0.03)


def _row_heights(phases: Sequence[str]) -> NDArray[np.float64]:
    """A height a row, so that each phase has at least its even share of two thirds of the picture."""
    counts = {phase: phases.count(phase) for phase in dict.fromkeys(phases)}
    least = len(phases) * 0.67 / max(len(counts), 1)
    return np.array([max(1.0, least / counts[phase]) for phase in phases])


def _bars(
    axes: Axes, facts: Facts, order: Sequence[int], rows: NDArray[np.float64], tall: NDArray[np.float64]
) -> None:
    """The stages of each project, cut at the end of the run where they are not over."""
    table, end = facts.run.tables["projects"], _day_numbers([facts.run.scenario.end])
    width = np.clip(330.0 * tall / max(float(tall.sum()), 60.0), 0.35, 6.0)
    days = {name: _day_numbers(table[name])[list(order)] for name, *_ in _STEPS}
    days["ready_for_service"] = _day_numbers(table["ready_for_service"])[list(order)]
    # A project without a route has no permits and no site: what it skips takes the day of what comes next.
    for skipped, after in (("started", "ready_for_service"), ("permitted", "started")):
        days[skipped] = np.where(np.isnan(days[skipped]), days[after], days[skipped])
    for begin, until, colour, label in _STEPS:
        begun = ~np.isnan(days[begin])
        stop = np.where(np.isnan(days[until]), end, days[until])
        axes.hlines(rows[begun], days[begin][begun], stop[begun], colors=colour, lw=width[begun])
        axes.plot([], [], color=colour, lw=4, label=label)


def _day_numbers(days: Any) -> NDArray[np.float64]:
    """Days as matplotlib's numbers (since 1970), NaN where there is none."""
    known = np.asarray(days, dtype="datetime64[D]")
    numbers: NDArray[np.float64] = np.where(
        np.isnat(known), np.nan, known.astype(np.int64).astype(np.float64)
    )
    return numbers


# ---- frames ---------------------------------------------------------------------------------------
def _frame(facts: Facts, title: str, height: float = _SIZE[1]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(_SIZE[0], height), dpi=_DPI, facecolor="white")
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=12, color=palette.INK, weight="bold", parse_math=False)
    axes.xaxis_date()
    first, last = _day_numbers([facts.run.scenario.start, facts.run.scenario.end]).tolist()
    axes.set_xlim(first, last)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(palette.RULE)
    axes.tick_params(colors=palette.MUTED, labelsize=8, length=0)
    axes.grid(axis="y", color=palette.RULE, lw=0.7)
    axes.set_axisbelow(True)
    return figure, axes


def _lines(axes: Axes, facts: Facts, columns: Mapping[str, str], dashed: Sequence[str] = ()) -> None:
    """A line a column, one point at the end of each period; empty columns are left out."""
    for i, (column, label) in enumerate(columns.items()):
        values = np.ma.getdata(facts.periods[column]).astype(np.float64)
        if not all(is_missing(value) for value in values):
            style = "--" if column in dashed else "-"
            axes.plot(_day_numbers(facts.ends), values, style, color=palette.LINES[i], lw=1.8, label=label)


def _finished(figure: Figure, axes: Axes, facts: Facts, right: float = 0.97, left: float = 0.1) -> Figure:
    """Legend below, credits at the foot, margins the same on every picture."""
    height, muted = figure.get_figheight(), palette.MUTED
    figure.subplots_adjust(left=left, right=right, top=1 - 0.42 / height, bottom=0.98 / height)
    below = -0.3 / (height - 1.4)
    if axes.get_legend_handles_labels()[0]:
        legend = axes.legend(
            loc="upper left", bbox_to_anchor=(0.0, below), ncols=3, fontsize=8, frameon=False
        )
        for text in legend.get_texts():
            text.set_color(palette.INK)
    told = f"{title_of(facts.run)} · bbsim run {facts.run.digest[:8]}"
    figure.text(0.02, 0.08 / height, told, fontsize=6.5, color=muted, parse_math=False)
    return figure


def _plain(column: Any) -> NDArray[np.float64]:
    return np.nan_to_num(np.ma.getdata(column).astype(np.float64))
