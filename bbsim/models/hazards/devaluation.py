"""A devaluation on a known day: what is imported costs more of the country's own money from then on."""

from __future__ import annotations

from typing import Annotated

from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, sourced
from bbsim.units import Day, Quantity, Share

Rate = Annotated[float, Quantity("share", above=0.0, most=1e9)]


class Devaluation(Frozen):
    """The currency falls on a stated day; no luck is in it. Several are several hazards.

    The ledger's dollars are those of the reference rate, at which grants were stated, so that after it the
    same grants buy less of what is imported. What is under contract keeps its price.
    """

    on: Day
    """First day of the new rate."""
    per_usd_before: Rate
    """Units of the country's own money for a dollar until then."""
    per_usd: Rate
    """And from then on."""
    imported_share: Share = sourced(0.8, "assumption: cable, ducts' resin and electronics come from abroad")
    """Part of the material's price that follows the dollar."""
    labour_share: Share = sourced(0.1, "assumption: fuel and machines; wages follow years later")
    """Part of the labour's price that does."""

    def happen(self, clock: Clock) -> Happening:
        """Once, on its day; never if that lies outside the run."""
        day = (self.on - clock.scenario.start).days
        if 0 <= day < clock.days:
            yield clock.until(day)
            rise = self.per_usd / self.per_usd_before - 1.0
            clock.change_prices(1.0 + rise * self.imported_share, 1.0 + rise * self.labour_share)
