"""Measures made-up countries from a thousand nodes to a hundred thousand and writes `docs/size.md`.

Run as ``python docs/size_page.py FOLDER [PLACES …]``; the largest takes half an hour on a busy machine. What
was measured is kept in the folder, so that a second run goes on where the first one stopped.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from math import log
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "size.md"
BENCH = Path(__file__).parent.parent / "tests" / "bench"
PLACES, YEARS = (540, 5_400, 54_000), 10
PARTS = ("load", "plan", "simulate", "measure", "report")
HEAD = f"""# How it grows

Written by `python docs/size_page.py`: made-up countries of `bbsim.geodata.sample` (cities, villages on spurs
of their own, railways beside most roads), {YEARS} years by quarter with the scenario that `bbsim new` writes,
planned once (`effort: fast`), run, measured and reported; with numba. Seconds are the processor's, also of
the second process, which draws pictures. MiB are the most that both together had held when the part was over.
The machine has two cores; its seconds differ by half from one hour to the next.

"""
FOOT = """
The exponent is that of the last step: 1 grows as the country, 2 as its square.

Memory is not flat in the number of events: a run is its events, one object each of some 170 bytes, and they
are held until it is let go of. What stands beside them grows with other things: the sweep and the tables of
nodes and spans with places (spans) times periods, the money with places times months. It is highest while
pictures are drawn or the table of events is written. From a million events on, pictures are drawn before the
tables and not beside them, months are summed for some spans at a time, and the table of events is let go of
when it is written.

What grew with the square of a country was taken out part by part. The programme office scores again only
whose route an award has changed. Whoever may be within 50 km of a place is a slice, not everybody. Traffic
is routed along one tree from all gateways, and what is full on it is summed over its branches. What one page
shows is limited to the 10,000 largest places, the 30,000 spans that carry most, the 5,000 dearest projects
and the 2,000 largest cities, and it says so.

The clock beside bare simpy, ten times the projects, and the office's routes beside networkx:
`pytest tests/bench/test_clock_bench.py tests/bench/test_size.py -m bench -s`.
"""


def told(places: int, folder: Path) -> dict[str, Any]:
    """What a country of so many places takes, as `size_parts.py` prints it; kept in the folder."""
    kept = folder / f"{places}.json"
    if not kept.exists():
        words = [
            sys.executable,
            str(BENCH / "size_parts.py"),
            str(places),
            str(YEARS),
            str(folder / str(places)),
        ]
        done = subprocess.run(words, capture_output=True, text=True, check=True)
        kept.write_text(done.stdout.splitlines()[-1] + "\n", encoding="utf-8")
    found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def page(found: list[dict[str, Any]]) -> str:
    """The page: a column a country, a row a part."""
    lines = ["| |" + "".join(f" {each['nodes']:,} nodes |" for each in found) + " exponent |"]
    lines.append("|---|" + "---|" * (len(found) + 1))
    for name in ("spans", "projects", "events", "page_kib"):
        label = {"page_kib": "report.html, KiB"}.get(name, name)
        lines.append(f"| {label} |" + "".join(f" {each[name]:,} |" for each in found) + " |")
    for part in PARTS:
        cells = "".join(f" {each['seconds'][part]:.1f} s, {each['mib'][part]:,} MiB |" for each in found)
        lines.append(f"| {part} |{cells} {_exponent(found, [part])} |")
    sums = [sum(each["seconds"][part] for part in PARTS) for each in found]
    cells = "".join(
        f" {s:.1f} s, {each['mib']['report']:,} MiB |" for s, each in zip(sums, found, strict=True)
    )
    lines.append(f"| all |{cells} {_exponent(found, list(PARTS))} |")
    walls = "".join(f" {sum(each['wall'][part] for part in PARTS):.0f} s |" for each in found)
    lines.append(f"| on the wall, two cores |{walls} |")
    return HEAD + "\n".join(lines) + "\n" + FOOT


def _exponent(found: list[dict[str, Any]], parts: list[str]) -> str:
    if len(found) < 2:
        return ""
    small, large = list(pairwise(found))[-1]
    taken = [max(sum(each["seconds"][part] for part in parts), 1e-3) for each in (small, large)]
    return f"{log(taken[1] / taken[0]) / log(large['nodes'] / small['nodes']):.2f}"


def main() -> None:
    """Measure what the folder does not hold yet, and write the page."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [int(word) for word in sys.argv[2:]] or list(PLACES)
    PAGE.write_text(page([told(places, folder) for places in wanted]), encoding="utf-8")


if __name__ == "__main__":
    main()
