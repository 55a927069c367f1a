"""What is in the sky: satellites and constellations, what of them the country may use, and what they cost.

Capacity is a finite pool for those who share it. What a satellite carries beyond the national part is sold.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from bbsim.conversion import problem
from bbsim.sections import Frozen, Text, sourced
from bbsim.uncertain import UncertainDays
from bbsim.units import (
    Day,
    Gbps,
    GrowthPerYear,
    Mbps,
    PositiveShare,
    Quantity,
    Share,
    Usd,
    UsdPerYear,
    Whole,
    Years,
)

ALTITUDE_KM = {"geo": 35_786.0, "meo": 8_062.0, "leo": 550.0}
"""Height of orbits: geostationary; the O3b fleet (ITU filing and operator's fact sheet); the first shell of
Starlink (FCC 20-48)."""

LIGHT_KM_PER_MS = 299.792458

# A satellite's capacity is told in round figures: what is told may be so much above what is worked out.
ROUND_SHARE = 0.1


class Transponders(Frozen):
    """Transponders of one band."""

    band: Text
    """C, Ku or Ka."""
    count: Annotated[int, Whole(1, 1000)]
    """How many."""
    mhz: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
    """Width of one."""
    bits_per_s_per_hz: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] = sourced(
        2.0,
        "assumption: 8PSK of DVB-S2 at a code rate of 3/4 has 2.23 bits a symbol (ETSI EN 302 307),"
        " less roll-off",
    )
    """What a hertz carries."""

    @property
    def gbps(self) -> float:
        """Capacity of all of them."""
        return self.count * self.mhz * self.bits_per_s_per_hz / 1000.0


class Beam(Frozen):
    """A part of the capacity that only some regions can use."""

    name: Text
    """What it is called."""
    share: PositiveShare
    """Part of the satellite's `usable_gbps`."""
    regions: Annotated[list[Text], Field(min_length=1)]
    """Regions of the country pack that lie under it."""


class Satellite(Frozen):
    """A satellite, or a constellation, as a finite pool; it is watched from the order to the successor."""

    name: Text
    """Name of the satellite."""
    launched: Day
    """Day of launch, of a constellation the first day of service; may lie before the scenario's start."""
    slip_days: UncertainDays = sourced(0, "the date is kept; what hazards add comes on top")
    """How much later it comes, if it is still to come; successors, too."""
    payload: Literal["communications", "imaging"] = "communications"
    """imaging: takes pictures and carries no broadband; it stands here to say so."""
    orbit: Literal["geo", "meo", "leo"] | None = None
    """Its height gives the latency; null: not told, and no latency either."""
    altitude_km: Annotated[float, Quantity("km", above=0.0)] | None = None
    """Height, where it is not that of the orbit's best known fleet (geo 35,786; meo 8,062; leo 550 km)."""
    constellation: bool = False
    """true: a fleet that its owner renews; no single launch and no single loss ends the service."""
    transponders: list[Transponders] = Field(default_factory=list)
    """All that it has. What of their capacity is not for national use is sold."""
    usable_gbps: Gbps
    """Capacity kept for national use."""
    beams: list[Beam] = Field(default_factory=list)
    """How that capacity is divided between regions; none: one beam for the whole country."""
    lifetime_years: Years
    """After so many years it is gone."""
    successor_years: Years | None = None
    """From the order of a successor to its launch. One is ordered so that it comes when the life ends, and at
    once when the satellite is lost; null: none comes."""
    line_mbps: Mbps
    """Best rate of one terminal."""
    homes_share: Share = sourced(
        0.01, "assumption: one home in a hundred off fibre has a terminal; no count was found"
    )
    """Homes off fibre, in open areas, that have a terminal and share the pool with each other."""
    fibre_cut: Literal["as_others", "left_over", "never"] = "as_others"
    """Places whose fibre is down. as_others: they are off fibre like others; left_over: a back-up for what
    all their homes ask for, from what those without fibre leave; never: not meant for them. With a
    `last_mile` no new dish is offered there in the last two cases; who has one keeps it."""
    usd: Usd = sourced(0.0, "choice: not counted unless it is told")
    """Price of satellite and launch, paid on the day of each launch; for `finance` alone."""
    usd_per_year: UsdPerYear = sourced(0.0, "choice: not counted unless it is told")
    """Running it, while it is up; for `finance` alone."""
    usd_per_mbps_per_month: Usd = sourced(
        260.0, "Euroconsult through SpaceNews: world average of 2023; taken for every year: assumption"
    )
    """Price of capacity that is sold, in the year of the scenario's start."""
    price_growth_share_per_year: GrowthPerYear = sourced(0.0, "assumption: the price stays")
    """Change of that price, compound."""
    national_usd_per_mbps_per_month: Usd = sourced(
        0.0, "choice: the national part is kept for the country and nobody pays for it unless it is told"
    )
    """What those who use the national part pay together for each Mbit/s of it, in the year of the scenario's
    start, while it is up: ministries, schools, or an operator of terminals; for `finance` alone. It changes
    with the price of what is sold. Where a `last_mile` counts dishes, their homes pay as all homes do, and
    this comes on top."""
    sold_share: Share = sourced(1.0, "assumption: all that is not kept finds a buyer")
    """Part of what is not for national use that is sold."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.payload == "imaging" and self.usable_gbps:
            raise problem(
                "satellite", f"saw {self.usable_gbps:g} Gbit/s, but what takes pictures carries no broadband",
                "Write 0, or payload: communications.", at=("usable_gbps",),
            )  # fmt: skip
        if self.usable_gbps and not self.line_mbps:
            raise problem(
                "satellite", "saw a terminal of 0 Mbit/s on a satellite that carries broadband",
                "Write the best rate of one terminal.", at=("line_mbps",),
            )  # fmt: skip
        if self.transponders and self.usable_gbps > self.capacity_gbps * (1.0 + ROUND_SHARE):
            raise problem(
                "satellite",
                f"saw {self.usable_gbps:g} Gbit/s, but all transponders carry {self.capacity_gbps:.3g}",
                "Write at most that, or more transponders.", at=("usable_gbps",),
            )  # fmt: skip
        shares = sum(beam.share for beam in self.beams)
        if shares > 1.0 + 1e-9:
            raise problem(
                "satellite", f"the shares of the beams add up to {shares:g}, wanted at most 1", at=("beams",)
            )
        return self

    @property
    def capacity_gbps(self) -> float:
        """All that it carries: of its transponders, or, where none are told, what is for national use."""
        return sum(some.gbps for some in self.transponders) if self.transponders else self.usable_gbps

    @property
    def sold_gbps(self) -> float:
        """What of it is sold."""
        return max(self.capacity_gbps - self.usable_gbps, 0.0) * self.sold_share

    @property
    def latency_ms(self) -> float | None:
        """Light up, down, and the same way back, straight overhead: the least there can be."""
        if self.orbit is None and self.altitude_km is None:
            return None
        height_km = self.altitude_km or ALTITUDE_KM[self.orbit or "geo"]
        return 4.0 * height_km / LIGHT_KM_PER_MS

    def usd_of_capacity(self, years: float, *, national: bool = False) -> float:
        """A month's price of one Gbit/s, sold or for national use, so many years after the start."""
        usd = self.national_usd_per_mbps_per_month if national else self.usd_per_mbps_per_month
        return float(1000.0 * usd * (1.0 + self.price_growth_share_per_year) ** years)
