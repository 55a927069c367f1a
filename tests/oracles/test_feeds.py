"""Which place feeds which over a radio hop, against looking at every pair of places."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from bbsim.feeds import NOWHERE, Feeds
from bbsim.technology import hop_reach_km, of_scenario
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, made_scenario

MILE = {"interim": [{"technology": "wireless_4g", "begins": "2014-01-01"}]}


def by_every_pair(country, on, reach_km):
    """For each place the nearest one on fibre, and how far it is; nothing beyond the reach."""
    out = []
    for here in range(len(on)):
        km = [np.linalg.norm(country.ecef_km[here] - country.ecef_km[other]) for other in range(len(on))]
        best = min((km[other], other) for other in range(len(on)) if on[other]) if on.any() else (np.inf, 0)
        out.append((best[1], best[0]) if best[0] < reach_km else (NOWHERE, 0.0))
    return out


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_however_places_come_on_and_off_fibre_the_nearest_feeds(data):
    count = data.draw(st.integers(2, 30))
    degrees = st.integers(0, 2000).map(lambda n: n / 1000.0)  # some stand upon each other
    nodes = {
        f"n{i:02d}": {"population": 10, "at": (45.0 + data.draw(degrees), 40.0 + data.draw(degrees))}
        for i in range(count)
    }
    country = made_country(nodes, {"s": ("n00", "n01", 10)})
    scenario = made_scenario(
        gateways=[{"node": "n00", "transit_gbps": 1}],
        access={"last_mile": MILE},
    )
    feeds = Feeds(country, scenario, of_scenario(scenario))
    on = np.zeros(count, dtype=bool)
    for service in range(data.draw(st.integers(1, 6))):
        on = on.copy()
        for node in data.draw(st.lists(st.integers(0, count - 1), max_size=20)):
            on[node] = data.draw(st.integers(0, 4)) > 0  # most come, some go
        feeder, km = feeds.feeders(SimpleNamespace(service=service, on_fibre=lambda on=on: on))
        for node, (wanted, far) in enumerate(by_every_pair(country, on, hop_reach_km(scenario))):
            assert (feeder[node] == NOWHERE) == (wanted == NOWHERE)
            assert abs(km[node] - far) < 1e-9
            if feeder[node] != NOWHERE:  # of two that are as near either may feed
                assert on[feeder[node]]
                between = np.linalg.norm(country.ecef_km[node] - country.ecef_km[feeder[node]])
                assert abs(between - far) < 1e-9
