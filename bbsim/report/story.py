"""The first screen: one sentence, five figures, and the promises the run is held against."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from bbsim.finance.funds import built_from_income_usd
from bbsim.report.facts import Facts
from bbsim.report.limits import limit_words
from bbsim.report.wording import (
    MISSING,
    count_text,
    day_text,
    is_missing,
    large_text,
    month_text,
    rate_text,
    share_text,
    usd_text,
)
from bbsim.scenario import Target


@dataclass(frozen=True, slots=True)
class Card:
    """One figure of the story: what it is, the figure, and the line below it."""

    label: str
    figure: str
    note: str
    second: str = ""
    second_label: str = ""


@dataclass(frozen=True, slots=True)
class Promise:
    """A target, what came of it, and whether that is enough."""

    name: str
    kept: bool | None
    promised: str
    came: str
    reached: str


@dataclass(frozen=True, slots=True)
class Cities:
    """How many cities there are and when the last ones came on fibre.

    Attributes
    ----------
    last : the last city of all, and its day; None if none came on fibre after the first day.
    last_open : the last of the cities that were open from the start.
    """

    total: int
    on_fibre: int
    open_total: int
    open_on_fibre: int
    last: tuple[int, date] | None
    last_open: tuple[int, date] | None


def cities_of(facts: Facts) -> Cities:
    """How far the cities came, and the last days."""
    country = facts.run.country
    cities = np.flatnonzero(country.is_city).tolist()
    since = {node: day for node, day in facts.on_fibre_since.items() if country.is_city[node]}
    always = {node for node in cities if country.open_from_start[node]}

    def latest(nodes: set[int]) -> tuple[int, date] | None:
        built = [node for node in sorted(nodes) if node in since and not facts.at_start[node]]
        node = max(built, key=lambda n: (since[n], n), default=None)
        return None if node is None else (node, since[node])

    return Cities(
        total=len(cities),
        on_fibre=len(since),
        open_total=len(always),
        open_on_fibre=len(always & set(since)),
        last=latest(set(cities)),
        last_open=latest(always),
    )


# ---- the sentence ---------------------------------------------------------------------------------
def sentence(facts: Facts) -> str:
    """The run in one sentence."""
    cities, years = cities_of(facts), f"{facts.run.scenario.start.year} to {facts.horizon.year}"
    people = share_text(facts.last("population_on_fibre_share_at_end"))
    spent = usd_text(float(np.sum(facts.periods["capex_usd"])))
    own = built_from_income_usd(facts.run.tables["ledger"])
    theirs = f", {usd_text(own)} of it put in by the operator" if own else ""
    end = f"{people} of people live in a place on fibre at the end, and {spent} is spent{theirs}"
    return f"From {years}, {_cities_words(facts, cities)}; {end}."


def _cities_words(facts: Facts, cities: Cities) -> str:
    every, ready = count_text(cities.total), count_text(cities.open_total)
    if cities.on_fibre < cities.total:
        return f"{count_text(cities.on_fibre)} of {every} cities come on fibre"
    if cities.last is None:
        return f"all {every} cities are on fibre from the first day"
    node, day = cities.last
    words = f"all {every} cities come on fibre, the last, {facts.english(node)}, in {month_text(day)}"
    if cities.open_total < cities.total and cities.last_open is not None:
        sooner = month_text(cities.last_open[1])
        words = f"all {ready} cities that are open from the start come on fibre by {sooner}, and "
        words += f"{facts.english(node)}, the last of all {every}, in {month_text(day)}"
    return words


# ---- five figures ---------------------------------------------------------------------------------
def cards(facts: Facts) -> list[Card]:
    """The story in five figures."""
    return [
        _cities_card(facts),
        _people_card(facts),
        _homes_card(facts),
        _speed_card(facts),
        _money_card(facts),
    ]


def _cities_card(facts: Facts) -> Card:
    cities = cities_of(facts)
    at_start = int((facts.at_start & facts.run.country.is_city).sum())
    notes = [f"{at_start} on the first day."]
    if cities.last is not None:
        node, day = cities.last
        notes.append(f"The last: {facts.english(node)}, {day_text(day)}.")
    if cities.open_total < cities.total and cities.last_open is not None:
        node, day = cities.last_open
        notes.append(f"The last outside closed areas: {facts.english(node)}, {day_text(day)}.")
    return Card(
        "Cities on fibre", f"{count_text(cities.on_fibre)} of {count_text(cities.total)}", " ".join(notes)
    )


def _people_card(facts: Facts) -> Card:
    end = facts.last("population_on_fibre_share_at_end")
    start = share_text(facts.people_share(facts.at_start))
    on, people = facts.by_place("on_fibre")[-1], facts.run.country.population[facts.places]
    left = int(people[~on.astype(bool)].sum())
    note = f"{start} on the first day"
    note += (
        f"; {large_text(left)} (counted in {facts.run.country.reference_year}) still without" if left else ""
    )
    return Card("People where fibre is", share_text(end), note)


def _homes_card(facts: Facts) -> Card:
    share = share_text(facts.last("households_passed_share_at_end"))
    taken = share_text(facts.last("take_up_share"))
    note = f"{share} of all homes have fibre at the door; {taken} of those take it"
    return Card(
        "Homes passed", large_text(facts.last("households_passed")), note,
        large_text(facts.last("households_connected")), "connected",
    )  # fmt: skip


def _limit(facts: Facts) -> str:
    words = limit_words(facts)
    return f". {words}" if words else ""


def _speed_card(facts: Facts) -> Card:
    load, best = facts.last("busy_hour_mbps_per_home"), facts.last("achievable_mbps_per_home_mean")
    tenth = facts.last("achievable_mbps_per_home_p10")
    worst = f", and {rate_text(tenth)} in the worst-served tenth of homes" if tenth is not None else ""
    note = f"an active home on fibre, on average{worst}{_limit(facts)}"
    return Card(
        "A home can get at the busy hour", rate_text(best), note,
        rate_text(load), "load of a connected home then",
    )  # fmt: skip


def _money_card(facts: Facts) -> Card:
    came = facts.came_in_by_cause_usd
    note = f"{usd_text(came['grant'] + came['opening'])} of grants"
    note += f", {usd_text(came['borrowed'])} borrowed" if came["borrowed"] else ""
    note += f", {usd_text(came['reinvested'])} by the operator of its own" if came["reinvested"] else ""
    note += " came in"
    spent = usd_text(float(np.sum(facts.periods["capex_usd"])))
    return Card("Money spent", spent, note, usd_text(facts.last("cash_usd")), "left at the end")


# ---- promises -------------------------------------------------------------------------------------
def promises(facts: Facts) -> list[Promise]:
    """Each target of the scenario, held against the run."""
    return [_promise(facts, target) for target in facts.run.scenario.targets]


def _promise(facts: Facts, target: Target) -> Promise:
    at_end = facts.periods[f"{target.column}_at_end"]
    known = [
        (end, float(share)) for end, share in zip(facts.ends, at_end, strict=True) if not is_missing(share)
    ]
    by_then = [share for end, share in known if end <= target.by + timedelta(days=1)]
    first = next((end for end, share in known if share >= target.at_least - 1e-12), None)
    reached = (
        "not reached within the run"
        if first is None
        else f"reached in the {facts.run.scenario.report_every} to {day_text(first - timedelta(days=1))}"
    )
    if first is not None and first == facts.ends[0]:
        reached = "reached in the first period"
    of_open = " of the open cities" if target.column.startswith("cities") else ""
    return Promise(
        name=target.name,
        kept=by_then[-1] >= target.at_least - 1e-12 if by_then else None,
        promised=f"at least {share_text(target.at_least)} by {day_text(target.by)}",
        came=(share_text(by_then[-1]) if by_then else MISSING) + of_open,
        reached=reached,
    )


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> counted(1, "city", "cities"), counted(78, "city", "cities")
    ('1 city', '78 cities')
    """
    return f"{count_text(number)} {one if number == 1 else many or one + 's'}"
