"""Demand by direction and engineered traffic, against the plain carrier and figures worked out on paper."""

import numpy as np
import pytest
from bbsim import events as ev
from bbsim import technology
from bbsim.errors import InputError
from bbsim.metrics.carried import Carrier
from bbsim.metrics.directions import DirectedCarrier
from bbsim.models.demand import ByDirection, Measured
from bbsim.simulate import simulate
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import by_id, made_country, made_scenario, networks, standing

GPON = technology.find("gpon")
ALL_ABROAD = ByDirection(content_share=0.0, places_share=0.0, upstream_share=0.0)


@st.composite
def lit_networks(draw):
    country = draw(networks(8))
    gbps = st.sampled_from([0.0, 0.2, 0.5, 1.0, 9.0])
    spans = {name: draw(gbps) for name in country.span_ids}
    uplinks = {name: draw(gbps) for i, name in enumerate(country.ids) if country.is_place[i]}
    homes = {name: draw(st.integers(1, 900)) for name in uplinks}
    return standing(country, spans, uplinks, {"g": 1.0}, homes)


@settings(max_examples=60, deadline=None)
@given(lit_networks())
def test_all_demand_from_abroad_is_what_the_plain_carrier_carries(state):
    plain = Carrier(state.country, GPON, 0.1).solve(state, 1.0)
    told = DirectedCarrier(state.country, GPON, ALL_ABROAD).solve(state, 1.0)
    up = state.active & (state.connected > 0)
    assert told.delivered_gbps[up] == pytest.approx(plain.delivered_gbps[up], abs=1e-12)
    assert told.load_gbps == pytest.approx(plain.load_gbps, abs=1e-12)
    assert told.transit_load_gbps == pytest.approx(plain.transit_load_gbps, abs=1e-12)
    assert told.achievable_mbps == pytest.approx(plain.achievable_mbps, nan_ok=True)


# g --- x --- a and b hangs on x: two villages of 1,000 homes, 1 Mbit/s a home.
FORK = {
    "g": {},
    "x": {"kind": "junction"},
    "a": {"population": 9, "at": (45.2, 40.2)},
    "b": {"population": 9, "at": (45.2, 39.8)},
}
SPANS = {"gx": ("g", "x", 10), "xa": ("x", "a", 5), "xb": ("x", "b", 5)}


def forked(spans, uplinks=None, transit=99.0):
    country = made_country(FORK, SPANS)
    return standing(country, spans, uplinks or {"a": 99, "b": 99}, {"g": transit}, {"a": 1000, "b": 1000})


def test_each_direction_has_the_span_to_itself():
    model = ByDirection(content_share=0.2, places_share=0.3, upstream_share=0.5)
    state = forked({"gx": 9, "xa": 9, "xb": 9})
    got = DirectedCarrier(state.country, GPON, model).solve(state, 1.0)
    assert by_id(state.country, got.delivered_gbps) == pytest.approx({"g": 0, "x": 0, "a": 1, "b": 1})
    # Down xa: all that a asks (1.0) and what b sends to a, half of 0.3. Down gx: 0.7 of each.
    assert got.load_gbps == pytest.approx([1.4, 1.15, 1.15])
    # Half of each 0.7 is sent upwards, which the gateway's transit carries the other way: 0.5 each is abroad.
    assert by_id(state.country, got.transit_load_gbps)["g"] == pytest.approx(1.0)


def test_content_does_not_pass_the_transit_and_stays_near_its_cache():
    model = ByDirection(content_share=0.5, places_share=0.0, upstream_share=0.0)
    state = forked({"gx": 9, "xa": 9, "xb": 9}, transit=0.6)
    got = DirectedCarrier(state.country, GPON, model).solve(state, 1.0)
    assert by_id(state.country, got.delivered_gbps) == pytest.approx({"g": 0, "x": 0, "a": 0.8, "b": 0.8})
    near = DirectedCarrier(state.country, GPON, model, caches=[state.country.node_index["x"]])
    got = near.solve(state, 1.0)
    assert got.load_gbps == pytest.approx([0.6, 0.8, 0.8])


def test_what_is_wanted_is_what_limits_nothing():
    model = ByDirection(content_share=0.2, places_share=0.3, upstream_share=0.5)
    state = forked({"gx": 0.01, "xa": 0.01, "xb": 0.01})
    spans, uplinks, transit = DirectedCarrier(state.country, GPON, model).wanted(state, 1.0)
    assert by_id(state.country, transit)["g"] == pytest.approx(1.0)
    assert spans == pytest.approx([1.4, 1.15, 1.15])
    assert by_id(state.country, uplinks) == pytest.approx({"g": 0, "x": 0, "a": 1.15, "b": 1.15})


