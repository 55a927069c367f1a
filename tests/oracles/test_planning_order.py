"""Horn's order against all orders of small trees."""

import itertools

import numpy as np
import pytest
from bbsim.planning import sequence


def least_waiting(parent, cost, weight):
    """The best of all orders in which parents come before children, by growing sets of built nodes."""
    n = len(parent)
    best = {frozenset(): (0.0, 0.0)}
    for size in range(n):
        grown = {}
        for built, (waited, clock) in best.items():
            for x in range(n):
                if x in built or (parent[x] >= 0 and parent[x] not in built):
                    continue
                end = clock + cost[x]
                entry = (waited + weight[x] * end, end)
                key = built | {x}
                if key not in grown or entry[0] < grown[key][0]:
                    grown[key] = entry
        best = grown
        assert size + 1 == len(next(iter(best)))
    return next(iter(best.values()))[0]


@pytest.mark.parametrize("seed", range(40))
def test_horn_equals_the_best_of_all_orders(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 12))
    parent = [-1] + [int(rng.integers(0, x)) for x in range(1, n)]
    cost = rng.integers(0, 6, n).astype(float)
    weight = rng.integers(0, 6, n).astype(float)
    plan = sequence(parent, cost, weight)
    assert plan.objective == pytest.approx(least_waiting(parent, cost, weight))


def test_several_roots_are_ordered_together():
    parent, cost, weight = [-1, 0, -1, 2], [3.0, 1.0, 2.0, 2.0], [0.0, 9.0, 1.0, 5.0]
    orders = [
        order
        for order in itertools.permutations(range(4))
        if order.index(0) < order.index(1) and order.index(2) < order.index(3)
    ]
    best = min(
        sum(weight[x] * sum(cost[y] for y in order[: i + 1]) for i, x in enumerate(order)) for order in orders
    )
    assert sequence(parent, cost, weight).objective == best
