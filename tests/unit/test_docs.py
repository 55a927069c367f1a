"""The pages tell the truth: what can be compared with the code is, and what can be run is run."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bbsim.run import TABLES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *ROOT.glob("geodata/*/README.md")])


def page(name):
    return (ROOT / name).read_text(encoding="utf-8")


def script(name):
    """A script of the docs folder as a module."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fences(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


# ---- links and commands ---------------------------------------------------------------------------
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_local_link_leads_somewhere(path):
    text = path.read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", text) + re.findall(r'<img src="([^"]+)"', text)
    missing = [link for link in links if "://" not in link and not (path.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("name", ["run", "tests"])
def test_the_readme_has_the_gates_command_in_one_line(name):
    found = re.findall(rf"<!-- gate: {name} -->\n```sh\n(.*)\n```\n", page("README.md"))
    assert len(found) == 1
    assert found[0].startswith("python3 -m venv .venv && ")


def test_the_pages_name_only_verbs_and_flags_that_exist():
    from bbsim.cli import bbsim as verbs

    said = [*verbs.commands.values(), *getattr(verbs.commands["geodata"], "commands", {}).values()]
    flags = {flag for verb in said for option in verb.params for flag in option.opts}
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
        code = "\n".join([*re.findall(r"`([^`\n]+)`", prose), *fences(text, "sh")])
        for verb, rest in re.findall(r"\bbbsim ([a-z]+)\b([^\n`]*)", code):
            where = f"{path.name}: bbsim {verb}{rest}"
            assert verb in verbs.commands, where
            assert set(re.findall(r" (--[a-z-]+)", rest)) <= flags | {"--help"}, where


def test_the_readme_shows_what_its_command_prints(tmp_path):
    done = run_bbsim(tmp_path, "run", str(ROOT / "scenarios" / "azerbaijan.yaml"))
    assert fences(page("README.md"), "text") == [done.stdout], "run: python docs/refresh.py"


# ---- pages that are written from the code, or held against it -------------------------------------
def test_the_scenario_page_is_as_the_schema_is():
    module = script("scenario_page")
    assert module.PAGE.read_text(encoding="utf-8") == module.page(), "run: python docs/refresh.py"


def test_the_picture_of_the_house_has_every_room_and_module():
    module = script("house")

    def words(text):
        return re.findall(r"[a-z_]{2,}", text.split(module.BEGIN)[1].split(module.END)[0])

    drawn, today = words(page("docs/design.md")), words(module.page())
    assert sorted(set(drawn) ^ set(today)) == [], "run: python docs/refresh.py"
    assert drawn == today, "run: python docs/refresh.py"


def test_the_columns_page_names_every_column_in_order(flagship):
    sections = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", page("docs/columns.md"), re.M | re.S))
    assert list(sections) == list(TABLES)
    for table in TABLES:
        told = re.findall(r"^\| `(\w+)`", sections[table], re.M)
        assert told == list(flagship.tables[table]), table


def test_the_columns_page_says_empty_where_a_column_is(flagship):
    empty = set(re.findall(r"^\| `(\w+)` .*\*empty\*", page("docs/columns.md"), re.M))
    for table in ("periods", "nodes"):
        frame = getattr(flagship, table)
        assert {name for name in frame if frame[name].isna().all()} == empty & set(frame.columns)


def slugs_in_code():
    """Every slug that a problem can carry: constants handed to the functions that make problems."""
    makers = {"Problem": 0, "problem": 0, "rule": 0, "_unknown": 0, "_note": 0, "_stop": 0, "Fault": 1}
    found = set()
    for path in sorted((ROOT / "bbsim").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                at = makers.get(name)
                if at is not None and len(node.args) > at and isinstance(node.args[at], ast.Constant):
                    found.add(node.args[at].value)
            elif isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "default_slug":
                found.add(node.value.value)
            elif isinstance(node, ast.FunctionDef) and node.name == "_point_fault":
                found |= {each.value.elts[0].value for each in ast.walk(node) if _returns_a_tuple(each)}
            elif isinstance(node, ast.Dict):
                keys = [getattr(key, "value", None) for key in node.keys]
                if "slug" in keys and isinstance(node.values[keys.index("slug")], ast.Constant):
                    found.add(node.values[keys.index("slug")].value)
    return found


def _returns_a_tuple(node):
    return isinstance(node, ast.Return) and isinstance(node.value, ast.Tuple)


def test_the_errors_page_has_every_slug_and_no_other():
    text = page("docs/errors.md")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \| (.+) \|$", text, re.M)
    without_own = re.findall(r"`([a-z]+)`", text.split("\n\n")[-1].split("are what")[0])
    told = {slug for slug, _, _ in rows} | set(without_own)
    in_code = slugs_in_code()
    assert len(in_code) > 100
    assert sorted(in_code - told) == []
    assert sorted(told - in_code) == []
    assert len(rows) == len({slug for slug, _, _ in rows}), "a slug stands twice"


# ---- pages that are run ---------------------------------------------------------------------------
def test_the_readmes_python_runs(monkeypatch):
    import matplotlib as mpl

    mpl.use("Agg")
    monkeypatch.chdir(ROOT)
    (code,) = fences(page("README.md"), "python")
    names = {}
    exec(code, names)
    assert len(names["run"].periods) > 80
    assert names["better"].periods["granted_usd"].sum() > names["run"].periods["granted_usd"].sum()


def test_the_how_tos_run(monkeypatch):
    monkeypatch.chdir(ROOT)
    names = {}
    for code in fences(page("docs/howto.md"), "python"):
        exec(code, names)
    assert len(names["dates"]) == 78
    assert len(names["homes"]) == 3


SM = """jobs (incl. supersource/sink ):  6
horizon : 20
RESOURCES
  - renewable                 :  1   R
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           5
   4        1          1           6
   5        1          1           6
   6        1          0
************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1
------------
  1      1     0       0
  2      1     4       2
  3      1     3       2
  4      1     2       3
  5      1     5       1
  6      1     0       0
************
RESOURCEAVAILABILITIES:
  R 1
    4
************
"""
SPOKES = [("Frankfurt", "Köln", 190.0), ("Köln", "Berlin", 570.0), ("Berlin", "Frankfurt", 550.0)]


@pytest.fixture
def own_graph(tmp_path, monkeypatch):
    """A folder with what the data page's section on graphs of one's own reads, under the names it uses."""
    import networkx as nx

    graph = nx.Graph()
    for name, lon, lat in (("Frankfurt", 8.7, 50.1), ("Köln", 6.9, 50.9), ("Berlin", 13.4, 52.5)):
        graph.add_node(name, lon=lon, lat=lat, population=500_000)
    links = ""
    for number, (a, b, km) in enumerate(SPOKES):
        graph.add_edge(a, b, length_km=km)
        module = f"<addModule><capacity>40</capacity><cost>{km}</cost></addModule>"
        links += f"<link id='L{number}'><source>{a}</source><target>{b}</target>"
        links += f"<additionalModules>{module}</additionalModules></link>"
    nx.write_graphml(graph, tmp_path / "mine.graphml")
    nodes = "".join(f"<node id='{name}'/>" for name in graph)
    structure = f"<networkStructure><nodes>{nodes}</nodes><links>{links}</links></networkStructure>"
    (tmp_path / "germany50.xml").write_text(f"<network>{structure}</network>", encoding="utf-8")
    edges = "Nodes 4\nEdges 4\nE 1 2 3\nE 2 3 3\nE 2 4 3\nE 1 4 5\n"
    tree = f"SECTION Graph\n{edges}END\nSECTION Terminals\nTerminals 3\nT 1\nT 3\nT 4\nEND\nEOF\n"
    (tmp_path / "instance001.gr").write_text(tree)
    (tmp_path / "j301_1.sm").write_text(SM)
    monkeypatch.chdir(tmp_path)
    return re.search(r"## Your own graph\n(.*?)^## ", page("docs/data.md"), re.M | re.S)[1]


def test_the_data_pages_scenario_plans_a_graph_whose_ids_are_in_capitals(own_graph, tmp_path):
    (scenario,) = fences(own_graph, "yaml")
    (tmp_path / "mine.yaml").write_text(scenario, encoding="utf-8")
    done = run_bbsim(tmp_path, "plan", "mine.yaml", "--json")
    assert done.returncode == 0, done.stderr
    assert {step["place"] for step in json.loads(done.stdout)["projects"]} == {"Köln", "Berlin"}


def test_the_data_pages_benchmarks_are_solved(own_graph, capsys):
    (code,) = fences(own_graph, "python")
    exec(code, {})
    tree, plan, rings = (line.split() for line in capsys.readouterr().out.splitlines())
    assert tree == ["9.0", "9.0", "None"]
    assert plan == ["8.0", "8.0"]
    assert rings == ["740.0", "570.0", "570.0"]


@pytest.fixture(scope="module")
def extension(tmp_path_factory):
    """A folder with the files of docs/extending.md, under the names in their first lines."""
    folder = tmp_path_factory.mktemp("extension")
    for block in re.findall(r"^```\w+\n(# [\w.]+\n.*?)^```", page("docs/extending.md"), re.M | re.S):
        name = block.split("\n")[0].removeprefix("# ")
        (folder / name).write_text(block, encoding="utf-8")
    return folder


def run_bbsim(folder, *words, **environment):
    command = [sys.executable, "-m", "bbsim", *words]
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True
    )


def test_a_model_in_a_file_is_refused_without_leave(extension):
    done = run_bbsim(extension, "check", ".")
    assert done.returncode == 5
    assert "--allow-code" in done.stderr


def test_a_model_in_a_file_builds_villages_earlier(extension, monkeypatch):
    import bbsim
    from bbsim.api import simulate

    monkeypatch.chdir(extension)
    short = bbsim.load("scenario.yaml", overrides=["end=2019-01-01", "upgrades=null"])
    mine = simulate(short, allow_code=True)
    theirs = simulate(short.with_(priority={"use": "people_per_dollar"}))
    villages = [kind == "rural_synthetic" for kind in mine.country.kind]
    on = [run.at("2017-12-31").on_fibre()[villages].sum() for run in (mine, theirs)]
    assert on[0] > on[1] > 0


def test_a_hazard_in_a_file_holds_up_every_office_before_the_election(extension, monkeypatch):
    import bbsim
    from bbsim import events as ev
    from bbsim.api import simulate

    monkeypatch.chdir(extension)
    run = simulate(bbsim.load("elections.yaml", overrides=["end=2018-01-01"]), allow_code=True)
    backs = [e for e in run.events if isinstance(e, ev.SetBack)]
    assert {(e.hazard, e.stage, e.days) for e in backs} == {("elections", "permits", 60)}
    assert min(e.minute for e in backs) >= (900 - 60) * 1440


def test_the_comparison_script_compiles(extension):
    compile((extension / "compare.py").read_text(encoding="utf-8"), "compare.py", "exec")


def test_a_model_in_a_package_is_found_by_its_entry_point(extension, tmp_path):
    import tomllib

    project = tomllib.loads((extension / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (tmp_path / "villages_first.py").write_bytes((extension / "villages_first.py").read_bytes())
    info = tmp_path / "village_models-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    points = project["entry-points"]["bbsim.priority"]
    lines = [f"{name} = {value}" for name, value in points.items()]
    (info / "entry_points.txt").write_text("\n".join(["[bbsim.priority]", *lines]) + "\n")
    done = run_bbsim(tmp_path, "models", "priority", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert "villages_first (village-models): Most people a dollar first" in done.stdout
    assert "village_weight = 3.0" in done.stdout


def test_the_short_examples_answer(extension):
    import numpy as np
    from bbsim.models import find

    logistic = find("adoption", "logistic.py:Logistic", code_folder=extension)
    assert logistic.connected(np.array([1000]), np.array([4.0])).tolist() == [350]
    demand = find("demand", "logistic.py:Saturating", {"active_share": 0.2}, code_folder=extension)
    from datetime import date

    assert demand.mbps_per_home(date(2014, 1, 1)) == pytest.approx(1.03)
    assert demand.active_share == 0.2


def test_the_columns_page_names_the_tables_of_an_ensemble(tmp_path):
    from bbsim.ensemble import ensemble
    from bbsim.ensemble.compare import compare, days_earlier, write
    from bbsim.ensemble.sensitivity import sensitivity
    from bbsim.ensemble.store import dataset
    from bbsim.ensemble.sweep import OUTCOMES, sweep
    from pyarrow import parquet as pq
    from strategies import made_scenario, star

    done = ensemble(made_scenario(), star([10, 20]), runs=2, out=tmp_path / "e")
    part = page("docs/columns.md").split("## Tables of an ensemble")[1]
    sections = dict(re.findall(r"^### ([\w ]+)\n(.*?)(?=^### |\Z)", part, re.M | re.S))
    tables = {name: list(columns) for name, columns in done.tables().items() if name != "bands"}
    tables["places of a replication"] = dataset(tmp_path / "e", "places").schema.names
    tables["causes"] = dataset(tmp_path / "e", "causes").schema.names
    varied, few = "stages.tender_days", {"runs": 2, "design": "tornado"}
    swept = sweep(made_scenario(), star([10, 20]), vary=[f"{varied}=10,20"], **few)
    tables["points"], tables["sensitivity"] = list(swept.table()), list(sensitivity(swept))
    found = compare(done, done)
    write([(found, days_earlier(done, done))], tmp_path / "c")
    tables["differences"] = pq.read_schema(tmp_path / "c" / "differences.parquet").names
    tables["regions of a comparison"] = pq.read_schema(tmp_path / "c" / "regions.parquet").names
    stand_ins = re.compile(rf"by_\d+_share|({'|'.join(OUTCOMES)})(?=_(p\d|mean))|{re.escape(varied)}")

    def stand_in(match):
        return "OUTCOME" if match[1] else "FIELD" if match[0] == varied else "by_YEAR_share"

    for name, columns in tables.items():
        told = re.findall(r"^\| `(\w+)`", sections[name], re.M)
        known = list(dict.fromkeys(stand_ins.sub(stand_in, column) for column in columns))
        assert told == known, name
    assert sorted(sections) == sorted(tables)
