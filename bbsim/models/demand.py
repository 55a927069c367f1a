"""What a connected home asks for at the busy hour: one measured load, growing at a stated rate."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from bbsim.scenario import Frozen, Text, sourced
from bbsim.traffic.matrix import Demands, demand_matrix
from bbsim.units import Gbps, GrowthPerYear, Kbps, PositiveShare, Quantity, Share, Whole


class BusyHourGrowth(Frozen):
    """A measured busy-hour load a home, growing by the same share every year."""

    kbps_per_home: Kbps = sourced(
        29.8, "ictnews.az 2011-12: peak of 29 Gbit/s inbound over 973,869 fixed lines (AzNET segment)"
    )
    """Busy-hour load of one connected home on the day of the measurement."""
    measured: date = sourced(date(2011, 12, 31), "ictnews.az 2011-12")
    """Day of the measurement."""
    growth_share_per_year: GrowthPerYear = sourced(
        0.30, "NANOG 2016, practitioners' rule of thumb: +30 % a year a subscriber; not a standard"
    )
    """Growth of the load a home, compound."""
    growth_by_year: dict[int, GrowthPerYear] = sourced(
        {},
        "none: one rate for all. A line worldwide: 21 % a year 2019-2022, 3 % in the last (ITU 2023)",
    )
    """Growth in single calendar years, where it is known to differ."""

    active_share: PositiveShare = sourced(
        0.1, "assumption: one home in ten uses its line at the same time at the busy hour"
    )
    """Share of connected homes that use the line at once; on a full span only they share what it carries."""

    most_mbps_per_home: Annotated[float, Quantity("Mbit/s", above=0.0)] = sourced(
        1e7, "assumption: ten terabits a second, far beyond any forecast"
    )
    """A load above this is an error of units or of growth, and ends the run."""

    businesses_per_1000_people: Annotated[float, Field(ge=0, le=1000)] = sourced(
        0.0, "none besides: the measured load is that of all fixed lines, those of businesses among them"
    )
    """Businesses on fibre where their place is, if the load a home is measured at homes alone."""
    kbps_per_business: Kbps = sourced(0.0, "set it with businesses_per_1000_people")
    """Busy-hour load of one on the day of the measurement; grows as that of a home."""
    public_sites_per_1000_people: Annotated[float, Field(ge=0, le=1000)] = sourced(
        0.0, "none besides: the measured load is that of all fixed lines, public sites among them"
    )
    """Schools, clinics and offices on fibre where their place is, counted the same way."""
    kbps_per_public_site: Kbps = sourced(0.0, "set it with public_sites_per_1000_people")
    """Busy-hour load of one on the day of the measurement; grows as that of a home."""

    @model_validator(mode="after")
    def _others_are_told_in_homes(self) -> Self:
        asks = self.businesses_per_1000_people * self.kbps_per_business
        asks += self.public_sites_per_1000_people * self.kbps_per_public_site
        if self.kbps_per_home == 0 and (asks or getattr(self, "flows", None)):
            raise ValueError("kbps_per_home is 0, so that no other load can grow with it")
        return self

    @property
    def others_per_person(self) -> float:
        """Load of businesses and public sites for each resident, in loads of a home."""
        kbps = self.businesses_per_1000_people * self.kbps_per_business
        kbps += self.public_sites_per_1000_people * self.kbps_per_public_site
        return kbps / 1000.0 / self.kbps_per_home if kbps else 0.0

    def mbps_per_home(self, on: date) -> float:
        """Busy-hour load of one connected home on a day, Mbit/s: load x (1 + growth) ^ years.

        Years with a growth of their own count with that, by their days, before and after the measurement.
        """
        days = (on - self.measured).days
        factor, usual = 1.0, days
        first, last = sorted((self.measured, on))
        for year, growth in sorted(self.growth_by_year.items()):
            inside = (min(last, date(year + 1, 1, 1)) - max(first, date(year, 1, 1))).days
            if inside > 0:
                own = inside if days > 0 else -inside
                factor *= (1.0 + growth) ** (own / 365.25)
                usual -= own
        return float(
            self.kbps_per_home / 1000.0 * (1.0 + self.growth_share_per_year) ** (usual / 365.25) * factor
        )


class ByDirection(BusyHourGrowth):
    """The same load, told by where it comes from: abroad, content kept in the country, or other places."""

    content_share: Share = sourced(
        0.24, "assumption: four fifths of what stays in the country is content from caches and servers"
    )
    """Share of the load that caches and servers in the country answer."""
    places_share: Share = sourced(
        0.06,
        "with content_share 30 % of traffic stays in the country, as in Kenya and Nigeria in 2012 (Internet "
        "Society, Anchoring the African Internet Ecosystem, 2020); its division is an assumption",
    )
    """Share of the load that comes from other places of the country, by gravity."""
    upstream_share: Share = sourced(0.1, "assumption: a tenth of what homes receive, they send")
    """What homes send for each unit received."""
    distance_power: Annotated[float, Field(ge=0, le=10)] = sourced(
        2.0, "Krings et al., Urban gravity, J. Stat. Mech. 2009 L07003: calls between the cities of Belgium"
    )
    """How fast the traffic between places falls with the distance between them: with this power of it."""
    attractors: Annotated[int, Whole(1, 1_000_000)] = sourced(
        20, "assumption: what the smaller places attract is next to nothing, and costs time to work out"
    )
    """So many places, those that ask for most, attract traffic of the others."""
    nearest_km: Annotated[float, Quantity("km", above=0.0)] = sourced(
        1.0, "assumption: within a town distance makes no difference"
    )
    """Nearer than this two places attract each other no more strongly."""

    @model_validator(mode="after")
    def _no_more_than_all(self) -> Self:
        if self.content_share + self.places_share > 1.0:
            raise ValueError("content_share and places_share are more than 1 together")
        return self

    def matrix(
        self,
        node: NDArray[np.int64],
        load_gbps: NDArray[np.float64],
        km: NDArray[np.float64],
        *,
        attractor: NDArray[np.int64] | None = None,
        world: int,
        content: int | None,
    ) -> Demands:
        """Demands of places by direction: `bbsim.traffic.demand_matrix` with these shares.

        Where there is no `content` node, content comes from abroad.
        """
        return demand_matrix(
            node, load_gbps, world=world, content=content, km=km, attractor=attractor,
            content_share=self.content_share if content is not None else 0.0,
            places_share=self.places_share, upstream_share=self.upstream_share, power=self.distance_power,
        )  # fmt: skip


class Flow(Frozen):
    """Traffic measured from one end to another at the busy hour."""

    source: Text
    """Node id, `abroad` or `content`."""
    target: Text
    """Node id, `abroad` or `content`."""
    gbps: Gbps
    """On the day of the measurement."""


class Measured(BusyHourGrowth):
    """A measured matrix: flows between places, from abroad and from content, growing as the load a home does.

    A flow runs as long as its places are in service, however many homes are connected.
    """

    flows: list[Flow] = Field(min_length=1)
    """All flows on the day of the measurement."""
