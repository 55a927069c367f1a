"""The door to the models: names, parameters, code beside the scenario, and answers that cannot be."""

import pickle
from importlib.metadata import EntryPoint

import pytest
from bbsim import models
from bbsim.errors import EnvironmentFault, InputError, ModelError, RefusedError
from bbsim.models.priority import BiggestFirst
from bbsim.reading import load, read
from bbsim.simulate import simulate
from strategies import made_scenario, star

GOOD = """
import numpy as np
class Backwards:
    def __init__(self, factor=1.0):
        self.factor = factor
    def score(self, candidates):
        return -self.factor * candidates.own_people.astype(float)
"""


def slug(caught):
    return [problem.slug for problem in caught.value.problems]


# ---- names ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("role", "wrong", "right"),
    [
        ("priority", "biggest_frist", "biggest_first"),
        ("adoption", "Bas", "bass"),
        ("traffic", "shortest-path", "shortest_path"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_word(role, wrong, right):
    with pytest.raises(InputError, match=f"Did you mean '{right}'") as caught:
        models.find(role, wrong)
    assert slug(caught) == ["unknown-model"]
    assert caught.value.problems[0].path == f"{role}.use"


def test_a_name_that_is_near_nothing_is_told_with_all_there_are():
    with pytest.raises(InputError, match=r"Known: .*biggest_first.*nearest_first"):
        models.find("priority", "qqqqqq")


def test_unknown_and_wrong_parameters_are_told_all_at_once():
    with pytest.raises(InputError) as caught:
        models.find("adoption", "bass", {"inovation": 0.1, "imitation": 7, "ceiling_share": "much"})
    text = str(caught.value)
    assert len(caught.value.problems) == 3
    assert "has no parameter 'inovation'" in text
    assert "Did you mean 'innovation'" in text
    assert "adoption.imitation" in text
    assert "adoption.ceiling_share" in text


def test_a_required_parameter_that_is_missing_is_told():
    with pytest.raises(InputError, match=r"priority\.order"):
        models.find("priority", "listed", {})


def test_every_role_has_a_built_in_model_that_comes_in_by_the_entry_points():
    entries = models.catalogue()
    assert {e.role for e in entries} == set(models.ROLES)
    for entry in entries:
        assert entry.package == "bbsim"
        assert entry.meaning
        assert entry.meaning.endswith(".")
        for parameter in entry.parameters:
            assert parameter.meaning, f"{entry.name}.{parameter.name}"
            number = isinstance(parameter.default, int | float) and not isinstance(parameter.default, bool)
            assert parameter.source or not number, f"{entry.name}.{parameter.name}"


def test_an_unknown_role_is_told_with_the_nearest():
    with pytest.raises(InputError, match="priority"):
        models.catalogue("priorty")


def installed(monkeypatch, *entries):
    models._installed.cache_clear()
    monkeypatch.setattr(models, "entry_points", lambda group: [e for e in entries if e.group == group])
    monkeypatch.setattr(models, "_installed", models._installed.__wrapped__)


def entry(name, value, role="priority"):
    return EntryPoint(name, value, f"bbsim.{role}")


def test_two_packages_that_offer_one_name_are_refused_and_named(monkeypatch):
    installed(monkeypatch, entry("mine", "one.pkg:Model"), entry("mine", "two.pkg:Model"))
    with pytest.raises(InputError, match=r"one\.pkg:Model and two\.pkg:Model") as caught:
        models.find("priority", "mine")
    assert slug(caught) == ["two-models"]


def test_the_same_entry_told_twice_is_one_model(monkeypatch):
    value = "bbsim.models.priority:BiggestFirst"
    installed(monkeypatch, entry("big", value), entry("big", value))
    assert models.find("priority", "big") == BiggestFirst()


def test_a_package_that_cannot_be_imported_is_the_environments_fault(monkeypatch):
    installed(monkeypatch, entry("mine", "no_such_package_at_all:Model"))
    with pytest.raises(EnvironmentFault, match="no_such_package_at_all"):
        models.find("priority", "mine")


def test_a_class_that_answers_another_question_is_no_model(monkeypatch):
    installed(monkeypatch, entry("mine", "bbsim.models.priority:BiggestFirst", "adoption"))
    with pytest.raises(InputError, match="no method 'connected'"):
        models.find("adoption", "mine")


# ---- code beside the scenario -----------------------------------------------------------------------
def test_code_is_refused_without_leave_even_if_there_is_none(tmp_path):
    (tmp_path / "mine.py").write_text("raise SystemExit('it ran')")
    for use in ("mine.py:Backwards", "missing.py:X", "../up.py:X"):
        with pytest.raises(RefusedError, match="--allow-code") as caught:
            models.find("priority", use)
        assert caught.value.exit_code == 5


def test_code_runs_with_leave_and_gets_its_parameters(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD)
    model = models.find("priority", "mine.py:Backwards", {"factor": 2.5}, code_folder=tmp_path)
    assert model.factor == 2.5
    run = simulate(made_scenario(priority={"use": "mine.py:Backwards"}), star([10, 20]), code_folder=tmp_path)
    assert run.tables["projects"]["target"].tolist() == ["a", "b"]
    with pytest.raises(InputError, match="unexpected keyword"):
        models.find("priority", "mine.py:Backwards", {"fctor": 2.5}, code_folder=tmp_path)


@pytest.mark.parametrize("use", ["../mine.py:Backwards", "sub/../../mine.py:Backwards", "link.py:Backwards"])
def test_code_outside_the_folder_is_refused_by_any_way(tmp_path, use):
    (tmp_path / "mine.py").write_text(GOOD)
    folder = tmp_path / "scenario"
    (folder / "sub").mkdir(parents=True)
    (folder / "link.py").symlink_to(tmp_path / "mine.py")
    with pytest.raises(RefusedError, match="outside"):
        models.find("priority", use, code_folder=folder)
    with pytest.raises(RefusedError, match="outside"):
        models.find("priority", f"{tmp_path / 'mine.py'}:Backwards", code_folder=folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def broken(:\n", "invalid syntax"),
        ("import no_such_module_at_all\n", "no_such_module_at_all"),
        ("1 / 0\n", "division by zero"),
        ("raise SystemExit(0)\n", "mine.py"),
    ],
)
def test_a_broken_file_is_told_with_its_name(tmp_path, text, said):
    (tmp_path / "mine.py").write_text(text)
    with pytest.raises(EnvironmentFault, match=said) as caught:
        models.find("priority", "mine.py:Backwards", code_folder=tmp_path)
    assert "mine.py" in str(caught.value)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("mine.py:Bakwards", "Did you mean 'Backwards'"),
        ("mine.py", "file.py:Class"),
        ("none.py:X", "no such class"),
    ],
)
def test_a_class_that_is_not_there_is_told(tmp_path, use, said):
    (tmp_path / "mine.py").write_text(GOOD)
    with pytest.raises(InputError, match=said):
        models.find("priority", use, code_folder=tmp_path)


