"""What ``bbsim ensemble`` tells: the dates with their confidence, and what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bbsim.ensemble.bands import LEVELS, level_name

if TYPE_CHECKING:
    from bbsim.ensemble import Ensemble


def answer(done: Ensemble, tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The answer as data: dates and end values at each level, and the faults."""
    finish, bands = tables["finish"], tables["bands"]
    names = [level_name(level) for level in LEVELS]
    dates = {
        what: {name: _day(finish[name][i]) for name in names}
        | {"not_yet_share": float(finish["not_yet_share"][i])}
        for i, what in enumerate(finish["what"].tolist())
    }  # fmt: skip
    ends = {
        column: {name: float(bands[f"{column}_{name}"][-1]) for name in names}
        for column in ("population_on_fibre_share_at_end", "households_passed_share_at_end")
    }
    spent = np.sort(tables["dates"]["capex_usd"])
    at = [max(int(np.ceil(level * len(spent) - 1e-9)) - 1, 0) for level in LEVELS]
    ends["capex_usd"] = {name: float(spent[i]) for name, i in zip(names, at, strict=True)}
    return {
        "folder": str(done.folder) if done.folder else None,
        "runs": len(done.numbers),
        "dates": dates,
        "at_end": ends,
        "faults": [{"replication": n, "error": fault.message} for n, fault in sorted(done.faults.items())],
    }


def lines(told: dict[str, Any]) -> list[str]:
    """The same for people."""
    from bbsim.units import format_usd

    out = [
        f"{told['runs']} runs; one in ten is earlier or less than P10, one in ten later or more than P90.",
        "",
    ]
    out.append(f"{'':32}{'P10':>12}{'P50':>12}{'P90':>12}")
    for what, days in told["dates"].items():
        cells = [days[level_name(level)] or "not yet" for level in LEVELS]
        late = f"   not finished in {days['not_yet_share']:.0%} of runs" if days["not_yet_share"] else ""
        out.append(f"{what:32}" + "".join(f"{cell:>12}" for cell in cells) + late)
    words = {
        "population_on_fibre_share_at_end": "people in places on fibre",
        "households_passed_share_at_end": "homes passed",
    }
    for column, label in words.items():
        row = told["at_end"][column]
        out.append(f"{label:32}" + "".join(f"{row[level_name(level)]:>12.1%}" for level in LEVELS))
    spent = told["at_end"]["capex_usd"]
    out.append(
        f"{'spent on building':32}" + "".join(f"{format_usd(spent[level_name(q)]):>12}" for q in LEVELS)
    )
    return out


def _day(value: Any) -> str | None:
    return None if np.isnat(value) else str(value)
