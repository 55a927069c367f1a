"""More light on fibre that is there: looked at twice a year, decided on the load that is coming.

The operator pays, at once and from its own income; a span that has been ordered is not ordered again
before it is lit.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.metrics.carried import Carrier
from bbsim.models.answers import load_mbps
from bbsim.scenario import Upgrades
from bbsim.simulate.world import Process, World
from bbsim.units import months_after

Floats = NDArray[np.float64]
Order = tuple[str, int, float]
"""``span`` or ``node``, its index, and the capacity that it gets."""
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
        then = world.date() + timedelta(days=round(ahead))
        load = load_mbps(world.models.demand, then, use=world.scenario.demand.use)
        spans, uplinks = carrier.wanted(world.state, load)
        orders = _orders(world, "span", spans, world.state.span_gbps, rule.at_utilisation_share, ordered)
        orders += _orders(world, "node", uplinks, world.state.node_gbps, rule.at_utilisation_share, ordered)
        if orders:
            ordered.update((kind, index) for kind, index, _ in orders)
            world.env.process(_install(world, rule, orders, ordered))


def _orders(
    world: World, kind: str, load: Floats, gbps: Floats, limit: float, ordered: set[tuple[str, int]]
) -> list[Order]:
    """What will be short, and how much it gets: whole ports, and no less than there is already."""
    unit = world.unit_gbps if kind == "span" else world.node_unit_gbps
    leased = {world.country.span_index[lease.span] for lease in world.scenario.leases}  # not the operator's
    out = []
    for index in np.flatnonzero(load > gbps * limit).tolist():
        if gbps[index] > 0 and (kind, index) not in ordered and not (kind == "span" and index in leased):
            ports = np.ceil(load[index] / limit / unit(index) - 1e-9)
            out.append((kind, index, max(float(ports * unit(index)), 2.0 * float(gbps[index]))))
    return out


def _install(world: World, rule: Upgrades, orders: list[Order], ordered: set[tuple[str, int]]) -> Process:
    state = world.state
    price = rule.usd_per_gbps * (1.0 + rule.price_growth_share_per_year) ** (world.today / 365.25)
    now = {"span": state.span_gbps, "node": state.node_gbps}
    cents = [round((gbps - float(now[kind][index])) * price * 100) for kind, index, gbps in orders]
    world.record(ev.MoneyReinvested(world.now, OPERATOR, sum(cents)))
    world.record(ev.MoneyReserved(world.now, OPERATOR, -1, sum(cents)))
    yield world.delay(rule.lead_days)
    for (kind, index, gbps), paid in zip(orders, cents, strict=True):
        place = int(world.country.v[index]) if kind == "span" else index
        world.record(ev.Spent(world.now, OPERATOR, -1, "upgrade", place, paid))
        lit = ev.SpanUpgraded if kind == "span" else ev.NodeUpgraded
        world.record(lit(world.now, index, gbps))
        ordered.discard((kind, index))
