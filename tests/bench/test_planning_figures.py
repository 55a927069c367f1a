"""How good and how fast the plans are, beside networkx or the optimum, in one run.

Run with ``pytest tests/bench/test_planning_figures.py -m bench -s``. Figures are printed; what is
asserted holds on any machine (validity, bounds, never worse than the other), never seconds.
"""

import heapq
import json
import time
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from bbsim.planning import (
    prize_collecting,
    ring_augmentation,
    schedule,
    sequence,
    steiner_tree,
    tree_in_order,
)
from bbsim.planning.corridors.arrays import number
from bbsim.planning.growth import together as growth_module
from bbsim.planning.reach import hunt as prize_module
from bbsim.planning.rings import augmentation as rings_module
from networkx.algorithms.approximation import steiner_tree as networkx_steiner_tree
from scipy.spatial import Delaunay

pytestmark = pytest.mark.bench
PACK = Path(__file__).parents[2] / "geodata" / "AZE"


def land(n, seed):
    """Random places and the corridors of their Delaunay graph, up to 30 % longer than straight."""
    rng = np.random.default_rng(seed)
    points = 100.0 * rng.random((n, 2))
    corners = Delaunay(points).simplices
    pairs = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    pairs = np.unique(np.sort(pairs, axis=1), axis=0)
    u, v = pairs.T
    return u, v, np.hypot(*(points[u] - points[v]).T) * rng.uniform(1.0, 1.3, len(u)), rng


def street_grid(side, seed):
    """A street grid with gaps and uneven lengths: few bends, many ways nearly as short. The hard case."""
    rng = np.random.default_rng(seed)
    node = np.arange(side * side).reshape(side, side)
    u = np.concatenate([node[:, :-1].ravel(), node[:-1].ravel()])
    v = np.concatenate([node[:, 1:].ravel(), node[1:].ravel()])
    keep = rng.random(len(u)) < 0.75
    u, v = u[keep], v[keep]
    return (*joined(u, v, rng.uniform(0.2, 2.0, len(u))), rng)


def roads(n, seed):
    """Roads between `n` junctions as maps have them: half the Delaunay edges, each of one to eight pieces."""
    u, v, cost, rng = land(n, seed)
    keep = rng.random(len(u)) < 0.5
    u, v, cost = u[keep], v[keep], cost[keep]
    pieces = rng.integers(1, 9, len(u))
    tails, heads, lengths, free = [], [], [], n
    for a, b, length, parts in zip(u.tolist(), v.tolist(), cost.tolist(), pieces.tolist(), strict=True):
        chain = [a, *range(free, free + parts - 1), b]
        free += parts - 1
        tails += chain[:-1]
        heads += chain[1:]
        lengths += [length / parts] * parts
    return (*joined(np.array(tails), np.array(heads), np.array(lengths)), rng)


def joined(u, v, cost):
    """The largest piece, and its nodes."""
    graph = nx.Graph()
    graph.add_edges_from(zip(u.tolist(), v.tolist(), strict=True))
    whole = np.array(sorted(max(nx.connected_components(graph), key=len)))
    inside = np.isin(u, whole)
    return u[inside], v[inside], cost[inside], whole


def graph_of(u, v, cost):
    graph = nx.Graph()
    graph.add_weighted_edges_from(zip(u.tolist(), v.tolist(), cost.tolist(), strict=True))
    return graph


def timed(work, repeats=1):
    best = np.inf
    for _ in range(repeats):
        start = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - start)
    return answer, best


