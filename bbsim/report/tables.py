"""The report's tables: each city, each region, and where the money went, year by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.report.facts import Facts
from bbsim.report.thinning import Thinned
from bbsim.report.wording import (
    MISSING,
    count_text,
    day_text,
    days_text,
    is_missing,
    rate_text,
    share_text,
    usd_text,
)
from bbsim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: what is shown, what a sort compares, and a second line."""

    text: str
    key: float | str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Headings and rows; `numeric` tells which columns stand right."""

    heads: Sequence[str]
    numeric: Sequence[bool]
    rows: Sequence[Sequence[Cell]]
    foot: Sequence[Cell] = ()


# ---- cities -----------------------------------------------------------------------------------------
CITY_HEADS = (
    "City", "On fibre since", "Its project waited", "Residents", "Homes passed", "Homes connected",
    "An active home can get", "Busy-hour load a home", "Region",
)  # fmt: skip


def cities_table(facts: Facts) -> Table:
    """A row a city together with the places that are part of it, earliest on fibre first."""
    country, waits = facts.run.country, _waits(facts)
    parts = _parts(facts)
    last = {
        name: np.nan_to_num(np.asarray(facts.by_place(name)[-1], dtype=np.float64))
        for name in (
            "households_passed",
            "households_connected",
            "delivered_gbps",
            "achievable_mbps_per_home",
        )
    }
    rows = []
    for node in Thinned(facts).cities.tolist():
        mine = parts[node]
        name, english = facts.name(node), facts.english(node)
        homes, passed = last["households_connected"][mine], last["households_passed"][mine]
        people = country.population[facts.places[mine]]
        # Where nobody lives or no home is passed, no home can get anything.
        rates = np.where((people > 0) & (passed > 0), last["achievable_mbps_per_home"][mine], 0.0)
        connected = float(homes.sum())
        load = float(last["delivered_gbps"][mine].sum()) * 1000.0
        rows.append(
            [
                Cell(name, english.casefold(), english if english != name else ""),
                _since(facts, node, mine),
                waits.get(node, Cell(MISSING, -1.0)),
                _count(int(people.sum())),
                _count(int(passed.sum())),
                _count(int(connected)),
                _number(_average(rates, homes), rate_text),
                _number(load / connected if connected else None, rate_text),
                _text(str(country.nodes["region"][node])),
            ]
        )
    rows.sort(key=lambda row: (row[1].key, row[0].key))
    return Table(CITY_HEADS, (False, False, False, True, True, True, True, True, False), rows)


def without_residents(facts: Facts) -> str:
    """What the table of cities means by towns without residents, in one sentence; empty if there are none."""
    country = facts.run.country
    empty = [
        facts.english(node)
        for node, parts in _parts(facts).items()
        if country.is_city[node] and not country.population[facts.places[parts]].any()
    ]
    if not empty:
        return ""
    return (
        f"Nobody was counted in {', '.join(sorted(empty))}: people are counted where they live, "
        "those who were displaced too, and nobody moves or returns in the model, so that such a place is "
        "reached without a home to pass."
    )


def _average(rates: NDArray[np.float64], homes: NDArray[np.float64]) -> float | None:
    """Average of the parts that have a rate, by homes connected; equal weights while nobody is."""
    weights = np.where(rates > 0, homes if homes.sum() > 0 else 1.0, 0.0)
    return float((rates * weights).sum() / weights.sum()) if weights.sum() > 0 else None


def _parts(facts: Facts) -> dict[int, NDArray[np.int64]]:
    """By city: positions among the places of the city itself and of what is part of it."""
    country = facts.run.country
    found: dict[int, list[int]] = {}
    for i, node in enumerate(facts.places.tolist()):
        whole = country.node_index.get(country.nodes["part_of"][node], node)
        found.setdefault(whole, []).append(i)
    return {whole: np.array(parts, dtype=np.int64) for whole, parts in found.items()}


def _since(facts: Facts, node: int, parts: NDArray[np.int64]) -> Cell:
    """Since when the city's own node is on fibre; of a city in parts, how many of them are at the end."""
    on = int(facts.by_place("on_fibre")[-1][parts].sum())
    note = f"its centre; {on} of its {len(parts)} parts by the end" if len(parts) > 1 else ""
    if facts.at_start[node]:
        return Cell("the first day", 0.0, note)
    day = facts.on_fibre_since.get(node)
    if day is not None:
        return Cell(day_text(day), float((day - facts.run.scenario.start).days), note)
    area = facts.run.country.nodes["area"][node]
    closed = bool(area) and area not in facts.openings
    return Cell("not yet", 1e9, "area stays closed" if closed else "")


