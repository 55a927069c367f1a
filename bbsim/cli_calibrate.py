"""The words of ``bbsim calibrate`` and ``bbsim backtest``, and what is told of a fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bbsim.cli_plan import Number, Whole
from bbsim.errors import EnvironmentFault, Problem
from bbsim.terminal import Voice

if TYPE_CHECKING:
    from bbsim.calibration import Forecast, HoldOut, Series
    from bbsim.country import Country
    from bbsim.scenario import Scenario

F = TypeVar("F", bound=Callable[..., Any])
_YEAR = Whole(1800, 2199)
_OPTIONS = (
    click.option("--column", metavar="NAME", help="The column with the figure, if there are several."),
    click.option(
        "--model",
        default="bass",
        show_default=True,
        type=click.Choice(["bass", "gompertz", "logistic"]),
        help="The curve.",
    ),
    click.option(
        "--full",
        type=Number(0, min_open=True),
        default=None,
        help="The figure when everybody is counted: 1 for shares (the default), 100 for per cent, 21.25 for "
        "lines per 100 people of whom 4.7 share a home.",
    ),
    click.option("--until", type=_YEAR, help="Take no figure after this year."),
    click.option(
        "--since", type=_YEAR, help="Year in which service began, else one before the first figure."
    ),
    click.option(
        "--shift",
        "shifts",
        type=_YEAR,
        multiple=True,
        help="From this year on the figure is counted in another way: a shift, no growth. Repeat for more. "
        "A column 'definition' says it better.",
    ),
    click.option(
        "--hold-out",
        type=Whole(0, 100),
        default=3,
        show_default=True,
        help="Years at the end that are also foretold from those before; 0: none.",
    ),
    click.option("--ahead", type=Whole(0, 100), default=10, show_default=True, help="Years to foretell."),
    click.option(
        "--as",
        "section",
        type=click.Choice(["adoption", "internet_use"]),
        default="adoption",
        show_default=True,
        help="What of a scenario is written: take-up of the homes passed, or people who use the Internet.",
    ),
    click.option("--extends", metavar="FILE", help="The scenario that the written file extends."),
    click.option("--source", default="", metavar="TEXT", help="Where the figures come from, in the file."),
    click.option("--out", type=click.Path(path_type=Path), help="Write the parameters there, as YAML."),
    click.option("--force", is_flag=True, help="Replace that file."),
)


def calibrate_words(command: F) -> F:
    """The options of the verb, in the order in which ``--help`` tells them."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def calibrate(series: str, voice: Voice, **words: Any) -> None:
    """Fit, say it, and write the parameters if a file is asked for."""
    from bbsim.calibration import forecast, hold_out
    from bbsim.calibration.written import as_internet_use, as_take_up, yaml_of

    out: Path | None = words["out"]
    _refuse_taken(out, words["force"])
    data = _series(series, words)
    model, since, section = words["model"], words["since"], words["section"]
    if section == "adoption" and len(data.definitions) > 1:
        raise click.UsageError(
            "take-up is counted in one way; figures counted in several are for --as internet_use."
        )
    if since is not None and since >= data.years.min():
        raise click.UsageError(f"--since {since} is not before the first figure, of {data.years.min():g}.")
    held = hold_out(data, words["hold_out"], curves=(model,), since=since) if words["hold_out"] else None
    last = int(data.years.max())
    years = list(range(last + 1, last + 1 + words["ahead"]))
    with voice.progress(f"Fitting {model}"):
        answer = forecast(data, years, curves=(model,), since=since)
    values = as_take_up(answer) if section == "adoption" else as_internet_use(answer)
    text = yaml_of(section, values, answer, words["extends"])
    voice.say("\n".join(lines(answer, held)))
    voice.say(f"\n{text}".rstrip() if out is None else f"\nWrote {out}.")
    if out is not None:
        out.write_text(text, encoding="utf-8")
    voice.answer(as_data(answer, held) | {section: values, "out": str(out) if out else None})


