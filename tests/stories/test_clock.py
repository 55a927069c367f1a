"""What happens when: seasons, openings, leases, satellites, transit, the horizon, and the first day."""

from datetime import date, timedelta

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.geodata.sample import sample_country
from bbsim.simulate import simulate
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, made_scenario, networks, star

START = date(2014, 1, 1)


def day(text):
    return (date.fromisoformat(text) - START).days


def on(run, kind, **wanted):
    """(day, event) of a kind, with these fields."""
    found = [e for e in run.events if isinstance(e, kind)]
    return [(e.minute // 1440, e) for e in found if all(getattr(e, k) == v for k, v in wanted.items())]


# ---- the horizon ------------------------------------------------------------------
@settings(max_examples=15, deadline=None)
@given(networks(8), st.integers(1, 140))
def test_nothing_happens_at_the_horizon_or_after_and_a_longer_run_begins_the_same(country, days):
    short = simulate(made_scenario(end=START + timedelta(days=days)), country)
    long = simulate(made_scenario(end=START + timedelta(days=400)), country)
    assert all(0 <= e.minute < days * 1440 for e in short.events)
    before = [e for e in long.events if e.minute < days * 1440]
    assert [repr(e) for e in short.events] == [repr(e) for e in before]


def test_a_project_that_would_be_ready_on_the_last_midnight_is_not():
    whole = simulate(made_scenario(), star([10]))
    ((ready, _),) = on(whole, ev.ProjectReady)
    for end, count in ((ready, 0), (ready + 1, 1)):
        run = simulate(made_scenario(end=START + timedelta(days=end)), star([10]))
        assert len(on(run, ev.ProjectReady)) == count
        assert run.tables["periods"]["cities_on_fibre"][-1] == 1 + count


def test_a_run_of_one_day_has_one_period():
    run = simulate(made_scenario(end=date(2014, 1, 2)), star([10]))
    assert run.tables["periods"]["period_start"].tolist() == [START]
    assert run.tables["periods"]["period_end"].tolist() == [date(2014, 1, 2)]


@pytest.mark.parametrize(("every", "count"), [("month", 48), ("quarter", 16), ("year", 4)])
def test_longer_periods_hold_the_same_year(every, count):
    run = simulate(made_scenario(report_every=every), star([10, 20]))
    periods = run.tables["periods"]
    assert len(periods["period_end"]) == count
    days = (periods["period_end"] - periods["period_start"]).astype(int)
    yearly = simulate(made_scenario(report_every="year"), star([10, 20])).tables["periods"]
    for name in ("population_on_fibre_share", "households_passed_share", "demand_gbps", "delivered_gbps"):
        per_year = (periods[name] * days).reshape(4, -1).sum(axis=1) / days.reshape(4, -1).sum(axis=1)
        assert per_year == pytest.approx(yearly[name]), name
    for name in ("households_passed", "lit_km", "cash_usd"):
        assert periods[name][count // 4 - 1 :: count // 4].tolist() == yearly[name].tolist()


# ---- seasons ------------------------------------------------------------------
WINTER = {"name": "winter", "terrain": ["mountain"], "closes": "11-15", "opens": "04-01"}


def civil_works(run):
    """(terrain, first day, day after the last) of every section, from its end and its length."""
    from math import ceil

    pace = run.scenario.crews.pace
    for number, event in on(run, ev.SectionLaid):
        terrain = run.country.terrain[event.span]
        days = max(
            1,
            ceil(
                event.metres / 1000 / pace.civil_km_per_day[terrain] * 365.25 / pace.working_days_per_year
                - 1e-9
            ),
        )
        yield terrain, number - days, number


def closed(on_day, closes="11-15", opens="04-01"):
    stamp = f"{START + timedelta(days=on_day):%m-%d}"
    return stamp >= closes or stamp < opens


def test_no_civil_works_lie_in_the_winter_of_the_mountains():
    country = sample_country(40)
    bases = [
        {"base": r, "regions": [r], "civil": 2, "cable": 1, "splice": 1, "access": 1} for r in country.regions
    ]
    pace = {
        "civil_km_per_day": {"plain": 0.3, "hills": 0.2, "mountain": 0.1},
        "section_km": 4,
        "working_days_per_year": 250,
    }
    scenario = made_scenario(
        gateways=[{"node": "city-000000", "transit_gbps": 100}],
        seasons=[WINTER],
        end=date(2026, 1, 1),
        crews={"bases": bases, "pace": pace, "per_project": 3},
    )
    run = simulate(scenario, country)
    works = list(civil_works(run))
    mountain = [(a, b) for terrain, a, b in works if terrain == "mountain"]
    assert len(mountain) > 30
    assert not [w for w in mountain if any(closed(d) for d in range(*w))]
    others = [(a, b) for terrain, a, b in works if terrain != "mountain"]
    assert any(closed(a) for a, _ in others), "elsewhere work goes on in winter"
    assert on(run, ev.Delayed, why="season")


def test_works_that_meet_the_winter_wait_for_april_and_say_so():
    country = made_country({"g": {}, "a": {"population": 9}}, {"s": ("g", "a", 40, {"terrain": "mountain"})})
    run = simulate(
        made_scenario(
            seasons=[WINTER], budget={"opening_usd": 0, "usd_per_year": 1e6, "first_grant": "2014-09-01"}
        ),
        country,
    )
    # award 1 Sep, works begin 60 days later, on 31 Oct, and would last 41 days: 15 are left before the winter
    first, rest = on(run, ev.SectionLaid)
    assert (first[0], first[1].metres) == (day("2014-11-15"), 40_000 * 15 // 41)
    assert (rest[0], rest[1].metres) == (day("2015-04-01") + 26, 40_000 - first[1].metres)
    ((until, wait),) = on(run, ev.Delayed)
    assert (wait.why, wait.began // 1440, until) == ("season", day("2014-11-15"), day("2015-04-01"))
    paid = [spent.cents for _, spent in on(run, ev.Spent) if spent.cause == "labour"]
    assert paid == [sum(paid) * first[1].metres // 40_000, sum(paid) - paid[0]]
    table = run.tables["projects"]
    assert table["delayed_why"].tolist() == ["season"]
    assert table["delayed_days"].tolist() == [day("2015-04-01") - day("2014-11-15")]


def test_works_that_would_begin_in_winter_begin_in_april():
    country = made_country({"g": {}, "a": {"population": 9}}, {"s": ("g", "a", 40, {"terrain": "mountain"})})
    budget = {"opening_usd": 0, "usd_per_year": 1e6, "first_grant": "2014-10-01"}
    run = simulate(made_scenario(seasons=[WINTER], budget=budget), country)
    ((_, begin, end),) = civil_works(run)
    assert (begin, end) == (day("2015-04-01"), day("2015-04-01") + 41)


# ---- areas, gateways, leases, satellites ------------------------------------------------------------------
def test_an_opening_after_the_end_opens_nothing():
    country = made_country({"g": {}, "a": {"population": 1, "area": "x"}}, {"1": ("g", "a", 5)})
    run = simulate(made_scenario(openings=[{"area": "x", "opens": "2018-01-01"}]), country)
    assert not on(run, ev.AreaOpened)
    assert not on(run, ev.PlanMade)


def test_transit_grows_on_each_first_of_january():
    run = simulate(
        made_scenario(gateways=[{"node": "g", "transit_gbps": 8, "growth_share_per_year": 0.5}]), star([1])
    )
    bought = [(d, e.gbps) for d, e in on(run, ev.TransitBought)]
    assert bought == [(0, 8), (day("2015-01-01"), 12), (day("2016-01-01"), 18), (day("2017-01-01"), 27)]


@pytest.mark.parametrize("start", [date(2014, 1, 1), date(2014, 7, 15), date(2016, 2, 29)])
def test_transit_grows_on_first_of_january_whatever_the_first_day(start):
    gateways = [{"node": "g", "transit_gbps": 8, "growth_share_per_year": 0.5}]
    run = simulate(made_scenario(start=start, end=date(2019, 1, 1), gateways=gateways), star([1]))
    dates = [start + timedelta(days=d) for d, _ in on(run, ev.TransitBought)]
    assert dates == [start, *(date(y, 1, 1) for y in range(start.year + 1, 2019))]


def exclave(**over):
    """b is an island whose only way to the gateway is a leased span."""
    nodes = {"g": {"population": 9}, "b": {"population": 9, "status": "operational"}}
    country = made_country(
        nodes, {"l": ("g", "b", 300, {"medium": "leased", "follows": "foreign", "status": "proposed"})}
    )
    lease = {"span": "l", "begins": "2014-03-01", "gbps": 5, "usd_per_year": 1000} | over.pop("lease", {})
    return simulate(made_scenario(**({"leases": [lease], "end": date(2020, 1, 1)} | over)), country)


def rents(run):
    return [(START + timedelta(days=d), e.cents) for d, e in on(run, ev.Spent, cause="lease")]


def test_a_lease_is_lit_on_its_first_day_and_paid_at_each_anniversary():
    country = made_country(
        {
            "g": {"population": 9},
            "b": {"population": 9, "status": "operational"},
            "far": {"population": 1, "area": "never"},
        },
        {"l": ("g", "b", 300, {"medium": "leased"}), "x": ("g", "far", 1, {"area": "never"})},
    )
    scenario = made_scenario(
        leases=[{"span": "l", "begins": "2014-03-01", "gbps": 5, "usd_per_year": 1000}],
        end=date(2021, 1, 1),
        openings=[{"area": "never", "opens": "2030-01-01"}],
    )
    run = simulate(scenario, country)
    assert [(START + timedelta(days=d), e.gbps) for d, e in on(run, ev.SpanLit)] == [(date(2014, 3, 1), 5)]
    assert rents(run) == [(date(year, 3, 1), 100_000) for year in range(2014, 2021)]
    assert run.at("2014-02-28").on_fibre().sum() == 1
    assert run.at("2014-03-01").on_fibre().sum() == 2


def test_a_lease_that_cannot_be_paid_goes_dark_and_takes_its_places_with_it():
    nodes = {
        "g": {"population": 9},
        "b": {"population": 9, "status": "operational"},
        "far": {"area": "never"},
    }
    country = made_country(nodes, {"l": ("g", "b", 300, {"medium": "leased"})})
    scenario = made_scenario(
        leases=[{"span": "l", "begins": "2014-03-01", "gbps": 5, "usd_per_year": 1000}],
        end=date(2021, 1, 1),
        openings=[{"area": "never", "opens": "2030-01-01"}],
        budget={"opening_usd": 2_500},
    )
    run = simulate(scenario, country)
    assert [c for _, c in rents(run)] == [100_000] * 2
    ((dark, _),) = on(run, ev.SpanDarkened)
    assert START + timedelta(days=dark) == date(2016, 3, 1)
    periods = run.tables["periods"]
    q1 = periods["period_end"].tolist().index(date(2016, 4, 1))
    assert periods["cities_on_fibre_share_at_end"][q1] < periods["cities_on_fibre_share_at_end"][q1 - 1]
    assert periods["population_on_fibre_share"][q1] == pytest.approx((60 + 0.5 * 31) / 91)


def test_a_place_that_has_gone_dark_connects_nobody_until_it_is_lit_again():
    nodes = {"g": {"population": 9}, "b": {"population": 9, "households": 4000, "status": "operational"}}
    country = made_country(nodes, {"l": ("g", "b", 300, {"medium": "leased"})})
    run = simulate(
        made_scenario(
            leases=[{"span": "l", "begins": "2014-01-01", "gbps": 5, "usd_per_year": 1000}],
            budget={"opening_usd": 2_500},
            existing={"households_passed": {"b": 4000}},
        ),
        country,
    )
    homes = [run.at(day).connected[0] for day in ("2015-06-30", "2015-12-31", "2017-12-31")]
    assert 0 < homes[0] < homes[1] == homes[2]
    assert not run.at("2016-01-01").on_fibre()[0]


def test_a_lease_is_still_paid_when_every_place_has_been_awarded():
    run = exclave()
    assert len(rents(run)) == 6
    assert not on(run, ev.SpanDarkened)


def test_places_behind_a_leased_span_can_be_built_to():
    nodes = {"g": {"population": 9}, "b": {"population": 9}, "c": {"population": 9}}
    country = made_country(nodes, {"l": ("g", "b", 300, {"medium": "leased"}), "s": ("b", "c", 5)})
    lease = {"span": "l", "begins": "2014-01-01", "gbps": 5, "usd_per_year": 1000}
    run = simulate(made_scenario(leases=[lease]), country)
    assert run.at("2017-12-31").on_fibre().all()


def test_rented_capacity_stays_what_is_rented():
    demand = {"use": "busy_hour_growth", "kbps_per_home": 5000, "growth_share_per_year": 0.5}
    nodes = {
        "g": {"population": 9},
        "b": {"population": 900, "households": 900, "status": "operational"},
        "n": {"area": "x"},
    }
    country = made_country(nodes, {"l": ("g", "b", 300, {"medium": "leased"})})
    run = simulate(
        made_scenario(
            leases=[{"span": "l", "begins": "2014-01-01", "gbps": 0.5, "usd_per_year": 1000}],
            demand=demand,
            upgrades={},
            openings=[{"area": "x", "opens": "2030-01-01"}],
            end=date(2018, 1, 1),
            existing={"households_passed": {"b": 900}, "households_connected": {"b": 800}},
        ),
        country,
    )
    assert {e.gbps for _, e in on(run, ev.SpanLit)} <= {0.5}
    assert not on(run, ev.SpanUpgraded)


@pytest.mark.parametrize(
    ("launched", "years", "up", "down"),
    [
        ("2015-02-08", 2, "2015-02-08", "2017-02-08"),
        ("2013-02-07", 15, "2014-01-01", None),
        ("2010-01-01", 5, "2014-01-01", "2015-01-01"),
        ("2000-01-01", 5, None, None),
        ("2018-01-01", 5, None, None),
        ("2017-12-31", 5, "2017-12-31", None),
    ],
)
def test_a_satellite_serves_from_its_launch_to_the_end_of_its_life(launched, years, up, down):
    satellite = {
        "name": "S",
        "launched": launched,
        "usable_gbps": 0.5,
        "lifetime_years": years,
        "line_mbps": 4,
    }
    run = simulate(made_scenario(satellites=[satellite]), star([1]))
    found = [
        [START + timedelta(days=d) for d, _ in on(run, k)]
        for k in (ev.SatelliteLaunched, ev.SatelliteRetired)
    ]
    assert found[0] == ([date.fromisoformat(up)] if up else [])
    wanted = [date.fromisoformat(down)] if down else []
    assert len(found[1]) == len(wanted)
    assert all(abs((a - b).days) <= 1 for a, b in zip(found[1], wanted, strict=True))


# ---- the first day ------------------------------------------------------------------
def standing_country():
    nodes = {
        "g": {"population": 1000, "households": 250},
        "a": {"population": 9, "households": 2, "status": "operational"},
        "b": {"population": 9, "households": 2},
        "p1": {"kind": "access_area", "part_of": "g", "population": 100, "households": 30},
        "p2": {"kind": "access_area", "part_of": "g", "population": 100, "households": 40},
    }
    spans = {
        "1": ("g", "a", 10, {"status": "operational"}),
        "2": ("a", "b", 10),
        "3": ("g", "p1", 3),
        "4": ("g", "p2", 2),
    }
    return made_country(nodes, spans)


def test_what_the_pack_marks_operational_stands_and_a_greenfield_has_gateways_only():
    for network, lit, active in (("as_in_pack", ["1"], ["a", "g"]), ("gateways_only", [], ["g"])):
        run = simulate(made_scenario(existing={"network": network}), standing_country())
        c = run.country
        first = [e for e in run.events if e.minute == 0]
        assert [c.span_ids[e.span] for e in first if isinstance(e, ev.SpanLit)] == lit
        assert sorted(c.ids[e.node] for e in first if isinstance(e, ev.NodeActivated)) == active
        targets = {c.ids[e.target] for _, e in on(run, ev.PlanMade)}
        assert targets == set(c.ids) - set(active)


def test_homes_that_stood_are_spread_over_a_citys_parts_from_its_centre_outwards():
    existing = {"households_passed": {"g": 300}, "households_connected": {"g": 33}}
    run = simulate(made_scenario(existing=existing), standing_country())
    c = run.country
    passed = {c.ids[e.node]: e.homes for d, e in on(run, ev.HomesPassed) if d == 0}
    assert passed == {"g": 250, "p2": 40, "p1": 10}
    first = run.at("2014-01-01")
    assert first.connected.sum() == 33
    assert (first.connected <= first.passed).all()
    assert first.on_fibre()[[c.node_index["p1"], c.node_index["p2"]]].all()


def test_homes_of_a_place_are_passed_in_lots_and_only_the_target_share():
    country = made_country({"g": {}, "a": {"population": 9, "households": 2350}}, {"1": ("g", "a", 1)})
    run = simulate(made_scenario(access={"homes_per_lot": 1000, "target_share": 0.9}), country)
    lots = [e.homes for _, e in on(run, ev.HomesPassed)]
    assert sorted(lots) == [115, 1000, 1000]
    assert sum(lots) == int(2350 * 0.9)


def test_no_home_is_passed_before_its_place_is_lit_nor_connected_before_it_is_passed():
    run = simulate(made_scenario(), star([10, 30, 50]))
    lit = {e.node: d for d, e in on(run, ev.NodeActivated)}
    passed = np.zeros(4, dtype=int)
    connected = np.zeros(4, dtype=int)
    for event in run.events:
        if isinstance(event, ev.HomesPassed):
            assert event.minute // 1440 > lit[event.node]
            passed[event.node] += event.homes
        if isinstance(event, ev.HomesConnected):
            assert (START + timedelta(days=event.minute // 1440)).day == 1
            assert (event.homes >= 0).all()
            connected += event.homes
            assert (connected <= passed).all()
    assert connected.sum() > 0


def test_the_greenfield_is_the_flagship_without_its_backbones(flagship, azerbaijan):
    from pathlib import Path

    from bbsim.reading import load

    scenario = load(Path(__file__).parents[2] / "scenarios" / "azerbaijan_greenfield.yaml")
    assert scenario.existing.network == "gateways_only"
    assert scenario.existing.households_passed == {}
    same = scenario.with_(name="azerbaijan", title=flagship.scenario.title)
    one, other = (x.model_dump(mode="json") for x in (same, flagship.scenario))
    assert sorted(k for k in one if one[k] != other[k]) == ["existing", "sources"]
    run = simulate(scenario, azerbaijan)
    first = [r.tables["periods"]["population_on_fibre_share"] for r in (run, flagship)]
    assert first[0][0] < first[1][0]
    assert (first[0] <= first[1] + 0.02).all(), "nobody is better off without the backbones"
    assert run.at("2014-01-01").operational.sum() == 0
