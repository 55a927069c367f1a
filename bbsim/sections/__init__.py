"""What every section of a scenario is made of: a frozen base, sourced defaults, and shared words."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bbsim.text import Line, MonthDayText, SlugText

Slug = Annotated[str, SlugText()]
Text = Annotated[str, Line()]
Id = Annotated[str, Line()]  # of a node, span or area: as the country has it, in its own letters
MonthDay = Annotated[str, MonthDayText()]
NodeKind = Literal["city", "town", "access_area", "rural_synthetic"]
Terrain = Literal["plain", "hills", "mountain", "urban", "submarine"]
Follows = Literal["road", "rail", "spur", "foreign"]
CrewKind = Literal["civil", "cable", "splice", "access"]


class Frozen(BaseModel):
    """Base of every section: frozen, no unknown keys, meanings taken from the strings below the fields."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        validate_default=True,
        hide_input_in_errors=True,
    )


def sourced(default: Any, source: str) -> Any:
    """A field default together with the source it rests on; the report prints both."""
    return Field(default=default, json_schema_extra={"source": source})


class Use(BaseModel):
    """A model's name, and that model's own parameters."""

    model_config = ConfigDict(frozen=True, extra="allow", use_attribute_docstrings=True)

    use: Text
    """Name of an installed model (`bbsim models` lists them), or `file.py:Class` with --allow-code."""

    @property
    def parameters(self) -> dict[str, Any]:
        """What the scenario sets for the model, by parameter name."""
        return dict(self.model_extra or {})


class Hazard(Use):
    """Something that can go wrong, with its own parameters."""

    off: bool = False
    """true: it does not happen; everything else keeps its luck."""
