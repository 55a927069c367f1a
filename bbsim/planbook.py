"""A plan as data and as a folder: its projects as tables, its figures for programs, its map."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bbsim.country import Country
from bbsim.planning.programme.front import Point
from bbsim.planning.programme.national import Aim, NationalPlan, never
from bbsim.planning.programme.national_mix import Mixture
from bbsim.planning.programme.place_links import PlaceLink
from bbsim.planning.programme.selection import LeftOut
from bbsim.planning.programme.situation import Step
from bbsim.runfolder import whole_folder
from bbsim.scenario import Scenario


def as_data(
    answer: NationalPlan, scenario: Scenario, country: Country, aim: Aim, front: Sequence[Point] = ()
) -> dict[str, Any]:
    """The whole plan as plain data: what ``bbsim plan --json`` prints."""
    plan, rollout = answer.plan, answer.rollout
    cities = sum(bool(country.is_city[list(step.nodes)].any()) for step in plan.steps)
    data: dict[str, Any] = {
        "scenario": scenario.name,
        "objective": aim.objective,
        "budget_usd": aim.budget_usd,
        "usd_per_person": aim.usd_per_person,
        "projects": _rows(answer, scenario, country),
        "usd": sum(step.cents for step in answer.steps) / 100,
        "spans_usd": plan.spans_cents / 100,
        "lower_bound_usd": plan.lower_bound_cents / 100,
        "gap_share": plan.gap_share,
        "people": sum(step.people for step in plan.steps),
        "person_years": rollout.person_years,
        "person_years_in_horn_order": answer.horn.person_years,
        "worst_region_years": rollout.worst_region_years,
        "npv_usd": answer.npv_usd,
        "cities": cities,
        "last_city": day_text(rollout.last_city_day, scenario) if cities else None,
        "finished": day_text(int(rollout.ready_day.max(initial=0)), scenario) if answer.steps else None,
        "unreachable": [country.ids[node] for node in plan.unreachable],
        "unreachable_names": [str(country.nodes["name"][node]) for node in plan.unreachable],
        "waiting": [country.ids[node] for node in answer.waiting],
        "waiting_names": [str(country.nodes["name"][node]) for node in answer.waiting],
    }
    if answer.cheapest is not None:
        data["cheapest"] = {
            "usd": answer.cheapest[0].cents / 100,
            "person_years": answer.cheapest[1].person_years,
        }
    if answer.choice is not None:
        data |= _choice_data(answer, country, aim)
    if answer.mixture is not None:
        data |= technologies_data(answer, answer.mixture, scenario, country)
    if answer.protection is not None:
        data["rings"] = _rings_data(answer, scenario, country)
    if aim.front:
        data["front"] = [_front_row(point, scenario, country) for point in front]
    return data


def _front_row(point: Point, scenario: Scenario, country: Country) -> dict[str, Any]:
    """One plan of the front; `order` and `ready` are its places and their dates, in building order."""
    rollout, steps = point.rollout, point.plan.steps
    return {
        "usd": point.usd,
        "person_years": rollout.person_years,
        "finished": day_text(point.finished_day, scenario),
        "last_city": day_text(rollout.last_city_day, scenario),
        "people": point.people,
        "places": len(steps),
        "budget_usd": point.budget_usd,
        "objective": point.objective,
        "gap_share": point.plan.gap_share,
        "order": [country.ids[step.target] for step in steps],
        "ready": [day_text(int(day), scenario) for day in rollout.ready_day],
    }


def _rows(answer: NationalPlan, scenario: Scenario, country: Country) -> list[dict[str, Any]]:
    """One row a project, in the order in which they are meant to be built."""
    steps, rings = answer.steps, iter(ring for ring in answer.rings if ring.spans)
    usd = np.cumsum([step.cents for step in steps]) / 100 if steps else np.zeros(0)
    people = np.cumsum([step.people for step in steps]) if steps else np.zeros(0, dtype=np.int64)
    return [
        {
            "project": i + 1,
            "kind": step.kind,
            "phase": step.phase,
            "place": country.ids[step.target],
            "name": where_text(country, step.target),
            "spans": [country.span_ids[span] for span in step.spans],
            "length_km": float(country.km[list(step.spans)].sum()),
            "usd": step.cents / 100,
            "people": step.people,
            "cumulative_usd": float(usd[i]),
            "cumulative_people": int(people[i]),
            "award": day_text(int(answer.rollout.award_day[i]), scenario),
            "ready_for_service": day_text(int(answer.rollout.ready_day[i]), scenario),
            "why": _why_ring(next(rings).people) if step.kind == "ring" else _why(step),
        }
        for i, step in enumerate(steps)
    ]


def _why(step: Step) -> str:
    if not step.spans:
        return "on the network already: only the access node is missing"
    per_million = step.people / step.cents * 1e8 if step.cents else float("inf")
    return f"{per_million:,.0f} people for a million USD"


def _why_ring(people: int) -> str:
    return f"second way for {people:,} people" if people else "part of a second way: places follow"


def day_text(day: int, scenario: Scenario) -> str | None:
    """A day of a rollout as YYYY-MM-DD; None if the money ends before."""
    return None if never(day) else (scenario.start + timedelta(days=int(day))).isoformat()


def where_text(country: Country, node: int) -> str:
    """A node as people know it: a place's name, or the place that a junction is nearest to."""
    name = str(country.nodes["name"][node])
    if country.is_place[node] or not country.is_place.any():
        return name or country.ids[node]
    places = np.flatnonzero(country.is_place)
    away = ((country.ecef_km[places] - country.ecef_km[node]) ** 2).sum(axis=1)
    nearest = places[np.lexsort((places, away))[0]]
    return f"near {country.nodes['name'][nearest]}"


