"""Public sites: which are connected, centres on the day they open, and how many people live near one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.report import palette
from bbsim.report.facts import Facts
from bbsim.report.geometry import Base
from bbsim.report.story import Card
from bbsim.report.tables import Cell, Table
from bbsim.report.wording import MISSING, count_text, day_text, share_text, to_date
from bbsim.report.worth import GapMap, dotted_map

NEAR, FAR = palette.STATUS["operational"], palette.CAUSES["money"]
MIDDLE = palette.STATUS["inactive"]
_PLACE, _CENTRE = 2.6, 9.0


@dataclass(frozen=True, slots=True)
class Services:
    """The report's section on public-service centres, or on schools and the like alone."""

    title: str
    question: str
    sentence: str
    cards: Sequence[Card]
    map: GapMap
    map_title: str
    legend: Sequence[tuple[str, str]]
    legend_note: str
    kinds: Table
    centres: Table


def services(facts: Facts, base: Base) -> Services | None:
    """The section; None where the scenario has no public sites."""
    section = facts.run.scenario.sites
    if section is None:
        return None
    serving = [name for name, kind in section.classes.items() if kind.serves_people]
    table = facts.run.tables["sites"]
    last = facts.run.tables["periods"]["period_end"][-1]
    at_end = table["period_end"] == last
    rows = np.flatnonzero(np.isin(table["class"], serving) & at_end)
    kinds = [
        _kind(table, np.flatnonzero(at_end & (table["class"] == kind)), kind) for kind in section.classes
    ]
    told = _kinds_table([kind for kind in kinds if kind.sites])
    if not serving:
        legend = [
            ("all sites of the place connected", NEAR), ("some", MIDDLE), ("none", FAR),
        ]  # fmt: skip
        return Services(
            "Public sites", "How many of them have their line, and since when?", _connected_words(kinds),
            [_kind_card(kind) for kind in kinds[:4]], _site_map(facts, base, table, np.flatnonzero(at_end)),
            "Where sites are connected on the last day", legend, "", told, _centres(table, rows),
        )  # fmt: skip
    legend = [
        ("an open centre", palette.INK), ("within 30 minutes", NEAR), ("within 60 minutes", MIDDLE),
        ("further, or no way", FAR),
    ]  # fmt: skip
    return Services(
        "Public-service centres",
        "Are the centres connected on the day they open? How many people live within an hour of one that is?",
        _sentence(facts, table, rows), _cards(facts, table, rows), _map(facts, base),
        "The way to the nearest connected centre on the last day", legend,
        "Ways follow the pack's corridors, which lack side roads, so that real ways may be shorter.", told,
        _centres(table, rows),
    )  # fmt: skip


# ---- by class -------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Kind:
    """Sites of a class that are open at the end: how many, with a line, in time, and half of them when."""

    name: str
    sites: int
    connected: int
    in_time: int
    due: int
    half_by: Any


def _kind(table: Any, rows: NDArray[np.int64], name: str) -> _Kind:
    count, since = table["count"][rows], table["connected"][rows]
    has = np.array([to_date(day) is not None for day in since.tolist()], dtype=bool)
    met = table["deadline_met"][rows]
    days = sorted(
        (day, many) for day, many, on in zip(since.tolist(), count.tolist(), has.tolist(), strict=True) if on
    )
    sites, so_far, half_by = int(count.sum()), 0, None
    for day, many in days:
        so_far += many
        if 2 * so_far >= sites:
            half_by = day
            break
    in_time, due = int(count[met == "yes"].sum()), int(count[(met == "yes") | (met == "no")].sum())
    return _Kind(name, sites, int(count[has].sum()), in_time, due, half_by)


def _connected_words(kinds: Sequence[_Kind]) -> str:
    there = [kind for kind in kinds if kind.sites]
    if not there:
        return "No site is open at the end of the run."
    told = (f"{kind.connected:,} of {kind.sites:,} of the class {kind.name}" for kind in there)
    return f"At the end of the run a line leads to {', '.join(told)}."


