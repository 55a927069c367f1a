"""What stands, what is lit, where traffic leaves the country, and what reaches homes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal

from pydantic import (
    Field,
)

from bbsim.sections import Frozen, Id, Slug, Text, sourced
from bbsim.sections.last_mile import LastMile
from bbsim.units import (
    Count,
    Day,
    Days,
    Gbps,
    GrowthPerYear,
    PositiveShare,
    Quantity,
    Share,
    Usd,
    UsdPerYear,
    Whole,
)


class Existing(Frozen):
    """What stands on the first day."""

    network: Literal["as_in_pack", "gateways_only"] = "as_in_pack"
    """as_in_pack: spans and nodes that the country pack marks operational; gateways_only: a greenfield."""
    households_passed: dict[Id, Count] = Field(default_factory=dict)
    """Homes already passed, by city: its parts nearest the centre are on fibre, until they hold so many."""
    households_connected: dict[Id, Count] = Field(default_factory=dict)
    """Homes already connected, by city, of those passed."""


class Equipment(Frozen):
    """What is lit when a project is commissioned. Laid fibre has room for more."""

    corridor_gbps: Gbps = sourced(100.0, "assumption: one 100G wavelength, commercial since 2010")
    """Lit capacity of a span along a road or railway, each direction."""
    spur_gbps: Gbps = sourced(10.0, "assumption: one 10G port")
    """Lit capacity of a span from a corridor to a place off it."""
    city_node_gbps: Gbps = sourced(100.0, "assumption: one 100G uplink")
    """Uplink of a city's access node."""
    node_gbps: Gbps = sourced(10.0, "assumption: one 10G uplink of a line terminal")
    """Uplink of any other access node."""

    def spans_gbps(self, follows: Sequence[str]) -> list[float]:
        """What one port lights on each span, by what the span follows."""
        return [self.spur_gbps if what == "spur" else self.corridor_gbps for what in follows]

    def nodes_gbps(self, is_city: Iterable[bool]) -> list[float]:
        """What one port gives each node's uplink."""
        return [self.city_node_gbps if city else self.node_gbps for city in is_city]


class Upgrades(Frozen):
    """When more capacity is lit on fibre that is there, with what, and who pays."""

    trigger: Literal["forecast", "sustained"] = "forecast"
    """forecast: what will be short when an order of the next look would be lit; sustained: what is short now
    and has been for `sustained_months`."""
    at_utilisation_share: PositiveShare = sourced(
        0.7, "assumption: common planning rule, upgrade before 70 % at the busy hour"
    )
    """Capacity is added where the busy-hour load passes this share; 1: never before it is full."""
    sustained_months: Annotated[int, Whole(0, 120)] = sourced(6, "assumption: two busy seasons in a row")
    """For how long it has to have passed it, if the trigger is sustained."""
    review_every_months: Annotated[int, Whole(1, 60)] = sourced(
        6, "assumption: network planning twice a year"
    )
    """Months between two looks at the load."""
    lead_days: Days = sourced(180, "assumption: order, delivery and installation of line cards")
    """From the decision to light."""
    sized_for_years: Annotated[float, Quantity("year", most=50)] = sourced(
        2.0, "assumption: an order is meant to last for two planning years"
    )
    """An order is sized for the load so many years after it is lit."""
    equipment: Literal["catalogue", "per_gbps"] = "catalogue"
    """catalogue: on spans, the cheapest of ports, wavelengths, newer transponders and another fibre pair, by
    length and year (`data/optics.toml`); per_gbps: everywhere `usd_per_gbps`."""
    port_reach_km: Annotated[float, Quantity("km")] = sourced(
        80.0, "longest class of 10G and 100G port modules (ZR)"
    )
    """How far ports send without amplifiers, where spans choose from the catalogue."""
    transit: bool = False
    """Whether more transit is rented where a gateway will be short; else it grows as `gateways` say."""
    fibre_pairs: Annotated[int, Whole(1, 1000)] = sourced(12, "assumption: a cable of 24 fibres")
    """Pairs of fibres in a cable; each port takes one, a pair of the catalogue carries many wavelengths."""
    usd_per_gbps: Usd = sourced(
        600.0, "glassfiber planner: wavelength equipment up to 30k USD a node; two ends of 100 Gbit/s"
    )
    """Price of one Gbit/s more by ports, both ends, in the year of the scenario's start."""
    price_growth_share_per_year: GrowthPerYear = sourced(
        -0.2, "assumption: optics get a fifth cheaper a bit each year"
    )
    """Change of that price, compound."""
    paid_by: Literal["operator", "backbone", "access"] = "operator"
    """The fund that pays: the operator's own, or one of the programme's. What it cannot pay has to wait; the
    cures of the worst served homes come first."""
    operator_usd_per_home_per_year: Usd | None = None
    """What the operator puts in for each connected home; null: as much as upgrades cost."""

    def port_usd_per_gbps(self, years: float) -> float:
        """Price of one Gbit/s more by ports, so many years after the start."""
        return float(self.usd_per_gbps * (1.0 + self.price_growth_share_per_year) ** years)


