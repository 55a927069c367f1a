"""How homes that are passed become homes connected, each place from its own day of service."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bbsim.scenario import Frozen, sourced
from bbsim.units import Share


class Bass(Frozen):
    """Bass diffusion: innovators at a constant rate, imitators in proportion to those connected."""

    innovation: Share = sourced(0.03, "Sultan, Farley, Lehmann 1990, mean of 213 diffusion studies")
    """Coefficient p, a year."""
    imitation: Share = sourced(0.38, "Sultan, Farley, Lehmann 1990, mean of 213 diffusion studies")
    """Coefficient q, a year."""
    ceiling_share: Share = sourced(
        0.85,
        "the-report.net 704: 85 % broadband users planned by the fibre-to-the-house programme of 2013",
    )
    """Share of the homes passed that connect in the end."""

    def share(self, years: NDArray[np.float64]) -> NDArray[np.float64]:
        """Cumulative share of the ceiling after so many years; Bass (1969), closed form.

        >>> round(float(Bass(innovation=0.03, imitation=0.38).share(np.array([10.0]))[0]), 4)
        0.8128
        """
        p, q = self.innovation, self.imitation
        if p == 0:
            return np.zeros_like(years)
        decay = np.exp(-(p + q) * np.maximum(years, 0.0))
        return np.asarray((1 - decay) / (1 + q / p * decay))

    def connected(self, passed: NDArray[np.int64], years: NDArray[np.float64]) -> NDArray[np.int64]:
        """Homes connected, by node: whole homes, of `passed` homes that were first passed `years` ago."""
        return np.asarray(np.floor(passed * self.ceiling_share * self.share(years)), dtype=np.int64)
