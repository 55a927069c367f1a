"""What the run is worth and what it lacks: the figures, the years, and where a subsidy would have to go.

Everything is read from the tables `finance` and `funding_gap` and from the run's appraisal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bbsim.finance import Appraisal
from bbsim.report import palette
from bbsim.report.facts import Facts
from bbsim.report.geometry import Base
from bbsim.report.scales import SIDE, Tick, linear_ticks
from bbsim.report.story import Card
from bbsim.report.tables import Cell, Table
from bbsim.report.wording import MISSING, count_text, day_text, share_text, usd_text

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
KIND_WORDS = {
    "capex": "building and connecting",
    "replacement": "paid for again",
    "opex": "running cost",
    "revenue": "revenue",
    "tax": "tax",
    "residual": "value left",
}
NEEDIEST = 12
_LEAST_RADIUS, _MOST_RADIUS = 2.2, 17.0


@dataclass(frozen=True, slots=True)
class Curve:
    """Share of people against cumulative subsidy, in the square of a chart."""

    path: str
    x_ticks: Sequence[Tick]
    y_ticks: Sequence[Tick]
    told: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One place on the map: where, how large, in which colour, and what to say about it."""

    x: float
    y: float
    radius: float
    colour: str
    title: str


@dataclass(frozen=True, slots=True)
class GapMap:
    """The country with its places, in units of a thousandth of its width."""

    height: float
    land: Sequence[str]
    dots: Sequence[Dot]


@dataclass(frozen=True, slots=True)
class Worth:
    """The report's section on what it is worth."""

    sentence: str
    cards: Sequence[Card]
    years: Table
    curve: Curve | None
    map: GapMap
    neediest: Table


def worth(facts: Facts, base: Base) -> Worth | None:
    """The section; None where the scenario says nothing of what lines earn and cost."""
    found = facts.run.appraisal
    if found is None:
        return None
    return Worth(
        _sentence(facts, found),
        _cards(found),
        _years(facts),
        _curve(facts),
        gap_map(facts, base),
        _neediest(facts),
    )


# ---- in words -------------------------------------------------------------------------------------
def _sentence(facts: Facts, found: Appraisal) -> str:
    gap, short, served = _gaps(facts)
    rate = share_text(found.discount_share_per_year)
    words = (
        f"At {rate} a year, in prices of {facts.run.scenario.start.year} and counted to the end of the run, "
    )
    words += f"the whole is worth {usd_text(found.npv_usd)}"
    if found.npv_usd < 0:
        words += f": it needs as much, or {usd_text(found.subsidy_usd_per_year)} a year"
    words += f". {count_text(short)} of {count_text(served)} places lack {usd_text(gap)} together"
    words += ", which what the others earn would have to bring, or a subsidy." if short else "."
    paid = any(gateway.paid_by == "operator" for gateway in facts.run.scenario.gateways)
    words += "" if paid else " Rent of transit is not in these sums: nobody pays for it in this scenario."
    finance = facts.run.scenario.finance
    if finance is not None and finance.existing == "left_out":
        words += " What stood on the first day, and the homes connected then, are left out."
        mile = facts.run.scenario.access.last_mile
        if mile is not None and mile.copper is not None:
            words += (
                " So a home that moves from the copper of that day costs its new line here and brings"
                " nothing: what it pays it paid before, and the price that a line must bring is that of"
                " homes which had none."
            )
    if finance is not None and finance.existing == "counted":
        words += (
            " What stood on the first day is counted as well: it earns from then on and nothing is said of"
            " what it once cost, so that these figures are those of all lines of the country, not of the"
            " programme alone."
        )
    if facts.run.scenario.sites is not None:
        words += " What public sites cost is part of the whole, and of no place's gap and no line's price."
    return words + _businesses_words(facts)


