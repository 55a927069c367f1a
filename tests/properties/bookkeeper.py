"""Money, added up again by a second book-keeper who knows no State."""

from collections import defaultdict

from bbsim import events as ev
from bbsim.state import State


class Book:
    """Double-entry by fund: what came, what is set aside (and for whom), what was paid."""

    def __init__(self, opening):
        self.came, self.paid = list(opening), [0] * len(opening)
        self.owed, self.debt = defaultdict(int), [0] * len(opening)
        self.aside = defaultdict(int)

    def post(self, event):
        match event:
            case ev.BudgetGranted() | ev.MoneyReinvested():
                assert event.cents > 0 or isinstance(event, ev.MoneyReinvested)
                self.came[event.fund] += event.cents
            case ev.MoneyBorrowed():
                assert event.cents > 0
                self.came[event.fund] += event.cents
                self.debt[event.fund] += event.cents
            case ev.MoneyLapsed():
                assert 0 < event.cents <= self.free(event.fund), "what is set aside does not lapse"
                self.came[event.fund] -= event.cents
            case ev.InterestDue():
                assert event.cents > 0
                self.debt[event.fund] += event.cents
            case ev.LoanServed():
                self.debt[event.fund] -= event.cents
                assert self.debt[event.fund] >= 0, "more paid back than is owed"
            case ev.PlacesPaid():
                assert len(event.nodes) == len(event.amounts_cents)
                assert all(cents > 0 for cents in event.amounts_cents)
                self.came[event.fund] += sum(event.amounts_cents.tolist())
                self.paid[event.fund] += sum(event.amounts_cents.tolist())
            case ev.WorkAccrued():
                assert event.cents > 0
                self.owed[event.fund, event.project] += event.cents
                assert self.owed[event.fund, event.project] <= self.aside[event.fund, event.project]
            case ev.MoneyMoved():
                assert event.cents > 0
                assert event.from_fund != event.to_fund
                self.came[event.from_fund] -= event.cents
                self.came[event.to_fund] += event.cents
            case ev.MoneyReserved():
                assert event.cents >= 0
                self.aside[event.fund, event.project] += event.cents
            case ev.Spent():
                assert event.cents >= 0
                self.aside[event.fund, event.project] -= event.cents
                self.paid[event.fund] += event.cents
                self.owed[event.fund, event.project] -= event.cents
                assert self.aside[event.fund, event.project] >= 0, "more paid than was set aside"

    def set_aside(self, fund):
        return sum(cents for (f, _), cents in self.aside.items() if f == fund)

    def free(self, fund):
        return self.came[fund] - self.paid[fund] - self.set_aside(fund)


MONEY = (
    ev.BudgetGranted
    | ev.MoneyReinvested
    | ev.MoneyBorrowed
    | ev.MoneyLapsed
    | ev.InterestDue
    | ev.LoanServed
    | ev.MoneyMoved
    | ev.MoneyReserved
    | ev.WorkAccrued
    | ev.PlacesPaid
    | ev.Spent
)


def audited(run):
    """The book after the last event; every event was checked against the state and for overspending."""
    opening = run.opening_cents
    book, state, money = Book(opening), State(run.country, opening), 0
    for event in run.events:
        state.apply(event)
        book.post(event)
        if isinstance(event, MONEY):
            money += 1
            for fund in range(len(opening)):
                assert type(state.free[fund]) is int
                assert state.free[fund] == book.free(fund), (event, fund)
                assert state.free[fund] >= 0, (event, fund)
                assert state.reserved[fund] == book.set_aside(fund) >= 0
                assert state.paid[fund] == book.paid[fund]
                assert state.debt[fund] == book.debt[fund]
        if isinstance(event, ev.ProjectReady) and run.scenario.payment is None:
            assert book.aside[0, event.project] == 0, "a finished project has used up what was set aside"
    assert money > 0
    return book, state
