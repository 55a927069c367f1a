"""Which difference is real: runs or ensembles side by side, run by run under the same luck.

Replication n of two scenarios under one seed draws the same luck, so the difference of their outcomes is
taken run by run, and what luck does to both falls out. A difference is called real only if it would hardly
come about by luck alone, also in view of how many differences are looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.ensemble import Ensemble
from bbsim.ensemble.kept import NOT_YET, kept
from bbsim.errors import InputError, Problem
from bbsim.run import Run

LEVEL = 0.95
"""Of the intervals; one minus it is the chance of luck that a real difference may have."""

MEASURES: dict[str, tuple[str, str, int]] = {
    "last_city_day": ("last city on fibre", "days", -1),
    "last_open_city_day": ("last city outside closed areas", "days", -1),
    "finished_day": ("last project in service", "days", -1),
    "population_on_fibre_share": ("people in places on fibre, mean over the run", "share", 1),
    "households_passed_share": ("homes passed, mean over the run", "share", 1),
    "population_on_fibre_share_at_end": ("people in places on fibre at the end", "share", 1),
    "households_passed_share_at_end": ("homes passed at the end", "share", 1),
    "achievable_mbps_per_home_mean": ("what an active home can get at the end", "Mbit/s", 1),
    "delivered_share": ("load delivered, mean over the run", "share", 1),
    "availability_share": ("availability, mean over the run", "share", 1),
    "capex_usd": ("spent on building", "USD", -1),
    "opex_usd": ("spent on operation", "USD", -1),
}
"""By name: words, unit, and whether more (1) or less (-1) is better."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How one measure differs between two ensembles, second less first.

    Attributes
    ----------
    first, second : means (of dates: medians, NaN: not in half of the runs).
    runs : pairs of runs, or runs of the smaller if they are not paired.
    difference, low, high : mean difference and its interval; of dates that do not come in some run, median
        difference, and an end may be infinite.
    chance : that luck alone makes such a difference (two-sided), after Holm's correction over all measures.
    better_share : of the runs in which the second is better; of the rest it is as good or worse.
    verdict : ``real``, ``may be luck``, ``none``, or ``one run`` where nothing can be said about luck.
    """

    measure: str
    words: str
    unit: str
    better: int
    first: float
    second: float
    runs: int
    difference: float
    low: float
    high: float
    chance: float
    better_share: float
    worse_share: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides, and every measure that both know.

    Attributes
    ----------
    paired : whether the runs share their luck.
    """

    names: tuple[str, str]
    paired: bool
    differences: list[Difference]

    def table(self) -> dict[str, Any]:
        """One row a measure; the two sides' values are ``first_value`` and ``second_value``."""
        named = {"first": "first_value", "second": "second_value"}
        return {
            named.get(name, name): np.array([getattr(each, name) for each in self.differences])
            for name in Difference.__dataclass_fields__
        }


Side = Run | Ensemble


def compare(first: Side, second: Side, *, names: tuple[str, str] = ("first", "second")) -> Comparison:
    """What differs between two runs or ensembles, and which difference is real.

    Two runs can't tell: one draw of luck each. Two ensembles of one seed are compared replication by
    replication; of different seeds as independent samples (Welch).

    Raises
    ------
    InputError
        if they share no replication, or their horizons differ.

    Notes
    -----
    Paired and Welch's t (e.g. Box, Hunter and Hunter 2005, 3); where a date does not come in some run, the
    median difference with order statistics and the sign test (Conover 1999, 3.2 and 3.4); Holm 1979.
    """
    a, b = as_ensemble(first), as_ensemble(second)
    if (a.scenario.start, a.scenario.end) != (b.scenario.start, b.scenario.end):
        message = "the two cover different times, so their dates and sums do not compare"
        raise InputError(Problem("compare", message))
    paired = a.seed == b.seed
    rows_a, rows_b = np.arange(len(a.numbers)), np.arange(len(b.numbers))
    if paired:
        common, rows_a, rows_b = np.intersect1d(a.numbers, b.numbers, return_indices=True)
        if not len(common):
            raise InputError(Problem("compare", "the two have no replication in common"))
    found = []
    for name in MEASURES:
        one, two = _values(a, name), _values(b, name)
        if one is None or two is None:
            continue
        found.append(_difference(name, one[rows_a], two[rows_b], paired))
    return Comparison(names, paired, _holm(found))


def half_width(values: NDArray[np.float64], level: float = LEVEL) -> float:
    """Half the width of Student's interval of a mean; infinite of less than two values.

    >>> round(half_width(np.array([1.0, 2.0, 3.0])), 4)
    2.4841
    """
    from scipy.stats import t

    count = len(values)
    if count < 2:
        return math.inf
    return float(t.ppf(0.5 + level / 2, count - 1) * values.std(ddof=1) / math.sqrt(count))


