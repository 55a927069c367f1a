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
    # A layer made from two sources names both, which others of the map may have named before.
    parts = (part.strip() for text in told for part in text.split(";"))
    once: dict[str, str] = {}
    for part in parts:
        once.setdefault(part.casefold(), part)
    return [part for part in once.values() if part]
