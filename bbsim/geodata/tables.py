"""The small sourced tables beside a pack (`sources/*.csv`), read as plain rows."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from shapely import make_valid
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    """Rows of one table, in file order."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text: str, default: float = 0.0) -> float:
    """A number, or `default` for an empty cell."""
    return float(text) if text else default


def polygons(folder: Path, name: str, key: str) -> dict[str, BaseGeometry]:
    """Polygons of one GeoJSON table by a property, sorted by it."""
    features = json.loads((folder / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
    found = {str(f["properties"][key]): make_valid(shape(f["geometry"])) for f in features}
    return {name: found[name] for name in sorted(found)}