def _waits(facts: Facts) -> dict[int, Cell]:
    """By node: how long its project waited, and for what longest."""
    table, index = facts.run.tables["projects"], facts.run.country.node_index
    cells: dict[int, Cell] = {}
    for nodes, days, why in zip(table["nodes"], table["delayed_days"], table["delayed_why"], strict=True):
        for node in nodes:
            told = (
                Cell("none", 0.0)
                if is_missing(why) or not days
                else Cell(days_text(int(days)), float(days), f"most for {why}")
            )
            cells.setdefault(index[node], told)
    return cells


# ---- regions ----------------------------------------------------------------------------------------
REGION_HEADS = (
    "Region", "Residents", "Cities on fibre", "People on fibre", "Homes passed", "Homes connected",
    "Lit", "Spent there",
)  # fmt: skip


def regions_table(facts: Facts) -> Table:
    """A row a region, at the end of the run; money summed over it."""
    country = facts.run.country
    columns = ("cities_on_fibre", "households_passed", "households_connected", "lit_km")
    last = {name: facts.by_region(name)[-1] for name in (*columns, "population_on_fibre_share_at_end")}
    spent = np.nan_to_num(facts.by_region("capex_usd")).sum(axis=0)
    region_of = np.array(country.nodes["region"], dtype=object)
    rows = []
    for i, region in enumerate(country.regions):
        here = region_of == region
        cities = int((country.is_city & here).sum())
        on = int(last["cities_on_fibre"][i])
        km = float(last["lit_km"][i])
        rows.append(
            [
                _text(region),
                _count(int(country.population[here].sum())),
                Cell(f"{count_text(on)} of {count_text(cities)}", float(on)),
                _number(last["population_on_fibre_share_at_end"][i], share_text),
                _count(int(last["households_passed"][i])),
                _count(int(last["households_connected"][i])),
                Cell(f"{count_text(km)} km", km),
                Cell(usd_text(float(spent[i])), float(spent[i])),
            ]
        )
    return Table(REGION_HEADS, (False, *[True] * 7), rows)


# ---- money ------------------------------------------------------------------------------------------
CAUSE_WORDS = {
    "survey": "survey",
    "material": "material",
    "labour": "labour",
    "node": "huts and electronics",
    "homes_passed": "passing homes",
    "upgrade": "more capacity",
    "lease": "leases",
    "transit": "transit",
    "interest": "interest",
    "repayment": "paid back to lenders",
    "lapsed": "given back at a year's end",
}
_IN = {
    "opening": "in hand at first",
    "grant": "grants",
    "reinvested": "by the operator",
    "borrowed": "borrowed",
}
_NOT_SPENT = {"interest": "to lenders", "repayment": "to lenders", "lapsed": "given back"}
_LAST_MILE = {
    "pass": "masts and cabinets",
    "connect": "drops",
    "terminal": "terminals",
    "exit": "removal",
    "renew": "renewal",
}


@dataclass(frozen=True, slots=True)
class Money:
    """The ledger by year, and the sum that must come out."""

    table: Table
    identity: str
    moved: str
    unit: str


