"""bbsim simulates how a country gets broadband.

A scenario and a country go in; a discrete-event simulation builds the network day by day; dated coverage,
throughput and money come out::

    import bbsim

    scenario = bbsim.load("scenarios/azerbaijan.yaml")
    run = bbsim.simulate(scenario, seed=7)
    run.periods

Importing this package does nothing and costs nothing: each name is fetched when it is first used.
"""

from __future__ import annotations

import sys
from types import ModuleType

# As of `typing`, whose import alone would take longer than all else before a Ctrl-C is listened to.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from bbsim.api import load, simulate
    from bbsim.country import Country
    from bbsim.ensemble import ensemble
    from bbsim.ensemble.compare import compare
    from bbsim.ensemble.sweep import sweep
    from bbsim.errors import (
        BbsimError,
        EnvironmentFault,
        IncompleteError,
        InputError,
        ModelError,
        RefusedError,
    )
    from bbsim.run import Run
    from bbsim.scenario import Scenario
    from bbsim.state import State

__version__ = "0.1.0"

_WHERE = {
    "BbsimError": "bbsim.errors",
    "Country": "bbsim.country",
    "EnvironmentFault": "bbsim.errors",
    "IncompleteError": "bbsim.errors",
    "InputError": "bbsim.errors",
    "ModelError": "bbsim.errors",
    "RefusedError": "bbsim.errors",
    "Run": "bbsim.run",
    "Scenario": "bbsim.scenario",
    "State": "bbsim.state",
    "compare": "bbsim.ensemble.compare",
    "ensemble": "bbsim.ensemble",
    "load": "bbsim.api",
    "simulate": "bbsim.api",
    "sweep": "bbsim.ensemble.sweep",
}

__all__ = [
    "BbsimError",
    "Country",
    "EnvironmentFault",
    "IncompleteError",
    "InputError",
    "ModelError",
    "RefusedError",
    "Run",
    "Scenario",
    "State",
    "__version__",
    "compare",
    "ensemble",
    "load",
    "simulate",
    "sweep",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name not in _WHERE:
        raise AttributeError(f"module 'bbsim' has no attribute {name!r}")
    value = getattr(import_module(_WHERE[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


class _Package(ModuleType):
    """This package: importing the room `bbsim.simulate` must not hide the call `bbsim.simulate(...)`."""

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _WHERE and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
