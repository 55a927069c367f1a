"""State: changed by events alone, and equal if the same happened."""

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.built import INACTIVE, NEVER, OPERATIONAL, PLANNED, PROPOSED, UNDER_CONSTRUCTION
from bbsim.state import State, replay
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, networks


def chain():
    nodes = {"a": {}, "b": {"area": "x"}, "c": {}}
    return made_country(nodes, {"s": ("a", "b", 1, {"area": "x"}), "t": ("b", "c", 1)}, area_names={"z": "Z"})


def after(*history, country=None):
    state = State(country or chain())
    for event in history:
        state.apply(event)
    return state


PLAN = ev.PlanMade(0, 0, "route", "p", 2, (0, 1), (1, 2), 5, 9, "why")


def test_at_first_there_is_nothing():
    state = after()
    assert not state.operational.any()
    assert not state.reached().any()
    assert state.free == [0, 0, 0]
    assert set(state.lit_minute) == {NEVER}
    assert state.area_open == {"x": False, "z": False}
    assert state.open_nodes().tolist() == [True, False, True]
    assert state.open_spans().tolist() == [False, True]


def test_a_span_is_planned_then_built_then_laid_then_lit_and_laid_is_not_lit():
    states = [PROPOSED, PLANNED, UNDER_CONSTRUCTION, INACTIVE, OPERATIONAL]
    history = [PLAN, ev.SectionLaid(1, 0, 0, 600), ev.SpanLaid(3, 0, 0), ev.SpanLit(4, 0, 0, 10.0)]
    for count, status in enumerate(states):
        state = after(*history[:count])
        assert state.span_status[0] == status
        assert state.operational[0] == (status == OPERATIONAL)
    assert state.laid_m.tolist() == [600, 0]
    assert state.span_gbps.tolist() == [10, 0]


def test_a_plan_over_what_stands_takes_nothing_away():
    state = after(ev.SpanLit(0, -1, 0, 10.0), ev.NodeActivated(0, -1, 1, 1.0), PLAN)
    assert state.span_status.tolist() == [OPERATIONAL, PLANNED]
    assert state.node_status.tolist() == [0, OPERATIONAL, PLANNED]


def test_light_needs_an_access_node_and_an_unbroken_lit_way_to_a_gateway():
    history = [
        ev.NodeActivated(0, -1, 2, 1.0),
        ev.SpanLit(1, 0, 1, 1.0),
        ev.SpanLit(2, 0, 0, 1.0),
        ev.TransitBought(3, 0, 5.0),
    ]
    assert [after(*history[:i]).on_fibre().any() for i in range(5)] == [False] * 4 + [True]
    state = after(*history)
    assert state.reached().tolist() == [True, True, True]
    assert state.on_fibre().tolist() == [False, False, True]
    state.apply(ev.SpanDarkened(4, 0))
    assert state.reached().tolist() == [True, False, False]
    assert state.span_status[0] == INACTIVE
    state.apply(ev.SpanLit(5, -1, 0, 1.0))
    assert state.on_fibre().tolist() == [False, False, True]
    state.apply(ev.TransitBought(6, 0, 0.0))
    assert not state.reached().any()


@settings(max_examples=40, deadline=None)
@given(networks(6), st.data())
def test_reach_is_the_same_however_often_it_is_asked(country, data):
    """Asked after each event it follows new light only; asked once it searches from the beginning."""
    spans = st.integers(0, len(country.span_ids) - 1)
    state, history = State(country), [ev.TransitBought(0, country.node_index["g"], 1.0)]
    for minute in range(1, 12):
        span = data.draw(spans)
        dark = data.draw(st.integers(0, 3)) == 0
        history.append(ev.SpanDarkened(minute, span) if dark else ev.SpanLit(minute, -1, span, 1.0))
    for event in history:
        state.apply(event)
        fresh = State(country)
        for earlier in history[: history.index(event) + 1]:
            fresh.apply(earlier)
        assert state.reached().tolist() == fresh.reached().tolist()


