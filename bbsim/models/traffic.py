"""Which way traffic takes from a place to the gateways; `bbsim.traffic` does the computing."""

from __future__ import annotations

from bbsim.scenario import Frozen


class ShortestPath(Frozen):
    """Every place's traffic takes the shortest lit route, by length, to the nearest gateway."""

    def routing(self) -> str:
        """The name of the rule in `bbsim.traffic`."""
        return "shortest"
