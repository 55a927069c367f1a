"""Reading the layers of a country pack: GeoJSON, by hand and strictly.

A general reader would take other formats under this name, follow references out of the folder and turn
bad coordinates into nothing; here a file is one FeatureCollection of one geometry type with known
properties, and every fault is named by file, feature number and id.
"""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bbsim.errors import InputError, Problem, RefusedError, did_you_mean
from bbsim.memory import unhurried

if TYPE_CHECKING:
    from bbsim.country import Country

MAX_BYTES = 512 * 2**20
MAX_TEXT = 10_000


class Column(NamedTuple):
    """What a property of a feature may be."""

    kind: type
    required: bool = False
    default: Any = None
    least: float | None = None
    above: float | None = None
    words: tuple[str, ...] = ()


_TEXT = Column(str, default="")
NODE_FIELDS: Mapping[str, Column] = {
    "id": Column(str, required=True),
    "name": _TEXT,
    "name_en": _TEXT,
    "kind": Column(
        str,
        required=True,
        words=("city", "town", "access_area", "rural_synthetic", "junction", "border"),
    ),
    "population": Column(int, default=0, least=0),
    "population_de_jure": Column(int, default=0, least=0),
    "households": Column(int, default=0, least=0),
    "region": _TEXT,
    "district": _TEXT,
    "area": _TEXT,
    "part_of": _TEXT,
    "gateway": Column(bool, default=False),
    "transit_gbps": Column(float, least=0),
    "elevation_m": Column(float),
    "status": Column(str, default="proposed", words=("proposed", "operational")),
    "status_basis": _TEXT,
    "geonameid": Column(int),
    "note": _TEXT,
}
SPAN_FIELDS: Mapping[str, Column] = {
    "id": Column(str, required=True),
    "start": Column(str, required=True),
    "end": Column(str, required=True),
    "length_km": Column(float, required=True, above=0),
    "terrain": Column(str, required=True, words=("plain", "hills", "mountain", "urban", "submarine")),
    "follows": Column(str, required=True, words=("road", "rail", "spur", "foreign")),
    "domestic": Column(bool, default=True),
    "region": _TEXT,
    "area": _TEXT,
    "status": Column(str, default="proposed", words=("proposed", "operational")),
    "status_basis": _TEXT,
    "fibre_count": Column(int, least=0),
    "medium": Column(str, default="buried", words=("buried", "aerial", "submarine", "leased")),
    "note": _TEXT,
}
SITE_FIELDS: Mapping[str, Column] = {
    "id": Column(str, required=True),
    "name": _TEXT,
    "of": Column(str, required=True),
    "place": Column(str, required=True),
    "opens": _TEXT,
    "count": Column(int, default=1, least=1),
    "connected": Column(bool, default=False),
    "note": _TEXT,
}
"""Public sites that a pack may bring: `opens` is a date, or empty for those that have always stood."""


def read_head(folder: Path) -> dict[str, Any]:
    """A pack's `country.toml`, as it stands.

    Raises
    ------
    InputError
        if there is none, or it is no TOML.
    """
    path = folder / "country.toml"
    if not folder.is_dir():
        raise InputError(
            Problem("no-country", f"no country pack at {folder}", hint="See `bbsim geodata list`.")
        )
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(Problem("no-country", f"{folder} has no country.toml")) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(Problem("toml", str(error), where=str(path))) from None


def head_figures(head: Mapping[str, Any], where: str, problems: list[Problem]) -> dict[str, Any]:
    """Attributes of a country that its head states, checked; every fault is appended to `problems`."""
    population = _checked(head, "population", {}, "population", where, problems)
    national: dict[int, int] = {}
    for year in _checked(population, "national", {}, "population.national", where, problems):
        path = f"population.national.{year}"
        if not (year.isascii() and year.isdigit() and len(year) == 4):
            problems.append(
                Problem("head", f"saw the year '{year}', wanted e.g. 2011", where=where, path=path)
            )
            continue
        national[int(year)] = _checked(population["national"], year, 1, path, where, problems)
    names: dict[str, str] = {}
    for i, area in enumerate(_checked(head, "areas", [], "areas", where, problems)):
        identity = _checked(area, "id", None, f"areas[{i}].id", where, problems)
        names[identity] = _checked(area, "name", identity, f"areas[{i}].name", where, problems)
    people = _checked(
        population, "persons_per_household", 4.0, "population.persons_per_household", where, problems
    )
    return {
        "reference_year": _checked(population, "reference", 2011, "population.reference", where, problems),
        "national": national,
        "persons_per_household": float(people),
        "area_names": names,
    }


def _checked(table: Any, key: str, default: Any, path: str, where: str, problems: list[Problem]) -> Any:
    """A value of the kind of its default (a text, if that is None); numbers are above 0."""
    kinds: tuple[type, str] = {
        dict: (dict, "a table"), list: (list, "a list of tables"), int: (int, "a whole number above 0"),
        float: (float, "a number above 0"),
    }.get(type(default), (str, "a text"))  # fmt: skip
    value = table.get(key, default) if isinstance(table, dict) else None
    good = isinstance(value, kinds[0]) or (kinds[0] is float and isinstance(value, int))
    if isinstance(value, bool) or (isinstance(value, int | float) and not 0 < value < 10**10):
        good = False
    if not good:
        problems.append(Problem("head", f"saw {value!r}, wanted {kinds[1]}", where=where, path=path))
        return "" if default is None else default
    return value


