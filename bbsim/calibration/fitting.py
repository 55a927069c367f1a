"""Least squares: the curve of take-up that passes nearest to a series, its ceiling, and its level shifts.

Parameters are sought on scales on which every number means something (logarithms, log-odds of the ceiling
below the limit), by MINPACK from several starts. A shift multiplies the odds of the figure from one
definition to the next, so that a shifted figure stays below the limit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import leastsq

from bbsim.calibration.series import Series
from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.models.adoption import curves

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
_TINY = 1e-9
_LEAST_LOG, _MOST_LOG = -27.0, 1.6  # rates from 2e-12 to 5 a year, what the models take


@dataclass(frozen=True, slots=True)
class Shape:
    """One curve as the fit sees it: two numbers of any size, what they are called and what they stand for."""

    names: tuple[str, str]
    share: Callable[[Floats, float, float], Floats]
    meant: Callable[[Floats], tuple[float, float]]
    first: Callable[[float, float], tuple[float, float]]


def _rate(log: float) -> float:
    return float(np.exp(np.clip(log, _LEAST_LOG, _MOST_LOG)))


CURVES = {
    "bass": Shape(
        ("innovation", "imitation"),
        curves.bass,
        lambda u: (_rate(u[0]), _rate(u[1])),
        lambda middle, growth: (float(np.log(growth)) - growth * middle, float(np.log(growth))),
    ),
    "gompertz": Shape(
        ("inflection_years", "growth_per_year"),
        curves.gompertz,
        lambda u: (float(np.clip(u[0], -200, 200)), _rate(u[1])),
        lambda middle, growth: (middle, float(np.log(growth))),
    ),
    "logistic": Shape(
        ("inflection_years", "growth_per_year"),
        curves.logistic,
        lambda u: (float(np.clip(u[0], -200, 200)), _rate(u[1])),
        lambda middle, growth: (middle, float(np.log(growth))),
    ),
}
"""The curves that can be fitted, by the name of the adoption model that takes their parameters."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A curve that was fitted to a series.

    Attributes
    ----------
    since : the year in which service is taken to have begun.
    found : what the fit sought: the curve's two numbers, log-odds of the ceiling, log-odds of each shift.
    """

    series: Series
    curve: str
    since: float
    found: Floats

    @property
    def parameters(self) -> dict[str, float]:
        """The curve's parameters, by the names of the adoption model."""
        shape = CURVES[self.curve]
        return dict(zip(shape.names, shape.meant(self.found), strict=True))

    @property
    def ceiling(self) -> float:
        """What the figure grows to, in its own unit and as it is counted now."""
        return float(self._shifted(np.array([_ceiling(self.found)]), np.array([self.series.last]))[0])

    @property
    def ceiling_first(self) -> float:
        """The same as it was counted first."""
        return self.series.limit * _ceiling(self.found)

    @property
    def shifts(self) -> dict[str, float]:
        """What the odds of the figure are multiplied by under each definition but the first."""
        return {
            name: float(np.exp(self.found[2 + number]))
            for number, name in enumerate(self.series.definitions)
            if number
        }

    def at(self, years: Sequence[float] | Floats, definition: int | Whole | None = None) -> Floats:
        """The figure in these years, as it is counted now or under some definition."""
        when = np.asarray(years, dtype=np.float64)
        counted = self.series.last if definition is None else definition
        return self._at(self.found, when, np.broadcast_to(np.asarray(counted, dtype=np.int64), when.shape))

    def _at(self, found: Floats, years: Floats, definition: NDArray[np.int64]) -> Floats:
        shape = CURVES[self.curve]
        share = shape.share(years - self.since, *shape.meant(found)) * _ceiling(found)
        return self._shifted(share, definition, found)

    def _shifted(self, share: Floats, definition: NDArray[np.int64], found: Floats | None = None) -> Floats:
        vector = self.found if found is None else found
        if len(self.series.definitions) == 1:
            return np.asarray(share * self.series.limit)
        odds = np.exp(np.concatenate([[0.0], np.clip(vector[3:], -30, 30)]))[definition]
        return np.asarray(self.series.limit * share * odds / (1.0 - share + share * odds))

    @property
    def fitted(self) -> Floats:
        """The figure at every row of the series."""
        return self._at(self.found, self.series.years, self.series.definition)

    @property
    def rmse(self) -> float:
        """Root of the mean squared error, in the figure's own unit."""
        return float(np.sqrt(np.mean((self.series.values - self.fitted) ** 2)))

    @property
    def mean_absolute_error(self) -> float:
        """Mean of the absolute errors, in the figure's own unit."""
        return float(np.mean(np.abs(self.series.values - self.fitted)))

    def again(self, values: Floats) -> Fit:
        """The same curve fitted to other values of the same years, beginning from here; to five digits."""
        found, _ = _nearest(self, values, self.found, 40, 1e-5)
        return Fit(self.series, self.curve, self.since, found)