def days_earlier(first: Ensemble, second: Ensemble) -> dict[str, Any]:
    """For whom: by region, how many days earlier its people are on fibre in the second, run by run.

    Returns
    -------
    columns
        ``region``, ``people``, ``days_earlier`` (mean over its people and the paired runs; a place not
        reached counts as reached on the first day after the run), ``low`` and ``high`` of its interval, and
        ``verdict``.
    """
    _, i, j = np.intersect1d(first.numbers, second.numbers, return_indices=True)
    days = (first.scenario.end - first.scenario.start).days
    known = [np.where(x == NOT_YET, days, x) for x in (first.days_of_places[i], second.days_of_places[j])]
    earlier = (known[0] - known[1]).astype(np.float64)
    country = first.country
    nodes = np.array([country.node_index[node] for node in first.pile.first["places"]["node"]])
    regions = np.array([country.nodes["region"][node] for node in nodes], dtype=object)
    out: dict[str, list[Any]] = {
        k: [] for k in ("region", "people", "days_earlier", "low", "high", "verdict")
    }
    for region in country.regions:
        people = np.where(regions == region, country.population[nodes], 0).astype(np.float64)
        if not people.sum():
            continue
        each = (earlier * people).sum(axis=1) / people.sum()
        mean, half = float(each.mean()), half_width(each)
        verdict = "one run" if len(each) < 2 else "none" if not each.any() else _word(abs(mean) > half)
        for column, value in zip(
            out, (region, int(people.sum()), mean, mean - half, mean + half, verdict), strict=True
        ):
            out[column].append(value)
    texts = {"region", "verdict"}
    return {k: np.array(v, dtype=object if k in texts else None) for k, v in out.items()}


def _word(is_real: bool) -> str:
    return "real" if is_real else "may be luck"


# ---- sides ------------------------------------------------------------------------------------------
def as_ensemble(side: Side) -> Ensemble:
    """A run is an ensemble of one."""
    if isinstance(side, Ensemble):
        return side
    return Ensemble(
        side.scenario, side.country, [side.replication], [kept(side)], seed=side.seed, code=side.code
    )


def open_side(path: Path) -> Side | None:
    """A run or an ensemble from its folder; None if the path is neither."""
    if (path / "ensemble.json").is_file():
        return Ensemble.load(path)
    return Run.load(path) if (path / "run.json").is_file() else None


def _values(many: Ensemble, name: str) -> NDArray[np.float64] | None:
    """(runs,) a measure; a date that does not come is infinite. None if a run does not know it."""
    pile = many.pile
    if name.endswith("_day"):
        days = np.asarray(pile.dates[name])
        return np.where(days == NOT_YET, np.inf, days.astype(np.float64))
    if name == "capex_usd":
        return np.asarray(pile.dates[name], dtype=np.float64)
    if name not in pile.first["periods"]:
        return None
    values = pile.periods(name)
    if name.endswith("_usd"):
        values = np.nan_to_num(values).sum(axis=1)
    elif name.endswith("_at_end") or name.endswith("_mean"):
        values = values[:, -1]
    else:
        ends = np.asarray(pile.first["periods"]["period_end"], dtype="datetime64[D]")
        starts = np.asarray(pile.first["periods"]["period_start"], dtype="datetime64[D]")
        days = (ends - starts).astype(np.float64)
        known = ~np.isnan(values)
        weight = (known * days).sum(axis=1)
        with np.errstate(invalid="ignore"):
            values = np.nan_to_num(values * days).sum(axis=1) / np.where(weight > 0, weight, np.nan)
    return None if np.isnan(values).any() else values


# ---- one measure --------------------------------------------------------------------------------------
def _difference(name: str, one: NDArray[np.float64], two: NDArray[np.float64], paired: bool) -> Difference:
    words, unit, better = MEASURES[name]
    first, second = _middle(name, one), _middle(name, two)
    runs = min(len(one), len(two))
    if not paired:
        low, middle, high, chance = _welch(one, two)
        more = float((two[:, None] > one[None, :]).mean())
        less = float((two[:, None] < one[None, :]).mean())
    else:
        with np.errstate(invalid="ignore"):
            apart = two - one
        apart = np.where(np.isinf(one) & np.isinf(two), 0.0, apart)
        low, middle, high, chance = _paired(apart)
        more, less = float((apart > 0).mean()), float((apart < 0).mean())
    gain, loss = (more, less) if better > 0 else (less, more)
    same = more == less == 0.0
    verdict = "none" if same else "one run" if runs < 2 else ""
    return Difference(
        name, words, unit, better, first, second, runs, middle, low, high,
        1.0 if same else chance, gain, loss, verdict,
    )  # fmt: skip


