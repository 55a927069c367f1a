"""The pictures beside the page: the country on a few days, coverage, money, speed and the projects.

Each picture is drawn for itself (no pyplot, no shared state) and written without a date, so that the same run
gives the same bytes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, PercentFormatter

from bbsim.report import palette
from bbsim.report.facts import Facts
from bbsim.report.gap_figures import gap_curve, gap_map
from bbsim.report.geometry import Base
from bbsim.report.maps import picture, sheet, title_of
from bbsim.report.story import counted
from bbsim.report.timeline import states_at
from bbsim.report.wording import is_missing, rate_text, shortened, to_date

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from bbsim.state import State

_SIZE = (8.0, 4.2)
_DPI = 110
_METADATA = {"Software": "bbsim"}
_AFTER_YEARS = (2, 4, 8)
_MOST_ROWS = 60
_STEPS = (
    ("planned", "permitted", palette.STATUS["planned"], "survey and permits"),
    ("permitted", "started", palette.TENDER, "tender, material, crews"),
    ("started", "ready_for_service", palette.STATUS["operational"], "building"),
)


def write_figures(facts: Facts, base: Base, folder: Path) -> list[Path]:
    """Write every picture into a folder, which is made if it is missing; returns the files, in order."""
    return write_maps(facts, base, folder) + write_charts(facts, base, folder)


def write_maps(facts: Facts, base: Base, folder: Path) -> list[Path]:
    """The half of the pictures that takes longer: what is lit when, and the projects one by one."""
    folder.mkdir(exist_ok=True)
    written, maps, small = [], map_days(facts), sheet_days(facts)

    def on_the_sheet() -> Iterator[tuple[date, State]]:
        """The days of the sheet; the maps are drawn as their days go by."""
        for day, state in states_at(facts.run, sorted({*maps, *small})):
            if day in maps:
                written.append(_save(picture(facts.run, day, state, base), folder / f"map_{day}.png"))
            if day in small:
                yield day, state

    written.append(_save(sheet(facts.run, on_the_sheet(), base), folder / "build_out.png"))
    written.append(_save(gantt(facts), folder / "gantt.png"))
    return written


def write_charts(facts: Facts, base: Base, folder: Path) -> list[Path]:
    """The other half: coverage, money and speed over time, and where money lacks."""
    folder.mkdir(exist_ok=True)
    written = []
    for name, draw in (("coverage", coverage), ("money", money), ("speed", speed)):
        written.append(_save(draw(facts), folder / f"{name}.png"))
    finance = facts.run.scenario.finance
    if finance is not None and not finance.off:
        written.append(_save(gap_curve(facts), folder / "funding_gap.png"))
        written.append(_save(gap_map(facts, base), folder / "funding_gap_map.png"))
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
@dataclass(frozen=True, slots=True)
class _Row:
    """One bar of the Gantt: the projects in it, the heading it stands below, and its name."""

    projects: list[int]
    heading: str
    name: str


def gantt(facts: Facts) -> Figure:
    """From award to light: a bar a project, or a bar a region and year of award where a phase has many.

    The bar of several projects has the medians of their days; a thin line goes on to the last of them.
    """
    rows = _gantt_rows(facts)
    count = sum(len(row.projects) for row in rows)
    title = f"{counted(count, 'project')}, from award to light" if count else "No project was awarded"
    figure, axes = _frame(facts, title, height=max(4.2, 1.6 + 0.125 * (len(rows) + 1)))
    axes.grid(axis="x", color=palette.RULE, lw=0.5)
    if rows:
        _bars(axes, facts, rows)
    shown: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "fontsize": 6.5, "parse_math": False}
    for at, row in enumerate(rows):
        if at == 0 or row.heading != rows[at - 1].heading:
            axes.axhline(at - 0.5, color=palette.MUTED, lw=0.6)
        axes.text(1.01, at, row.name, va="center", color=palette.INK, **shown)
    if count > len(rows):
        group = "of a group: bar at the median days, line to its last project"
        axes.plot([], [], color=palette.STATUS["operational"], lw=0.9, label=group)
    if rows:
        axes.set_ylim(len(rows) - 0.5, -0.5)
    else:
        axes.text(0.5, 0.5, "no project", ha="center", color=palette.MUTED, transform=axes.transAxes)
    axes.set_yticks([])
    return _finished(figure, axes, facts, right=0.68, left=0.03)


def _gantt_rows(facts: Facts) -> list[_Row]:
    """The bars in order of phase, then of region and award; at most `_MOST_ROWS` single ones a phase."""
    table, country = facts.run.tables["projects"], facts.run.country
    phases = [phase.name for phase in facts.run.scenario.phases]
    routes = [i for i, kind in enumerate(table["kind"]) if kind == "route"]
    region = {i: str(country.nodes["region"][country.node_index[table["target"][i]]]) for i in routes}
    rows: list[_Row] = []
    for phase in phases:
        mine = [i for i in routes if str(table["phase"][i]) == phase]
        mine.sort(key=lambda i: (region[i], table["planned"][i], i))
        if len(mine) <= _MOST_ROWS:
            for i in mine:
                name = shortened(str(table["name"][i] or table["target"][i]), 20)
                rows.append(_Row([i], phase, f"{name}, {shortened(region[i], 18)}" if region[i] else name))
            continue
        groups: dict[tuple[str, int], list[int]] = {}
        for i in mine:
            year = (to_date(table["planned"][i]) or facts.run.scenario.start).year
            groups.setdefault((region[i], year), []).append(i)
        for (where, year), members in sorted(groups.items()):
            name = f"{shortened(where or 'no region', 18)} {year}: {counted(len(members), 'project')}"
            rows.append(_Row(members, phase, name))
    return rows


def _bars(axes: Axes, facts: Facts, rows: Sequence[_Row]) -> None:
    """The stages of each row, cut at the end of the run where they are not over."""
    table, end = facts.run.tables["projects"], float(_day_numbers([facts.run.scenario.end])[0])
    names = [name for name, *_ in _STEPS] + ["ready_for_service"]
    days = {name: _day_numbers(table[name]) for name in names}
    # A project without a route has no permits and no site: what it skips takes the day of what comes next.
    for skipped, after in (("started", "ready_for_service"), ("permitted", "started")):
        days[skipped] = np.where(np.isnan(days[skipped]), days[after], days[skipped])
    known = {name: np.where(np.isnan(values), end, values) for name, values in days.items()}
    middle = {
        name: np.array([np.median(values[row.projects]) for row in rows]) for name, values in known.items()
    }
    last = np.array([known["ready_for_service"][row.projects].max() for row in rows])
    at = np.arange(len(rows), dtype=np.float64)
    axes.hlines(at, middle["ready_for_service"], last, colors=palette.STATUS["operational"], lw=0.9)
    for begin, until, colour, label in _STEPS:
        axes.hlines(at, middle[begin], middle[until], colors=colour, lw=5.5)
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
