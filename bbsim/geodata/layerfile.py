"""Files of a planner's layers: rows read under our names, and a pack written with what came of them."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.geodata.pack import features

SUFFIXES = (".gpkg", ".geojson", ".json", ".shp", ".csv")
_LON, _LAT = ("lon", "longitude", "lng", "x"), ("lat", "latitude", "y")


@dataclass(frozen=True)
class Given:
    """A row of a planner's file: values under our names, geometry in degrees."""

    where: str
    values: Mapping[str, Any]
    shape: BaseGeometry | None

    def get(self, name: str, default: Any = None) -> Any:
        """A value, or the default where there is none."""
        value = self.values.get(name)
        missing = value is None or value == "" or (isinstance(value, float) and np.isnan(value))
        return default if missing else value


def read_rows(file: Path, mapping: Mapping[str, str], known: Sequence[str]) -> list[Given]:
    """Rows of a GeoPackage, GeoJSON, Shapefile or CSV file, columns renamed, geometry in degrees."""
    import geopandas as gpd
    import pandas as pd

    if file.suffix.casefold() not in SUFFIXES:
        message = f"'{file.name}' has an ending that is not read"
        raise InputError(Problem("format", message, where=str(file), hint=f"Known: {', '.join(SUFFIXES)}."))
    if not file.is_file():
        raise InputError(Problem("no-file", f"no such file: '{file}'", where=str(file)))
    if file.suffix.casefold() == ".csv":
        frame: Any = pd.read_csv(file)
        lon, lat = (next((c for c in frame if c.casefold() in names), None) for names in (_LON, _LAT))
        if lon is not None and lat is not None:
            frame = gpd.GeoDataFrame(frame, geometry=gpd.points_from_xy(frame[lon], frame[lat]), crs=4326)
    else:
        frame = gpd.read_file(file, engine="pyogrio")
        frame = frame.to_crs(4326) if frame.crs is not None else frame.set_crs(4326)
    problems = []
    for ours, theirs in mapping.items():
        if theirs not in frame.columns:
            hint = did_you_mean(theirs, [str(c) for c in frame.columns])
            problems.append(Problem("no-column", f"no column '{theirs}'", where=str(file), hint=hint))
        if ours not in known:
            hint = did_you_mean(ours, known)
            problems.append(
                Problem("no-column", f"no column of ours is called '{ours}'", where=str(file), hint=hint)
            )
    if problems:
        raise InputError(problems)
    names = {c: c for c in known if c in frame.columns} | dict(mapping)
    shapes = list(frame.geometry) if "geometry" in frame.columns else [None] * len(frame)
    columns = {ours: frame[theirs].tolist() for ours, theirs in names.items()}
    return [
        Given(f"{file}: row {i + 1}", {ours: column[i] for ours, column in columns.items()}, shape)
        for i, shape in enumerate(shapes)
    ]


def write_layers(
    nodes: Mapping[str, Mapping[str, Any]],
    spans: Mapping[str, Mapping[str, Any]],
    sites: Mapping[str, Mapping[str, Any]],
    pack: Path,
    out: Path,
    source: str,
) -> None:
    """Write a pack with new layers; other files are copied, the head's digests and counts are set anew."""
    out.mkdir(parents=True, exist_ok=True)
    if pack.resolve() != out.resolve():
        shutil.copytree(pack, out, dirs_exist_ok=True)
    head = (out / "country.toml").read_text(encoding="utf-8")
    layers = [("nodes", "Point", nodes), ("spans", "LineString", spans)]
    if sites:
        layers.append(("sites", "Point", sites))
        head = _with_sites(head)
    for name, kind, rows in layers:
        text = features(
            (
                {k: v for k, v in rows[i].items() if k != "geometry"},
                {"type": kind, "coordinates": rows[i]["geometry"]},
            )
            for i in sorted(rows)
        )
        data = text.encode("utf-8")
        (out / f"{name}.geojson").write_bytes(data)
        head = _restated(head, f"{name}.geojson", hashlib.sha256(data).hexdigest(), len(rows), source)
    (out / "country.toml").write_text(head, encoding="utf-8")


def _with_sites(head: str) -> str:
    """The head with an entry for the layer of sites, after the other layers."""
    if 'file = "sites.geojson"' in head:
        return head
    entry = (
        '[[layers]]\nfile = "sites.geojson"\ntitle = "Public sites"\nsource = "the planner\'s own"\n'
        'licence = "as the planner has it"\nattribution = ""\nsha256 = ""\nfeatures = 0\n\n'
    )
    last = [match.start() for match in re.finditer(r"(?m)^\[\[layers\]\]", head)][-1:]
    following = re.compile(r"(?m)^\[").search(head, last[0] + 1) if last else None
    at = len(head) if following is None else following.start()
    return head[:at] + ("" if head[:at].endswith("\n") else "\n") + entry + head[at:]


def _restated(head: str, file: str, digest: str, count: int, source: str) -> str:
    """The head with a layer's new digest, count and source; the pack's own digest is that of the layers."""
    blocks = re.split(r"(?m)^(?=\[\[layers\]\])", head)
    for k, block in enumerate(blocks):
        if f'file = "{file}"' in block:
            block = re.sub(r'sha256 = "[^"]*"', f'sha256 = "{digest}"', block)
            block = re.sub(r"features = \d+", f"features = {count}", block)
            old = json.loads(re.search(r"(?m)^source = (.*)$", block)[1])  # type: ignore[index]  # always there
            line = "source = " + json.dumps(f"{old}; {source}", ensure_ascii=False)
            blocks[k] = re.sub(r"(?m)^source = .*$", line.replace("\\", "\\\\"), block)
    head = "".join(blocks)
    hashes = dict(re.findall(r'file = "([^"]*)"(?:.|\n)*?sha256 = "([^"]*)"', head))
    whole = hashlib.sha256("\n".join(hashes[f] for f in sorted(hashes)).encode()).hexdigest()
    return re.sub(r'(?m)^digest = "[^"]*"', f'digest = "{whole}"', head, count=1)
