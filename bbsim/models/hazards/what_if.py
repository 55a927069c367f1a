"""What if this failed then: one dated failure of a node, a gateway's ways abroad, or a span."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic_core import PydanticCustomError, core_schema

from bbsim.conversion import problem, show
from bbsim.country import Country
from bbsim.errors import InputError, Problem, did_you_mean
from bbsim.models.hazards.verbs import Clock, Happening
from bbsim.scenario import Frozen, Scenario

_TEXT = re.compile(r"(node|gateway|span):([^@\s]+)@(\S+?)\.\.(\S+)")
_LENGTH = re.compile(r"\+(\d+(?:\.\d+)?)(m|h|d)")
_HOURS = {"m": 1 / 60, "h": 1.0, "d": 24.0}
EXAMPLE = "For example gateway:baku@2015-11-16T16:15..+8h or span:a-b@2020-01-01..2020-01-03."


@dataclass(frozen=True, slots=True)
class Failure:
    """What fails, from when until when.

    >>> Failure.of("gateway:baku@2015-11-16T16:15..+8h").until.isoformat()
    '2015-11-17T00:15:00'
    """

    kind: str
    name: str
    begins: datetime
    until: datetime
    text: str

    @classmethod
    def of(cls, text: object) -> Failure:
        """From KIND:ID@BEGIN..END; a moment is a date or YYYY-MM-DDTHH:MM, an END may be +6h, +30m or +2d.

        Raises
        ------
        PydanticCustomError
            with what is wrong with it (a `ValueError`).
        """
        if isinstance(text, Failure):
            return text
        found = _TEXT.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise problem("failure", f"saw {show(text)}, wanted KIND:ID@BEGIN..END", EXAMPLE)
        kind, name, begin, end = found.groups()
        begins = _moment(begin)
        length = _LENGTH.fullmatch(end)
        until = begins + timedelta(hours=float(length[1]) * _HOURS[length[2]]) if length else _moment(end)
        if until <= begins:
            raise problem("failure", f"saw {show(text)}, but it ends before it begins", EXAMPLE)
        return cls(kind, name, begins, until, str(text).strip())

    def place(self, scenario: Scenario, country: Country) -> tuple[str, int]:
        """What is meant in a country: kind, and position of the node or span.

        ``node:NAME-gateway`` is the gateway NAME, where no node is called so.

        Raises
        ------
        InputError
            if there is no such node, gateway or span.
        """
        gateways = [gateway.node for gateway in scenario.gateways]
        kind, name = self.kind, self.name
        if kind == "node" and name not in country.node_index and name.removesuffix("-gateway") in gateways:
            kind, name = "gateway", name.removesuffix("-gateway")
        known = {"node": list(country.ids), "span": list(country.span_ids), "gateway": gateways}[kind]
        if name not in known:
            hint = did_you_mean(name, known)
            message = f"saw '{name}', which is no {kind} of this country and scenario"
            raise InputError(Problem("unknown-failure", message, hint=hint))
        return kind, (country.span_index if kind == "span" else country.node_index)[name]

    def outside(self, scenario: Scenario) -> bool:
        """Whether it is over before the first day of a scenario, or begins after the last."""
        first, last = (datetime.combine(day, datetime.min.time()) for day in (scenario.start, scenario.end))
        return self.until <= first or self.begins >= last

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        written = core_schema.plain_serializer_function_ser_schema(lambda failure: failure.text)
        return core_schema.no_info_plain_validator_function(cls.of, serialization=written)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: Any) -> dict[str, Any]:
        return {"type": "string", "description": "KIND:ID@BEGIN..END"}


def _moment(text: str) -> datetime:
    if re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d)?", text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    message = f"saw the moment {show(text)}, wanted YYYY-MM-DD or YYYY-MM-DDTHH:MM"
    error: PydanticCustomError = problem("failure", message, EXAMPLE)
    raise error


class WhatIf(Frozen):
    """One thing fails from a moment on for so long: what `--fail` asks."""

    what: Failure
    """KIND:ID@BEGIN..END, as ``gateway:baku@2015-11-16T16:15..+8h``; KIND is node, gateway or span."""

    def happen(self, clock: Clock) -> Happening:
        """Wait for the moment, and for its end."""
        kind, which = self.what.place(clock.scenario, clock.country)
        start = datetime.combine(clock.scenario.start, datetime.min.time())
        begin, end = ((moment - start) / timedelta(days=1) for moment in (self.what.begins, self.what.until))
        if self.what.outside(clock.scenario):
            return
        yield clock.until(max(begin, 0.0))
        began = clock.now
        {"node": clock.fail, "gateway": clock.fail_gateway, "span": clock.cut}[kind](which)
        yield clock.until(end)
        back = {"node": clock.restore, "gateway": clock.restore_gateway, "span": clock.restore_span}
        back[kind](which, began)
