"""What a chart is made of, before it is drawn: lines, bars, marks and ticks in a square of 1000 by 1000."""

from __future__ import annotations

from dataclasses import dataclass, field

from bbsim.report.scales import Line, Tick


@dataclass(frozen=True, slots=True)
class Mark:
    """A promise on the chart: where, and whether it was kept."""

    left: float
    bottom: float
    title: str
    kept: bool | None


@dataclass(frozen=True, slots=True)
class Bar:
    """One block of a stack or strip, in the square's units."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: lines or bars over the run's time."""

    key: str
    title: str
    caption: str
    y_ticks: list[Tick]
    x_ticks: list[Tick]
    lines: list[Line]
    bars: list[Bar] = field(default_factory=list)
    strip: list[Bar] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    filled: bool = False
