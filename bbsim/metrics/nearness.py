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
        self._x, self._y, self._z = (np.ascontiguousarray(axis) for axis in country.ecef_km.T)
        self._on = np.zeros(len(self._x), dtype=bool)
        self._square = np.full(len(self._x), np.inf)

    @property
    def km(self) -> NDArray[np.float64]:
        """(nodes,) distance to the nearest place on fibre; infinity while there is none."""
        return np.asarray(np.sqrt(self._square))

    def update(self, on_fibre: NDArray[np.bool_]) -> None:
        """Take note of which places are on fibre now."""
        lost = (self._on & ~on_fibre).any()
        if lost:
            self._square.fill(np.inf)
        for node in np.flatnonzero(on_fibre if lost else on_fibre & ~self._on).tolist():
            x, y, z = self._x - self._x[node], self._y - self._y[node], self._z - self._z[node]
            np.minimum(self._square, x * x + y * y + z * z, out=self._square)
        self._on = on_fibre.copy()

    def within(self, radius_km: float) -> NDArray[np.bool_]:
        """(nodes,) whether a place on fibre is so near."""
        return np.asarray(self._square <= radius_km * radius_km)
