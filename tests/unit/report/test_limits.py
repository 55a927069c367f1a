"""What limits a home is said from the tables, and "everywhere" only where every home gets its line."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from bbsim import technology
from bbsim.report.limits import limit_words


def made(mean, span, gateway, access):
    periods = {
        "achievable_mbps_per_home_mean": np.array(mean),
        "max_span_utilisation_share": np.array(span),
        "gateway_utilisation_share": np.array(gateway),
    }
    return SimpleNamespace(run=SimpleNamespace(scenario=SimpleNamespace(access=access)), periods=periods)


@pytest.fixture
def access(flagship):
    return flagship.scenario.access


def test_the_line_limits_where_everybody_gets_it(access):
    line = technology.find(access.technology).line_mbps
    words = limit_words(made([line, line], [0.2, 0.7], [0.1, 0.1], access))
    assert "everywhere" in words
    assert "70\u202f%" in words


@pytest.mark.parametrize(("gateway", "what"), [(0.99, "gateways"), (0.1, "fullest span")])
def test_one_short_period_is_told_with_what_is_full(access, gateway, what):
    line = technology.find(access.technology).line_mbps
    words = limit_words(made([line, 0.9 * line], [0.2, 0.97], [0.1, gateway], access))
    assert "everywhere" not in words
    assert "1 of 2 periods" in words
    assert what in words


def test_nothing_is_said_of_what_is_not_known(access):
    assert limit_words(made([np.nan], [np.nan], [np.nan], access)) == ""
