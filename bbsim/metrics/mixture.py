"""Homes on all technologies at one instant: who is served, what their lines ask for, and what each gets.

A home behind a mast without fibre loads the place that feeds the mast; a home on a dish shares the beam above
it with all others that look at it; a copper line in a place without fibre loads nothing that is modelled. The
programme's own technology is the carrier's.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.feeds import NOWHERE, Feeds
from bbsim.lines import Book, Lines
from bbsim.overhead import WITHOUT
from bbsim.scenario import Scenario
from bbsim.state import State
from bbsim.technology import Technology, of_scenario
from bbsim.traffic.pools import active_rate

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Mixture:
    """The technologies of a scenario as its network sees them."""

    def __init__(self, scenario: Scenario, country: Country, active_share: float) -> None:
        self.technologies: Mapping[str, Technology] = of_scenario(scenario)
        self._records = list(self.technologies.values())
        self._sky = [at for at, each in enumerate(self._records[:-1]) if each.feed == "sky"]
        self._feeds = Feeds(country, scenario, self.technologies)
        self._hop_mbps = scenario.links.microwave.hop_gbps * 1000.0
        self._active_share = active_share
        self._fed: tuple[tuple[int, int], tuple[Floats, Floats]] | None = None
        mile = scenario.access.last_mile
        self._business = 0.0 if mile is None else mile.business_load_homes
        self._found: tuple[tuple[int, int], list[tuple[int, Floats, Ints, Ints]]] | None = None
        self._all_on: tuple[int, Floats] | None = None
        self._contended, self._on_hop = ([np.zeros(0)] * len(self._records) for _ in range(2))

    @property
    def most_mbps(self) -> float:
        """The best rate of any line."""
        return max(record.line_mbps for record in self._records)

    @property
    def has_dishes(self) -> bool:
        """Whether the scenario has dishes to offer."""
        return bool(self._sky)

    # ---- who is served ------------------------------------------------------------------------
    def fed(self, state: State, technology: int) -> NDArray[np.bool_]:
        """(nodes,) whether what a technology needs is in service."""
        return self._feeds.fed(state, technology)

    def served(self, state: State, book: Book) -> Ints:
        """(technologies, nodes) premises connected whose feed is in service."""
        fed = [self._feeds.fed(state, at) for at in range(len(self._records))]
        return np.where(np.array(fed), book.connected, 0)

    def homes(self, state: State) -> Floats:
        """(nodes,) homes on all but the programme's own lines, by the place on fibre that feeds them."""
        return self._fed_by(state)[0]

    def businesses(self, state: State) -> Floats:
        """(nodes,) businesses on all lines, by the place that feeds them, as so many homes that ask alike."""
        return self._fed_by(state)[1]

    def own_businesses(self, state: State) -> Floats:
        """(nodes,) those on the programme's own lines alone."""
        return np.asarray(_lines(state).businesses.connected[-1] * self._business)

    def _fed_by(self, state: State) -> tuple[Floats, Floats]:
        key = (state.homes, state.service)
        if self._fed is None or self._fed[0] != key:
            homes, businesses = np.zeros(len(state.connected)), self.own_businesses(state)
            for technology, on, source, at in self._behind(state):
                theirs = _lines(state).homes.connected[technology, at]
                np.add.at(homes, source, theirs)
                np.add.at(businesses, source, on - theirs)
            self._fed = key, (homes, businesses)
        return self._fed[1]

    def gbps(self, state: State, load_mbps: float) -> Floats:
        """(nodes,) what these ask of the network at the busy hour: no more than their lines carry.

        Parameters
        ----------
        load_mbps : what each connected home asks for.
        """
        gbps = np.zeros(len(state.connected))
        for technology, on, source, at in self._behind(state):
            record = self._records[technology]
            sharing = record.sharing(on, _lines(state).sites[technology, at])
            np.add.at(gbps, source, on * record.carried_mbps(sharing, load_mbps) / 1000.0)
        return gbps

    def _on(self, state: State) -> Floats:
        """(technologies, nodes) homes on each, and businesses as so many homes that ask alike."""
        if self._all_on is None or self._all_on[0] != state.homes:
            lines = _lines(state)
            theirs = lines.businesses.connected * self._business
            self._all_on = state.homes, lines.homes.connected + theirs
        return self._all_on[1]

    def _behind(self, state: State) -> list[tuple[int, Floats, Ints, Ints]]:
        """For each technology that loads the network: who is on it, what feeds them, and where they are.

        All three by node that has any; businesses count as so many homes.
        """
        key = (state.homes, state.service)
        if self._found is None or self._found[0] != key:
            on_fibre, found = state.on_fibre(), []
            feeder, _ = self._feeds.feeders(state)
            for technology, record in enumerate(self._records[:-1]):
                if record.feed == "sky":
                    continue
                on = self._on(state)[technology]
                at = np.flatnonzero(on)
                at = at[feeder[at] != NOWHERE] if record.feed == "hop" else at[on_fibre[at]]
                if len(at):
                    source = feeder[at] if record.feed == "hop" else at
                    found.append((technology, on[at], source, at))
            self._found = key, found
        return self._found[1]

    def _own(self, at: int, state: State, load_mbps: float) -> Floats:
        """(nodes,) what an active line of a technology gets, whatever the network leaves.

        What the load of the others on its tree or cell leaves, and no less than its fair share of those that
        are active then (`active_rate`), as on a beam or a hop. A planner's contention ratio divides the
        tree by all its homes: what all get if all are active at once, which no test of speed meets.
        """
        record = self._records[at]
        sharing = record.sharing(self._on(state)[at], _lines(state).sites[at])
        left = record.shared_mbps - (sharing - 1.0) * load_mbps
        fair = self._among(self._contended, record.shared_mbps, at, np.ceil(sharing).astype(np.int64))
        return np.asarray(np.minimum(record.line_mbps, np.maximum(left, fair)))

    def _among(self, known: list[Floats], shared_mbps: float, at: int, homes: Ints) -> Floats:
        """(...) rate of an active home among so many that share a tree, cell or hop, each number asked once.

        `known` is what was found so far, by technology and number of homes.
        """
        most = int(homes.max(initial=1))
        if most >= len(known[at]):
            line_mbps, every = self._records[at].line_mbps, np.arange(2 * most + 1)
            known[at] = active_rate(every, shared_mbps, line_mbps, self._active_share)
        return np.asarray(known[at][homes])

    # ---- what each gets -----------------------------------------------------------------------
    def rates(self, state: State, load_mbps: float, programme_mbps: Floats, left_mbps: Floats) -> Floats:
        """(technologies, nodes) what one active home gets at the busy hour; NaN where nothing feeds it.

        Parameters
        ----------
        programme_mbps : (nodes,) that of the programme's own lines.
        left_mbps : (nodes,) what the network leaves a home in each place, whatever its line.
        """
        lines = _lines(state)
        out = np.full((len(self._records), len(programme_mbps)), np.nan)
        feeder, hop_km = self._feeds.feeders(state)
        for at, record in enumerate(self._records[:-1]):
            if not lines.homes.passed[at].any():
                continue
            if record.feed == "sky":
                out[at] = self._under_beams(state, record)
                continue
            own = self._own(at, state, load_mbps)
            behind = left_mbps
            if record.feed == "hop":
                behind = np.where(feeder == NOWHERE, np.nan, left_mbps[feeder])
            if record.feed == "own":  # where the place has no fibre the old network carries what it did
                out[at] = np.where(np.isnan(behind), own, np.minimum(own, behind))
                continue
            out[at] = np.minimum(own, behind)
            hop = np.flatnonzero(hop_km > 0) if record.feed == "hop" else np.zeros(0, dtype=np.int64)
            if len(hop):
                homes = np.maximum(np.ceil(self._on(state)[at, hop]).astype(np.int64), 1)
                share = self._among(self._on_hop, self._hop_mbps, at, homes)
                out[at, hop] = np.minimum(out[at, hop], share)
        out[-1] = programme_mbps
        return out

    def _under_beams(self, state: State, record: Technology) -> Floats:
        """(nodes,) what a busy home with a dish sees among all on its beam; NaN where no beam is above."""
        overhead, dishes = self._feeds.overhead, self.dishes(state)
        up = overhead.up(state.satellites)
        if up is None or dishes is None:
            return np.full(len(overhead.region), np.nan)
        part = up.part[WITHOUT]
        homes = np.rint(part @ np.bincount(overhead.region, dishes, minlength=overhead.size))
        line = np.minimum(record.line_mbps, up.line_mbps)
        seen = active_rate(np.maximum(homes, 1), up.gbps * 1000.0, line, self._active_share)
        return np.asarray(np.where(up.below(WITHOUT), seen @ part, np.nan)[overhead.region])

    def dishes(self, state: State) -> Ints | None:
        """(nodes,) premises with a dish; None where the scenario has none to offer."""
        if not self._sky:
            return None
        lines = _lines(state)
        return np.asarray(sum(lines.homes.connected[at] + lines.businesses.connected[at] for at in self._sky))

    def dishes_changed(self, state: State) -> tuple[int, ...]:
        """Equal as long as no dish, and no home at whose door one is the best, came or went."""
        lines = _lines(state)
        return tuple(book.changes[at] for at in self._sky for book in (lines.homes, lines.businesses))

    def dish_at_best(self, state: State) -> Ints:
        """(nodes,) homes at whose door a dish is the best that there is."""
        best = _lines(state).homes.best
        return np.asarray(sum(best[at] for at in self._sky))

    def off_network(self, state: State, load_mbps: float) -> tuple[float, float]:
        """Homes served that load no modelled span, and what they get at the busy hour together, Gbit/s."""
        lines, dark = _lines(state), ~state.on_fibre()
        homes, gbps = self._on_beams(state, load_mbps)
        for at, record in enumerate(self._records[:-1]):
            if record.feed == "own":
                here = lines.homes.connected[at] * dark
                homes += float(here.sum())
                sharing = record.sharing(self._on(state)[at], lines.sites[at])
                each = record.carried_mbps(sharing, load_mbps)
                gbps += float((here * each).sum()) / 1000.0
        return homes, gbps

    def _on_beams(self, state: State, load_mbps: float) -> tuple[float, float]:
        """Homes with a dish below a beam, and what they get of it beside the businesses there, Gbit/s."""
        overhead, dishes = self._feeds.overhead, self.dishes(state)
        up = overhead.up(state.satellites)
        if up is None or dishes is None:
            return 0.0, 0.0
        lines = _lines(state)
        theirs, everybody = (
            up.part[WITHOUT] @ np.bincount(overhead.region, count, minlength=overhead.size)
            for count in (lines.homes.connected[self._sky].sum(axis=0), dishes)
        )
        asked = everybody * np.minimum(load_mbps, up.line_mbps) / 1000.0
        share = np.divide(theirs, everybody, out=np.zeros_like(theirs), where=everybody > 0)
        return float(theirs.sum()), float((np.minimum(asked, up.gbps) * share).sum())


def _lines(state: State) -> Lines:
    assert state.lines is not None
    return state.lines
