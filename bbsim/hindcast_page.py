"""The hindcast as a page of Markdown, and as lines and data for ``bbsim backtest``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

import numpy as np

from bbsim.calibration import parameter_bands
from bbsim.finance.funds import who_pays_first
from bbsim.hindcast import Foretold, Score
from bbsim.run import Run

_ERRORS = (
    "| | mean error | mean absolute error | root mean squared error | mean absolute share |",
    "|---|---|---|---|---|",
)


def page(
    run: Run, foretold: Sequence[Foretold], scores: Sequence[Score], command: str, beside: Sequence[Run] = ()
) -> str:
    """The whole page; runs of other scenarios are told beside the one that figures are held against."""
    out = [
        "# Hindcast",
        "",
        f"Written by `{command}`.",
        "",
        "Every curve is fitted to figures to 2013 and to nothing later; the run is of the scenario",
        f"`{run.scenario.name}`. Nothing on this page was tuned to come out in a certain way.",
        "",
        "Who has figures of later years holds them against all this:",
        "`bbsim backtest SCENARIO --observed FILE.csv` prints the errors, beside those of the last value.",
        "",
        "P10, P50 and P90: one in ten is lower than the first, one in ten higher than the last. How the",
        "bands are made says `bbsim/calibration/bands.py`; no break is in them of a kind not seen before.",
    ]
    for each in foretold:
        out += ["", *_series_part(each)]
    for each_run in (run, *beside):
        out += ["", *_run_part(each_run)]
    if scores:
        out += ["", "## Figures that came later", "", *score_lines(scores, markdown=True)]
    return "\n".join(out) + "\n"


def _series_part(each: Foretold) -> list[str]:
    record, said = each.record, each.forecast
    series = record.series
    out = [
        f"## {record.title}",
        "",
        f"{len(series)} figures, {series.years.min():.0f} to {series.years.max():.0f}: "
        f"{record.series.source}. The figure "
        f"can't exceed {record.limit:g} ({record.limit_source}).",
    ]
    if record.note:
        out += ["", record.note]
    out += [
        "",
        "| curve | root mean squared error | mean absolute error | ceiling (P10 to P90) | parameters |",
        "|---|---|---|---|---|",
    ]
    for number, fit in enumerate(said.fits):
        low, high = parameter_bands(said, number)["ceiling"]
        numbers = ", ".join(f"{name} {value:.3g}" for name, value in fit.parameters.items())
        shifts = "".join(f", odds of “{name}” × {value:.2f}" for name, value in fit.shifts.items())
        ceiling = f"{fit.ceiling:.1f} ({low:.1f} to {high:.1f})"
        errors = f"{fit.rmse:.2f} | {fit.mean_absolute_error:.2f}"
        out.append(f"| {fit.curve} | {errors} | {ceiling} | {numbers}{shifts} |")
    years = sorted(set(each.held.years.astype(int).tolist()))
    out += ["", f"Fitted to the years before {years[0]}, and asked for {years[0]} to {years[-1]}:", ""]
    out += [*_ERRORS, *_error_rows(each.held.errors()), "", _after(each), ""]
    head = " | ".join(f"{year:.0f}" for year in said.years)
    out += [f"| | {head} |", "|---" * (len(said.years) + 1) + "|"]
    for name, row in (("P90", said.high), ("P50", said.middle), ("P10", said.low)):
        out.append(f"| {name} | " + " | ".join(f"{value:.1f}" for value in row) + " |")
    return out


def _after(each: Foretold) -> str:
    """What stands above the table of the years after."""
    series, wide = each.record.series, each.forecast.widening
    newest = series.definitions[series.last]
    counted = f", counted as “{newest}”" if newest else ""
    if not wide.figures:
        return f"The years after{counted}, all three curves mixed; bands as the fits make them:"
    return (
        f"The years after{counted}, all three curves mixed. Of the {wide.figures} figures that fits of "
        f"earlier years foretold the bands held {wide.inside_share:.0%}; they are widened by "
        f"{wide.below:.2f} below and {wide.above:.2f} above (log-odds, a year ahead):"
    )


def _error_rows(errors: dict[str, Any]) -> list[str]:
    return [
        f"| {name} | {e.mean_error:+.3g} | {e.mean_absolute_error:.3g} | {e.rmse:.3g} | "
        f"{e.mean_absolute_share:.0%} |"
        for name, e in errors.items()
    ]


def _run_part(run: Run) -> list[str]:
    """Premises passed by the programme, year by year, with what held it up."""
    periods = run.tables["periods"]
    ends = periods["period_end"].astype(object)
    rows = [at for at, end in enumerate(ends) if end.month == 1 and end.day == 1][:12]
    residents = float(run.country.population.sum())
    out = [
        f"## Premises passed: {run.scenario.title or run.scenario.name}",
        "",
        "One run; `bbsim ensemble` has the bands of its luck. What was built is whatever money, permits, "
        "crews and winter "
        "let be built; no pace was set to meet a figure. Lines are those of fibre, beside the copper of "
        "the series above.",
        "",
        "| end of | homes passed | share of homes | homes connected | fibre lines per 100 people | waits "
        "mostly for |",
        "|---|---|---|---|---|---|",
    ]
    for at in rows:
        people = residents * run.country.population_factor(ends[at])
        passed, connected = int(periods["households_passed"][at]), int(periods["households_connected"][at])
        out.append(
            f"| {ends[at].year - 1} | {passed:,} | {periods['households_passed_share_at_end'][at]:.1%} | "
            f"{connected:,} | {100 * connected / people:.1f} | {periods['binding'][at]} |"
        )
    return [*out, "", _spells(run), *_promises(run), *_money(run)]


def _spells(run: Run) -> str:
    """What held the programme up, and from when to when."""
    periods = run.tables["periods"]
    starts, words = periods["period_start"].astype(object), periods["binding"].tolist()
    spells: list[str] = []
    for cause, at in groupby(range(len(words)), key=lambda i: words[i]):
        first = starts[next(at)]
        spells.append(f"{'nothing' if cause == 'none' else cause} from {first.year}-{first.month:02d}")
    waiting = "What most of what waits is waiting for (homes, where no project and no place waits)"
    return f"{waiting}: {', '.join(spells)}."


def _promises(run: Run) -> list[str]:
    """What came of the promises of its programmes."""
    told = [row for row in run.programmes.to_dict("records") if row["promise"]]
    return [""] * bool(told) + [
        f"- {row['promise']}: {row['was']:.0%} by then, "
        + (f"reached by {row['kept_on']}." if row["kept_on"] else "not reached within the run.")
        for row in told
    ]


def _money(run: Run) -> list[str]:
    """Where the money came from and went, for scenarios with funds of their own."""
    if not run.scenario.funds:
        return []
    unit = run.scenario.currency.code if run.scenario.currency else "USD"
    out = [
        "",
        f"| fund, million {unit} | granted | from income | paid | left at the end |",
        "|---|---|---|---|---|",
    ]
    last = run.scenario.end.year - (run.scenario.end.month == run.scenario.end.day == 1)
    for fund, rows in run.funds.groupby("fund", sort=False):
        sums = [int(rows[f"{name}_cents"].sum()) for name in ("granted", "reinvested", "paid")]
        end = rows[rows["year"] == last]
        left = int((end["free_cents"] + end["reserved_cents"]).sum())
        if any(sums):
            out.append(f"| {fund} | " + " | ".join(f"{cents / 1e8:,.1f}" for cents in (*sums, left)) + " |")
    told = who_pays_first(run)
    return [*out, "", " ".join(told)] if told else out


# ---- scores ---------------------------------------------------------------------------------------
def score_lines(scores: Sequence[Score], *, markdown: bool = False) -> list[str]:
    """Errors by figure and method, for a page or for a terminal."""
    out: list[str] = []
    for each in scores:
        days = f"{each.days[0].year} to {each.days[-1].year}, {len(each.days)} figure" + "s" * (
            len(each.days) > 1
        )
        held = "" if np.isnan(each.inside_share) else f"; the bands held {each.inside_share:.0%}"
        if markdown:
            out += [f"### {each.figure} of {each.country}", "", f"{days}{held}.", ""]
            out += [*_ERRORS, *_error_rows(each.errors()), ""]
            continue
        out += [f"{each.figure} of {each.country}, {days}{held}"]
        out += [f"  {'':26}{'mean error':>14}{'mean absolute':>16}{'rmse':>12}{'share':>10}"]
        for name, e in each.errors().items():
            cells = f"{e.mean_error:>14.4g}{e.mean_absolute_error:>16.4g}{e.rmse:>12.4g}"
            out.append(f"  {name:26}{cells}{e.mean_absolute_share:>10.1%}")
    return out[:-1] if markdown and out else out


def as_data(foretold: Sequence[Foretold], scores: Sequence[Score]) -> dict[str, Any]:
    """Forecasts and scores as data."""
    return {
        "foretold": [
            {
                "country": each.record.country,
                "figure": each.record.figure,
                "years": each.forecast.years.astype(int).tolist(),
                "p10": each.forecast.low.tolist(),
                "p50": each.forecast.middle.tolist(),
                "p90": each.forecast.high.tolist(),
                "fits": {fit.curve: {"rmse": fit.rmse, "ceiling": fit.ceiling} for fit in each.forecast.fits},
                "held_out": {name: asdict(errors) for name, errors in each.held.errors().items()},
            }
            for each in foretold
        ],
        "scores": [
            {
                "country": each.country,
                "figure": each.figure,
                "days": [str(day) for day in each.days],
                "observed": list(each.observed),
                "predicted": {name: list(values) for name, values in each.predicted.items()},
                "inside_share": each.inside_share,
                "errors": {name: asdict(errors) for name, errors in each.errors().items()},
            }
            for each in scores
        ],
    }
