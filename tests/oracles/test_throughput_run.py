"""What a run's network carries, against pipes, water filling, linear programs and a certificate."""

import itertools
from datetime import date
from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from bbsim import events as ev
from bbsim import technology
from bbsim.errors import BbsimError
from bbsim.metrics.carried import Carrier
from bbsim.simulate import simulate
from bbsim.state import State
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.optimize import linprog
from strategies import by_id, made_country, made_scenario, networks, standing, star

GPON = technology.find("gpon")


def series_pipe(demand, *caps):
    return min((demand, *caps))


def max_min_single(cap, demands):
    """Water filling, exact: P13."""
    left, out = Fraction(cap), {}
    todo = sorted(demands, key=lambda k: Fraction(demands[k]))
    for i, k in enumerate(todo):
        out[k] = min(Fraction(demands[k]), left / (len(todo) - i))
        left -= out[k]
    return out


def solved(state, mbps, active_share=0.1):
    return Carrier(state.country, GPON, active_share).solve(state, mbps)


# ---- pipes and one shared span -----------------------------------------------------------------------
CHAIN = {"g": {}, "x": {"kind": "junction"}, "a": {"population": 9, "households": 900}}
LINKS = {"1": ("g", "x", 5), "2": ("x", "a", 5)}


@pytest.mark.parametrize(
    ("first", "second", "uplink", "transit"),
    [(9, 9, 9, 9), (0.3, 9, 9, 9), (9, 0.2, 9, 9), (9, 9, 0.1, 9), (9, 9, 9, 0.05), (0.3, 0.2, 0.25, 0.4)],
)
def test_a_chain_delivers_its_narrowest_part(first, second, uplink, transit):
    country = made_country(CHAIN, LINKS)
    state = standing(country, {"1": first, "2": second}, {"a": uplink}, {"g": transit}, {"a": 500})
    got = solved(state, 1.0)
    wanted = series_pipe(0.5, first, second, uplink, transit)
    assert by_id(country, got.delivered_gbps) == pytest.approx({"g": 0, "x": 0, "a": wanted})
    assert got.load_gbps == pytest.approx([wanted, wanted])
    assert by_id(country, got.transit_load_gbps)["g"] == pytest.approx(wanted)
    assert got.demand_gbps.sum() == 0.5


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=2, max_size=6), st.integers(1, 900))
def test_one_shared_span_is_filled_like_water_by_homes(homes, cap):
    """Places of equal homes' weight would share by place; here each home has the same right."""
    names = [f"p{i}" for i in range(len(homes))]
    nodes = {"g": {}, "x": {"kind": "junction"}} | {n: {"population": 1} for n in names}
    country = made_country(nodes, {"trunk": ("g", "x", 1)} | {n: ("x", n, 1) for n in names})
    spans = {"trunk": cap / 1000} | dict.fromkeys(names, 100.0)
    state = standing(
        country, spans, dict.fromkeys(names, 100.0), {"g": 100}, dict(zip(names, homes, strict=True))
    )
    got = by_id(country, solved(state, 1.0).delivered_gbps)
    each = max_min_single(
        Fraction(cap), {(n, h): 1 for n, k in zip(names, homes, strict=True) for h in range(k)}
    )
    for name in names:
        wanted = sum(rate for (n, _), rate in each.items() if n == name)
        assert got[name] * 1000 == pytest.approx(float(wanted), abs=1e-9)


def test_a_place_without_light_asks_and_gets_nothing_and_has_no_rate():
    country = star([1, 1])
    state = standing(country, {"s-a": 10}, {"a": 10, "b": 10, "g": 10}, {"g": 100}, {"a": 9, "b": 9, "g": 9})
    got = solved(state, 1.0)
    assert by_id(country, got.demand_gbps) == pytest.approx({"a": 0.009, "b": 0.009, "g": 0.009})
    assert by_id(country, got.delivered_gbps) == pytest.approx({"a": 0.009, "b": 0, "g": 0.009})
    best = by_id(country, got.achievable_mbps)
    assert np.isnan(best["b"])
    assert best["a"] == best["g"] == 100


