"""How far each place is from the nearest operational fibre node: the ITU's reach indicator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country

RADII_KM = (10, 25, 50)


class Nearness:
    """Distance of every node to the nearest place on fibre, kept as places come on.

    Straight distances on the ellipsoid, not along roads: the indicator's own definition.
    """

    def __init__(self, country: Country) -> None:
        self._at = country.ecef_km
        self._on = np.zeros(len(self._at), dtype=bool)
        self.km = np.full(len(self._at), np.inf)

    def update(self, on_fibre: NDArray[np.bool_]) -> None:
        """Take note of which places are on fibre now."""
        lost = self._on & ~on_fibre
        new = np.flatnonzero(on_fibre if lost.any() else on_fibre & ~self._on)
        if lost.any():
            self.km.fill(np.inf)
        for node in new.tolist():
            offset = self._at - self._at[node]
            np.minimum(self.km, np.sqrt((offset * offset).sum(axis=1)), out=self.km)
        self._on = on_fibre.copy()
