"""A made-up country of any size, for tests and benchmarks: places, corridors between them, villages on spurs.

Nothing here is data of a real country. The same size and seed give the same country, and a sample reads
like a pack: gateways, regions, terrain, a closable area, a trunk that stands.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country

KM_PER_DEGREE = 111.32


def sample_country(
    places: int = 60, *, seed: int = 1, cities_share: float = 0.15, rails_share: float = 0.0
) -> Country:
    """A country of so many places (cities and villages) around one gateway city.

    Parameters
    ----------
    places : at least 4.
    cities_share : part of the places that are cities; the rest are villages behind spurs of their own.
    rails_share : part of the roads that have a railway beside them, a tenth longer; with 0.57 of them a
        country has three spans a node.

    Raises
    ------
    ValueError
        for fewer than four places.
    """
    if places < 4:
        raise ValueError(f"places is {places}, wanted at least 4")
    stream = np.random.Generator(np.random.PCG64DXSM(np.random.SeedSequence([seed, places])))
    cities = max(3, round(places * cities_share))
    side_km = 20.0 * np.sqrt(places)
    xy = _degrees(stream.uniform(0, side_km, (places, 2)))
    people = np.rint(stream.lognormal(9.0, 0.8, places)).astype(np.int64)
    people[:cities] *= 8
    nodes, points = _nodes(xy, people, cities, places)
    spans, lines = _spans(nodes, points, cities, places, stream, rails_share)
    national = {2011 + i: int(people.sum() * 1.01**i) for i in range(30)}
    return Country.of(
        name=f"Sample {places}",
        iso3="XXX",
        nodes=nodes,
        spans=spans,
        node_xy=points,
        span_xy=lines,
        reference_year=2011,
        national=national,
        persons_per_household=4.5,
        area_names={"closed": "An area that is closed at first"},
    )


def _degrees(km: NDArray[np.float64]) -> NDArray[np.float64]:
    lat = 40.0 + km[:, 1] / KM_PER_DEGREE
    lon = 45.0 + km[:, 0] / (KM_PER_DEGREE * np.cos(np.radians(40.0)))
    return np.round(np.column_stack([lon, lat]), 5)


def _nodes(
    xy: NDArray[np.float64], people: NDArray[np.int64], cities: int, places: int
) -> tuple[dict[str, list[Any]], list[list[float]]]:
    """Cities at their place; each village with a junction of its own on the corridor."""
    rows: list[dict[str, Any]] = []
    points: list[list[float]] = []
    middle, edge = np.median(xy, axis=0), np.quantile(xy[:, 0], 0.04)
    for i in range(places):
        city = i < cities
        region = (
            f"{'north' if xy[i, 1] > middle[1] else 'south'}-{'east' if xy[i, 0] > middle[0] else 'west'}"
        )
        closed = "closed" if xy[i, 0] < edge and i > 0 else ""
        identity = f"city-{i:06d}" if city else f"village-{i:06d}"
        rows.append(
            {
                "id": identity,
                "name": identity,
                "name_en": identity,
                "region": region,
                "district": region,
                "kind": "city" if city else "rural_synthetic",
                "population": int(people[i]),
                "population_de_jure": int(people[i]),
                "households": int(people[i] / 4.5),
                "area": closed,
                "part_of": "",
                "gateway": i == 0,
                "transit_gbps": 100.0 if i == 0 else None,
                "elevation_m": None,
                "status": "operational" if i < 2 else "proposed",
                "status_basis": "assumed",
                "geonameid": None,
                "note": "",
            }
        )
        points.append(xy[i].tolist())
        if not city:
            rows.append(dict(rows[-1], id=f"junction-{i:06d}", kind="junction", population=0, households=0))
            points.append([round(float(xy[i, 0]) + 0.01, 5), round(float(xy[i, 1]) + 0.01, 5)])
    return {key: [row[key] for row in rows] for key in rows[0]}, points


def _spans(
    nodes: dict[str, list[Any]],
    points: list[list[float]],
    cities: int,
    places: int,
    stream: np.random.Generator,
    rails_share: float,
) -> tuple[dict[str, list[Any]], list[list[list[float]]]]:
    """Corridors: the Delaunay edges of cities and junctions, spurs to the villages, rails beside roads."""
    from scipy.spatial import Delaunay

    index = {identity: i for i, identity in enumerate(nodes["id"])}
    hubs = [i for i, kind in enumerate(nodes["kind"]) if kind != "rural_synthetic"]
    at = np.array([points[i] for i in hubs])
    triangles = Delaunay(at).simplices
    pairs = sorted(
        {tuple(sorted((int(t[a]), int(t[b])))) for t in triangles for a, b in ((0, 1), (1, 2), (0, 2))}
    )
    edges = [(hubs[a], hubs[b], "road") for a, b in pairs]
    edges += [(index[f"junction-{i:06d}"], index[f"village-{i:06d}"], "spur") for i in range(cities, places)]
    roads = len(pairs)
    edges += [(*edges[road][:2], "rail") for road in range(roads) if _falls_on(road, rails_share)]
    rows, lines = [], []
    for number, (a, b, follows) in enumerate(edges):
        chord = _km(points[a], points[b])
        terrain = ("plain", "plain", "hills", "mountain")[int(stream.integers(4))]
        trunk = {nodes["id"][a], nodes["id"][b]} == {"city-000000", "city-000001"}
        rows.append(
            {
                "id": f"s-{number:06d}",
                "start": nodes["id"][a],
                "end": nodes["id"][b],
                "length_km": round(max(chord, 0.05) * (1.21 if follows == "rail" else 1.1), 3),
                "terrain": terrain,
                "follows": follows,
                "domestic": True,
                "region": nodes["region"][a],
                "area": nodes["area"][a] or nodes["area"][b],
                "status": "operational" if trunk else "proposed",
                "status_basis": "assumed",
                "fibre_count": None,
                "medium": "buried",
                "note": "",
            }
        )
        lines.append([points[a], points[b]])
    return {key: [row[key] for row in rows] for key in rows[0]}, lines


def _falls_on(number: int, share: float) -> bool:
    """Whether a share of all numbers, evenly spread, has this one.

    >>> [number for number in range(10) if _falls_on(number, 0.3)]
    [3, 6, 9]
    """
    return int((number + 1) * share) > int(number * share)


def _km(a: list[float], b: list[float]) -> float:
    """Great-circle distance, good to 0.5 %: lengths of a made-up country."""
    lon1, lat1, lon2, lat2 = np.radians([*a, *b])
    h = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return float(2 * 6371.0088 * np.arcsin(np.sqrt(h)))
