"""What a connected home asks for at the busy hour: one measured load, growing at a stated rate."""

from __future__ import annotations

from datetime import date

from bbsim.scenario import Frozen, sourced
from bbsim.units import GrowthPerYear, Kbps, Share


class BusyHourGrowth(Frozen):
    """A measured busy-hour load a home, growing by the same share every year."""

    kbps_per_home: Kbps = sourced(
        29.8, "ictnews.az 2011-12: peak of 29 Gbit/s inbound over 973,869 fixed lines (AzNET segment)"
    )
    """Busy-hour load of one connected home on the day of the measurement."""
    measured: date = sourced(date(2011, 12, 31), "ictnews.az 2011-12")
    """Day of the measurement."""
    growth_share_per_year: GrowthPerYear = sourced(
        0.30, "NANOG 2016, practitioners' rule of thumb: +30 % a year a subscriber; not a standard"
    )
    """Growth of the load a home, compound."""

    active_share: Share = sourced(
        0.1, "assumption: one home in ten uses its line at the same time at the busy hour"
    )
    """Share of connected homes that use the line at once; on a full span only they share what it carries."""

    def mbps_per_home(self, on: date) -> float:
        """Busy-hour load of one connected home on a day, Mbit/s: load x (1 + growth) ^ years."""
        years = (on - self.measured).days / 365.25
        return float(self.kbps_per_home / 1000.0 * (1.0 + self.growth_share_per_year) ** years)
