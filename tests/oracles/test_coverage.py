"""Coverage by hand, and by a second measurer that looks at every single day.

Everything happens at midnight, so the mean over days is the time-weighted mean, exactly.
"""

import itertools
from datetime import date, timedelta
from math import isnan

import networkx as nx
import numpy as np
import pytest
from bbsim import events as ev
from bbsim.geodata.sample import sample_country
from bbsim.metrics import measure
from bbsim.run import Run
from bbsim.simulate import simulate
from hypothesis import given, settings
from pyproj import Geod
from strategies import made_country, made_scenario, networks

DAY = 1440
GEOD = Geod(ellps="WGS84")


# ---- a country of five nodes, worked out on paper ------------------------------------------------
# g --1-- a --2-- j --3-- b      c lies in an area that opens on 2014-05-11 and never gets a span.
# Along the parallel of 40 N a degree of longitude is 85.39 km: a 8.5, b 34.2, c 46.96 km east of g.
NODES = {
    "g": {"population": 1000, "households": 250, "at": (45.0, 40.0)},
    "a": {"population": 2000, "households": 500, "at": (45.1, 40.0), "region": "S"},
    "j": {"kind": "junction", "at": (45.2, 40.0)},
    "b": {
        "population": 3000,
        "households": 750,
        "at": (45.4, 40.0),
        "kind": "rural_synthetic",
        "region": "S",
    },
    "c": {"population": 4000, "households": 1000, "at": (45.55, 40.0), "area": "x"},
}
SPANS = {
    "1": ("g", "a", 10),
    "2": ("a", "j", 10),
    "3": ("j", "b", 20),
    "4": ("g", "c", 60, {"medium": "leased"}),
}


def day(text):
    return (date.fromisoformat(text) - date(2014, 1, 1)).days


def at(text):
    return day(text) * DAY


def by_hand(events, **over):
    country = made_country(NODES, SPANS, area_names={"x": "X"})
    bases = [{"base": "R", "regions": ["R", "S"], "civil": 1, "cable": 1, "splice": 1, "access": 1}]
    fields = {"end": date(2015, 1, 1), "crews": {"bases": bases}, "budget": {"opening_usd": 0}} | over
    scenario = made_scenario(**fields)
    n, s = country.node_index, country.span_index
    named = []
    for event in sorted(events, key=lambda e: e[1]):
        kind, minute, *rest = event
        rest = [n.get(x, s.get(x, x)) if isinstance(x, str) else x for x in rest]
        named.append(kind(minute, *rest))
    return measure(Run(scenario, country, 1, named))


def story():
    return [
        (ev.TransitBought, 0, "g", 100.0),
        (ev.NodeActivated, 0, -1, "g", 100.0),
        (ev.SpanLit, at("2014-02-15"), 0, "1", 100.0),
        (ev.NodeActivated, at("2014-02-15"), 0, "a", 100.0),
        (ev.NodeActivated, at("2014-04-01"), 0, "b", 10.0),  # commissioned, but no light reaches it yet
        (ev.SpanLit, at("2014-04-11"), 0, "2", 100.0),
        (ev.SpanLit, at("2014-04-21"), 0, "3", 10.0),
        (_opened, at("2014-05-11"), "x"),
        (ev.HomesPassed, at("2014-03-03"), -1, "a", 300),
        (ev.HomesPassed, at("2014-07-01"), -1, "b", 600),
        (_connected, at("2014-08-01"), {"a": 60, "b": 90}),
        (ev.SpanDarkened, at("2014-10-11"), "2"),
        (ev.SpanLit, at("2014-12-01"), -1, "2", 100.0),
    ]


def _opened(minute, area):
    return ev.AreaOpened(minute, area)


def _connected(minute, homes):
    order = sorted(NODES)
    return ev.HomesConnected(minute, np.array([homes.get(n, 0) for n in order]))


@pytest.fixture(scope="module")
def hand():
    return by_hand(story())


QUARTERS = (90, 91, 92, 92)
"""Days of the quarters of 2014."""


