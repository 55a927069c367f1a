"""Writes ``tests/data/gnpy_gsnr.csv``: what GNPy says of amplified lines, for `test_optics` to compare with.

Run with a Python that has ``gnpy`` (BSD-3-Clause, Telecom Infra Project; the table was made with 3.0.1):
``python tests/oracles/make_gnpy_table.py > tests/data/gnpy_gsnr.csv``. The line is designed by GNPy from its
own example equipment library, without letting amplifiers exceed their rated gain; the band, the slots and the
transmitters are those of ``bbsim/data/optics.toml``.

``best`` rows hold the best of launch powers in steps of half a decibel; ``integrated`` rows hold the same
launch with the nonlinear interference integrated numerically (GNPy's ``ggn_spectrally_separated``) instead of
its closed form.
"""

import itertools
import logging
import math
import sys
import time

from gnpy.core.parameters import SimParams
from gnpy.tools.json_io import DEFAULT_EQPT_CONFIG, load_equipments_and_configs, network_from_json
from gnpy.tools.worker_utils import designed_network, transmission_simulation

# Symbol rate, slot: the three that the catalogue has.
SIGNALS = ((31.57, 50.0), (63.1, 87.5), (118.2, 150.0))
LENGTHS_KM = (
    10, 40, 60, 70, 80, 100, 120, 150, 160, 200, 240, 300, 320, 360, 400, 450, 480, 520, 560, 600, 640,
    700, 800, 880, 960, 1100, 1200, 1280, 1440, 1600, 1800, 2000, 2240, 2400, 2800, 3200, 4000,
)  # fmt: skip
INTEGRATED_KM = (80, 240, 320, 800, 1600)
HUT_EVERY_KM = 80


def line(sections, section_km):
    spans = [f"fibre {i}" for i in range(sections)]
    chain = ["trx A", "roadm A", *spans, "roadm B", "trx B"]
    fibre = {"length": section_km, "loss_coef": 0.2, "length_units": "km", "con_in": 0, "con_out": 0}
    elements = [{"uid": f"trx {end}", "type": "Transceiver"} for end in "AB"]
    elements += [{"uid": f"roadm {end}", "type": "Roadm"} for end in "AB"]
    elements += [{"uid": name, "type": "Fiber", "type_variety": "SSMF", "params": fibre} for name in spans]
    links = [{"from_node": a, "to_node": b} for a, b in itertools.pairwise(chain)]
    return {"elements": elements, "connections": links}


def gsnr(sections, section_km, gbaud, grid_ghz, launch_dbm, *, integrated=False):
    """GSNR of the channel in the middle, dB in 0.1 nm, and the milliseconds that GNPy took to propagate."""
    kit = load_equipments_and_configs(DEFAULT_EQPT_CONFIG, [], [])
    kit["Span"]["default"].delta_power_range_db = [0, 0, 0]  # the same launch into every section
    kit["Span"]["default"].target_extended_gain = 0.1  # so that 16 dB are within 16 dB
    light = kit["SI"]["default"]
    light.f_min, light.f_max = 191.3e12, 196.1e12
    light.baud_rate, light.spacing = gbaud * 1e9, grid_ghz * 1e9
    light.power_dbm, light.tx_osnr = launch_dbm, 36
    channels = int(4800 / grid_ghz + 1e-9)
    middle = channels // 2
    method = {"method": "ggn_spectrally_separated", "computed_channels": [middle + 1]}
    SimParams.set_params({"nli_params": method} if integrated else {})
    network = network_from_json(line(sections, section_km), kit)
    ends = {"source": "trx A", "destination": "trx B", "nodes_list": ["trx B"], "loose_list": ["STRICT"]}
    network, request, reference = designed_network(kit, network, **ends)
    start = time.perf_counter()
    path, *_ = transmission_simulation(kit, network, request, reference)
    took = 1e3 * (time.perf_counter() - start)
    found = path[-1].snr_01nm
    return float(found[min(middle, found.size - 1)]), took


def best_launch(case):
    """Launch power and GSNR at the top of the curve, climbed in steps of half a decibel."""
    launch, top = 0.0, gsnr(*case, 0.0)[0]
    for step in (0.5, -0.5):
        while (higher := gsnr(*case, launch + step)[0]) > top:
            launch, top = launch + step, higher
    return launch, top


def rows():
    for gbaud, grid_ghz in SIGNALS:
        for km in LENGTHS_KM:
            sections = max(1, math.ceil(km / HUT_EVERY_KM))
            case = sections, km / sections, gbaud, grid_ghz
            flat, took = gsnr(*case, 0.0)
            yield km, sections, gbaud, grid_ghz, "given", 0.0, flat, took
            launch, top = best_launch(case)
            yield km, sections, gbaud, grid_ghz, "best", launch, top, took
            if km in INTEGRATED_KM:
                whole, took = gsnr(*case, launch, integrated=True)
                yield km, sections, gbaud, grid_ghz, "integrated", launch, whole, took


def main():
    logging.disable(logging.CRITICAL)
    sys.stdout.write("km,sections,gbaud,grid_ghz,kind,launch_dbm,gsnr_db\n")
    for *case, found, _ in rows():
        sys.stdout.write(",".join(str(value) for value in (*case, round(found, 3))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
