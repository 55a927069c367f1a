"""Access technologies as datasheets: adding one is adding a record to ``data/technologies.toml``."""

from __future__ import annotations

import functools
import tomllib
from importlib.resources import files

from pydantic import Field

from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.scenario import Frozen, NodeKind, Text
from bbsim.units import Mbps, UsdPerHome


class Technology(Frozen):
    """One way of bringing a line into a home."""

    name: Text
    """What it is called."""
    line_mbps: Mbps
    """Best rate of one line, downstream."""
    shared_mbps: Mbps
    """Rate of the tree or cell that homes share."""
    homes_sharing: int = Field(ge=1)
    """Homes on one tree or cell when it is full."""
    usd_per_home_passed: dict[NodeKind, UsdPerHome]
    """Cost of passing one home, by kind of place."""
    source: Text
    """Where the figures come from."""

    def cents_per_home_passed(self, kind: str) -> int:
        """Whole cents of passing one home in a place of this kind."""
        return round(self.usd_per_home_passed[kind] * 100)  # type: ignore[index]


@functools.cache
def catalogue() -> dict[str, Technology]:
    """Every technology that comes with bbsim, by its short name."""
    text = files("bbsim").joinpath("data/technologies.toml").read_text(encoding="utf-8")
    return {name: Technology.model_validate(record) for name, record in tomllib.loads(text).items()}


def find(name: str) -> Technology:
    """A technology by its short name.

    Raises
    ------
    InputError
        for an unknown name, with the nearest.
    """
    known = catalogue()
    if name not in known:
        hint = did_you_mean(name, list(known))
        raise InputError(
            Problem("unknown-technology", f"no technology '{name}'", path="access.technology", hint=hint)
        )
    return known[name]
