"""What is killed leaves no torn file and nobody behind, and going on ends in the same tables."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bbsim.ensemble.executors import Fault, on_dask
from lucky import COUNTRY, Deadly, hashes, scenario, told

PROPERTIES = Path(__file__).parents[2] / "properties"

FORGE = """
import json, os, random, signal, sys, time
sys.path.insert(0, {properties!r})
from lucky import COUNTRY, scenario
from bbsim.ensemble import Ensemble, ensemble
from bbsim.ensemble.pile import Pile
from bbsim.ensemble.store import Store, replications
from bbsim.run import Run, table_hash
from pathlib import Path
import pyarrow.parquet, pyarrow.dataset, scipy.stats  # what is imported now is not imported in each child
import pyarrow
import bbsim.ensemble.folder, bbsim.simulate, scipy.sparse.csgraph, scipy.special
pyarrow.set_cpu_count(1)
kills, folder, runs = int(sys.argv[1]), Path(sys.argv[2]), 6

def work(out):
    ensemble(scenario(), COUNTRY, runs=runs, out=out)

def child(what, *words):
    number = os.fork()
    if number:
        return number
    try:
        what(*words)
        os._exit(0)
    except BaseException:
        import traceback
        traceback.print_exc()
        os._exit(1)

def look(out, into):
    torn = 0
    place = out / "replications"
    for number in replications(out) if out.is_dir() else []:
        files = sorted(path.name for path in (place / f"{{number:06d}}").iterdir())
        assert files == ["causes.parquet", "dates.parquet", "periods.parquet", "places.parquet"], files
        for name in files:
            pyarrow.parquet.read_table(place / f"{{number:06d}}" / name)
    before = len(replications(out)) if out.is_dir() else 0
    work(out)
    done = Ensemble.load(out)
    hashes = [table_hash(table) for run in done.runs for table in run.values()]
    hashes += [table_hash(table) for table in done.tables().values()]
    left = sorted(str(path.name) for path in out.rglob(".*"))
    into.write_text(json.dumps([before, hashes, left]))

began = time.monotonic()
os.waitpid(child(work, folder / "whole"), 0)
whole = time.monotonic() - began
os.waitpid(child(look, folder / "whole", folder / "whole.json"), 0)
wanted = json.loads((folder / "whole.json").read_text())[1]
luck = random.Random(5)
seen = []
for kill in range(kills):
    out = folder / str(kill)
    number = child(work, out)
    # Somewhere between two replications or in one, at the beginning or in the end, in turn.
    while (len(replications(out)) if out.is_dir() else 0) < kill % (runs + 1):
        time.sleep(0.001)
    time.sleep(luck.random() * whole / (1.5 if kill % (runs + 1) in (0, runs) else 2 * runs))
    os.kill(number, signal.SIGKILL)
    _, status = os.waitpid(number, 0)
    _, code = os.waitpid(child(look, out, folder / f"{{kill}}.json"), 0)
    assert code == 0, (kill, code)
    before, hashes, left = json.loads((folder / f"{{kill}}.json").read_text())
    assert hashes == wanted, kill
    assert left == [], left
    seen.append([before, os.WIFSIGNALED(status)])
print(json.dumps(seen))
"""


def killed(kills, folder):
    code = FORGE.format(properties=str(PROPERTIES))
    done = subprocess.run(
        [sys.executable, "-c", code, str(kills), str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("kills", [6, pytest.param(200, marks=pytest.mark.slow)])
def test_killed_at_any_moment_no_file_is_torn_and_going_on_ends_in_the_same_tables(kills, tmp_path):
    seen = killed(kills, tmp_path)
    assert len(seen) == kills
    inside = [before for before, was_killed in seen if was_killed and before < 6]
    assert inside, "no kill came while it ran"
    if kills > 100:
        assert set(inside) >= {0, 1, 2, 3, 4, 5}, "kills came between any two replications"


ORPHANS = """
import os, sys
sys.path.insert(0, {properties!r})
from lucky import Slow
from bbsim.ensemble.executors import processes
if __name__ == "__main__":
    for _ in processes(Slow({file!r}), range(8), 2):
        pass
"""


def alive(number):
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks processes up in /proc")
def test_workers_leave_with_a_killed_parent(tmp_path):
    file = tmp_path / "pids"
    script = tmp_path / "orphans.py"
    script.write_text(ORPHANS.format(properties=str(PROPERTIES), file=str(file)))
    parent = subprocess.Popen([sys.executable, str(script)], stderr=subprocess.PIPE)
    while not (file.exists() and len(set(file.read_text().split())) == 2):
        assert parent.poll() is None, parent.stderr.read().decode()
        time.sleep(0.1)
    workers = {int(each) for each in file.read_text().split()}
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stderr.close()
    until = time.monotonic() + 60
    while any(alive(each) for each in workers) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(alive(each) for each in workers)


# ---- dask -----------------------------------------------------------------------------------------------
@pytest.mark.slow
@pytest.mark.parametrize("times", [1, 2])
def test_a_dask_worker_that_is_killed_in_mid_run_costs_no_replication(times, tmp_path):
    pytest.importorskip("distributed")
    faults, fine = told(on_dask(Deadly(str(tmp_path), 4, times), range(20), "local", 2))
    assert faults == {}
    assert fine == {n: n * n for n in range(20)}
    assert len(list(tmp_path.iterdir())) == times, "the worker did die"


@pytest.mark.slow
def test_a_replication_that_always_kills_its_dask_worker_is_the_only_one_lost(tmp_path):
    pytest.importorskip("distributed")
    faults, fine = told(on_dask(Deadly(str(tmp_path), 4, 10**9), range(12), "local", 2))
    assert list(faults) == [4]
    assert isinstance(faults[4], Fault)
    assert fine == {n: n * n for n in range(12) if n != 4}


@pytest.mark.slow
def test_a_killed_dask_worker_changes_no_table(tmp_path):
    """A real ensemble on a real cluster; one of its workers is killed from outside while it runs."""
    distributed = pytest.importorskip("distributed")
    from bbsim.ensemble import ensemble

    with distributed.LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        pids = [worker.pid for worker in cluster.workers.values()]
        killed_ones = []

        def kill(_share, words):
            if not killed_ones and words.startswith("3 of"):
                killed_ones.append(pids[0])
                os.kill(pids[0], signal.SIGKILL)

        done = ensemble(
            scenario(), COUNTRY, runs=24, dask=cluster.scheduler_address, out=tmp_path / "e", progress=kill
        )
    assert killed_ones
    assert done.faults == {}
    assert hashes(done) == hashes(ensemble(scenario(), COUNTRY, runs=24))