@pytest.mark.parametrize("routing", ["ecmp", "optimal"])
def test_an_open_ring_is_used_on_both_sides_only_if_traffic_may_be_split(routing):
    ring = {"g": {}, "x": {"kind": "junction"}, "y": {"kind": "junction"}, "a": {"population": 9}}
    spans = {"gx": ("g", "x", 1), "xa": ("x", "a", 1), "gy": ("g", "y", 1), "ya": ("y", "a", 1)}
    country = made_country(ring, spans)
    state = standing(country, dict.fromkeys(spans, 0.4), {"a": 9}, {"g": 9}, {"a": 1000})
    one = Carrier(country, GPON, 0.1).solve(state, 1.0)
    both = Carrier(country, GPON, 0.1, routing).solve(state, 1.0)
    assert one.delivered_gbps.sum() == pytest.approx(0.4)
    assert both.delivered_gbps.sum() == pytest.approx(0.8)
    assert both.load_gbps == pytest.approx([0.4] * 4)


@settings(max_examples=40, deadline=None)
@given(lit_networks())
def test_engineered_traffic_serves_the_worst_served_no_worse(state):
    one, best = (Carrier(state.country, GPON, 0.1, r).solve(state, 1.0) for r in ("shortest", "optimal"))
    homes = np.maximum(state.connected, 1)

    def worst(carried):
        asks = carried.demand_gbps > 0
        rates = np.sort((carried.delivered_gbps / homes)[asks & (carried.achievable_mbps >= 0)])
        return rates[:1]

    assert (worst(best) >= worst(one) - 1e-9).all()
    assert (best.load_gbps <= state.span_gbps + 1e-9).all()
    assert (best.delivered_gbps <= np.where(state.active, state.node_gbps, 0) + 1e-9).all()


def test_a_measured_matrix_runs_as_it_was_measured_between_what_is_in_service():
    flows = [
        {"source": "abroad", "target": "a", "gbps": 0.6},
        {"source": "a", "target": "b", "gbps": 0.3},
        {"source": "content", "target": "b", "gbps": 0.2},
        {"source": "b", "target": "abroad", "gbps": 0.1},
    ]
    model = Measured(kbps_per_home=1000, flows=flows)
    state = forked({"gx": 9, "xa": 9, "xb": 9})
    # Twice the load a home of the measurement: every flow is twice what it was.
    got = DirectedCarrier(state.country, GPON, model).solve(state, 2.0)
    assert by_id(state.country, got.delivered_gbps) == pytest.approx({"g": 0, "x": 0, "a": 1.2, "b": 1.0})
    # Down: 0.6 to a and 0.2 to b; up 0.1. On xb the busier direction is down: 0.3 + 0.2.
    assert got.load_gbps == pytest.approx([1.6, 1.2, 1.0])
    dark = standing(state.country, {"gx": 9, "xa": 9}, {"a": 99}, {"g": 99}, {"a": 1000})
    got = DirectedCarrier(dark.country, GPON, model).solve(dark, 1.0)
    assert got.load_gbps == pytest.approx([0.6, 0.6, 0.0])


def test_a_flow_to_nowhere_is_told_with_the_nearest_name():
    flows = [{"source": "abraod", "target": "a", "gbps": 1}, {"source": "a", "target": "x", "gbps": 1}]
    state = forked({"gx": 9})
    with pytest.raises(InputError) as told:
        DirectedCarrier(state.country, GPON, Measured(flows=flows))
    assert [problem.path for problem in told.value.problems] == [
        "demand.flows[0].source",
        "demand.flows[1].target",
    ]
    assert "abroad" in str(told.value)


LINE = {"g": {}, "a": {"population": 9}, "b": {"population": 9}, "c": {"population": 9}}
LINE_SPANS = {"ga": ("g", "a", 10), "ab": ("a", "b", 10), "bc": ("b", "c", 10)}


@pytest.mark.parametrize("routing", ["shortest", "ecmp", "widest", "ksp", "optimal"])
def test_nothing_passes_through_the_content_but_content(routing):
    """Caches at both ends of a line: what comes from abroad does not jump from one to the other."""
    country = made_country(LINE, LINE_SPANS)
    homes = dict.fromkeys("abc", 1000)
    state = standing(country, dict.fromkeys(LINE_SPANS, 9), dict.fromkeys("abc", 99), {"g": 99}, homes)
    model = ByDirection(content_share=0.5, places_share=0.0, upstream_share=0.0)
    caches = [country.node_index["g"], country.node_index["c"]]
    got = DirectedCarrier(country, GPON, model, routing, caches).solve(state, 1.0)
    # From abroad 1.5 on ga, 1.0 on ab, 0.5 on bc; content comes from g to a, and from c to c and b.
    load = dict(zip(country.span_ids, got.load_gbps, strict=True))
    assert load == pytest.approx({"ga": 1.5 + 0.5, "ab": 1.0, "bc": 0.5})
    assert got.delivered_gbps.sum() == pytest.approx(3.0)


