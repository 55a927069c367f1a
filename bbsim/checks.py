"""Whether a scenario and a country fit together: names that must exist, and plans that can't work.

Each rule is a small function under its public slug; it sees both and tells every problem it finds, with
the field's path. What makes a run impossible is an error; what makes it pointless is a warning.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from bbsim.errors import BbsimError, Problem, did_you_mean, nearest
from bbsim.explain import path_text
from bbsim.model_problems import of_models, of_spreads, without_source
from bbsim.money_problems import no_income, no_money, rates_apart, unknown_funds
from bbsim.scenario import Scenario, without
from bbsim.sites.problems import pointless as pointless_sites
from bbsim.sites.problems import twice as sites_twice
from bbsim.sites.problems import unknown as unknown_in_sites
from bbsim.standing import left_out
from bbsim.text import same_look

if TYPE_CHECKING:
    from pathlib import Path

    from bbsim.country import Country

Rule = Callable[[Scenario, "Country"], Iterator[Problem]]
RULES: dict[str, Rule] = {}


def rule(slug: str) -> Callable[[Rule], Rule]:
    """Enter a rule under its slug; its problems carry that slug."""

    def enter(function: Rule) -> Rule:
        if slug in RULES:
            raise ValueError(f"two rules are called {slug}")
        RULES[slug] = function
        return function

    return enter


def check(
    scenario: Scenario, country: Country, *, strict: bool = False, code_folder: Path | None = None
) -> list[Problem]:
    """Everything that keeps a scenario from running well in a country, in the order of the rules.

    Parameters
    ----------
    strict : warnings count as errors, and figures without a source are told (severity ``info``).
    code_folder : folder from which models named ``file.py:Class`` may be loaded to look at their parameters;
        without it they are left to the clock, which refuses them.
    """
    problems = [problem for name in RULES for problem in RULES[name](scenario, country)]
    problems += of_models(scenario, country, code_folder)
    problems += of_spreads(scenario)
    if strict:
        problems = [replace(problem, severity="error") for problem in problems]
        problems += list(without_source(scenario))
    return problems


def _unknown(slug: str, what: str, name: str, path: str, known: Sequence[str]) -> Problem:
    message = f"saw '{name}', which is no {what} of this country"
    return Problem(slug, message, path=path, hint=did_you_mean(name, list(known)))


# ---- names that must exist ----------------------------------------------------------------------
@rule("unknown-node")
def _nodes(scenario: Scenario, country: Country) -> Iterator[Problem]:
    for i, gateway in enumerate(scenario.gateways):
        if gateway.node not in country.node_index:
            yield _unknown("unknown-node", "node", gateway.node, f"gateways[{i}].node", country.ids)


@rule("unknown-city")
def _cities(scenario: Scenario, country: Country) -> Iterator[Problem]:
    cities = [country.ids[i] for i in range(len(country.ids)) if country.is_place[i]]
    known = set(cities) | {part for part in country.nodes["part_of"] if part}
    for field in ("households_passed", "households_connected"):
        for city in getattr(scenario.existing, field, {}):
            if city not in known:
                yield _unknown(
                    "unknown-city", "place", city, path_text(("existing", field, city)), sorted(known)
                )


@rule("homes-left-out")
def _homes(scenario: Scenario, country: Country) -> Iterator[Problem]:
    existing = scenario.existing
    named = {gateway.node for gateway in scenario.gateways}
    named |= {*existing.households_passed, *existing.households_connected}
    if named <= country.node_index.keys():
        for field, city, there in left_out(scenario, country):
            what = "passed" if field == "households_connected" else "there"
            message = (
                f"saw {getattr(existing, field)[city]}, but {there} homes are {what}: the rest is left out"
            )
            path = path_text(("existing", field, city))
            yield Problem("homes-left-out", message, path=path, severity="warning")


@rule("unknown-cache")
def _caches(scenario: Scenario, country: Country) -> Iterator[Problem]:
    for i, node in enumerate(scenario.caches):
        if node not in country.node_index:
            yield _unknown("unknown-cache", "node", node, f"caches[{i}]", country.ids)


@rule("unknown-flow")
def _flows(scenario: Scenario, country: Country) -> Iterator[Problem]:
    places = [node for node, is_place in zip(country.ids, country.is_place, strict=True) if is_place]
    known = [*places, "abroad", "content"]
    flows = scenario.demand.parameters.get("flows")
    for i, flow in enumerate(flows if isinstance(flows, list) else []):
        for end in ("source", "target"):
            name = flow.get(end) if isinstance(flow, dict) else None
            if isinstance(name, str) and name not in known:
                yield _unknown("unknown-flow", "place", name, f"demand.flows[{i}].{end}", known)


@rule("unknown-area")
def _areas(scenario: Scenario, country: Country) -> Iterator[Problem]:
    for i, opening in enumerate(scenario.openings):
        if opening.area not in country.areas:
            yield _unknown("unknown-area", "area", opening.area, f"openings[{i}].area", country.areas)


@rule("unknown-span")
def _spans(scenario: Scenario, country: Country) -> Iterator[Problem]:
    named = [(f"leases[{i}].span", lease.span) for i, lease in enumerate(scenario.leases)]
    for i, works in enumerate(scenario.joint_works):
        named += [(f"joint_works[{i}].spans[{number}]", span) for number, span in enumerate(works.spans)]
    for path, span in named:
        if span not in country.span_index:
            yield _unknown("unknown-span", "span", span, path, country.span_ids)


@rule("unknown-region")
def _regions(scenario: Scenario, country: Country) -> Iterator[Problem]:
    named = [(f"phases[{i}].regions", phase.regions) for i, phase in enumerate(scenario.phases)]
    named += [(f"crews.bases[{i}].regions", base.regions) for i, base in enumerate(scenario.crews.bases)]
    named += [(f"joint_works[{i}].regions", works.regions) for i, works in enumerate(scenario.joint_works)]
    named += [
        (f"satellites[{i}].beams[{j}].regions", beam.regions)
        for i, satellite in enumerate(scenario.satellites)
        for j, beam in enumerate(satellite.beams)
    ]
    mile = scenario.access.last_mile
    rules = [] if mile is None else mile.interim
    named += [(f"access.last_mile.interim[{i}].regions", rule.regions) for i, rule in enumerate(rules)]
    for path, regions in named:
        for number, region in enumerate(regions):
            if region not in country.regions:
                yield _unknown("unknown-region", "region", region, f"{path}[{number}]", country.regions)


@rule("unknown-technology")
def _technology(scenario: Scenario, _: Country) -> Iterator[Problem]:
    from bbsim import technology

    try:
        technology.of_scenario(scenario)
    except BbsimError as error:
        yield from error.problems


@rule("unknown-field")
def _source_keys(scenario: Scenario, _: Country) -> Iterator[Problem]:
    from bbsim.fields import field_paths, unknown_fields

    for key in unknown_fields(scenario, scenario.sources):
        hint = did_you_mean(key, field_paths(scenario), listed=0)
        message = f"'{key}' is no field of this scenario, so it can't have a source"
        yield Problem("unknown-field", message, path=path_text(("sources", key)), hint=hint)


rule("unknown-fund")(unknown_funds)


@rule("unknown-instrument")
def _instruments(scenario: Scenario, _: Country) -> Iterator[Problem]:
    for i, programme in enumerate(scenario.programmes):
        for number, instrument in enumerate(programme.instruments):
            if without(scenario, instruments=[instrument]) == scenario:
                message = f"'{instrument}' is no part of this file that can be taken out"
                hint = "Write `section.name`, as in `phases.cities`, or a section that may be left out."
                path = f"programmes[{i}].instruments[{number}]"
                yield Problem("unknown-instrument", message, path=path, hint=hint)


rule("unknown-site-name")(unknown_in_sites)
rule("site-twice")(sites_twice)
rule("site-unlit")(pointless_sites)


# ---- the same thing twice -----------------------------------------------------------------------
@rule("doubled")
def _doubled(scenario: Scenario, _: Country) -> Iterator[Problem]:
    named = {
        "gateways[{}].node": [gateway.node for gateway in scenario.gateways],
        "openings[{}].area": [opening.area for opening in scenario.openings],
        "leases[{}].span": [lease.span for lease in scenario.leases],
        "phases[{}].name": [phase.name for phase in scenario.phases],
        "targets[{}].name": [target.name for target in scenario.targets],
        "crews.bases[{}].base": [base.base for base in scenario.crews.bases],
        "seasons[{}].name": [season.name for season in scenario.seasons],
        "satellites[{}].name": [satellite.name for satellite in scenario.satellites],
        "funds[{}].name": [fund.name for fund in scenario.funds],
        "programmes[{}].name": [programme.name for programme in scenario.programmes],
    }
    for path, names in named.items():
        first: dict[str, int] = {}
        for i, name in enumerate(names):
            before = first.setdefault(same_look(name), i)
            if before == i:
                continue
            there = path.format(before)
            same = "is" if names[before] == name else f"looks the same as '{names[before]}',"
            message = f"'{name}' {same} already at {there}"
            yield Problem("doubled", message, path=path.format(i), hint="Keep one of them.")


@rule("region-twice")
def _region_twice(scenario: Scenario, _: Country) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for i, base in enumerate(scenario.crews.bases):
        for number, region in enumerate(base.regions):
            before = first.setdefault(region, base.base)
            path = f"crews.bases[{i}].regions[{number}]"
            if before != base.base or base.regions.index(region) != number:
                message = f"region '{region}' is served by base '{before}' already; each has one base"
                yield Problem("region-twice", message, path=path)


@rule("copper-twice")
def _copper(scenario: Scenario, _: Country) -> Iterator[Problem]:
    mile = scenario.access.last_mile
    if (
        mile is not None
        and mile.copper is not None
        and scenario.adoption.parameters.get("copper") is not None
    ):
        message = "copper lines are told by `access.last_mile.copper` as well, and each would move twice"
        hint = "Leave out one of the two: with a last mile, this one."
        yield Problem("copper-twice", message, path="adoption.copper", hint=hint)


# ---- who builds, and with what ------------------------------------------------------------------
def _to_build(country: Country) -> list[int]:
    """Spans that may have to be built: the country's own that do not stand yet."""
    status, own = country.spans["status"], country.spans["domestic"]
    return [i for i in range(len(country.span_ids)) if own[i] and status[i] != "operational"]


