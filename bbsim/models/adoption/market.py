"""What people earn, pay and where they live, beside the market in which a curve was measured.

Incomes, prices and town life move the *ceiling* by its odds, so that it stays a share; a price that falls
moves *time*, as in the generalised Bass model. What is not told leaves the curve as it is.
"""

from __future__ import annotations

import math
from typing import Annotated, Self

from pydantic import model_validator

from bbsim.scenario import Frozen, sourced
from bbsim.units import GrowthPerYear, Quantity, Share

Ratio = Annotated[float, Quantity("growth", above=0.0, most=1000.0)]
Elasticity = Annotated[float, Quantity("growth", least=-20.0, most=20.0)]

_SAME = "neutral: the country pack has no figures of it"


class Market(Frozen):
    """Income, price and town life, each beside the market of the curve."""

    income_ratio: Ratio = sourced(1.0, _SAME)
    """Income a head, over that of the market in which the ceiling was measured."""
    price_ratio: Ratio = sourced(1.0, _SAME)
    """Price of a line, over that of the market in which the ceiling was measured."""
    urban_share: Share | None = None
    """Share of the people who live in towns; null: as in the market of the curve."""
    urban_share_measured: Share | None = None
    """The same where the ceiling was measured; null: as here."""
    price_change_per_year: GrowthPerYear = sourced(0.0, "neutral: the price stays as it is")
    """Growth of the price a year, from a place's day of service; below 0 it falls."""
    income_elasticity: Elasticity = sourced(1.0, "assumption: the odds of taking a line grow as income does")
    """Per cent by which the odds of ever connecting grow with one per cent more income."""
    price_elasticity: Elasticity = sourced(
        -1.9,
        "Galperin and Ruzzier, Broadband tariffs in Latin America (2011): a tenth off the price, almost 19 % "
        "more lines; at the low shares of then odds and shares are about the same",
    )
    """Per cent by which the odds of ever connecting grow with one per cent more price."""
    urban_odds: Ratio = sourced(
        2.0, "assumption: in town the odds of ever connecting are twice those outside"
    )
    """Odds of ever connecting in town over those outside."""
    price_speed: Elasticity = sourced(
        -1.0, "assumption: while its price falls by e (to 37 %) a diffusion ages by one year more"
    )
    """Years that the diffusion ages by while the logarithm of the price grows by 1."""

    @model_validator(mode="after")
    def _both_or_none(self) -> Self:
        if (self.urban_share is None) != (self.urban_share_measured is None):
            raise ValueError("urban_share and urban_share_measured are a pair: one is told, the other is not")
        return self

    @property
    def odds(self) -> float:
        """What the odds of ever connecting are multiplied by; 1 is neutral.

        >>> round(Market(income_ratio=2.0, price_ratio=0.5).odds, 3)
        7.464
        """
        town = (self.urban_share or 0.0) - (self.urban_share_measured or 0.0)
        return float(
            self.income_ratio**self.income_elasticity
            * self.price_ratio**self.price_elasticity
            * self.urban_odds**town
        )

    @property
    def pace(self) -> float:
        """Years that the diffusion ages by in a year; 1 is neutral, and it never goes back.

        The generalised Bass model, Bass, Krishnan and Jain, Marketing Science 13 (1994): X(t) = t + b ln(P(t)
        / P(0)), here for a price that changes by the same share every year.

        >>> round(Market(price_change_per_year=-0.4).pace, 3)
        1.511
        """
        return max(1.0 + self.price_speed * math.log(1.0 + self.price_change_per_year), 0.0)

    def ceiling_share(self, measured: float) -> float:
        """The ceiling here, from the one measured there: odds times `odds`.

        >>> round(Market(income_ratio=2.0).ceiling_share(0.5), 4)
        0.6667
        """
        if self.odds == 1.0 or measured in (0.0, 1.0):
            return measured
        odds = measured / (1.0 - measured) * self.odds
        return odds / (1.0 + odds)
