"""The section `finance` as people write it."""

import pytest
from bbsim.errors import InputError
from bbsim.scenario import Scenario
from bbsim.sections.money import LIFETIME_YEARS, NODE_USD_PER_YEAR
from strategies import made_fields, made_scenario


def finance(**given):
    return Scenario.model_validate(made_fields(finance={"usd_per_home_per_month": 12} | given)).finance


def test_money_is_a_number_or_a_text_with_its_unit():
    given = finance(
        usd_per_home_per_month="144 USD/year",
        home_usd_per_month="2 USD/month",
        span_usd_per_km_per_year="0.1 USD/m/year",
        connection_usd_per_home="0.2 kUSD/home",
        node_usd_per_year={"city": "1 kUSD/month"},
    )
    assert given.usd_per_home_per_month == pytest.approx(12)
    assert given.home_usd_per_month == 2
    assert given.span_usd_per_km_per_year == pytest.approx(100)
    assert given.connection_usd_per_home == pytest.approx(200)
    assert given.node_usd_per_year["city"] == pytest.approx(12_000)


def test_what_is_not_named_keeps_its_default():
    given = finance(node_usd_per_year={"town": 5}, lifetime_years={"node": "6 months"})
    assert given.node_usd_per_year == NODE_USD_PER_YEAR | {"town": 5}
    assert given.lifetime_years == LIFETIME_YEARS | {"node": 0.5}


@pytest.mark.parametrize(
    "given",
    [
        {"usd_per_home_per_month": -1},
        {"usd_per_home_per_month": "12 AZN/month"},
        {"sales_tax_share": 18},
        {"lifetime_years": {"node": 0}},
        {"lifetime_years": {"tower": 10}},
        {"node_usd_per_year": {"junction": 10}},
        {"residual": "some"},
        {"price": 12},
    ],
)
def test_what_makes_no_sense_is_refused(given):
    with pytest.raises(InputError):
        made_scenario().with_(finance={"usd_per_home_per_month": 12} | given)


def test_the_price_of_a_line_has_no_default():
    with pytest.raises(InputError, match="usd_per_home_per_month"):
        made_scenario().with_(finance={"home_usd_per_month": 1})


def test_without_a_rate_of_its_own_the_planners_counts():
    from bbsim.finance import books
    from bbsim.simulate import simulate
    from strategies import star

    scenario = made_scenario(
        finance={"usd_per_home_per_month": 12}, planner={"discount_share_per_year": 0.03}
    )
    run = simulate(scenario, star([10]))
    assert books(run).flows.rate == 0.03
    assert run.appraisal.discount_share_per_year == 0.03


def test_switched_off_it_is_as_if_it_were_not_there():
    from bbsim.simulate import simulate
    from strategies import star

    runs = [
        simulate(made_scenario(finance=f), star([10]))
        for f in (None, {"off": True, "usd_per_home_per_month": 1})
    ]
    assert runs[0].table_hashes() == runs[1].table_hashes()
    assert runs[1].appraisal is None
