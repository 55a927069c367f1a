import numpy as np
import pytest
from bbsim.planning import sequence


def test_what_costs_nothing_never_waits_for_what_does():
    plan = sequence([-1, 0, 0], [1.0, 5.0, 0.0], [0.0, 10.0, 1.0])
    assert plan.order.tolist() == [0, 2, 1]


def test_parents_come_first_however_rich_the_child():
    parent = [1, 2, -1]
    assert sequence(parent, [1.0, 1.0, 1.0], [100.0, 0.0, 0.0]).order.tolist() == [2, 1, 0]


def test_an_empty_tree_is_no_failure():
    plan = sequence([], [], [])
    assert plan.order.tolist() == []
    assert plan.objective == 0.0


def test_a_hundred_thousand_nodes_are_all_ordered():
    n = 100_000
    rng = np.random.default_rng(1)
    parent = np.concatenate([[-1], (rng.random(n - 1) * np.arange(1, n)).astype(np.int64)])
    plan = sequence(parent, rng.random(n), rng.random(n))
    place = np.empty(n, dtype=np.int64)
    place[plan.order] = np.arange(n)
    assert (place[parent[1:]] < place[1:]).all()


@pytest.mark.parametrize(
    ("parent", "cost", "weight", "match"),
    [
        ([1, 0], [1.0, 1.0], [1.0, 1.0], "0, 1 go in a circle"),
        ([-1, 1], [1.0, 1.0], [1.0, 1.0], "circle"),
        ([-1, 2], [1.0, 1.0], [1.0, 1.0], "below 2"),
        ([-1, 0], [1.0], [1.0, 1.0], "cost must have 2"),
        ([-1, 0], [1.0, 1.0], [1.0, -1.0], "weight must be finite"),
        ([-1.0, 0.0], [1.0, 1.0], [1.0, 1.0], "whole numbers"),
    ],
)
def test_what_does_not_fit_is_refused(parent, cost, weight, match):
    with pytest.raises(ValueError, match=match):
        sequence(parent, cost, weight)
