"""The public names, and the calls of a notebook."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import bbsim
import pytest
from bbsim.errors import InputError, RefusedError
from strategies import made_scenario, star

ROOT = Path(__file__).parents[2]
HEAVY = (
    "pandas",
    "numpy",
    "geopandas",
    "matplotlib",
    "scipy",
    "simpy",
    "networkx",
    "pydantic",
    "shapely",
    "pyproj",
    "pyarrow",
    "ruamel",
    "click",
    "jinja2",
    "numba",
)


def fresh(code):
    """Run code in a new interpreter; its output."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_every_public_name_can_be_had_and_every_name_that_can_be_had_is_public():
    for name in bbsim.__all__:
        assert getattr(bbsim, name) is not None
    assert sorted(bbsim.__all__) == dir(bbsim)
    assert len(set(bbsim.__all__)) == len(bbsim.__all__)
    told = set(bbsim._WHERE) | {"__version__"}
    assert told == set(bbsim.__all__)
    for name, module in bbsim._WHERE.items():
        assert getattr(importlib.import_module(module), name) is getattr(bbsim, name)


def test_what_type_checkers_are_told_is_what_there_is():
    tree = ast.parse((ROOT / "bbsim" / "__init__.py").read_text())
    block = next(n for n in tree.body if isinstance(n, ast.If))
    imports = [i for i in block.body if isinstance(i, ast.ImportFrom) and i.module != "typing"]
    told = {a.name: i.module for i in imports for a in i.names}
    assert told == bbsim._WHERE


def test_a_star_import_works_and_an_unknown_name_is_told():
    assert fresh("from bbsim import *; print(load.__name__, Run.__name__)") == "load Run"
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        bbsim.nonsense  # noqa: B018


def test_importing_the_package_imports_no_library():
    code = f"import sys, bbsim; print([m for m in {HEAVY!r} if m in sys.modules])"
    assert fresh(code) == "[]"
    assert (
        fresh("import sys, bbsim; print(sorted(m for m in sys.modules if m.startswith('bbsim')))")
        == "['bbsim']"
    )


@pytest.mark.parametrize(
    "room",
    [
        "bbsim.simulate",
        "bbsim.state",
        "bbsim.country",
        "bbsim.metrics",
        "bbsim.models",
        "bbsim.scenario",
        "bbsim.api",
    ],
)
def test_the_core_imports_neither_tables_nor_maps_nor_pictures(room):
    heavy = ("pandas", "geopandas", "matplotlib", "pyogrio", "shapely", "jinja2", "click")
    assert fresh(f"import sys, {room}; print([m for m in {heavy!r} if m in sys.modules])") == "[]"


@pytest.mark.parametrize(
    "first",
    [
        "import bbsim.simulate",
        "import bbsim.api",
        "bbsim.load",
        "from bbsim.simulate import simulate",
        "pass",
    ],
)
def test_simulate_is_the_call_and_not_the_room_of_that_name(first):
    assert (
        fresh(f"import bbsim\n{first}\nprint(callable(bbsim.simulate), bbsim.simulate.__module__)")
        == "True bbsim.api"
    )


def test_load_and_simulate_as_in_the_readme():
    scenario = bbsim.load(
        ROOT / "scenarios" / "azerbaijan.yaml", ["budget.usd_per_year=60 MUSD/year", "end=2015-01-01"]
    )
    assert scenario.budget.usd_per_year == 60e6
    run = bbsim.simulate(scenario, seed=7)
    assert run.seed == run.scenario.seed == 7
    assert run.country.iso3 == "AZE"
    assert len(run.periods) == 4
    assert run.at("2014-12-31").operational.sum() > 100
    less = scenario.with_(budget={"usd_per_year": 1e6})
    assert less.budget.first_grant == scenario.budget.first_grant
    assert less.digest != scenario.digest
    poor = bbsim.simulate(less, seed=7)
    assert poor.periods["capex_usd"].sum() < run.periods["capex_usd"].sum()


def test_a_scenario_that_does_not_fit_its_country_is_refused_with_every_problem():
    scenario = made_scenario(
        gateways=[{"node": "nowhere", "transit_gbps": 1}],
        openings=[{"area": "nothing", "opens": "2015-01-01"}],
        leases=[{"span": "none", "begins": "2015-01-01", "gbps": 1, "usd_per_year": 1}],
    )
    with pytest.raises(InputError) as caught:
        bbsim.simulate(scenario, star([1]))
    assert len(caught.value.problems) >= 3
    for word in ("nowhere", "nothing", "none"):
        assert word in str(caught.value)


def test_code_beside_a_scenario_needs_leave_and_a_file(tmp_path):
    scenario = made_scenario(priority={"use": "mine.py:Mine"})
    with pytest.raises(RefusedError, match="--allow-code"):
        bbsim.simulate(scenario, star([1]))
    with pytest.raises(InputError, match="not read from a file"):
        bbsim.simulate(scenario, star([1]), allow_code=True)
    body = "class Mine:\n    def score(self, c): return -c.own_people\n"
    (tmp_path / "mine.py").write_text(body)
    placed = scenario.at_origin(tmp_path / "s.yaml")
    one = bbsim.simulate(placed, star([1]), allow_code=True)
    (tmp_path / "mine.py").write_text(body + "# changed\n")
    two = bbsim.simulate(placed, star([1]), allow_code=True)
    assert one.code
    assert one.code != two.code
    assert one.digest != two.digest, "a run depends on its code"
    two.save(tmp_path / "kept")
    again = bbsim.simulate(bbsim.load(tmp_path / "kept" / "scenario.yaml"), star([1]), allow_code=True)
    assert again.digest == two.digest, "and can be repeated from its folder"


def test_the_seed_of_a_call_becomes_the_runs():
    scenario = made_scenario()
    run = bbsim.simulate(scenario, star([1]), seed=99)
    assert (run.seed, run.scenario.seed, scenario.seed) == (99, 99, 1)
    with pytest.raises(InputError, match="seed"):
        bbsim.simulate(scenario, star([1]), seed=-1)
