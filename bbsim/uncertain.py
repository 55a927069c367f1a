"""A number that is known, or known only as a spread: a duration, if nothing else is said.

Four spreads with a closed mean and bounded or positive support, and one of observed values; a normal is
refused because it promises negative days. A spread is drawn from a stream that is handed in, by inverting its
distribution at one uniform draw, so that the same luck means "late" in every scenario.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic_core import PydanticCustomError, core_schema

from bbsim.conversion import problem, show
from bbsim.errors import did_you_mean
from bbsim.units import Quantity

if TYPE_CHECKING:
    import numpy as np
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler

Kind = Literal["fixed", "triangular", "uniform", "lognormal", "pert", "empirical"]
SPREADS = ("triangular", "uniform", "lognormal", "pert", "empirical")
Reader = Callable[[object, Quantity], tuple[float, ...]]
_Z90 = NormalDist().inv_cdf(0.9)
_DAYS = Quantity("day", most=36_525)
_REFUSED = {
    "normal": "A normal reaches below zero; use lognormal {median, p90} or triangular [least, mode, most].",
    "gauss": "A normal reaches below zero; use lognormal {median, p90} or triangular [least, mode, most].",
    "constant": "Write the number itself.",
    "fixed": "Write the number itself.",
}


@dataclass(frozen=True, slots=True)
class Uncertain:
    """A number, or a spread of numbers.

    Attributes
    ----------
    kind : ``fixed`` or the name of the spread.
    parameters : (value,), (least, most), (least, mode, most), (median, p90) or the observed values
        from the least on; in the field's unit.

    Notes
    -----
    triangular and uniform: textbook. pert: beta with mode weight 4 (Malcolm et al. 1959, as in Vose 2008).
    lognormal: median and 90 % point, sigma = ln(p90 / median) / z(0.9). empirical: each observed value is
    drawn as often as any other.

    Examples
    --------
    >>> spread = Uncertain.of({"triangular": [10, 20, 60]})
    >>> spread.mean, spread.fixed
    (30.0, False)
    >>> Uncertain.of("3 months").mean
    91.3125
    """

    kind: Kind
    parameters: tuple[float, ...]

    @classmethod
    def of(cls, value: object, quantity: Quantity = _DAYS) -> Uncertain:
        """From a number, a text with its unit, or a mapping of one spread; each number is a `quantity`.

        Raises
        ------
        PydanticCustomError
            with what is wrong with it (a `ValueError`).
        """
        if isinstance(value, Uncertain):
            return value
        if not isinstance(value, Mapping):
            return cls("fixed", (quantity.read(value),))
        for key in value:
            if key not in SPREADS:
                hint = _REFUSED.get(str(key).casefold()) or did_you_mean(str(key), SPREADS)
                message = f"saw {show(key)}, which is no spread known here"
                raise problem("spread", message, hint, (str(key),), at_key=True)
        if len(value) != 1:
            names = ", ".join(str(key) for key in value)
            raise problem("spread", f"saw {names or 'an empty mapping'}, wanted one of {', '.join(SPREADS)}")
        kind, given = next(iter(value.items()))
        return cls(kind, _READERS[kind](given, quantity))

    @property
    def fixed(self) -> bool:
        """True if every draw gives the same number."""
        return self.kind == "fixed"

    @property
    def mean(self) -> float:
        """Expected value, in the field's unit."""
        p = self.parameters
        if self.kind == "lognormal":
            return p[0] * math.exp(0.5 * _sigma(*p) ** 2)
        if self.kind == "pert":
            return (p[0] + 4.0 * p[1] + p[2]) / 6.0
        return sum(p) / len(p)

    def quantile(self, share: float) -> float:
        """The number below which a `share` of all draws lie; ``share`` in [0, 1)."""
        p = self.parameters
        share = min(max(share, 2.0**-54), 1.0 - 2.0**-53)  # a generator's own grain; keeps the tails finite
        if self.kind == "fixed":
            return p[0]
        if self.kind == "uniform":
            return p[0] + share * (p[1] - p[0])
        if self.kind == "triangular":
            return _triangular_at(share, *p)
        if self.kind == "pert":
            return _pert_at(share, *p)
        if self.kind == "empirical":
            return p[int(share * len(p))]
        return p[0] * math.exp(_sigma(*p) * NormalDist().inv_cdf(share))

    def draw(self, stream: np.random.Generator) -> float:
        """One number from the spread: one uniform draw, inverted; a fixed one leaves the stream untouched."""
        return self.parameters[0] if self.fixed else self.quantile(float(stream.random()))

    def plain(self) -> float | dict[str, Any]:
        """As it is written in a scenario file."""
        if self.kind == "fixed":
            return self.parameters[0]
        if self.kind == "lognormal":
            return {"lognormal": {"median": self.parameters[0], "p90": self.parameters[1]}}
        return {self.kind: list(self.parameters)}

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(cls.plain)
        return core_schema.no_info_plain_validator_function(cls.of, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        number = _DAYS.json_schema()
        three = {"type": "array", "items": number, "minItems": 3, "maxItems": 3}
        two = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
        median = {
            "type": "object",
            "properties": {"median": number, "p90": number},
            "required": ["median", "p90"],
            "additionalProperties": False,
        }
        many = {"type": "array", "items": number, "minItems": 1}
        spreads = {"triangular": three, "uniform": two, "lognormal": median, "pert": three, "empirical": many}
        objects = [
            {"type": "object", "properties": {name: form}, "required": [name], "additionalProperties": False}
            for name, form in spreads.items()
        ]
        return {"anyOf": [*number["anyOf"], *objects]}


UncertainDays = Annotated[Uncertain, "day"]


def _sigma(median: float, p90: float) -> float:
    return math.log(p90 / median) / _Z90


def _triangular_at(share: float, least: float, mode: float, most: float) -> float:
    width = most - least
    if share * width < mode - least:
        return least + math.sqrt(share * width * (mode - least))
    return most - math.sqrt((1.0 - share) * width * (most - mode))


def _pert_at(share: float, least: float, mode: float, most: float) -> float:
    from scipy.special import betaincinv  # only a scenario that has such a spread pays for the import

    width = most - least
    return least + width * float(
        betaincinv(1 + 4 * (mode - least) / width, 1 + 4 * (most - mode) / width, share)
    )


def _numbers(given: object, quantity: Quantity, kind: str, words: Sequence[str]) -> tuple[float, ...]:
    if not isinstance(given, (list, tuple)) or len(given) != len(words):
        too_many = isinstance(given, (list, tuple)) and len(given) > len(words)
        at = (kind, len(words)) if too_many else (kind,)
        wanted = f"{kind}: [{', '.join(words)}], {len(words)} numbers"
        raise problem("spread", f"saw {show(given)}, wanted {wanted}", "", at)
    return tuple(_read(value, quantity, kind, number) for number, value in enumerate(given))


def _read(value: object, quantity: Quantity, *at: str | int) -> float:
    """One number of a spread; what is wrong with it is told at its own place."""
    try:
        return quantity.read(value)
    except PydanticCustomError as error:
        context = error.context or {}
        raise problem(error.type, str(context["message"]), str(context["hint"]), at) from None


def _read_three(kind: str) -> Reader:
    def read(given: object, quantity: Quantity) -> tuple[float, ...]:
        least, mode, most = _numbers(given, quantity, kind, ("least", "mode", "most"))
        if not least <= mode <= most or least == most:
            seen = f"saw {kind}: [{least:g}, {mode:g}, {most:g}]"
            message = f"{seen}, but it must be least <= mode <= most and least < most"
            hint = "Write the number itself." if least == most else ""
            raise problem("spread", message, hint, (kind, 1 if mode < least else 2))
        return least, mode, most

    return read


def _read_empirical(given: object, quantity: Quantity) -> tuple[float, ...]:
    if not isinstance(given, (list, tuple)) or not given:
        message = f"saw {show(given)}, wanted empirical: [value, …] or {{file: NAME.csv, column: NAME}}"
        raise problem("spread", message, "", ("empirical",))
    return tuple(sorted(_read(value, quantity, "empirical", number) for number, value in enumerate(given)))


def _read_uniform(given: object, quantity: Quantity) -> tuple[float, ...]:
    least, most = _numbers(given, quantity, "uniform", ("least", "most"))
    if least >= most:
        hint = f"Write [{most:g}, {least:g}]." if least > most else "Write the number itself."
        message = f"saw uniform: [{least:g}, {most:g}], but least must be < most"
        raise problem("spread", message, hint, ("uniform", 1))
    return least, most


def _read_lognormal(given: object, quantity: Quantity) -> tuple[float, ...]:
    wanted = "wanted lognormal: {median: …, p90: …}"
    if not isinstance(given, Mapping):
        raise problem("spread", f"saw {show(given)}, {wanted}", "", ("lognormal",))
    for key in given:
        if key not in ("median", "p90"):
            hint = did_you_mean(str(key), ["median", "p90"])
            raise problem(
                "spread", f"saw the key {show(key)}, {wanted}", hint, ("lognormal", str(key)), at_key=True
            )
    for key in ("median", "p90"):
        if key not in given:
            raise problem("spread", f"no {key}, {wanted}", "", ("lognormal", key))
    median, p90 = (_read(given[key], quantity, "lognormal", key) for key in ("median", "p90"))
    if not 0 < median < p90 <= 100 * median:
        seen = f"saw lognormal: {{median: {median:g}, p90: {p90:g}}}"
        message = f"{seen}, but it must be 0 < median < p90 <= 100 medians"
        raise problem("spread", message, "", ("lognormal", "median" if median == 0 else "p90"))
    return median, p90


_READERS: Mapping[str, Reader] = {
    "empirical": _read_empirical,
    "triangular": _read_three("triangular"),
    "pert": _read_three("pert"),
    "uniform": _read_uniform,
    "lognormal": _read_lognormal,
}