def _kind_card(kind: _Kind) -> Card:
    half = day_text(to_date(kind.half_by)) if kind.half_by is not None else MISSING
    note = f"are connected at the end; {kind.in_time:,} of {kind.due:,} were by their deadline"
    return Card(kind.name, f"{kind.connected:,} of {kind.sites:,}", note, half, "half of them had their line")


def _kinds_table(kinds: Sequence[_Kind]) -> Table:
    out = [
        [
            Cell(kind.name, kind.name.casefold()),
            Cell(f"{kind.sites:,}", kind.sites),
            Cell(f"{kind.connected:,}", kind.connected),
            Cell(share_text(kind.connected / kind.sites), kind.connected / kind.sites),
            Cell(f"{kind.in_time:,} of {kind.due:,}", kind.in_time / max(kind.due, 1)),
            _day(kind.half_by),
        ]
        for kind in kinds
    ]
    heads = ("Class", "Open at the end", "Connected", "Share", "By their deadline", "Half had their line")
    return Table(heads, (False, True, True, True, True, False), out)


def _site_map(facts: Facts, base: Base, table: Any, rows: NDArray[np.int64]) -> GapMap:
    """Every place with sites by how many of them are connected on the last day."""
    index = facts.run.country.node_index
    there: dict[int, tuple[int, int]] = {}
    for place, count, since in zip(
        *(table[name][rows].tolist() for name in ("place", "count", "connected")), strict=True
    ):
        sites, connected = there.get(index[place], (0, 0))
        there[index[place]] = sites + count, connected + (count if to_date(since) is not None else 0)
    nodes = np.array(sorted(there), dtype=np.int64)
    both = [there[node] for node in nodes.tolist()]
    radius = np.array([_PLACE + min(sites, 100) ** 0.5 for sites, _ in both])
    colours = [NEAR if have == sites else MIDDLE if have else FAR for sites, have in both]
    titles = [
        f"{facts.name(node)}: {have:,} of {sites:,} connected"
        for node, (sites, have) in zip(nodes.tolist(), both, strict=True)
    ]
    return dotted_map(facts, base, nodes, radius, colours, titles)


# ---- centres --------------------------------------------------------------------------------------


def _sentence(facts: Facts, table: Any, rows: NDArray[np.int64]) -> str:
    national = facts.run.tables["public_services"]
    met, missed = (int((table["deadline_met"][rows] == word).sum()) for word in ("yes", "no"))
    if not len(rows):
        return "No centre is open at the end of the run."
    late = [str(table["name"][i]) for i in rows.tolist() if table["deadline_met"][i] == "no"]
    words = f"{met} of {len(rows)} centres were connected by their deadline"
    words += f"; late: {', '.join(late[:8])}{' and others' if len(late) > 8 else ''}. " if missed else ". "
    near = national["population_within_60min_share_at_end"]
    people = round(float(near[-1]) * float(facts.run.country.population.sum()))
    words += f"At the end of the run {count_text(people)} people, {share_text(float(near[-1]))} of all, live "
    words += "within an hour of a centre that is connected; at the end of its first period "
    return words + f"{share_text(float(near[0]))} did."