# ---- the whole network --------------------------------------------------------------------------------
def ways(country, state, gateways):
    """Span ids of the shortest lit route of every place, by networkx; and the gateway it ends at."""
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(country.ids)))
    for s in np.flatnonzero(state.operational).tolist():
        graph.add_edge(int(country.u[s]), int(country.v[s]), key=s, km=float(country.km[s]))
    sources = [country.node_index[g] for g in gateways]
    _, paths = nx.multi_source_dijkstra(
        graph, sources, weight=lambda _u, _v, edges: min(e["km"] for e in edges.values())
    )
    out = {}
    for node, path in paths.items():
        if country.is_place[node] and state.active[node]:
            edges = [
                min(graph[a][b], key=lambda k: (graph[a][b][k]["km"], k)) for a, b in itertools.pairwise(path)
            ]
            out[node] = (edges, path[0])
    return out


def pools(state, routes):
    """Capacity and users of every limit: spans, uplinks, transit."""
    limit, users = {}, {}
    for node, (edges, gateway) in routes.items():
        for key, cap in [(("span", s), state.span_gbps[s]) for s in edges] + [
            (("uplink", node), state.node_gbps[node]),
            (("transit", gateway), state.transit_gbps[gateway]),
        ]:
            limit[key] = float(cap)
            users.setdefault(key, []).append(node)
    return limit, users


def lexicographic(limit, users, demand, weight):
    """Weighted max-min rates by a chain of linear programs over the open demands' common level."""
    flows = sorted(demand)
    at = {f: i for i, f in enumerate(flows)}
    rate = {}
    while len(rate) < len(flows):
        rows, right = [], []
        for key, who in users.items():
            rows.append([sum(1.0 for w in who if w == f) for f in flows] + [0.0])
            right.append(limit[key])
        for f in flows:
            if f not in rate:  # weight x level <= rate of every open demand
                row = [0.0] * len(flows) + [weight[f]]
                row[at[f]] = -1.0
                rows.append(row)
                right.append(0.0)
        bounds = [(rate[f], rate[f]) if f in rate else (0, demand[f]) for f in flows] + [(0, None)]
        found = linprog([0.0] * len(flows) + [-1.0], A_ub=rows, b_ub=right, bounds=bounds, method="highs")
        assert found.status == 0
        level, closed = found.x[-1], []
        for f in flows:
            if f in rate:
                continue
            # Can this one have more while all open ones keep the level?
            bounds_f = [
                b if g in rate else (min(weight[g] * level, demand[g]) * (1 - 1e-12), demand[g])
                for g, b in zip(flows, bounds, strict=False)
            ]
            more = linprog(
                [-1.0 if g == f else 0.0 for g in flows],
                A_ub=[r[:-1] for r in rows[: len(users)]],
                b_ub=right[: len(users)],
                bounds=bounds_f,
                method="highs",
            )
            if more.status == 0 and more.x[at[f]] <= weight[f] * level * (1 + 1e-7) + 1e-12:
                closed.append(f)
        assert closed
        for f in closed:
            rate[f] = weight[f] * level
    return rate


@st.composite
def small_networks(draw):
    country = draw(networks(8))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    spans = {
        s: (country.spans["start"][i], country.spans["end"][i], float(rng.uniform(1, 9)))
        for i, s in enumerate(country.span_ids)
    }
    nodes = {n: {"kind": country.kind[i], "population": 1} for i, n in enumerate(country.ids)}
    country = made_country(nodes, spans)
    places = [n for i, n in enumerate(country.ids) if country.is_place[i]]
    capacity = {s: float(rng.integers(1, 9)) for s in spans}
    homes = {n: int(rng.integers(1, 6)) * 1000 for n in places}
    uplinks = {n: float(rng.integers(1, 9)) for n in places}
    transit = {"g": float(rng.integers(1, 20))}
    if len(places) > 2:
        transit[places[-1]] = float(rng.integers(1, 9))
    return country, standing(country, capacity, uplinks, transit, homes), transit


