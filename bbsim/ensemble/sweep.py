"""An ensemble at every point of a design, under the same luck everywhere.

Each point is an ensemble of its own, in a folder of its own; replication n of every point draws the same
luck, so that two points differ by what was varied and by nothing else. The runs of all points are one table.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from bbsim.api import code_digest, country_of
from bbsim.country import Country
from bbsim.ensemble import Ensemble, Replicate, bands, refuse_unfit
from bbsim.ensemble.design import Factor, factors_of, points, spelled_out, varied
from bbsim.ensemble.executors import Fault, answers
from bbsim.ensemble.kept import NOT_YET, Kept
from bbsim.ensemble.store import Store, Stored
from bbsim.errors import IN_THE_WAY, BbsimError, EnvironmentFault, InputError, Problem
from bbsim.run import Run
from bbsim.runfolder import refuse_foreign, write_table
from bbsim.scenario import Scenario

HEAD = "sweep.json"
FORMAT = 1
OUTCOMES = ("last_city_day", "last_open_city_day", "finished_day", "capex_usd", "population_on_fibre_share")
"""What is told of each run; a date that did not come counts as the first day after the run."""


@dataclass(frozen=True)
class Variants:
    """The job of a sweep: number = point x runs + replication."""

    scenarios: tuple[Scenario, ...]
    country: Country
    runs: int
    seed: int | None = None
    allow_code: bool = False

    def __call__(self, number: int) -> Kept:
        """Run one replication of one point."""
        point, replication = divmod(number, self.runs)
        return Replicate(self.scenarios[point], self.country, self.seed, self.allow_code)(replication)


@dataclass(eq=False)
class Sweep:
    """The points of a design and the ensemble at each.

    Attributes
    ----------
    values : of each point, a value a factor; None where the scenario's own stands.
    ensembles : at each point; None where no replication has an answer.
    faults : by (point, replication).
    """

    factors: tuple[Factor, ...]
    design: str
    values: list[tuple[Any, ...]]
    ensembles: list[Ensemble | None] = field(repr=False)
    faults: dict[tuple[int, int], Fault] = field(default_factory=dict)
    folder: Path | None = None
    count: int | None = None
    design_seed: int = 0

    def outcomes(self, name: str) -> list[np.ndarray[Any, Any]]:
        """One array of runs a point: one of `OUTCOMES`; empty where a point has no answer."""
        return [np.zeros(0) if each is None else outcome(each, name) for each in self.ensembles]

    def table(self) -> dict[str, Any]:
        """One row a point: its values, its runs, and P10, P50, P90 and mean of every outcome."""
        out: dict[str, Any] = {"point": np.arange(len(self.values))}
        for i, factor in enumerate(self.factors):
            out[factor.name] = _column([row[i] for row in self.values])
        out["runs"] = np.array([0 if each is None else len(each.numbers) for each in self.ensembles])
        for name in OUTCOMES:
            runs = self.outcomes(name)
            for level in bands.LEVELS:
                out[f"{name}_{bands.level_name(level)}"] = np.array(
                    [bands.quantile(each[:, None], level)[0] if len(each) else np.nan for each in runs]
                )
            out[f"{name}_mean"] = np.array([each.mean() if len(each) else np.nan for each in runs])
        never = [
            np.nan if each is None else (each.days("last_city_day") == NOT_YET).mean()
            for each in self.ensembles
        ]
        out["last_city_not_yet_share"] = np.array(never, dtype=np.float64)
        return out


def outcome(many: Ensemble, name: str) -> np.ndarray[Any, Any]:
    """(runs,) one of `OUTCOMES`; a date that did not come is the first day after the run."""
    if name == "population_on_fibre_share":
        return many.pile.periods("population_on_fibre_share_at_end")[:, -1]
    values = np.asarray(many.pile.dates[name], dtype=np.float64)
    if name.endswith("_day"):
        days = (many.scenario.end - many.scenario.start).days
        values = np.where(values == NOT_YET, float(days), values)
    return values


def sweep(
    scenario: Scenario,
    country: Country | None = None,
    *,
    vary: Sequence[str | Factor],
    runs: int,
    design: str = "grid",
    count: int | None = None,
    design_seed: int = 0,
    workers: int = 1,
    dask: str | None = None,
    seed: int | None = None,
    out: Path | str | None = None,
    force: bool = False,
    allow_code: bool = False,
    progress: Callable[[float, str], None] | None = None,
) -> Sweep:
    """Run an ensemble at every point of a design.

    Parameters
    ----------
    vary : the fields, as `Factor` or its text, e.g. ``"crews.per_project=2,3,4"``.
    runs : replications of every point; each has the same luck at all points.
    design, count, design_seed : see `bbsim.ensemble.design.points`.
    workers, dask, seed, allow_code, progress : as for `bbsim.ensemble.ensemble`.
    out : folder in which everything is kept; what is there is not run again. In memory if not given.

    Raises
    ------
    InputError
        if a point is no valid scenario, or does not fit the country; before anything is run.
    EnvironmentFault, RefusedError
        if the folder holds something else.
    """
    if runs < 1 or workers < 1:
        raise InputError(Problem("runs", f"saw {runs} runs and {workers} workers, wanted 1 or more of each"))
    country = country or country_of(scenario)
    factors = tuple(spelled_out(scenario, factors_of(vary)))
    values = points(factors, design, count, design_seed)
    scenarios = tuple(_fitting(scenario, country, factors, row) for row in values)
    code = code_digest(scenario, scenario.origin.parent) if allow_code and scenario.origin else ""
    probes = [Run(s, country, s.seed if seed is None else seed, events=(), code=code) for s in scenarios]
    stores = _stores(Path(out), factors, design, values, probes, force) if out is not None else None
    held: dict[int, Kept] = {}
    done = {p * runs + r for p, s in enumerate(stores or []) for r in s.done() if r < runs}
    todo = [number for number in range(len(values) * runs) if number not in done]
    faults: dict[tuple[int, int], Fault] = {}
    # Replication by replication over all points: stopped early, every point has about as many runs.
    todo.sort(key=lambda number: (number % runs, number // runs))
    same = _same(todo, [probe.digest for probe in probes], runs)
    finished = len(done)
    job = Variants(scenarios, country, runs, seed, allow_code)
    for first, answer in answers(job, list(same), workers, dask):
        for number in same[first]:
            point, replication = divmod(number, runs)
            if isinstance(answer, Fault):
                faults[point, replication] = answer
            elif stores is not None:
                stores[point].put(replication, answer)
            else:
                held[number] = answer
        finished += len(same[first])
        if progress:
            progress(finished / (len(values) * runs), f"{finished} of {len(values) * runs} runs")
    ensembles = []
    for point, probe in enumerate(probes):
        mine = {r: fault for (p, r), fault in faults.items() if p == point}
        store = stores[point] if stores is not None else None
        numbers = [r for r in store.done() if r < runs] if store else sorted(
            number % runs for number in held if number // runs == point
        )  # fmt: skip
        rows: Sequence[Kept] = Stored(store, numbers) if store else [held[point * runs + r] for r in numbers]
        ensembles.append(
            Ensemble(
                scenarios[point],
                country,
                numbers,
                rows,
                mine,
                store.folder if store else None,
                probe.seed,
                code,
            )
            if numbers
            else None
        )
    if not any(ensembles):
        at = min(faults)
        message = f"no replication has an answer; point {at[0]}, replication {at[1]}: {faults[at].message}"
        raise InputError(Problem("no-replication", message))
    folder = Path(out) if out is not None else None
    result = Sweep(factors, design, values, ensembles, faults, folder, count, design_seed)
    if folder is not None:
        _write(result, folder)
    return result


def _same(todo: Sequence[int], digests: Sequence[str], runs: int) -> dict[int, list[int]]:
    """What is to be run, and for which numbers: points that are the same scenario are run once."""
    first: dict[tuple[str, int], int] = {}
    out: dict[int, list[int]] = {}
    for number in todo:
        point, replication = divmod(number, runs)
        out.setdefault(first.setdefault((digests[point], replication), number), []).append(number)
    return out


def _fitting(
    scenario: Scenario, country: Country, factors: Sequence[Factor], values: Sequence[Any]
) -> Scenario:
    """The scenario at a point; what is wrong with it is told with the point."""
    try:
        made = varied(scenario, factors, values)
        refuse_unfit(made, country)
    except BbsimError as error:
        told = ", ".join(f"{f.name}={v}" for f, v in zip(factors, values, strict=True) if v is not None)
        raise InputError([_at(problem, told) for problem in error.problems]) from None
    return made


def _at(problem: Problem, told: str) -> Problem:
    from dataclasses import replace

    return replace(problem, where=f"at {told}")


def _column(values: Sequence[Any]) -> np.ndarray[Any, Any]:
    """Numbers as numbers (NaN: the scenario's own), everything else as text."""
    if all(
        value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)) for value in values
    ):
        return np.array([np.nan if value is None else float(value) for value in values])
    return np.array([None if value is None else str(value) for value in values], dtype=object)


