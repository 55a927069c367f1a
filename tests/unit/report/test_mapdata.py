"""What the page's script will unfold is what the tables hold."""

from __future__ import annotations

import numpy as np
import pytest
from bbsim.report.mapdata import FIBRE, changes_of, map_data, projects_data, rises_of, steps
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def data(flagship_facts, flagship_base):
    return map_data(flagship_facts, flagship_base)


def unfolded(changes, count):
    values = [0] * count
    for position, value in zip(changes[::2], changes[1::2], strict=True):
        values[position:] = [value] * (count - position)
    return values


@given(st.lists(st.integers(0, 5), max_size=30))
def test_changes_unfold_to_the_series(values):
    assert unfolded(changes_of(values), len(values)) == values


@given(st.lists(st.integers(-3, 9), max_size=30))
def test_rises_unfold_to_the_series(differences):
    values = np.maximum(np.cumsum(np.array(differences, dtype=np.int64)), 0)
    rises = rises_of(values)
    out = np.zeros(len(values), dtype=np.int64)
    if rises:
        told = np.cumsum(rises[1:])
        first = rises[0] - 1
        out[first : first + len(told)] = told
        out[first + len(told) :] = told[-1]
    assert np.array_equal(out, values)


def test_lines_are_true_to_half_a_step(flagship, data):
    for (flat, *_), xy in zip(data["spans"], flagship.country.span_xy, strict=True):
        drawn = np.cumsum(np.array(flat).reshape(-1, 2), axis=0) / 10_000
        assert np.abs(drawn - xy).max() <= 0.5e-4 + 1e-12


def test_steps_begin_with_the_place():
    assert steps(np.array([[-1.5, 2.0], [-1.4999, 2.0001]])) == [-15000, 20000, 1, 1]


def test_every_place_is_on_fibre_when_the_table_says_so(flagship_facts, data):
    on = flagship_facts.by_place("on_fibre").astype(bool)
    country, places = flagship_facts.run.country, flagship_facts.places
    row_of = {round(x * 1e4) * 10**8 + round(y * 1e4): i for i, (x, y) in enumerate(country.node_xy[places])}
    seen = set()
    for row in data["places"]:
        i = row_of[row[0] * 10**8 + row[1]]
        seen.add(i)
        service = unfolded(row[8], len(on) + 1)
        assert [s == FIBRE for s in service[1:]] == on[:, i].tolist()
        assert (service[0] == FIBRE) == bool(flagship_facts.at_start[places[i]])
    assert len(seen) == len(data["places"]) == len(places)


def test_homes_of_a_place_are_the_tables(flagship_facts, data):
    passed, connected = (flagship_facts.by_place(f"households_{what}") for what in ("passed", "connected"))
    assert sum(unfolded(row[9], len(passed) + 1)[-1] for row in data["places"]) == passed[-1].sum()
    total = sum(sum(row[10][1:]) for row in data["places"])
    assert total == connected[-1].sum()


def test_the_largest_city_is_drawn_last(data):
    assert data["places"][-1][3] == "Baku"


def test_the_headline_has_a_row_a_position(flagship_facts, data):
    assert len(data["now"]) == len(data["labels"]) == len(flagship_facts.ends) + 1
    last = flagship_facts.periods
    assert data["now"][-1][0].startswith(f"{last['cities_on_fibre'][-1]} of ")


def test_a_place_in_a_closed_area_is_closed_until_it_opens(small_facts):
    from bbsim.report.geometry import base_of
    from bbsim.report.mapdata import CLOSED

    rows = map_data(small_facts, base_of(small_facts.run.country))["places"]
    shut = next(row for row in rows if row[2] == "c")
    service = unfolded(shut[8], len(small_facts.ends) + 1)
    # It opens on 1 January 2015: the end of the fourth quarter still shows it closed.
    assert service[:5] == [CLOSED] * 5
    assert CLOSED not in service[5:]


def test_projects_carry_their_days(small_facts):
    data = projects_data(small_facts)
    table, start = small_facts.run.tables["projects"], np.datetime64(small_facts.run.scenario.start, "D")
    for row, planned, ready in zip(data["rows"], table["planned"], table["ready_for_service"], strict=True):
        assert row[4] == (planned - start).astype(int)
        assert row[7] == (-1 if np.isnat(ready) else (ready - start).astype(int))
