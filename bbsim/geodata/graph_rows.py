"""What every graph file is first turned into: rows of nodes and edges that know where they stand.

Files name the same thing in many ways (``lon``, ``Longitude``, ``x``); here are the names that are
understood, and the strict reading of one value. Nothing is guessed from a value's size.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from bbsim.errors import InputError, Problem, RefusedError
from bbsim.planning.instances.foreign_text import LONGEST_NUMBER, text_fault
from bbsim.text import printable

MOST_NODES = 200_000
MOST_EDGES = 300_000
BYTES_PER_ROW = 2_000  # of memory while a file is read: measured, node-link JSON of 100,000 nodes and edges

NODE_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "node_id", "node", "code", "label", "name", "fid"),
    "name": ("name", "label", "city", "place", "title"),
    "name_en": ("name_en",),
    "lon": ("lon", "longitude", "lng", "long", "x"),
    "lat": ("lat", "latitude", "y"),
    "population": ("population", "pop", "inhabitants", "residents", "people"),
    "households": ("households", "homes"),
    "kind": ("kind",),
    "gateway": ("gateway", "is_gateway"),
    "region": ("region", "province"),
    "district": ("district",),
    "elevation_m": ("elevation_m",),
    "status": ("status",),
}
EDGE_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "span_id", "edge_id", "link_id", "fid"),
    "start": ("start", "source", "from", "src", "u", "node1", "start_node", "from_node"),
    "end": ("end", "target", "to", "dst", "v", "node2", "end_node", "to_node"),
    "length_km": ("length_km", "km", "dist_km", "distance_km", "length", "dist", "distance"),
    "length_m": ("length_m", "dist_m", "distance_m", "metres", "meters"),
    "terrain": ("terrain",),
    "follows": ("follows",),
    "region": ("region", "province"),
    "status": ("status",),
    "medium": ("medium",),
    "fibre_count": ("fibre_count",),
    "note": ("note",),
}
_DECIMAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:[, \u00a0\u202f]\d{3})+")
_COMMA = re.compile(r"([-+]?\d+),(\d+)")


@dataclass(slots=True)
class Row:
    """One node or edge as the file has it.

    Attributes
    ----------
    where : ``file:line``, or ``file: feature n``.
    values : by column, as text or as the file's own numbers; None or "" is missing.
    shape : longitude and latitude of a node, or the points of an edge, where the file has geometry.
    columns : position of each column in the line (tables only), for ``file:line:column``.
    """

    where: str
    values: dict[str, Any]
    shape: list[Any] | None = None
    columns: Mapping[str, int] | None = None

    def at(self, column: str) -> str:
        """Where one of its values stands."""
        return (
            f"{self.where}:{self.columns[column]}" if self.columns and column in self.columns else self.where
        )

    def get(self, column: str | None) -> Any:
        """The value of a column; None if it is missing or empty."""
        value = None if column is None else self.values.get(column)
        return None if isinstance(value, str) and not value.strip() else value


@dataclass(slots=True)
class RawGraph:
    """A graph before anything is understood.

    Attributes
    ----------
    form : name of the format, for people.
    directed : True if the file says that edges have a direction; opposite ones are then one corridor.
    keys_as_ids : True if edge ids may be keys that count parallel edges only (networkx writes such files).
    pixels : True if the file says that its coordinates are those of a drawing.
    skipped : columns or parts that the reader itself left out.
    """

    path: Path
    form: str
    name: str
    nodes: list[Row] = field(default_factory=list)
    edges: list[Row] = field(default_factory=list)
    directed: bool = False
    keys_as_ids: bool = False
    pixels: bool = False
    skipped: list[str] = field(default_factory=list)


class Columns(NamedTuple):
    """Which column of a file means what, and which mean nothing to us."""

    of: dict[str, str]
    unread: list[str]

    @classmethod
    def find(cls, rows: Sequence[Row], names: Mapping[str, tuple[str, ...]]) -> Columns:
        """By the known names, case, blanks and hyphens set aside; the first known name wins."""
        present: dict[str, str] = {}
        for row in rows:
            for column in row.values:
                present.setdefault(folded(column), column)
        of = {}
        for meaning, known in names.items():
            found = next((present[name] for name in known if name in present), None)
            if found is not None:
                of[meaning] = found
        read = set(of.values())
        return cls(of, sorted(column for column in present.values() if column not in read))


def folded(column: str) -> str:
    """A column's name as it is compared.

    >>> folded("Start Node")
    'start_node'
    """
    return re.sub(r"[\s\-]+", "_", str(column).strip().casefold())


def check_counts(nodes: int, edges: int, path: Path) -> None:
    """Refuse a graph beyond the limits, with an estimate of what it would take."""
    for count, limit, what in ((nodes, MOST_NODES, "nodes"), (edges, MOST_EDGES, "edges")):
        if count > limit:
            needed = f"about {count * BYTES_PER_ROW / 2**30:.1f} GiB of memory would be needed"
            message = f"{count} {what}; the limit is {limit} ({needed})"
            raise RefusedError(Problem("too-big", message, where=str(path), hint="Cut the graph into parts."))


# ---- values -------------------------------------------------------------------------------------
def as_text(value: Any, where: str, path: str, problems: list[Problem]) -> str:
    """A name in one line; line breaks become blanks, and unsafe characters are a problem."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        problems.append(Problem("type", f"saw {shown(value)}, wanted text", where=where, path=path))
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = " ".join(str(value).split())
    fault = text_fault(text)
    if fault:
        problems.append(Problem("unsafe-text", fault, where=where, path=path))
    return text


