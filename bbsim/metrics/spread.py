"""How the rate that one active home can get is spread over all homes on a day of a run."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from bbsim import models, technology
from bbsim.metrics.columns import weighted_quantile
from bbsim.metrics.directions import carrier_of
from bbsim.metrics.homes_by import HomesBy
from bbsim.models.answers import load_mbps
from bbsim.run import Run
from bbsim.state import State

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Homes that are connected and served, by what one of them gets while it is active at the busy hour.

    Attributes
    ----------
    mbps, homes : (groups,) the rate of each group of homes, rising, and how many they are.
    """

    mbps: Floats
    homes: Floats

    def quantile(self, share: float) -> float:
        """The least rate at or below which such a share of the homes lies, Mbit/s; NaN without homes."""
        return weighted_quantile(self.mbps, self.homes, share) if len(self.mbps) else np.nan

    def at_least(self, mbps: float) -> float:
        """Share of the homes that get a rate or more; NaN without homes."""
        return float(self.homes[self.mbps >= mbps].sum() / self.homes.sum()) if len(self.homes) else np.nan


class Spreads:
    """Asks the network of a run again, as the tables were measured, for the state of any day."""

    def __init__(self, run: Run) -> None:
        scenario = run.scenario
        self._use = scenario.demand.use
        self._demand = models.find("demand", scenario.demand.use, scenario.demand.parameters)
        routing = models.find("traffic", scenario.traffic.use, scenario.traffic.parameters).routing()
        line = technology.of_programme(scenario)
        self._carrier = carrier_of(scenario, run.country, line, self._demand, routing)
        mixture = self._carrier.mixture
        self._homes_by = None if mixture is None else HomesBy(mixture, run.country)

    def on(self, day: date, state: State) -> Spread:
        """The spread in a state; a group is the homes of a place, on one technology if there are several."""
        load = load_mbps(self._demand, day, use=self._use)
        carried = self._carrier.solve(state, load)
        mbps, homes = carried.achievable_mbps, state.connected.astype(np.float64)
        if self._homes_by is not None:
            mbps, homes = self._homes_by.look(state, carried, load)
        seen = ~np.isnan(mbps) & (homes > 0)
        order = np.argsort(mbps[seen], kind="stable")
        return Spread(mbps[seen][order], homes[seen][order])
