"""Where the network breaks first: what fills first on a day, whom that concerns, and the cheapest cure.

Spans that follow each other and carry the same are one stretch: they fill together and are widened together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from bbsim.country import Country
from bbsim.report.facts import Facts
from bbsim.report.instants import breaking_days
from bbsim.report.tables import Cell, Table
from bbsim.report.wording import count_text, day_text, is_missing, to_date, usd_text

HEADS = ("Where", "Lit", "Asked for at the busy hour", "People behind it", "Full on", "Cheapest cure")
ROWS = 12
# How alike the loads of spans have to be to be one stretch.
_ALIKE = 0.05
CURE_WORDS = {
    "ports": "more ports",
    "wavelengths": "more wavelengths",
    "modulation": "newer transponders",
    "pair": "another fibre pair",
    "transit": "more transit",
}


@dataclass(frozen=True, slots=True)
class Breaking:
    """One day's list, and the sentence before it."""

    key: str
    sentence: str
    table: Table


def breaking(facts: Facts) -> list[Breaking]:
    """The lists of the middle and of the last day of a run."""
    found = [_on(facts, day, f"breaking-{number}") for number, day in enumerate(breaking_days(facts.run))]
    return [each for each in found if each is not None]


def _on(facts: Facts, day: date, key: str) -> Breaking | None:
    columns = facts.instants.breaking[day]
    if not len(columns["id"]):
        return None
    rows = [_row(facts, columns, stretch) for stretch in _stretches(facts.run.country, columns)[:ROWS]]
    held = int(columns["people_held"].sum())
    whom = f"{count_text(held)} people" if held else "nobody"
    sentence = f"On {day_text(day)} what is full keeps {whom} from what they ask for."
    sentence += " If nothing more were lit, this would fill first:"
    return Breaking(key, sentence, Table(HEADS, (False, True, True, True, True, False), rows))


def _stretches(country: Country, columns: dict[str, Any]) -> list[list[int]]:
    """Rows that are one stretch each, in the order of their first."""
    whole: list[list[int]] = []
    of_node: dict[int, list[int]] = {}
    for row, (kind, name) in enumerate(zip(columns["kind"], columns["id"], strict=True)):
        ends: list[int] = []
        if kind == "span":
            span = country.span_index[name]
            ends = [int(country.u[span]), int(country.v[span])]
        elif kind == "uplink":
            ends = [country.node_index[name]]
        home = next(
            (at for node in ends for at in of_node.get(node, ()) if _alike(columns, row, whole[at][0])), None
        )
        if home is None:
            home = len(whole)
            whole.append([])
        whole[home].append(row)
        for node in ends:
            if home not in of_node.setdefault(node, []):
                of_node[node].append(home)
    return whole


def _alike(columns: dict[str, Any], a: int, b: int) -> bool:
    load, lit = columns["load_gbps"], columns["capacity_gbps"]
    return bool(lit[a] == lit[b] and abs(load[a] - load[b]) <= _ALIKE * max(load[a], load[b]))


def _row(facts: Facts, columns: dict[str, Any], stretch: list[int]) -> list[Cell]:
    country, first = facts.run.country, stretch[0]
    used = float(columns["wanted_share"][first])
    full = to_date(columns["full_on"][first])
    cure = columns["cure"][first]
    usd = sum(float(columns["cure_usd"][row]) for row in stretch if not is_missing(columns["cure_usd"][row]))
    behind, held = (int(columns[name][first]) for name in ("people_behind", "people_held"))
    lit, carried = (float(columns[name][first]) for name in ("capacity_gbps", "load_gbps"))
    rented = columns["kind"][first] == "gateway"
    price = "" if is_missing(cure) else usd_text(usd) + (" a year" if rented else "")
    when = "now" if used >= 1 - 1e-9 else day_text(full) if full else "not for 50 years"
    needed = "no more is to be had" if is_missing(columns["cure_usd"][first]) else "none needed yet"
    return [
        _where(country, columns, stretch),
        Cell(f"{count_text(lit)} Gbit/s", lit),
        Cell(f"{count_text(100 * used)} %", used, f"{_gbps(carried)} Gbit/s carried"),
        Cell(count_text(behind), float(behind), f"holds back {count_text(held)}" if held else ""),
        Cell(when, float(full.toordinal()) if full else 1e9),
        Cell(CURE_WORDS.get(cure, needed), str(cure), price),
    ]


def _gbps(load: float) -> str:
    return count_text(round(load)) if load >= 99.5 else f"{load:.2g}"


def _where(country: Country, columns: dict[str, Any], stretch: list[int]) -> Cell:
    first = stretch[0]
    if all(columns["kind"][row] != "span" for row in stretch):
        node = country.node_index[columns["id"][first]]
        word = "uplink of" if columns["kind"][first] == "uplink" else "transit at"
        return Cell(f"{word} {place_name(country, node)}", place_name(country, node).casefold())
    spans = [country.span_index[columns["id"][row]] for row in stretch if columns["kind"][row] == "span"]
    met: dict[int, int] = {}
    for span in spans:
        for node in (int(country.u[span]), int(country.v[span])):
            met[node] = met.get(node, 0) + 1
    ends = sorted({place_name(country, node) for node, times in met.items() if times == 1}, key=str.casefold)
    km = float(country.km[spans].sum())
    words = " – ".join(ends[:2]) or place_name(country, int(country.u[spans[0]]))
    more = f", {len(ends) - 2} more ends" if len(ends) > 2 else ""
    many = f"{len(spans)} spans" if len(spans) > 1 else "1 span"
    return Cell(words, words.casefold(), f"{many}, {km:.0f} km{more}")


def place_name(country: Country, node: int) -> str:
    """The node's own name, or, at a junction, the nearest place's."""
    if country.nodes["name"][node]:
        return str(country.nodes["name"][node])
    places = np.flatnonzero(country.is_place)
    offset = country.ecef_km[places] - country.ecef_km[node]
    near = int(places[np.argmin((offset * offset).sum(axis=1))])
    return f"near {country.nodes['name'][near]}"
