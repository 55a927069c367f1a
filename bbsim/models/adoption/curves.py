"""The three curves of diffusion as functions of the time since service began: shares of those who ever will.

Each is the closed form of a differential equation of its own; the tests integrate those.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def bass(years: NDArray[np.float64], innovation: float, imitation: float) -> NDArray[np.float64]:
    """Cumulative share after so many years: dF/dt = (p + q F)(1 - F), F(0) = 0.

    Bass, A new product growth for model consumer durables, Management Science 15 (1969).

    >>> round(float(bass(np.array([10.0]), 0.03, 0.38)[0]), 4)
    0.8128
    """
    p, q = innovation, imitation
    if p == 0:
        return np.zeros_like(years)
    decay = np.exp(-(p + q) * np.maximum(years, 0.0))
    return np.asarray((1 - decay) / (1 + q / p * decay))


def gompertz(
    years: NDArray[np.float64], inflection_years: float, growth_per_year: float
) -> NDArray[np.float64]:
    """Cumulative share after so many years: dF/dt = c F ln(1/F), F(inflection) = 1/e.

    Gompertz, Philosophical Transactions 115 (1825); as a curve of diffusion, Franses, J. Oper. Res. Soc. 45
    (1994). It rises early and ends slowly; before the first day of service nobody is counted.

    >>> round(float(gompertz(np.array([5.0]), 5.0, 0.3)[0]), 4)
    0.3679
    """
    return _from_day_one(years, np.exp(-np.exp(_late(years, inflection_years, growth_per_year))))


def logistic(
    years: NDArray[np.float64], inflection_years: float, growth_per_year: float
) -> NDArray[np.float64]:
    """Cumulative share after so many years: dF/dt = r F (1 - F), F(inflection) = 1/2.

    Verhulst (1838); for technologies, Griliches, Hybrid corn, Econometrica 25 (1957). Before the first day of
    service nobody is counted.

    >>> round(float(logistic(np.array([5.0]), 5.0, 0.6)[0]), 4)
    0.5
    """
    return _from_day_one(years, 1.0 / (1.0 + np.exp(_late(years, inflection_years, growth_per_year))))


def _late(years: NDArray[np.float64], inflection_years: float, growth: float) -> NDArray[np.float64]:
    """-growth x (years - inflection), held where its exponential is still a number."""
    return np.clip(-growth * (np.asarray(years, dtype=np.float64) - inflection_years), -700.0, 700.0)


def _from_day_one(years: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.asarray(years) < 0, 0.0, share)
