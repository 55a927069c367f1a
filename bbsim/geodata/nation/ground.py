"""Where a country's land is: its parts, its relief, whose land the neighbours' is, and a sheet to measure on.

The boundary decides what is land, never the elevation: land below the sea's level is land, and water that
the boundary does not enclose is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import shapely
from shapely import MultiPoint, MultiPolygon, Polygon, STRtree, unary_union
from shapely.geometry.base import BaseGeometry

from bbsim.errors import EnvironmentFault
from bbsim.geodata.measure import Plane, Point
from bbsim.geodata.nation.indicators import Code
from bbsim.geodata.sources import Relief, Settlement, read_boundary, read_relief

MARGIN_KM = 3.0  # roads wind about a generalised boundary: so far beyond it they still belong to the country
SHORE_KM = 2.0
HULL_KM = 8.0  # land around outermost places where no boundary is to be had


@dataclass(frozen=True)
class Ground:
    """A country's land.

    Attributes
    ----------
    land : in degrees; parts sorted by area, largest first.
    parts : the same on the sheet, in km.
    neighbours : land of each neighbour that has a boundary, on the sheet, by alpha-2 code.
    doubts : what had to be made up.
    """

    land: MultiPolygon
    relief: Relief
    sheet: Plane
    parts: tuple[Polygon, ...]
    neighbours: Mapping[str, BaseGeometry]
    doubts: tuple[str, ...] = field(default_factory=tuple)

    @cached_property
    def flat(self) -> BaseGeometry:
        """The land on the sheet as one geometry, prepared for questions."""
        whole = unary_union(list(self.parts))
        shapely.prepare(whole)
        return whole

    @cached_property
    def wide(self) -> BaseGeometry:
        """The land with a margin, on the sheet."""
        whole = self.flat.buffer(MARGIN_KM, quad_segs=4).simplify(0.2)
        shapely.prepare(whole)
        return whole

    @cached_property
    def _tree(self) -> STRtree:
        return STRtree(list(self.parts))

    def part_of(
        self, xy: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
        """Which part of the land each point (on the sheet) lies on or nearest to, and how far off, km.

        Of the parts within `SHORE_KM` it is the largest: towns on the shore seldom lie on an islet.
        """
        if not len(xy):
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        points = shapely.points(xy)
        nearest = np.asarray(self._tree.nearest(points), dtype=np.int64)
        off = np.asarray(shapely.distance(points, np.array(self.parts, dtype=object)[nearest]))
        outside = np.flatnonzero(off > 0)
        point, part = self._tree.query(points[outside], predicate="dwithin", distance=SHORE_KM)
        for k in np.unique(point).tolist():  # parts are sorted, largest first
            nearest[outside[k]] = part[point == k].min()
        return nearest, off


def read_ground(code: Code, settlements: Sequence[Settlement]) -> Ground:
    """Read a country's land; where the package has no boundary, one is drawn around its places."""
    sheet = _sheet([(s.lon, s.lat) for s in settlements])
    neighbours = {}
    for alpha2 in code.neighbours:
        try:
            neighbours[alpha2] = shapely.make_valid(sheet.flat(read_boundary(alpha2)))
        except EnvironmentFault:
            continue
    doubts = []
    try:
        land = read_boundary(code.alpha2)
        relief = read_relief(code.alpha2)
    except EnvironmentFault:
        land = _hull(settlements, sheet, neighbours)
        relief = Relief(np.zeros((2, 2)), -90.0, -180.0, 180.0)
        doubts.append(
            "No boundary is in the data packages: one is drawn around the listed places, less the neighbours'"
            " land. Nor is any elevation: all land counts as plain."
        )
    flat = shapely.make_valid(sheet.flat(land))
    pieces = [p for p in getattr(flat, "geoms", [flat]) if isinstance(p, Polygon)]
    pieces += [q for p in getattr(flat, "geoms", []) for q in getattr(p, "geoms", [])]
    parts = sorted((p for p in pieces if p.area > 0), key=lambda p: (-p.area, p.bounds))
    return Ground(land, relief, sheet, tuple(parts), neighbours, tuple(doubts))


def _sheet(lonlat: Sequence[Point]) -> Plane:
    """A sheet around the middle of some points; the date line is no edge."""
    lon, lat = np.radians(np.array(lonlat, dtype=np.float64)).T
    x, y, z = np.mean([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)
    return Plane(
        round(float(np.degrees(np.arctan2(z, np.hypot(x, y)))), 2),
        round(float(np.degrees(np.arctan2(y, x))), 2),
    )


def _hull(
    settlements: Sequence[Settlement], sheet: Plane, neighbours: Mapping[str, BaseGeometry]
) -> MultiPolygon:
    points = MultiPoint(sheet.points([(s.lon, s.lat) for s in settlements]))
    near = [p.buffer(HULL_KM) for p in points.geoms]
    hull = unary_union([*near, *(g.buffer(HULL_KM) for g in _clusters(points))])
    hull = hull.difference(unary_union(list(neighbours.values()))).simplify(0.5)
    found = sheet.back(hull)
    return found if isinstance(found, MultiPolygon) else MultiPolygon([found])


def _clusters(points: MultiPoint) -> list[BaseGeometry]:
    """Concave hulls of points that lie within 40 km of each other."""
    groups = unary_union([p.buffer(20.0) for p in points.geoms])
    found = []
    for group in getattr(groups, "geoms", [groups]):
        mine = MultiPoint([p for p in points.geoms if group.covers(p)])
        if len(mine.geoms) > 3:
            found.append(shapely.concave_hull(mine, ratio=0.3))
    return found
