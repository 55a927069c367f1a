"""The money: grants that come late or are cut, and a currency that falls."""

from __future__ import annotations

from typing import Annotated

from bbsim.models.hazards.supply import PerYear, gaps
from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, sourced
from bbsim.uncertain import UncertainDays
from bbsim.units import Quantity, Share

Rise = Annotated[float, Quantity("share", most=100.0)]


class GrantTrouble(Frozen):
    """Grants are released late, and in some years the budget is cut."""

    late_share: Share = sourced(
        0.4, "assumption: two grants in five wait for a signature or for the year's revenue"
    )
    """Part of the grants that come late."""
    late_days: UncertainDays = sourced(
        {"lognormal": {"median": 30, "p90": 120}}, "assumption: a month, one in ten of them four"
    )
    """How much later."""
    cut_share: Share = sourced(0.1, "assumption: one budget year in ten is cut in its course")
    """Part of the years in which grants are cut."""
    cut_least_share: Share = sourced(0.1, "assumption: a tenth at least, or nobody would cut")
    """The smallest cut, of each grant of the year."""
    cut_most_share: Share = sourced(0.5, "assumption: what is under contract, about a half, is paid")
    """The largest cut."""

    def happen(self, clock: Clock) -> Happening:
        """Everything is settled beforehand, and told when each grant is due."""
        for number, (day, _) in enumerate(clock.grants):
            year = clock.date(day).year
            late, length = clock.uniforms(f"grant of {clock.date(day)}", 2)
            if late < self.late_share:
                clock.set_back(-1, f"grant {number}", self.late_days.quantile(length))
            cut, size = clock.uniforms(f"budget of {year}", 2)
            if cut < self.cut_share:
                span = self.cut_most_share - self.cut_least_share
                clock.cut_grant(number, max(self.cut_least_share + size * span, 0.0))
        yield clock.delay(0)


class CurrencyShock(Frozen):
    """The currency falls: what is imported costs more of it, grants stay what they were.

    The ledger's dollars are those of the reference rate, so the programme's own money buys less abroad.
    """

    per_year: PerYear = sourced(
        0.05,
        "Frankel and Rose 1996: 117 crashes of a currency in 105 countries from 1971 to 1992, 5 % a year",
    )
    """How often."""
    least_rise_share: Rise = sourced(0.33, "Frankel and Rose 1996: a crash is a fall of at least 25 %")
    """How much dearer the dollar gets at least."""
    most_rise_share: Rise = sourced(1.0, "assumption: seldom more than a half of its worth at once")
    """And at most; anything between is equally likely."""
    imported_share: Share = sourced(0.8, "assumption: cable, ducts' resin and electronics come from abroad")
    """Part of the material's price that follows the dollar."""
    labour_share: Share = sourced(0.1, "assumption: fuel and machines; wages follow years later")
    """Part of the labour's price that does."""

    def happen(self, clock: Clock) -> Happening:
        """Crash after crash."""
        for number, day in enumerate(gaps(clock, "crash", self.per_year)):
            (size,) = clock.uniforms(f"size {number}")
            yield clock.until(day)
            rise = self.least_rise_share + size * max(self.most_rise_share - self.least_rise_share, 0.0)
            clock.change_prices(1.0 + rise * self.imported_share, 1.0 + rise * self.labour_share)
