"""What is wrong or odd in a country pack: named checks, every finding at once.

Each check is a small function under its public name; it sees the pack and answers with findings, each with
the ids that it is about. What makes runs wrong is an error; what a planner should look at is a warning.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from scipy.spatial import cKDTree
from shapely import STRtree
from shapely.geometry import shape

from bbsim.country import Country
from bbsim.errors import Problem
from bbsim.geodata.measure import geodesic_km, line_km
from bbsim.geodata.sitelayer import FAR_KM as SITE_KM

LONGEST_TIMES = 3.0  # a corridor this much longer than it is drawn is looked at
SLACK_KM = 0.02  # rounding of coordinates
SAME_KM = 0.3  # two places of one name so near are one
OUTSIDE_KM = 5.0  # the boundary is generalised and places are points
FAR_KM = 25.0  # a spur so long is looked at
TOTAL_SHARE = 0.001


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: which check, what it says, and the ids that it is about."""

    check: str
    message: str
    severity: str = "warning"
    items: tuple[str, ...] = ()
    hint: str = ""

    @property
    def problem(self) -> Problem:
        """The finding as a line for people, with its first ids."""
        shown = ", ".join(self.items[:6])
        more = f" and {len(self.items) - 6} more" if len(self.items) > 6 else ""
        said = f"{self.message}: {shown}{more}" if shown else self.message
        return Problem(self.check, said, hint=self.hint, severity=self.severity)


