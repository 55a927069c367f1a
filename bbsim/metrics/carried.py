"""What the network carries at one instant: the busy-hour load delivered, and what one more home would get.

Every place asks for the load of its connected homes; it is carried from the nearest gateway over what is lit
then, under the limits of spans, access nodes and gateways, by max-min fair shares weighted by homes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import traffic
from bbsim.country import Country
from bbsim.metrics.mixture import Mixture
from bbsim.state import State
from bbsim.technology import Technology
from bbsim.traffic.bottlenecks import Bottlenecks, bottlenecks, ranked
from bbsim.traffic.hubs import Along, Forest

Floats = NDArray[np.float64]
# A line's rate in Gbit/s times this is never below the same rate in Mbit/s when it is turned back.
ABOVE_ROUNDING = 1.0 + 1e-12
# Routings whose ways are the shortest where nothing limits them.
PLAIN = ("shortest", "optimal")
# With more places than these their ways are summed along the tree: written down edge by edge, those of fifty
# thousand places take a gibibyte. The sums are the same but for rounding.
MANY_WAYS = 20_000


@dataclass(frozen=True, slots=True)
class Carried:
    """Throughput at one instant.

    Attributes
    ----------
    demand_gbps, delivered_gbps : (nodes,) at the busy hour.
    to_homes_gbps : (nodes,) what of it is delivered to homes; businesses and public sites get the rest.
    achievable_mbps : (nodes,) what one active home sees then: the least of its line and of its fair share
        of what the way to the gateway has left; NaN where nothing is lit.
    load_gbps : (spans,) towards the homes.
    transit_load_gbps : (nodes,) at the gateways.
    left_mbps : (nodes,) what the way leaves an active home, whatever its line; only where homes are on
        several technologies.
    """

    demand_gbps: Floats
    delivered_gbps: Floats
    to_homes_gbps: Floats
    achievable_mbps: Floats
    load_gbps: Floats
    transit_load_gbps: Floats
    left_mbps: Floats | None = None


class Carrier:
    """Solves instant after instant, finding routes only when what is in service has changed.

    Two kinds of edge are added to the spans: from each place's homes to its access node (the node's uplink),
    and from each gateway to the world (its transit); so that one water filling knows all three limits.
    Only places whose access node is in service ask for anything.

    `others` is by node: businesses and public sites, as so many homes that ask for as much. `mixture` knows
    the homes on other technologies, where a scenario has them.
    """

    def __init__(
        self,
        country: Country,
        technology: Technology,
        active_share: float,
        routing: str = "shortest",
        others: Floats | None = None,
        mixture: Mixture | None = None,
    ) -> None:
        self.mixture = mixture
        self._others = np.zeros(len(country.ids)) if others is None else others
        self.homes_per_gbps_of_sites = 0.0
        """Homes that ask for as much as public sites of one Gbit/s, on the scenario's first day."""
        self._country, self._technology, self._routing = country, technology, routing
        self._active_share = active_share
        n = len(country.ids)
        self._places = np.flatnonzero(country.is_place)
        self._world, self._from_abroad = n, len(country.km) + len(self._places)
        # Spans, uplinks (passed by their own homes alone, so that no search needs them), transit.
        nothing = np.zeros(len(self._places), dtype=np.int64)
        self._u = np.concatenate([country.u, nothing, np.arange(n)])
        self._v = np.concatenate([country.v, nothing, np.full(n, self._world)])
        # Around the world steps of no length are plain; elsewhere they would leave open who comes first.
        self._km = np.concatenate([country.km, nothing + 1, np.zeros(n)])
        self._service = self._topology = self._grown_at = -1
        self._asking = np.zeros(0, dtype=np.int64)
        self._routes: traffic.Routes | None = None
        self._trees: traffic.ShortestTrees | None = None
        self._tree: tuple[Forest, Along] | None = None
        self._capacity = np.zeros(0)

    def solve(self, state: State, mbps_per_home: float) -> Carried:
        """Throughput in a state, when each connected home asks for so much."""
        homes = self.homes(state)
        demand = self._asked_for(state, homes, mbps_per_home)
        # On a full span the homes share by weight; one that is active now weighs as much as the 1 / share
        # homes of which it is the active one.
        line, unit = self.line_mbps(mbps_per_home), 1.0 / self._active_share
        most = line if self.mixture is None else max(line, self.mixture.most_mbps)
        most = most / 1000.0 * ABOVE_ROUNDING
        if self._routing == "shortest":
            forest, along = self._along_tree(state)
            asking, capacity = self._asking, self._limits(state)
            weight = np.maximum(homes[asking], 1.0)
            fair = forest.share(along, capacity, demand[asking], weight)
            every = np.arange(len(asking))
            left = forest.achievable(along, every, fair, capacity, unit, weight, at_most_gbps=most)
            # A tree passes an edge in one direction.
            load, reached = np.maximum(*fair.load_gbps.T), np.isfinite(forest.length(along))
        else:
            routes, capacity = self._routes_of(state, self._routing, demand), self._limits(state)
            asking = self._asking
            weight = np.maximum(homes[asking], 1.0)
            fair = traffic.share(routes, capacity, demand[asking], weight)
            left = traffic.achievable(routes, fair, capacity, unit, weight=weight, at_most_gbps=most)
            load, reached = fair.load_gbps, routes.reached
        delivered = np.zeros_like(demand)
        delivered[asking] = fair.rate_gbps
        best = np.full_like(demand, np.nan)
        seen = reached & state.on_fibre()[asking]
        mbps = np.where(seen, 1000.0 * left, np.nan)
        best[asking] = np.minimum(mbps, line)
        theirs = delivered * share_of(self.lines(state), homes)
        on_spans, abroad = load[: len(self._country.km)], load[self._from_abroad :]
        return Carried(demand, delivered, theirs, best, on_spans, abroad, self._left(mbps))

    def _left(self, left_mbps: Floats) -> Floats | None:
        """By node what the way leaves; nothing where all homes are on one technology."""
        if self.mixture is None:
            return None
        out = np.full(len(self._country.ids), np.nan)
        out[self._asking] = left_mbps
        return out

    def lines(self, state: State) -> Floats:
        """(nodes,) homes connected to what each place feeds, on whatever technology."""
        own = state.connected.astype(np.float64)
        return own if self.mixture is None else own + self.mixture.homes(state)

    def demand(self, state: State, mbps_per_home: float) -> Floats:
        """(nodes,) what all that a place feeds asks for at the busy hour, Gbit/s."""
        return self._asked_for(state, self.homes(state), mbps_per_home)

    def _asked_for(self, state: State, homes: Floats, mbps_per_home: float) -> Floats:
        """The same, where the homes are counted already."""
        if self.mixture is None:
            return homes * (mbps_per_home / 1000.0)
        own = state.connected + np.where(state.active, self._others, 0.0) + self.mixture.own_businesses(state)
        return np.asarray(own * (mbps_per_home / 1000.0) + self.mixture.gbps(state, mbps_per_home))

    @property
    def places(self) -> NDArray[np.int64]:
        """Nodes that are places; their uplinks stand behind the spans, in this order."""
        return self._places

    @property
    def tree(self) -> tuple[Forest, Along, NDArray[np.int64]] | None:
        """The tree of the last answer, the ways along it and the places whose they are; None without one.

        Edges are numbered as in a `Carried` behind each other: spans, uplinks of `places`, transit.
        """
        return None if self._tree is None else (*self._tree, self._asking)

    def homes(self, state: State) -> Floats:
        """Homes connected, and what else asks for traffic as so many homes."""
        homes = self.lines(state) + np.where(state.active, self._others, 0.0)
        if self.mixture is not None:
            homes += self.mixture.businesses(state)
        if state.sites_line:
            homes += state.site_gbps * self.homes_per_gbps_of_sites
        return homes

    def gateway_km(self, state: State) -> Floats:
        """Length of the shortest lit way from each place to a gateway; NaN where there is none."""
        out = np.full(len(self._country.ids), np.nan)
        if self._routing in PLAIN:
            forest, along = self._along_tree(state)
            km = forest.length(along)
        else:
            km = self._routes_of(state, self._routing, np.zeros(len(out))).length
        out[self._asking] = np.where(np.isfinite(km), km, np.nan)
        return out

    def wanted(self, state: State, mbps_per_home: float) -> tuple[Floats, Floats, Floats]:
        """Load of each span, each node's uplink and its transit, if only the topology limited it, Gbit/s.

        Where nothing limits it, the best routing is the shortest.
        """
        places, spans = self._places, len(self._country.km)
        demand = self.demand(state, mbps_per_home)
        if self._routing in PLAIN:
            forest, along = self._along_tree(state)
            asked = np.where(np.isfinite(forest.length(along)), demand[self._asking], 0.0)
            load = np.maximum(*forest.load(along, asked).T)
        else:
            routes = self._routes_of(state, self._routing, demand)
            load = traffic.share(routes, np.full(routes.edges, np.inf), demand[self._asking]).load_gbps
        uplink = np.zeros(len(self._country.ids))
        uplink[places] = load[spans : self._from_abroad]
        return load[:spans], uplink, load[self._from_abroad :]

    def breaking(self, state: State, mbps_per_home: float, people: Floats, growth: float) -> Bottlenecks:
        """How full each span, each place's uplink and each node's transit is, in this order, and until when.

        `people` is by node; `growth` of the load a home, as a share a year.
        """
        demand, limit = self.demand(state, mbps_per_home), self._limits(state)
        if self._routing == "shortest" and len(self._places) > MANY_WAYS:
            forest, along = self._along_tree(state)
            asking, runs = self._asking, np.isfinite(forest.length(along))
            fair = forest.share(along, limit, demand[asking], np.maximum(self.homes(state)[asking], 1.0))
            wanted, behind = (
                np.maximum(*forest.load(along, np.where(runs, each[asking], 0.0)).T)
                for each in (demand, people)
            )
            fair = replace(fair, load_gbps=np.maximum(*fair.load_gbps.T))
            return ranked(fair, limit, wanted, behind, people[asking], growth_share_per_year=growth)
        routes, asking = self._routes_of(state, self._routing, demand), self._asking
        homes = np.maximum(self.homes(state)[asking], 1.0)
        fair = traffic.share(routes, limit, demand[asking], homes)
        return bottlenecks(routes, fair, limit, demand[asking], people[asking], growth_share_per_year=growth)

    def holding(
        self,
        state: State,
        mbps_per_home: float,
        span_gbps: Floats,
        node_gbps: Floats,
        transit_gbps: Floats,
    ) -> tuple[Floats, ...]:
        """What would hold homes back with these capacities: level by span and by uplink, then homes held.

        The level is the least rate of a home that is held there, Mbit/s; infinity where nobody is.
        """
        homes, demand = self.homes(state), self.demand(state, mbps_per_home)
        routes, asking = self._routes_of(state, self._routing, demand), self._asking
        uplink = np.where(state.active, node_gbps, 0.0)[self._places]
        limit = np.concatenate([span_gbps, uplink, transit_gbps])
        weight = np.maximum(homes[asking], 1.0)
        fair = traffic.share(routes, limit, demand[asking], weight)
        return self._held(fair.bottleneck, fair.rate_gbps / weight * 1000.0, weight)

    def _held(self, bottleneck: NDArray[np.int64], mbps: Floats, homes: Floats) -> tuple[Floats, ...]:
        """Least rate and homes at each bottleneck, divided into spans and uplinks."""
        spans, places, n = len(self._country.km), self._places, len(self._country.ids)
        level, count = np.full(len(self._u) + len(places), np.inf), np.zeros(len(self._u) + len(places))
        held = bottleneck >= 0
        np.minimum.at(level, bottleneck[held], mbps[held])
        np.add.at(count, bottleneck[held], homes[held])
        by_node = np.full(n, np.inf), np.zeros(n)
        by_node[0][places], by_node[1][places] = (x[spans : spans + len(places)] for x in (level, count))
        return level[:spans], by_node[0], count[:spans], by_node[1]

    def line_mbps(self, mbps_per_home: float) -> float:
        """The line's own rate: of its best, what the other homes on the same tree leave at the busy hour."""
        tech = self._technology
        others = (tech.homes_sharing - 1) * mbps_per_home
        return min(tech.line_mbps, max(tech.shared_mbps - others, tech.shared_mbps / tech.homes_sharing))

    def _limits(self, state: State) -> Floats:
        """Capacity of each edge, kept as long as the network is the same."""
        if state.topology != self._topology:
            uplink = np.where(state.active, state.node_gbps, 0.0)[self._places]
            self._capacity = np.concatenate([state.span_gbps, uplink, state.transit_gbps])
            self._topology = state.topology
        return self._capacity

    def _usable(self, state: State) -> NDArray[np.bool_]:
        """Edges that ways may lead over; uplinks are put before them afterwards."""
        none = np.zeros(len(self._places), dtype=bool)
        return np.concatenate([state.passable, none, state.ways_out])

    def _along_tree(self, state: State) -> tuple[Forest, Along]:
        """The tree of shortest ways from the world, and along it the way to each place that asks."""
        if self._tree is None or state.service != self._grown_at:
            at = np.flatnonzero(state.active[self._places])
            self._asking, none = self._places[at], np.full(len(at), -1)
            uplink = 2 * (len(self._country.km) + at)
            forest = Forest([self._grown(self._usable(state))], edges=len(self._u))
            along = Along(np.zeros_like(at), self._asking, np.ones(len(at), dtype=bool), none, uplink)
            self._tree, self._grown_at = (forest, along), state.service
        return self._tree

    def _routes_of(self, state: State, routing: str, demand_gbps: Floats) -> traffic.Routes:
        """Kept as long as they are the same: while service lasts, or, if traffic is engineered, never."""
        wider = state.topology != self._topology
        limit = self._limits(state)
        stale = self._routes is None or state.service != self._service
        if stale or routing == "optimal" or (wider and routing == "widest"):
            if routing == "shortest":
                forest, along = self._along_tree(state)
                self._routes = forest.routes(along)
            else:
                self._routes = self._engineered(state, routing, demand_gbps, limit)
            self._service = state.service
        assert self._routes is not None
        return self._routes

    def _engineered(self, state: State, routing: str, demand_gbps: Floats, limit: Floats) -> traffic.Routes:
        """Routes that are not the shortest, each with the uplink of its place."""
        at = np.flatnonzero(state.active[self._places])
        self._asking = self._places[at]
        more: dict[str, Any] = {"capacity_gbps": limit} if routing in ("widest", "optimal") else {}
        if routing == "optimal":  # what the uplink lets through: no routing can help there
            more["demand_gbps"] = np.minimum(demand_gbps, state.node_gbps)[self._asking]
            more["weight"] = np.maximum(self.homes(state)[self._asking], 1.0)
        routes = traffic.route(
            self._u, self._v, self._asking, np.full(len(at), self._world), length=self._km,
            usable=self._usable(state), routing=routing, **more,
        )  # fmt: skip
        return self._with_uplinks(routes, at)

    def _grown(self, usable: NDArray[np.bool_]) -> traffic.ShortestTrees:
        """Shortest ways from the world, brought up to date where edges have come or gone."""
        if self._trees is None:
            self._trees = traffic.ShortestTrees(
                self._u, self._v, [self._world], length=self._km, usable=usable, nodes=self._world + 1
            )
        else:
            self._trees.follow(usable)
        return self._trees

    def _with_uplinks(self, routes: traffic.Routes, at: NDArray[np.int64]) -> traffic.Routes:
        """The same routes, each beginning with the uplink of its place."""
        first = routes.start[:-1][routes.reached]
        added = routes.start.copy()
        added[1:] += np.cumsum(routes.reached)
        uplink = len(self._country.km) + at[routes.reached]
        return replace(
            routes,
            start=added,
            edge=np.insert(routes.edge, first, uplink).astype(np.int32),
            reverse=np.insert(routes.reverse, first, False),
            part=None if routes.part is None else np.insert(routes.part, first, 1.0),
        )


def share_of(part: Floats, whole: Floats) -> Floats:
    """Part over whole; 1 where there is nothing."""
    return np.divide(part, whole, out=np.ones(len(whole)), where=whole > 0)
