"""A carrier that has followed the network says what one that sees it for the first time says."""

import dataclasses

import numpy as np
import pytest
from bbsim import events as ev
from bbsim import technology
from bbsim.metrics.carried import Carrier
from bbsim.metrics.outages import Outages
from bbsim.state import State
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import networks


@st.composite
def histories(draw):
    country = draw(networks())
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    nodes, spans = len(country.ids), len(country.span_ids)
    out = [ev.TransitBought(0, int(rng.integers(nodes)), 5.0)]
    for minute in range(1, 25):
        span, node = int(rng.integers(spans)), int(rng.integers(nodes))
        out.append(
            [
                ev.SpanLit(minute, -1, span, float(rng.integers(1, 9))),
                ev.NodeActivated(minute, -1, node, float(rng.integers(1, 9))),
                ev.HomesConnected(minute, rng.integers(0, 400, nodes)),
                ev.SpanDarkened(minute, span),
                ev.SpanUpgraded(minute, span, float(rng.integers(1, 9))),
                ev.TransitBought(minute, node, float(rng.integers(0, 3))),
            ][int(rng.choice(6, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.1]))]
        )
    return country, out


@pytest.mark.parametrize("routing", ["shortest", "ecmp"])
@given(history=histories())
@settings(max_examples=60, deadline=None)
def test_after_any_history_it_carries_what_a_new_one_carries(routing, history):
    country, happened = history
    line = technology.find("gpon")
    kept, state = Carrier(country, line, 0.05, routing), State(country)
    for event in happened:
        state.apply(event)
        fresh = Carrier(country, line, 0.05, routing)
        one, other = (
            (*dataclasses.astuple(carrier.solve(state, 5.0)), carrier.gateway_km(state))
            for carrier in (kept, fresh)
        )
        for mine, theirs in zip(one, other, strict=True):
            # What only a mixture of technologies has is nothing here, for both.
            assert (mine is None) == (theirs is None)
            assert mine is None or mine.tobytes() == theirs.tobytes()


@given(history=histories(), seed=st.integers(0, 2**32))
@settings(max_examples=80, deadline=None)
def test_after_a_loss_there_flows_what_a_new_carrier_says(history, seed):
    """New light waits for the month, a loss does not: cables cut and mended, spans dark for good."""
    country, happened = history
    line, rng = technology.find("gpon"), np.random.default_rng(seed)
    state = State(country)
    for event in happened:
        state.apply(event)
    outages = Outages(Carrier(country, line, 0.05))
    outages.solve(state, 5.0, fresh=True)
    for minute in range(30, 36):
        span = int(rng.integers(len(country.span_ids)))
        if state.broken[span]:
            state.apply(ev.SpanRepaired(minute, span, minute - 1))
        elif state.operational[span]:
            dark, cut = ev.SpanDarkened(minute, span), ev.SpanCut(minute, "cuts", span)
            state.apply(dark if rng.random() < 0.3 else cut)
        mine = outages.solve(state, 5.0, fresh=False)
        theirs = Carrier(country, line, 0.05).solve(state, 5.0)
        for one, other in zip(dataclasses.astuple(mine), dataclasses.astuple(theirs), strict=True):
            assert (one is None) == (other is None)
            if one is not None:
                np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
