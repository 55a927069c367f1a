"""More light on fibre that is there: looked at twice a year, sized for years ahead, paid from one fund.

A review asks what is or will be short, chooses the cheapest equipment for each span and uplink, and orders as
much as the fund can pay; what holds down the worst served comes first. What has been ordered is not ordered
again before it is lit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev
from bbsim.metrics.carried import Carrier
from bbsim.models.answers import load_mbps
from bbsim.scenario import Upgrades
from bbsim.simulate.world import Process, World
from bbsim.state import lit_year
from bbsim.traffic.optics import LineRates
from bbsim.traffic.widening import cheapest_light, ports_for
from bbsim.units import months_after

Floats = NDArray[np.float64]
OPERATOR = ev.FUNDS.index("operator")
DAYS_PER_MONTH = 30.4375
NOT_YET = 10**9


@dataclass(frozen=True, slots=True)
class Order:
    """More light on one span or one uplink."""

    kind: str
    """``span`` or ``node``."""
    index: int
    gbps: float
    """Capacity when it is lit."""
    cents: int


def upgrades(world: World, carrier: Carrier, rule: Upgrades) -> Process:
    """Look at the load again and again, and order what is short."""
    start, looks = world.scenario.start, 0
    office = _Office(world, carrier, rule)
    while True:
        looks += 1
        day = (months_after(start, looks * rule.review_every_months) - start).days
        if day >= world.days:
            return
        yield world.until(day)
        orders = office.review()
        if orders:
            world.env.process(_install(world, rule, orders, office.ordered))


class _Office:
    """Who looks at the load, and remembers what has been ordered and since when something is short."""

    def __init__(self, world: World, carrier: Carrier, rule: Upgrades) -> None:
        self._world, self._carrier, self._rule = world, carrier, rule
        self._fund = ev.FUNDS.index(rule.paid_by)
        self._light = LineRates(world.country.km)
        self.ordered: set[tuple[str, int]] = set()
        # By span and by uplink: the day from which on every look found it short.
        self._since = {
            kind: np.full(count, NOT_YET)
            for kind, count in (("span", len(world.country.span_ids)), ("node", len(world.country.ids)))
        }
        # What is rented is widened by its owner.
        self._rented = [world.country.span_index[lease.span] for lease in world.scenario.leases]

    def review(self) -> list[Order]:
        """What is ordered today; its money is reserved."""
        world, rule, state = self._world, self._rule, self._world.state
        self._income()
        ahead = rule.lead_days if rule.trigger == "sustained" else self._ahead()
        lit, later = (self._load(ahead + more) for more in (0.0, rule.sized_for_years * 365.25))
        now = self._load(0.0) if rule.trigger == "sustained" else lit
        spans, uplinks = self._carrier.wanted(state, now)
        wanted = {"span": spans, "node": uplinks}
        short = self._short(wanted)
        growth = later / now if now > 0 else 1.0
        orders = self._spans(short["span"], spans * growth) + self._nodes(short["node"], uplinks * growth)
        orders = self._affordable(orders, now)
        if orders:
            cents = sum(order.cents for order in orders)
            if self._fund == OPERATOR and rule.operator_usd_per_home_per_year is None:
                world.record(ev.MoneyReinvested(world.now, OPERATOR, cents))
            world.record(ev.MoneyReserved(world.now, self._fund, -1, cents))
            self.ordered.update((order.kind, order.index) for order in orders)
        return orders

    def _ahead(self) -> float:
        """Days until what the next look would order is lit."""
        return self._rule.lead_days + self._rule.review_every_months * DAYS_PER_MONTH

    def _load(self, days: float) -> float:
        """Busy-hour load of one home so many days from now, Mbit/s."""
        world = self._world
        on = world.date() + timedelta(days=round(days))
        return load_mbps(world.models.demand, on, use=world.scenario.demand.use)

    def _income(self) -> None:
        """What the operator puts in for the months since the last look."""
        usd = self._rule.operator_usd_per_home_per_year
        if self._fund == OPERATOR and usd:
            homes = int(self._world.state.connected.sum())
            cents = round(homes * usd * 100 * self._rule.review_every_months / 12)
            if cents:
                self._world.record(ev.MoneyReinvested(self._world.now, OPERATOR, cents))

    def _short(self, wanted: dict[str, Floats]) -> dict[str, NDArray[np.int64]]:
        """Spans and uplinks in service whose load passes the share, and has for long enough."""
        state, rule = self._world.state, self._rule
        out = {}
        for kind, gbps in (("span", state.span_gbps), ("node", state.node_gbps)):
            over = (wanted[kind] > gbps * rule.at_utilisation_share) & (gbps > 0)
            if kind == "span":
                over[self._rented] = False
            since = self._since[kind] = np.where(
                over, np.minimum(self._since[kind], self._world.today), NOT_YET
            )
            if rule.trigger == "sustained":
                over &= self._world.today - since >= rule.sustained_months * DAYS_PER_MONTH - 1
            over[[index for told, index in self.ordered if told == kind]] = False
            out[kind] = np.flatnonzero(over)
        return out

    def _spans(self, short: NDArray[np.int64], wanted: Floats) -> list[Order]:
        """The cheapest equipment for each span that is short; none where no more light is to be had."""
        world, rule, state = self._world, self._rule, self._world.state
        now, goal = state.span_gbps[short], wanted[short] / rule.at_utilisation_share
        unit = np.array([world.unit_gbps(span) for span in short.tolist()])
        if rule.equipment == "catalogue":
            start = world.scenario.start
            bought = cheapest_light(
                self._light.among(short), now, goal, port_gbps=unit, port_usd_per_gbps=self._port_usd(),
                lit_year=lit_year(start, state.light_minute[short]), year=world.date().year,
                fibre_pairs=rule.fibre_pairs,
            )  # fmt: skip
            gbps, usd = bought.gbps, bought.usd
        else:
            ports, usd = ports_for(now, goal, unit, self._port_usd())
            gbps = ports * unit
        return [
            Order("span", span, float(gbps[i]), round(float(usd[i]) * 100))
            for i, span in enumerate(short.tolist())
            if np.isfinite(usd[i]) and gbps[i] > now[i]
        ]

    def _nodes(self, short: NDArray[np.int64], wanted: Floats) -> list[Order]:
        """More ports for each uplink that is short."""
        unit = np.array([self._world.node_unit_gbps(node) for node in short.tolist()])
        now, goal = self._world.state.node_gbps[short], wanted[short] / self._rule.at_utilisation_share
        ports, usd = ports_for(now, goal, unit, self._port_usd())
        found = zip(short.tolist(), (ports * unit).tolist(), usd.tolist(), strict=True)
        return [Order("node", node, gbps, round(price * 100)) for node, gbps, price in found]

    def _port_usd(self) -> float:
        return self._rule.port_usd_per_gbps(self._world.today / 365.25)

    def _affordable(self, orders: list[Order], mbps: float) -> list[Order]:
        """All, if the fund can pay; else those that raise the worst served."""
        world, rule = self._world, self._rule
        if self._fund == OPERATOR and rule.operator_usd_per_home_per_year is None:
            return orders
        free = world.state.free_in(self._fund)
        if rule.paid_by == "backbone":
            free -= world.rents_to_come(world.days)
        if sum(order.cents for order in orders) <= free:
            return orders
        return self._worst_first(orders, mbps, free)

    def _worst_first(self, orders: list[Order], mbps: float, free: int) -> list[Order]:
        """What holds down the worst served, the cheapest a home first, and then what holds them down next.

        What holds nobody waits as long as money is missing for what does.
        """
        state, share = self._world.state, self._rule.at_utilisation_share
        gbps = {"span": state.span_gbps * share, "node": state.node_gbps * share}
        left = {(order.kind, order.index): order for order in orders}
        out: list[Order] = []
        missing = False
        while left:
            levels = self._carrier.holding(state, mbps, gbps["span"], gbps["node"])
            level = {"span": levels[0], "node": levels[1]}
            homes = {"span": levels[2], "node": levels[3]}
            binding = [order for order in left.values() if np.isfinite(level[order.kind][order.index])]
            if not binding:
                break

            def rank(order: Order, level: Any = level, homes: Any = homes) -> tuple[float, float, str, int]:
                kind, at = order.kind, order.index
                return level[kind][at], order.cents / max(homes[kind][at], 1.0), kind, at

            for order in sorted(binding, key=rank):
                del left[order.kind, order.index]
                gbps[order.kind][order.index] = order.gbps * share
                if order.cents <= free:
                    free -= order.cents
                    out.append(order)
                else:
                    missing = True
                    gbps[order.kind][order.index] = (
                        state.span_gbps if order.kind == "span" else state.node_gbps
                    )[order.index] * share
        for order in sorted(left.values(), key=lambda order: (order.cents, order.kind, order.index)):
            if not missing and order.cents <= free:
                free -= order.cents
                out.append(order)
        return out


def _install(world: World, rule: Upgrades, orders: list[Order], ordered: set[tuple[str, int]]) -> Process:
    """Light what was ordered when it has come, and pay for it."""
    fund = ev.FUNDS.index(rule.paid_by)
    yield world.delay(rule.lead_days)
    for order in orders:
        place = int(world.country.v[order.index]) if order.kind == "span" else order.index
        world.record(ev.Spent(world.now, fund, -1, "upgrade", place, order.cents))
        if order.kind == "node":
            world.record(ev.NodeUpgraded(world.now, order.index, order.gbps))
        elif world.state.operational[order.index]:
            world.record(ev.SpanUpgraded(world.now, order.index, order.gbps))
        ordered.discard((order.kind, order.index))
