"""Every option of the plan verb works on the plain install, without the extras `fast` and `opt`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from bbsim.planning.rings.augmentation import ring_augmentation
from made import write_folder

FLAGSHIP = Path(__file__).parents[3] / "scenarios" / "azerbaijan.yaml"
PLAIN = """
import sys
for extra in ("highspy", "numba"):
    sys.modules[extra] = None
from bbsim.cli import main
sys.exit(main(sys.argv[1:]))
"""


def plain(scenario, *words):
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, "plan", str(scenario), "--json", *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_rings_come_with_a_bound_and_close_something():
    rings = plain(FLAGSHIP, "--survivable", "--effort", "fast")["rings"]
    assert 0 < rings["lower_bound_usd"] <= rings["usd"]
    assert all(ring["ends"] for ring in rings["steps"])
    assert sum(ring["people"] for ring in rings["steps"]) > 0


def test_technologies_are_chosen_for_a_day():
    data = plain(FLAGSHIP, "--by", "2017-12-31", "--effort", "fast", "--usd-per-person", "20")
    assert {row["technology"] for row in data["technologies"]} >= {"fibre"}


@pytest.mark.parametrize("effort", ["fast", "standard", "thorough"])
def test_money_and_value_choose_and_a_front_is_found(effort, tmp_path):
    small = write_folder(tmp_path)
    data = plain(small, "--front", "--budget", "5MUSD", "--survivable", "--effort", effort)
    assert data["front"]
    assert data["people"] == data["people_at_most"]
    data = plain(small, "--usd-per-person", "5000", "--survivable", "--effort", effort)
    assert data["worth_usd"] <= data["worth_at_most_usd"]


def test_a_free_corridor_that_protects_nothing_is_left():
    # A chain 0-1-2, a way back from 2 to 0, and a free circle 3-4-5 that hangs on node 1 alone.
    u, v = [0, 1, 2, 1, 3, 4, 5, 3, 4], [1, 2, 0, 3, 4, 5, 3, 6, 6]
    added = ring_augmentation(u, v, [1.0, 1.0, 1.5, 0, 0, 0, 0, 0, 0], [0, 1])
    assert added.edges.tolist() == [2]
