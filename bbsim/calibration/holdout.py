"""Errors on years that the model did not see, beside two baselines that anybody could draw.

The baselines are the last known value, kept, and the logistic curve. A curve that beats neither has told
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bbsim.calibration.fitting import Floats, fit
from bbsim.calibration.series import Series
from bbsim.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class Errors:
    """How far some predictions were from what came, in the figure's own unit.

    Attributes
    ----------
    mean_error : predicted less observed, its mean: above 0 is too high.
    mean_absolute_error, rmse : means of absolute and (the root of) squared errors.
    mean_absolute_share : mean of absolute errors over the observed; NaN if one of these is 0.
    """

    figures: int
    mean_error: float
    mean_absolute_error: float
    rmse: float
    mean_absolute_share: float


@dataclass(frozen=True, slots=True)
class HoldOut:
    """The last years of a series, held out: what came, and what each method said.

    Attributes
    ----------
    years, observed : (n,).
    predicted : (n,) by method: the curve, `logistic` and `last value`.
    """

    years: Floats
    observed: Floats
    predicted: dict[str, Floats]

    def errors(self) -> dict[str, Errors]:
        """Errors by method."""
        return {name: errors_of(values, self.observed) for name, values in self.predicted.items()}


def errors_of(predicted: Floats, observed: Floats) -> Errors:
    """How far predictions were from what came.

    >>> errors_of(np.array([2.0, 5.0]), np.array([1.0, 4.0])).mean_absolute_error
    1.0
    """
    off = np.asarray(predicted, dtype=np.float64) - observed
    share = float(np.mean(np.abs(off) / observed)) if (np.asarray(observed) > 0).all() else float("nan")
    return Errors(
        len(off),
        float(np.mean(off)),
        float(np.mean(np.abs(off))),
        float(np.sqrt(np.mean(off**2))),
        share,
    )


def hold_out(
    series: Series, years: int, *, curves: Sequence[str] = ("bass",), since: float | None = None
) -> HoldOut:
    """Fit to all but the last years, and say these.

    Parameters
    ----------
    years : how many years of the series are held out. Figures of a definition that nobody used before are not
        scored: nobody could have said them.

    Raises
    ------
    InputError
        if what is left is too short, or nothing of the held-out years can be scored.
    """
    known_years = np.unique(series.years)
    if not 0 < years < len(known_years):
        message = f"{years} years to hold out of {len(known_years)}"
        raise InputError(Problem("series-short", message, hint="Hold out fewer."))
    last = float(known_years[-years - 1])
    known, later = series.until(last), series.where(series.years > last)
    if len(known) <= 2 + len(known.definitions):
        message = f"{len(known)} figures are left when {years} years are held out: too few for a curve"
        raise InputError(Problem("series-short", message, hint="Hold out fewer years (--hold-out 0: none)."))
    rows = np.array([later.definitions[each] in known.definitions for each in later.definition], dtype=bool)
    if not rows.any():
        message = f"no figure after {last:g} is counted as any before"
        raise InputError(Problem("series-short", message, hint="Hold out fewer years."))
    names = [later.definitions[each] for each in later.definition[rows]]
    counted = np.array([known.definitions.index(name) for name in names], dtype=np.int64)
    when = later.years[rows]
    start = float(series.years.min()) - 1.0 if since is None else since
    said: dict[str, Floats] = {}
    for curve in dict.fromkeys([*curves, "logistic"]):
        said[curve] = fit(known, curve, since=start).at(when, counted)
    newest = [known.values[known.definition == each][-1] for each in range(len(known.definitions))]
    said["last value"] = np.array([newest[each] for each in counted])
    return HoldOut(when, later.values[rows], said)
