"""What spans and access nodes cost: unit prices by terrain and kind of place, split into what is bought and
what is laboured, because the two are paid at different times.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bbsim.country import PLACE_KINDS, Country
from bbsim.scenario import Frozen, sourced
from bbsim.units import Km, Share, Usd, UsdPerKm


@dataclass(frozen=True)
class Prices:
    """Whole cents, by span and by node.

    Attributes
    ----------
    survey : (spans,) drawing and walking the route.
    material : (spans,) cable, ducts and amplifier huts; paid on delivery.
    labour : (spans,) digging and pulling; paid as sections are finished.
    node : (nodes,) shelter, power and electronics of an access node.
    """

    survey: NDArray[np.int64]
    material: NDArray[np.int64]
    labour: NDArray[np.int64]
    node: NDArray[np.int64]

    @cached_property
    def span(self) -> NDArray[np.int64]:
        """(spans,) everything that a span costs."""
        return np.asarray(self.survey + self.material + self.labour)

    def saving(self, share: NDArray[np.float64]) -> Prices:
        """The prices less a share of each span's, (spans,): it is the digging that is shared.

        The saving is taken off the labour, and off the material only where it is more than the labour.
        """
        off = np.rint(self.span * share).astype(np.int64)
        labour = np.maximum(self.labour - off, 0)
        material = np.maximum(self.material - np.maximum(off - self.labour, 0), 0)
        return Prices(self.survey, material, labour, self.node)

    def times(self, material: float, labour: float) -> Prices:
        """The prices when what is bought costs so many times as much, and what is laboured."""
        bought, laboured = (
            np.rint(x * f).astype(np.int64) for x, f in ((self.material, material), (self.labour, labour))
        )
        survey, node = (
            np.rint(x * f).astype(np.int64) for x, f in ((self.survey, labour), (self.node, material))
        )
        return Prices(survey, bought, laboured, node)


class ByTerrain(Frozen):
    """A price a kilometre by terrain, and a price an access node by kind of place."""

    plain_usd_per_km: UsdPerKm = sourced(
        15_850, "Analysys Mason 2011: rural fibre in emerging markets, capacitymedia.com 2799861"
    )
    """Buried cable in open, flat ground, everything included."""
    hills_usd_per_km: UsdPerKm = sourced(
        23_775, "assumption: half-way between soft ground and rock (x 1.5 of plain)"
    )
    """The same in foothills."""
    mountain_usd_per_km: UsdPerKm = sourced(
        31_700, "FBA-Cartesian 2023: rock costs twice soft earth (20 against 10 USD per foot); x 2 of plain"
    )
    """The same in mountains."""
    urban_usd_per_km: UsdPerKm = sourced(
        44_350, "Analysys Mason 2011: urban fibre in emerging markets, capacitymedia.com 2799861"
    )
    """The same under streets."""
    submarine_usd_per_km: UsdPerKm = sourced(
        50_000, "assumption: short unrepeatered cable in shallow water, prior with a wide band"
    )
    """Cable on the sea bed."""
    material_share: Share = sourced(0.28, "FBA-Cartesian 2023: labour is 72-73 % of underground cost")
    """Part of the price that is bought, not laboured."""
    survey_share: Share = sourced(0.03, "assumption: design and route survey within the labour share")
    """Part of the price that the survey costs."""
    hut_usd: Usd = sourced(30_000, "cucumber cost model: 30,000 USD build of a site")
    """Amplifier hut on a long span."""
    hut_every_km: Km = sourced(80, "GNPy and practice: amplified spans of 80 km")
    """A span this long needs a hut, twice as long two, and so on."""
    city_node_usd: Usd = sourced(
        105_000, "glassfiber planner: chassis 25-75k and wavelength equipment 4-30k a node, upper ends"
    )
    """Access node of a city."""
    town_node_usd: Usd = sourced(40_000, "glassfiber planner: chassis 25k and mid wavelength equipment 15k")
    """Access node of a town or of a part of a large city."""
    village_node_usd: Usd = sourced(
        15_000, "assumption: outdoor cabinet with one small line terminal (1.8k), power and battery"
    )
    """Access node of a village."""

    def prices(self, country: Country) -> Prices:
        """Prices of every span and node of a country, in whole cents."""
        per_km = np.array([getattr(self, f"{terrain}_usd_per_km") for terrain in country.terrain])
        total = per_km * country.km
        huts = np.floor(country.km / self.hut_every_km) * self.hut_usd if self.hut_every_km else 0.0
        survey, material = total * self.survey_share, total * self.material_share
        by_kind = {
            "city": self.city_node_usd,
            "town": self.town_node_usd,
            "access_area": self.town_node_usd,
            "rural_synthetic": self.village_node_usd,
        }
        node = np.array([by_kind[kind] if kind in PLACE_KINDS else 0.0 for kind in country.kind])
        return Prices(
            survey=_cents(survey),
            material=_cents(material + huts),
            labour=_cents(total - survey - material),
            node=_cents(node),
        )


def _cents(usd: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(usd * 100.0).astype(np.int64)