@pytest.mark.parametrize(
    ("n", "k", "effort", "seeds"),
    [
        (1_000, 50, "fast", 10),
        (10_000, 500, "fast", 10),
        (1_000, 50, "standard", 10),
        (1_000, 300, "standard", 10),
        (10_000, 500, "standard", 3),
        (1_000, 50, "thorough", 10),
        (1_000, 300, "thorough", 5),
    ],
)
def test_steiner_beside_networkx(n, k, effort, seeds):
    cheaper, faster, gaps, spent = [], [], [], []
    for seed in range(seeds):
        u, v, cost, rng = land(n, seed)
        terminals = rng.choice(n, k, replace=False)
        graph = graph_of(u, v, cost)
        theirs, their_s = timed(lambda g=graph, t=terminals: networkx_steiner_tree(g, t.tolist()))
        if seed == 0:
            steiner_tree(u, v, cost, terminals, effort=effort)
        ours, our_s = timed(
            lambda u=u, v=v, c=cost, t=terminals: steiner_tree(u, v, c, t, effort=effort),
            3 if effort == "fast" else 1,
        )
        cheaper.append(1.0 - ours.cost / theirs.size("weight"))
        faster.append(their_s / our_s)
        gaps.append(ours.gap_share)
        spent.append(our_s)
        assert ours.cost <= theirs.size("weight")
    print(
        f"\n{effort} {n}/{k}: {np.mean(cheaper):.2%} cheaper, {np.mean(faster):.2f}x networkx's speed, "
        f"bound gap mean {np.mean(gaps):.2%} worst {max(gaps):.2%}, {1e3 * np.mean(spent):.1f} ms"
    )


def test_the_plain_twin_beside_networkx(monkeypatch):
    faster = []
    for seed in range(10):
        u, v, cost, rng = land(10_000, seed)
        terminals = rng.choice(10_000, 500, replace=False)
        graph = graph_of(u, v, cost)
        compiled = steiner_tree(u, v, cost, terminals, effort="fast")
        monkeypatch.setenv("BBSIM_PLAIN", "1")
        _, their_s = timed(lambda g=graph, t=terminals: networkx_steiner_tree(g, t.tolist()))
        ours, our_s = timed(lambda u=u, v=v, c=cost, t=terminals: steiner_tree(u, v, c, t, effort="fast"), 3)
        monkeypatch.undo()
        assert ours.edges.tolist() == compiled.edges.tolist()
        faster.append(their_s / our_s)
    print(f"\nfast 10000/500 without numba: the same trees at {np.mean(faster):.1f}x networkx's speed")


@pytest.mark.parametrize("places", [20, 60, 200])
@pytest.mark.parametrize(("kind", "size"), [(roads, 400), (roads, 800), (street_grid, 55)])
def test_steiner_on_generated_roads(kind, size, places):
    gaps, seconds = [], []
    for seed in range(8):
        u, v, cost, whole, rng = kind(size, seed)
        terminals = rng.choice(whole, places, replace=False)
        tree, spent = timed(lambda u=u, v=v, c=cost, t=terminals: steiner_tree(u, v, c, t))
        gaps.append(tree.gap_share)
        seconds.append(spent)
    print(
        f"\n{kind.__name__}, {len(whole):,} nodes, {places} places, standard: gap to the bound median "
        f"{np.median(gaps):.2%}, worst {max(gaps):.2%}, {np.median(seconds):.2f} s"
    )


def country_roads(pack):
    """The corridors of a country pack: ends, kilometres, and the kind of each node of the largest piece."""
    read = {name: json.loads((pack / f"{name}.geojson").read_text()) for name in ("nodes", "spans")}
    number = {f["properties"]["id"]: i for i, f in enumerate(read["nodes"]["features"])}
    spans = [f["properties"] for f in read["spans"]["features"]]
    u = np.array([number[span["start"]] for span in spans])
    v = np.array([number[span["end"]] for span in spans])
    u, v, km, whole = joined(u, v, np.array([span["length_km"] for span in spans]))
    return u, v, km, whole, np.array([f["properties"]["kind"] for f in read["nodes"]["features"]])


