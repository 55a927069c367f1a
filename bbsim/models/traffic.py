"""Which way traffic takes from a place to the gateways; `bbsim.traffic` does the computing."""

from __future__ import annotations

from typing import Annotated

from bbsim.scenario import Frozen, sourced
from bbsim.units import Whole


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


class KShortest(Frozen):
    """Every place's traffic is split evenly over its shortest lit routes, as many as there are up to `paths`.

    What an operator gets who spreads traffic over diverse routes without looking at their load. The routes of
    every place are searched one by one whenever the network changes, which takes a country's run minutes.
    """

    paths: Annotated[int, Whole(1, 100)] = sourced(3, "assumption: three ways to a place are diverse enough")
    """So many routes, without a loop, to the nearest gateways."""

    def routing(self) -> str:
        """The name of the rule in `bbsim.traffic`."""
        return f"ksp:{self.paths}"


class Widest(Frozen):
    """Every place's traffic takes the lit route whose narrowest span is widest; of these the shortest.

    What a planner gets who prefers big pipes to short ones: routes move when a span is upgraded.
    """

    def routing(self) -> str:
        """The name of the rule in `bbsim.traffic`; it needs capacities to find routes."""
        return "widest"


class Optimal(Frozen):
    """Traffic is engineered: split over all lit routes and gateways so that shares are the fairest possible.

    A linear program is solved whenever demand or the network changes: an upper bound on what operators reach,
    and slow where a country has thousands of places.
    """

    def routing(self) -> str:
        """The name of the rule in `bbsim.traffic`; it needs capacities, demand and weights to find routes."""
        return "optimal"
