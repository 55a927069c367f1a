"""What it costs in a month to run what is in service: homes, access nodes, spans, masts and cabinets."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bbsim import technology
from bbsim.country import PLACE_KINDS, Country
from bbsim.scenario import Finance, Scenario
from bbsim.state import State

Floats = NDArray[np.float64]


def node_usd_per_year(finance: Finance, country: Country) -> Floats:
    """(nodes,) running cost of the access node of each place; nothing for what is no place."""
    by_kind = finance.node_usd_per_year
    return np.array([by_kind[kind] if kind in PLACE_KINDS else 0.0 for kind in country.kind])  # type: ignore[index]


def span_usd_per_year(finance: Finance, country: Country) -> Floats:
    """(spans,) upkeep of each; a rented one has its rent instead."""
    rented = np.array([medium == "leased" for medium in country.spans["medium"]], dtype=bool)
    return np.where(rented, 0.0, country.km * finance.span_usd_per_km_per_year)


class Upkeep:
    """Running cost from month to month; what stands when it is made is left out if `finance` says so."""

    def __init__(self, scenario: Scenario, country: Country, state: State) -> None:
        finance = scenario.finance
        assert finance is not None
        self._home_usd_per_month = finance.home_usd_per_month
        self._business_usd_per_month = finance.business_usd_per_month
        counted = finance.existing == "counted"
        self._node_usd = node_usd_per_year(finance, country) * (counted | ~state.active)
        self._span_usd = span_usd_per_year(finance, country) * (counted | ~state.operational)
        records = technology.of_scenario(scenario).values() if scenario.access.last_mile else ()
        self._site_usd = np.array([record.site_usd_per_year for record in records])

    def usd_per_month(self, state: State, homes: int, businesses: int = 0) -> float:
        """Dollars for a month with so many homes and businesses, and with what is in service now."""
        yearly = float(self._node_usd[state.active].sum() + self._span_usd[state.operational].sum())
        if state.lines is not None:
            yearly += float(self._site_usd @ state.lines.sites.sum(axis=1))
        lines = homes * self._home_usd_per_month + businesses * self._business_usd_per_month
        return lines + yearly / 12.0