@rule("region-without-crews")
def _without_crews(scenario: Scenario, country: Country) -> Iterator[Problem]:
    served = {region for base in scenario.crews.bases for region in base.regions}
    # A misspelt region is told where it stands; that it has no base then only follows.
    meant = {
        near for region in sorted(served - set(country.regions)) for near in nearest(region, country.regions)
    }
    for region in country.regions:
        if region not in served | meant:
            hint = f"Add it to the regions of one base: regions: [{region}]."
            message = f"region '{region}' has no base, so nothing could be built there"
            yield Problem("region-without-crews", message, path="crews.bases", hint=hint)


@rule("no-crews")
def _no_crews(scenario: Scenario, _: Country) -> Iterator[Problem]:
    for i, base in enumerate(scenario.crews.bases):
        for kind in ("civil", "cable", "splice"):
            if getattr(base, kind) == 0:
                where = ", ".join(base.regions)
                message = f"base '{base.base}' has no {kind} crew: nothing can be built in {where}"
                yield Problem("no-crews", message, path=f"crews.bases[{i}].{kind}", severity="warning")
        if base.access == 0:
            message = f"base '{base.base}' has no access crew: no home is passed in {', '.join(base.regions)}"
            yield Problem("no-crews", message, path=f"crews.bases[{i}].access", severity="warning")


