import numpy as np
import pytest
from bbsim.planning import steiner_tree

EFFORTS = ("fast", "standard", "thorough")


@pytest.mark.parametrize("effort", EFFORTS)
def test_one_terminal_needs_nothing(effort):
    tree = steiner_tree([0, 1], [1, 2], [1.0, 1.0], [2, 2], effort=effort)
    assert tree.edges.tolist() == []
    assert (tree.cost, tree.lower_bound, tree.gap_share) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("effort", EFFORTS)
def test_terminals_no_corridor_joins_are_named(effort):
    with pytest.raises(ValueError, match="terminal 0 to 4, 5"):
        steiner_tree([0, 1, 4], [1, 2, 5], [1.0, 1.0, 1.0], [0, 2, 4, 5], effort=effort)


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_terminal_that_no_corridor_touches_is_named(effort):
    with pytest.raises(ValueError, match="9"):
        steiner_tree([0], [1], [1.0], [0, 1, 9], effort=effort)


@pytest.mark.parametrize("effort", EFFORTS)
def test_existing_fibre_at_no_cost_is_kept(effort):
    # The free way round 0-3-4-2 beats the short one, and its edges are in the answer.
    tree = steiner_tree([0, 1, 0, 3, 4], [1, 2, 3, 4, 2], [1.0, 1.0, 0.0, 0.0, 0.0], [0, 2], effort=effort)
    assert tree.edges.tolist() == [2, 3, 4]
    assert tree.cost == 0.0


@pytest.mark.parametrize("effort", EFFORTS)
def test_of_parallel_corridors_the_cheapest_is_taken_and_loops_are_left(effort):
    tree = steiner_tree([0, 0, 1, 1], [1, 1, 1, 0], [3.0, 2.0, 0.0, 4.0], [0, 1], effort=effort)
    assert tree.edges.tolist() == [1]


def test_a_gap_is_a_share_of_the_bound():
    from bbsim.planning import SteinerTree

    assert SteinerTree(np.array([0]), 11.0, 10.0).gap_share == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"effort": "best"}, "effort must be"),
        ({"terminals": []}, "at least one"),
        ({"terminals": [-1]}, "negative"),
        ({"terminals": [0.5]}, "whole numbers"),
        ({"cost": [1.0]}, "2 entries"),
        ({"cost": [1.0, -1.0]}, "finite and not negative"),
        ({"cost": [1.0, float("nan")]}, "finite and not negative"),
        ({"cost": [1.0, float("inf")]}, "finite and not negative"),
        ({"cost": ["one", "two"]}, "cost must be numbers"),
        ({"u": [0]}, "same length"),
        ({"u": [[0, 1]]}, "one-dimensional"),
    ],
)
def test_what_does_not_fit_is_refused(change, match):
    case = {"u": [0, 1], "v": [1, 2], "cost": [1.0, 1.0], "terminals": [0, 2]} | change
    effort = case.pop("effort", "standard")
    with pytest.raises(ValueError, match=match):
        steiner_tree(*case.values(), effort=effort)


@pytest.mark.parametrize("effort", ["fast", "standard", "thorough"])
def test_nodes_may_be_called_as_in_their_source(effort):
    a, b, c = 5, 10**10, 10**12
    tree = steiner_tree([b, a], [c, c], [1.0, 2.0], [a, b], effort=effort)
    assert (tree.edges.tolist(), tree.cost) == ([0, 1], 3.0)
    with pytest.raises(ValueError, match="no corridors join terminal 5 to 10000000000"):
        steiner_tree([b, a], [c, 7], [1.0, 2.0], [a, b], effort=effort)
