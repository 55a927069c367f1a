"""What would make a date sure: the causes behind it, how much of its spread each explains, and the lever.

The shares come from the ensemble's `drivers` table; here they are put into sentences, and each cause that
people can do something about is told with what that would be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.report.chains import STAGE_WORDS
from bbsim.report.ensemble_facts import Luck
from bbsim.report.wording import is_missing, share_text

DATES = {
    "last_city_day": ("last_city", "last city on fibre"),
    "last_open_city_day": ("last_open_city", "last city outside closed areas"),
}
"""By the drivers' ``date``: the column that names the city, and the words of the finish table."""

WAITS = {
    "season": "waiting for the season",
    "crews": "waiting for crews while building",
    "permits": "waiting for a permit desk",
    "money": "waiting for money while building",
}
AWARDS = {
    "money": "waiting to be awarded, while money held places back",
    "crews": "waiting to be awarded, while crews were busy elsewhere",
    "permits": "waiting to be awarded, while permit desks were full",
    "turn": "waiting for its turn in the order",
}
LEVERS = {
    "permits": "binding time limits for permits, or permits asked for before the award",
    "wait: permits": "more desks at the permit office, or files brought in earlier",
    "tender": "framework contracts instead of a tender for each project",
    "material": "cable and huts ordered ahead and kept in stock",
    "survey": "surveys done before the award",
    "laying": "more crews on one route at a time",
    "wait: season": "starting so that laying in the mountains falls into the open months",
    "wait: crews": "more crews, or crews that may work outside their own regions",
    "award: crews": "more crews, or crews that may work outside their own regions",
    "award: money": "money that comes earlier, or is promised for several years",
    "award: permits": "more desks at the permit offices",
    "award: turn": "another order of building",
    "huts": "huts and power ordered with the cable",
    "upstream": "building the route that feeds this one first",
    "closed": "nothing within the programme: it follows from the day on which the area opens",
    "commissioning": "a team for commissioning in each region",
    "splice_test": "more splicing crews",
}
"""What people can do about a cause; general knowledge of the trade, not a result of the runs."""
SAID = 0.25
"""Causes are named in the sentence if those that are sure explain so much of the variance."""
HAZARDS = {
    "permit_tails": ("permit files that got stuck", "somebody who follows each file; a time limit by law"),
    "weather": ("days lost to weather", "high ground in the dry months first"),
    "procurement": ("orders that came late", "cable and huts ordered ahead and kept in stock"),
    "customs": ("goods held at the border", "papers cleared beforehand, and a stock inside the country"),
    "contractor_default": ("a contractor gave up", "a second contractor under a framework contract"),
    "disputes": ("disputes with contractors", "a dispute board from the first day"),
    "reference_class": ("slips as such projects have", "the outside view names no cause: see the hazards"),
}
"""By model of a hazard: what a wait for it is called, and what people can do about it."""


@dataclass(frozen=True, slots=True)
class Driver:
    """One cause: how long, how much of the spread, and the lever."""

    cause: str
    days: str
    share: str
    error: str
    width: float
    without: str
    lever: str


@dataclass(frozen=True, slots=True)
class Drivers:
    """The causes behind one date, in order of what they explain of its spread."""

    title: str
    which: str
    sentence: str
    rows: Sequence[Driver]


def cause_words(cause: str, hazards: Mapping[str, str]) -> str:
    """A cause as people say it; one that is not known here as it is written.

    Parameters
    ----------
    hazards : of the scenario, the model by name.

    >>> cause_words("wait: season", {}), cause_words("wait: storm", {"storm": "weather"})
    ('waiting for the season', 'days lost to weather')
    >>> stuck = {"permits": "permit_tails"}
    >>> cause_words("wait: permits", stuck), cause_words("wait: permits (hazard)", stuck)
    ('waiting for a permit desk', 'permit files that got stuck')
    >>> cause_words("wait: strike", {"strike": "mine.py:Strike"})
    'held up by strike'
    """
    kind, _, why = cause.partition(": ")
    if kind == "wait" and why not in WAITS:
        name = why.removesuffix(" (hazard)")
        return HAZARDS.get(hazards.get(name, ""), (f"held up by {name}",))[0]
    if kind == "wait":
        return WAITS[why]
    if kind == "award":
        return AWARDS.get(why, f"waiting to be awarded, while {why} held places back")
    return STAGE_WORDS.get(cause, cause)


def lever(cause: str, hazards: Mapping[str, str]) -> str:
    """What people can do about a cause, or nothing."""
    name = cause.removeprefix("wait: ").removesuffix(" (hazard)")
    return LEVERS.get(cause) or HAZARDS.get(hazards.get(name, ""), ("", ""))[1]


def all_drivers(luck: Luck) -> list[Drivers]:
    """What is behind each date of the last city."""
    told = luck.finish["what"].tolist()
    out = []
    for name, (column, words) in DATES.items():
        mine = np.array([date == name for date in luck.drivers["date"]], dtype=bool)
        if words in told and mine.any():
            table = {key: np.asarray(values)[mine] for key, values in luck.drivers.items()}
            out.append(_drivers(luck, words, column, table))
    return out


