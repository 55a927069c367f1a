"""The words of ``bbsim export``: a run's network in the formats of other tools."""

from __future__ import annotations

from pathlib import Path

import click

from bbsim.errors import EnvironmentFault, Problem, did_you_mean
from bbsim.terminal import Voice, spoken

KNOWN = ("geoparquet", "gml", "gpkg", "graphml", "kml", "ofds")


@click.command()
@click.argument("folder", metavar="RUN", type=click.Path(path_type=Path))
@click.option("--to", "forms", required=True, metavar="FORM,…", help=f"One or more of {', '.join(KNOWN)}.")
@click.option("--out", type=click.Path(path_type=Path), help="The folder of the files, else RUN/export.")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@spoken
def export(folder: Path, forms: str, out: Path | None, force: bool, as_json: bool, quiet: bool) -> None:
    """Write a run's network as Open Fibre Data, GraphML, GML, KML, GeoParquet or GeoPackage."""
    from bbsim.geodata.exports import export as write
    from bbsim.run import Run

    wanted = [form.strip().lower() for form in forms.split(",") if form.strip()]
    for form in wanted:
        if form not in KNOWN:
            raise click.UsageError(f"no format '{form}'. {did_you_mean(form, KNOWN)}")
    voice = Voice(as_json, quiet)
    run = Run.load(folder)
    place = out or folder / "export"
    if place.is_dir() and any(place.iterdir()) and not force:
        message = f"{place} is there and not empty"
        raise EnvironmentFault(Problem("folder-exists", message, hint="Use --force, or another --out."))
    place.mkdir(parents=True, exist_ok=True)
    files = [str(path) for form in wanted for path in write(run, form, place)]
    voice.say("\n".join(f"Wrote {path}." for path in files))
    voice.answer({"files": files})
