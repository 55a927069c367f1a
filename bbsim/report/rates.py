"""What homes get, as a distribution, and the satellites above them: two tables of the page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from bbsim.metrics.satellites import satellites
from bbsim.report.facts import Facts
from bbsim.report.tables import Cell, Table
from bbsim.report.wording import MISSING, count_text, day_text, is_missing, rate_text, share_text, to_date

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
SPEEDS_MBPS = (10, 30, 100, 1000)
RATE_HEADS = (
    "At the end of", "Homes", *(f"{100 * q:.0f} % get at most" for q in QUANTILES),
    *(f"{mbps} Mbit/s or more" for mbps in SPEEDS_MBPS),
)  # fmt: skip
SKY_HEADS = (
    "Satellite", "Orbit", "Promised", "In service", "Until", "Carries", "For the country", "Sold",
    "Latency at least",
)  # fmt: skip
_ENDS = {"retired": "its life was over", "lost": "lost"}


def rates_table(facts: Facts) -> Table | None:
    """A row for the last day of some years; None where no home is ever connected."""
    rows = []
    for day, spread in facts.instants.spreads.items():
        homes = float(spread.homes.sum())
        if not homes:
            continue
        rates = [spread.quantile(share) for share in QUANTILES]
        shares = [spread.at_least(mbps) for mbps in SPEEDS_MBPS]
        rows.append(
            [
                Cell(day_text(day), float(day.toordinal())),
                Cell(count_text(homes), homes),
                *(Cell(rate_text(rate), rate) for rate in rates),
                *(Cell(share_text(share), share) for share in shares),
            ]
        )
    return Table(RATE_HEADS, (False, *[True] * (len(RATE_HEADS) - 1)), rows) if rows else None


def sky_table(facts: Facts) -> Table | None:
    """A row for each satellite that was launched or was to be; None without any."""
    columns = satellites(facts.run)
    rows = [_satellite(columns, at) for at in range(len(columns["satellite"]))]
    return Table(SKY_HEADS, (*[False] * 5, *[True] * 4), rows) if rows else None


def _satellite(columns: dict[str, Any], at: int) -> list[Cell]:
    promised, launched, ended = (_day(columns[name][at]) for name in ("promised", "launched", "ended"))
    late = (columns["launched"][at] - columns["promised"][at]).astype(object)
    note = f"{count_text(late.days)} days late" if isinstance(late, timedelta) and late.days > 0 else ""
    end = columns["end"][at]
    latency = columns["latency_ms"][at]
    kind = "takes pictures" if columns["payload"][at] == "imaging" else ""
    orbit = columns["orbit"][at]
    return [
        Cell(columns["satellite"][at], columns["satellite"][at].casefold(), kind),
        Cell(MISSING if orbit is None else orbit.upper(), orbit or ""),
        promised,
        Cell(launched.text, launched.key, note),
        Cell(ended.text, ended.key, _ENDS.get(end, "")),
        *(
            Cell(rate_text(1000.0 * gbps) if gbps else MISSING, float(gbps))
            for gbps in (columns[name][at] for name in ("capacity_gbps", "national_gbps", "sold_gbps"))
        ),
        Cell(MISSING, -1.0) if is_missing(latency) else Cell(f"{latency:.0f} ms", float(latency)),
    ]


def _day(value: Any) -> Cell:
    day = to_date(value)
    return Cell(MISSING, 1e9) if day is None else Cell(day_text(day), float(day.toordinal()))