def test_trees_and_rings_on_the_roads_of_a_country():
    u, v, km, whole, kind = country_roads(PACK)
    rng = np.random.default_rng(0)
    cases = [
        ("cities", whole[kind[whole] == "city"]),
        ("towns too", whole[np.isin(kind[whole], ["city", "town"])]),
    ]
    cases += [(f"{k} at random", rng.choice(whole, k, replace=False)) for k in (20, 50, 100, 200)]
    gaps, ring_gaps = [], []
    for name, terminals in cases:
        tree, seconds = timed(lambda t=terminals: steiner_tree(u, v, km, t))
        rings, ring_s = timed(lambda e=tree.edges: ring_augmentation(u, v, km, e))
        gaps.append(tree.gap_share)
        ring_gaps.append(rings.cost / rings.lower_bound - 1.0)
        print(
            f"\n{name}: tree {tree.cost:.0f} km, gap {tree.gap_share:.2%}, {seconds:.2f} s; "
            f"rings {rings.cost:.0f} km more ({rings.cost / tree.cost:.0%}), "
            f"gap {ring_gaps[-1]:.2%}, {ring_s:.1f} s",
            end="",
        )
    print(f"\nmedian gap {np.median(gaps):.2%}, worst {max(gaps):.2%}; rings worst {max(ring_gaps):.2%}")
    assert max(ring_gaps) < 1e-6


def test_steiner_at_a_hundred_thousand_nodes():
    u, v, cost, rng = land(100_000, 0)
    terminals = rng.choice(100_000, 5_000, replace=False)
    tree, _ = timed(lambda: steiner_tree(u, v, cost, terminals, effort="fast"))
    tree, seconds = timed(lambda: steiner_tree(u, v, cost, terminals, effort="fast"), 3)
    print(f"\nfast 100,000/5,000: {seconds:.3f} s, cost {tree.cost:.1f}, bound {tree.lower_bound:.1f}")


@pytest.mark.parametrize("share", [0.15, 0.3])
def test_budgets_beside_the_optimum(share, monkeypatch):
    gaps, seconds = [], []
    for seed in range(20):
        u, v, cost, rng = land(80, seed)
        prize = np.round(1_000 * np.exp(rng.normal(0.0, 1.5, 80)))
        budget = share * steiner_tree(u, v, cost, np.arange(80), effort="fast").cost
        best = prize_collecting(u, v, cost, prize, 0, budget=budget)
        monkeypatch.setattr(prize_module, "EXACT_EDGES", 0)
        ours, spent = timed(
            lambda u=u, v=v, c=cost, p=prize, b=budget: prize_collecting(u, v, c, p, 0, budget=b)
        )
        monkeypatch.undo()
        gaps.append(best.prize / ours.prize - 1.0)
        seconds.append(spent)
        assert ours.prize <= best.prize * (1 + 1e-9) <= best.upper_bound * (1 + 1e-6)
    print(
        f"\nbudget {share:.0%} at 80 nodes, heuristics alone: gap mean {np.mean(gaps):.2%} "
        f"worst {max(gaps):.2%}, {np.mean(seconds):.2f} s (with the programme: gap 0)"
    )


@pytest.mark.parametrize(("n", "share"), [(1_000, 0.1), (10_000, 0.05)])
def test_budgets_at_size(n, share):
    u, v, cost, rng = land(n, 0)
    prize = np.round(1_000 * np.exp(rng.normal(0.0, 1.5, n)))
    budget = share * steiner_tree(u, v, cost, np.arange(n), effort="fast").cost
    ours, seconds = timed(lambda: prize_collecting(u, v, cost, prize, 0, budget=budget))
    gap = ours.upper_bound / ours.prize - 1.0
    dense, grown = densest_first(u, v, cost, prize, budget), goemans_williamson(u, v, cost, prize, budget)
    assert ours.prize >= max(dense, grown)
    print(
        f"\nbudget {share:.0%} at {n:,}: {gap:.1%} below the bound, {seconds:.1f} s; "
        f"{ours.prize / dense - 1:.1%} above the densest path first, "
        f"{ours.prize / grown - 1:.1%} above Goemans-Williamson"
    )