def _series(name: str, words: Mapping[str, Any]) -> Series:
    """The file, or one of the series that come with bbsim."""
    from bbsim.calibration import read_series
    from bbsim.calibration.series import find

    if "." not in name and "/" not in name and not Path(name).exists():
        if words["column"] or words["shifts"] or words["full"]:
            raise click.UsageError(
                "--column, --shift and --full are for a file; a series of bbsim has its own."
            )
        known = find(name).series
        return known if words["until"] is None else known.until(words["until"])
    return read_series(
        Path(name), words["column"], limit=words["full"] or 1.0, shifts=tuple(words["shifts"]),
        until=words["until"], source=words["source"],
    )  # fmt: skip


def _refuse_taken(out: Path | None, force: bool) -> None:
    if out is None:
        return
    if out.exists() and (not force or not out.is_file()):
        raise EnvironmentFault(
            Problem("folder-exists", f"{out} exists", hint="Use --force or another --out.")
        )
    if not out.absolute().parent.is_dir():
        raise EnvironmentFault(
            Problem("no-file", f"no such folder: {out.absolute().parent}", hint="Make it.")
        )


# ---- what is told -------------------------------------------------------------------------------
def as_data(answer: Forecast, held: HoldOut | None) -> dict[str, Any]:
    """Fit, errors and forecast as data."""
    from bbsim.calibration import parameter_bands

    one = answer.fits[0]
    told = {
        "series": one.series.name, "figures": len(one.series), "years": [float(one.series.years.min()),
        float(one.series.years.max())], "definitions": list(one.series.definitions), "curve": one.curve,
        "parameters": one.parameters | {"ceiling": one.ceiling} | {f"odds of {k}": v for k, v in
        one.shifts.items()}, "parameter_bands": parameter_bands(answer), "rmse": one.rmse,
        "mean_absolute_error": one.mean_absolute_error, "held_out": None if held is None else {name:
        asdict(errors) for name, errors in held.errors().items()} | {"years": held.years.tolist()},
        "widening": asdict(answer.widening), "forecast": [
            {"year": int(y), "p10": low, "p50": middle, "p90": high, "curve_p10": under, "curve_p90": over}
            for y, low, middle, high, under, over in zip(
                answer.years.tolist(), answer.low.tolist(), answer.middle.tolist(), answer.high.tolist(),
                answer.curve_low.tolist(), answer.curve_high.tolist(), strict=True,
            )
        ],
    }  # fmt: skip
    return {key: _without_nan(value) for key, value in told.items()}