# ---- whom the plan leaves out -------------------------------------------------------------------
def _choice_data(answer: NationalPlan, country: Country, aim: Aim) -> dict[str, Any]:
    choice = answer.choice
    assert choice is not None
    return {
        "people_at_most": choice.most_people,
        "worth_usd": None if aim.usd_per_person is None else _worth_usd(answer, aim.usd_per_person),
        "worth_at_most_usd": None if choice.most_cents is None else choice.most_cents / 100,
        "left_out": [left_out_row(one, country, aim, _spare_usd(answer, aim)) for one in answer.left_out],
    }


def _worth_usd(answer: NationalPlan, usd_per_person: float) -> float:
    """What the people reached are worth, less the price of reaching them."""
    return sum(step.people * usd_per_person - step.cents / 100 for step in answer.plan.steps)


def _spare_usd(answer: NationalPlan, aim: Aim) -> float | None:
    return None if aim.budget_usd is None else aim.budget_usd - answer.plan.cents / 100


def left_out_row(one: LeftOut, country: Country, aim: Aim, spare_usd: float | None) -> dict[str, Any]:
    """One place that the plan leaves out: what joining it would take, and why it is not worth it."""
    usd = one.cents / 100
    value = None if aim.usd_per_person is None else one.people * aim.usd_per_person
    if value is not None and not one.people:
        why = "nobody lived there in the country's reference year"
    elif value is not None and usd > value:
        why = f"{usd - value:,.0f} USD more than its people are worth here"
    else:
        why = f"{usd:,.0f} USD, and {spare_usd or 0.0:,.0f} USD of the budget are left"
    return {
        "place": country.ids[one.place],
        "name": str(country.nodes["name"][one.place]),
        "people": one.people,
        "usd": usd,
        "value_usd": value,
        "usd_beyond_value": None if value is None else usd - value,
        "usd_per_person": usd / one.people if one.people else None,
        "length_km": one.km,
        "near": country.ids[one.near],
        "near_name": where_text(country, one.near),
        "spans": [country.span_ids[span] for span in one.spans],
        "way_usd": one.way_cents / 100,
        "way_people": one.way_people,
        "why": why,
    }


# ---- technologies ---------------------------------------------------------------------------------
def technologies_data(
    answer: NationalPlan, mixture: Mixture, scenario: Scenario, country: Country
) -> dict[str, Any]:
    """What serves each place, and what the choice rests on."""
    chosen = mixture.chosen
    lost = sum(link.usd for link in answer.links if link.technology == "none")
    return {
        "by": mixture.by.isoformat(),
        "mbps_per_home": mixture.mbps_per_home,
        "years": mixture.sheets.compare.years,
        "satellite_pool_gbps": mixture.pool_gbps,
        "satellite_line_mbps": mixture.satellite_mbps,
        "technologies_usd": chosen.usd - lost,
        "left_out_worth_usd": lost,
        "technologies_lower_bound_usd": chosen.lower_bound,
        "technologies_gap_share": chosen.gap_share,
        "all_fibre_usd": mixture.all_fibre_usd,
        "technologies": [_technology_row(link, mixture, scenario, country) for link in answer.links],
    }


