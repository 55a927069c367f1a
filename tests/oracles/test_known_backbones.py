"""Published research networks: what they deliver as demand grows, beside what the best routing could.

Capacities are one wavelength a span of what `bbsim.traffic.optics` lights there in 2022; the published
matrices are scaled so that shortest paths just carry them at ×1. See `make_backbones.py` for sources.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
from bbsim.traffic import max_concurrent_flow, optics, optimal, route, share

FOLDER = Path(__file__).parents[1] / "data" / "backbones"
GROWTH = range(1, 11)
SIZES = {"abilene": (12, 15), "geant": (22, 36), "germany50": (50, 88)}


def backbone(name):
    """Ends and km of spans, capacities, and demands that shortest paths just carry."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    place = {row[1]: at for at, row in enumerate(row for row in rows if row[0] == "node")}
    spans = [(place[a], place[b], float(km)) for what, a, b, km in rows if what == "span"]
    asked = [(place[a], place[b], float(much)) for what, a, b, much in rows if what == "demand"]
    assert (len(place), len(spans)) == SIZES[name]
    u, v, km = (np.array(column) for column in zip(*spans, strict=True))
    src, dst, demand = (np.array(column) for column in zip(*asked, strict=True))
    capacity = optics.line_rate(km, year=2022).gbps_per_wavelength
    routes = route(u, v, src, dst, length=km)
    load = share(routes, np.full(u.size, np.inf), demand, directed=True).load_gbps
    return u, v, km, capacity, src, dst, demand / (load / capacity[:, None]).max()


def delivered(name):
    """By growth: share delivered on shortest and equal-cost paths, to all alike at best, and at most."""
    u, v, km, capacity, src, dst, demand = backbone(name)
    table = []
    for times in GROWTH:
        wanted = times * demand
        line = []
        for routing in ("shortest", "ecmp"):
            routes = route(u, v, src, dst, length=km, routing=routing)
            line.append(share(routes, capacity, wanted, directed=True).rate_gbps.sum() / wanted.sum())
        for objective in ("concurrent", "total"):
            _, best = optimal(u, v, capacity, src, dst, wanted, objective=objective, length=km, directed=True)
            line.append(best.rate_gbps.sum() / wanted.sum())
        table.append(line)
    return np.array(table)


@pytest.fixture(scope="module", params=[*list(SIZES)[:2], pytest.param("germany50", marks=pytest.mark.slow)])
def table(request):
    return delivered(request.param)


def test_everything_is_delivered_before_demand_grows_and_less_and_less_then(table):
    assert table[0] == pytest.approx(np.ones(4), abs=1e-6)
    assert (np.diff(table, axis=0) <= 1e-6).all()
    assert table[-1].max() < 1.0


def test_no_routing_delivers_more_than_the_bound(table):
    assert (table[:, :3] <= table[:, 3:] + 1e-6).all()


def test_a_network_half_as_full_again_still_delivers_most_of_it(table):
    # Shortest paths are not hopeless: at twice the demand most of it still gets through.
    assert table[1, 0] > 0.75


@pytest.mark.bench
@pytest.mark.parametrize("name", SIZES)
def test_the_table_is_printed(name):
    print(f"\n{name}: share of demand delivered\n times  shortest  equal-cost  all alike  at most")
    for times, line in zip(GROWTH, delivered(name), strict=True):
        print(f"{times:6}{line[0]:10.1%}{line[1]:12.1%}{line[2]:11.1%}{line[3]:9.1%}")


@pytest.mark.parametrize("name", SIZES)
def test_the_common_share_is_the_concurrent_flow(name):
    """Both directions sharing a span here, since the tree columns know no directions."""
    u, v, km, capacity, src, dst, demand = backbone(name)
    ratio, load = max_concurrent_flow(u, v, capacity, src, dst, demand)
    _, alike = optimal(u, v, capacity, src, dst, 5.0 * ratio * demand, objective="concurrent", length=km)
    assert alike.rate_gbps == pytest.approx(ratio * demand, rel=1e-5)
    assert (load <= capacity).all()