def _without_nan(data: Any) -> Any:
    """The same with null for what has no value."""
    if isinstance(data, dict):
        return {key: _without_nan(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_without_nan(value) for value in data]
    return None if isinstance(data, float) and data != data else data


def lines(answer: Forecast, held: HoldOut | None) -> list[str]:
    """The same for people."""
    from bbsim.calibration import parameter_bands

    one = answer.fits[0]
    series, bands = one.series, parameter_bands(answer)
    out = [
        f"{one.curve} fitted to {len(series)} figures of {series.name}, {series.years.min():g} to "
        f"{series.years.max():g}: root mean squared error {one.rmse:.3g}, mean absolute error "
        f"{one.mean_absolute_error:.3g}.",
        "",
        f"{'':28}{'fitted':>12}{'P10':>12}{'P90':>12}",
    ]
    values = one.parameters | {"ceiling": one.ceiling} | one.shifts
    for name, value in values.items():
        label = f"odds of '{name}'" if name in one.shifts else name
        out.append(f"{label:28}{value:>12.4g}{bands[name][0]:>12.4g}{bands[name][1]:>12.4g}")
    if held is not None:
        out += ["", f"Held out from {held.years.min():g} on, and foretold from the years before:"]
        out.append(f"{'':28}{'mean error':>12}{'mean abs.':>12}{'rmse':>12}{'mean abs. share':>18}")
        for name, e in held.errors().items():
            cells = f"{e.mean_error:>12.3g}{e.mean_absolute_error:>12.3g}{e.rmse:>12.3g}"
            out.append(f"{name:28}{cells}{e.mean_absolute_share:>18.1%}")
    if len(answer.years):
        out += ["", *_ahead(answer)]
    return out


def _ahead(answer: Forecast) -> list[str]:
    wide = answer.widening
    newest = answer.fits[0].series.definitions[answer.fits[0].series.last]
    counted = f", counted as '{newest}'" if newest else ""
    rests = (
        f"widened by {wide.below:.2g} below and {wide.above:.2g} above (log-odds, one year ahead), so that "
        f"they hold four "
        f"in five of the {wide.figures} figures that earlier forecasts foretold; as they were they held "
        f"{wide.inside_share:.0%}"
        if wide.figures
        else "not widened: the series is too short to be asked what it foretold"
    )
    out = [f"What will be published{counted}; bands {rests}.", f"{'':28}{'P10':>12}{'P50':>12}{'P90':>12}"]
    for year, *cells in zip(answer.years, answer.low, answer.middle, answer.high, strict=True):
        out.append(f"{year:<28g}" + "".join(f"{cell:>12.4g}" for cell in cells))
    return out


# ---- backtest -----------------------------------------------------------------------------------
_BACKTEST = (
    click.option(
        "--observed",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="CSV of later figures: a column year or date, and a column for each figure.",
    ),
    click.option("--page", type=click.Path(path_type=Path), metavar="FILE", help="Write a page of Markdown."),
    click.option(
        "--beside", multiple=True, metavar="SCENARIO", help="Tell of this scenario's run on the page, too."
    ),
    click.option("--force", is_flag=True, help="Replace that file."),
)


def backtest_words(command: F) -> F:
    """The options of the verb."""
    for option in reversed(_BACKTEST):
        command = option(command)
    return command


def backtest(
    scenario: Scenario, country: Country, voice: Voice, *, observed: Path | None, page: Path | None, force:
    bool, command: str, allow_code: bool, beside: Sequence[tuple[Scenario, Country]] = (),
) -> None:  # fmt: skip
    """Run a scenario, foretell the national series, and hold later figures against both."""
    from bbsim.api import simulate
    from bbsim.calibration import shipped
    from bbsim.calibration.observed import read_observed
    from bbsim.calibration.table import read_table
    from bbsim.hindcast import foretell, known_figures, score
    from bbsim.hindcast_page import as_data as told_as_data
    from bbsim.hindcast_page import page as page_of
    from bbsim.hindcast_page import score_lines

    _refuse_taken(page, force)
    if observed is None and page is None:
        raise click.UsageError(
            "say what to hold it against (--observed FILE.csv), or where to write the page (--page)."
        )
    if observed is not None:  # what can't be read at all is told before anybody waits for the run
        read_table(observed, [])
    with voice.progress("Simulating") as progress:
        run = simulate(scenario, country, allow_code=allow_code, progress=progress)
    known = known_figures(run)
    figures = read_observed(observed, known, country.iso3) if observed else []
    records = list(shipped().values())
    latest = max((each.on.year for each in figures), default=0)
    wanted = {(each.country, each.figure) for each in figures}
    if page is None:
        records = [record for record in records if (record.country, record.figure) in wanted]
    with voice.progress("Fitting") as progress:
        foretold = []
        for number, record in enumerate(records):
            progress(number / len(records), record.key)
            foretold.append(foretell(record, until=latest))
    scores = score(figures, run, foretold)
    if scores:
        voice.say("\n".join(score_lines(scores)))
    if page is not None:
        others = [simulate(one, ground, allow_code=allow_code) for one, ground in beside]
        page.write_text(page_of(run, foretold, scores, command, others), encoding="utf-8")
        voice.say(f"Wrote {page}.")
    voice.answer(_without_nan(told_as_data(foretold, scores)))
