"""The programme office against a second one that searches anew at every meeting and keeps nothing."""

import itertools
from collections import Counter
from datetime import date

import networkx as nx
import numpy as np
import pytest
from bbsim import events as ev
from bbsim.models.cost import ByTerrain
from bbsim.models.priority import PeoplePerDollar
from bbsim.simulate import simulate
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, made_scenario, networks, star


def plans(run):
    """(day, target, spans, places) of every award, by id."""
    c = run.country
    return [
        (e.minute // 1440, c.ids[e.target], [c.span_ids[s] for s in e.spans], [c.ids[n] for n in e.nodes])
        for e in run.events
        if isinstance(e, ev.PlanMade)
    ]


def second_office(country, scenario, score):
    """Awards when neither crews nor permits are ever short: [(day, target, cents)].

    Each meeting: cheapest missing routes by Dijkstra from scratch; best score, then cheaper, then lower id;
    awarded if the money in hand pays for it, else nothing more is awarded that day.
    """
    prices = ByTerrain(**scenario.cost.parameters).prices(country)
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(len(country.ids)))
    for s, (a, b) in enumerate(zip(country.u.tolist(), country.v.tolist(), strict=True)):
        graph.add_edge(a, b, key=s, cents=int(prices.span[s]))
    gateway = country.node_index["g"]
    left = [i for i in range(len(country.ids)) if country.is_place[i] and i != gateway]
    budget, out, day = scenario.budget, [], 0
    money = round(budget.opening_usd * 100)
    awarded_nodes = {gateway}
    days = (scenario.end - scenario.start).days
    for day in range(0, days, scenario.planner.award_every_days):
        began = (budget.first_grant - scenario.start).days
        grants = [d for d in range(began, days) if _anniversary(scenario, d)]
        came = sum(round(budget.usd_per_year * 100) for d in grants if d <= day)
        while left:
            km = {i: _route(graph, awarded_nodes, i) for i in left}
            rows = []
            for i, (cents, path) in km.items():
                if cents is None:
                    continue
                new = [n for n in path if n in left and (n == i or n not in awarded_nodes)]
                price = cents + sum(int(prices.node[n]) for n in new)
                people = sum(int(country.population[n]) for n in new)
                length = sum(_km(country, graph, a, b) for a, b in itertools.pairwise(path))
                rows.append((-score(i, people, price, length), price, i, path, new))
            if not rows:
                return out
            _, price, i, path, new = min(rows, key=lambda r: r[:3])
            if price > money + came:
                break
            money -= price
            out.append((day, country.ids[i], price))
            for a, b in itertools.pairwise(path):
                key = min(graph[a][b], key=lambda k: (graph[a][b][k]["cents"], k))
                graph[a][b][key]["cents"] = 0
                awarded_nodes |= {a, b}
            awarded_nodes.add(i)
            left = [n for n in left if n not in new]
    return out


def _anniversary(scenario, day):
    on = date.fromordinal(scenario.start.toordinal() + day)
    first = scenario.budget.first_grant
    return (on.month, on.day) == (first.month, first.day) and on.year >= first.year


def _route(graph, sources, target):
    try:
        cents, path = nx.multi_source_dijkstra(
            graph, sources, target, weight=lambda _a, _b, spans: min(d["cents"] for d in spans.values())
        )
    except nx.NetworkXNoPath:
        return None, []
    first = max(i for i, n in enumerate(path) if n in sources)
    return cents, path[first:]


def _km(country, graph, a, b):
    return float(country.km[min(graph[a][b], key=lambda k: (graph[a][b][k]["cents"], k))])


MODELS = {
    "people_per_dollar": lambda _i, people, cents, _km: people / max(cents / 100, 0.01),
    "nearest_first": lambda _i, _people, _cents, km: -km,
    "biggest_first": None,
}


@st.composite
def odd_networks(draw):
    """Random countries in which no two routes cost the same, so that only the models decide."""
    country = draw(networks(9))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    spans = {
        s: (country.spans["start"][i], country.spans["end"][i], float(rng.uniform(1, 9)))
        for i, s in enumerate(country.span_ids)
    }
    nodes = {
        n: {"kind": country.kind[i], "population": int(country.population[i])}
        for i, n in enumerate(country.ids)
    }
    return made_country(nodes, spans)