def fit(series: Series, curve: str, *, since: float | None = None) -> Fit:
    """The least-squares fit of a curve to a series.

    Parameters
    ----------
    curve : one of `CURVES`.
    since : year in which service began; default, the year before the first figure.

    Raises
    ------
    InputError
        for an unknown curve, or fewer figures than parameters.
    """
    if curve not in CURVES:
        hint = did_you_mean(curve, list(CURVES))
        raise InputError(Problem("unknown-model", f"no curve '{curve}'", hint=hint))
    unknowns = 2 + len(series.definitions)
    if len(series) <= unknowns:
        message = f"{len(series)} figures of {series.name} for {unknowns} parameters"
        raise InputError(Problem("series-short", message, hint="Give more years, or fewer definitions."))
    first = float(series.years.min()) - 1.0 if since is None else since
    tried: list[tuple[float, int, Floats]] = []
    for start in _starts(series, curve, first):
        found, squares = _nearest(Fit(series, curve, first, start), series.values, start, 400)
        tried.append((round(squares, 15), len(tried), found))
    return Fit(series, curve, first, min(tried, key=lambda each: each[:2])[2])


def _ceiling(found: Floats) -> float:
    """The ceiling as a share of the limit."""
    return float(1.0 / (1.0 + np.exp(-np.clip(found[2], -25.0, 40.0))))


def _nearest(
    at: Fit, values: Floats, start: Floats, evaluations: int, tolerance: float = 1e-12
) -> tuple[Floats, float]:
    """Where MINPACK's Levenberg-Marquardt ends, and the sum of squares there (in limits)."""
    series = at.series

    def errors(found: Floats) -> Floats:
        return np.asarray(
            (at._at(found, series.years, series.definition) - values) / series.limit, dtype=np.float64
        )

    ended: Any = leastsq(
        errors, start, maxfev=evaluations * len(start), ftol=tolerance, xtol=tolerance, full_output=True
    )
    found = np.asarray(ended[0], dtype=np.float64)
    return found, float(np.sum(errors(found) ** 2))


def _starts(series: Series, curve: str, since: float) -> list[Floats]:
    """Where to begin: for some ceilings, the straight line that the curve is on a bent scale."""
    share = series.values / series.limit
    most = min(max(float(share.max()), 1e-6), 1.0 - 1e-6)
    out = []
    for ceiling in (most + 0.02 * (1 - most), most + 0.3 * (1 - most), most + 0.9 * (1 - most), 1.2 * most):
        ceiling = min(ceiling, 1.0 - 1e-6)
        part = np.clip(share / ceiling, _TINY, 1.0 - 1e-3)
        bent = np.log(part / (1 - part)) if curve != "gompertz" else -np.log(-np.log(part))
        weight = part * (1 - part) + 1e-4
        years = series.years - since
        mean_x, mean_y = np.average(years, weights=weight), np.average(bent, weights=weight)
        slope = float(
            np.sum(weight * (years - mean_x) * (bent - mean_y)) / np.sum(weight * (years - mean_x) ** 2)
        )
        growth = min(max(slope, 0.02), 4.0)
        pair = CURVES[curve].first(float(mean_x - mean_y / growth), growth)
        shifts = [0.0] * (len(series.definitions) - 1)
        out.append(np.array([*pair, float(np.log(ceiling / (1 - ceiling))), *shifts]))
    return out
