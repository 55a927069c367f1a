"""The lists of changes tell the same as the state that is rebuilt from the events."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from bbsim.built import PROPOSED
from bbsim.report.timeline import opening_days, span_changes, states_at


def status_on(changes, spans, day):
    status = np.full(spans, PROPOSED)
    for span, mine in changes.items():
        for number, code in mine:
            if number <= day:
                status[span] = code
    return status


@pytest.mark.parametrize("days", [0, 90, 365, 1000, 2500, 4000, 8000])
def test_spans_have_the_status_of_the_state_on_any_day(flagship, days):
    day = flagship.scenario.start + timedelta(days=days)
    state = flagship.at(day)
    assert np.array_equal(status_on(span_changes(flagship), len(state.span_status), days), state.span_status)


def test_a_change_is_told_once_and_in_order(flagship):
    for changes in span_changes(flagship).values():
        days = [day for day, _ in changes]
        assert days == sorted(set(days))
        assert all(a != b for (_, a), (_, b) in pairwise(changes))


def test_a_leased_span_that_is_given_back_is_dark_again():
    from bbsim import events as ev
    from bbsim.built import INACTIVE, OPERATIONAL
    from bbsim.run import Run
    from strategies import made_country, made_scenario

    country = made_country({"g": {"gateway": True}, "a": {}}, {"g-a": ("g", "a", 5, {"medium": "leased"})})
    past = [ev.SpanLit(0, -1, 0, 10.0), ev.SpanDarkened(5 * 1440, 0)]
    run = Run(scenario=made_scenario(), country=country, seed=1, events=past)
    assert span_changes(run) == {0: [(0, OPERATIONAL), (5, INACTIVE)]}


def test_one_pass_gives_the_same_states_as_many(flagship):
    days = [date(2019, 5, 1), date(2014, 1, 1), date(2030, 12, 31)]
    seen = {day: state.fingerprint() for day, state in states_at(flagship, days)}
    assert seen == {day: flagship.at(day).fingerprint() for day in days}


def test_areas_open_on_the_scenarios_days(flagship):
    start = flagship.scenario.start
    assert opening_days(flagship) == {o.area: (o.opens - start).days for o in flagship.scenario.openings}
