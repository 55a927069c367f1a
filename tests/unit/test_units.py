"""Numbers with units: what is taken, exactly, and what is refused, with which words."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import pytest
from bbsim import units
from bbsim.conversion import SPELLINGS, UNITS, convert
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError


def read(kind, value):
    return TypeAdapter(kind).validate_python(value)


def refusal(kind, value):
    with pytest.raises(ValidationError) as caught:
        read(kind, value)
    context = caught.value.errors()[0]["ctx"]
    return f"{context['message']} {context['hint']}"


@pytest.mark.parametrize(
    ("kind", "written", "number"),
    [
        (units.Km, "33 km", 33),
        (units.Km, "33000 m", 33),
        (units.Km, 33, 33),
        (units.UsdPerYear, "60 MUSD/year", 60e6),
        (units.UsdPerYear, "60 million USD/year", 60e6),
        (units.UsdPerYear, "60 MUSD per year", 60e6),
        (units.UsdPerYear, "5 MUSD/month", 60e6),
        (units.Usd, "0.35 MUSD", 350_000),
        (units.Usd, "1.23 billion USD", 1.23e9),
        (units.Gbps, "10 Gbit/s", 10),
        (units.Gbps, "10 Gbps", 10),
        (units.Gbps, "400 Mbit/s", 0.4),
        (units.Mbps, "1 Gbit/s", 1000),
        (units.Kbps, "29.8 kbit/s", 29.8),
        (units.Days, "90 days", 90),
        (units.Days, "3 months", 91.3125),
        (units.Days, "2 weeks", 14),
        (units.Years, "180 months", 15),
        (units.DaysPerKm, "0.5 days/km", 0.5),
        (units.KmPerDay, "500 m/day", 0.5),
        (units.HomesPerDay, "20 homes/day", 20),
        (units.UsdPerKm, "16 kUSD/km", 16000),
        (units.UsdPerHome, "150 USD/home", 150),
        (units.Share, 1, 1),
        (units.GrowthPerYear, -0.2, -0.2),
    ],
)
def test_a_quantity_is_a_number_in_its_unit_or_a_text_with_one(kind, written, number):
    assert read(kind, written) == number


@pytest.mark.parametrize(
    ("kind", "written", "words"),
    [
        (units.Gbps, "10 Gb/s", ["bits", "bytes", "10 Gbit/s", "80 Gbit/s"]),
        (units.Gbps, "10 GB", ["bits", "bytes", "80 Gbit/s"]),
        (units.Mbps, "100 mbps", ["bits", "bytes", "100 Mbit/s", "800 Mbit/s"]),
        (units.Km, "33 M", ["metre", "million"]),
        (units.Usd, "5 mUSD", ["million", "thousandth"]),
        (units.Usd, "10,000", ["'10,000'", "10000", "10_000"]),
        (units.Usd, "10,000 USD", ["10000 USD"]),
        (units.Share, "0,35", ["'0,35'", "0.35"]),
        (units.Share, "35%", ["0.35"]),
        (units.Share, "35 per cent", ["0.35"]),
        (units.Share, 35, ["35", "0.35"]),
        (units.Share, "0.35", ["without quotes"]),
        (units.Km, "12 parsecs", ["parsecs", "m, km"]),
        (units.Km, "12 days", ["duration", "length"]),
        (units.Km, "12 km/day", ["a length per a duration"]),
        (units.Usd, "5 AZN", ["AZN", "US dollars", "Convert"]),
        (units.Km, "12", ["without quotes", "12 km"]),
        (units.Km, "many", ["'many'", "km"]),
        (units.Km, True, ["true"]),
        (units.Km, None, ["nothing"]),
        (units.Km, [1], ["list"]),
        (units.Km, float("nan"), ["finite"]),
        (units.Km, float("inf"), ["finite", "Leave the key out"]),
        (units.Km, 10**400, ["finite"]),
        (units.Km, 1e16, ["limit"]),
        (units.Km, 5e-324, ["limit"]),
        (units.Km, -1, [">= 0"]),
        (units.KmPerDay, 0, ["> 0"]),
        (units.KmPerDay, "3 km/hour", ["working day"]),
        (units.Count, 2.5, ["2.5", "whole number"]),
        (units.Count, "7", ["without quotes"]),
        (units.Count, "1,000", ["1000"]),
        (units.Count, True, ["true"]),
        (units.Count, 10**10, ["whole number"]),
        (units.Day, 24, ["24", "2024"]),
        (units.Day, 20024, ["1990..2150"]),
        (units.Day, "2025-01-01T00:00:00+04:00", ["2025-01-01"]),
        (units.Day, "2025-02-30", ["calendar"]),
        (units.Day, True, ["true"]),
    ],
)
def test_what_has_two_readings_or_none_is_refused_with_the_way_out(kind, written, words):
    said = refusal(kind, written)
    assert [word for word in words if word not in said] == []


def test_a_whole_float_is_a_count():
    assert read(units.Count, 1e3) == 1000
    assert isinstance(read(units.Count, 1e3), int)


@given(st.integers(0, 10**9), st.sampled_from(sorted(UNITS)))
def test_converting_to_its_own_unit_changes_nothing(number, unit):
    assert convert(f"{number} {unit}", unit) == number


@given(st.decimals(0, 10**6, places=3), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS)))
def test_conversion_is_the_exact_ratio_of_the_two_units(number, one, other):
    if UNITS[one][0] == UNITS[other][0]:
        from fractions import Fraction

        exact = Fraction(str(number)) * UNITS[one][1] / UNITS[other][1]
        assert convert(f"{number} {one}", other) == float(exact)


def test_every_spelling_means_a_known_unit():
    assert {SPELLINGS[word] for word in SPELLINGS} <= set(UNITS)


def test_a_pace_by_the_month_is_by_working_days():
    paces = units.per_working_day(
        {"cable_km_per_day": "25 km/month", "civil_km_per_day": {"plain": "1 km/week"}}
    )
    assert paces["cable_km_per_day"] == pytest.approx(25 * 12 / 250)
    assert paces["civil_km_per_day"]["plain"] == pytest.approx(365.25 / 7 / 250)


def test_the_json_schema_lets_editors_take_a_number_or_a_text():
    schema = TypeAdapter(units.UsdPerYear).json_schema()
    assert [part["type"] for part in schema["anyOf"]] == ["number", "string"]
    assert TypeAdapter(units.Share).json_schema() == {
        "type": "number", "minimum": 0, "maximum": 1, "description": "a share from 0 to 1",
    }  # fmt: skip


@given(
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.integers(1, 4000),
    st.sampled_from(["month", "quarter", "year"]),
)
def test_periods_cover_the_horizon_once_and_end_at_calendar_boundaries(start, days, every):
    end = units.date_of(days * units.MINUTES_PER_DAY, start)
    edges = units.period_edges(start, end, every)
    months = {"month": range(1, 13), "quarter": (1, 4, 7, 10), "year": (1,)}[every]
    assert edges[0] == start
    assert edges[-1] == end
    assert edges == sorted(set(edges))
    assert all(edge.day == 1 and edge.month in months for edge in edges[1:-1])


@given(
    st.dates(date(1990, 1, 1), date(2100, 1, 1)),
    st.integers(0, 40_000),
    st.integers(0, units.MINUTES_PER_DAY - 1),
)
def test_every_minute_of_a_day_has_its_date(start, days, minute):
    day = units.date_of(days * units.MINUTES_PER_DAY, start)
    assert units.date_of(units.minutes(day, start) + minute, start) == day
    assert units.day_of(units.minutes(day, start) + minute) == days


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (units.format_usd(57_300_000), "57.3 MUSD"),
        (units.format_usd(999_999), "1 MUSD"),
        (units.format_usd(0), "0 USD"),
        (units.format_usd(-2500), "-2.5 kUSD"),
        (units.format_gbps(0), "0 Gbit/s"),
        (units.format_gbps(12.34), "12.3 Gbit/s"),
        (units.format_gbps(0.0298), "29.8 Mbit/s"),
    ],
)
def test_amounts_are_shown_in_three_figures(text, said):
    assert text == said


def test_a_range_of_its_own_can_be_asked_for():
    kind = Annotated[float, units.Quantity("km", least=0.1, most=50)]
    assert read(kind, "50 km") == 50
    assert "<= 50 km" in refusal(kind, 51)
