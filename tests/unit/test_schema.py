"""The JSON Schema that editors use: made from the schema of scenarios, in a whole and a partial reading."""

from __future__ import annotations

import json
import re

from bbsim.scenario import Scenario
from bbsim.schema import scenario_schema


def test_a_whole_file_needs_what_the_schema_needs_and_an_extending_one_nothing():
    schema = scenario_schema()
    required = {name for name, info in Scenario.model_fields.items() if info.is_required()}
    assert set(schema["else"]["required"]) == required
    assert '"required"' not in json.dumps(schema["then"])


def test_every_reference_has_its_definition():
    text = json.dumps(scenario_schema())
    names = {name.replace("~1", "/") for name in re.findall(r'"#/\$defs/([^"]+)"', text)}
    assert names <= set(scenario_schema()["$defs"])
    assert {"Budget", "Budget.partial"} <= names


def test_every_field_says_what_it_means():
    schema = scenario_schema()
    for part in [schema["else"], *(part for name, part in schema["$defs"].items() if "." not in name)]:
        for name, field in part.get("properties", {}).items():
            meant = schema["$defs"].get(field.get("$ref", "").removeprefix("#/$defs/"), {})
            assert field.get("description") or meant.get("description"), name


def test_unknown_keys_are_marked_and_private_notes_are_not():
    schema = scenario_schema()
    for reading in (schema["then"], schema["else"]):
        assert reading["additionalProperties"] is False
        assert list(reading["patternProperties"]) == ["^x-"]
        assert "extends" in reading["properties"]
