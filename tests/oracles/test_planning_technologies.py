"""Mixes of fibre, radio and sky against all mixes there are, on small countries."""

import itertools
import math

import networkx as nx
import numpy as np
import pytest
from bbsim.planning.mix import technologies as technologies_module
from bbsim.planning.mix.layers import Possibilities
from bbsim.planning.mix.technologies import TECHNOLOGIES, choose_technologies

NODES = 6


def case(seed):
    """Six nodes, the world first; corridors dear enough that every technology is the best somewhere."""
    rng = np.random.default_rng(seed)
    pairs = list(itertools.combinations(range(NODES), 2))
    corridors = [pairs[i] for i in rng.permutation(len(pairs))[:8]]
    hops = [pair for pair in (pairs[i] for i in rng.permutation(len(pairs))[:6]) if pair[0] != 0]
    wanted = np.arange(NODES) > rng.integers(0, 2)
    sky = np.where(rng.random(NODES) < 0.7, rng.integers(20, 60, NODES), np.inf)
    return Possibilities(
        u=np.array([a for a, _ in corridors]),
        v=np.array([b for _, b in corridors]),
        fibre_usd=rng.integers(0 if seed % 4 == 0 else 5, 60, len(corridors)).astype(float),
        root=0,
        wanted=wanted,
        node_usd=rng.integers(1, 6, NODES).astype(float),
        load_gbps=np.where(wanted, rng.integers(1, 5, NODES) / 10, 0.0),
        satellite_usd=sky,
        leave_usd=np.where(rng.random(NODES) < 0.5, 70.0, 200.0),
        may_fibre=rng.random(NODES) < 0.8,
        site_usd=rng.integers(1, 8, NODES).astype(float),
        hop_a=np.array([a for a, _ in hops], dtype=np.int64),
        hop_b=np.array([b for _, b in hops], dtype=np.int64),
        hop_usd=rng.integers(3, 15, len(hops)).astype(float),
        hop_gbps=rng.integers(2, 7, len(hops)) / 10,
        most_hops=int(rng.integers(1, 4)),
        most_links=int(rng.integers(1, 4)),
        pool_gbps=float(rng.integers(1, 6) / 10),
    )


def fibre_usd(given, nodes):
    """The cheapest fibre that holds exactly these nodes together."""
    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    for a, b, usd in zip(given.u.tolist(), given.v.tolist(), given.fibre_usd.tolist(), strict=True):
        if a in nodes and b in nodes and (not graph.has_edge(a, b) or graph[a][b]["weight"] > usd):
            graph.add_edge(a, b, weight=usd)
    return nx.minimum_spanning_tree(graph).size("weight") if nx.is_connected(graph) else math.inf


def hop_between(given, a, b):
    """Price and room of the hops between two nodes."""
    return [
        (usd, gbps, i)
        for i, (x, y, usd, gbps) in enumerate(
            zip(given.hop_a.tolist(), given.hop_b.tolist(), given.hop_usd, given.hop_gbps, strict=True)
        )
        if {x, y} == {a, b}
    ]


def radio_usd(given, ground, feeds):
    """Price of the hops by which places are fed; inf if they carry too little, go in a circle or too far."""
    usd, sites = 0.0, set()
    load: dict[int, float] = {}
    for place, (feed, price, _room, _) in feeds.items():
        usd += price + given.site_usd[place]
        at, hops = place, 0
        while at in feeds:
            load[at] = load.get(at, 0.0) + given.load_gbps[place]
            at, hops = feeds[at][0], hops + 1
            if hops > given.most_hops:
                return math.inf
        if at not in ground or (given.wanted[at] and not given.may_fibre[at]):
            return math.inf
        sites.add(feed if feed not in feeds else -1)
    fed = [feed for feed, *_ in feeds.values()]
    if any(fed.count(feed) > given.most_links for feed in fed):
        return math.inf
    if any(load[place] > feeds[place][2] + 1e-9 for place in feeds):
        return math.inf
    return usd + sum(given.site_usd[site] for site in sites if site >= 0)


def best_by_hand(given):
    places = np.flatnonzero(given.wanted).tolist()
    best = math.inf
    for size in range(NODES):
        for some in itertools.combinations(range(1, NODES), size):
            ground = {0, *some}
            base = fibre_usd(given, ground)
            if base >= best:
                continue
            menus = []
            for place in places:
                menu = [("leave", given.leave_usd[place]), ("sky", given.satellite_usd[place])]
                if place in ground and given.may_fibre[place]:
                    menu.append(("fibre", given.node_usd[place]))
                for other in range(NODES):
                    for price, room, i in hop_between(given, place, other):
                        menu.append(("hop", (other, price, room, i)))
                menus.append([entry for entry in menu if entry[1] != math.inf])
            for pick in itertools.product(*menus):
                feeds = {p: what for p, (kind, what) in zip(places, pick, strict=True) if kind == "hop"}
                sky = sum(
                    given.load_gbps[p] for p, (kind, _) in zip(places, pick, strict=True) if kind == "sky"
                )
                if sky > given.pool_gbps + 1e-9:
                    continue
                usd = base + sum(what for kind, what in pick if kind != "hop")
                usd += sum(given.node_usd[p] for p in feeds)
                if usd < best:
                    best = min(best, usd + radio_usd(given, ground, feeds))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_the_cheapest_mix_of_all(seed):
    given = case(seed)
    mix = choose_technologies(given)
    best = best_by_hand(given)
    assert mix.usd == pytest.approx(best)
    assert mix.lower_bound == pytest.approx(best)


@pytest.mark.parametrize("seed", range(12))
def test_without_the_programme_the_mix_is_no_cheaper_than_the_best_and_the_bound_no_higher(seed, monkeypatch):
    monkeypatch.setattr(technologies_module, "EXACT_COLUMNS", -1)
    given = case(seed)
    mix = choose_technologies(given, effort="fast")
    best = best_by_hand(given)
    assert mix.lower_bound <= best * (1 + 1e-9)
    assert best * (1 - 1e-9) <= mix.usd <= 1.2 * best


def test_every_technology_is_chosen_somewhere():
    chosen = {TECHNOLOGIES[t] for seed in range(12) for t in choose_technologies(case(seed)).technology}
    assert chosen == set(TECHNOLOGIES)