def _drivers(luck: Luck, words: str, column: str, table: dict[str, Any]) -> Drivers:
    days = luck.finish_days[words]
    known = np.sort(days[days >= 0]).astype(float)
    # Of the runs in which it comes, as the shares are.
    spread = _at(known, 0.9) - _at(known, 0.1)
    hazards = {name: hazard.use for name, hazard in luck.scenario.hazards.items()}
    table["words"] = np.array([cause_words(str(cause), hazards) for cause in table["cause"]], dtype=object)
    table["lever"] = np.array([lever(str(cause), hazards) for cause in table["cause"]], dtype=object)
    rows = [row for i in range(len(table["cause"])) if (row := _driver(table, i, len(known))) is not None]
    never = float((days < 0).mean())
    told = _sentence(table, spread, len(known))
    if never:
        told += (
            f" In {share_text(never)} of runs the date does not come at all; these figures are of the others."
        )
    return Drivers(words[0].upper() + words[1:], _which(luck, column), told, rows)


def _at(values: Any, level: float) -> float:
    return float(values[max(int(np.ceil(level * len(values) - 1e-9)) - 1, 0)]) if len(values) else 0.0


def _which(luck: Luck, column: str) -> str:
    """Which city it is: one, or one of several."""
    index = luck.country.node_index
    cities = [(luck.english(index[node]), share) for node, share in luck.last_cities[column]]
    if not cities:
        return ""
    if len(cities) == 1:
        return f"It is {cities[0][0]} in every run."
    told = [f"{name} in {share_text(share)} of runs" for name, share in cities[:3]]
    if len(cities) > 3:
        told.append(f"{len(cities) - 3} more in the rest")
    return f"Which city is the last is a matter of luck: {_listed(told)}."


def _driver(table: dict[str, Any], i: int, runs: int) -> Driver | None:
    """A row of the table; None of a cause that is short and moves nothing."""
    share = float(table["variance_share"][i])
    low, middle, high = (float(table[f"days_{level}"][i]) for level in ("p10", "p50", "p90"))
    error = float(table["variance_share_error"][i])
    small = is_missing(share) or abs(share) < 0.005
    if high < 1 and small:
        return None
    # What strikes few runs has no band: how long it takes there, and how often that is.
    struck = int(table["runs"][i])
    mean = float(table["days_mean"][i]) * runs / max(struck, 1)
    rare = f"{_days(mean)} on average in {share_text(struck / runs)} of runs, else none"
    return Driver(
        cause=str(table["words"][i]),
        days=length_text(low, middle, high) if middle >= 1 else rare,
        share="none" if small else share_text(share) if share > 0 else f"−{share_text(-share)}",
        error="" if small or is_missing(error) else f"± {share_text(error)}",
        width=0.0 if is_missing(share) else round(100 * min(max(share, 0.0), 1.0), 1),
        without=length_text(*[float(table["spread_days_without"][i])] * 3),
        lever=str(table["lever"][i]) if not small and share > 0.03 else "",
    )


def length_text(low: float, middle: float, high: float) -> str:
    """A length of time with its band, in one unit.

    >>> length_text(38, 57, 76), length_text(250, 280, 340), length_text(5, 5, 5)
    ('57 days (38 – 76)', '9.2 months (8.2 – 11.2)', '5 days')
    """
    unit, size, form = next(
        each
        for each in (("days", 1.0, ".0f"), ("months", 30.4369, ".1f"), ("years", 365.25, ".1f"))
        if high < {"days": 150, "months": 1100}.get(each[0], float("inf"))
    )
    below, at, above = (f"{days / size:{form}}" for days in (low, middle, high))
    return f"{at} {unit}" if below == above else f"{at} {unit} ({below} – {above})"


def _sentence(table: dict[str, Any], spread: float, runs: int) -> str:
    shares = np.nan_to_num(np.asarray(table["variance_share"], dtype=float))
    if spread <= 0 or not (shares > 0).any():
        return "The date is as good as the same in every run: nothing that varies moves it."
    text = f"From P10 to P90 lie {_days(spread)}. {_most(table, shares, runs)}"
    without = np.asarray(table["spread_days_without"], dtype=float)
    best = int(without.argmin())
    if without[best] >= 0.95 * spread:
        return (
            f"{text} No cause that always took its mean would by itself narrow the date: others would take "
            "its place."
        )
    cause, mean = str(table["words"][best]), _days(float(table["days_mean"][best]))
    return (
        f"{text} What would narrow it most, if it always took its mean of {mean} and all else stayed as it "
        f"was, is {cause}: {_days(float(without[best]))} would be left."
    )


def _most(table: dict[str, Any], shares: NDArray[np.float64], runs: int) -> str:
    """The causes of most of the variance; only those that stand out from luck, by two standard errors."""
    errors = np.nan_to_num(np.asarray(table["variance_share_error"], dtype=float), nan=np.inf)
    large = [i for i in np.argsort(-shares, kind="stable").tolist() if shares[i] > 0.05][:5]
    sure = [i for i in large if shares[i] > 2 * errors[i]]
    if sum(shares[i] for i in sure) < SAID:
        return f"Which cause makes it unsure can't be told from {runs} runs: more would."
    told = [f"{table['words'][i]} ({share_text(shares[i])})" for i in sure]
    return f"What makes it unsure is {_listed(told)}, by share of the variance."


def _days(days: float) -> str:
    return length_text(days, days, days)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
