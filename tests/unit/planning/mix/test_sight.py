"""Two masts see each other as a drawing with a ruler would have it."""

import math

import numpy as np
import pytest
from bbsim.planning.mix.sight import bulge_m, fresnel_m, mast_m


@pytest.mark.parametrize("km", [5.0, 20.0, 45.0])
def test_flat_ground_needs_the_bulge_and_six_tenths_of_the_zone_in_the_middle(km):
    sagitta = 6371.0 * 4 / 3 * (1 - math.cos(km / 2 / (6371.0 * 4 / 3))) * 1000
    wavelength = 0.299792458 / 7.0
    zone = math.sqrt(wavelength * (km * 500) ** 2 / (km * 1000))
    assert float(bulge_m(km / 2, km / 2)) == pytest.approx(sagitta, rel=1e-3)
    assert float(fresnel_m(km / 2, km / 2, 7.0)) == pytest.approx(zone, rel=2e-3)
    assert mast_m(km, (300.0, 300.0), 7.0) == pytest.approx(sagitta + 0.6 * zone, rel=2e-3)


def test_a_hill_asks_for_as_much_mast_as_it_is_in_the_way():
    flat = mast_m(20.0, (0.0, 0.0), 7.0)
    hill = mast_m(20.0, (0.0, 0.0), 7.0, at_km=[10.0], ground_m=[100.0])
    assert hill == pytest.approx(flat + 100.0)
    valley = mast_m(20.0, (0.0, 0.0), 7.0, at_km=[10.0], ground_m=[-200.0])
    assert valley < 2.0


def test_a_slope_is_no_hill_and_the_direction_does_not_matter():
    up = mast_m(20.0, (0.0, 400.0), 7.0, at_km=[10.0], ground_m=[200.0])
    assert up == pytest.approx(mast_m(20.0, (0.0, 0.0), 7.0))
    there = mast_m(20.0, (50.0, 10.0), 7.0, at_km=[4.0, 15.0], ground_m=[80.0, 30.0])
    back = mast_m(20.0, (10.0, 50.0), 7.0, at_km=[16.0, 5.0], ground_m=[80.0, 30.0])
    assert there == pytest.approx(back)


def test_more_of_the_zone_and_less_bending_ask_for_more():
    usual = mast_m(30.0, (0.0, 0.0), 7.0)
    assert mast_m(30.0, (0.0, 0.0), 7.0, clear_share=1.0) > usual
    assert mast_m(30.0, (0.0, 0.0), 7.0, factor=2 / 3) > usual
    assert mast_m(30.0, (0.0, 0.0), 18.0) < usual


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="above nought"):
        mast_m(0.0, (0.0, 0.0), 7.0)
    with pytest.raises(ValueError, match="between the ends"):
        mast_m(10.0, (0.0, 0.0), 7.0, at_km=[11.0], ground_m=[0.0])
    assert np.isfinite(mast_m(1e-3, (0.0, 0.0), 7.0))
