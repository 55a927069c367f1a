"""Named streams: the same luck for the same name, whatever else is asked for."""

from __future__ import annotations

import hashlib

import pytest
from bbsim.errors import InputError
from bbsim.rng import Streams
from hypothesis import given
from hypothesis import strategies as st

names = st.tuples(st.text(max_size=8), st.text(max_size=8))


def test_the_draws_are_those_of_every_other_day():
    # A canary: if this changes, every published run changes. It may only do so on purpose.
    streams = Streams(7, 3)
    drawn = streams["permits", "road-agency"].random(1000).tobytes() + streams["crews", "Bakı"].bytes(64)
    assert hashlib.sha256(drawn).hexdigest()[:16] == "ca8cdfba271553a1"


@given(st.lists(names, min_size=2, max_size=6, unique=True), st.randoms())
def test_the_order_of_asking_does_not_matter(asked, shuffler):
    one, other = Streams(1), Streams(1)
    first = {name: one[name].random() for name in asked}
    shuffler.shuffle(asked)
    assert {name: other[name].random() for name in asked} == first


@given(st.lists(names, min_size=2, max_size=6, unique=True))
def test_different_names_have_different_luck(asked):
    streams = Streams(1)
    assert len({streams[name].random() for name in asked}) == len(asked)


def test_a_stream_goes_on_where_it_stopped():
    streams = Streams(1)
    assert streams["a", "b"].random() != streams["a", "b"].random()


def test_seed_and_replication_change_the_luck():
    draws = {Streams(seed, rep)["a", "b"].random() for seed in (0, 1, 2**128 - 1) for rep in (0, 1)}
    assert len(draws) == 6


@pytest.mark.parametrize(("seed", "replication"), [(-1, 0), (2**128, 0), (1, -1)])
def test_a_bad_seed_is_an_input_error(seed, replication):
    with pytest.raises(InputError):
        Streams(seed, replication)
