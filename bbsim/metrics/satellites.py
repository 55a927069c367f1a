"""Satellites as a table: what each carries, when it was promised, when it came, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from bbsim import events as ev
from bbsim.metrics.columns import ByKind, days_of, objects, past_of
from bbsim.run import Run
from bbsim.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Turn:
    """One satellite of a name: minutes of its launch, -1 if that failed, and of its end, -1 if it is up."""

    name: str
    up: int
    down: int
    end: str
    """``retired``, ``lost``, or nothing."""


def turns(events: ByKind) -> list[Turn]:
    """Every satellite that was launched, or was to be, in the order of their ends."""
    up: dict[str, int] = {}
    out: list[Turn] = []
    kinds = (ev.SatelliteLaunched, ev.SatelliteRetired, ev.SatelliteLost)
    for _, event in events.in_order(*kinds):
        if isinstance(event, ev.SatelliteLaunched):
            up[event.name] = event.minute
        elif isinstance(event, (ev.SatelliteRetired, ev.SatelliteLost)):
            end = "lost" if isinstance(event, ev.SatelliteLost) else "retired"
            out.append(Turn(event.name, up.pop(event.name, -1), event.minute, end))
    return out + [Turn(name, minute, -1, "") for name, minute in up.items()]


def satellites(run: Run) -> dict[str, Any]:
    """What became of each satellite.

    Parameters
    ----------
    run : a run.

    Returns
    -------
    dict
        columns of equal length, a row a launch and one for each satellite that never came: ``satellite``,
        ``payload``, ``broadband`` (whether it carries any), ``orbit``, ``latency_ms`` (at least),
        ``promised`` (of a successor: no date), ``launched``, ``ended``, ``end`` (retired or lost),
        ``capacity_gbps``, ``national_gbps``, ``sold_gbps``.
    """
    scenario = run.scenario
    of = {satellite.name: i for i, satellite in enumerate(scenario.satellites)}
    known = turns(past_of(run))
    seen = {turn.name for turn in known}
    rows = known + [Turn(name, -1, -1, "") for name in of if name not in seen]
    rows.sort(key=lambda turn: (of[turn.name], turn.down if turn.up < 0 else turn.up))
    told = [scenario.satellites[of[turn.name]] for turn in rows]
    first = [i == 0 or rows[i - 1].name != turn.name for i, turn in enumerate(rows)]
    promised = [
        np.datetime64(each.launched if new else "NaT", "D") for each, new in zip(told, first, strict=True)
    ]
    begun = _launched(scenario, rows)
    return {
        "satellite": objects([each.name for each in told]),
        "payload": objects([each.payload for each in told]),
        "broadband": np.array([each.usable_gbps > 0 for each in told], dtype=bool),
        "orbit": objects([each.orbit for each in told]),
        "latency_ms": np.array([np.nan if each.latency_ms is None else each.latency_ms for each in told]),
        "promised": np.array(promised, dtype="datetime64[D]"),
        "launched": begun,
        "ended": days_of(scenario.start, np.array([turn.down for turn in rows], dtype=np.int64)),
        "end": objects([turn.end or None for turn in rows]),
        "capacity_gbps": np.array([each.capacity_gbps for each in told], dtype=np.float64),
        "national_gbps": np.array([each.usable_gbps for each in told], dtype=np.float64),
        "sold_gbps": np.array([each.sold_gbps for each in told], dtype=np.float64),
    }


def _launched(scenario: Scenario, rows: list[Turn]) -> Any:
    """Days of launch; of what was up on the first day the day that the scenario tells."""
    days = days_of(scenario.start, np.array([turn.up for turn in rows], dtype=np.int64))
    promised = {satellite.name: satellite.launched for satellite in scenario.satellites}
    for i, turn in enumerate(rows):
        if turn.up == 0 and promised[turn.name] < scenario.start:
            days[i] = np.datetime64(promised[turn.name], "D")
    return days