def densest_first(u, v, cost, prize, budget):
    """The people reached when the path with most of them per cost is taken again and again."""
    near = [[] for _ in prize]
    for a, b, c in zip(u.tolist(), v.tolist(), cost.tolist(), strict=True):
        near[a].append((b, c))
        near[b].append((a, c))
    inside, spent = {0}, 0.0
    while True:
        far, gain, before = dict.fromkeys(inside, 0.0), dict.fromkeys(inside, 0.0), {}
        queue, done, best = [(0.0, x) for x in sorted(inside)], set(), (0.0, -1)
        while queue:
            d, x = heapq.heappop(queue)
            if x in done:
                continue
            done.add(x)
            if x not in inside:
                gain[x] = gain[before[x]] + prize[x]
                best = max(best, (gain[x] / d, -x))
            for y, c in near[x]:
                if d + c < far.get(y, budget - spent):
                    far[y], before[y] = d + c, x
                    heapq.heappush(queue, (d + c, y))
        if best[0] <= 0.0:
            return float(prize[sorted(inside)].sum())
        x = -best[1]
        spent += far[x]
        while x not in inside:
            inside.add(x)
            x = before[x]


def goemans_williamson(u, v, cost, prize, budget):
    """The people in the best tree that circles paid by prizes leave, over 24 prices, within the budget."""
    special = prize.copy()
    special[0] = np.inf
    corridors = number(u, v, cost, len(prize), special)
    hunt = prize_module.Hunt(corridors, prize[corridors.name], budget, None)
    best, low, high = 0.0, 0.0, 1e3 * float(cost.sum() / prize.sum())
    for _ in range(24):
        price = (low * high) ** 0.5 if low > 0.0 else 0.1 * high
        inside, spent = hunt._moat_tree(price)
        low, high = (price, high) if spent <= budget else (low, price)
        if spent > budget:
            size, _ = hunt.engine.span(hunt.graph, inside, hunt.prized, 0, *hunt.state)
            order, parent, link = hunt.state
            cut = (order, size, parent, link, hunt.graph[2], hunt.dollars, inside, spent - budget)
            hunt.engine.cut_back(*cut)
        best = max(best, float(hunt.worth[np.asarray(inside) > 0].sum()))
    return best


@pytest.mark.parametrize("n", [1_000, 5_000])
def test_rings_beside_networkx(n, monkeypatch):
    u, v, cost, _ = land(n, 0)
    tree = steiner_tree(u, v, cost, np.arange(n), effort="fast").edges
    ours, our_s = timed(lambda: ring_augmentation(u, v, cost, tree))
    assert ours.lower_bound == pytest.approx(ours.cost)
    monkeypatch.setattr(rings_module, "EXACT_NODES", 0)
    quick, quick_s = timed(lambda: ring_augmentation(u, v, cost, tree), 3)
    print(
        f"\nrings at {n:,}: premium {ours.cost / cost[tree].sum():.1%}, exact {our_s:.2f} s, "
        f"heuristic +{quick.cost / ours.cost - 1:.1%} in {quick_s:.3f} s"
    )
    if n > 1_000:
        return
    graph = nx.Graph()
    graph.add_edges_from(zip(u[tree].tolist(), v[tree].tolist(), strict=True))
    rest = np.setdiff1d(np.arange(len(u)), tree)
    offers = [(int(u[e]), int(v[e]), float(cost[e])) for e in rest]
    price = {frozenset(offer[:2]): offer[2] for offer in offers}
    added, their_s = timed(lambda: list(nx.k_edge_augmentation(graph, 2, avail=offers)))
    theirs = sum(price[frozenset(edge[:2])] for edge in added)
    assert ours.cost <= theirs
    print(
        f"    networkx {their_s:.2f} s: exact {1 - ours.cost / theirs:.1%} cheaper at "
        f"{their_s / our_s:.0f}x, heuristic {1 - quick.cost / theirs:.1%} cheaper at {their_s / quick_s:.0f}x"
    )


