"""Access technologies as datasheets."""

import pytest
from bbsim import technology
from bbsim.country import PLACE_KINDS
from bbsim.errors import InputError
from pydantic import ValidationError


def test_every_record_is_sourced_priced_for_every_kind_of_place_and_possible():
    known = technology.catalogue()
    assert "gpon" in known
    for name, record in known.items():
        assert record.source, name
        assert set(record.usd_per_home_passed) == set(PLACE_KINDS)
        assert 0 < record.line_mbps <= record.shared_mbps
        assert record.homes_sharing >= 1


def test_prices_are_whole_cents():
    gpon = technology.find("gpon")
    assert {kind: gpon.cents_per_home_passed(kind) for kind in PLACE_KINDS} == {
        "city": 15_000,
        "access_area": 15_000,
        "town": 25_000,
        "rural_synthetic": 45_000,
    }
    odd = gpon.model_copy(update={"usd_per_home_passed": {"city": 0.295}})
    assert odd.cents_per_home_passed("city") in (29, 30)
    assert isinstance(odd.cents_per_home_passed("city"), int)


def test_an_unknown_technology_is_told_with_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'gpon'"):
        technology.find("gpn")


def test_a_datasheet_cannot_be_changed():
    with pytest.raises(ValidationError):
        technology.find("gpon").line_mbps = 1e9
