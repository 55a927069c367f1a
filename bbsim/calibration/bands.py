"""What a calibrated curve says of later years, and how sure that is.

Three doubts are counted. What else the data could have been: the curve is fitted again to the fitted values
with their errors shuffled (a residual bootstrap; Efron, Annals of Statistics 7, 1979), errors in proportion
to sqrt(share (1 - share)). Which curve it is: several are mixed, each with equal weight. And that growth is
no curve at all: the model is put back to every earlier year, and its bands are widened, above and below by
themselves, by what they lacked to hold as many of the years that followed as they promise (Romano,
Patterson and Candès, Conformalized quantile regression, 2019, with both sides apart). What they lacked is
measured on the scale of log-odds and taken to grow as a walk does, with the root of the years ahead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bbsim.calibration.fitting import CURVES, Fit, Floats, fit
from bbsim.calibration.series import FEWEST, Series
from bbsim.rng import Streams

LEVELS = (0.1, 0.5, 0.9)
"""One in ten lies below the first, one in ten above the last."""
DRAWS, DRAWS_BACK, NOISES = 200, 40, 10
BEGUN_SHARE = 0.1
"""An earlier year is asked for what followed only if the figure had come to so much of its limit by then:
between a tenth and a fifth diffusion takes off (Rogers, Diffusion of Innovations, 2003), and before that no
curve tells much."""
_NEAREST, _LEAST_SHARE = 1e-6, 0.01


@dataclass(frozen=True, slots=True)
class Widening:
    """How much wider the bands must be than the data alone make them, and what that rests on.

    Attributes
    ----------
    below, above : what is added to the bands' log-odds one year ahead; it grows with the root of the years.
    figures : held-out figures, of all earlier years together.
    inside_share : share of them that the bands held before they were widened.
    """

    below: float = 0.0
    above: float = 0.0
    figures: int = 0
    inside_share: float = float("nan")


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the series will be, by year.

    Attributes
    ----------
    years : (n,).
    low, middle, high : (n,) of the figure that will be published: `LEVELS`, widened.
    curve_low, curve_high : (n,) of the curve itself, from the data alone: its confidence band.
    fits : the curves that were mixed.
    drawn : parameters of the fits to shuffled data, by curve: (draws, unknowns).
    """

    years: Floats
    low: Floats
    middle: Floats
    high: Floats
    curve_low: Floats
    curve_high: Floats
    fits: tuple[Fit, ...]
    drawn: tuple[Floats, ...]
    widening: Widening


def forecast(
    series: Series,
    years: Sequence[float],
    *,
    curves: Sequence[str] = tuple(CURVES),
    since: float | None = None,
    seed: int = 1,
) -> Forecast:
    """The figure in later years, as it is counted in the last of the series, with predictive bands.

    Parameters
    ----------
    curves : which are mixed, with equal weights.
    since : year in which service began; default, the year before the first figure.
    seed : of the shuffling.

    Raises
    ------
    InputError
        for an unknown curve or too short a series.
    """
    fits = tuple(fit(series, curve, since=since) for curve in curves)
    drawn = tuple(_drawn(each, DRAWS, seed) for each in fits)
    widening = _widening(series, curves, since, seed)
    when = np.asarray(years, dtype=np.float64)
    figures, of_curve = _spread(fits, drawn, when, series.last, seed)
    low, middle, high = np.quantile(figures, LEVELS, axis=0)
    ahead = np.sqrt(np.maximum(when - series.years.max(), 0.0))
    ends = np.quantile(of_curve, (LEVELS[0], LEVELS[-1]), axis=0)
    return Forecast(
        when,
        _moved(low, -widening.below * ahead, series.limit),
        middle,
        _moved(high, widening.above * ahead, series.limit),
        ends[0],
        ends[1],
        fits,
        drawn,
        widening,
    )


def parameter_bands(answer: Forecast, number: int = 0) -> dict[str, tuple[float, float]]:
    """P10 and P90 of each parameter of one curve, and of its ceiling, over the shuffled data."""
    one = answer.fits[number]
    twins = [Fit(one.series, one.curve, one.since, found) for found in answer.drawn[number]]
    values = {name: [twin.parameters[name] for twin in twins] for name in one.parameters}
    values["ceiling"] = [twin.ceiling for twin in twins]
    for name in one.shifts:
        values[name] = [twin.shifts[name] for twin in twins]
    out = {}
    for name, column in values.items():
        low, high = np.quantile(np.array(column), (LEVELS[0], LEVELS[-1]))
        out[name] = (float(low), float(high))
    return out


