import pytest
from bbsim.planning import ring_augmentation


def test_a_parallel_corridor_protects_an_edge():
    answer = ring_augmentation([0, 0], [1, 1], [1.0, 3.0], [0])
    assert answer.edges.tolist() == [1]
    assert answer.bridges.tolist() == []


def test_a_way_through_nodes_outside_the_tree_counts_once_for_all_it_protects():
    # Both spurs of the star reach junction 4; the hub's third spur can only be doubled straight.
    u, v = [0, 0, 0, 1, 2, 3], [1, 2, 3, 4, 4, 4]
    answer = ring_augmentation(u, v, [1.0, 1.0, 1.0, 2.0, 2.0, 2.0], [0, 1, 2])
    assert answer.edges.tolist() == [3, 4, 5]
    assert answer.cost == answer.lower_bound == 6.0


def test_what_nothing_can_protect_is_named():
    answer = ring_augmentation([0, 1], [1, 2], [1.0, 1.0], [0, 1])
    assert answer.edges.tolist() == []
    assert answer.bridges.tolist() == [0, 1]
    assert answer.cost == answer.lower_bound == 0.0


def test_an_empty_tree_needs_nothing():
    assert ring_augmentation([0], [1], [1.0], []).cost == 0.0


def test_free_corridors_close_rings():
    answer = ring_augmentation([0, 1, 0], [1, 2, 2], [1.0, 1.0, 0.0], [0, 1])
    assert (answer.edges.tolist(), answer.cost) == ([2], 0.0)


@pytest.mark.parametrize("tree", [[0, 1, 2], [0, 3]])
def test_circles_and_loose_pieces_are_no_tree(tree):
    with pytest.raises(ValueError, match="not one tree"):
        ring_augmentation([0, 1, 2, 3], [1, 2, 0, 4], [1.0, 1.0, 1.0, 1.0], tree)


def test_a_tree_names_corridors_that_exist():
    with pytest.raises(ValueError, match="only 1"):
        ring_augmentation([0], [1], [1.0], [3])


def test_nodes_may_be_called_as_in_their_source():
    a, b, c = 5, 10**10, 10**12
    rings = ring_augmentation([b, a, a], [c, c, b], [1.0, 2.0, 3.0], [0, 1])
    assert (rings.edges.tolist(), rings.bridges.tolist()) == ([2], [])
