"""A first scenario as a commented file: every line a decision or an assumption, with its rule beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bbsim.country import Country
from bbsim.outset import (
    ACCESS_SHARE,
    GDP_SHARE,
    HOMES_PER_DAY,
    KBPS,
    KBPS_GROWTH,
    KBPS_YEAR,
    PACE,
    WORKING_DAYS,
    YEARS,
    Outset,
)


def scenario_text(outset: Outset) -> str:
    """The scenario file of a country that has none."""
    country = outset.country
    parts = [
        _head(outset),
        _existing(outset),
        _gateways(outset),
        _leases(outset),
        _money(outset),
        _phases(country),
        _models(outset),
        _stages(),
        _permits(outset),
        _crews(outset),
        _seasons(outset),
        _sources(outset),
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _text(words: str) -> str:
    """A YAML text in double quotes: JSON's escapes are YAML's."""
    return json.dumps(words, ensure_ascii=False)


def _list(words: Sequence[str]) -> str:
    return "[" + ", ".join(_text(w) for w in words) + "]"


def _head(outset: Outset) -> str:
    country = outset.country
    place = next(iter(outset.homes()), country.ids[0])
    return f"""# Broadband for {country.name}: a first scenario, written by rules from the country pack.
#
# It runs as it stands. Every line rests on a rule of thumb, so make it yours; these edits come first:
#
#   1. What stands. The pack assumes trunks from the capital to all cities. Bring your own fibre in with
#      `bbsim geodata import`, or see the country from its gateways alone with `network: gateways_only`.
#   2. Money. `budget.usd_per_year` is a share of GDP. Put in the programme's own figure; see what another
#      half buys with `bbsim run . --set budget.usd_per_year={outset.usd_per_year * 1.5:.0f}`.
#   3. Traffic and exits. `gateways` and `demand` are guesses. Measure one busy hour: what do your customers
#      draw, e.g. in {place}, and what leaves the country where?

name: {country.iso3.lower()}
title: {_text(f"Broadband for {country.name}")}
country: {country.iso3}
start: {outset.start}-01-01
end: {outset.start + YEARS}-01-01            # the first day that is not simulated
seed: 1
report_every: quarter
"""


def _existing(outset: Outset) -> str:
    homes = {city: figures for city, figures in outset.homes().items() if figures[1] > 0}
    lines = [
        "# What stands on the first day. Fixed lines of the nation, in its largest cities by homes; a fifth",
        "# more homes are passed than connected.",
        "existing:",
        "  network: as_in_pack",
    ]
    for key, k in (("households_passed", 0), ("households_connected", 1)):
        if homes:
            lines.append(f"  {key}:")
            lines += [f"    {city}: {figures[k]}" for city, figures in homes.items()]
    return "\n".join(lines) + "\n"


def _gateways(outset: Outset) -> str:
    lines = [
        "# Ways out to the world: half more than the first day's load, shared by the people nearest to each;",
        "# more is rented as `upgrades` say.",
        "gateways:",
    ]
    why = {node: _why(outset.country, node) for node in outset.gateways()}
    for node, gbps in outset.gateways().items():
        note = f"  # {why[node]}" if why[node] else ""
        lines.append(f"  - {{node: {node}, transit_gbps: {gbps:g}, growth_share_per_year: 0}}{note}")
    others = [n for n, kind in zip(outset.country.ids, outset.country.kind, strict=True) if kind == "border"]
    left = [n for n in others if n not in outset.gateways()]
    if left:
        lines.append(f"  # Other border crossings in the pack: {', '.join(left)}")
    return "\n".join(lines) + "\n"


def _why(country: Country, node: str) -> str:
    note = str(country.nodes["note"][country.node_index[node]])
    return note.rpartition("gateway assumed: ")[2] if "gateway assumed: " in note else ""


def _leases(outset: Outset) -> str:
    leases = outset.leases()
    if not leases:
        return ""
    lines = [
        "# Parts that no own way joins hang on leased capacity: another's cable, or a satellite.",
        "leases:",
    ]
    for span, (gbps, usd) in leases.items():
        lines.append(f"  - {{span: {span}, begins: {outset.start}-01-01, gbps: {gbps}, usd_per_year: {usd}}}")
    return "\n".join(lines) + "\n"


def _money(outset: Outset) -> str:
    return f"""# Money: {GDP_SHARE:.2%} of GDP a year, in one grant. What is not spent stays in hand.
budget:
  usd_per_year: {outset.usd_per_year:.0f}
  grants_per_year: 1
  access_share: {ACCESS_SHARE}
"""


def _phases(country: Country) -> str:
    there = {kind for kind, is_place in zip(country.kind, country.is_place, strict=True) if is_place}
    steps = (
        ("cities", ["city"]),
        ("towns", ["town", "access_area"]),
        ("villages", ["rural_synthetic"]),
    )
    lines = ["# The promise, in order.", "phases:"]
    for name, kinds in steps:
        mine = [kind for kind in kinds if kind in there]
        if mine:
            lines.append(f"  - {{name: {name}, kinds: [{', '.join(mine)}]}}")
    return "\n".join(lines) + "\n"


def _models(outset: Outset) -> str:
    prices = "\n".join(f"  {t}_usd_per_km: {usd}" for t, usd in outset.prices().items())
    ceiling = min(max(float(outset.told.get("internet_users_share", 0.6)), 0.3), 0.95)
    by = f"{outset.start + YEARS - 1}-12-31"
    load = f"kbps_per_home: {KBPS:g}, measured: {KBPS_YEAR}-12-31, growth_share_per_year: {KBPS_GROWTH}"
    corridor, city = outset.light_gbps()
    return f"""# What the run is held against.
