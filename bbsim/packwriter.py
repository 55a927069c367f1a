"""A built country pack on disk: its layers, the report of how it was built, and a map to look at."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from bbsim.country import Country
    from bbsim.geodata.nation.builder import Made


def write_pack(made: Made, folder: Path) -> dict[str, str]:
    """Write a pack with its build report (`README.md`) and map (`map.png`); returns its figures."""
    from bbsim.country import Country
    from bbsim.geodata.nation.told import readme
    from bbsim.report.packmap import pack_map

    digest = made.pack.write(folder)
    country = Country.read(folder)
    figures = {**pack_figures(country), "digest": digest[:16]}
    text = readme(country.name, made.told, made.doubts, figures)
    (folder / "README.md").write_text(text, encoding="utf-8")
    pack_map(country).savefig(folder / "map.png", metadata={"Software": None})
    return figures


def pack_figures(country: Country) -> dict[str, str]:
    """How much there is in a pack, in words."""
    people = int(country.population.sum())
    listed = np.array(
        [g is not None and kind != "rural_synthetic" for g, kind in _ids_and_kinds(country)], dtype=bool
    )
    share = float(country.population[listed].sum()) / max(people, 1)
    figures = {
        "nodes": f"{len(country.ids):,}, {int(country.is_place.sum()):,} of them places",
        "spans": f"{len(country.span_ids):,}, {country.km.sum():,.0f} km",
        "people": f"{people:,}, {share:.1%} of them in listed places with a figure",
    }
    if country.sites["id"]:
        kinds = sorted(Counter(country.sites["of"]).items())
        figures["sites"] = ", ".join(f"{count:,} of the class {kind}" for kind, count in kinds)
    return figures


def _ids_and_kinds(country: Country) -> zip[tuple[object, str]]:
    return zip(country.nodes["geonameid"], country.kind, strict=True)
