"""The corners of the contract: odd networks, odd demands, and what is said about wrong input."""

import numpy as np
import pytest
from bbsim.traffic import Allocation, achievable, allocate, fair_level, residual, route, share


def test_series_of_spans_carries_what_the_narrowest_does():
    fair = allocate([0, 1, 2], [1, 2, 3], [7.0, 3.0, 5.0], [0], [3], [100.0])
    assert fair.rate_gbps.tolist() == [3.0]
    assert fair.bottleneck.tolist() == [1]
    assert fair.load_gbps.tolist() == [3.0, 3.0, 3.0]


def test_one_link_is_shared_by_water_filling():
    fair = allocate([0], [1], [10.0], [0, 0, 0], [1, 1, 1], [2.0, 8.0, 8.0])
    assert fair.rate_gbps.tolist() == [2.0, 4.0, 4.0]
    assert fair.bottleneck.tolist() == [-1, 0, 0]


def test_weights_set_the_shares_in_proportion():
    fair = allocate([0], [1], [9.0], [0, 0], [1, 1], [100.0, 100.0], weight=[1.0, 2.0])
    assert fair.rate_gbps.tolist() == [3.0, 6.0]


def test_both_directions_share_a_span_unless_each_has_its_own():
    two_ways = {
        "u": [0],
        "v": [1],
        "capacity_gbps": [10.0],
        "src": [0, 1],
        "dst": [1, 0],
        "demand_gbps": [8.0, 20.0],
    }
    shared = allocate(**two_ways)
    assert shared.rate_gbps.tolist() == [5.0, 5.0]
    assert shared.load_gbps.tolist() == [10.0]
    duplex = allocate(**two_ways, directed=True)
    assert duplex.rate_gbps.tolist() == [8.0, 10.0]
    assert duplex.load_gbps.tolist() == [[8.0, 10.0]]
    assert duplex.bottleneck.tolist() == [-1, 0]


def test_direction_follows_the_edge_as_written_not_the_demand():
    fair = allocate([1, 1], [0, 2], [10.0, 10.0], [0], [2], [4.0], directed=True)
    assert fair.load_gbps.tolist() == [[0.0, 4.0], [4.0, 0.0]]


def test_edge_of_no_capacity_is_a_way_on_which_nothing_gets_through():
    fair = allocate([0, 1], [1, 2], [0.0, 5.0], [0, 1, 0], [2, 2, 1], [3.0, 3.0, 0.0])
    assert fair.rate_gbps.tolist() == [0.0, 3.0, 0.0]
    assert fair.bottleneck.tolist() == [0, -1, -1]


def test_demands_frozen_at_nothing_stay_there_when_other_edges_fill_later():
    fair = allocate([0, 1, 1], [1, 2, 3], [0.0, 4.0, 9.0], [0, 1, 1], [2, 2, 3], [9.0, 9.0, 1.0])
    assert fair.rate_gbps.tolist() == [0.0, 4.0, 1.0]
    assert fair.bottleneck.tolist() == [0, 1, -1]


def test_no_path_is_rate_zero_and_no_bottleneck():
    fair = allocate([0, 2], [1, 3], [5.0, 5.0], [0, 0, 8], [3, 1, 9], [4.0, 4.0, 4.0])
    assert fair.rate_gbps.tolist() == [0.0, 4.0, 0.0]
    assert fair.bottleneck.tolist() == [-1, -1, -1]


def test_demand_to_itself_is_served_in_full_and_loads_nothing():
    fair = allocate([0], [1], [0.0], [0, 5], [0, 5], [7.0, 2.0])
    assert fair.rate_gbps.tolist() == [7.0, 2.0]
    assert fair.load_gbps.tolist() == [0.0]
    assert fair.bottleneck.tolist() == [-1, -1]


def test_self_loop_carries_nothing():
    fair = allocate([0, 0], [0, 1], [1.0, 5.0], [0], [1], [3.0], length=[0.0, 1.0])
    assert fair.load_gbps.tolist() == [0.0, 3.0]


def test_of_parallel_edges_the_shortest_then_the_widest_then_the_first_is_taken():
    ends = {"u": [0, 1, 0, 0], "v": [1, 0, 1, 1], "src": [0], "dst": [1], "demand_gbps": [1.0]}
    fair = allocate(**ends, capacity_gbps=[9.0, 2.0, 5.0, 5.0], length=[2.0, 1.0, 1.0, 1.0])
    assert fair.load_gbps.tolist() == [0.0, 0.0, 1.0, 0.0]


def test_full_by_rounding_alone_counts_as_served():
    fair = allocate([0], [1], [0.3], [0, 0], [1, 1], [0.1, 0.2])
    assert fair.rate_gbps.tolist() == [0.1, 0.2]
    assert fair.bottleneck.tolist() == [-1, -1]
    assert fair.load_gbps.tolist() == [0.3]


def test_endless_demand_takes_what_there_is():
    fair = allocate([0, 1], [1, 2], [10.0, np.inf], [0, 1, 0], [1, 2, 1], [np.inf, np.inf, 1.0])
    assert fair.rate_gbps.tolist() == [9.0, np.inf, 1.0]
    assert fair.bottleneck.tolist() == [0, -1, -1]
    assert residual(fair, [10.0, np.inf]).tolist() == [0.0, np.inf]


def test_nothing_asked_nothing_built():
    fair = allocate([], [], [], [], [], [])
    assert fair.rate_gbps.shape == fair.load_gbps.shape == fair.bottleneck.shape == (0,)
    assert allocate([0], [1], [2.0], [], [], []).load_gbps.tolist() == [0.0]
    assert allocate([], [], [], [3], [4], [1.0]).rate_gbps.tolist() == [0.0]
    assert allocate([], [], [], [3], [3], [1.0], directed=True).load_gbps.shape == (0, 2)