def _businesses_words(facts: Facts) -> str:
    """That businesses have lines and pay nothing, where it is so."""
    finance, lines = facts.run.scenario.finance, facts.run.tables["access"]
    if finance is None or finance.of_businesses or not lines["businesses_connected"].any():
        return ""
    return (
        " Lines of businesses cost their drops here and bring nothing: the scenario does not say what they"
        " pay (finance.usd_per_business_per_month)."
    )


def _cards(found: Appraisal) -> list[Card]:
    rate = found.irr_share_per_year
    why = f": {found.irr_why}" if rate is None else ""
    note = "every flow from its own day, value left at the end included"
    return [
        Card(
            "Net present value", usd_text(found.npv_usd), note,
            f"{100 * rate:.1f}\u202f%" if rate is not None else "no", f"internal rate{why}",
        ),
        Card(
            "Pays for itself from", str(found.payback.year) if found.payback else "not yet",
            "cash alone, not discounted",
            day_text(found.payback) if found.payback else "", "to the end of the run",
        ),
        Card(
            "A home passed costs", _usd(found.usd_per_home_passed), "all building over homes passed",
            _usd(found.usd_per_home_connected), "a home connected",
        ),
        Card(
            "A line must bring", _usd(found.levelised_usd_per_home_month),
            "a month, before tax, so that nothing is won or lost",
            _usd(found.usd_per_person_year), "cost of a year of service for one person",
        ),
    ]  # fmt: skip


def _usd(usd: float | None) -> str:
    return f"{usd:.2f} USD" if usd is not None and usd < 100 else usd_text(usd)


def _years(facts: Facts) -> Table:
    """Each kind by year, the year's sum, and what all so far is worth today; million US dollars."""
    table = facts.run.tables["finance"]
    kinds = [kind for kind in KIND_WORDS if (table["kind"] == kind).any()]
    rows, so_far = [], 0.0
    sums = dict.fromkeys((*kinds, "net"), 0.0)
    for year in range(facts.run.scenario.start.year, facts.horizon.year + 1):
        of_year = table["year"] == year
        usd = {
            kind: float(table["amount_cents"][of_year & (table["kind"] == kind)].sum()) / 100
            for kind in kinds
        }
        usd["net"] = math.fsum(usd.values())
        so_far += float(table["present_usd"][of_year].sum())
        for kind, amount in usd.items():
            sums[kind] += amount
        rows.append(
            [Cell(str(year), float(year)), *(_millions(usd[k]) for k in (*kinds, "net")), _millions(so_far)]
        )
    heads = ["Year", *(KIND_WORDS[kind] for kind in kinds), "net", "worth so far"]
    foot = [Cell("All", 0.0), *(_millions(sums[kind]) for kind in (*kinds, "net")), _millions(so_far)]
    return Table(heads, (False, *[True] * (len(heads) - 1)), rows, foot)


def _millions(usd: float) -> Cell:
    return Cell(f"{usd / 1e6:.2f}".replace("-", "−") if round(usd, 2) else MISSING, usd)


# ---- places ---------------------------------------------------------------------------------------
def _gaps(facts: Facts) -> tuple[float, int, int]:
    """Dollars lacking, by how many places, of how many that are served."""
    gap = facts.run.tables["funding_gap"]["funding_gap_usd"]
    return float(np.nansum(gap)), int((np.nan_to_num(gap) > 0).sum()), int((~np.isnan(gap)).sum())


