"""A fit as a YAML file that a scenario extends: each parameter with its source, and how sure it is."""

from __future__ import annotations

import json
from collections.abc import Mapping

from bbsim.calibration.bands import Forecast, parameter_bands

DIGITS = 6
"""Digits that are written: more than the data know, fewer than machines differ in."""


def rounded(value: float) -> float:
    """To the digits that are written."""
    return float(f"{value:.{DIGITS}g}")


def as_take_up(answer: Forecast) -> dict[str, object]:
    """The first fit as the choice of an adoption model: the ceiling is a share of the series' limit."""
    one = answer.fits[0]
    found = {name: rounded(value) for name, value in one.parameters.items()}
    return {"use": one.curve, "ceiling_share": rounded(one.ceiling / one.series.limit), **found}


def as_internet_use(answer: Forecast) -> dict[str, object]:
    """The first fit as `internet_use`: as it was counted first, with the odds of how it is now."""
    one = answer.fits[0]
    found = {name: rounded(value) for name, value in one.parameters.items()}
    newest = one.series.definitions[one.series.last]
    return {
        "curve": one.curve,
        # Figures of a year are those of its end.
        "since": f"{round(one.since)}-12-31",
        "ceiling_share": rounded(one.ceiling_first / one.series.limit),
        "counted_odds": rounded(one.shifts.get(newest, 1.0)),
        **found,
    }


def yaml_of(section: str, values: Mapping[str, object], answer: Forecast, extends: str | None) -> str:
    """The file: `extends` if wanted, the section, and the source of every number in it."""
    one = answer.fits[0]
    series, bands = one.series, parameter_bands(answer)
    newest = series.definitions[series.last]
    named = {"ceiling_share": "ceiling", "counted_odds": newest}
    lines = [
        f"# Fitted by `bbsim calibrate` to {len(series)} figures of {series.name}, "
        f"{series.years.min():g} to {series.years.max():g}; a figure is full at {series.limit:g}.",
        *([f"extends: {json.dumps(extends)}"] if extends else []),
        f"{section}:",
        *(f"  {name}: {value}" for name, value in values.items()),
        "sources:",
    ]
    for name, value in values.items():
        if not isinstance(value, float):
            continue
        said = f"least squares, {one.curve}, root mean squared error {one.rmse:.3g}"
        low, high = bands.get(named.get(name, name), (None, None))
        if low is not None and high is not None:
            scale = series.limit if name == "ceiling_share" else 1.0
            as_now = ", as counted now" if name == "ceiling_share" and newest else ""
            said += f", P10 {low / scale:.3g} and P90 {high / scale:.3g}{as_now}"
        lines.append(f"  {section}.{name}: {json.dumps(f'{said}: {series.source}', ensure_ascii=False)}")
    return "\n".join(lines) + "\n"
