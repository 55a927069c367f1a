"""``bbsim run --start-from``: the forecast anew from what stands, and what has moved since the old one."""

from __future__ import annotations

import csv
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bbsim.errors import InputError, Problem

if TYPE_CHECKING:
    from bbsim.country import Country
    from bbsim.reading import Reading


def restarted(reading: Reading, country: Country, file: Path) -> tuple[Reading, Country, list[str]]:
    """A scenario that begins the day after the last work of an as-built table, in a country where it stands.

    The table is a CSV with ``span`` or ``node``, ``ready_for_service``, and ``households_passed`` of a node.
    What the pack only assumes to stand still does. Grants that fall before the new start are taken as spent.

    Raises
    ------
    InputError
        with everything that is wrong in the table.
    """
    from bbsim.country import Country as Pack
    from bbsim.geodata.layers import merge

    scratch = Path(click.get_current_context().with_resource(tempfile.TemporaryDirectory()))
    if country.folder is None:
        country.write(scratch / "given")
    told = merge(country.folder or scratch / "given", scratch / "pack", file, "as-built", keep_assumed=True)
    last, homes = _last_and_homes(file)
    scenario = reading.scenario
    start = max(scenario.start, last + timedelta(days=1)) if last else scenario.start
    if start >= scenario.end:
        message = f"the last work is of {last}, but the scenario ends on {scenario.end}"
        raise InputError(Problem("horizon", message, where=str(file)))
    changes: dict[str, Any] = {"start": start.isoformat()}
    if homes:
        changes["existing"] = {"households_passed": homes}
    first = scenario.budget.first_grant
    if first is not None and first < start:
        changes["budget"] = {"first_grant": _anniversary(first, start).isoformat()}
    told.append(f"The forecast begins on {start}; money in hand then is budget.opening_usd.")
    moved = scenario.with_(**changes)
    return replace(reading, scenario=moved), Pack.read(scratch / "pack"), told


def _last_and_homes(file: Path) -> tuple[date | None, dict[str, int]]:
    """The last day of the table, and homes passed by node."""
    problems, days, homes = [], [], {}
    with file.open(encoding="utf-8-sig", newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines), start=1):
            where = f"{file}: row {number}"
            day, passed = row.get("ready_for_service") or "", row.get("households_passed") or ""
            try:
                days += [date.fromisoformat(day[:10])] if day else []
            except ValueError:
                problems.append(Problem("date", f"saw '{day}', wanted e.g. 2015-06-30", where=where))
            if passed and row.get("node"):
                if passed.isascii() and passed.isdigit():
                    homes[str(row["node"])] = int(passed)
                else:
                    problems.append(Problem("type", f"saw '{passed}', wanted a whole number", where=where))
    if problems:
        raise InputError(problems)
    return max(days, default=None), homes


def _anniversary(first: date, start: date) -> date:
    """The first return of a day of the year that is not before the start."""
    day = 28 if (first.month, first.day) == (2, 29) else first.day
    return date(start.year + ((first.month, day) < (start.month, start.day)), first.month, day)


def moved_since(old: Path, nodes: Any, country: Country) -> tuple[list[str], list[dict[str, Any]]]:
    """What has moved between the forecast of an old run folder and a new one's table of nodes.

    Returns
    -------
    lines for people, and a row a place: days later (negative: earlier), null where it is served in one only.
    """
    from bbsim.runfolder import read_table

    before, now = _served(read_table(old / "nodes.parquet")), _served(nodes)
    rows: list[dict[str, Any]] = []
    for node in sorted(before.keys() | now.keys()):
        was, will = before.get(node), now.get(node)
        if was != will and node in country.node_index:
            days = (will - was).days if was and will else None
            rows.append({"node": node, "was": was, "now": will, "days_later": days})
    dated = sorted(
        (r for r in rows if r["days_later"] is not None), key=lambda r: (-abs(r["days_later"]), r["node"])
    )
    later = [r for r in dated if r["days_later"] > 0]
    new, lost = ([r for r in rows if r[end] is None] for end in ("was", "now"))
    lines = [
        f"Since {old}: {len(later)} places come later, {len(dated) - len(later)} earlier, "
        f"{len(new)} are new, {len(lost)} no longer come."
    ]
    for row in dated[:5]:
        name = country.nodes["name"][country.node_index[row["node"]]] or row["node"]
        side = "later" if row["days_later"] > 0 else "earlier"
        lines.append(f"  {name}: {abs(row['days_later'])} days {side}, {row['now']} instead of {row['was']}")
    return lines, rows


def _served(table: Any) -> dict[str, date]:
    """The first day of light of each place that has one."""
    import pandas as pd

    found: dict[str, date] = {}
    for node, since in zip(table["node"], table["lit_since"], strict=True):
        if not pd.isna(since):
            found.setdefault(str(node), pd.Timestamp(since).date())
    return found
