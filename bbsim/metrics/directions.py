"""What the network carries by direction: from abroad, from content in the country, between places.

Every span carries each direction on its own. Homes hang on their place's uplink, the world behind the
gateways' transit, and content behind the caches, which nothing limits but the network before them. Who passes
where is read off the trees of the world, of content and of each place that attracts (`bbsim.traffic.hubs`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import traffic
from bbsim.country import Country
from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.metrics.carried import Carried, Carrier, share_of
from bbsim.metrics.mixture import Mixture
from bbsim.models.answers import load_mbps
from bbsim.scenario import Scenario
from bbsim.state import State
from bbsim.technology import Technology
from bbsim.traffic.bottlenecks import Bottlenecks, bottlenecks
from bbsim.traffic.hubs import Along, Forest
from bbsim.traffic.matrix import ABROAD, PLACES

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

# What a way through other countries counts for: it is taken where there is none inside.
ABROAD_KM = 100_000.0

# So many trees are kept for hubs that are none any more.
SPARE_TREES = 4


def carrier_of(
    scenario: Scenario, country: Country, technology: Technology, demand: Any, routing: str
) -> Carrier:
    """The carrier that a demand model needs: by direction if it gives a matrix, else towards the homes."""
    others = country.population.astype(np.float64) * float(getattr(demand, "others_per_person", 0.0))
    several = scenario.access.last_mile is not None
    mixture = Mixture(scenario, country, demand.active_share) if several else None
    carrier: Carrier
    if not hasattr(demand, "matrix") and not hasattr(demand, "flows"):
        carrier = Carrier(country, technology, demand.active_share, routing, others, mixture)
    else:
        caches = [country.node_index[node] for node in scenario.caches]
        carrier = DirectedCarrier(country, technology, demand, routing, caches, others, mixture)
    if scenario.sites is not None:
        mbps = load_mbps(demand, scenario.start, use=scenario.demand.use)
        carrier.homes_per_gbps_of_sites = 1000.0 / mbps if mbps > 0 else 0.0
    return carrier


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
        mixture: Mixture | None = None,
    ) -> None:
        super().__init__(country, technology, demand.active_share, routing, others, mixture)
        self._plain = Carrier(country, technology, demand.active_share)
        self._model, self._caches = demand, np.asarray(caches, dtype=np.int64)
        n, places = len(country.ids), self._places
        self._world, self._content = 2 * n, 2 * n + 1
        # Spans, uplinks, transit of every node.
        self._u = np.concatenate([country.u, n + places, np.arange(n)])
        self._v = np.concatenate([country.v, places, np.full(n, self._world)])
        self._km = np.concatenate([country.km, np.zeros(len(places)), np.full(n, ABROAD_KM)])
        # Position of the uplink of each place's homes among the edges.
        self._uplink = np.full(n, -1, dtype=np.int64)
        self._uplink[places] = len(country.km) + np.arange(len(places))
        self._ways = _Ways(country, len(places))
        self._flows = self._named(demand.flows) if hasattr(demand, "flows") else None
        self._asked: tuple[Ints, Ints] = (self._asking, self._asking)
        # What was last asked for: places, which of them attract, and how far these are.
        self._far: tuple[Ints, Ints, Floats] = (self._asking, self._asking, np.zeros((0, 0)))
        self._known: tuple[tuple[Ints, Ints, Ints], tuple[Ints, Along]] | None = None

    def solve(self, state: State, mbps_per_home: float) -> Carried:
        """Throughput in a state, when each connected home asks for so much."""
        asked, probes = self._demands(state, mbps_per_home)
        limit = self._limits(state)
        unit = mbps_per_home / 1000.0 / self._active_share
        # A home asks for all its demands alike, so that its weight is divided as its demand is.
        if self._routing == "shortest":
            forest, along = self._forest(state, asked)
            fair = forest.share(along, limit, asked.gbps, asked.gbps)
            left = forest.achievable(along, probes, fair, limit, unit, asked.gbps)
            reached = np.isfinite(forest.length(along.part(probes)))
        else:
            routes = self._paths(state, asked, limit, self._routing)
            fair = traffic.share(routes, limit, asked.gbps, asked.gbps, directed=True)
            left = traffic.achievable(routes, fair, limit, unit, weight=asked.gbps)[probes]
            reached = routes.reached[probes]
        n, spans, places = len(self._country.ids), len(self._country.km), len(self._places)
        received = asked.dst == n + self._asking[asked.owner]
        load = fair.load_gbps.max(axis=1)
        at = asked.dst[received] - n
        delivered, demand = np.zeros(n), np.zeros(n)
        np.add.at(delivered, at, fair.rate_gbps[received])
        np.add.at(demand, at, asked.gbps[received])
        best = np.full(n, np.nan)
        at = self._asking
        seen = reached & state.on_fibre()[at]
        mbps = np.where(seen, left * 1000.0, np.nan)
        best[at] = np.minimum(mbps, self.line_mbps(mbps_per_home))
        theirs = delivered * share_of(self.lines(state), self.homes(state))
        return Carried(
            demand, delivered, theirs, best, load[:spans], load[spans + places :], self._left(mbps)
        )

    def gateway_km(self, state: State) -> Floats:
        """Length of the shortest lit way from each place to a gateway; NaN where there is none."""
        return self._plain.gateway_km(state)

    def wanted(self, state: State, mbps_per_home: float) -> tuple[Floats, Floats, Floats]:
        """As of a `Carrier`, in the busier direction."""
        asked, _ = self._demands(state, mbps_per_home)
        if self._routing in ("shortest", "optimal"):
            forest, along = self._forest(state, asked)
            runs = np.isfinite(forest.length(along))
            load = forest.load(along, np.where(runs, asked.gbps, 0.0)).max(axis=1)
        else:
            limit = np.full(len(self._u), np.inf)
            routes = self._paths(state, asked, self._limits(state), self._routing)
            load = traffic.share(routes, limit, asked.gbps, directed=True).load_gbps.max(axis=1)
        spans, places = len(self._country.km), self._places
        uplink = np.zeros(len(self._country.ids))
        uplink[places] = load[spans : spans + len(places)]
        return load[:spans], uplink, load[spans + len(places) :]

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
        self,
        state: State,
        mbps_per_home: float,
        span_gbps: Floats,
        node_gbps: Floats,
        transit_gbps: Floats,
    ) -> tuple[Floats, ...]:
        """As of a `Carrier`; a home's level is what it gets of what it asks for."""
        asked, _ = self._demands(state, mbps_per_home)
        uplink = np.where(state.active, node_gbps, 0.0)[self._places]
        limit = np.concatenate([span_gbps, uplink, transit_gbps])
        routes = self._paths(state, asked, limit, self._routing)
        fair = traffic.share(routes, limit, asked.gbps, asked.gbps, directed=True)
        part = np.divide(fair.rate_gbps, asked.gbps, out=np.ones(len(asked.gbps)), where=asked.gbps > 0)
        homes = asked.gbps / (mbps_per_home / 1000.0) if mbps_per_home else asked.gbps
        return self._held(fair.bottleneck, part * mbps_per_home, homes)

    def _demands(self, state: State, mbps_per_home: float) -> tuple[traffic.Demands, Ints]:
        """All demands, and behind them one of nothing from the world to each place: what a newcomer asks."""
        at = self._asking = self._places[state.active[self._places]]
        n = len(self._country.ids)
        if self._flows is not None:
            return self._probed(self._running(self._flows, state, mbps_per_home), at)
        load = self.demand(state, mbps_per_home)[at]
        model = self._model
        many = getattr(model, "attractors", len(at))
        pulls = np.sort(np.argsort(-load, kind="stable")[:many])
        if not all(map(np.array_equal, self._far[:2], (at, pulls))):
            where = self._country.ecef_km[at].T
            km = np.sqrt(sum((axis[:, None] - axis[pulls]) ** 2 for axis in where))
            self._far = at, pulls, np.maximum(km, getattr(model, "nearest_km", 0.0))
        km = self._far[2]
        asked = model.matrix(n + at, load, km, attractor=pulls, world=self._world, content=self._content)
        return self._probed(asked, at)

    def _probed(self, asked: traffic.Demands, at: Ints) -> tuple[traffic.Demands, Ints]:
        n = len(self._country.ids)
        probe = traffic.Demands(
            src=np.append(asked.src, np.full(len(at), self._world)),
            dst=np.append(asked.dst, n + at),
            gbps=np.append(asked.gbps, np.zeros(len(at))),
            owner=np.append(asked.owner, np.arange(len(at))),
            kind=np.append(asked.kind, np.zeros(len(at), dtype=np.int64)),
        )
        return probe, np.arange(len(asked.src), len(probe.src))

    def _named(self, flows: Sequence[Any]) -> tuple[Ints, Ints, Floats]:
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
        self, flows: tuple[Ints, Ints, Floats], state: State, mbps_per_home: float
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
            return np.asarray((state.transit_gbps > 0) & (state.faults == 0))
        out = np.zeros(len(self._country.ids), dtype=bool)
        out[self._caches] = True
        return np.asarray(out & (state.faults == 0))

    def _limits(self, state: State) -> Floats:
        uplink = np.where(state.active, state.node_gbps, 0.0)[self._places]
        return np.concatenate([state.span_gbps, uplink, state.transit_gbps])

    def _forest(self, state: State, asked: traffic.Demands) -> tuple[Forest, Along]:
        """The trees as the network is, and where each demand goes along them."""
        n, owner = len(self._country.ids), self._asking[asked.owner]
        ends = asked.src, asked.dst, owner
        if self._known is None or not all(map(np.array_equal, self._known[0], ends)):
            self._known = ends, self._along(*ends)
        _, (hub, along) = self._known
        hubs = np.zeros(2 * n + 2, dtype=bool)
        hubs[hub] = True
        forest, row = self._ways.of(state, np.flatnonzero(hubs[n : 2 * n]), self._served_at(state))
        return forest, replace(along, row=row[hub - n])

    def _along(self, src: Ints, dst: Ints, owner: Ints) -> tuple[Ints, Along]:
        """The hub of each demand, and its way but for the row."""
        n = len(self._country.ids)
        # Of two places the one that asks is the leaf; what is no place is no leaf, if it can be helped.
        down = np.where(src >= 2 * n, (dst < 2 * n) | (src > dst), dst == n + owner)
        hub, leaf = np.where(down, src, dst), np.where(down, dst, src)

        def uplink(node: Ints, inward: bool) -> Ints:
            """The pool by which homes receive, or send; −1 for what has no homes."""
            known = (node < 2 * n) & (src != dst)
            return np.where(known, 2 * self._uplink[np.where(known, node - n, self._places[0])] + inward, -1)

        first, last = uplink(src, inward=False), uplink(dst, inward=True)
        return hub, Along(hub, np.minimum(leaf - n, n), down, first, last)

    def _paths(self, state: State, asked: traffic.Demands, limit: Floats, routing: str) -> traffic.Routes:
        """Kept while service and the ends of the demands are the same; engineered traffic is routed anew."""
        same = self._routes is not None and state.service == self._service and routing != "optimal"
        same = same and not (routing == "widest" and state.topology != self._topology)
        if same and all(map(np.array_equal, self._asked, (asked.src, asked.dst))):
            assert self._routes is not None
            return self._routes
        forest, along = self._forest(state, asked)
        if routing == "shortest":
            self._routes = forest.routes(along)
        else:
            usable = [state.passable, state.active[self._places], state.ways_out]
            src, dst = self._served(forest, along, asked)
            engineered: dict[str, Any] = {}
            if routing == "optimal":
                engineered = {"demand_gbps": asked.gbps, "directed": True, "weight": asked.gbps}
            if routing in ("optimal", "widest"):
                engineered["capacity_gbps"] = limit
            self._routes = traffic.route(
                self._u, self._v, src, dst, length=self._km, usable=np.concatenate(usable), routing=routing,
                **engineered,
            )  # fmt: skip
        self._service, self._topology = state.service, state.topology
        self._asked = asked.src, asked.dst
        return self._routes

    def _served(self, forest: Forest, along: Along, asked: traffic.Demands) -> tuple[Ints, Ints]:
        """Ends of the demands, with content at the cache that is nearest to each place."""
        nearest = forest.top(along)
        out = []
        for end in (asked.src, asked.dst):
            content = end == self._content
            out.append(np.where(content & (nearest >= 0), nearest, end))
        return out[0], out[1]