def test_ids_may_be_far_apart():
    big = 10**15
    fair = allocate([big, 7], [3, big], [4.0, 2.0], [3], [7], [9.0])
    assert fair.rate_gbps.tolist() == [2.0]


def test_ties_go_to_the_lowest_neighbour_whatever_the_order_of_edges():
    u, v = np.array([0, 0, 0, 1, 2, 3]), np.array([1, 2, 3, 4, 4, 4])
    for seed in range(20):
        order = np.random.default_rng(seed).permutation(6)
        routes = route(u[order], v[order], [4], [0])
        assert sorted(order[routes.of(0)].tolist()) == [0, 3]


def test_zero_lengths_make_no_loops():
    routes = route([0, 1, 2, 0, 3], [1, 2, 0, 3, 2], [2, 3], [0, 1], length=[0.0, 0.0, 0.0, 0.0, 0.0])
    assert routes.length.tolist() == [0.0, 0.0]
    assert routes.of(0).tolist() == [2]
    assert routes.of(1).tolist() == [3, 0]


def test_only_usable_edges_are_used():
    routes = route([0, 0, 1], [2, 1, 2], [0], [2], usable=np.array([False, True, True]))
    assert routes.of(0).tolist() == [1, 2]
    assert not route([0], [1], [0], [1], usable=np.array([False])).reached[0]


def test_routes_outlive_a_change_of_demand_and_capacity():
    routes = route([0, 1], [1, 2], [0, 1], [2, 2])
    assert share(routes, [9.0, 9.0], [1.0, 2.0]).rate_gbps.tolist() == [1.0, 2.0]
    assert share(routes, [9.0, 2.0], [5.0, 5.0]).rate_gbps.tolist() == [1.0, 1.0]


def test_newcomer_gets_what_is_left_or_the_fair_level():
    routes = route([0, 1, 0], [1, 2, 3], [0, 0, 0, 3], [1, 2, 3, 9])
    capacity = [10.0, 2.0, 5.0]
    fair = share(routes, capacity, [4.0, 5.0, 5.0, 1.0], weight=[4.0, 10.0, 2.0, 1.0])
    assert fair_level(routes, fair, [4.0, 10.0, 2.0, 1.0]).tolist() == [1.0, 0.2, 2.5]
    assert residual(fair, capacity).tolist() == [4.0, 0.0, 0.0]
    got = achievable(routes, fair, capacity, per_unit=2.0, weight=[4.0, 10.0, 2.0, 1.0])
    assert got.tolist() == [4.0, 0.4, 5.0, 0.0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"capacity_gbps": [1.0, -2.0]}, r"capacity_gbps\[1\] is -2\.0"),
        ({"capacity_gbps": [np.nan, 2.0]}, r"capacity_gbps\[0\] is nan"),
        ({"capacity_gbps": [1.0]}, "capacity_gbps has 1 entries but u has 2"),
        ({"demand_gbps": [-1.0]}, r"demand_gbps\[0\] is -1\.0"),
        ({"demand_gbps": [np.nan]}, r"demand_gbps\[0\] is nan"),
        ({"demand_gbps": [1.0, 1.0]}, "demand_gbps has 2 entries"),
        ({"demand_gbps": ["much"]}, "demand_gbps is not an array of numbers"),
        ({"length": [1.0, np.inf]}, r"length\[1\] is inf, wanted finite"),
        ({"length": [1.0, -1.0]}, r"length\[1\] is -1\.0"),
        ({"weight": [0.0]}, r"weight\[0\] is 0 but demand_gbps\[0\] is 1\.0"),
        ({"u": [0, 1, 2]}, "v has 2 entries but u has 3"),
        ({"u": [0, -1]}, r"u\[1\] is -1"),
        ({"u": [0.5, 1.0]}, "u holds float64"),
        ({"u": [[0, 1]]}, "u has 2 dimensions"),
        ({"dst": [1, 2]}, "dst has 2 entries but src has 1"),
        ({"routing": "shortst"}, "Did you mean 'shortest'"),
    ],
)
def test_wrong_input_is_told_by_name_place_and_value(change, words):
    good = {
        "u": [0, 1],
        "v": [1, 2],
        "capacity_gbps": [1.0, 1.0],
        "src": [0],
        "dst": [2],
        "demand_gbps": [1.0],
    }
    with pytest.raises(ValueError, match=words):
        allocate(**{**good, **change})


def test_weight_of_nothing_is_fine_where_nothing_is_asked():
    fair = allocate([0], [1], [2.0], [0, 0], [1, 1], [0.0, 5.0], weight=[0.0, 1.0])
    assert fair.rate_gbps.tolist() == [0.0, 2.0]


def test_usable_must_be_a_mask():
    with pytest.raises(ValueError, match="usable is int64"):
        route([0], [1], [0], [1], usable=np.array([1]))


def test_answer_is_frozen():
    fair = allocate([0], [1], [2.0], [0], [1], [1.0])
    assert isinstance(fair, Allocation)
    with pytest.raises(AttributeError):
        fair.rate_gbps = np.zeros(1)


def test_input_arrays_are_left_alone():
    capacity, demand, weight = np.array([2.0]), np.array([3.0, 4.0]), np.array([1.0, 2.0])
    allocate([0], [1], capacity, [0, 0], [1, 1], demand, weight=weight)
    assert capacity.tolist() == [2.0]
    assert demand.tolist() == [3.0, 4.0]
    assert weight.tolist() == [1.0, 2.0]
