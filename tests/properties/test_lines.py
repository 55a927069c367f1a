"""Whatever lots come in whatever order: every home is on one line, nobody is lost or counted twice."""

import numpy as np
from bbsim.lines import Book
from hypothesis import given, settings
from hypothesis import strategies as st

HOMES, TECHNOLOGIES = 60, 4


@st.composite
def doings(draw):
    out = []
    for _ in range(draw(st.integers(1, 25))):
        what = draw(st.sampled_from(["pass", "connect", "move"]))
        out.append((what, draw(st.integers(0, TECHNOLOGIES - 1)), draw(st.floats(0, 1))))
    return out


def sound(book):
    """Everything that must hold at every moment."""
    homes = [book.passed, book.best, book.connected, book.moved_in, book.due, book.due_in, book.due_out]
    assert all((each >= 0).all() for each in homes)
    assert (book.due.sum(axis=1) == book.due_out).all()
    assert (book.due.sum(axis=0) == book.due_in).all()
    assert book.best.sum() <= HOMES
    assert book.connected.sum() <= book.best.sum()
    assert (book.connected <= book.passed).all()
    assert (book.due_out <= book.connected).all()
    for at in range(TECHNOLOGIES):
        # Those who stay and those who are due to come are different homes of the same part of the place.
        assert (book.staying(at) + book.due_in[at] <= book.best[at]).all()
        assert book.due[at, : at + 1].sum() == 0, "nobody is due to move to something worse"


@settings(max_examples=300, deadline=None)
@given(doings())
def test_homes_are_conserved_by_any_history(history):
    book = Book(TECHNOLOGIES, 1)
    for what, at, share in history:
        if what == "pass":
            room = HOMES - int(book.best[at:].sum())
            count = int(room * share)
            before = int(book.connected.sum())
            if count:
                book.pass_(at, 0, count)
            assert book.connected.sum() == before, "a lot moves nobody by itself"
        elif what == "connect":
            free = int(book.best[at, 0] - book.staying(at)[0] - book.due_in[at, 0])
            book.connected[at, 0] += int(free * share)
        else:
            for source in range(at):
                due = int(book.due[source, at, 0] * share)
                before = int(book.connected.sum())
                book.move(source, at, np.array([0]), np.array([due]))
                assert book.connected.sum() == before, "who moves is neither lost nor doubled"
        sound(book)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=12), st.integers(0, HOMES))
def test_when_all_lots_are_there_all_are_due_and_on_the_way_their_share_is(lots, connected):
    """Against exact fractions: of those connected the share of the homes taken over, rounded up."""
    book = Book(2, 1)
    book.pass_(0, 0, HOMES)
    book.connected[0, 0] = connected
    taken = 0
    for lot in lots:
        lot = min(lot, HOMES - taken)
        if not lot:
            break
        book.pass_(1, 0, lot)
        taken += lot
        fair = connected * taken / HOMES
        assert fair - 1e-9 <= book.due[0, 1, 0] < fair + len(lots)
    if taken == HOMES:
        assert book.due[0, 1, 0] == connected
