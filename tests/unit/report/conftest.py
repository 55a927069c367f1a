"""A small run that waits for money, so that every part of a report has something to say."""

from __future__ import annotations

from itertools import pairwise

import pytest
from bbsim.report.facts import Facts
from bbsim.report.geometry import base_of
from bbsim.simulate import simulate
from strategies import made_country, made_scenario


def small_run(names=None, **over):
    """Five places in a row behind a gateway, one of them closed for a year; `names` replace theirs."""
    ids = ("g", "a", "b", "c", "d")
    names = names or {}
    nodes = {
        identity: {
            "population": 4000 // (i + 1),
            "households": 1000 // (i + 1),
            "kind": "city" if i < 4 else "rural_synthetic",
            "gateway": i == 0,
            "area": "shut" if identity == "c" else "",
            "at": (45.0 + 0.1 * i, 40.0 + 0.07 * (i % 2)),
        }
        | names.get(identity, {})
        for i, identity in enumerate(ids)
    }
    spans = {f"{a}-{b}": (a, b, 12) for a, b in pairwise(ids)}
    country = made_country(nodes, spans, area_names={"shut": "The shut valley"})
    fields = {
        "budget": {"opening_usd": 0, "usd_per_year": 60e3, "grants_per_year": 4, "access_share": 0.3},
        "upgrades": {},
        "openings": [{"area": "shut", "opens": "2015-01-01"}],
        "targets": [
            {"name": "All by 2015", "column": "cities_on_fibre_share", "at_least": 1, "by": "2015-12-31"},
            {"name": "All at once", "column": "cities_on_fibre_share", "at_least": 1, "by": "2014-03-31"},
        ],
    }
    return simulate(made_scenario(**(fields | over)), country)


@pytest.fixture(scope="session")
def make_run():
    """`small_run`, for a test that wants its own names or settings."""
    return small_run


@pytest.fixture(scope="session")
def small():
    return small_run()


@pytest.fixture(scope="session")
def small_facts(small):
    return Facts(small)


@pytest.fixture(scope="session")
def flagship_facts(flagship):
    return Facts(flagship)


@pytest.fixture(scope="session")
def flagship_base(flagship):
    return base_of(flagship.country)