@rule("no-pace")
def _pace(scenario: Scenario, country: Country) -> Iterator[Problem]:
    known = scenario.crews.pace.civil_km_per_day
    terrains = sorted({country.terrain[i] for i in _to_build(country)})
    for terrain in terrains:
        if terrain not in known:
            message = f"no pace for terrain '{terrain}', which this country has"
            hint = f"Add {terrain}: 0.1 (km a day)."
            yield Problem("no-pace", message, path=f"crews.pace.civil_km_per_day.{terrain}", hint=hint)


@rule("no-authority")
def _authorities(scenario: Scenario, country: Country) -> Iterator[Problem]:
    covered = {follows for office in scenario.permits.values() for follows in office.follows}
    for follows in sorted({country.follows[i] for i in _to_build(country)} - covered):
        message = f"no office gives permits along '{follows}', so none is waited for there"
        hint = "Leave it so if no permit is needed; else add an office that follows it."
        yield Problem("no-authority", message, path="permits", hint=hint, severity="warning")


@rule("no-desks")
def _desks(scenario: Scenario, _: Country) -> Iterator[Problem]:
    for name, office in scenario.permits.items():
        if office.desks == 0:
            message = f"office '{name}' has no desk, so it never answers"
            yield Problem("no-desks", message, path=path_text(("permits", name, "desks")), severity="warning")