def queue(facts: Facts) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Cumulative subsidy and share of people, from nothing on, in the order in which it reaches most."""
    table = facts.run.tables["funding_gap"]
    known = np.flatnonzero(~np.isnan(table["cumulative_population_share"]))
    reach, share = (table[f"cumulative_{name}"][known] for name in ("funding_gap_usd", "population_share"))
    order = np.lexsort((share, reach))
    return np.append(0.0, reach[order]), np.append(0.0, share[order])


def _curve(facts: Facts) -> Curve | None:
    usd, share = queue(facts)
    most = float(usd[-1])
    if not most:
        return None
    x, y = SIDE * usd / most, SIDE * (1 - share)
    path = "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))
    free = float(share[usd <= 0].max())
    half = float(np.interp(most / 2, usd, share))
    told = f"{share_text(free)} of people need no subsidy; half of it reaches {share_text(half)}, "
    told += f"all of it {share_text(float(share[-1]))}."
    ticks = linear_ticks(most, lambda v: usd_text(v) if v else "0")
    return Curve(
        path,
        [tick for tick in ticks if tick.at <= 96],
        [Tick(p, f"{p:.0f} %") for p in (0, 25, 50, 75, 100)],
        told,
    )


def gap_map(facts: Facts, base: Base) -> GapMap:
    """Places by what they lack: larger for more, blue where nothing is lacking, white where no fibre is."""
    country, table = facts.run.country, facts.run.tables["funding_gap"]
    nodes = np.array([country.node_index[place] for place in table["place"]], dtype=np.int64)
    gap = table["funding_gap_usd"]
    most = float(np.nanmax(gap, initial=0.0)) or 1.0
    radius = _LEAST_RADIUS + (_MOST_RADIUS - _LEAST_RADIUS) * np.sqrt(np.nan_to_num(gap) / most)
    titles = [
        f"{facts.name(node)}: {_lacks(value)}"
        for node, value in zip(nodes.tolist(), gap.tolist(), strict=True)
    ]
    return dotted_map(facts, base, nodes, radius, [gap_colour(value) for value in gap.tolist()], titles)


def dotted_map(
    facts: Facts, base: Base, nodes: Ints, radius: Floats, colours: Sequence[str], titles: Sequence[str]
) -> GapMap:
    """The country with a dot a place, the larger below; all by place, in the order of `nodes`."""
    width = base.east - base.west
    squeeze = 1000.0 / width
    stretch = squeeze / math.cos(math.radians(base.middle))

    def at(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack([(xy[:, 0] - base.west) * squeeze, (base.north - xy[:, 1]) * stretch])

    land = [
        "".join(
            "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in at(ring).tolist()) + "Z" for ring in shape.rings
        )
        for shape in base.boundary
    ]
    places = at(facts.run.country.node_xy[nodes])
    dots = [
        Dot(
            round(float(places[i, 0]), 1), round(float(places[i, 1]), 1), round(float(radius[i]), 1),
            colours[i], titles[i],
        )
        for i in np.argsort(-radius, kind="stable").tolist()
    ]  # fmt: skip
    return GapMap(round((base.north - base.south) * stretch, 1), land, dots)


def gap_colour(gap: float) -> str:
    """The colour of a place by its gap."""
    if math.isnan(gap):
        return palette.SERVED[""]
    return palette.CAUSES["money"] if gap > 0 else palette.SERVED["fibre"]


def _lacks(gap: float) -> str:
    if math.isnan(gap):
        return "not on fibre"
    return f"lacks {usd_text(gap)}" if gap > 0 else "lacks nothing"


def _neediest(facts: Facts) -> Table:
    """The places that lack most."""
    table = facts.run.tables["funding_gap"]
    gap = np.nan_to_num(table["funding_gap_usd"])
    rows = []
    for i in np.argsort(-gap, kind="stable")[:NEEDIEST].tolist():
        if gap[i] <= 0:
            break
        people = int(table["population"][i])
        a_person = gap[i] / people if people else math.inf
        rows.append(
            [
                Cell(str(table["name"][i] or table["place"][i]), str(table["name"][i]).casefold()),
                Cell(str(table["region"][i]) or MISSING, str(table["region"][i]).casefold()),
                Cell(count_text(people), float(people)),
                Cell(usd_text(float(gap[i])), float(gap[i])),
                Cell(usd_text(a_person) if people else MISSING, a_person if people else 1e15),
                _millions(float(table["own_usd"][i])),
                _millions(float(table["shared_usd"][i])),
            ]
        )
    heads = ("Place", "Region", "Residents", "Lacks", "A person", "its own flows, MUSD", "shared spans, MUSD")
    return Table(heads, (False, False, *[True] * 5), rows)
