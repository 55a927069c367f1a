"""The closed form beside GNPy, path for path: the same figures, and how long each takes.

``pytest tests/bench/test_optics_bench.py -m bench -s``, with a Python that has ``gnpy``. What is asserted is
that both say the same; GNPy is timed for propagation alone, its network laid out and designed before.
"""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest
from bbsim.traffic import optics

pytestmark = pytest.mark.bench


def table_maker():
    pytest.importorskip("gnpy")
    path = Path(__file__).parents[1] / "oracles" / "make_gnpy_table.py"
    spec = importlib.util.spec_from_file_location("make_gnpy_table", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def microseconds_a_path(function, paths):
    function()
    least = np.inf
    for _ in range(5):
        start = time.perf_counter()
        function()
        least = min(least, time.perf_counter() - start)
    return 1e6 * least / paths


def test_signal_over_noise_beside_gnpy():
    maker = table_maker()
    mode = optics.catalogue().mode[0]
    paths = 20_000
    rng = np.random.default_rng(1)
    sections, section_km = rng.integers(1, 41, paths), rng.random(paths) * 40.0 + 40.0
    ours = microseconds_a_path(lambda: optics.gsnr_db(mode, section_km, sections), paths)
    km = sections * section_km
    rate = microseconds_a_path(lambda: optics.line_rate(km, year=2022), paths)
    kit = optics.catalogue()
    table = optics.mode_table(optics.best_first(kit, 2022), kit)
    chosen = optics.line_rate(km, year=2022, regenerators=0).mode
    assert table.of(km).tolist() == chosen.tolist()
    choice = microseconds_a_path(lambda: table.of(km), paths)
    lengths = km.tolist()
    one = microseconds_a_path(lambda: [table.at(length) for length in lengths], paths)
    before = time.perf_counter()
    type(kit).model_validate(kit.model_dump())
    made = time.perf_counter()
    fresh = kit.model_copy(update={"line": kit.line.model_copy(update={"margin_db": 2.000001})})
    optics.line_rate([100.0], year=2022, optics=fresh)
    print(
        f"\nmicroseconds a path: closed form {ours:.3f}; all that a pair carries {rate:.3f}; the mode alone"
        f" {choice:.3f}, asked for one path at a time {one:.3f}; the tables of a catalogue are made in"
        f" {1e3 * (time.perf_counter() - made):.1f} ms (reading it takes {1e3 * (made - before):.1f})"
    )
    for count in (1, 3, 10, 40):
        least, found = np.inf, 0.0
        for _ in range(3):
            found, took = maker.gsnr(count, 80.0, mode.gbaud, mode.grid_ghz, 0.0)
            least = min(least, took)
        mine = float(optics.gsnr_db(mode, 80.0, count, launch_dbm=0.0))
        assert mine == pytest.approx(found, abs=0.3)
        times = ", ".join(f"{1e3 * least / each:,.0f}x" for each in (ours, rate, choice, one))
        print(
            f"  {count:2} sections of 80 km: GNPy {found:.2f} dB in {least:.1f} ms, here {mine:.2f} dB;"
            f" {times} as fast"
        )
