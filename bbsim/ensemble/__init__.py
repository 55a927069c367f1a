"""Many runs of one scenario: bands instead of lines, and dates with their confidence.

Replication n of an ensemble is `simulate(..., replication=n)`, whatever ran before, beside or after it, on
whichever machine. What differs between replications is what the scenario says is uncertain.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bbsim.api import code_digest, country_of
from bbsim.checks import check
from bbsim.country import Country
from bbsim.ensemble import bands, stopping
from bbsim.ensemble.drivers import drivers
from bbsim.ensemble.executors import Fault, answers
from bbsim.ensemble.kept import CITY_DATES, NOT_YET, Kept, kept
from bbsim.ensemble.pile import Pile
from bbsim.ensemble.store import Store, Stored
from bbsim.errors import InputError, Problem
from bbsim.memory import unhurried
from bbsim.run import Run, frame
from bbsim.scenario import Scenario

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NOT_YET", "Ensemble", "Replicate", "ensemble"]

FINISHES = {
    "last_city_day": "last city on fibre",
    "last_open_city_day": "last city outside closed areas",
    "finished_day": "last project in service",
}
"""The dates of a whole run, and what they are called."""


@dataclass(frozen=True)
class Replicate:
    """The job of one replication, as it is sent to a worker; what is checked once is not checked again."""

    scenario: Scenario
    country: Country
    seed: int | None = None
    allow_code: bool = False

    @unhurried()
    def __call__(self, number: int) -> Kept:
        """Run it and keep what an ensemble keeps."""
        from bbsim.simulate import simulate as run_clock

        folder = self.scenario.origin.parent if self.allow_code and self.scenario.origin else None
        run = run_clock(
            self.scenario,
            self.country,
            seed=self.seed,
            replication=number,
            code_folder=folder,
            tables_at_once=(),  # of a replication a few are kept; the others are not even made
        )
        return kept(run)


@dataclass(eq=False)
class Ensemble:
    """The runs of a scenario.

    Attributes
    ----------
    numbers : of the replications, ascending.
    runs : what is kept of each, in the same order; read from the folder when asked for, if there is one.
    faults : by number, why a replication has no answer.
    folder : where it is kept, if it is.
    """

    scenario: Scenario
    country: Country
    numbers: list[int]
    runs: Sequence[Kept] = field(repr=False)
    faults: dict[int, Fault] = field(default_factory=dict)
    folder: Path | None = None
    seed: int = 0
    code: str = ""

    @cached_property
    def pile(self) -> Pile:
        """The columns of all runs."""
        store = self.runs.store if isinstance(self.runs, Stored) else None
        return Pile(self.numbers, self.runs, store)

    @cached_property
    def periods(self) -> pd.DataFrame:
        """One row a replication and period, with the columns of the periods table."""
        import pandas as pd

        frames = [
            frame(run["periods"]).assign(replication=n)
            for n, run in zip(self.numbers, self.runs, strict=True)
        ]
        return pd.concat(frames, ignore_index=True)

    @cached_property
    def dates(self) -> pd.DataFrame:
        """One row a replication: its dates as days from the start (`NOT_YET`: never), money and projects."""
        return frame(self.pile.dates)

    def days(self, name: str) -> NDArray[np.int64]:
        """(runs,) one of the columns of `dates`."""
        column: NDArray[np.int64] = self.pile.dates[name]
        return column

    @cached_property
    def days_of_places(self) -> NDArray[np.int64]:
        """(runs, places) day of first light, in the order of the places table."""
        return self.pile.places("on_fibre_day")

    @property
    def digest(self) -> str:
        """SHA-256 of what its runs depend on, besides their numbers."""
        return Run(self.scenario, self.country, self.seed, events=(), code=self.code).digest

    def tables(self) -> dict[str, dict[str, Any]]:
        """Bands: ``bands`` by period, ``places`` by place, ``finish`` by date, ``dates`` by replication.

        ``drivers`` has a row for each cause behind the two dates of cities: see `bbsim.ensemble.drivers`.
        """
        return dict(self._tables)

    @cached_property
    def _tables(self) -> dict[str, dict[str, Any]]:
        start, end = self.scenario.start, self.scenario.end
        told = dict(FINISHES)
        if (self.days("last_city_day") == self.days("last_open_city_day")).all():
            del told["last_open_city_day"]
        finish = np.stack([self.days(name) for name in told], axis=1)
        ids = self.pile.first["places"]["node"]
        names = dict(zip(self.country.ids, self.country.nodes["name"], strict=True))
        years = {
            f"by_{year}_share": bands.by_then(self.days_of_places, start, start.replace(year - 1, 12, 31))
            for year in range(start.year + 1, end.year + 1)
        }
        return {
            "bands": bands.of_periods(self.pile.first["periods"], self.pile.periods),
            "places": {
                "node": ids,
                "name": np.array([names[node] for node in ids], dtype=object),
                **bands.of_days(self.days_of_places, start),
                **years,
            },
            "finish": {
                "what": np.array(list(told.values()), dtype=object),
                **bands.of_days(finish, start),
            },
            "dates": self.pile.dates,
            "drivers": self._drivers(),
        }

    def _drivers(self) -> dict[str, Any]:
        causes, parts = self.pile.causes, []
        for name in CITY_DATES:
            mine = (causes["date"] == name) & (self.days(name) != NOT_YET)[causes["run"]]
            parts.append(drivers(name, *(causes[column][mine] for column in ("run", "cause", "days"))))
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    @classmethod
    def load(cls, folder: Path | str) -> Ensemble:
        """An ensemble from its folder; nothing runs.

        Raises
        ------
        InputError
            if the folder holds none, or one without a finished replication.
        """
        from bbsim.ensemble.folder import load

        return load(Path(folder))

    def report(self, folder: Path | str) -> None:
        """Write ``report.html`` and ``figures/*.png`` into a folder that is there."""
        from bbsim.ensemble.folder import luck
        from bbsim.report.ensemble import write

        write(luck(self), Path(folder))


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
    until: str | None = None,
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
    until : stop as soon as an interval is narrow enough, with 90 % confidence; looked at after every 20 runs:
        ``last_open_city_day.p90=30`` or ``capex_usd=5e6`` (`bbsim.ensemble.stopping`).
    until_days : the same as ``until="last_city_day=DAYS"``.
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
    refuse_unfit(scenario, country)
    code = code_digest(scenario, scenario.origin.parent) if allow_code and scenario.origin else ""
    probe = Run(scenario, country, scenario.seed if seed is None else seed, events=(), code=code)
    store = Store(Path(out), probe, force=force) if out is not None else None
    stop = stop_of(until, until_days)
    held: dict[int, Kept] = {}
    seen: dict[int, float] = {}
    for number in store.done() if store else []:
        if number < runs:
            seen[number] = stop.seen(store.get(number)) if store and stop else 0.0
    faults: dict[int, Fault] = {}
    job = Replicate(scenario, country, seed, allow_code)
    at = 0
    while at < runs and not (stop and stop.met(seen, faults)):
        batch = range(at, min(at + stopping.LOOK_EVERY, runs) if stop else runs)
        at = batch.stop
        todo = [number for number in batch if number not in seen]
        for number, answer in answers(job, todo, workers, dask):
            if isinstance(answer, Fault):
                faults[number] = answer
            else:
                seen[number] = stop.seen(answer) if stop else 0.0
                if store is not None:
                    store.put(number, answer)
                else:
                    held[number] = answer
            if progress:
                progress((len(seen) + len(faults)) / runs, f"{len(seen)} of {runs} runs")
    if not seen:
        first = min(faults)
        raise InputError(
            Problem("no-replication", f"no replication has an answer; {first}: {faults[first].message}")
        )
    numbers = sorted(seen)
    kept_runs: Sequence[Kept] = Stored(store, numbers) if store else [held[n] for n in numbers]
    done = Ensemble(
        scenario, country, numbers, kept_runs, faults, store.folder if store else None, probe.seed, code
    )
    if store is not None:
        store.write(done.tables(), [_told(n, faults[n]) for n in sorted(faults)])
    return done


def refuse_unfit(scenario: Scenario, country: Country) -> None:
    """Tell once, before any run, why scenario and country do not fit together.

    Raises
    ------
    InputError
        with every problem at once.
    """
    problems = [problem for problem in check(scenario, country) if problem.severity == "error"]
    if problems:
        raise InputError(problems)


def stop_of(until: str | None, until_days: float | None) -> stopping.Until | None:
    """What the options ``until`` and ``until_days`` mean; None if neither is given.

    Raises
    ------
    InputError
        if both are given, or there is no such measure.
    """
    if until is not None and until_days is not None:
        raise InputError(Problem("until", "saw both until and until_days, wanted one"))
    if until_days is not None:
        return stopping.Until("last_city_day", 0.5, until_days)
    return None if until is None else stopping.Until.of(until)


def _told(number: int, fault: Fault) -> dict[str, Any]:
    return {"replication": number, "error": fault.message, "trace": fault.trace}
