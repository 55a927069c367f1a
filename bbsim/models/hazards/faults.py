"""In operation: cables that are cut, nodes and gateways that fail, power that stays away too long.

Faults of a thing come as a Poisson process of its own over the whole run, by its id; those that fall into a
time in which it is not in service hurt nobody.
"""

from __future__ import annotations

from heapq import merge

import numpy as np
from numpy.typing import NDArray

from bbsim.built import OPERATIONAL
from bbsim.country import Country
from bbsim.models.hazards.supply import DAYS_PER_YEAR, PerYear, gaps
from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, Scenario, sourced
from bbsim.uncertain import Uncertain, UncertainDays

Outstanding = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Mean number of faults that last at any time: by span, by node, by node of its ways abroad."""


class FibreCuts(Frozen):
    """Cables are cut, by how they were laid; a splice crew of the region mends each, before any building."""

    buried_per_1000km_per_year: PerYear = sourced(
        2.13, "Bellcore, by AFL 2001: 2.130 service failures of buried cable per 1,000 km and year"
    )
    """Buried in the open country."""
    urban_per_1000km_per_year: PerYear = sourced(
        8.1, "Grover 2004: 13 cuts per 1,000 route-miles and year in metropolitan networks"
    )
    """Buried under streets."""
    aerial_per_1000km_per_year: PerYear = sourced(
        4.0, "assumption: on wooden poles twice as often as buried; on power lines it is 0.08 (AFL 2001)"
    )
    """On poles."""
    submarine_per_1000km_per_year: PerYear = sourced(1.0, "assumption: shallow water with anchors and nets")
    """On the sea bed."""
    buried_repair_days: UncertainDays = sourced(
        {"lognormal": {"median": "8 hours", "p90": "14 hours"}},
        "experts123: 6 hours or more for buried cable, planners reckon with 8-14 hours",
    )
    """From the call of a free crew to light; the wait for the crew comes before it."""
    aerial_repair_days: UncertainDays = sourced(
        {"lognormal": {"median": "4 hours", "p90": "8 hours"}}, "experts123: 4 hours for aerial cable"
    )
    """The same on poles."""
    submarine_repair_days: UncertainDays = sourced(
        {"triangular": [7, 14, 30]}, "assumption: a ship has to come"
    )
    """The same at sea."""

    def happen(self, clock: Clock) -> Happening:
        """Cut after cut, in the order of time."""
        cuts = []
        for span, name in enumerate(clock.country.span_ids):
            per_year = self._rate(clock.country, span) * float(clock.country.km[span]) / 1000.0
            cuts.append([(day, span, number) for number, day in enumerate(gaps(clock, name, per_year))])
        for day, span, number in merge(*cuts):
            yield clock.until(day)
            if clock.state.span_status[span] == OPERATIONAL:
                name = clock.country.span_ids[span]
                days = clock.draw(f"repair {name} {number}", self._repair(clock.country, span))
                clock.cut(span)
                clock.start(clock.mend(span, clock.now, days))

    def outstanding(self, _: Scenario, country: Country) -> Outstanding:
        """Mean number of cuts of each span that are not mended yet."""
        mean = [
            self._rate(country, i)
            * float(country.km[i])
            / 1000.0
            * self._repair(country, i).mean
            / DAYS_PER_YEAR
            for i in range(len(country.span_ids))
        ]
        none = np.zeros(len(country.ids))
        return np.array(mean), none, none

    def _rate(self, country: Country, span: int) -> float:
        medium = country.spans["medium"][span]
        if medium == "aerial":
            return self.aerial_per_1000km_per_year
        if medium == "submarine":
            return self.submarine_per_1000km_per_year
        urban = country.terrain[span] == "urban"
        return self.urban_per_1000km_per_year if urban else self.buried_per_1000km_per_year

    def _repair(self, country: Country, span: int) -> Uncertain:
        medium = country.spans["medium"][span]
        by_medium = {"aerial": self.aerial_repair_days, "submarine": self.submarine_repair_days}
        return by_medium.get(medium, self.buried_repair_days)


class NodeFaults(Frozen):
    """Access nodes fail with everything that passes them, until somebody has come with a spare."""

    city_per_year: PerYear = sourced(
        0.1, "assumption: doubled equipment and staff near; Net2Plan's dialogs have one failure a year"
    )
    """Failures of a city's node."""
    other_per_year: PerYear = sourced(
        0.3, "assumption: a single line terminal in a cabinet fails every third year"
    )
    """Failures of any other place's node."""
    repair_days: UncertainDays = sourced(
        {"lognormal": {"median": "6 hours", "p90": "24 hours"}},
        "assumption about Net2Plan's mean of 12 hours",
    )
    """How long one lasts."""

    def happen(self, clock: Clock) -> Happening:
        """Failure after failure, in the order of time."""
        yield from _failing(clock, _rates(self, clock.country), self.repair_days)

    def outstanding(self, _: Scenario, country: Country) -> Outstanding:
        """Mean number of failures of each node that last."""
        return _lasting(_rates(self, country), self.repair_days, country)


