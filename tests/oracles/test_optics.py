"""Signal over noise against GNPy's, and against the same sums written down the long way."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest
from bbsim.traffic import noise, optics

TABLE = Path(__file__).parents[1] / "data" / "gnpy_gsnr.csv"
KIT = optics.catalogue()
SIGNAL = {(mode.gbaud, mode.grid_ghz): mode for mode in KIT.mode}


def rows(kind):
    with TABLE.open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["kind"] == kind]
    assert len(found) >= 15
    return found


def ours(row, launch_dbm):
    mode = SIGNAL[float(row["gbaud"]), float(row["grid_ghz"])]
    sections = int(row["sections"])
    return float(optics.gsnr_db(mode, float(row["km"]) / sections, sections, launch_dbm=launch_dbm))


def allowed_db(row):
    return 0.3 if int(row["sections"]) >= 3 else 0.6


@pytest.mark.parametrize("kind", ["given", "integrated"])
def test_at_the_same_launch_power_it_is_what_gnpy_says(kind):
    for row in rows(kind):
        assert ours(row, float(row["launch_dbm"])) == pytest.approx(
            float(row["gsnr_db"]), abs=allowed_db(row)
        )


def test_the_best_launch_is_as_good_as_the_best_that_gnpy_finds():
    for row in rows("best"):
        assert ours(row, None) == pytest.approx(float(row["gsnr_db"]), abs=allowed_db(row))


def test_the_same_mode_gets_through_as_with_gnpy():
    """At every length the mode that GNPy's figures would let us choose, of those sold in each year."""
    seen = {(float(row["km"]), float(row["gbaud"])): float(row["gsnr_db"]) for row in rows("best")}
    lengths = sorted({km for km, _ in seen})
    same = []
    for year in (2012, 2016, 2022, 2026):
        rate = optics.line_rate(lengths, year=year, regenerators=0)
        for at, km in enumerate(lengths):
            good = [
                place
                for place, mode in enumerate(KIT.mode)
                if mode.from_year <= year and seen[km, mode.gbaud] - KIT.line.margin_db >= mode.osnr_db
            ]
            best = max(good, key=lambda i: KIT.mode[i].gbps * KIT.wavelengths(KIT.mode[i]), default=-1)
            theirs = 0 if best < 0 else KIT.mode[best].gbps * KIT.wavelengths(KIT.mode[best])
            same.append(rate.gbps[at] == theirs)
    assert len(same) >= 100
    assert np.mean(same) >= 0.95


@pytest.mark.parametrize("mode", KIT.mode, ids=lambda mode: mode.name)
def test_the_sum_over_channels_by_hand(mode):
    """Eqs. 120 and 123 of arXiv:1209.0394, channel by channel in SI units, without a shared prefactor."""
    fibre, loss_db, launch_w, sections = KIT.line.fibre, 16.0, 1e-3, 7
    alpha, km = fibre.loss_db_per_km / 10 * math.log(10) / 1e3, 80e3
    beta2 = 16.7e-6 * (1550e-9) ** 2 / (2 * math.pi * 299792458.0)
    gamma = 2 * math.pi * 2.6e-20 / (1550e-9 * 83e-12)
    symbol, count = mode.gbaud * 1e9, KIT.wavelengths(mode)
    reach = (1 - math.exp(-alpha * km)) / alpha
    density = 0.0
    for channel in range(count):
        gap = (channel - count // 2) * mode.grid_ghz * 1e9
        psi = sum(
            sign * math.asinh(math.pi**2 / alpha * beta2 * symbol * (gap + sign * symbol / 2))
            for sign in (1, -1)
        )
        psi *= reach**2 / (4 * math.pi * beta2 / alpha)
        density += (16 if gap == 0 else 32) / 27 * gamma**2 * (launch_w / symbol) ** 3 * psi
    interference_w = density * symbol
    noise_figure_db = float(min(a.noise_figure_db(loss_db) for a in KIT.amplifier))
    hertz = 299792458.0 / 1550e-9
    emission_w = 6.62607015e-34 * hertz * symbol * (10 ** ((noise_figure_db + loss_db) / 10) - 1)
    boost_figure = float(min(a.noise_figure_db(20.0) for a in KIT.amplifier))
    boost_w = 6.62607015e-34 * hertz * symbol * (10 ** ((boost_figure + 20.0) / 10) - 1)
    signal, clean = 1.0, 1.0
    for added in [boost_w] + [emission_w + interference_w] * sections:
        clean *= 1.0 / (1.0 + added / launch_w)
    in_band = (signal - clean) / clean
    total = in_band * 12.5 / mode.gbaud + 10 ** (-mode.tx_osnr_db / 10) + 10**-3.8
    expected = -10 * math.log10(total)
    assert float(optics.gsnr_db(mode, 80.0, sections, launch_dbm=0.0)) == pytest.approx(expected, abs=1e-9)


def test_interference_is_half_the_emission_at_the_best_launch():
    emission, action = np.array([1e-6, 3e-6]), np.array([500.0, 900.0])
    power = noise.best_launch_w(emission, action)
    np.testing.assert_allclose(action * power**3, emission / 2, rtol=1e-12)
    for other in (0.9, 1.1):
        worse = other * power
        assert (emission / worse + action * worse**2 > emission / power + action * power**2).all()
