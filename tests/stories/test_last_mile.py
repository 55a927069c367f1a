"""One home after another: a village goes from nothing to a dish, to a mast, to fibre, and pays for each."""

from calendar import monthrange
from datetime import date, timedelta
from math import comb

import pytest
from bbsim import events as ev
from bbsim.metrics.happened import events_from
from bbsim.simulate import simulate
from bbsim.state import State
from strategies import START, made_country, made_scenario

SKY = {"name": "S", "launched": "2013-01-01", "usable_gbps": 0.5, "lifetime_years": 30, "line_mbps": 4}
LIT = {"status": "operational"}
ALL_AT_ONCE = {"use": "bass", "innovation": 5.0, "imitation": 0.0, "ceiling_share": 1.0}
RULES = [
    {"technology": "satellite", "begins": "2014-01-01", "after_days": 0, "target_share": 1.0,
     "take_up_share": 0.5, "if_planned": True},
    {"technology": "wireless_4g", "begins": "2014-07-01", "after_days": 0, "target_share": 1.0,
     "take_up_share": 1.0, "if_planned": True},
]  # fmt: skip


def village(*, homes=1000, people=4000, km=500, interim=RULES, mile=None, end=date(2018, 1, 1), **over):
    """A gateway town on fibre, a village 17 km away as the crow flies, and a long road between them."""
    country = made_country(
        {
            "g": {"population": 0} | LIT,
            "v": {"population": people, "households": homes, "kind": "rural_synthetic", "at": (45.2, 40.0)},
        },
        {"road": ("g", "v", km)},
    )
    section = {"interim": interim, "businesses_per_1000_people": 10, **(mile or {})}
    fields = {"adoption": ALL_AT_ONCE, "satellites": [SKY], "end": end} | over
    access = {"target_share": 1.0, "homes_per_lot": 400, "last_mile": section}
    return simulate(made_scenario(access=access, **fields), country)


def on(run, technology, day, premises="homes"):
    lines = run.at(day).lines
    return int(lines.book(premises).connected[lines.at[technology], 1])


@pytest.fixture(scope="module")
def told():
    return village()


def first(run, kind, **fields):
    return next(
        e for e in run.events if type(e) is kind and all(getattr(e, name) == v for name, v in fields.items())
    )


