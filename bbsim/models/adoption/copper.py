"""Fibre seldom meets homes that have nothing: those with a copper line move to it, at a pace of their own.

Moving is a matter of habit and of offers, not of word of mouth, so it is a constant hazard: of those still on
copper the same share moves every year, and whoever is left moves on the day when copper is switched off.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bbsim.scenario import Frozen, sourced
from bbsim.units import Share, Years


class Copper(Frozen):
    """The copper lines that fibre finds, and how they move to it."""

    lines_per_home: Share = sourced(
        0.85,
        "ITU: 18.0 fixed lines per 100 people in Azerbaijan in 2013, of 4.7 people a home (census of 2009); "
        "the national return looks high beside surveys of households",
    )
    """Share of the homes passed that have a copper line when fibre comes."""
    moving_share_per_year: Share = sourced(
        0.2, "assumption: one in five of those still on copper, every year"
    )
    """Share of those still on copper that move to fibre in a year."""
    switched_off_after_years: Years | None = sourced(None, "assumption: copper is kept")
    """Years from a place's day of service to the end of its copper; null: it is never switched off."""

    def moved_share(self, years: NDArray[np.float64]) -> NDArray[np.float64]:
        """Share of the copper lines that are on fibre after so many years: dM/dt = -ln(1 - m)(1 - M).

        >>> Copper(moving_share_per_year=0.5).moved_share(np.array([0.0, 1.0, 2.0])).tolist()
        [0.0, 0.5, 0.75]
        """
        since = np.maximum(np.asarray(years, dtype=np.float64), 0.0)
        moved = 1.0 - (1.0 - self.moving_share_per_year) ** since
        if self.switched_off_after_years is not None:
            moved = np.where(since >= self.switched_off_after_years, 1.0, moved)
        return np.asarray(moved)
