"""A small country with luck in it, and jobs that die: for the tests of ensembles and their workers."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from bbsim.ensemble.executors import Fault
from bbsim.run import table_hash
from strategies import made_scenario, star

COUNTRY = star([10, 20, 30])
LUCKY = {
    "stages": {"survey_days": {"triangular": [5, 30, 90]}, "material_days": {"triangular": [10, 60, 200]}}
}


def scenario(**over):
    return made_scenario(**(LUCKY | over))


def hashes(done):
    """One hash a replication and table."""
    return [{name: table_hash(table) for name, table in run.items()} for run in done.runs]


def told(answers):
    """Faults and answers by number."""
    out = dict(answers)
    return {n: a for n, a in out.items() if isinstance(a, Fault)}, {
        n: a for n, a in out.items() if not isinstance(a, Fault)
    }


@dataclass(frozen=True)
class Slow:
    """A job that notes its process and takes its time."""

    file: str

    def __call__(self, number):
        with open(self.file, "a") as handle:
            handle.write(f"{os.getpid()}\n")
        time.sleep(0.4)
        return number


@dataclass(frozen=True)
class Deadly:
    """A job in which a number kills its worker: so many times, then it answers."""

    folder: str
    number: int
    times: int

    def __call__(self, number):
        if number == self.number:
            deaths = len(list(Path(self.folder).iterdir()))
            if deaths < self.times:
                (Path(self.folder) / str(deaths)).touch()
                os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        return number * number
