"""The models of the role: a curve, its ceiling, the market it meets and the copper that was there before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from bbsim.models.adoption import curves
from bbsim.models.adoption.copper import Copper
from bbsim.models.adoption.market import Market
from bbsim.scenario import Frozen, sourced
from bbsim.units import Quantity, Share

Rate = Annotated[float, Quantity("growth", most=5.0)]
PositiveRate = Annotated[float, Quantity("growth", above=0.0, most=5.0)]
Midpoint = Annotated[float, Quantity("year", least=-200.0, most=200.0)]

_HALF = "assumption: half of the ceiling after 6.5 years, as bass with its defaults, and 2 % on the first day"


@dataclass(frozen=True, slots=True)
class Flows:
    """Homes connected by node, by where they came from; together they are what `connected` answers.

    Attributes
    ----------
    moved : homes that had a copper line, whole.
    new : homes that had none, whole.
    """

    moved: NDArray[np.int64]
    new: NDArray[np.int64]


class TakeUp(Frozen):
    """What all curves of take-up have in common."""

    ceiling_share: Share = sourced(
        0.85,
        "the-report.net 704: 85 % broadband users planned by the fibre-to-the-house programme of 2013",
    )
    """Share of the homes passed that connect in the end; with `copper`, of those that had no line."""
    market: Market | None = None
    """Income, price and town life beside the market of the curve; null: the same."""
    copper: Copper | None = None
    """Copper lines that fibre finds; null: all take-up is one flow."""

    def curve(self, years: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cumulative share of those who ever connect, of the time since service began."""
        raise NotImplementedError

    def share(self, years: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cumulative share of the ceiling after so many years, at the market's pace.

        >>> round(float(Bass(innovation=0.03, imitation=0.38).share(np.array([10.0]))[0]), 4)
        0.8128
        """
        return self.curve(years if self.market is None else years * self.market.pace)

    @property
    def reached_share(self) -> float:
        """The ceiling in this market."""
        return self.ceiling_share if self.market is None else self.market.ceiling_share(self.ceiling_share)

    def connected(self, passed: NDArray[np.int64], years: NDArray[np.float64]) -> NDArray[np.int64]:
        """Homes connected, by node: whole homes, of `passed` homes that were first passed `years` ago."""
        taken = passed * self.reached_share * self.share(years)
        if self.copper is not None:
            old = self.copper.lines_per_home
            taken = (1.0 - old) * taken + passed * old * self.copper.moved_share(years)
        return np.asarray(np.floor(taken), dtype=np.int64)

    def flows(self, passed: NDArray[np.int64], years: NDArray[np.float64]) -> Flows:
        """The same homes by where they came from: copper lines that moved, and homes that had no line.

        The clock asks for their sum alone: this copper is no line that the state knows. A scenario whose
        `access.last_mile.copper` tells the lines place by place has both flows among its events, the moved
        as `PremisesMoved` and the new as `HomesConnected`, and leaves `copper` of this model out.

        >>> model = Bass(copper=Copper(lines_per_home=0.5, moving_share_per_year=0.5), ceiling_share=1.0)
        >>> flows = model.flows(np.array([1000]), np.array([2.0]))
        >>> flows.moved.tolist(), flows.new.tolist()
        ([375], [42])
        """
        both = self.connected(passed, years)
        if self.copper is None:
            return Flows(np.zeros_like(both), both)
        moved = np.floor(passed * self.copper.lines_per_home * self.copper.moved_share(years))
        whole = np.minimum(np.asarray(moved, dtype=np.int64), both)
        return Flows(whole, both - whole)


class Bass(TakeUp):
    """Bass diffusion: innovators at a constant rate, imitators in proportion to those connected."""

    innovation: Rate = sourced(0.03, "Sultan, Farley, Lehmann 1990, mean of 213 diffusion studies")
    """Coefficient p, a year."""
    imitation: Rate = sourced(0.38, "Sultan, Farley, Lehmann 1990, mean of 213 diffusion studies")
    """Coefficient q, a year."""

    def curve(self, years: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `curves.bass`."""
        return curves.bass(years, self.innovation, self.imitation)


class Gompertz(TakeUp):
    """Gompertz diffusion: early to rise and slow to end; some connect on the first day."""

    inflection_years: Midpoint = sourced(5.16, _HALF)
    """Years from the day of service to the fastest growth, at 1/e of the ceiling."""
    growth_per_year: PositiveRate = sourced(0.264, _HALF)
    """Coefficient c, a year."""

    def curve(self, years: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `curves.gompertz`."""
        return curves.gompertz(years, self.inflection_years, self.growth_per_year)


class Logistic(TakeUp):
    """Logistic diffusion: imitation alone, as fast up as it is down; some connect on the first day."""

    inflection_years: Midpoint = sourced(6.55, _HALF)
    """Years from the day of service to the fastest growth, at half of the ceiling."""
    growth_per_year: PositiveRate = sourced(0.594, _HALF)
    """Coefficient r, a year."""

    def curve(self, years: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `curves.logistic`."""
        return curves.logistic(years, self.inflection_years, self.growth_per_year)
