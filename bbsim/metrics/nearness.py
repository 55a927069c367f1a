"""How far each place is from the nearest operational fibre node: the ITU's reach indicator."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country

RADII_KM = (10, 25, 50)
FARTHEST_KM = max(RADII_KM)
# Losing more places than this at once, everybody's nearest is looked for again.
FEW = 100


class Nearness:
    """Distance of every node to the nearest place on fibre within 50 km, kept as places come on.

    Straight distances on the ellipsoid, not along roads: the indicator's own definition. Nodes are kept in
    the order of the axis along which the country is longest, so that whoever may be within 50 km of a place
    is a slice, and a larger country costs no more for each place.
    """

    def __init__(self, country: Country) -> None:
        at = country.ecef_km
        axis = int(np.argmax(np.ptp(at, axis=0))) if len(at) else 0
        self._order = np.argsort(at[:, axis], kind="stable")
        self._x, self._y, self._z = (np.ascontiguousarray(column) for column in at[self._order].T)
        along = (self._x, self._y, self._z)[axis]
        self._first = np.searchsorted(along, along - FARTHEST_KM, side="left")
        self._behind = np.searchsorted(along, along + FARTHEST_KM, side="right")
        self._on = np.zeros(len(self._x), dtype=bool)
        self._square = np.full(len(self._x), np.inf)
        self._before: tuple[NDArray[np.bool_], NDArray[np.float64]] | None = None
        """Who was on before the last loss, and what was known then: most losses are mended."""

    @property
    def km(self) -> NDArray[np.float64]:
        """(nodes,) distance to the nearest place on fibre; infinity where none is within 50 km."""
        near = np.sqrt(self._square)
        out: NDArray[np.float64] = np.empty_like(near)
        out[self._order] = np.where(near <= FARTHEST_KM, near, np.inf)
        return out

    def update(self, on_fibre: NDArray[np.bool_]) -> None:
        """Take note of which places are on fibre now."""
        on = on_fibre[self._order]
        if self._before is not None and np.array_equal(on, self._before[0]):
            self._on, self._square = self._before[0], self._before[1].copy()
            return
        lost = np.flatnonzero(self._on & ~on)
        if len(lost):
            self._before = self._on, self._square.copy()
        many = len(lost) > FEW
        if many:
            self._square.fill(np.inf)
        elif len(lost):
            self._lose(lost, on & self._on)
        for node in np.flatnonzero(on if many else on & ~self._on).tolist():
            near = slice(self._first[node], self._behind[node])
            np.minimum(self._square[near], self._squares(near, node), out=self._square[near])
        self._on = on

    def _lose(self, lost: NDArray[np.int64], left: NDArray[np.bool_]) -> None:
        """Look anew for those whose nearest was one of the lost, among those that are left."""
        alone = np.zeros(len(self._on), dtype=bool)
        for node in lost.tolist():
            near = slice(self._first[node], self._behind[node])
            alone[near] |= self._square[near] == self._squares(near, node)
        rows, others = np.flatnonzero(alone), np.flatnonzero(left)
        for few in np.array_split(rows, len(rows) // FEW + 1) if len(rows) else ():
            begin, end = np.searchsorted(others, (self._first[few[0]], self._behind[few[-1]]))
            squares = self._squares(others[begin:end], few[:, None])
            self._square[few] = squares.min(axis=1, initial=np.inf)

    def _squares(self, of: NDArray[np.int64] | slice, to: Any) -> NDArray[np.float64]:
        """Squares of the distances from some nodes to one, or to each of some in a row of its own."""
        x, y, z = self._x[of] - self._x[to], self._y[of] - self._y[to], self._z[of] - self._z[to]
        return np.asarray(x * x + y * y + z * z)

    def within(self, radius_km: float) -> NDArray[np.bool_]:
        """(nodes,) whether a place on fibre is so near, at most 50 km."""
        out = np.empty(len(self._square), dtype=bool)
        out[self._order] = self._square <= radius_km * radius_km
        return out