class _Ways:
    """Trees of the world, of content and of places that attract, which follow the network."""

    def __init__(self, country: Country, uplinks: int) -> None:
        n = len(country.ids)
        self._nodes, self._uplinks = n, uplinks
        everywhere, nowhere = np.arange(n), np.zeros(uplinks, dtype=np.int64)
        # Spans, uplinks (passed by their own homes alone, so that no tree needs them), transit, and last, as
        # they limit nothing, the ways to content at each node.
        self._u = np.concatenate([country.u, nowhere, everywhere, everywhere])
        self._v = np.concatenate([country.v, nowhere, np.full(n, n), np.full(n, n + 1)])
        self._km = country.km
        self._trees: dict[str, traffic.ShortestTrees] = {}
        self._hubs = np.zeros(0, dtype=np.int64)
        self._forest: Forest | None = None
        self._service = -1

    def of(self, state: State, hubs: Ints, served: NDArray[np.bool_]) -> tuple[Forest, Ints]:
        """The forest now, and the row in it of each node, of the world and of content, where they are roots.

        `hubs` are the places whose trees are needed, ascending; `served` the nodes that have content.
        """
        missing = not np.isin(hubs, self._hubs).all()
        if missing or len(self._hubs) > len(hubs) + SPARE_TREES:
            # Who was a hub may soon be one again, but trees that nobody asks for cost as much as others.
            spare = np.setdiff1d(self._hubs, hubs)[: SPARE_TREES // 2]
            self._hubs, self._forest = np.union1d(hubs, spare), None
            self._trees.pop("hubs", None)
        if self._forest is None or state.service != self._service:
            n, none = self._nodes, np.zeros(self._uplinks, dtype=bool)
            transit, away = state.ways_out, np.zeros(n, dtype=bool)
            kinds = [("world", [n], 0.0, away), ("content", [n + 1], ABROAD_KM, served)]
            if len(self._hubs):
                kinds.append(("hubs", self._hubs.tolist(), ABROAD_KM, away))
            trees = []
            for name, roots, abroad_km, caches in kinds:
                usable = np.concatenate([state.passable, none, transit, caches])
                trees.append(self._grown(name, roots, abroad_km, usable))
            self._forest = Forest(trees, edges=len(self._u) - n)
            self._service = state.service
        row = np.full(self._nodes + 2, -1, dtype=np.int64)
        row[self._nodes], row[self._nodes + 1] = 0, 1
        row[self._hubs] = 2 + np.arange(len(self._hubs))
        return self._forest, row

    def _grown(
        self, name: str, roots: list[int], abroad_km: float, usable: NDArray[np.bool_]
    ) -> traffic.ShortestTrees:
        """Trees from some roots, brought up to date where edges have come or gone."""
        n = self._nodes
        if name not in self._trees:
            # Around a root steps of no length are plain; elsewhere they would leave open who comes first.
            content_km = 0.0 if name == "content" else 1.0
            km = [self._km, np.ones(self._uplinks), np.full(n, abroad_km), np.full(n, content_km)]
            self._trees[name] = traffic.ShortestTrees(
                self._u, self._v, roots, length=np.concatenate(km), usable=usable, nodes=n + 2
            )
            return self._trees[name]
        self._trees[name].follow(usable)
        return self._trees[name]