def test_the_village_takes_dishes_then_a_mast_then_fibre_and_each_home_is_on_one(told):
    mast = first(told, ev.PremisesPassed, premises="homes", technology="wireless_4g")
    fibre = [e for e in told.events if type(e) is ev.HomesPassed]
    up = START + timedelta(days=mast.minute // 1440)
    lots = [START + timedelta(days=e.minute // 1440) for e in fibre]
    assert date(2014, 7, 1) < up < min(lots)
    before = up - timedelta(days=1)
    assert on(told, "satellite", before) > 400
    assert on(told, "wireless_4g", before) == 0
    # 600 homes stand before the first mast, the others before the second.
    assert on(told, "satellite", max(lots)) == 0
    assert on(told, "wireless_4g", max(lots)) == 0
    # A curve of take-up never quite comes to its ceiling.
    assert on(told, "gpon", told.scenario.end - timedelta(days=1)) in (999, 1000)
    for day in (before, up, *lots):
        lines = told.at(day).lines
        assert lines.homes.connected[:, 1].sum() <= 1000
        assert lines.homes.best[:, 1].sum() == 1000


def test_homes_move_on_the_very_day_on_which_their_lot_is_handed_over(told):
    lots = [(i, e) for i, e in enumerate(told.events) if type(e) is ev.HomesPassed]
    for at, lot in lots:
        moved = [e for e in told.events[at:] if type(e) is ev.PremisesMoved and e.to_technology == "gpon"]
        assert any(e.minute == lot.minute for e in moved)
    by_hand = sum(sum(e.counts) for e in told.events if type(e) is ev.PremisesMoved and e.premises == "homes")
    assert told.access.homes_moved_in.sum() == by_hand


def test_the_mast_goes_when_its_last_home_has_left_and_half_its_equipment_is_kept(told):
    down = first(told, ev.EquipmentRetired, what="sites", technology="wireless_4g")
    last = [e for e in told.events if type(e) is ev.HomesPassed][-1]
    assert (down.count, down.kept) == (2, 1)  # 0.7 of two, to the nearest
    assert down.minute == last.minute
    assert told.at("2017-12-31").lines.sites.sum() == 0


def test_every_cent_is_what_records_and_counts_say(told):
    ledger = told.ledger
    paid = -ledger[ledger.amount_cents < 0].groupby("cause").amount_cents.sum()
    connected, moved = {}, {}
    for event in told.events:
        if type(event) is ev.PremisesConnected:
            connected[event.technology] = connected.get(event.technology, 0) + sum(event.counts)
        elif type(event) is ev.HomesConnected:
            connected["gpon"] = connected.get("gpon", 0) + int(event.homes.sum())
        elif type(event) is ev.PremisesMoved:
            connected[event.to_technology] = connected.get(event.to_technology, 0) + sum(event.counts)
            moved[event.technology] = moved.get(event.technology, 0) + sum(event.counts)
    drops = {"satellite": 10_000, "wireless_4g": 4_000, "gpon": 15_000}
    for name, cents in drops.items():
        assert paid[f"connect_{name}"] == connected[name] * cents
    assert paid["exit_satellite"] == moved["satellite"] * 3_000
    assert paid["exit_wireless_4g"] == moved["wireless_4g"] * 2_000 + 2 * 500_000
    # Both masts, and the hop to the first of them: radios, antennas by length, survey, mast and power.
    hop = 600_000 + 220_000 + 870_000 + 3_000_000 + 1_200_000
    assert paid["pass_wireless_4g"] == 2 * 10_000_000 + hop
    # A house every 30 m at 15.85 USD a metre, no ducts.
    assert paid["homes_passed"] == 1000 * 30 * 1585


def test_terminals_from_the_store_are_used_before_new_ones_are_bought():
    homes = {"population": 4000, "households": 1000, "kind": "rural_synthetic"}
    country = made_country(
        {"g": {"population": 0} | LIT, "near": homes, "far": homes},
        {"short": ("g", "near", 5), "long": ("g", "far", 900)},
    )
    figures = {"wireless_4g": {"terminal_kept_share": 0.6, "homes_per_crew_day": 600}}
    mile = {
        "interim": [RULES[1] | {"begins": "2014-01-01"}],
        "figures": figures,
        "businesses_per_1000_people": 0,
    }
    access = {"target_share": 1.0, "last_mile": mile}
    run = simulate(made_scenario(access=access, adoption={"use": "bass", "innovation": 0.5}), country)
    down = [e for e in run.events if type(e) is ev.EquipmentRetired and e.what == "terminals"]
    again = [e for e in run.events if type(e) is ev.EquipmentReused and e.what == "terminals"]
    assert sum(e.kept for e in down) == sum(int(0.6 * e.count) for e in down) > 10
    stored = run.at("2017-12-31").lines.stored["terminals", "wireless_4g"]
    assert sum(e.kept for e in down) - sum(e.count for e in again) == stored
    assert sum(e.count for e in again) > 10
    bought = -run.ledger[run.ledger.cause == "terminal_wireless_4g"].amount_cents.sum()
    count = sum(sum(e.counts) for e in run.events if type(e) is ev.PremisesConnected)
    spared = sum(e.count for e in again)
    assert bought == (count - spared) * 10_000 + spared * 2_000


def test_businesses_are_counted_apart_and_stand_among_the_homes(told):
    last = told.access[told.access.period_end == told.access.period_end.max()].set_index("technology")
    assert last.loc["gpon", "businesses_passed"] == 40
    assert last.loc["gpon", "businesses_connected"] in (39, 40)
    assert last.loc["gpon", "homes_connected"] in (999, 1000)


PAYING = {
    "usd_per_home_per_month": 10,
    "home_usd_per_month": 2,
    "sales_tax_share": 0.25,
    "price_growth_share_per_year": 0.02,
    "discount_share_per_year": 0.08,
}


def money(run, kind, cause):
    table = run.tables["finance"]
    return table["amount_cents"][(table["kind"] == kind) & (table["cause"] == cause)].sum() / 100


def test_businesses_pay_and_cost_what_the_scenario_says_from_their_line_on_and_nothing_unless_it_does():
    """Worked out a second time from the events, day by day."""
    silent, run = (
        village(finance=PAYING | more)
        for more in ({}, {"usd_per_business_per_month": 40, "business_usd_per_month": 5})
    )
    assert not (silent.tables["finance"]["cause"] == "businesses").any()
    earned = cost = 0.0
    for event in run.events:
        if type(event) is not ev.PremisesConnected or event.premises != "businesses":
            continue
        day = START + timedelta(minutes=event.minute)  # a date: whole days
        assert event.minute % 1440 == 0
        while day < run.scenario.end:
            month = monthrange(day.year, day.month)[1]
            begun = max((day.replace(day=1) - START).days, 0)
            earned += sum(event.counts) * 40 * 1.02 ** (begun / 365.25) / month
            cost += sum(event.counts) * 5 / month
            day += timedelta(days=1)
    assert earned > 0
    assert money(run, "revenue", "businesses") == pytest.approx(earned, abs=1)
    assert money(run, "opex", "businesses") == pytest.approx(-cost, abs=1)
    assert money(run, "revenue", "homes") == money(silent, "revenue", "homes")
    both = money(run, "revenue", "homes") + money(run, "revenue", "businesses")
    assert money(run, "tax", "sales") == pytest.approx(-0.25 * both, abs=1)
    rows = list(
        zip(*(run.tables["finance"][c] for c in ("year", "fund", "kind", "cause", "place")), strict=True)
    )
    assert len(set(rows)) == len(rows), "one row a year, fund, kind, cause and place"


def test_at_the_levelised_price_of_a_home_the_whole_is_worth_nothing_whatever_businesses_pay():
    told = PAYING | {"usd_per_business_per_month": 40, "sales_tax_share": 0, "price_growth_share_per_year": 0}
    price = village(finance=told).appraisal.levelised_usd_per_home_month
    fair = village(finance=told | {"usd_per_home_per_month": price})
    assert fair.appraisal.npv_usd == pytest.approx(0, abs=1)


def test_what_businesses_pay_comes_back_into_a_fund_that_reinvests():
    fund = {"name": "own", "pays_for": ["access"], "reinvests": {"share": 0.1}}

    def came(**more):
        run = village(
            finance=PAYING | {"price_growth_share_per_year": 0} | more, funds=[fund], end=date(2016, 1, 1)
        )
        last = run.at("2015-12-31").lines.businesses.connected.sum()
        whole = sum(e.cents for e in run.events if type(e) is ev.MoneyReinvested) / 100
        return run, whole, last

    (_, without, _), (run, with_them, last) = came(), came(usd_per_business_per_month=40)
    gross, net_of_tax = money(run, "revenue", "businesses"), 0.75
    assert with_them - without == pytest.approx(0.1 * net_of_tax * (gross - last * 40), rel=0.02)
    assert with_them > without > 0


def test_what_lines_of_businesses_cost_to_run_is_taken_off_net_income():
    fund = {"name": "own", "pays_for": ["access"], "reinvests": {"share": 1.0, "of": "net"}}
    paid = PAYING | {"price_growth_share_per_year": 0, "usd_per_business_per_month": 40}
    runs = [
        village(finance=paid | {"business_usd_per_month": usd}, funds=[fund], end=date(2015, 6, 1))
        for usd in (0, 5)
    ]
    free, costly = (
        {e.minute: e.cents for e in run.events if type(e) is ev.MoneyReinvested and e.fund == 3}
        for run in runs
    )
    last = max(costly)
    firms = int(runs[1].at("2015-04-30").lines.businesses.connected.sum())
    assert free[last] - costly[last] == pytest.approx(firms * 500, abs=1)
    assert firms > 5


def test_a_home_that_leaves_the_copper_of_the_first_day_is_one_that_the_run_connected():
    """Its new line is paid for; what is built is not divided by those alone who had no line."""
    copper = {
        "technology": "adsl",
        "lines_per_100_people": {"rural_synthetic": 20},
        "moving_share_per_year": 1.0,
    }
    run = village(interim=[], mile={"copper": copper}, finance=PAYING, km=5)
    moved = [e for e in run.events if type(e) is ev.PremisesMoved and e.premises == "homes"]
    assert {e.technology for e in moved} == {"adsl"}
    had, new = (
        sum(int(e.counts.sum()) for e in moved),
        sum(int(e.homes.sum()) for e in run.events if type(e) is ev.HomesConnected and e.minute),
    )
    assert had > new > 0
    found, flows = run.appraisal, run.finance.groupby("kind").amount_usd.sum()
    assert found.usd_per_home_connected == pytest.approx(-flows.capex / (had + new))
    years, end = 0.0, run.scenario.end
    for event in run.events:
        if event in moved or (type(event) is ev.HomesConnected and event.minute):
            count = event.counts.sum() if event in moved else event.homes.sum()
            years += count * ((end - START).days - event.minute / 1440) / 365.25
    cost = -sum(flows.get(kind, 0.0) for kind in ("capex", "replacement", "opex", "residual"))
    people = run.country.persons_per_household
    assert found.usd_per_person_year == pytest.approx(cost / (years * people), rel=0.01)


def test_replayed_events_give_every_home_its_line_again(told):
    again = events_from(told.tables["events"], told.country)
    assert again == list(told.events) or all(
        type(a) is type(b) and (type(a) is ev.HomesConnected or a == b)
        for a, b in zip(again, told.events, strict=True)
    )
    state = State(told.country, told.opening_cents)
    state.apply_all(again)
    assert state.fingerprint() == told.at("2017-12-31").fingerprint()


def test_the_same_seed_gives_the_same_tables(told):
    assert village().table_hashes() == told.table_hashes()


def test_ten_thousand_homes_on_half_a_gigabit_get_what_contention_says():
    run = village(
        homes=20_000, people=80_000, interim=RULES[:1], km=900, end=date(2015, 7, 1),
        mile={"businesses_per_1000_people": 0},
    )  # fmt: skip
    dishes = on(run, "satellite", "2015-06-30")
    assert dishes == pytest.approx(10_000, rel=0.01)
    row = run.access[(run.access.technology == "satellite")].iloc[-1]
    # One in ten busy: so many thousand share 500 Mbit/s.
    assert row.achievable_mbps_per_home_at_end == pytest.approx(500 / (0.1 * dishes), rel=0.01)
    assert run.periods.achievable_mbps_per_home_p10.iloc[-1] == pytest.approx(
        row.achievable_mbps_per_home_at_end, rel=0.02
    )


def test_an_active_line_of_copper_gets_its_share_of_those_that_are_active_not_of_all():
    """An exchange of 155 Mbit/s behind 300 lines of 4: some thirty are active, whatever all ask for."""
    copper = {"technology": "adsl", "lines_per_100_people": {"rural_synthetic": 10}}
    demand = {"use": "busy_hour_growth", "kbps_per_home": 2000, "active_share": 0.1}
    run = village(interim=[], mile={"copper": copper}, km=900, end=date(2014, 3, 1), demand=demand)
    row = run.access[run.access.technology == "adsl"].iloc[-1]
    # By counting: so many of the 299 others are active with probability 0.1 each.
    mean = sum(comb(299, k) * 0.1**k * 0.9 ** (299 - k) * min(4.0, 155.0 / (k + 1)) for k in range(300))
    assert row.achievable_mbps_per_home_at_end == pytest.approx(mean, rel=1e-9)
    assert mean > 3.5


def test_only_homes_with_nothing_better_than_a_dish_are_on_satellite_alone():
    copper = {"technology": "adsl", "lines_per_100_people": {"rural_synthetic": 10}}
    run = village(interim=RULES[:1], mile={"copper": copper}, km=900, end=date(2014, 6, 1))
    best = run.at("2014-05-31").lines.homes.best
    assert best.sum(axis=1).tolist() == [600, 400, 0]
    assert run.periods.population_satellite_only_share.iloc[-1] == pytest.approx(0.6)


def test_after_a_devaluation_a_lot_a_drop_and_a_terminal_cost_what_is_bought_of_them_more():
    """The dollar doubles before fibre comes: what is bought costs 1.8 times as much, labour 1.1 times."""
    money = {"use": "devaluation", "on": "2014-01-10", "per_usd_before": 1.0, "per_usd": 2.0}
    run = village(interim=[], mile={"businesses_per_1000_people": 0}, hazards={"money": money}, km=5)
    assert first(run, ev.HomesPassed).minute > first(run, ev.PricesChanged).minute
    ledger = run.ledger[run.ledger.amount_cents < 0]
    paid = -ledger.groupby("cause").amount_cents.sum()
    joined = sum(int(e.homes.sum()) for e in run.events if type(e) is ev.HomesConnected)
    mixed = 0.28 * 1.8 + 0.72 * 1.1
    assert paid["homes_passed"] == pytest.approx(1000 * 30 * 1585 * mixed, abs=3)
    assert paid["connect_gpon"] == joined * round(15_000 * mixed)
    assert paid["terminal_gpon"] == joined * round(3_000 * 1.8)


def test_homes_without_a_satellite_are_connected_but_not_served():
    gone = SKY | {"launched": "2013-01-01", "lifetime_years": 2}
    run = village(interim=RULES[:1], km=400, end=date(2015, 2, 1), satellites=[gone])
    row = run.access[run.access.technology == "satellite"].iloc[-1]
    assert row.homes_connected > 400
    assert row.homes_served == 0


def test_a_place_beyond_a_hop_gets_no_mast_until_its_own_fibre_is_there():
    far = {"links": {"microwave": {"most_km": 10}}}
    run = village(interim=[RULES[1]], km=120, **far)
    lit = first(run, ev.NodeActivated, node=1).minute
    masts = [e for e in run.events if type(e) is ev.PremisesPassed and e.technology == "wireless_4g"]
    assert all(e.minute > lit for e in masts)


def test_copper_moves_at_its_pace_and_new_lines_are_another_flow():
    copper = {
        "technology": "adsl",
        "lines_per_100_people": {"rural_synthetic": 10},
        "moving_share_per_year": 0.5,
    }
    run = village(interim=[], mile={"copper": copper}, km=5, end=date(2020, 1, 1))
    lots = [e.minute for e in run.events if type(e) is ev.HomesPassed]
    since = (run.scenario.end - START).days - max(lots) // 1440
    assert on(run, "adsl", START) == 400
    left = on(run, "adsl", "2019-12-31")
    # Half go every year; whoever makes up a home goes with the month's first.
    assert left <= 400 * 0.5 ** (since / 365.25)
    assert left >= 400 * 0.5 ** (since / 365.25) - 40
    assert on(run, "gpon", "2019-12-31") in (999 - left, 1000 - left)
    moved = run.access[run.access.technology == "gpon"].homes_moved_in.sum()
    assert moved == 400 - left


def test_no_line_earns_twice_when_it_moves():
    run = village(finance={"usd_per_home_per_month": 10})
    paying = run.finance[run.finance.kind == "revenue"].amount_usd.sum()
    connected = [(e.minute, sum(e.counts)) for e in run.events
                 if type(e) is ev.PremisesConnected and e.premises == "homes"]  # fmt: skip
    connected += [(e.minute, int(e.homes.sum())) for e in run.events if type(e) is ev.HomesConnected]
    horizon = (run.scenario.end - START).days * 1440
    months = sum(count * (horizon - minute) / (365.25 / 12 * 1440) for minute, count in connected)
    assert paying == pytest.approx(10 * months, rel=0.01)


def test_cabinets_stand_only_where_there_is_copper_to_use():
    rule = {"technology": "vdsl", "kinds": ["rural_synthetic"], "begins": "2014-01-01", "after_days": 0}
    copper = {
        "technology": "adsl",
        "lines_per_100_people": {"rural_synthetic": 5},
        "moving_share_per_year": 1.0,
    }
    # Three crews are at the three lots of fibre for most of a year, the fourth has time for a cabinet.
    base = {"base": "R", "regions": ["R"], "civil": 99, "cable": 99, "splice": 99, "access": 4}
    pace = made_scenario().model_dump(mode="json")["crews"]["pace"] | {"homes_passed_per_day": 1}
    crews = {"bases": [base], "pace": pace}
    bare = village(interim=[rule], km=5, crews=crews)
    assert not any(type(e) is ev.PremisesPassed and e.technology == "vdsl" for e in bare.events)
    run = village(interim=[rule], mile={"copper": copper}, km=5, crews=crews)
    cabinet = first(run, ev.PremisesPassed, premises="homes", technology="vdsl")
    assert (cabinet.count, cabinet.sites) == (200, 1)
    moved = [e for e in run.events if type(e) is ev.PremisesMoved and e.premises == "homes"]
    first_day = [e for e in moved if e.minute == cabinet.minute]
    assert [(e.technology, e.to_technology, e.counts) for e in first_day] == [("adsl", "vdsl", (200,))]
    assert sum(sum(e.counts) for e in moved if e.technology == "vdsl") == 200


def test_a_mast_costs_its_running_from_the_day_on_which_it_stands_until_it_goes():
    finance = {"usd_per_home_per_month": 12, "existing": "left_out"}
    run = village(finance=finance)
    stood, months = {}, 0.0
    for event in run.events:
        if type(event) is ev.PremisesPassed and event.technology == "wireless_4g" and event.sites:
            stood[event.minute] = event.sites
        if type(event) is ev.EquipmentRetired and event.what == "sites":
            gone = event.minute
    for minute, sites in stood.items():
        day = START + timedelta(days=minute // 1440)
        last = START + timedelta(days=gone // 1440)
        while day < last:  # day by day, each a part of its calendar month
            following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
            months += sites / (following - day.replace(day=1)).days
            day += timedelta(days=1)
    table = run.tables["finance"]
    paid = -table["amount_cents"][table["cause"] == "site_wireless_4g"].sum() / 100
    assert sum(stood.values()) == 2
    assert paid == pytest.approx(months * 10_400 / 12, abs=0.02 * months)
    free = village(finance=finance, mile={"figures": {"wireless_4g": {"site_usd_per_year": 0}}})
    assert "site_wireless_4g" not in free.tables["finance"]["cause"].tolist()


def test_a_business_line_asks_of_the_network_as_much_as_it_is_told_in_loads_of_a_home():
    def load(per_business):
        run = village(mile={"business_load_homes": per_business}, end=date(2021, 1, 1))
        lines = run.at(run.scenario.end - timedelta(days=1)).lines
        demand = run.tables["periods"]["demand_gbps"]
        return demand[-1], int(lines.homes.connected[-1].sum()), int(lines.businesses.connected[-1].sum())

    alone, homes, businesses = load(0.0)
    assert businesses > 30
    for each in (1.0, 2.5):
        with_them, *lines = load(each)
        assert lines == [homes, businesses]
        assert with_them / alone == pytest.approx(1.0 + each * businesses / homes, rel=1e-9)
