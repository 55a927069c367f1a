"""Every public site that a run may know, in one list: agencies, listed ones, those of rules, candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from bbsim.country import Country
from bbsim.scenario import Scenario
from bbsim.sections.sites import Expansion, PublicSites, SiteClass


@dataclass(frozen=True, slots=True)
class Known:
    """One site, or several alike in one place.

    Attributes
    ----------
    site, name, of : id, what people call it, and its class.
    node : position of its place in the country.
    count : so many alike.
    opens_day : day since the scenario's start on which it is meant to open, negative if it stands; None if an
        expansion decides.
    connected : whether it has its line on the first day.
    desks : desks at which people are served.
    applications_per_year : if they are known.
    expansion : the expansion that may open it, if one does.
    agency : whether it is an agency's database.
    """

    site: str
    name: str
    of: str
    node: int
    count: int
    opens_day: int | None
    connected: bool
    desks: int
    applications_per_year: float | None = None
    expansion: str = ""
    agency: bool = False


def roster(scenario: Scenario, country: Country) -> list[Known]:
    """All sites of a scenario, in the order in which it names them; none if it has no such section."""
    section = scenario.sites
    if section is None:
        return []
    start = scenario.start
    out = [
        Known(
            each.agency, each.name or each.agency, each.of, country.node_index[each.place], 1,
            (each.joins - start).days, each.connected, 0, agency=True,
        )
        for each in section.agencies
    ]  # fmt: skip
    for site in section.sites:
        desks = section.classes[site.of].desks if site.desks is None else site.desks
        name, node = site.name or site.site, country.node_index[site.place]
        out.append(
            Known(
                site.site, name, site.of, node, site.count, (site.opens - start).days, site.connected,
                desks, site.applications_per_year,
            )
        )  # fmt: skip
    out += _of_pack(scenario, section, country)
    for rule in section.everywhere:
        for node in _places(country, rule.kinds):
            people = int(country.population[node])
            count = -(-people // rule.one_per_people) if people >= rule.least_people else 0
            if count:
                name = f"{rule.of}: {country.nodes['name'][node] or country.ids[node]}"
                opens, desks = (rule.opens - start).days, section.classes[rule.of].desks
                identity = f"{rule.of}-{country.ids[node]}"
                out.append(Known(identity, name, rule.of, node, count, opens, False, desks))
    for expansion in section.expansions:
        out += _candidates(section, expansion, country)
    return out


def _of_pack(scenario: Scenario, section: PublicSites, country: Country) -> list[Known]:
    """Sites that the pack brings, of the classes that the scenario takes from it."""
    columns = (country.sites[name] for name in ("id", "name", "of", "place", "count", "opens", "connected"))
    out = []
    for site, name, of, place, count, opens, connected in zip(*columns, strict=True):
        if of in section.of_pack:
            day = (date.fromisoformat(opens) - scenario.start).days if opens else 0
            node, desks = country.node_index[place], section.classes[of].desks
            out.append(Known(site, name or site, of, node, count, day, connected, desks))
    return out


def promised(known: Known, section: PublicSites) -> SiteClass:
    """The class of a site."""
    return section.classes[known.of]


def _places(country: Country, kinds: Sequence[str]) -> list[int]:
    return [i for i in np.flatnonzero(country.is_place).tolist() if country.kind[i] in kinds]


def _candidates(section: PublicSites, expansion: Expansion, country: Country) -> list[Known]:
    """Places in which an expansion may open a site, in its own order."""
    if expansion.places:
        nodes = [country.node_index[place] for place in expansion.places]
    else:
        people = country.population
        nodes = sorted(_places(country, expansion.kinds), key=lambda i: (-people[i], i))
    desks = section.classes[expansion.of].desks
    return [
        Known(
            f"{expansion.name}-{country.ids[node]}", str(country.nodes["name"][node] or country.ids[node]),
            expansion.of, node, 1, None, False, desks, expansion=expansion.name,
        )
        for node in nodes
    ]  # fmt: skip
