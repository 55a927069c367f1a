"""Many runs of one scenario: bands instead of lines, and dates with their confidence.

Replication n of an ensemble is `simulate(..., replication=n)`, whatever ran before, beside or after it, on
whichever machine. What differs between replications is what the scenario says is uncertain.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bbsim.api import code_digest, country_of
from bbsim.api import simulate as run_one
from bbsim.country import Country
from bbsim.ensemble import bands
from bbsim.ensemble.executors import Fault, Job, on_dask, processes, serial
from bbsim.ensemble.kept import NOT_YET, Kept, kept
from bbsim.ensemble.store import Store
from bbsim.errors import InputError, Problem
from bbsim.run import Run, frame
from bbsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NOT_YET", "Ensemble", "Replicate", "ensemble"]

# Runs after which it is looked whether the date is sure enough.
LOOK_EVERY = 20


@dataclass(frozen=True)
class Replicate:
    """The job of one replication, as it is sent to a worker."""

    scenario: Scenario
    country: Country
    seed: int | None = None
    allow_code: bool = False

    def __call__(self, number: int) -> Kept:
        """Run it and keep what an ensemble keeps."""
        return kept(
            run_one(
                self.scenario, self.country, seed=self.seed, replication=number, allow_code=self.allow_code
            )
        )


@dataclass(eq=False)
class Ensemble:
    """The runs of a scenario.

    Attributes
    ----------
    numbers : of the replications, ascending.
    runs : what is kept of each, in the same order.
    faults : by number, why a replication has no answer.
    folder : where it is kept, if it is.
    """

    scenario: Scenario
    country: Country
    numbers: list[int]
    runs: list[Kept] = field(repr=False)
    faults: dict[int, Fault] = field(default_factory=dict)
    folder: Path | None = None

    @cached_property
    def periods(self) -> pd.DataFrame:
        """One row a replication and period, with the columns of the periods table."""
        import pandas as pd

        frames = [frame(run["periods"]).assign(replication=n) for n, run in self._pairs()]
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def dates(self) -> pd.DataFrame:
        """One row a replication: its dates as days from the start (`NOT_YET`: never), money and projects."""
        return frame(self._dates())

    def _dates(self) -> dict[str, Any]:
        return {name: self.days(name) for name in self.runs[0]["dates"]}

    def days(self, name: str) -> NDArray[np.int64]:
        """(runs,) one of the columns of `dates`."""
        return np.concatenate([run["dates"][name] for run in self.runs])

    @cached_property
    def days_of_places(self) -> NDArray[np.int64]:
        """(runs, places) day of first light, in the order of the places table."""
        return np.stack([run["places"]["on_fibre_day"] for run in self.runs])

    def tables(self) -> dict[str, dict[str, Any]]:
        """Bands: ``bands`` by period, ``places`` by place, ``finish`` by date, ``dates`` by replication."""
        start, end = self.scenario.start, self.scenario.end
        finish = np.stack([self.days(name) for name in ("last_city_day", "finished_day")], axis=1)
        ids = self.runs[0]["places"]["node"]
        names = dict(zip(self.country.ids, self.country.nodes["name"], strict=True))
        years = {
            f"by_{year}_share": bands.by_then(self.days_of_places, start, start.replace(year - 1, 12, 31))
            for year in range(start.year + 1, end.year + 1)
        }
        return {
            "bands": bands.of_periods([run["periods"] for run in self.runs]),
            "places": {
                "node": ids,
                "name": np.array([names[node] for node in ids], dtype=object),
                **bands.of_days(self.days_of_places, start),
                **years,
            },
            "finish": {
                "what": np.array(["last city on fibre", "last project in service"], dtype=object),
                **bands.of_days(finish, start),
            },
            "dates": self._dates(),
        }

    def _pairs(self) -> Iterator[tuple[int, Kept]]:
        return iter(zip(self.numbers, self.runs, strict=True))


def ensemble(
    scenario: Scenario,
    country: Country | None = None,
    *,
    runs: int,
    workers: int = 1,
    dask: str | None = None,
    seed: int | None = None,
    out: Path | str | None = None,
    force: bool = False,
    until_days: float | None = None,
    allow_code: bool = False,
    progress: Callable[[float, str], None] | None = None,
) -> Ensemble:
    """Run a scenario many times.

    Parameters
    ----------
    runs : how many replications, from number 0.
    workers : processes; 1 stays in this one.
    dask : address of a scheduler (or ``local``), instead of processes.
    out : folder in which each replication is kept as soon as it is done; what is there already is not run
        again, so that an interrupted ensemble goes on where it stopped. Nothing is kept if not given.
    until_days : stop as soon as the median of the last city's date is known to so many days, with 90 %
        confidence; looked at after every 20 runs.
    progress : called with the share that is done and a few words.

    Returns
    -------
    Ensemble
        in the order of the replications, whatever the order in which they came.

    Raises
    ------
    InputError
        if scenario and country do not fit together, or no replication has an answer.
    EnvironmentFault
        if the folder holds something else, or dask is not there.
    """
    if runs < 1 or workers < 1:
        raise InputError(Problem("runs", f"saw {runs} runs and {workers} workers, wanted 1 or more of each"))
    country = country or country_of(scenario)
    code = code_digest(scenario, scenario.origin.parent) if allow_code and scenario.origin else ""
    probe = Run(scenario, country, scenario.seed if seed is None else seed, events=(), code=code)
    store = Store(Path(out), probe, force=force) if out is not None else None
    found: dict[int, Kept] = {}
    for number in store.done() if store else []:
        if number < runs and store is not None:
            found[number] = store.get(number)
    faults: dict[int, Fault] = {}
    job = Replicate(scenario, country, seed, allow_code)
    at = 0
    while at < runs and not _sure(found, until_days):
        batch = range(at, min(at + LOOK_EVERY, runs) if until_days else runs)
        at = batch.stop
        todo = [number for number in batch if number not in found]
        for number, answer in _answers(job, todo, workers, dask):
            if isinstance(answer, Fault):
                faults[number] = answer
            else:
                found[number] = answer
                if store is not None:
                    store.put(number, answer)
            if progress:
                progress((len(found) + len(faults)) / runs, f"{len(found)} of {runs} runs")
    if not found:
        first = min(faults)
        raise InputError(
            Problem("no-replication", f"no replication has an answer; {first}: {faults[first].message}")
        )
    numbers = sorted(found)
    done = Ensemble(
        scenario, country, numbers, [found[n] for n in numbers], faults, store.folder if store else None
    )
    if store is not None:
        store.write(done.tables(), [_told(n, faults[n]) for n in sorted(faults)])
    return done


def _sure(found: Mapping[int, Kept], until_days: float | None) -> bool:
    """Whether the date of the last city is known well enough; only the first full twenties are looked at."""
    if until_days is None:
        return False
    whole = 0
    while whole in found:
        whole += 1
    whole -= whole % LOOK_EVERY
    days = np.array([found[n]["dates"]["last_city_day"][0] for n in range(whole)], dtype=np.int64)
    return bool(whole and bands.spread_of_median(days) <= until_days)


def _answers(job: Job, todo: list[int], workers: int, dask: str | None) -> Iterator[tuple[int, Any]]:
    if not todo:
        return iter(())
    if dask is not None:
        return on_dask(job, todo, dask)
    return serial(job, todo) if workers == 1 else processes(job, todo, workers)


def _told(number: int, fault: Fault) -> dict[str, Any]:
    return {"replication": number, "error": fault.message, "trace": fault.trace}
