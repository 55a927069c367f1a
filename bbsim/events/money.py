"""Money: what comes into funds and leaves them, what is set aside, and what work is owed for."""

from __future__ import annotations

from bbsim.events.fact import Event
from bbsim.quick import record

__all__ = [
    "FUNDS",
    "BudgetGranted",
    "InterestDue",
    "LoanServed",
    "MoneyBorrowed",
    "MoneyLapsed",
    "MoneyMoved",
    "MoneyReinvested",
    "MoneyReserved",
    "Spent",
    "WorkAccrued",
]

FUNDS = ("backbone", "access", "operator")


@record
class BudgetGranted(Event):
    """Money arrives in a fund."""

    fund: int
    cents: int


@record
class MoneyReinvested(Event):
    """The operator puts money of its own into a fund."""

    fund: int
    cents: int


@record
class MoneyBorrowed(Event):
    """A loan is drawn into a fund, which owes it from now on."""

    fund: int
    cents: int


@record
class MoneyLapsed(Event):
    """Free money is given back at the year's end."""

    fund: int
    cents: int


@record
class InterestDue(Event):
    """Interest is added to what a fund owes."""

    fund: int
    cents: int


@record
class LoanServed(Event):
    """What a fund owes grows less by a payment, which its payer's `Spent` tells before."""

    fund: int
    cents: int


@record
class MoneyMoved(Event):
    """Free money goes from one fund to another."""

    from_fund: int
    to_fund: int
    cents: int


@record
class MoneyReserved(Event):
    """Free money is set aside for a project at its award."""

    fund: int
    project: int
    cents: int


@record
class WorkAccrued(Event):
    """Work is done and owed for; `Spent` tells later when it is paid. Only where a scenario pays later."""

    fund: int
    project: int
    cause: str
    node: int
    cents: int


@record
class Spent(Event):
    """Reserved money is paid: for what cause, and at which place."""

    fund: int
    project: int
    cause: str
    node: int
    cents: int
