"""The scenario's JSON Schema, for editors that complete and check while one types.

A file that extends another may leave anything out, and sets a key back to its default with null; so the
schema has two readings, chosen by whether the file says ``extends``.
"""

from __future__ import annotations

from typing import Any

from bbsim.scenario import Scenario

SCHEMA_FILE = "scenario.schema.json"
_EXTENDS = {
    "type": "string",
    "description": "Another scenario file, relative to this one; what this file says comes on top of it.",
}
_OF_NUMBERS = ("type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
_VALUES = {"type": "array", "items": {"type": ["number", "string"]}}
_SPREAD = {
    "type": "object",
    "description": "One spread of which each run draws a number; numbers of one factor lean together.",
    "properties": {
        "triangular": {**_VALUES, "minItems": 3, "maxItems": 3, "description": "least, mode, most"},
        "pert": {**_VALUES, "minItems": 3, "maxItems": 3, "description": "least, mode, most"},
        "uniform": {**_VALUES, "minItems": 2, "maxItems": 2, "description": "least, most"},
        "lognormal": {
            "type": "object",
            "description": "by its median and the point below which nine in ten lie",
            "properties": {"median": {"type": ["number", "string"]}, "p90": {"type": ["number", "string"]}},
            "required": ["median", "p90"],
            "additionalProperties": False,
        },
        "empirical": {
            "description": "observed values, or a CSV beside the scenario and its column",
            "anyOf": [
                {**_VALUES, "minItems": 1},
                {
                    "type": "object",
                    "properties": {"file": {"type": "string"}, "column": {"type": "string"}},
                    "required": ["file", "column"],
                    "additionalProperties": False,
                },
            ],
        },
        "factor": {"type": "string", "description": "a name that several numbers share"},
        "correlation": {
            "type": "number",
            "minimum": -1,
            "maximum": 1,
            "description": "with the factor",
        },
    },
    "additionalProperties": False,
}
_NOTES = {"^x-": {"description": "A private note; not read."}}


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a scenario file.

    Examples
    --------
    >>> sorted(scenario_schema()["else"]["required"])[:3]
    ['budget', 'country', 'crews']
    """
    whole = Scenario.model_json_schema(ref_template="#/$defs/{model}")
    parts = whole.pop("$defs")
    for part in (whole, *parts.values()):
        _open_numbers(part)
    parts["Spread"] = _SPREAD
    partial = {f"{name}.partial": _loose(part) for name, part in parts.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "bbsim scenario",
        "description": whole.get("description", ""),
        "type": "object",
        "if": {"required": ["extends"]},
        "then": _file(_loose(whole)),
        "else": _file(whole),
        "$defs": {**parts, **partial},
    }


def _open_numbers(section: dict[str, Any]) -> None:
    """Let a spread stand where a number may; changes the section."""
    for name, value in section.get("properties", {}).items():
        if name == "uncertain":
            value["additionalProperties"] = {"$ref": "#/$defs/Spread"}
        elif name != "seed":
            _or_a_spread(value)
            if isinstance(value.get("additionalProperties"), dict):
                _or_a_spread(value["additionalProperties"])


def _or_a_spread(value: dict[str, Any]) -> None:
    options = value.get("anyOf") or [value]
    kinds = [option.get("type") for option in options]
    if not {"number", "integer"} & set(kinds) or "object" in kinds:
        return
    number = {k: value.pop(k) for k in _OF_NUMBERS if k in value}
    value["anyOf"] = [*(value.get("anyOf") or [number]), {"$ref": "#/$defs/Spread"}]


def _file(schema: dict[str, Any]) -> dict[str, Any]:
    """A section's schema as that of a whole file: notes and extends are allowed."""
    properties = {"extends": _EXTENDS, **schema["properties"]}
    return {**schema, "properties": properties, "patternProperties": _NOTES}


def _loose(schema: Any) -> Any:
    """The same without required keys, with null for every key, and with loose sections inside."""
    if isinstance(schema, list):
        return [_loose(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: _loose(value) for key, value in schema.items() if key != "required"}
    if isinstance(out.get("$ref"), str):
        out["$ref"] = f"{out['$ref']}.partial"
    if isinstance(schema.get("items"), dict):
        out["items"] = schema["items"]  # lists are replaced as a whole, so their items are whole
    if isinstance(schema.get("properties"), dict):
        properties = schema["properties"].items()
        out["properties"] = {name: {"anyOf": [_loose(part), {"type": "null"}]} for name, part in properties}
    if isinstance(schema.get("additionalProperties"), dict):
        out["additionalProperties"] = {"anyOf": [_loose(schema["additionalProperties"]), {"type": "null"}]}
    return out
