"""The one checked door for durations, the calendar, and the record."""

import math

import numpy as np
import pytest
from bbsim import events as ev
from bbsim import models
from bbsim.errors import ModelError
from bbsim.rng import Streams
from bbsim.simulate.world import Models, World
from bbsim.uncertain import Uncertain
from strategies import made_country, made_scenario, star


def world(country=None, **over):
    scenario = made_scenario(**over)
    country = country or star([10, 30])
    filled = [
        models.find(r, getattr(scenario, r).use, getattr(scenario, r).parameters)
        for r in ("priority", "cost", "demand", "adoption", "traffic")
    ]
    return World(scenario, country, Models(*filled), Streams(1))


@pytest.mark.parametrize("days", [math.nan, math.inf, -math.inf, -1, -1e-3])
def test_impossible_durations_are_refused_with_the_date(days):
    with pytest.raises(ModelError, match="2014-01-01"):
        world().delay(days)


@pytest.mark.parametrize(
    ("days", "minutes"), [(0, 0), (1, 1440), (0.1, 1440), (1.5, 2880), (3 + 1e-12, 4320)]
)
def test_durations_are_whole_days_rounded_up(days, minutes):
    w, due = world(), []
    w.after(days, lambda: due.append(w.now))
    w.env.run(until=w.horizon)
    assert due == [minutes]


def test_the_clock_never_goes_back():
    w = world()
    w.record(ev.BudgetGranted(10, 0, 5))
    with pytest.raises(ValueError, match="before"):
        w.record(ev.BudgetGranted(9, 0, 5))
    assert [e.minute for e in w.events] == [10]
    assert w.state.granted == [5, 0, 0]


@pytest.mark.parametrize("working", [0.0, 0.5, 1.0, 5.0, 17.3, 250.0])
@pytest.mark.parametrize("per_year", [1, 200, 250, 365])
def test_working_days_are_stretched_over_the_calendar(working, per_year):
    w = world(crews={"pace": {"working_days_per_year": per_year}})
    days = w.calendar_days(working)
    assert days >= 1
    assert isinstance(days, int)
    assert days - 1 < working * 365.25 / per_year <= days or (days == 1 and working * 365.25 / per_year <= 1)


def test_a_route_asks_every_office_whose_corridor_it_follows_and_no_other():
    country = made_country(
        {"g": {}, "a": {}, "b": {}},
        {
            "road": ("g", "a", 1),
            "rail": ("a", "b", 1, {"follows": "rail"}),
            "spur": ("g", "b", 1, {"follows": "spur"}),
        },
    )
    w = world(
        country,
        permits={
            "roads": {"follows": ["road"], "desks": 1, "days": 1},
            "railway": {"follows": ["rail"], "desks": 1, "days": 1},
            "both": {"follows": ["rail", "road"], "desks": 1, "days": 1},
        },
    )
    at = country.span_index
    assert w.offices([at["road"]]) == ["both", "roads"]
    assert w.offices([at["rail"]]) == ["both", "railway"]
    assert w.offices([at["rail"], at["road"]]) == ["both", "railway", "roads"]
    assert w.offices([at["spur"]]) == []
    assert w.offices([]) == []


def test_fixed_amounts_leave_their_stream_untouched_and_spreads_keep_their_place():
    w = world()
    fixed, spread = Uncertain.of(3), Uncertain.of({"uniform": [0, 10]})
    assert w.draws("p", "x", [fixed, fixed]) == [3, 3]
    both = world().draws("p", "x", [spread, spread])
    assert world().draws("p", "x", [fixed, spread])[1] == both[1], (
        "the second amount always has the second draw"
    )
    assert world().draws("p", "y", [spread, spread]) != both
    assert world().draws("q", "x", [spread, spread]) != both


def test_each_base_serves_its_regions_and_nobody_has_two():
    country = made_country(
        {"g": {"region": "R"}, "a": {"region": "S"}}, {"s": ("g", "a", 1, {"region": "S"})}
    )
    bases = [
        {"base": "one", "regions": ["R"], "civil": 1, "cable": 1, "splice": 1, "access": 1},
        {"base": "two", "regions": ["S"], "civil": 2, "cable": 1, "splice": 1, "access": 1},
    ]
    w = world(country, crews={"bases": bases})
    assert w.base_of_node(country.node_index["g"]) == 0
    assert w.base_of_node(country.node_index["a"]) == w.base_of_span(0) == 1
    assert [crews["civil"].count for crews in w.crews] == [1, 2]


def test_opening_money_is_whole_cents():
    w = world(budget={"opening_usd": 0.29})
    assert w.state.opening == [29, 0, 0]
    assert np.array(w.state.free).dtype.kind == "i"
