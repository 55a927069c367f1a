"""Access technologies as datasheets."""

import pytest
from bbsim import technology
from bbsim.country import PLACE_KINDS
from bbsim.errors import InputError
from bbsim.scenario import LastMile
from pydantic import ValidationError
from strategies import made_scenario


def test_every_record_is_sourced_priced_for_every_kind_of_place_and_possible():
    known = technology.catalogue()
    assert "gpon" in known
    for name, record in known.items():
        assert record.source, name
        assert set(record.usd_per_home_passed) == set(PLACE_KINDS)
        if record.source.startswith("see single figures"):
            words = {"name", "source", "sources", "feed", "on_copper"}
            assert set(record.model_dump(exclude_unset=True)) - words == set(record.sources), name
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


HAND = {
    # homes, kind: street of houses + street of blocks, less what ducts save, and a riser a flat
    ("gpon", 1000, "city"): (300 * 15 + 700 / 60 * 60) * 44.35 * (1 - 0.5 * 0.7) + 700 * 25,
    ("gpon", 400, "town"): (340 * 20 + 60 / 30 * 60) * 15.85 * (1 - 0.2 * 0.7) + 60 * 25,
    ("gpon", 250, "rural_synthetic"): 250 * 30 * 15.85,
    ("vdsl", 401, "city"): 3 * 15_000,
    ("wireless_4g", 600, "rural_synthetic"): 100_000,
    ("satellite", 5000, "town"): 0,
}


@pytest.mark.parametrize(("name", "homes", "kind"), HAND)
def test_passing_costs_what_streets_blocks_ducts_and_masts_come_to(name, homes, kind):
    settlement = LastMile().settlements[kind]
    usd, sites = technology.find(name).passing_usd(homes, kind, settlement)
    assert usd == pytest.approx(HAND[name, homes, kind], rel=1e-12)
    assert sites == {"vdsl": 3, "wireless_4g": 1}.get(name, 0)


def test_the_price_of_fibre_from_the_street_up_agrees_with_what_others_found():
    """Omdia has 100-200 USD a home in emerging markets, ITU up to six times that in the country."""
    gpon, settled = technology.find("gpon"), LastMile().settlements
    usd = {kind: gpon.passing_usd(1000, kind, settled[kind])[0] / 1000 for kind in PLACE_KINDS}
    assert 100 <= usd["city"] <= 200
    assert usd["city"] < usd["town"] < usd["rural_synthetic"] <= 6 * usd["city"]


def test_homes_share_the_masts_that_stand_and_a_full_tree_where_none_does():
    mast = technology.find("wireless_4g")
    assert [mast.sharing(*of).item() for of in ((0, 1), (101, 1), (200, 2), (7, 0))] == [1, 101, 100, 180]


def test_a_mast_carries_the_load_of_all_its_homes_and_no_more_than_it_holds():
    mast = technology.find("wireless_4g")
    assert mast.carried_mbps(1.0, 50.0) == 20.0
    assert mast.carried_mbps(100.0, 1.2) == 1.2
    assert mast.carried_mbps(600.0, 5.0) == pytest.approx(132 / 600)


def test_worst_comes_from_the_sky_then_copper_then_what_the_scenario_lists():
    rules = [{"technology": name, "begins": "2014-01-01"} for name in ("vdsl", "satellite", "wireless_4g")]
    copper = {"technology": "adsl", "lines_per_100_people": {"city": 18}}
    scenario = made_scenario(access={"last_mile": {"interim": rules, "copper": copper}})
    assert list(technology.of_scenario(scenario)) == ["satellite", "adsl", "vdsl", "wireless_4g", "gpon"]


def test_the_copper_of_the_first_day_is_a_technology_that_telephone_lines_carry():
    for name in ("gpon", "wireless_4g"):
        copper = {"technology": name, "lines_per_100_people": {"city": 18}}
        with pytest.raises(InputError, match=r"no telephone line.*Those that are: adsl, vdsl"):
            technology.of_scenario(made_scenario(access={"last_mile": {"copper": copper}}))


def test_a_scenario_may_set_figures_of_its_own_and_is_told_what_is_wrong_with_them():
    def wanted(figures):
        return technology.of_scenario(made_scenario(access={"last_mile": {"figures": figures}}))

    assert wanted({"gpon": {"connect_usd": 99.0}})["gpon"].connect_usd == 99.0
    with pytest.raises(InputError, match="connect_usd"):
        wanted({"gpon": {"conect_usd": 99.0}})
    with pytest.raises(InputError, match="duct_saving_share"):
        wanted({"gpon": {"duct_saving_share": 2.0}})
    with pytest.raises(InputError, match="no technology of this scenario"):
        wanted({"vdsl": {"connect_usd": 1.0}})
