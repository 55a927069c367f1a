"""The page: every section's data put before the one template."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from bbsim import __version__
from bbsim.report import assumptions, palette, tables
from bbsim.report.breaking import breaking
from bbsim.report.chains import chains
from bbsim.report.charts import charts, empty_columns
from bbsim.report.credits import credits
from bbsim.report.embed import page, script_json
from bbsim.report.facts import Facts
from bbsim.report.geometry import Base
from bbsim.report.hanging import hanging
from bbsim.report.homes import homes_table
from bbsim.report.mapdata import map_data, projects_data
from bbsim.report.programmes import programmes
from bbsim.report.rates import rates_table, sky_table
from bbsim.report.services import services
from bbsim.report.story import cards, promises, sentence
from bbsim.report.thinning import Thinned
from bbsim.report.wording import is_missing, share_text
from bbsim.report.worth import worth

LIBRARIES = ("numpy", "scipy", "simpy", "networkx", "pandas", "shapely", "pydantic", "matplotlib")
_STAGES = (
    ("survey and permits", palette.STATUS["planned"]),
    ("tender, material, crews", palette.TENDER),
    ("building", palette.STATUS["operational"]),
)


def report_page(facts: Facts, base: Base) -> str:
    """The report of a run as one HTML text that needs nothing else."""
    run = facts.run
    drawn = charts(facts)
    found = assumptions.groups(run.scenario)
    shown = {"map": map_data(facts, base), "projects": projects_data(facts), "colours": _colours()}
    shown["charts"] = {chart.key: [line.texts for line in chart.lines] for chart in drawn}
    return page(
        "report.html.j2",
        {
            "scenario": run.scenario,
            "country": run.country,
            "title": run.scenario.title or run.scenario.name,
            "sentence": sentence(facts),
            "cards": cards(facts),
            "promises": promises(facts),
            "charts": drawn,
            "chains": chains(facts),
            "cities": tables.cities_table(facts),
            "without_residents": tables.without_residents(facts),
            "regions": tables.regions_table(facts),
            "technologies": homes_table(facts),
            "rates": rates_table(facts),
            "sky": sky_table(facts),
            "breaking": breaking(facts),
            "hanging": hanging(facts),
            "money": tables.money(facts),
            "programmes": programmes(facts),
            "worth": worth(facts, base),
            "services": services(facts, base),
            "left_out": Thinned(facts).words,
            "groups": found,
            "standings": assumptions.counts(found),
            "empty": empty_columns(facts),
            "repeat": _repeat(facts),
            "credits": " · ".join(credits(run)),
            "stages": _STAGES,
            "status_words": palette.STATUS_WORDS,
            "colours": _colours(),
            "satellite": share_text(_most_satellite(facts)),
            "horizon": facts.horizon,
            "digest": run.digest,
            "data": script_json(shown),
        },
    )


def _most_satellite(facts: Facts) -> float | None:
    """Largest share of people on satellite alone in any period; None if no period knows it."""
    known = [
        float(share) for share in facts.periods["population_satellite_only_share"] if not is_missing(share)
    ]
    return max(known, default=None)


def _colours() -> dict[str, object]:
    return {
        "status": dict(palette.STATUS),
        "served": dict(palette.SERVED),
        "causes": dict(palette.CAUSES),
        "land": palette.LAND,
        "edge": palette.EDGE,
        "region": palette.REGION_EDGE,
        "ink": palette.INK,
        "muted": palette.MUTED,
        "stages": [colour for _, colour in _STAGES],
    }


def _repeat(facts: Facts) -> list[tuple[str, str]]:
    """What is needed to get the same run again, label and value."""
    run = facts.run
    rows = [
        ("bbsim", __version__),
        ("run", run.digest),
        ("scenario", run.scenario.digest),
        ("country pack", run.country.digest),
        ("seed", str(run.seed)),
        ("replication", str(run.replication)),
        ("events", f"{len(run.events)}; the events table has a row for each item of an event, so more rows"),
    ]
    if run.code:
        rows.append(("scenario's own code", run.code))
    rows.append(("Python", platform.python_version()))
    rows.append(("libraries", ", ".join(f"{name} {_version(name)}" for name in LIBRARIES)))
    return rows


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
