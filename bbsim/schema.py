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
