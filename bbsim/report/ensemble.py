"""An ensemble for people: one page with bands on every curve, and pictures for a paper.

`write` puts ``report.html`` and ``figures/*.png`` into a folder, from what an ensemble keeps, so that
the same runs give the same files.
"""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Any

import numpy as np

from bbsim import __version__
from bbsim.report import palette
from bbsim.report.credits import country_credits
from bbsim.report.embed import page, script_json
from bbsim.report.ensemble_charts import band_charts, histograms
from bbsim.report.ensemble_drivers import all_drivers
from bbsim.report.ensemble_facts import Luck
from bbsim.report.ensemble_map import CLASSES, NOW, first_position, map_data
from bbsim.report.ensemble_story import cards, enough, odds, sentence
from bbsim.report.ensemble_tables import cities_table, least_sure, regions_table
from bbsim.report.ensemble_varies import dangers, drawn_once, varies
from bbsim.report.geometry import Base, base_of

SCRIPTS = ("core.js", "ensemble_map.js", "charts.js", "tables.js")


def write(luck: Luck, folder: Path) -> None:
    """Write ``report.html`` and ``figures/*.png`` into a folder that is there.

    Raises
    ------
    OSError
        if the folder can't be written.
    """
    from bbsim.report.ensemble_figures import write_figures

    base = base_of(luck.country)
    (folder / "report.html").write_text(ensemble_page(luck, base), encoding="utf-8", newline="\n")
    write_figures(luck, base, folder / "figures")


def ensemble_page(luck: Luck, base: Base) -> str:
    """The report of an ensemble as one HTML text that needs nothing else."""
    drawn = band_charts(luck)
    shown: dict[str, Any] = {
        "map": map_data(luck, base),
        "at": first_position(luck),
        "colours": {
            "land": palette.LAND,
            "edge": palette.EDGE,
            "region": palette.REGION_EDGE,
            "ink": palette.INK,
            "muted": palette.MUTED,
            "span": palette.STATUS["proposed"],
        },
    }
    shown["charts"] = {chart.key: [band.texts for band in chart.bands] for chart in drawn}
    return page(
        "ensemble.html.j2",
        {
            "scenario": luck.scenario,
            "country": luck.country,
            "title": luck.scenario.title or luck.scenario.name,
            "sentence": sentence(luck),
            "cards": cards(luck),
            "odds": odds(luck),
            "enough": enough(luck),
            "runs": luck.runs,
            "faults": luck.faults,
            "charts": drawn,
            "histograms": histograms(luck),
            "drivers": all_drivers(luck),
            "least_sure": least_sure(luck),
            "cities": cities_table(luck),
            "regions": regions_table(luck),
            "classes": CLASSES,
            "now": [words.format(cities=int(luck.country.is_city.sum())) for _, _, words in NOW],
            "dangers": dangers(luck.scenario),
            "once": drawn_once(luck.scenario),
            "varies": sorted(varies(luck.scenario)),
            "colours": {"span": palette.STATUS["proposed"]},
            "credits": " · ".join(country_credits(luck.country)),
            "horizon": luck.horizon,
            "repeat": _repeat(luck),
            "digest": luck.digest,
            "data": script_json(shown),
        },
        SCRIPTS,
        ("report.css", "ensemble.css"),
    )


def _repeat(luck: Luck) -> list[tuple[str, str]]:
    return [
        ("bbsim", __version__),
        ("ensemble", luck.digest),
        ("scenario", luck.scenario.digest),
        ("country pack", luck.country.digest),
        ("seed", str(luck.seed)),
        ("runs", str(luck.runs)),
        ("Python", platform.python_version()),
        ("numpy", np.__version__),
    ]
