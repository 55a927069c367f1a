"""Every plan is what it says it is, its bound holds, and neither names nor the order of rows matter."""

import networkx as nx
import numpy as np
import pytest
from bbsim.planning import prize_collecting, ring_augmentation, schedule, sequence, steiner_tree
from bbsim.planning.rings.augmentation import bridges
from hypothesis import given, settings
from hypothesis import strategies as st

PRICES = st.one_of(st.integers(0, 9).map(float), st.floats(0.0, 9.0, width=32))


@st.composite
def corridors(draw, most=14):
    """A connected multigraph: a random tree and more edges, loops and parallels among them."""
    n = draw(st.integers(2, most))
    pairs = [(draw(st.integers(0, x - 1)), x) for x in range(1, n)]
    node = st.integers(0, n - 1)
    pairs += draw(st.lists(st.tuples(node, node), max_size=2 * n))
    cost = draw(st.lists(PRICES, min_size=len(pairs), max_size=len(pairs)))
    u, v = np.array(pairs, dtype=np.int64).T
    return n, u, v, np.array(cost)


def tree_of(u, v, edges):
    graph = nx.MultiGraph()
    graph.add_edges_from((int(u[e]), int(v[e]), int(e)) for e in edges)
    return graph


@settings(max_examples=60, deadline=None)
@given(corridors(), st.data())
@pytest.mark.parametrize("effort", ["fast", "standard"])
def test_a_steiner_tree_is_a_tree_over_its_terminals_within_its_bound(effort, case, data):
    n, u, v, cost = case
    terminals = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=n))
    tree = steiner_tree(u, v, cost, terminals, effort=effort)
    assert tree.cost == pytest.approx(cost[tree.edges].sum())
    assert 0.0 <= tree.lower_bound <= tree.cost
    if len(set(terminals)) > 1:
        graph = tree_of(u, v, tree.edges)
        assert nx.is_tree(graph)
        assert set(terminals) <= set(graph)
        assert all(x in terminals for x, degree in graph.degree if degree == 1)


@settings(max_examples=40, deadline=None)
@given(corridors(), st.data())
@pytest.mark.parametrize("effort", ["fast", "standard"])
def test_shuffled_rows_give_the_same_tree(effort, case, data):
    n, u, v, cost = case
    terminals = data.draw(st.lists(st.integers(0, n - 1), min_size=1, max_size=n, unique=True))
    rows = np.array(data.draw(st.permutations(range(len(u)))))
    turned = np.array(data.draw(st.lists(st.booleans(), min_size=len(u), max_size=len(u))))
    a, b = np.where(turned, v, u)[rows], np.where(turned, u, v)[rows]

    def described(tree, u, v, cost):
        return sorted((min(u[e], v[e]), max(u[e], v[e]), cost[e]) for e in tree.edges)

    first = steiner_tree(u, v, cost, terminals, effort=effort)
    second = steiner_tree(a, b, cost[rows], terminals[::-1], effort=effort)
    assert described(first, u, v, cost) == described(second, a, b, cost[rows])
    assert first.lower_bound == second.lower_bound


@pytest.mark.parametrize("effort", ["fast", "standard", "thorough"])
@pytest.mark.parametrize("seed", range(3))
def test_other_node_numbers_give_the_same_tree_when_no_costs_are_equal(effort, seed):
    rng = np.random.default_rng(seed)
    n = 60
    u = np.concatenate([np.arange(n), rng.integers(0, n, 80)])
    v = np.concatenate([np.roll(np.arange(n), 1), rng.integers(0, n, 80)])
    cost = rng.uniform(1.0, 9.0, len(u))
    terminals = rng.choice(n, 12, replace=False)
    name = rng.permutation(n)
    first = steiner_tree(u, v, cost, terminals, effort=effort)
    second = steiner_tree(name[u], name[v], cost, name[terminals], effort=effort)
    assert first.edges.tolist() == second.edges.tolist()


@settings(max_examples=30, deadline=None)
@given(corridors(10), st.data())
def test_a_prize_tree_hangs_from_its_root_within_budget_and_bound(case, data):
    n, u, v, cost = case
    prize = np.array(data.draw(st.lists(PRICES, min_size=n, max_size=n)))
    root = data.draw(st.integers(0, n - 1))
    budget = data.draw(st.floats(0.0, 40.0))
    tree = prize_collecting(u, v, cost, prize, root, budget=budget)
    assert tree.cost <= budget * (1 + 1e-9)
    assert tree.prize == pytest.approx(prize[tree.nodes].sum())
    assert tree.prize <= tree.upper_bound
    graph = tree_of(u, v, tree.edges)
    graph.add_node(root)
    assert nx.is_tree(graph)
    assert sorted(graph) == tree.nodes.tolist()


@settings(max_examples=60, deadline=None)
@given(corridors())
def test_only_what_nothing_protects_stays_a_single_way(case):
    n, u, v, cost = case
    tree = np.arange(n - 1)  # the strategy lists a spanning tree first
    answer = ring_augmentation(u, v, cost, tree)
    both = np.concatenate([tree, answer.edges])
    left = both[bridges(n, u[both], v[both])]
    assert sorted(set(left.tolist()) & set(tree.tolist())) == answer.bridges.tolist()
    assert set(answer.bridges.tolist()) == set(bridges(n, u, v).tolist()) & set(tree.tolist())
    assert 0.0 <= answer.lower_bound <= answer.cost == pytest.approx(cost[answer.edges].sum())


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.randoms(use_true_random=False))
def test_no_exchange_of_neighbours_in_the_order_waits_less(n, rnd):
    parent = [-1] + [rnd.randrange(x) for x in range(1, n)]
    cost = [float(rnd.randrange(6)) for _ in range(n)]
    weight = [float(rnd.randrange(6)) for _ in range(n)]
    plan = sequence(parent, cost, weight)
    order = plan.order.tolist()
    assert sorted(order) == list(range(n))

    def waiting(order):
        clock = total = 0.0
        for x in order:
            clock += cost[x]
            total += weight[x] * clock
        return total

    assert plan.objective == pytest.approx(waiting(order))
    for i in range(n - 1):
        if parent[order[i + 1]] != order[i]:
            swapped = [*order[:i], order[i + 1], order[i], *order[i + 2 :]]
            assert waiting(swapped) >= plan.objective - 1e-9


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.randoms(use_true_random=False))
def test_a_schedule_keeps_to_its_rules_and_above_its_bound(n, rnd):
    duration = [float(rnd.randrange(7)) for _ in range(n)]
    before = [[p for p in range(j) if rnd.random() < 0.25] for j in range(n)]
    need = np.array([[rnd.randrange(4), rnd.randrange(4)] for _ in range(n)], dtype=float)
    capacity = np.array([4.0, 3.0])
    plan = schedule(duration, before, need, capacity)
    end = plan.start + duration
    assert plan.makespan == end.max()
    assert all(plan.start[j] >= end[p] for j in range(n) for p in before[j])
    for t in plan.start:
        running = (plan.start <= t) & (t < end)
        assert (need[running].sum(axis=0) <= capacity).all()
    longest = np.zeros(n)
    for j in range(n):
        longest[j] = duration[j] + max((longest[p] for p in before[j]), default=0.0)
    assert longest.max() <= plan.lower_bound <= plan.makespan
