"""A hindcast: what was to be said from the figures of then, and how far it was from what came.

National series are foretold by their calibrated curves, mixed, with bands; what a programme builds is
foretold by a run of its scenario. Later figures are only ever held against both; nothing is fitted to them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bbsim.calibration import (
    CURVES,
    Errors,
    Forecast,
    HoldOut,
    Record,
    errors_of,
    forecast,
    hold_out,
    shipped,
)
from bbsim.calibration.observed import Observed
from bbsim.errors import InputError, Problem
from bbsim.run import Run

HELD_OUT, AHEAD = 3, 10
MIXED, RUN, KEPT, BEGAN = "curves, mixed", "the run", "last value", "as the run began"


@dataclass(frozen=True, slots=True)
class Foretold:
    """One national series: its curves fitted, its last years held out, its later years with bands."""

    record: Record
    forecast: Forecast
    held: HoldOut


@dataclass(frozen=True, slots=True)
class Score:
    """One figure of later years beside what was foretold.

    Attributes
    ----------
    days : on which it was counted.
    observed : what was counted.
    predicted : what each method had said; the first is the model's.
    inside_share : share of the figures that the bands held; NaN without bands.
    """

    country: str
    figure: str
    days: tuple[date, ...]
    observed: tuple[float, ...]
    predicted: Mapping[str, tuple[float, ...]]
    inside_share: float

    def errors(self) -> dict[str, Errors]:
        """Errors by method."""
        seen = np.array(self.observed)
        return {name: errors_of(np.array(values), seen) for name, values in self.predicted.items()}


def foretell(record: Record, *, until: int = 0) -> Foretold:
    """A national series to its last year, and ten years after it or as many as there are to `until`."""
    last = int(record.series.years.max())
    said = forecast(record.series, range(last + 1, max(last + AHEAD, until) + 1))
    return Foretold(record, said, hold_out(record.series, HELD_OUT, curves=tuple(CURVES)))


def known_figures(run: Run) -> dict[str, list[str]]:
    """Country code -> figures that something can be said about: its series, and the columns of the run's
    periods."""
    known: dict[str, list[str]] = {}
    for record in shipped().values():
        known.setdefault(record.country, []).append(record.figure)
    numbers = [name for name, column in run.tables["periods"].items() if _told(column)]
    known.setdefault(run.country.iso3, []).extend(numbers)
    return known


def score(observed: Sequence[Observed], run: Run, foretold: Sequence[Foretold]) -> list[Score]:
    """Later figures beside what the series and the run say, figure by figure.

    Raises
    ------
    InputError
        for figures of years that the model has seen, and of days outside the run.
    """
    problems: list[Problem] = []
    by_figure: dict[tuple[str, str], list[Observed]] = {}
    for each in sorted(observed, key=lambda one: (one.country, one.figure, one.on)):
        by_figure.setdefault((each.country, each.figure), []).append(each)
    of_series = {(each.record.country, each.record.figure): each for each in foretold}
    out = []
    for key, figures in by_figure.items():
        one = of_series.get(key)
        seen = _seen(key, figures, one, run)
        if seen:
            problems.append(seen)
        else:
            out.append(_of_run(key, figures, run) if one is None else _of_series(key, figures, one))
    if problems:
        raise InputError(problems)
    return out


def _told(column: object) -> bool:
    numbers = np.asarray(column)
    return numbers.dtype.kind in "iuf" and not np.isnan(numbers.astype(np.float64)).all()


def _seen(
    key: tuple[str, str], figures: Sequence[Observed], one: Foretold | None, run: Run
) -> Problem | None:
    """What is wrong with the days of some figures."""
    first, last = figures[0].on, figures[-1].on
    if one is not None:
        until, bad = int(one.record.series.years.max()), figures[0]
        if bad.on.year > until:
            return None
        message = f"{key[1]} of {key[0]}: the curves were fitted to {bad.on.year}, to {until} in all"
    else:
        scenario = run.scenario
        if scenario.start <= first and last < scenario.end:
            return None
        bad = figures[0] if first < scenario.start else figures[-1]
        message = f"{key[1]}: {bad.on} lies outside the run, {scenario.start} to {scenario.end}"
    return Problem("seen-figure", message, where=bad.where, hint="Leave these rows out.")


def _of_series(key: tuple[str, str], figures: Sequence[Observed], one: Foretold) -> Score:
    series = one.record.series
    years = [each.on.year for each in figures]
    said = one.forecast
    at = np.searchsorted(said.years, years)
    fits = {fit.curve: fit.at(years) for fit in said.fits}
    newest = series.values[series.definition == series.last][-1]
    predicted = {MIXED: said.middle[at], **fits, KEPT: np.full(len(years), newest)}
    values = np.array([each.value for each in figures])
    inside = float(np.mean((said.low[at] <= values) & (values <= said.high[at])))
    return _score(key, figures, {name: np.asarray(column) for name, column in predicted.items()}, inside)


def _of_run(key: tuple[str, str], figures: Sequence[Observed], run: Run) -> Score:
    """The run's period in which each figure was counted: shares at its end, money summed over the year up to
    it. Beside the run stands what it began with, kept; money that flows has no such value."""
    periods = run.tables["periods"]
    ends = periods["period_end"].astype(object)
    starts = periods["period_start"].astype(object)
    column = np.asarray(periods.get(f"{key[1]}_at_end", periods[key[1]]), dtype=np.float64)
    flows = key[1].endswith("_usd") and key[1] != "cash_usd"
    said = []
    for each in figures:
        at = int(np.count_nonzero(ends <= each.on))
        if flows:
            said.append(float(column[(starts >= date(each.on.year, 1, 1)) & (ends <= ends[at])].sum()))
        else:
            said.append(float(column[at]))
    predicted = {RUN: np.array(said)}
    if not flows:
        predicted[BEGAN] = np.full(len(figures), column[np.isfinite(column)][0])
    return _score(key, figures, predicted, float("nan"))


def _score(
    key: tuple[str, str],
    figures: Sequence[Observed],
    predicted: Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]],
    inside: float,
) -> Score:
    return Score(
        key[0],
        key[1],
        tuple(each.on for each in figures),
        tuple(each.value for each in figures),
        {name: tuple(np.asarray(column).tolist()) for name, column in predicted.items()},
        inside,
    )