targets:
  - name: Nine in ten people live where fibre is
    column: population_on_fibre_share
    at_least: 0.9
    by: {by}
  - name: Half of all homes can have fibre
    column: households_passed_share
    at_least: 0.5
    by: {by}

# Which place comes next: most people for a dollar. Others: nearest_first, biggest_first, listed, planned.
priority: {{use: people_per_dollar}}
# Prices of emerging markets times {outset.price_factor:g}: labour by the root of income.
cost:
  use: by_terrain
{prices}
demand: {{use: busy_hour_growth, {load}}}
adoption: {{use: bass, ceiling_share: {ceiling:g}}}
traffic: {{use: shortest_path}}
equipment: {{corridor_gbps: {corridor}, city_node_gbps: {city}, spur_gbps: 10, node_gbps: 10}}
# More light on the same fibre, and more transit, before the load needs it; the operator pays.
upgrades: {{transit: true}}
"""


def _stages() -> str:
    return """# How long the steps last, besides permits and laying. Three numbers are least, usual and most.
stages:
  survey_days: {triangular: [7, 10, 20]}
  tender_days: {triangular: [30, 45, 90]}
  material_days: {triangular: [30, 60, 120]}
  hut_days: 20
  commissioning_days: 5
"""


def _permits(outset: Outset) -> str:
    country = outset.country
    there = {country.follows[i] for i, own in enumerate(country.spans["domestic"]) if own}
    civil = sum(base["civil"] for base in outset.crews())
    offices = (
        ("road-agency", "road", max(4, civil), "{triangular: [30, 45, 90]}"),
        ("railway", "rail", max(2, civil // 8), "{triangular: [60, 90, 180]}"),
        ("municipalities", "spur", max(6, civil * 2), "{triangular: [20, 30, 60]}"),
        ("abroad", "foreign", 1, "90"),
    )
    lines = ["# Permit offices: a file waits for a desk, then lies on it for some weeks.", "permits:"]
    for name, follows, desks, days in offices:
        if follows in there:
            lines.append(f"  {name}: {{follows: [{follows}], desks: {desks}, days: {days}}}")
    return "\n".join(lines) + "\n"


def _crews(outset: Outset) -> str:
    lines = [
        "# Who builds: crews for a third more than a year's money buys, spread by what there is to lay.",
        "crews:",
        "  per_project: 3",
        "  bases:",
    ]
    for base in outset.crews():
        counts = ", ".join(f"{kind}: {base[kind]}" for kind in ("civil", "cable", "splice", "access"))
        lines.append(f"    - {{base: {_text(base['base'])}, regions: {_list(base['regions'])}, {counts}}}")
    pace = ", ".join(f"{t}: {km}" for t, km in PACE.items())
    lines += [
        "  pace:",
        f"    civil_km_per_day: {{{pace}}}",
        f"    homes_passed_per_day: {HOMES_PER_DAY:g}",
        f"    working_days_per_year: {WORKING_DAYS}",
    ]
    return "\n".join(lines) + "\n"


def _seasons(outset: Outset) -> str:
    winters = outset.winters()
    if not winters:
        return ""
    lines = ["# When nobody digs.", "seasons:"]
    for name, terrain, closes, opens in winters:
        lines.append(f'  - {{name: {name}, terrain: {_list(terrain)}, closes: "{closes}", opens: "{opens}"}}')
    return "\n".join(lines) + "\n"


def _sources(outset: Outset) -> str:
    told = outset.told
    known = "fixed_lines" in told
    whose = "CIA World Factbook, fixed subscriptions" if known else "assumption: a tenth of Internet homes"
    rows = {
        "existing.households_passed": "assumption: a fifth more than are connected",
        "existing.households_connected": f"{whose} ({outset.lines:,}), largest cities first; fibre or not",
        "gateways": "assumption: the capital, the largest other city by the sea, the nearest border",
        "budget.usd_per_year": f"assumption: {GDP_SHARE:.2%} of GDP (CIA World Factbook), as Azerbaijan's "
        "programme of 2013 was of its own",
        "budget.access_share": "assumption: homes cost more than the channels to them",
        "cost": "rule: 0.28 + 0.72 x (GDP per head / 13,000 USD) ^ 0.5 = "
        f"{outset.price_factor:g} times the model's defaults; submarine at the world's price",
        "demand.kbps_per_home": "NANOG 2016: average peak of 1-2 Mbit/s a subscriber, lower end",
        "demand.growth_share_per_year": "ITU 2023: a line's traffic grew by 21 % a year, 2019-2022",
        "adoption.ceiling_share": "assumption: the share of people on the Internet today (Factbook)",
        "equipment": "assumption: 400G wavelengths, half more than the fullest corridor and city ask for on "
        "the first day; 10G elsewhere",
        "crews.bases": "assumption: a third more than the grants buy at the paces below",
        "crews.pace.civil_km_per_day": "Azerbaijan 2012: 2,000 km by 32 crews in 250 days; others: priors",
        "permits": "ACD.net: rights of way 30-90 days, railway 60-180 days; desks are assumptions",
    }
    if outset.leases():
        rows["leases"] = "assumption: 12 USD a Mbit/s a month, twice the load of three homes in ten behind it"
    if outset.winters():
        rows["seasons"] = "assumption: frost by latitude"
    return "sources:\n" + "\n".join(f"  {key}: {_text(words)}" for key, words in rows.items())
