"""Beams, businesses and distance in a run's tables, against closed forms."""

from datetime import date

import numpy as np
import pytest
from bbsim.simulate import simulate
from scipy.stats import binom
from strategies import made_country, made_scenario

LIT = {"status": "operational"}
STILL = {"use": "bass", "innovation": 0, "imitation": 0}


def expected_rate(homes, pool, line, busy):
    """Mean of min(line, pool / (K + 1)) over the number K of others that are busy, term by term."""
    others = np.arange(homes)
    return float((binom.pmf(others, homes - 1, busy) * np.minimum(line, pool / (others + 1))).sum())


def villages(count, homes, **over):
    """A gateway and so many villages of equal size that no road reaches, under one satellite."""
    nodes = {"g": {"population": 0} | LIT} | {
        f"v{i}": {"population": 4 * homes, "households": homes, "kind": "town"} for i in range(count)
    }
    satellite = {"name": "S", "launched": "2013-01-01", "usable_gbps": 0.05, "lifetime_years": 30}
    fields = {"satellites": [satellite | {"line_mbps": 10, "homes_share": 0.5}], "end": date(2015, 1, 1)}
    return simulate(made_scenario(**(fields | over)), made_country(nodes, over.pop("spans", {})))


@pytest.mark.parametrize("count", [1, 2, 5, 20])
def test_a_village_on_a_beam_slows_down_as_neighbours_join(count):
    nodes = villages(count, 40).nodes
    served = nodes[nodes.served_by == "satellite"]
    assert len(served) == count * 4
    assert served.achievable_mbps_per_home.to_numpy() == pytest.approx(expected_rate(20 * count, 50, 10, 0.1))


def test_the_first_fibre_takes_its_homes_off_the_beam():
    """Two villages under the beam; the road reaches one of them, and the other has the beam to itself."""
    nodes = {
        "g": {"population": 0} | LIT,
        "a": {"population": 4000, "households": 1000, "kind": "town"},
        "b": {"population": 4000, "households": 1000, "kind": "town"},
    }
    country = made_country(nodes, {"ga": ("g", "a", 5)})
    satellite = {"name": "S", "launched": "2013-01-01", "usable_gbps": 0.05, "lifetime_years": 30}
    run = simulate(
        made_scenario(satellites=[satellite | {"line_mbps": 10, "homes_share": 0.5}], adoption=STILL), country
    )
    rows = run.nodes[run.nodes.node == "b"]
    assert rows.achievable_mbps_per_home.iloc[0] < rows.achievable_mbps_per_home.iloc[-1]
    assert rows.achievable_mbps_per_home.iloc[-1] == pytest.approx(expected_rate(500, 50, 10, 0.1))
    lit = run.nodes[(run.nodes.node == "a") & run.nodes.on_fibre]
    assert (lit.served_by == "fibre").all()


def line(**over):
    """Homes connected at the end of 30 km of fibre from the first day."""
    nodes = {"g": {"population": 0} | LIT, "a": {"population": 4000, "households": 1000} | LIT}
    fields = {
        "adoption": STILL,
        "existing": {"households_passed": {"a": 1000}, "households_connected": {"a": 200}},
        "equipment": {"corridor_gbps": 1.0, "city_node_gbps": 50},
        "demand": {"use": "busy_hour_growth", "kbps_per_home": 1000, "measured": "2014-01-01"}
        | {"growth_share_per_year": 0}
        | over,
    }
    return simulate(made_scenario(**fields), made_country(nodes, {"s": ("g", "a", 30, LIT)}))


def test_businesses_and_public_sites_come_on_top_of_homes():
    run = line(
        businesses_per_1000_people=25, kbps_per_business=3000,
        public_sites_per_1000_people=5, kbps_per_public_site=20_000,
    )  # fmt: skip
    # 200 homes of 1, 100 businesses of 3 and 20 sites of 20 Mbit/s.
    assert run.periods.demand_gbps.to_numpy() == pytest.approx(0.2 + 0.3 + 0.4)
    assert run.periods.busy_hour_mbps_per_home.to_numpy() == pytest.approx(1.0)
    full = line(public_sites_per_1000_people=25, kbps_per_public_site=18_000)
    # 0.2 + 1.8 Gbit/s want a span of 1: everybody gets half, homes too.
    assert full.periods.delivered_share.to_numpy() == pytest.approx(0.5)
    assert full.periods.busy_hour_mbps_per_home.to_numpy() == pytest.approx(0.5)


def test_latency_is_the_light_s_way_to_the_gateway_and_back():
    rows = line().nodes
    there_and_back_s = 2 * 30_000 / (299_792_458 / 1.468)
    assert rows.latency_ms[rows.node == "a"].to_numpy() == pytest.approx(there_and_back_s * 1000)
    assert (rows.latency_ms[rows.node == "g"] == 0).all()


def test_half_of_the_homes_have_the_median_or_more():
    p = line().periods
    assert (p.achievable_mbps_per_home_p10 <= p.achievable_mbps_per_home_p50).all()
    assert (p.population_at_10mbps_share >= p.population_at_30mbps_share).all()
    assert (p.population_at_1000mbps_share == 0).all()
