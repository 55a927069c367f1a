"""Writes ``tests/data/backbones/*.csv``: research networks as published, for `test_known_backbones`.

Run with a Python that has ``topohub`` (1.5.1; MIT, Copyright (c) 2023 Piotr Jurkiewicz):
``python tests/oracles/make_backbones.py tests/data/backbones``. The networks and their demand matrices are
those of SNDlib (Orlowski, Pióro, Tomaszewski & Wessäly, Networks 55, 2010): the research networks Abilene and
GÉANT, and the 50 places of Germany. Distances are topohub's, in km along the great circle.

Rows: ``node,name,longitude,latitude``; ``span,from,to,km``; ``demand,from,to,amount`` in the matrix's unit.
"""

import csv
import sys
from pathlib import Path

import topohub

NETWORKS = ("abilene", "geant", "germany50")


def rows(name):
    known = topohub.get(f"sndlib/{name}")
    names = {node["id"]: node["name"] for node in known["nodes"]}
    for node in known["nodes"]:
        yield "node", node["name"], *node["pos"]
    for edge in known["edges"]:
        yield "span", names[edge["source"]], names[edge["target"]], edge["dist"]
    for source, row in known["graph"]["demands"].items():
        for sink, amount in row.items():
            yield "demand", names[int(source)], names[int(sink)], amount


def main():
    for name in NETWORKS:
        with (Path(sys.argv[1]) / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows(name))


if __name__ == "__main__":
    main()