@rule("season")
def _seasons(scenario: Scenario, _: Country) -> Iterator[Problem]:
    for i, season in enumerate(scenario.seasons):
        if season.closes == season.opens:
            message = f"closes and opens on one day, {season.opens}, so it closes nothing"
            yield Problem("season", message, path=f"seasons[{i}].opens", severity="warning")


# ---- whom it is for -----------------------------------------------------------------------------
@rule("kind-of-place")
def _kinds(scenario: Scenario, country: Country) -> Iterator[Problem]:
    there = {kind for i, kind in enumerate(country.kind) if country.is_place[i]}
    served = {str(kind) for phase in scenario.phases for kind in phase.kinds}
    for i, phase in enumerate(scenario.phases):
        for number, kind in enumerate(phase.kinds):
            if kind not in there:
                message = f"this country has no place of kind '{kind}'"
                path = f"phases[{i}].kinds[{number}]"
                yield Problem("kind-of-place", message, path=path, severity="warning")
    for left in sorted(there - served):
        message = f"no phase connects places of kind '{left}', which this country has"
        yield Problem("kind-of-place", message, path="phases", severity="warning")


@rule("no-people")
def _people(_: Scenario, country: Country) -> Iterator[Problem]:
    if int(country.population.sum()) == 0:
        message = f"nobody lives in {country.name}: coverage of people is not defined and stays empty"
        yield Problem("no-people", message, path="country", severity="warning")


# ---- money, capacity and dates ------------------------------------------------------------------
@rule("no-capacity")
def _capacity(scenario: Scenario, _: Country) -> Iterator[Problem]:
    for i, gateway in enumerate(scenario.gateways):
        if gateway.transit_gbps == 0:
            message = f"gateway '{gateway.node}' has no capacity, so nothing passes it"
            yield Problem("no-capacity", message, path=f"gateways[{i}].transit_gbps", severity="warning")
    for field in ("corridor_gbps", "spur_gbps", "city_node_gbps", "node_gbps"):
        if getattr(scenario.equipment, field) == 0:
            message = "without capacity nothing that is lit carries traffic"
            yield Problem("no-capacity", message, path=f"equipment.{field}", severity="warning")


rule("no-income")(no_income)
rule("rates-apart")(rates_apart)


rule("no-money")(no_money)


@rule("outside-horizon")
def _horizon(scenario: Scenario, _: Country) -> Iterator[Problem]:
    dated = [(f"targets[{i}].by", target.by) for i, target in enumerate(scenario.targets)]
    for path, day in dated:
        if not scenario.start <= day < scenario.end:
            message = (
                f"{day} lies outside the scenario, {scenario.start} to {scenario.end}: it can't be judged"
            )
            yield Problem("outside-horizon", message, path=path, severity="warning")
    for i, opening in enumerate(scenario.openings):
        if opening.opens >= scenario.end:
            message = f"{opening.opens} is not simulated any more: '{opening.area}' stays closed to the end"
            yield Problem("outside-horizon", message, path=f"openings[{i}].opens", severity="warning")
    for i, satellite in enumerate(scenario.satellites):
        if (
            satellite.successor_years is None
            and (scenario.start - satellite.launched).days > satellite.lifetime_years * 365.25
        ):
            message = f"'{satellite.name}' is gone before the scenario starts"
            path = f"satellites[{i}].launched"
            yield Problem("outside-horizon", message, path=path, severity="warning")


@rule("beyond-figures")
def _population(scenario: Scenario, country: Country) -> Iterator[Problem]:
    last = max(country.national, default=scenario.end.year)
    if scenario.end > date(last + 1, 1, 1):
        message = f"{country.name}'s figures of population end with {last}; from then on they stay the same"
        yield Problem("beyond-figures", message, path="end", severity="warning")
