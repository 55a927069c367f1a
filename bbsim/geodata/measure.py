"""Lengths on the ellipsoid, and a flat sheet for finding what is near.

Every length that ends in a pack is geodesic (WGS84). Nearness, cutting and buffering are done on a
local sheet in km (both axes true at the country's middle latitude), where 1 % does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from math import cos, radians
from typing import Any

import numpy as np
from pyproj import Geod, Transformer
from shapely import MultiPolygon, Polygon, box, get_parts, make_valid, transform
from shapely.affinity import translate

WGS84 = Geod(ellps="WGS84")
KM_PER_DEGREE = 111.195  # one degree of a great circle of the mean sphere, 6371.0088 km
Point = tuple[float, float]


def geodesic_km(a: Point, b: Point) -> float:
    """Length of the geodesic between two points (longitude, latitude), km.

    >>> round(geodesic_km((49.89201, 40.37767), (46.36134, 40.68157)))
    301
    """
    return float(WGS84.inv(a[0], a[1], b[0], b[1])[2]) / 1000.0


def line_km(points: Sequence[Point]) -> float:
    """Geodesic length of a line of (longitude, latitude) points, km.

    >>> round(line_km([(49.0, 40.0), (49.5, 40.0), (50.0, 40.0)]), 1)
    85.4
    """
    lons, lats = zip(*points, strict=True)
    return float(WGS84.line_length(lons, lats)) / 1000.0


@dataclass(frozen=True)
class Sheet:
    """A flat sheet in km around a middle latitude; good for nearness, never for lengths of a pack."""

    lat0: float

    @property
    def _kx(self) -> float:
        return KM_PER_DEGREE * cos(radians(self.lat0))

    def flat(self, geometry: Any) -> Any:
        """A shapely geometry from degrees to km on the sheet."""
        return transform(geometry, lambda xy: xy * [self._kx, KM_PER_DEGREE])

    def back(self, geometry: Any) -> Any:
        """A shapely geometry from km on the sheet to degrees."""
        return transform(geometry, lambda xy: xy / [self._kx, KM_PER_DEGREE])

    def point(self, lonlat: Point) -> Point:
        """One point from degrees to km on the sheet."""
        return (lonlat[0] * self._kx, lonlat[1] * KM_PER_DEGREE)

    def lonlat(self, xy: Point) -> Point:
        """One point from km on the sheet to degrees."""
        return (xy[0] / self._kx, xy[1] / KM_PER_DEGREE)


@dataclass(frozen=True)
class Plane(Sheet):
    """A flat sheet in km around a point (Lambert's azimuthal equal-area projection), for any country.

    Areas are true everywhere; distances are 1 % off some 1,100 km from the middle, 6 % off 3,000 km from it.

    >>> x, y = Plane(0.0, 180.0).point((-179.0, 0.0))
    >>> round(x), round(y)
    (111, 0)
    """

    lon0: float

    @cached_property
    def _to(self) -> Transformer:
        plane = f"+proj=laea +lat_0={self.lat0} +lon_0={self.lon0} +ellps=WGS84 +units=km +no_defs"
        return Transformer.from_crs("EPSG:4326", plane, always_xy=True)

    def flat(self, geometry: Any) -> Any:
        """A shapely geometry from degrees to km on the sheet."""
        return transform(geometry, lambda xy: np.column_stack(self._to.transform(xy[:, 0], xy[:, 1])))

    def back(self, geometry: Any) -> Any:
        """A shapely geometry from km on the sheet to degrees."""
        return transform(
            geometry, lambda xy: np.column_stack(self._to.transform(xy[:, 0], xy[:, 1], direction="INVERSE"))
        )

    def land(self, polygons: Any) -> Any:
        """Polygons from km on the sheet to degrees: valid there, and cut where they cross the date line.

        >>> land = Plane(0.0, 180.0).land(box(-111.0, 0.0, 222.0, 111.0))
        >>> [[round(x) for x in part.bounds] for part in land.geoms]
        [[179, 0, 180, 1], [-180, 0, -178, 1]]
        """
        found = self.back(polygons)
        parts = list(get_parts(found))
        over = [part.bounds[2] - part.bounds[0] > 180.0 for part in parts]
        if found.is_valid and not any(over):
            return found
        halves: list[Any] = []
        for part, crosses in zip(parts, over, strict=True):
            if not crosses:
                halves.append(make_valid(part))
                continue
            turned = make_valid(transform(part, lambda xy: xy + np.multiply(xy[:, :1] < 0.0, [360.0, 0.0])))
            halves.append(turned.intersection(box(-180.0, -90.0, 180.0, 90.0)))
            halves.append(translate(turned.intersection(box(180.0, -90.0, 540.0, 90.0)), -360.0))
        pieces = [p for half in halves for p in get_parts(half) if isinstance(p, (Polygon, MultiPolygon))]
        return MultiPolygon([p for piece in pieces for p in get_parts(piece)])

    def point(self, lonlat: Point) -> Point:
        """One point from degrees to km on the sheet."""
        x, y = self._to.transform(lonlat[0], lonlat[1])
        return (float(x), float(y))

    def lonlat(self, xy: Point) -> Point:
        """One point from km on the sheet to degrees."""
        lon, lat = self._to.transform(xy[0], xy[1], direction="INVERSE")
        return (float(lon), float(lat))

    def points(self, lonlat: Sequence[Point]) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """(n, 2) many points from degrees to km on the sheet."""
        xy = np.array(lonlat, dtype=np.float64).reshape(-1, 2)
        return np.column_stack(self._to.transform(xy[:, 0], xy[:, 1]))
