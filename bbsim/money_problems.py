"""What does not fit in a scenario's funds and grants; each is a rule of `bbsim.checks`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bbsim.errors import Problem, did_you_mean
from bbsim.scenario import Scenario

SAME_RATE_SHARE = 0.01
"""Rates that are told in round figures may be so far apart."""

if TYPE_CHECKING:
    from bbsim.country import Country


def unknown_funds(scenario: Scenario, _: Country) -> Iterator[Problem]:
    """Funds that are named and are none of the scenario."""
    own = [fund.name for fund in scenario.funds]
    for i, fund in enumerate(scenario.funds):
        if fund.loan is not None and fund.loan.paid_by not in scenario.fund_names:
            path, known = f"funds[{i}].loan.paid_by", list(scenario.fund_names)
            message = f"saw '{fund.loan.paid_by}', which is no fund of this scenario"
            yield Problem("unknown-fund", message, path=path, hint=did_you_mean(fund.loan.paid_by, known))
    for i, programme in enumerate(scenario.programmes):
        for number, name in enumerate(programme.funds):
            if name not in own:
                message = f"saw '{name}', which is no fund of this scenario"
                path = f"programmes[{i}].funds[{number}]"
                yield Problem("unknown-fund", message, path=path, hint=did_you_mean(name, own))


def rates_apart(scenario: Scenario, _: Country) -> Iterator[Problem]:
    """Devaluations from another rate than the one that was in force."""
    falls = [
        (hazard.parameters, path)
        for _name, path, hazard in scenario.dangers
        if hazard.use == "devaluation" and {"on", "per_usd", "per_usd_before"} <= hazard.parameters.keys()
    ]
    falls.sort(key=lambda fall: str(fall[0]["on"]))
    before, whose = (
        (None, "") if scenario.currency is None else (scenario.currency.per_usd, "currency.per_usd")
    )
    for told, path in falls:
        then, now = told["per_usd_before"], told["per_usd"]
        if not all(isinstance(rate, (int, float)) for rate in (then, now)):
            continue  # what is wrong with it is told by the hazard itself
        if before is not None and abs(then / before - 1.0) > SAME_RATE_SHARE:
            message = f"saw {then:g} for a dollar, but until then {whose} has it at {before:g}"
            yield Problem(
                "rates-apart", message, path=f"{path}.per_usd_before", hint="Write one of the two twice."
            )
        before, whose = float(now), f"{path}.per_usd"


def no_income(scenario: Scenario, _: Country) -> Iterator[Problem]:
    """Money that is to come from what nothing tells of, and loans with no time to be paid back."""
    paid = scenario.finance
    if paid is not None and paid.usd_per_business_per_month and not _has_businesses(scenario):
        message = "businesses pay, but no `access.last_mile` tells of any: nothing comes in"
        path = "finance.usd_per_business_per_month"
        yield Problem("no-income", message, path=path, severity="warning")
    for i, fund in enumerate(scenario.funds):
        if fund.reinvests is not None and (scenario.finance is None or scenario.finance.off):
            message = "a share of what homes pay is put in, but `finance` does not say what they pay"
            yield Problem("no-income", message, path=f"funds[{i}].reinvests")
        if fund.loan is not None and fund.loan.grace_years >= fund.loan.years:
            message = (
                f"saw {fund.loan.grace_years:g}, but it must be paid back within {fund.loan.years:g} years"
            )
            yield Problem("no-income", message, path=f"funds[{i}].loan.grace_years")


def _has_businesses(scenario: Scenario) -> bool:
    mile = scenario.access.last_mile
    return mile is not None and mile.businesses_per_1000_people > 0


def no_money(scenario: Scenario, _: Country) -> Iterator[Problem]:
    """Grants that never arrive."""
    budget = scenario.budget
    first, last = budget.first_grant or scenario.start, budget.last_grant or scenario.end
    if first > last:
        message = f"saw {last}, but the first grant comes later, on {first}: no grant arrives"
        path = "budget.last_grant" if budget.last_grant else "budget.first_grant"
        yield Problem("no-money", message, path=path)
    elif (
        not scenario.funds and budget.opening_usd == 0 and (budget.usd_per_year == 0 or first >= scenario.end)
    ):
        message = "nothing in hand and no grant within the scenario: nothing can be built"
        yield Problem("no-money", message, path="budget", severity="warning")