@dataclass(frozen=True)
class Seen:
    """A pack and what several checks ask of it."""

    country: Country
    folder: Path | None

    @cached_property
    def piece(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Which connected piece each node belongs to, by own and leased corridors."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        n = len(self.country.ids)
        ones = np.ones(len(self.country.u))
        graph = coo_array((ones, (self.country.u, self.country.v)), shape=(n, n)).tocsr()
        return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)

    @cached_property
    def degree(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """Spans at each node."""
        ends = np.concatenate([self.country.u, self.country.v])
        return np.bincount(ends, minlength=len(self.country.ids))

    @cached_property
    def land(self) -> shapely.Geometry | None:
        """The boundary, degrees; None if the pack has none."""
        path = self.folder / "boundary.geojson" if self.folder else None
        if path is None or not path.is_file():
            return None
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        return shapely.make_valid(shapely.union_all([shape(f["geometry"]) for f in features]))


Check = Callable[[Seen], Iterator[Finding]]
CHECKS: dict[str, Check] = {}


def check(name: str) -> Callable[[Check], Check]:
    """Enter a check under its name."""

    def enter(function: Check) -> Check:
        CHECKS[name] = function
        return function

    return enter


def audit(country: Country) -> list[Finding]:
    """Everything that the checks find in a country pack, in the order of the checks.

    Examples
    --------
    >>> from bbsim.geodata.sample import sample_country
    >>> [finding.check for finding in audit(sample_country(30)) if finding.severity == "error"]
    []
    """
    seen = Seen(country, country.folder)
    return [finding for name in CHECKS for finding in CHECKS[name](seen)]


def _ids(names: Sequence[str], where: np.ndarray[Any, Any]) -> tuple[str, ...]:
    return tuple(names[i] for i in np.flatnonzero(where).tolist())


@check("components")
def _components(seen: Seen) -> Iterator[Finding]:
    people = np.bincount(seen.piece, weights=seen.country.population)
    order = np.argsort(-people, kind="stable").tolist()
    for piece in order[1:]:
        nodes = seen.piece == piece
        own = bool((np.array(seen.country.nodes["gateway"], dtype=bool) & nodes).any())
        says = "has a gateway of its own" if own else "can't be reached from the rest, and has no gateway"
        yield Finding(
            "components",
            f"a piece of {int(nodes.sum())} nodes with {int(people[piece]):,} people {says}",
            "warning",
            _ids(seen.country.ids, nodes),
            ""
            if own or not people[piece]
            else "Join it by a submarine or leased span, or make it a gateway.",
        )


@check("duplicates")
def _duplicates(seen: Seen) -> Iterator[Finding]:
    country = seen.country
    places = np.flatnonzero(country.is_place)
    tree = cKDTree(country.ecef_km[places])
    pairs = [
        (country.ids[a], country.ids[b])
        for i, j in sorted(tree.query_pairs(SAME_KM))
        for a, b in [(int(places[i]), int(places[j]))]
        if country.nodes["name"][a] and country.nodes["name"][a] == country.nodes["name"][b]
    ]
    if pairs:
        items = tuple(f"{a} = {b}" for a, b in pairs)
        yield Finding("duplicates", f"{len(pairs)} pairs of places have one name and one spot", items=items)
    lines: dict[tuple[int, int, float], list[str]] = {}
    for i, span in enumerate(country.span_ids):
        a, b = sorted((int(country.u[i]), int(country.v[i])))
        lines.setdefault((a, b, float(country.km[i])), []).append(span)
    double = [f"{group[0]} = {other}" for group in lines.values() for other in group[1:]]
    if double:
        yield Finding(
            "duplicates", f"{len(double)} spans have the ends and length of another", items=tuple(double)
        )


@check("length")
def _length(seen: Seen) -> Iterator[Finding]:
    country = seen.country
    drawn = np.array([line_km([(x, y) for x, y in xy.tolist()]) for xy in country.span_xy])
    short = country.km < drawn * 0.999 - SLACK_KM
    if short.any():
        items = _ids(country.span_ids, short)
        message = f"{len(items)} spans are shorter than they are drawn"
        yield Finding(
            "length", message, "error", items, "length_km is along the corridor, at least its line."
        )
    long = (country.km > LONGEST_TIMES * drawn) & (country.km > 2.0)
    if long.any():
        items = _ids(country.span_ids, long)
        yield Finding(
            "length", f"{len(items)} spans are {LONGEST_TIMES:g} times as long as drawn", items=items
        )


@check("dangling")
def _dangling(seen: Seen) -> Iterator[Finding]:
    loose = (seen.degree <= 1) & np.array([kind == "junction" for kind in seen.country.kind], dtype=bool)
    if loose.any():
        items = _ids(seen.country.ids, loose)
        yield Finding("dangling", f"{len(items)} junctions are dead ends that serve nobody", items=items)


@check("unconnected")
def _unconnected(seen: Seen) -> Iterator[Finding]:
    lone = (seen.degree == 0) & seen.country.is_place
    if lone.any():
        items = _ids(seen.country.ids, lone)
        yield Finding("unconnected", f"{len(items)} places have no corridor at all", "warning", items)


@check("crossing")
def _crossing(seen: Seen) -> Iterator[Finding]:
    country = seen.country
    own = [i for i, m in enumerate(country.spans["medium"]) if m not in ("submarine", "leased")]
    lines = [shapely.LineString(country.span_xy[i]) for i in own]
    tree = STRtree(lines)
    left, right = tree.query(lines, predicate="crosses")
    pairs = [
        f"{country.span_ids[own[a]]} x {country.span_ids[own[b]]}"
        for a, b in zip(left.tolist(), right.tolist(), strict=True)
        if a < b
    ]
    if pairs:
        message = f"{len(pairs)} pairs of spans cross where no node is (bridges; chords of winding roads)"
        yield Finding("crossing", message, items=tuple(pairs))


@check("outside")
def _outside(seen: Seen) -> Iterator[Finding]:
    if seen.land is None:
        yield Finding("outside", "the pack has no boundary, so nobody can be held against it")
        return
    country = seen.country
    reach = OUTSIDE_KM / 111.2
    wide = seen.land.buffer(reach * 1.5)
    shapely.prepare(wide)
    inside = shapely.contains_xy(wide, country.node_xy[:, 0], country.node_xy[:, 1])
    away = ~inside & (country.population > 0)
    if away.any():
        people = int(country.population[away].sum())
        message = f"{people:,} people live outside the boundary"
        yield Finding("outside", message, items=_ids(country.ids, away))


@check("total")
def _total(seen: Seen) -> Iterator[Finding]:
    country = seen.country
    nation = country.national.get(country.reference_year)
    people = int(country.population.sum())
    if nation is None:
        yield Finding(
            "total", f"no national total of {country.reference_year} to hold {people:,} people against"
        )
    elif abs(people / nation - 1.0) > TOTAL_SHARE:
        message = f"places have {people:,} people, the nation {nation:,}: {people / nation:.1%}"
        yield Finding("total", message, hint="Who is in no list lives in rural places; none may count twice.")


@check("far")
def _far(seen: Seen) -> Iterator[Finding]:
    country = seen.country
    spurs = np.array([f == "spur" for f in country.follows], dtype=bool) & (country.km > FAR_KM)
    spurs &= np.array([t != "submarine" for t in country.terrain], dtype=bool)
    ends = {*country.u[spurs].tolist(), *country.v[spurs].tolist()}
    items = tuple(country.ids[n] for n in sorted(ends) if country.is_place[n])
    if items:
        yield Finding("far", f"{len(items)} places lie behind a spur of more than {FAR_KM:g} km", items=items)


@check("site-far")
def _site_far(seen: Seen) -> Iterator[Finding]:
    country = seen.country
    places = [country.node_index[place] for place in country.sites["place"]]
    gaps = zip(country.site_xy.tolist(), country.node_xy[places].tolist(), strict=True)
    far = np.array([geodesic_km(site, place) > SITE_KM for site, place in gaps], dtype=bool)
    if far.any():
        message = f"{int(far.sum())} public sites lie more than {SITE_KM:g} km from their place"
        yield Finding("site-far", message, items=_ids(country.sites["id"], far))


@check("gateway")
def _gateway(seen: Seen) -> Iterator[Finding]:
    if not any(seen.country.nodes["gateway"]):
        yield Finding("gateway", "no node is marked as a gateway", hint="A scenario has to name one itself.")


@check("digest")
def _digest(seen: Seen) -> Iterator[Finding]:
    for layer in seen.country.layers:
        path = seen.folder / layer.file if seen.folder else None
        if path is None or not layer.sha256 or not path.is_file():
            continue
        if hashlib.sha256(path.read_bytes()).hexdigest() != layer.sha256:
            message = f"{layer.file} is not what country.toml states the digest of: it was changed by hand"
            yield Finding("digest", message, hint="Say so in its source, or build the pack again.")