def _middle(name: str, values: NDArray[np.float64]) -> float:
    """Median of a date (NaN if it does not come in half of the runs), mean of everything else."""
    if not name.endswith("_day"):
        return float(values.mean())
    middle = float(np.sort(values)[(len(values) - 1) // 2])
    return middle if math.isfinite(middle) else math.nan


def _paired(apart: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Interval, middle and chance of the differences of pairs."""
    from scipy.stats import binom, binomtest, t

    count = len(apart)
    if np.isfinite(apart).all():
        mean, half = float(apart.mean()), half_width(apart)
        error = half / float(t.ppf(0.5 + LEVEL / 2, count - 1)) if count > 1 else math.inf
        if count < 2:
            return -math.inf, mean, math.inf, 1.0
        chance = float(2 * t.sf(abs(mean) / error, count - 1)) if error > 0 else float(mean == 0)
        return mean - half, mean, mean + half, chance
    ordered = np.sort(apart)
    at = int(binom.ppf((1 - LEVEL) / 2, count, 0.5)) - 1
    low, high = (-math.inf, math.inf) if at < 0 else (float(ordered[at]), float(ordered[count - 1 - at]))
    signs = int((apart > 0).sum()), int((apart < 0).sum())
    return low, float(ordered[(count - 1) // 2]), high, float(binomtest(max(signs), sum(signs)).pvalue)


def _welch(one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """The same for independent runs; dates that do not come are compared by ranks (Mann and Whitney 1947)."""
    from scipy.stats import mannwhitneyu, ttest_ind

    if min(len(one), len(two)) < 2:
        return -math.inf, float(two.mean() - one.mean()), math.inf, 1.0
    if not (np.isfinite(one).all() and np.isfinite(two).all()):
        middle = _middle("x_day", two) - _middle("x_day", one)
        return -math.inf, middle, math.inf, float(mannwhitneyu(two, one).pvalue)
    if np.ptp(one) == 0 and np.ptp(two) == 0:
        apart = float(two.mean() - one.mean())
        return apart, apart, apart, float(apart == 0)
    told = ttest_ind(two, one, equal_var=False)
    interval = told.confidence_interval(LEVEL)
    return float(interval.low), float(two.mean() - one.mean()), float(interval.high), float(told.pvalue)


def _holm(found: Sequence[Difference]) -> list[Difference]:
    """Chances after Holm's correction over the measures that differ at all, and the verdicts that follow."""
    from dataclasses import replace

    open_ones = [i for i, each in enumerate(found) if each.verdict == ""]
    ordered = sorted(open_ones, key=lambda i: (found[i].chance, i))
    out, least = list(found), 0.0
    for rank, i in enumerate(ordered):
        least = min(1.0, max(least, found[i].chance * (len(ordered) - rank)))
        out[i] = replace(found[i], chance=least, verdict=_word(least < 1 - LEVEL))
    return out


def write(told: Sequence[tuple[Comparison, dict[str, Any]]], folder: Path) -> None:
    """Write ``differences.parquet``, ``regions.parquet`` and ``differences.png`` into a folder.

    Raises
    ------
    RefusedError, EnvironmentFault
        if the folder holds something else, or can't be written.
    """
    from bbsim.report.differences import differences_figure
    from bbsim.runfolder import refuse_foreign, whole_folder, write_table

    refuse_foreign(folder, "differences.parquet")
    with whole_folder(folder) as partial:
        tables: dict[str, list[dict[str, Any]]] = {
            "differences": [_named(found, found.table()) for found, _ in told],
            "regions": [_named(found, regions) for found, regions in told if regions],
        }
        for name, parts in tables.items():
            if parts:
                joined = {column: np.concatenate([part[column] for part in parts]) for column in parts[0]}
                write_table(joined, partial / f"{name}.parquet")
        rows = [
            (f"{found.names[1]}: {each.words}", each.unit, each.difference, each.low, each.high, each.verdict)
            for found, _ in told
            for each in found.differences
            if each.verdict != "none"
        ]
        figure = differences_figure(rows, told[0][0].names[0])
        figure.savefig(partial / "differences.png", metadata={"Software": "bbsim"})


def _named(found: Comparison, table: dict[str, Any]) -> dict[str, Any]:
    """A table with the two sides in front; texts as objects, as tables keep them."""
    rows = len(next(iter(table.values())))
    out: dict[str, Any] = {
        "first": np.array([found.names[0]] * rows, dtype=object),
        "second": np.array([found.names[1]] * rows, dtype=object),
    }
    for name, column in table.items():
        out[name] = column.astype(object) if column.dtype.kind == "U" else column
    return out
