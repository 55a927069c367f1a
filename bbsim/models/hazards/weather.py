"""Days lost to rain, frost and snow, by month and altitude: crews on site stand still."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from pydantic import Field

from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, sourced
from bbsim.units import Quantity

DAYS = Annotated[float, Quantity("day", most=31)]
# Most of a month that can be lost: a month has days on which something is done.
MOST_SHARE = 0.9


class Weather(Frozen):
    """Each month, each region loses a run of days; higher ground loses more of the same weather.

    Seasons (`seasons` of the scenario) close terrain for months; this is the weather within the open time.
    """

    lost_days: list[DAYS] = Field(
        default=[5.0, 5.0, 4.0, 3.0, 2.0, 1.0, 1.0, 1.0, 1.5, 3.0, 4.0, 5.0],
        min_length=12,
        max_length=12,
        json_schema_extra={
            "source": "assumption: a dry lowland with wet ground and frost in winter (frost laws: ACD.net)"
        },
    )
    """Calendar days that a lowland site loses in each month on average, January first."""
    more_share_per_1000m: Annotated[float, Quantity("share", most=10.0)] = sourced(
        1.0, "assumption: twice the lowland's at 1,000 m, as snow lies longer and roads close"
    )
    """How much more is lost a thousand metres higher, as a share of the lowland's days."""
    spread_share: Annotated[float, Quantity("share", most=3.0)] = sourced(
        0.6, "assumption: a bad month in ten loses about twice the mean (gamma distribution)"
    )
    """Standard deviation of a month's lost days over their mean."""
    bands_m: list[Annotated[float, Quantity("m", least=-500.0, most=9000.0)]] = Field(
        default=[500.0, 1000.0, 1500.0],
        json_schema_extra={"source": "assumption: lowland, foothills, villages of the mountains, above"},
    )
    """Altitudes that divide a region into zones with weather of their own."""

    def happen(self, clock: Clock) -> Happening:
        """Month after month, in each zone in which anybody works."""
        from scipy.special import gammaincinv  # only a run with weather pays for the import

        zones = self._zones(clock)
        day = 0
        while day < clock.days:
            yield clock.until(day)
            date = clock.date(day)
            after = (
                date.replace(year=date.year + date.month // 12, month=date.month % 12 + 1, day=1) - date
            ).days
            for region, parts in zones.items():
                luck, at = clock.uniforms(f"{region} {date:%Y-%m}", 2)
                shape = 1.0 / self.spread_share**2 if self.spread_share else math.inf
                factor = float(gammaincinv(shape, luck)) / shape if math.isfinite(shape) else 1.0
                for zone, altitude, spans in parts:
                    mean = self.lost_days[date.month - 1] * max(
                        1.0 + self.more_share_per_1000m * altitude / 1000.0, 0.0
                    )
                    lost = round(min(mean * factor, MOST_SHARE * after))
                    if lost:
                        clock.start(self._spell(clock, zone, spans, day + at * (after - lost), lost))
            day += after

    def _spell(self, clock: Clock, zone: str, spans: list[int], day: float, lost: int) -> Happening:
        yield clock.until(int(day))
        clock.stop_work(zone, spans, lost)

    def _zones(self, clock: Clock) -> dict[str, list[tuple[str, float, list[int]]]]:
        """By region, its zones: name, middle altitude, spans."""
        country = clock.country
        metres = np.array([each or 0.0 for each in country.nodes["elevation_m"]], dtype=np.float64)
        height = (metres[country.u] + metres[country.v]) / 2
        band = np.searchsorted(np.array(sorted(self.bands_m)), height, side="right")
        out: dict[str, list[tuple[str, float, list[int]]]] = {}
        of = np.array(country.spans["region"], dtype=object)
        for region in country.regions:
            for number in range(len(self.bands_m) + 1):
                spans = np.flatnonzero((of == region) & (band == number))
                if len(spans):
                    above = f"{region}, {self._words(number)}"
                    zone = (above, float(np.mean(height[spans])), spans.tolist())
                    out.setdefault(region, []).append(zone)
        return out

    def _words(self, number: int) -> str:
        edges = sorted(self.bands_m)
        if number == 0:
            return f"below {edges[0]:g} m" if edges else "everywhere"
        return f"above {edges[number - 1]:g} m"
