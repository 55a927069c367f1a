"""`bbsim run --fail`: a failure is one more hazard of the scenario, so that the run's folder tells of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any


def as_overrides(failures: Sequence[str]) -> list[str]:
    """What stands after --fail, as what could stand after --set.

    >>> as_overrides(["gateway:baku@2015-11-16..+6h"])
    ['hazards.fail-1={"use": "what_if", "what": "gateway:baku@2015-11-16..+6h"}']
    """
    written = [json.dumps({"use": "what_if", "what": text}) for text in failures]
    return [f"hazards.fail-{number}={text}" for number, text in enumerate(written, start=1)]


def effects(folder: Path, failures: Sequence[str]) -> list[dict[str, Any]]:
    """What each failure did in the run of a folder."""
    from bbsim.metrics.resilience import delivered_while
    from bbsim.run import Run

    run = Run.load(folder)
    return [delivered_while(run, text) for text in failures]


def lines(told: Sequence[Mapping[str, Any]]) -> list[str]:
    """What each failure did, for people."""
    return [f"  {each['failure']}: {_effect(each)}" for each in told]


def _effect(each: Mapping[str, Any]) -> str:
    if each["day"] is None:
        return "never happens, it lies outside the scenario's first and last day"
    shares = each["delivered_share_while"], each["delivered_share_that_day"]
    lasted, that_day = ("nothing" if share is None else f"{share:.1%}" for share in shares)
    return (
        f"{lasted} of the traffic delivered while it lasted, {that_day} on {each['day']}; "
        f"{each['people_off']:,} people off"
    )