def _technology_row(
    link: PlaceLink, mixture: Mixture, scenario: Scenario, country: Country
) -> dict[str, Any]:
    ready = day_text(link.ready_day, scenario)
    return {
        "place": country.ids[link.place],
        "name": str(country.nodes["name"][link.place]),
        "people": link.people,
        "load_gbps": link.load_gbps,
        "technology": link.technology,
        "usd": link.usd,
        "from": country.ids[link.feed] if link.feed >= 0 else None,
        "ready_for_service": ready,
        "on_time": ready is not None and ready <= mixture.by.isoformat(),
        "next_technology": link.next_technology or None,
        "next_usd": link.next_usd if link.next_technology else None,
        "bridge": link.bridge or None,
        "bridge_usd": link.bridge_usd if link.bridge else None,
        "why": link.why,
    }


# ---- rings --------------------------------------------------------------------------------------
def _rings_data(answer: NationalPlan, scenario: Scenario, country: Country) -> dict[str, Any]:
    rings, exposure = answer.protection, answer.exposure
    assert rings is not None
    assert exposure is not None
    routes = answer.plan.cents
    place_of = {i: n for n, i in enumerate(i for i, step in enumerate(answer.steps) if step.kind == "route")}
    number = {route: i + 1 for i, route in place_of.items()}
    at = [i for i, step in enumerate(answer.steps) if step.kind == "ring"]
    return {
        "spans": [country.span_ids[span] for span in rings.spans],
        "km": rings.km,
        "usd": rings.cents / 100,
        "lower_bound_usd": rings.lower_bound_cents / 100,
        "premium_share": rings.cents / routes if routes else None,
        "person_years_lost": answer.without_rings.person_years - answer.rollout.person_years,
        "last_city_without": day_text(answer.without_rings.last_city_day, scenario),
        "single_path": [country.ids[node] for node in rings.single_path],
        "exposure": [
            {
                "place": country.ids[node],
                "name": str(country.nodes["name"][node]),
                "people": int(country.population[node]),
                "single_path_km_before": float(before),
                "single_path_km": float(after),
            }
            for node, before, after in zip(
                exposure.places.tolist(), exposure.before_km, exposure.after_km, strict=True
            )
        ],
        "protects": [country.ids[node] for ring in answer.rings for node in ring.protects],
        "people": sum(ring.people for ring in answer.rings),
        "steps": [
            {
                "project": i + 1,
                "ends": [country.ids[node] for node in ring.ends],
                "ends_near": [where_text(country, node) for node in ring.ends],
                "spans": [country.span_ids[span] for span in ring.spans],
                "km": ring.km,
                "usd": ring.cents / 100,
                "closes": [number[route] for route in ring.closes],
                "protects": [country.ids[node] for node in ring.protects],
                "people": ring.people,
            }
            for i, ring in zip(at, (ring for ring in answer.rings if ring.spans), strict=True)
        ],
    }


# ---- a folder -----------------------------------------------------------------------------------
def save(
    answer: NationalPlan, scenario: Scenario, country: Country, data: Mapping[str, Any], folder: Path
) -> Path:
    """Write a plan's folder in one step, replacing one that is there.

    Raises
    ------
    EnvironmentFault
        if it can't be written; nothing is left behind.
    """
    with whole_folder(folder) as partial:
        write(answer, scenario, country, data, partial)
    return folder


def write(
    answer: NationalPlan, scenario: Scenario, country: Country, data: Mapping[str, Any], folder: Path
) -> None:
    """plan.json, its tables and pictures into a folder that exists; `data` is what `as_data` tells."""
    from bbsim.report.planfront import front_figure
    from bbsim.report.planmap import plan_map

    (folder / "plan.json").write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    table(data["projects"], folder / "plan.csv")
    if answer.mixture is not None:
        table(data["technologies"], folder / "technologies.csv")
    if answer.choice is not None:
        table(data["left_out"], folder / "left_out.csv")
    if data.get("front"):
        table(data["front"], folder / "front.csv")
        front_figure(data["front"], scenario.title or scenario.name).savefig(folder / "front.png")
    plan_map(country, scenario, answer).savefig(folder / "plan.png")


def table(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Rows as CSV, without the columns that hold lists."""
    columns = [name for name, value in rows[0].items() if not isinstance(value, list)] if rows else ["place"]
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, columns, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
