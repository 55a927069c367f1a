"""One made-up country from its folder to the report, part by part, in a process of its own.

Run as ``python size_parts.py PLACES YEARS FOLDER``; prints JSON: seconds of the processor and MiB by part.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from bbsim import planbook
from bbsim.country import Country
from bbsim.geodata.sample import sample_country
from bbsim.metrics import measure
from bbsim.outset import Outset
from bbsim.outset_text import scenario_text
from bbsim.planning.programme.national import Aim, national_plan
from bbsim.reading import load
from bbsim.runfolder import save
from bbsim.simulate import simulate


def written(places: int, years: int, folder: Path) -> Path:
    """A sample country and its first scenario, whose money and crews grow with its people."""
    pack = folder / "geodata" / "XXX"
    pack.mkdir(parents=True)
    sample_country(places).write(pack)
    outset = Outset(Country.read(pack), {})
    end = f"end: {outset.start + 10}-01-01"
    text = scenario_text(outset)
    assert end in text
    (folder / "scenario.yaml").write_text(text.replace(end, f"end: {outset.start + years}-01-01"))
    return pack


def parts(places: int, years: int, folder: Path, *, plan: bool = True) -> dict:
    """What each part takes."""
    pack = folder / "geodata" / "XXX"
    if not pack.exists():
        written(places, years, folder)
    told: dict = {"seconds": {}, "mib": {}}

    def timed(name, work):
        began = time.process_time()
        answer = work()
        told["seconds"][name] = time.process_time() - began
        told["mib"][name] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return answer

    country = timed("load", lambda: Country.read(pack))
    scenario = load(folder / "scenario.yaml")
    if plan:
        timed("plan", lambda: national_plan(scenario, country, Aim(effort="fast", rounds=1)))
    # The clock hands its run on to be measured: each is timed by itself.
    clock = sys.modules["bbsim.simulate"]
    clock.measure = lambda run, *_: run
    run = timed("simulate", lambda: simulate(scenario, country))
    clock.measure = measure
    timed("measure", lambda: measure(run))
    timed("report", lambda: save(run, folder / "run", force=True))
    told |= {
        "nodes": len(country.ids),
        "spans": len(country.span_ids),
        "events": len(run.events),
        "projects": len(run.tables["projects"]["project"]),
        "page_kib": (folder / "run" / "report.html").stat().st_size // 1024,
    }
    return told


if __name__ == "__main__":
    assert planbook  # what a plan imports is loaded before the time is taken
    where = Path(sys.argv[3])
    parts(40, 2, where / "warm")  # imports and compiled code are no part of the work
    print(json.dumps(parts(int(sys.argv[1]), int(sys.argv[2]), where / "timed")))
