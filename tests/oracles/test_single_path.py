"""Who hangs on one span, held against taking each span away and looking, and against networkx's bridges."""

import networkx as nx
import numpy as np
import pytest
from bbsim import events as ev
from bbsim.metrics.single_path import SinglePath
from bbsim.state import State, replay
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, networks

DAYS = ("2014-06-30", "2016-11-15", "2021-12-31")
WORLD = -1


def graph(state):
    """What is lit and in order; all gateways in order are one node."""
    country, out = state.country, nx.MultiGraph()
    out.add_node(WORLD)
    ends = np.where(state.ways_out, WORLD, np.arange(len(country.ids)))
    for span in np.flatnonzero(state.passable).tolist():
        out.add_edge(int(ends[country.u[span]]), int(ends[country.v[span]]), span)
    return out


def cut_off_by(state):
    """By span, the places on fibre that are off without it: each span is taken away in turn."""
    whole, on, found = graph(state), state.on_fibre(), {}
    for span in np.flatnonzero(state.passable).tolist():
        left = whole.copy()
        left.remove_edges_from([edge for edge in whole.edges(keys=True) if edge[2] == span])
        joined = nx.node_connected_component(left, WORLD)
        off = [i for i in np.flatnonzero(on).tolist() if i not in joined and not state.ways_out[i]]
        if off:
            found[span] = off
    return found


def behind_bridges(state):
    """The places on fibre for which a bridge lies between them and the gateways."""
    plain, many = nx.Graph(), graph(state)
    plain.add_nodes_from(many)
    plain.add_edges_from((a, b) for a, b in many.edges() if a != b)
    bridges = [(a, b) for a, b in nx.bridges(plain) if many.number_of_edges(a, b) == 1]
    plain.remove_edges_from(bridges)
    safe = nx.node_connected_component(plain, WORLD)
    return [i for i in np.flatnonzero(state.on_fibre()).tolist() if i not in safe and not state.ways_out[i]]


def happenings(draw, country):
    """A story of light, cuts, failures and their mending, step by step."""
    spans, nodes = range(len(country.span_ids)), range(len(country.ids))
    many = draw(st.integers(1, 25))
    kinds = st.sampled_from(
        ["lit", "lit", "lit", "cut", "mended", "dark", "failed", "back", "gateway", "fire", "out"]
    )
    for minute in range(1, many + 1):
        kind, span, node = draw(kinds), draw(st.sampled_from(spans)), draw(st.sampled_from(nodes))
        yield {
            "lit": ev.SpanLit(minute, -1, span, 10.0),
            "cut": ev.SpanCut(minute, "test", span),
            "mended": ev.SpanRepaired(minute, span, minute - 1),
            "dark": ev.SpanDarkened(minute, span),
            "failed": ev.NodeFailed(minute, "test", node),
            "back": ev.NodeRepaired(minute, node, minute - 1),
            "gateway": ev.TransitBought(minute, node, 10.0),
            "fire": ev.GatewayFailed(minute, "test", node),
            "out": ev.GatewayRepaired(minute, node, minute - 1),
        }[kind]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_those_alone_are_those_whom_some_span_cuts_off_whatever_has_happened(data):
    country = data.draw(networks(most=9))
    state, kept = State(country), SinglePath(country)
    state.apply(ev.TransitBought(0, country.node_index["g"], 10.0))
    for node in np.flatnonzero(country.is_place).tolist():
        state.apply(ev.NodeActivated(0, -1, node, 1.0))
    for event in happenings(data.draw, country):
        if isinstance(event, ev.SpanRepaired) and not state.cuts[event.span]:
            continue
        if isinstance(event, ev.NodeRepaired) and not state.faults[event.node]:
            continue
        if isinstance(event, ev.GatewayRepaired) and not state.transit_faults[event.node]:
            continue
        state.apply(event)
        if data.draw(st.booleans()):
            continue  # several things may happen between two looks
        off = cut_off_by(state)
        told = np.flatnonzero(kept.alone(state)).tolist()
        assert told == sorted(set().union(*off.values())) == behind_bridges(state)
        people = country.population
        stretches = kept.stretches(state)
        assert sorted(span for each in stretches for span in each.spans) == sorted(off)
        for each in stretches:
            for span in each.spans:
                assert (each.places, each.people) == (len(off[span]), people[off[span]].sum())
            assert all(off[span] == off[each.spans[0]] for span in each.spans)


