"""What the network carries at one instant: the busy-hour load delivered, and what one more home would get.

Every place asks for the load of its connected homes; it is carried from the nearest gateway over what is lit
then, under the limits of spans, access nodes and gateways, by max-min fair shares weighted by homes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bbsim import traffic
from bbsim.country import Country
from bbsim.state import State
from bbsim.technology import Technology

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Carried:
    """Throughput at one instant.

    Attributes
    ----------
    demand_gbps, delivered_gbps : (nodes,) at the busy hour.
    achievable_mbps : (nodes,) what one active home sees then: the least of its line and of its fair share
        of what the way to the gateway has left; NaN where nothing is lit.
    load_gbps : (spans,) towards the homes.
    transit_load_gbps : (nodes,) at the gateways.
    """

    demand_gbps: Floats
    delivered_gbps: Floats
    achievable_mbps: Floats
    load_gbps: Floats
    transit_load_gbps: Floats


class Carrier:
    """Solves instant after instant, finding routes only when the topology has changed.

    Two kinds of edge are added to the spans: from each place's homes to its access node (the node's uplink),
    and from each gateway to the world (its transit); so that one water filling knows all three limits.
    """

    def __init__(
        self, country: Country, technology: Technology, active_share: float, routing: str = "shortest"
    ) -> None:
        self._country, self._technology, self._routing = country, technology, routing
        self._active_share = active_share
        n = len(country.ids)
        self._places = np.flatnonzero(country.is_place)
        self._world = 2 * n
        self._u = np.concatenate([country.u, n + self._places, np.arange(n)])
        self._v = np.concatenate([country.v, self._places, np.full(n, self._world)])
        self._km = np.concatenate([country.km, np.zeros(len(self._places)), np.zeros(n)])
        self._topology = -1
        self._routes: traffic.Routes | None = None
        self._capacity = np.zeros(len(self._u))

    def solve(self, state: State, mbps_per_home: float) -> Carried:
        """Throughput in a state, when each connected home asks for so much."""
        places, spans = self._places, len(self._country.km)
        routes = self._routes_of(state)
        homes = state.connected.astype(np.float64)
        demand = homes * (mbps_per_home / 1000.0)
        weight = np.maximum(homes[places], 1.0)
        fair = traffic.share(routes, self._capacity, demand[places], weight)
        delivered = np.zeros_like(demand)
        delivered[places] = fair.rate_gbps
        best = np.full_like(demand, np.nan)
        # On a full span the homes share by weight; one that is active now weighs as much as the 1 / share
        # homes of which it is the active one.
        left = (
            traffic.achievable(routes, fair, self._capacity, 1.0 / self._active_share, weight=weight) * 1000.0
        )
        line = self._line_mbps(mbps_per_home)
        best[places] = np.where(routes.reached & state.on_fibre()[places], np.minimum(left, line), np.nan)
        load = fair.load_gbps
        return Carried(demand, delivered, best, load[:spans], load[spans + len(places) :])

    def wanted(self, state: State, mbps_per_home: float) -> tuple[Floats, Floats]:
        """Load of each span, and of each node's uplink, if nothing but the topology limited it, Gbit/s."""
        places, spans = self._places, len(self._country.km)
        routes = self._routes_of(state)
        demand = state.connected[places] * (mbps_per_home / 1000.0)
        load = traffic.share(routes, np.full(len(self._u), np.inf), demand).load_gbps
        uplink = np.zeros(len(self._country.ids))
        uplink[places] = load[spans : spans + len(places)]
        return load[:spans], uplink

    def _line_mbps(self, mbps_per_home: float) -> float:
        """The line's own rate: of its best, what the other homes on the same tree leave at the busy hour."""
        tech = self._technology
        others = (tech.homes_sharing - 1) * mbps_per_home
        return min(tech.line_mbps, max(tech.shared_mbps - others, tech.shared_mbps / tech.homes_sharing))

    def _routes_of(self, state: State) -> traffic.Routes:
        if self._routes is None or state.topology != self._topology:
            country, places = self._country, self._places
            uplink = np.where(state.active[places], state.node_gbps[places], 0.0)
            self._capacity = np.concatenate([state.span_gbps, uplink, state.transit_gbps])
            usable = np.concatenate([state.operational, state.active[places], state.transit_gbps > 0])
            self._routes = traffic.route(
                self._u, self._v, len(country.ids) + places, np.full(len(places), self._world),
                length=self._km, usable=usable, routing=self._routing,
            )  # fmt: skip
            self._topology = state.topology
        return self._routes
