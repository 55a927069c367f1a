"""The words of ``bbsim ensemble``, and what it tells: dates with their confidence, or what drives them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bbsim.cli_plan import Number, Whole
from bbsim.errors import IncompleteError, InputError, Problem
from bbsim.terminal import Voice

if TYPE_CHECKING:
    from bbsim.country import Country
    from bbsim.ensemble import Ensemble
    from bbsim.ensemble.sweep import Sweep
    from bbsim.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])
_DESIGNS = ("grid", "lhs", "sobol", "tornado", "morris", "saltelli")
_SHOWN = 24
"""Points of a sweep that are shown; the table has them all."""

_OPTIONS = (
    click.option("--runs", type=Whole(1, 10_000_000), required=True, help="How many replications."),
    click.option("--workers", type=Whole(1, 1024), default=1, show_default=True, help="Processes."),
    click.option("--dask", metavar="ADDRESS", help="A dask scheduler instead, or local."),
    click.option(
        "--until-days",
        type=Number(0, min_open=True),
        help="Stop when the median date of the last city is known to so many days (90 %).",
    ),
    click.option(
        "--until",
        metavar="MEASURE=WIDTH",
        help="Stop when an interval (90 %) is that narrow: last_open_city_day.p90=30, capex_usd=5e6.",
    ),
    click.option(
        "--vary",
        multiple=True,
        metavar="PATH=VALUES",
        help="A field that varies: path=a,b,c or path=low..high; path*=... multiplies; repeat for more.",
    ),
    click.option(
        "--design",
        type=click.Choice(_DESIGNS),
        default="grid",
        show_default=True,
        help="Points over the fields; tornado, morris and saltelli rank what drives the date and the cost.",
    ),
    click.option("--points", type=Whole(1, 1_000_000), help="Points of lhs, sobol, morris or saltelli."),
    click.option(
        "--out", type=click.Path(path_type=Path), help="Else ensembles/NAME-SEED-DIGEST; it goes on there."
    ),
    click.option("--seed", type=Whole(0, 2**128 - 1), help="Instead of the scenario's own seed."),
    click.option("--resume", is_flag=True, help="Go on with what is in the folder, or say that nothing is."),
    click.option("--force", is_flag=True, help="Replace another ensemble in the folder."),
    click.option("--no-report", is_flag=True, help="Write no page and no pictures."),
)


def ensemble_words(command: F) -> F:
    """The options of the verb."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def destination(scenario: Scenario, country: Country, allow_code: bool, words: Mapping[str, Any]) -> Path:
    """The folder that is meant: what is said, else one named by scenario, seed and what they depend on."""
    import hashlib

    from bbsim.api import code_digest
    from bbsim.run import Run

    if words["out"] is not None:
        return Path(words["out"])
    code = code_digest(scenario, scenario.origin.parent) if allow_code and scenario.origin else ""
    seed = scenario.seed if words["seed"] is None else words["seed"]
    name = Run(scenario, country, seed, events=(), code=code).default_name
    if words["vary"]:
        told = " ".join([*words["vary"], words["design"], str(words["points"])])
        name += f"-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    return Path("ensembles") / name


