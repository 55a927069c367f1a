"""The words of ``bbsim compare``, and what it tells: which difference is real, and for whom."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bbsim.cli_plan import Whole
from bbsim.terminal import Voice

if TYPE_CHECKING:
    from bbsim.country import Country
    from bbsim.ensemble.compare import Comparison, Difference
    from bbsim.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--runs", type=Whole(1, 1_000_000), default=20, show_default=True,
        help="Replications of each scenario that is not run yet.",
    ),
    click.option("--workers", type=Whole(1, 1024), default=1, show_default=True, help="Processes."),
    click.option("--dask", metavar="ADDRESS", help="A dask scheduler instead, or local."),
    click.option("--seed", type=Whole(0, 2**128 - 1), help="Instead of the first scenario's own seed."),
    click.option("--out", type=click.Path(path_type=Path), help="Folder for the tables and the chart."),
)  # fmt: skip


def compare_words(command: F) -> F:
    """The options of the verb."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def tell_comparison(
    paths: Sequence[str],
    read: Callable[[str], tuple[Scenario, Country]],
    voice: Voice,
    allow_code: bool,
    *,
    runs: int,
    workers: int,
    dask: str | None,
    seed: int | None,
    out: Path | None,
) -> None:
    """Compare each side with the first and tell it.

    Parameters
    ----------
    read : a scenario and its country from a path, checked.
    """
    from bbsim.ensemble import ensemble
    from bbsim.ensemble.compare import as_ensemble, compare, days_earlier, open_side

    if len(paths) < 2:
        raise click.UsageError("wanted two or more scenarios, runs or ensembles to compare")
    sides: list[Any] = [open_side(Path(path)) for path in paths]
    scenarios = {i: read(path) for i, path in enumerate(paths) if sides[i] is None}
    if seed is None:
        known = next((side.seed for side in sides if side is not None), None)
        seed = known if known is not None else scenarios[0][0].seed
    for i, (scenario, country) in scenarios.items():
        with voice.progress(f"Running {_name(paths, i)}") as progress:
            sides[i] = ensemble(
                scenario, country, runs=runs, workers=workers, dask=dask, seed=seed,
                allow_code=allow_code, progress=progress,
            )  # fmt: skip
    told = []
    for i in range(1, len(paths)):
        found = compare(sides[0], sides[i], names=(_name(paths, 0), _name(paths, i)))
        regions = days_earlier(as_ensemble(sides[0]), as_ensemble(sides[i])) if found.paired else {}
        voice.say("\n".join(lines(found)))
        voice.say("\n".join(region_lines(regions)))
        told.append((found, regions))
    if out is not None:
        from bbsim.ensemble.compare import write

        write(told, out)
        voice.say(str(out))
    voice.answer([_data(found, regions) for found, regions in told])


def _name(paths: Sequence[str], i: int) -> str:
    """What a side is called: its file's or folder's name, the whole path if two are called alike."""
    short = [Path(path).stem if Path(path).suffix else Path(path).name for path in paths]
    return short[i] if short.count(short[i]) == 1 else paths[i]


def _data(found: Comparison, regions: dict[str, Any]) -> dict[str, Any]:
    from dataclasses import asdict

    def plain(value: Any) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value

    columns = {name: column.tolist() for name, column in regions.items()}
    return {
        "first": found.names[0],
        "second": found.names[1],
        "paired": found.paired,
        "differences": [{k: plain(v) for k, v in asdict(each).items()} for each in found.differences],
        "regions": [
            {name: plain(cell) for name, cell in zip(columns, row, strict=True)}
            for row in zip(*columns.values(), strict=True)
        ],
    }


# ---- words --------------------------------------------------------------------------------------------
def lines(found: Comparison) -> list[str]:
    """The differences as people read them: real ones first, each in a sentence."""
    first, second = found.names
    runs = found.differences[0].runs if found.differences else 0
    how = "run by run under the same luck" if found.paired else "as independent samples: their seeds differ"
    out = [f"{second} against {first}, {runs} run{'' if runs == 1 else 's'} each, {how}."]
    heads = {
        "real": "Real, hardly luck:",
        "may be luck": "May be luck:",
        "one run": "Of one run each; whether it is luck, one run can't tell:",
    }
    for verdict, head in heads.items():
        mine = [each for each in found.differences if each.verdict == verdict]
        if mine:
            out += [head, *(f"  {sentence(each)}" for each in mine)]
    same = [each.words for each in found.differences if each.verdict == "none"]
    if same:
        out.append(f"The same in every run: {'; '.join(same)}.")
    return out


def sentence(each: Difference) -> str:
    """One difference in words, with its interval and how often the second is better."""
    size = amount(abs(each.difference), each.unit) if math.isfinite(each.difference) else "without end"
    if each.unit == "days":
        way = "later" if each.difference > 0 else "earlier"
    else:
        way = "more" if each.difference > 0 else "less"
    text = f"{each.words}: {size} {way}" if each.difference else f"{each.words}: no difference in the middle"
    if each.runs > 1:
        text += f" (95 %: {_signed(each.low, each.unit)} to {_signed(each.high, each.unit)})"
        better, worse = f"{each.better_share:.0%}", f"{each.worse_share:.0%}"
        text += f"; better in {better} of runs, worse in {worse}"
    return text


def _signed(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return "no bound"
    if unit == "share" and 0 < abs(value) < 5e-5:
        return "±0.01 points"
    return ("−" if value < 0 else "+") + amount(abs(value), unit)


def amount(value: float, unit: str) -> str:
    """A size in its unit; shares as per cent points.

    >>> amount(12.4, "days"), amount(0.034, "share"), amount(1.5e6, "USD")
    ('12.4 days', '3.40 points', '1.5 MUSD')
    """
    from bbsim.units import format_usd

    if unit == "USD":
        return format_usd(value)
    if unit == "share":
        return f"{100 * value:.2f} points" if value >= 5e-5 or value == 0 else "less than 0.01 points"
    return f"{value:.1f} {unit}" if unit == "days" else f"{value:.3g} {unit}"


def region_lines(regions: dict[str, Any]) -> list[str]:
    """For whom: the regions whose people are on fibre earlier or later, most first."""
    if not regions or not len(regions["region"]):
        return []
    order = sorted(range(len(regions["region"])), key=lambda i: -abs(float(regions["days_earlier"][i])))
    out = ["For whom (days on fibre earlier, mean over a region's people):"]
    for i in order:
        mean, low, high = (float(regions[name][i]) for name in ("days_earlier", "low", "high"))
        if regions["verdict"][i] == "none":
            continue
        band = f" ({low:+.0f} to {high:+.0f})" if math.isfinite(low) else ""
        out.append(f"{mean:>+9.0f}{band:<18} {regions['region'][i]}: {regions['verdict'][i]}")
    return out if len(out) > 1 else ["No region's people are on fibre earlier or later in any run."]
