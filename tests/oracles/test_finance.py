"""The money of a run, worked out a second time by a book-keeper who goes from event to event."""

from __future__ import annotations

import itertools
from calendar import monthrange
from collections import defaultdict
from datetime import date, timedelta

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.finance import books
from bbsim.finance.present import npv
from bbsim.simulate import simulate
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import made_country, made_scenario, networks, star

FINANCE = {
    "usd_per_home_per_month": 12.5,
    "connection_usd_per_home": 180,
    "home_usd_per_month": 2,
    "span_usd_per_km_per_year": 100,
    "node_usd_per_year": {"city": 1200, "town": 600},
    "lifetime_years": {"node": 2, "homes_connected": 1.5, "material": 1},
    "discount_share_per_year": 0.1,
}
NODES_COST = {"city_node_usd": 5000, "town_node_usd": 3000, "village_node_usd": 1000}


def run_of(country, **finance):
    return simulate(made_scenario(finance=FINANCE | finance, cost=_cost()), country)


def _cost():
    from strategies import made_fields

    return made_fields()["cost"] | NODES_COST


def day_of(event):
    return event.minute // 1440


def sums(table, *columns):
    out = defaultdict(int)
    for row in zip(*(table[name] for name in (*columns, "amount_cents")), strict=True):
        out[tuple(str(value) for value in row[:-1])] += int(row[-1])
    return dict(out)


@pytest.fixture(scope="module")
def run():
    return run_of(star([10, 25, 40]))


@pytest.fixture(scope="module")
def table(run):
    return run.tables["finance"]


# ---- to the cent --------------------------------------------------------------------------------
def test_what_the_ledger_paid_is_there_to_the_cent_by_year_fund_cause_and_place(run, table):
    paid = defaultdict(int)
    for event in run.events:
        if isinstance(event, ev.Spent):
            year = (run.scenario.start + timedelta(days=day_of(event))).year
            key = str(year), ev.FUNDS[event.fund], event.cause, run.country.ids[event.node]
            paid[key] -= event.cents
    told = sums(table, "kind", "year", "fund", "cause", "place")
    found = {
        key[1:]: cents for key, cents in told.items() if key[0] == "capex" and key[3] != "homes_connected"
    }
    assert found == dict(paid)
    assert sum(paid.values()) < 0


def test_connections_are_paid_for_on_their_day(run, table):
    homes = sum(int(event.homes.sum()) for event in run.events if isinstance(event, ev.HomesConnected))
    told = sums(table, "kind", "cause", "fund")
    assert told["capex", "homes_connected", "operator"] == -homes * 18_000


def test_revenue_and_running_cost_are_what_a_calendar_says(run, table):
    """Day by day: homes connected, nodes and spans in service, each at its price for that day."""
    country, start, days = run.country, run.scenario.start, (run.scenario.end - run.scenario.start).days
    homes, lit_nodes, lit_spans = (
        np.zeros((days, n)) for n in (len(country.ids), len(country.ids), len(country.km))
    )
    for event in run.events:
        if event.minute == 0:
            continue  # what is there on the first day is left out
        day, part = divmod(event.minute, 1440)
        left = 1 - part / 1440
        if isinstance(event, ev.HomesConnected):
            homes[day] += event.homes * left
            homes[day + 1 :] += event.homes
        elif isinstance(event, ev.NodeActivated):
            lit_nodes[day, event.node] = left
            lit_nodes[day + 1 :, event.node] = 1
        elif isinstance(event, ev.SpanLit):
            lit_spans[day, event.span] = left
            lit_spans[day + 1 :, event.span] = 1
    dates = [start + timedelta(days=day) for day in range(days)]
    month = np.array([1 / monthrange(day.year, day.month)[1] for day in dates])
    wanted = {
        ("revenue", "homes"): (homes.sum(axis=1) * month * 12.5).sum(),
        ("opex", "homes"): -(homes.sum(axis=1) * month * 2).sum(),
        ("opex", "node"): -(lit_nodes.sum(axis=1) * month * 1200 / 12).sum(),
        ("opex", "span"): -((lit_spans @ country.km) * month * 100 / 12).sum(),
    }
    told = sums(table, "kind", "cause")
    bookings = days / 30 * len(country.ids)  # each is rounded to the cent
    for key, usd in wanted.items():
        assert usd != 0
        assert told[key] / 100 == pytest.approx(usd, abs=0.005 * bookings), key


