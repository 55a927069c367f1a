"""Writes a country pack: the same bytes for the same content, one feature a line, hashes of every layer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapely import Polygon, get_coordinates, make_valid, set_precision
from shapely.geometry.base import BaseGeometry

NODE_KEYS = (
    "id", "name", "name_en", "kind", "population", "population_de_jure", "households", "region",
    "district", "area", "part_of", "gateway", "transit_gbps", "elevation_m", "status",
    "status_basis", "geonameid", "note",
)  # fmt: skip
SPAN_KEYS = (
    "id", "start", "end", "length_km", "terrain", "follows", "domestic", "region", "area", "status",
    "status_basis", "fibre_count", "medium", "note",
)  # fmt: skip
DIGITS = 5


@dataclass(frozen=True)
class LayerText:
    """A layer's description for `country.toml`."""

    file: str
    title: str
    source: str
    licence: str
    attribution: str


@dataclass
class Pack:
    """What a pack holds, as plain rows; geometry under the key `geometry`."""

    name: str
    iso3: str
    nodes: list[dict[str, Any]]
    spans: list[dict[str, Any]]
    boundary: BaseGeometry
    regions: Mapping[str, BaseGeometry]
    population: Mapping[str, Any]
    national: Mapping[int, int]
    layers: Sequence[LayerText]
    areas: Sequence[Mapping[str, str]] = ()
    doubts: Sequence[str] = field(default_factory=tuple)

    def write(self, folder: Path) -> str:
        """Write all layers and `country.toml`; returns the pack's digest."""
        folder.mkdir(parents=True, exist_ok=True)
        texts = {
            "nodes.geojson": features(_points(self.nodes)),
            "spans.geojson": features(_lines(self.spans)),
            "boundary.geojson": features([({"name": self.name, "iso3": self.iso3}, polygon(self.boundary))]),
            "regions.geojson": features(
                [({"name": k}, polygon(self.regions[k])) for k in sorted(self.regions)]
            ),
        }
        counts = {file: text.count("\n") - 2 for file, text in texts.items()}
        hashes = {}
        for file, text in texts.items():
            data = text.encode("utf-8")
            (folder / file).write_bytes(data)
            hashes[file] = hashlib.sha256(data).hexdigest()
        digest = hashlib.sha256("\n".join(hashes[f] for f in sorted(hashes)).encode()).hexdigest()
        (folder / "country.toml").write_bytes(self._head(hashes, counts, digest).encode("utf-8"))
        return digest

    def _head(self, hashes: Mapping[str, str], counts: Mapping[str, int], digest: str) -> str:
        lines = [
            f"name = {_quoted(self.name)}",
            f"iso3 = {_quoted(self.iso3)}",
            'crs = "EPSG:4326"',
            "format = 1",
            f"digest = {_quoted(digest)}",
            "doubts = [",
            *(f"  {_quoted(doubt)}," for doubt in self.doubts),
            "]",
            "",
            "[population]",
            *(f"{key} = {_value(value)}" for key, value in self.population.items()),
            "",
            "[population.national]",
            *(f"{year} = {people}" for year, people in sorted(self.national.items())),
        ]
        for layer in self.layers:
            lines += [
                "",
                "[[layers]]",
                f"file = {_quoted(layer.file)}",
                f"title = {_quoted(layer.title)}",
                f"source = {_quoted(layer.source)}",
                f"licence = {_quoted(layer.licence)}",
                f"attribution = {_quoted(layer.attribution)}",
                f"sha256 = {_quoted(hashes[layer.file])}",
                f"features = {counts[layer.file]}",
            ]
        for area in self.areas:
            lines += [
                "",
                "[[areas]]",
                *(f"{key} = {_quoted(area[key])}" for key in ("id", "name", "meaning")),
            ]
        return "\n".join(lines) + "\n"


def features(rows: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> str:
    """A FeatureCollection, one feature a line."""
    body = ",\n".join(
        json.dumps(
            {"type": "Feature", "properties": properties, "geometry": geometry},
            ensure_ascii=False,
            separators=(",", ":"),
            allow_nan=False,
        )
        for properties, geometry in rows
    )
    return '{"type":"FeatureCollection","features":[\n' + body + "\n]}\n"


def polygon(geometry: BaseGeometry) -> dict[str, Any]:
    """A MultiPolygon as GeoJSON, parts in a fixed order, coordinates rounded."""
    sound = geometry if geometry.is_valid else make_valid(geometry)
    tidy = set_precision(sound, 10.0**-DIGITS)
    parts = [p for p in getattr(tidy, "geoms", [tidy]) if isinstance(p, Polygon) and not p.is_empty]
    rings = [[_ring(ring) for ring in (p.exterior, *p.interiors)] for p in parts]
    return {"type": "MultiPolygon", "coordinates": sorted(rings, key=lambda part: (-len(part[0]), part[0]))}


def _ring(ring: BaseGeometry) -> list[list[float]]:
    return [[round(float(x), DIGITS), round(float(y), DIGITS)] for x, y in get_coordinates(ring)]


def _points(rows: Sequence[Mapping[str, Any]]) -> Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for row in sorted(rows, key=lambda row: str(row["id"])):
        lon, lat = row["geometry"]
        at = [round(lon, DIGITS), round(lat, DIGITS)]
        yield {key: row[key] for key in NODE_KEYS}, {"type": "Point", "coordinates": at}


def _lines(rows: Sequence[Mapping[str, Any]]) -> Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    for row in sorted(rows, key=lambda row: str(row["id"])):
        points = [[round(lon, DIGITS), round(lat, DIGITS)] for lon, lat in row["geometry"]]
        yield {key: row[key] for key in SPAN_KEYS}, {"type": "LineString", "coordinates": points}


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)


def _value(value: Any) -> str:
    return _quoted(value) if isinstance(value, str) else repr(value)
