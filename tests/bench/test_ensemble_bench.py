"""What an ensemble costs: a run, a second worker, dask, and memory.

Wall-clock on a busy machine says little, so processor time stands beside it. The two sides of the comparison
take turns, so that whatever else runs disturbs both alike.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNS = int(os.environ.get("BBSIM_BENCH_RUNS", "8"))
CODE = """
import json, resource, sys, tempfile, time
import bbsim
from bbsim.api import country_of
from bbsim.ensemble import ensemble

if __name__ == "__main__":
    runs, words = json.loads(sys.argv[1])
    scenario = bbsim.load("scenarios/azerbaijan.yaml")
    country = country_of(scenario)
    began, cpu, seen = time.perf_counter(), time.process_time(), []

    def progress(share, told):
        seen.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)

    with tempfile.TemporaryDirectory() as folder:
        ensemble(scenario, country, runs=runs, out=folder + "/e", progress=progress, **words)
    print(json.dumps([time.perf_counter() - began, time.process_time() - cpu, seen]))
"""


def started(runs, **words):
    return subprocess.Popen(
        [sys.executable, "-c" if not words else str(script()), *([CODE] if not words else []),
         json.dumps([runs, words])],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def script():
    """Workers that are spawned need a file to come from."""
    import tempfile

    file = Path(tempfile.gettempdir()) / f"bbsim-bench-{os.getpid()}.py"
    file.write_text(CODE)
    return file


def measured(*jobs):
    """Wall-clock and processor seconds of some jobs at the same time, and what they said."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    running = [started(runs, **words) for runs, words in jobs]
    said = [json.loads(each.communicate()[0].splitlines()[-1]) for each in running]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = sum(getattr(after, n) - getattr(before, n) for n in ("ru_utime", "ru_stime"))
    return time.perf_counter() - began, used, said


@pytest.mark.bench
def test_what_an_ensemble_costs():
    _, _, ((wall, cpu, seen),) = measured((RUNS, {}))
    print(
        f"\none process: {cpu / RUNS:.2f} s of processor a run ({wall / RUNS:.2f} s by the clock), all told"
    )
    print(f"  1,000 runs on two free cores: about {cpu / RUNS * 1000 / 2 / 60:.1f} minutes")
    print(f"  memory after the 2nd and the last run: {seen[1]:.0f}, {seen[-1]:.0f} MiB")
    walls, cpus = [], []
    for _ in range(2):
        serial = measured((RUNS, {}), (RUNS, {}))
        two = measured((2 * RUNS, {"workers": 2}))
        walls.append(serial[0] / two[0])
        cpus.append(serial[1] / two[1])
    print(
        f"two workers against two serial runs at the same time: {max(walls):.0%} by the clock, "
        f"{max(cpus):.0%} by processor (each: {[f'{x:.0%}' for x in walls]}, {[f'{x:.0%}' for x in cpus]})"
    )
    # Tasks of nothing, so that nothing but the executor is measured; its start by itself.
    from bbsim.ensemble.executors import on_dask, processes

    for name, executor in (("dask", lambda: on_dask(abs, range(2000), "local", 2)),
                           ("processes", lambda: processes(abs, range(2000), 2))):  # fmt: skip
        began = time.perf_counter()
        came = [time.perf_counter() for _ in executor()]
        each = 1000 * (came[-1] - came[0]) / (len(came) - 1)
        print(f"{name}: {came[0] - began:.1f} s to the first answer, then {each:.2f} ms a task of nothing")
