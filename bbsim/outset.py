"""The first scenario of a country that nobody has written one for: every figure by a stated rule.

A scenario of the flagship rests on what was published about it; here there are only the nation's indicators
and its pack, so that money, prices, crews and traffic follow from them by rules that are written beside each
figure. It is a place to begin, and says which three edits come first.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Any

import numpy as np

from bbsim.country import Country
from bbsim.models.cost import ByTerrain
from bbsim.technology import find

GDP_SHARE = 0.0008  # a year: what the flagship's 57.3 MUSD were of a GDP of some 74 billion in 2013
ACCESS_SHARE = 0.6
EMERGING_USD = 13_000.0  # GDP per head (2021 dollars) that emerging-market prices are taken to belong to
LABOUR_SHARE, LABOUR_POWER = 0.72, 0.5
KBPS, KBPS_YEAR, KBPS_GROWTH = 1000.0, 2016, 0.20
YEARS, CITIES, BASES = 10, 40, 6
PACE = {"plain": 0.25, "hills": 0.17, "mountain": 0.1, "urban": 0.08, "submarine": 0.5}
WORKING_DAYS, HOMES_PER_DAY = 250, 20.0
LEASE_USD_PER_GBPS = 144_000.0
WAVELENGTH_GBPS = 400


@dataclass(frozen=True)
class Outset:
    """Figures of a first scenario, from a country and its indicators.

    Attributes
    ----------
    told : the population table of the pack's head: indicators under the names that the builder gives them.
    """

    country: Country
    told: Mapping[str, Any]

    @property
    def start(self) -> int:
        """First year."""
        return int(max(self.country.reference_year + 1, 1990))

    @property
    def price_factor(self) -> float:
        """Prices over those of emerging markets: labour by the root of income, material by the world's."""
        income = float(self.told.get("gdp_per_head_usd", EMERGING_USD))
        labour = LABOUR_SHARE * (income / EMERGING_USD) ** LABOUR_POWER
        return float(round(min(max(1.0 - LABOUR_SHARE + labour, 0.4), 2.5), 2))

    @property
    def usd_per_year(self) -> float:
        """Money a year: a share of GDP, or eight dollars a head where that is not known."""
        people = float(self.country.population.sum())
        return float(_round(GDP_SHARE * float(self.told.get("gdp_usd", people * 8.0 / GDP_SHARE))))

    @property
    def lines(self) -> int:
        """Homes with fixed broadband, at most nine in ten; a tenth of Internet homes if not known."""
        homes = int(self.country.households.sum())
        guess = 0.1 * float(self.told.get("internet_users_share", 0.3)) * homes
        return int(min(float(self.told.get("fixed_lines", guess)), 0.9 * homes))

    @property
    def kbps_at_start(self) -> float:
        """Busy-hour load of a home on the first day."""
        return KBPS * (1.0 + KBPS_GROWTH) ** (self.start - 1 - KBPS_YEAR)

    def prices(self) -> dict[str, int]:
        """USD a km by terrain."""
        usual = ByTerrain()
        return {
            t: int(
                _round(getattr(usual, f"{t}_usd_per_km") * (1.0 if t == "submarine" else self.price_factor))
            )
            for t in PACE
        }

    def homes(self) -> dict[str, tuple[int, int]]:
        """Homes passed and connected in the largest cities: fixed lines are in cities first, by homes."""
        country = self.country
        whole = country.households.copy()
        for node, city in enumerate(country.nodes["part_of"]):
            if city:
                whole[country.node_index[city]] += country.households[node]
        cities = np.flatnonzero(country.is_city)
        order = cities[np.lexsort((cities, -whole[cities]))][:CITIES].tolist()
        total = int(whole[order].sum())
        share = min(self.lines / total, 0.8) if total else 0.0
        return {
            country.ids[n]: (round(min(1.2 * share, 0.95) * whole[n]), round(share * whole[n])) for n in order
        }

    def gateways(self) -> dict[str, float]:
        """Gbit/s at each gateway: half more than the first day's load, by the people nearest to each."""
        country = self.country
        nodes = [i for i, on in enumerate(country.nodes["gateway"]) if on] or [
            int(np.argmax(country.population))
        ]
        nearest, _ = _nearest(country, nodes)
        people = np.array([float(country.population[nearest == k].sum()) for k in range(len(nodes))])
        load = 1.5 * max(self.lines, 1) * self.kbps_at_start / 1e6
        shares = people / people.sum() if people.sum() else np.full(len(nodes), 1.0 / len(nodes))
        return {country.ids[n]: max(1.0, _round(load * float(s))) for n, s in zip(nodes, shares, strict=True)}

    def light_gbps(self) -> tuple[int, int]:
        """Gbit/s of a corridor and of a city's node: wavelengths for half more than the first day's fullest.

        All that a city's homes ask for leaves from its centre, by the shortest way to its nearest gateway.
        """
        country = self.country
        gateways = [country.node_index[node] for node in self.gateways()]
        asked = np.zeros(len(country.ids))
        for city, (_, connected) in self.homes().items():
            asked[country.node_index[city]] = 1.5 * connected * self.kbps_at_start / 1e6
        fullest, corridor = float(asked.max(initial=0.0)), 0.0
        _, ways = _nearest(country, gateways)
        for node, span in reversed(ways):  # from the far end inwards
            if span >= 0:
                corridor = max(corridor, float(asked[node]))
                asked[int(country.u[span] + country.v[span] - node)] += asked[node]
        return _wavelengths(corridor), _wavelengths(fullest)

    def leases(self) -> dict[str, tuple[int, int]]:
        """Gbit/s and USD a year of each leased span: enough for twice the load of the homes behind it."""
        country = self.country
        leased = [i for i, medium in enumerate(country.spans["medium"]) if medium == "leased"]
        found = {}
        for span in leased:
            behind = _behind(country, span)
            homes = int(country.households[behind].sum())
            gbps = max(1, ceil(2.0 * homes * 0.3 * self.kbps_at_start / 1e6))
            found[country.span_ids[span]] = (gbps, int(_round(gbps * LEASE_USD_PER_GBPS)))
        return found

    # ---- who builds -----------------------------------------------------------------------------
    def crews(self) -> list[dict[str, Any]]:
        """Yards with crews that can spend the money: a third more than what it buys in a year."""
        country = self.country
        own = [i for i in range(len(country.span_ids)) if country.spans["domestic"][i]]
        todo = [i for i in own if country.spans["status"][i] != "operational"] or own
        prices = self.prices()
        km = np.array([country.km[i] for i in todo])
        usd = float(sum(country.km[i] * prices[country.terrain[i]] for i in todo)) / max(
            float(km.sum()), 1e-9
        )
        pace = float(km.sum()) / max(float(sum(country.km[i] / PACE[country.terrain[i]] for i in todo)), 1e-9)
        civil = 1.33 * (1.0 - ACCESS_SHARE) * self.usd_per_year / usd / (pace * WORKING_DAYS)
        cost = find("gpon").usd_per_home_passed
        usd_of = {str(kind): usd_each for kind, usd_each in cost.items()}
        homes = np.array([usd_of.get(kind, 0.0) for kind in country.kind]) * country.households
        per_home = float(homes.sum()) / max(int(country.households.sum()), 1) or 200.0
        access = 1.33 * ACCESS_SHARE * self.usd_per_year / per_home / (HOMES_PER_DAY * WORKING_DAYS)
        groups = self._yards()
        weight = np.array([w for _, _, w in groups], dtype=np.float64)
        shares = weight / weight.sum()
        return [
            {
                "base": base,
                "regions": regions,
                "civil": max(1, round(civil * float(s))),
                "cable": max(1, round(civil * float(s) / 3)),
                "splice": max(1, round(civil * float(s) * 0.8)),
                "access": max(1, round(access * float(s))),
            }
            for (base, regions, _), s in zip(groups, shares, strict=True)
        ]

    def _yards(self) -> list[tuple[str, list[str], float]]:
        """Yards far from each other, each with the regions nearest to it, and how much there is to do."""
        country = self.country
        seat: dict[str, int] = {}
        for n in np.argsort(-country.population, kind="stable").tolist():
            seat.setdefault(str(country.nodes["region"][n]), n)
        regions = [r for r in country.regions if r in seat]
        at = {r: country.ecef_km[seat[r]] for r in regions}
        chosen = [max(regions, key=lambda r: (int(country.population[seat[r]]), r))]
        while len(chosen) < min(BASES, len(regions)):
            gaps = {r: min(float(np.linalg.norm(at[r] - at[c])) for c in chosen) for r in regions}
            far = max(sorted(gaps), key=lambda r: gaps[r] * sqrt(float(country.population[seat[r]]) + 1.0))
            if far in chosen:
                break
            chosen.append(far)
        todo = dict.fromkeys(regions, 0.0)
        for i, r in enumerate(country.spans["region"]):
            if r in todo and country.spans["domestic"][i] and country.spans["status"][i] != "operational":
                todo[r] += float(country.km[i])
        groups: dict[str, list[str]] = {c: [] for c in chosen}
        for r in regions:
            near = min(chosen, key=lambda c: (round(float(np.linalg.norm(at[r] - at[c])), 6), c))
            groups[near].append(r)
        return [(c, sorted(groups[c]), sum(todo[r] for r in groups[c]) + 1.0) for c in sorted(chosen)]

    def winters(self) -> list[tuple[str, list[str], str, str]]:
        """Seasons in which nobody digs: in mountains off the tropics, anywhere far north and south."""
        country = self.country
        lat = float(np.median(country.node_xy[country.is_place, 1]))
        there = set(country.terrain)
        months = ("12-01", "03-15") if lat > 0 else ("06-01", "09-15")
        found = []
        if abs(lat) >= 30.0 and "mountain" in there:
            high = ("11-15", "04-01") if lat > 0 else ("05-15", "10-01")
            found.append(("mountain-winter", ["mountain"], *high))
        if abs(lat) >= 50.0:
            open_ground: list[str] = [t for t in ("plain", "hills") if t in there]
            found.append(("frost", open_ground, *months))
        return found


