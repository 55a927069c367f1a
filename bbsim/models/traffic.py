"""Which way traffic takes from a place to the gateways; `bbsim.traffic` does the computing."""

from __future__ import annotations

from bbsim.scenario import Frozen


class ShortestPath(Frozen):
    """Every place's traffic takes the shortest lit route, by length, to the nearest gateway."""

    def routing(self) -> str:
        """The name of the rule in `bbsim.traffic`."""
        return "shortest"


class EqualCost(Frozen):
    """Every node splits traffic evenly over its next hops on shortest lit routes to the nearest gateway."""

    def routing(self) -> str:
        """The name of the rule in `bbsim.traffic`."""
        return "ecmp"


class Optimal(Frozen):
    """Traffic is engineered: split over all lit routes and gateways so that shares are the fairest possible.

    A linear program is solved whenever demand or the network changes: an upper bound on what operators reach,
    and slow where a country has thousands of places.
    """

    def routing(self) -> str:
        """The name of the rule in `bbsim.traffic`; it needs capacities, demand and weights to find routes."""
        return "optimal"
