"""A plan in words: what it reaches and promises, whom it leaves out, and its first projects as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bbsim.scenario import Scenario
from bbsim.units import format_usd

NEXT = 8
NAMED = 8
NO_DAY = "no day before the money ends"


def as_text(data: dict[str, Any], scenario: Scenario, *, rows: int = 25) -> str:
    """What `bbsim.planbook.as_data` tells, as people read it."""
    lines = _promise(data, scenario)
    if "cheapest" in data:
        lines.append(_beside_the_cheapest(data))
    if "technologies" in data:
        lines += _technologies(data)
    if "left_out" in data:
        lines += _left_out(data)
    if "rings" in data:
        lines += _rings(data["rings"])
    if data["unreachable"]:
        lines.append(
            f"No corridor reaches {len(data['unreachable'])} places: {_listed(data['unreachable_names'])}."
        )
    if data["waiting"]:
        lines.append(
            f"{len(data['waiting'])} places wait for a corridor that opens later, though a dearer one would "
            f"join them sooner: {_listed(data['waiting_names'])}."
        )
    if data.get("front"):
        lines += _front(data["front"])
    lines += _projects(data["projects"], rows)
    return "\n".join(lines)


def _promise(data: dict[str, Any], scenario: Scenario) -> list[str]:
    routes = [row for row in data["projects"] if row["kind"] == "route"]
    if not routes:
        return ["The plan builds nothing: nobody is left to reach, or the money reaches nobody."]
    usd = sum(row["usd"] for row in routes)
    city = f"the last of its cities on {data['last_city'] or NO_DAY}, " if data["cities"] else ""
    return [
        f"{len(routes)} projects reach {data['people']:,} people for {format_usd(usd)}.",
        f"Corridors: {format_usd(data['spans_usd'])}, at most {data['gap_share']:.2%} above the best "
        f"possible for these places ({format_usd(data['lower_bound_usd'])}).",
        f"Expect {city}everything on {data['finished'] or NO_DAY}; "
        f"{data['person_years'] / 1e6:,.1f} million person-years of service by {scenario.end}.",
    ]


def _beside_the_cheapest(data: dict[str, Any]) -> str:
    """What corridors chosen with their order cost and bring more than the cheapest ones."""
    more = sum(row["usd"] for row in data["projects"] if row["kind"] == "route") - data["cheapest"]["usd"]
    years = data["person_years"] - data["cheapest"]["person_years"]
    if abs(more) < 0.5 and abs(years) < 0.5:
        return "Chosen together with their order no corridors were better than the cheapest."
    money = f"{format_usd(abs(more))} {'more' if more >= 0 else 'less'} than over the cheapest corridors"
    service = f"{abs(years):,.0f} person-years {'more' if years >= 0 else 'fewer'}"
    return f"Corridors and order were chosen together: {money}, and {service}."


def _left_out(data: dict[str, Any]) -> list[str]:
    left = data["left_out"]
    people = sum(row["people"] for row in left)
    if data["people_at_most"] is not None:
        budget = format_usd(data["budget_usd"])
        sure = f"No plan within {budget} reaches more than {data['people_at_most']:,} people."
    else:
        sure = (
            f"What is reached is worth {format_usd(data['worth_usd'])} more than it costs; "
            f"no plan is worth more than {format_usd(data['worth_at_most_usd'])}."
        )
    if not left:
        return [f"Nobody that a corridor reaches is left out. {sure}"]
    routes = sum(row["usd"] for row in data["projects"] if row["kind"] == "route")
    spare = data["budget_usd"] and data["budget_usd"] - routes
    rest = "" if not spare else f" {format_usd(spare)} are left, which join none of them."
    worth = data["usd_per_person"] is not None
    lines = [
        f"Left out: {len(left)} places with {people:,} people. {sure}{rest if not worth else ''}",
        "",
        f"      {'would be next':<24} {'people':>9} {'USD to join':>12} {'USD each':>9}"
        f"{'   worth USD' if worth else ''} {'km':>6}  from",
    ]
    for row in left[:NEXT]:
        each = "" if row["usd_per_person"] is None else f"{row['usd_per_person']:,.0f}"
        value = f" {row['value_usd']:>11,.0f}" if worth else ""
        lines.append(
            f"      {row['name'][:24]:<24} {row['people']:>9,} {row['usd']:>12,.0f} {each:>9}{value} "
            f"{row['length_km']:>6.1f}  {row['near_name'][:30]}"
        )
    if len(left) > NEXT:
        lines.append(f"      … and {len(left) - NEXT} more")
    return lines


def _technologies(data: dict[str, Any]) -> list[str]:
    rows = data["technologies"]
    groups = {
        name: [row for row in rows if row["technology"] == name]
        for name in ("fibre", "microwave", "satellite", "none")
    }
    told = ", ".join(
        f"{'left out' if name == 'none' else name} {len(group)} places ({_people(group):,} people)"
        for name, group in groups.items()
        if group
    )
    alone = data["all_fibre_usd"]
    worth = data["left_out_worth_usd"]
    lost = f" (those left out are worth {format_usd(worth)})" if worth else ""
    compared = "" if alone is None else f"; fibre for all would cost {format_usd(alone)}"
    lines = [
        f"For the busy hour of {data['by']}, {data['mbps_per_home']:.3g} Mbit/s a home: {told}.",
        f"That is {format_usd(data['technologies_usd'])} with {data['years']:g} years of running{lost}, at "
        f"most {data['technologies_gap_share']:.1%} above the best possible{compared}.",
    ]
    if not data["satellite_pool_gbps"] or data["satellite_line_mbps"] < data["mbps_per_home"]:
        lines.append("No satellite of the scenario is up on that day with lines that fast.")
    late = [row for row in rows if not row["on_time"] and row["technology"] != "none"]
    if late:
        bridged = sum(row["bridge"] is not None for row in late)
        lines.append(
            f"{len(late)} places with {_people(late):,} people come after that day; "
            f"a hop or a terminal could bridge the time for {bridged} of them."
        )
    air = [row for row in rows if row["technology"] in ("microwave", "satellite") and row["next_usd"]]
    air.sort(key=lambda row: (row["usd"] - row["next_usd"], row["place"]))
    if air:
        lines += ["", f"      {'most is saved at':<24} {'people':>9} {'by':<10} {'USD':>12}  why"]
    lines += [
        f"      {row['name'][:24]:<24} {row['people']:>9,} {row['technology']:<10} {row['usd']:>12,.0f}  "
        f"{row['why']}"
        for row in air[:NEXT]
    ]
    return lines


def _people(rows: Sequence[dict[str, Any]]) -> int:
    return sum(row["people"] for row in rows)


def _rings(rings: dict[str, Any]) -> list[str]:
    share = "" if rings["premium_share"] is None else f"{rings['premium_share']:.1%} of the routes; "
    lines = [
        f"Rings for the first phase: {len(rings['steps'])} of them, {rings['km']:,.0f} km more, "
        f"{format_usd(rings['usd'])} ({share}no rings cost less than "
        f"{format_usd(rings['lower_bound_usd'])}). "
        f"Built as they come, they cost {rings['person_years_lost'] / 1e6:,.1f} million person-years; "
        f"without them the last city comes on {rings['last_city_without'] or NO_DAY}.",
        f"A second way for {rings['people']:,} people in {len(rings['protects'])} places.",
    ]
    alone = [row for row in rings["exposure"] if row["place"] in set(rings["single_path"])]
    if alone:
        before = sum(row["single_path_km_before"] for row in alone) / len(alone)
        after = sum(row["single_path_km"] for row in alone) / len(alone)
        alone.sort(key=lambda row: (-row["single_path_km"], row["place"]))
        worst = ", ".join(f"{row['name']} {row['single_path_km']:.0f} km" for row in alone[:NAMED])
        lines.append(
            f"{len(alone)} places keep a stretch without a second corridor, {after:,.1f} km on average "
            f"instead of {before:,.1f}: {worst}{' …' if len(alone) > NAMED else ''}."
        )
    return lines


def _front(front: Sequence[dict[str, Any]]) -> list[str]:
    lines = [
        "",
        f"      {'what money buys: USD':>22} {'people':>10} {'person-years':>13}  {'finished':<10}"
        "  order for",
    ]
    return lines + [
        f"      {row['usd']:>22,.0f} {row['people']:>10,} {row['person_years']:>13,.0f}  "
        f"{row['finished']:<10}  {row['objective']}"
        for row in front
    ]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")


def _projects(projects: Sequence[dict[str, Any]], rows: int) -> list[str]:
    if not projects:
        return []
    lines = ["", f"{'#':>4}  {'expected':<10}  {'place':<24} {'km':>7} {'USD':>12} {'people':>9}  why"]
    for row in projects[:rows]:
        name = f"ring {row['name']}" if row["kind"] == "ring" else row["name"]
        lines.append(
            f"{row['project']:>4}  {row['ready_for_service'] or 'never':<10}  {name[:24]:<24} "
            f"{row['length_km']:>7.1f} {row['usd']:>12,.0f} {row['people']:>9,}  {row['why']}"
        )
    if len(projects) > rows:
        more = len(projects) - rows
        lines.append(f"      … and {more} more (--json tells all, --out writes tables and a map)")
    return lines
