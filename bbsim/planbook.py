"""A plan for people and programs: its projects as a table, its promise in a few lines, its map."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bbsim.country import Country
from bbsim.planning.national import NationalPlan, never
from bbsim.planning.programme import Step
from bbsim.runfolder import whole_folder
from bbsim.scenario import Scenario
from bbsim.units import format_usd


def as_data(answer: NationalPlan, scenario: Scenario, country: Country) -> dict[str, Any]:
    """The whole plan as plain data: what ``bbsim plan --json`` prints."""
    plan, rollout = answer.plan, answer.rollout
    data: dict[str, Any] = {
        "scenario": scenario.name,
        "projects": [_row(answer, i, scenario, country) for i in range(len(plan.steps))],
        "usd": plan.cents / 100,
        "spans_usd": plan.spans_cents / 100,
        "lower_bound_usd": plan.lower_bound_cents / 100,
        "gap_share": plan.gap_share,
        "people": sum(step.people for step in plan.steps),
        "person_years": rollout.person_years,
        "person_years_in_horn_order": answer.horn.person_years,
        "worst_region_years": rollout.worst_region_years,
        "npv_usd": answer.npv_usd,
        "last_city": _day(rollout.last_city_day, scenario),
        "unreachable": [country.ids[node] for node in plan.unreachable],
    }
    if answer.protection is not None:
        rings = answer.protection
        data["rings"] = {
            "spans": [country.span_ids[span] for span in rings.spans],
            "km": rings.km,
            "usd": rings.cents / 100,
            "lower_bound_usd": rings.lower_bound_cents / 100,
            "premium_share": rings.cents / plan.cents if plan.cents else None,
            "single_path": [country.ids[node] for node in rings.single_path],
        }
    return data


def _row(answer: NationalPlan, i: int, scenario: Scenario, country: Country) -> dict[str, Any]:
    steps = answer.plan.steps
    step = steps[i]
    return {
        "project": i + 1,
        "phase": step.phase,
        "place": country.ids[step.target],
        "name": country.nodes["name"][step.target],
        "spans": [country.span_ids[span] for span in step.spans],
        "length_km": float(country.km[list(step.spans)].sum()),
        "usd": step.cents / 100,
        "people": step.people,
        "cumulative_usd": sum(s.cents for s in steps[: i + 1]) / 100,
        "cumulative_people": sum(s.people for s in steps[: i + 1]),
        "award": _day(int(answer.rollout.award_day[i]), scenario),
        "ready_for_service": _day(int(answer.rollout.ready_day[i]), scenario),
        "why": _why(step),
    }


def _why(step: Step) -> str:
    if not step.spans:
        return "on the network already: only the access node is missing"
    per_million = step.people / step.cents * 1e8 if step.cents else float("inf")
    return f"{per_million:,.0f} people for a million USD"


def _day(day: int, scenario: Scenario) -> str | None:
    return None if never(day) else (scenario.start + timedelta(days=int(day))).isoformat()


def as_text(answer: NationalPlan, scenario: Scenario, country: Country, *, rows: int = 25) -> str:
    """The plan in a few lines, and its first projects."""
    plan, rollout = answer.plan, answer.rollout
    people = sum(step.people for step in plan.steps)
    lines = [
        f"{len(plan.steps)} projects reach {people:,} people for {format_usd(plan.cents / 100)}.",
        f"Corridors: {format_usd(plan.spans_cents / 100)}, at most {plan.gap_share:.2%} above the best "
        f"possible ({format_usd(plan.lower_bound_cents / 100)}).",
        f"Expect the last city on {_day(rollout.last_city_day, scenario) or 'no day before the money ends'}; "
        f"{rollout.person_years / 1e6:,.1f} million person-years of service by {scenario.end}.",
    ]
    if answer.protection is not None:
        rings = answer.protection
        least, alone = format_usd(rings.lower_bound_cents / 100), len(rings.single_path)
        lines.append(
            f"Rings for the first phase: {rings.km:,.0f} km more, {format_usd(rings.cents / 100)} "
            f"({rings.cents / plan.cents:.1%} of the plan; no rings cost less than {least}); "
            f"{alone} places stay on a single path."
        )
    if plan.unreachable:
        names = ", ".join(country.nodes["name"][node] for node in plan.unreachable[:8])
        lines.append(f"No corridor reaches {len(plan.unreachable)} places: {names}.")
    lines += ["", f"{'#':>4}  {'expected':<10}  {'place':<24} {'km':>7} {'USD':>12} {'people':>9}  why"]
    for i, step in enumerate(plan.steps[:rows]):
        row = _row(answer, i, scenario, country)
        lines.append(
            f"{i + 1:>4}  {row['ready_for_service'] or 'never':<10}  {row['name'][:24]:<24} "
            f"{row['length_km']:>7.1f} {row['usd']:>12,.0f} {step.people:>9,}  {row['why']}"
        )
    if len(plan.steps) > rows:
        lines.append(
            f"      … and {len(plan.steps) - rows} more (--json tells all, --out writes a table and a map)"
        )
    return "\n".join(lines)


def save(answer: NationalPlan, scenario: Scenario, country: Country, folder: Path) -> Path:
    """Write a plan's folder in one step, replacing one that is there.

    Raises
    ------
    EnvironmentFault
        if it can't be written; nothing is left behind.
    """
    with whole_folder(folder) as partial:
        write(answer, scenario, country, partial)
    return folder


def write(answer: NationalPlan, scenario: Scenario, country: Country, folder: Path) -> list[Path]:
    """plan.json, plan.csv and plan.png into a folder that exists; returns the files."""
    import csv

    from bbsim.report.planmap import plan_map

    data = as_data(answer, scenario, country)
    files = [folder / name for name in ("plan.json", "plan.csv", "plan.png")]
    files[0].write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    with files[1].open("w", encoding="utf-8", newline="") as handle:
        columns = (
            [name for name in data["projects"][0] if name != "spans"] if data["projects"] else ["project"]
        )
        writer = csv.DictWriter(handle, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(data["projects"])
    rank = np.full(len(country.span_ids), -1, dtype=np.int64)
    for i, step in enumerate(answer.plan.steps):
        rank[list(step.spans)] = i
    rings = answer.protection.spans if answer.protection is not None else ()
    plan_map(country, scenario, rank, rings, len(answer.plan.steps)).savefig(files[2])
    return files