def test_two_spans_between_the_same_places_are_two_ways_and_two_gateways_one_end():
    nodes = {n: {"population": 100, "gateway": n in "gh"} for n in "gabch"}
    spans = {
        "g-a": ("g", "a", 1),
        "g=a": ("g", "a", 2),
        "a-b": ("a", "b", 1),
        "b-h": ("b", "h", 1),
        "b-c": ("b", "c", 1),
    }
    country = made_country(nodes, spans)
    state, kept = State(country), SinglePath(country)
    for gateway in "gh":
        state.apply(ev.TransitBought(0, country.node_index[gateway], 10.0))
    for node in range(5):
        state.apply(ev.NodeActivated(0, -1, node, 1.0))

    def lit(*names):
        for name in names:
            state.apply(ev.SpanLit(0, -1, country.span_index[name], 10.0))
        return "".join(np.array(country.ids)[kept.alone(state)])

    assert lit("g-a") == "a"
    assert lit("g=a") == ""
    assert lit("a-b", "b-c") == "bc"
    assert [(each.people, each.places) for each in kept.stretches(state)] == [(200, 2), (100, 1)]
    assert lit("b-h") == "c"
    state.apply(ev.GatewayFailed(1, "test", country.node_index["h"]))
    assert lit() == "bch", "a gateway without its way abroad is a place like others"


@pytest.mark.parametrize("day", DAYS)
def test_on_the_flagship_they_are_those_whom_single_failures_names(flagship, day):
    table = flagship.single_failures(day)
    spans = table[(table["kind"] == "span") & table["single_point"]].set_index("id")
    state = flagship.at(day)
    single, people = SinglePath(flagship.country), flagship.country.population
    told = {s: (e.people, e.places) for e in single.stretches(state) for s in e.spans}
    wanted = {s: (spans.loc[s, "people_off"], spans.loc[s, "places_off"]) for s in spans.index}
    assert {flagship.country.span_ids[s]: each for s, each in told.items()} == wanted
    was, off = state.on_fibre(), np.zeros(len(people), dtype=bool)
    for span in told:
        state.apply(ev.SpanCut(state.minute, "test", span))
        off |= was & ~state.on_fibre()
        state.apply(ev.SpanRepaired(state.minute, span, state.minute))
    assert single.alone(flagship.at(day)).tolist() == off.tolist()


def test_the_periods_tell_it_at_their_end_and_over_their_months(flagship):
    periods, country = flagship.periods, flagship.country
    name, people = "population_on_single_path_share", country.population
    single = SinglePath(country)
    ends = [str(day)[:10] for day in periods["period_end"]]
    for row in (0, 7, 20):
        last = flagship.at(str(np.datetime64(ends[row]) - 1))
        assert periods[f"{name}_at_end"].iloc[row] == pytest.approx(
            people[single.alone(last)].sum() / people.sum()
        )
    assert (periods[f"{name}_at_end"] <= periods["population_on_fibre_share_at_end"] + 1e-12).all()
    # In a quarter each month holds what was there when it began.
    month = [np.datetime64(ends[6], "M") + m for m in range(4)]
    began = [
        int((m.astype("datetime64[D]") - np.datetime64(flagship.scenario.start)).astype(int)) for m in month
    ]
    then = [replay(country, flagship.opening_cents, flagship.events, day * 1440) for day in began[:3]]
    shares = [people[single.alone(state)].sum() / people.sum() for state in then]
    assert len(set(shares)) > 1
    assert periods[name].iloc[7] == pytest.approx(np.dot(shares, np.diff(began)) / (began[3] - began[0]))
