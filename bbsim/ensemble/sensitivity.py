"""What drives the completion date and the cost: a ranking of the fields that were varied, by three methods.

The tornado changes one field at a time and needs few runs; Morris finds the fields that matter at all; Sobol
indices share out the variance, interactions included. All look at the mean over the same luck at every point.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.ensemble.design import MORRIS_LEVELS, cube, salib, unit_problem
from bbsim.ensemble.drivers import spread_days
from bbsim.ensemble.sweep import OUTCOMES, Sweep
from bbsim.errors import InputError, Problem

METHODS = ("tornado", "morris", "saltelli")
COLUMNS = (
    *("outcome", "factor", "rank", "effect", "effect_error", "first_order", "other"),
    *("low", "high", "low_width", "high_width"),
)
Columns = dict[str, Any]


def sensitivity(swept: Sweep, seed: int = 0) -> Columns:
    """One row an outcome and field, the one that drives most first.

    Parameters
    ----------
    seed : of the resampling that Morris' and Sobol's intervals are made with.

    Returns
    -------
    columns
        ``outcome``, ``factor``, ``rank`` (1: drives most), ``effect`` (tornado: mean at the field's
        highest less mean at its lowest; Morris: mean elementary effect mu*, per whole range; saltelli: the
        total index ST), ``effect_error`` (half the width of its 95 % interval; tornado: from paired
        differences of the runs), ``first_order`` (saltelli: S1; morris: mean effect mu with its sign; else
        NaN), ``other`` (morris: sigma, of interactions and bends; tornado: mean at the lowest less that of
        the scenario as it is), and of the tornado ``low`` and ``high`` (the ends of the field, as text) with
        ``low_width`` and ``high_width`` (P10 to P90 of the outcome there; else NaN).

    Notes
    -----
    Morris 1991 with mu* of Campolongo et al. 2007; Saltelli 2002, estimators of Saltelli et al. 2010 (ST:
    Jansen 1999); both by SALib (Herman and Usher 2017).

    Raises
    ------
    InputError
        if the sweep's design is none of the three, or a point has no answer.
    EnvironmentFault
        if SALib is needed and not installed.
    """
    if swept.design not in METHODS:
        message = f"the design '{swept.design}' ranks nothing; wanted one of {', '.join(METHODS)}"
        raise InputError(Problem("design", message))
    if any(each is None for each in swept.ensembles):
        raise InputError(Problem("no-replication", "a point of the design has no answer"))
    rows: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    names = [factor.name for factor in swept.factors]
    for name in OUTCOMES:
        runs = swept.outcomes(name)
        effect, error, first, other = _METHODS[swept.design](swept, runs, seed)
        order = sorted(range(len(names)), key=lambda i: (-abs(_known(float(effect[i]))), names[i]))
        for rank, i in enumerate(order, start=1):
            told = (name, names[i], rank, effect[i], error[i], first[i], other[i])
            for column, value in zip(rows, (*told, *_ends(swept, runs, i)), strict=True):
                rows[column].append(value)
    texts = {"outcome", "factor", "low", "high"}
    return {k: np.array(v, dtype=object if k in texts else None) for k, v in rows.items()}


def _ends(
    swept: Sweep, runs: list[NDArray[np.float64]], i: int
) -> tuple[str | None, str | None, float, float]:
    """The ends of a field in a tornado, and how wide the outcome is spread at each."""
    if swept.design != "tornado":
        return None, None, np.nan, np.nan
    low, high = (str(end).lower() if isinstance(end, bool) else str(end) for end in swept.factors[i].ends)
    return low, high, spread_days(runs[1 + 2 * i]), spread_days(runs[2 + 2 * i])


WORDS = {
    "last_city_day": ("the date of the last city", "days"),
    "last_open_city_day": ("the date of the last city outside closed areas", "days"),
    "finished_day": ("the date of the last project", "days"),
    "capex_usd": ("the cost of building", "USD"),
    "population_on_fibre_share": ("people on fibre at the end", "share"),
}


def rank(swept: Sweep, folder: Path | None, *, pictures: bool = True) -> tuple[Columns, list[str]]:
    """The ranking as a table and in words; written as ``sensitivity.parquet`` and ``figures/``."""
    table = sensitivity(swept)
    if folder is not None:
        from bbsim.runfolder import write_table

        beside = folder / ".sensitivity.parquet.new"
        write_table(table, beside)
        beside.replace(folder / "sensitivity.parquet")
        if pictures:
            _pictures(table, swept.design, folder / "figures")
    return table, ranking_lines(table, swept.design)


def ranking_lines(table: Columns, design: str) -> list[str]:
    """What drives each outcome, the greatest first."""
    out = []
    for name, (words, unit) in WORDS.items():
        rows = [i for i, each in enumerate(table["outcome"]) if each == name]
        moved = [i for i in rows if abs(_known(float(table["effect"][i]))) > 1e-9]
        if not moved:
            out.append(f"Nothing that was varied moves {words}.")
            continue
        out.append(f"What drives {words}:")
        for i in moved[:10]:
            effect, error = float(table["effect"][i]), float(table["effect_error"][i])
            told = _effect(effect, error, design, unit)
            if design == "tornado":
                told = f"{told.format(low=table['low'][i], high=table['high'][i])}{_narrower(table, i, unit)}"
            out.append(f"{table['rank'][i]:>4}. {table['factor'][i]}: {told}")
    return out


def _narrower(table: Columns, i: int, unit: str) -> str:
    """How sure a date is at both ends."""
    low, high = float(table["low_width"][i]), float(table["high_width"][i])
    if unit != "days" or not low + high > 0:
        return ""
    return f"; P10 to P90 {low:.0f} to {high:.0f} days"


def _plain(value: float, digits: int) -> str:
    """A number of so many digits, written out.

    >>> _plain(137.2, 2), _plain(1234.5, 3), _plain(0.0123, 2), _plain(8.8, 2)
    ('137', '1234', '0.012', '8.8')
    """
    return f"{value:.0f}" if abs(value) >= 10.0**digits - 0.5 else f"{value:.{digits}g}"


def _effect(effect: float, error: float, design: str, unit: str) -> str:
    if design == "saltelli":
        return f"{effect:.0%} ± {error:.0%} of the variance, with its interactions"
    by, noun = {"USD": (1e-6, "MUSD"), "share": (100.0, "points")}.get(unit, (1.0, unit))
    told = ("+" if design == "tornado" and effect > 0.0 else "") + _plain(effect * by, 3)
    sure = f" ± {_plain(error * by, 2)}" if np.isfinite(error) else ""
    luck = " (may be luck)" if np.isfinite(error) and abs(effect) <= error else ""
    over = "from {low} to {high}" if design == "tornado" else "over its whole range, either way"
    return f"{told}{sure} {noun} {over}{luck}"


def _pictures(table: Columns, design: str, folder: Path) -> None:
    from bbsim.report.differences import tornado_figure

    folder.mkdir(exist_ok=True)
    for name, (words, unit) in WORDS.items():
        by, noun = {"USD": (1e-6, "million USD"), "share": (100.0, "per cent points")}.get(unit, (1.0, unit))
        by, noun = (1.0, "share of the variance (total)") if design == "saltelli" else (by, noun)
        rows = [
            (
                str(table["factor"][i]),
                _known(float(table["effect"][i])) * by,
                float(table["effect_error"][i]) * by,
            )
            for i, each in enumerate(table["outcome"])
            if each == name
        ]
        figure = tornado_figure(f"What drives {words}", noun, rows[:15])
        figure.savefig(folder / f"tornado_{name}.png", metadata={"Software": "bbsim"})


def _known(value: float) -> float:
    return float(value) if np.isfinite(value) else 0.0


Four = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def _tornado(swept: Sweep, runs: list[NDArray[np.float64]], _seed: int) -> Four:
    """From the base, lowest and highest point of each factor."""
    from bbsim.ensemble.compare import half_width

    count = len(swept.factors)
    low, high = runs[1::2], runs[2::2]
    paired = [_common(swept, 1 + 2 * i, 2 + 2 * i, low[i], high[i]) for i in range(count)]
    effect = np.array([(b - a).mean() for a, b in paired])
    error = np.array([half_width(b - a) for a, b in paired])
    return effect, error, np.full(count, np.nan), np.array([each.mean() - runs[0].mean() for each in low])


def _common(
    swept: Sweep, one: int, two: int, first: NDArray[np.float64], second: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The runs of two points that have the same luck."""
    a, b = swept.ensembles[one], swept.ensembles[two]
    assert a is not None
    assert b is not None
    _, i, j = np.intersect1d(a.numbers, b.numbers, return_indices=True)
    return first[i], second[j]


