"""The shapes under a map: boundary, regions, and roughly how far a closed area reaches.

Lengths on a map are geodesic (WGS84); longitudes are squeezed by the cosine of the middle latitude, so that
a country keeps its shape at its own place on the globe.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bbsim.country import Country

_TOLERANCE_DEGREES = 0.004


@dataclass(frozen=True, slots=True)
class Shape:
    """A named polygon or several: rings of (points, 2) degrees; holes are rings like the others."""

    name: str
    rings: tuple[NDArray[np.float64], ...]


@dataclass(frozen=True, slots=True)
class Base:
    """What lies under the network on a map.

    Attributes
    ----------
    boundary, regions : from the country pack; empty if it has none.
    closed : by area id, roughly where it is: the land nearer to its places than to any other.
    west, south, east, north : what the map must show, degrees.
    """

    boundary: tuple[Shape, ...]
    regions: tuple[Shape, ...]
    closed: dict[str, Shape]
    west: float
    south: float
    east: float
    north: float

    @property
    def middle(self) -> float:
        """Middle latitude, degrees."""
        return (self.south + self.north) / 2


def base_of(country: Country) -> Base:
    """The base map of a country: its pack's layers, and the extent of everything drawn."""
    boundary = _shapes(country, "boundary.geojson")
    regions = _shapes(country, "regions.geojson")
    points = [country.node_xy, *(ring for shape in boundary for ring in shape.rings)]
    xy = np.concatenate([p for p in points if len(p)])
    (west, south), (east, north) = xy.min(axis=0), xy.max(axis=0)
    pad = max(east - west, north - south, 0.1) * 0.02
    return Base(
        boundary=boundary,
        regions=regions,
        closed=_closed_areas(country, boundary),
        west=float(west - pad),
        south=float(south - pad),
        east=float(east + pad),
        north=float(north + pad),
    )


def kilometres_east(longitude: float, latitude: float, degrees: float) -> float:
    """Geodesic length, km, of a step eastwards along a parallel's chord.

    >>> round(kilometres_east(47.0, 40.0, 1.0), 2)
    85.39
    """
    from pyproj import Geod

    _, _, metres = Geod(ellps="WGS84").inv(longitude, latitude, longitude + degrees, latitude)
    return float(metres) / 1000.0


def degrees_east(longitude: float, latitude: float, km: float) -> float:
    """How many degrees of longitude lie so many kilometres to the east (WGS84)."""
    from pyproj import Geod

    east, _, _ = Geod(ellps="WGS84").fwd(longitude, latitude, 90.0, km * 1000.0)
    return float(east) - longitude


def round_length(km: float) -> int:
    """The longest of 1, 2 or 5 times a power of ten that is at most `km`, for a scale bar.

    >>> round_length(130), round_length(49.0)
    (100, 20)
    """
    power: int = 10 ** max(0, math.floor(math.log10(max(km, 1.0))))
    return max(step * power for step in (1, 2, 5) if step * power <= max(km, 1.0))


def people_with_parts(country: Country) -> NDArray[np.int64]:
    """(nodes,) residents of each place together with the places that are part of it."""
    people = country.population.copy()
    for node, whole in enumerate(country.nodes["part_of"]):
        if whole in country.node_index:
            people[country.node_index[whole]] += country.population[node]
    return people


# ---- the pack's layers --------------------------------------------------------------------------
def _shapes(country: Country, file: str) -> tuple[Shape, ...]:
    """The polygons of a pack's map layer; none if the country came from no pack or has no such layer."""
    path = country.folder / file if country.folder is not None else None
    if path is None or not path.is_file():
        return ()
    features = json.loads(path.read_text(encoding="utf-8")).get("features", [])
    return tuple(_shape(feature) for feature in features)


def _shape(feature: dict[str, Any]) -> Shape:
    geometry = feature["geometry"]
    many = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    rings = tuple(np.array(ring, dtype=np.float64)[:, :2] for polygon in many for ring in polygon)
    return Shape(str((feature.get("properties") or {}).get("name", "")), rings)


# ---- closed areas -------------------------------------------------------------------------------
def _closed_areas(country: Country, boundary: Sequence[Shape]) -> dict[str, Shape]:
    """Where closed areas lie, from their places: Voronoi cells on a squeezed plane, cut at the boundary."""
    areas = [area for area in country.areas if area in set(country.nodes["area"])]
    if not areas:
        return {}
    import shapely

    squeeze = np.array([math.cos(math.radians(float(country.node_xy[:, 1].mean()))), 1.0])
    points = shapely.points(country.node_xy * squeeze)
    land = _land(boundary, squeeze, points)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=land))
    node, cell = shapely.STRtree(cells).query(points, predicate="intersects")
    owner = np.array(country.nodes["area"], dtype=object)
    out = {}
    for area in areas:
        mine = np.unique(cell[owner[node] == area])
        part = shapely.simplify(
            shapely.intersection(shapely.union_all(cells[mine]), land), _TOLERANCE_DEGREES
        )
        rings = tuple(
            np.round(shapely.get_coordinates(polygon.exterior) / squeeze, 4)
            for polygon in shapely.get_parts(part)
            if polygon.geom_type == "Polygon"
        )
        out[area] = Shape(country.area_names.get(area, area), rings)
    return out


def _land(boundary: Sequence[Shape], squeeze: NDArray[np.float64], points: Any) -> Any:
    import shapely

    if not boundary:
        return shapely.buffer(shapely.convex_hull(shapely.multipoints(points)), 0.05)
    rings = [ring for shape in boundary for ring in shape.rings if len(ring) > 3]
    return shapely.make_valid(shapely.union_all([shapely.polygons(ring * squeeze) for ring in rings]))
