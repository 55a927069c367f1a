"""Shared by all tests: the flagship run, simulated once and watched while it happened."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(Path(__file__).parent / "properties"))  # `from strategies import …` in every folder


@pytest.fixture(scope="session")
def flagship_scenario():
    from bbsim.reading import load

    return load(ROOT / "scenarios" / "azerbaijan.yaml")


@pytest.fixture(scope="session")
def azerbaijan():
    from bbsim.country import Country

    return Country.read(ROOT / "geodata" / "AZE")


@pytest.fixture(scope="session")
def watched(flagship_scenario, azerbaijan):
    """The flagship run with what was seen on the way."""
    from strategies_watched import watch

    return watch(flagship_scenario, azerbaijan)


@pytest.fixture(scope="session")
def flagship(watched):
    """The flagship run."""
    return watched.run
