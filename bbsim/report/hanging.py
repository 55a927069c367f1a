"""Spans without a second way, and the people behind each: whom one cut cable would take off fibre."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bbsim.report.breaking import place_name
from bbsim.report.facts import Facts
from bbsim.report.tables import Cell, Table
from bbsim.report.wording import count_text, day_text, share_text

HEADS = ("Where", "People behind it", "Of those on fibre", "Places behind it")
ROWS = 12


@dataclass(frozen=True, slots=True)
class Hanging:
    """What hangs on one span on the last day: a sentence, and the spans on which most people do."""

    sentence: str
    table: Table


def hanging(facts: Facts) -> Hanging | None:
    """The last day's list; None if nobody hangs on any span."""
    run, country = facts.run, facts.run.country
    day = run.scenario.start + timedelta(days=facts.days - 1)
    (hung,) = facts.instants.hung
    alone, on_fibre = hung.alone, hung.on_fibre
    if not alone:
        return None
    share = share_text(alone / on_fibre)
    sentence = (
        f"On {day_text(day)} {count_text(alone)} people ({share} of those on fibre) would be off if some one "
        "span were cut: there is no second way around it. These spans have most people behind them:"
    )
    rows = []
    for each in hung.stretches[:ROWS]:
        many = f"{len(each.spans)} spans" if len(each.spans) > 1 else "1 span"
        words = " – ".join(dict.fromkeys(place_name(country, node) for node in each.ends))
        rows.append(
            [
                Cell(words, words.casefold(), f"{many}, {country.km[list(each.spans)].sum():.0f} km"),
                Cell(count_text(each.people), float(each.people)),
                Cell(share_text(each.people / on_fibre), each.people / on_fibre),
                Cell(count_text(each.places), float(each.places)),
            ]
        )
    return Hanging(sentence, Table(HEADS, (False, True, True, True), rows))
