"""What ``bbsim run`` says, in five figures, and the folder that it may write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bbsim.errors import EnvironmentFault, Problem

if TYPE_CHECKING:
    from bbsim.country import Country
    from bbsim.reading import Reading


def place_of(
    reading: Reading,
    country: Country,
    out: Path | None,
    seed: int | None,
    replication: int,
    force: bool,
    allow_code: bool,
) -> tuple[Path, bool]:
    """Where the run goes, and whether the very same run is there already; refuses before any work is done."""
    from bbsim.api import code_digest
    from bbsim.run import Run
    from bbsim.runfolder import describe, read_head, refuse_foreign, refuse_taken, refuse_unwritable

    scenario = reading.scenario
    code = code_digest(scenario, reading.folder) if allow_code else ""
    base = scenario.seed if seed is None else seed
    probe = Run(scenario, country, base, events=(), replication=replication, code=code)
    folder = out or Path("runs") / probe.default_name
    keep_input_safe(folder, reading, country)
    refuse_foreign(folder, "run.json")
    if folder.exists() and not force and describe(folder) and read_head(folder).get("digest") == probe.digest:
        return folder, True
    refuse_taken(folder, force)
    refuse_unwritable(folder)
    return folder, False


def keep_input_safe(folder: Path, reading: Reading, country: Country) -> None:
    """A run must not replace what it was made from."""
    place = folder.resolve()
    inputs = [reading.path.resolve(), *([country.folder.resolve()] if country.folder else [])]
    for source in inputs:
        if source.is_relative_to(place) or (source.is_dir() and place.is_relative_to(source)):
            message = f"the run's folder {folder} and the input {source} lie in each other"
            raise EnvironmentFault(Problem("folder-is-input", message, hint="Use another --out."))


def _usd(amount: float) -> str:
    from bbsim.units import format_usd

    return format_usd(amount)


FIGURES: Mapping[str, tuple[str, Callable[[float], str]]] = {
    "cities_on_fibre_share_at_end": ("cities on fibre", "{:.1%}".format),
    "population_on_fibre_share_at_end": ("people in places on fibre", "{:.1%}".format),
    "households_passed_share_at_end": ("homes passed", "{:.1%}".format),
    "achievable_mbps_per_home_mean": ("rate of one active home at the busy hour", "{:.1f} Mbit/s".format),
    "capex_usd": ("spent on building", _usd),
}
"""The five figures that matter: column of the periods, in words, and how it is written."""


FROM_INCOME = "built_from_income_usd"
"""Beside them: what of the building operators paid from their income."""


def key_figures(periods: Mapping[str, Any], ledger: Mapping[str, Any]) -> dict[str, float]:
    """The five figures: the last period's, and for money the sum over all; and who paid of it."""
    from bbsim.finance.funds import built_from_income_usd

    figures = {
        column: float(sum(periods[column]) if column.endswith("_usd") else periods[column][-1])
        for column in (*FIGURES, "reinvested_usd")
    }
    return figures | {FROM_INCOME: built_from_income_usd(ledger)}


def closed_cities(periods: Mapping[str, Any], country: Country) -> int:
    """Cities that lie in areas which are closed at the end: the share on fibre is of the others."""
    on, share = int(periods["cities_on_fibre"][-1]), float(periods["cities_on_fibre_share_at_end"][-1])
    return int(country.is_city.sum()) - round(on / share) if share > 0 else 0


def figure_lines(figures: dict[str, float], last: str | None, closed: int = 0) -> list[str]:
    """The five figures as people read them.

    Parameters
    ----------
    last : the day on which the last city came on fibre.
    closed : cities in areas that are still closed.
    """
    words = f" of those open ({closed} stay closed)" if closed else ""
    words += f", the last of them on {last}" if last else ""
    more = {"cities_on_fibre_share_at_end": words}
    if figures[FROM_INCOME]:
        more["capex_usd"] = f", {_usd(figures[FROM_INCOME])} of it put in by the operator"
    return [
        f"  {words}: {written(figures[column])}{more.get(column, '')}"
        for column, (words, written) in FIGURES.items()
    ]


def last_city(nodes: Mapping[str, Any], country: Country) -> str | None:
    """The day on which the last city came on fibre that did; null if none did."""
    cities = {node for node, is_city in zip(country.ids, country.is_city, strict=True) if is_city}
    days = [
        since
        for node, on, since in zip(nodes["node"], nodes["on_fibre"], nodes["lit_since"], strict=True)
        if on and node in cities
    ]
    return str(max(days)) if days else None