@settings(max_examples=25, deadline=None)
@given(small_networks())
def test_shares_are_those_of_a_chain_of_linear_programs(made):
    country, state, transit = made
    got = solved(state, 1.0)
    routes = ways(country, state, transit)
    limit, users = pools(state, routes)
    homes = {n: float(state.connected[n]) for n in routes}
    rate = lexicographic(limit, users, {n: h / 1000 for n, h in homes.items()}, homes)
    for node, value in rate.items():
        assert got.delivered_gbps[node] == pytest.approx(value, rel=1e-6)


@settings(max_examples=25, deadline=None)
@given(small_networks(), st.randoms(use_true_random=False))
def test_other_names_for_the_places_change_nothing(made, random):
    country, state, transit = made
    names = list(country.ids)
    other = names[:]
    random.shuffle(other)
    new = dict(zip(names, (f"q-{n}" for n in other), strict=True))
    nodes = {new[n]: {"kind": country.kind[i], "population": 1} for i, n in enumerate(names)}
    spans = {f"z{i * 7919 % 101:03d}-{i}": i for i in range(len(country.span_ids))}
    twin = made_country(
        nodes,
        {
            s: (new[country.spans["end"][i]], new[country.spans["start"][i]], country.km[i])
            for s, i in spans.items()
        },
    )
    moved = standing(
        twin,
        {s: state.span_gbps[i] for s, i in spans.items()},
        {new[n]: state.node_gbps[i] for i, n in enumerate(names)},
        {new[n]: g for n, g in transit.items()},
        {new[n]: int(state.connected[i]) for i, n in enumerate(names)},
    )
    one, two = solved(state, 1.0), solved(moved, 1.0)
    for name in ("delivered_gbps", "achievable_mbps"):
        a, b = by_id(country, getattr(one, name)), by_id(twin, getattr(two, name))
        assert {new[n]: v for n, v in a.items()} == pytest.approx(b, rel=1e-12, nan_ok=True)


def certified(country, state, carried, gateways):
    """P14: feasible, and whoever lacks something has a full limit where no home gets more than its."""
    routes = ways(country, state, gateways)
    limit, users = pools(state, routes)
    rate, demand = carried.delivered_gbps, carried.demand_gbps
    assert (rate <= demand * (1 + 1e-9)).all()
    assert (rate[[n for n in range(len(country.ids)) if n not in routes]] == 0).all()
    load = {key: sum(rate[n] for n in who) for key, who in users.items()}
    for key, value in load.items():
        assert value <= limit[key] * (1 + 1e-9), key
    for span in range(len(country.span_ids)):
        assert carried.load_gbps[span] == pytest.approx(load.get(("span", span), 0.0), abs=1e-9)
    level = {n: rate[n] / max(state.connected[n], 1) for n in routes}
    most = {key: max(level[n] for n in who) for key, who in users.items()}
    short = 0
    for node, (edges, gateway) in routes.items():
        if rate[node] < demand[node] * (1 - 1e-9):
            short += 1
            keys = [("span", s) for s in edges] + [("uplink", node), ("transit", gateway)]
            assert any(
                load[k] >= limit[k] * (1 - 1e-9) and most[k] <= level[node] * (1 + 1e-9) + 1e-15 for k in keys
            ), country.ids[node]
    return short


def test_a_flagship_without_upgrades_is_shared_fairly_while_it_fills(flagship_scenario, azerbaijan):
    """Nothing is added for twenty years, while the load doubles every 2.6: from 2025 on places lack."""
    gateways = [g.model_dump() | {"growth_share_per_year": 0.1} for g in flagship_scenario.gateways]
    run = simulate(flagship_scenario.with_(upgrades=None, gateways=gateways), azerbaijan)
    periods = run.tables["periods"]
    assert periods["delivered_share"][0] == 1
    assert periods["delivered_share"][-1] < 0.5
    assert periods["max_span_utilisation_share"][-1] == pytest.approx(1)
    sane(run)
    state, short, i = State(azerbaijan, run.opening_cents), 0, 0
    demand = 29.8e-3
    for year in (2014, 2018, 2024, 2029, 2035):
        end = (date(year, 12, 2) - run.scenario.start).days * 1440
        while i < len(run.events) and run.events[i].minute <= end:
            state.apply(run.events[i])
            i += 1
        load = demand * 1.3 ** ((date(year, 12, 1) - date(2011, 12, 31)).days / 365.25)
        short += certified(azerbaijan, state, solved(state, load), ["baku", "nakhchivan"])
    assert short > 500


