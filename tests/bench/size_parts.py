"""One made-up country from its folder to the report, part by part, in a process of its own.

Run as ``python size_parts.py PLACES YEARS FOLDER``; prints JSON, by part: seconds of the processor (also of
the copy that draws pictures) and by the clock on the wall, and the MiB that all processes held at most.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
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

RAILS_SHARE = 0.57
"""Three spans a node."""


class Held:
    """What this process and those that it starts hold, looked at all the time by another process."""

    def __init__(self, told: Path) -> None:
        self._told = told
        told.write_text("")
        self._watcher = subprocess.Popen([sys.executable, __file__, "watch", str(os.getpid()), str(told)])

    def most_mib(self) -> int:
        """The most so far; memory that several share is counted once (proportional set size)."""
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return max([own, *(int(word) for word in self._told.read_text().split())])

    def end(self) -> None:
        """Look no more."""
        self._watcher.kill()
        self._watcher.wait()


def watch(pid: int, told: Path) -> None:
    """Write down again and again how many MiB a process and its children hold."""
    with told.open("a") as out:
        while Path(f"/proc/{pid}").exists():
            below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            everybody = [pid, *(int(word) for word in below if int(word) != os.getpid())]
            out.write(f"{sum(map(held_mib, everybody))}\n")
            out.flush()
            time.sleep(0.5)


def held_mib(pid: int) -> int:
    """Proportional set size of a process; nothing if it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) // 1024


def taken() -> float:
    """Seconds of the processor, also of the copies that are over."""
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(used.ru_utime + used.ru_stime for used in both)


def written(places: int, years: int, folder: Path) -> Path:
    """A sample country and its first scenario, whose money and crews grow with its people."""
    pack = folder / "geodata" / "XXX"
    pack.mkdir(parents=True)
    sample_country(places, rails_share=RAILS_SHARE).write(pack)
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
    told: dict = {"seconds": {}, "mib": {}, "wall": {}}
    held = Held(folder / "held.txt")

    def timed(name, work):
        began, clock = taken(), time.perf_counter()
        answer = work()
        told["seconds"][name] = taken() - began
        told["wall"][name] = time.perf_counter() - clock
        told["mib"][name] = held.most_mib()
        return answer

    country = timed("load", lambda: Country.read(pack))
    scenario = load(folder / "scenario.yaml")
    if plan:
        timed("plan", lambda: national_plan(scenario, country, Aim(effort="fast", rounds=1)))
    # The clock hands its run on to be measured: each is timed by itself.
    clock = sys.modules["bbsim.simulate"]
    clock.measure = lambda run, *_, **__: run
    run = timed("simulate", lambda: simulate(scenario, country))
    clock.measure = measure
    timed("measure", lambda: measure(run))
    timed("report", lambda: save(run, folder / "run", force=True))
    held.end()
    told |= {
        "nodes": len(country.ids),
        "spans": len(country.span_ids),
        "events": len(run.events),
        "projects": len(run.tables["projects"]["project"]),
        "page_kib": (folder / "run" / "report.html").stat().st_size // 1024,
    }
    return told


if __name__ == "__main__":
    if sys.argv[1] == "watch":
        watch(int(sys.argv[2]), Path(sys.argv[3]))
        sys.exit()
    assert planbook  # what a plan imports is loaded before the time is taken
    where = Path(sys.argv[3])
    parts(40, 2, where / "warm")  # imports and compiled code are no part of the work
    print(json.dumps(parts(int(sys.argv[1]), int(sys.argv[2]), where / "timed")))
