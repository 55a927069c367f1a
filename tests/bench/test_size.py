"""What a country ten times as large takes, part by part: `pytest tests/bench/test_size.py -m bench -s`.

Each size has a process of its own, so that its memory is its own. Seconds are the processor's. Larger ones:
``BBSIM_BENCH_PLACES=540,5400,54000``.
"""

import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from math import log
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from bbsim.geodata.sample import sample_country
from bbsim.models.cost import Prices
from bbsim.simulate.frontier import Frontier

pytestmark = pytest.mark.bench
PLACES = [int(n) for n in os.environ.get("BBSIM_BENCH_PLACES", "540,1700").split(",")]
YEARS = int(os.environ.get("BBSIM_BENCH_YEARS", "10"))


def test_growth_of_each_part(tmp_path, capsys):
    script = Path(__file__).with_name("size_parts.py")
    found = []
    for places in PLACES:
        words = [sys.executable, str(script), str(places), str(YEARS), str(tmp_path / str(places))]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        found.append(json.loads(done.stdout.splitlines()[-1]))
    with capsys.disabled():
        for told in found:
            print(
                f"\n{told['nodes']:,} nodes, {told['spans']:,} spans, {YEARS} years: {told['projects']:,} "
                f"projects, {told['events']:,} events, page {told['page_kib']:,} KiB"
            )
            for name, seconds in told["seconds"].items():
                print(f"  {name:12s} {seconds:8.2f} s  {told['mib'][name]:6,} MiB")
        for small, large in pairwise(found):
            grown = log(large["nodes"] / small["nodes"])
            ratio = {name: max(large["seconds"][name], 1e-3) / max(small["seconds"][name], 1e-3)
                     for name in small["seconds"]}  # fmt: skip
            told = ", ".join(f"{name} {log(ratio[name]) / grown:.2f}" for name in ratio)
            print(f"exponents: {told}")
    assert all(large["events"] > small["events"] for small, large in pairwise(found))
    assert [told["projects"] for told in found] == sorted(told["projects"] for told in found)


def test_cheapest_routes_beside_networkx(capsys):
    """The same prices from the same gateway, by the programme office and by networkx."""
    country = sample_country(3000)
    cents = np.rint(country.km * 1000).astype(np.int64) + 1
    nothing = np.zeros(len(cents), dtype=np.int64)
    prices = Prices(nothing, nothing, cents, np.zeros(len(country.ids), dtype=np.int64))
    wanted = np.asarray(country.is_place)
    graph = nx.Graph()
    for u, v, price in zip(country.u.tolist(), country.v.tolist(), cents.tolist(), strict=True):
        if not graph.has_edge(u, v) or graph[u][v]["price"] > price:
            graph.add_edge(u, v, price=price)
    everything = np.ones(len(country.km), dtype=bool)
    took = {"bbsim": [], "networkx": []}
    for _ in range(3):
        began = time.process_time()
        frontier = Frontier(country, prices, everything, [], [0], wanted, [0] * len(cents))
        took["bbsim"].append(time.process_time() - began)
        began = time.process_time()
        theirs = nx.single_source_dijkstra_path_length(graph, 0, weight="price")
        took["networkx"].append(time.process_time() - began)
    ours, other = (min(seconds) for seconds in took.values())
    with capsys.disabled():
        print(
            f"\n{len(country.ids):,} nodes: {ours:.3f} s with people, crews and permits on the way; "
            f"networkx {other:.3f} s for the price alone"
        )
    assert all(frontier.cents[node] == price for node, price in theirs.items())