def sane(run):
    """In every period: nothing above what was asked for, nothing above what there was."""
    periods, nodes, spans = (run.tables[k] for k in ("periods", "nodes", "spans"))
    assert (periods["delivered_gbps"] <= periods["demand_gbps"] * (1 + 1e-9)).all()
    assert (nodes["delivered_gbps"] <= nodes["demand_gbps"] * (1 + 1e-9) + 1e-15).all()
    lit = spans["status"] == "operational"
    assert (spans["load_gbps"][lit] <= spans["capacity_gbps"][lit] * (1 + 1e-9)).all()
    assert (spans["load_gbps"][~lit] == 0).all()
    for column in ("max_span_utilisation_share", "gateway_utilisation_share"):
        assert (periods[column] <= 1 + 1e-9).all()
    outside = periods["delivered_excluding_gateways_gbps"]
    assert (outside <= periods["delivered_gbps"] * (1 + 1e-12)).all()
    assert (
        nodes["achievable_mbps_per_home"][~np.isnan(nodes["achievable_mbps_per_home"])] <= 100 + 1e-9
    ).all()
    p10, mean = (periods[f"achievable_mbps_per_home_{k}"] for k in ("p10", "mean"))
    assert (p10[~np.isnan(p10)] <= 100 + 1e-9).all()
    assert not (np.isnan(p10) ^ np.isnan(mean)).any()


def test_the_flagship_carries_no_more_than_is_asked_for_and_no_more_than_there_is(flagship):
    sane(flagship)
    assert flagship.tables["periods"]["delivered_share"] == pytest.approx(1)


def test_every_month_of_the_flagship_keeps_every_limit(flagship):
    state = State(flagship.country, flagship.opening_cents)
    month = 0
    carrier = Carrier(flagship.country, GPON, 0.1)
    for event in flagship.events:
        if event.minute // 1440 // 91 > month:
            month = event.minute // 1440 // 91
            days = state.minute // 1440 + (flagship.scenario.start - date(2011, 12, 31)).days
            got = carrier.solve(state, 29.8e-3 * 1.3 ** (days / 365.25))
            assert (got.delivered_gbps <= got.demand_gbps * (1 + 1e-12)).all()
            assert (got.load_gbps <= state.span_gbps * (1 + 1e-12)).all()
            assert (got.transit_load_gbps <= state.transit_gbps * (1 + 1e-12)).all()
            assert (got.delivered_gbps <= np.where(state.active, state.node_gbps, 0) * (1 + 1e-12)).all()
        state.apply(event)
    assert month > 80


# ---- the achievable rate -------------------------------------------------------------------------------
def best(mbps, *, span=1000.0, homes=100, active_share=0.1):
    country = made_country({"g": {}, "a": {"population": 9}}, {"s": ("g", "a", 1)})
    state = standing(country, {"s": span}, {"a": 1e6, "g": 1e6}, {"g": 1e6}, {"a": homes})
    return by_id(country, solved(state, mbps, active_share).achievable_mbps)["a"]


@pytest.mark.parametrize(
    ("load", "rate"),
    [
        (0.05, 100),
        (77.0, 100),  # the line: 2488 - 31 x 77 = 101 are left on the tree
        (77.5, 2488 - 31 * 77.5),  # the tree, with 31 others on it
        (78.0, 2488 / 32),
        (500.0, 2488 / 32),  # its fair share, when it is full
    ],
)
def test_the_line_and_the_tree_limit_a_home(load, rate):
    assert best(load) == pytest.approx(rate)


