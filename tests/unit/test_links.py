"""Datasheets of links, and what a scenario sets instead."""

import pytest
from bbsim.errors import InputError
from bbsim.sections.links import Links
from strategies import made_scenario


def test_what_is_not_set_is_the_datasheets():
    radio = made_scenario(links={"microwave": {"radio_usd": "9 kUSD"}}).links.microwave
    usual = Links().microwave
    assert radio.radio_usd == 9000
    assert radio.hop_gbps == usual.hop_gbps
    assert radio.hop_usd(15) - usual.hop_usd(15) == 9000 - usual.radio_usd


def test_antennas_serve_up_to_their_length_and_the_longest_beyond():
    usual = Links().microwave
    plain = usual.radio_usd + usual.survey_usd
    assert [usual.hop_usd(km) - plain for km in (5, 10, 10.1, 45, 60)] == [1200, 1200, 2200, 4460, 4460]
    given = [{"upto_km": 50, "usd": 900}, {"upto_km": 20, "usd": 400}]
    mine = made_scenario(links={"microwave": {"antennas": given}}).links.microwave
    assert [mine.hop_usd(km) - plain for km in (20, 21)] == [400, 900]


def test_a_price_below_nothing_is_told_where_it_stands():
    with pytest.raises(InputError) as told:
        made_scenario().with_(links={"satellite": {"terminal_usd": -1}})
    assert [problem.path for problem in told.value.problems] == ["links.satellite.terminal_usd"]


def test_every_default_has_its_source():
    schema = Links.model_json_schema()
    for name in ("Compare", "FibreLink", "MicrowaveLink", "SatelliteLink"):
        for field, told in schema["$defs"][name]["properties"].items():
            assert len(told["source"]) > 20, field
