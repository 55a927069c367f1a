"""Whatever goes wrong: replay gives the live state, money adds up, and quick answers are the slow ones."""

import numpy as np
from bbsim import events as ev
from bbsim.metrics.carried import Carrier
from bbsim.metrics.nearness import Nearness
from bbsim.metrics.outages import Outages
from bbsim.simulate import simulate
from bbsim.state import State
from bbsim.technology import find
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_scenario, networks, standing
from strategies_watched import watch
from test_replay import replayed

EVERYTHING = {
    "permits": {"use": "permit_tails", "road": {"share": 0.5, "days": 40}},
    "weather": {"use": "weather"},
    "buy": {"use": "procurement", "late_share": 0.5, "shortages_per_year": 1},
    "border": {"use": "customs", "held_share": 0.5},
    "defaults": {"use": "contractor_default", "per_yard_per_year": 1},
    "disputes": {"use": "disputes", "share": 0.5},
    "rework": {"use": "rework", "share": 0.5},
    "grants": {"use": "grant_trouble", "cut_share": 0.5},
    "currency": {"use": "currency_shock", "per_year": 1},
    "openings": {"use": "late_openings"},
    "launches": {"use": "launch_trouble", "failure_share": 0.5, "losses_per_year": 0.2},
    "slip": {"use": "reference_class"},
    "cuts": {"use": "fibre_cuts", "buried_per_1000km_per_year": 90},
    "nodes": {"use": "node_faults", "other_per_year": 2, "city_per_year": 2},
    "power": {"use": "power_cuts", "other_per_year": 2},
    "gateways": {"use": "gateway_faults", "per_year": 1},
}
OVER = {
    "permits": {"roads": {"follows": ["road", "rail", "spur"], "desks": 2, "days": 30}},
    "budget": {"opening_usd": 5000, "usd_per_year": 9000, "grants_per_year": 4},
    "satellites": [
        {"name": "Up", "launched": "2015-03-01", "usable_gbps": 1, "lifetime_years": 2, "line_mbps": 4}
    ],
    "upgrades": {},
}


@settings(max_examples=15, deadline=None)
@given(networks(9), st.integers(0, 99))
def test_replay_of_a_run_in_which_everything_goes_wrong_is_its_live_state(country, seed):
    seen = watch(made_scenario(hazards=EVERYTHING, **OVER), country, seed=seed)
    state, *_ = replayed(seen.run, seen)
    came = [state.opening[i] + state.granted[i] + state.reinvested[i] + state.moved[i] for i in range(3)]
    assert came == [state.paid[i] + state.reserved[i] + state.free_in(i) for i in range(3)]
    promised = sum(e.cents for e in simulate(made_scenario(**OVER), country, seed=seed).events
                   if isinstance(e, ev.BudgetGranted))  # fmt: skip
    came = sum(e.cents for e in seen.run.events if isinstance(e, (ev.BudgetGranted, ev.GrantCut)))
    assert came <= promised


@settings(max_examples=15, deadline=None)
@given(networks(9), st.integers(0, 99))
def test_a_run_in_which_everything_goes_wrong_is_the_same_again(country, seed):
    scenario = made_scenario(hazards=EVERYTHING, **OVER)
    turned = made_scenario(hazards=dict(reversed(EVERYTHING.items())), **OVER)
    one, other, third = (simulate(s, country, seed=seed) for s in (scenario, scenario, turned))
    assert one.table_hashes() == other.table_hashes() == third.table_hashes()


@st.composite
def troubles(draw):
    """A lit country and a list of faults that come and go."""
    country = draw(networks(12))
    spans, nodes = st.integers(0, len(country.span_ids) - 1), st.integers(0, len(country.ids) - 1)
    faults = st.one_of(
        st.tuples(st.just("span"), spans),
        st.tuples(st.just("node"), nodes),
        st.tuples(st.just("gateway"), st.just(0)),
    )
    return country, draw(st.lists(faults, max_size=12)), draw(st.sets(spans, max_size=3))