def test_a_full_span_is_shared_among_those_who_are_active():
    """500 Mbit/s and 100 homes that ask for 10 each, one in ten of them at a time."""
    assert best(10, span=0.5) == pytest.approx(500 / 10)
    assert best(10, span=0.5, active_share=1.0) == pytest.approx(500 / 100)
    assert best(10, span=0.5, active_share=0.5) == pytest.approx(500 / 50)


def test_what_is_left_on_a_span_or_a_fair_share_whichever_is_more():
    assert best(4, span=0.125, homes=30) == pytest.approx(40), (
        "5 are left, but the load is that of 3 at a time"
    )
    assert best(1, span=0.09, homes=10) == pytest.approx(80), "90 less the 10 that are used"
    assert best(1, span=0.5, homes=10) == 100


# ---- upgrades -------------------------------------------------------------------------------------------
def upgraded(**over):
    rule = {"at_utilisation_share": 0.7, "review_every_months": 6, "lead_days": 100, "usd_per_gbps": 600}
    rule |= {"price_growth_share_per_year": 0, "equipment": "per_gbps"}
    rule |= {"sized_for_years": 2} | over.pop("rule", {})
    nodes = {
        "g": {"status": "operational"},
        "a": {"population": 9, "households": 1000, "status": "operational"},
    }
    country = made_country(nodes, {"s": ("g", "a", over.pop("km", 1), {"status": "operational"})})
    fields = {
        "upgrades": rule,
        "end": date(2019, 1, 1),
        "existing": {"households_passed": {"a": 1000}, "households_connected": {"a": 800}},
        "adoption": {"use": "bass", "innovation": 0, "imitation": 0},
        "equipment": {"corridor_gbps": 1.0, "city_node_gbps": 50},
        "demand": {
            "use": "busy_hour_growth",
            "kbps_per_home": 500,
            "measured": "2014-01-01",
            "growth_share_per_year": 0.5,
        },
    }
    return simulate(made_scenario(**(fields | over)), country)