def as_number(value: Any, where: str, path: str, problems: list[Problem]) -> float | None:
    """A finite number, or None and a problem that says how to mend it."""
    hint = ""
    if isinstance(value, str):
        text = value.strip()
        if len(text) <= LONGEST_NUMBER and _DECIMAL.fullmatch(text) and math.isfinite(float(text)):
            return float(text)
        comma = _COMMA.fullmatch(text)
        if _GROUPED.fullmatch(text) and path in ("population", "pop", "households"):
            hint = f"Write {re.sub(r'[^-+0-9]', '', text)}."
        elif comma:
            message = f"saw '{text}', a decimal comma; wanted a decimal point"
            problems.append(
                Problem(
                    "decimal-comma", message, where=where, path=path, hint=f"Write {comma[1]}.{comma[2]}."
                )
            )
            return None
    elif isinstance(value, int | float) and not isinstance(value, bool):
        try:
            if math.isfinite(value):
                return float(value)
        except OverflowError:
            pass
        message = f"saw {shown(value)}, wanted a finite number"
        problems.append(Problem("number", message, where=where, path=path))
        return None
    problems.append(
        Problem("number", f"saw {shown(value)}, wanted a number", where=where, path=path, hint=hint)
    )
    return None


def as_count(value: Any, where: str, path: str, problems: list[Problem]) -> int:
    """A whole number, none below 0; 0 and a problem otherwise."""
    found = as_number(value, where, path, problems)
    if found is None:
        return 0
    if found < 0 or found != int(found) or found > 1e10:
        message = f"saw {shown(value)}, wanted a whole number of 0 or more (and at most 10 thousand million)"
        problems.append(Problem("range", message, where=where, path=path))
        return 0
    return int(found)


def as_truth(value: Any, where: str, path: str, problems: list[Problem]) -> bool:
    """Yes or no."""
    word = str(value).strip().casefold()
    if word in ("true", "yes", "1", "1.0"):
        return True
    if word not in ("false", "no", "0", "0.0"):
        problems.append(Problem("word", f"saw {shown(value)}, wanted true or false", where=where, path=path))
    return False


def shown(value: Any) -> str:
    """A value for a message, never long and never unsafe."""
    text = printable(str(value))
    text = text if len(text) <= 60 else text[:57] + "…"
    return f"'{text}'" if isinstance(value, str) else text


def fault(slug: str, message: str, where: object, hint: str = "") -> InputError:
    """An error with one problem."""
    return InputError(Problem(slug, message, where=str(where), hint=hint))


def listed(items: Iterable[str], most: int = 8) -> str:
    """The first few of some names, and that there are more.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    names = list(items)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