class PowerCuts(Frozen):
    """The grid stays away for longer than a node's batteries last."""

    city_per_year: PerYear = sourced(0.02, "assumption: cities have generators")
    """How often a city's node goes down for want of power."""
    other_per_year: PerYear = sourced(0.2, "assumption: cabinets have batteries for eight hours")
    """The same for any other place."""
    days: UncertainDays = sourced(
        {"lognormal": {"median": "3 hours", "p90": "12 hours"}},
        "assumption: what is left after the batteries",
    )
    """How long the node is dark."""

    def happen(self, clock: Clock) -> Happening:
        """Cut after cut, in the order of time."""
        yield from _failing(clock, _rates(self, clock.country), self.days)

    def outstanding(self, _: Scenario, country: Country) -> Outstanding:
        """Mean number of cuts of the power of each node that last."""
        return _lasting(_rates(self, country), self.days, country)


def _rates(model: NodeFaults | PowerCuts, country: Country) -> list[float]:
    """Faults a year of each node; only places have equipment."""
    rates = np.where(country.is_city, model.city_per_year, model.other_per_year) * country.is_place
    return [float(rate) for rate in rates]


def _lasting(rates: list[float], length: Uncertain, country: Country) -> Outstanding:
    mean = np.array(rates) * length.mean / DAYS_PER_YEAR
    return np.zeros(len(country.span_ids)), mean, np.zeros(len(country.ids))


def _failing(clock: Clock, rates: list[float], length: Uncertain) -> Happening:
    """Nodes in service fail, each by its own rate a year, and come back by themselves."""
    faults = [
        [(day, node, number) for number, day in enumerate(gaps(clock, clock.country.ids[node], rate))]
        for node, rate in enumerate(rates)
    ]
    for day, node, number in merge(*faults):
        yield clock.until(day)
        if clock.state.node_status[node] == OPERATIONAL:
            days = clock.draw(f"length {clock.country.ids[node]} {number}", length)
            clock.fail(node)
            clock.start(_back(clock, node, clock.now, days))


def _back(clock: Clock, node: int, began: int, days: float) -> Happening:
    yield clock.delay(days)
    clock.restore(node, began)


class GatewayFaults(Frozen):
    """A gateway loses its ways abroad: a fire, a faulty router, a cut on the other side of the border."""

    per_year: PerYear = sourced(0.2, "assumption: one in five years that the whole country hears of")
    """How often, each gateway."""
    days: UncertainDays = sourced(
        {"lognormal": {"median": "4 hours", "p90": "12 hours"}}, "assumption: between a restart and a move"
    )
    """How long."""

    def happen(self, clock: Clock) -> Happening:
        """Each gateway has its own days."""
        for gateway in clock.scenario.gateways:
            for number, day in enumerate(gaps(clock, gateway.node, self.per_year)):
                days = clock.draw(f"length {gateway.node} {number}", self.days)
                clock.start(self._fails(clock, clock.country.node_index[gateway.node], day, days))
        yield clock.delay(0)

    def outstanding(self, scenario: Scenario, country: Country) -> Outstanding:
        """Mean number of faults of each gateway that last."""
        abroad = np.zeros(len(country.ids))
        abroad[[country.node_index[gateway.node] for gateway in scenario.gateways]] = (
            self.per_year * self.days.mean / DAYS_PER_YEAR
        )
        return np.zeros(len(country.span_ids)), np.zeros(len(country.ids)), abroad

    def _fails(self, clock: Clock, node: int, day: float, days: float) -> Happening:
        yield clock.until(day)
        clock.fail_gateway(node)
        began = clock.now
        yield clock.delay(days)
        clock.restore_gateway(node, began)
