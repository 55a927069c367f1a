"""A village in the sky: what its homes see on a satellite's beam while neighbours join and leave."""

from datetime import date

import numpy as np
import pytest
from bbsim.simulate import simulate
from strategies import made_country, made_scenario

SKY = {"name": "S", "launched": "2013-01-01", "usable_gbps": 0.1, "lifetime_years": 30, "line_mbps": 20}
LIT = {"status": "operational"}


def seen(terminals_share, *, neighbours=8, roads=False):
    """What a busy home of the far village sees at the end of each quarter, its neighbours being so many."""
    nodes = {"g": {"population": 0} | LIT}
    village = {"population": 2000, "households": 500, "kind": "town"}
    nodes |= {f"v{i}": village for i in range(neighbours)} | {"far": village}
    spans = {f"s{i}": ("g", f"v{i}", 4) for i in range(neighbours)} if roads else {}
    run = simulate(
        made_scenario(satellites=[SKY | {"homes_share": terminals_share}], end=date(2018, 1, 1)),
        made_country(nodes, spans),
    )
    rows = run.nodes[run.nodes.node == "far"]
    assert (rows.served_by == "satellite").all()
    return rows.achievable_mbps_per_home.to_numpy()


def test_a_village_slows_down_as_its_neighbours_buy_terminals():
    rates = np.array([seen(share)[0] for share in (0.002, 0.01, 0.05, 0.2, 0.8)])
    assert rates[0] == pytest.approx(20.0, abs=0.1), "nearly alone, a home has all of its line"
    assert (np.diff(rates) < 0).all()
    # 3,600 terminals, one in ten busy: 360 homes share 100 Mbit/s.
    assert rates[-1] == pytest.approx(100 / 360, rel=0.01)


def test_a_village_slows_down_as_more_villages_come_under_the_beam():
    rates = [seen(0.1, neighbours=count)[0] for count in (0, 2, 8, 40)]
    assert (np.diff(rates) < 0).all()
    assert rates[0] > 5 * rates[-1]


def test_those_who_stay_are_faster_when_neighbours_leave_for_fibre():
    rates = seen(0.3, roads=True)
    assert (np.diff(rates) > -1e-9).all()
    assert rates[-1] > 3 * rates[0]
    # In the end the village has the beam to itself.
    assert rates[-1] == pytest.approx(seen(0.3, neighbours=0)[-1])
