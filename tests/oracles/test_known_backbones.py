"""Published research networks: what they deliver as demand grows, beside what the best routing could.

Capacities are one wavelength a span of what `bbsim.traffic.optics` lights there in 2022; the published
matrices are scaled so that shortest paths just carry them at ×1. Each network is a country whose demand is
the measured matrix, carried as in a run. See `make_backbones.py` for sources.
"""

import csv
from pathlib import Path

import numpy as np
import pytest
from bbsim import technology
from bbsim.metrics.directions import DirectedCarrier
from bbsim.models.demand import Measured
from bbsim.traffic import max_concurrent_flow, optics, optimal, route, share
from strategies import made_country, standing

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


def as_country(name):
    """The network as a country in which all is lit; its matrix is measured demand, ×1 at 1 Mbit/s a home."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        places = [row for row in csv.reader(file) if row[0] == "node"]
    u, v, km, capacity, src, dst, demand = backbone(name)
    # Identities in the order of the file, which the country keeps.
    node = [f"n{at:02d}" for at in range(len(places))]
    nodes = {
        identity: {"name": row[1], "at": (float(row[2]), float(row[3])), "households": 1, "population": 1}
        for identity, row in zip(node, places, strict=True)
    }
    spans = {
        f"s{at:02d}": (node[a], node[b], far) for at, (a, b, far) in enumerate(zip(u, v, km, strict=True))
    }
    country = made_country(nodes, spans)
    assert list(country.ids) == node
    assert list(country.span_ids) == list(spans)
    lit = dict(zip(spans, capacity.tolist(), strict=True))
    state = standing(country, lit, dict.fromkeys(nodes, 1e6), {}, {})
    flows = [
        {"source": node[a], "target": node[b], "gbps": much}
        for a, b, much in zip(src.tolist(), dst.tolist(), demand.tolist(), strict=True)
    ]
    return country, state, Measured(kbps_per_home=1000, flows=flows)


ROUTINGS = ("shortest", "ecmp", "ksp:3", "widest")


def delivered(name):
    """By growth: share delivered by each routing of a run, to all alike at best, and at most."""
    country, state, model = as_country(name)
    carriers = [DirectedCarrier(country, technology.find("gpon"), model, routing) for routing in ROUTINGS]
    u, v, km, capacity, src, dst, demand = backbone(name)
    table = []
    for times in GROWTH:
        line = []
        for carrier in carriers:
            carried = carrier.solve(state, float(times))
            line.append(carried.delivered_gbps.sum() / carried.demand_gbps.sum())
        wanted = times * demand
        for objective in ("concurrent", "total"):
            _, best = optimal(u, v, capacity, src, dst, wanted, objective=objective, length=km, directed=True)
            line.append(best.rate_gbps.sum() / wanted.sum())
        table.append(line)
    return np.array(table)


@pytest.fixture(scope="module", params=[*list(SIZES)[:2], pytest.param("germany50", marks=pytest.mark.slow)])
def table(request):
    return delivered(request.param)


def test_shortest_paths_deliver_all_before_demand_grows_and_nobody_more_as_it_does(table):
    assert table[0, [0, 4, 5]] == pytest.approx(np.ones(3), abs=1e-6)
    assert (np.diff(table, axis=0) <= 1e-6).all()
    assert table[-1].max() < 1.0


def test_no_routing_delivers_more_than_the_bound(table):
    assert (table[:, :5] <= table[:, 5:] + 1e-6).all()


def test_a_network_half_as_full_again_still_delivers_most_of_it(table):
    # Shortest paths are not hopeless: at twice the demand most of it still gets through.
    assert table[1, 0] > 0.75


@pytest.mark.parametrize("name", list(SIZES)[:2])
@pytest.mark.parametrize("routing", ["shortest", "ecmp", "widest"])
def test_a_country_carries_what_the_bare_network_does(name, routing):
    country, state, model = as_country(name)
    u, v, km, capacity, src, dst, demand = backbone(name)
    for times in (1.0, 3.0):
        carried = DirectedCarrier(country, technology.find("gpon"), model, routing).solve(state, times)
        routes = route(u, v, src, dst, length=km, capacity_gbps=capacity, routing=routing)
        # A flow asks for all its parts alike, as a home does: shares are weighted by what is asked for.
        fair = share(routes, capacity, times * demand, times * demand, directed=True)
        assert carried.delivered_gbps.sum() == pytest.approx(fair.rate_gbps.sum())
        assert carried.load_gbps == pytest.approx(fair.load_gbps.max(axis=1))


@pytest.mark.bench
@pytest.mark.parametrize("name", SIZES)
def test_the_table_is_printed(name):
    heads = ("shortest", "equal-cost", "3-shortest", "widest", "all alike", "at most")
    print(f"\n{name}: share of demand delivered\n times" + "".join(f"{head:>12}" for head in heads))
    for times, line in zip(GROWTH, delivered(name), strict=True):
        print(f"{times:6}" + "".join(f"{share:12.1%}" for share in line))


@pytest.mark.parametrize("name", SIZES)
def test_the_common_share_is_the_concurrent_flow(name):
    """Both directions sharing a span here, since the tree columns know no directions."""
    u, v, km, capacity, src, dst, demand = backbone(name)
    ratio, load = max_concurrent_flow(u, v, capacity, src, dst, demand)
    _, alike = optimal(u, v, capacity, src, dst, 5.0 * ratio * demand, objective="concurrent", length=km)
    assert alike.rate_gbps == pytest.approx(ratio * demand, rel=1e-5)
    assert (load <= capacity).all()
