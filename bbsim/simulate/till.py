"""The till: what may be spent for which purpose, what is set aside for whom, and when work is paid.

The clock counts prices in US cents; the till turns them into the ledger's smallest unit, takes them from
the funds that pay for the purpose in their order, and books them. A pledge is what is set aside for one
project or one lot; what is paid for it comes out of it, and its last payment uses it up to the cent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bbsim import events as ev

if TYPE_CHECKING:
    from bbsim.simulate.world import World

BACKBONE, ACCESS, OPERATOR = (ev.FUNDS.index(name) for name in ("backbone", "access", "operator"))
SITES = len(ev.FUNDS)
"""The purpose of public sites; their own fund stands last among the scenario's."""


class Pledge:
    """Money that is set aside.

    Attributes
    ----------
    project : whose it is; -1 for a lot, an upgrade, a rent.
    cents : US cents that are not spent yet.
    parts : [fund, smallest units of the ledger left of it] in the order in which they are used up.
    retained : what is held back of work that was done: fund, cause, node and cents.
    """

    __slots__ = ("cents", "parts", "project", "retained")

    def __init__(self, project: int, cents: int, parts: list[list[int]]) -> None:
        self.project, self.cents, self.parts = project, cents, parts
        self.retained: list[tuple[int, str, int, int]] = []


class Till:
    """Takes money from funds for a purpose: `BACKBONE`, `ACCESS`, `OPERATOR` or `SITES`."""

    def __init__(self, world: World) -> None:
        self._world = world
        scenario = world.scenario
        self._rate = scenario.minor_per_cent
        self._terms = scenario.payment
        self._for = [[purse] for purse in range(len(ev.FUNDS))]
        for number, fund in enumerate(scenario.funds, start=len(ev.FUNDS)):
            for purpose in fund.pays_for:
                self._for[ev.FUNDS.index(purpose)].append(number)
        self._for.append([len(scenario.fund_names) - 1] if scenario.sites is not None else [])

    def minor(self, cents: int) -> int:
        """So many US cents in the ledger's smallest unit."""
        return cents if self._rate == 1.0 else round(cents * self._rate)

    def minors(self, cents: NDArray[np.int64]) -> NDArray[np.int64]:
        """The same for many; `rint` rounds a half to even as `round` does."""
        return cents if self._rate == 1.0 else np.rint(cents * self._rate).astype(np.int64)

    def cents(self, minor: int) -> int:
        """So much of the ledger's smallest unit in US cents, rounded down: no more than there is."""
        return minor if self._rate == 1.0 else int(minor / self._rate)

    def free(self, purpose: int) -> int:
        """US cents that may be set aside for a purpose."""
        state = self._world.state
        return self.cents(sum(state.free_in(fund) for fund in self._for[purpose]))

    def pays_for(self, purpose: int, fund: int) -> bool:
        """Whether a fund may be spent on a purpose."""
        return fund in self._for[purpose]

    # ---- setting aside ------------------------------------------------------------------------
    def reserve(self, purpose: int, project: int, cents: int) -> Pledge:
        """Set money aside; whoever asks has looked whether it is there (`free`)."""
        world, funds = self._world, self._for[purpose]
        left = self.minor(cents)
        if len(funds) == 1:
            world.record(ev.MoneyReserved(world.now, funds[0], project, left))
            return Pledge(project, cents, [[funds[0], left]])
        parts: list[list[int]] = []
        for fund in funds:
            take = min(left, max(world.state.free_in(fund), 0)) if fund != funds[-1] else left
            if take or (fund == funds[-1] and not parts):
                parts.append([fund, take])
                world.record(ev.MoneyReserved(world.now, fund, project, take))
                left -= take
        return Pledge(project, cents, parts)

    def bring(self, fund: int, cents: int) -> None:
        """The operator puts so many US cents of its own into a fund."""
        self._world.record(ev.MoneyReinvested(self._world.now, fund, self.minor(cents)))

    # ---- paying -------------------------------------------------------------------------------
    def pay(self, pledge: Pledge, cause: str, node: int, cents: int) -> None:
        """Pay at once, out of what was set aside."""
        world = self._world
        for fund, amount in self._taken(pledge, cents):
            world.record(ev.Spent(world.now, fund, pledge.project, cause, node, amount))

    def work_done(self, pledge: Pledge, cause: str, node: int, cents: int) -> None:
        """Pay for work that is done, at once or as the scenario's `payment` says."""
        if self._terms is None:
            self.pay(pledge, cause, node, cents)
            return
        world, terms = self._world, self._terms
        for fund, amount in self._taken(pledge, cents):
            world.record(ev.WorkAccrued(world.now, fund, pledge.project, cause, node, amount))
            kept = round(amount * terms.retention_share)
            if kept:
                pledge.retained.append((fund, cause, node, kept))
            if amount > kept:
                self._later(terms.pays_after_days, pledge.project, [(fund, cause, node, amount - kept)])

    def accepted(self, pledge: Pledge) -> None:
        """What was built is taken over: what was held back is paid when the time for defects is over."""
        if self._terms is not None and pledge.retained:
            days = max(self._terms.defects_days, self._terms.pays_after_days)
            self._later(days, pledge.project, pledge.retained)
            pledge.retained = []

    def _taken(self, pledge: Pledge, cents: int) -> list[tuple[int, int]]:
        """Take US cents out of a pledge: fund and smallest units, fund after fund."""
        parts = pledge.parts
        left = parts[0][1] if len(parts) == 1 else sum(part[1] for part in parts)
        if cents < pledge.cents:
            left = min(self.minor(cents), left)
        pledge.cents -= cents
        out = []
        for part in parts:
            take = min(part[1], left)
            if take:
                part[1] -= take
                left -= take
                out.append((part[0], take))
        return out

    def _later(self, days: float, project: int, what: list[tuple[int, str, int, int]]) -> None:
        world = self._world

        def paid() -> None:
            for fund, cause, node, amount in what:
                world.record(ev.Spent(world.now, fund, project, cause, node, amount))

        world.after(days, paid)
