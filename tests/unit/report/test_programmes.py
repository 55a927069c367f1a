"""The page's section on programmes and funds."""

import pytest
from bbsim.report.facts import Facts
from bbsim.report.programmes import growth_of_income, programmes


def test_without_funds_and_programmes_there_is_no_section(small_facts):
    assert programmes(small_facts) is None


@pytest.fixture(scope="module")
def facts(make_run):
    stated = {"grew_times": 8.2, "over_years": 10, "volume": 2e6, "investment": 1e6}
    run = make_run(
        currency={"code": "AZN", "per_usd": 0.785},
        funds=[
            {"name": "oil", "title": "The oil fund", "pays_for": ["backbone", "access"], "opening": 500_000},
            {"name": "own", "pays_for": ["access"], "reinvests": {"share": 0.2}},
        ],
        finance={"usd_per_home_per_month": 12},
        programmes=[
            {"name": "ict", "begins": "2003-01-01", "ends": "2013-01-01", "stated": stated},
            {"name": "gone", "begins": "2014-01-01", "off": True},
        ],
    )
    return Facts(run)


def test_growth_of_eight_point_two_times_in_ten_years_is_told_as_a_rate(facts):
    strategy = programmes(facts).strategies[0]
    assert "8.2 times in 10 years, 23.4\u202f% a year" in strategy.sector
    years, times = growth_of_income(facts)
    assert f"grows {times:.2f} times in {years} years" in strategy.sector
    assert f"{100 * (times ** (1 / years) - 1):.1f}\u202f% a year" in strategy.sector


def test_what_is_off_says_so(facts):
    assert "switched off" in programmes(facts).strategies[1].words


def test_sources_and_uses_are_told_in_the_ledgers_currency(facts):
    section = programmes(facts)
    assert section.unit == "AZN"
    rows = {row[0].text: [cell.key for cell in row[1:]] for row in section.funds.rows}
    heads = section.funds.heads[1:]
    oil = dict(zip(heads, rows["oil"], strict=True))
    assert oil["in hand at first"] == 500_000
    assert oil["built and bought"] + oil["set aside"] + oil["free"] == pytest.approx(500_000)
    assert {"backbone", "access", "oil", "own"} <= set(rows)


def test_the_years_are_those_of_the_run(facts):
    years = [row[0].text for row in programmes(facts).years.rows]
    first, last = facts.run.scenario.start.year, facts.horizon.year
    assert years == [str(year) for year in range(first, last + 1)]


def test_the_order_in_which_funds_are_asked_is_told_and_who_was_never_asked(facts, make_run):
    after = "each when those before it have nothing free."
    assert f"For the network pays backbone, then oil: {after}" in programmes(facts).order
    rich = [
        {"name": "oil", "pays_for": ["access"], "opening": 500_000_000},
        {"name": "late", "pays_for": ["access"], "opening": 7},
        {"name": "empty", "pays_for": ["access"]},
    ]
    told = programmes(Facts(make_run(funds=rich))).order
    assert f"For passing homes pays access, then oil, then late: {after}" in told
    assert [words for words in told if words.startswith("Nothing was ever asked of ")] == [
        "Nothing was ever asked of late: those before it had enough."
    ]
