"""Transit at gateways: what it costs, who pays, when more is rented; against figures worked out on paper."""

from datetime import date

import numpy as np
import pytest
from bbsim import events as ev
from bbsim.metrics.breaking import breaks_first
from bbsim.simulate import simulate
from bookkeeper import audited
from strategies import made_country, made_scenario

LIT = {"status": "operational"}
RENT = {"usd_per_mbps_per_month": 10, "price_growth_share_per_year": -0.5}


def town(homes=1000, *, gateway=None, kbps=1000, growth=0, **over):
    """A gateway of 2 Gbit/s and, 10 km away, homes connected from the first day, 1 Mbit/s each."""
    nodes = {"g": {"population": 0} | LIT, "a": {"population": 4 * homes, "households": homes} | LIT}
    fields = {
        "gateways": [{"node": "g", "transit_gbps": 2} | (gateway or {})],
        "adoption": {"use": "bass", "innovation": 0, "imitation": 0},
        "existing": {"households_passed": {"a": homes}, "households_connected": {"a": homes}},
        "demand": {"use": "busy_hour_growth", "kbps_per_home": kbps, "measured": "2014-01-01"}
        | {"growth_share_per_year": growth},
        "end": date(2016, 1, 1),
    }
    return simulate(made_scenario(**(fields | over)), made_country(nodes, {"s": ("g", "a", 10, LIT)}))


def paid(run):
    """Date, fund, place and USD of what was paid for transit."""
    ledger = run.ledger[run.ledger.cause == "transit"]
    rows = zip(ledger.date.dt.date, ledger.fund, ledger.place, ledger.amount_usd, strict=True)
    return list(rows)


def test_the_rent_is_paid_on_the_first_of_every_month_by_the_operator():
    run = town(gateway=RENT | {"paid_by": "operator"}, start=date(2014, 1, 11), end=date(2015, 3, 1))
    rows = paid(run)
    assert [day for day, *_ in rows[:3]] == [date(2014, 1, 11), date(2014, 2, 1), date(2014, 3, 1)]
    assert len(rows) == 14
    assert {(fund, place) for _, fund, place, _ in rows} == {("operator", "g")}
    # 2,000 Mbit/s for 10 USD, 21 of the 31 days of January; the price halves in a year.
    start = date(2014, 1, 11)
    for day, _, _, usd in rows:
        months = 21 / 31 if day == start else 1.0
        assert usd == pytest.approx(-20_000 * months * 0.5 ** ((day - start).days / 365.25), abs=0.01)
    total = -sum(usd for *_, usd in rows)
    assert run.periods.opex_usd.sum() == pytest.approx(total)
    assert run.periods.reinvested_usd.sum() == pytest.approx(total)
    assert run.periods.capex_usd.sum() == 0
    book, state = audited(run)
    operator = ev.FUNDS.index("operator")
    assert book.came[operator] == book.paid[operator] == round(total * 100)
    assert state.free[operator] == 0


def test_what_nobody_pays_stays_outside_the_books():
    run = town(gateway=RENT)
    assert not paid(run)
    assert np.isnan(run.periods.opex_usd).all()


def test_growth_is_paid_for_from_the_january_in_which_it_comes():
    run = town(gateway=RENT | {"paid_by": "operator", "growth_share_per_year": 0.5})
    by_day = {day: usd for day, *_, usd in paid(run)}
    for day, gbps in ((date(2014, 12, 1), 2), (date(2015, 1, 1), 3), (date(2015, 2, 1), 3)):
        price = 0.5 ** ((day - date(2014, 1, 1)).days / 365.25)
        assert by_day[day] == pytest.approx(-gbps * 10_000 * price, abs=0.01)


def test_a_full_gateway_is_told_with_the_transit_that_cures_it():
    run = town(4000, gateway=RENT | {"step_gbps": 1, "owner": "Transit plc"}, growth=0.21)
    found = breaks_first(run, "2014-01-01")
    at = found["kind"].tolist().index("gateway")
    assert (found["id"][at], found["owner"][at], found["cure"][at]) == ("g", "Transit plc", "transit")
    assert found["people_held"][at] == 16_000
    # 4 Gbit/s are asked for, 4 x 1.21^2 in two years, at 70 %: 8.4 in steps of 1, of which 2 are there.
    assert found["cure_gbps"][at] == 9.0
    assert found["cure_usd"][at] == pytest.approx(7 * 1000 * 10 * 12)
    others = np.delete(found["owner"], at)
    assert all(owner is None for owner in others)


@pytest.mark.parametrize("transit", [True, False])
def test_transit_is_rented_where_it_will_be_short_if_upgrades_may(transit):
    rule = {"transit": transit, "lead_days": 30, "review_every_months": 6, "sized_for_years": 0}
    run = town(
        4000, gateway=RENT | {"step_gbps": 1, "paid_by": "operator"}, upgrades=rule,
        equipment={"corridor_gbps": 100, "city_node_gbps": 100},
    )  # fmt: skip
    bought = [(e.minute // 1440, e.gbps) for e in run.events if isinstance(e, ev.TransitBought)]
    # Looked at on the first of July; 4 Gbit/s at 70 % are 5.7.
    assert bought == [(0, 2.0), (181 + 30, 6.0)][: 1 + transit]
    after = [-usd for day, *_, usd in paid(run) if day == date(2014, 9, 1)]
    price = 10_000 * 0.5 ** (243 / 365.25)
    assert after == [pytest.approx((6 if transit else 2) * price, abs=0.01)]
    assert (run.periods.delivered_share.iloc[-1] == 1) is np.bool_(transit)
    audited(run)


def test_bought_transit_grows_on_from_what_was_bought():
    rule = {"transit": True, "lead_days": 30, "sized_for_years": 0}
    run = town(4000, gateway={"step_gbps": 1, "growth_share_per_year": 1.0}, upgrades=rule)
    bought = [e.gbps for e in run.events if isinstance(e, ev.TransitBought)]
    assert bought == [2.0, 6.0, 12.0]