def test_no_place_earns_before_its_homes_are_connected(run):
    first = {}
    for event in run.events:
        if isinstance(event, ev.HomesConnected):
            for node in np.flatnonzero(event.homes).tolist():
                first.setdefault(node, day_of(event))
    earned = [part for part in books(run).flows.parts if part.cause == "homes" and part.kind == 3]
    assert len(earned) == 1
    days = dict.fromkeys(first, 10**9)
    for node, day in zip(earned[0].node.tolist(), earned[0].day.tolist(), strict=True):
        days[node] = min(days[node], day)
    assert set(days) == set(first)
    start = run.scenario.start
    for node, day in days.items():
        begun, booked = (start + timedelta(days=each) for each in (first[node], day))
        assert begun <= booked
        assert (booked + timedelta(days=1)).day == 1
        assert (booked.year, booked.month) == (begun.year, begun.month)


def test_what_is_worn_out_is_paid_for_again_on_the_day_on_which_its_life_ends(run):
    flows = books(run).flows
    bought = {part.cause: part for part in flows.parts if part.kind == 0}
    for cause, years in (("node", 2), ("homes_connected", 1.5), ("material", 1)):
        wanted = defaultdict(int)
        rows = zip(
            bought[cause].day.tolist(), bought[cause].node.tolist(), bought[cause].cents.tolist(), strict=True
        )
        for day, node, cents in rows:
            for life in itertools.count(1):
                again = day + round(life * years * 365.25)
                if again > flows.last_day:
                    break
                wanted[again, node] += cents
        found = defaultdict(int)
        for part in flows.parts:
            if (part.kind, part.cause) == (1, cause):
                for day, node, cents in zip(
                    *(x.tolist() for x in (part.day, part.node, part.cents)), strict=True
                ):
                    found[day, node] += cents
        assert found == wanted, cause
        assert wanted


def test_what_is_left_at_the_end_is_the_part_of_its_last_life_that_is_to_come(run):
    end = books(run).flows.last_day + 1
    wanted, a_day = 0.0, 0.0
    for event in run.events:
        if isinstance(event, ev.Spent) and event.cause == "node":
            a_day += event.cents / (2 * 365.25)
            age = (end - day_of(event)) % (2 * 365.25)
            wanted += event.cents * (1 - age / (2 * 365.25))
    told = sums(run.tables["finance"], "kind", "cause")["residual", "node"]
    assert told == pytest.approx(wanted, abs=a_day)  # lives begin on whole days
    assert run_of(star([10]), residual="none").finance.query("kind == 'residual'").empty


# ---- worth --------------------------------------------------------------------------------------
def dated(run, *kinds):
    parts = [part for part in books(run).flows.parts if not kinds or part.kind in kinds]
    days, cents = (np.concatenate([getattr(part, name) for part in parts]) for name in ("day", "cents"))
    return days / 365.25, cents / 100


def test_the_whole_is_worth_the_sum_of_its_dated_flows(run, table):
    years, usd = dated(run)
    found = run.appraisal
    assert found.npv_usd == pytest.approx(npv(0.1, years, usd), abs=1e-6)
    assert table["present_usd"].sum() == pytest.approx(found.npv_usd, abs=1e-6)
    kinds = [
        getattr(found, f"{kind}_usd")
        for kind in ("capex", "replacement", "opex", "revenue", "tax", "residual")
    ]
    assert sum(kinds) == pytest.approx(found.npv_usd, abs=1e-6)


def test_at_its_internal_rate_the_whole_is_worth_nothing():
    run = run_of(star([2, 3]), usd_per_home_per_month=40)
    rate = run.appraisal.irr_share_per_year
    years, usd = dated(run)
    assert rate is not None
    assert npv(rate, years, usd) == pytest.approx(0, abs=1e-9 * np.abs(usd).sum())


