"""Programmes against what they promised, and where money came from and went, by fund and by year.

Shown only where a scenario has funds of its own or programmes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bbsim.finance.funds import who_pays_first
from bbsim.report.facts import Facts
from bbsim.report.story import Promise
from bbsim.report.tables import Cell, Table, currency_words
from bbsim.report.wording import MISSING, day_text, share_text
from bbsim.scenario import Programme

_USES = {
    "built": "built and bought",
    "run": "rents",
    "served": "lenders",
    "lapsed": "given back",
}
_SOURCES = {
    "opening": "in hand at first",
    "granted": "granted",
    "reinvested": "from income",
    "borrowed": "borrowed",
    "moved": "moved",
}


@dataclass(frozen=True, slots=True)
class Strategy:
    """One programme: its head, what it says of the sector beside the run, and its promises."""

    title: str
    words: str
    sector: str
    promises: Sequence[Promise]


@dataclass(frozen=True, slots=True)
class Programmes:
    """The report's section on programmes and funds; amounts in millions of `unit`.

    `order` says which fund pays first, in sentences.
    """

    strategies: Sequence[Strategy]
    order: Sequence[str]
    funds: Table
    years: Table
    unit: str


def programmes(facts: Facts) -> Programmes | None:
    """The section; None where the scenario has neither programmes nor funds of its own."""
    scenario = facts.run.scenario
    if not scenario.programmes and not scenario.funds:
        return None
    return Programmes(
        [_strategy(facts, programme) for programme in scenario.programmes],
        who_pays_first(facts.run),
        _funds(facts),
        _years(facts),
        currency_words(scenario),
    )


# ---- programmes -----------------------------------------------------------------------------------
def _strategy(facts: Facts, programme: Programme) -> Strategy:
    told = facts.run.programmes
    rows = told[told["programme"] == programme.name].to_dict("records")
    unit = currency_words(facts.run.scenario)
    words = f"From {day_text(programme.begins)}"
    words += f" to {day_text(programme.ends)}" if programme.ends else ""
    if programme.off:
        words += ", switched off in this scenario"
    if programme.money is not None:
        words += f"; promised to spend {_amount(programme.money)} million {unit}"
    if programme.funds:
        given, paid = (float(rows[0][name]) for name in ("given", "paid"))
        words += (
            f"; its funds were given {_amount(given)} and had paid {_amount(paid)} million {unit} by the end"
        )
    return Strategy(
        programme.title or programme.name,
        words + ".",
        _sector(facts, programme),
        [_promise(row) for row in rows if row["promise"]],
    )


def _promise(row: Mapping[Any, Any]) -> Promise:
    known = not np.isnan(row["was"])
    on = row["kept_on"]
    return Promise(
        name=row["promise"],
        kept=bool(row["was"] >= row["at_least"] - 1e-12) if known else None,
        promised=f"at least {share_text(row['at_least'])} by {day_text(row['by'])}",
        came=share_text(row["was"]) if known else MISSING,
        reached="not reached within the run" if on is None else f"reached by {day_text(on)}",
    )


def _sector(facts: Facts, programme: Programme) -> str:
    """What was stated of the sector, and what the run's own investment and income imply beside it."""
    stated, scenario = programme.stated, facts.run.scenario
    if stated is None:
        return ""
    unit, words = currency_words(scenario), []
    if stated.grew_times is not None and stated.over_years is not None:
        a_year = stated.grew_times ** (1.0 / stated.over_years) - 1.0
        words.append(
            f"Stated: the sector grew {stated.grew_times:g} times in {stated.over_years} years, "
            f"{_percent(a_year)} a year."
        )
        own = growth_of_income(facts)
        if own is not None:
            years, times = own
            words.append(
                f"In this run what {facts.who_pays} pay{_whose(facts)} grows {times:.2f} times in "
                f"{years} years, {_percent(times ** (1.0 / years) - 1.0)} a year."
            )
    if stated.investment is not None:
        built = float(np.nansum(facts.periods["capex_usd"])) * scenario.minor_per_cent
        span = (scenario.end - scenario.start).days / 365.25
        words.append(
            f"Stated: {_amount(stated.investment)} million {unit} invested in a year; "
            f"this run builds for {_amount(built / span)} a year on average, "
            f"{_percent(built / span / stated.investment) if stated.investment else MISSING} of it."
        )
    if stated.volume is not None:
        words.append(f"The sector's income was stated as {_amount(stated.volume)} million {unit} a year.")
    return " ".join(words)