def _cards(facts: Facts, table: Any, rows: NDArray[np.int64]) -> list[Card]:
    national = facts.run.tables["public_services"]
    promised, have = int(national["sites_promised_two_ways"][-1]), int(national["sites_with_two_ways"][-1])
    year = _last_year(national["period_end"])
    asked, from_home, could = (
        float(national[name][year].sum())
        for name in ("applications", "applications_from_home", "applications_that_could_be_from_home")
    )
    waits = table["waited_minutes"][rows]
    longest = float(np.nanmax(waits)) if np.isfinite(waits).any() else None
    served = float(national["service_availability_share"][-1])
    mobile, on = int(national["mobile_days"].sum()), int(national["mobile_days_served"].sum())
    within = float(national["population_within_30min_share_at_end"][-1])
    return [
        Card(
            "People within an hour", share_text(float(national["population_within_60min_share_at_end"][-1])),
            "of a connected centre, along the pack's corridors", share_text(within), "within half an hour",
        ),
        Card(
            "Applications in the last year", count_text(round(asked)), "of all people in open areas",
            share_text(from_home / asked) if asked else MISSING,
            f"from home; {share_text(could / asked) if asked else MISSING} could be",
        ),
        Card(
            "Desks serve", share_text(served) if np.isfinite(served) else MISSING,
            "of applications there: centre, hub and agencies connected",
            f"{longest:.0f} minutes" if longest is not None else MISSING, "longest mean wait of a centre",
        ),
        Card(
            "Two ways to a gateway", f"{have} of {promised}", "sites that are promised it",
            f"{on} of {mobile}" if mobile else "", "days on which buses had coverage",
        ),
    ]  # fmt: skip


def _last_year(ends: Any) -> NDArray[np.bool_]:
    return np.asarray(ends > ends[-1] - np.timedelta64(365, "D"))


def _map(facts: Facts, base: Base) -> GapMap:
    """Every place by its way to the nearest connected centre on the last day, and the centres."""
    (ways,) = facts.instants.ways
    places, centres = np.flatnonzero(facts.run.country.is_place), ways.centres
    nodes = np.concatenate([places, centres])
    radius = np.concatenate([np.full(len(places), _PLACE), np.full(len(centres), _CENTRE)])
    minutes = ways.minutes[places]
    colours = [NEAR if m <= 30 else MIDDLE if m <= 60 else FAR for m in minutes.tolist()]
    titles = [
        f"{facts.name(node)}: {f'{m:.0f} minutes' if np.isfinite(m) else 'no way to a centre'}"
        for node, m in zip(places.tolist(), minutes.tolist(), strict=True)
    ]
    colours += [palette.INK] * len(centres)
    titles += [f"Centre in {facts.name(node)}" for node in centres.tolist()]
    return dotted_map(facts, base, nodes, radius, colours, titles)


def _centres(table: Any, rows: NDArray[np.int64]) -> Table:
    """One row a centre that is open at the end."""
    year = _last_year(table["period_end"])
    out = []
    for i in sorted(rows.tolist(), key=lambda row: (table["opened"][row], table["site"][row])):
        mine = year & (table["site"] == table["site"][i])
        applications = float(table["applications"][mine].sum())
        wait, busy = float(table["waited_minutes"][i]), float(table["busy_share"][i])
        name = str(table["name"][i])
        out.append(
            [
                Cell(name, name.casefold()),
                Cell(str(table["region"][i]), str(table["region"][i]).casefold()),
                _day(table["opened"][i]),
                _day(table["connected"][i]),
                _words(table["deadline_met"][i]),
                _words(table["via"][i]),
                _words("yes" if table["two_ways"][i] else "no"),
                Cell(count_text(round(applications)), applications),
                Cell(f"{wait:.1f}" if np.isfinite(wait) else MISSING, wait if np.isfinite(wait) else -1.0),
                Cell(share_text(busy) if np.isfinite(busy) else MISSING, busy if np.isfinite(busy) else -1.0),
            ]
        )  # fmt: skip
    heads = (
        "Centre", "Region", "Opened", "Connected", "By its deadline", "Over", "Two ways",
        "Applications, last year", "Wait, minutes", "Desks busy",
    )  # fmt: skip
    return Table(heads, (False,) * 7 + (True,) * 3, out)


def _day(day: Any) -> Cell:
    told = to_date(day)
    return Cell(day_text(told) if told else MISSING, float(told.toordinal()) if told else 0.0)


def _words(word: Any) -> Cell:
    return Cell(str(word) if word else MISSING, str(word or ""))