def head_text(country: Country) -> str:
    """The country.toml of a country that came from no pack."""
    lines = [
        f"name = {_toml(country.name)}",
        f"iso3 = {_toml(country.iso3)}",
        'crs = "EPSG:4326"',
        "format = 1",
        f"doubts = [{', '.join(_toml(doubt) for doubt in country.doubts)}]",
        "",
        "[population]",
        f"reference = {country.reference_year}",
        f"persons_per_household = {country.persons_per_household}",
        "",
        "[population.national]",
        *(f"{year} = {people}" for year, people in sorted(country.national.items())),
    ]
    for area, name in sorted(country.area_names.items()):
        lines += ["", "[[areas]]", f"id = {_toml(area)}", f"name = {_toml(name)}"]
    for layer in country.layers:
        lines += ["", "[[layers]]"]
        lines += [f"{key} = {_toml(getattr(layer, key))}" for key in ("file", "title", "source", "licence")]
    return "\n".join(lines) + "\n"


def _toml(text: str) -> str:
    """A text as a TOML string: JSON's escapes are TOML's, as long as letters stay letters."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def shape_problems(
    nodes: Mapping[str, Sequence[Any]], spans: Mapping[str, Sequence[Any]], sites: Mapping[str, Sequence[Any]]
) -> list[Problem]:
    """What keeps tables from being a country: ids twice, ends and places that are no nodes, no dates."""
    problems = []
    if not len(nodes["id"]):
        problems.append(Problem("no-nodes", "the country has no cities"))
    for layer, table in (("nodes", nodes), ("spans", spans), ("sites", sites)):
        seen: set[str] = set()
        for identity in table["id"]:
            if identity in seen:
                problems.append(Problem("doubled-id", f"the id '{identity}' stands twice", where=layer))
            seen.add(identity)
    known = set(nodes["id"])
    for i, span in enumerate(spans["id"]):
        ends = (spans["start"][i], spans["end"][i])
        problems += [
            Problem("dangling", f"span '{span}' ends at '{end}', which is no node", where="spans")
            for end in ends
            if end not in known
        ]
        if ends[0] == ends[1]:
            problems.append(Problem("loop", f"span '{span}' joins '{ends[0]}' to itself", where="spans"))
    kinds = zip(nodes["id"], nodes.get("kind", ()), strict=False)
    places = known.difference(node for node, kind in kinds if kind in ("junction", "border"))
    for site, place, opens in zip(sites["id"], sites["place"], sites["opens"], strict=True):
        if place not in places:
            hint = did_you_mean(str(place), sorted(places))
            message = f"site '{site}' stands in '{place}', which is no place"
            problems.append(Problem("unknown-place", message, where="sites", hint=hint))
        if opens and not _is_date(opens):
            message = f"site '{site}' opens on '{opens}', wanted a date like 2027-09-01"
            problems.append(Problem("type", message, where="sites"))
    return problems


def _is_date(text: str) -> bool:
    try:
        return len(date.fromisoformat(text).isoformat()) == len(text)
    except ValueError:
        return False


@unhurried()
def read_features(
    path: Path, geometry: str, fields: Mapping[str, Column], problems: list[Problem]
) -> tuple[dict[str, list[Any]], list[Any]]:
    """Columns and coordinates of a GeoJSON layer; every fault is appended to `problems`.

    Parameters
    ----------
    geometry : ``Point`` or ``LineString``.
    fields : the properties that are read, and what each may be.
    """
    features = _features(path)
    columns: dict[str, list[Any]] = {name: [] for name in fields}
    shapes: list[Any] = []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        properties = properties if isinstance(properties, dict) else {}
        where = f"{path.name}: feature {number} ({properties.get('id', 'no id')})"
        shapes.append(_coordinates(feature, geometry, where, problems))
        for name, column in fields.items():
            columns[name].append(_value(properties.get(name), name, column, where, problems))
    return columns, shapes


def write_features(
    path: Path, geometry: str, columns: Mapping[str, Sequence[Any]], coordinates: Sequence[Any]
) -> None:
    """Write a layer, one feature a line, properties in the order of `columns`."""
    lines = []
    for i, shape in enumerate(coordinates):
        properties = {name: column[i] for name, column in columns.items()}
        feature = {
            "type": "Feature",
            "properties": properties,
            "geometry": {"type": geometry, "coordinates": shape},
        }
        lines.append(json.dumps(feature, ensure_ascii=False, separators=(",", ":")))
    text = '{"type":"FeatureCollection","features":[\n' + ",\n".join(lines) + "\n]}\n"
    path.write_text(text, encoding="utf-8")


def _features(path: Path) -> Sequence[Any]:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise InputError(Problem("no-layer", f"the pack has no {path.name}", where=str(path))) from None
    if size == 0:
        raise InputError(Problem("empty-file", "the file is empty", where=str(path)))
    if size > MAX_BYTES:
        raise RefusedError(Problem("too-big", f"{size} bytes; the limit is {MAX_BYTES}", where=str(path)))
    raw = path.read_bytes()
    try:
        parsed = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        looks = " (looks like PNG)" if raw.startswith(b"\x89PNG") else ""
        message = f"not UTF-8 at byte {error.start}{looks}; wanted GeoJSON"
        raise InputError(Problem("not-utf8", message, where=str(path))) from None
    except json.JSONDecodeError as error:
        if raw.lstrip()[:1] == b"<":
            message = "not GeoJSON: the content is XML, whatever the name says"
            raise RefusedError(Problem("disguise", message, where=str(path))) from None
        where = f"{path}:{error.lineno}:{error.colno}"
        raise InputError(Problem("bad-json", f"damaged GeoJSON: {error.msg}", where=where)) from None
    except RecursionError:
        raise RefusedError(Problem("nesting", "nested too deeply", where=str(path))) from None
    features = parsed.get("features") if isinstance(parsed, dict) else None
    if not isinstance(features, list):
        message = "wanted a GeoJSON FeatureCollection with a list 'features'"
        raise InputError(Problem("not-geojson", message, where=str(path)))
    return features


def _coordinates(feature: Any, wanted: str, where: str, problems: list[Problem]) -> Any:
    shape = feature.get("geometry") if isinstance(feature, dict) else None
    if not isinstance(shape, dict):
        problems.append(Problem("null-geometry", f"no geometry; wanted a {wanted}", where=where))
        return None
    if shape.get("type") != wanted:
        message = f"saw {shape.get('type')}, wanted {wanted}"
        problems.append(Problem("geometry-type", message, where=where))
        return None
    coordinates = shape.get("coordinates")
    points = [coordinates] if wanted == "Point" else coordinates
    if not isinstance(points, list) or not points or (wanted == "LineString" and len(points) < 2):
        problems.append(Problem("geometry", f"too few points for a {wanted}", where=where))
        return None
    for point in points:
        fault = _point_fault(point)
        if fault:
            problems.append(Problem(*fault[:2], where=where, hint=fault[2]))
            return None
    flat = [[float(point[0]), float(point[1])] for point in points]
    return flat[0] if wanted == "Point" else flat


def _point_fault(point: Any) -> tuple[str, str, str] | None:
    if not isinstance(point, list) or len(point) < 2:
        return ("coordinates", f"saw {point!r}, wanted [longitude, latitude]", "")
    for value in point[:2]:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return (
                "coordinates",
                f"saw the text {value!r} for a coordinate",
                "Write numbers, without quotes.",
            )
        if not math.isfinite(value):
            return ("coordinates", f"saw {value} for a coordinate", "")
    lon, lat = point[0], point[1]
    if abs(lon) > 1000 or abs(lat) > 1000:
        return (
            "projected",
            f"[{lon}, {lat}] looks projected, not degrees",
            "State longitude and latitude, WGS84.",
        )
    if abs(lat) > 90 or abs(lon) > 180:
        return ("out-of-range", f"[{lon}, {lat}] is no longitude and latitude", "Are the two swapped?")
    return None


def _value(value: Any, name: str, column: Column, where: str, problems: list[Problem]) -> Any:
    if value is None:
        if column.required:
            problems.append(Problem("missing", f"'{name}' is missing", where=where, path=name))
        return column.default
    wanted = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}[column.kind]
    good = isinstance(value, column.kind) or (column.kind is float and isinstance(value, int))
    if column.kind is int and isinstance(value, float) and value.is_integer():
        value, good = int(value), True
    if isinstance(value, bool) and column.kind is not bool:
        good = False
    if not good:
        problems.append(Problem("type", f"saw {value!r}, wanted {wanted}", where=where, path=name))
        return column.default
    if column.words and value not in column.words:
        from bbsim.errors import did_you_mean

        message = f"saw '{value}', which is none of the known words"
        problems.append(
            Problem("word", message, where=where, path=name, hint=did_you_mean(value, column.words))
        )
    fault = _range_fault(value, column)
    if fault:
        problems.append(Problem("range", fault, where=where, path=name))
    return value


def _range_fault(value: Any, column: Column) -> str:
    if isinstance(value, str):
        if len(value) > MAX_TEXT:
            return f"text of {len(value)} characters; the limit is {MAX_TEXT}"
        if value.isprintable():  # nearly all texts are, and no control character is
            return ""
        bad = next((c for c in value if ord(c) < 32 or 0x202A <= ord(c) <= 0x202E or ord(c) == 0x200B), None)
        return f"holds the control character U+{ord(bad):04X}" if bad else ""
    if isinstance(value, bool):
        return ""
    if isinstance(value, float) and not math.isfinite(value):
        return f"saw {value}, wanted a finite number"
    if column.least is not None and value < column.least:
        return f"saw {value}, wanted at least {column.least:g}"
    if column.above is not None and value <= column.above:
        return f"saw {value}, wanted more than {column.above:g}"
    return ""
