"""Calibration: take-up curves fitted to history, with what they are worth on years they did not see."""

from bbsim.calibration.bands import Forecast, Widening, forecast, parameter_bands
from bbsim.calibration.fitting import CURVES, Fit, fit
from bbsim.calibration.holdout import Errors, HoldOut, errors_of, hold_out
from bbsim.calibration.series import Record, Series, read_series, shipped

__all__ = [
    "CURVES",
    "Errors",
    "Fit",
    "Forecast",
    "HoldOut",
    "Record",
    "Series",
    "Widening",
    "errors_of",
    "fit",
    "forecast",
    "hold_out",
    "parameter_bands",
    "read_series",
    "shipped",
]