def test_population_on_fibre_is_weighted_by_days_and_needs_a_lit_path(hand):
    periods = hand.tables["periods"]
    q1 = (1000 * 90 + 2000 * (90 - day("2014-02-15"))) / (90 * 10_000)
    q2 = (3000 * 91 + 3000 * (91 - 20)) / (
        91 * 10_000
    )  # b not from 1 April, when it is commissioned, but lit
    q4 = (6000 * 10 + 3000 * 51 + 6000 * 31) / (92 * 10_000)  # dark from 11 October to 30 November
    assert periods["population_on_fibre_share"] == pytest.approx([q1, q2, 0.6, q4], abs=1e-12)
    assert periods["population_on_fibre_share_at_end"].tolist() == [0.3, 0.6, 0.6, 0.6]


def test_cities_are_counted_among_those_open_at_the_time(hand):
    periods = hand.tables["periods"]
    q1 = (45 * 1 / 2 + 45 * 1) / 90
    q2 = (40 * 1 + 51 * 2 / 3) / 91  # c, open since 11 May, is the third city and off fibre
    assert periods["cities_on_fibre_share"] == pytest.approx([q1, q2, 2 / 3, 2 / 3], abs=1e-12)
    assert periods["cities_on_fibre_share_at_end"] == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3])
    assert periods["cities_on_fibre"].tolist() == [2, 2, 2, 2]
    assert (
        tuple(np.diff([*periods["period_start"].astype(int), periods["period_end"][-1].astype(int)]))
        == QUARTERS
    )


def test_people_near_fibre_are_counted_by_geodesic_distance(hand):
    """Within 10, 25, 50 km of g: {g, a}, {g, a}, all; of b, c is 12.8 km away; the junction counts nobody."""
    periods = hand.tables["periods"]
    dark = 51 / 92  # in the fourth quarter b is cut off, and is 25.6 km from a
    assert periods["population_within_10km_share_at_end"].tolist() == [0.3, 0.6, 0.6, 0.6]
    assert periods["population_within_25km_share_at_end"].tolist() == [0.3, 1.0, 1.0, 1.0]
    assert periods["population_within_50km_share_at_end"].tolist() == [1.0, 1.0, 1.0, 1.0]
    q4 = 0.3 * dark + 1.0 * (1 - dark)
    assert periods["population_within_25km_share"][3] == pytest.approx(q4, abs=1e-12)
    assert periods["population_within_50km_share"] == pytest.approx([1, 1, 1, 1])
    near = GEOD.line_length([45.1, 45.4], [40.0, 40.0]) / 1000
    assert 25 < near < 26


def test_homes_passed_connected_and_take_up(hand):
    periods = hand.tables["periods"]
    assert periods["households_passed"].tolist() == [300, 300, 900, 900]
    assert periods["households_connected"].tolist() == [0, 0, 150, 150]
    q1 = 300 * (90 - day("2014-03-03")) / (90 * 2500)
    assert periods["households_passed_share"] == pytest.approx([q1, 0.12, 0.36, 0.36], abs=1e-12)
    assert periods["households_passed_share_at_end"] == pytest.approx([0.12, 0.12, 0.36, 0.36])
    assert periods["take_up_share"][1] == 0
    assert periods["take_up_share"][2] == pytest.approx(150 / 900 * 61 / 92)
    assert periods["take_up_share"][3] == pytest.approx(150 / 900)


def test_before_any_home_is_passed_take_up_is_missing_and_not_zero():
    periods = by_hand(story()[:5]).tables["periods"]
    assert all(isnan(x) for x in periods["take_up_share"])
    assert all(isnan(x) for x in periods["delivered_share"])
    assert all(isnan(x) for x in periods["busy_hour_mbps_per_home"])
    assert all(isnan(x) for x in periods["achievable_mbps_per_home_mean"])


def test_lit_kilometres_and_spans_are_those_of_the_last_day(hand):
    periods, spans = hand.tables["periods"], hand.tables["spans"]
    assert periods["lit_km"].tolist() == [10, 40, 40, 40]
    assert periods["lit_spans"].tolist() == [1, 3, 3, 3]
    assert sorted(set(spans["span"].tolist())) == ["1", "2", "3"]
    dark = by_hand(story()[:-1]).tables
    assert dark["periods"]["lit_km"].tolist() == [10, 40, 40, 30]
    last = {s: rows(dark, "spans", "span", s)["2015-01-01"] for s in ("1", "2")}
    assert last["2"]["status"] == "inactive"
    assert isnan(last["2"]["capacity_gbps"])
    assert (last["1"]["status"], last["1"]["capacity_gbps"]) == ("operational", 100)


