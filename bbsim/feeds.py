"""What feeds a home's line: fibre in its place, a radio hop to one that has it, a beam above, or nothing."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.overhead import DOWN, WITHOUT, Overhead
from bbsim.scenario import Scenario
from bbsim.state import State
from bbsim.technology import Technology, hop_reach_km

NOWHERE = -1
_FEW = 12
"""Places that came on fibre since feeders were last looked for, up to which each is looked at by itself."""


class Feeds:
    """Which places can have each technology, by what is in service.

    A place without fibre takes a hop to the nearest place on fibre, if a hop reaches so far in a straight
    line; hills in between are not looked at.

    Attributes
    ----------
    overhead : the satellites of the scenario.
    """

    def __init__(self, country: Country, scenario: Scenario, technologies: Mapping[str, Technology]) -> None:
        self._country, self._reach_km = country, hop_reach_km(scenario)
        self.overhead = Overhead(scenario, country)
        self._feeds = [record.feed for record in technologies.values()]
        self._places = np.flatnonzero(country.is_place)
        self._found: tuple[int, NDArray[np.int64], NDArray[np.float64]] | None = None
        self._on = np.zeros(len(country.ids), dtype=bool)

    def fed(self, state: State, technology: int) -> NDArray[np.bool_]:
        """(nodes,) whether what the technology needs is in service there."""
        feed = self._feeds[technology]
        if feed == "fibre":
            return state.on_fibre()
        if feed == "hop":
            return np.asarray(self.feeders(state)[0] != NOWHERE)
        if feed == "sky":
            return self._below(state, WITHOUT)
        return np.ones(len(self._country.ids), dtype=bool)

    def offered(self, state: State, technology: int) -> NDArray[np.bool_]:
        """(nodes,) whether new homes can have it: a dish is not for places whose fibre is down, if so told.

        Who has a dish already keeps it.
        """
        fed = self.fed(state, technology)
        if self._feeds[technology] == "sky" and fed.any():
            fed &= (state.lit_minute < 0) | state.on_fibre() | self._below(state, DOWN)
        return fed

    def _below(self, state: State, who: int) -> NDArray[np.bool_]:
        """(nodes,) whether a beam meant for them lies over the place now."""
        up = self.overhead.up(state.satellites)
        none = np.zeros(len(self._country.ids), dtype=bool)
        return none if up is None else np.asarray(up.below(who)[self.overhead.region])

    def feeders(self, state: State) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(nodes,) the place on fibre that feeds each place, itself if it can, and the hop to it in km.

        `NOWHERE` where none is near enough.
        """
        if self._found is None or self._found[0] != state.service:
            self._found = (state.service, *self._looked_for(state.on_fibre()))
        return self._found[1:]

    def _looked_for(self, on: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The same anew. Where places have only come on fibre, what changes is near them."""
        where, before = self._country.ecef_km, self._on
        self._on = on
        new = self._places[(on & ~before)[self._places]]
        if self._found is not None and len(new) <= _FEW and not (before & ~on).any():
            feeder, km = self._found[1].copy(), self._found[2].copy()
            here = np.flatnonzero(on & ~before)
            feeder[here], km[here] = here, 0.0
            dark = self._places[~on[self._places]]
            for node in new.tolist():
                far = np.sqrt(((where[dark] - where[node]) ** 2).sum(axis=1))
                near = (far < self._reach_km) & ((feeder[dark] == NOWHERE) | (far < km[dark]))
                feeder[dark[near]], km[dark[near]] = node, far[near]
            return feeder, km
        feeder = np.where(on, np.arange(len(on)), NOWHERE)
        km = np.zeros(len(on))
        lit, dark = self._places[on[self._places]], self._places[~on[self._places]]
        if len(lit) and len(dark):
            from scipy.spatial import cKDTree

            far, nearest = cKDTree(where[lit]).query(where[dark], distance_upper_bound=self._reach_km)
            near = np.isfinite(far)
            feeder[dark[near]], km[dark[near]] = lit[nearest[near]], far[near]
        return feeder, km

    def hop_km(self, state: State, node: int) -> float:
        """Length of the hop that feeds a place; 0 if it is on fibre itself."""
        return float(self.feeders(state)[1][node])