def test_order_at_a_hundred_thousand_nodes():
    n = 100_000
    rng = np.random.default_rng(0)
    parent = np.concatenate([[-1], (rng.random(n - 1) * np.arange(1, n)).astype(np.int64)])
    cost, weight = rng.random(n), rng.random(n)
    plan, seconds = timed(lambda: sequence(parent, cost, weight))
    # Among what may be built, the node with the most weight per cost of its own: what planners do by hand.
    children = [[] for _ in range(n)]
    for x in range(1, n):
        children[parent[x]].append(x)
    queue, order = [(0.0, 0)], []
    while queue:
        order.append(heapq.heappop(queue)[1])
        for x in children[order[-1]]:
            heapq.heappush(queue, (-weight[x] / cost[x], x))
    greedy = float((weight[order] * np.cumsum(cost[order])).sum())
    assert plan.objective <= greedy
    more = greedy / plan.objective - 1.0
    print(f"\nHorn at {n:,}: {seconds:.2f} s; own weight per cost first waits {more:.1%} more")


@pytest.mark.parametrize(("n", "seeds"), [(80, 10), (1_000, 4)])
def test_tree_and_order_together_beside_one_after_the_other(n, seeds, monkeypatch):
    """How much more waiting Horn's order means on the shortest tree, and on the one grown greedily."""
    named = {"shortest tree": [], "greedy tree": []}
    seconds = []
    first = growth_module._Growth.best

    def seen(growth, effort):
        trees = growth.ordered(*growth._shortest(effort)), growth.grown(growth.cost, growth.weight, None)
        best, spent = timed(lambda: first(growth, effort))
        for each, tree in zip(named.values(), trees, strict=True):
            assert best.waiting <= tree.waiting * (1.0 + 1e-12)
            each.append(tree.waiting / best.waiting - 1.0)
        seconds.append(spent)
        return best

    monkeypatch.setattr(growth_module._Growth, "best", seen)
    for seed in range(seeds):
        u, v, cost, rng = land(n, seed)
        tree_in_order(u, v, cost, np.round(1_000 * np.exp(rng.normal(0.0, 1.5, n))), 0)
    told = ", ".join(f"{name} + Horn {np.mean(each):.1%} more" for name, each in named.items())
    print(f"\ntree and order at {n:,}: {told}; {np.mean(seconds):.2f} s")


@pytest.mark.parametrize("n", [30, 60, 120])
@pytest.mark.parametrize("scarcity", [0.2, 0.5])
def test_schedules_beside_their_bound(n, scarcity):
    gaps, seconds = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        duration = rng.integers(1, 11, n).astype(float)
        before = [[], [], []]
        before += [sorted(rng.choice(np.arange(max(0, j - 15), j), 2, False).tolist()) for j in range(3, n)]
        need = np.where(rng.random((n, 4)) < 0.75, rng.integers(1, 11, (n, 4)), 0).astype(float)
        head = np.zeros(n)
        for j in range(n):
            head[j] = max((head[p] + duration[p] for p in before[j]), default=0.0)
        running = [need[(head <= t) & (head + duration > t)].sum(axis=0) for t in np.unique(head)]
        least = need.max(axis=0)
        capacity = np.round(least + scarcity * (np.max(running, axis=0) - least))
        plan, spent = timed(lambda d=duration, b=before, r=need, c=capacity: schedule(d, b, r, c))
        assert plan.makespan >= (head + duration).max()
        gaps.append(plan.makespan / plan.lower_bound - 1.0)
        seconds.append(spent)
    gap = np.mean(gaps)
    print(f"\nschedule of {n}, resource strength {scarcity}: gap mean {gap:.1%}, {np.mean(seconds):.2f} s")