def test_money_goes_where_it_is_told():
    state = after(
        ev.BudgetGranted(0, 0, 100),
        ev.MoneyMoved(0, 0, 1, 30),
        ev.MoneyReserved(0, 0, 7, 50),
        ev.MoneyReinvested(0, 2, 5),
        ev.Spent(0, 0, 7, "labour", 0, 20),
    )
    assert (state.granted, state.moved, state.reinvested) == ([100, 0, 0], [-30, 30, 0], [0, 0, 5])
    assert (state.reserved, state.paid, state.free) == ([30, 0, 0], [20, 0, 0], [20, 30, 5])
    assert [state.free_in(fund) for fund in range(3)] == state.free


def test_waiting_and_holding_are_counted_by_cause():
    state = after(
        ev.Waiting(0, 1, "crews"),
        ev.Waiting(0, 2, "crews"),
        ev.Waiting(0, 2, "season"),
        ev.Delayed(5, 1, "crews", 0),
        ev.PlannerHeld(5, 4, 5, 6),
    )
    assert state.waiting == {"money": 0, "permits": 0, "crews": 1, "season": 1}
    assert state.held == {"money": 4, "permits": 5, "crews": 6, "season": 0}


def test_homes_and_areas_and_satellites():
    state = after(
        ev.HomesPassed(3, -1, 1, 5),
        ev.HomesPassed(9, -1, 1, 4),
        ev.HomesConnected(10, np.array([0, 2, 0])),
        ev.AreaOpened(11, "x"),
        ev.SatelliteLaunched(12, "S", 0.5, 4.0),
    )
    assert state.passed.tolist() == [0, 9, 0]
    assert state.passed_minute.tolist() == [NEVER, 3, NEVER]
    assert state.connected.tolist() == [0, 2, 0]
    assert state.open_nodes().all()
    assert state.open_spans().all()
    assert state.satellites == {"S": (0.5, 4.0)}
    state.apply(ev.SatelliteRetired(13, "S"))
    assert state.satellites == {}


def test_time_never_goes_back():
    state = after(ev.BudgetGranted(5, 0, 1))
    with pytest.raises(ValueError, match="before minute 5"):
        state.apply(ev.BudgetGranted(4, 0, 1))
    assert state.granted[0] == 1


def test_equal_fingerprints_are_equal_states_and_each_kind_of_event_shows():
    history = {
        ev.BudgetGranted(1, 0, 1),
        ev.MoneyReinvested(1, 0, 1),
        ev.MoneyMoved(1, 0, 1, 1),
        ev.MoneyReserved(1, 0, 1, 1),
        ev.Spent(1, 0, 1, "x", 0, 1),
        ev.AreaOpened(1, "x"),
        ev.PlannerHeld(1, 1, 0, 0),
        ev.Waiting(1, 0, "crews"),
        ev.SectionLaid(1, 0, 0, 5),
        ev.SpanLaid(1, 0, 0),
        ev.SpanLit(1, 0, 0, 5.0),
        ev.SpanLit(1, 0, 0, 6.0),
        ev.SpanUpgraded(1, 0, 5.0),
        ev.SpanDarkened(1, 0),
        ev.NodeUpgraded(1, 0, 5.0),
        ev.TransitBought(1, 0, 5.0),
        ev.NodeActivated(1, 0, 0, 5.0),
        ev.ProjectReady(1, 0),
        ev.HomesPassed(1, -1, 0, 5),
        ev.SatelliteLaunched(1, "S", 1.0, 1.0),
        ev.SatelliteLaunched(1, "S", 1.0, 2.0),
    }
    events = sorted(history, key=repr)
    prints = [after(e).fingerprint() for e in events]
    assert len(set(prints)) == len(events)
    assert prints == [after(e).fingerprint() for e in events]
    asked = after(events[0])
    asked.reached()
    assert asked.fingerprint() == prints[0], "asking changes nothing"


def test_replay_stops_after_the_minute_it_is_told():
    history = [ev.BudgetGranted(m, 0, 1) for m in (0, 5, 5, 9)]
    assert [replay(chain(), (0, 0, 0), history, until).granted[0] for until in (-1, 0, 4, 5, 8, 9, 99)] == [
        0,
        1,
        1,
        3,
        3,
        4,
        4,
    ]
