"""One hash of all tables of an ensemble, whoever runs it, where, in whatever order, however often it stopped.

Three hash seeds x one, two or three workers x here, in processes or on dask x two locales x two time zones x
in one go or stopped and gone on with. By default pairwise (any two settings meet in some row) and with two
workers; all of them when slow.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import pytest
from bbsim.ensemble import Replicate, ensemble
from bbsim.run import table_hash
from lucky import COUNTRY, scenario

ROOT = Path(__file__).parents[2]
RUNS = 4
LEVELS = {
    "hash_seed": ("0", "1", "4294967295"),
    "how": (("serial", 1), ("processes", 2), ("processes", 3), ("dask", 2), ("dask", 3)),
    "locale": ("C", "tr_TR.UTF-8"),
    "zone": ("Asia/Baku", "America/St_Johns"),
    "stopped": (False, True),
}
if find_spec("distributed") is None:
    LEVELS["how"] = LEVELS["how"][:3]
FEW = LEVELS | {"how": tuple(how for how in LEVELS["how"] if how[1] < 3)}

CODE = """
import hashlib, json, shutil, sys
sys.path.insert(0, {folder!r})
from pathlib import Path
from bbsim.ensemble import ensemble
from bbsim.geodata.sample import sample_country
from bbsim.run import table_hash
from test_determinism import small

if __name__ == "__main__":
    how, workers, stopped, out = json.loads(sys.argv[1])
    country = sample_country(30)
    scenario = small(country).scenario
    words = {{"dask": "local"}} if how == "dask" else {{}}
    words |= {{"workers": workers, "out": out}}
    if stopped:
        ensemble(scenario, country, runs={runs} - 1, out=out)
        shutil.rmtree(Path(out) / "replications" / "000001")
        (Path(out) / "replications" / ".000003.partial-1").mkdir()
    done = ensemble(scenario, country, runs={runs}, **words)
    tables = [table for run in done.runs for table in run.values()] + list(done.tables().values())
    told = [table_hash(table) for table in tables]
    files = sorted(path for path in Path(out).rglob("*.parquet"))
    told += [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    print(json.dumps([len(told), hashlib.sha256(" ".join(told).encode()).hexdigest()]))
"""


def rows_of_all(levels):
    return [dict(zip(levels, row, strict=True)) for row in itertools.product(*levels.values())]


def rows_pairwise(levels):
    """A few rows in which every two settings meet: the row with the most new pairs, again and again."""

    def pairs(row):
        return set(itertools.combinations(sorted((k, str(v)) for k, v in row.items()), 2))

    every = rows_of_all(levels)
    left = set().union(*(pairs(row) for row in every))
    rows = []
    while left:
        best = max(every, key=lambda row: len(pairs(row) & left))
        rows.append(best)
        left -= pairs(best)
    return rows


def hash_of(row, folder):
    script = folder.with_suffix(".py")
    script.write_text(CODE.format(folder=str(ROOT / "tests" / "properties"), runs=RUNS))
    env = {
        "PATH": os.environ["PATH"], "HOME": str(folder.parent), "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": row["hash_seed"], "LC_ALL": row["locale"], "TZ": row["zone"],
    }  # fmt: skip
    words = json.dumps([*row["how"], row["stopped"], str(folder)])
    done = subprocess.run(
        [sys.executable, str(script), words], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{row}: {done.stderr[-2000:]}"
    shutil.rmtree(folder)
    return json.loads(done.stdout.splitlines()[-1])


def test_a_pairwise_design_has_every_pair():
    rows = rows_pairwise(FEW)
    for a, b in itertools.combinations(FEW, 2):
        assert {(row[a], row[b]) for row in rows} == set(itertools.product(FEW[a], FEW[b]))
    assert len(rows) <= 12


@pytest.mark.parametrize("design", ["pairwise", pytest.param("all", marks=pytest.mark.slow)])
def test_one_hash_of_the_tables_however_they_come_about(design, tmp_path):
    rows = rows_pairwise(FEW) if design == "pairwise" else rows_of_all(LEVELS)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda job: hash_of(job[1], tmp_path / str(job[0])), enumerate(rows)))
    assert found[0][0] > 4 * RUNS
    odd = [row for row, told in zip(rows, found, strict=True) if told != found[0]]
    assert odd == []


@pytest.mark.slow
def test_replication_seventeen_of_twenty_is_that_of_a_thousand():
    few, many = ensemble(scenario(), COUNTRY, runs=20), ensemble(scenario(), COUNTRY, runs=1000)
    alone = Replicate(scenario(), COUNTRY)(17)
    for name, table in alone.items():
        assert table_hash(table) == table_hash(few.runs[17][name]) == table_hash(many.runs[17][name])
    assert len({run["dates"]["last_city_day"][0] for run in many.runs}) > 50