def tell_ensemble(
    path: str,
    scenario: Scenario,
    country: Country,
    voice: Voice,
    folder: Path,
    allow_code: bool,
    overrides: tuple[str, ...] = (),
    **words: Any,
) -> None:
    """Run the ensemble or the sweep, and tell what came out; faults end in exit 6."""
    if words["resume"]:
        _refuse_nothing(folder)
    if words["vary"]:
        if words["until"] or words["until_days"]:
            hint = "Leave it out: every point of a sweep runs as often."
            raise InputError(Problem("until", "saw --until with --vary", hint=hint))
        _tell_sweep(scenario, country, voice, folder, allow_code, words)
        return
    if words["points"] is not None or words["design"] != "grid":
        hint = "Add --vary PATH=VALUES for each field that is to vary."
        raise InputError(Problem("design", "saw --design or --points without --vary", hint=hint))
    from bbsim.ensemble import ensemble, stop_of

    with voice.progress("Running") as progress:
        done = ensemble(
            scenario, country, runs=words["runs"], workers=words["workers"], dask=words["dask"],
            seed=words["seed"], out=folder, force=words["force"], until=words["until"],
            until_days=words["until_days"], allow_code=allow_code, progress=progress,
        )  # fmt: skip
    if not words["no_report"]:
        done.report(folder)
    told = answer(done, done.tables())
    voice.say(str(folder))
    voice.say("\n".join(lines(told)))
    stop = stop_of(words["until"], words["until_days"])
    if stop:
        seen = {n: stop.seen(run) for n, run in zip(done.numbers, done.runs, strict=True)}
        told["until"] = stop.told(seen, done.faults)
        voice.say(told["until"])
    voice.answer(told)
    if done.faults:
        # What did finish is told above; an error of its own would be a second answer.
        alone = _alone(path, allow_code, words["seed"], overrides)
        voice.problems([_failed(alone, n, fault.message) for n, fault in sorted(done.faults.items())])
        raise SystemExit(IncompleteError.exit_code)


def _refuse_nothing(folder: Path) -> None:
    """Going on is what every ensemble does; who says so wants to hear if there is nothing to go on with."""
    if not any((folder / head).is_file() for head in ("ensemble.json", "sweep.json")):
        message = f"{folder} holds no ensemble to go on with"
        hint = "Leave --resume out to begin one, or name the folder with --out."
        raise InputError(Problem("nothing-to-resume", message, hint=hint))


def _alone(path: str, allow_code: bool, seed: int | None, overrides: tuple[str, ...] = ()) -> str:
    """The command that runs the same scenario once, but for the replication's number."""
    import shlex

    told = [path, *(word for override in overrides for word in ("--set", override))]
    told += [] if seed is None else ["--seed", str(seed)]
    told += ["--allow-code"] if allow_code else []
    return f"bbsim run {shlex.join(told)} --replication"


def _failed(alone: str, number: int, message: str, where: str = "") -> Problem:
    hint = f"To see it alone: {alone} {number}"
    return Problem(
        "failed-replication", message.split("\n")[0], where=f"{where}replication {number}", hint=hint
    )


# ---- a sweep ----------------------------------------------------------------------------------------
def _tell_sweep(
    scenario: Scenario,
    country: Country,
    voice: Voice,
    folder: Path,
    allow_code: bool,
    words: Mapping[str, Any],
) -> None:
    from bbsim.ensemble.sensitivity import METHODS, rank
    from bbsim.ensemble.sweep import sweep

    with voice.progress("Running") as progress:
        done = sweep(
            scenario, country, vary=words["vary"], runs=words["runs"], design=words["design"],
            count=words["points"], workers=words["workers"], dask=words["dask"], seed=words["seed"],
            out=folder, force=words["force"], allow_code=allow_code, progress=progress,
        )  # fmt: skip
    voice.say(str(folder))
    voice.say("\n".join(sweep_lines(done)))
    told: dict[str, Any] = {"folder": str(folder), "points": _rows(done.table())}
    if words["design"] in METHODS and all(each is not None for each in done.ensembles):
        ranked, text = rank(done, folder, pictures=not words["no_report"])
        voice.say("\n".join(["", *text]))
        told["sensitivity"] = _rows(ranked)
    told["faults"] = [
        {"point": point, "replication": n, "error": fault.message}
        for (point, n), fault in sorted(done.faults.items())
    ]
    voice.answer(told)
    if done.faults:
        failed = []
        for (point, n), fault in sorted(done.faults.items()):
            alone = _alone(str(folder / "points" / f"point={point:06d}"), allow_code, words["seed"])
            failed.append(_failed(alone, n, fault.message, f"point {point}, "))
        voice.problems(failed)
        raise SystemExit(IncompleteError.exit_code)