def test_a_run_that_only_pays_has_no_internal_rate_and_no_payback_and_says_so():
    found = run_of(star([10]), usd_per_home_per_month=0, residual="none").appraisal
    assert (found.irr_share_per_year, found.irr_why, found.payback) == (None, "money only goes out", None)
    assert found.subsidy_usd_per_year > 0


def test_at_its_levelised_price_the_whole_is_worth_nothing(run):
    price = run.appraisal.levelised_usd_per_home_month
    fair = run_of(star([10, 25, 40]), usd_per_home_per_month=price)
    assert fair.appraisal.npv_usd == pytest.approx(0, abs=0.01 * 48 * 4)  # cents a month and place


def test_the_yearly_subsidy_is_worth_what_the_run_lacks():
    found = run_of(star([90, 90])).appraisal
    assert found.npv_usd < 0
    whole = npv(0.1, [1, 2, 3, 4], [found.subsidy_usd_per_year] * 4)
    assert whole == pytest.approx(-found.npv_usd, rel=1e-3)  # 1461 days are four years


def test_costs_by_home_and_by_year_of_service(run):
    found, told = run.appraisal, sums(run.tables["finance"], "kind")
    passed = sum(event.homes for event in run.events if isinstance(event, ev.HomesPassed))
    assert found.usd_per_home_passed == pytest.approx(-told["capex",] / 100 / passed)
    connected = sum(int(event.homes.sum()) for event in run.events if isinstance(event, ev.HomesConnected))
    assert found.usd_per_home_connected == pytest.approx(-told["capex",] / 100 / connected)
    home_years = told["revenue",] / 100 / 12.5 / 12
    cost = -sum(told[kind,] for kind in ("capex", "replacement", "opex", "residual")) / 100
    assert found.usd_per_person_year == pytest.approx(cost / home_years / 4, rel=1e-4)  # four in a home


def test_profit_is_taxed_on_what_is_left_after_wear_and_earlier_losses():
    run = run_of(star([2]), profit_tax_share=0.2, sales_tax_share=0.1, usd_per_home_per_month=60)
    told = sums(run.tables["finance"], "kind", "cause")
    assert told["tax", "sales"] == pytest.approx(-0.1 * told["revenue", "homes"], abs=48 * 2)
    lives = run.scenario.finance.lifetime_years
    end = (run.scenario.end - run.scenario.start).days
    loss, wanted = 0.0, {}
    flows = books(run).flows
    for year in range(2014, 2018):
        low, high = ((date(y, 1, 1) - run.scenario.start).days for y in (year, year + 1))
        profit = 0.0
        for part in flows.parts:
            rows = zip(part.day.tolist(), part.cents.tolist(), strict=True)
            for day, cents in rows:
                if part.kind in (0, 1):
                    life = lives[part.cause] * 365.25
                    profit += cents * max(min(high, day + life) - max(low, day), 0) / life
                elif part.kind in (2, 3) or part.cause == "sales":
                    profit += cents if low <= day < high else 0
        base = profit - loss
        loss = max(-base, 0)
        wanted[str(year),] = -round(0.2 * max(base, 0))
    found = {
        key[1:]: cents
        for key, cents in sums(run.tables["finance"], "cause", "year").items()
        if key[0] == "profit"
    }
    assert end == 1461
    assert found == pytest.approx({key: cents for key, cents in wanted.items() if cents}, abs=1)
    assert found


