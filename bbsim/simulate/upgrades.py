"""More light on fibre that is there: looked at twice a year, decided on the load that is coming.

The operator pays, at once and from its own income; a span that has been ordered is not ordered again
before it is lit.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from bbsim import events as ev
from bbsim.metrics.carried import Carrier
from bbsim.scenario import Upgrades
from bbsim.simulate.world import Process, World
from bbsim.units import months_after

OPERATOR = ev.FUNDS.index("operator")


def upgrades(world: World, carrier: Carrier, rule: Upgrades) -> Process:
    """Look at the load again and again, and order what will be short."""
    start, looks = world.scenario.start, 0
    ordered: set[tuple[str, int]] = set()
    while True:
        looks += 1
        day = (months_after(start, looks * rule.review_every_months) - start).days
        if day >= world.days:
            return
        yield world.until(day)
        ahead = rule.lead_days + rule.review_every_months * 30.4375
        load = world.models.demand.mbps_per_home(world.date() + timedelta(days=round(ahead)))
        spans, uplinks = carrier.wanted(world.state, load)
        limit = rule.at_utilisation_share
        for span in np.flatnonzero(spans > world.state.span_gbps * limit).tolist():
            unit = world.unit_gbps(span)
            _order(world, rule, "span", span, _enough(spans[span] / limit, unit), ordered)
        for node in np.flatnonzero(uplinks > world.state.node_gbps * limit).tolist():
            unit = world.node_unit_gbps(node)
            _order(world, rule, "node", node, _enough(uplinks[node] / limit, unit), ordered)


def _enough(gbps: float, unit: float) -> float:
    return float(np.ceil(gbps / unit - 1e-9) * unit)


def _order(
    world: World, rule: Upgrades, kind: str, index: int, gbps: float, ordered: set[tuple[str, int]]
) -> None:
    if (kind, index) not in ordered:
        ordered.add((kind, index))
        world.env.process(_install(world, rule, kind, index, gbps, ordered))


def _install(
    world: World, rule: Upgrades, kind: str, index: int, gbps: float, ordered: set[tuple[str, int]]
) -> Process:
    years = world.today / 365.25
    price = rule.usd_per_gbps * (1.0 + rule.price_growth_share_per_year) ** years
    now = world.state.span_gbps[index] if kind == "span" else world.state.node_gbps[index]
    cents = round((gbps - float(now)) * price * 100)
    place = int(world.country.v[index]) if kind == "span" else index
    world.record(ev.MoneyReinvested(world.now, OPERATOR, cents))
    world.record(ev.MoneyReserved(world.now, OPERATOR, -1, cents))
    yield world.delay(rule.lead_days)
    world.record(ev.Spent(world.now, OPERATOR, -1, "upgrade", place, cents))
    if kind == "span":
        world.record(ev.SpanUpgraded(world.now, index, gbps))
    else:
        world.record(ev.NodeUpgraded(world.now, index, gbps))
    ordered.discard((kind, index))