def _rows(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A table as rows of plain values; what is not a number is null."""
    columns = {name: column.tolist() for name, column in table.items()}
    return [
        {name: None if cell != cell else cell for name, cell in zip(columns, row, strict=True)}
        for row in zip(*columns.values(), strict=True)
    ]


def sweep_lines(done: Sweep) -> list[str]:
    """A line a point: what varied, when the last city came in half of the runs, and what was spent."""
    from datetime import timedelta

    from bbsim.units import format_usd

    table = done.table()
    first = next(each for each in done.ensembles if each is not None)
    days = (first.scenario.end - first.scenario.start).days
    runs = int(table["runs"].max())
    noun = f"{len(done.values)} points of {runs} run{'' if runs == 1 else 's'} each, the same luck at all."
    out = [f"{noun} P50 of the last city's date and mean cost:", ""]
    for at in range(min(len(done.values), _SHOWN)):
        day = table["last_city_day_p50"][at]
        when = "no answer" if day != day else "not yet"
        if day == day and day < days:
            when = str(first.scenario.start + timedelta(days=int(day)))
        cost = table["capex_usd_mean"][at]
        told = [f"{f.name}={v}" for f, v in zip(done.factors, done.values[at], strict=True) if v is not None]
        spent = "" if cost != cost else format_usd(float(cost))
        out.append(f"{when:>12}{spent:>12}   {', '.join(told) or 'as the scenario is'}")
    if len(done.values) > _SHOWN:
        out.append(f"… and {len(done.values) - _SHOWN} more in points.parquet")
    return out


# ---- an ensemble ------------------------------------------------------------------------------------
def answer(done: Ensemble, tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The answer as data: dates and end values at each level, and the faults."""
    import numpy as np

    from bbsim.ensemble.bands import LEVELS, level_name

    finish, bands = tables["finish"], tables["bands"]
    names = [level_name(level) for level in LEVELS]
    dates = {
        what: {name: _day(finish[name][i]) for name in names}
        | {"not_yet_share": float(finish["not_yet_share"][i])}
        for i, what in enumerate(finish["what"].tolist())
    }  # fmt: skip
    ends = {
        column: {name: float(bands[f"{column}_{name}"][-1]) for name in names}
        for column in ("population_on_fibre_share_at_end", "households_passed_share_at_end")
    }
    spent = np.sort(tables["dates"]["capex_usd"])
    at = [max(int(np.ceil(level * len(spent) - 1e-9)) - 1, 0) for level in LEVELS]
    ends["capex_usd"] = {name: float(spent[i]) for name, i in zip(names, at, strict=True)}
    return {
        "folder": str(done.folder) if done.folder else None,
        "runs": len(done.numbers),
        "dates": dates,
        "at_end": ends,
        "faults": [{"replication": n, "error": fault.message} for n, fault in sorted(done.faults.items())],
    }


def lines(told: dict[str, Any]) -> list[str]:
    """The same for people."""
    from bbsim.ensemble.bands import LEVELS, level_name
    from bbsim.units import format_usd

    out = [
        f"{told['runs']} runs; one in ten is earlier or less than P10, one in ten later or more than P90.",
        "",
    ]
    out.append(f"{'':32}{'P10':>12}{'P50':>12}{'P90':>12}")
    for what, days in told["dates"].items():
        cells = [days[level_name(level)] or "not yet" for level in LEVELS]
        late = f"   not finished in {days['not_yet_share']:.0%} of runs" if days["not_yet_share"] else ""
        out.append(f"{what:32}" + "".join(f"{cell:>12}" for cell in cells) + late)
    words = {
        "population_on_fibre_share_at_end": "people in places on fibre",
        "households_passed_share_at_end": "homes passed",
    }
    for column, label in words.items():
        row = told["at_end"][column]
        out.append(f"{label:32}" + "".join(f"{row[level_name(level)]:>12.1%}" for level in LEVELS))
    spent = told["at_end"]["capex_usd"]
    out.append(
        f"{'spent on building':32}" + "".join(f"{format_usd(spent[level_name(q)]):>12}" for q in LEVELS)
    )
    return out


def _day(value: Any) -> str | None:
    return None if str(value) == "NaT" else str(value)
