import pytest
from bbsim.planning import prize_collecting

LINE = ([0, 1, 2], [1, 2, 3], [1.0, 2.0, 4.0], [0.0, 5.0, 1.0, 9.0])


def test_neither_budget_nor_value_is_refused():
    with pytest.raises(ValueError, match="budget, or usd_per_prize"):
        prize_collecting(*LINE, 0)


@pytest.mark.parametrize("budget", [-1.0, float("nan"), float("inf")])
def test_a_budget_is_a_finite_amount(budget):
    with pytest.raises(ValueError, match="budget must be finite"):
        prize_collecting(*LINE, 0, budget=budget)


def test_a_root_must_be_a_node():
    with pytest.raises(ValueError, match="root must be a node below 4"):
        prize_collecting(*LINE, 4, budget=1.0)


@pytest.mark.parametrize("root", [0.0, True, "0"])
def test_a_root_is_a_whole_number(root):
    with pytest.raises(ValueError, match="root must be a whole number"):
        prize_collecting(*LINE, root, budget=1.0)


def test_a_budget_is_a_number():
    with pytest.raises(ValueError, match="budget must be numbers"):
        prize_collecting(*LINE, 0, budget="3")


def test_corridors_must_lead_to_places_with_a_prize_entry():
    with pytest.raises(ValueError, match="only 3 entries"):
        prize_collecting([0], [3], [1.0], [0.0, 1.0, 1.0], 0, budget=1.0)


def test_no_money_reaches_only_the_root():
    tree = prize_collecting(*LINE, 1, budget=0.0)
    assert (tree.edges.tolist(), tree.nodes.tolist(), tree.prize, tree.cost) == ([], [1], 5.0, 0.0)


def test_enough_money_reaches_all_that_hangs_together():
    tree = prize_collecting([0, 1, 3], [1, 2, 4], [1.0, 2.0, 4.0], [0.0, 5.0, 1.0, 9.0, 9.0], 0, budget=100.0)
    assert tree.nodes.tolist() == [0, 1, 2]
    assert tree.upper_bound == tree.prize == 6.0


def test_free_corridors_are_taken_when_there_is_no_money():
    tree = prize_collecting([0, 1], [1, 2], [0.0, 1.0], [0.0, 2.0, 3.0], 0, budget=0.0)
    assert tree.edges.tolist() == [0]


def test_a_place_is_left_out_when_joining_it_costs_more_than_it_is_worth():
    tree = prize_collecting(*LINE, 0, usd_per_prize=0.5)
    assert tree.nodes.tolist() == [0, 1]
    assert tree.upper_bound == pytest.approx(0.5 * 5.0 - 1.0)


def test_a_world_without_prizes_or_corridors_is_no_failure():
    assert prize_collecting([0], [1], [1.0], [0.0, 0.0], 0, budget=5.0).nodes.tolist() == [0]
    assert prize_collecting([], [], [], [3.0], 0, usd_per_prize=1.0).prize == 3.0
