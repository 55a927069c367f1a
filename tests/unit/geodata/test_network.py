"""Corridors on maps small enough to check by eye: nothing is lost when they are cut, joined and pruned."""

from itertools import pairwise

import pytest
from bbsim.geodata import corridors, railways
from bbsim.geodata.measure import Sheet, geodesic_km
from bbsim.geodata.network import Network
from bbsim.geodata.sources import Ways
from shapely import box

SHEET = Sheet(40.0)


def line(*points: tuple[float, float], mode: str = "road", factor: float = 1.2) -> Network:
    """A network that is one line of edges, each `factor` times as long as drawn."""
    network = Network(SHEET)
    nodes = [network.add_node(p) for p in points]
    for a, b in pairwise(nodes):
        pair = [network.xy[a], network.xy[b]]
        network.add_edge(a, b, factor * geodesic_km(*pair), pair, mode)
    return network


def whole_km(network: Network) -> float:
    return sum(edge.km for edge in network.edges.values())


def test_cutting_keeps_the_corridors_own_length_in_proportion():
    network = line((49.0, 40.0), (50.0, 40.0))
    before = whole_km(network)
    made = network.split(0, [0.25, 0.5])
    assert len(made) == 2
    assert whole_km(network) == pytest.approx(before)
    assert sorted(round(edge.km / before, 6) for edge in network.edges.values()) == [0.25, 0.25, 0.5]
    assert network.xy[made[0]] == pytest.approx((49.25, 40.0))


def test_joining_bends_adds_their_lengths_and_keeps_the_drawn_points():
    network = line((49.0, 40.0), (49.3, 40.1), (49.6, 40.0), (50.0, 40.2))
    network.kept |= {0, 3}
    before = whole_km(network)
    network.contract()
    (edge,) = network.edges.values()
    assert edge.km == pytest.approx(before)
    assert edge.towards(3) == [(49.0, 40.0), (49.3, 40.1), (49.6, 40.0), (50.0, 40.2)]


def test_dead_ends_that_serve_nobody_go_and_those_with_a_place_stay():
    network = line((49.0, 40.0), (49.5, 40.0), (50.0, 40.0), (50.5, 40.0))
    stub = network.add_node((49.5, 40.3))
    network.add_edge(1, stub, 40.0, [network.xy[1], network.xy[stub]], "road")
    network.kept |= {0, 2}
    network.prune()
    assert set(network.xy) == {0, 1, 2}


def test_a_piece_on_which_nobody_lives_goes():
    network = line((49.0, 40.0), (49.5, 40.0))
    network.kept |= {0, 1}
    lonely = [network.add_node((45.0, 40.0)), network.add_node((45.1, 40.0))]
    network.add_edge(*lonely, 9.0, [network.xy[n] for n in lonely], "road")
    network.prune()
    assert set(network.xy) == {0, 1}


def test_of_two_ways_between_two_places_the_longer_stays_only_if_it_runs_apart():
    near, far = line((49.0, 40.0), (50.0, 40.0)), line((49.0, 40.0), (50.0, 40.0))
    near.add_edge(0, 1, 200.0, [(49.0, 40.0), (49.5, 40.01), (50.0, 40.0)], "rail")
    far.add_edge(0, 1, 200.0, [(49.0, 40.0), (49.5, 40.3), (50.0, 40.0)], "rail")
    near.drop_doubles(3.0)
    far.drop_doubles(3.0)
    assert [edge.mode for edge in near.edges.values()] == ["road"]
    assert sorted(edge.mode for edge in far.edges.values()) == ["rail", "road"]


def test_merging_never_lets_an_edge_become_shorter_than_the_geodesic():
    network = line((49.0, 40.0), (49.002, 40.0), (49.5, 40.0), factor=1.0)
    network.collapse_short(0.5)
    for edge in network.edges.values():
        assert edge.km >= geodesic_km(network.xy[edge.u], network.xy[edge.v]) - 1e-9