def money(facts: Facts) -> Money:
    """Every booking, summed by year and cause; the last column is what was in hand at the year's end."""
    ledger = facts.run.tables["ledger"]
    cents = _by_year_and_cause(facts)
    amounts = np.asarray(ledger["amount_cents"], dtype=np.int64)
    to_access = (ledger["cause"] == "moved") & (ledger["fund"] == "access") & (amounts > 0)
    moved = int(amounts[to_access].sum())
    causes = sorted({cause for _, cause in cents if cause not in {"moved", "reserved"}})
    incomes = [c for c in _IN if c in causes]
    known = [c for c in CAUSE_WORDS if c in causes]
    spends = [*known, *(c for c in causes if c not in CAUSE_WORDS and c not in _IN)]
    in_hand, rows = 0, []
    for year in range(facts.run.scenario.start.year, facts.horizon.year + 1):
        came = [cents.get((year, cause), 0) for cause in incomes]
        went = [-cents.get((year, cause), 0) for cause in spends]
        in_hand += sum(came) - sum(went)
        rows.append([Cell(str(year), float(year)), *map(_cents, [*came, *went, in_hand])])
    total_in = [sum(cents.get((year, c), 0) for year, cause in cents if cause == c) for c in incomes]
    total_out = [-sum(cents.get((year, c), 0) for year, cause in cents if cause == c) for c in spends]
    heads = [
        "Year",
        *(_IN[c] for c in incomes),
        *(CAUSE_WORDS.get(c, c) for c in spends),
        "in hand at year's end",
    ]
    foot = [Cell("All", 0.0), *map(_cents, [*total_in, *total_out, in_hand])]
    table = Table(heads, (False, *[True] * (len(heads) - 1)), rows, foot)
    exact = " + ".join(f"{_exact(total)} {_IN[c]}" for c, total in zip(incomes, total_in, strict=True))
    unit = currency_words(facts.run.scenario)
    went_to = dict.fromkeys(("spent", *_NOT_SPENT.values()), 0)
    for cause, total in zip(spends, total_out, strict=True):
        went_to[_NOT_SPENT.get(cause, "spent")] += total
    gone = " − ".join(f"{_exact(out)} {words}" for words, out in went_to.items() if out or words == "spent")
    identity = f"{exact or '0.00'} − {gone} = {_exact(in_hand)} in hand, in {unit} to the cent."
    moved_usd = moved / (100 * facts.run.scenario.minor_per_cent)
    words = f"{usd_text(moved_usd)} that channels did not need was moved to passing homes." if moved else ""
    return Money(table, identity, words, unit)


def _by_year_and_cause(facts: Facts) -> dict[tuple[int, str], int]:
    """Cents of the ledger by year and cause; work of a last mile by what it is."""
    ledger, start = facts.run.tables["ledger"], facts.run.scenario.start
    dates = np.asarray(ledger["date"], dtype="datetime64[D]")
    dates = np.where(np.isnat(dates), np.datetime64(start, "D"), dates)
    year = dates.astype("datetime64[Y]").astype(np.int64) + 1970 - start.year
    causes = {cause: i for i, cause in enumerate(dict.fromkeys(ledger["cause"].tolist()))}
    cause_at = np.fromiter(map(causes.__getitem__, ledger["cause"].tolist()), dtype=np.int64, count=len(year))
    years = int(year.max(initial=-1)) + 1
    sums = np.zeros((years, len(causes)), dtype=np.int64)
    np.add.at(sums, (year, cause_at), np.asarray(ledger["amount_cents"], dtype=np.int64))
    booked = np.zeros(sums.shape, dtype=bool)
    booked[year, cause_at] = True
    cents: dict[tuple[int, str], int] = {}
    for row, column in np.argwhere(booked).tolist():
        cause = list(causes)[column]
        cause = _LAST_MILE.get(cause.partition("_")[0], cause) if cause not in CAUSE_WORDS else cause
        key = start.year + row, cause
        cents[key] = cents.get(key, 0) + int(sums[row, column])
    return cents


def currency_words(scenario: Scenario) -> str:
    """What the ledger is kept in."""
    return scenario.currency.code if scenario.currency else "US dollars"


def _cents(cents: int) -> Cell:
    """Cents as millions of the ledger's currency with two decimals."""
    return Cell(f"{cents / 1e8:.2f}" if cents else MISSING, cents / 100.0)


def _exact(cents: int) -> str:
    return f"{cents / 100:,.2f}".replace(",", "\u202f")


# ---- cells ------------------------------------------------------------------------------------------
def _text(text: str) -> Cell:
    return Cell(text or MISSING, text.casefold())


def _count(count: int) -> Cell:
    return Cell(count_text(count), float(count))


def _number(value: Any, text: Any) -> Cell:
    return Cell(text(value), -1.0 if is_missing(value) else float(value))
