"""Which satellite beams lie over which region, and how its homes divide over them.

Satellites without told beams have one for the country. A home's terminal looks at one satellite: the homes of
a region divide over the beams above it as these have capacity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.scenario import Scenario
from bbsim.sections.sky import Satellite

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
WITHOUT, DOWN = 0, 1
"""Who may use a beam: places that never had fibre, and places whose fibre is down."""


@dataclass(frozen=True, eq=False)
class Up:
    """The beams that are up.

    Attributes
    ----------
    gbps, line_mbps, latency_ms : (beams,) capacity, best rate of a terminal, and light's time there and back.
    part : by who may use it: (beams, regions + 1) how a region's homes divide over the beams above it.
    homes_share : by who may use it: (regions + 1,) homes that have a terminal.
    left : (beams, regions + 1) how the back-up of a region divides.
    """

    gbps: Floats
    line_mbps: Floats
    latency_ms: Floats
    part: tuple[Floats, Floats]
    homes_share: tuple[Floats, Floats]
    left: Floats

    @cached_property
    def _below(self) -> tuple[Bools, ...]:
        return tuple(np.asarray(part.sum(axis=0) > 0) for part in self.part)

    def below(self, who: int) -> Bools:
        """(regions + 1,) whether a beam meant for them lies over the region."""
        return self._below[who]


class Overhead:
    """The sky of a scenario over the regions of a country.

    Attributes
    ----------
    region : (nodes,) column of the node's region in what `Up` tells; the last is for nodes of none.
    size : number of columns.
    """

    def __init__(self, scenario: Scenario, country: Country) -> None:
        self._satellites = {each.name: each for each in scenario.satellites if each.usable_gbps}
        self._regions = {name: i for i, name in enumerate(country.regions)}
        self.size = len(country.regions) + 1
        self.region = np.array([self._regions.get(name, self.size - 1) for name in country.nodes["region"]])
        self._ups: dict[tuple[str, ...], Up | None] = {}

    def __bool__(self) -> bool:
        """Whether there is anything that carries broadband."""
        return bool(self._satellites)

    def up(self, satellites: Iterable[str]) -> Up | None:
        """The beams of these satellites; None where none of them carries broadband."""
        names = tuple(name for name in satellites if name in self._satellites)
        if names not in self._ups:
            self._ups[names] = self._made([self._satellites[name] for name in names]) if names else None
        return self._ups[names]

    def _made(self, satellites: list[Satellite]) -> Up:
        gbps, of, under = [], [], []
        for satellite in satellites:
            everywhere = list(range(self.size))
            parts = [(beam.share, [self._regions[name] for name in beam.regions]) for beam in satellite.beams]
            for share, below in parts or [(1.0, everywhere)]:
                gbps.append(satellite.usable_gbps * share)
                of.append(satellite)
                under.append(np.isin(everywhere, below))
        power = np.array(gbps)[:, None] * np.array(under)
        ways = np.array([each.fibre_cut for each in of])[:, None]
        shares = np.array([each.homes_share for each in of])[:, None]
        both = (power, power * (ways == "as_others"))
        latency = [np.nan if each.latency_ms is None else each.latency_ms for each in of]
        return Up(
            gbps=np.array(gbps),
            line_mbps=np.array([each.line_mbps for each in of]),
            latency_ms=np.array(latency),
            part=(_divided(both[WITHOUT]), _divided(both[DOWN])),
            homes_share=((shares * (power > 0)).max(axis=0), (shares * (both[DOWN] > 0)).max(axis=0)),
            left=_divided(power * (ways == "left_over")),
        )


def _divided(over: Floats) -> Floats:
    """Each column in shares of its sum; zeros where that is zero."""
    whole = over.sum(axis=0)
    out: Floats = np.divide(over, whole, out=np.zeros_like(over), where=whole > 0)
    return out
