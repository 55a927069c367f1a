"""Events: a closed list, frozen, each with a time and a way back from the table."""

import dataclasses
import typing

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.metrics.columns import ByKind
from bbsim.metrics.happened import events_from, events_table
from bbsim.run import table_hash
from bbsim.state import _APPLY
from hypothesis import given
from hypothesis import strategies as st
from strategies import made_country, made_scenario

COUNTRY = made_country({"a": {}, "b": {}, "c": {}}, {"s": ("a", "b", 1), "t": ("b", "c", 1)})
SCENARIO = made_scenario(gateways=[{"node": "a", "transit_gbps": 1}])
TEXT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=6)
WHOLE = st.integers(0, 2**53)
FIELDS = {
    "fund": st.integers(0, 2),
    "from_fund": st.integers(0, 2),
    "to_fund": st.integers(0, 2),
    "node": st.integers(0, 2),
    "target": st.integers(0, 2),
    "span": st.integers(0, 1),
    "spans": st.lists(st.integers(0, 1), max_size=2).map(tuple),
    "nodes": st.lists(st.integers(0, 2), max_size=3).map(tuple),
    "project": st.integers(-1, 9999),
    "gbps": st.floats(0, 1e6),
    "line_mbps": st.floats(0, 1e6),
    "material_factor": st.floats(0, 1e6),
    "labour_factor": st.floats(0, 1e6),
    "counts": st.lists(st.integers(0, 2**40), max_size=3).map(tuple),
    "amounts_cents": st.lists(st.integers(0, 2**40), max_size=3).map(tuple),
    "technologies": st.lists(TEXT, max_size=3).map(tuple),
    "waited_minutes": st.floats(0, 1e6),
    "waited_p90_minutes": st.floats(0, 1e6),
    "busy_share": st.floats(0, 1e6),
}


def test_the_list_is_closed_and_everything_on_it_can_be_applied():
    kinds = {k for k in vars(ev).values() if isinstance(k, type) and issubclass(k, ev.Event)} - {ev.Event}
    assert set(ev.KINDS.values()) == kinds == set(_APPLY)
    assert all(name == kind.__name__ for name, kind in ev.KINDS.items())


@pytest.mark.parametrize("kind", ev.KINDS.values())
def test_an_event_is_frozen_small_documented_and_begins_with_its_minute(kind):
    assert ev.names_of(kind)[0] == "minute"
    assert kind.__doc__
    assert not kind.__doc__.startswith(kind.__name__ + "(")
    assert "__dict__" not in dir(kind)
    values = [0 for _ in ev.names_of(kind)]
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind(*values).minute = 3


@st.composite
def histories(draw):
    out, minute = [], 0
    for kind in draw(
        st.lists(st.sampled_from(sorted(ev.KINDS.values(), key=lambda k: k.__name__)), max_size=12)
    ):
        minute += 1440 * draw(st.integers(0, 3)) + (kind is ev.HomesConnected)
        if kind is ev.HomesConnected:
            homes = draw(st.lists(st.integers(0, 9), min_size=3, max_size=3).filter(any))
            out.append(kind(minute, np.array(homes)))
            minute += 1
            continue
        hints = typing.get_type_hints(kind)
        given_fields = [FIELDS.get(n, TEXT if hints[n] is str else WHOLE) for n in ev.names_of(kind)[1:]]
        told = [minute, *(draw(f) for f in given_fields)]
        for at in ev.vectors_of(kind):
            told[at] = np.array(told[at], dtype=np.int64)
        out.append(kind(*told))
    return out


@given(histories())
def test_any_history_comes_back_from_its_table(history):
    table = events_table(ByKind(history), SCENARIO, COUNTRY)
    again = events_from(table, COUNTRY)
    assert [repr(e) for e in again] == [repr(e) for e in history]
    assert table_hash(events_table(ByKind(again), SCENARIO, COUNTRY)) == table_hash(table)
    assert len({len(column) for column in table.values()}) == 1


def test_the_table_has_names_outside_and_one_row_a_place_for_new_connections():
    history = [
        ev.SpanLit(1440, -1, 1, 10.0),
        ev.HomesConnected(2880, np.array([0, 3, 4])),
        ev.PlannerHeld(2880, 1, 2, 3),
    ]
    table = events_table(ByKind(history), SCENARIO, COUNTRY)
    assert table["kind"].tolist() == ["SpanLit", "HomesConnected", "HomesConnected", "PlannerHeld"]
    assert table["day"].tolist() == [1, 2, 2, 2]
    assert table["date"].astype(str).tolist() == ["2014-01-02", "2014-01-03", "2014-01-03", "2014-01-03"]
    assert table["span"].tolist() == ["t", None, None, None]
    assert table["node"].tolist() == [None, "b", "c", None]
    assert table["homes"].tolist() == [None, 3, 4, None]
