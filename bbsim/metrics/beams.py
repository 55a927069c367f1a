"""Who shares which satellite beam, what they get there, and what it leaves for places whose fibre is down.

A home's terminal looks at one satellite: the homes of a region divide over the beams above it as these have
capacity. Those on one beam share it with each other and with nobody else, from the day on which one of them
joins or leaves.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.metrics.carried import Carried, share_of
from bbsim.overhead import DOWN, WITHOUT, Overhead, Up
from bbsim.scenario import Scenario
from bbsim.state import State
from bbsim.traffic.pools import active_rate
from bbsim.units import MINUTES_PER_DAY

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Beams:
    """What the satellites of a scenario do for a run, period by period.

    Attributes
    ----------
    mbps, told : (periods, regions + 1) what a home with a terminal sees while it is busy, times the part of
        the period, and for what part of it there was one; the last column is for nodes of no region.
    """

    def __init__(self, scenario: Scenario, country: Country, active_share: float, edges: Any) -> None:
        self._apart = any(each.fibre_cut != "as_others" for each in scenario.satellites)
        self._overhead = Overhead(scenario, country)
        self._country, self._active_share, self._edges = country, active_share, edges
        self._size, self._region = self._overhead.size, self._overhead.region
        self._people = country.population.astype(np.float64)
        self.mbps, self.told = (np.zeros((len(edges) - 1, self._size)) for _ in range(2))
        self._off = np.zeros((2, self._size))
        self._up: Up | None = None
        self._homes: tuple[float, ...] = ()  # whole, on each beam
        self._since = 0
        self._held: list[tuple[int, float, Up, tuple[float, ...]]] = []

    def __bool__(self) -> bool:
        """Whether there is anything that carries broadband."""
        return bool(self._overhead)

    # ---- who is on which beam -----------------------------------------------------------------
    def cover(self, state: State, on: Bools) -> None:
        """Take note of who is off fibre now: people in open places."""
        off = state.open_nodes() & ~on
        if not self._apart:
            self._off[WITHOUT] = self._people_by_region(off)
            return
        down = off & (state.lit_minute >= 0)
        for who, where in ((WITHOUT, off & ~down), (DOWN, down)):
            self._off[who] = self._people_by_region(where)

    def _people_by_region(self, where: Bools) -> Floats:
        """(regions + 1,) people of these nodes; they are whole, so that their sum is exact in any order."""
        return np.bincount(self._region, self._people * where, minlength=self._size).astype(np.float64)

    def note(
        self, state: State, minute: int, period: int, factor: float, dishes: NDArray[np.int64] | None = None
    ) -> None:
        """Who shares the beams from a minute on; what was until then held in a period.

        `dishes` are the terminals by node where they are counted; else a share of the homes has one.
        """
        up = self._overhead.up(state.satellites)
        homes: tuple[float, ...] = ()
        if up is not None:
            if dishes is None:
                terminals = self._terminals(up, factor)
            else:
                terminals = up.part[WITHOUT] @ np.bincount(self._region, dishes, minlength=self._size)
            homes = tuple(np.rint(terminals).tolist())
        if (up, homes) != (self._up, self._homes):
            self.keep(minute, period)
            self._up, self._homes = up, homes

    def _terminals(self, up: Up, factor: float) -> Floats:
        """(beams,) homes with a terminal on each."""
        homes = self._off / self._country.persons_per_household * factor
        out = np.zeros(len(up.gbps))
        for who in (WITHOUT, DOWN) if self._apart else (WITHOUT,):
            out += up.part[who] @ (up.homes_share[who] * homes[who])
        return out

    def keep(self, minute: int, period: int) -> None:
        """Book what has held up to a minute of a period; asked at each period's end."""
        if self._up is not None and minute > self._since:
            length = int(self._edges[period + 1] - self._edges[period]) * MINUTES_PER_DAY
            self._held.append((period, (minute - self._since) / length, self._up, self._homes))
        self._since = minute

    # ---- what they get ------------------------------------------------------------------------
    def people_served_share(
        self, load_mbps: float, factor: float, everybody: float, doors: NDArray[np.int64] | None = None
    ) -> float:
        """People off fibre whom the beams can serve at the busy hour, of all people.

        `doors` are the homes by node for which a dish is the best there is, where lines are counted; else all
        who are off fibre have nothing else.
        """
        if self._up is None or load_mbps <= 0:
            return 0.0
        homes = self._up.gbps * 1000.0 / load_mbps
        room = homes * self._country.persons_per_household / factor
        if doors is None:
            people = self._up.part[WITHOUT] @ self._off[WITHOUT] + self._up.part[DOWN] @ self._off[DOWN]
        else:
            homes_below = np.bincount(self._region, doors, minlength=self._size)
            people = self._up.part[WITHOUT] @ homes_below * self._country.persons_per_household / factor
        return float(np.minimum(room, people).sum() / everybody)

    def backed_up(self, carried: Carried, state: State, on: Bools, load_mbps: float) -> Carried:
        """The same, with what the beams bring to places whose fibre is down."""
        up = self._up
        if up is None or not up.left.any():
            return carried
        down = np.flatnonzero((state.lit_minute >= 0) & ~on & (carried.demand_gbps > 0))
        if not len(down):
            return carried
        region = self._region[down]
        asked = up.left @ np.bincount(region, carried.demand_gbps[down], minlength=self._size)
        free = np.maximum(up.gbps - np.array(self._homes) * load_mbps / 1000.0, 0.0)
        given = np.minimum(np.divide(free, asked, out=np.zeros_like(free), where=asked > 0), 1.0)
        more = carried.demand_gbps[down] * (given @ up.left)[region]
        delivered, theirs = carried.delivered_gbps.copy(), carried.to_homes_gbps.copy()
        delivered[down] += more
        homes = carried.demand_gbps[down] / load_mbps * 1000.0 if load_mbps else np.zeros(len(down))
        theirs[down] += more * share_of(state.connected[down].astype(np.float64), homes)
        return replace(carried, delivered_gbps=delivered, to_homes_gbps=theirs)

    def serves(self, state: State, on: Bools) -> Bools:
        """(nodes,) places that a satellite serves now: open, off fibre, and below a beam meant for them."""
        if self._up is None:
            return np.zeros(len(on), dtype=bool)
        off = state.open_nodes() & ~on
        without, down = (self._up.below(who)[self._region] for who in (WITHOUT, DOWN))
        backed = (self._up.left.sum(axis=0) > 0)[self._region]
        return np.asarray(off & np.where(state.lit_minute >= 0, down | backed, without))

    def latency_ms(self) -> Floats:
        """(nodes,) light's time there and back over the beams that are up, by who divides over them."""
        if self._up is None:
            return np.full(len(self._region), np.nan)
        part = self._up.part[WITHOUT]
        known = np.where(part > 0, part * self._up.latency_ms[:, None], 0.0).sum(axis=0)
        return np.asarray(np.where(part.sum(axis=0) > 0, known, np.nan)[self._region])

    def settle(self) -> Floats:
        """(periods, nodes) what a home with a terminal sees while it is busy; NaN where there was none.

        Asked once, when the run is over: all numbers of homes at once.
        """
        homes = np.array([count for *_, each in self._held for count in each])
        if len(homes):
            pools, lines = (
                np.concatenate([getattr(up, name) for _, _, up, _ in self._held])
                for name in ("gbps", "line_mbps")
            )
            rates = np.nan_to_num(active_rate(homes, pools * 1000.0, lines, self._active_share))
            first = 0
            for period, part, up, on_each in self._held:
                rate, alive = rates[first : first + len(on_each)], np.array(on_each) > 0
                first += len(on_each)
                seen = up.part[WITHOUT] * alive[:, None]
                there = seen.sum(axis=0)
                self.mbps[period] += part * np.divide(
                    rate @ seen, there, out=np.zeros(self._size), where=there > 0
                )
                self.told[period] += part * (there > 0)
            self._held.clear()
        out = np.full(self.mbps.shape, np.nan)
        np.divide(self.mbps, self.told, out=out, where=self.told > 0)
        return np.asarray(out[:, self._region])
