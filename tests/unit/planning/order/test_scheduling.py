import numpy as np
import pytest
from bbsim.planning import schedule


def test_one_crew_builds_one_after_the_other():
    plan = schedule([2.0, 3.0, 4.0], [[], [], []], [1, 1, 1], 1)
    assert plan.makespan == plan.lower_bound == 9.0


def test_with_crews_enough_only_the_chains_count():
    plan = schedule([2.0, 3.0, 4.0], [[], [0], [0]], [1, 1, 1], 9)
    assert plan.start.tolist() == [0.0, 2.0, 2.0]
    assert plan.makespan == plan.lower_bound == 6.0


def test_projects_that_hold_nothing_and_take_no_time():
    plan = schedule([0.0, 2.0, 0.0], [[1], [], [0]], [0, 1, 0], 1)
    assert plan.start.tolist() == [2.0, 0.0, 2.0]


def test_days_may_be_fractions():
    plan = schedule([0.25, 0.5], [[], [0]], [[1.0], [0.5]], [1.0])
    assert plan.makespan == 0.75


def test_no_projects_and_no_resources():
    assert schedule([], [], [], 1).makespan == 0.0
    assert schedule([], [], [], []).makespan == 0.0
    assert schedule([1.0, 2.0], [[], [0]], [[], []], []).makespan == 3.0


@pytest.mark.parametrize(
    ("duration", "predecessors", "need", "capacity", "match"),
    [
        ([1.0, 1.0], [[1], [0]], [1, 1], 1, "circle"),
        ([1.0, 1.0], [[], [7]], [1, 1], 1, "7, which is no project"),
        ([1.0, 1.0], [[]], [1, 1], 1, "predecessors must have 2"),
        ([1.0], [[]], [2], 1, "needs more than"),
        ([1.0], [[]], [[1, 1]], 1, "need must have shape"),
        ([-1.0], [[]], [1], 1, "duration must be finite"),
        ([1.0, 1.0], [[], [0.5]], [1, 1], 1, "predecessors of project 1 must be whole"),
        ([1.0, 1.0], [[], ["a"]], [1, 1], 1, "predecessors of project 1 must be whole"),
        (["1"], [[]], [1], 1, "duration must be numbers"),
    ],
)
def test_what_does_not_fit_is_refused(duration, predecessors, need, capacity, match):
    with pytest.raises(ValueError, match=match):
        schedule(duration, predecessors, need, capacity)


@pytest.mark.parametrize("n", [2, 40])
def test_without_resources_only_the_chains_count_whichever_engine_runs(n, monkeypatch):
    from bbsim.planning.corridors.kernels import engine_of, have_numba
    from bbsim.planning.order import scheduling

    for compiled in (False, True) if have_numba() else (False,):
        engine = engine_of(scheduling.MODULES, compiled)
        monkeypatch.setattr(scheduling, "choose", lambda *_, engine=engine: engine)
        plan = schedule(np.arange(1.0, n + 1), [[j - 2] if j > 1 else [] for j in range(n)], [[]] * n, [])
        assert plan.makespan == sum(range(2 - n % 2, n + 1, 2))
