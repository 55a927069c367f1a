"""Huts, modes, regenerators and prices of a lit span."""

import numpy as np
import pytest
from bbsim.traffic import optics
from bbsim.traffic.equipment import Optics
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

KIT = optics.catalogue()


def test_every_record_names_its_source():
    for record in (KIT.line, KIT.prices, *KIT.amplifier, *KIT.mode):
        assert len(record.source) > 5
        assert record.source.isascii()


def test_amplifiers_are_as_quiet_as_their_datasheet_says_at_both_ends():
    for amplifier in KIT.amplifier:
        ends = amplifier.noise_figure_db([amplifier.gain_from_db, amplifier.gain_to_db])
        assert ends == pytest.approx([amplifier.noise_figure_to_db, amplifier.noise_figure_from_db])
        assert np.isinf(
            amplifier.noise_figure_db([amplifier.gain_from_db - 1, amplifier.gain_to_db + 1])
        ).all()


@given(st.floats(0, 20_000), st.floats(0, 20_000), st.sampled_from([2010, 2015, 2021, 2030]))
def test_longer_spans_never_carry_more_for_less(one, other, year):
    near, far = sorted([one, other])
    rate = optics.line_rate([near, far], year=year)
    assert rate.huts[0] <= rate.huts[1]
    assert rate.regenerators[0] <= rate.regenerators[1]
    # A piece between regenerators may be shorter than a whole line that just gets through.
    if rate.regenerators[1] == 0 and far / max(near, 1e-9) >= 2:
        assert rate.gbps[0] >= rate.gbps[1]


@given(st.floats(0, 6_000))
def test_newer_equipment_never_carries_less(km):
    rates = [float(optics.line_rate([km], year=year).gbps[0]) for year in (2009, 2010, 2014, 2020, 2026)]
    assert rates[0] == 0
    assert rates == sorted(rates)


def test_a_mode_gets_as_far_as_its_reach_and_one_section_further_not():
    for mode in KIT.mode:
        alone = KIT.model_copy(update={"mode": (mode,)})
        reach = optics.reach_km(mode)
        beyond = reach + KIT.line.hut_every_km
        rate = optics.line_rate([reach, beyond], year=2030, optics=alone, regenerators=0)
        assert rate.mode.tolist() == [0, -1]
        again = optics.line_rate([beyond], year=2030, optics=alone)
        assert again.mode.tolist() == [0]
        assert again.regenerators[0] == 1


def test_huts_stand_no_further_apart_than_the_line_system_allows():
    rate = optics.line_rate([0.0, 1.0, 80.0, 80.1, 160.0, 800.0], year=2022)
    assert rate.huts.tolist() == [0, 0, 0, 1, 1, 9]


def test_where_nothing_gets_through_there_is_no_light():
    weak = KIT.line.model_copy(update={"hut_every_km": 300.0})
    rate = optics.line_rate([290.0], year=2026, optics=KIT.model_copy(update={"line": weak}), regenerators=0)
    assert (rate.mode[0], rate.gbps[0], rate.wavelengths[0], rate.huts[0]) == (-1, 0.0, 0, 0)


def test_prices_fall_and_stop_falling():
    mode = KIT.mode[0]
    prices = [KIT.transponder_usd(mode, mode.usd_year + years) for years in (0, 1, 10, 40)]
    assert prices == pytest.approx([mode.usd, 0.8 * mode.usd, 0.8**10 * mode.usd, 0.8**10 * mode.usd])


def test_light_is_paid_at_both_ends_and_twice_at_each_regenerator():
    rate = optics.line_rate([50.0, 12_000.0], year=2022)
    assert rate.regenerators.tolist() == [0, 2]
    price = KIT.transponder_usd(KIT.mode[rate.mode[1]], 2022)
    assert optics.light_usd(rate, [0, 2], year=2022).tolist() == pytest.approx([0.0, 3 * 2 * 2 * price])
    system = optics.light_usd(rate, 0, year=2022, new_pair=True)
    assert system.tolist() == [60_000.0, 60_000.0 + rate.huts[1] * 40_000.0]


def test_wrong_lengths_are_told():
    with pytest.raises(ValueError, match=r"length_km\[1\] is -3.0"):
        optics.line_rate([1.0, -3.0], year=2020)


def test_a_band_narrower_than_a_slot_is_refused():
    record = KIT.model_dump()
    record["line"]["band_to_thz"] = record["line"]["band_from_thz"] + 0.06
    with pytest.raises(ValidationError, match="narrower than the slot"):
        Optics.model_validate(record)
