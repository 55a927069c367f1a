"""Tree and order as one, against all orders of small graphs and against a tree first and its order then."""

import itertools
import math

import numpy as np
import pytest
from bbsim.planning import sequence, steiner_tree, tree_in_order


def least_waiting(n, u, v, cost, weight, root):
    """The best of all orders: for an order each node's cheapest edge to an earlier node is best."""
    price = np.full((n, n), math.inf)
    for a, b, c in zip(u, v, cost, strict=True):
        price[a, b] = price[b, a] = min(price[a, b], c)
    best = math.inf
    for order in itertools.permutations([x for x in range(n) if x != root]):
        waited, clock, built = 0.0, 0.0, [root]
        for x in order:
            clock += price[x, built].min()
            if math.isinf(clock):
                # What waits for nothing is never built: the order may end here.
                waited = waited if not any(weight[y] for y in order if y not in built) else math.inf
                break
            waited += weight[x] * clock
            built.append(x)
        best = min(best, waited)
    return best


def drawn(seed, n, extra):
    rng = np.random.default_rng(seed)
    u = np.concatenate([np.arange(1, n), rng.integers(0, n, extra)])
    v = np.concatenate([[int(rng.integers(0, x)) for x in range(1, n)], rng.integers(0, n, extra)])
    weight = np.where(rng.random(n) < 0.7, rng.integers(1, 9, n), 0).astype(float)
    return u, v, rng.integers(0, 9, len(u)).astype(float), weight


def waiting_of(tree, cost, weight):
    return float((weight[tree.nodes] * np.cumsum(np.asarray(cost)[tree.edges])).sum())


@pytest.mark.parametrize("seed", range(40))
def test_small_graphs_have_the_least_waiting_of_all_orders(seed):
    n = 2 + seed % 6
    u, v, cost, weight = drawn(seed, n, 2 * n)
    tree = tree_in_order(u, v, cost, weight, 0, effort="thorough")
    assert waiting_of(tree, cost, weight) == pytest.approx(tree.waiting)
    assert tree.cost == pytest.approx(cost[tree.edges].sum())
    assert set(np.flatnonzero(weight[1:]) + 1) <= set(tree.nodes.tolist())
    assert tree.waiting == pytest.approx(least_waiting(n, u, v, cost, weight, 0))


def horn_waiting(edges, u, v, cost, weight):
    """Horn's order over a tree from node 0."""
    parent, price, at = [-1], [0.0], {0: 0}
    rest = list(edges)
    while rest:
        for e in list(rest):
            for a, b in ((int(u[e]), int(v[e])), (int(v[e]), int(u[e]))):
                if a in at and b not in at:
                    at[b] = len(parent)
                    parent.append(at[a])
                    price.append(float(cost[e]))
                    rest.remove(e)
                    break
    return sequence(parent, price, [float(weight[x]) for x in at]).objective


def greedy_edges(n, u, v, cost, weight):
    """The branch with most weight per cost, again and again, by a Dijkstra from scratch for each."""
    inside, edges = {0}, []
    while any(weight[x] > 0 and x not in inside for x in range(n)):
        far, before, gain = dict.fromkeys(inside, 0.0), {}, dict.fromkeys(inside, 0.0)
        todo = set(inside)
        done = set()
        while todo:
            x = min(todo, key=lambda y: (far[y], y))
            todo.remove(x)
            done.add(x)
            for e in range(len(u)):
                for a, b in ((int(u[e]), int(v[e])), (int(v[e]), int(u[e]))):
                    if a == x and b not in done and far[x] + cost[e] < far.get(b, math.inf):
                        far[b], before[b] = far[x] + cost[e], (x, e)
                        gain[b] = gain[x] + weight[b]
                        todo.add(b)
        x = max((y for y in done if gain[y] > 0), key=lambda y: (gain[y] / max(far[y], 1e-12), -y))
        while x not in inside:
            inside.add(x)
            edges.append(before[x][1])
            x = before[x][0]
    return edges


@pytest.mark.parametrize("effort", ["fast", "standard"])
@pytest.mark.parametrize("seed", range(6))
def test_never_more_waiting_than_the_shortest_tree_or_the_greedy_one_in_the_best_order(seed, effort):
    n = 40
    u, v, _, weight = drawn(seed, n, 60)
    cost = np.random.default_rng([seed, 1]).uniform(0.5, 5.0, len(u))
    wanted = [0, *np.flatnonzero(weight[1:]) + 1]
    shortest = steiner_tree(u, v, cost, wanted, effort=effort).edges.tolist()
    greedy = greedy_edges(n, u, v, cost, weight)
    tree = tree_in_order(u, v, cost, weight, 0, effort=effort)
    best = min(horn_waiting(edges, u, v, cost, weight) for edges in (shortest, greedy))
    assert tree.waiting <= best * (1.0 + 1e-12)
    assert waiting_of(tree, cost, weight) == pytest.approx(tree.waiting)


@pytest.mark.parametrize("effort", ["fast", "standard"])
def test_shuffled_rows_and_other_node_numbers_give_the_same_plan(effort):
    u, v, _, weight = drawn(7, 40, 60)
    rng = np.random.default_rng(7)
    cost = rng.uniform(0.5, 5.0, len(u))
    weight = weight * rng.uniform(0.9, 1.1, 40)
    tree = tree_in_order(u, v, cost, weight, 0, effort=effort)
    rows, name = rng.permutation(len(u)), rng.permutation(40)
    renamed = np.empty(40)
    renamed[name] = weight
    other = tree_in_order(name[u][rows], name[v][rows], cost[rows], renamed, int(name[0]), effort=effort)
    assert rows[other.edges].tolist() == tree.edges.tolist()
    assert other.nodes.tolist() == name[tree.nodes].tolist()