def _morris(swept: Sweep, runs: list[NDArray[np.float64]], seed: int) -> Four:
    means = np.array([each.mean() for each in runs])
    count = len(swept.factors)
    sampled = cube(count, "morris", swept.count or 1, swept.design_seed)
    told = salib("analyze.morris").analyze(
        unit_problem(count), sampled, means, num_levels=MORRIS_LEVELS, seed=seed
    )
    mu_star, conf, mu, sigma = (
        np.asarray(told[name], dtype=np.float64) for name in ("mu_star", "mu_star_conf", "mu", "sigma")
    )
    return mu_star, conf, mu, sigma


def _saltelli(swept: Sweep, runs: list[NDArray[np.float64]], seed: int) -> Four:
    means = np.array([each.mean() for each in runs])
    count = len(swept.factors)
    if np.ptp(means) == 0:
        nothing = np.zeros(count)
        return nothing, nothing, nothing, np.full(count, np.nan)
    told = salib("analyze.sobol").analyze(unit_problem(count), means, calc_second_order=False, seed=seed)
    return (
        np.asarray(told["ST"], dtype=np.float64),
        np.asarray(told["ST_conf"], dtype=np.float64),
        np.asarray(told["S1"], dtype=np.float64),
        np.full(count, np.nan),
    )


_METHODS: dict[str, Callable[[Sweep, list[NDArray[np.float64]], int], Four]] = {
    "tornado": _tornado,
    "morris": _morris,
    "saltelli": _saltelli,
}