class Gateway(Frozen):
    """Where national traffic leaves for the world."""

    node: Id
    """Node id in the country pack."""
    transit_gbps: Gbps
    """International capacity on the first day."""
    growth_share_per_year: GrowthPerYear = sourced(
        0.0, "assumption: no transit is added unless the scenario says so"
    )
    """How much transit is added every year, as a share of what there was; bought on each 1 January."""
    owner: Text = ""
    """Who sells the transit; told in the list of what breaks first."""
    usd_per_mbps_per_month: Usd = sourced(
        16.0,
        "TeleGeography, telecomnewsroom.com 2015-09-09: median of a 10 GigE port in Sao Paulo, Q2 2015, a "
        "market that depends on long links (London 1.00, Sydney 18); that a start pays as much: assumption",
    )
    """Rent of transit in the year of the scenario's start."""
    price_growth_share_per_year: GrowthPerYear = sourced(
        -0.14,
        "TeleGeography, telecomnewsroom.com 2015-09-09: 14 % less a year from 2012 to 2015 on key markets",
    )
    """Change of that rent, compound."""
    step_gbps: Annotated[float, Quantity("Gbit/s", above=0.0)] = sourced(10.0, "one 10 GigE port, as priced")
    """In what steps transit is rented by upgrades."""
    paid_by: Literal["nobody", "operator"] = "nobody"
    """nobody: the rent stays outside this run's books, as other running costs do; operator: it is paid on the
    first of every month, and the operator puts in as much."""

    def usd_per_gbps_per_month(self, years: float) -> float:
        """Rent of one Gbit/s for a month, so many years after the start."""
        return float(1000.0 * self.usd_per_mbps_per_month * (1.0 + self.price_growth_share_per_year) ** years)


class Opening(Frozen):
    """When an area of the country pack becomes open to work and to service."""

    area: Id
    """Area id in the country pack."""
    opens: Day
    """First day on which surveyors may enter."""


class Lease(Frozen):
    """Capacity rented on a foreign or submarine span that the country does not build."""

    span: Id
    """Span id in the country pack; it is lit without being built."""
    begins: Day
    """First day of the lease."""
    gbps: Gbps
    """Capacity rented, each direction."""
    usd_per_year: UsdPerYear
    """Rent; taken from the budget at each anniversary."""


class Access(Frozen):
    """How homes are passed once their place is on fibre."""

    technology: Slug = "gpon"
    """Record in the technology catalogue: cost, pace and line rate."""
    homes_per_lot: Annotated[int, Whole(1, 100_000)] = sourced(
        1000, "assumption: one primary split area; the unit in which homes are handed over"
    )
    """Homes that are handed over together."""
    target_share: Share = sourced(0.95, "assumption: the last twentieth is left to wireless and satellite")
    """Homes of each place that the programme means to pass."""
    last_mile: LastMile | None = None
    """Homes and businesses by technology, interim ones among them; null: one technology at a flat price."""
