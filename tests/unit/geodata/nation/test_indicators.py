"""Figures that a book writes for readers, read as numbers."""

from __future__ import annotations

import pytest
from bbsim.geodata.nation.indicators import figure, year_of


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1,340,478 (2025 est.)", 1_340_478),
        ("516,000 (2023 est.)", 516_000),
        ("2.15 million (2023 est.)", 2_150_000),
        ("$42.765 billion (2024 est.)", 42.765e9),
        ("$1.396 trillion (2024 est.)", 1.396e12),
        ("93% (2023 est.)", 93),
        ("-0.47% (2025 est.)", -0.47),
        ("(2023 est.) less than 1", None),
        ("less than 1 (2023 est.)", None),
        ("", None),
        ("NA", None),
        ("69.8% of total population (2023)", 69.8),
    ],
)
def test_a_text_becomes_its_number_in_units(text, wanted):
    assert figure(text) == wanted


def test_the_year_is_the_one_in_brackets():
    assert year_of("1,441 km (2020) 225 km electrified") == 2020
    assert year_of("93%") is None