def test_more_light_comes_when_the_load_would_pass_the_limit_after_the_lead_time_and_the_operator_pays():
    run = upgraded()
    lit = [(e.minute // 1440, e.gbps) for e in run.events if isinstance(e, ev.SpanUpgraded)]
    ordered = [e.minute // 1440 for e in run.events if isinstance(e, ev.MoneyReinvested)]
    start = date(2014, 1, 1)
    looks = [(date(2014 + m // 12, 1 + m % 12, 1) - start).days for m in range(6, 60, 6)]
    # 800 homes x 0.5 Mbit/s x 1.5^years passes 0.7 Gbit/s, looked at lead + 6 months ahead
    wanted, gbps, again = [], 1.0, -1
    for day in looks:
        ahead = day + round(100 + 6 * 30.4375)
        load = 0.4 * 1.5 ** (ahead / 365.25)
        if load > 0.7 * gbps and day >= again:
            new = max(np.ceil(load * 1.5**2 / 0.7 - 1e-9), gbps + 1)
            wanted.append((day, day + 100, new, round((new - gbps) * 600 * 100)))
            gbps, again = new, day + 100
    assert [(d, g) for _, d, g, _ in wanted] == lit
    assert [d for d, *_ in wanted] == ordered
    assert len(lit) == 2
    paid = [(e.minute // 1440, e.fund, e.cause, e.cents) for e in run.events if isinstance(e, ev.Spent)]
    assert [p for p in paid if p[2] == "upgrade"] == [(d, 2, "upgrade", c) for _, d, _, c in wanted]
    assert run.tables["periods"]["delivered_share"].min() == pytest.approx(1)


def first_order(**over):
    """Gbit/s and price of the first upgrade, and when it was lit."""
    run = upgraded(**over)
    lit = next((e for e in run.events if isinstance(e, ev.SpanUpgraded)), None)
    paid = [e.cents / 100 for e in run.events if isinstance(e, ev.Spent) and e.cause == "upgrade"]
    return (None, None, None) if lit is None else (lit.gbps, paid[0], lit.minute // 1440)


def test_the_catalogue_takes_ports_where_they_reach_and_pairs_are_left_and_wavelengths_elsewhere():
    by_ports = {"rule": {"equipment": "catalogue", "sized_for_years": 0}}
    assert first_order(**by_ports)[:2] == (2, 600)
    one_pair = {"rule": {"equipment": "catalogue", "fibre_pairs": 1, "sized_for_years": 0}}
    # A second 100G wavelength beside what is lit: 30,000 USD at either end, a fifth less a year later.
    assert first_order(**one_pair)[:2] == (101, 48_000)
    assert first_order(**by_ports, km=81)[:2] == (101, 48_000)
    no_way = {"rule": {"equipment": "catalogue"}, "km": 1_000_000}
    assert first_order(**no_way) == (None, None, None)


def test_a_sustained_trigger_waits_until_it_has_been_short_for_so_long():
    # 0.4 Gbit/s x 1.5^years passes 0.7 after 1.38 years: seen on 1 July 2015.
    seen = (date(2015, 7, 1) - date(2014, 1, 1)).days
    for months, wait in ((0, 0), (6, 184), (12, 366)):
        rule = {"trigger": "sustained", "sustained_months": months}
        assert first_order(rule=rule)[2] == seen + wait + 100


def test_a_fund_pays_no_more_than_it_has():
    small = {"sized_for_years": 0}
    poor = first_order(rule=small | {"paid_by": "backbone"}, budget={"usd_per_year": 0, "opening_usd": 500})
    assert poor == (None, None, None)
    enough = first_order(rule=small | {"paid_by": "backbone"}, budget={"usd_per_year": 0, "opening_usd": 600})
    assert enough[:2] == (2, 600)
    # 600 USD are needed at the second look: 800 homes bring 300, 200 or 100 USD every half year.
    days = [first_order(rule=small | {"operator_usd_per_home_per_year": usd})[2] for usd in (0.75, 0.5, 0.25)]
    assert days[:2] == [first_order(rule=small)[2], (date(2015, 7, 1) - date(2014, 1, 1)).days + 100]
    assert days[2] is None, "with 100 the price runs away from the purse"


def test_what_holds_down_the_worst_served_is_widened_first():
    """Two villages behind spans of their own: the purse is enough for one, the other has less a home."""
    lit = {"status": "operational"}
    place = {"population": 9, "households": 900} | lit
    nodes = {"g": lit, "a": place, "b": place}
    country = made_country(nodes, {"ga": ("g", "a", 1, lit), "gb": ("g", "b", 1, lit)})
    for poorer, homes in (("gb", (400, 900)), ("ga", (900, 400))):
        run = simulate(
            made_scenario(
                upgrades={"equipment": "per_gbps", "price_growth_share_per_year": 0, "lead_days": 10}
                | {"paid_by": "backbone", "sized_for_years": 0},
                budget={"usd_per_year": 0, "opening_usd": 800},
                existing={
                    "households_passed": {"a": homes[0], "b": homes[1]},
                    "households_connected": {"a": homes[0], "b": homes[1]},
                },
                adoption={"use": "bass", "innovation": 0, "imitation": 0},
                equipment={"corridor_gbps": 0.2, "city_node_gbps": 50},
                demand={"use": "busy_hour_growth", "kbps_per_home": 1000, "measured": "2014-01-01"}
                | {"growth_share_per_year": 0},
            ),
            country,
        )
        widened = [country.span_ids[e.span] for e in run.events if isinstance(e, ev.SpanUpgraded)]
        assert widened[:1] == [poorer]


def test_without_the_rule_nothing_is_added_and_the_span_fills():
    run = upgraded(upgrades=None)
    assert not [
        e for e in run.events if isinstance(e, ev.SpanUpgraded | ev.NodeUpgraded | ev.MoneyReinvested)
    ]
    assert run.tables["periods"]["delivered_share"][-1] < 0.6


def test_between_order_and_light_the_capacity_is_the_old_one():
    run = upgraded()
    first = next(e for e in run.events if isinstance(e, ev.SpanUpgraded))
    before = date.fromordinal(run.scenario.start.toordinal() + first.minute // 1440 - 1)
    assert run.at(before).span_gbps.tolist() == [1.0]
    assert run.at(date.fromordinal(before.toordinal() + 1)).span_gbps.tolist() == [first.gbps]


def test_an_order_at_the_end_of_the_horizon_lights_nothing():
    run = upgraded(end=date(2014, 7, 30), rule={"lead_days": 29})
    assert not [e for e in run.events if isinstance(e, ev.SpanUpgraded)]
    run = upgraded(end=date(2014, 7, 31), rule={"lead_days": 29})
    assert bool([e for e in run.events if isinstance(e, ev.MoneyReinvested)]) == bool(
        [e for e in run.events if isinstance(e, ev.SpanUpgraded)]
    )


def test_an_uplink_that_is_short_is_upgraded_too():
    run = upgraded(equipment={"corridor_gbps": 50.0, "city_node_gbps": 1.0})
    nodes = [e for e in run.events if isinstance(e, ev.NodeUpgraded)]
    assert nodes
    assert {run.country.ids[e.node] for e in nodes} == {"a"}
    assert [e.gbps for e in nodes] == sorted(e.gbps for e in nodes)
    assert not [e for e in run.events if isinstance(e, ev.SpanUpgraded)]


def test_a_bottleneck_behind_another_is_widened_after_it():
    """All behind one trunk: while money is short it goes to the trunk, not to the cheaper span behind it."""
    lit = {"status": "operational"}
    place = {"population": 9, "households": 900} | lit
    nodes = {"g": lit, "x": {"kind": "junction"}, "a": place, "b": place}
    spans = {"gx": ("g", "x", 1, lit), "xa": ("x", "a", 1, lit), "xb": ("x", "b", 1, lit)}
    country = made_country(nodes, spans)
    # 800 homes at 1 Mbit/s want 0.8 on the trunk and 0.4 behind it; 0.2 is lit: 600 USD for each Gbit/s.
    run = simulate(
        made_scenario(
            upgrades={"equipment": "per_gbps", "price_growth_share_per_year": 0, "lead_days": 10}
            | {"paid_by": "backbone", "sized_for_years": 0, "at_utilisation_share": 1},
            budget={"usd_per_year": 0, "opening_usd": 400},
            existing={
                "households_passed": {"a": 400, "b": 400},
                "households_connected": {"a": 400, "b": 400},
            },
            adoption={"use": "bass", "innovation": 0, "imitation": 0},
            equipment={"corridor_gbps": 0.2, "city_node_gbps": 50},
            demand={"use": "busy_hour_growth", "kbps_per_home": 1000, "measured": "2014-01-01"}
            | {"growth_share_per_year": 0},
        ),
        country,
    )
    assert [country.span_ids[e.span] for e in run.events if isinstance(e, ev.SpanUpgraded)] == ["gx"]
    assert run.tables["periods"]["delivered_share"][-1] == pytest.approx(0.5)


@pytest.mark.parametrize(
    "over",
    [
        {"upgrades": {"at_utilisation_share": 0}},
        {"demand": {"use": "busy_hour_growth", "active_share": 0}},
        {"demand": {"use": "busy_hour_growth", "kbps_per_home": 1e15}},
        {"demand": {"use": "busy_hour_growth", "growth_share_per_year": 10, "measured": "1990-01-01"}},
        {"demand": {"use": "busy_hour_growth", "kbps_per_home": 0, "businesses_per_1000_people": 5}
         | {"kbps_per_business": 5}},
        {"demand": {"use": "measured", "kbps_per_home": 0}
         | {"flows": [{"source": "abroad", "target": "a", "gbps": 1}]}},
    ],
)  # fmt: skip
def test_what_has_no_meaning_is_refused_in_words(over):
    with pytest.raises((BbsimError, ValidationError)):
        upgraded(**over)


def test_ports_of_nothing_are_never_bought():
    run = upgraded(equipment={"corridor_gbps": 0, "city_node_gbps": 50}, rule={"equipment": "catalogue"})
    assert not [e for e in run.events if isinstance(e, ev.SpanUpgraded)]