def test_speed_counts_people_whose_home_is_passed_and_reached(hand):
    """a: 300 of 500 homes, b: 600 of 750: 1200 and 2400 people, at 100 Mbit/s; b not while it is cut off."""
    periods = hand.tables["periods"]
    assert periods["population_at_100mbps_share_at_end"] == pytest.approx([0.12, 0.12, 0.36, 0.36])
    assert periods["population_at_30mbps_share"][2] == pytest.approx(0.36)
    cut = by_hand(story()[:-1]).tables["periods"]
    assert cut["population_at_30mbps_share_at_end"][3] == pytest.approx(0.12)
    assert cut["population_at_30mbps_share"][3] == pytest.approx((0.36 * 10 + 0.12 * 82) / 92)


def test_a_cut_place_gets_nothing_delivered_and_still_asks(hand):
    periods = hand.tables["periods"]
    demand, got = periods["demand_gbps"][3], periods["delivered_gbps"][3]
    cut = by_hand(story()[:-1]).tables
    nodes = cut["nodes"]
    rows = {n: i for i, n in enumerate(nodes["node"]) if nodes["period_end"][i] == date(2015, 1, 1)}
    b = rows["b"]
    assert not nodes["on_fibre"][b]
    assert nodes["served_by"][b] is None
    assert nodes["demand_gbps"][b] > 0
    assert 0 < nodes["delivered_gbps"][b] < nodes["demand_gbps"][b] * 11 / 92
    assert got < demand
    assert periods["delivered_share"][2] == pytest.approx(1)


def test_nodes_add_up_to_the_periods_and_regions_to_the_nation(hand):
    adds_up(hand)


