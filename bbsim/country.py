"""A country: where people live, and which corridors fibre can follow between them.

Outside, it is two tables (nodes and spans, as in a country pack's GeoJSON files); inside, it is integer
index arrays, sorted by id, so that no result depends on the order of a file. A country never changes:
what happens to it in a run is `bbsim.state.State`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bbsim.errors import InputError, Problem
from bbsim.packfile import (
    NODE_FIELDS,
    SITE_FIELDS,
    SPAN_FIELDS,
    head_figures,
    head_text,
    read_features,
    read_head,
    shape_problems,
    write_features,
)

if TYPE_CHECKING:
    import geopandas as gpd
    import networkx as nx
    from numpy.typing import NDArray

PLACE_KINDS = ("city", "town", "access_area", "rural_synthetic")
TERRAINS = ("plain", "hills", "mountain", "urban", "submarine")
FOLLOWS = ("road", "rail", "spur", "foreign")
PACK_FILES = (
    "country.toml",
    "nodes.geojson",
    "spans.geojson",
    "sites.geojson",
    "boundary.geojson",
    "regions.geojson",
    "README.md",
)


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a pack: which file, from where, under which licence."""

    file: str
    title: str
    source: str
    licence: str
    sha256: str = ""
    attribution: str = ""


@dataclass(frozen=True, eq=False)
class Country:
    """Places, corridors and people, frozen.

    Attributes
    ----------
    nodes, spans : columns by name, as Python lists, rows sorted by ``id``.
    node_xy : (nodes, 2) longitude and latitude in degrees, WGS84.
    span_xy : one (points, 2) array a span.
    national : residents of the whole country by year (1 January), as the pack gives them.
    sites, site_xy : public sites that the pack brings, likewise; most packs bring none.
    """

    name: str
    iso3: str
    crs: str
    nodes: Mapping[str, Sequence[Any]]
    spans: Mapping[str, Sequence[Any]]
    node_xy: NDArray[np.float64]
    span_xy: Sequence[NDArray[np.float64]]
    reference_year: int
    national: Mapping[int, int]
    persons_per_household: float
    layers: tuple[Layer, ...] = ()
    area_names: Mapping[str, str] = field(default_factory=dict)
    doubts: tuple[str, ...] = ()
    folder: Path | None = None
    sites: Mapping[str, Sequence[Any]] = field(default_factory=lambda: {name: [] for name in SITE_FIELDS})
    site_xy: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 2)))

    # ---- reading ------------------------------------------------------------------------------
    @classmethod
    def read(cls, folder: Path | str) -> Country:
        """Read a pack folder.

        Raises
        ------
        InputError
            with every problem of every layer at once.
        """
        folder = Path(folder)
        head = read_head(folder)
        problems: list[Problem] = []
        figures = head_figures(head, str(folder / "country.toml"), problems)
        nodes, node_geometry = read_features(folder / "nodes.geojson", "Point", NODE_FIELDS, problems)
        spans, span_geometry = read_features(folder / "spans.geojson", "LineString", SPAN_FIELDS, problems)
        sites: tuple[Mapping[str, Sequence[Any]] | None, Sequence[Any]] = None, ()
        if (folder / "sites.geojson").is_file():
            sites = read_features(folder / "sites.geojson", "Point", SITE_FIELDS, problems)
        if problems:
            raise InputError(problems)
        country = cls.of(
            name=str(head.get("name", folder.name)),
            iso3=str(head.get("iso3", folder.name)),
            nodes=nodes,
            spans=spans,
            node_xy=node_geometry,
            span_xy=span_geometry,
            sites=sites[0],
            site_xy=sites[1],
            layers=tuple(_layer(entry) for entry in head.get("layers", [])),
            **figures,
            doubts=tuple(str(doubt) for doubt in head.get("doubts", [])),
            folder=folder,
        )
        return country

    @classmethod
    def of(
        cls,
        *,
        nodes: Mapping[str, Sequence[Any]],
        spans: Mapping[str, Sequence[Any]],
        node_xy: Sequence[Sequence[float]],
        span_xy: Sequence[Sequence[Sequence[float]]],
        sites: Mapping[str, Sequence[Any]] | None = None,
        site_xy: Sequence[Sequence[float]] = (),
        **attributes: Any,
    ) -> Country:
        """A country from columns in any order: sorts by id and checks that spans join known nodes.

        Raises
        ------
        InputError
            for doubled ids, spans that join unknown nodes or a node to itself, sites in no place of the
            country, and an empty country.
        """
        sites = {name: [] for name in SITE_FIELDS} if sites is None else sites
        problems = shape_problems(nodes, spans, sites)
        if problems:
            raise InputError(problems)
        node_order, span_order, site_order = (_by_id(table["id"]) for table in (nodes, spans, sites))
        attributes.setdefault("crs", "EPSG:4326")
        return cls(
            nodes={key: [column[i] for i in node_order] for key, column in nodes.items()},
            spans={key: [column[i] for i in span_order] for key, column in spans.items()},
            node_xy=np.array([node_xy[i] for i in node_order], dtype=np.float64).reshape(-1, 2),
            span_xy=[np.array(span_xy[i], dtype=np.float64).reshape(-1, 2) for i in span_order],
            sites={key: [column[i] for i in site_order] for key, column in sites.items()},
            site_xy=np.array([site_xy[i] for i in site_order], dtype=np.float64).reshape(-1, 2),
            **attributes,
        )

    # ---- arrays -------------------------------------------------------------------------------
    @property
    def ids(self) -> Sequence[str]:
        """Node ids, in index order."""
        return self.nodes["id"]

    @property
    def span_ids(self) -> Sequence[str]:
        """Span ids, in index order."""
        return self.spans["id"]

    @cached_property
    def node_index(self) -> dict[str, int]:
        """Node id -> index."""
        return {node: i for i, node in enumerate(self.ids)}

    @cached_property
    def span_index(self) -> dict[str, int]:
        """Span id -> index."""
        return {span: i for i, span in enumerate(self.span_ids)}

    @cached_property
    def u(self) -> NDArray[np.int64]:
        """Index of each span's first node."""
        return np.array([self.node_index[node] for node in self.spans["start"]], dtype=np.int64)

    @cached_property
    def v(self) -> NDArray[np.int64]:
        """Index of each span's last node."""
        return np.array([self.node_index[node] for node in self.spans["end"]], dtype=np.int64)

    @cached_property
    def km(self) -> NDArray[np.float64]:
        """Length of each span along its corridor, km."""
        return np.array(self.spans["length_km"], dtype=np.float64)

    @cached_property
    def adjacent(self) -> list[list[tuple[int, int]]]:
        """For each node, its neighbours and the spans that lead there, in span order."""
        out: list[list[tuple[int, int]]] = [[] for _ in self.ids]
        for span, (a, b) in enumerate(zip(self.u.tolist(), self.v.tolist(), strict=True)):
            out[a].append((b, span))
            out[b].append((a, span))
        return out

    @cached_property
    def population(self) -> NDArray[np.int64]:
        """Residents of each node in the reference year."""
        return np.array(self.nodes["population"], dtype=np.int64)

    @cached_property
    def households(self) -> NDArray[np.int64]:
        """Homes of each node in the reference year."""
        return np.array(self.nodes["households"], dtype=np.int64)

    @cached_property
    def kind(self) -> Sequence[str]:
        """Kind of each node: one of `PLACE_KINDS`, ``junction`` or ``border``."""
        return self.nodes["kind"]

    @cached_property
    def is_place(self) -> NDArray[np.bool_]:
        """Whether people may be served at the node."""
        return np.array([kind in PLACE_KINDS for kind in self.kind], dtype=bool)

    @cached_property
    def is_city(self) -> NDArray[np.bool_]:
        """Whether the node is one of the country's cities."""
        return np.array([kind == "city" for kind in self.kind], dtype=bool)

    @cached_property
    def terrain(self) -> Sequence[str]:
        """Terrain class of each span."""
        return self.spans["terrain"]

    @cached_property
    def follows(self) -> Sequence[str]:
        """What each span follows."""
        return self.spans["follows"]

    @cached_property
    def areas(self) -> list[str]:
        """Ids of the areas that can be closed, sorted; '' (always open) is not among them."""
        found = {a for a in [*self.nodes["area"], *self.spans["area"]] if a}
        return sorted(found | set(self.area_names))

    @cached_property
    def regions(self) -> list[str]:
        """Names of the regions that nodes and spans lie in, sorted."""
        return sorted({r for r in [*self.nodes["region"], *self.spans["region"]] if r})

    @cached_property
    def ecef_km(self) -> NDArray[np.float64]:
        """(nodes, 3) positions in space (WGS84 ellipsoid, km): near neighbours by straight distance.

        A chord of 50 km is 0.13 m shorter than its arc, so the contract's 10, 25 and 50 km need no other.
        """
        a, e2 = 6378.137, 6.69437999014e-3
        lon, lat = np.radians(self.node_xy[:, 0]), np.radians(self.node_xy[:, 1])
        n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
        return np.column_stack(
            [n * np.cos(lat) * np.cos(lon), n * np.cos(lat) * np.sin(lon), n * (1 - e2) * np.sin(lat)]
        )

    @cached_property
    def open_from_start(self) -> NDArray[np.bool_]:
        """Whether each node lies in no closable area."""
        return np.array([not area for area in self.nodes["area"]], dtype=bool)

    def population_factor(self, on: date) -> float:
        """Residents on a day over residents in the reference year, for the whole country.

        Linear between the pack's yearly figures (1 January), flat outside them; 1.0 without figures.
        """
        if not self.national:
            return 1.0
        years, residents, base = self._residents
        turn = date(on.year, 1, 1)
        length = (date(on.year + 1, 1, 1) - turn).days
        at = on.year + (on - turn).days / length
        return float(np.interp(at, years, residents)) / base

    @cached_property
    def _residents(self) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
        """The years of the national series, its figures, and the reference year's."""
        years = np.array(sorted(self.national), dtype=np.float64)
        residents = np.array([self.national[int(year)] for year in years], dtype=np.float64)
        return years, residents, float(np.interp(self.reference_year, years, residents))

    # ---- faces --------------------------------------------------------------------------------
    @cached_property
    def graph(self) -> nx.MultiGraph[str]:
        """The corridors as a networkx MultiGraph: nodes by id, span ids as keys, `length_km` on edges."""
        import networkx as nx

        graph: nx.MultiGraph[str] = nx.MultiGraph(name=self.name)
        for i, node in enumerate(self.ids):
            graph.add_node(node, **{key: column[i] for key, column in self.nodes.items() if key != "id"})
        for i, span in enumerate(self.span_ids):
            row = {key: column[i] for key, column in self.spans.items() if key not in {"id", "start", "end"}}
            graph.add_edge(self.spans["start"][i], self.spans["end"][i], key=span, **row)
        return graph

    def nodes_frame(self) -> gpd.GeoDataFrame:
        """The nodes as a GeoDataFrame of points (EPSG:4326)."""
        import geopandas as gpd

        points = gpd.points_from_xy(self.node_xy[:, 0], self.node_xy[:, 1])
        return gpd.GeoDataFrame(dict(self.nodes), geometry=points, crs=self.crs)

    def spans_frame(self) -> gpd.GeoDataFrame:
        """The spans as a GeoDataFrame of lines (EPSG:4326)."""
        import geopandas as gpd
        from shapely import linestrings

        points = [len(xy) for xy in self.span_xy]
        lines = linestrings(
            np.concatenate([*self.span_xy, np.zeros((0, 2))]),
            indices=np.repeat(np.arange(len(points)), points),
        )
        return gpd.GeoDataFrame(dict(self.spans), geometry=lines, crs=self.crs)

    def write(self, folder: Path | str) -> None:
        """Write a pack folder that `Country.read` reads back to the same country.

        A country that came from a pack is copied with its map layers; another gets the layers it has.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        if self.folder is not None:
            for name in PACK_FILES:
                if (self.folder / name).is_file():
                    (folder / name).write_bytes((self.folder / name).read_bytes())
            return
        write_features(folder / "nodes.geojson", "Point", self.nodes, self.node_xy.tolist())
        write_features(
            folder / "spans.geojson", "LineString", self.spans, [xy.tolist() for xy in self.span_xy]
        )
        if self.sites["id"]:
            write_features(folder / "sites.geojson", "Point", self.sites, self.site_xy.tolist())
        (folder / "country.toml").write_text(head_text(self), encoding="utf-8")

    @cached_property
    def digest(self) -> str:
        """SHA-256 over everything a run depends on: tables, geometry, population series."""
        hasher = hashlib.sha256()
        tables = [self.nodes, self.spans, *([self.sites] if self.sites["id"] else [])]
        columns = [{key: list(table[key]) for key in sorted(table)} for table in tables]
        text = json.dumps(
            [
                self.iso3,
                self.reference_year,
                sorted(self.national.items()),
                self.persons_per_household,
                columns,
            ],
            ensure_ascii=False,
        )
        hasher.update(text.encode())
        for xy in (self.node_xy, *self.span_xy, self.site_xy):
            hasher.update(np.ascontiguousarray(xy).tobytes())
        return hasher.hexdigest()


def _by_id(ids: Sequence[str]) -> list[int]:
    return sorted(range(len(ids)), key=lambda i: str(ids[i]))


def _layer(entry: Mapping[str, Any]) -> Layer:
    known = ("file", "title", "source", "licence", "sha256", "attribution")
    return Layer(**{key: str(entry.get(key, "")) for key in known})