def _whose(facts: Facts) -> str:
    finance = facts.run.scenario.finance
    return ", those of the first day left out," if finance is None or finance.existing == "left_out" else ""


def growth_of_income(facts: Facts) -> tuple[int, float] | None:
    """Years between the first and the last whole calendar year of the run, and how often the last one's
    income holds the first one's; None without income in the first."""
    revenue = facts.periods["revenue_usd"].astype(np.float64)
    scenario = facts.run.scenario
    first = scenario.start.year + ((scenario.start.month, scenario.start.day) != (1, 1))
    last = scenario.end.year - 1
    years = np.array([start.year for start in facts.periods["period_start"].astype(object)])
    early, late = (float(np.nansum(revenue[years == year])) for year in (first, last))
    return (last - first, late / early) if last > first and early > 0 else None


def _percent(share: float) -> str:
    return f"{100 * share:.1f}\u202f%"


def _amount(amount: float) -> str:
    return f"{amount / 1e6:,.1f}".replace(",", "\u202f")


# ---- funds ----------------------------------------------------------------------------------------
def _funds(facts: Facts) -> Table:
    """Sources and uses over the whole run, a row a fund that ever had money."""
    table = facts.run.funds
    told = {name: table[f"{name}_cents"].to_numpy() for name in (*_SOURCES, *_USES)}
    sources = [name for name in _SOURCES if told[name].any()]
    uses = [name for name in _USES if told[name].any()]
    last = int(table["year"].max())
    titles = {fund.name: fund.title for fund in facts.run.scenario.funds}
    owes = bool(table["debt_cents"].any())
    rows = []
    for fund in facts.run.scenario.fund_names:
        of = (table["fund"] == fund).to_numpy()
        sums = [int(told[name][of].sum()) for name in (*sources, *uses)]
        if not any(sums):
            continue
        end = table[of & (table["year"] == last).to_numpy()].iloc[0]
        left = [int(end["reserved_cents"]), int(end["free_cents"])] + [int(end["debt_cents"])] * owes
        cells = [_millions(cents) for cents in (*sums, *left)]
        rows.append([Cell(fund, fund, titles.get(fund, "")), *cells])
    heads = ["Fund", *(_SOURCES[name] for name in sources), *(_USES[name] for name in uses)]
    heads += ["set aside", "free", *["owed to lenders"] * owes]
    return Table(heads, (False, *[True] * (len(heads) - 1)), rows)


def _years(facts: Facts) -> Table:
    """Commitments, work done and payments of all funds by year."""
    table = facts.run.funds.drop(columns="fund").groupby("year").sum()
    names = {
        "committed_cents": "set aside in the year",
        "accrued_cents": "work done and bought",
        "paid_cents": "paid",
        "owed_to_builders_cents": "done, not yet paid",
        "reserved_cents": "still set aside",
        "free_cents": "free",
    }
    rows = [
        [Cell(str(year), float(str(year))), *(_millions(int(row[name])) for name in names)]
        for year, row in table.iterrows()
    ]
    heads = ["Year", *names.values()]
    return Table(heads, (False, *[True] * len(names)), rows)


def _millions(cents: int) -> Cell:
    return Cell(f"{cents / 1e8:.2f}".replace("-", "−") if cents else MISSING, cents / 100.0)