# ---- places -------------------------------------------------------------------------------------
def test_a_shared_span_is_paid_for_by_all_behind_it_each_by_its_homes():
    """g --10-- a --10-- b, and a branch a --5-- c: the first span is shared by three."""
    people = {"a": 4000, "b": 2000, "c": 400}
    nodes = {"g": {"population": 400, "households": 100, "gateway": True}}
    nodes |= {n: {"population": p, "households": p // 4, "kind": "town"} for n, p in people.items()}
    country = made_country(nodes, {"ga": ("g", "a", 10), "ab": ("a", "b", 10), "ac": ("a", "c", 5)})
    run = run_of(country)
    flows = books(run).flows
    worth = defaultdict(float)
    for part in flows.parts:
        for span, day, cents in zip(part.span.tolist(), part.day.tolist(), part.cents.tolist(), strict=True):
            worth[span] += cents / 100 * 1.1 ** (-day / 365.25)
    at = country.span_index
    shared = dict(zip(*(run.tables["funding_gap"][name] for name in ("place", "shared_usd")), strict=True))
    trunk = worth[at["ga"]]
    assert shared["g"] == 0
    assert shared["a"] == pytest.approx(trunk * 1000 / 1600, rel=1e-12)
    assert shared["b"] == pytest.approx(trunk * 500 / 1600 + worth[at["ab"]], rel=1e-12)
    assert shared["c"] == pytest.approx(trunk * 100 / 1600 + worth[at["ac"]], rel=1e-12)
    # 10 km at 1,000 USD a km each, less the residual value, with upkeep: all of the three spans is told.
    built = [x for x in flows.parts if x.kind == 0 and x.cause in ("survey", "material", "labour")]
    assert all((part.span >= 0).all() for part in built)
    by_span = defaultdict(int)
    for part in built:
        for span, cents in zip(part.span.tolist(), part.cents.tolist(), strict=True):
            by_span[span] -= cents
    assert dict(by_span) == {at["ga"]: 1_000_000, at["ab"]: 1_000_000, at["ac"]: 500_000}


@settings(max_examples=12, deadline=None)
@given(networks(10), st.sampled_from([0.0, 0.2]))
def test_places_and_the_countrys_part_are_worth_the_whole(country, tax):
    run = run_of(country, profit_tax_share=tax, usd_per_home_per_month=30)
    own, shared, rest = books(run).worth
    assert own.sum() + shared.sum() + rest == pytest.approx(run.appraisal.npv_usd, abs=1e-6)


@settings(max_examples=12, deadline=None)
@given(networks(10))
def test_a_subsidy_reaches_the_cheapest_people_first_and_everybody_in_the_end(country):
    run = run_of(country)
    gap = run.funding_gap
    assert (gap.funding_gap_usd == (-gap.npv_usd).clip(lower=0)).all()
    queue = gap.sort_values(["cumulative_funding_gap_usd", "cumulative_population_share"])
    assert queue.cumulative_population_share.is_monotonic_increasing
    a_head = (queue.funding_gap_usd / queue.population.clip(lower=1)).to_numpy()
    assert (np.diff(a_head) >= -1e-9).all() or gap.population.eq(0).any()
    assert queue.cumulative_funding_gap_usd.iloc[-1] == pytest.approx(gap.funding_gap_usd.sum())
    # Any other choice of places that costs no more reaches no more than the next step of the curve.
    served = gap[gap.npv_usd.notna()]
    if 0 < len(served) <= 8:
        rows = list(zip(served.funding_gap_usd, served.population, strict=True))
        steps = list(zip(queue.cumulative_funding_gap_usd, queue.cumulative_population_share, strict=True))
        everybody = int(country.population.sum())
        for size in range(len(rows) + 1):
            for choice in itertools.combinations(rows, size):
                cost, people = sum(c for c, _ in choice), sum(p for _, p in choice)
                next_step = next((share for reach, share in steps if reach > cost + 1e-6), 1.0)
                assert people <= next_step * everybody + 1e-6


def test_existing_homes_earn_only_when_they_are_counted():
    country = star([10])
    existing = {"households_passed": {"g": 200}, "households_connected": {"g": 150}}
    runs = [
        simulate(made_scenario(finance=FINANCE | {"existing": how}, existing=existing), country)
        for how in ("left_out", "counted")
    ]
    revenue = [sums(run.tables["finance"], "kind")["revenue",] for run in runs]
    assert revenue[1] - revenue[0] == 150 * 48 * 1250


# ---- nothing made up ------------------------------------------------------------------------------
def test_without_the_section_only_the_ledger_is_told_and_nothing_is_valued():
    run = simulate(made_scenario(), star([10]))
    told = run.finance
    assert set(told.kind) == {"capex"}
    assert told.amount_cents.sum() == -sum(e.cents for e in run.events if isinstance(e, ev.Spent))
    assert told.present_usd.isna().all()
    gap = run.funding_gap
    assert gap[["own_usd", "shared_usd", "npv_usd", "funding_gap_usd"]].isna().all().all()
    assert run.appraisal is None
    assert run.periods[["opex_usd", "revenue_usd"]].isna().all().all()


def test_the_section_changes_no_other_table_and_nothing_but_two_columns(run):
    plain = simulate(made_scenario(cost=_cost()), star([10, 25, 40]))
    mine, theirs = run.table_hashes(), plain.table_hashes()
    same = {name for name in mine if mine[name] == theirs[name]}
    assert same == set(mine) - {"periods", "finance", "funding_gap"}
    assert run.periods.drop(columns=["opex_usd", "revenue_usd"]).equals(
        plain.periods.drop(columns=["opex_usd", "revenue_usd"])
    )
    told = sums(run.tables["finance"], "kind")
    assert round(run.periods.revenue_usd.sum() * 100) == told["revenue",]
    assert round(run.periods.opex_usd.sum() * 100) == -told["opex",]


# ---- a currency that falls on a known day ---------------------------------------------------------
def test_after_a_devaluation_what_is_awarded_connected_and_renewed_costs_more_by_its_imported_part():
    fall = {"use": "devaluation", "on": "2015-07-01", "per_usd_before": 0.8, "per_usd": 1.6}
    fall |= {"imported_share": 0.75, "labour_share": 0.1}
    budget = {"opening_usd": 20_000, "usd_per_year": 50_000, "access_share": 0.5}
    fields = {"finance": FINANCE, "cost": _cost(), "budget": budget}
    run, plain = (
        simulate(made_scenario(**fields, hazards=hazards), star([20, 25, 30]))
        for hazards in ({"fall": fall}, {"fall": fall | {"off": True}})
    )
    day = (date(2015, 7, 1) - run.scenario.start).days
    (changed,) = [event for event in run.events if isinstance(event, ev.PricesChanged)]
    assert (day_of(changed), changed.material_factor, changed.labour_factor) == (day, 1.75, 1.1)
    km = run.country.km
    prices = []
    for plan in (event for event in run.events if isinstance(event, ev.PlanMade)):
        material, labour = (1.75, 1.1) if day_of(plan) >= day else (1, 1)
        laid = 1000 * float(km[list(plan.spans)].sum())
        usd = laid * 0.3 * material + laid * 0.7 * labour + 5000 * material * len(plan.nodes)
        assert plan.cents / 100 == pytest.approx(usd, abs=0.05)
        prices.append(material)
    assert set(prices) == {1, 1.75}, "some are awarded before it, some after"
    connected = 0.0
    for event in run.events:
        if isinstance(event, ev.HomesConnected):
            connected += 180 * int(event.homes.sum()) * (1.75 if day_of(event) >= day else 1)
    told = sums(run.tables["finance"], "kind", "cause")
    assert told["capex", "homes_connected"] == pytest.approx(-connected * 100, abs=1000)
    # Every node is bought again after two years, at the price of that day: those bought before pay the rise.
    flows, wanted = books(run).flows, 0
    for event in run.events:
        if isinstance(event, ev.Spent) and event.cause == "node":
            for life in itertools.count(1):
                again = day_of(event) + round(life * 2 * 365.25)
                if again > flows.last_day:
                    break
                wanted -= round(event.cents * (1.75 if day_of(event) < day <= again else 1))
    assert told["replacement", "node"] == wanted
    assert not [event for event in plain.events if isinstance(event, ev.PricesChanged)]


@pytest.mark.parametrize("on", ["2013-12-31", "2018-01-01"])
def test_a_devaluation_outside_the_run_changes_nothing(on):
    fall = {"use": "devaluation", "on": on, "per_usd_before": 1, "per_usd": 2}
    run, plain = (simulate(made_scenario(hazards=h), star([10])) for h in ({"fall": fall}, {}))
    assert run.table_hashes() == plain.table_hashes()