def _round(number: float) -> float:
    """Two significant digits, for figures that rest on a rule of thumb.

    >>> _round(12345.0), _round(0.0873)
    (12000.0, 0.087)
    """
    return float(f"{number:.2g}")


def _wavelengths(gbps: float) -> int:
    """Gbit/s of as many whole wavelengths as carry a load, at least one.

    >>> _wavelengths(0.0), _wavelengths(401.0)
    (400, 800)
    """
    return WAVELENGTH_GBPS * max(1, ceil(gbps / WAVELENGTH_GBPS))


def _nearest(country: Country, nodes: Sequence[int]) -> tuple[np.ndarray[Any, Any], list[tuple[int, int]]]:
    """Which of some nodes each node is nearest to by corridor; the first one for those that reach none.

    With it the nodes in the order of their distance, each with the last span on the way to it (-1: none).
    """
    km = np.full(len(country.ids), np.inf)
    owner = np.zeros(len(country.ids), dtype=np.int64)
    ways: list[tuple[int, int]] = []
    heap = [(0.0, k, n, -1) for k, n in enumerate(nodes)]
    heapq.heapify(heap)
    while heap:
        reach, k, at, by = heapq.heappop(heap)
        if km[at] < np.inf:
            continue
        km[at], owner[at] = reach, k
        ways.append((at, by))
        for other, span in country.adjacent[at]:
            if km[other] == np.inf:
                heapq.heappush(heap, (reach + float(country.km[span]), k, other, span))
    return owner, ways


def _behind(country: Country, span: int) -> list[int]:
    """The nodes that a span joins to the rest: the smaller side of it."""
    sides = []
    for start in (int(country.u[span]), int(country.v[span])):
        seen, stack = {start}, [start]
        while stack:
            for other, way in country.adjacent[stack.pop()]:
                if way != span and other not in seen:
                    seen.add(other)
                    stack.append(other)
        sides.append(sorted(seen))
    return min(sides, key=lambda side: int(country.population[side].sum()))
