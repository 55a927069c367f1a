"""Money as the state sees it: what each booking does to the fund that it names.

At every event, for each fund: opening + granted + reinvested + borrowed + moved - lapsed = paid + reserved +
free. What is owed to builders is part of what is reserved, what is owed to lenders stands beside it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bbsim import events as ev

if TYPE_CHECKING:
    from bbsim.state import State


def _add(table: str, sign: int, state: State, event: Any) -> None:
    getattr(state, table)[event.fund] += sign * event.cents


def _moved(state: State, event: ev.MoneyMoved) -> None:
    state.moved[event.from_fund] -= event.cents
    state.moved[event.to_fund] += event.cents


def _spent(state: State, event: ev.Spent) -> None:
    state.reserved[event.fund] -= event.cents
    state.paid[event.fund] += event.cents


def _borrowed(state: State, event: ev.MoneyBorrowed) -> None:
    state.borrowed[event.fund] += event.cents
    state.debt[event.fund] += event.cents


APPLY: dict[type[ev.Event], Any] = {
    ev.BudgetGranted: partial(_add, "granted", 1),
    ev.MoneyReinvested: partial(_add, "reinvested", 1),
    ev.MoneyBorrowed: _borrowed,
    ev.MoneyLapsed: partial(_add, "lapsed", 1),
    ev.InterestDue: partial(_add, "debt", 1),
    ev.LoanServed: partial(_add, "debt", -1),
    ev.MoneyMoved: _moved,
    ev.MoneyReserved: partial(_add, "reserved", 1),
    ev.WorkAccrued: partial(_add, "accrued", 1),
    ev.Spent: _spent,
}
