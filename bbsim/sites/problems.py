"""What in the section on public sites can't be: names that are not there, ids twice, lines without light."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.errors import Problem, did_you_mean
from bbsim.explain import path_text
from bbsim.scenario import Scenario
from bbsim.sections.sites import PublicSites
from bbsim.standing import standing


def unknown(scenario: Scenario, country: Country) -> Iterator[Problem]:
    """Names of classes, places and agencies that are not there."""
    section = scenario.sites
    if section is None:
        return
    agencies = [each.agency for each in section.agencies]
    places = [node for node, is_place in zip(country.ids, country.is_place, strict=True) if is_place]
    lists = {"class of sites": list(section.classes), "agency": agencies, "place": places}
    for kind, path, name in _named(section):
        if name not in lists[kind]:
            of = "this country" if kind == "place" else "this scenario"
            hint = did_you_mean(name, lists[kind])
            yield Problem(
                "unknown-site-name", f"saw '{name}', which is no {kind} of {of}", path=path, hint=hint
            )
    brought = sorted(set(country.sites["of"]))
    for i, name in enumerate(section.of_pack):
        if name not in brought:
            hint = did_you_mean(name, brought) or "Bring them in: bbsim geodata import FILE --as sites."
            message = f"the country pack brings no site of the class '{name}'"
            yield Problem("no-sites-in-pack", message, path=f"public_sites.of_pack[{i}]", hint=hint)


def _named(section: PublicSites) -> Iterator[tuple[str, str, str]]:
    """Every name that must be known: of what kind, where it stands, and the name."""
    if section.hub is not None:
        yield "place", "public_sites.hub", section.hub
    for part in ("agencies", "sites", "everywhere", "expansions"):
        for i, each in enumerate(getattr(section, part)):
            path = f"public_sites.{part}[{i}]"
            yield "class of sites", f"{path}.of", each.of
            if hasattr(each, "place"):
                yield "place", f"{path}.place", each.place
            for number, place in enumerate(getattr(each, "places", [])):
                yield "place", f"{path}.places[{number}]", place
    for i, of in enumerate(section.of_pack):
        yield "class of sites", f"public_sites.of_pack[{i}]", of
    for i, unit in enumerate(section.mobile_units):
        for number, place in enumerate(unit.stops):
            yield "place", f"public_sites.mobile_units[{i}].stops[{number}]", place
    for i, service in enumerate(section.services):
        for number, agency in enumerate(service.needs):
            yield "agency", f"public_sites.services[{i}].needs[{number}]", agency


def twice(scenario: Scenario, country: Country) -> Iterator[Problem]:
    """Ids that stand twice: agencies and sites share them, those of the pack as well."""
    section = scenario.sites
    if section is None:
        return
    taken = zip(country.sites["id"], country.sites["of"], strict=True)
    first = {site: "the country pack" for site, of in taken if of in section.of_pack}
    for part, field in (("agencies", "agency"), ("sites", "site"), ("mobile_units", "unit")):
        for i, each in enumerate(getattr(section, part)):
            path, name = f"public_sites.{part}[{i}].{field}", getattr(each, field)
            if name in first:
                message = f"'{name}' is already {'in' if ' ' in first[name] else 'at'} {first[name]}"
                yield Problem("site-twice", message, path=path, hint="Give it another id.")
            first.setdefault(name, path)


def pointless(scenario: Scenario, country: Country) -> Iterator[Problem]:
    """What runs, but can't be meant: a line where nothing is lit, desks without people, no money."""
    section = scenario.sites
    if section is None:
        return
    stands = _lit_at_the_start(scenario, country)
    for part in ("agencies", "sites"):
        for i, each in enumerate(getattr(section, part)):
            at = country.node_index.get(each.place)
            if each.connected and at is not None and not stands[at]:
                message = f"'{each.place}' is not on fibre on the first day, so nothing there is connected"
                path = f"public_sites.{part}[{i}].connected"
                yield Problem("site-unlit", message, path=path, severity="warning")
    unlit = [
        site
        for site, of, place, connected in zip(
            *(country.sites[column] for column in ("id", "of", "place", "connected")), strict=True
        )
        if connected and of in section.of_pack and not stands[country.node_index[place]]
    ]
    if unlit:
        message = (
            f"{len(unlit)} sites of the pack are said to be connected in places without fibre: {unlit[0]} …"
        )
        yield Problem("site-unlit", message, path="public_sites.of_pack", severity="warning")
    for name, kind in section.classes.items():
        if kind.desks and not kind.serves_people:
            message = "has desks, but serves nobody who travels to it: nobody queues"
            path = path_text(("public_sites", "classes", name, "desks"))
            yield Problem("site-desks", message, path=path, severity="warning")
    budget = section.budget
    if section.expansions and not (budget.opening_usd or budget.usd_per_year):
        message = "no money, so that no expansion opens anything that costs"
        yield Problem("no-money", message, path="public_sites.budget", severity="warning")


def _lit_at_the_start(scenario: Scenario, country: Country) -> NDArray[np.bool_]:
    """(nodes,) whether the place is on fibre on the first day; all, if names are unknown (told elsewhere)."""
    existing = scenario.existing
    named = {gateway.node for gateway in scenario.gateways} | set(existing.households_passed)
    if (named | set(existing.households_connected)) <= country.node_index.keys():
        return standing(scenario, country).nodes
    return np.ones(len(country.ids), dtype=bool)
