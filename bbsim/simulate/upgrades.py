"""More light on fibre that is there: looked at twice a year, sized for years ahead, paid from one fund.

A review asks what is or will be short, chooses the cheapest equipment for each span and uplink, and orders as
much as the fund can pay; what holds down the worst served comes first. What has been ordered is not ordered
again before it is lit. Transit is rented, so that an order of it takes no money at once.
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
from bbsim.simulate.till import OPERATOR, Pledge
from bbsim.simulate.world import Process, World
from bbsim.state import lit_year
from bbsim.traffic.optics import LineRates
from bbsim.traffic.widening import GATEWAY, SPAN, UPLINK, terms_of, widen
from bbsim.units import months_after

Floats = NDArray[np.float64]
KINDS = ("span", "node", "gateway")
DAYS_PER_MONTH = 30.4375
NOT_YET = 10**9


@dataclass(frozen=True, slots=True)
class Order:
    """More capacity of one span, one uplink or one gateway."""

    kind: str
    """``span``, ``node`` or ``gateway``."""
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
            pledge = office.set_aside(sum(order.cents for order in orders))
            world.env.process(_install(world, rule, orders, office.ordered, pledge))


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
            for kind, count in zip(KINDS, map(len, self._capacities()), strict=True)
        }
        equipment, country = world.scenario.equipment, world.country
        steps = np.ones(len(country.ids))
        for gateway in world.scenario.gateways:
            steps[country.node_index[gateway.node]] = gateway.step_gbps
        self._unit = {
            "span": np.array(equipment.spans_gbps(country.follows)),
            "node": np.array(equipment.nodes_gbps(country.is_city)),
            "gateway": steps,
        }
        # What is rented is widened by its owner.
        self._rented = [world.country.span_index[lease.span] for lease in world.scenario.leases]

    def review(self) -> list[Order]:
        """What is ordered today."""
        rule, state = self._rule, self._world.state
        self._income()
        ahead = rule.lead_days if rule.trigger == "sustained" else self._ahead()
        lit, later = (self._load(ahead + more) for more in (0.0, rule.sized_for_years * 365.25))
        now = self._load(0.0) if rule.trigger == "sustained" else lit
        wanted = dict(zip(KINDS, self._carrier.wanted(state, now), strict=True))
        growth = later / now if now > 0 else 1.0
        orders = self._orders(self._short(wanted), wanted, growth)
        orders = self._affordable(orders, now)
        self.ordered.update((order.kind, order.index) for order in orders)
        return orders

    def set_aside(self, cents: int) -> Pledge:
        """Reserve the money, which the operator brings in if it brings in what upgrades cost."""
        till = self._world.till
        if not cents:
            return Pledge(-1, 0, [])
        if self._fund == OPERATOR and self._rule.operator_usd_per_home_per_year is None:
            till.bring(OPERATOR, cents)
        return till.reserve(self._fund, -1, cents)

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
                self._world.till.bring(OPERATOR, cents)

    def _short(self, wanted: dict[str, Floats]) -> dict[str, NDArray[np.int64]]:
        """Spans and uplinks in service whose load passes the share, and has for long enough."""
        rule = self._rule
        out = {}
        for kind, gbps in zip(KINDS, self._capacities(), strict=True):
            over = (wanted[kind] > gbps * rule.at_utilisation_share) & (gbps > 0)
            if kind == "span":
                over[self._rented] = False
            elif kind == "gateway":
                over &= rule.transit
            since = self._since[kind] = np.where(
                over, np.minimum(self._since[kind], self._world.today), NOT_YET
            )
            if rule.trigger == "sustained":
                over &= self._world.today - since >= rule.sustained_months * DAYS_PER_MONTH - 1
            over[[index for told, index in self.ordered if told == kind]] = False
            out[kind] = np.flatnonzero(over)
        return out

    def _capacities(self) -> tuple[Floats, Floats, Floats]:
        """Of spans, of uplinks and of gateways, now."""
        state = self._world.state
        return state.span_gbps, state.node_gbps, state.transit_gbps

    def _orders(
        self, short: dict[str, NDArray[np.int64]], wanted: dict[str, Floats], growth: float
    ) -> list[Order]:
        """The cheapest cure of all that is short; none where nothing more is to be had."""
        world, start = self._world, self._world.scenario.start
        at = np.concatenate([short[kind] for kind in KINDS])
        kind = np.repeat([SPAN, UPLINK, GATEWAY], [len(short[kind]) for kind in KINDS])
        now, asked, unit = (
            np.concatenate([values[kind][short[kind]] for kind in KINDS])
            for values in (dict(zip(KINDS, self._capacities(), strict=True)), wanted, self._unit)
        )
        terms = terms_of(self._rule, world.date().year, world.today / 365.25)
        spans = short["span"]
        bought = widen(
            kind, now, asked * growth, unit, terms, spans=self._light.among(spans),
            lit_year=lit_year(start, world.state.light_minute[spans]), transit_usd_per_gbps=0.0,
        )  # fmt: skip
        found = zip(kind.tolist(), at.tolist(), bought.gbps.tolist(), bought.usd.tolist(), strict=True)
        return [
            Order(KINDS[what], index, gbps, round(usd * 100))
            for (what, index, gbps, usd), had in zip(found, now.tolist(), strict=True)
            if np.isfinite(usd) and gbps > had
        ]

    def _affordable(self, orders: list[Order], mbps: float) -> list[Order]:
        """All, if the fund can pay; else those that raise the worst served."""
        world, rule = self._world, self._rule
        if self._fund == OPERATOR and rule.operator_usd_per_home_per_year is None:
            return orders
        free = world.till.free(self._fund)
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
        now = dict(zip(KINDS, self._capacities(), strict=True))
        gbps = {"span": state.span_gbps * share, "node": state.node_gbps * share}
        # Transit takes no money at once.
        out = [order for order in orders if order.kind == "gateway"]
        gbps["gateway"] = state.transit_gbps.copy()
        gbps["gateway"][[order.index for order in out]] = [order.gbps for order in out]
        left = {(order.kind, order.index): order for order in orders if order.kind != "gateway"}
        missing = False
        while left:
            levels = self._carrier.holding(state, mbps, *(gbps[kind] for kind in KINDS))
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
                    gbps[order.kind][order.index] = now[order.kind][order.index] * share
        for order in sorted(left.values(), key=lambda order: (order.cents, order.kind, order.index)):
            if not missing and order.cents <= free:
                free -= order.cents
                out.append(order)
        return out


def _install(
    world: World, rule: Upgrades, orders: list[Order], ordered: set[tuple[str, int]], pledge: Pledge
) -> Process:
    """Light what was ordered when it has come, and pay for it."""
    yield world.delay(rule.lead_days)
    for order in orders:
        place = int(world.country.v[order.index]) if order.kind == "span" else order.index
        if order.kind == "gateway":
            # It may have grown by itself meanwhile.
            gbps = max(order.gbps, float(world.state.transit_gbps[order.index]))
            world.record(ev.TransitBought(world.now, order.index, gbps))
            ordered.discard((order.kind, order.index))
            continue
        world.till.pay(pledge, "upgrade", place, order.cents)
        if order.kind == "node":
            world.record(ev.NodeUpgraded(world.now, order.index, order.gbps))
        elif world.state.operational[order.index]:
            world.record(ev.SpanUpgraded(world.now, order.index, order.gbps))
        ordered.discard((order.kind, order.index))
