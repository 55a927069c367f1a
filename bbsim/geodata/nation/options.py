"""What a planner may choose when a country pack is built."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """Choices of a build.

    Attributes
    ----------
    most_places : about how many places the pack may hold, half of them listed.
    persons_per_household : instead of the assumption by continent.
    """

    most_places: int = 6000
    persons_per_household: float | None = None
