"""Madeland: a mainland with roads and a railway, an island, an exclave behind a neighbour, a rig at sea."""

from __future__ import annotations

import numpy as np
import pytest
from bbsim.geodata.nation import builder, carried, ground, indicators
from bbsim.geodata.nation.carried import _World
from bbsim.geodata.nation.indicators import Code, Indicators
from bbsim.geodata.sources import Relief, Settlement
from shapely import MultiPolygon, box

MADE = Code("MD", "MDL", "Madeland", "Capital City", "EU", "MD", 900_000, ("NB",))
MAINLAND, ISLAND, EXCLAVE = (
    box(10.0, 50.0, 12.0, 51.0),
    box(9.0, 50.3, 9.4, 50.7),
    box(13.0, 50.2, 13.5, 50.8),
)
NEIGHBOUR = box(12.0, 49.5, 13.0, 51.5)

SETTLEMENTS = [
    Settlement(1, "Capital City", 11.0, 50.5, 200_000, "01"),
    Settlement(2, "Old Town", 11.02, 50.51, 90_000, "01"),  # a part of the capital
    Settlement(3, "Old Town Market", 11.021, 50.511, 40_000, "01"),  # a part of the part
    Settlement(4, "Westport", 10.1, 50.5, 60_000, "02"),
    Settlement(5, "Eastgate", 11.9, 50.5, 20_000, "01"),
    Settlement(6, "Isla", 9.2, 50.5, 5_000, "02"),
    Settlement(7, "Far Seat", 13.2, 50.5, 30_000, "03"),
    Settlement(8, "The Rig", 10.5, 51.4, 600, "01"),  # some 44 km off the coast
    Settlement(9, "No Figure", 10.6, 50.3, 0, "02"),
    Settlement(10, "Sunken", 10.3, 50.8, 1_200, "02"),
]

# Nodes of roads: along 50.5 N from the west coast through the capital over the border; a loop in the south.
_ROADS = [(10.0, 50.5), (10.5, 50.5), (11.0, 50.5), (11.5, 50.5), (11.9, 50.5), (12.3, 50.5), (10.5, 50.2),
          (11.5, 50.2), (13.1, 50.45), (13.4, 50.55)]  # fmt: skip
_ROAD_EDGES = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (1, 6), (6, 7), (3, 7), (8, 9)]
_RAILS = [(10.1, 50.9), (11.5, 50.9)]


def _world(mode: str) -> _World:
    nodes, edges = (_ROADS, _ROAD_EDGES) if mode == "road" else (_RAILS, [(0, 1)])
    lonlat = np.array(nodes)
    u, v = (np.array([e[k] for e in edges]) for k in (0, 1))
    east = np.cos(np.radians(50.5)) * 111.2
    km = np.hypot((lonlat[u, 0] - lonlat[v, 0]) * east, (lonlat[u, 1] - lonlat[v, 1]) * 111.2) * 1.1
    return _World(lonlat, u, v, km)


INDICATORS = Indicators(
    code=MADE, people=400_000, year=2025, growth_share_per_year=0.01, urban_share=0.6, internet_share=0.8,
    fixed_lines=60_000, gdp_usd=8e9, gdp_per_head_usd=20_000.0, persons_per_household=2.5,
    urban_areas=(("Capital City", 900_000),),
)  # fmt: skip


@pytest.fixture
def madeland(monkeypatch):
    """Madeland in place of the data packages; returns the settlements, which a test may change."""
    settlements = list(SETTLEMENTS)
    lands = {"MD": MultiPolygon([MAINLAND, EXCLAVE, ISLAND]), "NB": MultiPolygon([NEIGHBOUR])}
    metres = np.full((40, 60), 100.0)
    metres[:, :9] = -8.0  # the west lies below the sea
    monkeypatch.setattr(builder, "code_of", lambda _code: MADE)
    monkeypatch.setattr(indicators, "code_of", lambda _code: MADE)
    monkeypatch.setattr(builder, "read_indicators", lambda _code: INDICATORS)
    monkeypatch.setattr(builder, "read_settlements", lambda _alpha2: list(settlements))
    monkeypatch.setattr(ground, "read_boundary", lambda alpha2: lands[alpha2])
    monkeypatch.setattr(ground, "read_relief", lambda _alpha2: Relief(metres, 49.0, 9.8, 0.0833333))
    monkeypatch.setattr(carried, "_world", _world)
    return settlements
