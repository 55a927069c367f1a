"""What comes into the scenario's own funds and what goes back: grants, draws, income, loans, lapses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from bbsim import events as ev
from bbsim.finance.present import annuity
from bbsim.finance.upkeep import Upkeep
from bbsim.scenario import Fund
from bbsim.sections.funds import Loan, Tranche
from bbsim.simulate.till import OPERATOR
from bbsim.simulate.world import Process, World
from bbsim.units import MINUTES_PER_DAY, months_after

DAYS_PER_YEAR = 365.25


def processes(world: World) -> Iterator[Process]:
    """All that funds do on their own."""
    for number, fund in enumerate(world.scenario.funds, start=len(ev.FUNDS)):
        for kind, tranches in (("grant", fund.grants), ("draw", fund.draws)):
            for place, day, minor in dated(world, fund, tranches):
                yield _arrival(world, fund, number, f"{kind} {place}", day, minor)
        if fund.reinvests is not None:
            yield _reinvestment(world, fund, number)
        if fund.unspent == "lapses":
            yield _lapse(world, number)
        if _closes(world, fund) < world.days:
            yield _closed(world, fund, number)


def _closes(world: World, fund: Fund) -> int:
    """The day from which nothing comes into a fund any more; the horizon if no programme closes it."""
    day = world.scenario.closes(fund=fund.name)
    return world.days if day is None else min((day - world.scenario.start).days, world.days)


def _closed(world: World, fund: Fund, number: int) -> Process:
    """On the day on which its programme is closed, what is free in a fund is given back."""
    yield world.until(max(_closes(world, fund), 0))
    free = world.state.free_in(number)
    if free > 0:
        world.record(ev.MoneyLapsed(world.now, number, free))


def dated(world: World, fund: Fund, tranches: list[Tranche]) -> Iterator[tuple[str, int, int]]:
    """Each part that is promised for a day of the run: its place, its day, and how much of the ledger."""
    days = _closes(world, fund)
    for at, tranche in enumerate(tranches):
        for year in range(tranche.years):
            day = (months_after(tranche.on, 12 * year) - world.scenario.start).days
            if 0 <= day < days:
                yield f"{at}.{year}", day, round(tranche.amount * 100)


def to_come(world: World, purpose: int) -> int:
    """US cents of grants and draws that are still promised for a purpose after today."""
    minor = 0
    for number, fund in enumerate(world.scenario.funds, start=len(ev.FUNDS)):
        if world.till.pays_for(purpose, number):
            promised = dated(world, fund, [*fund.grants, *fund.draws])
            minor += sum(amount for _, day, amount in promised if day > world.today)
    return world.till.cents(minor)


def _arrival(world: World, fund: Fund, number: int, what: str, day: int, minor: int) -> Process:
    """One grant or draw, on its day or later; that of the first day before the office meets."""
    if day:
        yield world.until(day)
    (slip,) = world.draws(f"fund {what}", fund.name, [fund.slip_days])
    if slip:
        yield world.delay(slip)
    if what.startswith("grant"):
        world.record(ev.BudgetGranted(world.now, number, minor))
    else:
        assert fund.loan is not None
        world.record(ev.MoneyBorrowed(world.now, number, minor))
        world.env.process(_service(world, number, fund.loan, minor))
    world.money_came()


# ---- income that comes back -----------------------------------------------------------------------
def _reinvestment(world: World, fund: Fund, number: int) -> Process:
    """On the first of each month, a share of what lines paid that were connected when the last one ended.

    Of net income what was in service then cost to run in the month is taken off before.
    """
    finance, rule = world.scenario.finance, fund.reinvests
    if finance is None or rule is None:
        return
    start = today = world.scenario.start
    at_first = (0, 0) if rule.existing_homes else _paying(world)
    upkeep = Upkeep(world.scenario, world.country, world.state) if rule.of == "net" else None
    last = _closes(world, fund)
    while (day := ((following := months_after(today.replace(day=1), 1)) - start).days) < last:
        yield world.until(day - 1)
        homes, firms = (now - then for now, then in zip(_paying(world), at_first, strict=True))
        cost_usd = 0.0 if upkeep is None else upkeep.usd_per_month(world.state, homes, firms)
        yield world.until(day)
        dearer = (1.0 + finance.price_growth_share_per_year) ** ((today - start).days / DAYS_PER_YEAR)
        price, of_firm = finance.usd_per_home_per_month * dearer, finance.usd_per_business_per_month * dearer
        months = (following - today).days / (following - today.replace(day=1)).days
        gross = (homes * months * price + firms * months * of_firm) * (1.0 - finance.sales_tax_share)
        cents = round((gross - cost_usd * months if cost_usd else gross) * rule.share * 100)
        if cents > 0:
            world.till.bring(number, cents)
            world.money_came()
        today = following


def _paying(world: World) -> tuple[int, int]:
    """Homes and businesses with a line of any technology."""
    lines = world.state.lines
    if lines is None:
        return world.state.homes_connected, 0
    return int(lines.homes.connected.sum()), int(lines.businesses.connected.sum())


def _lapse(world: World, number: int) -> Process:
    """In the last minute of each year what is not reserved is given back."""
    start = world.scenario.start
    for year in range(start.year + 1, world.scenario.end.year + 1):
        day = (date(year, 1, 1) - start).days
        if day > world.days:
            return
        yield world.env.timeout(day * MINUTES_PER_DAY - 1 - world.now)
        free = world.state.free_in(number)
        if free > 0:
            world.record(ev.MoneyLapsed(world.now, number, free))


# ---- loans ------------------------------------------------------------------------------------------
def _service(world: World, number: int, loan: Loan, drawn: int) -> Process:
    """Pay a draw back: interest alone at first, then equal instalments, the last of which leaves nothing."""
    start, drawn_on = world.scenario.start, world.date()
    payer = world.scenario.fund_names.index(loan.paid_by)
    a_year, count = loan.instalments_per_year, round(loan.years * loan.instalments_per_year)
    first = round(loan.grace_years * a_year)
    rate = loan.interest_share_per_year / a_year
    owed, interest, unpaid, equal, nth = drawn, 0, 0, 0, 0
    while owed:
        nth += 1
        day = (months_after(drawn_on, nth * 12 // a_year) - start).days
        if day >= world.days:
            return
        yield world.until(day)
        if nth == first + 1:
            equal = round(annuity(owed, rate, count - first))
        more = round(owed * rate)
        if more:
            world.record(ev.InterestDue(world.now, number, more))
        owed, interest = owed + more, interest + more
        due = min(owed, unpaid + (more if nth <= first else equal)) if nth < count else owed
        paid = _paid(world, payer, due, min(interest, due))
        if paid:
            world.record(ev.LoanServed(world.now, number, paid))
        owed, interest, unpaid = owed - paid, max(interest - paid, 0), due - paid


def _paid(world: World, payer: int, due: int, interest: int) -> int:
    """Pay lenders what is due, or what there is; interest first."""
    if payer == OPERATOR:
        world.record(ev.MoneyReinvested(world.now, payer, due))
    else:
        due = min(due, max(world.state.free_in(payer), 0))
    for cause, amount in (("interest", min(interest, due)), ("repayment", due - min(interest, due))):
        if amount:
            world.record(ev.MoneyReserved(world.now, payer, -1, amount))
            world.record(ev.Spent(world.now, payer, -1, cause, -1, amount))
    return due
