"""Homes and businesses by technology: who could have what, who has what, and who is about to move.

Each home of a place is *best passed* by one technology, and on at most one. A lot of a better technology
takes over homes of the next worse one first; those of them that have a line are *due* to move, and the clock
tells when they do. Everything is whole numbers, so that nobody is lost and nobody is counted twice.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev

if TYPE_CHECKING:
    from bbsim.state import State

Ints = NDArray[np.int64]
PREMISES = ("homes", "businesses")
NEVER = -1


class Book:
    """One kind of premises.

    Attributes
    ----------
    passed : (technologies, nodes) brought to the door, ever.
    best : (technologies, nodes) premises for which this is the best at the door; less as better ones come.
    connected : (technologies, nodes) premises that are on it.
    moved_in : (technologies, nodes) of those connected to it ever, the ones that came from a worse one.
    due : (technologies, technologies, nodes) premises on the first for which the second is the best.
    due_out, due_in : (technologies, nodes) its sums, by the first and by the second.
    changes : by technology, how often any of these changed; passed_at: where lots were handed over, in order.
        Both only spare others to look again.
    """

    ARRAYS = ("best", "connected", "due", "due_in", "due_out", "moved_in", "passed")
    __slots__ = (*ARRAYS, "changes", "passed_at")

    def __init__(self, technologies: int, nodes: int) -> None:
        self.passed, self.best, self.connected, self.moved_in, self.due_in, self.due_out = (
            np.zeros((technologies, nodes), dtype=np.int64) for _ in range(6)
        )
        self.due = np.zeros((technologies, technologies, nodes), dtype=np.int64)
        self.changes = [0] * technologies
        self.passed_at: list[int] = []

    def staying(self, technology: int) -> Ints:
        """(nodes,) premises on a technology for which nothing better is at the door."""
        return np.asarray(self.connected[technology] - self.due_out[technology])

    def room(self, technology: int) -> Ints:
        """(nodes,) premises whose best this is that have no line and wait for none."""
        return np.asarray(self.best[technology] - self.due_in[technology] - self.staying(technology))

    def pass_(self, technology: int, node: int, count: int) -> None:
        """A lot is handed over: the best of what is worse is taken over first, then who had nothing."""
        self.passed[technology, node] += count
        self.best[technology, node] += count
        self.changes[technology] += 1
        self.passed_at.append(node)
        there = self.best[:technology, node].tolist()
        for worse in range(technology - 1, -1, -1):
            taken = min(count, there[worse])
            if taken:
                self._take_over(worse, technology, node, taken)
                count -= taken

    def _take_over(self, worse: int, better: int, node: int, taken: int) -> None:
        """So many of those that `worse` served best are taken over; of those with a line, the same share.

        Rounded up over all of them together: who is left without anything better must find room there.
        """
        room = int(self.best[worse, node])
        self.changes[worse] += 1
        self.best[worse, node] = room - taken
        stay = int(self.connected[worse, node]) - int(self.due_out[worse, node])
        if not stay and not self.due_in[worse, node]:
            return  # nobody who has a line
        on = [stay, *self.due[:worse, worse, node].tolist()]
        before = moved = 0
        for source, count in enumerate(on, start=-1):
            before += count
            until = -(-before * taken // room)
            some, moved = until - moved, until
            if some and source < 0:
                self.due[worse, better, node] += some
                self.due_out[worse, node] += some
            elif some:
                self.due[source, worse, node] -= some
                self.due[source, better, node] += some
                self.due_in[worse, node] -= some
        self.due_in[better, node] += moved

    def connect(self, technology: int, nodes: Ints | slice, counts: Ints) -> None:
        """Premises that had no line take one."""
        self.connected[technology, nodes] += counts
        self.changes[technology] += 1

    def move(self, source: int, target: int, nodes: Ints, counts: Ints) -> None:
        """Premises that were due leave for the better technology."""
        self.changes[source] += 1
        self.changes[target] += 1
        if len(nodes) == 1:  # a lot's homes, most often
            nodes, counts = nodes[0], counts[0]
        self.due[source, target][nodes] -= counts
        self.due_out[source][nodes] -= counts
        self.due_in[target][nodes] -= counts
        self.connected[source][nodes] -= counts
        self.connected[target][nodes] += counts
        self.moved_in[target][nodes] += counts


class Lines:
    """All technologies of a run.

    Attributes
    ----------
    names : worst first; the last is the programme's own.
    homes, businesses : counted apart.
    since : (technologies, nodes) minute in which homes were first passed, `NEVER` if none were.
    sites : (technologies, nodes) masts or cabinets that stand.
    stored : what can be used again: ("terminals" or "sites", technology) -> number.
    """

    def __init__(self, names: tuple[str, ...], nodes: int) -> None:
        self.names = names
        self.at = {name: i for i, name in enumerate(names)}
        self.homes, self.businesses = Book(len(names), nodes), Book(len(names), nodes)
        self.since = np.full((len(names), nodes), NEVER, dtype=np.int64)
        self.sites = np.zeros((len(names), nodes), dtype=np.int64)
        self.stored: dict[tuple[str, str], int] = {}

    def book(self, premises: str) -> Book:
        """The book of homes or of businesses."""
        return self.homes if premises == PREMISES[0] else self.businesses

    def passed_by_programme(self, node: int, homes: int, minute: int) -> None:
        """A lot of the programme's own technology."""
        self._pass(self.homes, len(self.names) - 1, node, homes, minute)

    def _pass(self, book: Book, technology: int, node: int, count: int, minute: int) -> None:
        book.pass_(technology, node, count)
        if book is self.homes and self.since[technology, node] == NEVER:
            self.since[technology, node] = minute

    def store(self, what: str, technology: str, count: int) -> None:
        """Put equipment into the store, or, below 0, take it out."""
        self.stored[what, technology] = self.stored.get((what, technology), 0) + count

    def __repr__(self) -> str:
        """Its content, in short: two that are equal are written alike."""
        hasher = hashlib.sha256(repr((self.names, sorted(self.stored.items()))).encode())
        for book in (self.homes, self.businesses):
            for name in Book.ARRAYS:
                hasher.update(getattr(book, name).tobytes())
        hasher.update(self.since.tobytes() + self.sites.tobytes())
        return f"Lines({hasher.hexdigest()})"