def test_an_edge_that_leaves_the_land_is_cut_at_the_boundary_with_its_share_of_km():
    ways = Ways("road", {0: (49.0, 40.0), 1: (50.0, 40.0)}, [(0, 1, 170.0)])
    cuts: dict[int, tuple[float, float]] = {}
    network = corridors.clipped(ways, box(48.5, 39.5, 49.25, 40.5), SHEET, cuts)
    (edge,) = network.edges.values()
    (cut,) = cuts.values()
    assert edge.km == pytest.approx(170.0 / 4)
    assert cut == pytest.approx((49.25, 40.0))


def test_a_place_on_the_road_becomes_a_node_of_it_and_one_off_it_gets_a_winding_spur():
    network = line((49.0, 40.0), (50.0, 40.0))
    network.kept |= {0, 1}
    spurs = corridors.hang(
        network, [("on", (49.3, 40.005)), ("off", (49.6, 40.1))], on_km=1.0, tolerance_km=0.5
    )
    assert len(network.at[spurs["on"].node]) == 2
    (edge_id,) = network.at[spurs["off"].node]
    spur = network.edges[edge_id]
    assert spur.mode == "spur"
    straight = geodesic_km(*spur.points)
    assert spur.km == pytest.approx(corridors.WINDING * straight)
    assert straight == pytest.approx(11.1, abs=0.1)


def test_a_town_between_road_and_railway_ties_the_two_together():
    network = line((49.0, 40.0), (50.0, 40.0))
    rail = [network.add_node((49.0, 40.06)), network.add_node((50.0, 40.06))]
    network.add_edge(*rail, 100.0, [network.xy[n] for n in rail], "rail")
    network.kept |= set(network.xy)
    town = [("town", (49.5, 40.03))]
    corridors.hang(network, town, on_km=1.0, tolerance_km=0.5, second_km=6.0)
    assert len(network.components()) == 1


def test_nothing_hangs_on_a_border():
    network = line((49.0, 40.0), (50.0, 40.0))
    network.kept |= {0, 1}
    network.ends.add(1)
    corridors.hang(network, [("beyond", (50.2, 40.1))], on_km=1.0, tolerance_km=2.0)
    assert len(network.at[1]) == 1


def test_a_railway_beside_the_road_is_left_out_unless_the_road_is_broken():
    def roads(broken: bool) -> Network:
        network = (
            line((49.0, 40.0), (49.4, 40.0)) if broken else line((49.0, 40.0), (49.4, 40.0), (49.45, 40.0))
        )
        ends = [network.add_node((49.45, 40.0)) if broken else 2, network.add_node((49.9, 40.0))]
        network.add_edge(*ends, 40.0, [network.xy[n] for n in ends], "road")
        return network

    for broken, pieces in ((False, 1), (True, 1)):
        network = roads(broken)
        rail = line((49.0, 40.005), (49.9, 40.005), mode="rail", factor=1.0)
        before = len(network.components())
        railways.add_rail(network, rail, beside_km=2.0, least_km=6.0, moved={})
        has_rail = any(edge.mode == "rail" for edge in network.edges.values())
        assert before == 1 + broken
        assert has_rail is broken
        assert len(network.components()) == pieces


def test_gaps_are_bridged_up_to_the_stated_width_only():
    def gapped(lon: float) -> Network:
        network = line((49.0, 40.0), (49.4, 40.0))
        ends = [network.add_node((lon, 40.0)), network.add_node((lon + 0.4, 40.0))]
        network.add_edge(*ends, 40.0, [network.xy[n] for n in ends], "road")
        return network

    near, far = gapped(49.5), gapped(49.9)
    corridors.bridge(near, 20.0)
    corridors.bridge(far, 20.0)
    assert len(near.components()) == 1
    assert len(far.components()) == 2


def test_the_shortest_way_goes_by_length_not_by_number_of_edges():
    network = line((49.0, 40.0), (49.2, 40.0), (49.4, 40.0))
    network.add_edge(0, 2, 500.0, [(49.0, 40.0), (49.4, 40.0)], "road")
    way = corridors.shortest(network, 0, 2)
    assert [edge.km for _, edge in way] == [network.edges[0].km, network.edges[1].km]
    assert corridors.shortest(network, 0, network.add_node((51.0, 40.0))) == []
