"""Public sites in a run: when they open, are connected and serve, what they cost, and whom they reach."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.finance import books
from bbsim.run import Run
from bbsim.scenario import Scenario
from bbsim.simulate import simulate
from strategies import START, made_country, made_fields

CENTRE = {
    "serves_people": True,
    "desks": 4,
    "mbps": 20,
    "line_days": 10,
    "line_crew_days": 2,
    "line_usd": 500,
}
LINE_DAYS = 10 + 3  # two working days of a crew that works 365 days a year of 365.25
BIG = {"population": 4000, "households": 1000}


def chain():
    """A gateway, and two towns behind each other, 30 km apart."""
    nodes = {"g": BIG, "a": BIG | {"kind": "town"}, "b": BIG | {"kind": "town"}}
    return made_country(nodes, {"ga": ("g", "a", 30), "ab": ("a", "b", 30)})


def ring():
    """The same with a way back from the last to the gateway, which nobody needs to build to reach it."""
    nodes = {"g": BIG, "a": BIG, "b": BIG}
    lit = {"status": "operational"}
    spans = {"ga": ("g", "a", 30, lit), "ab": ("a", "b", 30, lit), "bg": ("b", "g", 30, lit)}
    return made_country({k: v | lit for k, v in nodes.items()}, spans)


def run_of(country, sites, **over):
    section = {"classes": {"centre": CENTRE}, "budget": {"opening_usd": 1e6}} | sites
    return simulate(Scenario.model_validate(made_fields(public_sites=section, **over)), country)


def site(place="a", opens=date(2014, 3, 1), **more):
    return {"site": f"at-{place}", "of": "centre", "place": place, "opens": opens} | more


def days(run, kind, name=None):
    return [e.minute // 1440 for e in run.events if isinstance(e, kind) and name in (None, e.name)]


def lit_day(run, place):
    return next(
        e.minute // 1440
        for e in run.events
        if isinstance(e, ev.NodeActivated) and run.country.ids[e.node] == place
    )


# ---- lines --------------------------------------------------------------------------------------
def test_a_line_is_built_once_its_place_is_on_fibre_and_is_paid_to_the_cent():
    run = run_of(chain(), {"sites": [site()]})
    connected = lit_day(run, "a") + LINE_DAYS
    assert days(run, ev.SiteConnected) == [connected]
    assert days(run, ev.SiteOpened) == [59]
    told = run.sites.iloc[-1]
    assert (told["deadline_met"], told["via"]) == ("no", "fibre")
    ledger = run.ledger[run.ledger["fund"] == "sites"]
    paid = ledger[ledger["cause"] == "site_line"]
    assert paid[["amount_cents", "place"]].values.tolist() == [[-50_000, "a"]]
    assert ledger["amount_cents"][ledger["cause"] != "reserved"].sum() == 100_000_000 - 50_000


def test_a_centre_that_opens_late_enough_is_connected_on_its_day():
    run = run_of(chain(), {"sites": [site(opens=date(2015, 1, 1))]})
    assert days(run, ev.SiteConnected)[0] < days(run, ev.SiteOpened)[0]
    assert run.sites["deadline_met"].tolist() == ["yes"] * len(run.sites)
    assert run.periods["public_sites_on_fibre_share"].iloc[-1] == 1.0


def test_a_class_may_wait_for_its_line_before_it_opens():
    run = run_of(chain(), {"classes": {"centre": CENTRE | {"open_only_connected": True}}, "sites": [site()]})
    assert days(run, ev.SiteOpened) == days(run, ev.SiteConnected)


def test_without_money_no_line_is_built_and_the_earliest_deadline_is_paid_first():
    late, soon = site("g", date(2014, 6, 1)), site("a", date(2014, 3, 1))
    money = {
        "budget": {"usd_per_year": 500, "first_grant": date(2015, 1, 1), "last_grant": date(2016, 12, 31)}
    }
    run = run_of(chain(), {"sites": [late, soon]} | money)
    assert days(run, ev.SiteConnected, "at-a") == [365 + LINE_DAYS]
    assert days(run, ev.SiteConnected, "at-g") == [730 + LINE_DAYS]


def test_a_terminal_serves_until_fibre_comes():
    up = {"satellites": [{"name": "s", "launched": date(2014, 4, 1), "usable_gbps": 0.1, "lifetime_years": 15,
                          "line_mbps": 4}]}  # fmt: skip
    classes = {"centre": CENTRE | {"interim": "satellite", "terminal_usd": 70}}
    run = run_of(chain(), {"classes": classes, "sites": [site("b")]}, **up)
    assert days(run, ev.SiteConnected) == [90, lit_day(run, "b") + LINE_DAYS]
    told = run.sites.iloc[-1]
    assert str(told["connected"].date()) == "2014-04-01"
    assert (told["fibre_since"] - told["connected"]).days == lit_day(run, "b") + LINE_DAYS - 90
    crowded = run_of(chain(), {"classes": classes, "sites": [site("b", count=6)]}, **up)
    assert days(crowded, ev.SiteConnected) == [lit_day(crowded, "b") + 10 + 13], "no room for six"


def test_a_terminal_looks_at_the_beams_above_its_place_and_at_one_of_them():
    north = BIG | {"kind": "town", "region": "north"}
    nodes = {"g": BIG | {"region": "south"}, "a": north, "b": north | {"region": "south"}}
    country = made_country(nodes, {"ga": ("g", "a", 300), "ab": ("a", "b", 300)})
    beams = [
        {"name": "n", "share": 0.4, "regions": ["north"]},
        {"name": "s", "share": 0.6, "regions": ["south"]},
    ]
    satellite = {
        "name": "s",
        "launched": date(2013, 4, 1),
        "usable_gbps": 0.1,
        "lifetime_years": 15,
        "line_mbps": 4,
    }
    classes = {"centre": CENTRE | {"interim": "satellite", "terminal_usd": 70}}  # 20 Mbit/s each
    listed = [site(place, date(2014, 1, 5), site=f"{place}{i}") for place in "ab" for i in range(4)]
    crews = {
        "bases": [
            {
                "base": "yard",
                "regions": ["R", "north", "south"],
                "civil": 9,
                "cable": 9,
                "splice": 9,
                "access": 9,
            }
        ]
    }
    run = run_of(
        country, {"classes": classes, "sites": listed}, satellites=[satellite | {"beams": beams}], crews=crews
    )
    early = [e.name for e in run.events if isinstance(e, ev.SiteConnected) and e.why == "satellite"]
    assert early == ["a0", "a1", "b0", "b1", "b2"], (
        "two of 20 Mbit/s on 40, three on 60, though 100 are there"
    )


def test_who_is_promised_two_ways_pays_two_drops_and_has_them_on_a_ring_only():
    classes = {"centre": CENTRE | {"redundant": True}}
    on_ring = run_of(ring(), {"classes": classes, "sites": [site()]})
    on_chain = run_of(chain(), {"classes": classes, "sites": [site()]})
    assert on_ring.public_services["sites_with_two_ways"].iloc[-1] == 1
    assert on_chain.public_services["sites_with_two_ways"].iloc[-1] == 0
    assert on_ring.public_services["sites_usd"].sum() == 1000


def test_a_site_asks_for_its_traffic_and_more_each_year():
    def demand(run):
        return run.periods["demand_gbps"].to_numpy().copy()

    more = demand(run_of(ring(), {"sites": [site("a", connected=True, opens=START)]}))
    more -= demand(run_of(ring(), {"sites": []}))
    assert more[0] == pytest.approx(0.020, rel=0.1)
    assert more[-1] / more[0] == pytest.approx(1.3**3.75, rel=0.01)


# ---- people -------------------------------------------------------------------------------------
def test_people_near_a_connected_centre_are_counted_and_nobody_near_one_that_is_not():
    run = run_of(chain(), {"sites": [site()], "travel": {"speed_kmh": {"plain": 60}}})
    told = run.public_services.set_index("period_end")
    assert told["population_within_30min_share_at_end"].iloc[0] == 0
    assert told["population_within_30min_share_at_end"].iloc[-1] == 1.0, "each 30 km, half an hour"
    slow = run_of(chain(), {"sites": [site()], "travel": {"speed_kmh": {"plain": 30}}}).public_services
    assert slow["population_within_30min_share_at_end"].iloc[-1] == pytest.approx(1 / 3)
    assert slow["population_within_60min_share_at_end"].iloc[-1] == 1.0
    assert slow["population_within_30km_of_centre_share_at_end"].iloc[-1] == 1.0


def test_applications_are_of_people_near_by_and_add_up():
    sites = {
        "sites": [site("g", START, connected=True), site("b", START)],
        "applications_per_person_per_year": 2,
    }
    run = run_of(ring(), sites | {"travel": {"most_minutes": 1000}})
    told, year = run.public_services, run.sites[run.sites["period_end"] > np.datetime64("2015-02-01")]
    assert told["applications"].iloc[4:8].sum() == pytest.approx(2 * 12_000, rel=0.002)
    assert told["applications_at_desks"].sum() == pytest.approx(told["applications"].sum())
    assert run.sites["applications"].sum() == pytest.approx(told["applications_at_desks"].sum())
    assert run.sites["applications_served"].sum() == pytest.approx(told["applications_served"].sum())
    assert (year["waited_minutes"] >= 0).all()
    assert (told["applications_served"] <= told["applications_at_desks"] + 1e-9).all()


def test_a_service_is_ready_only_when_the_hub_and_all_agencies_answer():
    agencies = [
        {"agency": "one", "of": "centre", "place": "g", "joins": START, "connected": True},
        {"agency": "two", "of": "centre", "place": "g", "joins": date(2015, 1, 1)},
    ]
    services = [{"service": "x", "needs": ["one"], "online": True}, {"service": "y", "needs": ["one", "two"]}]
    section = {"agencies": agencies, "services": services, "hub": "g", "applications_per_person_per_year": 1}
    run = run_of(chain(), section | {"sites": [site("g", START, connected=True)]})
    ready = run.public_services["services_ready_share"]
    assert ready.iloc[:4].tolist() == [0.5] * 4
    assert ready.iloc[4:].tolist() == [1.0] * 12
    could = run.public_services["could_be_from_home_share"]
    assert could.tolist() == pytest.approx([0.5] * 16)
    assert run.public_services["from_home_share"].is_monotonic_increasing
    cut_off = run_of(chain(), section | {"hub": "b", "sites": [site("g", START, connected=True)]})
    assert cut_off.public_services["services_ready_share"].iloc[0] == 0


def test_a_bus_serves_only_where_its_stop_has_coverage():
    unit = {"unit": "bus", "stops": ["g", "b"], "days_per_stop": 5, "begins": START, "coverage": ["fibre"],
            "applications_per_day": 10}  # fmt: skip
    run = run_of(chain(), {"mobile_units": [unit]})
    lit = lit_day(run, "b")
    for stay in (e for e in run.events if isinstance(e, ev.UnitStayed)):
        first = stay.minute // 1440 - 7
        place = run.country.ids[stay.node]
        if place == "g" or first >= lit:
            assert stay.served_days == stay.days
        elif stay.minute // 1440 < lit:
            assert stay.served_days == 0
    told = run.public_services
    assert told["mobile_days"].sum() == pytest.approx(4 * 250, abs=2)
    assert told["mobile_applications"].sum() == 10 * told["mobile_days_served"].sum()


# ---- a programme --------------------------------------------------------------------------------
EXPANSION = {"name": "more", "of": "centre", "kinds": ["town"], "begins": START, "within_minutes": 20}
BUILT = {"classes": {"centre": CENTRE | {"building_usd": 900, "building_days": 100}}}


def test_a_programme_opens_next_where_most_people_come_near_as_money_allows():
    country = made_country(
        {"g": BIG, "a": BIG | {"kind": "town"}, "b": BIG | {"kind": "town", "population": 9000}},
        {"ga": ("g", "a", 30), "ab": ("a", "b", 30)},
    )
    money = {"budget": {"usd_per_year": 1400, "first_grant": date(2014, 2, 1)}}
    run = run_of(country, BUILT | money | {"expansions": [EXPANSION]})
    plans = [e for e in run.events if isinstance(e, ev.SitePlanned)]
    assert [(e.name, e.minute // 1440, e.people, e.cents) for e in plans] == [
        ("more-b", 31, 9000, 140_000),
        ("more-a", 396, 4000, 140_000),
    ]
    assert days(run, ev.SiteOpened) == [131, 496]
    assert run.public_services["sites_usd"].sum() == 2800


def test_a_programme_stops_where_too_few_would_come_near():
    few = run_of(chain(), BUILT | {"expansions": [EXPANSION | {"least_people": 5000}]})
    assert days(few, ev.SitePlanned) == []


# ---- a hypothesis, and switches -----------------------------------------------------------------
def test_centres_lift_adoption_only_if_the_hypothesis_is_switched_on():
    sites = {"sites": [site("g", START, connected=True)]}
    plain, off, on = (
        run_of(chain(), sites | {"adoption_lift": {"off": switched, "lift_share": 0.5}} if given else {})
        for given, switched in ((False, True), (True, True), (True, False))
    )
    connected = [run.periods["households_connected"].to_numpy() for run in (plain, off, on)]
    assert (connected[0] == connected[1]).all()
    assert connected[2][-1] > connected[1][-1]
    assert (on.periods["households_connected"] <= on.periods["households_passed"]).all()


def test_switched_off_it_is_as_if_the_section_were_not_there():
    off = run_of(chain(), {"off": True, "sites": [site()]})
    none = simulate(Scenario.model_validate(made_fields()), chain())
    assert off.table_hashes() == none.table_hashes()
    assert len(off.sites) == len(off.public_services) == 0


# ---- the whole ----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def full():
    unit = {"unit": "bus", "stops": ["a", "b"], "begins": START, "coverage": ["near_fibre"],
            "applications_per_day": 9}  # fmt: skip
    section = BUILT | {
        "sites": [site("g", START, connected=True)],
        "expansions": [EXPANSION],
        "mobile_units": [unit],
        "applications_per_person_per_year": 3,
        "adoption_lift": {"off": False},
    }
    return run_of(chain(), section)


def test_the_same_seed_gives_the_same_tables(full):
    again = simulate(full.scenario, chain())
    assert again.table_hashes() == full.table_hashes()


def test_a_saved_run_comes_back(full, tmp_path):
    again = Run.load(full.save(tmp_path / "run"))
    assert again.table_hashes() == full.table_hashes()
    assert again.at("2017-12-31").fingerprint() == full.at("2017-12-31").fingerprint()


def test_replay_is_what_the_clock_saw():
    from strategies_watched import watch

    section = BUILT | {"sites": [site()], "expansions": [EXPANSION], "budget": {"opening_usd": 1e6}}
    scenario = Scenario.model_validate(made_fields(public_sites=section))
    watched = watch(scenario, chain())
    assert watched.run.at("2016-01-01").sites_line.keys() == {"at-a", "more-a", "more-b"}
    for day, seen in watched.fingerprint.items():
        assert watched.run.at(scenario.start + timedelta(days=day)).fingerprint() == seen


def test_a_centre_costs_its_staff_and_premises_from_its_first_day_in_the_fund_of_public_sites():
    kind = CENTRE | {"staff": 10, "usd_per_staff_per_year": 9_000}
    sites = {
        "classes": {"centre": kind},
        "sites": [site("a", date(2014, 3, 17)), site("b", date(2013, 1, 1))],
    }
    taxed = {"usd_per_home_per_month": 12, "profit_tax_share": 0.2}
    run = run_of(chain(), sites, finance=taxed, end=date(2015, 1, 1))
    table = run.tables["finance"]
    rows = np.flatnonzero(table["cause"] == "public_centre")
    assert set(table["fund"][rows]) == {"sites"}
    assert set(table["place"][rows]) == {"a"}, "what is open on the first day is left out, as all that exists"
    assert -table["amount_cents"][rows].sum() == pytest.approx((9 + 15 / 31) * 10 * 9_000 / 12 * 100, abs=9)
    free = run_of(chain(), sites | {"classes": {"centre": CENTRE}}, finance=taxed, end=date(2015, 1, 1))

    def tax(told):
        table = told.tables["finance"]
        return table["amount_cents"][(table["kind"] == "tax") & (table["cause"] == "profit")].sum()

    assert tax(run) == tax(free), "its staff lowers nobody's tax on profit"


def test_public_sites_are_in_the_worth_of_the_whole_and_in_no_places_gap_nor_in_the_price_of_a_line():
    paid = {"usd_per_home_per_month": 12, "discount_share_per_year": 0.05}

    def told(usd_per_staff, building):
        kind = CENTRE | {"staff": 10, "usd_per_staff_per_year": usd_per_staff} | building
        section = {
            "classes": {"centre": kind},
            "sites": [site()],
            "expansions": [EXPANSION],
            "budget": {"opening_usd": 1e6},
        }
        return run_of(chain(), section, finance=paid, end=date(2017, 1, 1))

    costly, cheap = (
        told(9_000, {"building_usd": 50_000, "building_days": 100}),
        told(0, {"building_days": 100}),
    )
    assert costly.appraisal.npv_usd < cheap.appraisal.npv_usd - 100_000
    for name in ("levelised_usd_per_home_month", "usd_per_home_passed", "usd_per_person_year"):
        assert getattr(costly.appraisal, name) == pytest.approx(getattr(cheap.appraisal, name))
    assert costly.funding_gap.npv_usd.tolist() == pytest.approx(cheap.funding_gap.npv_usd.tolist())
    own, shared, rest = books(costly).worth
    assert own.sum() + shared.sum() + rest == pytest.approx(costly.appraisal.npv_usd, abs=1e-6)


def test_what_is_built_for_the_public_lowers_nobodys_tax_on_profit():
    taxed = {"usd_per_home_per_month": 60, "profit_tax_share": 0.2}

    def told(building_usd):
        kind = CENTRE | {"building_usd": building_usd, "building_days": 100}
        section = {
            "classes": {"centre": kind},
            "sites": [site()],
            "expansions": [EXPANSION],
            "budget": {"opening_usd": 1e6},
        }
        table = run_of(chain(), section, finance=taxed, end=date(2017, 1, 1)).tables["finance"]
        cents, causes = table["amount_cents"], table["cause"]
        return cents[causes == "site_building"].sum(), cents[causes == "profit"].sum()

    (none, tax), (built, with_them) = told(0), told(200_000)
    assert none == 0 > built
    assert with_them == tax < 0
