"""The clock keeps simpy's order with an agenda of its own: simpy's heap is what it is held against."""

import pytest
import simpy
from bbsim.simulate.clock import Clock
from hypothesis import given
from hypothesis import strategies as st

SIGNALS, HORIZON = 3, 12
STEPS = st.one_of(
    st.integers(0, 4).map(lambda minutes: ("wait", minutes)),
    st.integers(0, SIGNALS - 1).map(lambda number: ("fire", number)),
    st.integers(0, SIGNALS - 1).map(lambda number: ("hear", number)),
    st.integers(0, SIGNALS - 1).map(lambda number: ("hear or wait", number)),
    st.just(("join", 0)),
)
WORKS = st.recursive(
    st.lists(STEPS, max_size=5),
    lambda work: st.lists(st.one_of(STEPS, work.map(lambda steps: ("start", steps))), max_size=5),
    max_leaves=8,
)


def told(env, works):
    """What the works do, in order: each step with its path and minute."""
    signals = [env.event() for _ in range(SIGNALS)]
    log = []

    def at_work(path, steps):
        started = []
        for number, (what, which) in enumerate(steps):
            log.append((env.now, path, number, what))
            if what == "wait":
                yield env.timeout(which)
            elif what == "fire" and not signals[which].triggered:
                signals[which].succeed()
            elif what == "hear":
                yield signals[which]
            elif what == "hear or wait":
                yield env.any_of([signals[which], env.timeout(2)])
            elif what == "start":
                started.append(env.process(at_work((*path, number), which)))
            elif what == "join":
                for each in started:
                    said = yield each
                    log.append((path, said))
        log.append((env.now, path, "over"))
        return path

    for number, steps in enumerate(works):
        env.process(at_work((number,), steps))
    for until in (3, HORIZON):
        env.run(until=until)
        log.append(env.now)
    return log


@given(st.lists(WORKS, min_size=1, max_size=4))
def test_everything_happens_in_the_order_of_simpys_own_environment(works):
    assert told(Clock(), works) == told(simpy.Environment(), works)


def test_what_a_process_raises_ends_the_run_as_it_is():
    clock = Clock()

    def failing():
        yield clock.timeout(1)
        raise LookupError("no such place")

    def waiting():
        yield clock.process(failing())

    clock.process(waiting())
    with pytest.raises(LookupError, match="no such place"):
        clock.run(until=5)


def test_an_event_that_fails_ends_the_run():
    clock = Clock()
    clock.event().fail(LookupError("no such satellite"))
    with pytest.raises(LookupError, match="no such satellite"):
        clock.run(until=5)


def test_nothing_can_be_interrupted():
    clock = Clock()

    def waiting():
        yield clock.timeout(1)

    process = clock.process(waiting())
    with pytest.raises(ValueError, match="alike"):
        process.interrupt()


def test_the_clock_knows_when_something_happens_next():
    clock = Clock()
    assert clock.peek() == float("inf")
    clock.timeout(7)
    assert clock.peek() == 7