def adds_up(run):
    periods, nodes, regions, spans = (run.tables[k] for k in ("periods", "nodes", "regions", "spans"))
    count = len(periods["period_end"])

    def total(table, column):
        return table[column].reshape(count, -1).sum(axis=1)

    for column in ("households_passed", "households_connected"):
        assert total(nodes, column).tolist() == periods[column].tolist() == total(regions, column).tolist()
    for column in ("demand_gbps", "delivered_gbps"):
        assert total(nodes, column) == pytest.approx(periods[column])
        assert total(regions, column) == pytest.approx(periods[column])
    assert total(regions, "cities_on_fibre").tolist() == periods["cities_on_fibre"].tolist()
    assert total(regions, "lit_km") == pytest.approx(periods["lit_km"])
    assert total(regions, "capex_usd") == pytest.approx(periods["capex_usd"], abs=0.005)
    people = dict(zip(run.country.ids, run.country.population.tolist(), strict=True))
    for i in range(count):
        at_end = slice(i * (len(nodes["node"]) // count), (i + 1) * (len(nodes["node"]) // count))
        on = [n for n, lit in zip(nodes["node"][at_end], nodes["on_fibre"][at_end], strict=True) if lit]
        share = sum(people[n] for n in on) / sum(people.values())
        assert periods["population_on_fibre_share_at_end"][i] == pytest.approx(share)
    lit = spans["status"] == "operational"
    for i, end in enumerate(periods["period_end"]):
        km = sum(
            run.country.km[run.country.span_index[s]]
            for s in spans["span"][lit & (spans["period_end"] == end)]
        )
        assert km == pytest.approx(periods["lit_km"][i])


def test_the_flagship_adds_up_too(flagship):
    adds_up(flagship)


# ---- the second measurer -------------------------------------------------------------------------
class Day:
    """What is on one day, kept in dictionaries; distances are geodesics, paths are networkx's."""

    def __init__(self, run):
        self.c, self.s = run.country, run.scenario
        self.lit, self.active, self.transit, self.open = set(), set(), set(), set()
        self.passed, self.connected = {}, {}
        self.places = [i for i in range(len(self.c.ids)) if self.c.population[i]]
        self._km = {}

    def apply(self, e):
        match e:
            case ev.SpanLit():
                self.lit.add(e.span)
            case ev.SpanDarkened():
                self.lit.discard(e.span)
            case ev.NodeActivated():
                self.active.add(e.node)
            case ev.TransitBought():
                (self.transit.add if e.gbps > 0 else self.transit.discard)(e.node)
            case ev.AreaOpened():
                self.open.add(e.area)
            case ev.HomesPassed():
                self.passed[e.node] = self.passed.get(e.node, 0) + e.homes
            case ev.HomesConnected():
                for node in np.flatnonzero(e.homes).tolist():
                    self.connected[node] = self.connected.get(node, 0) + int(e.homes[node])

    def look(self):
        graph = nx.Graph()
        graph.add_nodes_from(self.transit)
        graph.add_edges_from((int(self.c.u[s]), int(self.c.v[s])) for s in self.lit)
        reached = set().union(*(nx.node_connected_component(graph, g) for g in self.transit))
        on = self.active & reached
        people = self.c.population
        opened = [
            i
            for i in range(len(self.c.ids))
            if self.c.is_city[i] and (not self.c.nodes["area"][i] or self.c.nodes["area"][i] in self.open)
        ]
        out = {
            "population_on_fibre_share": sum(int(people[i]) for i in on) / int(people.sum()),
            "cities_on_fibre_share": sum(i in on for i in opened) / len(opened),
        }
        for km in (10, 25, 50):
            near = sum(int(people[i]) for i in self.places if any(self.km(i, j) <= km for j in on))
            out[f"population_within_{km}km_share"] = near / int(people.sum())
        passed = sum(self.passed.values())
        out["take_up_share"] = sum(self.connected.values()) / passed if passed else np.nan
        return out

    def km(self, i, j):
        if (i, j) not in self._km:
            (a, b), (c, d) = self.c.node_xy[i], self.c.node_xy[j]
            self._km[i, j] = self._km[j, i] = GEOD.inv(a, b, c, d)[2] / 1000
        return self._km[i, j]


def day_by_day(run):
    """Means over days, by period."""
    periods = run.tables["periods"]
    edges = [*periods["period_start"].astype(int).tolist(), int(periods["period_end"][-1].astype(int))]
    zero = date(1970, 1, 1)
    what, events, i = Day(run), run.events, 0
    changing = (
        ev.SpanLit,
        ev.SpanDarkened,
        ev.NodeActivated,
        ev.TransitBought,
        ev.AreaOpened,
        ev.HomesPassed,
        ev.HomesConnected,
    )
    rows, seen = [], None
    for period in range(len(edges) - 1):
        sums = {}
        for number in range(edges[period], edges[period + 1]):
            today = (zero + timedelta(days=number) - run.scenario.start).days
            while i < len(events) and events[i].minute <= today * DAY:
                what.apply(events[i])
                seen = None if isinstance(events[i], changing) else seen
                i += 1
            seen = seen or what.look()
            for key, value in seen.items():
                sums[key] = sums.get(key, 0.0) + value
        length = edges[period + 1] - edges[period]
        rows.append({k: v / length for k, v in sums.items()} | {f"{k}_at_end": v for k, v in seen.items()})
    assert i == len(events)
    return rows


def compared(run):
    for i, row in enumerate(day_by_day(run)):
        for key, value in row.items():
            if key in run.tables["periods"]:
                got = run.tables["periods"][key][i]
                assert got == pytest.approx(value, abs=1e-9, nan_ok=True), (key, i)


def test_the_hand_made_country_day_by_day(hand):
    compared(hand)


def test_a_sample_country_day_by_day():
    country = sample_country(30)
    bases = [
        {"base": r, "regions": [r], "civil": 9, "cable": 9, "splice": 9, "access": 9} for r in country.regions
    ]
    scenario = made_scenario(
        gateways=[{"node": "city-000000", "transit_gbps": 100}],
        crews={"bases": bases},
        openings=[{"area": "closed", "opens": "2014-11-11"}],
        end=date(2016, 5, 5),
        report_every="month",
        budget={"opening_usd": 500_000, "usd_per_year": 600_000},
    )
    run = simulate(scenario, country)
    assert run.tables["periods"]["population_on_fibre_share"][-1] > 0.3
    compared(run)
    adds_up(run)


@settings(max_examples=8, deadline=None)
@given(networks(8))
def test_random_countries_day_by_day(country):
    run = simulate(made_scenario(end=date(2015, 2, 1), report_every="year"), country)
    compared(run)
    adds_up(run)


# ---- promises about coverage -----------------------------------------------------------------------
def test_lighting_the_cities_covers_nobody_outside_them(flagship_scenario, azerbaijan):
    """Cities only, and from the gateways alone: nobody but residents of cities is ever on fibre."""
    nobody = {"households_passed": {"baku": 0}, "households_connected": {"baku": 0}}
    scenario = flagship_scenario.with_(
        phases=[{"name": "cities", "kinds": ["city"]}], existing={"network": "gateways_only"} | nobody
    )
    run = simulate(scenario, azerbaijan)
    people = azerbaijan.population
    cities = people[azerbaijan.is_city].sum() / people.sum()
    share = run.tables["periods"]["population_on_fibre_share_at_end"]
    assert run.tables["periods"]["cities_on_fibre_share_at_end"][-1] == 1
    assert max(share) <= cities + 1e-12
    assert share[-1] == pytest.approx(cities)
    on = run.at("2035-12-31").on_fibre()
    assert not on[~azerbaijan.is_city].any()


def test_shares_of_the_flagship_are_shares(flagship):
    for name, column in flagship.tables["periods"].items():
        if name.endswith(("_share", "_share_at_end")):
            values = np.asarray(column, dtype=float)
            values = values[~np.isnan(values)]
            assert (values >= 0).all(), name
            assert (values <= 1 + 1e-12).all(), name
    for table in ("nodes", "spans", "regions"):
        for name, column in flagship.tables[table].items():
            if name.endswith(("_share", "_share_at_end")):
                values = np.asarray(column, dtype=float)
                values = values[~np.isnan(values)]
                assert ((values >= 0) & (values <= 1 + 1e-12)).all(), (table, name)


def test_wider_circles_hold_more_people_in_the_flagship(flagship):
    p = flagship.tables["periods"]
    names = ["population_on_fibre_share", *(f"population_within_{km}km_share" for km in (10, 25, 50))]
    for inner, outer in itertools.pairwise(names):
        assert (p[inner] <= p[outer] + 1e-12).all()


# ---- the sky ---------------------------------------------------------------------------------------
def satellites(events, load_kbps=1000, **over):
    demand = {"use": "busy_hour_growth", "kbps_per_home": load_kbps, "growth_share_per_year": 0}
    known = {name: (gbps, mbps) for kind, _, name, gbps, mbps in (e for e in events if e[0] is _launched)}
    records = [
        {"name": name, "launched": "2014-01-01", "usable_gbps": gbps, "line_mbps": mbps, "lifetime_years": 15}
        for name, (gbps, mbps) in known.items()
    ]
    return by_hand(events, demand=demand, satellites=records, **over).tables


def test_a_satellite_serves_as_many_people_as_its_pool_holds_and_only_those_off_fibre():
    """0.3 Gbit/s at 1 Mbit/s a home: 300 homes of 4 people: 1200 of 10,000, from 1 February."""
    start = story()[:2]
    launch = (_launched, at("2014-02-01"), "S", 0.3, 4.0)
    periods = satellites([*start, launch])["periods"]
    assert periods["population_satellite_only_share"] == pytest.approx([0.12 * 59 / 90, 0.12, 0.12, 0.12])
    # 9,000 people are off fibre, 4,000 of them in an area that is closed
    periods = satellites([*start, (_launched, at("2014-04-01"), "S", 30.0, 4.0)])["periods"]
    assert periods["population_satellite_only_share"].tolist() == [0, 0.5, 0.5, 0.5]


def test_a_satellite_ends_and_two_add_up():
    two = [
        *story()[:2],
        (_launched, at("2014-01-01"), "S", 0.3, 4.0),
        (_launched, at("2014-04-01"), "T", 0.2, 4.0),
        (_retired, at("2014-07-01"), "S"),
        (_retired, at("2014-10-01"), "T"),
    ]
    tables = satellites(two)
    assert tables["periods"]["population_satellite_only_share"] == pytest.approx([0.12, 0.2, 0.08, 0])
    nodes = tables["nodes"]
    served = {
        (n, str(e)): s for n, e, s in zip(nodes["node"], nodes["period_end"], nodes["served_by"], strict=True)
    }
    assert served["b", "2014-07-01"] == "satellite"
    assert served["c", "2014-07-01"] is None, "closed"
    assert served["g", "2014-07-01"] == "fibre"
    assert served["b", "2015-01-01"] is None


def test_a_satellite_that_replaces_another_on_the_same_day_counts_from_that_day():
    swap = [
        *story()[:2],
        (_launched, at("2014-01-01"), "S", 0.3, 4.0),
        (_retired, at("2014-02-10"), "S"),
        (_launched, at("2014-02-10"), "T", 0.1, 4.0),
    ]
    periods = satellites(swap)["periods"]
    assert periods["population_satellite_only_share"][0] == pytest.approx((0.12 * 40 + 0.04 * 50) / 90)


def _launched(minute, name, gbps, line):
    return ev.SatelliteLaunched(minute, name, gbps, line)


def _retired(minute, name):
    return ev.SatelliteRetired(minute, name)


def test_more_people_later_mean_that_the_same_homes_are_a_smaller_share():
    national = {2014: 10_000, 2015: 12_000}
    country = made_country(NODES, SPANS, area_names={"x": "X"}, national=national)
    assert country.population_factor(date(2014, 1, 1)) == 1
    assert country.population_factor(date(2015, 6, 1)) == 1.2
    run = by_hand(story()[:2])
    run = measure(
        Run(run.scenario, country, 1, [*run.events, ev.HomesPassed(0, -1, country.node_index["g"], 250)])
    )
    share = run.tables["periods"]["households_passed_share"]
    assert share[0] < 0.1
    assert (np.diff(share) < 0).all()
    assert share[-1] > 0.1 / 1.2


# ---- rates are weighted by time too ------------------------------------------------------------------
def loaded(*more):
    """a's 60 homes ask for 1 Mbit/s each over a span of 0.1 Gbit/s from the first day."""
    events = [
        (ev.TransitBought, 0, "g", 100.0),
        (ev.SpanLit, 0, -1, "1", 0.1),
        (ev.NodeActivated, 0, -1, "a", 100.0),
        (ev.HomesPassed, 0, -1, "a", 100),
        (_connected, 0, {"a": 60}),
        *more,
    ]
    demand = {"use": "busy_hour_growth", "kbps_per_home": 1000, "growth_share_per_year": 0}
    return by_hand(events, demand=demand).tables


def rows(tables, table, key, value):
    t = tables[table]
    return {str(e): {k: t[k][i] for k in t} for i, e in enumerate(t["period_end"]) if t[key][i] == value}


def test_a_spans_utilisation_is_the_mean_of_what_it_was_and_not_that_of_the_last_day():
    tables = loaded((ev.SpanUpgraded, at("2014-03-01"), "1", 0.6))
    span = rows(tables, "spans", "span", "1")["2014-04-01"]
    assert span["capacity_gbps"] == 0.6
    assert span["load_gbps"] == pytest.approx(0.06)
    assert span["utilisation_share"] == pytest.approx((0.6 * 59 + 0.1 * 31) / 90)
    assert tables["periods"]["max_span_utilisation_share"][0] == pytest.approx((0.6 * 59 + 0.1 * 31) / 90)


def test_a_span_that_went_dark_is_told_as_what_it_was():
    span = rows(loaded((ev.SpanDarkened, at("2014-03-01"), "1")), "spans", "span", "1")
    assert span["2014-04-01"]["utilisation_share"] == pytest.approx(0.6 * 59 / 90)
    assert isnan(span["2014-07-01"]["utilisation_share"])
    assert span["2014-07-01"]["load_gbps"] == 0


def test_the_load_of_a_home_is_that_of_homes_connected_at_the_time():
    tables = loaded((_connected, at("2014-03-01"), {"a": 30}))
    node = rows(tables, "nodes", "node", "a")["2014-04-01"]
    assert node["households_connected"] == 90
    assert node["delivered_gbps"] == pytest.approx((0.06 * 59 + 0.09 * 31) / 90)
    assert node["busy_hour_mbps_per_home"] == pytest.approx(1.0)
    assert tables["periods"]["busy_hour_mbps_per_home"][0] == pytest.approx(1.0)