@pytest.mark.parametrize("model", sorted(MODELS))
@settings(max_examples=10, deadline=None)
@given(country=odd_networks(), usd=st.integers(500, 60_000))
def test_awards_are_those_of_a_planner_that_searches_anew_at_every_meeting(model, country, usd):
    scenario = made_scenario(
        priority={"use": model},
        planner={"award_every_days": 28},
        budget={"opening_usd": 0, "usd_per_year": usd, "access_share": 0, "first_grant": "2014-01-05"},
        end=date(2020, 1, 1),
        cost={"use": "by_terrain", "plain_usd_per_km": 1000, "hut_usd": 0},
    )
    score = MODELS[model] or (lambda i, *_: float(country.population[i]))
    run = simulate(scenario, country)
    got = [
        (e.minute // 1440, country.ids[e.target], e.cents) for e in run.events if isinstance(e, ev.PlanMade)
    ]
    assert got == second_office(country, scenario, score)


def test_models_that_score_each_alone_award_what_scoring_everybody_would(
    flagship_scenario, azerbaijan, monkeypatch
):
    short = flagship_scenario.with_(end=date(2017, 1, 1))
    quick = plans(simulate(short, azerbaijan))
    asked = []
    score = PeoplePerDollar.score

    def all_scored(model, candidates):
        asked.append(len(candidates.node))
        return score(model, candidates)

    monkeypatch.setattr(PeoplePerDollar, "each_alone", False)
    monkeypatch.setattr(PeoplePerDollar, "score", all_scored)
    assert plans(simulate(short, azerbaijan)) == quick
    everybody = sum(asked)
    asked.clear()
    monkeypatch.setattr(PeoplePerDollar, "each_alone", True)
    assert plans(simulate(short, azerbaijan)) == quick
    assert sum(asked) < everybody / 4


def four_places():
    """near: close and small; big: far and large; dense: best people for a dollar; far: beyond big."""
    nodes = {
        "g": {"gateway": True},
        "near": {"population": 10},
        "big": {"population": 9000},
        "dense": {"population": 5000},
        "far": {"population": 100},
    }
    spans = {"1": ("g", "near", 2), "2": ("g", "big", 60), "3": ("g", "dense", 20), "4": ("big", "far", 5)}
    return made_country(nodes, spans)


@pytest.mark.parametrize(
    ("priority", "order"),
    [
        # 9000/60 < 5000/20; then big alone 150 a kUSD against (9000 + 100)/65 = 140 with far behind it
        ({"use": "people_per_dollar"}, ["dense", "big", "far", "near"]),
        ({"use": "nearest_first"}, ["near", "dense", "big", "far"]),
        ({"use": "biggest_first"}, ["big", "dense", "far", "near"]),
        ({"use": "listed", "order": ["far", "near"]}, ["far", "near", "dense"]),
        ({"use": "listed", "order": ["dense", "big", "near", "far"]}, ["dense", "big", "near", "far"]),
    ],
)
def test_each_priority_model_has_its_own_order(priority, order):
    run = simulate(made_scenario(priority=priority), four_places())
    assert [target for _, target, _, _ in plans(run)] == order
    assert {day for day, *_ in plans(run)} == {0}
    if order[0] == "far":  # big lies on the way, is served with it and not awarded again
        assert plans(run)[0][2:] == (["2", "4"], ["big", "far"])


def test_phases_are_awarded_in_their_order_whatever_the_price():
    nodes = {
        "g": {"gateway": True},
        "city": {"population": 10},
        "village": {"population": 5000, "kind": "rural_synthetic"},
        "town": {"population": 900, "kind": "town"},
    }
    country = made_country(nodes, {"1": ("g", "city", 90), "2": ("g", "village", 1), "3": ("g", "town", 1)})
    phases = [
        {"name": "cities", "kinds": ["city"]},
        {"name": "villages", "kinds": ["rural_synthetic"]},
        {"name": "towns", "kinds": ["town"]},
    ]
    run = simulate(made_scenario(phases=phases), country)
    assert [(t, e.phase) for (_, t, *_), e in zip(plans(run), _made(run), strict=True)] == [
        ("city", "cities"),
        ("village", "villages"),
        ("town", "towns"),
    ]


def _made(run):
    return [e for e in run.events if isinstance(e, ev.PlanMade)]


def test_a_phase_may_be_for_some_regions_only_and_what_no_phase_names_is_never_built():
    nodes = {"g": {"gateway": True}, "a": {"region": "S", "population": 1}, "b": {"population": 1}}
    country = made_country(nodes, {"1": ("g", "a", 5), "2": ("g", "b", 5)})
    bases = [{"base": "one", "regions": ["R", "S"], "civil": 9, "cable": 9, "splice": 9, "access": 9}]
    phases = [{"name": "south", "kinds": ["city"], "regions": ["S"]}]
    run = simulate(made_scenario(phases=phases, crews={"bases": bases}), country)
    assert [t for _, t, *_ in plans(run)] == ["a"]


def test_closed_areas_wait_for_their_opening_and_their_spans_carry_no_route_before():
    nodes = {
        "g": {"gateway": True},
        "inside": {"population": 5, "area": "shut"},
        "behind": {"population": 5},
        "never": {"population": 5, "area": "for ever"},
    }
    spans = {
        "1": ("g", "inside", 5, {"area": "shut"}),
        "2": ("inside", "behind", 6, {"area": "shut"}),
        "3": ("g", "behind", 90),
        "4": ("g", "never", 1, {"area": "for ever"}),
    }
    country = made_country(nodes, spans)
    scenario = made_scenario(openings=[{"area": "shut", "opens": "2015-03-01"}])
    run = simulate(scenario, country)
    opened = (date(2015, 3, 1) - scenario.start).days
    assert plans(run) == [(0, "behind", ["3"], ["behind"]), (opened, "inside", ["1"], ["inside"])]
    assert [(e.minute // 1440, e.area) for e in run.events if isinstance(e, ev.AreaOpened)] == [
        (opened, "shut")
    ]


@pytest.mark.parametrize("opens", ["2010-01-01", "2014-01-01"])
def test_an_area_that_opened_before_the_start_is_open_on_the_first_day(opens):
    country = made_country({"g": {}, "a": {"population": 1, "area": "x"}}, {"1": ("g", "a", 5)})
    run = simulate(made_scenario(openings=[{"area": "x", "opens": opens}]), country)
    assert [day for day, *_ in plans(run)] == [0]
    assert run.tables["periods"]["cities_on_fibre_share_at_end"][-1] == 1


def test_no_award_while_the_crews_on_the_way_have_too_much_before_them():
    """Ten places of 100 crew-days each, two crews, at most 200 days of backlog a crew: 400 crew-days."""
    scenario = made_scenario(
        crews={"bases": [{"base": "R", "regions": ["R"], "civil": 2, "cable": 9, "splice": 9, "access": 9}]},
        planner={"backlog_days": 200},
        end=date(2020, 1, 1),
    )
    run = simulate(scenario, star([100] * 10))
    by_day = Counter(day for day, *_ in plans(run))
    assert by_day[0] == 4, "the fourth award reaches 400 crew-days; before it there were 300"
    held = [e for e in run.events if isinstance(e, ev.PlannerHeld)]
    assert (held[0].money, held[0].permits, held[0].crews) == (0, 0, 6)
    assert len(plans(run)) == 10


def test_no_award_while_an_office_has_too_much_before_it_and_places_without_it_go_on():
    nodes = {"g": {"gateway": True}} | {f"p{i}": {"population": 5} for i in range(6)}
    spans = {f"s{i}": ("g", f"p{i}", 5 + i, {"follows": "rail" if i < 5 else "road"}) for i in range(6)}
    scenario = made_scenario(
        permits={"railway": {"follows": ["rail"], "desks": 1, "days": 50}},
        planner={"permit_backlog_days": 100},
        stages={"survey_days": 0},
        end=date(2020, 1, 1),
    )
    run = simulate(scenario, made_country(nodes, spans))
    first = [target for day, target, *_ in plans(run) if day == 0]
    assert "p5" in first
    asked = [(e.minute // 1440) for e in run.events if isinstance(e, ev.PermitRequested)]
    granted = [(e.minute // 1440) for e in run.events if isinstance(e, ev.PermitGranted)]
    assert granted == [50, 100, 150, 200, 250]
    for day in set(asked):
        waiting = sum(a <= day for a in asked) - sum(g <= day for g in granted) - 1
        assert waiting <= 5
    assert len(plans(run)) == 6


def test_a_region_without_civil_crews_is_never_awarded_and_crews_are_named_as_what_binds():
    scenario = made_scenario(
        crews={"bases": [{"base": "R", "regions": ["R"], "civil": 0, "cable": 1, "splice": 1, "access": 1}]}
    )
    run = simulate(scenario, star([5, 6]))
    assert plans(run) == []
    assert set(run.tables["periods"]["binding"]) == {"crews"}


def test_a_place_on_an_awarded_corridor_is_a_project_without_spans():
    nodes = {"g": {}, "mid": {"kind": "town", "population": 5}, "end": {"population": 5}}
    country = made_country(nodes, {"1": ("g", "mid", 5), "2": ("mid", "end", 5)})
    phases = [{"name": "cities", "kinds": ["city"]}, {"name": "towns", "kinds": ["town"]}]
    run = simulate(made_scenario(phases=phases), country)
    assert plans(run) == [(0, "end", ["1", "2"], ["end"]), (0, "mid", [], ["mid"])]
    lit = {e.node: e.minute for e in run.events if isinstance(e, ev.NodeActivated)}
    span = {e.span: e.minute for e in run.events if isinstance(e, ev.SpanLit)}
    assert lit[country.node_index["mid"]] >= span[0]
    assert run.tables["projects"]["length_km"].tolist() == [10, 0]


def test_an_award_says_why():
    event = _made(simulate(made_scenario(), star([10])))[0]
    assert event.why == "people_per_dollar: score 0.1 for 1000 people and 10000 USD"


# ---- plans made anew ----------------------------------------------------------------------------------
PLANNED = {"use": "planned"}


def whys(run):
    return {run.country.ids[e.target]: e.why for e in run.events if isinstance(e, ev.PlanMade)}


def test_a_plan_leaves_out_whom_the_expected_money_does_not_reach():
    """Three villages in a row, 10 km apart at 1,000 USD a km, the biggest last: money for one of the ends."""
    nodes = {"g": {"status": "operational"}}
    nodes |= {
        name: {"population": people, "kind": "city"} for name, people in (("a", 5), ("b", 900), ("c", 800))
    }
    spans = {"ga": ("g", "a", 10), "gb": ("g", "b", 20), "bc": ("b", "c", 90)}
    country = made_country(nodes, spans)
    money = {"opening_usd": 30_000, "usd_per_year": 0}
    run = simulate(made_scenario(priority=PLANNED, budget=money), country)
    told = whys(run)
    assert sorted(told) == ["a", "b"]
    assert all("planned" in why and "(the start)" in why for why in told.values())
    later = {"opening_usd": 0, "usd_per_year": 30_000, "first_grant": "2015-01-01", "access_share": 0}
    run = simulate(made_scenario(priority=PLANNED, budget=later, end=date(2019, 1, 1)), country)
    assert sorted(whys(run)) == ["a", "b", "c"], "what will be granted can be planned with"


def test_a_span_that_is_lost_carries_no_new_route():
    """The rent of the only way in runs out of money: the village behind it is not begun afterwards."""
    nodes = {
        "g": {"status": "operational"},
        "h": {"kind": "junction"},
        "v": {"population": 9, "kind": "city"},
    }
    spans = {
        "gh": ("g", "h", 10, {"medium": "leased", "follows": "foreign"}),
        "hv": ("h", "v", 10, {"area": "north"}),
    }
    country = made_country(nodes, spans, area_names={"north": "North"})
    lease = {"span": "gh", "begins": "2014-01-01", "gbps": 1, "usd_per_year": 6_000}
    for priority in ({"use": "people_per_dollar"}, PLANNED):
        run = simulate(
            made_scenario(
                priority=priority, leases=[lease], budget={"opening_usd": 6_000, "usd_per_year": 3_000},
                openings=[{"area": "north", "opens": "2016-06-01"}],
            ),
            country,
        )  # fmt: skip
        assert any(isinstance(e, ev.SpanDarkened) for e in run.events)
        assert whys(run) == {}


def test_an_opening_makes_the_plan_anew_and_says_so():
    nodes = {"g": {"status": "operational"}}
    nodes |= {name: {"population": people, "kind": "city"} for name, people in (("a", 5), ("b", 900))}
    country = made_country(
        nodes, {"ga": ("g", "a", 10), "ab": ("a", "b", 10, {"area": "north"})}, area_names={"north": "North"}
    )
    openings = [{"area": "north", "opens": "2015-06-01"}]
    run = simulate(made_scenario(priority=PLANNED, openings=openings), country)
    assert "(the start)" in whys(run)["a"]
    assert "area north opened" in whys(run)["b"]


def test_a_city_whose_area_opens_late_still_comes_before_villages():
    nodes = {"g": {"status": "operational"}, "late": {"population": 1, "kind": "city", "area": "north"}}
    nodes |= {f"v{i}": {"population": 900, "kind": "town"} for i in range(3)}
    spans = {f"g{i}": ("g", f"v{i}", 10) for i in range(3)} | {"gl": ("g", "late", 40, {"area": "north"})}
    country = made_country(nodes, spans, area_names={"north": "North"})
    phases = [{"name": "cities", "kinds": ["city"]}, {"name": "rest", "kinds": ["town"]}]
    # Each year brings the price of one village; the area opens before the second.
    money = {"opening_usd": 10_000, "usd_per_year": 20_000, "access_share": 0.5, "first_grant": "2015-01-01"}
    run = simulate(
        made_scenario(
            phases=phases,
            budget=money,
            openings=[{"area": "north", "opens": "2014-06-01"}],
            end=date(2022, 1, 1),
        ),
        country,
    )
    made = [(country.ids[e.target], e.phase) for e in run.events if isinstance(e, ev.PlanMade)]
    assert made[:2] == [("v0", "rest"), ("late", "cities")]
    assert {name for name, _ in made[2:]} == {"v1", "v2"}
