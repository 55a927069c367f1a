"""The JSON Schema that editors use: made from the schema of scenarios, in a whole and a partial reading."""

from __future__ import annotations

import json
import re

import pytest
from bbsim.explain import describe
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


def test_a_spread_may_stand_wherever_a_number_may_and_nowhere_else():
    parts = scenario_schema()["$defs"]
    spread = {"$ref": "#/$defs/Spread"}
    assert spread in parts["Budget"]["properties"]["usd_per_year"]["anyOf"]
    assert spread in parts["Budget"]["properties"]["access_share"]["anyOf"]
    assert spread in parts["Planner"]["properties"]["award_every_days"]["anyOf"]
    assert spread not in parts["Stages"]["properties"]["survey_days"]["anyOf"], "it has its own"
    assert "anyOf" not in parts["Phase"]["properties"]["name"]
    assert scenario_schema()["else"]["properties"]["uncertain"]["additionalProperties"] == spread


@pytest.mark.parametrize(
    ("loc", "wanted"),
    [
        (("public_sites", "off"), "true or false"),
        (("upgrades", "transit"), "true or false"),
        (("access", "last_mile", "businesses_per_1000_people"), "a number"),
        (("name",), "a text"),
    ],
)
def test_a_plain_field_is_described_by_its_kind(loc, wanted):
    """A reader who is told that a number is a text puts it in quotes, and is refused."""
    assert describe(Scenario, loc) == wanted
