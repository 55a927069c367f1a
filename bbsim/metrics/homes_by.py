"""Homes and businesses by technology: passed, connected and served, who moved, and what was paid."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.lines import PREMISES, Book
from bbsim.metrics.booked import PAID, Bookings
from bbsim.metrics.carried import Carried
from bbsim.metrics.columns import dates, objects, ratio
from bbsim.metrics.mixture import Mixture
from bbsim.state import State
from bbsim.units import MINUTES_PER_DAY

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STOCKS = ("passed", "best_passed", "connected", "served", "moved_in", "due_to_move")
WORK = ("pass", "connect", "terminal", "exit", "renew")
"""What is paid for: building to the door, drops, terminals, removal, and what is bought again."""


class _Doors:
    """Where which technologies give each of some rates, and who lives behind them by node."""

    def __init__(self, known_mbps: Floats, speeds: Sequence[float]) -> None:
        fast = [known_mbps >= mbps for mbps in speeds]
        # Who has a rate has every lower one: as many lines are the same lines.
        many = [np.count_nonzero(each) for each in fast]
        each = sorted(set(many))
        self._row = [each.index(lines) for lines in many]
        self._fast = np.array([fast[many.index(lines)] for lines in each])
        self._behind = np.zeros((len(each), known_mbps.shape[1]))

    def people(self, at: Ints | slice, book: Book, of_a_home: Floats, people: Floats) -> Floats:
        """All of them, by rate, when homes at their doors have changed in some nodes."""
        homes = np.einsum("rtn,tn->rn", self._fast[..., at], book.best[:, at])
        self._behind[:, at] = np.minimum(homes * of_a_home[at], people[at])
        return np.asarray(self._behind.sum(axis=1)[self._row])


class HomesBy:
    """What `Sweep` asks of all technologies, and their stocks at the end of each period."""

    def __init__(self, mixture: Mixture, country: Country) -> None:
        self.mixture, self._country = mixture, country
        count = len(country.ids)
        self.of_places = np.full(count, np.nan)
        """(nodes,) what an active home of each place gets, averaged over its homes on all technologies."""
        self._mbps = np.full((len(mixture.technologies), count), np.nan)
        self._homes, self._known = np.zeros_like(self._mbps), np.zeros_like(self._mbps)
        self._doors: _Doors | None = None
        self._read, self._reached = 0, np.zeros(0)
        self.ends: list[dict[str, Any]] = []
        self.served_by: list[NDArray[np.object_]] = []
        """(nodes,) at the end of each period, the best technology at any door that is fed; None without."""

    def look(self, state: State, carried: Carried, load_mbps: float) -> tuple[Floats, Floats]:
        """(technologies, nodes) what an active home gets, and the homes that are served so."""
        assert state.lines is not None
        assert carried.left_mbps is not None
        self._mbps = self.mixture.rates(state, load_mbps, carried.achievable_mbps, carried.left_mbps)
        self._homes = self.mixture.served(state, state.lines.homes).astype(np.float64)
        known = self._known = np.where(np.isnan(self._mbps), 0.0, self._mbps)
        self._doors = None
        mean = ratio((known * self._homes).sum(axis=0), self._homes.sum(axis=0))
        # Where nobody has a line yet, what a first home would get by the best at its door.
        first = np.where(state.lines.homes.best > 0, known, 0.0).max(axis=0, initial=0.0)
        mean = np.where(np.isnan(mean), np.where(state.on_fibre(), np.maximum(first, known[-1]), first), mean)
        self.of_places = np.where(mean > 0, mean, np.nan)
        return self._mbps, self._homes

    def people_at(
        self, state: State, speeds: Sequence[float], people_of_a_home: Floats, people: Floats
    ) -> Floats:
        """(speeds,) people of homes at whose door the best line gives a rate, for each of some rates.

        The people are those of the last look; since then only lots were handed over, each in one place.
        """
        assert state.lines is not None
        book = state.lines.homes
        new: Ints | slice = slice(None)
        if self._doors is None:
            self._doors = _Doors(self._known, speeds)
        elif self._read == len(book.passed_at):
            return self._reached
        else:
            new = np.array(book.passed_at[self._read :], dtype=np.int64)
        self._read = len(book.passed_at)
        self._reached = self._doors.people(new, book, people_of_a_home, people)
        return self._reached

    def close(self, state: State) -> None:
        """A period ends."""
        lines = state.lines
        assert lines is not None
        end: dict[str, Any] = {}
        for premises in PREMISES:
            book = lines.book(premises)
            served = self.mixture.served(state, book)
            stocks = (book.passed, book.best, book.connected, served, book.moved_in, book.due_out)
            for name, rows in zip(STOCKS, stocks, strict=True):
                end[f"{premises}_{name}"] = rows.sum(axis=1)
        end["sites"] = lines.sites.sum(axis=1)
        end["stored"] = [lines.stored.get(("terminals", name), 0) for name in lines.names]
        weight = self._homes.sum(axis=1)
        end["mbps"] = ratio((self._known * self._homes).sum(axis=1), weight)
        self.ends.append(end)
        best = np.full(len(self._country.ids), None, dtype=object)
        for at, name in enumerate(lines.names):
            best[(lines.homes.best[at] > 0) & self.mixture.fed(state, at)] = name
        self.served_by.append(best)

    def table(self, days: Sequence[date], booked: Bookings, minor_per_usd: float) -> dict[str, Any]:
        """One row a period and technology, worst first.

        Parameters
        ----------
        minor_per_usd : the ledger's smallest units of a dollar, at the reference rate.
        """
        names, periods = list(self.mixture.technologies), len(self.ends)

        def stacked(name: str) -> NDArray[Any]:
            return np.concatenate([np.asarray(end[name]) for end in self.ends])

        out: dict[str, Any] = {
            "period_start": np.repeat(dates(days[:-1]), len(names)),
            "period_end": np.repeat(dates(days[1:]), len(names)),
            "technology": objects(names * periods),
        }
        for premises in PREMISES:
            out |= {f"{premises}_{stock}": stacked(f"{premises}_{stock}") for stock in STOCKS}
            came = out[f"{premises}_moved_in"].reshape(periods, -1)
            out[f"{premises}_moved_in"] = np.diff(came, axis=0, prepend=0).reshape(-1)
        out["sites"], out["terminals_stored"] = stacked("sites"), stacked("stored").astype(np.int64)
        out["achievable_mbps_per_home_at_end"] = stacked("mbps")
        edges = np.array([(day - days[0]).days for day in days]) * MINUTES_PER_DAY
        for work, cents in money(booked, names, edges).items():
            out[f"{work}_usd"] = cents.reshape(-1) / minor_per_usd
        return out


def single(
    name: str,
    days: Sequence[date],
    passed: Ints,
    connected: Ints,
    served: Ints,
    booked: Bookings,
    minor_per_usd: float,
) -> dict[str, Any]:
    """The same table where a scenario has one technology: what it does not tell is null.

    Parameters
    ----------
    passed, connected, served : (periods,) homes at the end of each.
    minor_per_usd : the ledger's smallest units of a dollar, at the reference rate.
    """
    count = len(days) - 1
    empty = np.ma.MaskedArray(np.zeros(count, dtype=np.int64), mask=True)
    edges = np.array([(day - days[0]).days for day in days]) * MINUTES_PER_DAY
    out: dict[str, Any] = {
        "period_start": dates(days[:-1]),
        "period_end": dates(days[1:]),
        "technology": objects([name] * count),
    }
    known = dict(zip(STOCKS, (passed, passed, connected, served, empty, empty), strict=True))
    for premises in PREMISES:
        out |= {f"{premises}_{stock}": known[stock] if premises == PREMISES[0] else empty for stock in STOCKS}
    out |= {
        "sites": empty,
        "terminals_stored": empty,
        "achievable_mbps_per_home_at_end": np.full(count, np.nan),
    }
    built = money(booked, [name], edges)["pass"][:, 0] / minor_per_usd
    return out | {f"{work}_usd": built if work == "pass" else np.full(count, np.nan) for work in WORK}


def money(booked: Bookings, names: list[str], edges: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Smallest units of the ledger paid by work: (periods, technologies), from the causes of payments.

    Parameters
    ----------
    edges : (periods + 1,) first minutes of the periods, and the horizon.
    """
    out = {work: np.zeros((len(edges) - 1, len(names)), dtype=np.int64) for work in WORK}
    causes = {f"{work}_{name}": (work, at) for at, name in enumerate(names) for work in WORK}
    causes["homes_passed"] = ("pass", len(names) - 1)
    number = {cause: i for i, cause in enumerate(causes)}
    rows = np.flatnonzero(booked.kind == PAID)
    told = np.array([number.get(cause, len(causes)) for cause in booked.causes], dtype=np.int64)
    of = told[booked.cause_at[rows]]
    period = np.clip(np.searchsorted(edges, booked.minute[rows], side="right") - 1, 0, len(edges) - 2)
    paid = np.zeros((len(causes) + 1, len(edges) - 1), dtype=np.int64)
    np.add.at(paid.reshape(-1), of * (len(edges) - 1) + period, -booked.cents[rows])
    for row, (work, at) in zip(paid, causes.values(), strict=False):
        out[work][:, at] += row
    return out
