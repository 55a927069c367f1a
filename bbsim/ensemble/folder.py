"""An ensemble read back from its folder, and made ready for its report."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim.country import Country
from bbsim.ensemble import FINISHES, Ensemble, bands
from bbsim.ensemble.executors import Fault
from bbsim.ensemble.kept import CITY_DATES
from bbsim.ensemble.store import FORMAT, HEAD, Store, Stored, read_head
from bbsim.errors import InputError, Problem
from bbsim.reading import load as load_scenario
from bbsim.report.ensemble_facts import Luck
from bbsim.run import Run
from bbsim.scenario import Target


def load(folder: Path) -> Ensemble:
    """An ensemble from its folder; nothing runs.

    Raises
    ------
    InputError
        if the folder holds none, one of another format, or one without a finished replication.
    """
    if not (folder / HEAD).is_file():
        message = f"not an ensemble's folder: it has no {HEAD}"
        raise InputError(Problem("no-ensemble", message, where=str(folder)))
    head = read_head(folder)
    if head.get("format") != FORMAT or not isinstance(head.get("seed"), int):
        message = f"not an ensemble of format {FORMAT}"
        raise InputError(Problem("ensemble-head", message, where=str(folder / HEAD)))
    scenario = load_scenario(folder / "scenario.yaml")
    country = Country.read(folder / "country")
    code = str(head.get("code", ""))
    store = Store(folder, Run(scenario, country, head["seed"], events=(), code=code))
    numbers = store.done()
    if not numbers:
        raise InputError(Problem("no-replication", "no replication is there yet", where=str(folder)))
    told = folder / "faults.json"
    faults = json.loads(told.read_text(encoding="utf-8")) if told.is_file() else []
    return Ensemble(
        scenario,
        country,
        numbers,
        Stored(store, numbers),
        {int(each["replication"]): Fault(str(each["error"])) for each in faults},
        folder,
        head["seed"],
        code,
    )


def luck(many: Ensemble) -> Luck:
    """What the report of an ensemble is made from."""
    tables, pile = many.tables(), many.pile
    extra: dict[str, Any] = {}
    for name, columns in (("spent_usd", ("capex_usd",)), ("came_in_usd", ("granted_usd", "reinvested_usd"))):
        values = sum((np.nan_to_num(pile.periods(column)) for column in columns), np.zeros(1)).cumsum(axis=1)
        if name == "came_in_usd":
            values = values + many.scenario.budget.opening_usd
        for level in bands.LEVELS:
            extra[f"{name}_{bands.level_name(level)}"] = bands.quantile(values, level)
    words = {text: name for name, text in FINISHES.items()}
    finish = tables["finish"]
    return Luck(
        scenario=many.scenario,
        country=many.country,
        seed=many.seed,
        digest=many.digest,
        runs=len(many.numbers),
        bands=tables["bands"] | extra,
        places=tables["places"],
        finish=finish,
        drivers=tables["drivers"],
        place_days={
            "on_fibre": many.days_of_places,
            **{name: pile.places(f"{name}_day") for name in ("awarded", "permitted", "started")},
        },
        finish_days={what: many.days(words[what]) for what in finish["what"].tolist()},
        kept_shares=[_kept(many, target) for target in many.scenario.targets],
        last_cities={name.replace("_day", ""): _which(many, name.replace("_day", "")) for name in CITY_DATES},
        median_width_days={
            what: bands.spread_of_median(many.days(words[what])) for what in finish["what"].tolist()
        },
        faults={number: fault.message.split("\n")[0] for number, fault in sorted(many.faults.items())},
    )


def _kept(many: Ensemble, target: Target) -> float | None:
    """Share of runs that keep a target at the end of the last period before its day has passed."""
    held = kept_by_run(many, target)
    return None if held is None else float(held.mean())


def kept_by_run(many: Ensemble, target: Target) -> NDArray[np.bool_] | None:
    """(runs,) whether each run keeps a target; None if no period ends by then, or its day is not simulated.

    As in the report of a run: the last period that ends by the day counts, missing values left out.
    """
    values = many.pile.periods(f"{target.column}_at_end")
    ends = np.asarray(many.pile.first["periods"]["period_end"], dtype="datetime64[D]")
    then = values[:, ends <= np.datetime64(target.by + timedelta(days=1))]
    if target.by >= many.scenario.end or not then.shape[1] or np.isnan(then).all():
        return None
    filled = np.full(len(then), np.nan)
    for column in then.T:
        filled = np.where(np.isnan(column), filled, column)
    return np.asarray(filled >= target.at_least - 1e-12)


def _which(many: Ensemble, column: str) -> list[tuple[str, float]]:
    """Ids of the last cities with the share of runs in which each is it, the most frequent first."""
    names, counts = np.unique(many.pile.dates[column].astype(str), return_counts=True)
    order = np.lexsort((names, -counts))
    return [(str(names[i]), float(counts[i]) / len(many.numbers)) for i in order.tolist() if names[i]]
