"""The first screen of an ensemble: one sentence, dates with their confidence, the odds of each promise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from bbsim.report.ensemble_facts import Luck
from bbsim.report.story import counted
from bbsim.report.wording import (
    day_text,
    days_text,
    large_text,
    share_text,
    to_date,
    usd_text,
)


@dataclass(frozen=True, slots=True)
class BandCard:
    """One figure: its median, and what one run in ten falls below and above."""

    label: str
    figure: str
    low: str
    high: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Odds:
    """A promise and in how many of the runs it is kept."""

    name: str
    promised: str
    share: float | None
    text: str
    words: str


def sentence(luck: Luck) -> str:
    """The ensemble in one sentence."""
    head = f"In {counted(luck.runs, 'run')} of the same scenario, each with its own luck"
    what, row = _main_date(luck)
    finish, never = luck.finish, float(luck.finish["not_yet_share"][row])
    days = luck.finish_days[str(finish["what"][row])]
    if never >= 1.0:
        return f"{head}, {what} does not come on fibre by {day_text(luck.horizon)} in any run."
    if len(set(days.tolist())) == 1:
        day = to_date(finish["p50"][row])
        return f"{head}, {what} comes on fibre on {day_text(day)} in every run: nothing that varies moves it."
    low, middle, high = (to_date(finish[level][row]) for level in ("p10", "p50", "p90"))
    until = day_text(high) if high is not None else f"some day after {luck.horizon.year}"
    half = f", in half of them by {day_text(middle)}" if middle is not None else ""
    tail = f"; in {share_text(never)} of them not by {day_text(luck.horizon)}" if never else ""
    return (
        f"{head}, {what} comes on fibre between {day_text(low)} and {until} in eight of ten{half}{tail}."
        f"{_whole_country(luck, row)}"
    )


def _whole_country(luck: Luck, row: int) -> str:
    """The last of all cities, where the sentence was about another."""
    if row == 0:
        return ""
    low, high = (to_date(luck.finish[level][0]) for level in ("p10", "p90"))
    if low is None:
        return f" Not all cities are reached by {day_text(luck.horizon)} in most runs."
    until = f"and {day_text(high)}" if high is not None else f"and some day after {luck.horizon.year}"
    return f" The last of all cities, in an area that opened late, follows between {day_text(low)} {until}."


def _main_date(luck: Luck) -> tuple[str, int]:
    """The date that the page is about: that of the last city which nothing keeps closed."""
    what = luck.finish["what"].tolist()
    if "last city outside closed areas" in what:
        return "the last city outside the closed areas", what.index("last city outside closed areas")
    return "the last city", 0


# ---- figures ----------------------------------------------------------------------------------------
def cards(luck: Luck) -> list[BandCard]:
    """The dates, then people, homes and money at the end of the run."""
    out = [_date_card(luck, row) for row in range(len(luck.finish["what"]))]
    columns: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
        ("population_on_fibre_share_at_end", "People where fibre is", share_text),
        ("households_passed", "Homes passed", large_text),
        ("achievable_mbps_per_home_mean", "A home can get at the busy hour", _rate),
        ("spent_usd", "Money spent on building", usd_text),
    )
    for column, label, text in columns:
        band = luck.last(column)
        if band is not None:
            low, middle, high = (text(value) for value in band)
            out.append(BandCard(label, middle, low, high, f"at the end of {luck.horizon.year}"))
    return out


def _rate(mbps: Any) -> str:
    from bbsim.report.wording import rate_text

    return rate_text(mbps)


def _date_card(luck: Luck, row: int) -> BandCard:
    finish = luck.finish
    never = float(finish["not_yet_share"][row])
    low, middle, high = (luck.level_text(finish[level][row], exact=False) for level in ("p10", "p50", "p90"))
    begin, end = to_date(finish["p10"][row]), to_date(finish["p90"][row])
    note = f"not finished in {share_text(never)} of runs" if never else ""
    if begin is not None and end is not None:
        note = f"{days_text((end - begin).days)} apart" + (f"; {note}" if note else "")
    what = str(finish["what"][row])
    return BandCard(what[0].upper() + what[1:], middle, low, high, note)


# ---- promises -----------------------------------------------------------------------------------------
def odds(luck: Luck) -> list[Odds]:
    """Each target of the scenario and the share of runs that keep it."""
    out = []
    for target, share in zip(luck.scenario.targets, luck.kept_shares, strict=True):
        promised = f"at least {share_text(target.at_least)} by {day_text(target.by)}"
        out.append(Odds(target.name, promised, share, odds_text(share, luck.runs), odds_words(share, luck)))
    return out


def odds_text(share: float | None, runs: int) -> str:
    """How often, as people say it.

    >>> odds_text(0.0, 200), odds_text(0.25, 200), odds_text(1.0, 200), odds_text(None, 200)
    ('never', '25\\u202f% of runs', 'always', 'open')
    """
    if share is None:
        return "open"
    if share <= 0.0:
        return "never" if runs > 1 else "no"
    if share >= 1.0:
        return "always" if runs > 1 else "yes"
    return f"{share_text(share)} of runs"


def odds_words(share: float | None, luck: Luck) -> str:
    """What that says about the chance itself, which a finite number of runs leaves open.

    The exact interval of a share (Clopper and Pearson 1934), with 90 % confidence.
    """
    if share is None:
        return "can't be judged: the runs end before then, or no period ends by then"
    from scipy.stats import beta

    kept = round(share * luck.runs)
    low = float(beta.ppf(0.05, kept, luck.runs - kept + 1)) if kept else 0.0
    high = float(beta.ppf(0.95, kept + 1, luck.runs - kept)) if kept < luck.runs else 1.0
    told = f"kept in {kept} of {counted(luck.runs, 'run')}"
    if kept == 0:
        return f"{told}: the chance is at most {share_text(high)}"
    if kept == luck.runs:
        return f"{told}: the chance is at least {share_text(low)}"
    return f"{told}: the chance lies between {share_text(low)} and {share_text(high)}"


def enough(luck: Luck) -> str:
    """Whether the runs are enough, in a sentence."""
    what, row = _main_date(luck)
    width = luck.median_width_days[str(luck.finish["what"][row])]
    if not np.isfinite(width):
        return (
            f"{counted(luck.runs, 'run')} are too few to say how well the median date of {what} is known, or "
            "it does not come in half of them."
        )
    if width == 0:
        return f"The median date of {what} would not move with more runs."
    return (
        f"{counted(luck.runs, 'run')} tell the median date of {what} to within {days_text(width)} (90 % "
        "confidence); more runs would narrow that, not the spread from P10 to P90, which is luck itself."
    )
