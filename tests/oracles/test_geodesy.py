"""P24: places in space, against pyproj's geodesics."""

import numpy as np
import pytest
from bbsim.metrics.nearness import Nearness
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from strategies import made_country

GEOD = Geod(ellps="WGS84")
PAIRS = {
    ((0, 0), (1, 0)): 111319.49079327357,
    ((0, 0), (0, 90)): 10001965.729312724,
    ((179.9, 0), (-179.9, 0)): 22263.898158653446,
    ((0, 89), (180, 89)): 223387.72982839972,
    ((0, 90), (137, 90)): 0.0,
    ((49.8671, 40.4093), (45.4122, 39.2089)): 404033.668,
}


def pair(a, b):
    return made_country({"a": {"at": a}, "b": {"at": b}}, {"s": ("a", "b", 1)})


def chord_km(country):
    return float(np.linalg.norm(country.ecef_km[0] - country.ecef_km[1]))


@pytest.mark.parametrize(("ends", "metres"), PAIRS.items())
def test_chords_are_as_long_as_the_ellipsoid_says(ends, metres):
    """A chord is shorter than its arc s by s^3 / 24 R^2, at most; and never longer."""
    chord, arc = chord_km(pair(*ends)), metres / 1000
    assert chord <= arc + 1e-6
    assert chord >= 2 * 6335 * np.sin(arc / 2 / 6335) - 1e-6, "at the sharpest bend of the ellipsoid"


@settings(max_examples=200)
@given(
    st.floats(-179, 179),
    st.floats(-85, 85),
    st.floats(0, 360),
    st.floats(0.01, 60),
)
def test_up_to_50_km_a_chord_is_its_arc_to_a_third_of_a_metre(lon, lat, azimuth, km):
    lon2, lat2, _ = GEOD.fwd(lon, lat, azimuth, km * 1000)
    chord = chord_km(pair((lon, lat), (lon2, lat2)))
    assert chord == pytest.approx(km, abs=3.5e-4)


def test_the_nearest_place_on_fibre_is_brute_forces_and_losses_are_forgotten(azerbaijan):
    rng = np.random.default_rng(4)
    some = np.flatnonzero(azerbaijan.is_place)[::3]
    near = Nearness(azerbaijan)
    on = np.zeros(len(azerbaijan.ids), dtype=bool)
    for step in range(6):
        on[rng.choice(some, 15)] = True
        if step == 4:
            on[np.flatnonzero(on)[::2]] = False
        near.update(on)
        lon, lat = azerbaijan.node_xy.T
        there = np.flatnonzero(on)
        look = rng.choice(len(azerbaijan.ids), 40)
        for node in look:
            count = len(there)
            metres = GEOD.inv([lon[node]] * count, [lat[node]] * count, lon[there], lat[there])[2]
            wanted = min(metres) / 1000
            if wanted < 49.99:
                assert near.km[node] == pytest.approx(wanted, abs=3.5e-4)
            elif wanted > 50.01:
                assert np.isinf(near.km[node])


def test_where_nothing_is_lit_nothing_is_near():
    c = pair((45, 40), (46, 40))
    near = Nearness(c)
    near.update(np.array([False, False]))
    assert np.isinf(near.km).all()
    near.update(np.array([True, False]))
    near.update(np.array([False, False]))
    assert np.isinf(near.km).all()