# ---- what each event does ---------------------------------------------------------------------------
def _begun(state: State, event: ev.AccessBegun) -> None:
    state.lines = Lines(event.technologies, len(state.country.ids))


def _passed(state: State, event: ev.PremisesPassed) -> None:
    lines = _of(state)
    at = lines.at[event.technology]
    lines._pass(lines.book(event.premises), at, event.node, event.count, event.minute)
    lines.sites[at, event.node] += event.sites
    state.homes += 1


def _connected(state: State, event: ev.PremisesConnected) -> None:
    lines = _of(state)
    lines.book(event.premises).connect(lines.at[event.technology], event.nodes, event.counts)
    state.homes += 1


def _moved(state: State, event: ev.PremisesMoved) -> None:
    lines = _of(state)
    source, target = lines.at[event.technology], lines.at[event.to_technology]
    lines.book(event.premises).move(source, target, event.nodes, event.counts)
    if event.premises == PREMISES[0] and target == len(lines.names) - 1:
        state.connected[event.nodes] += event.counts
        state.homes_connected += int(event.counts.sum())
    state.homes += 1


def _retired(state: State, event: ev.EquipmentRetired) -> None:
    lines = _of(state)
    lines.store(event.what, event.technology, event.kept)
    if event.what == "sites":
        lines.sites[lines.at[event.technology], event.nodes] = 0


def _reused(state: State, event: ev.EquipmentReused) -> None:
    _of(state).store(event.what, event.technology, -event.count)


def _paid(state: State, event: ev.PlacesPaid) -> None:
    cents = int(event.amounts_cents.sum())
    state.reinvested[event.fund] += cents
    state.paid[event.fund] += cents


def _hired(_state: State, _event: ev.CrewsHired) -> None:
    """How many crews there are is told by the events; no later question to the state needs it."""


def _of(state: State) -> Lines:
    assert state.lines is not None
    return state.lines


APPLY: dict[type[ev.Event], Any] = {
    ev.AccessBegun: _begun,
    ev.PremisesPassed: _passed,
    ev.PremisesConnected: _connected,
    ev.PremisesMoved: _moved,
    ev.EquipmentRetired: _retired,
    ev.EquipmentReused: _reused,
    ev.PlacesPaid: _paid,
    ev.CrewsHired: _hired,
}
"""What each of these events does to a state."""