MODERN = '''
"""A researcher's model, written as this package's own are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bbsim.scenario import Frozen
from bbsim.units import Share


class Mine(Frozen):
    """Nobody first."""

    weight: Share = 0.5
    """How much."""

    def score(self, candidates) -> np.ndarray:
        return self.weight * candidates.km


@dataclass
class Plain:
    """The same, as a dataclass."""

    weight: float = 0.5

    def score(self, candidates) -> np.ndarray:
        return self.weight * candidates.km
'''


@pytest.mark.parametrize("name", ["Mine", "Plain"])
def test_code_may_be_written_as_this_packages_own_models_are(tmp_path, name):
    (tmp_path / "mine.py").write_text(MODERN)
    model = models.find("priority", f"mine.py:{name}", {"weight": 0.25}, code_folder=tmp_path)
    assert model.weight == 0.25


def test_two_scenarios_files_of_one_name_are_two_models(tmp_path):
    for folder, factor in (("one", 1), ("two", 2)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(GOOD.replace("factor=1.0", f"factor={factor}"))
    one, two = (
        models.find("priority", "mine.py:Backwards", code_folder=tmp_path / f) for f in ("one", "two")
    )
    assert (one.factor, two.factor) == (1, 2)


def test_loading_code_leaves_no_file_behind(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD)
    models.find("priority", "mine.py:Backwards", code_folder=tmp_path)
    left = [p.name for p in tmp_path.rglob("*") if p.name != "mine.py" and "__pycache__" not in p.parts]
    assert left in ([], ["__pycache__"])


# ---- answers that cannot be ----------------------------------------------------------------------------
BAD = {
    "priority": "def score(self, c): return np.full(len(c.node), np.nan)",
    "adoption": "def connected(self, passed, years): return np.full(len(passed), np.nan)",
    "demand": "active_share = 0.1\n    def mbps_per_home(self, on): return float('nan')",
}
SHORT = {
    "priority": "def score(self, c): return np.zeros(len(c.node) + 1)",
    "adoption": "def connected(self, passed, years): return np.zeros(1)",
}


@pytest.mark.parametrize(("role", "body"), [*BAD.items(), *SHORT.items()])
def test_an_impossible_answer_is_told_with_the_model_and_the_date(tmp_path, role, body):
    (tmp_path / "mine.py").write_text(f"import numpy as np\nclass Wrong:\n    {body}\n")
    with pytest.raises(ModelError) as caught:
        simulate(
            made_scenario(**{role: {"use": "mine.py:Wrong"}}, upgrades={}),
            star([10, 20]),
            code_folder=tmp_path,
        )
    assert "mine.py:Wrong" in str(caught.value)
    assert " on 201" in str(caught.value)
    assert caught.value.exit_code == 1
    assert str(caught.value).startswith("error[model-answer]"), "told once, as the model's and nothing else's"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again), again.problems) == (ModelError, str(caught.value), caught.value.problems)


