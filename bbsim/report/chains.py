"""Why not earlier: the stages and waits that decided the date of the last cities, ready to be drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from bbsim.metrics.why import Link, chain_of
from bbsim.report.facts import Facts
from bbsim.report.story import cities_of
from bbsim.report.wording import count_text, day_text, days_text


@dataclass(frozen=True, slots=True)
class Step:
    """One link of the chain behind a date, ready to be drawn: where on the bar, and in what words."""

    begin: str
    end: str
    length: str
    project: str
    what: str
    why: str
    left: float
    width: float
    waiting: bool


MANY_ALIKE = 6
"""From so many projects on that hand the light on to each other they are told as one step."""
STAGE_WORDS = {
    "survey": "survey",
    "permits": "permits",
    "tender": "tender",
    "material": "material ordered",
    "laying": "laying",
    "splice_test": "splicing and tests",
    "huts": "huts and power",
    "upstream": "waiting for the light of another project",
    "commissioning": "commissioning",
    "closed": "area closed",
    "waiting for award": "waiting to be awarded",
}


@dataclass(frozen=True, slots=True)
class Chain:
    """What decided the date of one place."""

    name: str
    title: str
    since: str
    steps: Sequence[Step]


def chains(facts: Facts) -> list[Chain]:
    """The chain of the last city, and that of the last city that nothing closed, if it is another."""
    found = cities_of(facts)
    out = []
    if found.last is not None:
        out.append(_chain(facts, found.last[0], "the last city"))
    if found.last_open is not None and found.last_open != found.last:
        out.append(_chain(facts, found.last_open[0], "the last city outside the closed areas"))
    return [chain for chain in out if chain.steps]


def _chain(facts: Facts, node: int, title: str) -> Chain:
    links = chain_of(facts.run, node)
    names = facts.run.country.area_names
    return Chain(facts.english(node), title, day_text(facts.on_fibre_since.get(node)), _steps(links, names))


def _steps(links: Sequence[Link], area_names: Mapping[str, str]) -> list[Step]:
    if not links:
        return []
    first, last = links[0].begin, max(link.end for link in links)
    whole = max((last - first).days, 1)

    def step(begin: date, end: date, project: str, what: str, why: str) -> Step:
        for area, name in area_names.items():
            why = why.replace(f"'{area}'", f"“{name}”")
        return Step(
            begin=day_text(begin),
            end=day_text(end),
            length=days_text((end - begin).days),
            project=project,
            what=STAGE_WORDS.get(what, what),
            why="" if why == "no wait" else why,
            left=round(100 * (begin - first).days / whole, 2),
            width=round(100 * (end - begin).days / whole, 2),
            waiting=what in {"closed", "waiting for award", "upstream"} or "waiting for" in why,
        )

    out: list[Step] = []
    for _, alike in groupby(links, key=lambda x: (x.what, x.why) if x.why == "no wait" else x):
        each = list(alike)
        if len(each) < MANY_ALIKE:
            out += [step(x.begin, x.end, x.project, x.what, x.why) for x in each]
            continue
        words = f"{count_text(len(each))} projects, one after the other"
        end = max(x.end for x in each)
        out.append(step(each[0].begin, end, f"{each[0].project} – {each[-1].project}", each[0].what, words))
    return out
