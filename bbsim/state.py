"""One instant of a run: what is laid, lit and served, and where the money is.

Only `State.apply` changes a state, one event at a time, so any instant can be rebuilt from the events
before it. Arrays are by node or span index of the country; money is whole cents by fund.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import accounts, broken, built, lines, siting
from bbsim import events as ev
from bbsim.built import NEVER, OPERATIONAL
from bbsim.country import Country
from bbsim.units import MINUTES_PER_DAY


class State:
    """What is, at one minute.

    Attributes
    ----------
    minute : of the last event applied.
    span_status : (spans,) codes into `bbsim.built.STATUS_NAMES`: laid is inactive, lit is operational.
    span_gbps : (spans,) lit capacity, each direction.
    light_minute : (spans,) when the light that is there now was lit or last widened, `NEVER` if it is dark.
    laid_m : (spans,) metres of cable in place.
    node_status : (nodes,) codes of the access node.
    node_gbps : (nodes,) uplink of the access node.
    lit_minute : (nodes,) when the access node was commissioned, `NEVER` if not.
    transit_gbps : (nodes,) international capacity.
    cuts : (spans,) cuts that are not mended yet.
    faults, transit_faults : (nodes,) failures of the node, and of its ways abroad, that last.
    broken : (spans,) cut, or with a failed end.
    stopped : by zone, the minute until which nobody works there.
    price_factors : prices over those of the start, material and labour.
    passed, connected : (nodes,) homes.
    passed_minute : (nodes,) when the first homes were passed, `NEVER` if none.
    homes_passed, homes_connected : homes in all places.
    area_open : by area id.
    opening, granted, reinvested, borrowed, moved, lapsed, reserved, paid : (funds,) cents of the ledger's
        currency; moved is in minus out.
    accrued, debt : (funds,) work done where it is paid later, and what is owed to lenders.
    waiting : how many projects wait, by cause; `held` likewise for places not yet awarded.
    homes_held : homes of places on fibre that wait to be passed, by cause.
    satellites : name -> (Gbit/s, best Mbit/s of a terminal).
    lines : homes and businesses by technology; None where the scenario has no `last_mile`.
    sites_open : public sites that are open, name -> (minute, node).
    sites_line, sites_dish : those with a line, and with a satellite terminal, name -> (minute, node, Gbit/s).
    site_gbps : (nodes,) what sites with a line asked for on the first day, at the busy hour.
    units : mobile units, name -> (working days, those with coverage).
    """

    def __init__(self, country: Country, opening_cents: Iterable[int] = (0, 0, 0)) -> None:
        nodes, spans = len(country.ids), len(country.span_ids)
        self.country = country
        self.minute = 0
        self.span_status = np.zeros(spans, dtype=np.int8)
        self.span_gbps = np.zeros(spans)
        self.light_minute = np.full(spans, NEVER, dtype=np.int64)
        self.laid_m = np.zeros(spans, dtype=np.int64)
        self.node_status = np.zeros(nodes, dtype=np.int8)
        self.node_gbps = np.zeros(nodes)
        self.lit_minute = np.full(nodes, NEVER, dtype=np.int64)
        self.transit_gbps = np.zeros(nodes)
        self.cuts = np.zeros(spans, dtype=np.int16)
        self.faults, self.transit_faults = (np.zeros(nodes, dtype=np.int16) for _ in range(2))
        self.passed = np.zeros(nodes, dtype=np.int64)
        self.passed_minute = np.full(nodes, NEVER, dtype=np.int64)
        self.connected = np.zeros(nodes, dtype=np.int64)
        self.area_open = dict.fromkeys(country.areas, False)
        self.opening = list(opening_cents)
        money = ([0] * len(self.opening) for _ in range(9))
        self.granted, self.reinvested, self.borrowed, self.moved, self.lapsed = islice(money, 5)
        self.reserved, self.paid, self.accrued, self.debt = money
        self.waiting = dict.fromkeys(ev.CAUSES_OF_WAITING, 0)
        self.held = dict.fromkeys(ev.CAUSES_OF_WAITING, 0)
        self.homes_held = {"money": 0, "crews": 0}
        self.projects_planned = 0
        self.projects_ready = 0
        self.satellites: dict[str, tuple[float, float]] = {}
        self.lines: lines.Lines | None = None
        self.sites_open: dict[str, tuple[int, int]] = {}
        self.sites_line: dict[str, tuple[int, int, float]] = {}
        self.sites_dish: dict[str, tuple[int, int, float]] = {}
        self.site_gbps = np.zeros(nodes)
        self.sites = 0
        """Counts the changes of public sites."""
        self.units: dict[str, tuple[int, int]] = {}
        self.service = 0
        """Counts the changes of what is in service; two equal values mean the same paths."""
        self.topology = 0
        """Counts these and the changes of capacity; two equal values mean the same network."""
        self.homes = 0
        """Counts the changes of homes passed and connected."""
        self.homes_passed = self.homes_connected = 0
        self.areas_opened = 0
        self.losses = 0
        """Counts the changes by which something was lost, or came back."""
        self.stopped: dict[str, int] = {}
        self.price_factors = (1.0, 1.0)
        self.broken = np.zeros(spans, dtype=bool)
        self._reach: NDArray[np.bool_] | None = None
        self._on: tuple[int, NDArray[np.bool_]] = (NEVER, np.zeros(0, dtype=bool))
        self._newly_lit: list[int] = []
        self._lost: list[int] = []
        self._open = self._find_open()

    # ---- the only door ------------------------------------------------------------------------
    def apply(self, event: ev.Event) -> None:
        """Make one event part of the past.

        Raises
        ------
        ValueError
            if the event lies before the last one: time never goes back.
        """
        minute = event.minute
        if minute < self.minute:
            raise ValueError(f"{event} lies before minute {self.minute}")
        self.minute = minute
        _APPLY[type(event)](self, event)

    def apply_all(self, events: Iterable[ev.Event], until: int | None = None) -> None:
        """Make events part of the past, one after the other.

        Parameters
        ----------
        until : the minute that it is then, where the last that happened is left out: see `BOOKED`.
        """
        for event in events:  # as `apply` does, without asking for it each time
            minute = event.minute
            if minute < self.minute:
                raise ValueError(f"{event} lies before minute {self.minute}")
            self.minute = minute
            _APPLY[type(event)](self, event)
        if until is not None:
            self.minute = until

    # ---- questions ----------------------------------------------------------------------------
    @property
    def operational(self) -> NDArray[np.bool_]:
        """(spans,) whether the span is lit."""
        return np.asarray(self.span_status == OPERATIONAL)

    @property
    def active(self) -> NDArray[np.bool_]:
        """(nodes,) whether the access node is commissioned."""
        return np.asarray(self.node_status == OPERATIONAL)

    @property
    def passable(self) -> NDArray[np.bool_]:
        """(spans,) whether light passes: lit, not cut, and both ends in order."""
        return np.asarray(self.operational & ~self.broken)

    @property
    def sky(self) -> dict[str, tuple[float, float]]:
        """Of the satellites those that carry broadband."""
        return {name: given for name, given in self.satellites.items() if given[0] > 0}

    @property
    def ways_out(self) -> NDArray[np.bool_]:
        """(nodes,) gateways that are in order."""
        return np.asarray((self.transit_gbps > 0) & (self.faults == 0) & (self.transit_faults == 0))

    def free_in(self, fund: int) -> int:
        """Cents of a fund that may be reserved: what came and is neither gone, paid nor reserved."""
        came = self.opening[fund] + self.granted[fund] + self.reinvested[fund] + self.borrowed[fund]
        return came + self.moved[fund] - self.lapsed[fund] - self.reserved[fund] - self.paid[fund]

    @property
    def free(self) -> list[int]:
        """Cents that may be reserved, by fund."""
        return [self.free_in(fund) for fund in range(len(self.opening))]

    def reached(self) -> NDArray[np.bool_]:
        """(nodes,) whether a lit path joins the node to a gateway; what changed is followed from there."""
        if self._reach is not None and self._lost and not broken.cut_off(self, self._lost, self._newly_lit):
            self._reach = None
        self._lost.clear()
        if self._reach is None:
            self._newly_lit.clear()  # what was lit since may be dark again; the search sees what is lit now
            self._reach = broken.search(self)
        for span in self._newly_lit:
            a, b = int(self.country.u[span]), int(self.country.v[span])
            if self._reach[a] != self._reach[b] and not self.broken[span]:
                self._flood([b if self._reach[a] else a])
        self._newly_lit.clear()
        return self._reach

    def paths_change(self, lost: list[int] | None, back: list[int]) -> None:
        """Spans are lost or come back; with None the whole network is searched when it is next asked."""
        self.service, self.topology, self.losses = self.service + 1, self.topology + 1, self.losses + 1
        if lost is None:
            self._reach = None
        else:
            self._lost, self._newly_lit = self._lost + lost, self._newly_lit + back

    def _flood(self, heads: list[int]) -> None:
        assert self._reach is not None
        lit = self.span_status
        self._reach[heads] = True
        while heads:
            for other, span in self.country.adjacent[heads.pop()]:
                if not self._reach[other] and lit[span] == OPERATIONAL and not self.broken[span]:
                    self._reach[other] = True
                    heads.append(other)

    def _find_open(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        nodes, spans = (
            np.array([not a or self.area_open[a] for a in table["area"]], dtype=bool)
            for table in (self.country.nodes, self.country.spans)
        )
        return nodes, spans

    def on_fibre(self) -> NDArray[np.bool_]:
        """(nodes,) whether the place is on fibre: access node commissioned, lit path to a gateway.

        The same array until service changes, so it can't be written to.
        """
        if self._on[0] != self.service:
            self._on = self.service, self.active & self.reached()
            self._on[1].flags.writeable = False
        return self._on[1]

    def open_nodes(self) -> NDArray[np.bool_]:
        """(nodes,) whether the node's area is open."""
        return self._open[0]

    def open_spans(self) -> NDArray[np.bool_]:
        """(spans,) whether the span's area is open."""
        return self._open[1]

    def fingerprint(self) -> str:
        """SHA-256 of everything in the state; equal fingerprints are equal states."""
        hasher = hashlib.sha256()
        for name, value in sorted(vars(self).items()):
            if name == "country" or name.startswith("_"):
                continue
            content = value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
            hasher.update(name.encode() + content)
        return hasher.hexdigest()


_APPLY: dict[type[ev.Event], Any] = {
    **built.APPLY,
    **accounts.APPLY,
    **broken.APPLY,
    **lines.APPLY,
    **siting.APPLY,
}
BOOKED = frozenset({*built.NOTED, *accounts.APPLY, ev.PlacesPaid})
"""Kinds that change the books or nothing: who asks only for what is in service may leave them out."""


def lit_year(start: date, light_minute: NDArray[np.int64]) -> NDArray[np.int64]:
    """Calendar year of the equipment that was lit at a minute; what is lit at the start is older than it."""
    day = np.datetime64(start, "D") + ((light_minute - 1) // MINUTES_PER_DAY).astype("timedelta64[D]")
    return np.asarray(day.astype("datetime64[Y]").astype(np.int64) + 1970)


def replay(country: Country, opening_cents: Iterable[int], events: Iterable[ev.Event], until: int) -> State:
    """The state after every event up to and including minute `until`."""
    state = State(country, opening_cents)
    for event in events:
        if event.minute > until:
            break
        state.apply(event)
    return state
