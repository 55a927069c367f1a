"""What chooses a tree with its order refuses, and what it does where there is little to choose."""

import pytest
from bbsim.planning import tree_in_order


def test_who_waits_for_nothing_needs_nothing():
    tree = tree_in_order([0, 1], [1, 2], [1.0, 1.0], [5.0, 0.0, 0.0], 0)
    assert (tree.edges.tolist(), tree.cost, tree.waiting) == ([], 0.0, 0.0)


def test_a_spur_to_nobody_is_not_built_even_for_nothing():
    tree = tree_in_order([0, 0, 0], [1, 1, 2], [3.0, 2.0, 0.0], [0.0, 1.0, 0.0], 0)
    assert (tree.edges.tolist(), tree.nodes.tolist(), tree.waiting) == ([1], [1], 2.0)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"weight": [0.0, 1.0, 1.0, 2.0]}, "no corridors join root 0 to 3"),
        ({"weight": [0.0, 1.0]}, "weight has only 2"),
        ({"weight": [0.0, 1.0, -1.0]}, "weight must be finite and not negative"),
        ({"root": 3}, "root must be a node below 3"),
        ({"root": 0.5}, "root must be a whole number"),
        ({"effort": "best"}, "effort must be"),
        ({"cost": [1.0]}, "2 entries"),
    ],
)
def test_what_does_not_fit_is_refused(change, match):
    case = {"u": [0, 1], "v": [1, 2], "cost": [1.0, 1.0], "weight": [0.0, 1.0, 1.0], "root": 0} | change
    effort = case.pop("effort", "standard")
    with pytest.raises(ValueError, match=match):
        tree_in_order(*case.values(), effort=effort)