def test_a_model_must_not_connect_more_homes_than_are_passed(tmp_path):
    (tmp_path / "mine.py").write_text(
        "class Greedy:\n    def connected(self, passed, years): return passed * 1000 + 7\n"
    )
    with pytest.raises(ModelError, match=r"mine\.py:Greedy.*7 homes connected of 0 homes passed on 2014-"):
        simulate(made_scenario(adoption={"use": "mine.py:Greedy"}), star([10]), code_folder=tmp_path)


def test_an_exception_of_a_model_is_told_as_the_models_with_its_line_and_the_simulated_date(tmp_path):
    (tmp_path / "mine.py").write_text(
        "class Broken:\n    def connected(self, passed, years):\n        return 1 / 0\n"
    )
    with pytest.raises(ModelError, match=r"mine\.py:3: error\[model-failed\].* on 2014-.*ZeroDivisionError"):
        simulate(made_scenario(adoption={"use": "mine.py:Broken"}), star([10]), code_folder=tmp_path)


@pytest.mark.parametrize("price", ["-1", "np.nan", "0.5"])
def test_a_cost_model_must_answer_whole_cents_that_are_not_below_zero(tmp_path, price):
    (tmp_path / "mine.py").write_text(
        "import numpy as np\nfrom bbsim.models.cost import ByTerrain, Prices\n"
        "class Wrong:\n    def prices(self, country):\n        p = ByTerrain().prices(country)\n"
        f"        return Prices(p.survey, p.material, p.labour * 0 + {price}, p.node)\n"
    )
    with pytest.raises(ModelError, match=r"mine\.py:Wrong"):
        simulate(made_scenario(cost={"use": "mine.py:Wrong"}), star([10]), code_folder=tmp_path)


def test_a_scenario_file_with_code_is_read_but_not_run(tmp_path):
    from pathlib import Path

    source = Path(__file__).parents[3] / "scenarios" / "azerbaijan.yaml"
    (tmp_path / "mine.py").write_text("raise RuntimeError('it ran')")
    text = source.read_text().replace("{use: people_per_dollar}", "{use: 'mine.py:X'}")
    (tmp_path / "s.yaml").write_text(text)
    scenario = load(tmp_path / "s.yaml")
    assert scenario.priority.use == "mine.py:X"
    assert read(tmp_path / "s.yaml").folder == tmp_path


def test_a_misspelt_switch_of_a_hazard_is_told_with_the_switch():
    with pytest.raises(InputError) as caught:
        models.find("hazard", "weather", {"of": True}, path="hazards.weather")
    (told,) = caught.value.problems
    assert (told.path, told.hint) == ("hazards.weather.of", "Did you mean 'off'?")
