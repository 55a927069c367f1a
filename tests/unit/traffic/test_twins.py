"""Which twin is taken, and that nothing heavy is loaded before it is needed."""

import subprocess
import sys

import pytest
from bbsim.errors import EnvironmentFault
from bbsim.traffic import _twins, allocate
from bbsim.traffic._twins import use_compiled


def test_a_wish_decides(monkeypatch):
    monkeypatch.setenv("BBSIM_COMPILED", "1")
    assert not use_compiled(10**9, 1, wish=False)
    monkeypatch.setenv("BBSIM_COMPILED", "0")
    assert use_compiled(0, 10**9, wish=True)


def test_environment_decides_next(monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setenv("BBSIM_COMPILED", "0")
    assert not use_compiled(10**9, 1)
    monkeypatch.setenv("BBSIM_COMPILED", "1")
    assert use_compiled(0, 10**9)


def test_who_asks_again_and_again_is_answered_by_compiled_code(monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.delenv("BBSIM_COMPILED", raising=False)
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    monkeypatch.setattr(_twins, "_done", {"plainly": 0.0})
    answers = [use_compiled(500, 1000) for _ in range(200)]
    assert answers == [False] * 19 + [True] * 181
    # Not for trifles, however often.
    assert not use_compiled(5, 10_000)


def test_otherwise_the_work_decides(monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.delenv("BBSIM_COMPILED", raising=False)
    monkeypatch.setattr(_twins, "_done", {"plainly": 0.0})
    assert not use_compiled(5, 1000)
    assert use_compiled(1000, 1000)


def test_without_numba_the_plain_twin_is_taken(monkeypatch):
    monkeypatch.setenv("BBSIM_COMPILED", "1")
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert not use_compiled(10**9, 1)
    assert allocate([0], [1], [2.0], [0], [1], [3.0]).rate_gbps.tolist() == [2.0]
    with pytest.raises(EnvironmentFault, match="pip install"):
        use_compiled(1, 1, wish=True)


def test_odd_setting_is_told(monkeypatch):
    monkeypatch.setenv("BBSIM_COMPILED", "yes")
    with pytest.raises(ValueError, match="BBSIM_COMPILED is 'yes', wanted 0 or 1"):
        use_compiled(1, 1)


def test_import_and_a_small_question_load_nothing_heavy():
    code = (
        "import sys, bbsim.traffic as t; "
        "heavy = {'numba', 'highspy', 'pandas', 'scipy.optimize'}; "
        "assert not heavy & set(sys.modules) and 'scipy' not in sys.modules; "
        "t.allocate([0], [1], [2.0], [0], [1], [3.0]); "
        "assert not heavy & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
