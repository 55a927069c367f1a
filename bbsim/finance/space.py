"""What satellites cost and earn: bought at launch, run while they are up, what is not kept of them is sold.

What homes pay for a line is booked elsewhere; what users of the national part pay, if told, stands here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bbsim.finance.flows import CAPEX, NOWHERE, OPERATOR, OPEX, REVENUE, Booked, Floats, Ints
from bbsim.finance.present import DAYS_PER_YEAR
from bbsim.finance.service import Months
from bbsim.metrics.columns import ByKind
from bbsim.metrics.satellites import turns
from bbsim.scenario import Scenario
from bbsim.units import MINUTES_PER_DAY

CAUSE, SOLD, NATIONAL = "satellite", "capacity", "national_capacity"


def bought(events: ByKind, scenario: Scenario) -> Iterator[Booked]:
    """Satellites and their launches, those that failed too; what was up on the first day is paid."""
    told = {satellite.name: satellite for satellite in scenario.satellites if satellite.usd}
    for turn in turns(events) if told else ():
        if turn.name not in told:
            continue
        satellite = told[turn.name]
        if turn.up != 0 or satellite.launched >= scenario.start:
            day = max(turn.up, 0) if turn.up >= 0 else turn.down
            yield _booked(CAPEX, CAUSE, [day // MINUTES_PER_DAY], [-satellite.usd * 100.0])


def in_orbit(events: ByKind, scenario: Scenario, months: Months, *, existing: bool) -> Iterator[Booked]:
    """Running cost, and what is sold at the price of each month, while it is up."""
    told = {each.name: each for each in scenario.satellites}
    years = months.edges[:-1] / (MINUTES_PER_DAY * DAYS_PER_YEAR)
    horizon = int(months.edges[-1])
    for turn in turns(events) if told else ():
        if turn.up < 0 or turn.name not in told:
            continue
        satellite = told[turn.name]
        if turn.up == 0 and satellite.launched < scenario.start and not existing:
            continue
        down = turn.down if turn.down >= 0 else horizon
        part = months.months_since(np.array([turn.up]), np.array([down]))[0]
        yield _booked(OPEX, CAUSE, months.last_day, -part * (satellite.usd_per_year * 100.0 / 12))
        for cause, gbps in ((SOLD, satellite.sold_gbps), (NATIONAL, satellite.usable_gbps)):
            price = [satellite.usd_of_capacity(year, national=cause == NATIONAL) for year in years.tolist()]
            yield _booked(REVENUE, cause, months.last_day, part * np.array(price) * (gbps * 100.0))


def _booked(kind: int, cause: str, day: Ints | list[int], cents: Floats | list[float]) -> Booked:
    """Flows that belong to no place, in whole cents."""
    days, whole = np.asarray(day, dtype=np.int64), np.rint(cents).astype(np.int64)
    return Booked.of(kind, cause, OPERATOR, days, np.full(len(days), NOWHERE, dtype=np.int64), whole)
