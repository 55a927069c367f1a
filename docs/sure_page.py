"""Runs the flagship and its variants many times and writes `docs/how_sure.md`.

Run as ``python docs/sure_page.py FOLDER [WORKERS]``; it takes some twenty minutes on two cores.
The runs are kept in the folder, so that a second call goes on where the first one stopped. Needs the
extra `sensitivity`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bbsim.ensemble import Ensemble

HERE = Path(__file__).parent
PAGE = HERE / "how_sure.md"
SCENARIOS = {"azerbaijan": 200, "azerbaijan_calm": 60, "azerbaijan_stormy": 200}
CITIES = {"last_city_day": "last city", "last_open_city_day": "last city outside closed areas"}
TORNADO_RUNS, MORRIS_RUNS, TRAJECTORIES = 10, 2, 8
SOBOL_RUNS, SAMPLES = 1, 32
FIELDS = (
    "budget.usd_per_year*=0.7..1.3",
    "crews.pace.civil_km_per_day.plain*=0.7..1.3",
    "crews.pace.civil_km_per_day.mountain*=0.7..1.3",
    "crews.pace.working_days_per_year=200..300",
    "permits.road-agency.desks=12..36",
    "permits.municipalities.desks=20..60",
    "planner.award_every_days=15..90",
)
FOREMOST = (
    "budget.usd_per_year*=0.7..1.3",
    "crews.pace.civil_km_per_day.plain*=0.7..1.3",
    "crews.pace.civil_km_per_day.mountain*=0.7..1.3",
    "crews.pace.working_days_per_year=200..300",
)
"""Those that Morris' screening puts first for some date or for the cost."""
HEAD = """# How sure the dates of the flagship are

Written by `python docs/sure_page.py FOLDER`; every run is seeded: the same version writes the same page.
P10, P50 and P90: one run in ten is earlier or less than the first, one in ten later or more than the last.

| scenario | runs | last city outside closed areas | last city | spent on building, MUSD |
|---|---|---|---|---|
"""


def main(folder: Path, workers: int) -> None:
    """Run what the folder does not hold yet, and write the page."""
    import bbsim

    many = {}
    for name, runs in SCENARIOS.items():
        scenario = bbsim.load(HERE.parent / "scenarios" / f"{name}.yaml")
        many[name] = bbsim.ensemble(scenario, runs=runs, workers=workers, out=folder / name)
        print(name, flush=True)
    text = HEAD + "".join(_row(name, each) for name, each in many.items())
    for name, each in many.items():
        text += _drivers(name, each)
    text += _hazards(folder, workers) + _fields(folder, workers) + _shares(folder, workers)
    PAGE.write_text(text, encoding="utf-8")


def _row(name: str, many: Ensemble) -> str:
    start = many.scenario.start
    dates = [_dates(many.days(column), start) for column in reversed(CITIES)]
    usd = " / ".join(f"{_level(many.dates['capex_usd'].to_numpy(), q) / 1e6:.0f}" for q in (0.1, 0.5, 0.9))
    return f"| {many.scenario.title} (`{name}`) | {len(many.numbers)} | {dates[0]} | {dates[1]} | {usd} |\n"


def _drivers(name: str, many: Ensemble) -> str:
    """The five causes that share out most of each date's variance."""
    from bbsim.report.ensemble_drivers import cause_words

    table = many.tables()["drivers"]
    hazards = {key: use.use for key, use in many.scenario.hazards.items()}
    share, error = table["variance_share"], table["variance_share_error"]
    out = ""
    for column, words in CITIES.items():
        mine = [i for i, date in enumerate(table["date"]) if date == column and share[i] > 0]
        told = [
            f"{cause_words(table['cause'][i], hazards)} {share[i]:.0%} ± {error[i]:.0%}"
            for i in sorted(mine, key=lambda i: -share[i])[:5]
        ]
        out += f"- The {words}: {'; '.join(told) or 'the same in every run'}.\n"
    return f"\n## What makes the dates of `{name}` unsure\n\nShares of the variance of a date.\n\n{out}"


def _hazards(folder: Path, workers: int) -> str:
    """One hazard after the other switched off in the stormy scenario."""
    lines = _ranked("azerbaijan_stormy", folder / "tornado", workers, ["hazards.?.off=false,true"], "tornado")
    return (
        "\n## Which hazard costs the programme most\n\nEach hazard of `azerbaijan_stormy` switched off "
        f"by itself, {TORNADO_RUNS} runs under the same luck with and without it.\n\n```text\n{lines}\n```\n"
    )


def _fields(folder: Path, workers: int) -> str:
    """Morris' screening of what a ministry can change."""
    lines = _ranked("azerbaijan", folder / "morris", workers, FIELDS, "morris")
    return (
        f"\n## Which setting matters most\n\nMorris' screening of `azerbaijan` over {_told(FIELDS)}; "
        f"{TRAJECTORIES} trajectories.\n\n```text\n{lines}\n```\n"
    )


def _shares(folder: Path, workers: int) -> str:
    """Sobol's indices of those settings that matter."""
    lines = _ranked("azerbaijan", folder / "saltelli", workers, FOREMOST, "saltelli")
    points = (len(FOREMOST) + 2) * SAMPLES
    return (
        "\n## How much of the spread each of the foremost settings makes\n\nSobol's total indices of "
        f"`azerbaijan` over {_told(FOREMOST)}: {points} points from {SAMPLES} base samples, all under the "
        "same luck, so that the settings alone make the spread. With interactions the shares may add up to "
        f"more than the whole.\n\n```text\n{lines}\n```\n"
    )


def _told(fields: Sequence[str]) -> str:
    return ", ".join(f"`{field}`" for field in fields)


def _ranked(name: str, folder: Path, workers: int, vary: Sequence[str], design: str) -> str:
    import bbsim
    from bbsim.ensemble.sensitivity import rank
    from bbsim.ensemble.sweep import sweep

    scenario = bbsim.load(HERE.parent / "scenarios" / f"{name}.yaml")
    runs, count = {
        "tornado": (TORNADO_RUNS, None),
        "morris": (MORRIS_RUNS, TRAJECTORIES),
        "saltelli": (SOBOL_RUNS, SAMPLES),
    }[design]
    swept = sweep(scenario, vary=vary, design=design, runs=runs, count=count, workers=workers, out=folder)
    print(design, flush=True)
    return "\n".join(rank(swept, None)[1])


def _dates(days, start) -> str:
    from datetime import timedelta

    from bbsim.ensemble.kept import NOT_YET

    at = [int(_level(days, q)) for q in (0.1, 0.5, 0.9)]
    return " / ".join("not yet" if day == NOT_YET else str(start + timedelta(days=day)) for day in at)


def _level(values, level: float) -> float:
    """The value that a share of the runs does not exceed."""
    import numpy as np

    return float(np.quantile(values, level, method="inverted_cdf"))


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "sure"), int(sys.argv[2]) if len(sys.argv) > 2 else 2)
