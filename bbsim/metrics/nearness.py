"""How far each place is from the nearest operational fibre node: the ITU's reach indicator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country

RADII_KM = (10, 25, 50)
# Losing more places than this at once, everybody's nearest is looked for again.
FEW = 100


class Nearness:
    """Distance of every node to the nearest place on fibre, kept as places come on.

    Straight distances on the ellipsoid, not along roads: the indicator's own definition.
    """

    def __init__(self, country: Country) -> None:
        self._x, self._y, self._z = (np.ascontiguousarray(axis) for axis in country.ecef_km.T)
        self._on = np.zeros(len(self._x), dtype=bool)
        self._square = np.full(len(self._x), np.inf)
        self._before: tuple[NDArray[np.bool_], NDArray[np.float64]] | None = None
        """Who was on before the last loss, and what was known then: most losses are mended."""

    @property
    def km(self) -> NDArray[np.float64]:
        """(nodes,) distance to the nearest place on fibre; infinity while there is none."""
        return np.asarray(np.sqrt(self._square))

    def update(self, on_fibre: NDArray[np.bool_]) -> None:
        """Take note of which places are on fibre now."""
        if self._before is not None and np.array_equal(on_fibre, self._before[0]):
            self._on, self._square = self._before[0], self._before[1].copy()
            return
        lost = np.flatnonzero(self._on & ~on_fibre)
        if len(lost):
            self._before = self._on, self._square.copy()
        many = len(lost) > FEW
        if many:
            self._square.fill(np.inf)
        elif len(lost):
            self._lose(lost, on_fibre & self._on)
        for node in np.flatnonzero(on_fibre if many else on_fibre & ~self._on).tolist():
            x, y, z = self._x - self._x[node], self._y - self._y[node], self._z - self._z[node]
            np.minimum(self._square, x * x + y * y + z * z, out=self._square)
        self._on = on_fibre.copy()

    def _lose(self, lost: NDArray[np.int64], left: NDArray[np.bool_]) -> None:
        """Look anew for those whose nearest was one of the lost, among those that are left."""
        alone = np.zeros(len(self._on), dtype=bool)
        for node in lost.tolist():
            alone |= self._square == self._squares(slice(None), node)
        rows, others = np.flatnonzero(alone), np.flatnonzero(left)
        if not len(others):
            self._square[rows] = np.inf
            return
        for few in np.array_split(rows, len(rows) // FEW + 1):
            self._square[few] = self._squares(others, few[:, None]).min(axis=1)

    def _squares(self, of: NDArray[np.int64] | slice, to: Any) -> NDArray[np.float64]:
        """Squares of the distances from some nodes to one, or to each of some in a row of its own."""
        x, y, z = self._x[of] - self._x[to], self._y[of] - self._y[to], self._z[of] - self._z[to]
        return np.asarray(x * x + y * y + z * z)

    def within(self, radius_km: float) -> NDArray[np.bool_]:
        """(nodes,) whether a place on fibre is so near."""
        return np.asarray(self._square <= radius_km * radius_km)
