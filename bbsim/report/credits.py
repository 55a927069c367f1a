"""Whom a map owes its shapes to."""

from __future__ import annotations

from bbsim.country import Country
from bbsim.run import Run


def credits(run: Run) -> list[str]:
    """What must be said beside a run's map."""
    return country_credits(run.country)


def country_credits(country: Country) -> list[str]:
    """What must be said beside a map, each credit once; a layer without an attribution names its source."""
    told = (layer.attribution or layer.source for layer in country.layers)
    return [text for text in dict.fromkeys(told) if text]