def lit(country, dark):
    spans = {name: 1000.0 for i, name in enumerate(country.span_ids) if i not in dark}
    uplinks = dict.fromkeys(country.ids, 1000.0)
    homes = {name: 10 + i for i, name in enumerate(country.ids) if country.is_place[i]}
    return standing(country, spans, uplinks, {"g": 10_000.0}, homes)


def toggled(state, kind, which, minute):
    """The event that breaks a thing, or mends it if it is broken."""
    down = {"span": state.cuts, "node": state.faults, "gateway": state.transit_faults}[kind]
    which = state.country.node_index["g"] if kind == "gateway" else which
    breaks = {"span": ev.SpanCut, "node": ev.NodeFailed, "gateway": ev.GatewayFailed}[kind]
    mends = {"span": ev.SpanRepaired, "node": ev.NodeRepaired, "gateway": ev.GatewayRepaired}[kind]
    return mends(minute, which, 0) if down[which] else breaks(minute, "x", which)


def searched(state):
    """Who is reached, by a plain search that knows nothing of what was before."""
    country, seen = state.country, set()
    well = (state.transit_gbps > 0) & (state.faults == 0) & (state.transit_faults == 0)
    heads = np.flatnonzero(well).tolist()
    while heads:
        node = heads.pop()
        if node in seen:
            continue
        seen.add(node)
        for other, span in country.adjacent[node]:
            whole = state.span_status[span] == 4 and not state.cuts[span]
            if whole and not state.faults[node] and not state.faults[other]:
                heads.append(other)
    return [n in seen for n in range(len(country.ids))]


@settings(max_examples=200, deadline=None)
@given(troubles(), st.lists(st.booleans(), min_size=12, max_size=12))
def test_reach_is_followed_through_faults_and_repairs(trouble, asks):
    country, faults, dark = trouble
    state = lit(country, dark)
    state.reached()
    for minute, ((kind, which), ask) in enumerate(zip(faults, asks, strict=False), start=1):
        state.apply(toggled(state, kind, which, minute))
        if ask:
            assert state.reached().tolist() == searched(state)
    assert state.reached().tolist() == searched(state)


@settings(max_examples=100, deadline=None)
@given(troubles())
def test_throughput_without_a_branch_is_what_solving_everything_gives(trouble):
    country, faults, dark = trouble
    state = lit(country, dark)
    quick, slow = (Carrier(country, find("gpon"), 0.1) for _ in range(2))
    outages = Outages(quick)
    outages.solve(state, 0.5, fresh=True)
    for minute, (kind, which) in enumerate(faults, start=1):
        state.apply(toggled(state, kind, which, minute))
        one, other = outages.solve(state, 0.5, fresh=False), slow.solve(state, 0.5)
        for name in ("demand_gbps", "delivered_gbps", "to_homes_gbps", "achievable_mbps", "load_gbps"):
            np.testing.assert_allclose(getattr(one, name), getattr(other, name), atol=1e-9, err_msg=name)
        np.testing.assert_allclose(one.transit_load_gbps, other.transit_load_gbps, atol=1e-9)


@settings(max_examples=100, deadline=None)
@given(networks(12), st.lists(st.sets(st.integers(0, 11)), max_size=8))
def test_nearness_is_followed_through_losses(country, history):
    near = Nearness(country)
    for there in history:
        on = np.array([i in there for i in range(len(country.ids))])
        near.update(on)
        plain = Nearness(country)
        plain.update(on)
        assert near.km.tolist() == plain.km.tolist()


def test_faults_are_counted_so_that_two_need_two_repairs():
    from strategies import star

    state = State(star([5]))
    state.apply(ev.TransitBought(0, state.country.node_index["g"], 1.0))
    state.apply(ev.SpanLit(0, -1, 0, 1.0))
    for event in (ev.SpanCut(1, "x", 0), ev.SpanCut(2, "y", 0), ev.SpanRepaired(3, 0, 1)):
        state.apply(event)
    assert not state.passable[0]
    state.apply(ev.SpanRepaired(4, 0, 2))
    assert state.passable[0]