# ---- what else the data could have been ---------------------------------------------------------
def _size(values: Floats, limit: float) -> Floats:
    """How large an error is at some level: as that of a counted share, no smaller than at 1 or 99 %."""
    share = np.clip(values / limit, _LEAST_SHARE, 1 - _LEAST_SHARE)
    return np.asarray(limit * np.sqrt(share * (1 - share)))


def _errors(one: Fit) -> Floats:
    """Errors in units of `_size`, made larger for the parameters that were fitted away."""
    series = one.series
    freedom = max(len(series) - len(one.found), 1)
    errors = (series.values - one.fitted) / _size(one.fitted, series.limit)
    return np.asarray(errors * np.sqrt(len(series) / freedom))


def _drawn(one: Fit, count: int, seed: int) -> Floats:
    """Parameters fitted to so many shuffles of the errors."""
    series, fitted, errors = one.series, one.fitted, _errors(one)
    luck = Streams(seed)["calibrate", f"{series.name} {one.curve} {series.years.max():g}"]
    out = np.empty((count, len(one.found)))
    for number in range(count):
        noise = errors[luck.integers(0, len(errors), len(errors))]
        values = np.clip(fitted + _size(fitted, series.limit) * noise, 0.0, series.limit)
        out[number] = one.again(values).found
    return out


def _spread(
    fits: Sequence[Fit], drawn: Sequence[Floats], years: Floats, counted: int, seed: int
) -> tuple[Floats, Floats]:
    """(draws, years): figures that could be published, and the curves behind them; all curves together."""
    figures, of_curve = [], []
    for one, all_found in zip(fits, drawn, strict=True):
        luck = Streams(seed)["calibrate later", f"{one.series.name} {one.curve} {one.series.years.max():g}"]
        errors, limit = _errors(one), one.series.limit
        for found in all_found:
            values = Fit(one.series, one.curve, one.since, found).at(years, counted)
            noise = errors[luck.integers(0, len(errors), (NOISES, len(years)))]
            of_curve.append(values)
            figures.append(np.clip(values + _size(values, limit) * noise, 0.0, limit))
    return np.concatenate(figures), np.array(of_curve)


# ---- that growth is no curve --------------------------------------------------------------------
def _widening(series: Series, curves: Sequence[str], since: float | None, seed: int) -> Widening:
    """How wide the bands of earlier years should have been, each side by itself."""
    below, above = [], []
    for year in np.unique(series.years)[:-1].tolist():
        known = series.until(year)
        later = series.where(series.years > year)
        begun = known.values[-1] >= BEGUN_SHARE * series.limit
        if not begun or len(known) < FEWEST or len(known) <= 2 + len(known.definitions):
            continue
        start = float(series.years.min()) - 1.0 if since is None else since
        fits = [fit(known, curve, since=start) for curve in curves]
        drawn = [_drawn(each, DRAWS_BACK, seed) for each in fits]
        for counted, name in enumerate(known.definitions):
            rows = np.array([later.definitions[each] == name for each in later.definition], dtype=bool)
            if not rows.any():
                continue
            figures, _ = _spread(fits, drawn, later.years[rows], counted, seed)
            low, middle, high = _odds(np.quantile(figures, LEVELS, axis=0), series.limit)
            off = _odds(later.values[rows], series.limit) - middle
            walk = np.sqrt(later.years[rows] - year)
            below += ((-off - (middle - low)) / walk).tolist()
            above += ((off - (high - middle)) / walk).tolist()
    if not below:
        return Widening()
    held = np.mean((np.array(below) <= 0) & (np.array(above) <= 0))
    lacked = [max(float(np.quantile(side, LEVELS[-1], method="higher")), 0.0) for side in (below, above)]
    return Widening(lacked[0], lacked[1], len(below), float(held))


def _odds(values: Floats, limit: float) -> Floats:
    share = np.clip(values / limit, _NEAREST, 1 - _NEAREST)
    return np.asarray(np.log(share / (1 - share)))


def _moved(values: Floats, by: Floats, limit: float) -> Floats:
    """Values moved on the scale of log-odds; left exactly as they are where they need not move."""
    moved = limit / (1.0 + np.exp(-(_odds(values, limit) + by)))
    return np.asarray(np.where(by == 0.0, values, moved))


def inside(values: Floats, answer: Forecast) -> NDArray[np.bool_]:
    """Which later figures the bands hold, of the same years."""
    return np.asarray((answer.low <= values) & (values <= answer.high))
