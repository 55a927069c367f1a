"""What the network carries by direction: from abroad, from content in the country, between places.

Every span carries each direction on its own. Homes hang on their place's uplink, the world behind the
gateways' transit, and content behind the caches, which nothing limits but the network before them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import traffic
from bbsim.country import Country
from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.metrics.carried import Carried, Carrier, share_of
from bbsim.scenario import Scenario
from bbsim.state import State
from bbsim.technology import Technology
from bbsim.traffic.bottlenecks import Bottlenecks, bottlenecks
from bbsim.traffic.matrix import ABROAD, PLACES

Floats = NDArray[np.float64]
# Nearer than this two places attract each other no more strongly.
NEAREST_KM = 1.0

# So many places, those with the most connected homes, attract traffic of others: with all of them a country
# of a thousand places had a million demands, nearly all of next to nothing.
ATTRACTORS = 20


def carrier_of(
    scenario: Scenario, country: Country, technology: Technology, demand: Any, routing: str
) -> Carrier:
    """The carrier that a demand model needs: by direction if it gives a matrix, else towards the homes."""
    others = country.population.astype(np.float64) * float(getattr(demand, "others_per_person", 0.0))
    if not hasattr(demand, "matrix") and not hasattr(demand, "flows"):
        return Carrier(country, technology, demand.active_share, routing, others)
    caches = [country.node_index[node] for node in scenario.caches]
    return DirectedCarrier(country, technology, demand, routing, caches, others)


class DirectedCarrier(Carrier):
    """A `Carrier` whose demand model gives a matrix.

    Parameters
    ----------
    demand : a demand model with ``matrix`` or ``flows``, such as those of `bbsim.models.demand`.
    caches : nodes at which content is served; the gateways if there are none.
    """

    def __init__(
        self,
        country: Country,
        technology: Technology,
        demand: Any,
        routing: str = "shortest",
        caches: Sequence[int] = (),
        others: Floats | None = None,
    ) -> None:
        super().__init__(country, technology, demand.active_share, routing, others)
        self._plain = Carrier(country, technology, demand.active_share)
        self._model, self._caches = demand, np.asarray(caches, dtype=np.int64)
        n, places = len(country.ids), self._places
        self._world, self._content = 2 * n, 2 * n + 1
        # Spans, uplinks, transit of every node, content at every node.
        self._u = np.concatenate([country.u, n + places, np.arange(n), np.arange(n)])
        self._v = np.concatenate([country.v, places, np.full(n, self._world), np.full(n, self._content)])
        self._km = np.concatenate([country.km, np.zeros(len(places) + 2 * n)])
        self._flows = self._named(demand.flows) if hasattr(demand, "flows") else None
        self._asked: tuple[NDArray[np.int64], NDArray[np.int64]] = (self._asking, self._asking)

    def solve(self, state: State, mbps_per_home: float) -> Carried:
        """Throughput in a state, when each connected home asks for so much."""
        asked, probes = self._demands(state, mbps_per_home)
        limit = self._limits(state)
        # A home asks for all its demands alike, so that its weight is divided as its demand is.
        routes = self._paths(state, asked, limit, self._routing)
        fair = traffic.share(routes, limit, asked.gbps, asked.gbps, directed=True)
        n, spans, places = len(self._country.ids), len(self._country.km), len(self._places)
        received = asked.dst == n + self._asking[asked.owner]
        load = fair.load_gbps.max(axis=1)
        delivered, demand = np.zeros(n), np.zeros(n)
        np.add.at(delivered, asked.dst[received] - n, fair.rate_gbps[received])
        np.add.at(demand, asked.dst[received] - n, asked.gbps[received])
        best = np.full(n, np.nan)
        unit = mbps_per_home / 1000.0 / self._active_share
        left = traffic.achievable(routes, fair, limit, unit, weight=asked.gbps)[probes] * 1000.0
        at = self._asking
        seen = routes.reached[probes] & state.on_fibre()[at]
        best[at] = np.where(seen, np.minimum(left, self._line_mbps(mbps_per_home)), np.nan)
        transit = load[spans + places : spans + places + n]
        theirs = delivered * share_of(state.connected, self.homes(state))
        return Carried(demand, delivered, theirs, best, load[:spans], transit)

    def gateway_km(self, state: State) -> Floats:
        """Length of the shortest lit way from each place to a gateway; NaN where there is none."""
        return self._plain.gateway_km(state)

    def wanted(self, state: State, mbps_per_home: float) -> tuple[Floats, Floats]:
        """Load of each span, and of each node's uplink, in the busier direction, if nothing limited it."""
        asked, _ = self._demands(state, mbps_per_home)
        limit = np.full(len(self._u), np.inf)
        routing = "shortest" if self._routing == "optimal" else self._routing
        routes = self._paths(state, asked, limit, routing)
        load = traffic.share(routes, limit, asked.gbps, directed=True).load_gbps.max(axis=1)
        spans, places = len(self._country.km), self._places
        uplink = np.zeros(len(self._country.ids))
        uplink[places] = load[spans : spans + len(places)]
        return load[:spans], uplink

    def breaking(self, state: State, mbps_per_home: float, people: Floats, growth: float) -> Bottlenecks:
        """As of a `Carrier`; people count where what they ask for from abroad passes."""
        asked, _ = self._demands(state, mbps_per_home)
        limit = self._limits(state)
        routes = self._paths(state, asked, limit, self._routing)
        fair = traffic.share(routes, limit, asked.gbps, asked.gbps, directed=True)
        at = self._asking[asked.owner]
        theirs = (asked.kind == ABROAD) & (asked.src == self._world) & (asked.gbps > 0)
        behind = np.where(theirs, people[at], 0.0)
        return bottlenecks(routes, fair, limit, asked.gbps, behind, growth_share_per_year=growth)

    def holding(
        self, state: State, mbps_per_home: float, span_gbps: Floats, node_gbps: Floats
    ) -> tuple[Floats, ...]:
        """As of a `Carrier`; a home's level is what it gets of what it asks for."""
        asked, _ = self._demands(state, mbps_per_home)
        uplink = np.where(state.active, node_gbps, 0.0)[self._places]
        limit = self._limits(state)
        limit[: len(span_gbps) + len(uplink)] = np.concatenate([span_gbps, uplink])
        routes = self._paths(state, asked, limit, self._routing)
        fair = traffic.share(routes, limit, asked.gbps, asked.gbps, directed=True)
        part = np.divide(fair.rate_gbps, asked.gbps, out=np.ones(len(asked.gbps)), where=asked.gbps > 0)
        homes = asked.gbps / (mbps_per_home / 1000.0) if mbps_per_home else asked.gbps
        return self._held(fair.bottleneck, part * mbps_per_home, homes)

    def _demands(self, state: State, mbps_per_home: float) -> tuple[traffic.Demands, NDArray[np.int64]]:
        """All demands, and behind them one of nothing from the world to each place: what a newcomer asks."""
        at = self._asking = self._places[state.active[self._places]]
        n = len(self._country.ids)
        if self._flows is not None:
            return self._probed(self._running(self._flows, state, mbps_per_home), at)
        load = self.homes(state)[at] * (mbps_per_home / 1000.0)
        where = self._country.ecef_km[at]
        km = np.sqrt(((where[:, None, :] - where[None, :, :]) ** 2).sum(axis=2))
        km = np.where(np.eye(len(at), dtype=bool), 0.0, np.maximum(km, NEAREST_KM))
        km[:, np.argsort(-load, kind="stable")[ATTRACTORS:]] = np.inf
        asked = self._model.matrix(n + at, load, km, world=self._world, content=self._content)
        return self._probed(asked, at)

    def _probed(
        self, asked: traffic.Demands, at: NDArray[np.int64]
    ) -> tuple[traffic.Demands, NDArray[np.int64]]:
        n = len(self._country.ids)
        probe = traffic.Demands(
            src=np.append(asked.src, np.full(len(at), self._world)),
            dst=np.append(asked.dst, n + at),
            gbps=np.append(asked.gbps, np.zeros(len(at))),
            owner=np.append(asked.owner, np.arange(len(at))),
            kind=np.append(asked.kind, np.zeros(len(at), dtype=np.int64)),
        )
        return probe, np.arange(len(asked.src), len(probe.src))

    def _named(self, flows: Sequence[Any]) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
        """Ends and Gbit/s of measured flows.

        Raises
        ------
        InputError
            with every end that is neither a place nor `abroad` nor `content`.
        """
        country, n = self._country, len(self._country.ids)
        known = {country.ids[i]: n + i for i in self._places.tolist()}
        known |= {"abroad": self._world, "content": self._content}
        wrong = [
            Problem(
                "unknown-flow", f"no place '{end}'", path=f"demand.flows[{i}].{name}",
                hint=did_you_mean(end, list(known)),
            )
            for i, flow in enumerate(flows)
            for name, end in (("source", flow.source), ("target", flow.target))
            if end not in known
        ]  # fmt: skip
        if wrong:
            raise InputError(wrong)
        ends = np.array([(known[flow.source], known[flow.target]) for flow in flows], dtype=np.int64)
        return ends[:, 0], ends[:, 1], np.array([flow.gbps for flow in flows], dtype=np.float64)

    def _running(
        self, flows: tuple[NDArray[np.int64], NDArray[np.int64], Floats], state: State, mbps_per_home: float
    ) -> traffic.Demands:
        """Measured flows between what is in service, grown as the load of a home has."""
        src, dst, gbps = flows
        n = len(self._country.ids)
        on = np.append(np.zeros(n, dtype=bool), np.append(state.active, [True, True]))
        runs = on[src] & on[dst] & (gbps > 0)
        src, dst = src[runs], dst[runs]
        place = np.where(dst < 2 * n, dst, src) - n
        row = np.full(n, 0)
        row[self._asking] = np.arange(len(self._asking))
        return traffic.Demands(
            src=src,
            dst=dst,
            gbps=gbps[runs] * (mbps_per_home / (self._model.kbps_per_home / 1000.0)),
            owner=row[np.where(place < n, place, 0)],
            kind=np.where(src == self._world, ABROAD, PLACES),
        )

    def _served_at(self, state: State) -> NDArray[np.bool_]:
        """Nodes at which content is served."""
        if not len(self._caches):
            return np.asarray(state.transit_gbps > 0)
        out = np.zeros(len(self._country.ids), dtype=bool)
        out[self._caches] = True
        return out

    def _limits(self, state: State) -> Floats:
        uplink = np.where(state.active, state.node_gbps, 0.0)[self._places]
        content = np.full(len(self._country.ids), np.inf)
        return np.concatenate([state.span_gbps, uplink, state.transit_gbps, content])

    def _paths(self, state: State, asked: traffic.Demands, limit: Floats, routing: str) -> traffic.Routes:
        """Kept while service and the ends of the demands are the same; engineered traffic is routed anew."""
        same = self._routes is not None and state.service == self._service and routing != "optimal"
        if same and all(map(np.array_equal, self._asked, (asked.src, asked.dst))):
            assert self._routes is not None
            return self._routes
        usable = np.concatenate(
            [
                state.operational,
                state.active[self._places],
                state.transit_gbps > 0,
                self._served_at(state),
            ]
        )
        engineered: dict[str, Any] = {}
        if routing == "optimal":
            engineered = {"capacity_gbps": limit, "demand_gbps": asked.gbps, "directed": True}
            engineered["weight"] = asked.gbps
        self._routes = traffic.route(
            self._u, self._v, asked.src, asked.dst, length=self._km, usable=usable, routing=routing,
            **engineered,
        )  # fmt: skip
        self._service, self._asked = state.service, (asked.src, asked.dst)
        return self._routes