# ---- the folder -------------------------------------------------------------------------------------
def _stores(
    folder: Path,
    factors: Sequence[Factor],
    design: str,
    values: Sequence[tuple[Any, ...]],
    probes: Sequence[Run],
    force: bool,
) -> list[Store]:
    """The folder of each point; a folder is only gone on with if it is of the same points."""
    refuse_foreign(folder, HEAD)
    digest = hashlib.sha256(" ".join(probe.digest for probe in probes).encode()).hexdigest()
    head = folder / HEAD
    if head.is_file() and json.loads(head.read_text(encoding="utf-8")).get("digest") != digest:
        if not force:
            message = f"{folder} holds another sweep"
            raise EnvironmentFault(Problem("folder-exists", message, hint=IN_THE_WAY))
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "format": FORMAT,
        "digest": digest,
        "design": design,
        "factors": [factor.name for factor in factors],
        "points": len(values),
    }
    beside = folder / f".{HEAD}.new"
    beside.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    beside.replace(head)
    return [Store(folder / "points" / f"point={at:06d}", probe) for at, probe in enumerate(probes)]


def _write(result: Sweep, folder: Path) -> None:
    """The table of points; it replaces an older one in one step."""
    beside = folder / ".points.parquet.new"
    write_table(result.table(), beside)
    beside.replace(folder / "points.parquet")
    faults = [
        {"point": point, "replication": replication, "error": fault.message, "trace": fault.trace}
        for (point, replication), fault in sorted(result.faults.items())
    ]
    beside = folder / ".faults.json.new"
    beside.write_text(json.dumps(faults, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    beside.replace(folder / "faults.json")