def test_places_talk_through_other_countries_only_where_there_is_no_way_inside():
    ends = {"g": {}, "a": {"population": 9}, "b": {"population": 9}, "h": {}}
    spans = {"ga": ("g", "a", 1), "ab": ("a", "b", 500), "bh": ("b", "h", 1)}
    country = made_country(ends, spans)
    model = ByDirection(content_share=0.0, places_share=1.0, upstream_share=0.0)

    def carried(lit):
        gates, homes = {"g": 99, "h": 99}, {"a": 1000, "b": 1000}
        state = standing(country, dict.fromkeys(lit, 9), {"a": 99, "b": 99}, gates, homes)
        return DirectedCarrier(country, GPON, model).solve(state, 1.0)

    inside, outside = carried(spans), carried(["ga", "bh"])
    assert list(country.span_ids) == ["ab", "bh", "ga"]
    assert inside.load_gbps == pytest.approx([1.0, 0.0, 0.0])
    assert inside.transit_load_gbps.sum() == 0
    assert outside.load_gbps == pytest.approx([0.0, 1.0, 1.0])
    assert outside.delivered_gbps.sum() == pytest.approx(2.0)


# Two ways from g to a: a short one of 0.4 over x, a long one of 0.9 over y and z.
TWO_WAYS = {
    "g": {},
    "x": {"kind": "junction"},
    "y": {"kind": "junction"},
    "z": {"kind": "junction"},
    "a": {"population": 9},
}
WAYS = {
    "gx": ("g", "x", 1), "xa": ("x", "a", 1), "gy": ("g", "y", 1), "yz": ("y", "z", 1), "za": ("z", "a", 1),
}  # fmt: skip
NARROW, WIDE = ("gx", "xa"), ("gy", "yz", "za")


@pytest.mark.parametrize("directed", [False, True])
@pytest.mark.parametrize(
    ("routing", "narrow", "wide", "km"),
    [("shortest", 0.4, 0.0, 2), ("widest", 0.0, 0.9, 3), ("ksp:2", 0.4, 0.4, 2), ("ksp:1", 0.4, 0.0, 2)],
)
def test_each_routing_takes_its_own_way(routing, narrow, wide, km, directed):
    country = made_country(TWO_WAYS, WAYS)
    lit = dict.fromkeys(NARROW, 0.4) | dict.fromkeys(WIDE, 0.9)
    state = standing(country, lit, {"a": 9}, {"g": 9}, {"a": 1000})
    if directed:
        carrier = DirectedCarrier(country, GPON, ALL_ABROAD, routing)
    else:
        carrier = Carrier(country, GPON, 0.1, routing)
    got = carrier.solve(state, 1.0)
    load = dict(zip(country.span_ids, got.load_gbps, strict=True))
    assert load == pytest.approx(dict.fromkeys(NARROW, narrow) | dict.fromkeys(WIDE, wide))
    assert got.delivered_gbps.sum() == pytest.approx(narrow + wide)
    if not directed:
        assert by_id(country, carrier.gateway_km(state))["a"] == km


@pytest.mark.parametrize("directed", [False, True])
def test_the_widest_way_moves_when_a_span_is_upgraded(directed):
    country = made_country(TWO_WAYS, WAYS)
    lit = dict.fromkeys(NARROW, 0.4) | dict.fromkeys(WIDE, 0.9)
    state = standing(country, lit, {"a": 9}, {"g": 9}, {"a": 1000})
    make = DirectedCarrier if directed else Carrier
    carrier = make(country, GPON, ALL_ABROAD if directed else 0.1, "widest")
    assert carrier.solve(state, 1.0).delivered_gbps.sum() == pytest.approx(0.9)
    state.apply_all([ev.SpanUpgraded(1, country.span_index[span], 2.0) for span in NARROW])
    got = carrier.solve(state, 1.0)
    assert dict(zip(country.span_ids, got.load_gbps, strict=True))["gx"] == pytest.approx(1.0)


@pytest.mark.parametrize("use", ["k_shortest", "widest"])
def test_a_run_takes_the_routing_that_its_scenario_names(use):
    nodes = {name: fields | {"status": "operational"} for name, fields in TWO_WAYS.items()}
    nodes["a"] |= {"population": 4000, "households": 1000}
    country = made_country(nodes, {span: (*ends, {"status": "operational"}) for span, ends in WAYS.items()})
    run = simulate(
        made_scenario(
            traffic={"use": use},
            adoption={"use": "bass", "innovation": 0, "imitation": 0},
            existing={"households_passed": {"a": 1000}, "households_connected": {"a": 1000}},
            equipment={"corridor_gbps": 0.5, "city_node_gbps": 9, "node_gbps": 9},
            demand={"use": "busy_hour_growth", "kbps_per_home": 1000, "measured": "2014-01-01"}
            | {"growth_share_per_year": 0},
        ),
        country,
    )
    # Two routes of 0.5 carry all, one of equal width half.
    assert run.periods.delivered_gbps.iloc[0] == pytest.approx(1.0 if use == "k_shortest" else 0.5)
