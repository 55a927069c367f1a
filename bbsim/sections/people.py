"""The section on people: who uses the Internet, by whatever line or phone, apart from lines to homes."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import model_validator

from bbsim.sections import Frozen, sourced
from bbsim.units import Day, PositiveShare, Quantity

Rate = Annotated[float, Quantity("growth", most=5.0)]
Midpoint = Annotated[float, Quantity("year", least=-200.0, most=200.0)]
Odds = Annotated[float, Quantity("growth", above=0.0, most=1000.0)]
_PAIRS = {
    "bass": ("innovation", "imitation"),
    "gompertz": ("inflection_years", "growth_per_year"),
    "logistic": ("inflection_years", "growth_per_year"),
}


class InternetUse(Frozen):
    """A national curve of the people who use the Internet, mobile included; it neither sees nor moves
    lines."""

    curve: Literal["bass", "gompertz", "logistic"]
    """The curve; `bbsim calibrate --as internet_use` fits one."""
    since: Day
    """Day on which use began."""
    ceiling_share: PositiveShare
    """Share of the people who use it in the end, as it was counted when the curve was fitted."""
    counted_odds: Odds = sourced(1.0, "neutral: counted as when the curve was fitted")
    """What a later way of counting multiplies the odds of a person's use by: a shift of level, no growth."""
    innovation: Rate | None = None
    """Coefficient p of bass, a year."""
    imitation: Rate | None = None
    """Coefficient q of bass, a year."""
    inflection_years: Midpoint | None = None
    """Years from the first day to the fastest growth, of gompertz and logistic."""
    growth_per_year: Rate | None = None
    """Coefficient of growth, of gompertz and logistic."""

    @model_validator(mode="after")
    def _has_the_numbers_of_its_curve(self) -> Self:
        wanted = _PAIRS[self.curve]
        told = [
            name for pair in sorted(set(_PAIRS.values())) for name in pair if getattr(self, name) is not None
        ]
        if sorted(told) != sorted(wanted):
            raise ValueError(
                f"the curve {self.curve} has the numbers {wanted[0]} and {wanted[1]}, and no others"
            )
        return self

    @property
    def numbers(self) -> tuple[float, float]:
        """The two numbers of the curve."""
        first, second = (getattr(self, name) for name in _PAIRS[self.curve])
        return float(first), float(second)
