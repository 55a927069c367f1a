"""Throughput while something has failed, without solving the whole network for each cable that is cut.

Most faults cut a branch off and move nobody's traffic: then the others have what they had, as long as nothing
was full and every line was its own limit. Where traffic finds another way, or anything was scarce, all is
solved anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bbsim.metrics.carried import Carried, Carrier
from bbsim.state import State
from bbsim.traffic.hubs import Along, Forest


@dataclass(frozen=True, slots=True)
class _Whole:
    """What was carried when nothing had failed: for how many homes, at which load, on which ways."""

    homes: int
    mbps: float
    carried: Carried
    forest: Forest
    along: Along
    asking: NDArray[np.int64]


class Outages:
    """Asks a carrier, and answers by itself what only takes a branch off the last answer."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._plain = type(carrier) is Carrier  # others share more than ways
        self._whole: _Whole | None = None

    def solve(self, state: State, mbps_per_home: float, *, fresh: bool) -> Carried:
        """Throughput now; `fresh` if homes or load have changed, or traffic is to move to new light."""
        whole = self._whole
        same = whole is not None and (whole.homes, whole.mbps) == (state.homes_connected, mbps_per_home)
        if whole is not None and same and not fresh and state.losses:
            left = self._without_branches(state, whole)
            if left is not None:
                return left
        carried = self._carrier.solve(state, mbps_per_home)
        self._whole = None
        tree = self._carrier.tree
        if self._plain and tree is not None and not _failing(state):
            forest, along, asking = tree
            if self._unhindered(carried, asking, forest.length(along), mbps_per_home):
                self._whole = _Whole(state.homes_connected, mbps_per_home, carried, forest, along, asking)
        return carried

    def _unhindered(
        self, carried: Carried, asking: NDArray[np.int64], km: NDArray[np.float64], mbps_per_home: float
    ) -> bool:
        """Whether everybody has all that is asked for, and a line that is its own limit."""
        reached = np.isfinite(km)
        best = carried.achievable_mbps[asking[reached]]
        line = self._carrier.line_mbps(mbps_per_home)
        short = carried.delivered_gbps[asking] < carried.demand_gbps[asking] * (1 - 1e-9)
        return bool((best >= line).all() and not short[reached].any())

    def _without_branches(self, state: State, whole: _Whole) -> Carried | None:
        """The whole less those who are cut off; None if traffic of others is moved."""
        places = self._carrier.places
        # A span may also have gone dark for good, such as a rented one whose rent was not paid.
        bad = np.concatenate([~state.passable, state.faults[places] > 0, ~state.ways_out])
        hit = whole.forest.meets(whole.along, bad)
        if not hit.any():
            return whole.carried
        off = whole.asking[hit]
        if state.on_fibre()[off].any():
            return None
        full, spans = whole.carried, len(whole.carried.load_gbps)
        delivered, theirs, best = (
            full.delivered_gbps.copy(), full.to_homes_gbps.copy(), full.achievable_mbps.copy(),
        )  # fmt: skip
        gone = np.maximum(*whole.forest.load(whole.along.part(hit), delivered[off]).T)
        delivered[off] = theirs[off] = 0.0
        best[off] = np.nan
        return replace(
            full,
            delivered_gbps=delivered,
            to_homes_gbps=theirs,
            achievable_mbps=best,
            load_gbps=np.maximum(full.load_gbps - gone[:spans], 0.0),
            transit_load_gbps=np.maximum(full.transit_load_gbps - gone[spans + len(places) :], 0.0),
        )


class Uptime:
    """How long each place was on fibre, of the time since it first was, by period.

    Attributes
    ----------
    up, since_first : (periods, nodes) minutes.
    """

    def __init__(self, periods: int, nodes: int) -> None:
        self.up, self.since_first = (np.zeros((periods, nodes)) for _ in range(2))
        self._on, self._ever = (np.zeros(nodes, dtype=bool) for _ in range(2))
        self._at = 0

    def note(self, on: NDArray[np.bool_], minute: int, period: int) -> None:
        """Who is on fibre from a minute on; what was until then held in a period."""
        if minute > self._at:
            self.up[period] += self._on * (minute - self._at)
            self.since_first[period] += self._ever * (minute - self._at)
            self._at = minute
        self._on, self._ever = on, self._ever | on


def _failing(state: State) -> bool:
    return bool(state.broken.any() or state.faults.any() or state.transit_faults.any())
