"""Sources and uses of money by fund and year, and what came of programmes: told from the events alone."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import numpy as np

from bbsim import events as ev
from bbsim.metrics.booked import FINANCING, RUNNING
from bbsim.metrics.columns import objects, past_of
from bbsim.run import Columns, Run
from bbsim.scenario import Programme
from bbsim.units import MINUTES_PER_DAY

_FLOWS = (
    "granted",
    "reinvested",
    "borrowed",
    "moved",
    "lapsed",
    "committed",
    "accrued",
    "paid",
    "built",
    "run",
    "served",
)
_SOURCES = ("granted", "reinvested", "borrowed", "moved")
_PURPOSES = {
    "backbone": "For the network pays",
    "access": "For passing homes pays",
    "operator": "For more light pays",
}
_SIMPLE: dict[type[ev.Event], str] = {
    ev.BudgetGranted: "granted",
    ev.MoneyReinvested: "reinvested",
    ev.MoneyBorrowed: "borrowed",
    ev.MoneyLapsed: "lapsed",
    ev.MoneyReserved: "committed",
}


def funds(run: Run) -> Columns:
    """One row a year and fund, in hundredths of the ledger's currency.

    At each year's end: opening + granted + reinvested + borrowed + moved - lapsed = paid + reserved + free,
    of all years until then. `committed` is what was set aside in the year, `accrued` the work done (where
    work is paid at once, what is paid), `paid` what left the fund: `built`, `run` (rents) and `served`
    (lenders).
    """
    scenario = run.scenario
    names, first = scenario.fund_names, scenario.start.year
    last = (scenario.end - timedelta(days=1)).year
    years = last - first + 1
    flow = {name: [[0] * len(names) for _ in range(years)] for name in _FLOWS}
    debt = [[0] * len(names) for _ in range(years)]
    later = scenario.payment is not None
    worked: dict[tuple[int, int, str, int], int] = {}
    january = [
        (date(year, 1, 1) - scenario.start).days * MINUTES_PER_DAY for year in range(first + 1, last + 1)
    ]
    for _, event in past_of(run).in_order(*_BOOKED):
        kind = type(event)
        year = bisect_right(january, event.minute)
        if isinstance(event, ev.MoneyMoved):
            flow["moved"][year][event.from_fund] -= event.cents
            flow["moved"][year][event.to_fund] += event.cents
        elif isinstance(event, ev.Spent):
            use = "run" if event.cause in RUNNING else "served" if event.cause in FINANCING else "built"
            for name in ("paid", use):
                flow[name][year][event.fund] += event.cents
            key = event.fund, event.project, event.cause, event.node
            owed = min(worked.get(key, 0), event.cents) if later else 0
            if owed:
                worked[key] -= owed
            flow["accrued"][year][event.fund] += event.cents - owed
        elif isinstance(event, ev.PlacesPaid):
            cents = int(event.amounts_cents.sum())
            for name in ("reinvested", "committed", "accrued", "paid", "built"):
                flow[name][year][event.fund] += cents
        elif isinstance(event, ev.WorkAccrued):
            flow["accrued"][year][event.fund] += event.cents
            key = event.fund, event.project, event.cause, event.node
            worked[key] = worked.get(key, 0) + event.cents
        elif isinstance(event, (ev.MoneyBorrowed, ev.InterestDue, ev.LoanServed)):
            debt[year][event.fund] += -event.cents if isinstance(event, ev.LoanServed) else event.cents
        if kind in _SIMPLE:
            booked: Any = event
            flow[_SIMPLE[kind]][year][booked.fund] += booked.cents
    sums = {name: np.array(rows, dtype=np.int64) for name, rows in flow.items()}
    return _columns(run, sums, np.array(debt, dtype=np.int64), first)


_BOOKED = {
    *_SIMPLE,
    ev.MoneyMoved,
    ev.Spent,
    ev.PlacesPaid,
    ev.WorkAccrued,
    ev.InterestDue,
    ev.LoanServed,
}


def _columns(run: Run, flow: dict[str, Any], debt: Any, first: int) -> Columns:
    years, count = debt.shape
    opening = np.zeros((years, count), dtype=np.int64)
    opening[0] = run.opening_cents
    came = opening + flow["granted"] + flow["reinvested"] + flow["borrowed"] + flow["moved"] - flow["lapsed"]
    reserved = np.cumsum(flow["committed"] - flow["paid"], axis=0)
    out: dict[str, Any] = {
        "year": np.repeat(np.arange(first, first + years), count),
        "fund": np.tile(objects(run.scenario.fund_names), years),
        "opening_cents": opening.reshape(-1),
    }
    for name in _FLOWS:
        out[f"{name}_cents"] = flow[name].reshape(-1)
    out["reserved_cents"] = reserved.reshape(-1)
    out["owed_to_builders_cents"] = np.cumsum(flow["accrued"] - flow["paid"], axis=0).reshape(-1)
    out["free_cents"] = (np.cumsum(came - flow["paid"], axis=0) - reserved).reshape(-1)
    out["debt_cents"] = np.cumsum(debt, axis=0).reshape(-1)
    return out


def built_from_income_usd(ledger: Mapping[str, Any]) -> float:
    """Dollars of what was built that operators paid from their income.

    What a fund put back and has not spent, or paid to lenders with, built nothing. In a fund that has both,
    its income goes before what it was given.
    """
    usd, cause, fund = ledger["amount_usd"], ledger["cause"], ledger["fund"]
    built = (usd < 0) & ~np.isin(cause, (*RUNNING, *FINANCING, "moved", "lapsed"))
    came = cause == "reinvested"
    own = [(came & (fund == name), built & (fund == name)) for name in sorted({*fund[came].tolist()})]
    return math.fsum(min(float(usd[given].sum()), -float(usd[used].sum())) for given, used in own)


def who_pays_first(run: Run) -> list[str]:
    """By purpose, the funds in the order in which they are asked: it decides whose money is used up and whose
    is left. Funds to which nothing came are left out."""
    table, scenario = run.funds, run.scenario
    came, asked = dict.fromkeys(scenario.fund_names, 0), dict.fromkeys(scenario.fund_names, 0)
    cents = {name: column.tolist() for name, column in table.items() if str(name).endswith("_cents")}
    for at, name in enumerate(table["fund"].tolist()):
        came[name] += sum(max(cents[f"{flow}_cents"][at], 0) for flow in ("opening", *_SOURCES))
        asked[name] += cents["committed_cents"][at]
    out = []
    for purpose, title in _PURPOSES.items():
        order = [purpose, *(fund.name for fund in scenario.funds if purpose in fund.pays_for)]
        order = [name for name in order if came[name] > 0]
        if len(order) > 1:
            out.append(f"{title} {', then '.join(order)}: each when those before it have nothing free.")
    idle = [fund.name for fund in scenario.funds if came[fund.name] and not asked[fund.name]]
    return out + [f"Nothing was ever asked of {name}: those before it had enough." for name in idle]


def programmes(run: Run) -> Columns:
    """One row a promise of a programme: what was promised, what it was by then, and when it was kept.

    A programme without promises has one row, with what its funds gave and paid until the end of the run.
    """
    table = run.funds
    rows: list[tuple[Any, ...]] = []
    for programme in run.scenario.programmes:
        own = np.isin(table["fund"], programme.funds)
        came = ("opening", "granted", "reinvested", "borrowed")
        given = sum(int(table[f"{name}_cents"][own].sum()) for name in came)
        paid = int(table["paid_cents"][own].sum())
        money = programme.money if programme.money is not None else np.nan
        head = (programme.name, programme.off, money, given / 100, paid / 100)
        told = _kept(run, programme) or [("", None, np.nan, None, np.nan, None)]
        rows += [(*head, *each) for each in told]
    names = ["programme", "off", "money", "given", "paid"]
    names += ["promise", "column", "at_least", "by", "was", "kept_on"]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    numbers = ("money", "given", "paid", "at_least", "was")
    return {
        name: np.array(column, dtype=np.float64) if name in numbers else objects(column)
        for name, column in zip(names, columns, strict=True)
    }


def _kept(run: Run, programme: Programme) -> list[tuple[Any, ...]]:
    periods = run.tables["periods"]
    ends = periods["period_end"].astype(object)
    out = []
    for goal in programme.targets:
        at_end = periods.get(f"{goal.column}_at_end")
        shares = np.asarray(periods[goal.column] if at_end is None else at_end, dtype=np.float64)
        by_then = [s for end, s in zip(ends, shares, strict=True) if end <= goal.by + timedelta(days=1)]
        reached = [e for e, s in zip(ends, shares, strict=True) if s >= goal.at_least - 1e-12]
        was = by_then[-1] if by_then else np.nan
        out.append((goal.name, goal.column, goal.at_least, goal.by, was, reached[0] if reached else None))
    return out
