"""What a newcomer meets: locks that agree, a wheel that works with no network, imports that cost nothing."""

from __future__ import annotations

import doctest
import importlib
import os
import pkgutil
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import bbsim
import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-geodata.lock")


def locked(name):
    """Version by package of a lock file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9.-]+)==(\S+)", text, re.MULTILINE))


def names(requirements):
    return {re.match(r"[A-Za-z0-9.-]+", text)[0].lower().replace(".", "-") for text in requirements}


# ---- locks ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_hash_and_no_address(lock):
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked(lock)) > 30
    assert all("--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    assert "/" not in text


def test_the_run_lock_holds_what_bbsim_needs_and_what_builds_it():
    wanted = names(PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"])
    assert wanted <= set(locked("requirements.lock"))


def test_the_work_lock_holds_every_extra_and_the_tools():
    extras = PROJECT["project"]["optional-dependencies"]
    wanted = names(
        [*PROJECT["dependency-groups"]["dev"], *(each for extra in extras.values() for each in extra)]
    )
    assert wanted <= set(locked("requirements-geodata.lock"))
    data = names(extras["geodata"])
    assert wanted - data <= set(locked("requirements-dev.lock"))
    assert not data & set(locked("requirements-dev.lock")), "these take gigabytes to install"


def test_the_locks_agree():
    run, work, geodata = (locked(name) for name in LOCKS)
    assert run.items() <= work.items() <= geodata.items()


# ---- version --------------------------------------------------------------------------------------
def test_one_version():
    assert PROJECT["project"]["version"] == bbsim.__version__
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changes or f"## [{bbsim.__version__}]" in changes


# ---- imports --------------------------------------------------------------------------------------
def loaded_after(statement):
    """Names of the top packages that are loaded once a fresh interpreter has run a statement."""
    code = f"import sys\n{statement}\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_bbsim_loads_nothing_but_python():
    assert not {"numpy", "pandas", "pydantic", "click", "networkx"} & loaded_after("import bbsim")


def test_help_loads_no_science():
    heavy = {"numpy", "pandas", "scipy", "pydantic", "matplotlib", "geopandas", "shapely", "networkx"}
    assert not heavy & loaded_after("import bbsim.cli")


def test_no_room_but_the_report_loads_what_it_may_not_need():
    rooms = sorted(
        module.name
        for module in pkgutil.walk_packages(bbsim.__path__, "bbsim.")
        if not module.name.startswith(("bbsim.report", "bbsim.geodata", "bbsim.__main__"))
        and not module.name.endswith("_compiled")
    )
    assert len(rooms) > 50
    heavy = {"numba", "highspy", "matplotlib", "geopandas", "pandas", "pyogrio", "pyarrow", "networkx"}
    assert not heavy & loaded_after("import " + ", ".join(rooms))


def test_every_public_name_can_be_had_and_no_other():
    assert all(getattr(bbsim, name) is not None for name in bbsim.__all__)
    with pytest.raises(AttributeError, match="no attribute 'simulat'"):
        bbsim.simulat  # noqa: B018 - looked up for its error


# ---- examples in docstrings -----------------------------------------------------------------------
def modules_with_examples():
    for module in pkgutil.walk_packages(bbsim.__path__, "bbsim."):
        path = ROOT / Path(*module.name.split("."))
        file = path / "__init__.py" if module.ispkg else path.with_suffix(".py")
        if ">>> " in file.read_text(encoding="utf-8"):
            yield module.name


@pytest.mark.parametrize("name", list(modules_with_examples()))
def test_examples_in_docstrings_hold(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0


# ---- the wheel ------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    """The wheel, built twice from two copies of the tree."""
    if "CI" not in os.environ:
        pytest.importorskip("hatchling", reason="the wheel is built with the locked hatchling")
    built = []
    for number in range(2):
        source = tmp_path_factory.mktemp(f"source{number}")
        for name in ("bbsim", "geodata", "scenarios"):
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source / name)
        target = source / "dist"
        build = ["pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
        environment = {**os.environ, "SOURCE_DATE_EPOCH": "1704067200"}
        command = [sys.executable, "-m", *build, "-w", str(target), str(source)]
        subprocess.run(command, env=environment, check=True)
        built += target.glob("*.whl")
    return built


def test_a_wheel_built_twice_is_the_same_to_the_byte(wheels):
    first, second = wheels
    assert first.read_bytes() == second.read_bytes()


def test_the_wheel_carries_the_country_packs_and_the_scenarios(wheels):
    inside = set(zipfile.ZipFile(wheels[0]).namelist())
    packs = [f"geodata/{path.parent.name}" for path in ROOT.glob("geodata/*/country.toml")]
    for pack in packs:
        for name in ("country.toml", "nodes.geojson", "spans.geojson", "boundary.geojson", "regions.geojson"):
            assert f"{pack.replace('geodata', 'bbsim/packs')}/{name}" in inside
    scenarios = {f"bbsim/scenarios/{path.name}" for path in ROOT.glob("scenarios/*.yaml")}
    assert packs
    assert scenarios
    assert scenarios <= inside
    assert "bbsim/data/technologies.toml" in inside
    assert not [name for name in inside if "__pycache__" in name or name.startswith("tests")]


def without_network():
    """What makes a command run with no network at all, where the system lets us; else nothing."""
    ways = ["unshare", "--net"], ["unshare", "--net", "--map-root-user"]
    for way in ways:
        if shutil.which("unshare") and subprocess.run([*way, "true"], capture_output=True).returncode == 0:
            return way
    return []


def test_the_wheel_alone_makes_and_runs_a_folder_with_no_network(wheels, tmp_path):
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    zipfile.ZipFile(wheels[0]).extractall(installed)
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def said(*words):
        command = [*without_network(), sys.executable, "-P", "-m", "bbsim", *words]
        done = subprocess.run(command, cwd=empty, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = "import bbsim; print(bbsim.__file__)"
    seen = subprocess.run(
        [sys.executable, "-P", "-c", where], cwd=empty, env=environment, capture_output=True, text=True
    )
    assert seen.stdout.startswith(str(installed))
    said("new", "demo", "--country", "AZE")
    assert "cities on fibre" in said("run", "demo")
    (folder,) = (empty / "runs").iterdir()
    assert {"run.json", "periods.parquet", "network.gpkg", "report.html"} <= {
        p.name for p in folder.iterdir()
    }
